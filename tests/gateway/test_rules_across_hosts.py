"""Rule files of several hosts: which one comes into force for all of them, and which is left."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from gateway.activating import Looked
from gateway.app import Gateway, open_gateway
from gateway.clock import SystemClock
from gateway.doctor.project import files_older
from gateway.roles import ALONE, Role
from gateway.settings import Settings
from gateway.shared_rulebooks import SharedRulebooks
from gateway.watching import PERIOD
from storage.database import Storage
from storage.transaction import Transaction
from tests.databases import PostgresServer
from tests.gateway.desk import AUTHORIZED, Desk
from tests.gateway.example_rules import ECHO, HELLO
from tests.gateway.hosts import PROJECT, Host, hash_of, hosts
from tests.gateway.running import project_settings, write_project

PATIENCE = 20.0  # seconds: a machine may be busy
ONE, TWO, THREE = (f"{ECHO}# version {number}\n" for number in (1, 2, 3))


@pytest.fixture
def url(postgres: PostgresServer, prepared: str) -> Iterator[str]:
    with postgres.database(prepared) as url:
        yield url


@pytest.fixture
def pair(url: str, tmp_path: Path) -> Iterator[tuple[Host, Host]]:
    with hosts(url, tmp_path, PROJECT, PROJECT) as (one, other):
        yield one, other


async def both_on(pair: tuple[Host, Host], text: str) -> None:
    for host in pair:
        host.write(text)
        await host.starts()


async def test_a_file_that_changes_on_one_host_is_in_force_on_the_other_with_its_next_look(
    pair: tuple[Host, Host],
) -> None:
    one, other = pair
    await both_on(pair, ONE)
    with capture_logs() as logs:
        await one.saves(TWO)
        await other.watch.look()
    assert [host.runs_on() for host in pair] == [hash_of(TWO)] * 2
    assert [line["event"] for line in logs if line.get("campaign") == "echo"] == ["rules_followed"]
    assert [book.hash for report in one.reports for book in report.books] == [hash_of(ONE), hash_of(TWO)]
    assert [book.hash for report in other.reports for book in report.books] == []


async def test_the_host_that_was_left_behind_says_so_once_and_its_copy_stays_out(pair: tuple[Host, Host]) -> None:
    one, other = pair
    await both_on(pair, ONE)
    await one.saves(TWO)
    with capture_logs() as logs:
        for _ in range(3):
            await other.watch.look()
    assert await other.active() == hash_of(TWO)
    (older,) = other.rulebooks.older
    assert (Path(older.file).name, older.campaign, older.hash) == ("1.yaml", "echo", hash_of(ONE))
    told = [line for line in logs if line["event"] == "rule_file_older"]
    assert [(line["file"], line["hash"], line["in_force"]) for line in told] == [
        ("1.yaml", hash_of(ONE)[:12], hash_of(TWO)[:12])
    ]


async def test_a_host_that_starts_with_an_older_copy_takes_what_is_in_force(pair: tuple[Host, Host]) -> None:
    one, other = pair
    await both_on(pair, ONE)
    await one.saves(TWO)
    await other.restarts()
    await one.watch.look()
    assert [host.runs_on() for host in pair] == [hash_of(TWO)] * 2
    assert [one.hash for one in other.rulebooks.older] == [hash_of(ONE)]


async def test_a_host_that_starts_with_what_nobody_has_seen_brings_it_into_force(pair: tuple[Host, Host]) -> None:
    one, other = pair
    await both_on(pair, ONE)
    other.write(TWO)
    await other.restarts()
    await one.watch.look()
    assert [host.runs_on() for host in pair] == [hash_of(TWO)] * 2
    assert [of.hash for of in one.rulebooks.older] == [hash_of(ONE)]


async def test_an_old_file_that_is_put_back_while_the_process_runs_comes_into_force(pair: tuple[Host, Host]) -> None:
    one, other = pair
    await both_on(pair, ONE)
    await one.saves(TWO)
    await one.saves(ONE)
    await other.watch.look()
    assert [host.runs_on() for host in pair] == [hash_of(ONE)] * 2
    assert other.rulebooks.older == ()


async def test_a_file_that_is_only_touched_stays_out(pair: tuple[Host, Host]) -> None:
    one, other = pair
    await both_on(pair, ONE)
    await one.saves(TWO)
    await other.saves("{")
    await other.saves(ONE + "\n")
    assert await other.active() == hash_of(ONE + "\n")
    await one.saves(TWO + "\n")
    await other.watch.look()
    (other.folder / "1.yaml").touch()
    await other.watch.look()
    assert await other.active() == hash_of(TWO + "\n")


async def test_an_operator_brings_an_older_copy_into_force_by_name_and_no_other_one(pair: tuple[Host, Host]) -> None:
    one, other = pair
    for host in pair:
        host.write(HELLO, "2.yaml")
    await both_on(pair, ONE)
    await one.saves(TWO)
    await one.saves(HELLO + "# 2\n", "2.yaml")
    await other.watch.look()
    await other.watch.load(campaign="echo")
    assert (await one.active(), await one.active("hello")) == (hash_of(ONE), hash_of(HELLO + "# 2\n"))


async def test_a_host_without_rule_files_follows_and_misses_none(pair: tuple[Host, Host]) -> None:
    one, other = pair
    one.write(ONE)
    await one.starts()
    with capture_logs() as logs:
        await other.starts()
        await one.saves(TWO)
        await other.watch.look()
    assert other.runs_on() == hash_of(TWO)
    assert not [line for line in logs if line["event"] == "rule_file_gone"]


async def test_the_doctor_of_the_host_that_was_left_behind_says_so(url: str, tmp_path: Path) -> None:
    write_project(tmp_path, ONE)
    settings = replace(project_settings(tmp_path, url), roles=frozenset(Role))
    with hosts(url, tmp_path, PROJECT) as (host,), closing(Storage(url)) as storage:
        for text, findings in ((ONE, 0), (TWO, 1)):
            host.write(text)
            await host.starts()
            found = list(files_older(settings, storage))
            assert len(found) == findings
        assert list(files_older(replace(settings, roles=ALONE), storage)) == []
    told = f"1.yaml here is version {hash_of(ONE)[:12]} of 2027-03-01 08:00 UTC, and campaign echo runs on another one"
    assert found[0].text.startswith(told)


async def test_the_api_tells_the_older_copy_of_the_host_that_answers(url: str, tmp_path: Path) -> None:
    with hosts(url, tmp_path, PROJECT, PROJECT) as (one, other):
        await both_on((one, other), ONE)
        await one.saves(TWO)
        await other.watch.look()
        desk = Desk(other.storage, tmp_path / "uploads", books=other.rulebooks.active, older=other.rulebooks.older)
        client = TestClient(TestServer(desk.application()), headers=AUTHORIZED)
        async with client as api, api.get("/campaigns/echo") as answer:
            told = await answer.json()
        await desk.uploads.close()
    assert told["rules"] == hash_of(TWO)
    assert told["older_file"] == {"file": "1.yaml", "rules": hash_of(ONE), "since": "2027-03-01T08:00:00Z"}


async def test_an_edit_on_one_host_reaches_a_process_of_every_role_on_another(url: str, tmp_path: Path) -> None:
    async with gateway_of(url, tmp_path / "one", Role.WORKER) as one, gateway_of(url, tmp_path / "two", *Role) as two:
        (tmp_path / "one" / "rules" / "1.yaml").write_text(TWO)
        async with asyncio.timeout(PATIENCE):
            while {gateway.rulebooks.of("echo").hash for gateway in (one, two)} != {hash_of(TWO)}:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert [file.hash for file in two.rulebooks.older] in ([], [hash_of(ONE)])
    assert PERIOD <= 1.0  # with the time that loading takes: within 2 seconds


def settings_of(url: str, folder: Path, *roles: Role) -> Settings:
    folder.mkdir()
    write_project(folder, ONE)
    return replace(project_settings(folder, url), roles=frozenset(roles))


@pytest.mark.parametrize(
    ("roles", "status", "told"),
    [
        ((Role.WORKER,), 503, {"status": "unavailable", "reason": "no crm", "roles": ["worker"]}),
        ((Role.WORKER, Role.INGRESS), 200, {"status": "ready", "not_deciding": "no crm"}),
        ((Role.SENDER,), 503, {"status": "unavailable", "reason": "no crm", "roles": ["sender"]}),
        ((Role.INGRESS,), 200, {"status": "ready"}),
    ],
)
async def test_a_process_that_leaves_its_work_to_others_says_so_to_whoever_asks(
    url: str, tmp_path: Path, roles: tuple[Role, ...], status: int, told: dict[str, object]
) -> None:
    async with gateway_of(url, tmp_path / "one", *roles) as gateway:
        assert isinstance(gateway.rulebooks, SharedRulebooks)
        gateway.watch_bell.close()
        await gateway.watch.look()
        gateway.rulebooks.lost["a1"] = "no crm"
        app = web.Application()
        app.add_routes(gateway.health.routes())
        async with TestClient(TestServer(app)) as client:
            ready, metrics = await client.get("/readyz"), await client.get("/metrics")
            answer = await ready.json()
            follows = "pointsman_follows_rules 0.0" in await metrics.text()
    assert ready.status == status
    assert answer.items() >= told.items()
    assert (follows, "not_deciding" in answer) == (roles != (Role.INGRESS,), "not_deciding" in told)


@asynccontextmanager
async def gateway_of(url: str, folder: Path, *roles: Role) -> AsyncIterator[Gateway]:
    """A process with these roles, and its host's folder."""
    gateway = await open_gateway(settings_of(url, folder, *roles), SystemClock())
    try:
        await gateway.start()
        yield gateway
    finally:
        await gateway.rest()
        await gateway.close()


async def test_a_file_read_before_another_process_was_first_brings_nothing_back(
    pair: tuple[Host, Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both watch one folder: one is still about to put a version in force when the other is two versions further."""
    one, other = pair
    other.folder, other.watch.folder = one.folder, one.folder
    await both_on(pair, ONE)
    activate = Looked.activate

    def slowly(self: Looked, t: Transaction, *more: object) -> None:
        monkeypatch.setattr(Looked, "activate", activate)
        other_file = next(other.folder.glob("*.yaml"))
        other_file.write_text(THREE)
        with one.storage.transaction() as ahead:
            ahead.campaigns.keep_version(hash_of(THREE), "echo", "1.yaml", THREE, one.clock.now())
            ahead.campaigns.activate_version("echo", hash_of(THREE))
        activate(self, t, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Looked, "activate", slowly)
    await other.saves(TWO)

    assert await one.active() == hash_of(THREE)
    assert other.runs_on() == hash_of(THREE)
    assert await one.storage.read(lambda t: t.campaigns.version(hash_of(TWO))) is None
