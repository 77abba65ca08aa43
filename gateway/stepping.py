"""Long changes, a step at a time: each step is a transaction of its own, so that others write in between."""

from collections.abc import Callable
from typing import Any

from storage.database import Storage
from storage.transaction import Transaction


async def in_steps(
    storage: Storage,
    begin: Callable[[Transaction], Any],
    go_on: Callable[[Transaction], bool],
    ring: Callable[[], None] = lambda: None,
) -> None:
    """Do ``begin``, and then ``go_on`` until it returns False; ``ring`` after each step that left something to do.

    What ``begin`` raises ends it before anything is done. A process that dies in between leaves the steps done that it
    has done: both must bear to be done again.
    """
    await storage.run(begin)
    more = True
    while more:
        more = await storage.run(go_on)
        ring()
