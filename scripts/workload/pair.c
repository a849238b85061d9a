/*
 * pair - one end of TCP connections: a server or a client
 *
 * usage: pair serve ADDRESS [close|leak|hangup]
 *            One connection after another until killed. close: waits for the client's end, then closes (default).
 *            leak: never closes. hangup: closes first.
 *        pair connect ADDRESS PORT CONNECTIONS [close|leak|stuff] [PER_SECOND]
 *            close: opens and closes one after another (default). leak: waits for the server's end, never closes, and
 *            stays until killed. stuff: sends as much as fits and closes, so that the kernel keeps the connection in
 *            FIN_WAIT1 for as long as the server reads nothing. At full speed unless PER_SECOND is given.
 *
 * ADDRESS is IPv4, IPv6, or IPv4-mapped (::ffff:127.0.0.1); a server on :: takes both. PAIR_NAME is the process's name,
 * as hex bytes, so that it may contain any byte. A connection that both close is ten transitions, five on each side.
 * Prints one line, the server when it listens, the client when it is done:
 *     pid=PID port=PORT
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static union {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} address;
static socklen_t size;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void take_name(void) {
  const char *hex = getenv("PAIR_NAME");
  char name[16] = "pair";
  for (size_t i = 0; hex && i < 15; i++) {
    unsigned byte;
    if (sscanf(hex + 2 * i, "%2x", &byte) != 1) byte = 0;
    name[i] = (char)byte;
    if (byte == 0) break;
  }
  if (hex && prctl(PR_SET_NAME, name)) fail("prctl");
}

static void take_address(const char *text, int port) {
  if (inet_pton(AF_INET, text, &address.v4.sin_addr) == 1) {
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(port);
    size = sizeof address.v4;
  } else if (inet_pton(AF_INET6, text, &address.v6.sin6_addr) == 1) {
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(port);
    size = sizeof address.v6;
  } else {
    fprintf(stderr, "not an address: %s\n", text);
    exit(2);
  }
}

static void report(int port) {
  printf("pid=%d port=%d\n", getpid(), port);
  fflush(stdout);
}

static void await_end(int fd) {
  char bytes[512];
  ssize_t n;
  while ((n = read(fd, bytes, sizeof bytes)) > 0) {}
  if (n < 0) fail("read");
}

static void send_all_that_fits(int fd) {
  static const char bytes[65536];
  while (send(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0) {}
}

static void serve(const char *how) {
  int listener = socket(address.any.sa_family, SOCK_STREAM, 0);
  if (listener < 0 || bind(listener, &address.any, size) || listen(listener, 4096)) fail("listen");
  if (getsockname(listener, &address.any, &size)) fail("getsockname");
  /* Both kinds of address have the port at the same offset. */
  report(ntohs(address.v4.sin_port));
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) fail("accept");
    if (strcmp(how, "leak") == 0) continue;
    if (strcmp(how, "close") == 0) await_end(fd);
    close(fd);
  }
}

static void pace(long done, double per_second, const struct timespec *begin) {
  struct timespec next = *begin;
  long long ns = (long long)(done * 1e9 / per_second) + begin->tv_nsec;
  next.tv_sec += ns / 1000000000;
  next.tv_nsec = ns % 1000000000;
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
}

static void connect_all(int port, long connections, const char *how, double per_second) {
  int leaks = strcmp(how, "leak") == 0;
  struct timespec begin;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  for (long i = 0; i < connections; i++) {
    if (per_second > 0) pace(i, per_second, &begin);
    int fd = socket(address.any.sa_family, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, &address.any, size)) fail("connect");
    if (leaks) {
      await_end(fd);
      continue;
    }
    if (strcmp(how, "stuff") == 0) send_all_that_fits(fd);
    close(fd);
  }
  report(port);
  while (leaks) pause();
}

int main(int argc, char **argv) {
  take_name();
  if (argc >= 3 && strcmp(argv[1], "serve") == 0) {
    take_address(argv[2], 0);
    serve(argc > 3 ? argv[3] : "close");
  } else if (argc >= 5 && strcmp(argv[1], "connect") == 0) {
    take_address(argv[2], atoi(argv[3]));
    connect_all(atoi(argv[3]), atol(argv[4]), argc > 5 ? argv[5] : "close", argc > 6 ? atof(argv[6]) : 0);
  } else {
    fprintf(stderr, "usage: pair serve ADDRESS [close|leak|hangup] | connect ADDRESS PORT CONNECTIONS [close|leak|stuff] [PER_SECOND]\n");
    return 2;
  }
  return 0;
}
