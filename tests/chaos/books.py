"""The books, drawn up from three sides: what the outside was promised, what the database has, what the providers took.

Read with plain SQL from the database, and from the providers' journal; what our own books find wrong is added.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, create_engine, func, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.books import read_books
from storage.engines import database_url
from storage.models import Timer
from tests.chaos.ledger import Ledger
from tests.chaos.project import Project
from tests.crash.processes import Line, lines

SENT = "sent"
OWED_AS = """
SELECT CASE WHEN o.state <> 'done' THEN 'still owed' WHEN m.status = 'canceled' THEN 'skipped'
            WHEN m.status IN ('failed', 'undelivered') AND m.provider_id = '' THEN 'failed' ELSE 'sent' END AS became,
       m.channel, m.address, m.text, m.provider_id
FROM message m LEFT JOIN outbox o ON o.message = m.id WHERE m.direction = 'out'
"""
SHOWN = 12  # of each kind of difference


@dataclass
class Books:
    """What must balance, and every difference in words."""

    name: str
    accepted: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    owed: Counter[str] = field(default_factory=Counter)
    taken: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def balance(self) -> bool:
        return not (self.lost or self.doubled or self.wrong)

    def check(self, met: bool, otherwise: str) -> None:
        if not met:
            self.wrong.append(otherwise)

    def __str__(self) -> str:
        kept, owed = sum(self.events.values()), sum(self.owed.values())
        told = [
            f"{self.name}: the books",
            f"  accepted from outside   {sum(self.accepted.values())} ({told_of(self.accepted)})",
            f"  events kept             {kept} = {told_of(self.events, 'decided', 'parked', 'dropped')}",
            f"  messages owed           {owed} = {told_of(self.owed, SENT, 'failed', 'skipped')}",
            f"  taken by the providers  {self.taken}",
            f"  duplicates              {len(self.doubled)}",
            f"  lost                    {len(self.lost)}",
        ]
        for name, found in (("lost", self.lost), ("twice", self.doubled), ("wrong", self.wrong)):
            told += [f"  {name}: {one}" for one in found[:SHOWN]]
        return "\n".join((*told, "  they balance" if self.balance else "  THEY DO NOT BALANCE"))


def told_of(counts: Counter[str], *names: str) -> str:
    """A sum in words: what belongs to it, and whatever is there besides."""
    return " + ".join(f"{counts[name]} {name}" for name in dict.fromkeys((*names, *sorted(counts))))


def due_within(project: Project, seconds: float) -> int:
    """How many timers will fire by then, as the database has it."""
    engine = create_engine(database_url(project.database))
    try:
        with Session(engine) as session:
            latest = datetime.now(UTC) + timedelta(seconds=seconds)
            found = select(func.count()).select_from(Timer).where(col(Timer.due) < latest)
            return session.scalar(found) or 0
    finally:
        engine.dispose()


def drawn_up(project: Project, ledger: Ledger, name: str) -> Books:
    """The books of a gateway that has come to rest."""
    books = Books(name, ledger.accepted())
    journal = [json.loads(line) for line in project.journal.read_text("utf-8").splitlines()]
    engine = create_engine(database_url(project.database))
    with engine.connect() as connection:
        check_events(books, connection, ledger, journal)
        check_messages(books, connection, journal)
        books.wrong += [f"{count} {fault}" for fault, count in read_books(connection).faults.items()]
    engine.dispose()
    check_promises(books, ledger, journal)
    return books


def check_events(books: Books, connection: Connection, ledger: Ledger, journal: list[Any]) -> None:
    """Whatever was accepted is kept once; whatever is kept is decided, once, and by nobody else."""
    rows = connection.execute(text("SELECT key, kind, state FROM inbox")).all()
    books.events = Counter(row.state for row in rows)
    undecided = [row for row in rows if row.state in ("waiting", "held")]
    books.check(not undecided, f"not decided: {Counter(row.kind for row in undecided)}")
    keys = {row.key for row in rows}
    entries = [entry for entry in ledger.entries if entry.key and entry.accepted]
    told = [("twilio's callback", key) for key in callbacks_answered(journal)]
    for kind, key in [*((f"{e.kind} during {e.during}", e.key) for e in entries), *told]:
        if key not in keys:
            books.lost.append(f"{kind} was accepted and is not in the inbox: {key}")
    decided = "SELECT count(*) FROM inbox i LEFT JOIN decision d ON d.event = i.id WHERE i.state = 'decided'"
    bare = connection.execute(text(f"{decided} AND i.kind <> 'request' AND d.event IS NULL")).scalar_one()
    books.check(bare == 0, f"{bare} events are decided without a decision")
    stray = "SELECT count(*) FROM decision d LEFT JOIN inbox i ON i.id = d.event AND i.state = 'decided'"
    strays = connection.execute(text(f"{stray} WHERE i.id IS NULL")).scalar_one()
    books.check(strays == 0, f"{strays} decisions are about no decided event")


def callbacks_answered(journal: list[Any]) -> Iterator[str]:
    """The inbox keys of the status callbacks that the gateway has answered 2xx."""
    for done in (entry.get("done", "") for entry in journal):
        sid, _, status = done.removesuffix("/again").partition("/")
        if sid.startswith("SM") and status and "/" not in status:
            yield f"sms:{sid}:{status}"


def check_messages(books: Books, connection: Connection, journal: list[Any]) -> None:
    """Every message owed has come to an end, and the providers took those that count as sent, and no others."""
    rows = connection.execute(text(OWED_AS)).all()
    books.owed = Counter(row.became for row in rows)
    books.check(not books.owed["still owed"], f"{books.owed['still owed']} messages are still owed")
    ours = Counter(row.provider_id for row in rows if row.became == SENT)
    nameless = ours.pop("", 0)
    books.check(not nameless, f"{nameless} messages count as sent, and the provider's id is not known")
    theirs = dict(taken(journal))
    books.taken = len(theirs)
    books.lost += [f"counts as sent, and no provider has it: {name}" for name in ours.keys() - theirs.keys()]
    books.doubled += [f"no message of ours, and sent: {theirs[name]}" for name in theirs.keys() - ours.keys()]
    books.wrong += [f"{count} messages of ours are the provider's {name}" for name, count in ours.items() if count > 1]


def taken(journal: list[Any]) -> Iterator[tuple[str, str]]:
    """The provider's id and the text of everything that the gateway had them send."""
    for entry in journal:
        sms, post = entry.get("sms"), entry.get("post")
        if sms and not sms["inbound"] and not of_twilio_itself(entry):
            yield sms["sid"], f"to {sms['phone']}: {sms['text']}"
        if post:
            yield f"{post['room']}:{post['ts']}", f"in {post['room']}: {post['text']}"


def of_twilio_itself(entry: Any) -> bool:
    """Twilio answers STOP by itself."""
    return str(entry["sms"]["text"]).startswith("You have successfully been")


def check_promises(books: Books, ledger: Ledger, journal: list[Any]) -> None:
    """What people had to hear they have heard, and nobody anything twice."""
    heard: Counter[Line] = Counter(line for entry in journal for line in lines(entry))
    refused = [entry for entry in ledger.entries if entry.refused]
    books.wrong += [f"{entry.kind} was refused during {entry.during}: {entry.answers[-3:]}" for entry in refused]
    least, most = ledger.least(), ledger.most()
    for line, count in (least - heard).items():
        books.lost.append(f"{count} x {line} ({ledger.origin(line)})")
    for line, count in ((heard - most) & Counter({line: heard[line] for line in most})).items():
        books.doubled.append(f"{count} x {line} ({ledger.origin(line)})")
