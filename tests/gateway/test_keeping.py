"""Rows become customers and events: nobody is made twice, and no identifier is given away."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.identity import IDENTIFIERS
from gateway.intake import Given
from gateway.keeping import Kept, keep_participants
from storage.database import Storage
from storage.transaction import Transaction
from tests.conftest import prepared_file
from tests.gateway.books import BOOK
from tests.gateway.desk import NOW

ROWS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(IDENTIFIERS), st.sampled_from("123"), min_size=1),
        st.sampled_from([(), ("amount_due",)]),
    ),
    max_size=8,
)
Rows = Sequence[tuple[dict[str, str], tuple[str, ...]]]


class Undone(Exception):
    """Ends a transaction without a trace."""


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    opened = Storage(prepared_file(tmp_path / "pointsman.db"))
    yield opened
    opened.close()


@contextmanager
def undone(storage: Storage) -> Iterator[Transaction]:
    with suppress(Undone), storage.transaction() as t:
        yield t
        raise Undone


def keep(t: Transaction, rows: Rows, size: int) -> list[Kept]:
    givens = [Given(number, who, {}, missing) for number, (who, missing) in enumerate(rows, 1)]
    chunks = [givens[start : start + size] for start in range(0, len(givens), size)]
    return [keep_participants(t, BOOK.campaign, chunk, source="import", now=NOW) for chunk in chunks]


def people(kept: list[Kept]) -> dict[int, int]:
    """Row number to the first row of the same person."""
    first: dict[str, int] = {}
    return {row.row: first.setdefault(row.customer, row.row) for chunk in kept for row in chunk.rows}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=ROWS, size=st.integers(1, 8))
def test_the_same_people_are_found_however_rows_are_cut_into_chunks(storage: Storage, rows: Rows, size: int) -> None:
    complete: Rows = [(who, ()) for who, _ in rows]
    with undone(storage) as t:
        whole = people(keep(t, complete, 100))
    with undone(storage) as t:
        cut = people(keep(t, complete, size))

    assert whole == cut


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=ROWS)
def test_every_row_is_kept_once_or_reported_and_a_person_has_the_latest_identifier_of_a_kind(
    storage: Storage, rows: Rows
) -> None:
    with undone(storage) as t:
        (kept,) = keep(t, rows, 100) or [Kept((), ())]
        reported = {problem.row for problem in kept.problems}
        owners = t.people.by_identifiers({pair for who, _ in rows for pair in who.items()})

        assert sorted([*reported, *(row.row for row in kept.rows)]) == list(range(1, len(rows) + 1))
        latest = {(row.customer, kind): value for row in kept.rows for kind, value in rows[row.row - 1][0].items()}
        assert owners == {(kind, value): customer for (customer, kind), value in latest.items()}
