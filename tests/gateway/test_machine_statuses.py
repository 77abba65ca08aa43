"""Webhook, sweeper and the answer to the send tell of one message, in any order, twice, before the send is recorded."""

from collections.abc import Iterator
from types import MappingProxyType

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from channels.base import Receipt
from gateway.incoming import outcome_event, receipt_event
from rules.statuses import MessageStatus, message_rank
from storage.transaction import Transaction
from storage.values import Owed
from tests.gateway.machine import SMS, Machine, book_of, play

FLOWS = """
  heard:
    moved: {when: communication_updated, next: noted}
    noted: {do: update_field, set: {moved: {expr: participant.moved + 1}}}
  over:
    ended: {when: communication_ended, next: counted}
    counted: {do: update_field, set: {ended: {expr: participant.ended + 1}}}
"""
HEAD = """
campaign: %s
fields: {moved: {type: numeric, default: 0}, ended: {type: numeric, default: 0}}
agents:
  host: %s
flows:
  greet:
    joined: {when: participant_created, next: say}
    say: {do: communicate, channel: sms, agent: host}
"""
NOTICE = book_of(HEAD % ("notice", '{kind: notice, text: "Hello"}') + FLOWS)
ASKING = '{kind: form, questions: [{result: ok, ask: "Well?", type: boolean}], reply_within: 24h}'
FORM = book_of(HEAD % ("form", ASKING) + FLOWS)
POSITIVE = ("queued", "sending", "sent", "delivered", "read")
NEGATIVE = ("undelivered", "failed")
STATUSES = st.sampled_from((*POSITIVE, *NEGATIVE))
UPDATES = ("started", "delivered", "read", "replied")


def error_of(status: str) -> str:
    return "30003" if status in NEGATIVE else ""


def ends_after(best: str, campaign: str) -> tuple[str, ...]:
    """How a communication may have ended a day later, if this is the best that was ever said of its message."""
    if best in NEGATIVE:
        return ("failed",)
    if not best:
        return ("planned",)
    return ("completed",) if campaign == "notice" else ("no_response",)


class StatusFold(Machine):
    """One message and whatever is said of it. As long as less than ten seconds pass, only what was said counts; who
    speaks up later may come too late for the communication, but never opens it again."""

    BOOKS = MappingProxyType({book.campaign: book for book in (NOTICE, FORM)})

    @initialize(campaign=st.sampled_from(["notice", "form"]), at_once=st.booleans())
    def owe(self, campaign: str, at_once: bool) -> None:
        self.campaign, self.claimed, self.in_time, self.at_once = campaign, False, True, at_once
        self.said: list[str] = []
        self.ground.given(campaign, {"phone": "+4915100000001"}, {})
        self.ground.work()
        (row,) = self.ground.rows("SELECT id FROM message")
        self.message = str(row["id"])

    @precondition(lambda self: not self.claimed)
    @rule()
    def claim(self) -> None:
        """The send begins; whatever is said of the message before its end is recorded comes too early."""
        now = self.ground.tick()
        claimed: list[Owed] = self.ground.write(lambda t: t.outbox.claim(now, 1, ("sms",)))
        self.claimed = bool(claimed)

    @precondition(lambda self: self.claimed)
    @rule(status=st.sampled_from(["accepted", "queued", "sent"]))
    def record_the_send(self, status: str) -> None:
        event = outcome_event(self.message, "sms", status, "", self.ground.tick())
        self.ground.write(lambda t: self._record(t, event))

    def _record(self, t: Transaction, event: object) -> None:
        t.outbox.sent_many([(self.message, "SM1")], self.ground.now())
        if t.inbox.keep([event])[0] is not None:  # type: ignore[list-item]
            self.said.append(event.payload["status"])  # type: ignore[attr-defined]

    @rule(status=STATUSES, tells=st.sampled_from(["webhook", "sweeper", "again"]))
    def tell(self, status: str, tells: str) -> None:
        """The sweeper finds what the webhook told, under its key; a provider may also tell twice, under another."""
        key = f"{self.message}:{status}" + (":again" if tells == "again" else "")
        named = "" if tells == "sweeper" and self._known() else self.message
        receipt = Receipt(key, named, "SM1", status, error_of(status))
        self.ground.keep(receipt_event(SMS, receipt, self.ground.tick()))
        self.said.append(status)

    def _known(self) -> bool:
        """Whether a receipt is understood that only has the provider's id."""
        return bool(self.ground.rows("SELECT 1 FROM message WHERE provider_id = 'SM1'"))

    @rule(limit=st.integers(1, 4))
    def decide_some(self, limit: int) -> None:
        events = self.ground.read(lambda t: t.inbox.waiting(limit))
        self.ground.run(self.ground.worker._decide_all(events))

    @precondition(lambda self: not self.at_once)
    @rule(seconds=st.sampled_from([11, 3700]))
    def time_passes(self, seconds: int) -> None:
        self.ground.go_to(seconds=seconds)
        self.in_time = False

    def finish(self) -> None:
        if not hasattr(self, "campaign"):
            return
        self.ground.work()
        self.check_message()
        self.ground.go_to(hours=25)
        self.check_told()
        (talk,) = self.ground.rows("SELECT status, is_open FROM communication")
        if self.in_time:
            assert talk["status"] in ends_after(self.best, self.campaign), self.said
        else:
            assert bool(talk["is_open"]) == (not self.said), self.said

    @property
    def best(self) -> str:
        return max(self.said, key=message_rank, default="")

    def check_message(self) -> None:
        """What weighs most stands, whatever came first."""
        (message,) = self.ground.rows("SELECT status, rank FROM message")
        assert message["status"] == self.best
        assert message["rank"] == message_rank(self.best)

    def check_told(self) -> None:
        """Rules heard of each status once, upwards, and once of the end; what they did of it was done as often."""
        updates = [fact["status"] for fact in self.told("communication_updated")]
        assert updates == sorted(set(updates), key=UPDATES.index)
        assert len(list(self.told("communication_ended"))) == (1 if self.said else 0)
        (person,) = self.ground.rows("SELECT fields FROM participant")
        fields = str(person["fields"]).replace(" ", "").replace('"', "")
        assert f"moved:{len(updates)}" in fields or not updates, fields
        assert ("ended:1" in fields) == bool(self.said), fields

    def told(self, trigger: str) -> Iterator[dict[str, str]]:
        return (fact for fact in self.ground.facts() if fact["trigger"] == trigger)


def test_whatever_order_a_message_is_told_of_in_it_ends_alike_and_its_end_is_told_once() -> None:
    assert message_rank(MessageStatus.READ) == max(message_rank(status) for status in MessageStatus)
    play(StatusFold, examples=50)
