"""How a gateway is asked to stop: once, and it ends its work within a stated time; twice, and it ends at once.

Ending at once is safe: it is what a power cut does, and the next start settles whatever was under way.
"""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from types import FrameType

EXIT_SECONDS = 10.0  # from the first signal to the end of the process, whatever hangs
SIGNALS = (signal.SIGINT, signal.SIGTERM)
CUT_OFF = 128  # and the number of the signal: the exit code of a stop that did not wait for everything to end


@dataclass
class Stop:
    """Heeds SIGINT and SIGTERM. Create it inside the event loop, and `install` it in the main thread.

    The first signal sets ``asked``. The second one, or the time `EXIT_SECONDS` after the first, ends the process where
    it stands, through ``leave`` with the exit code: no event loop, thread or database that hangs can hold that up.
    """

    leave: Callable[[int], None] = os._exit
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _begun: Event = field(default_factory=Event)
    _number: int = 0

    def install(self) -> None:
        """From now on, signals are heeded."""
        Thread(target=self._watch, name="stop", daemon=True).start()
        for number in SIGNALS:
            signal.signal(number, self._heed)

    def _heed(self, number: int, frame: FrameType | None) -> None:
        if self._number:
            self._cut_off("a second signal came")
        self._number = number
        self._begun.set()
        with suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self.asked.set)

    def _watch(self) -> None:
        self._begun.wait()
        Event().wait(EXIT_SECONDS)
        self._cut_off(f"work had not ended after {EXIT_SECONDS:g} seconds")

    def _cut_off(self, reason: str) -> None:
        """Said without the log: a signal may come while a line of it is being written."""
        line = {"event": "stopped_at_once", "level": "warning", "reason": f"{reason}; the next start settles the rest"}
        with suppress(OSError):
            os.write(2, json.dumps(line).encode() + b"\n")
        self.leave(CUT_OFF + self._number)
