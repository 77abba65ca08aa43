"""Whom a difference between two versions of a rule file concerns at this moment."""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.difference import Change
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Affected:
    """So many participants wait at what a change is about, and with so many a communication of it is open."""

    waiting: int = 0
    talks: int = 0

    def __bool__(self) -> bool:
        return bool(self.waiting or self.talks)


def affected(t: Transaction, campaign: str, changes: Iterable[Change]) -> dict[Change, Affected]:
    """Of each change of a node, a flow or an agent that was there before: who is in the middle of it. What is added is
    left out, and what concerns nobody."""
    waiting, talks = t.runs.people_at(campaign), t.communications.people_at(campaign)
    told: dict[Change, Affected] = {}
    for change in changes:
        runs = sum(number for node, number in waiting.items() if _is_about(change, node, ""))
        opened = sum(number for (node, agent), number in talks.items() if _is_about(change, node, agent))
        if runs or opened:
            told[change] = Affected(runs, opened)
    return told


def _is_about(change: Change, node: str, agent: str) -> bool:
    name = change.was or change.name
    if change.old is None and not change.key:
        return False
    about = {"node": node, "flow": node.partition(".")[0], "agent": agent}.get(change.what, "")
    return bool(about) and about == name
