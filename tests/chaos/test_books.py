"""The storm's books find what is lost, done twice or never decided: a harness that sees nothing proves nothing."""

import json
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlmodel import Session, SQLModel

from storage.models import Decision, Inbox, Message, Outbox
from tests.chaos.books import drawn_up
from tests.chaos.ledger import Ledger, sms
from tests.chaos.project import Project
from tests.conftest import prepared_file

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
PHONE, TEXT = "+4915110000000", "Heard word 1."
Row = dict[str, Any]


def event(**changes: Any) -> Inbox:
    fields = {"id": 1, "key": "sms:SM1", "kind": "message", "lane": "a", "shard": 1, "received_at": NOW}
    return Inbox(**{**fields, "state": "decided", **changes})


def message(**changes: Any) -> Message:
    fields = {"id": "m", "channel": "sms", "direction": "out", "address": PHONE, "text": TEXT, "provider_id": "SM2"}
    return Message(**{**fields, "status": "delivered", "created_at": NOW, "updated_at": NOW, **changes})


def owed(state: str = "done") -> Outbox:
    return Outbox(seq=1, message="m", channel="sms", address=PHONE, state=state, next_at=NOW)


def taken(sid: str = "SM2") -> Row:
    return {"sms": {"sid": sid, "phone": PHONE, "inbound": False, "text": TEXT}}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the tables and nothing in them, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "pointsman.db"
    prepared_file(path)
    return path


DECIDED = Decision(event=1, applied="heard", decided_at=NOW)


@pytest.mark.parametrize(
    ("rows", "journal", "found"),
    [
        ([event(), DECIDED, message(), owed()], [taken()], (0, 0, 0)),
        ([message(), owed()], [taken()], (1, 0, 0)),
        ([event(), DECIDED], [], (1, 0, 0)),
        ([event(), DECIDED, message(), owed()], [], (2, 0, 0)),
        ([event(), DECIDED, message(), owed()], [taken(), taken("SM3")], (0, 2, 0)),
        ([event(state="waiting"), message(), owed()], [taken()], (0, 0, 1)),
        ([event(), message(), owed()], [taken()], (0, 0, 2)),
        ([event(), DECIDED, message(provider_id="", status=""), owed("queued")], [], (1, 0, 1)),
        ([event(), DECIDED, message(provider_id=""), owed()], [taken()], (0, 1, 1)),
    ],
    ids=[
        "all is well",
        "an event accepted and not kept",
        "an event decided and nothing sent",
        "sent, and the provider does not have it",
        "sent twice",
        "never decided",
        "decided without a decision",
        "owed for ever",
        "sent, and the provider's id is not known",
    ],
)
def test_the_books_tell_how_much_is_lost_doubled_and_wrong(
    rows: list[SQLModel], journal: list[Row], found: tuple[int, int, int], empty: Path, tmp_path: Path
) -> None:
    project = kept(tmp_path, empty, rows, journal)
    ledger = Ledger()
    ledger.answered(ledger.begin("text message", [sms(PHONE, TEXT)], "sms:SM1"), 200)
    books = drawn_up(project, ledger, "test")
    assert (len(books.lost), len(books.doubled), len(books.wrong)) == found, str(books)
    assert books.balance is (found == (0, 0, 0))


@pytest.mark.parametrize(
    ("answers", "stands", "lost"),
    [([200], False, 1), ([0, 503, 200], False, 1), ([0, 503], False, 0), ([200], True, 0)],
    ids=["accepted", "accepted in the end", "given up", "accepted while the campaign stood"],
)
def test_only_what_was_accepted_while_the_campaign_ran_must_have_been_heard(
    answers: list[int], stands: bool, lost: int, empty: Path, tmp_path: Path
) -> None:
    ledger = Ledger(stands=stands)
    entry = ledger.begin("change by API", [sms(PHONE, TEXT)])
    for answer in answers:
        ledger.answered(entry, answer)
    assert len(drawn_up(kept(tmp_path, empty, [], []), ledger, "test").lost) == lost


def kept(folder: Path, empty: Path, rows: list[SQLModel], journal: list[Row]) -> Project:
    """A project with these rows and what the providers noted."""
    project = Project(folder, f"sqlite:///{copyfile(empty, folder / empty.name)}", 0, 0)
    project.journal.write_text("".join(f"{json.dumps(entry)}\n" for entry in journal))
    engine = create_engine(project.database)
    with Session(engine) as session:
        session.add_all([type(row)(**row.model_dump(exclude_none=True)) for row in rows])
        session.commit()
    engine.dispose()
    return project
