"""The benchmarks run and say what they should; how fast anything is, no test asks."""

import json
from pathlib import Path

from click.testing import CliRunner

from benchmarks import asking, listing
from benchmarks.__main__ import main
from benchmarks.nodes import WITHOUT
from tests.databases import PostgresServer

CASES = {
    *(
        ("ingress", f"{case}, {database}")
        for case in ("64 connections", "200 connections", "p99 at 200 connections")
        for database in ("SQLite", "PostgreSQL")
    ),
    ("matcher", "6 rules"),
    ("matcher", "60 rules"),
    ("matcher", "200 rules"),
    ("react", "an event, 6 rules"),
    ("react", "an event, 60 rules"),
    ("react", "an event, 200 rules"),
    ("react", "a condition node"),
    ("react", "a condition node of three lines"),
    ("react", "a switch node"),
    ("react", "a reply"),
    ("react", "a notification"),
    ("react", "a wait whose time has passed"),
    ("react", "an update, and the fact it raises"),
    ("react", "a finish"),
    ("react", "a wait that begins"),
    ("react", "a stop of contact"),
    ("react", "a call of a service"),
    ("react", "a call of a function"),
    ("react", "one communication canceled, and the fact it raises"),
    ("react", "an update that a flow waits for, its trigger included"),
    ("react", "to another flow, its trigger included"),
    ("react", "a communication planned"),
    ("react", "a communication begun"),
    ("react", "a condition, evaluated"),
    ("react", "a date before a moment, evaluated"),
    ("react", "three conditions in one, evaluated"),
    ("worker", "people join"),
    ("worker", "people answer"),
    ("worker", "receipts"),
    *(("recording", case) for case in ("people join", "people answer", "receipts")),
    *(("recording", f"{case}, bytes") for case in ("people join", "people answer", "receipts")),
    ("replay", "same rule file"),
    ("replay", "one condition changed"),
    ("sender", "the Twilio adapter"),
    ("sender", "the sender, outbox to event"),
    ("sender", "the sender, on PostgreSQL"),
    ("import", "a new person for each row"),
    ("import", "into PostgreSQL"),
    *(("worker", f"{case}, PostgreSQL") for case in ("people join", "people answer", "receipts")),
    *(("timers", f"due, {database}") for database in ("SQLite", "PostgreSQL")),
    *(
        ("claims", f"{kind}, {database}")
        for kind in ("events", "due timers", "messages owed")
        for database in ("SQLite", "PostgreSQL")
    ),
    *(("list pages", path) for path, *_ in asking.lists()),
    ("memory", "a worker, after each further step"),
    ("checking", "1,000 nodes"),
    ("checking", "1,000 nodes, ms"),
    ("two-workers", "people join"),
    ("two-workers", "an idle worker process"),
}


def test_every_benchmark_gives_its_rows(tmp_path: Path) -> None:
    file = tmp_path / "result.json"

    answer = CliRunner().invoke(main, ["--seconds", "0.01", "--rounds", "1", "--json", str(file)])

    assert answer.exception is None, answer.output
    rows = json.loads(file.read_text("utf-8"))["rows"]
    assert {(row["benchmark"], row["case"]) for row in rows} == CASES
    tiny = (WITHOUT, "a minute")  # so small a difference, and what an idle process takes at once, may be anything
    measured = (row for row in rows if row["baseline"] not in tiny)
    assert all(sample > 0 for row in measured for sample in row["samples"])
    assert [case for _, case in sorted(CASES) if case not in answer.output] == []


def test_every_list_of_the_api_is_measured(postgres: PostgresServer, tmp_path: Path) -> None:
    file = tmp_path / "lists.json"

    with postgres.database() as url:
        told = CliRunner().invoke(listing.main, [url, "--scale", "0.001", "--times", "1", "--json", str(file)])

    assert told.exception is None, told.output
    rows = json.loads(file.read_text("utf-8"))["rows"]
    assert {row["case"].split()[0] for row in rows} >= {path for path, *_ in asking.lists()}
    assert all(sample > 0 for row in rows for sample in row["samples"])
