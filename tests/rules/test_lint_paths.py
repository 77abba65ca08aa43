"""Warnings about ways through flows: circles (W303), two flows that write at once (W304), fields that may be unset
(W307)."""

import pytest

from tests.rules.linting import HEAD, codes, warnings

COUNT = "    count: {do: update_field, set: {visits: {expr: visits + 1}}}"


@pytest.mark.parametrize(
    "flow",
    [
        # the same value, set again, is no change
        "changed: {when: participant_updated, next: note}\n    note: {do: update_field, set: {stage: done}}",
        "changed: {when: participant_updated, next: it}\n"
        "    it: {do: update_field, set: {visits: {expr: hour(now())}}}",
        # what changes is not what fires
        f"changed: {{when: participant_updated, field: stage, next: count}}\n{COUNT}",
        f"changed: {{when: participant_updated, source: api, next: count}}\n{COUNT}",
        # a condition asks for what changes
        f"changed: {{when: participant_updated, next: few}}\n    few: {{if: visits < 3, match: count}}\n{COUNT}",
        # what is skipped does not begin anew
        "joined: {when: participant_created, next: say}\n    say: {do: communicate, channel: sms, agent: hello}\n"
        "    ended: {when: communication_ended, of: say, status: failed, next: say}",
        "joined: {when: participant_created, next: say}\n    say: {do: communicate, channel: sms, agent: hello}\n"
        "    ended: {when: communication_ended, of: say, next: more}\n    more: {if: visits < 3, match: say}",
    ],
)
def test_what_comes_to_an_end_by_itself_is_no_circle(flow: str) -> None:
    assert codes(f"  main:\n    {flow}\n") == []


@pytest.mark.parametrize(
    "waiting", ["{do: wait, for: 1d, next: again}", "{do: call_webhook, service: crm, next: again}"]
)
def test_a_circle_with_a_wait_is_fine(waiting: str) -> None:
    begins = "  main:\n    joined: {when: participant_created, next: again}\n"
    around = f"    again: {waiting.replace('again', 'it')}\n    it: {{if: visits < 3, match: again}}\n"

    assert codes(begins + around) == []


@pytest.mark.parametrize(
    ("until", "warned"),
    [
        ("now()", True),
        ("today()", True),
        ("now() - hours(2)", True),
        ("today() - days(1) - weeks(2)", True),
        ("now() + hours(2)", False),
        ("today() + hours(9)", False),
        ("today() - days(visits)", False),
        ("date(2020, 1, 1)", False),  # what the date is today is not known here
        ("due", False),
    ],
)
def test_a_wait_until_what_has_surely_passed_is_no_wait(until: str, warned: bool) -> None:
    begins = "  main:\n    joined: {when: participant_created, next: again}\n"
    around = f"    again: {{do: wait, until: '{until}', next: it}}\n    it: {{if: visits < 3, match: again}}\n"

    assert (codes(begins + around) == ["W303"]) is warned


def test_a_circle_is_told_once_with_its_nodes_in_order() -> None:
    text = (
        HEAD
        + """
  main:
    joined: {when: participant_created, next: one}
    one: {if: visits > 1, match: two, else: three}
    two: {do: cancel_communications, next: three}
    three: {switch: stage, cases: {new: two, asked: one}, else: }
    other: {when: incoming_session, next: hello_by_sms}
    hello_by_sms: {do: communicate, channel: sms, agent: hello, next: ask_by_sms}
    ask_by_sms: {do: communicate, channel: sms, agent: asks}
"""
    )
    (found,) = warnings(text)

    assert found.message == "these nodes go in a circle without a wait: one -> three -> one"


