"""Recorded decisions made again with other rule files: what would be otherwise is told exactly, and nothing else."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.replay.cases import Case, Otherwise
from gateway.replay.jobs import processors
from gateway.replay.replaying import CODE, LOST, NO_FILE, UNKNOWN
from gateway.replay.tally import Tally
from tests.gateway.replay.past import RULES, Past, past


@pytest.fixture
def before() -> Iterator[Past]:
    """Three joined: two are asked, of whom one has answered, and one waits."""
    with past() as made:
        made.join(50, 20, 5)
        made.says(0, "yes")
        made.says(1, "HELLO")
        made.says(2, "HELLO")
        yield made


def only(tally: Tally) -> Case:
    (case,) = tally.cases
    return case


def because(case: Case) -> list[str]:
    return [str(change) for change in case.because]


def examples(tally: Tally) -> list[int]:
    return [example.event for found in tally.cases.values() for example in found.examples]


def test_with_the_same_files_nothing_would_be_otherwise(before: Past) -> None:
    before.ground.go_to(hours=3)
    tally = before.replayed(RULES)

    assert tally.decisions == tally.events - tally.elsewhere > 6
    assert (dict(tally.otherwise), tally.cases, dict(tally.left_out)) == ({}, {}, {})


def test_a_changed_condition_tells_who_would_have_gone_another_way_where_and_why(before: Past) -> None:
    tally = before.replayed(RULES.replace("amount > 10", "amount > 30"))
    case = only(tally)
    found = tally.cases[case]

    assert (case.kind, case.node, case.was, case.now) == (Otherwise.WAY, "remind.owes", "ask", "rest")
    assert because(case) == [
        "rules.yaml:15:7: remind.owes: the condition is `amount > 30`, was `amount > 10` (line 15)"
    ]
    assert (found.decisions, len(found.people)) == (1, 1)
    assert [example.saw for example in found.examples] == [{"amount": 20}]
    assert (found.effects["SendMessage"], found.effects["KeepRun"]) == (-1, 1)


@settings(deadline=None, max_examples=12)
@given(
    st.lists(st.one_of(st.none(), st.integers(0, 100)), min_size=1, max_size=12),
    st.sampled_from([">", ">=", "<", "==", "!="]),
    st.integers(0, 100),
)
def test_exactly_the_events_are_named_whose_way_is_another_one(amounts: list[int | None], how: str, bound: int) -> None:
    def asked(amount: int | None, sign: str, limit: int) -> bool:
        holds = {">": int.__gt__, ">=": int.__ge__, "<": int.__lt__, "==": int.__eq__, "!=": int.__ne__}
        return amount is not None and holds[sign](amount, limit)

    with past() as made:
        made.join(*amounts)
        tally = made.replayed(RULES.replace("amount > 10", f"amount {how} {bound}"), examples=100)

    differ = [n for n, amount in enumerate(amounts, 1) if asked(amount, ">", 10) is not asked(amount, how, bound)]
    assert sorted(examples(tally)) == differ
    assert tally.otherwise.total() == len(differ)


def test_another_text_is_told_with_both(before: Past) -> None:
    tally = before.replayed(RULES.replace("Will you pay", "Can you pay"))
    case = only(tally)

    assert (case.kind, case.node, case.now) == (Otherwise.EFFECT, "remind.ask", "message: text")
    assert because(case) == [
        'rules.yaml:9:32: agent asker: of the question "pays", "ask" is "Can you pay {{ amount }}?", '
        'was "Will you pay {{ amount }}?" (line 9)'
    ]
    assert [(one.was, one.now) for one in tally.cases[case].examples] == [
        ("text: Will you pay 50?", "text: Can you pay 50?"),
        ("text: Will you pay 20?", "text: Can you pay 20?"),
    ]


def test_a_trigger_that_would_be_narrowed_otherwise_is_told(before: Past) -> None:
    tally = before.replayed(RULES.replace("keyword: HELLO", "keyword: GOODBYE"))
    case = only(tally)

    assert (case.kind, case.node, case.was) == (Otherwise.FLOW, "words.wrote", "starts its flow")
    assert len(tally.cases[case].people) == 1  # the other is being asked: what they write is an answer
    assert case.because[0].key == "keyword"


def test_a_node_that_only_has_another_name_makes_no_difference(before: Past) -> None:
    before.ground.go_to(hours=3)
    tally = before.replayed(RULES.replace("rest", "pause").replace("done", "end"))

    assert (tally.cases, dict(tally.left_out)) == ({}, {})


HANDED_ON = """
    more: {do: to_another_flow, flow: later}
  later:
    entered: {when: from_another_flow, next: say}
    say: {do: reply, text: "More"}
