"""Whatever an operator's file holds: it loads, or it says where it is wrong. It never raises."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.diagnostics import CODES
from rules.loader import Loaded, load_folder, load_rulebook, report
from tests.rules.rulebooks import GOOD, PROJECT

TEXTS = [path.read_text(encoding="utf-8") for path in GOOD]
SHAPES = (
    "",
    "5",
    "-1.5",
    "true",
    "null",
    "[]",
    "{}",
    "[a, {b: [c]}]",
    "{a: {b: c}}",
    '"{{ x"',
    "*x",
    "&x y",
    "!!int 1",
    "?",
)
WORDS = sorted({word.strip("{}[],:\"'") for text in TEXTS for word in text.split()} - {""})


def drop_a_line(text: str, dice: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    del lines[dice.randrange(len(lines))]
    return "".join(lines)


def swap_two_lines(text: str, dice: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines)


def repeat_a_line(text: str, dice: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    lines.insert(dice.randrange(len(lines)), dice.choice(lines))
    return "".join(lines)


def put_another_shape(text: str, dice: random.Random) -> str:
    places = [index for index, character in enumerate(text) if character == ":"]
    at = dice.choice(places) + 1
    end = min(index for index in (text.find(stop, at) for stop in ",}\n") if index >= 0)
    return f"{text[:at]} {dice.choice(SHAPES)}{text[end:]}"


def put_another_word(text: str, dice: random.Random) -> str:
    return text.replace(dice.choice(WORDS), dice.choice(WORDS), 1)


def cut_some(text: str, dice: random.Random) -> str:
    at = dice.randrange(len(text))
    return text[:at] + text[at + dice.randrange(1, 20) :]


def put_a_character(text: str, dice: random.Random) -> str:
    at = dice.randrange(len(text))
    return text[:at] + dice.choice("{}[]:,\"'|>&*!%#\t\n\r\x00\x07é\u2028\ud800😀-?") + text[at:]


def indent_a_line(text: str, dice: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    number = dice.randrange(len(lines))
    lines[number] = dice.choice(["  ", "\t"]) + lines[number]
    return "".join(lines)


MUTATIONS: tuple[Callable[[str, random.Random], str], ...] = (
    drop_a_line,
    swap_two_lines,
    repeat_a_line,
    put_another_shape,
    put_another_word,
    cut_some,
    put_a_character,
    indent_a_line,
)


def check(loaded: Loaded, text: str) -> None:
    """What holds of anything that was loaded."""
    errors = [d for d in loaded.diagnostics if d.level == "error"]
    assert (loaded.rulebook is None) == bool(errors)
    assert len(set(loaded.diagnostics)) == len(loaded.diagnostics)
    last = len(text.splitlines()) + 1
    for diagnostic in loaded.diagnostics:
        assert diagnostic.code in CODES
        assert diagnostic.position.file == "fuzz.yaml"
        assert 1 <= diagnostic.position.line <= last
        assert diagnostic.position.column >= 1
    assert report(loaded.diagnostics, {"fuzz.yaml": text}).count("error[") >= len(errors)


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
def test_a_file_spoilt_in_any_way_loads_or_says_where_it_is_wrong(mutate: Callable[[str, random.Random], str]) -> None:
    for seed in range(60):
        dice = random.Random(seed)  # noqa: S311 - a repeatable choice, nothing secret
        text = dice.choice(TEXTS)
        for _ in range(dice.randrange(1, 4)):
            text = mutate(text, dice)
        check(load_rulebook(text, "fuzz.yaml", PROJECT), text)


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
