"""While a simulation runs, nothing in this process may reach a network. Python itself tells of each attempt
(https://docs.python.org/3/library/audit_events.html), whatever library makes it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.simulation.refusing import NetworkRefused

REACHING = frozenset(
    (
        *("socket.bind", "socket.connect", "socket.sendto", "socket.sendmsg"),
        *("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"),
        *("os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.startfile"),  # nobody watches another process
        *("os.fork", "os.forkpty", "pty.spawn", "subprocess.Popen"),
    )
)


class _Door:
    """``shut`` counts the simulations that run; a hook of the interpreter can't be taken away again."""

    watched = False
    shut = 0


@contextmanager
def no_network() -> Iterator[None]:
    """Until the block ends, whatever names, connects to or sends to another place raises `NetworkRefused`."""
    if not _Door.watched:
        sys.addaudithook(_refuse)
        _Door.watched = True
    _Door.shut += 1
    try:
        yield
    finally:
        _Door.shut -= 1


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if _Door.shut and event in REACHING:
        raise NetworkRefused(f"a simulation reaches no network, and something tried to ({event})")
