"""The scenarios that come along go as they say and walk every way; the page that tells of scenarios shows true ones."""

import re
from pathlib import Path

import pytest

from gateway.scenarios.covering import covered
from gateway.scenarios.playing import play
from gateway.scenarios.telling import story_lines, summary
from gateway.scenarios.values import Surroundings
from tests.gateway.scenarios.files import scenario_of
from tests.journeys.reading import COOKBOOK, SCENARIOS

PAGE = COOKBOOK.parent / "reference" / "scenarios.md"
NAMED = re.compile(r"^```yaml\n# (?P<name>\S+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
SHOWN = re.compile(r"^```text\n(?P<text>scenarios/.*?)^```$", re.DOTALL | re.MULTILINE)
SECONDS = re.compile(r"\d+\.\d\d s")


def test_every_campaign_of_the_cookbook_has_its_scenario() -> None:
    assert {path.name for path in SCENARIOS.glob("*")} == {path.name for path in COOKBOOK.glob("*.yaml")}


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
async def test_the_scenarios_of_the_cookbook_walk_every_way(path: Path) -> None:
    scenario = scenario_of(path)

    stories = [await play(scenario, story, Surroundings()) for story in scenario.stories]

    assert [missed for told in stories for missed in told.missed] == []
    uncovered = [placed.way for _, flows in covered(stories) for flow in flows for placed in flow.uncovered]
    assert list(map(str, uncovered)) == []


async def test_the_example_of_the_page_prints_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = PAGE.read_text("utf-8")
    for found in NAMED.finditer(page):
        (tmp_path / found["name"]).parent.mkdir(exist_ok=True)
        (tmp_path / found["name"]).write_text(found["text"])
    monkeypatch.chdir(tmp_path)
    scenario = scenario_of(Path("scenarios/visit.yaml"))

    told = await play(scenario, scenario.stories[0], Surroundings())

    (shown,) = SHOWN.findall(page)
    lines = [*story_lines(told), "", summary([told]), "  visit.invite: 4 of 4 ways"]
    assert SECONDS.sub("", "\n".join(lines)) == SECONDS.sub("", shown.rstrip("\n"))
