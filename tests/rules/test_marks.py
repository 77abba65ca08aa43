"""YAML reading: plain data, exact places, and a located error for everything else."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.diagnostics import CODES
from rules.marks import MAX_BYTES, Marked, Path, read_yaml
from rules.yaml_events import MAX_DEPTH, MAX_NODES

FILE = """\
campaign: x   # ä comment
list: [1, {z: yes}]
quoted: "say \\"due_dat\\" ü \\u00e4 now"
single: 'it''s due_dat'
block: |
    Hällo {{ x }},

      {{ due_dat }}
folded: >-
  one two
  three due_dat
plain: one
  two due_dat
deep:
  flow: {a: due_dat, b: 2}
"""


def good(text: str | bytes) -> Marked:
    marked, problems = read_yaml(text, "f.yaml")
    assert marked is not None
    assert problems == ()
    return marked


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("yes", "yes"),
        ("08:30", "08:30"),
        ("0151", "0151"),
        ("+4915112345", "+4915112345"),
        ("0x1F", "0x1F"),
        ("1e3", "1e3"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("2027-03-31", "2027-03-31"),
        ("9" * 30, "9" * 30),
        ("4915112345", 4915112345),
        ("-3", -3),
        ("0", 0),
        ("129.90", Decimal("129.90")),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ('"3"', "3"),
        ("'true'", "true"),
        ("!!str 3", "3"),
    ],
)
def test_a_plain_value_has_the_type_that_operators_expect(written: str, value: object) -> None:
    read = good(f"a: {written}").data
    assert read == {"a": value}
    assert isinstance(read, dict)
    assert type(read["a"]) is type(value)


def test_keys_are_texts_as_written() -> None:
    assert good("1: a\ntrue: b\nno: c\n'x y': d").data == {"1": "a", "true": "b", "no": "c", "x y": "d"}


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("campaign",), (1, 1, 8), (1, 11, 1)),
        (("list",), (2, 1, 4), (2, 7, 13)),
        (("list", 1, "z"), (2, 12, 1), (2, 15, 3)),
        (("list", 0), (2, 8, 1), (2, 8, 1)),
        (("deep", "flow", "b"), (15, 22, 1), (15, 25, 1)),
        (("deep", "flow", "missing", "x"), (15, 3, 4), (15, 9, 18)),
        (("missing",), (1, 1, 25), (1, 1, 25)),
    ],
)
def test_every_key_and_value_has_its_place(path: Path, key: tuple[int, ...], value: tuple[int, ...]) -> None:
    marked = good(FILE)
    for mark, expected in ((marked.key(path), key), (marked.value(path), value)):
        assert (mark.position.line, mark.position.column, mark.width) == expected


@pytest.mark.parametrize("prefix", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("path", [("quoted",), ("single",), ("block",), ("folded",), ("plain",), ("deep", "flow", "a")])
def test_a_place_inside_a_text_is_found(path: Path, newline: str, prefix: str) -> None:
    marked = good(prefix + FILE.replace("\n", newline))
    text: object = marked.data
    for part in path:
        text = text[part]  # type: ignore[index]
    assert isinstance(text, str)
    mark = marked.inside(path, text.index("due_dat"), len("due_dat"))
    line, column = mark.position.line, mark.position.column
    assert marked.lines[line - 1][column - 1 :][: mark.width] == "due_dat"


def test_a_key_that_appears_twice_names_both_lines_and_the_first_counts() -> None:
    marked, (problem,) = read_yaml("a: 1\nb: 2\na: {c: 3}\n", "f.yaml")
    assert marked is not None
    assert marked.data == {"a": 1, "b": 2}
    assert str(problem).startswith(
        'f.yaml:3:1: error[E104]: the key "a" appears twice here: first in line 1, again in line 3'
    )


@pytest.mark.parametrize(
    ("text", "place", "code", "message"),
    [
        (b"a: b\nc: \xff", "2:4", "E102", "byte 0xff is not valid UTF-8"),
        (b"\xff\xfea\x00", "1:1", "E102", "not valid UTF-8"),
        ("a: \x00", "1:4", "E102", "U+0000"),
        ("a: \ud800", "1:4", "E102", "not valid UTF-8"),
        ("a:\n\t- b", "2:1", "E101", "a tab cannot indent"),
        ("a: b: c", "1:5", "E101", "mapping values are not allowed"),
        ("a: [", "2:1|1:5", "E101", "not valid YAML"),
        ('a: "x', "1:4", "E101", "this quote is not closed"),
        ('a: "x\nb: 2\nc: "y"', "1:4", "E101", "this quote is not closed"),
        ("a: {b: 'it's', c: 1}", "1:8", "E101", "this quote is not closed"),
        ("a: @x", "1:4", "E101", "cannot start any token"),
        ("? [1]\n: 2", "1:3", "E101", "a key must be a text"),
        ("a: 1\n---\nb: 2", "2:1", "E101", "more than one YAML document"),
        ("a: &x 1\nb: *x", "1:4", "E105", "anchors"),
        ("a: *x", "1:4", "E105", "aliases"),
        ("<<: *x", "1:5", "E105", "aliases"),
        ("a: !!python/object/apply:os.system [ls]", "1:4", "E105", "the tag"),
        ("a: !env HOME", "1:4", "E105", "the tag"),
        ("[" * 10_000, f"1:{MAX_DEPTH + 1}", "E103", f"more than {MAX_DEPTH} deep"),
        ("- " * 10_000, f"1:{2 * MAX_DEPTH + 1}", "E103", f"more than {MAX_DEPTH} deep"),
        ("- 1\n" * (MAX_NODES + 1), f"{MAX_NODES}:3", "E103", f"more than {MAX_NODES} values"),
        ("a" * (MAX_BYTES + 1), "1:1", "E103", f"{MAX_BYTES + 1} bytes; at most {MAX_BYTES}"),
        ("", "1:1", "E100", "the file is empty"),
        ("# nothing\n", "1:1", "E100", "the file is empty"),
    ],
)
def test_what_cannot_be_read_is_a_located_error(text: str | bytes, place: str, code: str, message: str) -> None:
    marked, (*_, problem) = read_yaml(text, "f.yaml")
    assert marked is None
    assert f"{problem.position.line}:{problem.position.column}" in place.split("|")
    assert problem.code == code
    assert message in problem.message


def test_an_alias_bomb_is_refused_at_its_first_anchor() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    assert read_yaml(bomb, "f.yaml")[1][0].code == "E105"


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80) | st.binary(max_size=80) | st.text(alphabet="ab:-[]{},#&*!|>'\"%@?~ \n\t\r0.", max_size=80))
def test_any_content_is_read_or_refused_and_every_place_exists(content: str | bytes) -> None:
    marked, problems = read_yaml(content, "f.yaml")
    assert marked is not None or problems
    assert all(problem.code in CODES for problem in problems)
    for path in marked.values if marked else ():
        assert marked is not None
        for mark in (marked.key(path), marked.value(path), marked.inside(path, 3)):
            assert 1 <= mark.position.line <= len(marked.lines) + 1
