"""What can go wrong in storage. Nothing here holds a value of a row: texts are safe to log."""

from collections.abc import Collection


class StorageError(Exception):
    """Storage could not do what was asked."""


class StorageUnavailable(StorageError):
    """The database can't be used now (locked, read-only, full, gone); asking again later may help.

    Nothing was kept, unless it was lost in the middle of a commit: then nobody knows.
    """


class TookTooLong(StorageUnavailable):
    """The database did not find within its time what was asked for: asked for less, it may."""


class Deadlocked(StorageUnavailable):
    """This transaction and another one waited for one another, so the database ended this one: nothing of it happened.
    Done again, it may succeed."""


class SpoolUnavailable(StorageUnavailable):
    """The spool can't be used now; the text names its file. Nothing was kept in it."""


class ClaimLost(StorageUnavailable):
    """Another gateway process works on this database since the session that claimed it for ours was lost."""


class LeaseLost(ClaimLost):
    """What this process did by itself another one may do by now: nothing of it was written."""


class ShardsLost(LeaseLost):
    """Other workers have these ``shards`` by now."""

    def __init__(self, shards: Collection[int]) -> None:
        super().__init__(f"another worker has shard {', '.join(map(str, sorted(shards)))} now")
        self.shards = frozenset(shards)


class Conflict(StorageError):
    """What was to be added exists: somebody added it meanwhile. The transaction is void; asked again, it is found."""


class StaleVersion(StorageError):
    """A row changed since it was read: the whole transaction is void, read again."""


class QueueFull(StorageError):
    """More events are waiting to be kept than is allowed: ask again later."""


class AlreadyRunning(StorageError):
    """Another gateway process has this database."""


class SchemaMismatch(StorageError):
    """The tables are not those of this program: the text says which revision is there and which is needed."""


class BackupRefused(StorageError):
    """The file is no backup, is damaged, or comes from a newer program: nothing was restored."""


class BackupFailed(StorageError):
    """The backup could not be written; no file was left."""


class NotEmpty(StorageError):
    """There is something in the database already: nothing was restored."""
