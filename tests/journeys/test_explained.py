"""Why everything in the cookbook's scenarios was decided so is told, wholly, and as it was told before."""

import re
from pathlib import Path

import pytest

from tests.journeys.explained import EXPLAINED, explained, files
from tests.reference.pages import DOCS, fenced

SHOWN = re.compile(r"<!-- from tests/journeys/explained/(\w+\.txt) -->")


@pytest.mark.parametrize("file", files(), ids=lambda file: file.stem)
async def test_each_decision_of_a_scenario_is_explained_as_before(file: Path) -> None:
    """If this fails, `python -m tests.journeys.explained` writes the file anew: read what has changed."""
    assert await explained(file) == (EXPLAINED / f"{file.stem}.txt").read_text("utf-8")


def test_there_is_no_file_of_a_scenario_that_is_gone() -> None:
    assert [path.stem for path in sorted(EXPLAINED.glob("*.txt"))] == [path.stem for path in files()]


def test_the_example_of_the_guide_is_an_explanation() -> None:
    page = (DOCS / "how-to" / "see-why.md").read_text("utf-8")
    (file,) = SHOWN.findall(page)
    (example,) = fenced(page, "text")

    assert example in (EXPLAINED / file).read_text("utf-8")
