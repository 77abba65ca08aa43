"""An answer races the time-out of its question, in both orders, in one batch or several: there is one outcome."""

from types import MappingProxyType

from hypothesis import strategies as st
from hypothesis.stateful import rule

from gateway.incoming import outcome_event
from rules.statuses import CommunicationStatus
from storage.values import Row
from tests.gateway.machine import Machine, book_of, play

ASK = book_of("""
campaign: ask
agents:
  clerk:
    kind: form
    questions: [{result: comes, ask: "Will you come?", type: boolean}]
    closing: "Noted."
    reply_within: 24h
flows:
  invite:
    joined: {when: participant_created, next: ask}
    ask: {do: communicate, channel: sms, agent: clerk}
""")
PHONES = tuple(f"+491510000000{number}" for number in range(1, 4))
WHO = st.sampled_from(PHONES)


class Answers(Machine):
    """Everybody was asked; some answer, some do not, and time passes. In a lane the event that was kept first wins."""

    BOOKS = MappingProxyType({"ask": ASK})

    def __init__(self) -> None:
        super().__init__()
        self.first: dict[str, str] = {}  # what came first of each: an answer, or the time-out
        for phone in PHONES:
            self.ground.given("ask", {"phone": phone}, {})
        self.ground.work()
        for row in self.ground.rows("SELECT id FROM message ORDER BY id"):
            self.ground.keep(outcome_event(row["id"], "sms", "sent", "", self.ground.now()))
        self.ground.work()

    @rule(phone=WHO, text=st.sampled_from(["YES", "NO"]), batch=st.booleans())
    def answer(self, phone: str, text: str, batch: bool) -> None:
        """Perhaps twice, in one breath."""
        self.ground.keep(*(self.ground.said(phone, text) for _ in range(1 + batch)))
        self.first.setdefault(phone, "answer")

    @rule(hours=st.sampled_from([1, 23, 24]))
    def time_passes(self, hours: int) -> None:
        """What is due becomes events; that is not yet decided."""
        self.ground.pass_time(hours=hours)
        self.ground.fire()
        fired = "SELECT address FROM communication JOIN timer ON subject = communication.id WHERE fired"
        for row in self.ground.rows(fired):
            self.first.setdefault(row["address"], "time-out")

    @rule(limit=st.integers(1, 8))
    def decide(self, limit: int) -> None:
        events = self.ground.read(lambda t: t.inbox.waiting(limit))
        self.ground.run(self.ground.worker._decide_all(events))

    def finish(self) -> None:
        self.ground.work()
        self.time_passes(25)
        self.ground.work()
        talks = {row["address"]: row for row in self.ground.rows("SELECT address, status, is_open FROM communication")}
        ends = [fact for fact in self.ground.facts() if fact["trigger"] == "communication_ended"]
        assert len(ends) == len({fact["customer"] for fact in ends}) == len(PHONES)
        for phone in PHONES:
            self.check(phone, talks[phone])

    def check(self, phone: str, talk: Row) -> None:
        closings = self.ground.rows(f"SELECT 1 FROM message WHERE text = 'Noted.' AND address = '{phone}'")  # noqa: S608
        answered = self.first[phone] == "answer"
        expected = CommunicationStatus.COMPLETED if answered else CommunicationStatus.NO_RESPONSE
        assert (talk["status"], bool(talk["is_open"]), len(closings)) == (expected, False, int(answered))


def test_an_answer_and_its_time_out_have_one_outcome_whichever_comes_first() -> None:
    play(Answers, examples=20, steps=20)
