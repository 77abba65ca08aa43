"""What waits is moved or ended as it was looked at, where If-Match says so."""

from pathlib import Path

from tests.gateway.api.test_each_noun import change
from tests.gateway.running import World, running
from tests.gateway.test_operations_over_the_api import patient, waits
from tests.gateway.test_plan import RULES

PLAN = "campaigns/patience/plan"


async def tag(world: World) -> str:
    async with world.api("GET", PLAN, b"") as answer:
        return str(answer.headers["ETag"])


async def test_a_plan_that_has_changed_since_it_was_read_is_not_carried_out(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await patient(world)
        before = await tag(world)
        first, _ = await change(world, "POST", PLAN, {"end": True, "node": "greet.talk"}, **{"If-Match": before})
        await world.quiet()
        late, problem = await change(world, "POST", PLAN, {"end": True}, **{"If-Match": before})
        left = await waits(world)
        again, _ = await change(world, "POST", PLAN, {"end": True}, **{"If-Match": await tag(world)})
        await world.quiet()

        assert (first, late, again) == (200, 412, 200)
        assert problem["type"] == "urn:pointsman:problem:changed"
        assert (left, await waits(world)) == (["greet.pause"], [])
