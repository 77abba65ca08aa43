"""Which bodies can be read. What is let in must not fail behind the edge, where nobody can be told any more."""

from collections.abc import Iterator
from typing import Any

from channels.slack.body import Body, section, word

MAX_NESTED = 5  # objects within one another under the names below; Slack's own have two

# What Bolt looks for, at any depth, to learn whom a body is about. It takes these types for granted, or null.
TYPES: dict[str, tuple[type, ...]] = {
    "enterprise": (str, dict),
    "team": (str, dict),
    "user": (str, dict),
    "channel": (str, dict),
    "event": (dict,),
    "view": (dict,),
    "message": (dict,),
    "previous_message": (dict,),
    "item": (dict,),
    "assistant_thread": (dict,),
    "function_data": (dict,),
    "container": (dict,),
    "authorizations": (list,),
    "actions": (list,),
    "response_urls": (list,),
    "command": (str,),
}
SECTIONS = ("user", "channel", "container", "message")  # of an interaction; elsewhere two of them may be ids
_NEVER_NULL = frozenset({"response_urls", "command"})


def check(route: str, body: Body) -> None:
    """Nothing if a body of this route can be read. Raises ValueError that names what can't."""
    _check_names(body)
    CHECKS[route](body)


def _check_names(body: Body, depth: int = 0) -> None:
    if depth > MAX_NESTED:
        raise ValueError(f"nested more than {MAX_NESTED} deep")
    for name, types in TYPES.items():
        value = body.get(name)
        if not isinstance(value, types) and (value is not None or name in _NEVER_NULL & body.keys()):
            raise ValueError(f"{name} is a {type(value).__name__}")
        for inner in _objects(name, value):
            _check_names(inner, depth + 1)


def _objects(name: str, value: Any) -> Iterator[Body]:
    for inner in value if isinstance(value, list) else [value]:
        if isinstance(inner, dict):
            yield inner
        elif isinstance(value, list):
            raise ValueError(f"{name} holds a {type(inner).__name__}")


def _check_event(body: Body) -> None:
    _need(section(body, "event"), "event", "type")


def _check_interaction(body: Body) -> None:
    kind = _need(body, "the interaction", "type")
    for name in SECTIONS:
        section(body, name)
    if kind == "block_actions":
        if not body.get("actions"):
            raise ValueError("no actions")
        for action in body["actions"]:
            _need(action, "an action", "type")
            _need(action, "an action", "action_id")
    if kind == "view_submission":
        _need(section(body, "view"), "view", "type")


def _check_command(body: Body) -> None:
    _need(body, "the form", "command")
    if "type" in body:
        raise ValueError("a command has no type")


def _need(body: Body, what: str, name: str) -> str:
    if not (found := word(body, name)):
        raise ValueError(f"{what} has no {name}")
    return found


CHECKS = {"events": _check_event, "actions": _check_interaction, "commands": _check_command}
