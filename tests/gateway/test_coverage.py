"""Coverage: which ways decisions walked, told flow by flow."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from gateway.coverage import coverage, inputs_for, told, ways_walked
from gateway.explaining import reaction_log
from tests.rules.scenes import book, decide, someone, wrote

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
RULES = book("""
campaign: small
fields: {plan: {type: string, import: false}}
flows:
  talk:
    wrote: {when: incoming_session, next: which}
    which:
      if: message.keyword == "YES"
      match: thanks
      else: secret
    thanks: {do: reply, text: Thanks.}
    secret:
      if: plan == "gold"
      match: gold
    gold: {do: reply, text: Gold.}
  enter:
    joined: {when: participant_created}
""")


def decided(text: str) -> dict[str, Any]:
    return {"log": [reaction_log("small", decide(RULES, wrote(text), someone()))]}


def test_each_way_is_counted_as_often_as_it_was_walked() -> None:
    walked = ways_walked(RULES, [decided("yes"), decided("yes"), decided("no"), {"log": []}])
    assert {str(way): number for way, number in walked.items()} == {
        "talk.wrote: next -> talk.which": 3,
        "talk.which: match -> talk.thanks": 2,
        "talk.thanks": 2,
        "talk.which: else -> talk.secret": 1,
        "talk.secret: else -> the path ends": 1,
    }


def test_other_campaigns_and_nodes_that_are_gone_do_not_count() -> None:
    row = {"campaign": "other", "facts": [{"activations": [{"visits": [{"node": "talk.wrote", "next": "which"}]}]}]}
    gone = {"campaign": "small", "facts": [{"activations": [{"visits": [{"node": "talk.gone", "next": "which"}]}]}]}
    assert ways_walked(RULES, [{"log": [row, gone]}]) == {}


def test_what_another_version_of_the_rule_file_walked_does_not_count() -> None:
    (log,) = decided("yes")["log"]
    (fact,) = log["facts"]
    rows = [
        {"log": [{**log, "rules": of_part, "facts": [{**fact, "rules": of_path}]}]}
        for of_part, of_path in ((RULES.hash, ""), ("another", ""), ("another", RULES.hash), (RULES.hash, "another"))
    ]
    assert [sum(ways_walked(RULES, [row]).values()) for row in rows] == [3, 0, 3, 0]


def test_what_is_uncovered_is_named_with_its_place_and_with_what_leads_there() -> None:
    flows = coverage(RULES, ways_walked(RULES, [decided("no")]))
    assert [(flow.flow, flow.passed, flow.total) for flow in flows] == [("talk", 3, 7), ("enter", 0, 1)]
    assert list(told(flows, inputs_for(RULES, flows, NOW))) == [
        "small.talk: 3 of 7 ways",
        "    not walked: talk.which: match -> talk.thanks (a.yaml:7:5)",
        '        walked when somebody is given on Mon 2027-03-01 09:00, then the person writes "YES" on sms',
        "    not walked: talk.thanks (a.yaml:11:5)",
        '        walked when somebody is given on Mon 2027-03-01 09:00, then the person writes "YES" on sms',
        "    not walked: talk.secret: match -> talk.gold (a.yaml:12:5)",
        "        nothing was found that leads there",
        "    not walked: talk.gold (a.yaml:15:5)",
        "        nothing was found that leads there",
        "small.enter: 0 of 1 ways",
        "    not walked: enter.joined: next -> the path ends (a.yaml:17:5)",
        "        walked when somebody is given on Mon 2027-03-01 09:00",
    ]


def test_where_all_is_walked_there_is_nothing_more_to_say() -> None:
    everything = Counter({placed.way: 1 for flow in coverage(RULES, {}) for placed in flow.ways})
    assert list(told(coverage(RULES, everything), {})) == ["small.talk: 7 of 7 ways", "small.enter: 1 of 1 ways"]
