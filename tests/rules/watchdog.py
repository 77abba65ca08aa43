"""A watchdog for attacks: what takes far longer than it ever should is stopped, and the test fails."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SECONDS = 15.0  # of work of this process: many times what any attack takes, on a slow machine and with memory traced


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
