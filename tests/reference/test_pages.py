"""The reference for operators says what the code does: no more, no less."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from rules.diagnostics import CODES
from rules.filters import FILTERS
from rules.names import NameInfo, Scope
from rules.templates import compile_template
from rules.values import Value, ValueType
from tests.reference.pages import DOCS, PAGES, renewed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_takes_from_the_code_is_what_the_code_says(page: Path) -> None:
    """If this fails, `python -m tests.reference` writes the page anew."""
    text = page.read_text("utf-8")

    assert text == renewed(text)


def test_every_code_has_its_paragraph_with_an_example_and_what_to_do() -> None:
    page = (DOCS / "reference" / "errors.md").read_text("utf-8")
    parts = re.split(r"^### ", page, flags=re.MULTILINE)[1:]

    assert [part.splitlines()[0] for part in parts] == list(CODES)
    for code, part in zip(CODES, parts, strict=True):
        assert f"[{code}]" in part
        assert "What to do: " in part


SHOWN = re.compile(r"^\| `(\{\{ \w+ \| (\w+).*\}\})` \| (.*) \|$", re.MULTILINE)
FILTERED = SHOWN.findall((DOCS / "reference" / "texts.md").read_text("utf-8"))
VALUES: dict[str, tuple[ValueType, Value]] = {
    "amount": (ValueType.NUMERIC, Decimal("1234.5")),
    "due": (ValueType.DATETIME, datetime(2027, 3, 3, 14, 5, tzinfo=UTC)),
    "name": (ValueType.STRING, "Ada"),
    "nickname": (ValueType.STRING, None),
}


@pytest.mark.parametrize(("written", "shown"), [(written, shown) for written, _, shown in FILTERED])
def test_the_example_of_a_filter_shows_what_it_says(written: str, shown: str) -> None:
    names = {name: NameInfo(type_) for name, (type_, _) in VALUES.items()}
    scope = Scope({name: value for name, (_, value) in VALUES.items()}, datetime(2027, 3, 1, tzinfo=UTC))

    assert compile_template(written, names).render(scope) == shown


def test_every_filter_has_an_example() -> None:
    assert {name for _, name, _ in FILTERED} == set(FILTERS)
