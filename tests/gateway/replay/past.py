"""A past to be replayed: people who joined a small campaign, answered and wrote, as a worker decided it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from gateway.recorded import Stretch
from gateway.replay.jobs import Order, replay
from gateway.replay.tally import Tally
from rules.book import Rulebook
from tests.gateway.machine import PROJECT, Ground, book_of, new_file

RULES = """
campaign: dues
fields:
  amount: {type: integer}
  paid: {type: boolean, default: false}
agents:
  asker:
    kind: form
    questions: [{result: pays, ask: "Will you pay {{ amount }}?", type: boolean}]
    reply_within: 1h
flows:
  remind:
    joined: {when: participant_created, next: owes}
    owes:
      if: amount > 10
      match: ask
      else: rest
    ask: {do: communicate, channel: sms, agent: asker}
    rest: {do: wait, for: 2h, next: done}
    done: {do: finish, outcome: nothing due}
    answered: {when: communication_ended, of: ask, status: completed, next: note}
    note: {do: update_field, set: {paid: {expr: results.pays}}}
  words:
    wrote: {when: incoming_session, keyword: HELLO, next: greet}
    greet: {do: reply, text: "Hello"}
"""
FILE = "rules.yaml"


@dataclass
class Past:
    """What has happened, on one database. ``phones`` are the numbers of those who joined, in order."""

    ground: Ground
    phones: list[str]

    def join(self, *amounts: int | None) -> None:
        """People join, one for each amount that they owe, and all that is due at once is decided."""
        for amount in amounts:
            self.phones.append(f"+4915112{len(self.phones):06d}")
            fields = {} if amount is None else {"amount": amount}
            self.ground.given("dues", {"phone": self.phones[-1]}, fields)
        self.ground.work()

    def says(self, number: int, text: str) -> None:
        """The person of that number (from 0) writes."""
        self.ground.keep(self.ground.said(self.phones[number], text))
        self.ground.work()

    def edit(self, text: str) -> Rulebook:
        """The operator saves the rule file."""
        book = book_of(text)
        self.ground.rulebooks.put_in_force([book])
        self.keep(book, text)
        return book

    def keep(self, book: Rulebook, text: str) -> None:
        with self.ground.storage.transaction() as t:
            t.campaigns.keep_version(book.hash, book.campaign, book.file, text, self.ground.now())
            t.campaigns.activate_version(book.campaign, book.hash)

    def empty(self, event: int) -> None:
        """Retention has taken the details of the decision on this event."""
        with self.ground.storage.transaction() as t:
            t.erasing.forget([event])

    def forget(self) -> str:
        """The version in force is kept no longer; its content hash."""
        with self.ground.storage.transaction() as t:
            t.inbox._connection.exec_driver_sql("DELETE FROM rule_version")
        return self.ground.rulebooks.of("dues").hash

    def replayed(self, text: str, jobs: int = 1, examples: int = 3, **wanted: Any) -> Tally:
        """Everything decided again with this rule file."""
        order = Order(self.ground.url, {FILE: text.encode()}, PROJECT, Stretch(**wanted), examples)
        return replay(order, jobs)

    def dump(self) -> Mapping[str, Any]:
        """Every row of every table."""
        tables = self.ground.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return {row["name"]: self.ground.rows(f'SELECT * FROM "{row["name"]}"') for row in tables}  # noqa: S608


@contextmanager
def past(text: str = RULES) -> Iterator[Past]:
    """Nobody has joined yet."""
    book = book_of(text)
    with new_file() as url:
        ground = Ground(url, {book.campaign: book})
        try:
            made = Past(ground, [])
            made.keep(book, text)
            yield made
        finally:
            ground.close()
