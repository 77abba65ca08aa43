"""STOP and START at any moment, with all the ends that sends may have: nothing is claimed to be sent after a STOP."""

from contextlib import closing

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from tests.gateway.machine import Ground, new_file, play
from tests.gateway.test_machine_sending import Sending
from tests.gateway.test_machine_workers import BOOK, PHONES, WHO

HEEDED = "SELECT id FROM inbox WHERE state IN ('decided', 'held', 'parked')"
WORDS = st.sampled_from(["stop", "stop", "start"])


class OptOuts(Sending):
    """The sender's machine, and people who change their minds. The model is the last word of each that was heeded: once
    its event was decided, held or parked."""

    def __init__(self) -> None:
        super().__init__()
        self.words: dict[str, dict[int, str]] = {}
        self.heeded: set[int] = set()
        self.asked_before: dict[str, int] = {}  # messages claimed after a stop, and how often each was sent until then

    @rule(phone=WHO, word=WORDS, also=WORDS | st.none())
    def say(self, phone: str, word: str, also: str | None) -> None:
        """Nobody has decided it yet."""
        for one in filter(None, (word, also)):
            (number,) = self.ground.keep(self.ground.said(phone, one.upper(), consent=one))
            assert number is not None
            self.words.setdefault(phone, {})[number] = one

    @rule(phone=WHO, number=st.integers(0, 9))
    def be_given(self, phone: str, number: int) -> None:
        self.ground.given("play", {"phone": phone}, {"n": number})

    @rule(limit=st.integers(1, 3))
    def decide(self, limit: int) -> None:
        events = self.ground.read(lambda t: t.inbox.waiting(limit))
        self.ground.run(self.ground.worker._decide_all(events))
        self.heed()

    @rule(phone=WHO)
    def be_given_while_there_is_no_rule_file(self, phone: str) -> None:
        self.ground.rulebooks.active = {}
        self.be_given(phone, 0)
        self.ground.work()
        self.heed()

    @precondition(lambda self: not self.ground.rulebooks.active)
    @rule()
    def mend_the_rule_file(self) -> None:
        self.ground.rulebooks.put_in_force([BOOK])
        self.ground.write(lambda t: t.inbox.release())

    @rule(limit=st.integers(1, 3))
    def claim(self, limit: int) -> None:
        self.heed()
        before = set(self.flying)
        super().claim(limit)
        for message, owed in self.flying.items():
            if message in before:
                continue
            if self.has_stopped(owed.address):
                self.asked_before[message] = self.times_asked(message)
            else:  # whoever said START meanwhile may be sent what was under way at the STOP
                self.asked_before.pop(message, None)

    @invariant()
    def nothing_is_sent_that_was_claimed_after_a_stop(self) -> None:
        for message, times in self.asked_before.items():
            assert self.times_asked(message) == times

    def times_asked(self, message: str) -> int:
        return sum(one.id == message for one in self.provider.asked)

    def heed(self) -> None:
        self.heeded |= {row["id"] for row in self.ground.rows(HEEDED)}

    def has_stopped(self, phone: str) -> bool:
        words = [word for number, word in sorted(self.words.get(phone, {}).items()) if number in self.heeded]
        return bool(words) and words[-1] == "stop"

    def finish(self) -> None:
        self.ground.rulebooks.put_in_force([BOOK])
        self.ground.write(lambda t: t.inbox.release())
        super().finish()
        self.heed()
        self.nothing_is_sent_that_was_claimed_after_a_stop()
        for phone in self.words:
            out = self.ground.read(lambda t, phone=phone: t.opt_outs.among([("sms", phone)]))  # type: ignore[misc]
            assert bool(out) == self.has_stopped(phone)


def test_nobody_is_written_to_who_said_stop_before_the_message_was_claimed() -> None:
    play(OptOuts, examples=12, steps=40)


def test_a_start_that_was_held_does_not_undo_a_stop_said_after_it() -> None:
    """Both were heeded when they came; when they are decided, a message may be claimed between them."""
    with new_file() as url, closing(Ground(url, {"play": BOOK})) as ground:
        ground.given("play", {"phone": PHONES[0]}, {"n": 0})
        ground.work()
        ground.rulebooks.active = {}
        ground.given("play", {"phone": PHONES[0]}, {"n": 1})
        for text, consent in (("START", "start"), ("hello", ""), ("STOP", "stop")):
            ground.keep(ground.said(PHONES[0], text, consent=consent))
        ground.work()
        ground.rulebooks.put_in_force([BOOK])
        ground.write(lambda t: t.inbox.release())
        first = ground.read(lambda t: t.inbox.waiting(3))
        ground.run(ground.worker._decide_all(first))
        now = ground.tick()
        claimed = ground.write(lambda t: t.outbox.claim(now, 9, ("sms",)))
        assert [owed.text for owed in claimed if not owed.opted_out] == []
        ground.work()
        assert ground.read(lambda t: t.opt_outs.among([("sms", PHONES[0])]))
