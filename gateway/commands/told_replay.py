"""What `pointsman replay` prints."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.commands.told_differences import change_as_json
from gateway.intake import printable
from gateway.recorded import Stretch
from gateway.replay.cases import Case, Example, Found, Otherwise, effects_told
from gateway.replay.finding import ENDS
from gateway.replay.tally import Tally
from rules.calling import shortened

SHOWN_VALUE = 80  # characters


def as_text(tally: Tally, wanted: Stretch) -> str:
    """How much was decided again, what would be otherwise, the most frequent first, and what was left out."""
    return "\n".join(map(printable, (_summary(tally), *_campaigns(tally), *_left_out(tally))))


def _summary(tally: Tally) -> str:
    if tally.first is None or tally.last is None:
        return "nothing was decided in this period"
    period = f"of {tally.first:%Y-%m-%d %H:%M} to {tally.last:%Y-%m-%d %H:%M} UTC"
    number = tally.otherwise.total()
    found = f"{number:,} would be otherwise" if number else "none would be otherwise"
    return f"{_many(tally.decisions, 'decision')} {period} made again: {found}"


def _many(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _campaigns(tally: Tally) -> Iterator[str]:
    for campaign, number in sorted(tally.otherwise.items()):
        yield f"{campaign}: {number:,} of {_many(number + tally.same[campaign], 'decision')} would be otherwise"
        cases = [(case, found) for case, found in tally.cases.items() if case.campaign == campaign]
        for case, found in sorted(cases, key=lambda pair: -pair[1].decisions):
            yield from _case(case, found)


def _case(case: Case, found: Found) -> Iterator[str]:
    people = _many(len(found.people), "participant")
    yield f"  {_what(case, people)}"
    yield from (f"      because of {change}" for change in case.because)
    if more := effects_told(found.effects):
        yield f"      {more}"
    yield from (f"      such as {_example(example)}" for example in found.examples)


def _what(case: Case, people: str) -> str:
    if case.kind is Otherwise.WAY:
        return f"{case.node}: {people} would have {_way(case.now)} instead of {_way(case.was, doing=True)}"
    if case.kind is Otherwise.FLOW:
        verb = "would not" if case.was.startswith("starts") else "would"
        return f"{case.node}: it {verb} have started its flow for {people}"
    if case.kind is Otherwise.LOOP:
        return f"{people}: the event would have been parked: {case.now}"
    return f"{case.node or 'elsewhere'}: for {people} something else would have been asked for ({case.now})"


def _way(way: str, doing: bool = False) -> str:
    if way == ENDS:
        return "ending there" if doing else "ended there"
    return f"{'going' if doing else 'gone'} to {way}"


def _example(example: Example) -> str:
    saw = "".join(f", {name} = {_value(value)}" for name, value in example.saw.items())
    said = f": {_shown(example.now)} instead of {_shown(example.was)}" if example.was or example.now else ""
    return f"participant {example.participant or 'unknown'}, event {example.event}{saw}{said}"


def _shown(text: str) -> str:
    return text or "nothing"


def _value(value: Any) -> str:
    return shortened(json.dumps(value, ensure_ascii=False), SHOWN_VALUE) if value is not None else "unset"


def _left_out(tally: Tally) -> Iterator[str]:
    if tally.left_out:
        yield f"{_many(tally.left_out.total(), 'decision')} could not be made again:"
    for (campaign, reason), number in sorted(tally.left_out.items(), key=lambda pair: -pair[1]):
        yield f"  {number:,}{f' of {campaign}' if campaign else ''}: {reason}"


def as_json_text(tally: Tally, wanted: Stretch) -> str:
    """One object: the period, the counts, every case with its causes and examples, and what was left out."""
    counts = {"events": tally.events, "decisions": tally.decisions, "elsewhere": tally.elsewhere}
    told = {
        "since": wanted.since.isoformat() if wanted.since else None,
        "until": wanted.until.isoformat() if wanted.until else None,
        **counts,
        "same": tally.same.total(),
        "otherwise": tally.otherwise.total(),
        "campaigns": [_campaign(tally, name) for name in sorted({*tally.same, *tally.otherwise})],
        "cases": [_case_as_json(case, found) for case, found in tally.cases.items()],
        "left_out": [{"campaign": c, "reason": reason, "decisions": n} for (c, reason), n in tally.left_out.items()],
    }
    return json.dumps(told, ensure_ascii=False, indent=1)


def _campaign(tally: Tally, name: str) -> dict[str, Any]:
    return {"campaign": name, "same": tally.same[name], "otherwise": tally.otherwise[name]}


def _case_as_json(case: Case, found: Found) -> dict[str, Any]:
    named = {"campaign": case.campaign, "kind": case.kind.value, "node": case.node, "was": case.was, "now": case.now}
    counted = {"decisions": found.decisions, "participants": len(found.people), "effects": dict(found.effects)}
    because = [change_as_json(change) for change in case.because]
    return {**named, **counted, "because": because, "examples": [_example_as_json(one) for one in found.examples]}


def _example_as_json(example: Example) -> Mapping[str, Any]:
    who = {"event": example.event, "participant": example.participant, "customer": example.customer}
    return {**who, "saw": dict(example.saw), "was": example.was, "now": example.now}
