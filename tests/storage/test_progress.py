"""How far recurring work has come."""

from storage.database import Storage
from tests.storage.rows import NOON, SECOND


def test_work_goes_on_from_the_moment_it_had_come_to(storage: Storage) -> None:
    with storage.transaction() as transaction:
        assert transaction.progress.get("sweep/sms") is None
        assert transaction.progress.moment("sweep/sms") is None
        transaction.progress.put("sweep/sms", at=NOON)
        transaction.progress.put("sweep/sms", at=NOON + SECOND)
        transaction.progress.put("blank", position=7)
    with storage.transaction() as transaction:
        assert transaction.progress.moment("sweep/sms") == NOON + SECOND
        assert transaction.progress.get("blank") == {"name": "blank", "position": 7, "at": None}
        assert transaction.progress.moment("blank") is None
