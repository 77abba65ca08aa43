"""What every agent promises: a pure step from (talk, message) to (talk, what to say)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, runtime_checkable

from rules.names import Scope
from rules.scene import Talk
from rules.templates import MAX_RENDERED
from rules.values import Position, ValueType


@dataclass(frozen=True, slots=True)
class Say:
    """One message of the agent; ``choices`` are the answers it offers as buttons, ``listing`` names them where a
    channel has none."""

    text: str
    choices: tuple[str, ...] = ()
    listing: str = ""

    @property
    def without_buttons(self) -> str:
        """The text and, where both fit into one message, the listing."""
        full = f"{self.text}\n{self.listing}" if self.listing else self.text
        return full if len(full) <= MAX_RENDERED else self.text


@dataclass(frozen=True, slots=True)
class Step:
    """The talk after a step, what the agent says, and whether its work is done.

    ``asks`` is what a service is asked before the talk goes on (the agent's part of the call's body), None for
    nothing; ``note`` what an operator should know of the step.
    """

    talk: Talk
    says: tuple[Say, ...] = ()
    done: bool = False
    asks: Mapping[str, object] | None = None
    note: str = ""


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

    def again(self, talk: Talk, scope: Scope) -> Step:
        """The step after a person who has answered before does so no more: it says what is due once again.

        To one who has never answered, the agent speaks as in the first step (`open`).
        """


@runtime_checkable
class AskingAgent(Agent, Protocol):
    """An agent that lets a service of the settings hold the talk: its steps may ask it, and its answers are steps."""

    @property
    def service(self) -> str: ...

    def answered(self, talk: Talk, answer: Mapping[str, object], scope: Scope) -> Step:
        """The step after the service answered; takes any JSON object, what cannot be used is noted and left out."""

    def unanswered(self, talk: Talk, scope: Scope) -> Step | None:
        """The step after a call that failed for good; None where the talk cannot go on."""
