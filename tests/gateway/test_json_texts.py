"""What is written at once is what is made of values first and then written."""

import json
from typing import Any

import pytest

from gateway.explaining import plain
from gateway.json_texts import differing, joined, object_of, text_of
from rules.scene import Message
from storage.types import TO_JSON, JsonText, json_text
from storage.values import Row
from tests.gateway.test_plain import VALUES

ODD = '"quoted", \\ and a line\'s\nend, Grüße \U0001f600 \x00 \x7f'


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_is_written_as_what_is_made_of_it(value: Any) -> None:
    assert text_of(value) == TO_JSON(plain(value))
    assert object_of(value, "effect") == TO_JSON({"effect": type(value).__name__, **plain(value)})


@pytest.mark.parametrize("value", [None, True, False, 0, -1, 1.5, ODD, [], {}, {"a": [1, {"b": None}]}, ("x", ODD)])
def test_what_is_json_already_is_written_as_it_is(value: Any) -> None:
    assert text_of(value) == TO_JSON(value)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (Message("m", ""), {"id": "m", "communication": ""}),
        (
            Message("m", "c", "sent", ODD, 2),
            {"id": "m", "communication": "c", "status": "sent", "error": ODD, "attempt": 2},
        ),
    ],
)
def test_what_is_as_by_default_is_left_out(message: Message, told: Row) -> None:
    assert differing(message) == TO_JSON(told)


def test_json_stands_in_for_a_property_that_is_not_as_by_default() -> None:
    assert json.loads(differing(Message("m", "c", error="x"), error="[1]")) == {
        "id": "m",
        "communication": "c",
        "error": [1],
    }
    assert json.loads(differing(Message("m", "c"), error="[1]")) == {"id": "m", "communication": "c", "error": [1]}


def test_an_object_of_parts_leaves_out_those_that_are_empty() -> None:
    assert joined({"a": "1", "b": "", "c": "[]"}) == '{"a":1,"c":[]}'
    assert joined({}) == "{}"


def test_json_that_is_written_already_is_the_document() -> None:
    assert json_text(JsonText('{"a":1}')) == '{"a":1}'
    assert json_text(JsonText('["\ud83d"]')) == '["\\ud83d"]'
