"""Import: rows of a contact list per second against reading the same CSV and inserting the same rows bare.

The gateway checks the whole file, validates every cell, looks up who is known, and keeps customers, identifiers and an
event for each row, 500 rows to a transaction. The baseline reads the file with `csv` and inserts the rows that came of
it (`benchmarks.bare`), which it finds ready made.
"""

import csv
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.bare import Written, copied, empty_database, insert, written
from benchmarks.harness import RATIO, Plan, Row, Slice, alternate, rates, timed
from benchmarks.people import BOOK, NOW, phone, start
from gateway.contacts import ContactImport
from gateway.sheets import open_sheet
from storage.database import Storage

ROWS_PER_SECOND = 5_000
BASELINE = "csv, bare inserts of the rows"


@dataclass(frozen=True, slots=True)
class Case:
    """A contact list of so many rows, the databases it goes to, and what comes of it there."""

    plan: Plan
    sheet: Path
    rows: int

    def subject(self) -> Slice:
        return timed(self.rows, partial(import_contacts, self.fresh("importing.db"), self.sheet))

    def baseline(self, wrote: Written) -> Slice:
        reading = timed(self.rows, lambda: read(self.sheet))
        writing = insert(wrote, self.fresh("bare.db"), self.rows)
        return Slice(self.rows, reading.seconds + writing.seconds)

    def fresh(self, name: str) -> Path:
        return copied(self.plan.folder / "empty.db", self.plan.folder / name)


def rows(plan: Plan) -> list[Row]:
    people = plan.size(ROWS_PER_SECOND)
    empty = empty_database(plan.folder / "empty.db")
    case = Case(plan, contact_list(plan.folder / "contacts.csv", people), people)
    after = case.fresh("after.db")
    wrote = written(empty, after, import_contacts(after, case.sheet))
    pairs = alternate(partial(case.baseline, wrote), case.subject, plan.rounds)
    colour = {**rates(pairs, "rows"), "rows written per row": wrote.rows / people}
    return [Row("import", "a new person for each row", BASELINE, RATIO, pairs.ratios, None, colour)]


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


def import_contacts(database: Path, path: Path) -> int:
    """Import the list as the gateway does; how many transactions kept it."""
    storage = Storage(f"sqlite:///{database}")
    contacts = ContactImport("upload", BOOK, open_sheet(path, BOOK), lambda: NOW)
    with storage.transaction() as t:
        start(t)
        contacts.begin(t, path.name)
    transactions = 0
    for chunk in contacts.chunks():
        with storage.transaction() as t:
            problems = contacts.keep(t, chunk)
        if problems:
            raise RuntimeError(f"a row was not kept: {problems[0]}")
        transactions += 1
    storage.close()
    return transactions
