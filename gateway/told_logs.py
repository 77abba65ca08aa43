"""A decision's log as it is told outside: without what it was made from, and with the triggers that stayed silent."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.explaining import plain
from gateway.given import Version
from rules.book import Rulebook
from rules.facts import Fact, Trigger
from rules.silent import silent

Part = Mapping[str, Any]
GIVEN = "given"


def told_log(log: Sequence[Part], version: Version) -> list[dict[str, Any]]:
    """The parts of a decision. Why a trigger of a fact's kind did not fire (``not_fired``) is not kept: it is found out
    by the version of the rule file that was in force, where ``version`` can give that."""
    return [_told(part, version) for part in kept_log(log)]


def kept_log(log: Sequence[Part]) -> list[dict[str, Any]]:
    """The parts of a decision as they are kept, but for what it was made from: that is told by explanations only."""
    return [{name: kept for name, kept in part.items() if name != GIVEN} for part in log]


def _told(part: dict[str, Any], version: Version) -> dict[str, Any]:
    facts = [_with_silent(one, version(one.get("rules") or part.get("rules", ""))) for one in part.get("facts", ())]
    return {**part, "facts": facts} if facts else part


def _with_silent(considered: Part, book: Rulebook | None) -> dict[str, Any]:
    """A path that has waited goes on by itself: no trigger is considered."""
    if book is None or "run" in considered:
        return dict(considered)
    found = [plain(one) for one in silent(book, fact_told(considered["fact"]))]
    return {**considered, "not_fired": found} if found else dict(considered)


def fact_told(stored: Part) -> Fact:
    """A fact of a log, as far as triggers look at it."""
    told = {name: value for name, value in stored.items() if name not in ("trigger", "changed", "inputs")}
    return Fact(Trigger(stored["trigger"]), changed=frozenset(stored.get("changed", ())), **told)
