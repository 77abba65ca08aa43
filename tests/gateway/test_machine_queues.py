"""Inbox, workers and outbox under random interleavings, crashes and all: each event once, each message once, in order."""

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from gateway.clock import Bell
from gateway.decided import Decided
from gateway.parking import drop, retry
from gateway.patience import CUT_OFF, Outcome
from gateway.sender import Sender
from storage.transaction import Transaction
from storage.values import About, NewEvent, Owed, Row, WaitingEvent
from tests.databases import PostgresServer
from tests.gateway.machine import Machine, book_of, on_postgres, play
from tests.gateway.provider import FATES, LATE, TAKEN, Provider

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
PHONES = ("+4915100000001", "+4915100000002", "+4915100000003")
OVER = {"decided", "parked", "dropped"}
STATES = "SELECT id, lane, state, kind FROM inbox ORDER BY id"
WHO = st.sampled_from(PHONES)
WORKER = st.integers(0, 1)


class Crash(Exception):
    """The process ends in the middle of a transaction."""


class Queues(Machine):
    """Two workers that read and decide in turns, and one sender; the process may die between any two of their steps.

    The model is what was kept, in its order, and what the provider has taken.
    """

    BOOKS = {"play": BOOK}

    def __init__(self) -> None:
        super().__init__()
        ground = self.ground
        self.other = ground.another_storage()
        self.workers = (ground.worker, ground.new_worker(self.other, ground.rulebooks))
        self.read: list[list[WaitingEvent]] = [[], []]
        self.known: dict[int, Row] = {}  # every event as it stood after the last step
        self.decided_once: set[int] = set()
        self.provider = Provider()
        self.sender = Sender(self.provider, ground.storage, ground.clock, Bell(ground.clock), lambda: None)  # type: ignore[arg-type]
        self.flying: dict[str, Owed] = {}
        self.ended: list[tuple[Owed, Outcome]] = []
        for phone in PHONES:
            ground.given("play", {"phone": phone}, {"n": 0})
        ground.work()
        self.look()

    # What comes in

    @rule(phone=WHO, number=st.integers(0, 99))
    def write(self, phone: str, number: int) -> None:
        self.ground.keep(self.ground.said(phone, f"word {number}"))
        self.look()

    @rule(phone=WHO, number=st.integers(1, 9))
    def write_and_be_heard_twice(self, phone: str, number: int) -> None:
        """The provider's retry, or what the sweeper finds: the same key as before."""
        event = self.ground.said(phone, f"again {number}", key=f"again-{phone}-{number}")
        new = not any(row["key"] == event.key for row in self.ground.rows("SELECT key FROM inbox"))
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

    # Who decides

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

    @rule()
    def lose_the_rule_file(self) -> None:
        self.ground.rulebooks.active = {}

    @rule()
    def mend_the_rule_file(self) -> None:
        self.ground.rulebooks.put_in_force([BOOK])
        self.ground.write(lambda t: t.inbox.release())
        self.look()

    @precondition(lambda self: self._in_state("parked"))
    @rule(data=st.data(), taken_back=st.booleans())
    def deal_with_a_parked_event(self, data: st.DataObject, taken_back: bool) -> None:
        number = data.draw(st.sampled_from(self._in_state("parked")))
        with self.ground.storage.alone() as t:
            if taken_back:
                retry(t, [number])
            else:
                drop(t, number, self.ground.now())
        self.look()

    # Who sends

    @rule(limit=st.integers(1, 3))
    def claim(self, limit: int) -> None:
        now = self.ground.tick()
        for owed in self.ground.write(lambda t: t.outbox.claim(now, limit, ("sms",))):
            assert owed.address not in {other.address for other in self.flying.values()}, "two to one address"
            self.flying[owed.message] = owed

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), fate=st.sampled_from((TAKEN, TAKEN, *FATES)), mute=st.booleans())
    def send(self, data: st.DataObject, fate: str, mute: bool) -> None:
        waiting = [id for id in self.flying if id not in {owed.message for owed, _ in self.ended}]
        if waiting:
            owed = self.flying[data.draw(st.sampled_from(waiting))]
            self.provider.fate, self.provider.mute = fate, mute
            self.ended.append((owed, self.ground.run(self.sender._outcome(owed))))

    @precondition(lambda self: self.ended)
    @rule()
    def record(self) -> None:
        self.ground.tick()
        self.ground.write(lambda t: self.sender._record_all(t, self.ended))
        for owed, _ in self.ended:
            del self.flying[owed.message]
        self.ended = []
        self.look()

    @rule()
    def die_and_start_again(self) -> None:
        """What was being sent is unknown; nothing is known but what is in the database. What one of the requests was
        about may still arrive."""
        self.read, self.flying, self.ended = [[], []], {}, []
        now = self.ground.tick()
        self.ground.write(lambda t: t.outbox.recover(now, "sms"))

    @rule(seconds=st.sampled_from([1, 10, 31, 70]))
    def time_passes(self, seconds: int) -> None:
        """No request is on its way for longer than adapters and networks let it be."""
        if seconds >= CUT_OFF.total_seconds():
            self.provider.arrive()
        self.ground.sleep(seconds)

    @rule()
    def start_the_campaign_anew(self) -> None:
        """After it was put in error by a channel that is down."""
        self.ground.write(lambda t: t.campaigns.set_status("play", "active", self.ground.now()))

    # What must hold

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

    @invariant()
    def the_provider_has_nothing_twice_and_all_in_order(self) -> None:
        order = {row["message"]: row["seq"] for row in self.ground.rows("SELECT message, seq FROM outbox")}
        for messages in self.provider.taken.values():
            numbers = [order[message.id] for message in messages]
            assert numbers == sorted(set(numbers)), "sent twice, or out of order"

    def look(self) -> None:
        self.known = self._states()

    def _states(self) -> dict[int, Row]:
        return {row["id"]: row for row in self.ground.rows(STATES)}

    def _in_state(self, state: str) -> list[int]:
        return [number for number, row in self.known.items() if row["state"] == state]

    def finish(self) -> None:
        """All trouble ends: everything is decided, parked or dropped, and everything owed is sent or has failed."""
        self.die_and_start_again()
        self.mend_the_rule_file()
        self.provider.fate, self.provider.mute = TAKEN, False
        self.provider.arrive()
        for _ in range(100):
            self.start_the_campaign_anew()
            self.ground.work()
            if not self._send_all() and not self.ground.rows("SELECT 1 FROM outbox WHERE state <> 'done'"):
                break
            self.ground.sleep(70)
        self.look()
        self.check_books()

    def _send_all(self) -> bool:
        self.claim(10)
        sent = [(owed, self.ground.run(self.sender._outcome(owed))) for owed in self.flying.values()]
        self.ended = sent
        self.record()
        return bool(sent)

    def check_books(self) -> None:
        assert {row["state"] for row in self.known.values()} <= OVER
        decided = {row["event"] for row in self.ground.rows("SELECT event FROM decision")}
        assert decided == set(self._in_state("decided"))
        assert not self.ground.rows("SELECT 1 FROM outbox WHERE state <> 'done'")
        taken = {message.id for messages in self.provider.taken.values() for message in messages}
        ends = {
            row["id"]: row["status"]
            for row in self.ground.rows("SELECT id, status FROM message WHERE direction = 'out'")
        }
        assert taken == {id for id, status in ends.items() if status in ("queued", "sent")}
        assert set(ends.values()) <= {"queued", "sent", "failed", "canceled"}
        self.the_provider_has_nothing_twice_and_all_in_order()


def test_each_event_is_decided_once_and_each_message_sent_once_in_order_whatever_comes_between() -> None:
    assert LATE in FATES
    play(Queues, examples=25, steps=50)


def test_so_it_is_on_postgres(postgres: PostgresServer, prepared: str) -> None:
    with postgres.database(prepared) as url:
        play(on_postgres(Queues, url), examples=12, steps=50)
