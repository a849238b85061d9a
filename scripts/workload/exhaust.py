"""
exhaust - a client that closes each connection at once, until connect() finds no free port

usage: exhaust.py PER_SECOND [MOST]      in the network namespace that it is started in; at most MOST connections

One server process and one client process on 127.0.0.1. Prints `server=PID client=PID port=PORT` at the start, then either
`failed after=N at=MS`, the Unix time in ms of the first EADDRNOTAVAIL, or `done after=N`. Runs until stdin ends.
"""

import errno
import os
import socket
import sys
import time


def serve(listener):
    while True:
        connection = listener.accept()[0]
        connection.recv(1)
        connection.close()


def connect(port, per_second, most):
    begun = time.monotonic()
    for done in range(most):
        ahead = done / per_second - (time.monotonic() - begun)
        if ahead > 0:
            time.sleep(ahead)
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            return f"failed after={done} at={time.time() * 1000:.0f}"
    return f"done after={most}"


def main():
    per_second = float(sys.argv[1])
    most = int(sys.argv[2]) if len(sys.argv) > 2 else 10**9
    # Outside the client's port range.
    listener = socket.create_server(("127.0.0.1", 8080), backlog=512)
    port = listener.getsockname()[1]
    server = os.fork()
    if server == 0:
        serve(listener)
    listener.close()
    print(f"server={server} client={os.getpid()} port={port}", flush=True)
    print(connect(port, per_second, most), flush=True)
    sys.stdin.read()
    os.kill(server, 9)
    os.waitpid(server, 0)


main()
