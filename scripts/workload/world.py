#!/usr/bin/env python3
"""
world - processes that leak TCP sockets, one for each way in which a process can get to hold one

usage: world.py [--uring PATH]      PATH: the compiled uring.c; without it there are no members uring and uring-direct

Starts all processes, waits until the kernel shows every socket in the promised state and every descriptor with the
promised process, prints one line of JSON, and runs until its stdin closes. Then it ends its processes, all of them
descendants of its own; they also end by themselves when it is killed. If something can't be set up, it exits with code 1.

Each way is a first process that listens and a second that connects to it. One of the two is a peer that closes its
ends as it should, the other leaks, alone or with children that it forks. Every way has its own listening port.

The line is {"members": [...], "innocent": [...]}. A member is a process that leaks, and the truth about it:
    way, pid, comm                          the process, and how it got its sockets; comm differs for each
    closeWait                               sockets in CLOSE_WAIT that it is charged with
    notAccepted                             how many of them still are in the accept queue: they have no inode yet
    establishedNotAccepted                  sockets in ESTABLISHED next to them in the queue
    descriptors                             how many of them it has an open file descriptor for
    recvQueue                               of each of its sockets, as ss prints it: an unread FIN counts for 1
    sharedWith                              pids that hold the very same sockets
    localPort, remotePort                   of its sockets: one is null, the other the way's listening port
    netns                                   inode number of the network namespace
A process in "innocent" leaks nothing: way, pid, comm, why, and
    closeWait                               sockets in CLOSE_WAIT that it has for a good reason; null: they come and go
"""
import argparse
import ctypes
import fcntl
import json
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
from collections import namedtuple
from dataclasses import dataclass
from typing import Callable

PATIENCE_S = 45
PREFORKED = (6, 7)
BRIEF_S = 0.2
ESTABLISHED, CLOSE_WAIT = "01", "08"
PR_SET_NAME, PR_SET_CHILD_SUBREAPER = 15, 36
CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1

libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Way:
    name: str
    close_wait: int | None  # distinct sockets of all its processes; None: they come and go
    first: Callable
    second: Callable
    processes: int = 2
    address: str = "127.0.0.1"
    port: int = 0
    outgoing: bool = False  # the sockets are the second's, toward the port
    established: int = 0
    sends: bytes = b""
    recv_queue: int = 1
    accepted: bool = True
    direct: bool = False
    shared: bool = False
    netns: bool = False

    @property
    def target(self):
        return "127.0.0.1" if self.address == "::" else self.address


# --- What all processes of the world do. Their stdin ends with the world, their stdout is for reports to it.


def libc_call(function, *arguments):
    if getattr(libc, function)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{function}: {os.strerror(ctypes.get_errno())}")


def name(comm):
    """Names the calling thread; the name of the main thread is the process's."""
    libc_call("prctl", PR_SET_NAME, comm.encode(), 0, 0, 0)


def report(**fields):
    os.write(1, (json.dumps(fields) + "\n").encode())


def guilty(way, close_wait):
    report(way=way.name, pid=os.getpid(), closeWait=close_wait)


def innocent(way, why, close_wait=0):
    report(way=way.name, pid=os.getpid(), closeWait=close_wait, why=why)


def world_ended(within_s=None):
    return bool(select.select([0], [], [], within_s)[0])


def stay(*_kept):
    """Waits until the world ends; the sockets passed in stay open."""
    signal.alarm(0)
    world_ended()
    os._exit(0)


def fork(run, *arguments):
    pid = os.fork()
    if pid == 0:
        guarded(run, *arguments)
    return pid


def guarded(run, *arguments):
    """Runs and never returns; a failure or a timeout makes the world fail."""
    try:
        signal.alarm(PATIENCE_S)
        run(*arguments)
    except BaseException as error:
        report(error=f"{comm_of(os.getpid())}: {error!r}")
    finally:
        os._exit(1)


def listen(way, backlog=64):
    family = socket.AF_INET6 if ":" in way.address else socket.AF_INET
    listener = socket.socket(family)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, way.address != "::")
    listener.bind((way.address, way.port))
    listener.listen(backlog)
    report(way=way.name, pid=os.getpid(), port=listener.getsockname()[1])
    return listener


def accept_some(listener, count):
    return [listener.accept()[0] for _ in range(count)]


def connect_to(way, port):
    return socket.create_connection((way.target, port))


def close_all(sockets):
    for one in sockets:
        one.close()


# --- Peers: they close their ends.


def peer(way, port):
    name("w-peer")
    sockets = [connect_to(way, port) for _ in range(way.close_wait + way.established)]
    for one in sockets[: way.close_wait]:
        one.sendall(way.sends)
        one.close()
    innocent(way, "the peer: it closed its ends")
    stay(sockets)


