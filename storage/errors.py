"""What can go wrong in storage. Nothing here holds a value of a row: texts are safe to log."""


class StorageError(Exception):
    """Storage could not do what was asked."""


class StorageUnavailable(StorageError):
    """The database can't be used now (locked, read-only, full, gone); asking again later may help.

    Nothing was kept, unless it was lost in the middle of a commit: then nobody knows.
    """


class Conflict(StorageError):
    """What was to be added exists: somebody added it meanwhile. The transaction is void; asked again, it is found."""


class StaleVersion(StorageError):
    """A row changed since it was read: the whole transaction is void, read again."""


class QueueFull(StorageError):
    """More events are waiting to be kept than is allowed: ask again later."""


class AlreadyRunning(StorageError):
    """Another gateway process has this SQLite file."""


class SchemaMismatch(StorageError):
    """The tables are not those of this program: the text says which revision is there and which is needed."""
