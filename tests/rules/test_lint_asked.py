"""Warnings about what conditions have asked already: a field found unset and then used (W307), the same asked again
(W301)."""

import pytest

from tests.rules.linting import codes

JOINED = "{when: participant_created, next: it}"


@pytest.mark.parametrize(
    ("condition", "way", "then", "warned"),
    [
        ("is_not_set(name)", "match", "", True),
        ("is_set(name)", "else", "", True),
        ("not is_set(name) and visits > 3", "match", "", True),
        ("is_set(name) or visits > 3", "else", "", True),
        ("{none: [is_set(name)]}", "match", "", True),
        ("is_set(name)", "match", "", False),
        ("is_not_set(name) or visits > 3", "match", "", False),
        ("is_set(name) and visits > 3", "else", "", False),
        ("is_not_set(name)", "match", "{do: update_field, set: {visits: 3}, next: say}", True),
        ("is_not_set(name)", "match", "{do: update_field, set: {name: Ada}, next: say}", False),
        ("is_not_set(name)", "match", "{do: wait, for: 1d, next: say}", False),  # somebody may have seen to it
        ("is_not_set(name)", "match", "{if: name != 'Ada', else: say}", False),
        ("is_not_set(name)", "match", "{if: visits > 3, else: say}", True),
    ],
)
def test_a_field_that_a_condition_has_found_unset_is_warned_of(
    condition: str, way: str, then: str, warned: bool
) -> None:
    ask = f"    it: {{if: {condition}, {way}: {'then' if then else 'say'}}}\n"
    rest = f"    then: {then}\n" if then else ""
    say = "    say: {do: notify, channel: slack, to: '#desk', text: '{{ name }} is here'}\n"

    assert (codes(f"  main:\n    joined: {JOINED}\n{ask}{rest}{say}") == ["W307"]) is warned


@pytest.mark.parametrize(
    ("second", "between", "warned"),
    [
        ("member", "", True),
        ("not member", "", True),
        ("member or visits > 3", "", True),
        ("{all: [member]}", "", True),
        ("{none: [member]}", "", True),
        ("member and visits > 3", "", False),
        ("member == true", "", False),
        ("member", "{do: reply, text: Hi, next: again}", True),
        ("member", "{switch: stage, cases: {new: again, asked: again, done: again}}", True),
        ("member", "{do: update_field, set: {visits: 3}, next: again}", True),
        ("member", "{do: update_field, set: {member: false}, next: again}", False),
        ("member", "{do: wait, for: 1h, next: again}", False),
        ("member", "{do: communicate, channel: sms, agent: hello, next: again}", False),
    ],
)
def test_what_was_asked_on_the_way_is_not_asked_again(second: str, between: str, warned: bool) -> None:
    first = f"    first: {{if: member, match: {'then' if between else 'again'}}}\n"
    then = f"    then: {between}\n" if between else ""
    again = f"    again: {{if: {second}, match: a, else: b}}\n    a: {{do: finish}}\n    b: {{do: finish}}\n"

    found = codes(f"  main:\n    wrote: {{when: incoming_session, next: first}}\n{first}{then}{again}")

    assert ("W301" in found) is warned


def test_what_only_one_way_has_asked_may_be_asked_again() -> None:
    flow = """
  main:
    wrote: {when: incoming_session, next: first}
    joined: {when: participant_updated, next: again}
    first: {if: member, match: again}
    again: {if: member, match: end, else: end}
    late: {when: participant_created, next: more}
    more: {if: visits > 3, match: once_more, else: once_more}
    once_more: {if: visits > 3, match: end, else: end}
    only: {when: communication_ended, of: both.use_asks, next: still}
    still: {if: stage == "new", match: so}
    so: {if: stage == "new", match: end}
    end: {do: finish}
"""
    assert codes(flow) == []  # of the last one nothing is written that is never taken
