"""What somebody wants explained: from what they write to events and participants."""

from typing import NamedTuple

from gateway.customers import NotOne, person_named
from gateway.ids import derived_id, is_id
from gateway.recorded import Recorded, of_message, of_participant
from storage.transaction import Transaction
from storage.values import Row

MAX_DIGITS = 18  # of an event's number


class NotFound(LookupError):
    """Nothing is called that; says what would do."""


class Meant(NamedTuple):
    """An event by its number, or a participant (its row)."""

    event: int | None = None
    participant: Row | None = None


def meant(t: Transaction, what: str) -> Meant:
    """``what`` is an event's number, the id of a message or of a participant, or CAMPAIGN/WHO. Raises `NotFound`."""
    if what.isascii() and what.isdigit() and len(what) <= MAX_DIGITS:
        return Meant(event=int(what))
    if is_id(what) and t.messages.by_ids([what]):
        return Meant(event=event_of_message(t, what))
    return Meant(participant=participant_named(t, what, or_left=True))


def participant_named(t: Transaction, who: str, or_left: bool = False) -> Row:
    """By id, or as CAMPAIGN/WHO, WHO being the customer's id, a phone number, an email address, a Slack user or an
    external id. Of one who is there no more, but about whom something is kept, it is only the campaign and the
    customer, and only if ``or_left``. Raises `NotFound`."""
    if is_id(who) and (row := t.people.participant(who)):
        return row
    if or_left and is_id(who) and (row := _removed(t, who)):
        return row
    campaign, slash, person = who.partition("/")
    if not slash:
        raise NotFound(
            f'"{who[:100]}" is no event, message or participant; a participant is also CAMPAIGN/+4915112345601'
        )
    try:
        named = person_named(t, person).customer
    except NotOne as error:
        raise NotFound(str(error)) from None
    customer = named if campaign.isprintable() else ""  # databases refuse what a terminal may hand over else
    row = t.people.participant(t.people.places(campaign, [customer]).get(customer, "")) if customer else None
    if row is not None:
        return row
    has_left = _is_told_of(t, campaign, customer)
    if has_left and or_left:
        return {"customer": customer, "campaign": campaign}
    more = f" any more; what happened: pointsman explain {who[:200]}" if has_left else ""
    raise NotFound(f'"{person[:100]}" takes no part in a campaign "{campaign[:100]}"{more}')


def left(t: Transaction, campaign: str, id: str) -> Row | None:
    """The campaign and the customer of one who takes part in the campaign no more, but about whom something is kept;
    None of others. ``id`` is that of the participant, which the trail of changes knows, or of the customer."""
    customer = _customer_removed(t, id) or id
    own = id in (customer, derived_id("participant", customer, campaign))
    return {"customer": customer, "campaign": campaign} if own and _is_told_of(t, campaign, customer) else None


def _removed(t: Transaction, id: str) -> Row | None:
    """As `left`, by the id of the participant alone."""
    customer, campaigns = _customer_removed(t, id), (row["name"] for row in t.campaigns.all())
    return next(filter(None, (left(t, campaign, id) for campaign in campaigns)), None) if customer else None


def _customer_removed(t: Transaction, id: str) -> str:
    """Who the participant of this id was, by the trail of changes; "" where it knows of nobody."""
    removals = t.audit.page(None, 1, f"participant/{id}")
    return str(removals[0]["customer"]) if removals else ""


def _is_told_of(t: Transaction, campaign: str, customer: str) -> bool:
    """Whether anything is kept of what was decided about them there: nothing is of who was erased."""
    return bool(customer) and any(one.part for one in of_participant(t, customer, campaign)[0])


def event_of_message(t: Transaction, message: str) -> int:
    """The number of the event that brought a message, or for which it was owed. Raises `NotFound`."""
    rows = t.messages.by_ids([message])
    if message not in rows:
        raise NotFound(f"there is no message {message[:100]}")
    found = of_message(t, message)
    inbound = rows[message]["direction"] == "in"
    for one in found:
        if inbound or owes(one, message):
            return one.number
    raise NotFound(f"why there is the message {message} is not kept any more")


def owes(one: Recorded, message: str) -> bool:
    """Whether the message was owed by this decision."""
    sent = (effect for effect in one.part.get("effects", ()) if effect["effect"] == "SendMessage")
    return any(effect["message"] == message for effect in sent)