def listening_peer(way):
    name("w-peer")
    listener = listen(way)
    close_all(accept_some(listener, way.close_wait))
    innocent(way, "the peer: it closed its ends")
    stay(listener)


# --- Leaks.


def leak_connected(way, port):
    name("w-connect")
    sockets = [connect_to(way, port) for _ in range(way.close_wait)]
    guilty(way, way.close_wait)
    stay(sockets)


def leak_accepted(way):
    name(f"w-{way.name}")
    listener = listen(way)
    sockets = accept_some(listener, way.close_wait)
    guilty(way, way.close_wait)
    stay(listener, sockets)


def leak_by_thread(way):
    def accept():
        name("w-thread-acc")
        sockets = accept_some(listener, way.close_wait)
        guilty(way, way.close_wait)
        stay(sockets)

    name("w-thread")
    listener = listen(way)
    thread = threading.Thread(target=accept)
    thread.start()
    thread.join()


def leak_preforked(way):
    def worker(number, count):
        name(f"w-prefork-{number}")
        sockets = accept_some(listener, count)
        guilty(way, count)
        stay(sockets)

    name("w-prefork")
    listener = listen(way)
    for number, count in enumerate(PREFORKED, 1):
        fork(worker, number, count)
    innocent(way, "the master of the workers: it only listens")
    stay()


def leak_passed(way):
    def receiver():
        name("w-scm-b")
        here.close()
        _, descriptors, _, _ = socket.recv_fds(there, 1, way.close_wait)
        guilty(way, len(descriptors))
        stay()

    name("w-scm-a")
    here, there = socket.socketpair()
    fork(receiver)
    there.close()
    listener = listen(way)
    sockets = accept_some(listener, way.close_wait)
    socket.send_fds(here, [b"!"], [one.fileno() for one in sockets])
    close_all(sockets)
    innocent(way, "it passed the sockets on by SCM_RIGHTS and closed its own descriptors")
    stay()


def leak_forked(way):
    def child():
        name("w-fork-child")
        listener.close()
        guilty(way, way.close_wait)
        stay()

    name("w-fork-parent")
    listener = listen(way)
    sockets = accept_some(listener, way.close_wait)
    fork(child)
    close_all(sockets)
    innocent(way, "it handed the sockets to its child and closed its own descriptors")
    stay()


def leak_shared(way):
    def child():
        name("w-shared-2")
        listener.close()
        guilty(way, way.close_wait)
        stay()

    name("w-shared-1")
    listener = listen(way)
    sockets = accept_some(listener, way.close_wait)
    fork(child)
    guilty(way, way.close_wait)
    stay(sockets)


def leak_left_behind(way):
    def child(parent):
        name("w-exited-child")
        listener.close()
        while os.getppid() == parent:
            time.sleep(0.005)
        guilty(way, way.close_wait)
        stay()

    name("w-exited")
    listener = listen(way)
    _sockets = accept_some(listener, way.close_wait)
    fork(child, os.getpid())
    os._exit(0)


def leak_duplicated(way):
    name("w-dup")
    listener = listen(way)
    for one in accept_some(listener, way.close_wait):
        os.dup(one.fileno())
        one.close()
    guilty(way, way.close_wait)
    stay()


def leak_queued(way):
    name("w-stalled")
    listener = listen(way, backlog=16)
    guilty(way, way.close_wait)
    stay(listener)


def leak_at_end(way):
    name("w-readend")
    listener = listen(way)
    sockets = accept_some(listener, way.close_wait)
    for one in sockets:
        while one.recv(4096) != b"":
            pass
    guilty(way, way.close_wait)
    stay(listener, sockets)


def leak_by_uring(path):
    def run(way):
        kind = "direct" if way.direct else "plain"
        name(f"w-{way.name}")
        os.execv(path, [path, way.name, f"w-{way.name}", str(way.close_wait), kind])

    return run


# --- Healthy connections.


def half_closed_server(way):
    name("w-half-server")
    connection = listen(way).accept()[0]
    while connection.recv(4096) != b"":
        pass
    innocent(way, "still sends on a connection that its client has half closed", close_wait=1)
    signal.alarm(0)
    while not world_ended(0.1):
        connection.sendall(b"tick")
    os._exit(0)


def half_closed_client(way, port):
    name("w-half-client")
    connection = connect_to(way, port)
    connection.shutdown(socket.SHUT_WR)
    innocent(way, "reads on after it has half closed its connection")
    signal.alarm(0)
    while 0 not in select.select([0, connection], [], [])[0]:
        if connection.recv(4096) == b"":
            raise EOFError("the server has closed")
    os._exit(0)


