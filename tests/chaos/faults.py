"""The fault scenarios: what providers, the database, the machine and the operator can do, all of it under load."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from tests.chaos.grounds import SLOW, Postgres, ailing
from tests.chaos.ledger import LIST_OF_UNREACHED
from tests.chaos.load import BEARER
from tests.chaos.processes import Child, until
from tests.chaos.project import CAMPAIGN, RULES
from tests.chaos.stage import Stage

CHANNELS = ("sms", "slack")
STOPS_WITHIN = 30.0  # seconds after SIGTERM, on a machine that is busy with more than this
ALL_DECIDED = 3.0  # seconds in which the worker decides what is kept
WITHIN = 60.0  # seconds in which a message has all its callbacks, however troubled the times
PATIENT = 7.0  # seconds: longer than SQLite waits for another's lock
BROKEN = RULES.replace("switch: message.keyword", "switch: message.keywrod")
EDITS = 6


@dataclass(frozen=True)
class Fault:
    """One scenario; ``act`` begins with a gateway that answers. ``only`` names the one database that has it."""

    name: str
    act: Callable[[Stage], Awaitable[None]]
    only: str = ""


def provider(times: int, channels: tuple[str, ...] = CHANNELS, **fault: Any) -> Callable[[Stage], Awaitable[None]]:
    """The providers do this to the next ``times`` requests each."""

    async def act(stage: Stage) -> None:
        for channel in channels:
            await stage.subject.tell(channel, fault={"times": times, **fault})
        await stage.lasts(2, 4)

    return act


def callbacks(**how: Any) -> Callable[[Stage], Awaitable[None]]:
    """Webhooks leave the providers so, for a while."""

    async def act(stage: Stage) -> None:
        for channel in CHANNELS:
            await stage.subject.tell(channel, webhooks=how)
        await stage.lasts(3, 5)
        for channel in CHANNELS:
            await stage.subject.tell(channel, webhooks={})

    return act


async def statuses_lost(stage: Stage) -> None:
    """No status callback arrives, while sends end in the unknown: only the provider's list can tell.

    Whoever is out of reach is so by a callback; the sweeper asks for it minutes later, which nobody here waits for.
    """
    since = monotonic() - WITHIN
    await stage.subject.tell("sms", webhooks={"lost": ["status"]})
    await stage.subject.tell("sms", fault={"kind": "drop", "accept": True, "times": 3})
    await stage.lasts(4, 6)
    stage.ledger.forgive(LIST_OF_UNREACHED, since)
    await stage.subject.tell("sms", webhooks={})


async def messages_lost(stage: Stage) -> None:
    """What people answer is not told; the sweeper, which looks at each start, finds it in the provider's list."""
    await stage.subject.tell("sms", webhooks={"lost": ["inbound"]})
    await stage.lasts(4, 6)
    await stage.subject.tell("sms", webhooks={})
    await stopped(stage)


async def provider_killed(stage: Stage) -> None:
    """The providers are gone for a while, in the middle of everything."""
    await stage.subject.provider.kill()
    await stage.lasts(1, 3)
    await stage.subject.provide()


async def account_refused(stage: Stage) -> None:
    """The provider refuses our password once: the campaign stands in error until the operator starts it anew."""
    stage.ledger.stands = True
    await stage.lasts(ALL_DECIDED)
    await stage.subject.tell("sms", fault={"kind": "fail", "status": 401, "code": "20003", "on": "send"})
    url = f"{stage.subject.project.url}/api/v1/campaigns/{CAMPAIGN}"

    async def stands(status: str) -> bool:
        return ((await stage.subject.ask("GET", url, headers=BEARER))[1] or {}).get("status") == status

    await until(lambda: stands("error"), "the campaign in error")
    await stage.lasts(1, 2)
    await stage.subject.ask("POST", f"{url}/start", headers=BEARER)
    await until(lambda: stands("active"), "the campaign at work again")
    stage.ledger.stands = False


async def stopped(stage: Stage) -> None:
    """SIGTERM under load ends it cleanly."""
    gateway = stage.subject.gateway
    gateway.send(signal.SIGTERM)
    if code := await gateway.end(STOPS_WITHIN):
        stage.complain(f"SIGTERM ended in {code}: {gateway.last_words()}")
    stage.subject.launch()


async def stopped_twice(stage: Stage) -> None:
    """A second SIGTERM, for somebody who does not want to wait."""
    gateway = stage.subject.gateway
    gateway.send(signal.SIGTERM)
    await stage.lasts(0.05, 0.3)
    gateway.send(signal.SIGTERM)
    await gateway.end(STOPS_WITHIN)
    stage.subject.launch()


