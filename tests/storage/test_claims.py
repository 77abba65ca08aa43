"""What was claimed and not begun is given back as it was; and what is asked again and again is worked out once."""

from storage.database import Storage
from storage.values import Row
from tests.storage.rows import NOON, SECOND, message, owe


def rows(storage: Storage) -> list[Row]:
    with storage.reading() as t:
        found = t.outbox._connection.exec_driver_sql("SELECT * FROM outbox ORDER BY seq").mappings()
        return [dict(row) for row in found]


def test_what_is_given_back_is_as_it_was_before_it_was_claimed(storage: Storage) -> None:
    with storage.transaction() as t:
        owe(t, *(message(name, name) for name in ("queued", "tried", "unknown", "doubted", "done")))
        t.outbox.claim(NOON, 9, ["sms"])
        t.outbox.unclaim(t.outbox.claim(NOON, 0, ["sms"]))
        for name in ("queued", "tried"):
            t.outbox.retry(name, NOON)
        t.outbox.unknown("unknown", NOON, 2)
        t.outbox.unknown("doubted", NOON, 3, doubted=True)
        t.outbox.retry("done", NOON)
    before = rows(storage)
    with storage.transaction() as t:
        claimed = t.outbox.claim(NOON + SECOND, 9, ["sms"])
        t.outbox.done("done")
    assert len(claimed) == 5
    with storage.transaction() as t:
        t.outbox.unclaim(claimed)

    assert rows(storage)[:4] == before[:4]
    assert rows(storage)[4]["state"] == "done"


def test_campaigns_in_error_are_told_apart_however_often_they_change(storage: Storage) -> None:
    names = [f"c{number}" for number in range(20)]
    with storage.transaction() as t:
        for name in names:
            t.campaigns.ensure(name)
            owe(t, message(f"of {name}", name, campaign=name))
        for name in names:
            t.campaigns.fail([name], "down")
            found = t.outbox.claim(NOON, 99, ["sms"])
            assert f"of {name}" not in {one.message for one in found}
            t.outbox.unclaim(found)
            t.campaigns.set_status(name, "active", NOON)

        assert len(t.outbox.claim(NOON, 99, ["sms"])) == len(names)
