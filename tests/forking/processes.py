"""Processes of the program, forked from one that has read it: a start takes a tenth of a processor's time.

What differs from `python ARGUMENTS` is that all modules are there already; each process has its own id, environment,
memory and end, and is killed as any other.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Protocol, Self

from tests.forking.server import NUMBER, Start

REPOSITORY = Path(__file__).resolve().parents[2]


class Process(Protocol):
    """What the tests do with a process: a part of `subprocess.Popen`."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def send_signal(self, sig: int, /) -> None: ...

    def wait(self, timeout: float | None = None) -> int: ...


class Forked:
    """One that was forked."""

    def __init__(self, status: socket.socket) -> None:
        self._status = status
        self._code: int | None = None
        self.pid = self._number(None) or 0

    def poll(self) -> int | None:
        """How it ended (below 0: the signal); None while it runs."""
        return self._end(0)

    def wait(self, timeout: float | None = None) -> int:
        """How it ended. Raises TimeoutExpired past so many seconds."""
        if (code := self._end(timeout)) is None:
            raise subprocess.TimeoutExpired("a forked process", timeout or 0)
        return code

    def send_signal(self, sig: int, /) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, sig)

    def _end(self, timeout: float | None) -> int | None:
        """How it ended, if it does in time."""
        if self._code is None and (code := self._number(timeout)) is not None:
            self._code = code
            self._status.close()
        return self._code

    def _number(self, timeout: float | None) -> int | None:
        """The next number that is said of it, if it comes in time."""
        if not select.select([self._status], [], [], timeout)[0]:
            return None
        said = self._status.recv(NUMBER.size)
        assert said, "the server of forks is gone"
        return int(NUMBER.unpack(said)[0])


class Forks:
    """The server, begun with the first start."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.control: socket.socket | None = None

    def start(self, start: Start, output: IO[bytes]) -> Forked:
        """A process that writes to this file."""
        control = self.control or self._begun()
        body, (ours, theirs) = json.dumps(asdict(start)).encode(), socket.socketpair()
        socket.send_fds(control, [NUMBER.pack(len(body))], [output.fileno(), theirs.fileno()])
        theirs.close()
        control.sendall(body)
        return Forked(ours)

    def _begun(self) -> socket.socket:
        self.control, theirs = socket.socketpair()
        with theirs:
            command = (sys.executable, "-u", "-m", "tests.forking.server", str(theirs.fileno()))
            own = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                command, env=own, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()]
            )
        return self.control

    def close(self) -> None:
        if self.control and self.process:
            self.control.close()
            self.process.wait()


class Told:
    """A process, and what it writes. After the block it is gone."""

    def __init__(self, process: Process, output: IO[bytes]) -> None:
        self._process, self._output = process, output
        self.pid = process.pid
        self.poll, self.send_signal, self.wait = process.poll, process.send_signal, process.wait

    def words(self, timeout: float | None = None) -> str:
        """All that it has written, once it has ended. Raises TimeoutExpired past so many seconds."""
        self.wait(timeout)
        self._output.seek(0)
        return self._output.read().decode("utf-8", "replace")

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.wait()
        self._output.close()


FORKS: list[Forks] = []


@contextmanager
def forking() -> Iterator[None]:
    """Within the block Python processes are forked; else they are started anew, as by hand."""
    FORKS.append(Forks())
    try:
        yield
    finally:
        FORKS.pop().close()


def spawn(command: Sequence[str], settings: Mapping[str, str], output: IO[bytes]) -> Process:
    """`python ...` with these environment variables beside ours; it reads nothing and writes to this file."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1", **settings}
    if FORKS and command[0] == sys.executable:
        return FORKS[-1].start(Start(tuple(command[1:]), environment, os.getcwd()), output)
    return subprocess.Popen(  # noqa: S603 - our own program
        command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
    )


def told(command: Sequence[str], settings: Mapping[str, str] = {}) -> Told:
    """The same, and what it writes can be read at its end."""
    output = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
    return Told(spawn(command, settings, output), output)
