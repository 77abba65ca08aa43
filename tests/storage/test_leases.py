"""Leases: one holder at a time, by the database's clock, whoever takes, renews, gives back or writes meanwhile."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, select, text

from storage.aside import Aside
from storage.database import Storage
from storage.engines import aside_engine, database_url
from storage.errors import LeaseLost
from storage.leases import LEASES, Leases
from storage.transaction import Transaction
from tests.databases import PostgresServer

LONG = 60.0
EARLIER = text("UPDATE lease SET until = until - :by WHERE name = :name")
ANN, BEN, CAI = "ann", "ben", "cai"


@pytest.fixture
def url(postgres: PostgresServer, prepared: str) -> Iterator[str]:
    with postgres.database(prepared) as url:
        yield url


def time_passes(t: Transaction, name: str, seconds: float) -> None:
    """As far as this lease can tell: its end comes nearer."""
    t.leases._connection.execute(EARLIER, {"name": name, "by": int(seconds * 1_000_000)})


def test_a_lease_has_one_holder_until_it_runs_out(storage: Storage) -> None:
    with storage.transaction() as t:
        assert [t.leases.take("reader", who, LONG) for who in (ANN, BEN, ANN)] == [True, False, True]
        time_passes(t, "reader", LONG + 1)
        assert not t.leases.renew("reader", ANN, LONG)
        assert [t.leases.take("reader", who, LONG) for who in (BEN, ANN)] == [True, False]


def test_who_waits_for_a_lease_asks_one_question_each_time(storage: Storage) -> None:
    asked: list[str] = []
    with storage.transaction() as t:
        t.leases.take("reader", ANN, LONG)
        event.listen(t.leases._connection, "before_cursor_execute", lambda *told: asked.append(told[2]))
        assert not t.leases.take("reader", BEN, LONG)
    assert [statement.split()[0] for statement in asked] == ["SELECT"]


def test_a_lease_that_is_renewed_does_not_run_out(storage: Storage) -> None:
    with storage.transaction() as t:
        t.leases.take("reader", ANN, LONG)
        for _ in range(3):
            time_passes(t, "reader", LONG - 10)
            assert t.leases.renew("reader", ANN, LONG)
        assert not t.leases.take("reader", BEN, LONG)


def test_a_lease_that_was_given_back_is_free_at_once(storage: Storage) -> None:
    with storage.transaction() as t:
        t.leases.take("reader", ANN, LONG)
        t.leases.release("reader", BEN)
        assert not t.leases.take("reader", BEN, LONG)
        t.leases.release("reader", ANN)
        assert t.leases.take("reader", BEN, LONG)
        assert t.leases.holders() == {"reader": BEN}


def test_leases_know_nothing_of_one_another(storage: Storage) -> None:
    with storage.transaction() as t:
        assert t.leases.take("sender/sms", ANN, LONG)
        assert t.leases.take("sender/slack", BEN, LONG)
        assert t.leases.holders() == {"sender/sms": ANN, "sender/slack": BEN}


def test_a_lease_that_is_free_stays_so_when_another_is_taken(storage: Storage) -> None:
    with storage.transaction() as t:
        for name in ("sender/sms", "sender/slack"):
            t.leases.take(name, BEN, LONG)
            t.leases.release(name, BEN)
        assert t.leases.take("sender/sms", ANN, LONG)
        assert t.leases.holders() == {"sender/sms": ANN}


def test_who_renews_one_lease_renews_no_other(storage: Storage) -> None:
    with storage.transaction() as t:
        for name in ("sender/sms", "sender/slack"):
            t.leases.take(name, ANN, 1.0)
        assert t.leases.renew("sender/sms", ANN, LONG)
        time_passes(t, "sender/slack", 2.0)
        time_passes(t, "sender/sms", 2.0)
        assert t.leases.holders() == {"sender/sms": ANN}


def test_of_two_that_find_a_lease_free_at_once_only_one_takes_it(url: str) -> None:
    with session_of(url) as ann, session_of(url) as ben:
        ben.take("reader", BEN, LONG)
        ben.release("reader", BEN)

        def be_first(*told: str) -> None:
            if told[2].startswith("UPDATE"):
                assert ben.take("reader", BEN, LONG)

        event.listen(ann._connection, "before_cursor_execute", be_first)
        assert not ann.take("reader", ANN, LONG)
        assert ann.holders() == {"reader": BEN}


def test_who_has_no_lease_any_more_may_write_nothing(storage: Storage) -> None:
    with storage.transaction() as t:
        t.leases.take("reader", ANN, LONG)
        t.leases.confirm("reader", ANN)
        time_passes(t, "reader", LONG + 1)
        with pytest.raises(LeaseLost, match="lease reader is not ours"):
            t.leases.confirm("reader", ANN)
        with pytest.raises(LeaseLost):
            t.leases.confirm("nobody's", ANN)


def test_while_a_holder_is_writing_nobody_takes_the_lease_though_it_has_run_out(url: str) -> None:
    with closing(Storage(url)) as storage, session_of(url) as aside:
        assert aside.take("reader", ANN, 0.2)
        with storage.transaction() as t:
            t.leases.confirm("reader", ANN)
            time_passes_elsewhere(aside)
            assert not aside.take("reader", BEN, LONG)
        assert aside.take("reader", BEN, LONG)
        with storage.transaction() as t, pytest.raises(LeaseLost):
            t.leases.confirm("reader", ANN)


def test_a_lease_that_runs_out_while_a_transaction_lasts_is_lost_to_it(url: str) -> None:
    with closing(Storage(url)) as storage, storage.transaction() as t:
        t.leases.take("reader", ANN, 0.05)
        time_passes_elsewhere(t.leases)
        with pytest.raises(LeaseLost):
            t.leases.confirm("reader", ANN)


def test_a_lease_lasts_so_many_seconds(storage: Storage) -> None:
    with storage.transaction() as t:
        t.leases.take("reader", ANN, LONG)
        until = t.leases._connection.execute(select(LEASES.c.until)).scalar_one()
    assert abs((until - datetime.now(UTC)).total_seconds() - LONG) < LONG / 2


def test_a_holder_renews_while_it_is_writing(url: str) -> None:
    with closing(Storage(url)) as storage, session_of(url) as aside:
        aside.take("reader", ANN, LONG)
        with storage.transaction() as t:
            t.leases.confirm("reader", ANN)
            assert aside.renew("reader", ANN, LONG)


@contextmanager
def session_of(url: str) -> Iterator[Leases]:
    """Another session, whose statements commit by themselves."""
    engine = aside_engine(database_url(url))
    with engine.connect() as connection:
        yield Leases(connection)
    engine.dispose()


def time_passes_elsewhere(aside: Leases) -> None:
    aside._connection.exec_driver_sql("SELECT pg_sleep(0.25)")


async def test_bells_and_leases_go_through_a_session_aside_which_is_found_anew_when_it_is_lost(
    url: str, postgres: PostgresServer
) -> None:
    aside = Aside(url)
    assert await aside.take("reader", ANN, LONG)
    postgres.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname LIKE 'test_%'")
    assert await aside.renew("reader", ANN, LONG)
    await aside.ring(["reader"])
    await aside.release("reader", ANN)
    assert await aside.take("reader", BEN, LONG)
    aside.close()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["take", "renew", "release", "confirm", "time"]),
        st.sampled_from([ANN, BEN, CAI]),
        st.integers(1, 12),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_they_do_two_never_hold_it_at_once(storage: Storage, steps: list[tuple[str, str, int]]) -> None:
    """Against a model in whole seconds: who has it, and for how long."""
    holder, left = "", 0
    with storage.transaction() as t:
        t.leases._connection.execute(delete(LEASES))
        t.leases.renew("it", ANN, LONG)  # nobody ever had it
        for what, who, seconds in steps:
            has = holder == who and left > 0
            if what == "time":
                time_passes(t, "it", seconds)
                left -= seconds
            elif what == "take":
                free = left <= 0 or holder == who
                assert t.leases.take("it", who, seconds - 0.5) == free
                holder, left = (who, seconds) if free else (holder, left)
            elif what == "renew":
                assert t.leases.renew("it", who, seconds - 0.5) == has
                left = seconds if has else left
            elif what == "release":
                t.leases.release("it", who)
                holder, left = ("", 0) if holder == who else (holder, left)
            else:
                confirms(t, who, has)
            assert t.leases.holders() == ({"it": holder} if left > 0 else {})


def confirms(t: Transaction, who: str, has: bool) -> None:
    try:
        t.leases.confirm("it", who)
    except LeaseLost:
        assert not has
    else:
        assert has
