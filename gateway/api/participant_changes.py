"""`/campaigns/{campaign}/participants/{participant}`: change one, take one out, let one enter anew."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from pydantic import Field

from gateway.api.answers import Answer
from gateway.api.asked import Asked
from gateway.api.bodies import parse_json
from gateway.api.endpoints import Endpoint, Given, NoQuery
from gateway.api.listing import Participant, participants_in_full
from gateway.api.outcomes import became
from gateway.api.problems import Problem
from gateway.api.scopes import Scope
from gateway.api.serving import require_match
from gateway.changing import ChangeRefused, Changing
from gateway.ids import is_id
from gateway.intake import Change, RowProblem, read_change
from rules.book import Rulebook
from rules.fields import from_json, to_json
from rules.reaction import Applied
from rules.turn import same
from rules.values import Value
from storage.errors import Conflict
from storage.transaction import Transaction
from storage.values import About, NewEvent, Row

CHANGES = ("participant", "enrolled", "removed")  # kinds of events


class Identifiers(Given):
    """Identifiers that take the place of those of the same kind; null takes one away."""

    external_id: str | int | None = None
    phone: str | None = None
    email: str | None = None
    slack: str | None = None


class ParticipantChange(Given):
    """What is to change: identifiers and fields that are not named stay as they are; a field of null is cleared."""

    identifiers: Identifiers = Identifiers()
    fields: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One change of one participant. ``keep`` leaves the event with this key, for the participant with this row, and
    returns its number."""

    asked: Asked[Any, Any]
    campaign: str
    key: str
    keep: Callable[[Transaction, Row], int]

    def take(self, t: Transaction) -> int:
        """The event's number; one that a request left which was cut off is found. Raises 404 and 412."""
        if known := t.inbox.numbers([self.key]).get(self.key):
            return known
        row = found(t, self.campaign, self.asked.path["participant"])
        customer = t.people.lock(row["customer"])
        if customer is None or customer["erased_at"]:
            raise _unknown()
        if "If-Match" in self.asked.http.headers:
            self._require_match(t, row, customer)
        return self.keep(t, row)

    def _require_match(self, t: Transaction, row: Row, customer: Row) -> None:
        """What is given and not decided yet is a change, too."""
        require_match(self.asked, _current(t, row))
        if any(t.inbox.undecided_in([customer["lane"]], kind) for kind in CHANGES):
            detail = "a change that was given before is being decided; get it again in a moment"
            raise Problem(412, "changed", "It is changing", detail)


async def patch_participant(asked: Asked[NoQuery, ParticipantChange]) -> Answer:
    """Change fields and identifiers of a participant.

    Participant Updated fires where anything changes. 200 with the participant, 202 where the change is kept and not
    decided within 5 seconds. 409 names fields that the campaign does not have, values that do not fit and identifiers
    that belong to somebody else.
    """
    book = asked.desk.book(asked.path["campaign"])
    fields = cast("dict[str, Any]", parse_json(asked.raw)).get("fields", {})
    change, problems = read_change(book, asked.body.identifiers.model_dump(exclude_unset=True), fields)
    if problems:
        raise _refused(problems)
    return await _answer(asked, await _change(asked, book, change))


async def _change(asked: Asked[NoQuery, ParticipantChange], book: Rulebook, change: Change) -> int:
    """Leave an event that changes the participant; its number."""
    key = _key(asked, "participant")

    def keep(t: Transaction, row: Row) -> int:
        before = _current(t, row)
        event = Changing(row, change, key, asked.desk.now()).keep(t)
        _tell_change(t, asked, book, before, change)
        return event

    try:
        return await asked.desk.storage.run(Step(asked, book.campaign, key, keep).take)
    except ChangeRefused as refused:
        raise _refused(refused.problems) from None
    except Conflict:
        raise Problem(409, "taken", "An identifier was given to somebody else at the same moment") from None


async def remove_participant(asked: Asked[NoQuery, None]) -> Answer:
    """Take a participant out of the campaign.

    Its open communications are canceled, its waiting paths end, no rule hears of it; the customer stays. 204, or 202
    where that is kept and not decided within 5 seconds. Whoever is given again later joins anew.
    """
    event = await _leave(asked, "removed", "remove_participant")
    return Answer(status=204 if await became(asked, event) else 202)