def flows(first: str, second: str) -> str:
    """Two flows: each begins as told, and greets at once."""
    greet = "    say: {do: communicate, channel: sms, agent: hello}\n"
    return f"  one:\n    begins: {first}\n{greet}  two:\n    begins: {second}\n{greet}"


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ("incoming_session", "incoming_session", True),
        ("incoming_session", "incoming_session, keyword: NEWS", True),
        ("incoming_session, keyword: [NEWS, JOIN]", "incoming_session, keyword: JOIN", True),
        ("incoming_session, keyword: NEWS", "incoming_session, keyword: JOIN", False),
        ("incoming_session, channel: slack", "incoming_session, channel: sms", False),
        ("incoming_session", "participant_created", False),
        ("participant_updated, field: stage", "participant_updated, field: amount", False),
        ("participant_updated, field: stage", "participant_updated", True),
        ("participant_updated, source: api", "participant_updated, source: [import, flow]", False),
        ("communication_ended, of: both.use_asks", "communication_ended, of: both.use_hello", False),
        ("communication_ended, status: failed", "communication_ended, status: [failed, skipped]", True),
    ],
)
def test_two_flows_write_at_once_where_one_event_fires_both(first: str, second: str, both: bool) -> None:
    found = codes(flows(f"{{when: {first}, next: say}}", f"{{when: {second}, next: say}}"))

    assert ("W304" in found) is both


@pytest.mark.parametrize(
    ("one", "two", "both"),
    [
        ("{do: reply, text: Hi}", "{do: reply, text: Ho}", True),
        ("{do: reply, text: Hi}", '{if: stage == "new", match: end}', False),
        ("{do: reply, text: Hi}", '{if: stage == "new", match: say}', True),
        ('{if: stage == "asked", match: say}', '{if: stage == "new", match: say}', False),
        ('{if: stage == "asked", match: say}', '{if: stage != "new", match: say}', True),
        ('{if: stage == "asked", else: say}', '{if: stage == "asked", match: say}', False),
        ("{switch: stage, cases: {new: say}, else: }", "{switch: stage, cases: {done: say}, else: }", False),
        ("{switch: stage, cases: {new: say}, else: }", "{switch: stage, cases: {new: say}, else: }", True),
        ("{if: 'contains(name, \"x\")', match: say}", "{if: 'contains(name, \"y\")', match: say}", False),  # who knows
        ("{do: wait, for: 1h, next: say}", "{do: reply, text: Hi}", False),
    ],
)
def test_two_flows_write_at_once_where_the_conditions_of_both_may_hold(one: str, two: str, both: bool) -> None:
    rest = "    say: {do: reply, text: Hello}\n    end: {do: finish}\n    odd: {when: participant_updated, next: end}\n"
    begins = "    begins: {when: incoming_session, next: it}\n"
    first, second = (
        f"{begins}    it: {it}\n{rest}    even: {{when: {when}, next: say}}\n"
        for it, when in ((one, "participant_created"), (two, "participant_updated, field: due"))
    )
    found = codes(f"  one:\n{first}  two:\n{second}")

    assert ("W304" in found) is both


@pytest.mark.parametrize(
    ("narrowed", "asks", "both"),
    [
        ("incoming_session, keyword: NEWS", "{if: message.keyword == 'NEWS', else: say}", False),
        ("incoming_session, keyword: NEWS", "{if: message.keyword == 'NEWS' or member, match: say}", True),
        ("incoming_session, keyword: NEWS", "{switch: message.keyword, cases: {JOIN: say}, else: }", False),
        ("incoming_session, keyword: NEWS", "{switch: message.keyword, cases: {NEWS: }, else: say}", False),
        ("incoming_session, keyword: NEWS", "{switch: message.keyword, cases: {JOIN: }, else: say}", True),
        ("communication_ended, status: failed", "{if: communication.status == 'completed', match: say}", False),
        ("communication_ended, status: failed", "{if: communication.status != 'completed', match: say}", True),
    ],
)
def test_what_narrows_one_trigger_counts_in_the_conditions_of_the_other(narrowed: str, asks: str, both: bool) -> None:
    begins = f"{{when: {narrowed.partition(',')[0]}, next: it}}\n    it: {asks}"
    found = codes(flows(f"{{when: {narrowed}, next: say}}", begins))

    assert ("W304" in found) is both


