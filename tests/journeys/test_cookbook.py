"""The campaigns of the cookbook do what it says: their journeys walk every way of each, some on PostgreSQL, too."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.coverage import coverage, ways_walked
from rules.loader import LoadedFolder, Project, ProjectChannel, load_folder
from rules.ways import Way
from tests.gateway.running import World
from tests.journeys.explained import check_explained
from tests.journeys.reading import COOKBOOK, SCENARIOS, read_file
from tests.journeys.telling import tell

CAMPAIGNS = sorted(COOKBOOK.glob("*.yaml"))
JOURNEYS = SCENARIOS
PLAYED = [
    pytest.param(campaign, database, id=f"{database}-{campaign.stem}")
    for database, campaigns in (("sqlite", CAMPAIGNS), ("postgres", CAMPAIGNS[::3]))
    for campaign in campaigns
]
PROJECT = Project(
    channels={"sms": ProjectChannel("sms", "sms", "phone"), "slack": ProjectChannel("slack", "slack", "slack")},
    services=frozenset({"assistant", "shop"}),
    functions=frozenset({"prices.discount"}),
)
LINKED = re.compile(r"^\| \[[^\]]+\]\(([\w.]+)\) \|", re.MULTILINE)


def loaded() -> LoadedFolder:
    return load_folder({path.name: path.read_text("utf-8") for path in CAMPAIGNS}, PROJECT)


def test_there_is_nothing_to_say_against_a_campaign_of_the_cookbook() -> None:
    assert [str(found) for found in loaded().diagnostics] == []


def test_every_campaign_has_a_journey_and_every_journey_its_campaign() -> None:
    assert [path.name for path in sorted(JOURNEYS.glob("*.yaml"))] == [path.name for path in CAMPAIGNS]


def test_the_table_of_the_cookbook_lists_every_campaign() -> None:
    assert LINKED.findall((COOKBOOK / "README.md").read_text("utf-8")) == [path.name for path in CAMPAIGNS]


@pytest.mark.parametrize(("campaign", "new_database"), PLAYED, indirect=["new_database"])
async def test_the_journeys_of_a_campaign_walk_every_way_of_it(
    campaign: Path, tmp_path: Path, new_database: Callable[[], str]
) -> None:
    (book,) = (book for book in loaded().rulebooks.values() if book.file == campaign.name)
    walked: Counter[Way] = Counter()

    async def look(world: World) -> None:
        walked.update(ways_walked(book, await world.decisions()))
        await check_explained(world)

    for number, journey in enumerate(read_file(JOURNEYS / campaign.name)):
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            await tell(journey, folder, new_database(), look)
        except (AssertionError, TimeoutError) as error:
            raise AssertionError(f"{journey}: {error}") from error

    assert [str(placed.way) for flow in coverage(book, walked) for placed in flow.uncovered] == []
