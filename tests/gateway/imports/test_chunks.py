"""What the process that reads tells the one that keeps arrives as it was, however the pipe is cut."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.imports import chunks
from gateway.imports.chunks import Broken, Chunk, Counted, Ended, Refused, in_chunks, read_message, written
from gateway.intake import Given, Read, RowProblem, ready

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.datetimes() | TEXT
GIVENS = st.builds(Given, st.just(0), st.dictionaries(TEXT, TEXT), st.dictionaries(TEXT, VALUES), st.tuples(TEXT))
PROBLEMS = st.lists(st.builds(RowProblem, st.just(0), TEXT, TEXT, TEXT), min_size=1, max_size=3)


def numbered(row: int, read: Given | list[RowProblem]) -> Read:
    if isinstance(read, Given):
        return Given(row, read.identifiers, read.fields, read.missing)
    return tuple(RowProblem(row, one.field, one.value, one.reason) for one in read)


@given(st.lists(GIVENS | PROBLEMS, max_size=20), st.integers(1, 5))
def test_rows_come_through_the_pipe_as_they_were_read(reads: list[Given | list[RowProblem]], size: int) -> None:
    rows = [numbered(row, read) for row, read in enumerate(reads, start=2)]
    pipe = BytesIO(b"".join(in_chunks(rows, size)))
    found = []
    while (message := read_message(pipe)) is not None:
        assert isinstance(message, Chunk)
        assert 1 <= message.rows <= size
        found.append(message)

    assert [row for chunk in found for row in chunk.good] == [ready(row) for row in rows if isinstance(row, Given)]
    assert [one for chunk in found for one in chunk.problems] == [
        problem for row in rows if not isinstance(row, Given) for problem in row
    ]
    assert sum(chunk.rows for chunk in found) == len(rows)
    assert [chunk.is_last for chunk in found] == [False] * (len(found) - 1) + [True] * bool(found)


@pytest.mark.parametrize(
    "message", [Counted(7, whole=True), Ended(), Refused("line 3: „ü“"), Broken("KeyError at a.py:3")]
)
def test_every_other_message_comes_through_too(message: Counted | Ended | Refused | Broken) -> None:
    assert read_message(BytesIO(written(message))) == message


@pytest.mark.parametrize("cut", range(len(written(Refused("no text")))))
def test_a_message_that_is_cut_off_is_none(cut: int) -> None:
    assert read_message(BytesIO(written(Refused("no text"))[:cut])) is None


def test_a_message_that_says_it_is_endless_is_not_waited_for() -> None:
    with pytest.raises(ValueError, match="of at most"):
        read_message(BytesIO(b"C\xff\xff\xff\xff"))


@given(st.lists(st.sampled_from("ABC"), min_size=1, max_size=9), st.integers(1, 4))
def test_a_row_that_gives_an_earlier_rows_person_is_told_with_its_chunk(people: list[str], size: int) -> None:
    rows = [Given(row, {"external_id": person}, {}) for row, person in enumerate(people, start=2)]
    found = [read_message(BytesIO(message)) for message in in_chunks(rows, size)]
    repeated = [row for chunk in found if isinstance(chunk, Chunk) for row in chunk.duplicates]

    assert repeated == [row for row, person in enumerate(people, start=2) if person in people[: row - 2]]


def test_long_rows_make_short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 300)
    rows = [Given(row, {"external_id": "x" * 200}, {}) for row in range(2, 8)]

    assert len(list(in_chunks(rows, 100))) == 3


@pytest.mark.parametrize(("last", "rows"), [(0, 4), (2, 3), (3, 2), (5, 0)])
def test_of_a_chunk_only_the_rows_after_the_last_one_are_new(last: int, rows: int) -> None:
    good = tuple(ready(Given(row, {}, {})) for row in (2, 4))
    problems = tuple(RowProblem(row, "", "", "") for row in (3, 5, 5))

    after = Chunk(good, problems, 5, is_last=True, duplicates=(4,)).after(last)
    assert (after.rows, after.duplicates) == (rows, (4,) if last < 4 else ())
