"""What would be asked for otherwise: by the names of what differs, and because of the lines that it depends on."""

from collections.abc import Iterator

import pytest

from gateway.replay.cases import Case, Example
from tests.gateway.replay.past import RULES, Past, past

DECLARED = "  paid: {type: boolean, default: false}\n"
SETTING = "set: {paid: {expr: results.pays}}"


@pytest.fixture
def before() -> Iterator[Past]:
    """Two are asked, of whom one has answered."""
    with past() as made:
        made.join(50, 20)
        made.says(0, "yes")
        yield made


def found(before: Past, text: str) -> tuple[list[Case], list[Example]]:
    tally = before.replayed(text)
    return list(tally.cases), [example for found in tally.cases.values() for example in found.examples]


def test_a_field_that_is_declared_otherwise_is_to_blame_for_what_it_is_set_to(before: Past) -> None:
    cases, examples = found(before, RULES.replace(DECLARED, DECLARED.replace("false", "true")))

    assert {(case.node, case.now) for case in cases} == {("", "change of fields: paid")}
    assert {str(change) for case in cases for change in case.because} == {
        'rules.yaml:5:25: field paid: "default" is true, was false (line 5)'
    }
    assert [(one.was, one.now) for one in examples] == [("paid: false", "paid: true")] * 2


def test_a_talk_that_begins_otherwise_is_blamed_on_its_own_line_beside_a_field_that_is_declared_otherwise(
    before: Past,
) -> None:
    both = RULES.replace(DECLARED, DECLARED.replace("false", "true"))
    cases, _ = found(before, both.replace("agent: asker}", "agent: asker, at: now() + days(2)}"))

    assert [change.what for change in cases[0].because] == ["field", "node"]
    assert "message less" in cases[0].now


def test_a_value_that_a_node_sets_is_shown_by_the_name_of_its_field(before: Past) -> None:
    (case,), (example,) = found(before, RULES.replace(SETTING, "set: {amount: 7}"))

    assert (case.node, case.now) == ("remind.note", "change of fields: paid, amount")
    assert (example.was, example.now) == ("paid: true", "amount: 7")


def test_of_a_talk_that_begins_later_only_that_is_told_and_no_effect_for_another(before: Past) -> None:
    quiet = RULES.replace("campaign: dues", 'campaign: dues\ncontact: {quiet_hours: "08:00-09:00"}')
    cases, examples = found(before, quiet)

    assert [str(change) for change in cases[0].because] == [
        'rules.yaml:3:11: contact: "quiet_hours" is new: "08:00-09:00"'
    ]
    assert cases[0].node == "remind.ask"
    assert {"message less", "timer more"} <= set(cases[0].now.split(", "))
    assert " instead of " not in cases[0].now
    assert "at: 2027-03-01 09:00:00+00:00" in examples[0].now
    assert "+49" not in examples[0].now  # the address is the same


def test_the_node_of_the_talk_is_to_blame_though_others_that_were_walked_have_changed_too(before: Past) -> None:
    both = RULES.replace("Will you pay", "Can you pay").replace("amount > 10", "amount > 11")
    cases, _ = found(before, both)

    assert {case.node for case in cases} == {"remind.ask"}
    assert [change.what for change in cases[0].because] == ["agent"]
