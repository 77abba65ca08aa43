"""People who follow a script, so that a conversation goes on by itself. What they did is read from the journal."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from channels.sandbox.entries import Entry, Plan

MAX_PEOPLE = 10_000
MAX_LINES = 100
MAX_TEXT = 1_600
MAX_AFTER_SECONDS = 31_536_000.0

Text = Annotated[str, Field(max_length=MAX_TEXT)]
Seconds = Annotated[float, Field(ge=0, le=MAX_AFTER_SECONDS)]


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[Text, ...], BeforeValidator(_listed), Field(max_length=MAX_LINES)]


@dataclass(frozen=True, slots=True)
class Answer:
    """When a message contains ``when`` (upper and lower case are one), say these texts or press this button.

    ``press`` is a button's value and only answers a message that offers it. ``after_seconds`` count from the moment
    the message arrived; ``times`` is how often this line may be used (None: always).
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    when: Text
    say: Texts = ()
    press: Text = ""
    after_seconds: Seconds = 1.0
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """Say ``text`` unasked, ``at_seconds`` after the sandbox first started.

    ``channel`` is the sandbox channel's name ("": the first on which the person has an address), ``room`` a Slack
    channel's name or id ("": the direct message). On Slack a text that begins with / is a slash command.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    text: Text
    at_seconds: Seconds = 0.0
    channel: str = ""
    room: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A scripted person: ``phone`` in E.164, ``slack`` a user id; either may be "". The first fitting answer wins."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    name: Text
    phone: Text = ""
    slack: Text = ""
    answers: Annotated[tuple[Answer, ...], Field(max_length=MAX_LINES)] = ()
    says: Annotated[tuple[Opening, ...], Field(max_length=MAX_LINES)] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that reached someone: its ``id``, when, and what it offers. ``room`` and ``thread`` are Slack's."""

    id: str
    channel: str
    address: str
    text: str
    at: datetime
    choices: tuple[str, ...] = ()
    room: str = ""
    thread: str = ""


class PeopleWrong(ValueError):
    """The script is not understood; the message says where."""


_PEOPLE = TypeAdapter(Annotated[tuple[Person, ...], Field(max_length=MAX_PEOPLE)])


def people_from(data: Mapping[str, Any]) -> tuple[Person, ...]:
    """The people under the key ``people`` of a parsed YAML or TOML file. Raises `PeopleWrong`."""
    unknown = set(data) - {"people"}
    if unknown:
        raise PeopleWrong(f"unknown key {sorted(unknown)[0]!r}: a script has the one key 'people'")
    try:
        return _PEOPLE.validate_python(data.get("people", ()))
    except ValidationError as error:
        raise PeopleWrong("; ".join(_located(problem) for problem in error.errors()[:10])) from error


def _located(problem: Any) -> str:
    return f"people.{'.'.join(map(str, problem['loc']))}: {problem['msg']}"


class Cast:
    """All scripted people: plans what they will do, and counts what they planned so that nothing is done twice."""

    def __init__(self, people: tuple[Person, ...]) -> None:
        self._people = people
        self._by_address = {address: person for person in people for address in (person.phone, person.slack) if address}
        self._planned: Counter[str] = Counter()

    def name_of(self, address: str) -> str:
        """The person's name; "" for an address of nobody here."""
        person = self._by_address.get(address)
        return person.name if person else ""

    def phones(self) -> tuple[tuple[str, str], ...]:
        """Number and name of everyone with a phone."""
        return tuple((person.phone, person.name) for person in self._people if person.phone)

    def slack_users(self) -> tuple[tuple[str, str], ...]:
        """User id and name of everyone on Slack."""
        return tuple((person.slack, person.name) for person in self._people if person.slack)

    def apply(self, entry: Entry) -> None:
        """Take note of plans kept."""
        for key in {plan.key for plan in entry.plans}:
            self._planned[key] += 1

    def answers(self, heard: Heard) -> tuple[Plan, ...]:
        """What the one who heard this will do."""
        person = self._by_address.get(heard.address)
        if person is None:
            return ()
        for number, answer in enumerate(person.answers):
            key = f"{heard.address}/answer/{number}"
            if self._fits(answer, heard, key):
                return _plans(answer, heard, key)
        return ()

    def openings(self, channels: Mapping[str, str], start: datetime) -> tuple[Plan, ...]:
        """What everyone will say unasked and has not planned yet; ``channels`` are names and kinds (sms, slack)."""
        found = (
            _opening(f"{person.name}/says/{number}", person, opening, channels, start)
            for person in self._people
            for number, opening in enumerate(person.says)
        )
        return tuple(plan for plan in found if not self._planned[plan.key])

    def _fits(self, answer: Answer, heard: Heard, key: str) -> bool:
        left = answer.times is None or self._planned[key] < answer.times
        offered = not answer.press or answer.press in heard.choices
        return left and offered and answer.when.casefold() in heard.text.casefold()


def _plans(answer: Answer, heard: Heard, key: str) -> tuple[Plan, ...]:
    due = heard.at + timedelta(seconds=answer.after_seconds)
    deeds = [{"text": text} for text in answer.say] + ([{"press": answer.press}] if answer.press else [])
    return tuple(
        Plan(
            id=f"{heard.id}/{heard.address}/{number}",
            key=key,
            channel=heard.channel,
            lane=f"person:{heard.address}",
            due=due,
            address=heard.address,
            message=heard.id,
            room=heard.room,
            thread=heard.thread,
            **deed,
        )
        for number, deed in enumerate(deeds)
    )


def _opening(key: str, person: Person, opening: Opening, channels: Mapping[str, str], start: datetime) -> Plan:
    name = opening.channel or _first_channel(person, channels)
    if name not in channels:
        raise PeopleWrong(f"{person.name} says something on {name!r}, which is no channel of the sandbox")
    address = person.phone if channels[name] == "sms" else person.slack
    if not address:
        raise PeopleWrong(f"{person.name} has no address on {name!r}")
    due = start + timedelta(seconds=opening.at_seconds)
    return Plan(key, key, name, f"person:{address}", due, address, opening.text, room=opening.room)


def _first_channel(person: Person, channels: Mapping[str, str]) -> str:
    for name, kind in channels.items():
        if person.phone if kind == "sms" else person.slack:
            return name
    return ""
