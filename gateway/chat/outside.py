"""What services and functions answer in a chat: what it is told they do, until it is told otherwise."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from gateway.chat.stage import Stage
from gateway.recording.story import Story
from gateway.simulation import CannotDo, World
from gateway.simulation.outside import Answers


@dataclass
class Outside:
    """``told`` is, by name, what was told in order, each with how often it had been asked before."""

    world: World
    stage: Stage
    told: dict[str, list[tuple[Mapping[str, object], int]]] = field(default_factory=dict)

    def answers(self, name: str, row: Mapping[str, object]) -> None:
        """From now on it answers so. Raises `CannotDo` where nobody of this name is asked."""
        answers = self._of(name)
        self.told.setdefault(name, []).append((row, len(answers.asked)))
        answers.rows = [row]

    def tell(self, story: Story) -> None:
        """Let the story's services and functions answer as they did here."""
        story.services = {name: list(self._rows(name)) for name in self.world.services}
        story.functions = {name: list(self._rows(name)) for name in self.world.functions.answers}

    def _rows(self, name: str) -> Iterator[Mapping[str, object]]:
        told = self.told.get(name, [])
        for (row, before), (_, after) in pairwise(told):
            if after > before:
                yield {"times": after - before, **row}
        yield from (row for row, _ in told[-1:])

    def _of(self, name: str) -> Answers:
        if name in self.world.services:
            return self.world.services[name].answers
        if name in self.world.functions.answers:
            return self.world.functions.answers[name]
        known = sorted((*self.world.services, *self.world.functions.answers))
        raise CannotDo(f"nobody called {name or '...'} is asked here; there are {', '.join(known) or 'none'}")