JOINED = "{when: participant_created, next: it}"


@pytest.mark.parametrize(
    ("nodes", "warned"),
    [
        ("it: {do: wait, until: due - days(3), next: say}\n    say: {do: communicate, channel: sms, agent: hello}", []),
        ("it: {do: communicate, channel: sms, agent: hello, at: due}", ["W307"]),  # the time, but not the text
        ("it: {do: wait, for: 3d, next: say}\n    say: {do: communicate, channel: sms, agent: hello}", ["W307"]),
    ],
)
def test_what_is_said_at_a_time_that_a_field_tells_knows_the_field(nodes: str, warned: list[str]) -> None:
    head = HEAD.replace("text: Hello", 'text: "It is due on {{ due }}"')
    use = "  use:\n    begins: {when: participant_updated, next: ask}\n"
    use += "    ask: {do: communicate, channel: sms, agent: asks}\n"

    assert codes(f"  main:\n    joined: {JOINED}\n    {nodes}\n", head, use) == warned


@pytest.mark.parametrize(
    "flow",
    [
        "joined: {when: participant_created, next: it}\n    it: {if: is_set(name), match: say}",
        "joined: {when: participant_created, next: it}\n    it: {if: {all: [amount > 3, name != 'x']}, match: say}",
        "joined: {when: participant_created, next: it}\n    it: {do: update_field, set: {name: Ada}, next: say}",
        "joined: {when: participant_updated, field: name, next: say}",
        "joined: {when: participant_created, next: it}\n    it: {if: is_set(name), match: over}\n"
        "    over: {do: to_another_flow, flow: other}\n    ended: {when: participant_updated, field: name, next: say}",
    ],
)
def test_a_field_that_the_way_asks_for_is_not_warned_of(flow: str) -> None:
    say = "    say: {do: notify, channel: slack, to: '#desk', text: '{{ name }} is here'}\n"
    other = f"  other:\n    entered: {{when: from_another_flow, next: say}}\n{say}" if "flow: other" in flow else ""

    assert codes(f"  main:\n    {flow}\n{say}{other}") == []


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("{{ name }}", True),
        ("{{ participant.name }}", True),
        ("{{ name | upper }}", True),
        ("{{ name | default('you') }}", False),
        ("{% if is_set(name) %}{{ name }}{% endif %}", False),
        ("{% if is_set(due) %}{{ name }}{% endif %}", True),
        ("{{ is_set(name) }}", False),
        ("{{ stage }} {{ amount }}", False),
        ("{{ results.day }} {{ phone }}", False),  # only what the file declares
    ],
)
def test_a_text_is_warned_of_where_it_shows_what_may_be_unset(text: str, warned: bool) -> None:
    flow = f"  main:\n    joined: {JOINED}\n    it: {{do: notify, channel: slack, to: '#desk', text: \"x {text}\"}}\n"

    assert ("W307" in codes(flow)) is warned


def test_an_agent_hears_the_field_only_where_all_ways_to_it_have_asked() -> None:
    head = HEAD.replace("text: Hello", 'text: "Hello {{ name }}"')
    asked = "  main:\n    begins: {when: incoming_session, next: it}\n    it: {if: is_set(name), match: say}\n"
    say = "    say: {do: communicate, channel: sms, agent: hello}\n"
    use = "  use:\n    begins: {when: participant_created, next: it}\n"
    use += "    it: {do: communicate, channel: sms, agent: asks}\n"
    also = asked.replace("match: say", "match: say, else: end") + say + "    end: {do: finish}\n"
    other = f"  main:\n    begins: {{when: incoming_session, next: say}}\n{say}"

    assert codes(asked + say, head, use) == []
    assert codes(also, head, use) == []
    assert codes(other, head, use) == ["W307"]
