"""Copies of frozen values: what `dataclasses.replace` makes, only sooner."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from rules.copies import replace
from rules.scene import Communication, Customer, Message, Participant, Run, Scene, Talk
from tests.rules.scenes import someone, talk, waiting

CHANGES: tuple[tuple[Any, Mapping[str, Any]], ...] = (
    (someone(), {"runs": (waiting("talk.pause"),), "active": False}),
    (someone(), {"participant": None}),
    (Customer("c", {"phone": "+4915112345678"}), {"fields": {"name": "Ada"}}),
    (Participant("p", {"amount": 1}), {"entered": True, "outcome": "paid"}),
    (talk(), {"thread": "1.2", "attempt": 2}),
    (Talk(question=1), {"results": {"coming": True}}),
    (Message("m", "c"), {"status": "read"}),
    (waiting("talk.pause"), {"due": None}),
    (waiting("talk.pause"), {}),
)


@pytest.mark.parametrize(("value", "changes"), CHANGES, ids=lambda part: type(part).__name__)
def test_a_copy_is_the_one_that_dataclasses_would_make(value: Any, changes: Mapping[str, Any]) -> None:
    before = repr(value)

    copy = replace(value, **changes)

    assert copy == dataclasses.replace(value, **changes)
    assert repr(copy) == repr(dataclasses.replace(value, **changes))
    assert repr(value) == before


@pytest.mark.parametrize("value", [part for part, _ in CHANGES], ids=lambda part: type(part).__name__)
def test_a_copy_is_as_frozen_as_the_first(value: Any) -> None:
    copy = replace(value)

    assert copy is not value
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(copy, dataclasses.fields(copy)[0].name, None)


def test_no_value_of_a_scene_has_what_a_copy_would_miss() -> None:
    for kind in (Scene, Customer, Participant, Talk, Communication, Message, Run):
        assert not hasattr(kind, "__slots__")
        assert not hasattr(kind, "__post_init__")
