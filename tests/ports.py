"""Ports for servers of tests."""

import socket
from contextlib import suppress
from random import SystemRandom

BELOW = (10_000, 32_000)  # those from 32768 on are given to whoever connects anywhere, and so may be taken at any time
CHANCE = SystemRandom()  # Hypothesis begins the usual one anew, alike in each process


def free_port() -> int:
    """A port of this machine that nobody has."""
    while True:
        port = CHANCE.randrange(*BELOW)
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port
