"""Every key of the settings has its row in a table, and stands in the example, which is read as a project's is."""

import tomllib
from pathlib import Path

import pytest

from gateway.settings import FILE, load_settings
from tests.reference.pages import DOCS, fenced, setting_tables
from tests.reference.settings_keys import TABLES, settings_in, settings_of

PAGE = (DOCS / "reference" / "settings.md").read_text("utf-8")
EXAMPLE = fenced(PAGE, "toml")[0]


@pytest.mark.parametrize("table", TABLES)
def test_a_table_says_of_every_setting_what_it_means(table: str) -> None:
    """If keys are missing, `python -m tests.reference` adds their rows."""
    rows = setting_tables(PAGE)[table]

    assert list(rows) == settings_of(table)
    assert [key for key, meaning in rows.items() if not meaning] == []


@pytest.mark.parametrize("table", TABLES)
def test_every_setting_is_in_the_example(table: str) -> None:
    written = settings_in(tomllib.loads(EXAMPLE))

    assert [
        key for key in settings_of(table) if (table, key) not in written | {("twilio", "messaging_service_sid")}
    ] == []


def test_the_example_is_a_sound_settings_file(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(EXAMPLE, "utf-8")
    for folder in ("rules", "actions"):
        (tmp_path / folder).mkdir()
    (tmp_path / "actions" / "scoring.py").write_text("def rate(call): ...\n", "utf-8")

    assert load_settings(tmp_path, offline=True).public_url == "https://gateway.example.com"
