"""`/opt-outs/{channel}/{address}`: say that an address must not be written to, or that it may be again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.api.answers import Answer, Moment
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, NoQuery, Told
from gateway.api.problems import Problem
from gateway.api.scopes import Scope
from gateway.batch import Consent
from gateway.hints import did_you_mean
from gateway.hooks.aside import tell_opt_in
from gateway.writing import write_opt_outs
from rules.fields import FieldError, normalise_identifier
from storage.transaction import Transaction
from storage.values import About, NewEvent

WORD = "api"  # in place of what a person wrote


class OptedOut(Told):
    """An address that must not be written to on this channel. ``word`` is what the person wrote, "rules" where a rule
    did it, "api" where an operator did."""

    channel: str
    address: str
    word: str
    at: Moment


@dataclass(frozen=True)
class Place:
    """An ``address`` on a ``channel``, in the form that is compared; ``kind`` is that of the identifier."""

    channel: str
    kind: str
    address: str


async def put_opt_out(asked: Asked[NoQuery, None]) -> Answer:
    """Opt an address out: nobody writes to it on this channel any more.

    As after a STOP, what is owed is withdrawn and what is open there is canceled, which the rules hear. Doing so again
    changes nothing.
    """
    place, now = _place(asked), asked.desk.now()
    event = NewEvent(f"opted_out:{asked.new_id()}", "opted_out", About(place.kind, place.address), _named(place), now)
    body = await asked.desk.storage.run(lambda t: _opt_out(t, asked, place, event))
    asked.desk.ring()
    return Answer(body=body)


async def delete_opt_out(asked: Asked[NoQuery, None]) -> Answer:
    """Let an address be written to again, as after a START.

    Whoever said STOP to a carrier is refused there all the same, until the person says START.
    """
    place, now = _place(asked), asked.desk.now()
    await asked.desk.storage.run(lambda t: _opt_in(t, asked, place, now))
    return Answer(status=204)


def _place(asked: Asked[Any, Any]) -> Place:
    """Raises 404 for a channel that there is not, and for what is no address of it."""
    name, channels = asked.path["channel"], asked.desk.channels
    if name not in channels:
        detail = f'there is no channel "{name[:60]}"{did_you_mean(name, channels)}'
        raise Problem(404, "unknown-channel", "Unknown channel", detail)
    kind = channels[name].identifier
    try:
        return Place(name, kind, normalise_identifier(kind, asked.path["address"]))
    except FieldError as error:
        raise Problem(404, "unknown-address", "This is no address of the channel", str(error)) from None


def _opt_out(t: Transaction, asked: Asked[Any, Any], place: Place, event: NewEvent) -> OptedOut:
    """Before messages are told to be withdrawn, the rules hear why: the talks end as opted out."""
    before = t.opt_outs.get(place.channel, place.address)
    if before is None:
        t.inbox.keep_once(event)
        consent = Consent(place.channel, place.address, WORD, event.received_at)
        write_opt_outs(t, [consent], event.received_at, asked.desk.telling)
        _tell(t, asked, "put_opt_out", place)
    row = before or t.opt_outs.get(place.channel, place.address)
    assert row is not None  # noqa: S101 - it was written a line before
    return OptedOut(**row)


def _opt_in(t: Transaction, asked: Asked[Any, Any], place: Place, now: datetime) -> None:
    if t.opt_outs.get(place.channel, place.address) is None:
        raise Problem(404, "not-opted-out", "This address is not opted out")
    tell_opt_in(t, asked.desk.telling, place.channel, place.address, now, now)
    t.opt_outs.remove(place.channel, place.address, now)
    _tell(t, asked, "delete_opt_out", place)


def _tell(t: Transaction, asked: Asked[Any, Any], what: str, place: Place) -> None:
    """The address is told beside the subject: it goes with the person whose it is."""
    owner = t.people.by_identifiers([(place.kind, place.address)]).get((place.kind, place.address), "")
    named = {"address": place.address}
    side = "after" if what == "put_opt_out" else "before"
    t.audit.add([asked.entry(what, f"opt-out/{place.channel}", customer=owner, **{side: named})])


def _named(place: Place) -> dict[str, str]:
    return {"channel": place.channel, "address": place.address}


PATH = "/opt-outs/{channel}/{address}"
ENDPOINTS = (
    Endpoint(method="PUT", path=PATH, tag="opt-outs", scope=Scope.WRITE, handler=put_opt_out, answers={200: OptedOut}),
    Endpoint(
        method="DELETE", path=PATH, tag="opt-outs", scope=Scope.WRITE, handler=delete_opt_out, answers={204: None}
    ),
)
