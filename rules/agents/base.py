"""What every agent promises: a pure step from (talk, message) to (talk, what to say)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from rules.names import Scope
from rules.scene import Talk
from rules.values import Position, ValueType


@dataclass(frozen=True, slots=True)
class Say:
    """One message of the agent; ``choices`` are the answers it offers."""

    text: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """The talk after a step, what the agent says, and whether its work is done."""

    talk: Talk
    says: tuple[Say, ...] = ()
    done: bool = False


class Agent(Protocol):
    """Holds one kind of talk. ``results`` are the names and types it may record."""

    @property
    def name(self) -> str: ...
    @property
    def position(self) -> Position: ...
    @property
    def results(self) -> Mapping[str, ValueType]: ...
    @property
    def expects_reply(self) -> bool:
        """False: the communication is complete once its message is delivered."""

    @property
    def reply_within(self) -> timedelta | None:
        """How long a person may take to answer, from the provider's acceptance; None where no answer is expected."""

    def open(self, scope: Scope) -> Step:
        """The first step: what it says unasked. ``scope`` holds the values that texts may use."""

    def hear(self, talk: Talk, text: str, scope: Scope) -> Step:
        """The step after the person wrote ``text``."""
