"""Every key of a rule file has its row in a table, and an example that the loader reads, in the same section."""

import pytest

from rules.loader import load_rulebook, report
from tests.reference.fragments import read, whole
from tests.reference.keys import PIECES, keys_of, pieces_in
from tests.reference.pages import DOCS, RULE_PAGES, fenced, key_tables, rule_pages, sections
from tests.rules.rulebooks import PROJECT

SECTIONS = [section for page in RULE_PAGES for section in sections(page.read_text("utf-8"))]
PLAYED = ("tutorial.md", "scenarios.md")  # are done as they are read: by test_tutorial and tests/gateway/scenarios
EXAMPLES = [
    pytest.param(text, id=f"{page.name}-{number}")
    for page in (DOCS.parent / "README.md", *sorted(DOCS.rglob("*.md")))
    if page.name not in PLAYED
    for number, text in enumerate(fenced(page.read_text("utf-8"), "yaml"), start=1)
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_in_the_docs_is_sound(text: str) -> None:
    """One that is a whole rule file gives no warning, either."""
    file = whole(text)
    found = load_rulebook(file, "example.yaml", PROJECT).diagnostics

    told = [one for one in found if one.level == "error" or file == text]
    assert report(told, {"example.yaml": file}) == ""


def test_every_piece_of_a_rule_file_has_a_table_of_its_keys() -> None:
    assert set(key_tables(rule_pages())) == set(PIECES)


@pytest.mark.parametrize("piece", PIECES)
def test_a_table_says_of_every_key_what_it_means(piece: str) -> None:
    """If keys are missing, `python -m tests.reference` adds their rows."""
    rows = key_tables(rule_pages())[piece]

    assert list(rows) == keys_of(piece)
    assert [key for key, meaning in rows.items() if not meaning] == []


@pytest.mark.parametrize("piece", PIECES)
def test_every_key_is_shown_in_an_example_beside_its_table(piece: str) -> None:
    section = next(part for part in SECTIONS if piece in key_tables(part))
    shown = {found for text in fenced(section, "yaml") for found in pieces_in(read(text) | _as_flow(read(text)))}

    assert [key for key in keys_of(piece) if (piece, key) not in shown] == []


def _as_flow(content: dict[str, object]) -> dict[str, object]:
    """Nodes that stand alone, as the nodes of a flow."""
    return {} if content.keys() & PIECES["campaign"].model_fields.keys() else {"flows": {"example": content}}
