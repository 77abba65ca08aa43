"""What may happen next to somebody, the likely first."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain, product

from rules.actions.asking import Asking
from rules.agents.form import Form
from rules.agents.question import Question
from rules.agents.webhook import Webhook
from rules.book import Field, Rulebook
from rules.calling import json_values
from rules.effects import PlaceCall
from rules.events import STOP
from rules.facts import Trigger
from rules.inputs.candidates import WORDS, WRITTEN, Candidates
from rules.inputs.fitting import fitting, unfit
from rules.inputs.moves import FAILED, READ, Answers, Changes, Joins, Move, Passes, Says
from rules.inputs.play import CUSTOMER, IDENTIFIERS, State
from rules.inputs.solving import Assignment, given_fields, solutions
from rules.names import NameInfo
from rules.participants import SOURCE_CUSTOMER, SOURCE_FLOW
from rules.scene import Customer, Scene
from rules.values import Value, Values, ValueType

MAX_TEXTS = 12  # things that are written in one situation
UNFIT = "?!"  # fits no question but one for a text


class Offers:
    """The moves that are worth a try in one rulebook."""

    def __init__(self, book: Rulebook, candidates: Candidates) -> None:
        self.book, self.candidates = book, candidates
        self.assignments = solutions(book, candidates)
        self.texts = tuple(dict.fromkeys(_texts(book, candidates)))[: 2 * MAX_TEXTS]
        self.sources = tuple(dict.fromkeys(_sources(book)))
        self.shares = any(SOURCE_CUSTOMER in node.narrowing.get("source", ()) for node in book.triggers)
        self.reads = any(node.when is Trigger.COMMUNICATION_UPDATED for node in book.triggers)

    def beginnings(self) -> Iterator[State]:
        """Somebody of whom nothing is known yet; somebody with each identifier missing that channels need."""
        yield State(Scene(Customer(CUSTOMER, dict(IDENTIFIERS))), self.candidates.now)

    def otherwise(self, move: Move) -> Iterator[Move]:
        """The same, but that what is sent because of it does not arrive, or is read."""
        yield replace(move, receipt=FAILED)
        if self.reads:
            yield replace(move, receipt=READ)

    def moves(self, state: State) -> Iterator[Move]:
        """What may happen, in the order in which it is tried."""
        if state.scene.participant is None:
            yield from self._joins(state)
            return
        if len(state.moves) == 1 and isinstance(first := state.moves[0], Joins):
            yield from (replace(first, fields=_joined(first.fields, own)) for own in self.assignments)
            yield from (replace(first, at=moment) for moment in self.candidates.moments(first.at))
        if state.calls:
            yield from self._answers(state.calls[0])
        yield from self._answers_in_talks(state)
        if (timer := state.next_timer) is not None:
            yield Passes(max(state.timers[timer], state.now) - state.now)
        yield from self._changes(state)
        yield from self._says(state)

    def _joins(self, state: State) -> Iterator[Move]:
        base = {field.name: self._usual(field) for field in self._fields if field.required}
        kinds = tuple(dict.fromkeys(channel.identifier for channel in self.book.channels.values()))
        lacking = ((), *((kind,) for kind in kinds))
        for source in self.sources:
            yield from (Joins(base, state.now, source, lacks) for lacks in lacking)
        for own in self.assignments:
            yield Joins(_joined(base, own), state.now)
        yield from (Joins(base, moment) for moment in self.candidates.moments(state.now))
        yield from (says for says in self._says(state) if self.book.channels[says.channel].enroll)

    @property
    def _fields(self) -> Iterator[Field]:
        return (self.book.fields[name] for name in given_fields(self.book))

    def _usual(self, field: Field) -> Value:
        return self.candidates.field(field)[0]

    def _changes(self, state: State) -> Iterator[Move]:
        participant = state.scene.participant
        now = {**state.scene.customer.fields, **(participant.fields if participant else {})}
        for own in self.assignments:
            if any(now.get(name) != value for name, value in own):
                yield from (Changes(dict(own), source) for source in self.sources)
                if self._elsewhere(own):
                    yield Changes(dict(own), SOURCE_CUSTOMER)

    def _elsewhere(self, own: Assignment) -> bool:
        """Whether another campaign may set these, and some trigger waits for that."""
        return self.shares and all(self.book.fields[name].level == "customer" for name, _ in own)

    def _says(self, state: State) -> Iterator[Says]:
        known = state.scene.customer.identifiers
        channels = [channel for channel in self.book.channels.values() if channel.identifier in known]
        for channel in channels:
            yield from (Says(text, channel.name) for text in self.texts)
        for talk in (talk for talk in state.scene.communications if talk.is_open):
            yield Says("STOP", talk.channel, STOP)
        texts = self.texts if self.candidates.clocks_and_words else self.texts[:1]
        said = product(texts, self.candidates.moments(state.now), channels)
        yield from (Says(text, channel.name, at=moment) for text, moment, channel in said)

    def _answers_in_talks(self, state: State) -> Iterator[Says]:
        """What the questions that are open may be answered."""
        for talk in (talk for talk in state.scene.communications if talk.is_open and talk.opened):
            agent = self.book.agents.get(talk.agent)
            if isinstance(agent, Form) and talk.talk.question < len(agent.questions):
                texts = _answers_to(agent.questions[talk.talk.question], self.candidates)
                yield from (Says(text, talk.channel) for text in texts)
            elif isinstance(agent, Webhook) and not talk.talk.asked:
                yield Says(WORDS, talk.channel)

    def _answers(self, call: PlaceCall) -> Iterator[Answers]:
        for answer in chain(self._to_nodes(call), self._to_agents(call)):
            yield Answers(call.target, answer)
        yield Answers(call.target, None)

    def _to_nodes(self, call: PlaceCall) -> Iterator[Mapping[str, object]]:
        node = self._node(call)
        if node is None:
            return
        yield {}
        yield from ({"outcome": word} for word, _ in node.cases)
        for sets in self._values_of({name: self.book.fields[name] for name in node.sets}):
            yield {"fields": sets}
            yield from ({"fields": sets, "outcome": word} for word, _ in node.cases)

    def _node(self, call: PlaceCall) -> Asking | None:
        flow = self.book.flows.get(str(call.body.get("flow", "")))
        node = flow.nodes.get(str(call.body.get("node", ""))) if flow else None
        return node if isinstance(node, Asking) else None

    def _to_agents(self, call: PlaceCall) -> Iterator[Mapping[str, object]]:
        about = call.body.get("communication")
        agent = self.book.agents.get(str(about["agent"])) if isinstance(about, Mapping) else None
        if isinstance(agent, Webhook):
            for results in self._values_of(agent.recorded):
                yield {"text": "All right.", "results": results, "end": True}

    def _values_of(self, fields: Mapping[str, Field]) -> Iterator[Mapping[str, object]]:
        """All usual, then each field at each of its values."""
        usual = {name: self._value(name, field)[0] for name, field in fields.items()}
        yield json_values(usual)
        for name, field in fields.items():
            yield from (json_values({**usual, name: value}) for value in self._value(name, field)[1:])

    def _value(self, name: str, field: Field) -> tuple[Value, ...]:
        if name in self.book.fields:
            return self.candidates.field(field)
        literals = self.candidates.literals.get(f"results.{name}", ())
        return self.candidates.values(NameInfo(field.type, field.values), literals)


def _joined(fields: Values, own: Assignment) -> Values:
    """What is given at the beginning: there is no need to say of a field that it has no value."""
    return {name: value for name, value in {**fields, **dict(own)}.items() if value is not None}


def _answers_to(question: Question, candidates: Candidates) -> Iterator[str]:
    """Answers as people write them, and one that does not fit."""
    names = [
        name for name in candidates.literals if name.startswith("results.") and name.endswith(f".{question.result}")
    ]
    literals = [value for name in names for value in candidates.literals[name]]
    bounds = [bound for bound in (question.least, question.most) if bound is not None]
    if question.type is ValueType.BOOLEAN:
        yield from ("yes", "no")
    else:
        texts = fitting(question.pattern) if question.pattern else ()
        values = candidates.values(NameInfo(question.type, question.choices), [*texts, *literals, *bounds])
        yield from (str(json_values({"": value})[""]) for value in values)
    yield from (["-"] if question.optional else [])
    yield from unfit(question.pattern) if question.pattern else (UNFIT,)


def _texts(book: Rulebook, candidates: Candidates) -> Iterator[str]:
    """What people may write unasked: the words that triggers and conditions wait for, and others."""
    yield WORDS
    for node in book.triggers:
        yield from node.narrowing.get("keyword", ())
    for name in WRITTEN:
        yield from candidates.texts(name)


def _sources(book: Rulebook) -> Iterator[str]:
    """By whom somebody may be given: what triggers tell apart, and otherwise by the API alone."""
    yield "api"
    told_apart = (source for node in book.triggers for source in node.narrowing.get("source", ()))
    yield from (source for source in told_apart if source not in (SOURCE_CUSTOMER, SOURCE_FLOW))
