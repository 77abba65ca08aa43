"""What waits is settled on the file in force, or not at all."""

from pathlib import Path
from typing import Any

import pytest

from gateway.api import campaign_changes
from storage.transaction import Transaction
from tests.gateway.calls_of_the_api import call
from tests.gateway.running import running
from tests.gateway.test_operations_over_the_api import patient, waits
from tests.gateway.test_plan import RULES


async def test_a_file_that_comes_into_force_while_one_plans_stays_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, RULES) as world:
        await patient(world)
        outlook = campaign_changes._outlook

        def meanwhile(t: Transaction, asked: Any, book: Any) -> Any:
            with world.gateway.storage.transaction() as other:
                other.campaigns.activate_version("patience", "newer")
            return outlook(t, asked, book)

        monkeypatch.setattr(campaign_changes, "_outlook", meanwhile)
        status, problem = await call(world, "POST", "campaigns/patience/plan", {"end": True})
        row = await world.read(lambda t: t.campaigns.get("patience"))

        assert (status, problem["detail"]) == (409, "the rule file has just changed: get the plan again")
        assert row is not None
        assert row["rules"] == "newer"
        assert await waits(world) == ["greet.pause", "greet.talk"]
