"""Stories that were played, as people read them: the talk with its times, and what was not as expected."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.scenarios.doing import DEEDS, Missed
from gateway.scenarios.playing import Played, Told
from gateway.simulation import Line

DAY, TIME = "%a %d %b %Y", "%H:%M:%S"
INDENT = " " * 4


def story_lines(told: Told) -> Iterator[str]:
    """The whole story: each day, each thing that was said or done, each expectation that was not met, and the end."""
    yield told.name
    day = ""
    for played in told.steps:
        for at, text in moments(played):
            local = at.astimezone(told.scenario.zone)
            if f"{local:{DAY}}" != day:
                yield f"  {local:{DAY}}"
                day = f"{local:{DAY}}"
            yield f"{INDENT}{local:{TIME}}  {text}"
        if played.missed:
            yield from missed_lines(played.missed)
    for missed in told.ends:
        yield from missed_lines(missed)
    yield f"  {verdict(told)}"


def wrong_lines(told: Told) -> Iterator[str]:
    """Only what is not as expected, below the story's name; nothing where all is."""
    if told.missed:
        yield told.name
        for missed in told.missed:
            yield from missed_lines(missed)


def moments(played: Played) -> Iterator[tuple[datetime, str]]:
    """What happened in one step, each with its moment: the step itself where nothing else tells of it, and the talk."""
    if DEEDS[played.step.form].shown:
        yield played.at, f"* {played.step.text}{shown_value(played.step.value)}"
    if played.remark:
        yield played.at, f"  {played.remark}"
    yield from ((line.at, said(line)) for line in played.lines)


def shown_value(value: object) -> str:
    if isinstance(value, Mapping):
        return " (" + ", ".join(f"{name}: {'' if part is None else part}" for name, part in value.items()) + ")"
    return f": {first_line(str(value))}" if value else ""


def first_line(text: str) -> str:
    line, _, more = text.partition("\n")
    return f"{line} ..." if more else line


def said(line: Line) -> str:
    """One line of the talk: who said or heard what, and where."""
    buttons = "".join(f" [{choice}]" for choice in line.choices)
    text = line.text.replace("\n", f"\n{' ' * 14}") + buttons
    if line.by:
        where = f" in {line.place}" if line.place.startswith("#") else ""
        return f"{line.by} ({line.kind}){where} > {text}"
    return f"{line.place} ({line.kind}) < {text}{'' if line.arrives else '  (never arrives)'}"


def missed_lines(missed: Missed) -> Iterator[str]:
    """What was expected at which line of the scenario, and what there was."""
    yield f"{INDENT}!! {missed.position}: {missed.what}"
    if missed.wanted != "":
        yield f"{INDENT}   expected: {plain(missed.wanted)}"
    yield f"{INDENT}   was:      {plain(missed.was)}"


def plain(value: object) -> str:
    """What was expected, or there was, on one line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {plain(part)}" for name, part in value.items()) or "nothing"
    if isinstance(value, (list, tuple)):
        return " | ".join(map(plain, value)) or "nothing"
    return str(value).replace("\n", "\\n")


def verdict(told: Told) -> str:
    """The end of a story in a line."""
    if told.missed:
        return f"NOT AS EXPECTED: {count(len(told.missed), 'expectation')} not met"
    return f"as expected ({count(told.expected, 'expectation')}, {told.seconds:.2f} s)"


def count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def summary(stories: Sequence[Told]) -> str:
    """All stories in a line."""
    wrong = sum(bool(told.missed) for told in stories)
    met = sum(told.met for told in stories)
    end = "all as expected" if not wrong else f"{wrong} not as expected"
    return f"{len(stories)} {'story' if len(stories) == 1 else 'stories'}, {end}; {met} expectations met"


def local(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as JSON tells it, by the story's clock."""
    return moment.astimezone(zone).isoformat()
