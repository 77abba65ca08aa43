"""What an editor shows of a key is what the reference says of it."""

import pytest

from rules.loader import Project
from rules.schema import rule_file_schema
from rules.schema_names import GivenNames
from tests.reference.pages import MEANINGS, key_tables, meanings, rule_pages

PAGE = rule_pages()


def test_the_meanings_in_the_package_are_those_of_the_reference() -> None:
    """If this fails, `python -m tests.reference` writes them anew."""
    assert MEANINGS.read_text("utf-8") == meanings(PAGE)


@pytest.mark.parametrize("piece", key_tables(PAGE))
def test_every_key_of_the_reference_is_explained_in_the_schema(piece: str) -> None:
    meaning = {piece: {key: f"what {key} means" for key in key_tables(PAGE)[piece]}}
    schema = rule_file_schema(Project(), GivenNames(), meaning)
    properties = schema["properties"] if piece == "campaign" else schema["definitions"][piece]["properties"]

    assert {key: shape["description"] for key, shape in properties.items()} == meaning[piece]
