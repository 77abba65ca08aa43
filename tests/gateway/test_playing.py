"""What `run --sandbox` sets going by itself: the example of the project, where it is there."""

from pathlib import Path

import pytest

from gateway.playing import begin
from gateway.sandboxes import Play
from tests.gateway.example_rules import ADA, HELLO
from tests.gateway.running import running

CONTACTS = f"phone,name\n{ADA},Ada\n"


@pytest.mark.parametrize(
    ("play", "heard"),
    [
        (Play(campaign="hello", contacts="list.csv"), ["Hello Ada"]),
        (Play(campaign="gone", contacts="list.csv"), []),
        (Play(campaign="hello", contacts="gone.csv"), []),
    ],
    ids=["all is there", "no rule file", "no contacts"],
)
async def test_an_example_that_was_taken_out_of_the_project_is_not_played(
    tmp_path: Path, play: Play, heard: list[str]
) -> None:
    async with running(tmp_path, HELLO) as world:
        (tmp_path / "list.csv").write_text(CONTACTS)
        await begin(world.gateway, play)
        await world.quiet()
        assert world.heard(ADA) == heard
