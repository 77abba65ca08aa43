"""Warnings: each is said where it is right, and where it would be noise nothing is said."""

import re
from pathlib import Path

import pytest

from rules.diagnostics import CODES
from rules.loader import load_folder, load_rulebook
from tests.rules.linting import HEAD, USE, codes, node, warnings
from tests.rules.rulebooks import PROJECT, WARNED, printed

ELSEWHERE = {"W308"}  # needs two files
ENDED = "{when: communication_ended, of: both.use_hello, next: it}"
ASKED = "{when: communication_ended, of: both.use_asks, next: it}"


@pytest.mark.parametrize("path", WARNED, ids=lambda path: path.stem)
def test_a_doubtful_file_loads_and_prints_its_warnings(path: Path) -> None:
    loaded = load_rulebook(path.read_bytes(), path.name, PROJECT)

    assert loaded.rulebook is not None
    assert {found.level for found in loaded.diagnostics} == {"warning"}
    assert printed(path) == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_every_warning_has_a_file_that_shows_it() -> None:
    seen = set(re.findall(r"\[(W\d{3})\]", "".join(printed(path) for path in WARNED)))

    assert seen == {code for code in CODES if code.startswith("W")} - ELSEWHERE


def test_a_file_with_a_mistake_is_not_warned_about() -> None:
    text = HEAD + "  main:\n    it: {when: participant_created, next: nowhere}\n    always: {if: true}\n"

    assert {found.level for found in load_rulebook(text, "a.yaml", PROJECT).diagnostics} == {"error"}


@pytest.mark.parametrize(
    "condition",
    [
        'stage == "new" or stage == "done"',
        'stage == "new" or stage != "new"',  # neither where it is unset
        "visits > 3 and visits < 5",
        "amount > 3 and amount < 4",
        "amount > visits and visits > amount",  # names with names: nothing is claimed
        "is_set(due) and due > today()",
        "not is_set(name)",
        'name == "A" or contains(name, "b")',
        'message.keyword == "NEWS" or message.keyword == "OFFERS"',
        'message.text == "yes please"',
        "member and not is_set(name)",
        "hour(now()) > 22 and hour(now()) <= 23",
        "not weekday(due) < 8",  # where it is unset
        "hour(now()) + 1 > 30",  # only the values of names are looked at
        "between(amount, 3, 10)",
        "between(visits, amount, 3)",
        "not between(amount, 10, 10)",
        "between(due, date(2027, 3, 1), date(2027, 4, 1))",
        'communication.status == "planned"',  # nobody knows which communication was the last
        'results.day == "Monday"',
    ],
)
def test_a_condition_that_may_go_both_ways_is_not_warned_of(condition: str) -> None:
    assert node(f"{{if: '{condition}', match: end}}") == []


@pytest.mark.parametrize(
    ("condition", "trigger"),
    [
        ('stage == "new" and stage == "done"', "{when: incoming_session, next: it}"),
        ("visits > 5 and not visits > 2", "{when: incoming_session, next: it}"),
        ("amount in [1, 2] and amount > 2", "{when: incoming_session, next: it}"),
        ("is_set(name) and is_not_set(name)", "{when: incoming_session, next: it}"),
        ("between(amount, 10, 3)", "{when: incoming_session, next: it}"),
        ("between(due, date(2027, 4, 1), date(2027, 3, 1))", "{when: incoming_session, next: it}"),
        ("hour(now()) > 23", "{when: incoming_session, next: it}"),
        ("weekday(today()) >= 1", "{when: incoming_session, next: it}"),
        ("weekday(due) in [0, 8]", "{when: incoming_session, next: it}"),
        ('message.keyword == "STAY"', "{when: incoming_session, keyword: [JOIN, LEAVE], next: it}"),
        ('message.keyword == "JOIN"', "{when: incoming_session, keyword: JOIN, next: it}"),
        ('communication.status == "replied"', ENDED),
        ('communication.status == "no_response"', ENDED),  # a notice expects no answer
    ],
)
def test_a_condition_that_goes_one_way_only_is_warned_of(condition: str, trigger: str) -> None:
    assert node(f"{{if: '{condition}', match: end}}", trigger) == ["W301"]


def test_the_status_that_a_flow_was_entered_with_is_known_there() -> None:
    flows = """
  main:
    ended: {when: communication_ended, of: both.use_asks, status: completed, next: over}
    over: {do: to_another_flow, flow: other}
  other:
    entered: {when: from_another_flow, next: which}
    which: {switch: communication.status, cases: {completed: end, failed: end}}
    end: {do: finish}
"""
    assert codes(flows) == ["W301"]


@pytest.mark.parametrize(
    "waiting", ["{do: wait, for: 1d, next: which}", "{do: call_webhook, service: crm, next: which}"]
)
@pytest.mark.parametrize(
    ("begins", "warned"),
    [
        ("{when: communication_updated, of: both.use_asks, next: it}", []),
        ("{when: communication_updated, of: both.use_asks, status: delivered, next: it}", []),
        ("{when: communication_ended, of: both.use_asks, status: [failed, skipped], next: it}", ["W301"]),
    ],
)
def test_after_a_wait_an_open_communication_may_have_come_to_anything(
    waiting: str, begins: str, warned: list[str]
) -> None:
    flow = f"  main:\n    begins: {begins}\n    it: {waiting}\n"
    which = "    which: {switch: communication.status, cases: {completed: end, failed: end}, else: }\n"

    assert codes(f"{flow}{which}    end: {{do: finish}}\n") == warned


