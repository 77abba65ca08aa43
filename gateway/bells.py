"""The bells of a gateway's parts, by the names under which other processes ring them, too."""

from collections.abc import Callable

from gateway.clock import Bell, Clock

READER, TIMERS, CALLER, DELIVERER = "reader", "timers", "caller", "deliverer"
LEASES = "leases"  # one was given back
OUTCOMES = "outcomes"  # a batch was decided


def sender_of(channel: str) -> str:
    """The name of the bell of this channel's sender."""
    return f"sender/{channel}"


def nobody_else(name: str) -> None:
    """There is no other process."""


class Bells:
    """Makes the bells of one process. ``far`` rings those of the same name in other processes."""

    def __init__(self, clock: Clock, far: Callable[[str], None] = nobody_else) -> None:
        self._clock = clock
        self._far = far
        self._all: list[Bell] = []
        self._heard: dict[str, list[Callable[[], None]]] = {}

    def new(self, name: str = "") -> Bell:
        """A bell, which rings under this name, too."""
        bell = Bell(self._clock)
        self._all.append(bell)
        if name:
            self.on(name, bell.ring)
        return bell

    def on(self, name: str, do: Callable[[], None]) -> None:
        """Do this, too, whenever this name is rung here or elsewhere."""
        self._heard.setdefault(name, []).append(do)

    def ring(self, *names: str) -> None:
        """Whoever goes on with what was left shall look, here and in other processes."""
        for name in names:
            self.hear(name)
            self._far(name)

    def hear(self, name: str) -> None:
        """It was rung in another process."""
        for ring in self._heard.get(name, ()):
            ring()

    def hear_all(self) -> None:
        """Whatever was rung elsewhere may have been missed."""
        for name in self._heard:
            self.hear(name)

    def close(self) -> None:
        """Ask every part to return."""
        for bell in self._all:
            bell.close()
