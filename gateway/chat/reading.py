"""The lines that somebody writes, read beside everything else: from a terminal, with its history, or from a pipe."""

import asyncio
import sys
from contextlib import suppress
from io import TextIOWrapper
from threading import Semaphore, Thread

from gateway.chat.talk import PROMPT


class Lines:
    """The lines of standard input, in order; ``interactive`` where somebody sits there."""

    def __init__(self) -> None:
        self.interactive = sys.stdin.isatty()
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")  # what is no UTF-8 could neither be read nor be sent
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._wanted = Semaphore(0)
        Thread(target=self._read, daemon=True).start()  # a thread that waits for a person cannot be ended otherwise

    def want(self) -> None:
        """Read one more line: only then somebody who sits there is asked for it."""
        self._wanted.release()

    async def next(self, seconds: float) -> str | None:
        """The next line, None at the end of the input. Raises TimeoutError where there is none in time."""
        return await asyncio.wait_for(self._lines.get(), seconds)

    def _read(self) -> None:
        if self.interactive:
            with suppress(ImportError):
                import readline  # noqa: F401 - `input` then has a history
        while (line := self._one()) is not None:
            self._put(line)
        self._put(None)

    def _one(self) -> str | None:
        self._wanted.acquire()
        if self.interactive:
            try:
                return input(PROMPT)
            except EOFError:
                return None
        return line.rstrip("\n") if (line := sys.stdin.readline()) else None

    def _put(self, line: str | None) -> None:
        with suppress(RuntimeError):  # the chat is over
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)
