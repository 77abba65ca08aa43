"""Every journey goes as its file says, on both databases, and all that was decided in it can be explained."""

from pathlib import Path

import pytest

from tests.journeys.explained import check_explained
from tests.journeys.reading import Journey, read_journeys
from tests.journeys.telling import tell


@pytest.mark.parametrize("journey", read_journeys(), ids=str)
async def test_a_journey_goes_as_its_file_says(journey: Journey, tmp_path: Path, database_url: str) -> None:
    await tell(journey, tmp_path, database_url, check_explained)
