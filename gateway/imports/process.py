"""The process that reads one file (`gateway.imports.reader`), seen from the one that keeps its rows; how any that reads
a file is started."""

import asyncio
import os
import pickle
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from subprocess import DEVNULL, PIPE, Popen
from typing import Any, BinaryIO, cast

from gateway.imports.chunks import Message, read_message
from gateway.imports.confined import SIZE, write
from gateway.imports.reader import Job

COMMAND = (sys.executable, "-P", "-m")
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ", "TMPDIR")  # of the environment: no secret is


class ReaderDied(Exception):
    """The process ended before the file did; the message says how."""


class Reader:
    """Gives its messages one by one, the next one being fetched while one is worked on."""

    def __init__(self, process: "Popen[bytes]") -> None:
        self._process = process
        self._stdin, self._stdout = cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)
        self._next = self._fetch()

    async def next(self) -> Message:
        """The next message; whoever got the last one asks for no other. Raises `ReaderDied`."""
        message = await asyncio.shield(self._next)
        self._next = self._fetch()
        return message

    async def close(self) -> None:
        """End the process, however far it is."""
        self._process.kill()
        await asyncio.gather(self._next, return_exceptions=True)
        self._stdin.close()
        self._stdout.close()
        self._process.wait()

    def _fetch(self) -> "asyncio.Task[Message]":
        return asyncio.create_task(asyncio.to_thread(self._read))

    def _read(self) -> Message:
        message = read_message(self._stdout)
        if message is None:
            raise ReaderDied(told(self._process.wait()))
        return message


@asynccontextmanager
async def reading(job: Job) -> AsyncIterator[Reader]:
    """A process that does this job, for as long as the block runs. Raises OSError where none can be started."""
    reader = Reader(await launched("gateway.imports.reader", job))
    try:
        yield reader
    finally:
        await reader.close()


async def launched(module: str, job: object) -> "Popen[bytes]":
    """As `started`, which takes a while. Whoever is cancelled meanwhile leaves no process behind."""
    starting = asyncio.create_task(asyncio.to_thread(started, module, job))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        with suppress(OSError), await starting as process:
            process.kill()
        raise


def started(module: str, job: object) -> "Popen[bytes]":
    """A process that runs this module, with the job on its stdin, which stays open. Raises OSError."""
    options: dict[str, Any] = {"stdin": PIPE, "stdout": PIPE, "stderr": DEVNULL, "start_new_session": True}
    process = Popen((*COMMAND, module), env=_environment(), **options)  # noqa: S603  our own program
    text = pickle.dumps(job)
    with suppress(BrokenPipeError):  # it has ended: whoever reads of it hears so
        write(len(text).to_bytes(SIZE, "big") + text, cast(BinaryIO, process.stdin).fileno())
    return process


def _environment() -> dict[str, str]:
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return passed | {"PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path)}


def told(code: int) -> str:
    """How a process ended, for people."""
    if code == -signal.SIGKILL:
        return "the process that reads it was killed, perhaps for want of memory"
    return f"the process that reads it ended with {code}"
