"""The sender under random ends and crashes: each message is sent once where the provider can tell, in order, one at a
time to each address."""

from types import MappingProxyType

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from gateway.clock import Bell
from gateway.patience import CUT_OFF, Outcome
from gateway.sender import Sender
from storage.values import Owed
from tests.databases import PostgresServer
from tests.gateway.machine import Machine, on_postgres, play
from tests.gateway.provider import FATES, LATE, LOST, TAKEN, Provider
from tests.gateway.test_machine_workers import BOOK, PHONES, WHO


class Sending(Machine):
    """A worker that is always ready and one sender; the process may die between any two of its steps. The model is what
    the provider has taken."""

    BOOKS = MappingProxyType({"play": BOOK})

    def __init__(self) -> None:
        super().__init__()
        ground = self.ground
        self.provider = Provider()
        self.sender = Sender(self.provider, ground.storage, ground.clock, Bell(ground.clock), lambda: None)  # type: ignore[arg-type]
        self.flying: dict[str, Owed] = {}
        self.ended: list[tuple[Owed, Outcome]] = []
        for phone in PHONES:
            ground.given("play", {"phone": phone}, {"n": 0})
        ground.work()

    @rule(phone=WHO, number=st.integers(0, 9))
    def owe_an_answer(self, phone: str, number: int) -> None:
        self.ground.keep(self.ground.said(phone, f"word {number}"))
        self.ground.work()

    @rule(phone=WHO, number=st.integers(0, 9))
    def owe_a_notice(self, phone: str, number: int) -> None:
        self.ground.given("play", {"phone": phone}, {"n": number})
        self.ground.work()

    @rule(limit=st.integers(1, 3))
    def claim(self, limit: int) -> None:
        now = self.ground.tick()
        for owed in self.ground.write(lambda t: t.outbox.claim(now, limit, ("sms",))):
            assert owed.address not in {other.address for other in self.flying.values()}, "two to one address"
            self.flying[owed.message] = owed

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), fate=st.sampled_from((TAKEN, LATE, LOST, *FATES)), mute=st.booleans())
    def send(self, data: st.DataObject, fate: str, mute: bool) -> None:
        waiting = [id for id in self.flying if id not in {owed.message for owed, _ in self.ended}]
        if waiting:
            owed = self.flying[data.draw(st.sampled_from(waiting))]
            self.provider.fate, self.provider.mute = fate, mute
            self.ended.append(self.ground.run(self.sender._tried(owed)))

    @precondition(lambda self: self.ended)
    @rule()
    def record(self) -> None:
        self.ground.tick()
        self.ground.write(lambda t: self.sender._record_all(t, self.ended))
        for owed, _ in self.ended:
            del self.flying[owed.message]
        self.ended = []
        self.ground.work()

    @rule()
    def die_and_start_again(self) -> None:
        """What was being sent is unknown; nothing is known but what is in the database. What one of the requests was
        about may still arrive."""
        self.flying, self.ended = {}, []
        now = self.ground.tick()
        self.ground.write(lambda t: t.outbox.recover(now, "sms"))

    @rule(limit=st.integers(1, 3))
    def die_while_requests_are_on_their_way(self, limit: int) -> None:
        self.claim(limit)
        done = {owed.message for owed, _ in self.ended}
        self.provider.fate = LATE
        for owed in [owed for id, owed in self.flying.items() if id not in done and not owed.was_unknown]:
            self.ground.run(self.sender._tried(owed))
        self.die_and_start_again()

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

    @invariant()
    def the_provider_has_nothing_twice_and_all_in_order(self) -> None:
        order = {row["message"]: row["seq"] for row in self.ground.rows("SELECT message, seq FROM outbox")}
        for messages in self.provider.taken.values():
            numbers = [order[message.id] for message in messages]
            assert numbers == sorted(set(numbers)), "sent twice, or out of order"

    def finish(self) -> None:
        """All trouble ends: everything owed is sent or has failed."""
        self.die_and_start_again()
        self.provider.fate, self.provider.mute = TAKEN, False
        self.provider.arrive()
        for _ in range(100):
            self.start_the_campaign_anew()
            self.ground.work()
            if not self._send_all() and not self.ground.rows("SELECT 1 FROM outbox WHERE state <> 'done'"):
                break
            self.ground.sleep(70)
        self.check_books()

    def _send_all(self) -> bool:
        self.claim(10)
        sent = [self.ground.run(self.sender._tried(owed)) for owed in self.flying.values()]
        self.ended = sent
        self.record()
        return bool(sent)

    def check_books(self) -> None:
        assert not self.ground.rows("SELECT 1 FROM outbox WHERE state <> 'done'")
        taken = {message.id for messages in self.provider.taken.values() for message in messages}
        sent = self.ground.rows("SELECT id, status FROM message WHERE direction = 'out'")
        assert taken == {row["id"] for row in sent if row["status"] in ("queued", "sent")}
        assert {row["status"] for row in sent} <= {"queued", "sent", "failed", "canceled"}
        self.the_provider_has_nothing_twice_and_all_in_order()


def test_each_message_is_sent_once_and_in_order_however_sends_end_and_whenever_the_process_dies() -> None:
    play(Sending, examples=18, steps=40)


def test_so_it_is_on_postgres(postgres: PostgresServer, prepared: str) -> None:
    with postgres.database(prepared) as url:
        play(on_postgres(Sending, url), examples=5, steps=40)
