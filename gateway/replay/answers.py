"""What was decided and what would be, compared: the flows that start, the ways taken, and what is asked for.

Two answers are the same whatever the conditions saw and whatever the log says in words. Of the version of the rule file
that a run or a talk began with counts only whether it is the one in force.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from gateway.explaining import is_plain, plain, reaction_log
from gateway.recorded import Recorded
from rules.effects import Effect
from rules.facts import Trigger
from rules.reaction import Activation, Considered, Reaction
from storage.values import Row

IN_FORCE = ""  # in place of a content hash
VERSIONED: Mapping[str, str] = {  # the effects that keep a version, and where
    "KeepRun": "run",
    "PlanCommunication": "communication",
    "ChangeCommunication": "communication",
}
NODE_KEYS = ("node", "of", "trigger")

Names = Mapping[str, str]
"""The full names of nodes that have another name now, old to new."""


def is_same(one: Recorded, reaction: Reaction, renamed: Names) -> bool:
    """Whether it would be decided as it was."""
    if renamed:  # what was begun before has its old name on both sides
        old, new = (with_names(part, renamed) for part in (one.part, reaction_log(one.campaign, reaction)))
        return walked(old) == walked(new) and effects_of(one, old["effects"]) == effects_of(one, new["effects"])
    return (
        one.part["applied"] == reaction.applied
        and _same_all(one.part.get("facts", ()), reaction.log, _same_fact)
        and _same_all(one.part["effects"], reaction.effects, partial(_same_effect, one))
    )


def walked(part: Row) -> object:
    """What became of the event, the facts, the flows that they start and the ways taken."""
    return part["applied"], [
        (fact["fact"], fact.get("run", ""), [_ways(activation) for activation in fact.get("activations", ())])
        for fact in part.get("facts", ())
    ]


def _ways(activation: Row) -> object:
    return activation["trigger"], [(visit["node"], visit.get("next", "")) for visit in activation["visits"]]


def _same_effect(one: Recorded, stored: Row, new: Effect) -> bool:
    name = type(new).__name__
    if stored["effect"] != name:
        return False
    if is_plain(stored, new, others=1):
        return True
    return name in VERSIONED and _versioned(one, stored) == _versioned(one, {"effect": name, **plain(new)})


def effects_of(one: Recorded, effects: Sequence[Row]) -> list[Row]:
    """The effects with no version but those that were there before the event."""
    return [_versioned(one, effect) if effect["effect"] in VERSIONED else effect for effect in effects]


def _versioned(one: Recorded, effect: Row) -> Row:
    key = VERSIONED[effect["effect"]]
    about = effect[key]
    rules = about["rules"] if _had(one, key, about["id"]) == about["rules"] else IN_FORCE
    return {**effect, key: {**about, "rules": rules}}


def _had(one: Recorded, key: str, id: str) -> str:
    """The version that a run or a talk had before the event."""
    there = one.part["given"]["scene"].get(f"{key}s", ())
    return next((about["rules"] for about in there if about["id"] == id), IN_FORCE)


def with_names(part: Any, renamed: Names) -> Any:
    """The same with nodes called as they are now."""
    return _renamed(part, renamed, "") if renamed else part


def _renamed(part: Any, renamed: Names, flow: str) -> Any:
    if isinstance(part, list):
        return [_renamed(item, renamed, flow) for item in part]
    if not isinstance(part, dict):
        return part
    flow = str(part["node"]).partition(".")[0] if "next" in part and "node" in part else ""
    changed = {key: renamed[part[key]] for key in NODE_KEYS if part.get(key) in renamed}
    if part.get("trigger") == Trigger.FROM_ANOTHER_FLOW and "flow" in part:
        changed["flow"] = _flow(part["flow"], renamed)
    if flow and f"{flow}.{part['next']}" in renamed:
        changed["next"] = renamed[f"{flow}.{part['next']}"].partition(".")[2]
    return {**{key: _renamed(value, renamed, flow) for key, value in part.items()}, **changed}


def _flow(name: str, renamed: Names) -> str:
    """What a flow is called now. Nodes are counted as renamed within one flow only, so any of them tells."""
    return next((now.partition(".")[0] for old, now in renamed.items() if old.partition(".")[0] == name), name)


def _same_all(stored: Sequence[Any], new: Sequence[Any], same: Callable[[Any, Any], bool]) -> bool:
    return len(stored) == len(new) and all(map(same, stored, new))


def _same_fact(stored: Row, new: Considered) -> bool:
    return (
        is_plain(stored["fact"], new.fact)
        and stored.get("run", "") == new.run
        and _same_all(stored.get("activations", ()), new.activations, _same_activation)
    )


def _same_activation(stored: Row, new: Activation) -> bool:
    if stored["trigger"] != new.trigger:
        return False
    visits = stored["visits"]
    return len(visits) == len(new.visits) and all(
        visit["node"] == now.node and visit.get("next", "") == now.next
        for visit, now in zip(visits, new.visits, strict=True)
    )
