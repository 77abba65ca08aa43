"""The campaigns of the cookbook do what it says: their journeys walk every way of each, some on PostgreSQL, too."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from rules.loader import LoadedFolder, Project, ProjectChannel, load_folder
from tests.gateway.running import World
from tests.journeys.reading import COOKBOOK, FOLDER, read_file
from tests.journeys.telling import tell
from tests.journeys.ways import Way, ways_of, ways_walked

CAMPAIGNS = sorted(COOKBOOK.glob("*.yaml"))
JOURNEYS = FOLDER / "cookbook"
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
    walked: set[Way] = set()

    async def look(world: World) -> None:
        walked.update(await ways_walked(world))

    for number, journey in enumerate(read_file(JOURNEYS / campaign.name)):
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            await tell(journey, folder, new_database(), look)
        except (AssertionError, TimeoutError) as error:
            raise AssertionError(f"{journey}: {error}") from error

    (book,) = (book for book in loaded().rulebooks.values() if book.file == campaign.name)
    assert ways_of(book) - walked == set()
