"""`pointsman schema`: where it writes, and what of the project it knows."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft7Validator

from gateway.cli import main
from gateway.commands.beginning import write_project
from rules.marks import read_what_can_be_read


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_project(tmp_path, date(2026, 11, 22))
    return tmp_path


def pointsman(*arguments: str | Path) -> str:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_new_project_has_the_schema_that_its_campaign_names(tmp_path: Path) -> None:
    assert "/rules/.schema.json\n" in pointsman("init", tmp_path / "new")
    rules = (tmp_path / "new" / "rules" / "payment_reminder.yaml").read_text("utf-8")
    _, _, named = rules.splitlines()[0].partition("$schema=")
    schema = json.loads((tmp_path / "new" / "rules" / named).read_text("utf-8"))

    assert list(Draft7Validator(schema).iter_errors(read_what_can_be_read(rules))) == []
    assert schema["properties"]["campaign"]["description"].startswith("what the campaign is called")
    pointsman("check", "-C", tmp_path / "new")


def test_the_schema_knows_the_projects_names_though_a_file_is_broken(project: Path) -> None:
    (project / "rules" / "broken.yaml").write_text("campaign: b\nagents: {guide: {kind: notice}}\nflows: {hike: [}")
    names = json.loads(pointsman("schema", "-o", "-", "-C", project))["definitions"]

    assert names["channel_name"] == {"enum": ["slack", "sms"]}
    assert {"collector", "guide"} <= set(names["agent_name"]["anyOf"][0]["enum"])
    assert "amount_due" in names["field_name"]["anyOf"][0]["enum"]


def test_the_schema_goes_where_it_is_wanted(project: Path, tmp_path: Path) -> None:
    wanted = tmp_path / "editor.json"

    assert pointsman("schema", "-o", wanted, "-C", project) == f"wrote {wanted}\n"
    assert wanted.read_text("utf-8") == pointsman("schema", "-o", "-", "-C", project)
    assert not (project / "rules" / ".schema.json").exists()
    pointsman("schema", "-C", project)
    assert (project / "rules" / ".schema.json").read_text("utf-8") == wanted.read_text("utf-8")
