"""A chat that was saved is a scenario that passes."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.recording.story import Story, quoted
from gateway.recording.trying import wrong_with
from gateway.scenarios.values import Surroundings
from rules.marks import read_yaml
from tests.gateway.chat.stages import RULES, rule_file, told, visiting

LINES = (
    "what?",
    "/wait 5m",
    'yes: "of course" # é ☃',
    "/answer shop fails",
    "price",
    '/answer shop {"outcome": "dear"}',
    "price",
    "/set plan=team",
    "/slack price",
    "/wait",
)


async def test_a_chat_that_was_saved_passes_when_it_is_played(tmp_path: Path) -> None:
    file = tmp_path / "ada.yaml"
    async with visiting(tmp_path) as talk:
        await told(talk, *LINES[:-1])
        rule_file(tmp_path, RULES.replace("It is dear.", "It is too dear."))
        assert await told(talk, "/sms price", f"/save {file}") == [f"{file} is written: pointsman simulate {file}"]
    text = file.read_text("utf-8")
    assert 'Ada hears by SMS: "It is too dear."' in text
    assert await wrong_with(str(file), text, Surroundings()) == []


async def test_a_file_that_was_there_is_left_alone_and_one_of_this_chat_is_written_anew(tmp_path: Path) -> None:
    file, other = tmp_path / "ada.yaml", tmp_path / "visits.yaml"
    async with visiting(tmp_path) as talk:
        assert await told(talk, f"/save {other}") == [f"! {other} is there already; name a new file"]
        await told(talk, f"/save {file}", "yes", f"/save {file}")
    assert other.read_text("utf-8") == RULES
    assert "Ada says: " in file.read_text("utf-8")


async def test_a_saved_chat_plays_with_the_rule_file_as_it_is_then(tmp_path: Path) -> None:
    file = tmp_path / "scenarios" / "ada.yaml"
    file.parent.mkdir()
    async with visiting(tmp_path) as talk:
        await told(talk, "yes", f"/save {file}")
    text = file.read_text("utf-8")
    assert 'rules: "../visits.yaml"' in text
    assert await wrong_with(str(file), text, Surroundings()) == []
    rule_file(tmp_path, RULES.replace("Thank you.", "Thanks."))
    wrong = await wrong_with(str(file), text, Surroundings())
    assert "was:      Thanks." in wrong[-1]


@pytest.mark.parametrize(
    ("starts", "told"),
    [
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), ["clock: Europe/Berlin", 'starts at: "2027-10-31 02:30:00"']),
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), ["clock: UTC", 'starts at: "2027-10-31 01:30:00"']),
    ],
)
def test_a_time_that_the_clocks_show_twice_is_told_without_doubt(starts: datetime, told: list[str]) -> None:
    assert Story({}, starts, ZoneInfo("Europe/Berlin")).text("").splitlines()[:2] == told


@given(st.text())
def test_any_text_comes_back_from_a_scenario_as_it_was(text: str) -> None:
    kept = "".join(character for character in text if not 0xD800 <= ord(character) <= 0xDFFF)
    marked, problems = read_yaml(f"a: {quoted(kept)}", "a.yaml")
    assert not problems or "character" in str(problems[0])
    assert marked is None or problems or marked.data == {"a": kept}
