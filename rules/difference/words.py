"""A difference in the words of an operator: clauses that follow the name of the part."""

from collections.abc import Mapping
from datetime import date

from rules.calling import shortened
from rules.difference.written import NOTHING, Leaf
from rules.marks import Path

MAX_SHOWN = 120  # characters of a value
EDGES = ("next", "match", "else", "failed", "cases")
LINES: Mapping[str, str] = {"all": "all of them hold", "any": "any of them holds", "none": "none of them holds"}


def shown(value: object) -> str:
    """A value as a rule file writes it, on one line and not too long."""
    return shortened(_written(value), MAX_SHOWN)


def _written(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_written(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if value is None or value is NOTHING:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    return '"' + " ".join(str(value).split()) + '"' if isinstance(value, str | date) else str(value)


def clause(leaf: Leaf, before: object) -> str:
    """What is different; ``before`` is the whole part as the old file has it."""
    path = leaf.new if len(leaf.new) >= len(leaf.old) else leaf.old
    first = str(path[0]) if path else ""
    if first in EDGES:
        return _edge(path, leaf)
    if first == "if":
        return _condition(path, leaf)
    if first == "switch":
        return f"the switch is over `{leaf.after}`, was over `{leaf.before}`"
    if first == "questions" and len(path) > 1:
        return _question(path, leaf, before)
    return _value(_named(path), leaf)


def _named(path: Path) -> str:
    names = (str(key) for key in path if isinstance(key, str) and key != "expr")
    return '"' + ".".join(names) + '"'


def _value(name: str, leaf: Leaf) -> str:
    if _is_nothing(leaf.before):
        return f"{name} is new: {shown(leaf.after)}"
    if _is_nothing(leaf.after):
        return f"{name} is gone; it was {shown(leaf.before)}"
    return f"{name} is {shown(leaf.after)}, was {shown(leaf.before)}"


def _is_nothing(value: object) -> bool:
    return value is None or value is NOTHING


def _edge(path: Path, leaf: Leaf) -> str:
    way = f'the case "{path[1]}"' if path[0] == "cases" and len(path) > 1 else f'"{path[0]}"'
    if _is_nothing(leaf.before):
        return f"{way} leads to {leaf.after}, led nowhere"
    if _is_nothing(leaf.after):
        return f"{way} leads nowhere, led to {leaf.before}"
    return f"{way} leads to {leaf.after}, led to {leaf.before}"


def _condition(path: Path, leaf: Leaf) -> str:
    if len(path) == 2 and _is_nothing(leaf.after):  # `all` became `any`, or the like
        return f"it is no longer asked whether {LINES.get(str(path[1]))}: `{_plain(leaf.before)}`"
    if len(path) == 2:
        return f"it is asked whether {LINES.get(str(path[1]))}: `{_plain(leaf.after)}`"
    if _is_nothing(leaf.before):
        return f"the condition asks for `{_plain(leaf.after)}`, too"
    if _is_nothing(leaf.after):
        return f"the condition no longer asks for `{_plain(leaf.before)}`"
    return f"the condition is `{_plain(leaf.after)}`, was `{_plain(leaf.before)}`"


def _plain(value: object) -> str:
    """An expression as it is, on one line; several one after the other."""
    return "`, `".join(map(_plain, value)) if isinstance(value, list) else " ".join(str(value).split())


def _question(path: Path, leaf: Leaf, before: object) -> str:
    whole = leaf.after if isinstance(leaf.after, Mapping) else leaf.before
    if len(path) == 2 and isinstance(whole, Mapping):
        asked = f'the question "{whole.get("result")}"'
        return f"{asked} is {'new' if _is_nothing(leaf.before) else 'gone'}: {shown(whole.get('ask'))}"
    asked = f'the question "{_result(before, leaf.old)}"'
    return f"of {asked}, {_value(_named(path[2:]), leaf)}"


def _result(agent: object, path: Path) -> str:
    questions = agent.get("questions") if isinstance(agent, Mapping) else None
    number = path[1] if len(path) > 1 else None
    found = questions[number] if isinstance(questions, list) and isinstance(number, int) else None
    return str(found.get("result")) if isinstance(found, Mapping) else ""
