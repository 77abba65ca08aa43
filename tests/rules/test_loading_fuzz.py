"""Whatever an operator's file holds: it loads, or it says where it is wrong. It never raises."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.loader import load_folder, load_rulebook
from tests.rules.fuzz import MUTATIONS, TEXTS, WORDS, Mutation, check, load_spoilt
from tests.rules.rulebooks import PROJECT


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
def test_a_file_spoilt_in_any_way_loads_or_says_where_it_is_wrong(mutate: Mutation) -> None:
    for seed in range(25):
        dice = random.Random(seed)  # noqa: S311 - a repeatable choice, nothing secret
        text = dice.choice(TEXTS)
        for _ in range(dice.randrange(1, 4)):
            text = mutate(text, dice)
        check(load_rulebook(text, "fuzz.yaml", PROJECT), text)


def test_files_spoilt_in_several_ways_load_or_say_where_they_are_wrong() -> None:
    """A few of those that `python -m tests.rules.fuzz` makes by the hundred thousand."""
    counts = load_spoilt(seed=7, files=200)

    assert counts["refused"] > 50
    assert counts.total() > 400


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_may_stand_in_a_file(raw: bytes) -> None:
    check(load_rulebook(raw, "fuzz.yaml", PROJECT), raw.decode("utf-8", "replace"))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(TEXTS), st.data())
def test_any_characters_may_stand_in_any_place(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    text = text[:at] + data.draw(st.text(max_size=8)) + text[at + data.draw(st.integers(0, 8)) :]

    check(load_rulebook(text, "fuzz.yaml", PROJECT), text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([*WORDS, ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("fields", "channels", "agents", "flows", "title"), VALUES)))
def test_any_values_may_stand_in_any_section(sections: dict[str, object]) -> None:
    text = "campaign: fuzz\n" + "".join(f"{key}: {_flow_style(value)}\n" for key, value in sections.items())

    check(load_rulebook(text, "fuzz.yaml", PROJECT), text)


def _flow_style(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}": {_flow_style(inner)}' for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow_style, value)) + "]"
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    return str(value) if isinstance(value, int) else '"' + str(value).replace("\\", "").replace('"', "") + '"'


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from(["a.yaml", "b.yaml", "c.yaml"]), st.sampled_from([*TEXTS, "", "campaign: x"])))
def test_any_files_may_stand_in_a_folder(texts: dict[str, str]) -> None:
    folder = load_folder(texts, PROJECT)

    assert {book.file for book in folder.rulebooks.values()} <= set(texts)
