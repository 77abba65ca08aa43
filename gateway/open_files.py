"""How many files and connections this process may have open."""

import asyncio
import resource
from collections.abc import Callable, Mapping
from contextlib import suppress
from errno import EMFILE, ENFILE, ENOBUFS, ENOMEM
from typing import Any

from gateway.seldom import Seldom

MANY = 1_048_576  # what "without limit" is taken for
EXHAUSTED = frozenset({EMFILE, ENFILE, ENOBUFS, ENOMEM})

LoopTrouble = Callable[[asyncio.AbstractEventLoop, dict[str, Any]], None]


def open_files() -> int:
    """How many this process may have open now."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MANY if soft == resource.RLIM_INFINITY else min(soft, MANY)


def raise_open_files() -> int:
    """Allow ourselves as many as the system lets us (shells and services often give 1,024 of them); how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # where that may not be: it stays as it is
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return open_files()


def trouble_teller() -> LoopTrouble:
    """What an event loop calls for errors that nobody awaits. Where no connection can be accepted for want of files,
    asyncio tries again a second later, and would say so with a traceback each time: told in a line, now and then."""
    exhausted = Seldom("no_connection_accepted")

    def tell(loop: asyncio.AbstractEventLoop, trouble: dict[str, Any]) -> None:
        if is_exhaustion(trouble):
            exhausted.tell(open_files=open_files(), reason="too many open files: see ulimit -n, LimitNOFILE")
        else:
            loop.default_exception_handler(trouble)

    return tell


def is_exhaustion(trouble: Mapping[str, Any]) -> bool:
    error = trouble.get("exception")
    return isinstance(error, OSError) and error.errno in EXHAUSTED and "socket" in trouble
