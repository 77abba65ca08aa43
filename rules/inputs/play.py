"""One person of one campaign, and how they stand after each move. Everything is decided by the real `react`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypedDict

from rules.book import Node, Rulebook
from rules.effects import ClearTimer, PlaceCall, SendMessage, SetTimer
from rules.events import CallAnswered, Event, MessageReceived, ParticipantGiven, ReceiptArrived, TimerDue
from rules.inputs.moves import Answers, Changes, Joins, Move, Passes, Says
from rules.participants import SOURCE_CUSTOMER
from rules.react import react
from rules.reaction import Reaction
from rules.scene import Customer, Scene
from rules.statuses import OWED
from rules.ways import Way, ways_taken

PARTICIPANT, CUSTOMER = "p" * 32, "c" * 32
IDENTIFIERS: Mapping[str, str] = {
    "phone": "+4915112345601",
    "slack": "U00000001",
    "email": "ada@example.com",
    "external_id": "A-1",
}
ROUNDS = 4  # in which messages are sent because others were delivered


class _Header(TypedDict):
    """What every event has."""

    id: str
    at: datetime


@dataclass(frozen=True)
class State:
    """How all stands at ``now`` (UTC). ``timers`` are when they are due, ``calls`` what is not answered yet; ``moves``
    led here."""

    scene: Scene
    now: datetime
    timers: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    calls: tuple[PlaceCall, ...] = ()
    moves: tuple[Move, ...] = ()
    events: int = 0

    @property
    def next_timer(self) -> tuple[str, str] | None:
        return min(self.timers, key=lambda key: (self.timers[key], key), default=None)


@dataclass
class Play:
    """Takes one move; ``reactions`` counts what it cost, ``walked`` are the ways that were gone, and ``receipts``
    the messages of which something was heard."""

    book: Rulebook
    state: State
    walked: set[Way] = field(default_factory=set)
    reactions: int = 0
    receipts: int = 0

    def take(self, move: Move) -> State:
        """How all stands then; who joins begins anew. Raises `LoopFound` where the rules go round and round."""
        for event in self._events(move):
            self._decide(event)
        for _ in range(ROUNDS):
            owed = [message.id for message in self.state.scene.messages if message.status == OWED]
            self.receipts += len(owed)
            for message in owed:
                self._decide(ReceiptArrived(**self._header, message=message, status=move.receipt))
        self.state = replace(self.state, moves=(*self.state.moves, move))
        return self.state

    def _events(self, move: Move) -> Iterator[Event]:
        """What the move is to the rules; each is made once those before it are decided."""
        match move:
            case Joins():
                yield from self._joins(move)
            case Changes():
                yield self._changes(move)
            case Says():
                yield from self._says(move)
            case Passes():
                yield from self._passes()
            case Answers():
                yield from self._answers(move)

    def _joins(self, move: Joins) -> Iterator[Event]:
        known = {kind: value for kind, value in IDENTIFIERS.items() if kind not in move.lacks}
        self.state = State(Scene(Customer(CUSTOMER, known)), move.at)
        yield ParticipantGiven(**self._header, participant=PARTICIPANT, source=move.source, fields=move.fields)

    def _changes(self, move: Changes) -> Event:
        """What another campaign has changed has changed already: told is what there was before."""
        fields = move.fields
        if move.source == SOURCE_CUSTOMER:
            customer = self.state.scene.customer
            fields = {name: customer.fields.get(name) for name in move.fields}
            changed = replace(customer, fields={**customer.fields, **move.fields})
            self.state = replace(self.state, scene=replace(self.state.scene, customer=changed))
        return ParticipantGiven(**self._header, participant=PARTICIPANT, source=move.source, fields=fields)

    def _says(self, move: Says) -> Iterator[Event]:
        """Who is not known yet joins a campaign whose channel enrolls."""
        if move.at:
            self.state = replace(self.state, now=max(move.at, self.state.now))
        if self.state.scene.participant is None:
            yield ParticipantGiven(**self._header, participant=PARTICIPANT, source="enroll")
        address = self.state.scene.customer.identifiers[self.book.channels[move.channel].identifier]
        word = keyword_of(move.text)
        yield MessageReceived(
            **self._header,
            channel=move.channel,
            address=address,
            text=move.text,
            keyword=word,
            consent=move.consent,
        )

    def _passes(self) -> Iterator[Event]:
        key = self.state.next_timer
        if key is not None:
            timers = {other: due for other, due in self.state.timers.items() if other != key}
            self.state = replace(self.state, timers=timers, now=max(self.state.now, self.state.timers[key]))
            yield TimerDue(**self._header, subject=key[0], name=key[1])

    def _answers(self, move: Answers) -> Iterator[Event]:
        call = self.state.calls[0]
        self.state = replace(self.state, calls=self.state.calls[1:])
        yield CallAnswered(
            **self._header,
            call=call.call,
            subject=call.subject,
            answer=move.answer,
            error="" if move.answer is not None else "it does not answer",
        )

    @property
    def _header(self) -> _Header:
        return {"id": f"try:{self.state.events}", "at": self.state.now}

    def _decide(self, event: Event) -> None:
        state = self.state
        reaction = react(self.book, event, state.scene, state.now)
        self.reactions += 1
        self.walked |= ways_in(self.book, reaction)
        self.state = replace(
            state,
            scene=_sent_of_talks(reaction),
            timers=_timers(state.timers, reaction),
            calls=(*state.calls, *(effect for effect in reaction.effects if isinstance(effect, PlaceCall))),
            events=state.events + 1,
        )


def ways_in(book: Rulebook, reaction: Reaction) -> set[Way]:
    """The ways that were gone in a reaction."""
    visits = (visit for fact in reaction.log for activation in fact.activations for visit in activation.visits)
    return {way for visit in visits for way in ways_taken(_node(book, visit.node), visit.next, visit.saw, visit.result)}


def _node(book: Rulebook, full_name: str) -> Node:
    flow, _, name = full_name.partition(".")
    return book.flows[flow].nodes[name]


def keyword_of(text: str) -> str:
    """The first word in capital letters, as the gateway finds it in what people write."""
    return (text.split() or [""])[0].strip(".,;:!?\"'()[]").upper()


def _sent_of_talks(reaction: Reaction) -> Scene:
    """The scene; only of messages of talks anything is heard."""
    talking = {
        effect.message for effect in reaction.effects if isinstance(effect, SendMessage) and not effect.communication
    }
    if not talking:
        return reaction.scene
    return replace(reaction.scene, messages=tuple(m for m in reaction.scene.messages if m.id not in talking))


def _timers(before: Mapping[tuple[str, str], datetime], reaction: Reaction) -> Mapping[tuple[str, str], datetime]:
    timers = dict(before)
    for effect in reaction.effects:
        if isinstance(effect, SetTimer):
            timers[effect.subject, effect.name] = effect.due
        elif isinstance(effect, ClearTimer):
            timers.pop((effect.subject, effect.name), None)
    return timers
