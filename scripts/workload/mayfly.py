"""mayfly - short-lived processes with sockets, some of them in their own network namespace

usage: mayfly.py

Has up to 20 children at a time; each opens a listener and two more sockets, and ends after up to 20 ms, or up to half a
second with a namespace. Prints the number of those that have ended, one line for every 50, until stdin ends.
"""

import ctypes
import os
import random
import select
import socket
import sys
import time

CLONE_NEWNET = 0x40000000
AT_A_TIME = 20


def live(number):
    has_namespace = number % 16 == 0
    if has_namespace:
        ctypes.CDLL(None).unshare(CLONE_NEWNET)
    sockets = [socket.socket() for _ in range(3)]
    sockets[0].bind(("0.0.0.0", 0))
    sockets[0].listen()
    time.sleep(random.random() * (0.5 if has_namespace else 0.02))
    os._exit(0)


born = ended = 0
while not select.select([sys.stdin], [], [], 0)[0]:
    while born - ended < AT_A_TIME:
        born += 1
        if os.fork() == 0:
            live(born)
    os.wait()
    ended += 1
    if ended % 50 == 0:
        print(ended, flush=True)
while ended < born:
    os.wait()
    ended += 1
