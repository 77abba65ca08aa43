"""The reference for operators says what the code does: no more, no less."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from rules.actions import ACTIONS
from rules.agents.form import FormSpec
from rules.agents.notice import NoticeSpec
from rules.agents.question_spec import QuestionSpec
from rules.agents.webhook import ResultSpec, WebhookSpec
from rules.diagnostics import CODES
from rules.filters import FILTERS
from rules.loader import load_rulebook, report
from rules.loading.campaign import CampaignSpec, ChannelSpec, FieldSpec
from rules.loading.contact import ContactSpec
from rules.loading.given import Formula
from rules.loading.lines import LinesSpec
from rules.loading.nodes import TRIGGERS, IfSpec, SwitchSpec
from rules.loading.shape import Spec, literal_of
from rules.loading.takes import TakenSpec
from rules.loading.times import FallbackSpec, RetriesSpec
from rules.names import NameInfo, Scope
from rules.templates import compile_template
from rules.values import Value, ValueType
from tests.reference.pages import DOCS, PAGES, fenced, key_tables, renewed
from tests.rules.rulebooks import PROJECT

PIECES: dict[str, type[Spec]] = {
    "campaign": CampaignSpec,
    "contact": ContactSpec,
    "field": FieldSpec,
    "channel": ChannelSpec,
    "notice": NoticeSpec,
    "form": FormSpec,
    "question": QuestionSpec,
    "webhook": WebhookSpec,
    "result": ResultSpec,
    "if": IfSpec,
    "lines": LinesSpec,
    "switch": SwitchSpec,
    "formula": Formula,
    "retries": RetriesSpec,
    "fallback": FallbackSpec,
    "taken": TakenSpec,
    **{literal_of(spec, "when"): spec for spec in TRIGGERS},
    **{literal_of(spec, "do"): spec for spec in ACTIONS},
}
RULE_FILES = DOCS / "reference" / "rule-files.md"
EXAMPLES = [
    pytest.param(text, id=f"{page.name}-{number}")
    for page in (DOCS.parent / "README.md", *sorted(DOCS.rglob("*.md")))
    for number, text in enumerate(fenced(page.read_text("utf-8"), "yaml"), start=1)
    if text.startswith("campaign:")
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_takes_from_the_code_is_what_the_code_says(page: Path) -> None:
    """If this fails, `python -m tests.reference` writes the page anew."""
    text = page.read_text("utf-8")

    assert text == renewed(text)


def test_every_piece_of_a_rule_file_has_a_table_of_its_keys() -> None:
    assert set(key_tables(RULE_FILES.read_text("utf-8"))) == set(PIECES)


@pytest.mark.parametrize("piece", PIECES)
def test_a_table_names_every_key_and_which_ones_are_needed(piece: str) -> None:
    rows = key_tables(RULE_FILES.read_text("utf-8"))[piece]
    fields = {field.alias or name: field for name, field in PIECES[piece].model_fields.items()}

    assert list(rows) == list(fields)
    assert {key for key, default in rows.items() if default == "needed"} == {
        key for key, field in fields.items() if field.is_required()
    }


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_whole_rule_file_in_the_docs_is_sound(text: str) -> None:
    loaded = load_rulebook(text, "example.yaml", PROJECT)

    assert report(loaded.diagnostics, {"example.yaml": text}) == ""


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
