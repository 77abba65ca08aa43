"""What `react` was given, as JSON and back: a decision keeps it, so that it can be explained and made again.

Nothing that `react` may look at is lost: made again with the same rule files, a decision is the same.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from gateway.carry import decoded, fact_row, fact_value, heard_row, heard_value, talk_value
from gateway.json_texts import differing, joined, members_differing, text_of
from rules.book import Rulebook
from rules.events import Event, ParticipantGiven
from rules.fields import from_json, given_from_json
from rules.participants import SOURCE_CUSTOMER
from rules.react import TAKES
from rules.scene import Communication, Customer, Message, Participant, Run, Scene
from rules.statuses import CommunicationStatus
from storage.types import TO_JSON
from storage.values import Row

Version = Callable[[str], Rulebook | None]
"""The rulebook of a content hash; None where that cannot be had."""

EVENTS: Mapping[str, type[Event]] = {kind.__name__: kind for kind in TAKES}


def given_text(event: Event, scene: Scene) -> str:
    """Both as JSON. Of the versions of rule files in the scene only the content hashes are kept."""
    return f'{{"event":{{"kind":"{type(event).__name__}",{members_differing(event)}}},"scene":{scene_text(scene)}}}'


def given(stored: Row, book: Rulebook, version: Version) -> tuple[Event, Scene]:
    """What was kept, typed as ``book`` declares, which may be another than the one that decided: fields it does not
    declare stay JSON, or are left out of what was given to a participant, as they would have been then.

    ``version`` gives the rulebooks that talks and runs began with.
    """
    return event_value(stored["event"], book), scene_value(stored["scene"], book, version)


def event_value(stored: Row, book: Rulebook) -> Event:
    kind = EVENTS[stored["kind"]]
    rest = {name: part for name, part in stored.items() if name != "kind"} | {"at": moment(stored["at"])}
    return given_value(rest, book) if kind is ParticipantGiven else kind(**rest)


def given_value(stored: Row, book: Rulebook) -> ParticipantGiven:
    """Moments may be local, but in what the fields were before another campaign changed them."""
    read = from_json if stored["source"] == SOURCE_CUSTOMER else given_from_json
    known = {name: raw for name, raw in stored.get("fields", {}).items() if name in book.fields}
    values = {name: read(book.fields[name], raw) for name, raw in known.items()}
    return ParticipantGiven(**{**stored, "fields": values, "identifiers": frozenset(stored.get("identifiers", ()))})


def scene_text(scene: Scene) -> str:
    """What is empty is left out."""
    parts = {
        "customer": differing(scene.customer),
        "participant": participant_text(scene.participant) if scene.participant else "",
        "communications": array(map(differing, scene.communications)),
        "messages": array(map(differing, scene.messages)),
        "opted_out": array(map(text_of, sorted(scene.opted_out))),
        "active": text_of(scene.active),
        "earlier": array(map(text_of, sorted(scene.earlier))),
        "runs": array(map(run_text, scene.runs)),
        "begun": text_of(scene.begun) if scene.begun else "",
    }
    return joined(parts)


def array(texts: Iterable[str]) -> str:
    """ "" for none."""
    return f"[{','.join(parts)}]" if (parts := list(texts)) else ""


def participant_text(own: Participant) -> str:
    """Facts that are held are kept as their rows are."""
    return differing(own, held=TO_JSON([fact_row(fact) for fact in own.held])) if own.held else differing(own)


def scene_value(stored: Row, book: Rulebook, version: Version) -> Scene:
    own = stored.get("participant")
    return Scene(
        customer=customer_value(stored["customer"], book),
        participant=participant_value(own, book) if own else None,
        communications=tuple(communication_value(one, version) for one in stored.get("communications", ())),
        messages=tuple(Message(**one) for one in stored.get("messages", ())),
        opted_out=frozenset((channel, address) for channel, address in stored.get("opted_out", ())),
        active=stored["active"],
        earlier={hash: began for hash in stored.get("earlier", ()) if (began := version(hash))},
        runs=tuple(run_value(run, version) for run in stored.get("runs", ())),
        begun={id: moment(at) for id, at in stored.get("begun", {}).items()},
    )


def customer_value(stored: Row, book: Rulebook) -> Customer:
    return Customer(**{**stored, "fields": decoded(book, stored.get("fields", {}), "customer")})


def participant_value(stored: Row, book: Rulebook) -> Participant:
    held = tuple(fact_value(fact, book) for fact in stored.get("held", ()))
    return Participant(**{**stored, "fields": decoded(book, stored.get("fields", {}), "participant"), "held": held})


def communication_value(stored: Row, version: Version) -> Communication:
    talk = talk_value(stored.get("talk", {}), stored["agent"], version(stored["rules"]))
    status = {"status": CommunicationStatus(stored["status"])} if "status" in stored else {}
    return Communication(**{**stored, **moments(stored, "at", "expires", "begun_at"), **status, "talk": talk})


def run_text(run: Run) -> str:
    message = {"message": TO_JSON(heard_row(run.message))} if run.message else {}
    return differing(run, fact=TO_JSON(fact_row(run.fact)), **message)


def run_value(stored: Row, version: Version) -> Run:
    fact = fact_value(stored["fact"], version(stored["rules"]))
    message = heard_value(stored["message"]) if "message" in stored else None
    return Run(**{**stored, **moments(stored, "due"), "fact": fact, "message": message})


def moments(stored: Row, *names: str) -> dict[str, datetime]:
    return {name: moment(stored[name]) for name in names if name in stored}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
