#!/usr/bin/env python3
"""leaker - a process that leaks sockets in CLOSE_WAIT, in one of several ways

usage: leaker.py fill PER_SECOND LIMIT USED     connects at this rate to a peer that closes, and never closes; starts with
                                                USED of at most LIMIT descriptors open
       leaker.py reset SOCKETS                  accepts, never closes; its peers send a FIN, then a reset: the descriptors
                                                stay open, the sockets leave the kernel's tables
       leaker.py half                           leaks nothing: its peer has only shut down its own side, and it keeps
                                                sending every 100 ms

Prints `pid=PID`; then `fill` prints `full at=SECONDS` (Unix time) when connect() first fails with EMFILE. Runs until it is
killed or its stdin closes.
"""
import errno
import os
import resource
import select
import socket
import struct
import sys
import time


def peer(listener):
    """Closes every connection that it accepts."""
    while True:
        connection, _ = listener.accept()
        connection.close()


def child(run, *arguments):
    """A process of its own, which ends with its parent."""
    parent = os.getpid()
    if os.fork() == 0:
        libc = __import__("ctypes").CDLL(None)
        libc.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL
        if os.getppid() == parent:
            run(*arguments)
        os._exit(0)


def listen():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener


def wait(seconds):
    """False if stdin has closed meanwhile."""
    ready, _, _ = select.select([0], [], [], seconds)
    return not ready


def fill(per_second, limit, used):
    listener = listen()
    port = listener.getsockname()[1]
    child(peer, listener)
    listener.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    kept = [os.open("/dev/null", os.O_RDONLY)]
    while kept[-1] < used - 1:
        kept.append(os.open("/dev/null", os.O_RDONLY))
    print(f"pid={os.getpid()}", flush=True)
    start = time.monotonic()
    for made in range(1, 1 << 30):
        try:
            kept.append(socket.create_connection(("127.0.0.1", port)))
        except OSError as error:
            if error.errno != errno.EMFILE:
                raise
            print(f"full at={time.time():.3f}", flush=True)
            break
        if not wait(max(0, start + made / per_second - time.monotonic())):
            return
    wait(None)


def reset_after_fin(port, sockets, closed):
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(sockets)]
    for client in clients:
        client.shutdown(socket.SHUT_WR)
    os.read(closed, 1)
    for client in clients:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()


def reset(sockets):
    listener = listen()
    gate, key = os.pipe()
    child(reset_after_fin, listener.getsockname()[1], sockets, gate)
    kept = [listener.accept()[0] for _ in range(sockets)]
    for connection in kept:
        # The FIN has arrived: CLOSE_WAIT.
        assert connection.recv(1) == b""
    os.write(key, b"x")
    for connection in kept:
        poll = select.poll()
        poll.register(connection, 0)
        while not any(events & select.POLLERR for _, events in poll.poll(100)):
            pass
    print(f"pid={os.getpid()}", flush=True)
    wait(None)


def listen_on(port):
    client = socket.create_connection(("127.0.0.1", port))
    client.shutdown(socket.SHUT_WR)
    while client.recv(100):
        pass


def half():
    listener = listen()
    child(listen_on, listener.getsockname()[1])
    connection, _ = listener.accept()
    assert connection.recv(1) == b""
    print(f"pid={os.getpid()}", flush=True)
    while wait(0.1):
        connection.send(b"x")


if __name__ == "__main__":
    words = sys.argv[1:]
    if len(words) == 4 and words[0] == "fill":
        fill(float(words[1]), int(words[2]), int(words[3]))
    elif len(words) == 2 and words[0] == "reset":
        reset(int(words[1]))
    elif words == ["half"]:
        half()
    else:
        sys.exit(__doc__)
