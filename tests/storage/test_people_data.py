"""Where people's data is, and that whoever erases it is alone."""

import asyncio
from threading import Event, Thread

from sqlmodel import SQLModel

from storage.database import Storage
from storage.erasing import EMPTY, REMOVED
from storage.traces import OPT_OUTS, about
from storage.values import About
from tests.storage.rows import NOON, SECOND, communication, customer, event, message, owe, participant, run, timer

PHONE, OTHER = "+4915100001", "+4915100002"
OF_PROCESSES = {"shard", "shard_turn", "lease", "channel_state", "breaker"}
NOTHING_OF_PEOPLE = {"token", "upload", "hook_trouble", "campaign", "rule_version", "progress", "node_count"}


def known(storage: Storage, id: str = "c1", phone: str = PHONE, lane: str = "") -> None:
    with storage.transaction() as t:
        t.people.add_customers([customer(id, lane=lane or id)])
        t.people.add_identifiers([{"kind": "phone", "value": phone, "customer": id}])


def test_of_every_table_it_is_said_whether_it_holds_people(storage: Storage) -> None:
    with storage.reading() as t:
        searched = {table.name for table in about(t.traces.stranger([("phone", PHONE)]))}
    erased = {table.name for table in (*EMPTY, *REMOVED, OPT_OUTS)}

    assert searched == erased
    assert searched | NOTHING_OF_PEOPLE | OF_PROCESSES == set(SQLModel.metadata.tables)


def test_an_address_that_went_to_another_customer_is_theirs(storage: Storage) -> None:
    known(storage, "c1", OTHER)
    with storage.transaction() as t:
        t.people.add_participants([participant("p1", "c1")])
        t.communications.add([communication("k1", "p1", "c1", address=PHONE)])
    known(storage, "c2", PHONE)
    with storage.reading() as t:
        first, second = t.traces.customer("c1"), t.traces.customer("c2")

    assert first
    assert second
    assert (first.addresses, second.addresses) == ((OTHER,), (PHONE,))


def test_the_lane_of_another_customer_is_not_searched_though_it_has_the_name_of_an_address(storage: Storage) -> None:
    known(storage, "c1", OTHER, lane=f"phone:{PHONE}")
    known(storage, "c2", PHONE)
    with storage.transaction() as t:
        t.inbox.keep([event("1", About("customer", "c1"), text="mine")])
    with storage.reading() as t:
        person = t.traces.customer("c2")
        assert person
        assert t.traces.rows(person)["inbox"] == []


def test_what_comes_between_the_look_and_the_erasure_is_erased_too(storage: Storage) -> None:
    known(storage)
    with storage.reading() as t:
        person = t.traces.customer("c1")
        assert person
        seen = t.traces.look(person, NOON)
    with storage.transaction() as t:
        t.people.add_participants([participant(fields={"name": "Ada"})])
        t.communications.add([communication("k1")])
        owe(t, message("m1", PHONE, customer="c1"))
        t.runs.add([run("r1")])
        t.timers.set([timer("r1", "wait")])
        t.inbox.keep([event("1", About("phone", PHONE), text="hello")])
    with storage.alone() as t:
        owed = t.erasing.withdraw(seen)
        t.erasing.erase(seen, NOON + SECOND, canceled="canceled", forget_opt_outs=False)
    with storage.reading() as t:
        rows = t.traces.rows(person)

    assert owed == {"m1": "queued"}
    assert [row["text"] for row in rows["message"]] == [""]
    assert [(row["state"], row["payload"]) for row in rows["inbox"]] == [("dropped", {})]
    assert [(row["status"], row["reason"], row["address"]) for row in rows["communication"]] == [
        ("canceled", "erased", "")
    ]
    assert (rows["participant"][0]["fields"], rows["run"], rows["timer"], rows["identifier"]) == ({}, [], [], [])


async def test_whoever_is_alone_waits_for_who_writes_and_who_comes_later_waits_for_them(storage: Storage) -> None:
    order, begun, end = [], Event(), Event()

    def write_first() -> None:
        with storage.transaction() as t:
            t.inbox.keep([event("first")])
            begun.set()
            end.wait(5)
            order.append("first")

    def be_alone() -> None:
        with storage.alone() as t:
            order.append(f"alone sees {t.inbox.waiting_count()}")

    first, alone = Thread(target=write_first), Thread(target=be_alone)
    first.start()
    await asyncio.to_thread(begun.wait, 5)
    alone.start()
    end.set()
    for thread in (first, alone):
        await asyncio.to_thread(thread.join)
    with storage.transaction() as t:
        order.append(f"last sees {t.inbox.waiting_count()}")

    assert order == ["first", "alone sees 1", "last sees 1"]
