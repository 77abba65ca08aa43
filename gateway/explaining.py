"""The decision log as JSON: what a reaction saw, where it went and what it asked for."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from rules.reaction import Reaction


def reaction_log(campaign: str, reaction: Reaction) -> dict[str, Any]:
    """One campaign's part of a decision."""
    return {
        "campaign": campaign,
        "applied": str(reaction.applied),
        "note": reaction.note,
        "facts": [plain(considered) for considered in reaction.log],
        "effects": [{"effect": type(effect).__name__, **plain(effect)} for effect in reaction.effects],
    }


def plain(value: Any) -> Any:
    """A value of `rules` as JSON; empty properties are left out, since most facts leave most of them empty."""
    if is_dataclass(value):
        return {f.name: plain(part) for f in fields(value) if not is_empty(part := getattr(value, f.name))}
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, (tuple, list, frozenset, set)):
        return [plain(part) for part in (sorted(value) if isinstance(value, frozenset) else value)]
    if isinstance(value, (date, Decimal, timedelta)):
        return str(value)
    return value


def is_empty(part: Any) -> bool:
    return part is None or (isinstance(part, (str, tuple, frozenset, Mapping)) and not part)
