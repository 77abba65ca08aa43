"""Matcher: microseconds to find which trigger nodes one fact fires, with 6, 60 and 200 rules.

Each rule (a trigger node) waits for its own keyword, so that a fact fires exactly one of them. The yardstick is the
fact written as JSON and read again, in the same run: it tells a slow machine from a slow matcher.
"""

import json
from collections.abc import Callable
from functools import partial
from statistics import median

from benchmarks.books import many_rules
from benchmarks.harness import MICROSECONDS, Plan, Row, Slice, alternate, repeat
from rules.facts import Fact, Trigger

GOALS = {6: 15.0, 60: 18.0, 200: 35.0}
YARDSTICK = "fact to JSON and back"
SECONDS_PART = 0.15  # of a slice: nothing here waits for anything, so short slices do


def yardstick() -> object:
    """About what any matcher has to do with a fact at least."""
    fact = {"id": "fact", "trigger": "incoming_session", "flow": "", "of": "", "status": "", "keyword": "WORD3"}
    return json.loads(json.dumps(fact | {"channel": "sms", "source": ""}))


def rows(plan: Plan) -> list[Row]:
    return [_row(plan, rules, goal) for rules, goal in GOALS.items()]


def _row(plan: Plan, rules: int, goal: float) -> Row:
    matcher = many_rules(rules).matcher
    fact = Fact(Trigger.INCOMING_SESSION, channel="sms", keyword=f"WORD{rules // 2}")
    fired = len(matcher.match(fact))
    if fired != 1:
        raise RuntimeError(f"{fired} triggers fired, 1 should")
    return in_microseconds(plan, "matcher", f"{rules} rules", partial(matcher.ask, fact), goal)


def in_microseconds(
    plan: Plan, benchmark: str, case: str, work: Callable[[], object], goal: float | None = None, units: int = 1
) -> Row:
    """How long ``work``, which is so many ``units``, takes for one of them, beside the yardstick."""
    seconds = plan.seconds * SECONDS_PART
    pairs = alternate(partial(repeat, yardstick, seconds), partial(_slice, work, seconds, units), plan.rounds)
    samples = [part.microseconds for part in pairs.subject]
    colour = {"yardstick us": median(part.microseconds for part in pairs.baseline)}
    return Row(benchmark, case, YARDSTICK, MICROSECONDS, samples, goal, colour)


def _slice(work: Callable[[], object], seconds: float, units: int) -> Slice:
    done = repeat(work, seconds)
    return Slice(done.units * units, done.seconds)
