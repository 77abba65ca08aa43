"""A call waits for a process that can make it: one whose settings lack the service leaves it to the others."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from gateway.calls.caller import Caller
from gateway.calls.outcomes import Desk
from gateway.calls.posting import NeverAsked
from gateway.clock import Bell
from tests.gateway.example_rules import ADA
from tests.gateway.hosts import Host, hash_of, hosts
from tests.gateway.test_rules_that_cannot_be_followed import ABLE, UNABLE, WHY

CALLING = """
campaign: calling
flows:
  ask:
    joined: {when: participant_created, next: ask}
    ask: {do: call_webhook, service: crm}
"""


@pytest.fixture
async def pair(shared_url: str, tmp_path: Path) -> AsyncIterator[tuple[Host, Host]]:
    """One whose settings have the service crm, and one whose settings lack it; a call to crm is owed."""
    with hosts(shared_url, tmp_path, ABLE, UNABLE) as (able, unable):
        for host in (able, unable):
            await host.starts()
        await able.saves(CALLING)
        await able.begin("calling")
        await able.give("calling", ADA)
        await able.works()
        unable.clock.advance_to(able.clock.now())
        yield able, unable


def caller_of(host: Host, services: Mapping[str, Desk]) -> Caller:
    nobody, bell = NeverAsked("there are no functions"), Bell(host.clock)
    return Caller(host.storage, host.clock, bell, services, nobody, lambda: None, host.rulebooks.hindered)


async def owed(host: Host) -> list[tuple[str, str]]:
    return await host.storage.read(lambda t: t.calls.targets())


async def turns(caller: Caller) -> None:
    for _ in range(3):  # begin, record what came of it, rest
        await caller._turn()


async def test_who_lacks_the_service_leaves_its_calls_to_others(pair: tuple[Host, Host]) -> None:
    able, unable = pair
    await turns(caller_of(unable, {}))  # before it has looked what is in force
    assert await owed(able) == [("webhook", "crm")]
    assert WHY in unable.rulebooks.hindrance()

    await turns(caller_of(able, {"crm": NeverAsked("asked")}))
    assert await owed(able) == []


async def test_a_call_that_nobody_can_make_any_more_fails(pair: tuple[Host, Host]) -> None:
    _, unable = pair
    now, hash = unable.clock.now(), hash_of(CALLING)
    await unable.storage.run(lambda t: t.version_doubts.ask(hash, now))
    assert await unable.storage.run(lambda t: t.version_doubts.give_up(hash, now))
    await turns(caller_of(unable, {}))
    assert await owed(unable) == []