async def frozen(stage: Stage) -> None:
    """SIGSTOP, as when a machine is moved; time goes on outside."""
    stage.subject.gateway.send(signal.SIGSTOP)
    await stage.lasts(4, 6)
    stage.subject.gateway.send(signal.SIGCONT)


async def started_twice(stage: Stage) -> None:
    """Two starts at once: one of them works, the other one ends with a word about why."""
    await stage.subject.gateway.kill()
    stage.kills += 1
    first = stage.subject.gateway
    second = Child(first.command, first.output.with_name("second.log"), first.environment)
    both = (first, second)
    for child in both:
        child.start(*stage.subject.arguments())
    await until(lambda: not (first.runs and second.runs), "the end of one of two")
    stage.subject.gateway = first if first.runs else second
    loser = second if first.runs else first
    if "Traceback" in loser.last_words() or not loser.code:
        stage.complain(f"of two, one ended in {loser.code}: {loser.last_words()}")


async def rules_broken(stage: Stage) -> None:
    """The operator saves a rule file with a mistake, and mends it later."""
    stage.edit(BROKEN)
    await stage.lasts(3)
    stage.edit(f"{RULES}# mended\n")
    await stage.lasts(1)


async def rules_reloaded(stage: Stage) -> None:
    """The operator saves the rule file again and again."""
    for number in range(EDITS):
        stage.edit(f"{RULES}# {stage.chance.random()} {number}\n")
        await stage.lasts(0.3, 1.2)


async def rules_changed_while_away(stage: Stage) -> None:
    """The rule file is another one when the gateway comes back."""
    await stage.subject.gateway.kill()
    stage.kills += 1
    stage.edit(f"{RULES}# changed {stage.chance.random()}\n")
    stage.subject.launch()


async def locked(stage: Stage) -> None:
    """Another program has the database for itself."""
    with stage.ground.locked(stage.subject):
        await stage.lasts(PATIENT)


async def full(stage: Stage) -> None:
    """The disk is full, then somebody makes room."""
    with stage.ground.full(stage.subject):
        await stage.lasts(2, 4)


async def read_only(stage: Stage) -> None:
    """The database refuses to be written."""
    with stage.ground.read_only(stage.subject):
        await stage.lasts(2, 4)


async def slow(stage: Stage) -> None:
    """Every statement takes its time."""
    with ailing(stage.subject, SLOW):
        await stage.lasts(4, 6)


async def restarted(stage: Stage) -> None:
    """PostgreSQL is restarted."""
    await postgres_of(stage).restart()
    await stage.lasts(1)


async def crashed(stage: Stage) -> None:
    """kill -9 of PostgreSQL."""
    await postgres_of(stage).crash()
    await stage.lasts(1)


async def cut(stage: Stage) -> None:
    """Connections end in the middle of transactions."""
    for _ in range(20):
        await asyncio.to_thread(postgres_of(stage).cut)
        await stage.lasts(0.05, 0.25)


def postgres_of(stage: Stage) -> Postgres:
    """The database of a scenario that only PostgreSQL has."""
    assert isinstance(stage.ground, Postgres)
    return stage.ground


FAULTS = (
    Fault("the provider accepts, then drops the connection", provider(4, kind="drop", accept=True)),
    Fault("the provider accepts, then answers 500", provider(4, kind="fail", accept=True)),
    Fault("the provider accepts and never answers", provider(2, kind="hang", accept=True, seconds=12)),
    Fault("the provider drops the connection and has nothing", provider(3, kind="drop")),
    Fault("the provider answers late", provider(10, kind="slow", seconds=2.0)),
    Fault("the provider says 429", provider(10, kind="throttle", retry_after=1)),
    Fault("the provider has a burst of 503", provider(8, kind="fail", status=503)),
    Fault("the provider is killed and comes back", provider_killed),
    Fault("the provider refuses the account", account_refused),
    Fault("callbacks come twice and shuffled", callbacks(twice=True, shuffled=True)),
    Fault("callbacks come late", callbacks(late=4.0)),
    Fault("callbacks are lost, and answers to sends", statuses_lost),
    Fault("messages of people are lost", messages_lost),
    Fault("SIGTERM", stopped),
    Fault("SIGTERM twice", stopped_twice),
    Fault("SIGSTOP, then SIGCONT", frozen),
    Fault("two starts at once", started_twice),
    Fault("a broken rule file", rules_broken),
    Fault("a rule file saved again and again", rules_reloaded),
    Fault("a rule file changed while the gateway is away", rules_changed_while_away),
    Fault("the database is locked", locked),
    Fault("the disk is full", full),
    Fault("the database is read-only", read_only),
    Fault("the database is slow", slow),
    Fault("PostgreSQL is restarted", restarted, only="postgres"),
    Fault("PostgreSQL is killed", crashed, only="postgres"),
    Fault("connections are cut in transactions", cut, only="postgres"),
)
