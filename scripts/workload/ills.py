#!/usr/bin/env python3
"""ills - one situation that `tcptrace diagnose` finds, or its healthy counterpart

usage: ills.py WAY ill|well      as root, in the network namespace that it is started in, whose settings it may change

    crawler       a server closes each connection first, after an error page; the client reads that and never closes (well: does)
    unread        as crawler, but the client never reads
    handler       a server that never closes after its clients have (well: does)
    stalled       three connections in a queue that no process accepts (well: accepts)
    overflow      more connections than a queue can hold, and more arrive (well: all are accepted)
    descriptors   96 of 100 descriptors open (well: 20)
    time-wait     1,500 connections closed by the client (well: 50)
    buckets       as time-wait, with a limit of 5, and 40 connections a second (well: with a high limit)
    ports         450 of the 500 ports toward one server are in TIME_WAIT (well: 5)
    server-first  a server closes first, 20 connections a second (well: one connection for all requests)
    no-pooling    a client opens 20 connections a second, and closes them (well: one connection for all requests)
    fin-wait-2    a client has closed 12 connections that the server has not even accepted (well: it closes)
    fin-wait-1    a client has closed 12 connections with data that the server does not read (well: reads)
    last-ack      the same, where the server has closed second (well: the client reads)
    syn-sent      5 connections to an address that does not answer (well: that does)
    syn-recv      20 handshakes a second, with a queue of 16, whose last ACK never arrives (well: 5, and it arrives)
    reset         a server ends 20 connections a second with a reset (well: with a FIN, 2 a second)
    refused       a client connects 20 times a second to a port without a listener (well: with one, 2 a second)
    keepalive     12 idle connections from another address without keepalive (well: probed after 2 s)

Prints a line of JSON once it is set up: {"server": PID, "client": PID, "port": PORT}. Runs until stdin ends.
"""
import ctypes
import itertools
import json
import os
import resource
import socket
import struct
import subprocess
import sys
import threading
import time

NOW = struct.pack("ii", 1, 0)
ADDRESS = "127.0.0.1"
NOWHERE = "10.9.0.2"
PER_SECOND = 20


class World:
    """A listener, a server process, and this process as the client."""

    def __init__(self, backlog=512, address=ADDRESS):
        self.address = address
        self.listener = socket.create_server((address, 8080), backlog=backlog)
        self.server = None

    def serve(self, run):
        """Starts the server, whose run(listener) never returns."""
        parent = os.getpid()
        self.server = os.fork()
        if self.server == 0:
            ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL
            if os.getppid() == parent:
                run(self.listener)
            os._exit(0)
        self.listener.close()

    def connect(self):
        return socket.create_connection((self.address, 8080))

    def say(self, **more):
        print(json.dumps({"server": self.server, "client": os.getpid(), "port": 8080, **more}), flush=True)
        sys.stdin.read()


def sysctl(name, value):
    with open(f"/proc/sys/net/{name}", "w") as file:
        file.write(str(value))


def states(port=8080):
    with open("/proc/self/net/tcp") as table:
        rows = [line.split() for line in table][1:]
    return [row[3] for row in rows if row[1].endswith(f":{port:04X}") or row[2].endswith(f":{port:04X}")]


def wait_for(condition):
    while not condition():
        time.sleep(0.005)


def each(handle):
    """A server that gives each connection to handle(connection), and keeps what that returns."""
    def run(listener):
        kept = []
        while True:
            kept.append(handle(listener.accept()[0]))
    return run


def drain(connection):
    while connection.recv(65536):
        pass


def answer(connection):
    """Closes when the client has, after an answer to each request."""
    def run():
        with connection:
            while connection.recv(100):
                connection.send(b"x")
    threading.Thread(target=run, daemon=True).start()


