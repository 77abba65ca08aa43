"""Warnings about SMS: segments (W305) and the words of the carrier (W306)."""

import pytest

from channels.twilio.words import consent_of
from rules.lint.carrier_words import HELP, START, STOP
from rules.lint.gsm7 import segments
from tests.rules.linting import HEAD, codes, warnings


@pytest.mark.parametrize(
    ("text", "count", "units"),
    [
        ("", 1, 0),
        ("a" * 160, 1, 160),
        ("a" * 161, 2, 161),
        ("a" * 306, 2, 306),
        ("a" * 307, 3, 307),
        ("a" * 150 + "€" * 5, 1, 160),
        ("a" * 150 + "€" * 10, 2, 170),
        ("a" * 152 + "€" + "a" * 151, 2, 305),
        ("a" * 152 + "€" + "a" * 152, 3, 306),  # the euro sign is not divided: one place stays empty
        ("é" * 160, 1, 160),
        ("ç" * 70, 1, 70),
        ("a" * 69 + "\u2019", 1, 70),
        ("a" * 159 + "\u2019", 3, 160),
        ("a" * 70 + "\u2019", 2, 71),
        ("😀" * 35, 1, 70),
        ("😀" * 36, 2, 72),
        ("😀" * 67, 3, 134),  # 33 of them in each
        ("a" * 1600, 11, 1600),
        ("č" * 1600, 24, 1600),
    ],
)
def test_a_text_takes_as_many_segments_as_the_standard_says(text: str, count: int, units: int) -> None:
    found = segments(text)

    assert (found.count, found.units) == (count, units)


def text_warnings(text: str, channel: str = "sms", more: str = "") -> list[str]:
    head = HEAD.replace("text: Hello", f'text: "{text}"')
    flow = f"""
  main:
    joined: {{when: participant_created, next: say}}
    say: {{do: communicate, channel: {channel}, agent: hello{more}, next: ask}}
    ask: {{do: communicate, channel: slack, agent: asks}}
"""
    return [found.code for found in warnings(head + flow)]


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("x" * 160, False),
        ("x" * 161, True),
        ("x" * 160 + "{{ stage }}", True),  # at least "new" or "done"
        ("x" * 158 + "{{ stage }}", True),
        ("x" * 157 + "{{ stage }}", False),
        ("x" * 160 + "{% if member %}{% endif %}", False),
        ("x" * 100 + "{% if member %}" + "x" * 60 + "{% else %}" + "x" * 61 + "{% endif %}", True),
        ("x" * 100 + "{% if member %}" + "x" * 60 + "{% endif %}{# " + "x" * 50 + " #}", False),
        ("x" * 160 + "{{ name | default('') }}", False),
        ("x" * 155 + "{{ amount | money('EUR') }}", True),
        ("x" * 152 + "{{ amount | money('EUR') }}", False),
        ("x" * 70 + "\u2013", True),
        ("x" * 69 + "\u2013", False),
    ],
)
def test_a_text_is_measured_at_its_longest_branch_with_the_shortest_values(text: str, warned: bool) -> None:
    assert ("W305" in text_warnings(text)) is warned


@pytest.mark.parametrize(
    ("more", "warned"),
    [
        (f"help: {'x' * 120}", True),
        (f"help: {'x' * 119}", False),
        (f"retries: 1, invalid: {'x' * 120}", True),
        (f"retries: 1, invalid: {'x' * 119}", False),
        (f"invalid: {'x' * 120}", False),  # it is never said
    ],
)
def test_what_is_said_before_a_question_is_asked_again_is_measured_with_it(more: str, warned: bool) -> None:
    ask = f"ask: {'y' * 40}, {more}"
    head = HEAD.replace("ask: Which day?, type: enumeration, values: [Monday, Friday]", ask)
    flow = "  main:\n    joined: {when: participant_created, next: ask}\n"
    flow += "    ask: {do: communicate, channel: sms, agent: asks, next: say}\n"
    flow += "    say: {do: communicate, channel: slack, agent: hello}\n"

    assert [found.code for found in warnings(head + flow)] == (["W305"] if warned else [])


def test_only_what_may_go_by_sms_is_measured() -> None:
    assert text_warnings("x" * 200, "slack") == []
    assert text_warnings("x" * 200, "slack", ", fallback: sms") == ["W305"]


@pytest.mark.parametrize(
    ("trigger", "warned"), [("channel: slack", False), ("channel: [slack, sms]", True), ("keyword: NEWS", True)]
)
def test_a_reply_is_measured_where_its_message_may_have_come_by_sms(trigger: str, warned: bool) -> None:
    flow = f"  main:\n    wrote: {{when: incoming_session, {trigger}, next: tell}}\n"

    assert ("W305" in codes(f"{flow}    tell: {{do: reply, text: {'x' * 161}}}\n")) is warned


@pytest.mark.parametrize(
    ("trigger", "warned"),
    [
        ("keyword: STOP", True),
        ("keyword: [LEAVE, unsubscribe]", True),
        ("keyword: STOP, channel: slack", False),
        ("keyword: HELP", True),
        ("keyword: START", True),
        ("keyword: YES", False),
        ("keyword: LEAVE", False),
    ],
)
def test_a_keyword_of_the_carrier_is_warned_of_where_it_may_come_by_sms(trigger: str, warned: bool) -> None:
    assert (codes(f"  main:\n    wrote: {{when: incoming_session, {trigger}}}\n") == ["W306"]) is warned


@pytest.mark.parametrize(("channel", "found"), [("sms", ["W306"]), ("slack", [])])
def test_an_answer_that_would_unsubscribe_is_warned_of_on_sms_only(channel: str, found: list[str]) -> None:
    head = HEAD.replace("[Monday, Friday]", "[Keep it, Cancel it, Cancel.]")
    flow = "  main:\n    joined: {when: participant_created, next: ask}\n"
    flow += f"    ask: {{do: communicate, channel: {channel}, agent: asks, next: say}}\n"

    assert codes(flow + "    say: {do: communicate, channel: slack, agent: hello}\n", head, "") == found


def test_the_words_are_those_that_the_channel_takes_for_consent() -> None:
    assert {consent_of(word) for word in STOP} == {"stop"}
    assert {consent_of(word) for word in HELP} == {"help"}
    assert {consent_of(word) for word in START} <= {"start", ""}
