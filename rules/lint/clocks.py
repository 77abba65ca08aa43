"""W312: hours of the day in a campaign that does not say by whose clock."""

from collections.abc import Iterator

from rules.hours import ALWAYS
from rules.lint.ground import Ground, path_of
from rules.marks import Path

CODE = "W312"
HINT = 'add the one of your people at the top of the file, such as "timezone: Europe/Berlin"'


def check_clocks(ground: Ground) -> None:
    """Notes the first place with hours or days where the file names no time zone, so that they are those of UTC."""
    data = ground.notes.marked.data
    if isinstance(data, dict) and "timezone" not in data and (place := next(_places(ground), None)):
        ground.notes.at_key(place, CODE, f'"{place[-1]}" goes by UTC: the campaign has no time zone', HINT)


def _places(ground: Ground) -> Iterator[Path]:
    if ground.book.contact.hours:
        yield ("contact",)
    for talk in ground.talks:
        if talk.conduct.hours != ALWAYS:
            yield path_of(talk, "between" if talk.conduct.hours.begins != talk.conduct.hours.ends else "days")