def send_and_close(connection):
    connection.send(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
    connection.close()


def close_after_fin(connection):
    drain(connection)
    connection.close()


def read_and_keep(connection):
    drain(connection)
    return connection


def crawler(ill, reads=True):
    world = World()
    world.serve(each(send_and_close))
    kept = []
    for _ in range(12):
        connection = world.connect()
        if reads or not ill:
            drain(connection)
        if ill:
            kept.append(connection)
        else:
            connection.close()
    wait_for(lambda: not ill or states().count("08") == 12)
    world.say()


def handler(ill):
    world = World()
    world.serve(each(read_and_keep if ill else close_after_fin))
    for _ in range(12):
        world.connect().close()
    wait_for(lambda: not ill or states().count("08") == 12)
    world.say()


def stalled(ill):
    world = World(backlog=16)
    world.serve((lambda listener: time.sleep(1e6)) if ill else each(lambda connection: connection))
    kept = [world.connect() for _ in range(3)]
    world.say(kept=len(kept))


def overflow(ill):
    world = World(backlog=2 if ill else 64)
    world.serve((lambda listener: time.sleep(1e6)) if ill else each(lambda connection: connection))
    kept = []
    for _ in range(12):
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex((ADDRESS, 8080))
        kept.append(connection)
    world.say(kept=len(kept))


def descriptors(ill):
    world = World()
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
    kept = [os.open("/dev/null", os.O_RDONLY)]
    while kept[-1] < (95 if ill else 19):
        kept.append(os.open("/dev/null", os.O_RDONLY))
    world.say()


def time_wait(ill):
    world = World()
    world.serve(each(close_after_fin))
    sysctl("ipv4/tcp_tw_reuse", 0)
    for _ in range(1500 if ill else 50):
        world.connect().close()
    world.say()


def go_on(act, per_second=PER_SECOND):
    """Calls act() at a fixed rate until stdin ends."""
    def run():
        begun, done = time.monotonic(), 0
        while True:
            act()
            done += 1
            time.sleep(max(0, begun + done / per_second - time.monotonic()))
    threading.Thread(target=run, daemon=True).start()


def buckets(ill):
    world = World()
    world.serve(each(close_after_fin))
    if ill:
        sysctl("ipv4/tcp_max_tw_buckets", 5)
    go_on(lambda: world.connect().close(), 8)
    world.say()


def ports(ill):
    world = World()
    world.serve(each(close_after_fin))
    sysctl("ipv4/ip_local_port_range", "20000 20499")
    sysctl("ipv4/tcp_tw_reuse", 0)
    for _ in range(450 if ill else 5):
        world.connect().close()
    go_on(lambda: world.connect().close(), 1)
    world.say()


def requests(world):
    """Many requests a second over one connection."""
    connection = world.connect()

    def act():
        connection.send(b"x")
        connection.recv(1)
    go_on(act)


def server_first(ill):
    world = World()
    world.serve(each(send_and_close) if ill else each(answer))
    if ill:
        def act():
            connection = world.connect()
            drain(connection)
            connection.close()
        go_on(act)
    else:
        requests(world)
    world.say()


def no_pooling(ill):
    world = World()
    world.serve(each(answer))
    if ill:
        go_on(lambda: world.connect().close())
    else:
        requests(world)
    world.say()


def fin_wait_2(ill):
    world = World()
    world.serve((lambda listener: time.sleep(1e6)) if ill else each(close_after_fin))
    for _ in range(12):
        world.connect().close()
    wait_for(lambda: states().count("05" if ill else "06") == 12)
    world.say()


def stuff(connection):
    """Sends until the buffers are full."""
    connection.setblocking(False)
    try:
        while True:
            connection.send(b"x" * 65536)
    except BlockingIOError:
        connection.setblocking(True)


def fin_wait_1(ill):
    world = World()
    world.serve(each((lambda connection: connection) if ill else close_after_fin))
    kept = [world.connect() for _ in range(12)]
    for connection in kept:
        if ill:
            stuff(connection)
        connection.close()
    world.say()


def last_ack(ill):
    world = World()

    def handle(connection):
        if ill:
            stuff(connection)
        while connection.recv(1):
            pass
        connection.close()
    world.serve(each(handle))
    kept = [world.connect() for _ in range(12)]
    for connection in kept:
        connection.shutdown(socket.SHUT_WR)
        if not ill:
            drain(connection)
            connection.close()
    world.say(kept=len(kept))


def nowhere():
    """A network 10.9.0.0/24 with no other host: what is sent there is lost."""
    run = lambda *words: subprocess.run(["ip", *words], check=True)
    run("link", "add", "v0", "type", "veth", "peer", "name", "v1")
    run("link", "set", "v0", "up")
    run("link", "set", "v1", "up")
    run("addr", "add", "10.9.0.1/24", "dev", "v0")
    for last in range(2, 5):
        run("neigh", "replace", f"10.9.0.{last}", "lladdr", "02:00:00:00:00:02", "dev", "v0", "nud", "permanent")


def syn_sent(ill):
    world = World()
    world.serve(each(lambda connection: connection))
    nowhere()
    kept = []
    for _ in range(5):
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex((NOWHERE if ill else ADDRESS, 8080))
        kept.append(connection)
    world.say(kept=len(kept))


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def syn_recv(ill):
    nowhere()
    world = World(backlog=16, address="10.9.0.1")
    world.serve(each(lambda connection: connection))
    if not ill:
        kept = [world.connect() for _ in range(5)]
        world.say(kept=len(kept))
        return
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    source, target = socket.inet_aton("10.9.0.3"), socket.inet_aton("10.9.0.1")
    ports = itertools.cycle(range(30000, 60000))

    def act():
        port = next(ports)
        head = struct.pack("!HHIIBBHHH", port, 8080, port, 0, 5 << 4, 2, 64240, 0, 0)
        pseudo = source + target + struct.pack("!BBH", 0, 6, len(head))
        head = head[:16] + struct.pack("!H", checksum(pseudo + head)) + head[18:]
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, 64, 6, 0, source, target)
        raw.sendto(ip + head, ("10.9.0.1", 0))
    # The kernel drops the oldest requests from a queue that is more than half full.
    go_on(act)
    world.say()


