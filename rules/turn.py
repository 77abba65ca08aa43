"""The working state of one reaction: what is decided so far, and the facts still to be worked off."""

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from rules.book import Rulebook
from rules.changes import after
from rules.effects import (
    CancelMessages,
    ChangeMessage,
    ClearTimer,
    Effect,
    FinishParticipant,
    HoldFact,
    SendMessage,
    SetFields,
    SetTimer,
)
from rules.events import Event
from rules.expressions import Expression
from rules.facts import Fact, Trigger
from rules.held import MAX_HELD, can_wait, with_fact
from rules.names import Scope
from rules.reaction import Considered
from rules.scene import Communication, Participant, Scene
from rules.scopes import retyped, scope_of
from rules.templates import Template
from rules.values import Value, Values

ID_LENGTH = 32
UNNAMED = (SendMessage, ChangeMessage, CancelMessages, SetTimer, ClearTimer)  # no name shows a message or a timer


class Turn:
    """What nodes and communications act on. ``scene`` is always the one with every effect so far done, ``before`` the
    one that the event met.

    One per reaction, never shared; it is the only thing in `rules` that changes.
    """

    def __init__(self, rulebook: Rulebook, event: Event, scene: Scene, now: datetime) -> None:
        self.rulebook = rulebook
        self.event = event
        self.now = now
        self.before = self.scene = scene
        self.effects: list[Effect] = []
        self.facts: deque[Fact] = deque()
        self.log: list[Considered] = []
        self.note = ""
        self.saw: dict[str, Value] = {}
        self.result = ""
        self._fact = Fact(Trigger.PARTICIPANT_CREATED)
        self._scope: Scope | None = None
        self._ids = 0

    def put(self, effect: Effect) -> None:
        """Decide that this happens."""
        self.effects.append(effect)
        self.scene = after(self.scene, effect)
        if not isinstance(effect, UNNAMED):
            self._scope = None

    def raise_fact(self, fact: Fact) -> None:
        """Let triggers fire on this, once what came before is worked off and the participant has entered; while the
        campaign does not run, it is held."""
        participant = self.scene.participant
        if participant is None:
            return
        if not self.scene.active:
            self._hold(fact, participant)
        elif participant.entered:
            self.facts.append(fact)

    def _hold(self, fact: Fact, participant: Participant) -> None:
        if not can_wait(fact, participant):
            return
        if len(with_fact(participant.held, fact)) > MAX_HELD:
            self.note = f"{MAX_HELD} facts are held until the campaign runs again: {fact.trigger.value} is lost"
        else:
            self.put(HoldFact(fact))

    def consider(self, fact: Fact) -> None:
        """From here on conditions and texts see the communication that ``fact`` is about."""
        self._fact = fact
        self._scope = None

    def new_id(self) -> str:
        """The next id made in this reaction: the same for the same event, so that a repeated decision is the same."""
        self._ids += 1
        text = f"{self.event.id}/{self.rulebook.campaign}/{self._ids}"
        return sha256(text.encode(errors="surrogatepass")).hexdigest()[:ID_LENGTH]

    @property
    def scope(self) -> Scope:
        """The values of all names now."""
        if self._scope is None:
            self._scope = scope_of(self.rulebook, self.scene, self._fact, self.event, self.now)
        return self._scope

    def scope_about(self, communication: Communication) -> Scope:
        """The values of all names as a talk of this communication sees them: as its rule file declares them."""
        book = self.book_of(communication)
        scene = self.scene if book.hash == self.rulebook.hash else retyped(self.scene, book)
        fact = replace(self._fact, communication=communication.id, status="")
        return scope_of(book, scene, fact, self.event, self.now)

    def book_of(self, communication: Communication) -> Rulebook:
        """The rule file that the communication began with; the present one where that is not to be had."""
        return self.scene.earlier.get(communication.rules, self.rulebook)

    def evaluate(self, expression: Expression) -> Value:
        """The expression's value; what it saw is kept for the log of the node being visited."""
        self.saw.update(expression.explain(self.scope))
        return expression.evaluate(self.scope)

    def render(self, template: Template) -> str:
        return template.render(self.scope)

    def say_result(self, text: str) -> None:
        """What the node being visited came to, for the log; several are joined."""
        self.result = f"{self.result}; {text}" if self.result else text

    def start_visit(self) -> None:
        self.saw, self.result = {}, ""

    def current(self, name: str) -> Value:
        """The value of a declared field; None where it is unset."""
        if self.rulebook.fields[name].level == "customer":
            return self.scene.customer.fields.get(name)
        return self.scene.participant.fields.get(name) if self.scene.participant else None

    def set_fields(self, values: Values) -> frozenset[str]:
        """Set those declared fields that differ; their names."""
        levels: Mapping[str, dict[str, Value]] = {"customer": {}, "participant": {}}
        for name, value in values.items():
            if not same(self.current(name), value):
                levels[self.rulebook.fields[name].level][name] = value
        if any(levels.values()):
            self.put(SetFields(levels["customer"], levels["participant"]))
        return frozenset(name for level in levels.values() for name in level)

    def send(
        self,
        channel: str,
        to: str,
        text: str,
        *,
        thread: str = "",
        communication: str = "",
        choices: tuple[str, ...] = (),
    ) -> str:
        """Owe a message; its id, or "" where the text is blank and nothing is owed."""
        if not text.strip():
            return ""
        message = self.new_id()
        self.put(SendMessage(message, channel, to, text, thread, communication, choices))
        return message

    def enter_flow(self, flow: str) -> None:
        """The flow entered goes on with the communication that this one is about, at the status that this one sees."""
        about = self._fact
        entered = Fact(Trigger.FROM_ANOTHER_FLOW, flow=flow, status=about.status, communication=about.communication)
        self.raise_fact(entered)

    def finish(self, outcome: str) -> None:
        self.put(FinishParticipant(outcome))


def same(one: Value, other: Value) -> bool:
    """Whether two values of a field are the same; True is not 1, a moment is not a day."""
    return type(one) is type(other) and one == other
