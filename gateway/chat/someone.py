"""The person who chats: what is known of them where nothing was said."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from rules.book import Field, Rulebook
from rules.fields import IDENTIFIER_KINDS, to_json
from rules.inputs.candidates import Candidates
from rules.values import ValueType

NAME = "Ada"
AHEAD = timedelta(days=1)  # what is due or planned is so tomorrow
IDENTIFIERS: Mapping[str, str] = {"phone": "+4915112345601", "slack": "U00000001"}


def identifiers_of(given: Mapping[str, str]) -> dict[str, str]:
    """Who it is: identifiers that were given, beside a phone number and a Slack user id; "" takes one away."""
    own = {kind: value for kind, value in given.items() if kind in IDENTIFIER_KINDS}
    return {kind: value for kind, value in {**IDENTIFIERS, **own}.items() if value}


def fields_of(book: Rulebook, given: Mapping[str, str], now: datetime) -> dict[str, object]:
    """The fields that were given, and something for each other one that must have a value."""
    own = {name: value or None for name, value in given.items() if name not in IDENTIFIER_KINDS or name in book.fields}
    missing = (field for field in book.fields.values() if field.required and field.name not in own)
    return {**{field.name: _usual(field, book, now) for field in missing}, **own}


def _usual(field: Field, book: Rulebook, now: datetime) -> object:
    if field.type is ValueType.STRING:
        return NAME if "name" in field.name else field.name.replace("_", " ")
    return to_json(Candidates(book, now + AHEAD).field(field)[0])