@pytest.mark.parametrize(
    ("body", "trigger"),
    [
        ("{switch: stage, cases: {new: end, asked: end, done: end}}", ASKED),
        ("{switch: stage, cases: {new: end}, else: end}", ASKED),
        ("{switch: stage, cases: {new: end}, else: }", ASKED),
        ("{switch: stage, cases: {new: end, asked: , done: }}", ASKED),
        ("{switch: name, cases: {A: end}}", ASKED),
        ("{switch: visits, cases: {1: end}}", ASKED),
        ("{switch: member, cases: {true: end, false: end}}", ASKED),
        ("{switch: member, cases: {true: end}, else: }", ASKED),
        ("{switch: communication.status, cases: {completed: end, failed: end, canceled: end, skipped: end}}", ENDED),
        ("{switch: communication.status, cases: {completed: end}}", "{when: incoming_session, next: it}"),
    ],
)
def test_a_switch_that_speaks_of_all_values_is_not_warned_of(body: str, trigger: str) -> None:
    assert node(body, trigger) == []


@pytest.mark.parametrize(
    ("body", "trigger", "warned"),
    [
        ("{switch: message.keyword, cases: {JOIN: end, STAY: end}}", "keyword: [JOIN, LEAVE]", ["W301"]),
        ("{switch: message.keyword, cases: {JOIN: end, LEAVE: end}}", "keyword: [JOIN, LEAVE]", []),
        ("{switch: message.keyword, cases: {JOIN: end, STAY: end}}", "channel: sms", []),
        ("{switch: weekday(today()), cases: {1: end, 8: end}}", "channel: sms", ["W301"]),
        ("{switch: hour(now()), cases: {0: end, 23: end}}", "channel: sms", []),
        ("{switch: hour(now()), cases: {24: end}}", "channel: sms", ["W301"]),
        ("{switch: member, cases: {true: end}}", "channel: sms", ["W302"]),
        ("{switch: visits > 3, cases: {false: end}}", "channel: sms", ["W302"]),
    ],
)
def test_a_case_is_warned_of_where_the_subject_never_is_that_or_one_is_missing(
    body: str, trigger: str, warned: list[str]
) -> None:
    assert node(body, f"{{when: incoming_session, {trigger}, next: it}}") == warned


def test_the_answer_that_never_came_is_missing_only_where_one_was_expected() -> None:
    switch = "{switch: communication.status, cases: {completed: end, failed: end, canceled: end, skipped: end}}"

    assert node(switch, ENDED) == []
    assert node(switch, ASKED) == ["W302"]


def test_a_warning_is_silenced_on_its_line_and_by_its_code_only() -> None:
    line = "    it: {if: true, match: end}"
    rest = "\n    end: {do: finish}\n" + USE
    head = HEAD + "  main:\n    begins: {when: incoming_session, next: it}\n"

    assert [w.code for w in warnings(head + line + rest)] == ["W301"]
    assert warnings(head + line + "  # for now; lint: ok W302, W301" + rest) == ()
    assert len(warnings(head + line + "  # lint: ok W302" + rest)) == 1
    assert len(warnings(head + "    # lint: ok W301\n" + line + rest)) == 1
    assert [w.code for w in warnings(head + line + "  # lint: ok W301 W999 E101" + rest)] == ["W313", "W313"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("'{{ name }}'  # lint: ok W307", []),
        ("{{ name }}#lint:ok W307", ["W307"]),
        ("'{{ name }} # lint: ok W307'", ["W307"]),
        ('"its \\" {{ name }} # lint: ok W999"', ["W307"]),
        ("'{{ name }} # lint: ok W305'  # mine; lint: ok W307", []),
        ("|\n      {{ name }}  # lint: ok W307", ["W307"]),
        (">-  # lint: ok W307\n      so\n      {{ name }}", []),
        ("'so\n      {{ name }}  # lint: ok W307\n      on'", ["W307"]),
        ("'{{ name }}'  # lint: ok w307 W3070", ["W307", "W313", "W313"]),
        ("'{{ name }}'  # lint: ok", ["W307"]),
    ],
)
def test_only_a_comment_silences_and_not_what_looks_like_one_in_a_text(text: str, found: list[str]) -> None:
    agent = f"  hello:\n    kind: notice\n    text: {text if text[0] != '{' else 'x ' + text}\n"
    head = HEAD.replace("  hello: {kind: notice, text: Hello}\n", agent)
    flow = "  main:\n    joined: {when: participant_created, next: say}\n"
    flow += "    say: {do: communicate, channel: slack, agent: hello}\n"

    assert [w.code for w in warnings(head + flow + USE.replace("agent: hello", "agent: asks"))] == found


def customers(campaign: str, kind: str, comment: str = "") -> str:
    field = f"fields:\n  size: {{type: {kind}, level: customer}}{comment}\n"
    return f"campaign: {campaign}\n{field}flows:\n  main:\n    joined: {{when: participant_created}}\n"


def test_a_customer_field_of_two_types_is_told_at_the_later_file() -> None:
    texts = {"a.yaml": customers("one", "integer"), "b.yaml": customers("two", "string")}

    folder = load_folder(texts, PROJECT)

    assert set(folder.rulebooks) == {"one", "two"}
    assert [str(found) for found in folder.diagnostics] == [
        'b.yaml:3:3: warning[W308]: the customer field "size" is string here, but integer in a.yaml:3:3'
    ]


def test_a_customer_field_of_one_type_or_silenced_is_not_told() -> None:
    one, same = customers("one", "integer"), customers("two", "integer")
    quiet = customers("three", "string", "  # lint: ok W308")

    assert load_folder({"a.yaml": one, "b.yaml": same, "c.yaml": quiet}, PROJECT).diagnostics == ()
