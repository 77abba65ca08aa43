"""From the cells of a header to columns: which identifier or field each is, and what is doubtful about them."""

from collections.abc import Iterator, Sequence

from gateway.formulas import unguarded
from gateway.hints import did_you_mean
from gateway.identity import IDENTIFIERS, IdentityMissing
from gateway.intake import is_required, shown
from gateway.sheets.reading import LEFT_OUT, Reading
from gateway.sheets.refused import ReadingRefused, SheetRefused
from gateway.sheets.sheet import Column
from rules.book import Rulebook

MAX_COLUMNS = 500
PROBLEM_COLUMN = "problem"  # the last column of a list of failed rows says what was wrong with them: no value of theirs
EXPORTED = ("id", "customer", "outcome", "entered", "created_at", "updated_at")
EXPORTED_COLUMNS = tuple(f"participant.{name}" for name in EXPORTED)  # an export has them; no field has a point
MARK = "\ufeff"  # of which files that were put together have more than one
MAX_TOLD = 5  # of the warnings, in the sentence that refuses a file


def read_columns(cells: Sequence[str], reading: Reading, book: Rulebook) -> tuple[Column, ...]:
    """The columns of a header, without the unnamed ones at its end. Raises `SheetRefused` where no row could be kept,
    `ReadingRefused` where the mapping does not fit."""
    names = names_in(cells)
    if len(names) > MAX_COLUMNS:
        reason = f"the header has {len(names)} columns, at most {MAX_COLUMNS} are allowed"
        raise SheetRefused(reason, column=MAX_COLUMNS + 1)
    _check_mapping(names, reading, book)
    _check_twice(names, reading, book)
    columns = tuple(Column(name, _target(name, names[:index], reading, book)) for index, name in enumerate(names))
    _check_targets(columns, reading, book)
    return columns


def names_in(cells: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns, "" for one between them that has none."""
    names = tuple(unguarded(cell.replace(MARK, "").strip()) for cell in cells)
    return names[: max((index for index, name in enumerate(names, 1) if name), default=0)]


def own_columns(names: tuple[str, ...], reading: Reading, book: Rulebook) -> int:
    """How many columns are the list's own: the last may be one that tells problems, and is not read."""
    tells = names[-1:] == (PROBLEM_COLUMN,) and not _target(PROBLEM_COLUMN, names[:-1], reading, book)
    return len(names) - tells


def _target(name: str, before: Sequence[str], reading: Reading, book: Rulebook) -> str:
    return "" if name in before else _read_as(name, reading, book)


def _read_as(name: str, reading: Reading, book: Rulebook) -> str:
    target = reading.columns.get(name, name)
    return target if target != LEFT_OUT and _is_read(target, book) else ""


def _is_read(name: str, book: Rulebook) -> bool:
    return name in IDENTIFIERS or (name in book.fields and book.fields[name].imported)


def _check_mapping(names: Sequence[str], reading: Reading, book: Rulebook) -> None:
    for name, target in reading.columns.items():
        if name not in names:
            near = did_you_mean(name, names)
            raise ReadingRefused("columns", f'the header has no column "{shown(name)}", which is mapped{near}')
        if target != LEFT_OUT and not _is_read(target, book):
            near = did_you_mean(target, [*IDENTIFIERS, *(field for field in book.fields if _is_read(field, book))])
            reason = f'"{shown(name)}" is mapped to "{shown(target)}", which is not imported'
            raise ReadingRefused("columns", f"{reason}{near}", column=names.index(name) + 1)


def _check_twice(names: Sequence[str], reading: Reading, book: Rulebook) -> None:
    """Only what is read is in doubt. A field may be called as the column that tells problems is; that one is last."""
    checked = names[:-1] if names[-1:] == (PROBLEM_COLUMN,) else names
    for index, name in enumerate(checked):
        if name in checked[:index] and _read_as(name, reading, book):
            reason = f'the column "{shown(name)}" is there twice, as columns {checked.index(name) + 1} and {index + 1}'
            raise SheetRefused(reason, column=index + 1)


def _check_targets(columns: Sequence[Column], reading: Reading, book: Rulebook) -> None:
    taken: dict[str, str] = {}
    for index, column in enumerate(columns, 1):
        if column.target in taken:
            both = f'"{shown(taken[column.target])}" and "{shown(column.name)}"'
            raise ReadingRefused("columns", f'{both} are both imported as "{column.target}"', column=index)
        if column.target:
            taken[column.target] = column.name
    if not taken.keys() & set(IDENTIFIERS):
        unread = "".join(f"; {warning}" for warning in list(_unread(columns, reading, book))[:MAX_TOLD])
        raise SheetRefused(f"the header {IdentityMissing()}{unread}")


def warnings_of(columns: Sequence[Column], reading: Reading, book: Rulebook) -> Iterator[str]:
    """Of columns that are not read, and of required ones that are not there."""
    yield from _unread(columns, reading, book)
    read = {column.target for column in columns}
    for name, field in book.fields.items():
        if is_required(field) and name not in read:
            yield f'the required "{name}" is not imported: rows of new people will fail'


def _unread(columns: Sequence[Column], reading: Reading, book: Rulebook) -> Iterator[str]:
    for index, column in enumerate(columns, 1):
        told = column.name in EXPORTED_COLUMNS or (column.name == PROBLEM_COLUMN and index == len(columns))
        if not column.target and column.name not in reading.columns and not told:
            yield _warning(column.name, index, book)


def _warning(name: str, index: int, book: Rulebook) -> str:
    if not name:
        return f"column {index} has no name and is not imported"
    if name in book.fields:
        return f'the column "{name}" is not imported: the field says import: false'
    near = did_you_mean(name, [*IDENTIFIERS, *book.fields])
    return f'the column "{shown(name)}" is unknown and is not imported{near}'
