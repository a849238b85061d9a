/*
 * many - many established, idle connections on loopback, held by several processes
 *
 * usage: many CONNECTIONS PROCESSES
 *
 * Both ends of a connection are in the same process. Each process needs 2 * CONNECTIONS / PROCESSES descriptors, which
 * RLIMIT_NOFILE limits. Prints one line when all are open, and runs until stdin ends:
 *     sockets=SOCKETS pids=PID,PID,...
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(1);
}

/* Closed with a reset, they leave no TIME_WAIT behind for the next run. */
static int reset_at_close(int fd) {
  struct linger linger = {.l_onoff = 1};
  return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

/* Each process has a loopback address of its own, so that none runs out of ports. */
static void hold(int process, int connections) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002 + process)};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) || listen(listener, 128)) fail("listen");
  if (getsockname(listener, (struct sockaddr *)&address, &size)) fail("getsockname");
  for (int i = 0; i < connections; i++) {
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (client < 0 || reset_at_close(client) || connect(client, (struct sockaddr *)&address, size)) fail("connect");
    int server = accept(listener, NULL, NULL);
    if (server < 0 || reset_at_close(server)) fail("accept");
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return fputs("usage: many CONNECTIONS PROCESSES\n", stderr), 2;
  int connections = atoi(argv[1]), processes = atoi(argv[2]);
  if (processes < 1 || processes > 200 || connections < processes) return fputs("many: invalid number\n", stderr), 2;
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit)) fail("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit)) fail("setrlimit");
  int ready[2];
  if (pipe(ready)) fail("pipe");
  pid_t pids[200];
  for (int i = 0; i < processes; i++) {
    pids[i] = fork();
    if (pids[i] < 0) fail("fork");
    if (pids[i] > 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    hold(i, connections / processes);
    if (write(ready[1], "", 1) != 1) fail("write");
    for (;;) pause();
  }
  close(ready[1]);
  char byte;
  for (int i = 0; i < processes; i++)
    if (read(ready[0], &byte, 1) != 1) return fputs("many: a process failed\n", stderr), 1;
  printf("sockets=%d pids=", processes * (1 + 2 * (connections / processes)));
  for (int i = 0; i < processes; i++) printf(i ? ",%d" : "%d", pids[i]);
  puts("");
  fflush(stdout);
  while (read(0, &byte, 1) > 0);
  for (int i = 0; i < processes; i++) kill(pids[i], SIGKILL);
  while (wait(NULL) > 0);
  return 0;
}
