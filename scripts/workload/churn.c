/*
 * churn - opens and closes TCP connections as fast as possible, or at a given rate
 *
 * usage: churn CONNECTIONS [PER_SECOND] [ADDRESS]     default: full speed, 127.0.0.1 (::1 for IPv6)
 *
 * One server process, one client process. Each connection is opened, and closed by the client at once: ten transitions,
 * five on each side. Prints one line at the end:
 *     server=PID client=PID port=PORT connections=N seconds=S
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <signal.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

/* The server listens itself: an inherited listener would belong to its parent too. */
static void serve(struct sockaddr *address, socklen_t size, long connections, int ready) {
  prctl(PR_SET_NAME, "churn-server");
  int listener = socket(address->sa_family, SOCK_STREAM, 0);
  if (bind(listener, address, size) || listen(listener, 4096) || getsockname(listener, address, &size)) {
    perror("listen");
    _exit(1);
  }
  if (write(ready, address, size) != (ssize_t)size) _exit(1);
  close(ready);
  for (long i = 0; i < connections; i++) {
    int fd = accept(listener, NULL, NULL);
    char byte;
    if (fd < 0) _exit(1);
    /* Zero: the client has closed. Then the server closes too. */
    while (read(fd, &byte, 1) > 0) {}
    close(fd);
  }
  _exit(0);
}

int main(int argc, char **argv) {
  if (argc < 2) return fprintf(stderr, "usage: churn CONNECTIONS [PER_SECOND] [ADDRESS]\n"), 2;
  long connections = atol(argv[1]);
  double rate = argc > 2 ? atof(argv[2]) : 0;
  const char *text = argc > 3 ? argv[3] : "127.0.0.1";
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
  struct sockaddr_in v4 = {.sin_family = AF_INET};
  int is_v6 = strchr(text, ':') != NULL;
  struct sockaddr *address = is_v6 ? (void *)&v6 : (void *)&v4;
  socklen_t size = is_v6 ? sizeof v6 : sizeof v4;
  if (inet_pton(address->sa_family, text, is_v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr) != 1) return 2;

  int ready[2];
  if (pipe(ready)) return perror("pipe"), 1;
  pid_t server = fork();
  if (server == 0) prctl(PR_SET_PDEATHSIG, SIGKILL), serve(address, size, connections, ready[1]);
  close(ready[1]);
  if (read(ready[0], address, size) != (ssize_t)size) return fprintf(stderr, "no server\n"), 1;
  prctl(PR_SET_NAME, "churn-client");

  double begin = now();
  for (long i = 0; i < connections; i++) {
    if (rate > 0) {
      double wait = begin + i / rate - now();
      if (wait > 0.001) usleep(wait * 1e6);
    }
    int fd = socket(address->sa_family, SOCK_STREAM, 0);
    if (connect(fd, address, size)) return perror("connect"), 1;
    close(fd);
  }
  int status;
  waitpid(server, &status, 0);
  printf("server=%d client=%d port=%d connections=%ld seconds=%.3f\n", server, getpid(),
         ntohs(is_v6 ? v6.sin6_port : v4.sin_port), connections, now() - begin);
  return status != 0;
}
