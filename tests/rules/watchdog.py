"""A watchdog for attacks: what takes far longer than it ever should is stopped, and the test fails."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SECONDS = 3.0  # of this process's own work, however busy the machine is; what is attacked takes a small part of it


@contextmanager
def watched() -> Iterator[None]:
    """Raises TimeoutError in what has worked for `SECONDS`."""
    before = signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _stop(_: int, __: FrameType | None) -> None:
    raise TimeoutError(f"this takes more than {SECONDS} seconds of work")
