"""Change one participant who is known: fields and identifiers, by an event like any other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.intake import Change, RowProblem
from rules.fields import to_json
from storage.transaction import Transaction
from storage.values import About, NewEvent, Row

NO_IDENTIFIER = "would be the last one to go: nobody could tell any more who this is"


class ChangeRefused(Exception):
    """The change can't be made; ``problems`` say why, identifier by identifier."""

    def __init__(self, problems: tuple[RowProblem, ...]) -> None:
        super().__init__("; ".join(f"{problem.field} {problem.reason}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Changing:
    """``participant`` (its row) is to be changed by an event of this ``key``, at ``now`` (UTC)."""

    participant: Row
    change: Change
    key: str
    now: datetime

    def keep(self, t: Transaction) -> int:
        """Claim the identifiers and leave the event that changes the fields; its number. Raises `ChangeRefused`."""
        identifiers = self._claim(t)
        payload = {
            "campaign": self.participant["campaign"],
            "customer": self.participant["customer"],
            "participant": self.participant["id"],
            "source": "api",
            "identifiers": identifiers,
            "fields": {name: to_json(value) for name, value in self.change.fields.items()},
            "upload": "",
            "joins": False,
        }
        about = About("customer", self.participant["customer"])
        return t.inbox.keep_once(NewEvent(self.key, "participant", about, payload, self.now))

    def _claim(self, t: Transaction) -> list[str]:
        """The kinds of identifiers that are other than before: those of nobody else, and not the last one gone."""
        customer, given = self.participant["customer"], self.change.identifiers
        had = t.people.identifiers([customer])[customer]
        changed = [kind for kind, value in given.items() if had.get(kind) != value]
        gone = [kind for kind in sorted(self.change.taken_away) if kind in had]
        if problems := (*_of_others(t, customer, given), *_last_gone(had, given, gone)):
            raise ChangeRefused(problems)
        t.people.release_identifiers([(customer, kind) for kind in (*changed, *gone) if kind in had])
        t.people.add_identifiers([{"kind": kind, "value": given[kind], "customer": customer} for kind in changed])
        return [*changed, *gone]


def _of_others(t: Transaction, customer: str, given: Mapping[str, str]) -> Iterator[RowProblem]:
    owners = t.people.by_identifiers(list(given.items()))
    for (kind, value), owner in sorted(owners.items()):
        if owner != customer:
            yield RowProblem(1, kind, value, f"belongs to customer {owner}")


def _last_gone(had: Mapping[str, str], given: Mapping[str, str], gone: list[str]) -> Iterator[RowProblem]:
    if gone and not given and len(gone) == len(had):
        yield RowProblem(1, gone[0], "", NO_IDENTIFIER)
