"""Explanations as lines of text."""

from collections.abc import Iterable, Iterator, Mapping

from gateway.explain.values import (
    Became,
    CampaignDecision,
    ConsideredFact,
    ConsideredTrigger,
    DecidedEffect,
    EvaluatedExpression,
    Explanation,
    Reason,
    TriggerRecord,
    WalkedNode,
    WalkedPath,
    WhyNot,
)
from gateway.explain.writing import moment
from gateway.intake import printable
from rules.reaction import Applied

SHOWN_HASH = 12  # characters of a content hash
INDENT = "  "
APPLIED: Mapping[str, str] = {
    Applied.STALE: "stale, it came too late to matter",
    Applied.UNCHANGED: "unchanged, nothing is other than before",
    Applied.UNKNOWN: "unknown, it is about nothing that is there",
}
SAID = {"true": "yes  ", "false": "no   "}  # how a condition is told


def lines_of(explanation: Explanation) -> list[str]:
    """The explanation; each line can be shown by any terminal."""
    return [printable(line) for line in _explanation(explanation)]


def _explanation(one: Explanation) -> Iterator[str]:
    decided = f", decided {moment(one.decided_at)}" if one.decided_at and one.parts else ""
    yield f"event {one.event} ({one.kind}), received {moment(one.received_at)}{decided}"
    yield f"{INDENT}{one.what}"
    for said in (one.note, one.missing):
        if said:
            yield f"{INDENT}{said}"
    for part in one.parts:
        yield from _part(part)


def _part(part: CampaignDecision) -> Iterator[str]:
    rules = f", by {part.file} ({part.rules[:SHOWN_HASH]})" if part.file else ""
    yield ""
    yield f"{INDENT}campaign {part.campaign}: {APPLIED.get(part.applied, part.applied)}{rules}"
    inside = (
        *(said for said in (part.note, part.missing) if said),
        *_besides(part.lines),
        *(line for fact in part.facts for line in _fact(fact)),
        *_effects(part.effects),
    )
    yield from indented(inside, 2)


def _besides(lines: Iterable[EvaluatedExpression]) -> Iterator[str]:
    for one in lines:
        yield "looked at besides:"
        yield from indented(_evaluated(one))


def _fact(fact: ConsideredFact) -> Iterator[str]:
    if fact.resumed:
        yield f"a path goes on that began with: {fact.fact}"
    else:
        yield f"fact: {fact.fact}"
    yield from indented(map(_trigger, fact.triggers))
    if not (fact.triggers or fact.resumed):
        yield f"{INDENT}no trigger waits for this"
    for path in fact.paths:
        yield from indented(_path(path))


def _trigger(trigger: ConsideredTrigger) -> str:
    if trigger.fired:
        return f"fired: {trigger.node} ({trigger.place})"
    narrowing = f"{trigger.narrowing} is {trigger.saw or 'none'}, wanted {trigger.wanted}"
    return f"not fired: {trigger.node} ({trigger.place}): {narrowing}"


def _path(path: WalkedPath) -> Iterator[str]:
    for step in path.steps:
        yield from _step(step)


def _step(step: WalkedNode) -> Iterator[str]:
    result = f": {step.result}" if step.result else ""
    yield f"{step.node} ({step.place}) {step.kind}{result}"
    yield from indented((line for one in step.lines for line in _evaluated(one)), 2)
    if step.way or step.next:
        yield f"{INDENT}{step.way} -> {step.next or 'the path ends'}"


def _evaluated(one: EvaluatedExpression) -> Iterator[str]:
    if not one.value:
        yield f"-    {one.source} (not looked at)"
        return
    yield _valued(one.source, one.value)
    for part in one.parts[1:]:
        yield f"{INDENT * (part.depth + 1)}{_valued(part.source, part.value)}"


def _valued(source: str, value: str) -> str:
    return f"{SAID[value]}{source}" if value in SAID else f"{source} = {value}"


def _effects(effects: Iterable[DecidedEffect]) -> Iterator[str]:
    told = list(effects)
    if told:
        yield "effects:"
    for effect in told:
        yield f"{INDENT}{effect.what}"
        yield from indented(map(_became, effect.became), 2)


def _became(became: Became) -> str:
    when = f", {moment(became.at)}" if became.at else ""
    event = f" (event {became.event})" if became.event is not None else ""
    return f"{became.what}{when}{event}"


def indented(lines: Iterable[str], depth: int = 1) -> Iterator[str]:
    """The lines, moved to the right."""
    return (f"{INDENT * depth}{line}" for line in lines)


def lines_of_why_not(one: WhyNot) -> list[str]:
    """The answer, and what it is made from."""
    return [printable(line) for line in _why_not(one)]


def _why_not(one: WhyNot) -> Iterator[str]:
    yield one.answer
    if one.now:
        yield from ("", "as things stand:", *indented(line for reason in one.now for line in _reason(reason)))
    if one.turned_off:
        yield from (
            "",
            "turned off before it:",
            *indented(line for reason in one.turned_off for line in _reason(reason)),
        )
    if one.triggers:
        yield from (
            "",
            "triggers that lead there:",
            *indented(line for record in one.triggers for line in _record(record)),
        )
    yield ""
    more = "" if one.is_whole else "; there are more, or some are not kept any more"
    yield f"{one.looked} decision{'' if one.looked == 1 else 's'} looked through{more}"


def _record(record: TriggerRecord) -> Iterator[str]:
    yield f"{record.node} ({record.place}) {record.kind}: considered {record.considered}, fired {record.fired}"
    for reason in record.refused:
        yield from indented(_reason(reason))


def _reason(reason: Reason) -> Iterator[str]:
    times = f", {reason.times} times, the last" if reason.times > 1 else ""
    event = f" (event {reason.event})" if reason.event is not None else ""
    yield f"{reason.what}{times}{f', {moment(reason.at)}' if reason.at else ''}{event}"
    yield from indented(line for one in reason.lines for line in _evaluated(one))
