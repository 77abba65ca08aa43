"""After a restore: what is owed may have been sent already, by the gateway whose work since the backup is forgotten.

What was done after the backup was taken is done again: a timer fires anew, a message that the sweeper finds is answered
anew, a list is imported anew. So for some time whatever comes to be owed is *doubted* from the start, and is sent only
where the provider does not have it. Its id is the same as the first time only where what leads to it is in the backup,
or has the provider's key; so it is looked for by what it says, too.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from storage.progress import Progress
from storage.types import EPOCH, MICROSECOND
from storage.values import Row

RESTORED = "restored"  # the row of `progress`: when the backup was taken, and until when to doubt


def doubt(connection: Connection, since: datetime, now: datetime, until: datetime) -> datetime:
    """From ``now`` to ``until`` messages may have been sent after ``since`` (all UTC). Return since when in fact: what
    an earlier restore left in doubt stays so, as long as that one said."""
    end = (until - EPOCH) // MICROSECOND
    if earlier := _doubt_at(connection, now):
        since, end = min(since, earlier["at"]), max(end, earlier["position"])
    Progress(connection).put(RESTORED, position=end, at=since)
    return since


def doubted_since(connection: Connection, at: datetime) -> datetime | None:
    """Since when (UTC) a message that comes to be owed ``at`` may have been sent already; None: it surely was not."""
    row = _doubt_at(connection, at)
    return row["at"] if row else None


def _doubt_at(connection: Connection, at: datetime) -> Row | None:
    row = Progress(connection).get(RESTORED)
    return row if row and at < EPOCH + timedelta(microseconds=row["position"]) else None