def reset_now(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NOW)
    connection.close()


def reset(ill):
    world = World()
    world.serve(each(reset_now) if ill else each(close_after_fin))

    def act():
        with world.connect() as connection:
            try:
                if ill:
                    drain(connection)
            except ConnectionResetError:
                pass
    go_on(act, PER_SECOND if ill else 2)
    world.say()


def refused(ill):
    world = World()
    world.serve(each(close_after_fin))

    def act():
        connection = socket.socket()
        connection.connect_ex((ADDRESS, 8081 if ill else 8080))
        connection.close()
    go_on(act, PER_SECOND if ill else 2)
    world.say()


def keepalive(ill):
    nowhere()
    world = World(address="10.9.0.1")

    def keep(connection):
        if not ill:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 2)
        return connection
    world.serve(each(keep))
    kept = []
    for _ in range(12):
        connection = world.connect()
        if not ill:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 2)
        kept.append(connection)
    # A connection that was silent for less does not count as idle.
    wait_for(lambda: all(idle_ms(connection) > 5500 for connection in kept))
    world.say(kept=len(kept))


def idle_ms(connection):
    """struct tcp_info: tcpi_last_data_recv, and tcpi_last_data_sent, which is older if nothing was sent."""
    time.sleep(0.05)
    return struct.unpack_from("I", connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 52)[0]


WAYS = {
    "crawler": crawler,
    "unread": lambda ill: crawler(ill, reads=False),
    "handler": handler,
    "stalled": stalled,
    "overflow": overflow,
    "descriptors": descriptors,
    "time-wait": time_wait,
    "buckets": buckets,
    "ports": ports,
    "server-first": server_first,
    "no-pooling": no_pooling,
    "fin-wait-2": fin_wait_2,
    "fin-wait-1": fin_wait_1,
    "last-ack": last_ack,
    "syn-sent": syn_sent,
    "syn-recv": syn_recv,
    "reset": reset,
    "refused": refused,
    "keepalive": keepalive,
}

if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in WAYS or sys.argv[2] not in ("ill", "well"):
        sys.exit(__doc__)
    WAYS[sys.argv[1]](sys.argv[2] == "ill")
