"""The schema for editors says what the loader says: of every sound file yes, of every misshapen one no."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from rules.actions import ACTIONS
from rules.agents import AGENTS
from rules.loader import Project, ProjectChannel, load_rulebook
from rules.loading.nodes import TRIGGERS
from rules.loading.shape import literal_of
from rules.marks import read_what_can_be_read
from rules.schema import rule_file_schema
from rules.schema_names import GivenNames, gather_names
from tests.reference.pages import DOCS, fenced
from tests.rules.case_files import read_cases
from tests.rules.rulebooks import BAD, GOOD, PROJECT, WARNED

SHAPE_CODES = {"E106", "E107", "E108", "E110", "E111", "E205", "E214", "E215"}
TEMPLATE = DOCS.parent / "gateway" / "project" / "rules" / "payment_reminder.yaml"
EVERYWHERE = Project(
    {**PROJECT.channels, "team": ProjectChannel("team", "slack", "slack")},
    services=PROJECT.services | {"shop"},
    functions=PROJECT.functions | {"prices.discount"},
)


def validator(project: Project = EVERYWHERE, given: GivenNames = GivenNames()) -> Draft7Validator:  # noqa: B008
    schema = rule_file_schema(project, given, {})
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


VALIDATOR = validator()


def sound_files() -> Iterator[Any]:
    paths = (*GOOD, *WARNED, TEMPLATE, *sorted((DOCS / "cookbook").glob("*.yaml")))
    yield from (pytest.param(path.read_text("utf-8"), id=path.name) for path in paths)
    for page in (DOCS.parent / "README.md", *sorted(DOCS.rglob("*.md"))):
        texts = (text for text in fenced(page.read_text("utf-8"), "yaml") if text.startswith("campaign:"))
        yield from (pytest.param(text, id=f"{page.name} {number}") for number, text in enumerate(texts, start=1))

    for case in {case.file: case for case in read_cases()}.values():
        yield pytest.param(case.rules, id=case.file)


def complaint(text: str | bytes, by: Draft7Validator = VALIDATOR) -> str:
    """What the schema has against a rule file, "" for nothing."""
    found = best_match(by.iter_errors(read_what_can_be_read(text)))
    return f"{list(found.absolute_path)}: {found.message}" if found else ""


@pytest.mark.parametrize("text", list(sound_files()))
def test_a_sound_rule_file_fits_the_schema(text: str) -> None:
    assert complaint(text) == ""


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_misshapen_rule_file_does_not(path: Path) -> None:
    """Misshapen is what the codes of `SHAPE_CODES` tell of; what else is wrong is for `pointsman check` to say."""
    found = load_rulebook(path.read_bytes(), path.name, EVERYWHERE).diagnostics
    if SHAPE_CODES & {one.code for one in found}:
        assert complaint(path.read_bytes())


@pytest.mark.parametrize("spec", [*TRIGGERS, *ACTIONS, *AGENTS], ids=lambda spec: spec.__name__)
def test_the_schema_has_every_trigger_action_and_agent_with_all_its_keys(spec: type[Any]) -> None:
    word = next(key for key in ("when", "do", "kind") if key in spec.model_fields)
    piece = VALIDATOR.schema["definitions"][literal_of(spec, word)]

    assert set(piece["properties"]) == {field.alias or name for name, field in spec.model_fields.items()}
    assert piece["properties"][word]["const"] == literal_of(spec, word)
    assert piece["additionalProperties"] is False


HEAD = "campaign: trial\nflows:\n main:\n  begin: {when: participant_created, next: go}\n  go: "


@pytest.mark.parametrize(
    ("node", "fits"),
    [
        ("{do: finish}", True),
        ("{do: finish, outcome: 3}", False),
        ("{do: finsh}", False),
        ("{do: finish, next: go}", False),
        ("{do: communicate, channel: sms, agent: a}", True),
        ("{do: communicate, channel: fax, agent: a}", False),
        ("{do: communicate, channel: sms, agent: a, expires: 2 days}", False),
        ("{do: communicate, channel: sms, agent: a, fallback: slack}", True),
        ("{do: communicate, channel: sms, agent: a, fallback: [slack, fax]}", False),
        ("{do: communicate, channel: sms, agent: a, fallback: {channel: slack, on: failed}}", True),
        ("{do: communicate, channel: sms}", False),
        ("{do: call_webhook, service: crm, with: {a: {expr: 1 + 1}, b: x}}", True),
        ("{do: call_webhook, service: crn}", False),
        ("{do: run_python, function: os.system}", False),
        ("{do: update_field, set: {a: 1, b: {expr: x}, c: }}", True),
        ("{do: update_field, set: {a: {exp: x}}}", False),
        ("{do: update_field, set: {}}", False),
        ("{if: 'true', match: go}", True),
        ("{if: {any: [a == 1, 'b']}, match: go}", True),
        ("{if: {some: [a]}, match: go}", False),
        ("{if: a, do: finish}", False),
        ("{when: communication_ended, status: Failed}", True),
        ("{when: communication_ended, status: [failed, read]}", False),
        ("{when: participant_created, status: failed}", False),
        ("{when: communication_ended, of: [ask, other.ask]}", True),
        ("{next: go}", False),
        ("3", False),
    ],
)
def test_a_node_fits_where_the_loader_takes_its_shape(node: str, fits: bool) -> None:
    assert (complaint(HEAD + node) == "") is fits, complaint(HEAD + node)


def test_a_complaint_is_about_the_key_that_is_wrong_and_not_about_other_kinds_of_nodes() -> None:
    assert complaint(HEAD + "{do: finish, outcom: x}") == (
        "['flows', 'main', 'go']: Additional properties are not allowed ('outcom' was unexpected)"
    )


def test_names_of_all_files_are_offered_and_others_are_still_taken() -> None:
    broken = "campaign: two\nagents:\n  late: {kind: notice\n"
    given = gather_names(
        [HEAD + "{do: communicate, channel: sms, agent: guide}", "fields: {age: {}}", broken, "- 1", b"\xff"]
    )

    assert given == GivenNames(
        fields=("age",), agents=("late",), flows=("main",), nodes=("begin", "go"), talks=("go", "main.go")
    )
    offered = validator(given=given).schema["definitions"]
    assert offered["agent_name"]["anyOf"][0] == {"enum": ["late"]}
    assert offered["field_or_identifier"]["anyOf"][0] == {"enum": ["age", "email", "external_id", "phone", "slack"]}
    assert complaint(HEAD + "{do: communicate, channel: sms, agent: mine}", validator(given=given)) == ""


def test_a_project_without_services_takes_none() -> None:
    assert complaint(HEAD + "{do: call_webhook, service: crm}", validator(Project(PROJECT.channels)))
