"""A field takes the same values whichever way they come in through a rule file: default, update_field, an answer."""

import json
import re

import pytest

from rules.book import Rulebook
from rules.effects import SetFields
from rules.fields import FieldError, coerce
from rules.loader import load_rulebook
from rules.local import placed
from rules.values import FIELD_TYPES, Value
from tests.rules.field_values import BAD, GOOD, declared
from tests.rules.language import BERLIN
from tests.rules.rulebooks import PROJECT
from tests.rules.scenes import book, decide, given, only, someone, stranger, talk, wrote

HEAD = "campaign: trial\ntimezone: Europe/Berlin\nregion: DE\nfields:\n"
FLOWS = "flows:\n  main:\n    wrote: {when: incoming_session, next: set}\n    set: {do: update_field, set: {it: %s}}\n"
TALK = "flows:\n  main:\n    came: {when: participant_created}\n"
SHORT = [(t, raw, value) for t, raw, value in GOOD if len(raw) < 500]
PLAIN = [(t, raw, value) for t, raw, value in SHORT if raw.isprintable()]


def quoted(raw: str) -> str:
    return json.dumps(raw, ensure_ascii=False)


def field_of(type_: str) -> Rulebook:
    return book(f"{HEAD}  it: {{{declared(type_)}}}\n{TALK}")


def found(text: str) -> list[str]:
    return [f"{d.code} {d.message} {d.hint}" for d in load_rulebook(text, "a.yaml", PROJECT).diagnostics]


def test_every_type_has_good_and_bad_values() -> None:
    assert {t for t, *_ in GOOD} == {t for t, *_ in BAD} == set(FIELD_TYPES)


@pytest.mark.parametrize(("type_", "raw", "value"), GOOD)
def test_a_good_value_is_kept_as_its_type(type_: str, raw: str, value: Value) -> None:
    read = coerce(field_of(type_).fields["it"], raw, "DE", BERLIN)

    assert (read, type(read), str(read)) == (value, type(value), str(value))


@pytest.mark.parametrize(("type_", "raw", "reason"), BAD)
def test_a_bad_value_is_refused_with_what_to_write(type_: str, raw: str, reason: str) -> None:
    with pytest.raises(FieldError, match=re.escape(reason)) as caught:
        coerce(field_of(type_).fields["it"], raw, "DE", BERLIN)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(("type_", "raw", "value"), GOOD)
def test_a_default_is_read_as_any_value(type_: str, raw: str, value: Value) -> None:
    text = f"{HEAD}  it: {{{declared(type_)}, default: {quoted(raw)}}}\n{TALK}"

    assert placed(book(text).fields["it"].default, BERLIN) == value


@pytest.mark.parametrize(("type_", "raw", "reason"), BAD)
def test_a_bad_default_is_a_located_error(type_: str, raw: str, reason: str) -> None:
    (told,) = found(f"{HEAD}  it: {{{declared(type_)}, default: {quoted(raw)}}}\n{TALK}")

    assert told.startswith("E109 the default does not fit")


@pytest.mark.parametrize(("type_", "raw", "value"), GOOD)
def test_update_field_writes_a_constant_as_any_value(type_: str, raw: str, value: Value) -> None:
    text = f"{HEAD}  it: {{{declared(type_)}}}\n{FLOWS}" % quoted(raw)

    (written,) = only(decide(book(text), wrote("go"), someone()), SetFields)
    assert written.participant == {"it": value}


@pytest.mark.parametrize(("type_", "raw", "reason"), BAD)
def test_a_bad_constant_is_a_located_error(type_: str, raw: str, reason: str) -> None:
    (told,) = found(f"{HEAD}  it: {{{declared(type_)}}}\n{FLOWS}" % quoted(raw))

    assert told.startswith('E109 this does not fit the field "it"')


TEXTS = ("string", "enumeration", "email", "phone")


@pytest.mark.parametrize(("type_", "raw", "value"), [row for row in SHORT if row[0] in TEXTS])
def test_update_field_reads_a_computed_text_as_any_value(type_: str, raw: str, value: Value) -> None:
    text = f"{HEAD}  it: {{{declared(type_)}}}\n{FLOWS}" % "{expr: message.text}"

    (written,) = only(decide(book(text), wrote(raw), someone()), SetFields)
    assert written.participant == {"it": value}


@pytest.mark.parametrize(("type_", "raw", "reason"), [row for row in BAD if row[0] in TEXTS])
def test_a_computed_value_that_does_not_fit_leaves_the_field_as_it_is(type_: str, raw: str, reason: str) -> None:
    text = f"{HEAD}  it: {{{declared(type_)}}}\n{FLOWS}" % "{expr: message.text}"

    reaction = decide(book(text), wrote(raw), someone())

    assert only(reaction, SetFields) == []
    assert "it left as it is: " in reaction.log[0].activations[0].visits[-1].result


ASKED = "agents:\n  asker: {kind: form, questions: [{result: it, ask: 'Well?', retries: 1, %s}]}\n"
# people may answer yes or no in more ways; in a text, what cannot be shown is left out
SAID_OTHERWISE = {("boolean", "ja"), ("boolean", "\uff59\uff45\uff53"), ("string", "a\x07b")}


@pytest.mark.parametrize(("type_", "raw", "value"), [row for row in PLAIN if row[1].strip()])
def test_an_answer_is_read_as_any_value(type_: str, raw: str, value: Value) -> None:
    rulebook = book(HEAD.replace("fields:\n", "") + ASKED % declared(type_) + TALK)

    reaction = decide(rulebook, wrote(raw), someone(communications=(talk(),)))

    assert reaction.scene.communications[0].talk.results == {"it": value if type_ != "string" else raw.strip()}


@pytest.mark.parametrize(("type_", "raw", "reason"), [row for row in BAD if row[:2] not in SAID_OTHERWISE])
def test_an_answer_that_does_not_fit_is_asked_for_again(type_: str, raw: str, reason: str) -> None:
    rulebook = book(HEAD.replace("fields:\n", "") + ASKED % declared(type_) + TALK)

    reaction = decide(rulebook, wrote(raw), someone(communications=(talk(),)))

    assert reaction.scene.communications[0].talk.results == {}
    assert reaction.scene.communications[0].talk.tries == 1


REQUIRED = "  it: {type: string, required: true}\n"


def test_the_rules_cannot_clear_a_required_field() -> None:
    (told,) = found(f"{HEAD}{REQUIRED}{FLOWS}" % "")

    assert told.startswith('E109 the field "it" is required and cannot be cleared')


@pytest.mark.parametrize("computed", ["other", "message.text"])
def test_a_required_field_keeps_its_value_where_the_computed_one_is_unset(computed: str) -> None:
    text = f"{HEAD}{REQUIRED}  other: {{type: string}}\n{FLOWS}" % f"{{expr: {computed}}}"

    reaction = decide(book(text), wrote("   "), someone(fields={"it": "old"}))

    assert only(reaction, SetFields) == []
    assert "it is required" in reaction.log[0].activations[0].visits[-1].result


@pytest.mark.parametrize("source", ["import", "api", "enroll"])
def test_who_joins_gets_the_defaults_whatever_way_they_come(source: str) -> None:
    text = (
        f"{HEAD}  it: {{type: integer, default: 3, import: false}}\n  own: {{type: date, default: 2027-03-31}}\n{TALK}"
    )

    (written,) = only(decide(book(text), given(source), stranger()), SetFields)
    assert {name: str(value) for name, value in written.participant.items()} == {"it": "3", "own": "2027-03-31"}
