"""What is different between two versions of a rule file is told exactly, with the lines in both."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.difference import Difference, Edition, difference, edition
from rules.loader import Project, load_rulebook
from tests.rules.rulebooks import GOOD, PROJECT

COOKBOOK = sorted(Path("docs/cookbook").glob("*.yaml"))
REMINDER = COOKBOOK[0].read_text("utf-8")
EVERYTHING = Project(
    PROJECT.channels,
    services=PROJECT.services | {"shop"},
    functions=PROJECT.functions | {"prices.discount"},
)


def of(text: str, file: str) -> Edition:
    loaded = load_rulebook(text, file, EVERYTHING)
    assert loaded.rulebook is not None, [str(found) for found in loaded.diagnostics]
    return edition(loaded.rulebook, text)


def between(old: str, new: str) -> Difference:
    return difference(of(old, "old.yaml"), of(new, "new.yaml"))


def told(old: str, new: str) -> list[str]:
    return [str(change) for change in between(old, new).changes]


def edited(*edits: tuple[str, str]) -> str:
    text = REMINDER
    for before, after in edits:
        assert before in text, before
        text = text.replace(before, after)
    return text


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            "if: due_date >= today()",
            "if: due_date > today()",
            "new.yaml:41:7: remind.not_yet_due: the condition is `due_date > today()`, "
            "was `due_date >= today()` (line 41)",
        ),
        (
            "if: due_date >= today()",
            "if: {all: [due_date >= today(), amount_due > 5]}",
            "new.yaml:41:39: remind.not_yet_due: the condition asks for `amount_due > 5`, too",
        ),
        (
            "match: done\n      else: broken_promise",
            "match: paid_in_time\n      else: broken_promise",
            'new.yaml:69:7: remind.kept: "match" leads to paid_in_time, led to done (line 69)',
        ),
        (
            "no_response: no_answer}",
            "no_response: no_answer, canceled: done}",
            'new.yaml:59:60: remind.read_result: the case "canceled" leads to done, led nowhere',
        ),
        (
            "match: stop_reminding\n",
            "match: stop_reminding\n      else: say_thanks\n",
            'new.yaml:83:7: paid.is_paid: "else" leads to say_thanks, led nowhere',
        ),
        (
            "switch: communication.status",
            "switch: lower(communication.status)",
            "new.yaml:58:7: remind.read_result: the switch is over `lower(communication.status)`, "
            "was over `communication.status` (line 58)",
        ),
        ("expires: 5d", "expires: 6d", 'new.yaml:49:7: remind.send_reminder: "expires" is "6d", was "5d" (line 49)'),
        (
            "      fallback: slack\n    reminder_ended",
            "    reminder_ended",
            'old.yaml:51:7: remind.send_reminder: "fallback" is gone; it was "slack"',
        ),
        (
            "of: send_reminder, next",
            "of: send_reminder, status: completed, next",
            'new.yaml:52:68: remind.reminder_ended: "status" is new: "completed"',
        ),
        (
            "set: {payment_status: promised}",
            "set: {payment_status: paid}",
            'new.yaml:65:44: remind.note_promise: "set.payment_status" is "paid", was "promised" (line 65)',
        ),
        (
            "retries: 1",
            "retries: 2",
            'new.yaml:23:9: agent collector: of the question "will_pay", "retries" is 2, was 1 (line 23)',
        ),
        (
            "values: [unpaid, promised, paid]",
            "values: [unpaid, promised, paid, lost]",
            'new.yaml:13:39: field payment_status: "values" is ["unpaid", "promised", "paid", "lost"], '
            'was ["unpaid", "promised", "paid"] (line 13)',
        ),
        ("max_per_day: 2", "max_per_day: 3", 'new.yaml:7:91: contact: "max_per_day" is 3, was 2 (line 7)'),
        (
            "timezone: Europe/Berlin",
            "timezone: Europe/Paris",
            'new.yaml:4:1: campaign: "timezone" is "Europe/Paris", was "Europe/Berlin" (line 4)',
        ),
        (
            "{do: finish, outcome: paid}",
            "{do: wait, for: 1d, next: paid_in_time}",
            "new.yaml:71:5: remind.done: is now do: wait, was do: finish (line 71)",
        ),
        (
            "paid_in_time",
            "paid_early",
            "new.yaml:39:5: remind.paid_early: is the new name of remind.paid_in_time (line 39)",
        ),
        ("collector", "asker", "new.yaml:16:3: agent asker: is the new name of collector (line 16)"),
        ("receipt, fallback", "receipt, next: ok, fallback", None),
    ],
)
def test_one_edit_is_one_change_told_in_words_with_its_line(before: str, after: str, words: str | None) -> None:
    if words is None:
        new = edited((before, after), ("  escalate:", "    ok: {do: finish, outcome: thanked}\n\n  escalate:"))
        assert told(REMINDER, new) == [
            'new.yaml:84:65: paid.say_thanks: "next" leads to ok, led nowhere',
            "new.yaml:86:5: paid.ok: is new (do: finish)",
        ]
    else:
        assert told(REMINDER, edited((before, after))) == [words]


def test_what_is_gone_comes_last_with_its_line_in_the_old_file() -> None:
    begin = REMINDER.index("  paid:\n")
    shorter = REMINDER[:begin] + REMINDER[REMINDER.index("  escalate:") :]
    shorter = shorter.replace(REMINDER[REMINDER.index("  receipt:") : REMINDER.index("flows:")], "")

    assert told(REMINDER, shorter) == [
        "old.yaml:27:3: agent receipt: is gone (notice)",
        "old.yaml:78:3: flow paid: is gone (changed, is_paid, stop_reminding, say_thanks)",
    ]


def test_a_renamed_flow_is_one_change_and_its_nodes_are_none() -> None:
    found = between(REMINDER, edited(("  escalate:\n", "  hand_over:\n"), ("flow: escalate", "flow: hand_over")))

    assert [str(change) for change in found.changes] == [
        "new.yaml:86:3: flow hand_over: is the new name of escalate (line 86)"
    ]
    assert found.renamed == {
        "escalate.entered": "hand_over.entered",
        "escalate.tell_billing": "hand_over.tell_billing",
    }


def test_flows_that_change_places_are_told_where_one_event_starts_both() -> None:
    flow = "  {0}:\n    joined: {{when: participant_created, next: say}}\n    say: {{do: finish, outcome: {0}}}\n"
    head = "campaign: trial\nflows:\n"
    one, other = flow.format("one"), flow.format("other")

    assert told(head + one + other, head + other + one) == [
        "new.yaml:4:5: triggers participant_created: other.joined comes before one.joined now"
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("retries: {after: 1d,", "retries: {after: [24h],"),
        ('if: payment_status != "paid"          # who', "if:   (payment_status   !=  'paid') # who"),
        ("of: send_reminder, next", "of: [remind.send_reminder], next"),
        ("type: string, level: customer, required: true", "required: true, level: customer, type: string"),
        ("# Remind people", "# Ask people"),
        ("amount_due:     {type: numeric,", "amount_due:     {type: numeric, level: participant,"),
        (
            "cases: {completed: promised, no_response: no_answer}",
            "cases: {no_response: no_answer, completed: promised}",
        ),
    ],
)
def test_another_way_to_write_the_same_is_no_difference(before: str, after: str) -> None:
    assert not between(REMINDER, edited((before, after)))


@pytest.mark.parametrize("path", [*GOOD, *COOKBOOK], ids=lambda path: path.stem)
def test_a_file_differs_neither_from_itself_nor_from_a_copy_with_comments(path: Path) -> None:
    text = path.read_text("utf-8")
    commented = "# a comment\n\n" + text

    assert not between(text, text)
    assert not between(text, commented)
    assert not between(commented, text)


EDITS = (
    ("if: due_date >= today()", "if: due_date > today()", 41),
    ("expires: 5d", "expires: 6d", 49),
    ("retries: 1", "retries: 2", 23),
    ("max_per_day: 2", "max_per_day: 3", 7),
    ("until: due_date + days(2)", "until: due_date + days(3)", 66),
    ("reason: does not answer", "reason: is silent", 73),
    ('to: "#billing"', 'to: "#money"', 91),
    ("Thank you {{ first_name }}, we", "Thanks {{ first_name }}, we", 29),
)


@settings(deadline=None, max_examples=25)
@given(st.sets(st.sampled_from(EDITS)))
def test_any_edits_are_told_line_by_line_and_no_others(edits: set[tuple[str, str, int]]) -> None:
    new = edited(*((before, after) for before, after, _ in edits))
    lines = {change.new.line for change in between(REMINDER, new).changes if change.new}

    assert lines == {line for _, _, line in edits}


@settings(deadline=None, max_examples=25)
@given(st.sets(st.sampled_from(EDITS)), st.sets(st.sampled_from(EDITS)))
def test_there_is_a_difference_one_way_just_where_there_is_one_the_other_way(
    one: set[tuple[str, str, int]], other: set[tuple[str, str, int]]
) -> None:
    texts = [edited(*((before, after) for before, after, _ in edits)) for edits in (one, other)]

    assert bool(between(*texts)) is bool(between(*reversed(texts))) is (one != other)
