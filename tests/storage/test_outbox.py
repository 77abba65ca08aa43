"""What is owed goes out once per claim and, per address, in the order it was owed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.database import Storage
from storage.outbox import ON_ITS_WAY
from storage.transaction import Transaction
from storage.values import Owed
from tests.storage.rows import NOON, SECOND, message, owe

SHARED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
STEPS = st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(["sent", "retry", "unknown"])), max_size=20)


def claimed(storage: Storage, limit: int = 10, channels: tuple[str, ...] = ("sms",), seconds: int = 0) -> list[str]:
    with storage.transaction() as transaction:
        return [owed.message for owed in transaction.outbox.claim(NOON + seconds * SECOND, limit, channels)]


def test_a_claim_tells_all_the_sender_needs(storage: Storage) -> None:
    with storage.transaction() as transaction:
        owe(transaction, message("m1", campaign="spring", thread="C1:17.5", choices=["yes", "no"]))
        (owed,) = transaction.outbox.claim(NOON, 10, ["slack", "sms"])

    text, choices = "text of m1", ("yes", "no")
    expected = Owed("m1", "sms", "+4915100001", "C1:17.5", text, choices, 0, False, NOON, False, "spring")
    assert owed == expected


def test_what_is_not_due_or_on_another_channel_is_left(storage: Storage) -> None:
    with storage.transaction() as transaction:
        owe(transaction, message("later", "+1"), at=NOON + SECOND)
        owe(transaction, message("slack", "U1", channel="slack"))

    assert claimed(storage) == []
    assert claimed(storage, channels=()) == []
    assert claimed(storage, seconds=1) == ["later"]


def test_the_second_message_to_an_address_waits_until_the_first_is_done(storage: Storage) -> None:
    with storage.transaction() as transaction:
        owe(transaction, message("a1", "A"), message("b1", "B"), message("a2", "A"), message("b2", "B"))

    assert claimed(storage) == ["a1", "b1"]
    assert claimed(storage) == []
    with storage.transaction() as transaction:
        transaction.outbox.sent_many([("a1", "SM1")], NOON)
        transaction.outbox.retry("b1", NOON + SECOND)
    assert claimed(storage) == ["a2"]
    assert claimed(storage, seconds=1) == ["b1"]
    with storage.reading() as transaction:
        assert transaction.messages.by_provider("sms", ["SM1"])["SM1"]["id"] == "a1"
        assert transaction.outbox.owed_count() == 3


def test_the_channels_share_the_limit_and_leave_nothing_unused(storage: Storage) -> None:
    with storage.transaction() as transaction:
        owe(transaction, *(message(f"s{n}", f"+{n}") for n in range(9)))
        owe(transaction, *(message(f"u{n}", f"U{n}", channel="slack") for n in range(2)))

    assert claimed(storage, 4, ("sms", "slack")) == ["s0", "s1", "u0", "u1"]
    assert claimed(storage, 4, ("slack", "sms")) == ["s2", "s3", "s4", "s5"]


def test_an_unknown_end_is_told_with_the_time_of_the_first_try(storage: Storage) -> None:
    with storage.transaction() as transaction:
        owe(transaction, message("m1"))
        transaction.outbox.claim(NOON, 1, ["sms"])
        transaction.outbox.unknown("m1", NOON + 5 * SECOND, looks=3)
        assert transaction.outbox.next_due(["sms"]) == NOON + 5 * SECOND
        (again,) = transaction.outbox.claim(NOON + 9 * SECOND, 1, ["sms"])

    assert (again.was_unknown, again.attempts, again.first_tried_at) == (True, 3, NOON)


def test_what_a_callback_has_settled_meanwhile_stays_done(storage: Storage) -> None:
    with storage.transaction() as transaction:
        owe(transaction, message("m1"), message("m2", "B"))
        transaction.outbox.claim(NOON, 2, ["sms"])
        transaction.outbox.done_many(["m1", "m2"])
        transaction.outbox.unknown("m1", NOON)
        transaction.outbox.retry("m2", NOON)
        assert transaction.outbox.owed_count() == 0


def test_after_a_crash_what_was_being_sent_is_unknown(storage: Storage) -> None:
    with storage.transaction() as transaction:
        owe(transaction, message("m1"), message("m2", "B"), message("m3", "C"))
        transaction.outbox.claim(NOON, 2, ["sms"])
        assert transaction.outbox.recover(NOON + SECOND, "slack") == 0
        assert transaction.outbox.recover(NOON + SECOND, "sms", except_for=["m1", "m2"]) == 0
        assert transaction.outbox.recover(NOON + SECOND, "sms") == 2
        owed = transaction.outbox.claim(NOON + SECOND, 9, ["sms"])

    assert [(row.message, row.was_unknown) for row in owed] == [("m3", False), ("m1", True), ("m2", True)]


def test_after_a_crash_what_may_have_been_sent_again_is_given_time_to_arrive(storage: Storage) -> None:
    crash = NOON + 40 * SECOND
    with storage.transaction() as transaction:
        owe(transaction, message("m1"), message("m2", "B"))
        transaction.outbox.claim(NOON, 1, ["sms"])
        transaction.outbox.unknown("m1", NOON + 30 * SECOND)
        transaction.outbox.claim(crash - 5 * SECOND, 2, ["sms"])
        assert transaction.outbox.recover(crash, "sms") == 2
        at_once = transaction.outbox.claim(crash + ON_ITS_WAY - SECOND, 9, ["sms"])
        later = transaction.outbox.claim(crash + ON_ITS_WAY, 9, ["sms"])

    assert [[row.message for row in rows] for rows in (at_once, later)] == [["m2"], ["m1"]]


def test_only_what_nobody_is_sending_can_be_cancelled(storage: Storage) -> None:
    with storage.transaction() as transaction:
        of_one = [message(id, communication="one") for id in ("m1", "m2", "m3")]
        owe(transaction, *of_one, message("m4", communication="two"), message("m5", "B"), message("m6", "B"))
        transaction.outbox.claim(NOON, 1, ["sms"])

        assert transaction.outbox.cancel(["one", "none", "one"]) == ["m2", "m3"]
        assert transaction.outbox.cancel(["one"]) == []
        assert transaction.outbox.cancel([]) == []
        assert transaction.outbox.cancel_address("sms", "B") == ["m5", "m6"]
        assert transaction.outbox.owed_count() == 2


def test_several_senders_never_claim_the_same_message(database_url: str) -> None:
    """Two processes on one database, as far as the database can tell."""
    senders = [Storage(database_url) for _ in range(3)]
    with senders[0].transaction() as transaction:
        owe(transaction, *(message(f"m{n:02}", f"+{n % 7}") for n in range(60)))
    with ThreadPoolExecutor(len(senders)) as threads:
        sent = list(threads.map(send_all, senders))

    assert sorted(id for ids in sent for id in ids) == [f"m{n:02}" for n in range(60)]
    for sender in senders:
        sender.close()


def send_all(storage: Storage) -> list[str]:
    """Claim and send until nothing is owed any more; the ids of what this one sent."""
    mine: list[str] = []
    while owed(storage):
        batch = claimed(storage, 3)
        with storage.transaction() as transaction:
            transaction.outbox.sent_many([(id, "SM") for id in batch], NOON)
        mine += batch
    return mine


def owed(storage: Storage) -> int:
    with storage.reading() as transaction:
        return transaction.outbox.owed_count()


def test_an_opt_out_after_deciding_is_seen_by_the_claim(storage: Storage) -> None:
    with storage.transaction() as transaction:
        owe(transaction, message("m1", "A"), message("m2", "B"), message("m3", "A", channel="slack"))
        transaction.opt_outs.put("sms", "A", "STOP", NOON)
        owed = transaction.outbox.claim(NOON, 9, ["sms", "slack"])

    assert {row.message: row.opted_out for row in owed} == {"m1": True, "m2": False, "m3": False}


def test_the_next_due_time_is_one_at_which_something_can_be_claimed(storage: Storage) -> None:
    with storage.transaction() as transaction:
        assert transaction.outbox.next_due(["sms"]) is None
        owe(transaction, message("a1", "A"), message("a2", "A"))
        owe(transaction, message("b1", "B"), at=NOON + 7 * SECOND)
        owe(transaction, message("u1", "U1", channel="slack"), at=NOON + 3 * SECOND)
        transaction.outbox.claim(NOON, 1, ["sms"])

        assert transaction.outbox.next_due(["sms"]) == NOON + 7 * SECOND
        assert transaction.outbox.next_due(["sms", "slack"]) == NOON + 3 * SECOND
        assert transaction.outbox.next_due([]) is None


@SHARED
@given(addresses=st.lists(st.sampled_from("ABC"), max_size=12), ends=STEPS)
def test_whatever_ends_how_each_address_gets_its_messages_in_order(
    storage: Storage, addresses: list[str], ends: list[tuple[str, str]]
) -> None:
    """Retries and unknown ends of one address neither reorder it nor hold up another."""
    run = uuid4().hex
    owed = [message(f"{run}-{place}", address) for place, address in enumerate(addresses)]
    fates = {address: iter([end for of, end in ends if of == address]) for address in "ABC"}
    with storage.transaction() as transaction:
        owe(transaction, *owed)
        sent = list(deliveries(transaction, fates))

    for address in "ABC":
        expected = [row["id"] for row in owed if row["address"] == address]
        assert [claim.message for claim in sent if claim.address == address] == expected


def deliveries(transaction: Transaction, fates: dict[str, Iterator[str]]) -> Iterator[Owed]:
    """What is sent, in order, if the claims for each address end as ``fates`` say, and well after that."""
    while claims := transaction.outbox.claim(NOON, 2, ["sms"]):
        assert len({claim.address for claim in claims}) == len(claims)
        for claim in claims:
            end = next(fates[claim.address], "sent")
            if end == "sent":
                transaction.outbox.sent_many([(claim.message, "SM")], NOON)
                yield claim
            else:
                getattr(transaction.outbox, end)(claim.message, NOON)


def test_messages_of_a_campaign_in_error_wait_and_hold_up_nobody_else(storage: Storage) -> None:
    with storage.transaction() as transaction:
        for name in ("spring", "autumn"):
            transaction.campaigns.ensure(name)
        owe(transaction, message("s1", "A", campaign="spring"), message("a1", "A", campaign="autumn"))
        owe(transaction, message("n1", "A"), message("s2", "B", campaign="spring"))
        transaction.campaigns.fail(["spring"], "the channel is down")

    assert claimed(storage) == ["a1"]
    with storage.transaction() as transaction:
        transaction.outbox.done("a1")
        assert transaction.outbox.next_due(["sms"]) == NOON
    assert claimed(storage) == ["n1"]
    with storage.transaction() as transaction:
        assert transaction.outbox.next_due(["sms"]) is None
        transaction.outbox.done("n1")
        transaction.campaigns.set_status("spring", "active", NOON)
        assert transaction.outbox.next_due(["sms"]) == NOON
    assert claimed(storage) == ["s1", "s2"]


def test_a_message_that_may_be_under_way_is_looked_up_though_its_campaign_is_in_error(storage: Storage) -> None:
    """Until that has told, it holds up its address."""
    with storage.transaction() as transaction:
        transaction.campaigns.ensure("spring")
        owe(transaction, message("s1", "A", campaign="spring"), message("n1", "A"))
    assert claimed(storage) == ["s1"]
    with storage.transaction() as transaction:
        transaction.outbox.unknown("s1", NOON)
        transaction.campaigns.fail(["spring"], "the channel is down")
    with storage.transaction() as transaction:
        assert transaction.outbox.next_due(["sms"], look_up=False) is None
        assert transaction.outbox.claim(NOON, 9, ["sms"], look_up=False) == []

        assert transaction.outbox.next_due(["sms"]) == NOON
        (look,) = transaction.outbox.claim(NOON, 9, ["sms"])
        assert (look.message, look.was_unknown, look.stands) == ("s1", True, True)
        transaction.outbox.retry("s1", NOON)

    assert claimed(storage) == ["n1"]
