"""What one process found out about services the next one knows, and believes within reason."""

from datetime import datetime, timedelta

import pytest

from gateway.calls.breaker import FAILURES_IN_A_ROW, PAUSE, Breaker
from gateway.calls.kept_breakers import KeptBreakers
from gateway.calls.outcomes import Answered, Unanswered
from gateway.calls.posting import Service
from gateway.settings_file import ServiceSettings
from storage.breakers import SERVICE
from storage.database import Storage
from storage.transaction import Transaction
from tests.storage.rows import NOON

YEAR = timedelta(days=365)
CRM = {"url": "https://crm.example.org/", "secret": "0123456789abcdef0123456789abcdef"}


def service(per_minute: int | None = None, failures: int = 0, at: datetime = NOON) -> Service:
    made = Service("crm", ServiceSettings.model_validate({**CRM, "per_minute": per_minute}))
    for _ in range(failures):
        fail(made, at)
    return made


def fail(one: Service, at: datetime = NOON) -> None:
    one.claimed(at)
    one.begun(at)
    one.ended(Unanswered("crm answered 500"), at)


def taken(kept: Service, at: timedelta = timedelta()) -> Service:
    other = service(kept.settings.per_minute)
    other.take(kept.kept(), NOON + at)
    return other


def breakers(one: Service) -> KeptBreakers:
    return KeptBreakers(SERVICE, {"crm": one})


def nothing(t: Transaction) -> None:
    """The transaction is for what is kept."""


async def next_one(storage: Storage) -> Service:
    """Whoever begins to work now."""
    one = service()
    await breakers(one).recover(storage, nothing, NOON)
    return one


@pytest.mark.parametrize("failures", range(FAILURES_IN_A_ROW + 2))
def test_who_goes_on_counts_on_and_leaves_alone_as_long(failures: int) -> None:
    found = service(failures=failures)
    other = taken(found)

    assert other.kept() == found.kept()
    assert other.opens_at(NOON) == found.opens_at(NOON)
    for one in (found, other):
        fail(one)
    assert other.breaker == found.breaker


def test_a_trial_that_the_end_of_a_process_broke_off_is_made_by_the_next_one() -> None:
    found = service(failures=FAILURES_IN_A_ROW)
    found.begun(NOON + PAUSE)

    assert (found.room(NOON + PAUSE, 0), taken(found, PAUSE).room(NOON + PAUSE, 0)) == (0, 1)


def test_no_rest_is_longer_than_it_can_be_whatever_clock_it_was_found_out_by() -> None:
    found = service(per_minute=6, failures=FAILURES_IN_A_ROW, at=NOON + YEAR)

    assert taken(found).breaker.until == NOON + PAUSE
    assert taken(found).kept()["next_at"] == NOON + timedelta(seconds=10)


@pytest.mark.parametrize(
    ("per_minute", "seconds"), [(1, 60.0), (6, 10.0), (600, 0.1), (601, None), (60_000, None), (None, None)]
)
def test_only_a_pause_that_lasts_until_somebody_else_can_ask_is_kept(
    per_minute: int | None, seconds: float | None
) -> None:
    one = service(per_minute)
    one.claimed(NOON)

    next_at = None if seconds is None else NOON + timedelta(seconds=seconds)
    assert one.kept()["next_at"] == next_at
    assert taken(one).opens_at(NOON) == (next_at or NOON)


def test_a_pace_that_left_the_settings_holds_nobody_back() -> None:
    paced, free = service(per_minute=1), service()
    paced.claimed(NOON)
    free.take(paced.kept(), NOON)

    assert free.opens_at(NOON) == NOON


async def test_what_was_not_committed_is_written_with_what_is(storage: Storage) -> None:
    one = service()
    kept = breakers(one)
    await kept.recover(storage, nothing, NOON)
    fail(one)

    def fails(t: Transaction) -> None:
        raise ValueError("cut off")

    with pytest.raises(ValueError, match="cut off"):
        await kept.run(storage, fails)
    assert (await next_one(storage)).breaker == Breaker()
    await kept.run(storage, nothing)
    assert (await next_one(storage)).breaker == Breaker(failures=1)


async def test_where_nobody_knows_whether_it_was_committed_it_is_looked_up_and_mended(storage: Storage) -> None:
    one, there = service(), service(failures=3).kept()
    kept = breakers(one)
    await kept.recover(storage, nothing, NOON)
    await storage.run(lambda t: t.breakers.put([{"kind": SERVICE, "name": "crm", **there}]))
    one.ended(Answered({}), NOON)
    await kept.run(storage, nothing)
    assert (await next_one(storage)).breaker.failures == 3  # as far as it knows, it had written that nothing is wrong

    await kept.recover(storage, nothing, NOON)
    assert one.breaker == Breaker()  # nobody else worked meanwhile: it knows better
    await kept.run(storage, nothing)
    assert (await next_one(storage)).breaker == Breaker()


async def test_who_let_others_work_goes_on_from_what_they_left(storage: Storage) -> None:
    one, other = service(), service()
    first, second = breakers(one), breakers(other)
    await first.recover(storage, nothing, NOON)
    for _ in range(FAILURES_IN_A_ROW):
        fail(one)
    await first.run(storage, nothing)
    first.let_go()
    await second.recover(storage, nothing, NOON)
    assert other.breaker.until == NOON + PAUSE
    other.ended(Answered({}), NOON)
    await second.run(storage, nothing)

    await first.recover(storage, nothing, NOON)
    assert one.breaker == Breaker()
