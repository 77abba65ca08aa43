"""A very short run; `make endurance` is the long one."""

from pathlib import Path

import pytest

from tests.endurance.course import Course, Endured, endure
from tests.endurance.looks import Look
from tests.endurance.telling import failures

EVENTS = 150


async def test_a_short_run_decides_each_webhook_on_each_channel(tmp_path: Path) -> None:
    told: list[Look] = []
    endured = await endure(Course(EVENTS), tmp_path / "project", told.append)
    assert (endured.undecided, endured.code, set(endured.answers)) == (0, 0, {200})
    assert told[-1].events >= EVENTS
    seen = {"event: message", "event: receipt", "event: request", "participant: endurance", "participant: desk"}
    assert seen <= endured.kinds.keys()


def looks(*figures: tuple[int, float, float]) -> list[Look]:
    """From events, seconds and megabytes."""
    return [
        Look(events, seconds, rss=memory, pss=memory, anonymous=memory, processor=0)
        for events, seconds, memory in figures
    ]


@pytest.mark.parametrize(
    ("end", "seconds", "broken"),
    [(149.0, 10.0, 0), (151.0, 10.0, 1), (149.0, 12.0, 0), (149.0, 13.0, 1), (151.0, 13.0, 2)],
)
def test_more_than_50_mb_and_less_than_four_fifths_of_the_speed_are_told(
    end: float, seconds: float, broken: int
) -> None:
    seen = looks(
        (0, 0, 50), (50_000, 50, 100), (150_000, 60, 140), (900_000, 200, 140), (1_000_000, 200 + seconds, end)
    )
    assert len(list(failures(Course(1_000_000), Endured(seen)))) == broken


def test_what_was_not_decided_is_told() -> None:
    seen = looks((0, 0, 50), (1_000_000, 10, 50))
    assert list(failures(Course(1_000_000), Endured(seen, undecided=3))) == ["3 webhooks were accepted and not decided"]
