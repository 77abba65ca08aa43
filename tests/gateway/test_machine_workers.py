"""Two workers under random interleavings, crashes and all: each event is decided once, in the order of its lane."""

from collections.abc import Sequence
from types import MappingProxyType

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from gateway.decided import Decided
from gateway.parking import drop, retry
from storage.transaction import Transaction
from storage.values import About, NewEvent, Row, WaitingEvent
from tests.databases import PostgresServer
from tests.gateway.machine import Machine, book_of, on_postgres, play

BOOK = book_of("""
campaign: play
fields: {n: {type: numeric}}
agents:
  host: {kind: notice, text: "Number {{ n }}"}
flows:
  talk:
    wrote: {when: incoming_session, next: answer}
    answer: {do: reply, text: "You wrote {{ message.text }}"}
  told:
    changed: {when: participant_updated, next: tell}
    tell: {do: communicate, channel: sms, agent: host}
""")
PHONES = ("+4915100000001", "+4915100000002")
OVER = {"decided", "parked", "dropped"}
STATES = "SELECT id, lane, state FROM inbox ORDER BY id"
WHO = st.sampled_from(PHONES)
WORKER = st.integers(0, 1)


class Crash(Exception):
    """The process ends in the middle of a transaction."""


class Workers(Machine):
    """Two workers that read and decide in turns; what one has read may be old when it decides. The model is what was
    kept, in its order, with the state of each event after the last step."""

    BOOKS = MappingProxyType({"play": BOOK})

    def __init__(self) -> None:
        super().__init__()
        ground = self.ground
        self.workers = (ground.worker, ground.new_worker(ground.another_storage(), ground.rulebooks))
        self.read: list[list[WaitingEvent]] = [[], []]
        self.known: dict[int, Row] = {}
        self.decided_once: set[int] = set()
        for phone in PHONES:
            ground.given("play", {"phone": phone}, {"n": 0})
        self.look()
        ground.work()
        self.look()

    @rule(phone=WHO, number=st.integers(0, 99))
    def write(self, phone: str, number: int) -> None:
        """Somebody writes, and their provider's first tries bring the same keys as later ones."""
        event = self.ground.said(phone, f"word {number}", key=f"{phone}-{number}")
        new = not self.ground.rows(f"SELECT 1 FROM inbox WHERE key = '{event.key}'")  # noqa: S608  our own key
        assert [number is not None for number in self.ground.keep(event, event)] == [new, False]
        self.look()

    @rule(phone=WHO, number=st.integers(0, 99))
    def give(self, phone: str, number: int) -> None:
        self.ground.given("play", {"phone": phone}, {"n": number})
        self.look()

    @rule(phone=WHO)
    def something_that_nobody_can_decide(self, phone: str) -> None:
        self.ground.keep(
            NewEvent(f"bad{self.ground.tick()}", "participant", About("phone", phone), {}, self.ground.now())
        )
        self.look()

    @rule(which=WORKER, limit=st.integers(1, 6))
    def look_what_waits(self, which: int, limit: int) -> None:
        self.read[which] = self.ground.read(lambda t: t.inbox.waiting(limit, exclude=("request",)))

    @rule(which=WORKER)
    def decide(self, which: int) -> None:
        """What was read may be old by now."""
        self.ground.tick()
        self.ground.run(self.workers[which]._decide_all(self.read[which]))
        self.read[which] = []
        self.look()

    @rule(which=WORKER, meanwhile=st.sampled_from(["nothing", "mended", "taken back", "decided"]))
    def read_and_decide(self, which: int, meanwhile: str) -> None:
        """And what may come between."""
        self.look_what_waits(which, 10)
        match meanwhile:
            case "mended":
                self.mend_the_rule_file()
            case "taken back":
                self._take_back(self._in_state("parked"))
            case "decided":
                self.read_and_decide(1 - which, "nothing")
        self.decide(which)

    @rule(which=WORKER)
    def crash_before_the_commit(self, which: int) -> None:
        try:
            self.ground.write(lambda t: self._decide_and_crash(t, which))
        except Exception:
            self.read[which] = []
        assert self._states() == self.known, "nothing of a transaction that did not end is left"

    def _decide_and_crash(self, t: Transaction, which: int) -> None:
        self.workers[which].decide(t, self.read[which])
        raise Crash

    @rule(phone=WHO, number=st.integers(0, 99))
    def lose_the_rule_file(self, phone: str, number: int) -> None:
        """What is given from now on is held, and so is what comes behind it."""
        self.ground.rulebooks.active = {}
        self.give(phone, number)
        self.read_and_decide(0, "nothing")

    @rule()
    def mend_the_rule_file(self) -> None:
        self.ground.rulebooks.put_in_force([BOOK])
        self.ground.write(lambda t: t.inbox.release())
        self.look()

    @precondition(lambda self: self._in_state("parked"))
    @rule(data=st.data(), taken_back=st.booleans())
    def deal_with_a_parked_event(self, data: st.DataObject, taken_back: bool) -> None:
        number = data.draw(st.sampled_from(self._in_state("parked")))
        if taken_back:
            self._take_back([number])
        else:
            with self.ground.storage.alone() as t:
                drop(t, number, self.ground.now())
        self.look()

    def _take_back(self, numbers: Sequence[int]) -> None:
        with self.ground.storage.alone() as t:
            retry(t, numbers)
        self.look()

    def decided(self, decided: Sequence[Decided]) -> None:
        """Nothing that is not over came before, in its lane."""
        over = {number for number, row in self._states().items() if row["state"] in OVER}
        batch = {one.event.id for one in decided}
        passed = over - batch | set()
        for one in decided:
            before = {n for n, row in self.known.items() if row["lane"] == one.event.lane and n < one.event.id}
            assert before <= passed, f"{one.event.id} was decided before {sorted(before - passed)}"
            assert one.event.id not in self.decided_once
            self.decided_once.add(one.event.id)
            passed.add(one.event.id)

    def look(self) -> None:
        self.known = self._states()

    def _states(self) -> dict[int, Row]:
        return {row["id"]: row for row in self.ground.rows(STATES)}

    def _in_state(self, state: str) -> list[int]:
        return [number for number, row in self.known.items() if row["state"] == state]

    def finish(self) -> None:
        """All trouble ends: everything is decided, parked or dropped, and the books say so."""
        self.mend_the_rule_file()
        self.ground.work()
        self.look()
        assert {row["state"] for row in self.known.values()} <= OVER
        decided = {row["event"] for row in self.ground.rows("SELECT event FROM decision")}
        assert decided == set(self._in_state("decided")) == self.decided_once


def test_each_event_is_decided_once_and_in_the_order_of_its_lane_whatever_comes_between() -> None:
    play(Workers, examples=20, steps=40)


def test_so_it_is_on_postgres(postgres: PostgresServer, prepared: str) -> None:
    with postgres.database(prepared) as url:
        play(on_postgres(Workers, url), examples=8, steps=40)
