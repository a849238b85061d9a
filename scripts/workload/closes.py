"""
closes - ends connections in each of the ways in which TCP connections can end

usage: closes.py WAY CONNECTIONS      in the network namespace that it is started in

One server process and one client process on 127.0.0.1. Each connection ends as WAY says, one after another:
    close        the client closes, then the server
    shutdown     the client shuts down its side, the server closes, the client closes
    both         both shut down before either has the other's FIN (until then the server's window is closed)
    linger0      the client closes with SO_LINGER 0
    unread       the client closes with data that it has not read
    reset        the client shuts down, the server closes with SO_LINGER 0
    linger2      the client closes with TCP_LINGER2 -1
    killed       the client shuts down, then `ss -K` destroys its socket
    orphan-reset the client closes, then the server closes with data that it has not read
    idle         the client closes, the server never does
    held         as close, all at once, when a line arrives on stdin; then prints `closed`

Prints `server=PID client=PID port=PORT` when all have ended; both processes keep running until stdin ends.
"""

import os
import socket
import struct
import subprocess
import sys
import time

LINGER_NOW = struct.pack("ii", 1, 0)


class Steps:
    """Lets the other process continue, and waits for it."""

    def __init__(self, read, write):
        self.read, self.write = read, write

    def go(self):
        os.write(self.write, b".")

    def wait(self):
        if os.read(self.read, 1) != b".":
            sys.exit(1)


def await_fin_wait2(client_port):
    """Waits for the ACK of the client's FIN, which the kernel delays."""
    want = f":{client_port:04X}"
    while True:
        with open("/proc/self/net/tcp") as table:
            rows = [line.split() for line in table]
        if any(row[1].endswith(want) and row[3] == "05" for row in rows):
            return
        time.sleep(0.001)


def drain(connection):
    """Reads until a FIN, a reset or an abort."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        pass


def client_end(way, c, steps):
    if way == "linger0":
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOW)
    elif way == "linger2":
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_LINGER2, -1)
    elif way == "unread":
        steps.wait()
    elif way == "orphan-reset":
        c.send(b"x")
    if way in ("shutdown", "reset", "killed"):
        c.shutdown(socket.SHUT_WR)
        await_fin_wait2(c.getsockname()[1])
        steps.go()
        if way == "killed":
            steps.wait()
            kill(c)
        drain(c)
    elif way == "both":
        fill(c)
        c.shutdown(socket.SHUT_WR)
        steps.go()
        drain(c)
    c.close()
    steps.go()
    steps.wait()


def server_end(way, s, steps):
    kept = []
    if way == "unread":
        s.send(b"x")
        steps.go()
    if way in ("shutdown", "reset", "killed"):
        steps.wait()
        if way == "killed":
            steps.go()
            steps.wait()
        else:
            drain(s)
        if way == "reset":
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOW)
    elif way == "both":
        steps.wait()
        s.shutdown(socket.SHUT_WR)
    elif way == "orphan-reset":
        steps.wait()
        await_fin_wait2(s.getpeername()[1])
    elif way == "idle":
        kept.append(s)
    if way not in ("orphan-reset", "reset", "shutdown", "idle"):
        drain(s)
    if way != "idle":
        s.close()
    if way not in ("orphan-reset", "killed"):
        steps.wait()
    steps.go()
    return kept


def fill(c):
    """Sends until the buffers are full."""
    c.setblocking(False)
    try:
        while True:
            c.send(b"x" * 65536)
    except BlockingIOError:
        c.setblocking(True)


def kill(c):
    port = c.getsockname()[1]
    subprocess.run(["ss", "-tnK", "state", "fin-wait-2", f"sport = :{port}"], check=True, stdout=subprocess.DEVNULL)


def main():
    way, count = sys.argv[1], int(sys.argv[2])
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    port = listener.getsockname()[1]
    to_server, to_client = os.pipe(), os.pipe()
    server = os.fork()
    if server == 0:
        steps = Steps(to_server[0], to_client[1])
        kept = []
        if way == "held":
            for connection in [listener.accept()[0] for _ in range(count)]:
                drain(connection)
                connection.close()
            steps.go()
            sys.stdin.read()
            os._exit(0)
        for _ in range(count):
            kept += server_end(way, listener.accept()[0], steps)
        sys.stdin.read()
        os._exit(0)
    listener.close()
    steps = Steps(to_client[0], to_server[1])
    if way == "held":
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
        print(f"server={server} client={os.getpid()} port={port}", flush=True)
        sys.stdin.readline()
        for connection in held:
            connection.close()
        steps.wait()
        print("closed", flush=True)
        sys.stdin.read()
        os.waitpid(server, 0)
        return
    for _ in range(count):
        client_end(way, socket.create_connection(("127.0.0.1", port)), steps)
    print(f"server={server} client={os.getpid()} port={port}", flush=True)
    sys.stdin.read()
    os.waitpid(server, 0)


main()
