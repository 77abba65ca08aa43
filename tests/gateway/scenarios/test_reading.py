"""A scenario file is read whole, or all that is wrong with it is told with its place."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.scenarios.codes import CODES
from gateway.scenarios.doing import DEEDS
from gateway.scenarios.forms import FORMS, form_of
from gateway.scenarios.reading import read_scenario
from gateway.scenarios.values import Surroundings
from tests.gateway.scenarios.files import FINE, HEAD, VISIT, read


def step(text: str) -> str:
    return f"{HEAD}story:\n  - {text}\n"


WRONG = [
    (FINE + "roles: []\n", "10:1", "S101", 'unknown key "roles"'),
    (FINE.replace("Ada: ", "Ada: {fax: 1}, Eve: "), "2:16", "S101", '"fax" is no identifier'),
    (FINE + "services: {shop: [{anser: {}}]}\n", "10:20", "S101", 'unknown key "anser"'),
    (FINE + "services: {shop: [{status: abc}]}\n", "10:28", "S103", "status: "),
    (FINE + "services: {shop: [{answer: [1]}]}\n", "10:28", "S103", "answer: "),
    ("story: []\n", "1:1", "S102", '"people" is missing'),
    (HEAD, "1:1", "S102", 'write either "story"'),
    (HEAD.replace("+4915112345601", "+49"), "2:15", "S103", "phone"),
    (FINE + "clock: Berlin\n", "10:8", "S103", '"Berlin" is no time zone'),
    (FINE + "starts at: tomorrow\n", "10:12", "S103", '"tomorrow" is no time'),
    (FINE + "rooms: [Ada]\n", "2:10", "S103", "Ada is the name of a room, too"),
    (FINE + "starts at: 0001-01-01 00:00\nclock: Asia/Tokyo\n", "10:12", "S103", "out of reach"),
    (HEAD + "stories: {first: [Ada says]}\nstarts at: {secnd: x}\n", "4:13", "S103", 'there is no story "secnd"'),
    (HEAD + "stories: [Ada says]\n", "3:10", "S103", "stories takes names"),
    (FINE.replace("Ben: ", "Anna-Lena: "), "2:33", "S103", 'no step can name "Anna-Lena"'),
    (FINE.replace("602", "601"), "2:33", "S103", "Ben and Ada have the same phone"),
    (step("it is 9999-12-31 23:59"), "4:5", "S103", "simulations play in the years 1970 to 9000"),
    (step("the message to Ada is failed: 1234567890"), "4:35", "S205", "takes a code"),
    (step("it is 2027-02-30 10:00"), "4:5", "S103", '"2027-02-30 10:00" is no time'),
    (step("{Ada says: hi, Ada hears: hi}"), "4:5", "S103", "a step is one sentence"),
    (HEAD + "story: Ada says\n", "3:8", "S103", "a story is a list of steps"),
    (FINE.replace("visit.yaml", "visits.yaml"), "1:8", "S104", "cannot be read"),
    (step("Ada sais: hi"), "4:5", "S201", 'no such step: "Ada sais"'),
    (step("Eve says: hi"), "4:5", "S202", 'there is no person "Eve"'),
    (step("Eve hears: hi"), "4:5", "S202", 'there is no person or room "Eve"'),
    (step("the campaign vist starts"), "4:5", "S203", 'there is no campaign "vist"'),
    (step("Ada says in hall: hi"), "4:5", "S204", 'there is no room "hall"'),
    (step("the provider of fax misbehaves: {kind: fail}"), "4:5", "S204", 'there is no channel "fax"'),
    (step("the service shop was asked: []"), "4:5", "S204", 'there is no service "shop"'),
    (step("rule file 2 becomes: x"), "4:5", "S204", 'there is no rule file "2"'),
    (step("Ada says"), "4:5", "S205", '"PERSON says" takes a text'),
    (step("Ada hears nothing: yet"), "4:24", "S205", "takes nothing after it"),
    (step("Ada hears: {a: b}"), "4:16", "S205", "takes a text, or a list of texts"),
    (step("Ada is given to visit: Ada"), "4:28", "S205", "takes names and values"),
    (step("the provider of sms misbehaves: {kind: sulk}"), "4:37", "S205", "takes a fault"),
    (step("the message to Ada is failed: badly"), "4:35", "S205", "takes a code"),
    (step("Ada is given to visit: {nmae: Ada}"), "4:29", "S206", 'has no "nmae"'),
    (step("Ada now has in visit: {asked: planned}"), "4:28", "S206", 'has no "asked"'),
    (step("Ada now has in visit: {waits at: [invite.ask]}"), "4:38", "S206", 'has no node "invite.ask"'),
    (step("Ada now has in visit: {waits at: 'ask, nowhere'}"), "4:38", "S206", 'has no node "nowhere"'),
    ("hello\n", "1:1", "S103", "a scenario has keys"),
    ("people: [", "2:1", "E101", "not valid YAML"),
]


@pytest.mark.parametrize(("text", "place", "code", "message"), WRONG, ids=[f"{row[2]} {row[3]}" for row in WRONG])
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, place: str, code: str, message: str) -> None:
    found = read(tmp_path, text)

    (first, *_) = [one for one in found.found if one.code == code]
    assert found.scenario is None
    assert f"{first.position.line}:{first.position.column}" == place
    assert message in first.message


def test_every_code_has_a_mistake() -> None:
    assert {code for _, _, code, _ in WRONG} >= set(CODES)


def test_all_mistakes_are_told_at_once_with_hints(tmp_path: Path) -> None:
    steps = ("Ada sais: hi", "Adda says: hi", "the campaign vist starts", "Ada is given to visit: {nmae: Ada}")
    found = read(tmp_path, HEAD + "story:\n" + "".join(f"  - {step}\n" for step in steps)).found

    assert [(one.position.line, one.code) for one in found] == [(4, "S201"), (5, "S202"), (6, "S203"), (7, "S206")]
    assert [one.hint for one in found] == [
        'did you mean "PERSON says"?',
        'did you mean "Ada"?',
        'did you mean "visit"?',
        'did you mean "name"?',
    ]


def test_what_is_wrong_with_a_rule_file_is_told_there(tmp_path: Path) -> None:
    text = FINE.replace("visit.yaml", "|\n  campaign: visit\n  flows: []\n")

    found = read(tmp_path, text).found

    assert {one.position.file for one in found} == {"1.yaml"}


def test_a_scenario_is_read_whole(tmp_path: Path) -> None:
    scenario = read(tmp_path, FINE + "starts at: 2027-05-01 09:00\nclock: Europe/Berlin\n").scenario

    assert scenario is not None
    (story,) = scenario.stories
    assert story.starts == datetime(2027, 5, 1, 7, tzinfo=UTC)
    assert [step.text for step in story.steps][:2] == ["the campaign visit starts", "Ada is given to visit"]
    assert story.steps[3].value == "yes"
    assert scenario.people["Ada"] == {"phone": "+4915112345601"}


def test_without_rules_those_of_the_project_are_played(tmp_path: Path) -> None:
    around = Surroundings(rules={"visit.yaml": VISIT.encode()})

    scenario = read(tmp_path, FINE.replace("rules: visit.yaml\n", ""), around).scenario

    assert scenario is not None
    assert list(scenario.books) == ["visit"]


def test_other_rule_files_take_the_place_of_the_projects_own(tmp_path: Path) -> None:
    around = Surroundings(rules={"rules/visit.yaml": VISIT.encode(), "rules/other.yaml": b"campaign: other\n"})
    text = FINE.replace("rules: visit.yaml\n", "").encode()

    found = read_scenario("scenario.yaml", text, around, {"visit.yaml": VISIT.replace("Noted.", "Noted!").encode()})

    assert {name: b"Noted!" in rules for name, rules in found.texts.items() if name != "scenario.yaml"} == {
        "visit.yaml": True,
        "rules/other.yaml": False,
    }


def test_each_form_has_a_deed_and_no_deed_is_without_a_form() -> None:
    assert list(DEEDS) == [form.text for form in FORMS]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ada says", {"PERSON": "Ada"}),
        ("Zoë says on Slack", {"PERSON": "Zoë", "CHOICE": "on Slack"}),
        ("1d 2h later", {"SPAN": "1d 2h"}),
        ("90 s later", {"SPAN": "90 s"}),
        ("it is 2027-03-01 10:00:30", {"MOMENT": "2027-03-01 10:00:30"}),
        ("help-desk hears nothing", {"WHO": "help-desk"}),
        ("SMS to Ada are undelivered from now on", {"PERSON": "Ada", "CHOICE": "undelivered"}),
        ("rule file visit.yaml becomes", {"FILE": "visit.yaml"}),
    ],
)
def test_a_step_is_told_by_its_words(text: str, words: dict[str, str]) -> None:
    found = form_of(text)

    assert found is not None
    assert found[1] == words