"""


def test_a_flow_that_only_has_another_name_makes_no_difference_where_another_flow_leads_to_it() -> None:
    longer = RULES.replace('text: "Hello"', 'text: "Hello", next: more') + HANDED_ON
    with past(longer) as made:
        made.join(5)
        made.says(0, "HELLO")
        tally = made.replayed(longer.replace("later", "afterwards"))

    assert (tally.cases, dict(tally.left_out)) == ({}, {})


def test_what_began_under_the_old_name_is_not_heard_under_the_new_one(before: Past) -> None:
    renamed = RULES
    for edge in ("match: ask", "of: ask", "    ask: {"):
        renamed = renamed.replace(edge, edge.replace("ask", "inquire"))
    case = only(before.replayed(renamed))

    assert (case.kind, case.node, case.was) == (Otherwise.FLOW, "remind.answered", "starts its flow")
    assert because(case) == ["rules.yaml:18:5: remind.inquire: is the new name of remind.ask (line 18)"]


def test_what_was_under_way_stays_on_the_version_that_it_began_with(before: Past) -> None:
    longer = RULES.replace("outcome: nothing due", "outcome: all well").replace("for: 2h", "for: 1h")
    before.edit(longer)
    before.ground.go_to(hours=3)
    tally = before.replayed(longer)

    assert {case.node for case in tally.cases} == {"remind.rest"}  # the wait that began; it ends as it began
    assert tally.otherwise.total() == 1


CIRCLE = """
    again: {do: to_another_flow, flow: remind}
    entered: {when: from_another_flow, next: again}
"""


def test_a_loop_would_be_parked(before: Past) -> None:
    begin, end = RULES.index("    rest:"), RULES.index("    answered:")
    circle = (RULES[:begin] + CIRCLE.strip("\n") + "\n" + RULES[end:]).replace("else: rest", "else: again")
    case = only(before.replayed(circle))

    assert case.kind is Otherwise.LOOP
    assert "more than 50 flows started" in case.now


def test_only_the_period_and_the_campaign_asked_for_are_replayed(before: Past) -> None:
    now = before.ground.now()
    before.ground.pass_time(hours=1)
    before.join(70)
    changed = RULES.replace("amount > 10", "amount > 90")

    assert before.replayed(changed, until=now).otherwise.total() == 2
    assert before.replayed(changed, since=now).otherwise.total() == 1
    assert before.replayed(changed, campaign="another").decisions == 0


def test_what_cannot_be_made_again_is_counted_with_the_reason(before: Past) -> None:
    other = before.replayed(RULES.replace("campaign: dues", "campaign: other"))

    assert dict(other.left_out) == {("dues", NO_FILE): other.events - other.elsewhere}
    assert other.decisions == 0


def test_what_was_emptied_is_told_whatever_the_campaign(before: Past) -> None:
    before.empty(1)
    tally = before.replayed(RULES, campaign="dues")

    assert dict(tally.left_out) == {("", "why it was decided so is not kept any more"): 1}


def test_without_the_version_that_decided_nothing_is_said_of_what_would_be_otherwise(before: Past) -> None:
    hash = before.forget()
    changed = before.replayed(RULES.replace("amount > 10", "amount > 30").replace("keyword: HELLO", "keyword: BYE"))

    assert {reason for _, reason in changed.left_out} == {UNKNOWN.format(hash[:12]), LOST.format(hash[:12])}
    assert not changed.otherwise


def test_a_decision_that_this_program_makes_otherwise_is_no_difference_of_the_files(
    before: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rules.templates._bounded", lambda text: f"{text}!")
    tally = before.replayed(RULES)

    assert {reason for _, reason in tally.left_out} == {CODE}
    assert not tally.otherwise


def test_nothing_is_written(before: Past) -> None:
    whole = before.dump()
    before.replayed(RULES.replace("amount > 10", "amount > 30"))

    assert before.dump() == whole


def test_processes_find_together_what_one_finds(before: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.replay.jobs.SHARE", 2)
    changed = RULES.replace("amount > 10", "amount > 30")

    assert before.replayed(changed, jobs=2) == before.replayed(changed, jobs=1)


def test_there_are_no_more_processes_than_processors_that_may_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {1, 5}, raising=False)
    assert processors() == 2
    monkeypatch.delattr("os.sched_getaffinity")
    monkeypatch.setattr("os.cpu_count", lambda: None)
    assert processors() == 1
