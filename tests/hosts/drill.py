"""Two gateways on hosts of their own, PostgreSQL on a third: cables are pulled, hosts die, the database moves on."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic

import aiohttp

from gateway.demo.play import free_port
from tests.chaos.books import Books, drawn_up
from tests.chaos.faults import CHANNELS
from tests.chaos.grounds import Postgres
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load
from tests.chaos.processes import Stuck
from tests.chaos.project import Project
from tests.chaos.stage import Stage
from tests.chaos.storm import ANSWER_SECONDS, rest
from tests.databases import PostgresServer
from tests.hosts.balancer import Balancer
from tests.hosts.network import Host, network
from tests.hosts.pair import PORT, Pair, provider_outside
from tests.hosts.servers import Servers, servers

GATEWAYS = (Host("pmgateway1", "10.99.0.11"), Host("pmgateway2", "10.99.0.12"))
DATABASE = Host("pmdatabase", "10.99.0.21")
CUT_SECONDS = 20.0  # longer than any lease
SLOW_SECONDS = 2.0  # that providers take to answer, so that much is under way when a cable is pulled
WORK_SECONDS = 6.0  # undisturbed, between two deeds
DEAD_SECONDS = 12.0  # until a host that died is back

Deed = Callable[[Stage, Pair, Servers], Awaitable[None]]


async def cut_off_while_it_sends(stage: Stage, pair: Pair, base: Servers) -> None:
    """The cable of a host is pulled while it sends, and put in again."""
    slow = {"kind": "slow", "accept": True, "times": None, "seconds": SLOW_SECONDS}
    for channel in CHANNELS:
        await pair.tell(channel, fault=slow)
    await stage.lasts(WORK_SECONDS / 2)
    for host in GATEWAYS:
        host.cut()
        await stage.lasts(CUT_SECONDS)
        host.heal()
        await stage.lasts(WORK_SECONDS)
    for channel in CHANNELS:
        await pair.tell(channel, heal=True)


async def a_host_dies(stage: Stage, pair: Pair, base: Servers) -> None:
    """kill -9 of everything on one host, then of everything on the other."""
    for gateway in pair.gateways:
        await gateway.child.kill()
        await stage.lasts(DEAD_SECONDS)
        await pair.up()
        await stage.lasts(WORK_SECONDS)


async def the_database_fails_over(stage: Stage, pair: Pair, base: Servers) -> None:
    """PostgreSQL is killed, and its replica takes its place."""
    await asyncio.to_thread(base.fail_over)
    await stage.lasts(WORK_SECONDS)
    await pair.up()


DEEDS: tuple[Deed, ...] = (cut_off_while_it_sends, a_host_dies, the_database_fails_over)


async def drill(folder: Path, deeds: tuple[Deed, ...] = DEEDS, seed: int = 1, pace: float = 1.0) -> Books:
    """Do all of it, under load; the books at the end. Raises `Stuck` only before it begins."""
    async with AsyncExitStack() as stack:
        stack.enter_context(network((*GATEWAYS, DATABASE)))
        base = stack.enter_context(servers(DATABASE, Path(f"/tmp/pmhosts{free_port()}")))  # sockets need a short path
        project = Project(folder / "project", base.url, free_port(), free_port())
        project.write()
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
        pair, ledger = Pair(project, http), Ledger()
        stack.push_async_callback(pair.stop)
        balancer = Balancer(project.port, [(host.address, PORT) for host in GATEWAYS])
        await balancer.start()
        stack.push_async_callback(balancer.stop)
        load = Load(project, http, ledger, seed, pace, keyed=True)
        stack.push_async_callback(load.stop)
        ground = Postgres(PostgresServer(base.folder, base.programs), base.url)
        stage = Stage(pair, ground, load, ledger, random.Random(seed))  # noqa: S311 - the same each time
        await begin(stage, pair)
        for deed in deeds:
            await do(stage, deed, pair, base)
        await end(stage, pair)
        return closed(stage, pair)


async def begin(stage: Stage, pair: Pair) -> None:
    pair.provider = provider_outside(pair.project.folder, pair.project.provider_port)
    await pair.provide()
    pair.settle(list(GATEWAYS))
    await pair.up()
    await stage.load.enroll()
    await stage.load.start()
    await stage.lasts(WORK_SECONDS)


async def do(stage: Stage, deed: Deed, pair: Pair, base: Servers) -> None:
    """One deed; told when it is done."""
    stage.ledger.during, began = deed.__name__.replace("_", " "), monotonic()
    try:
        await deed(stage, pair, base)
        stage.deeds["deeds"] += 1
    except Stuck as stuck:
        stage.complain(str(stuck))
    print(f"  {monotonic() - began:5.1f} s  {stage.ledger.during}", flush=True)


async def end(stage: Stage, pair: Pair) -> None:
    """Nothing is done to them any more, and they do what they still owe."""
    stage.ledger.during, began = "the end", monotonic()
    try:
        for channel in CHANNELS:
            await pair.tell(channel, heal=True)
        await pair.up()
        await stage.load.finish()
        await rest(stage)
    except Stuck as stuck:
        stage.complain(str(stuck))
    print(f"  {monotonic() - began:5.1f} s  {stage.ledger.during}", flush=True)


def closed(stage: Stage, pair: Pair) -> Books:
    """The books, with what else was to be complained of. The gateways work on: their database would be gone first."""
    books = drawn_up(pair.project, stage.ledger, f"two hosts: {stage.deeds['deeds']} deeds")
    books.wrong += stage.complaints
    return books
