"""React: microseconds that one node costs.

A node that leads on is taken from one flow of 100 nodes of its kind, so that a hundredth of an event is in it. One at
which a path ends or waits, or that does more the more went before, is the one node of an event: from that event is
taken what the same event costs without the node, in turn with it. The names that expressions use are collected in it,
where it is the first to ask for them.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from statistics import median

from benchmarks.books import (
    ACTION,
    CHAIN_LENGTH,
    CONDITION,
    LINES,
    NOTIFY,
    NOW,
    SWITCH,
    UPDATE,
    WAIT,
    long_flow,
    one_node,
    scene,
    word,
)
from benchmarks.harness import MICROSECONDS, Plan, Row, alternate, repeat
from benchmarks.matching import SECONDS_PART, in_microseconds
from rules.book import Rulebook
from rules.react import react
from rules.scene import Communication, Scene

GOAL_PER_CONDITION, GOAL_PER_NODE = 2.0, 10.0
Cases = tuple[tuple[str, str, float | None], ...]
"""What each is called, the node, and the goal."""

IN_A_CHAIN: Cases = (
    ("a condition node", CONDITION, GOAL_PER_CONDITION),
    ("a condition node of three lines", LINES, GOAL_PER_NODE),
    ("a switch node", SWITCH, GOAL_PER_NODE),
    ("a reply", ACTION, GOAL_PER_NODE),
    ("a notification", NOTIFY, GOAL_PER_NODE),
    ("a wait whose time has passed", WAIT, GOAL_PER_NODE),
    ("an update, and the fact it raises", UPDATE, GOAL_PER_NODE),
)
ALONE: Cases = (
    ("a finish", "{do: finish, outcome: done}", GOAL_PER_NODE),
    ("a wait that begins", "{do: wait, for: 1d, next: end}\n    end: {do: finish}", GOAL_PER_NODE),
    ("a stop of contact", "{do: stop_contact, channel: sms}", GOAL_PER_NODE),
    ("a call of a service", "{do: call_webhook, service: crm}", None),
    ("a call of a function", "{do: run_python, function: scoring.rate}", None),
    ("one communication canceled, and the fact it raises", "{do: cancel_communications}", GOAL_PER_NODE),
    ("an update that a flow waits for, its trigger included", "{do: update_field, set: {note: seen}}", None),
    ("to another flow, its trigger included", "{do: to_another_flow, flow: watch}", None),
    ("a communication planned", "{do: communicate, channel: sms, agent: teller, at: 'date(2027, 1, 1)'}", None),
    ("a communication begun", "{do: communicate, channel: sms, agent: teller}", None),
)
WITHOUT = "the event without it"


def rows(plan: Plan) -> Iterator[Row]:
    """One row for each kind of node."""
    for case, node, goal in IN_A_CHAIN:
        work = partial(react, long_flow(node), word(0), scene(), NOW)
        yield in_microseconds(plan, "react", case, work, goal, CHAIN_LENGTH)
    for case, node, goal in ALONE:
        yield _alone(plan, case, node, goal)


def _alone(plan: Plan, case: str, node: str, goal: float | None) -> Row:
    """What the event costs with the node, less what it costs without."""
    seconds = plan.seconds * SECONDS_PART
    without = partial(repeat, _deciding(one_node("")), seconds)
    pairs = alternate(without, partial(repeat, _deciding(one_node(node)), seconds), plan.rounds)
    more = [s.microseconds - b.microseconds for b, s in zip(pairs.baseline, pairs.subject, strict=True)]
    colour = {"baseline us": median(part.microseconds for part in pairs.baseline)}
    return Row("react", case, WITHOUT, MICROSECONDS, more, goal, colour)


def _deciding(book: Rulebook) -> Callable[[], object]:
    return partial(react, book, word(0), _waiting(), NOW)


def _waiting() -> Scene:
    """A participant with one communication still planned, on another channel."""
    planned = Communication("one", "long", "long.say", "teller", "another", "U0ADA", "earlier", NOW)
    return replace(scene(), communications=(planned,))
