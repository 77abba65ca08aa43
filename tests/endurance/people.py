"""Who does what next: new people write, answer what they are asked or do not, and write again, for ever."""

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from tests.endurance.project import USERS

HELLO, TEXT, OTHER_NUMBER, SLACK, CHANGE = 15, 50, 12, 20, 3  # of a hundred deeds
ANSWERS = (  # how a newcomer answers the question, in so many of a hundred cases; the others say nothing
    (55, ("YES", "4")),
    (15, ("Pardon?", "NO", "5")),
    (10, ("YES",)),
    (4, ("STOP", "START")),
    (2, ("STOP",)),
)
BEFORE_AN_ANSWER = 3.0  # seconds at least
LATER = 0.1  # of those who write: they hear later
HELP = 0.1  # of those who write on Slack
FIRST_PHONE = 4915110000000


@dataclass(frozen=True)
class Deed:
    """What somebody does: ``channel`` is sms, other or slack, or "" where the operator's system changes ``who``."""

    channel: str
    who: str
    text: str


@dataclass
class People:
    """All who write, in the same way for the same ``seed``; ``now`` is in seconds."""

    now: Callable[[], float]
    seed: int = 1
    known: int = 0  # how many have written already
    _answers: deque[tuple[float, Deed]] = field(default_factory=deque)  # in the order in which they are due
    _numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - the same people for the same seed

    def next(self) -> Deed:
        """What is done next: an answer that is due, else something anew."""
        if self._answers and self._answers[0][0] <= self.now():
            return self._answers.popleft()[1]
        kinds = (self._hello, self._text, self._text_to_the_other, self._slack, self._change)
        weights = (HELLO, TEXT, OTHER_NUMBER, SLACK, CHANGE)
        act = self._chance.choices(kinds, weights)[0] if self.known else self._hello
        return act()

    def _hello(self) -> Deed:
        """Somebody new writes, and thinks about what to answer."""
        self.known += 1
        phone, due = phone_of(self.known), self.now()
        for answer in self._chance.choices([*(said for _, said in ANSWERS), ()], weights=WEIGHTS)[0]:
            due += BEFORE_AN_ANSWER
            self._answers.append((due, Deed("sms", phone, answer)))
        return Deed("sms", phone, "Hello")

    def _text(self) -> Deed:
        word = "later" if self._chance.random() < LATER else "word"
        return Deed("sms", self._anybody(), f"{word} {next(self._numbers)}")

    def _text_to_the_other(self) -> Deed:
        return Deed("other", self._anybody(), f"word {next(self._numbers)}")

    def _slack(self) -> Deed:
        said = "help" if self._chance.random() < HELP else self._chance.choice(("yes", f"word {next(self._numbers)}"))
        return Deed("slack", self._chance.choice(USERS), said)

    def _change(self) -> Deed:
        return Deed("", self._anybody(), str(self._chance.randint(1, 4)))

    def _anybody(self) -> str:
        return phone_of(self._chance.randint(1, self.known))


WEIGHTS = [*(share for share, _ in ANSWERS), 100 - sum(share for share, _ in ANSWERS)]


def phone_of(number: int) -> str:
    """The number of the n-th person."""
    return f"+{FIRST_PHONE + number}"
