"""All pages of a list together are whole and in order, however few rows are looked through for each."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from storage.database import Storage
from storage.listing.messages import MessagesWanted
from storage.listing.pages import WINDOW, Walk
from storage.values import Row
from tests.storage.rows import NOON, SECOND, message

CAMPAIGNS = ("a", "b", "c")
WANTED = (
    MessagesWanted(),
    MessagesWanted(status="read"),
    MessagesWanted(channel="sms", status=""),
    MessagesWanted(campaign="a", status="sent"),
    MessagesWanted(customer="x", campaign="b"),
    MessagesWanted(sessions=True),
    MessagesWanted(sessions=True, customer="x"),
    MessagesWanted(sessions=True, customer="x", campaign="b"),
    MessagesWanted(since=NOON + 3 * SECOND, until=NOON + 9 * SECOND, direction="out"),
)
DEFAULTS: Any = Walk.__init__.__kwdefaults__
Key = tuple[object, ...]


def messages() -> list[Row]:
    """Of three campaigns and of none, many of one moment."""
    chosen = Random(5)  # noqa: S311 - which ones does not matter, but that they are the same ones each time
    return [
        message(
            f"{number:032x}",
            campaign=chosen.choice(("", *CAMPAIGNS)),
            status=chosen.choice(("sent", "read", "")),
            channel=chosen.choice(("sms", "slack")),
            customer=chosen.choice("xyz"),
            communication=chosen.choice(("", "t1", "t2")),
            direction=chosen.choice(("in", "out")),
            created_at=NOON + timedelta(seconds=chosen.randrange(12)),
        )
        for number in range(80)
    ]


def passes(row: Row, wanted: MessagesWanted) -> bool:
    return (
        wanted.status in (None, row["status"])
        and wanted.customer in ("", row["customer"])
        and wanted.direction in ("", row["direction"])
        and (not wanted.sessions or (row["direction"], row["communication"]) == ("in", ""))
        and wanted.channel in ("", row["channel"])
        and wanted.campaign in (None, row["campaign"])
        and (wanted.since is None or wanted.until is None or wanted.since <= row["created_at"] < wanted.until)
    )


def read_all(storage: Storage, wanted: MessagesWanted, limit: int) -> list[Key]:
    found: list[Key] = []
    after: Key | None = None
    with storage.reading() as t:
        while True:
            page = t.lists.messages.page(wanted, after, limit)
            assert len(page.rows) <= limit
            found += [(row["created_at"], row["id"]) for row in page.rows]
            after = page.next
            if after is None:
                return found


@pytest.mark.parametrize("window", [4, 40, WINDOW])
def test_all_pages_together_are_what_is_wanted_whatever_is_looked_through(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    monkeypatch.setitem(DEFAULTS, "window", window)
    rows = messages()
    with storage.transaction() as t:
        t.messages.add(rows)

    for wanted in WANTED:
        expected = sorted(((row["created_at"], row["id"]) for row in rows if passes(row, wanted)), reverse=True)
        assert [read_all(storage, wanted, limit) for limit in (1, 7)] == [expected, expected]
