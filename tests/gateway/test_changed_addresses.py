"""A talk that is planned goes to the address its person has when it begins, and is answered from there."""

from datetime import timedelta
from pathlib import Path

from tests.gateway.example_rules import ADA, ASK, BEN
from tests.gateway.running import START, running

IN_AN_HOUR = (START + timedelta(hours=1)).isoformat()


async def test_an_answer_from_the_number_that_was_changed_since_the_planning_is_an_answer(tmp_path: Path) -> None:
    async with running(tmp_path, ASK) as world:
        await world.start("ask")
        await world.give("ask", {"external_id": "7", "phone": ADA, "name": "Ada", "begin": IN_AN_HOUR})
        await world.give("ask", {"external_id": "7", "phone": BEN})
        await world.passes(hours=2)
        await world.texts(BEN, "no")
        (talk,) = await world.talks("ask")
        assert (world.heard(ADA), talk["talk"]["results"], talk["address"]) == ([], {"comes": False}, BEN)
