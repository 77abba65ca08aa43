"""The page on security names tests, and they are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "explanation" / "security.md").read_text("utf-8")
ROWS = 21  # of the checklist for webhooks


def named() -> list[str]:
    return re.findall(r"`(test_\w+)`", PAGE)


def test_every_test_that_the_page_names_is_there() -> None:
    tests = "\n".join(file.read_text("utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    written = set(re.findall(r"^(?:async )?def (test_\w+)", tests, re.MULTILINE))

    assert named()
    assert [name for name in named() if name not in written] == []


def test_every_row_of_the_checklist_is_on_the_page() -> None:
    rows = {int(name[5:7]) for name in named() if name[5:7].isdecimal()}

    assert rows == set(range(1, ROWS + 1))
