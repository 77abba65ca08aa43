"""A short run of the fuzzer; `python -m tests.fuzz 1000000` is the long one."""

from pathlib import Path

import pytest

from tests.fuzz.gunner import CONNECTIONS
from tests.fuzz.shooting import run
from tests.fuzz.shots import Shooter

REQUESTS = 3_200


@pytest.mark.parametrize("seed", [1])
async def test_fuzzed_webhooks_bring_no_500_no_traceback_and_nothing_unsigned_into_the_database(
    tmp_path: Path, seed: int
) -> None:
    outcome = await run(tmp_path, REQUESTS, seed)
    assert outcome.judged() == []
    assert outcome.asked == REQUESTS // 10 // CONNECTIONS * CONNECTIONS * 10
    assert min(outcome.tally.statuses[status] for status in (200, 400, 403, 404, 405, 415)) > 0
    assert outcome.tally.owed > REQUESTS / 40


def test_the_same_seed_gives_the_same_requests() -> None:
    def some(seed: int) -> list[tuple[str, str, bytes]]:
        shooter = Shooter(0, seed)
        return [(shot.method, shot.target, shot.body) for shot in (shooter.next() for _ in range(200))]

    assert some(7) == some(7)
    assert some(7) != some(8)
