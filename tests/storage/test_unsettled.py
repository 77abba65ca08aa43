"""What the sweeper asks of storage: talks that go on, and messages without a last word."""

import pytest
from sqlalchemy import text

from storage.database import Storage
from storage.values import Row
from tests.storage.rows import NOON, SECOND, communication, customer, message, participant


def sent(id: str, status: str = "sent", **other: object) -> Row:
    known: Row = {"direction": "out", "status": status, "provider_id": f"SM{id}", "updated_at": NOON}
    return message(id) | known | other


def keep(storage: Storage, *rows: Row) -> None:
    with storage.transaction() as transaction:
        transaction.people.add_customers([customer()])
        transaction.messages.add(list(rows))


def test_messages_without_a_last_word_come_by_the_time_of_their_last_status(storage: Storage) -> None:
    keep(
        storage,
        sent("at the start"),
        sent("within", updated_at=NOON + SECOND),
        sent("also", "accepted", updated_at=NOON + 2 * SECOND),
        sent("later", updated_at=NOON + 3 * SECOND),
        sent("much later", "queued", updated_at=NOON + 9 * SECOND),
    )
    spans = [(NOON, NOON + 2 * SECOND), (NOON + 8 * SECOND, NOON + 9 * SECOND)]
    with storage.transaction() as transaction:
        found = transaction.messages.unsettled("sms", spans)
        assert found == [{"id": id, "provider_id": f"SM{id}"} for id in ("also", "much later", "within")]
        first = transaction.messages.unsettled("sms", spans, limit=1)
        assert transaction.messages.unsettled("sms", spans, after=first[0]["id"]) == found[1:]


@pytest.mark.parametrize(
    "settled",
    [
        *(sent("other", status) for status in ("", "delivered", "failed", "undelivered", "canceled", "read")),
        sent("other", provider_id=""),
        sent("other", direction="in"),
        sent("other", channel="slack"),
    ],
)
def test_what_is_settled_unsent_or_of_another_channel_is_not_asked_for(storage: Storage, settled: Row) -> None:
    keep(storage, settled)
    with storage.transaction() as transaction:
        assert transaction.messages.unsettled("sms", [(NOON - SECOND, NOON)]) == []


def test_messages_without_a_last_word_are_found_by_their_index(storage: Storage) -> None:
    if storage._reading.dialect.name == "postgresql":
        pytest.skip("an empty table is read whole there")
    query = (
        "EXPLAIN QUERY PLAN SELECT id FROM message WHERE message.direction = 'out' AND message.status IN "
        "('accepted', 'queued', 'sending', 'sent') AND channel = 'sms' AND updated_at > 1 AND updated_at <= 2"
    )
    with storage.transaction() as transaction:
        plan = str(transaction.messages._connection.execute(text(query)).all())
    assert "message_unsettled" in plan


def test_the_talks_that_go_on_come_page_by_page(storage: Storage) -> None:
    open_talk: Row = {"channel": "slack", "opened": True, "is_open": True}
    with storage.transaction() as transaction:
        transaction.people.add_customers([customer()])
        transaction.people.add_participants([participant()])
        transaction.communications.add(
            [
                communication("a", **open_talk, address="U1", thread="C1:1.0"),
                communication("b", **open_talk, address="U2"),
                communication("planned", **open_talk | {"opened": False}),
                communication("ended", **open_talk | {"is_open": False, "status": "completed"}),
                communication("sms", **open_talk | {"channel": "sms"}),
            ]
        )
        first = transaction.communications.going_on("slack", limit=1)
        assert first == [{"id": "a", "address": "U1", "thread": "C1:1.0"}]
        assert [row["id"] for row in transaction.communications.going_on("slack", after="a")] == ["b"]