async def enroll_participant(asked: Asked[NoQuery, None]) -> Answer:
    """Let a participant enter anew: Participant Created fires once more.

    The outcome is cleared; what is going on goes on. For one who is to enter once the campaign runs, nothing changes.
    200 with the participant, 202 where that is kept and not decided within 5 seconds.
    """
    return await _answer(asked, await _leave(asked, "enrolled", "enroll_participant"))


async def _leave(asked: Asked[NoQuery, None], kind: str, what: str) -> int:
    """Leave an event of this kind for the participant; its number."""
    campaign, key, now = asked.desk.book(asked.path["campaign"]).campaign, _key(asked, kind), asked.desk.now()

    def keep(t: Transaction, row: Row) -> int:
        payload = {"campaign": campaign, "customer": row["customer"], "participant": row["id"]}
        event = t.inbox.keep_once(NewEvent(key, kind, About("customer", row["customer"]), payload, now))
        before = {"fields": row["fields"], "outcome": row["outcome"]}
        t.audit.add([asked.entry(what, f"participant/{row['id']}", customer=row["customer"], before=before)])
        return event

    return await asked.desk.storage.run(Step(asked, campaign, key, keep).take)


def _key(asked: Asked[Any, Any], kind: str) -> str:
    return f"{kind}:{asked.desk.book(asked.path['campaign']).campaign}:{asked.new_id()}"


async def _answer(asked: Asked[Any, Any], event: int) -> Answer:
    """The participant as it is once the event is decided, or until then."""
    outcome = await became(asked, event)
    if outcome == Applied.UNKNOWN:
        raise _unknown()
    campaign, id = asked.desk.book(asked.path["campaign"]).campaign, asked.path["participant"]
    body = await asked.desk.storage.read(lambda t: _current(t, found(t, campaign, id)))
    return Answer(body=body, status=200 if outcome else 202)


def found(t: Transaction, campaign: str, id: str) -> Row:
    """The participant's row. Raises 404."""
    row = t.people.participant(id) if is_id(id) else None
    if row is None or row["campaign"] != campaign:
        raise _unknown()
    return row


def _current(t: Transaction, row: Row) -> Participant:
    (participant,) = participants_in_full(t, [row])
    return participant


def _tell_change(t: Transaction, asked: Asked[Any, Any], book: Rulebook, now: Participant, change: Change) -> None:
    """A line of the audit trail, with what is to be other than it is."""
    identifiers = {**change.identifiers, **dict.fromkeys(change.taken_away)}
    fields = {name: to_json(value) for name, value in change.fields.items() if _differs(book, now, name, value)}
    wanted = {
        "identifiers": {kind: value for kind, value in identifiers.items() if now.identifiers.get(kind) != value},
        "fields": fields,
    }
    had = {"identifiers": now.identifiers, "fields": now.fields}
    after = {part: values for part, values in wanted.items() if values}
    before = {part: {name: had[part].get(name) for name in values} for part, values in after.items()}
    if after:
        subject = f"participant/{now.participant}"
        t.audit.add([asked.entry("patch_participant", subject, customer=now.customer, before=before, after=after)])


def _differs(book: Rulebook, now: Participant, name: str, value: Value) -> bool:
    return not same(from_json(book.fields[name], now.fields.get(name)), value)


def _refused(problems: "list[RowProblem] | tuple[RowProblem, ...]") -> Problem:
    errors = [{"field": one.field, "value": one.value, "reason": one.reason} for one in problems]
    return Problem(409, "refused", "The participant can't be changed so", errors=errors)


def _unknown() -> Problem:
    return Problem(404, "unknown-participant", "Unknown participant", "the campaign has no participant of this id")


PATH = "/campaigns/{campaign}/participants/{participant}"
ENDPOINTS = (
    Endpoint(
        method="PATCH",
        path=PATH,
        tag="participants",
        scope=Scope.WRITE,
        handler=patch_participant,
        body=ParticipantChange,
        answers={200: Participant, 202: Participant},
        problems={409: "The campaign has no such field, a value does not fit, or an identifier is taken"},
        matches=True,
    ),
    Endpoint(
        method="DELETE",
        path=PATH,
        tag="participants",
        scope=Scope.WRITE,
        handler=remove_participant,
        answers={204: None, 202: None},
        matches=True,
    ),
    Endpoint(
        method="POST",
        path=f"{PATH}/enroll",
        tag="participants",
        scope=Scope.WRITE,
        handler=enroll_participant,
        answers={200: Participant, 202: Participant},
        matches=True,
    ),
)
