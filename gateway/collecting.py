"""The collector of garbage that refers to itself, kept from what is none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_collected() -> Iterator[None]:
    """While the program's own parts come in: they stay until its end, so nothing looks through them, now or later.

    A start takes a fifth less of a processor's time so, and no answer waits for a look at all of them.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
