"""`python -m tests.forking.server FD`: a Python that has read the whole program, and forks itself for each start.

On the socket FD comes, for each start, four bytes that say how long the JSON of a `Start` is, then that JSON; with the
four bytes come two open files: where the new process writes, and a socket on which its id is said, then its end, as
four bytes each (an end below 0: the signal). When nobody holds the other end any more, it ends.
"""

import json
import os
import runpy
import select
import signal
import socket
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType

NUMBER = struct.Struct("!i")
PROGRAM = (  # what a start would import; what it does is in none of them
    "gateway.cli",
    "gateway.server",
    "gateway.demo.play",
    "gateway.commands.answering",
    "gateway.imports.reader",
    "storage.backup",
    "storage.listening",
    "storage.restoring",
    "alembic.command",
    "psycopg",
    "pgqueuer",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
    "twilio.rest.api",
    "twilio.rest.messaging",
    "tests.chaos.program",
    "tests.chaos.provider",
)


@dataclass(frozen=True)
class Start:
    """What is started: the arguments of Python, the environment and the folder."""

    arguments: Sequence[str]
    environment: dict[str, str]
    folder: str


@dataclass
class Forks:
    """Those that run, each with the socket on which its end is said."""

    control: socket.socket
    running: dict[int, socket.socket] = field(default_factory=dict)

    def serve(self) -> Start:
        """Fork at each request. Comes back only in a process that was forked: to what it is to be."""
        ends, told = socket.socketpair()
        told.setblocking(False)
        signal.set_wakeup_fd(told.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        while True:
            ready, _, _ = select.select([self.control, ends], [], [])
            if ends in ready:
                ends.recv(4096)
                self.say_ends()
            if self.control in ready and (start := self.fork()):
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for one in (ends, told, self.control, *self.running.values()):
                    one.close()
                return start

    def fork(self) -> Start | None:
        """Take one request; None in this process, what is to be done in the new one."""
        head, files, *_ = socket.recv_fds(self.control, NUMBER.size, 2)
        if not head:
            raise SystemExit
        output, status = files[0], socket.socket(fileno=files[1])
        start = Start(**json.loads(whole(self.control, NUMBER.unpack(head)[0])))
        if process := os.fork():
            os.close(output)
            self.running[process] = status
            status.send(NUMBER.pack(process))
            return None
        status.close()
        for stream in (1, 2):
            os.dup2(output, stream)
        os.close(output)
        return start

    def say_ends(self) -> None:
        """Say of each that has ended how it did."""
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                with self.running.pop(ended[0]) as status, suppress(OSError):
                    status.send(NUMBER.pack(os.waitstatus_to_exitcode(ended[1])))


def whole(control: socket.socket, size: int) -> bytes:
    """So many bytes."""
    found = b""
    while len(found) < size:
        found += control.recv(size - len(found))
    return found


def become(start: Start) -> None:
    """Do as `python ARGUMENTS` would: `-c TEXT ...`, `-m MODULE ...` or `FILE ...`."""
    os.environ.clear()
    os.environ.update(start.environment)
    os.chdir(start.folder)
    first, *rest = start.arguments
    if first == "-c":
        sys.argv = ["-c", *rest[1:]]
        sys.modules["__main__"] = ModuleType("__main__")
        exec(rest[0], sys.modules["__main__"].__dict__)  # noqa: S102 - the tests' own words
    elif first == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [first, *rest]
        runpy.run_path(first, run_name="__main__")


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in PROGRAM:
        import_module(name)
    become(Forks(control).serve())


if __name__ == "__main__":
    main()