def brief_server(way):
    name("w-brief")
    listener = listen(way)
    innocent(way, f"closes each connection {BRIEF_S} s after its peer did", close_wait=None)
    signal.alarm(0)
    while 0 not in select.select([0, listener], [], [])[0]:
        with listener.accept()[0] as connection:
            while connection.recv(4096) != b"":
                pass
            time.sleep(BRIEF_S)
    os._exit(0)


def brief_client(way, port):
    name("w-peer")
    innocent(way, "the peer: it closed its ends")
    signal.alarm(0)
    while not world_ended(0.3):
        connect_to(way, port).close()
    os._exit(0)


WAYS = [
    Way("connect", 3, listening_peer, leak_connected, outgoing=True),
    Way("accept", 4, leak_accepted, peer),
    Way("thread", 5, leak_by_thread, peer),
    Way("prefork", sum(PREFORKED), leak_preforked, peer, processes=4),
    Way("scm", 8, leak_passed, peer, processes=3),
    Way("fork", 9, leak_forked, peer, processes=3),
    Way("shared", 10, leak_shared, peer, processes=3, shared=True),
    Way("exited", 11, leak_left_behind, peer),
    Way("dup", 12, leak_duplicated, peer),
    Way("v6", 15, leak_accepted, peer, address="::1"),
    Way("v4mapped", 16, leak_accepted, peer, address="::"),
    # A port that the other namespace does not assign.
    Way("netns", 17, leak_accepted, peer, port=1017, netns=True),
    Way("stalled", 2, leak_queued, peer, established=1, accepted=False),
    Way("neverread", 18, leak_accepted, peer, sends=b"hello", recv_queue=6),
    Way("readend", 19, leak_at_end, peer, sends=b"hello", recv_queue=0),
    Way("halfclosed", 1, half_closed_server, half_closed_client, recv_queue=0),
    Way("brief", None, brief_server, brief_client),
]


def uring_ways(path):
    run = leak_by_uring(path)
    return [Way("uring", 13, run, peer), Way("uring-direct", 14, run, peer, direct=True)]


# --- Network namespaces.


def enter_new_netns():
    libc_call("unshare", CLONE_NEWNET)
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def enter_netns_of(pid):
    with open(f"/proc/{pid}/ns/net") as namespace:
        libc_call("setns", namespace.fileno(), CLONE_NEWNET)


# --- What the kernel shows.

# The same port may belong to different members in IPv4 and in IPv6.
Row = namedtuple("Row", "table local_port remote_port state inode recv_queue")
IN_TCP6 = ("v6", "v4mapped")


def rows_of(pid):
    """The sockets in the network namespace of a process."""
    rows = []
    for file in ("tcp", "tcp6"):
        with open(f"/proc/{pid}/net/{file}") as lines:
            for _, local, remote, state, queues, _, _, _, _, inode, *_ in map(str.split, list(lines)[1:]):
                local_port, remote_port, recv_queue = (int(text[-4:], 16) for text in (local, remote, queues))
                rows.append(Row(file, local_port, remote_port, state, int(inode), recv_queue))
    return rows


def netns_of(pid):
    return os.stat(f"/proc/{pid}/ns/net").st_ino


def inodes_of(pid):
    """The sockets that a process has descriptors for."""
    folder = f"/proc/{pid}/fd"
    links = [os.readlink(f"{folder}/{number}") for number in os.listdir(folder)]
    return [int(link[8:-1]) for link in links if link.startswith("socket:[")]


def comm_of(pid):
    with open(f"/proc/{pid}/comm") as file:
        return file.read().rstrip("\n")


def descriptors_due(way, process):
    return 0 if way.direct or not way.accepted else process["closeWait"]


def untrue(way, rows, processes):
    """How the kernel differs from what was promised, or None; `rows` are those of the way's port."""
    if way.close_wait is None:
        return None
    stuck = [row for row in rows if row.state == CLOSE_WAIT]
    if len(stuck) != way.close_wait:
        return f"{len(stuck)} sockets in CLOSE_WAIT, not {way.close_wait}"
    if any(row.recv_queue != way.recv_queue for row in stuck):
        return f"receive queues {[row.recv_queue for row in stuck]}, not {way.recv_queue}"
    if any((row.inode != 0) != way.accepted for row in stuck):
        return f"accepted: not {way.accepted}"
    if sum(row.state == ESTABLISHED and row.inode == 0 for row in rows) != way.established:
        return f"not {way.established} in ESTABLISHED in the accept queue"
    for process in processes:
        held = sum(inode in {row.inode for row in stuck} for inode in inodes_of(process["pid"]))
        if held != descriptors_due(way, process):
            return f"{comm_of(process['pid'])} holds {held}, not {descriptors_due(way, process)}"
    return None


# --- The world.


class Failure(Exception):
    pass


