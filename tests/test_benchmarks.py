"""The benchmarks run and say what they should; how fast anything is, no test asks."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import asking, listing
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.nodes import WITHOUT
from tests.databases import PostgresServer

DATABASES = ("SQLite", "PostgreSQL")
EVENTS = ("people join", "people answer", "receipts")
CASES: dict[str, set[tuple[str, str]]] = {  # of each benchmark, by its name
    "ingress": {
        ("ingress", f"{case}, {database}")
        for case in ("64 connections", "200 connections", "p99 at 200 connections")
        for database in DATABASES
    },
    "matcher": {("matcher", "6 rules"), ("matcher", "60 rules"), ("matcher", "200 rules")},
    "react": {
        ("react", case)
        for case in (
            "an event, 6 rules",
            "an event, 60 rules",
            "an event, 200 rules",
            "a condition node",
            "a condition node of three lines",
            "a switch node",
            "a reply",
            "a notification",
            "a wait whose time has passed",
            "an update, and the fact it raises",
            "a finish",
            "a wait that begins",
            "a stop of contact",
            "a call of a service",
            "a call of a function",
            "one communication canceled, and the fact it raises",
            "an update that a flow waits for, its trigger included",
            "to another flow, its trigger included",
            "a communication planned",
            "a communication begun",
            "a condition, evaluated",
            "a date before a moment, evaluated",
            "three conditions in one, evaluated",
        )
    },
    "worker": {("worker", case) for case in EVENTS},
    "recording": {("recording", f"{case}{unit}") for case in EVENTS for unit in ("", ", bytes")},
    "replay": {("replay", "same rule file"), ("replay", "one condition changed")},
    "sender": {
        ("sender", "the Twilio adapter"),
        ("sender", "the sender, outbox to event"),
        ("sender", "the sender, on PostgreSQL"),
    },
    "import": {("import", "a new person for each row")},
    "import-postgres": {("import", "into PostgreSQL")},
    "checking": {("checking", "1,000 nodes"), ("checking", "1,000 nodes, ms")},
    "two-workers": {("two-workers", "people join"), ("two-workers", "an idle worker process")},
    "worker-postgres": {("worker", f"{case}, PostgreSQL") for case in EVENTS},
    "timers": {("timers", f"due, {database}") for database in DATABASES},
    "claims": {
        ("claims", f"{kind}, {database}")
        for kind in ("events", "due timers", "messages owed")
        for database in DATABASES
    },
    "list-pages": {("list pages", path) for path, *_ in asking.lists()},
    "memory": {("memory", "a worker, after each further step")},
}


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_gives_its_rows(name: str, tmp_path: Path) -> None:
    file = tmp_path / "result.json"

    answer = CliRunner().invoke(main, [name, "--seconds", "0.01", "--rounds", "1", "--json", str(file)])

    assert answer.exception is None, answer.output
    rows = json.loads(file.read_text("utf-8"))["rows"]
    assert {(row["benchmark"], row["case"]) for row in rows} == CASES[name]
    tiny = (WITHOUT, "a minute")  # so small a difference, and what an idle process takes at once, may be anything
    measured = (row for row in rows if row["baseline"] not in tiny)
    assert all(sample > 0 for row in measured for sample in row["samples"])
    assert [case for _, case in sorted(CASES[name]) if case not in answer.output] == []


def test_every_list_of_the_api_is_measured(postgres: PostgresServer, tmp_path: Path) -> None:
    file = tmp_path / "lists.json"

    with postgres.database() as url:
        told = CliRunner().invoke(listing.main, [url, "--scale", "0.001", "--times", "1", "--json", str(file)])

    assert told.exception is None, told.output
    rows = json.loads(file.read_text("utf-8"))["rows"]
    assert {row["case"].split()[0] for row in rows} >= {path for path, *_ in asking.lists()}
    assert all(sample > 0 for row in rows for sample in row["samples"])
