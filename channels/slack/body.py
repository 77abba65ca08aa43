"""The body of a webhook as Slack's three shapes: an event (JSON), an interaction (a form with JSON in it), a form."""

import json
from typing import Any

from yarl import query_to_pairs

JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"
CONTENT_TYPES = {"events": JSON_TYPE, "actions": FORM_TYPE, "commands": FORM_TYPE}
MAX_FIELDS = 100

Body = dict[str, Any]


def parse(route: str, body: str) -> Body:
    """The JSON object or the form of a body, by route. Raises ValueError where it is neither."""
    if route == "events":
        return _object(body)
    if (count := body.count("&") + 1) > MAX_FIELDS:
        raise ValueError(f"{count} fields, at most {MAX_FIELDS} are taken")
    form: Body = dict(query_to_pairs(body))
    # Not by looking for the word in the body: a command whose text says "payload" is no interaction.
    return _object(form["payload"]) if route == "actions" and "payload" in form else form


def _object(text: str) -> Body:
    try:
        parsed = json.loads(text)
    except RecursionError:
        raise ValueError("the JSON is nested too deep") from None
    if not isinstance(parsed, dict):
        raise ValueError("the JSON is no object")
    return parsed


def section(body: Body, name: str) -> Body:
    """A JSON object inside ``body``, {} where it is absent or null. Raises ValueError where it is something else."""
    inner = body.get(name)
    if inner is None:
        return {}
    if not isinstance(inner, dict):
        raise ValueError(f"{name} is no object")
    return inner


def word(body: Body, name: str) -> str:
    """A string inside ``body``, "" where it is absent or not a string."""
    value = body.get(name)
    return value if isinstance(value, str) else ""
