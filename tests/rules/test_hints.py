"""What operators get wrong in a rule file, and what they are told to write instead."""

import pytest

from rules.diagnostics import Diagnostic
from rules.loader import Project, load_rulebook
from tests.rules.scenes import CHANNELS, book, decide, someone, wrote

FILE = """
campaign: clinic
region: DE
fields:
  due_date: {{type: date}}
  fee: {{type: integer}}
  state: {{type: enumeration, values: [new, seen]}}
agents:
  asker:
    kind: form
    questions: [{{result: will_pay, ask: "Will you?", type: boolean}}]
  chooser:
    kind: form
    questions: [{{result: day, ask: "When?", type: enumeration, values: {values}}}]
  teller: {{kind: notice, text: {text}}}
flows:
  remind:
    joined: {{when: participant_created, next: ask_by_sms}}
    ask_by_sms: {{do: communicate, channel: sms, agent: asker, at: {at}, next: choose}}
    choose: {choose}
    end: {{do: finish}}
  tell:
    ended: {{when: communication_ended, of: {of}, next: write}}
    write: {{do: notify, channel: {channel}, to: "{to}", text: "{{{{ fee }}}}"}}
  changed:
    updated: {{when: participant_updated, field: {field}}}
"""
SOUND = {
    "values": "[Monday, Friday]",
    "text": '"Hello"',
    "at": "now()",
    "choose": "{if: is_set(fee), match: end}",
    "of": "remind.ask_by_sms",
    "channel": "team",
    "to": "#desk",
    "field": "fee",
}


def found(**changes: str) -> list[Diagnostic]:
    loaded = load_rulebook(FILE.format(**SOUND | changes), "a.yaml", Project(CHANNELS))
    return [d for d in loaded.diagnostics if d.level == "error"]


def told(**changes: str) -> list[str]:
    return [f"{d.message} -> {d.hint}" for d in found(**changes)]


def test_the_file_is_sound_before_it_is_spoilt() -> None:
    assert told() == []


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("due_date < today", 'unknown name "today" -> write today()'),
        ("state == 'new", "this quote is not closed -> close it where the text ends"),
        (
            "results.will_pay == 'yes'",
            'a yes or no cannot be compared with a text -> a yes or no stands alone: "results.will_pay", '
            'or "not results.will_pay"',
        ),
        ("due_date > 2027-03-31", '"2027-03-31" has no meaning here -> a day is written date(2027, 3, 31)'),
        ("due_date > 2027-12-24", '"2027-12-24" has no meaning here -> a day is written date(2027, 3, 31)'),
        ("due_date is not set", '"is not set" has no meaning here -> write is_set(...) or is_not_set(...)'),
        ("due_date is set", '"is set" has no meaning here -> write is_set(...) or is_not_set(...)'),
        (
            "now() + 2d > due_date",
            '"2d" has no meaning here -> a length of time is written minutes(30), hours(4), days(2), weeks(1)',
        ),
    ],
)
def test_a_condition_is_mended_by_its_hint(condition: str, message: str) -> None:
    assert told(choose=f'{{if: "{condition}", match: end}}') == [message]


def test_a_quote_that_is_not_closed_is_shown_where_it_is_opened() -> None:
    (mistake,) = found(choose="""{if: "fee > 1 and state == 'new", match: end}""")

    assert mistake.position.column == len("    choose: {if: \"fee > 1 and state == '")


def test_a_time_of_day_is_told_how_it_is_written() -> None:
    (message,) = told(at='"09:00"')

    assert message.endswith("-> a time of day is written datetime(2027, 3, 31, 9, 0), or today() + hours(9)")
    assert told(at='"today() + hours(9)"') == []


def test_a_communication_of_another_flow_is_named_with_its_flow() -> None:
    assert told(of="ask_by_sms") == ['there is no node "ask_by_sms" -> write remind.ask_by_sms']


@pytest.mark.parametrize(
    ("node", "hint"),
    [
        ("{communicate: sms, agent: asker}", 'write "do: communicate"'),
        ("{participant_updated: fee}", 'write "when: participant_updated"'),
        ("{if: is_set(fee), then: end}", 'write "match"'),
        ("{if: is_set(fee), match: end, otherwise: end}", 'write "else"'),
        ("{switch: state, cases: {new: end}, default: end}", 'write "else"'),
    ],
)
def test_a_key_of_another_language_is_answered_by_the_one_that_is_meant(node: str, hint: str) -> None:
    assert [d.hint for d in found(choose=node)][:1] == [hint]


@pytest.mark.parametrize(
    ("key", "meant"), [("choices: [a, b]", "values"), ("options: [a, b]", "values"), ("error: No.", "invalid")]
)
def test_a_key_that_other_forms_have_is_answered_by_the_one_that_is_meant(key: str, meant: str) -> None:
    assert [d.hint for d in found(values=f"[Monday, Friday], {key}")] == [f'write "{meant}"']


def test_a_flow_that_is_itself_a_node_is_one_mistake() -> None:
    text = "campaign: clinic\nflows:\n  main:\n    when: participant_created\n    next: greet\n"
    (mistake,) = load_rulebook(text, "a.yaml", Project(CHANNELS)).diagnostics

    assert mistake.message == "a flow holds named nodes, but this is a node itself"
    assert (mistake.position.line, mistake.hint) == (4, "give the node a name: my_node: {when: ...}")


