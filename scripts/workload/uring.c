/*
 * uring - a server that accepts through io_uring and never closes
 *
 * usage: uring WAY NAME CONNECTIONS plain|direct
 *
 * Listens on a port of 127.0.0.1 and submits CONNECTIONS accepts to the ring before the first client can connect. Every
 * second one is done by a kernel worker thread (IOSQE_ASYNC), whose name is not the process's. plain: the
 * accepted sockets are file descriptors. direct: they are only in the ring's table of registered files, and not in
 * /proc/PID/fd. world.py starts this process: its name is NAME, and it runs until stdin ends.
 * Prints two lines, one when it listens and one when it has accepted all:
 *     {"way": "WAY", "pid": PID, "port": PORT}
 *     {"way": "WAY", "pid": PID, "closeWait": CONNECTIONS}
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST = 64 };

static struct {
  int fd;
  struct io_uring_params params;
  char *submissions, *completions;
  struct io_uring_sqe *entries;
} ring;

static void fail(const char *what) {
  fprintf(stderr, "uring: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void *map(size_t size, off_t what) {
  void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd, what);
  if (start == MAP_FAILED) fail("mmap");
  return start;
}

static void set_up(void) {
  ring.fd = syscall(SYS_io_uring_setup, MOST, &ring.params);
  if (ring.fd < 0) fail("io_uring_setup");
  const struct io_uring_params *p = &ring.params;
  ring.submissions = map(p->sq_off.array + p->sq_entries * sizeof(__u32), IORING_OFF_SQ_RING);
  ring.completions = map(p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
  ring.entries = map(p->sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
}

/* A table of registered files, all empty. */
static void register_files(unsigned count) {
  int files[MOST];
  memset(files, -1, sizeof files);
  if (syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, files, count) < 0) fail("IORING_REGISTER_FILES");
}

static void submit_accepts(int listener, unsigned count, int direct) {
  unsigned *array = (unsigned *)(ring.submissions + ring.params.sq_off.array);
  for (unsigned i = 0; i < count; i++) {
    ring.entries[i] = (struct io_uring_sqe){
        .opcode = IORING_OP_ACCEPT,
        .flags = i % 2 ? IOSQE_ASYNC : 0,
        .fd = listener,
        .file_index = direct ? i + 1 : 0,
    };
    array[i] = i;
  }
  __atomic_store_n((unsigned *)(ring.submissions + ring.params.sq_off.tail), count, __ATOMIC_RELEASE);
  long done = syscall(SYS_io_uring_enter, ring.fd, count, 0, 0, NULL, 0);
  if (done < 0) fail("io_uring_enter");
  if (done != count) {
    fprintf(stderr, "uring: io_uring_enter took %ld of %u\n", done, count);
    exit(1);
  }
}

static void await_accepts(unsigned count) {
  const unsigned *tail = (unsigned *)(ring.completions + ring.params.cq_off.tail);
  while (__atomic_load_n(tail, __ATOMIC_ACQUIRE) < count) {
    if (syscall(SYS_io_uring_enter, ring.fd, 0, count, IORING_ENTER_GETEVENTS, NULL, 0) < 0 && errno != EINTR)
      fail("io_uring_enter");
  }
  const struct io_uring_cqe *completed = (struct io_uring_cqe *)(ring.completions + ring.params.cq_off.cqes);
  for (unsigned i = 0; i < count; i++) {
    errno = completed[i].res < 0 ? -completed[i].res : 0;
    if (errno) fail("IORING_OP_ACCEPT");
  }
}

static int listen_somewhere(int *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) || listen(listener, MOST)) fail("listen");
  if (getsockname(listener, (struct sockaddr *)&address, &size)) fail("getsockname");
  *port = ntohs(address.sin_port);
  return listener;
}

int main(int argc, char **argv) {
  int count = argc == 5 ? atoi(argv[3]) : 0;
  if (count < 1 || count > MOST) {
    fprintf(stderr, "usage: uring WAY NAME CONNECTIONS plain|direct\n");
    return 2;
  }
  int direct = strcmp(argv[4], "direct") == 0, port;
  if (prctl(PR_SET_NAME, argv[2])) fail("prctl");
  setvbuf(stdout, NULL, _IOLBF, 0);
  set_up();
  if (direct) register_files(count);
  submit_accepts(listen_somewhere(&port), count, direct);
  printf("{\"way\": \"%s\", \"pid\": %d, \"port\": %d}\n", argv[1], getpid(), port);
  await_accepts(count);
  printf("{\"way\": \"%s\", \"pid\": %d, \"closeWait\": %d}\n", argv[1], getpid(), count);
  alarm(0);
  char byte;
  while (read(0, &byte, 1) > 0) {}
  return 0;
}