class World:
    def __init__(self, ways):
        self.ways = {way.name: way for way in ways}
        self.ports = {}
        self.processes = {way.name: [] for way in ways}
        self.deadline = time.monotonic() + PATIENCE_S
        self.life, self.life_end = os.pipe()
        self.reports, self.reports_end = os.pipe()
        libc_call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def start(self, run, *arguments, netns=None):
        """Starts a child that has only the world's two pipes, as its stdin and stdout."""

        def begin():
            if netns is not None:
                netns()
            run(*arguments)

        pid = os.fork()
        if pid == 0:
            os.dup2(self.life, 0)
            os.dup2(self.reports_end, 1)
            os.closerange(3, 65536)
            guarded(begin)
        return pid

    def begin(self):
        for way in self.ways.values():
            self.start(way.first, way, netns=enter_new_netns if way.netns else None)
        text = b""
        while any(len(self.processes[way.name]) < way.processes for way in self.ways.values()):
            if not select.select([self.reports], [], [], 0.1)[0]:
                self.check_health()
                continue
            *lines, text = (text + os.read(self.reports, 65536)).split(b"\n")
            for line in lines:
                self.take(json.loads(line))
        self.settle()

    def take(self, message):
        if "error" in message:
            raise Failure(message["error"])
        way = self.ways[message["way"]]
        if "port" in message:
            self.ports[way.name] = message["port"]
            netns = (lambda: enter_netns_of(message["pid"])) if way.netns else None
            self.start(way.second, way, message["port"], netns=netns)
        else:
            self.processes[way.name].append(message)

    def check_health(self):
        for pid, status in reap():
            if status != 0:
                raise Failure(f"process {pid} ended with {os.waitstatus_to_exitcode(status)}")
        if time.monotonic() > self.deadline:
            short = [way.name for way in self.ways.values() if len(self.processes[way.name]) < way.processes]
            raise Failure(f"not ready in {PATIENCE_S} s: {short or self.all_untrue()}")

    def all_untrue(self):
        """What is not as promised, by way. Each network namespace is read once: its list may be long."""
        lists, problems = {}, {}
        for way in self.ways.values():
            processes, port = self.processes[way.name], self.ports[way.name]
            netns = netns_of(processes[0]["pid"])
            if netns not in lists:
                lists[netns] = rows_of(processes[0]["pid"])
            table = "tcp6" if way.name in IN_TCP6 else "tcp"
            in_table = [row for row in lists[netns] if row.table == table]
            rows = [row for row in in_table if port == (row.remote_port if way.outgoing else row.local_port)]
            if problem := untrue(way, rows, processes):
                problems[way.name] = problem
        return problems

    def settle(self):
        while self.all_untrue():
            self.check_health()
            time.sleep(0.01)
        self.check_health()

    def truth(self):
        members, innocents = [], []
        for way in self.ways.values():
            processes = self.processes[way.name]
            for process in processes:
                who = {"way": way.name, "pid": process["pid"], "comm": comm_of(process["pid"])}
                if "why" in process:
                    innocents.append({**who, "why": process["why"], "closeWait": process["closeWait"]})
                else:
                    members.append({**who, **self.about(way, process, processes)})
        return {"members": members, "innocent": innocents}

    def about(self, way, process, processes):
        others = [other["pid"] for other in processes if "why" not in other and other is not process]
        port = self.ports[way.name]
        return {
            "closeWait": process["closeWait"],
            "notAccepted": 0 if way.accepted else process["closeWait"],
            "establishedNotAccepted": way.established,
            "descriptors": descriptors_due(way, process),
            "recvQueue": way.recv_queue,
            "sharedWith": others if way.shared else [],
            "localPort": None if way.outgoing else port,
            "remotePort": port if way.outgoing else None,
            "netns": netns_of(process["pid"]),
        }


def reap():
    """The children that have ended; a descendant whose parent has ended is a child too."""
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0] != 0:
            yield ended
    except ChildProcessError:
        pass


def end_descendants():
    """Kills the children; their children then become ours, and are killed next."""
    while children := child_pids():
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        for pid in children:
            os.waitpid(pid, 0)


def child_pids():
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        return [int(pid) for pid in file.read().split()]


def main():
    parser = argparse.ArgumentParser(prog="world.py")
    parser.add_argument("--uring", metavar="PATH", help="the compiled uring.c")
    path = parser.parse_args().uring
    try:
        world = World(WAYS + (uring_ways(path) if path else []))
        world.begin()
        print(json.dumps(world.truth()), flush=True)
        while os.read(0, 4096):
            pass
    except (Failure, OSError) as error:
        sys.exit(f"world.py: {error}")
    finally:
        end_descendants()


if __name__ == "__main__":
    main()
