"""Every decision of the cookbook's scenarios, explained: `python -m tests.journeys.explained` writes the files anew.

Ids are told by when they first appear, and rule files by their names alone, so that the files are the same each time.
"""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

from gateway.explain.explaining import explain_events
from gateway.explain.telling import lines_of
from gateway.explain.values import Explanation
from gateway.recorded import Versions
from gateway.rulebooks import Rulebooks
from gateway.scenarios.playing import take, world_of
from gateway.scenarios.reading import read_scenario
from gateway.scenarios.values import Scenario, Story, Surroundings
from storage.transaction import Transaction
from tests.gateway.running import World
from tests.journeys.reading import FOLDER, SCENARIOS

EXPLAINED = FOLDER / "explained"
ID = re.compile(r"\b[0-9a-f]{32}\b")
FOLDERS = re.compile(r"[\w./-]+/(?=\d\d_\w+\.yaml)")
MOST = 10_000  # decisions of one story


def files() -> list[Path]:
    """The scenarios, each of which has a file of its own here."""
    return sorted(SCENARIOS.glob("*.yaml"))


def explanations(t: Transaction, rulebooks: Rulebooks) -> list[Explanation]:
    """Every decision that there is, in the order of the events."""
    versions = Versions(rulebooks.project, rulebooks.version)
    of_customers: dict[str, list[int]] = {}
    for row in t.decisions.history(0, MOST):
        of_customers.setdefault(row["customer"], []).append(row["event"])
    found = [one for numbers in of_customers.values() for one in explain_events(t, versions.of(t), numbers)]
    return sorted(found, key=lambda one: one.event)


async def check_explained(world: World) -> None:
    """Whatever was decided in this world can be explained, wholly."""
    found = await world.read(lambda t: explanations(t, world.gateway.rulebooks))
    assert [one for one in found if not one.is_complete] == []


async def explained(file: Path) -> str:
    """The stories of a scenario, and why all that was decided in them was decided so."""
    scenario = scenario_of(file)
    return "\n".join([await _story(scenario, story) for story in scenario.stories])


def scenario_of(file: Path) -> Scenario:
    """The scenario of a file that is sound."""
    scenario = read_scenario(str(file), file.read_bytes(), Surroundings()).scenario
    assert scenario is not None, file
    return scenario


async def _story(scenario: Scenario, story: Story) -> str:
    async with world_of(scenario, story, Surroundings()) as world:
        for step in story.steps:
            await take(world, step)
        found = await world.read(lambda t: explanations(t, world.rulebooks))
    assert all(one.is_complete for one in found)
    return f"# {story.name}\n\n{told(found)}"


def told(found: Sequence[Explanation]) -> str:
    """The explanations as text, without ids that differ each time."""
    known: dict[str, str] = {}
    text = "".join("\n".join(lines_of(one)) + "\n\n" for one in found)
    return FOLDERS.sub("", ID.sub(lambda id: known.setdefault(id[0], f"id-{len(known) + 1}"), text))


def main() -> None:
    """Write the files."""
    EXPLAINED.mkdir(exist_ok=True)
    for file in files():
        (EXPLAINED / f"{file.stem}.txt").write_text(asyncio.run(explained(file)), "utf-8")


if __name__ == "__main__":
    main()
