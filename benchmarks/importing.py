"""Import: rows of a contact list per second against reading the same CSV and inserting the same rows bare.

The gateway counts the rows of the file, checks every cell in a process of its own, looks up who is known, and keeps
customers, identifiers and an event for each row, 1,000 to a transaction. The baseline reads the file with `csv` and
inserts the rows that came of it (`benchmarks.bare`), which it finds ready made.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.bare import Written, copied, empty_database, insert, written
from benchmarks.harness import RATIO, Plan, Row, Slice, alternate, rates, timed
from benchmarks.people import phone
from benchmarks.uploading import Imported, import_list

ROWS_PER_SECOND = 40_000
BASELINE = "csv, bare inserts of the rows"
GOAL = 0.3


@dataclass(frozen=True, slots=True)
class Case:
    """A contact list of so many rows, the databases it goes to, and what came of it there."""

    plan: Plan
    sheet: Path
    rows: int
    done: list[Imported] = field(default_factory=list)

    def subject(self) -> Slice:
        self.done.append(self.import_into(self.fresh("importing.db")))
        return Slice(self.rows, self.done[-1].seconds)

    def baseline(self, wrote: Written) -> Slice:
        reading = timed(self.rows, lambda: read(self.sheet))
        writing = insert(wrote, self.fresh("bare.db"), self.rows)
        return Slice(self.rows, reading.seconds + writing.seconds)

    def import_into(self, database: Path) -> Imported:
        return import_list(f"sqlite:///{database}", self.sheet)

    def fresh(self, name: str) -> Path:
        return copied(self.plan.folder / "empty.db", self.plan.folder / name)


def rows(plan: Plan) -> list[Row]:
    people = plan.size(ROWS_PER_SECOND)
    empty = empty_database(plan.folder / "empty.db")
    case = Case(plan, contact_list(plan.folder / "contacts.csv", people), people)
    after = case.fresh("after.db")
    wrote = written(empty, after, case.import_into(after).transactions)
    pairs = alternate(partial(case.baseline, wrote), case.subject, plan.rounds, warm=0)
    colour = {**rates(pairs, "rows"), "rows written per row": wrote.rows / people, **memory(case.done)}
    return [Row("import", "a new person for each row", BASELINE, RATIO, pairs.ratios, GOAL, colour)]


def memory(done: Sequence[Imported]) -> dict[str, float]:
    """What both processes held at most."""
    keeper, reader = median(one.keeper for one in done), median(one.reader for one in done)
    return {"MB of the keeper": keeper, "MB of the reader": reader}


def contact_list(path: Path, people: int) -> Path:
    """A list as a spreadsheet writes it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(("phone", "external_id", "first_name", "amount_due", "due_date"))
        sheet.writerows((phone(n), f"C-{n}", f"Name {n}", f"{n % 1000}.50", "2026-12-01") for n in range(people))
    return path


def read(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file))
