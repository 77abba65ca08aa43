"""The working state of one reaction: what is decided so far, and the facts still to be worked off."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import NamedTuple

from rules.book import Node, Rulebook
from rules.changes import after
from rules.effects import (
    WAIT_TIMER,
    CancelMessages,
    ChangeMessage,
    ClearTimer,
    DropRun,
    Effect,
    FinishParticipant,
    HoldFact,
    KeepRun,
    PlaceCall,
    SendMessage,
    SetFields,
    SetTimer,
    StopContact,
)
from rules.events import CallAnswered, Event, MessageReceived
from rules.expressions import Expression
from rules.facts import Fact, Trigger
from rules.held import MAX_HELD, can_wait, with_fact
from rules.names import Scope
from rules.reaction import Considered, LoopFound
from rules.scene import Communication, Participant, Run, Scene
from rules.scopes import Person, declared_as, retyped, scope_of, with_fields
from rules.templates import Template
from rules.values import Value, Values
from rules.watching import Watch, watched

ID_LENGTH, STEM_LENGTH = 32, 26  # of an id, and of what the ids made for one event have in common, in characters
MAX_RUNS = 100  # of one participant that wait in one campaign
NO_FACT = Fact(Trigger.PARTICIPANT_CREATED)  # about no communication: what is seen before any path is walked
UNNAMED: frozenset[type[Effect]] = frozenset(  # no name shows these
    {
        SendMessage,
        ChangeMessage,
        CancelMessages,
        SetTimer,
        ClearTimer,
        StopContact,
        KeepRun,
        DropRun,
        PlaceCall,
    }
)


class Path(NamedTuple):
    """What is still to be walked: the flows that ``fact`` starts in ``rulebook``, or the ``run`` that goes on with
    ``answer``. ``message`` is what the person wrote to start it, if so."""

    fact: Fact
    rulebook: Rulebook
    message: MessageReceived | None = None
    run: Run | None = None
    answer: CallAnswered | None = None


class Turn:
    """What nodes and communications act on. ``scene`` is always the one with every effect so far done, ``before`` the
    one that the event met.

    ``present`` is the rulebook in force, ``rulebook`` that of the path being walked: one that has waited stays on the
    version it began with. ``message`` is what the person wrote to start this path, None where it began otherwise.
    ``changed`` are the names of all fields that the event and its flows changed. ``node`` is the full name of the one
    being visited, "" before any is.

    One per reaction, never shared; it is the only thing in `rules` that changes.
    """

    def __init__(
        self, rulebook: Rulebook, event: Event, scene: Scene, now: datetime, watch: Watch | None = None
    ) -> None:
        self.present = self.rulebook = rulebook
        self.event = event
        self.message = event if isinstance(event, MessageReceived) else None
        self.now = now
        self.before = self.scene = scene
        self.effects: list[Effect] = []
        self.paths: deque[Path] = deque()
        self.changed: frozenset[str] = frozenset()
        self.log: list[Considered] = []
        self.note = ""
        self.saw: dict[str, Value] = {}
        self.result = ""
        self.node = ""
        self._watch = watch
        self._fact = NO_FACT
        self._scope: Scope | None = None
        self._ids = 0
        self._id_stem = ""
        self._person: Person | None = None

    def put(self, effect: Effect) -> None:
        """Decide that this happens."""
        self.effects.append(effect)
        self.scene = after(self.scene, effect)
        if type(effect) not in UNNAMED:
            self._scope = self._scope_with(effect) if isinstance(effect, SetFields) else None

    def _scope_with(self, effect: SetFields) -> Scope | None:
        """The names at hand with these fields; None where all must be collected anew."""
        if self._scope is None or self.rulebook is not self.present:
            return None
        return with_fields(self._scope, self.present, {**effect.customer, **effect.participant})

    def raise_fact(self, fact: Fact) -> None:
        """Let triggers fire on this, once what came before is worked off and the participant has entered; while the
        campaign does not run, it is held."""
        participant = self.scene.participant
        if participant is None:
            return
        if fact.changed:
            self.changed |= fact.changed
        if not self.scene.active:
            self._hold(fact, participant)
        elif participant.entered:
            within = fact.trigger is Trigger.FROM_ANOTHER_FLOW  # a path stays on its version, in other flows, too
            self.paths.append(Path(fact, self.rulebook if within else self.present, self.message))

    def _hold(self, fact: Fact, participant: Participant) -> None:
        if not can_wait(fact, participant):
            return
        if len(with_fact(participant.held, fact)) > MAX_HELD:
            self.note = f"{MAX_HELD} facts are held until the campaign runs again: {fact.trigger.value} is lost"
        else:
            self.put(HoldFact(fact))

    def consider(self, path: Path) -> None:
        """From here on conditions and texts see what this path is about, as its rulebook declares it."""
        self._fact, self.rulebook, self.message = path.fact, path.rulebook, path.message
        self._scope = None
        self.saw, self.node = {}, ""

    @property
    def inputs(self) -> Values:
        """What To Another Flow handed over to the flow being walked, by name."""
        return dict(self._fact.inputs)

    def pause(self, node: Node, due: datetime | None, call: str = "") -> Run:
        """Let this path wait at ``node`` until ``due`` (UTC; None: no time) or until the call of that id is answered.

        The path then goes on with the node's `resume`; the visit that paused it must return "". Raises `LoopFound`
        where `MAX_RUNS` wait already.
        """
        if len(self.scene.runs) >= MAX_RUNS:
            where = f"{node.full_name} ({node.position})"
            raise LoopFound(f"{MAX_RUNS} paths of the participant wait already: one more would wait at {where}")
        run = Run(self.new_id(), node.full_name, self.rulebook.hash, self._fact, self.message, due, call)
        self.put(KeepRun(run))
        if due is not None:
            self.put(SetTimer(run.id, WAIT_TIMER, due))
        return run

    def place_call(
        self, kind: str, target: str, subject: str, body: Mapping[str, object], held: bool = True, *, call: str = ""
    ) -> str:
        """Ask somebody outside (see `rules.effects.PlaceCall`); the call's id.

        A node that pauses for the answer takes the id first (`new_id`), pauses with it, and gives it here as ``call``.
        """
        call = call or self.new_id()
        self.put(PlaceCall(call, kind, target, subject, body, held))
        return call

    def new_id(self) -> str:
        """The next id made in this reaction: the same for the same event, so that a repeated decision is the same."""
        if not self._ids:
            text = f"{self.event.id}/{self.present.campaign}"
            self._id_stem = sha256(text.encode(errors="surrogatepass")).hexdigest()[:STEM_LENGTH]
        self._ids += 1
        return f"{self._id_stem}{self._ids:0{ID_LENGTH - STEM_LENGTH}x}"

    @property
    def scope(self) -> Scope:
        """The values of all names now."""
        if self._scope is None:
            self._scope = self._scope_in(self.rulebook, self._fact)
            if self._watch is not None:
                self._scope = self._scope._replace(hear=self._hear)
        return self._scope

    def _hear(self, expression: Expression, scope: Scope, value: Value) -> None:
        if self._watch is not None:
            self._watch.evaluated(self.node, expression, scope, value)

    def scope_about(self, communication: Communication) -> Scope:
        """The values of all names as a talk of this communication sees them: as its rule file declares them."""
        about = self._fact._replace(communication=communication.id, status="")
        scope = self._scope_in(self.book_of(communication), about)
        if self._watch is None:
            return scope
        return scope._replace(hear=partial(self._watch.evaluated, communication.node))

    def _scope_in(self, book: Rulebook, fact: Fact) -> Scope:
        scene = self.scene if book.hash == self.present.hash else retyped(self.scene, book)
        if self._person is None or not self._person.is_of(book, scene):
            self._person = Person(book, scene)
        return scope_of(self._person, scene, fact, self.message, self.now)

    def book_of(self, communication: Communication) -> Rulebook:
        """The rule file that the communication began with; the present one where that is not to be had."""
        return self.scene.earlier.get(communication.rules, self.present)

    def evaluate(self, expression: Expression) -> Value:
        """The expression's value; what it saw is kept for the log of the node being visited."""
        scope = self.scope
        expression.explain(scope, self.saw)
        return watched(expression, scope)

    def render(self, template: Template) -> str:
        return template.render(self.scope)

    def say_result(self, text: str) -> None:
        """What the node being visited came to, for the log; several are joined."""
        self.result = f"{self.result}; {text}" if self.result else text

    def start_visit(self, node: str) -> None:
        self.saw, self.result, self.node = {}, "", node
        if self._watch is not None:
            self._watch.visits(node)

    def current(self, name: str) -> Value:
        """The value of a declared field, as the present rule file has it; None where it is unset."""
        return self._kept(self._is_shared(name)).get(name)

    def set_fields(self, values: Values) -> frozenset[str]:
        """Set those declared fields that differ; their names. What does not fit the present rule file is left."""
        if self.rulebook is not self.present:
            values = declared_as(self.present, values)
        shared: dict[str, Value] = {}
        own: dict[str, Value] = {}
        for name, value in values.items():
            is_shared = self._is_shared(name)
            if not same(self._kept(is_shared).get(name), value):
                (shared if is_shared else own)[name] = value
        if shared or own:
            self.put(SetFields(shared, own))
        return frozenset((*shared, *own))

    def _kept(self, shared: bool) -> Values:
        """The values of the customer's fields, or of the participant's own."""
        if shared:
            return self.scene.customer.fields
        return self.scene.participant.fields if self.scene.participant else {}

    def _is_shared(self, name: str) -> bool:
        """Whether the field is the customer's: the present rule file decides where it has the field."""
        return (self.present.fields.get(name) or self.rulebook.fields[name]).level == "customer"

    def send(
        self,
        channel: str,
        to: str,
        text: str,
        *,
        thread: str = "",
        communication: str = "",
        choices: tuple[str, ...] = (),
        attempt: int = 1,
    ) -> str:
        """Owe a message; its id, or "" where the text is blank and nothing is owed."""
        if not text.strip():
            return ""
        message = self.new_id()
        self.put(SendMessage(message, channel, to, text, thread, communication, choices, attempt))
        return message

    def enter_flow(self, flow: str, inputs: Values | None = None) -> None:
        """The flow entered is handed ``inputs``, and goes on with the communication that this one is about, at the
        status that this one sees."""
        about = self._fact
        self.raise_fact(
            Fact(
                Trigger.FROM_ANOTHER_FLOW,
                flow=flow,
                status=about.status,
                communication=about.communication,
                inputs=tuple((inputs or {}).items()),
            )
        )

    def finish(self, outcome: str) -> None:
        self.put(FinishParticipant(outcome))


def same(one: Value, other: Value) -> bool:
    """Whether two values of a field are the same; True is not 1, a moment is not a day."""
    return type(one) is type(other) and one == other