def test_of_an_entry_of_a_list_it_is_said_that_it_is_one() -> None:
    assert told(values="[Monday, 5]") == [
        'an entry of "values" must be text, but this is a number -> put quotes around it: "5"'
    ]
    assert told(field="5") == ['"field" must be text, but this is a number -> put quotes around it: "5"']


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ('[Monday, " "]', "a value is blank"),
        ('[Monday, "!!"]', "a value is blank"),
        ("[Monday, MONDAY]", 'the values "Monday" and "MONDAY" cannot be told apart'),
        ("[Monday, Monday]", 'the value "Monday" is there twice'),
        (str([f"d{n}" for n in range(26)]), '"values" has 26 entries'),
    ],
)
def test_the_answers_of_a_question_can_be_told_apart_and_shown(values: str, message: str) -> None:
    assert [d.message for d in found(values=values)] == [message]


@pytest.mark.parametrize(
    ("switch", "message"),
    [
        ("{switch: fee, cases: {1: end, 01: end}}", 'the cases "1" and "01" are the same value'),
        ("{switch: is_set(fee), cases: {yes: end, true: end}}", 'the cases "yes" and "true" are the same value'),
        ('{switch: state, cases: {new: end, "": end}}', "a case is blank"),
        ("{switch: state, cases: {new: end, ' ': end, old: end}}", "a case is blank"),
    ],
)
def test_a_case_that_could_never_be_taken_is_a_mistake(switch: str, message: str) -> None:
    mistakes = found(choose=switch)

    assert message in [d.message for d in mistakes]
    assert {d.position.line for d in mistakes} == {20}


@pytest.mark.parametrize("field", ["phone", "email", "external_id", "slack", "[fee, phone]"])
def test_a_trigger_may_be_narrowed_to_identifiers_that_change(field: str) -> None:
    assert told(field=field) == []


@pytest.mark.parametrize("to", ["#desk", "#büro-2.alt", "C024BE7LH", "G1", "D024BE7LH", "U024BE7LH"])
def test_a_notification_goes_to_any_place_in_slack(to: str) -> None:
    assert told(to=to) == []


@pytest.mark.parametrize(
    ("channel", "to", "message"),
    [
        ("team", "billing", '"billing" is no place in Slack'),
        ("team", "#Billing", '"#Billing" is no place in Slack'),
        ("team", "+4930901820", '"+4930901820" is no place in Slack'),
        ("sms", "#desk", '"#desk" is not a phone number'),
        ("sms", "0309", '"0309" is not a phone number that can exist'),
    ],
)
def test_an_address_that_the_channel_cannot_have_is_a_mistake(channel: str, to: str, message: str) -> None:
    (mistake,) = found(channel=channel, to=to)

    assert (mistake.code, mistake.message) == ("E109", message)


def test_a_national_number_is_notified_as_a_number_of_the_region() -> None:
    rulebook = book(
        "campaign: x\nregion: DE\nflows:\n  a:\n    b: {when: incoming_session, next: c}\n"
        "    c: {do: notify, channel: sms, to: '030 901820', text: Hello}\n"
    )

    (message,) = [e for e in decide(rulebook, wrote("hi"), someone()).effects if type(e).__name__ == "SendMessage"]
    assert message.to == "+4930901820"  # type: ignore[union-attr]


def test_every_bad_tag_of_a_text_and_every_bad_side_of_a_condition_is_told() -> None:
    text = '"{{ nam }} {{ fee | mony }} {% if due and fe > 1 %}x{% endif %}"'

    assert [d.message for d in found(text=text)] == [
        'unknown name "nam"',
        'unknown filter "mony"',
        'unknown name "due"',
        'unknown name "fe"',
    ]
    assert len(found(choose='{if: "fe > 1 or (stat == 1 and due) or is_set(fee)", match: end}')) == 3


@pytest.mark.parametrize("condition", ["fee2 + 1 > 2", "-wrong < fee", "due_date + days(wrong) < today()"])
def test_a_value_of_no_known_type_makes_no_mistake_of_what_is_computed_with_it(condition: str) -> None:
    spoilt = FILE.replace("fee: {{type: integer}}", "fee2: {{type: intger}}\n  wrong: {{type: intger}}\n  fee: {{}}")
    text = spoilt.format(**SOUND | {"choose": f'{{if: "{condition}", match: end}}'})

    codes = [d.code for d in load_rulebook(text, "a.yaml", Project(CHANNELS)).diagnostics]
    assert set(codes) == {"E108", "E109"}


@pytest.mark.parametrize(
    ("choose", "hint"),
    [
        ("{if: fee > 3,5, match: end}", "a comma ends a value: write 3.5 with a point"),
        ("{if: fee > 3, 5, match: end}", "keys here: if, match, else"),  # it is no number cut in two
        ("{if: 'fee > 3,5', match: end}", "write 3.5: a number has a point"),
        ("{if: 'min(fee, 1,2) > between(fee, 1,5, 3)', match: end}", "write 1.5: a number has a point"),
        ("{if: 'due_date > date(2027,3,31,9)', match: end}", "write date(year, month, day)"),
        ("{if: 'fee in [fee, 3,5]', match: end}", ""),
        (
            "{if: '{{ fee }} > 3', match: end}",
            "an expression stands without braces, which are for texts: leave them out",
        ),
        ("{do: notify, channel: team, to: #desk, text: x}", '"#" begins a comment: write "#desk"'),
        ("{do: notify, channel: team, to: [#desk], text: x}", '"#" begins a comment: write "#desk"'),
        (
            "{do: notify, channel: team, to: '#desk', text: 'see, #3: ' x}",
            "within { } a text with quotes, commas or brackets needs quotes around it as a whole",
        ),
        (
            "{do: notify, channel: team, to: # the desk",
            "within { } a text with quotes, commas or brackets needs quotes around it as a whole",
        ),
    ],
)
def test_what_yaml_or_a_comma_has_made_of_a_value_is_told(choose: str, hint: str) -> None:
    assert found(choose=choose)[0].hint == hint
