"""Contents that are older than they may be kept: they are emptied, a batch at a time; the rows stay."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, delete, exists, func, select, text, update

from storage.models import Decision, Inbox, Message, Outbox, Upload, UploadFailure
from storage.statements import rows_of, table_of

DECISIONS, INBOX, MESSAGES = table_of(Decision), table_of(Inbox), table_of(Message)
FAILURES, OUTBOX, UPLOADS = table_of(UploadFailure), table_of(Outbox), table_of(Upload)
HAS_CONTENT = text("(message.text <> '' OR message.media <> '[]')")  # as the partial index says it
OWED = exists(select(OUTBOX.c.seq).where(OUTBOX.c.message == MESSAGES.c.id, OUTBOX.c.state != "done"))
SETTLED = ("decided", "dropped")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some events in their order: those ``ready`` to be emptied, the number of the ``last`` one, the ``first_open``
    that is not decided or only since (None: there is none), and whether there may be ``more`` old ones after them."""

    ready: tuple[int, ...]
    last: int
    first_open: int | None
    more: bool


class Retention:
    """Finds what is old, and empties it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def old_messages(self, before: datetime, limit: int) -> list[str]:
        """The first messages of before this moment (UTC) in which something is said, none that are still owed."""
        old = select(MESSAGES.c.id).where(HAS_CONTENT, MESSAGES.c.created_at < before, ~OWED)
        return list(self._connection.execute(old.order_by(MESSAGES.c.created_at).limit(limit)).scalars())

    def empty_messages(self, messages: Collection[str]) -> None:
        """Nothing of what was said stays; of strangers, nor who they were."""
        known = MESSAGES.c.customer != ""
        kept = {name: case((known, MESSAGES.c[name]), else_="") for name in ("address", "thread")}
        self._connection.execute(
            update(MESSAGES).where(MESSAGES.c.id.in_(messages)).values(text="", choices=[], media=[], **kept)
        )

    def stretch(self, after: int, before: datetime, limit: int) -> Stretch:
        """The events after that number and of before this moment (UTC), at most ``limit``."""
        settled = func.coalesce(INBOX.c.decided_at, INBOX.c.received_at).label("settled")
        query = select(INBOX.c.id, INBOX.c.state, INBOX.c.received_at, settled).where(INBOX.c.id > after)
        rows = rows_of(self._connection.execute(query.order_by(INBOX.c.id).limit(limit)))
        old = [row for row in rows if row["received_at"] < before]
        ready = [row["id"] for row in old if row["state"] in SETTLED and row["settled"] < before]
        still_open = {row["id"] for row in old} - set(ready)
        last = max((row["id"] for row in old), default=after)
        return Stretch(tuple(ready), last, min(still_open, default=None), len(old) == limit)

    def empty_events(self, events: Collection[int]) -> None:
        """What they brought goes, and whose lane they were in; their keys stay, so that none is heard twice."""
        full = (INBOX.c.id.in_(events), INBOX.c.payload != {})
        self._connection.execute(update(INBOX).where(*full).values(payload={}, error="", lane=""))

    def empty_decisions(self, events: Collection[int]) -> None:
        """What was decided stays, why it was goes."""
        full = (DECISIONS.c.event.in_(events), DECISIONS.c.log != [])
        self._connection.execute(update(DECISIONS).where(*full).values(log=[]))

    def empty_uploads(self, before: datetime, limit: int) -> int:
        """Uploads that ended before this moment (UTC) keep their counts, and no errors; at most ``limit`` errors go.
        Return how many."""
        old = select(UPLOADS.c.id).where(UPLOADS.c.finished_at < before)
        first = select(FAILURES.c.seq).where(FAILURES.c.upload.in_(old)).limit(limit)
        return self._connection.execute(delete(FAILURES).where(FAILURES.c.seq.in_(first))).rowcount
