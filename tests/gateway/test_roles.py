"""What a process of each role runs, answers and says of itself; and how processes that run beside one another do."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.app import Gateway
from gateway.bells import READER, TIMERS
from gateway.clock import SystemClock
from gateway.demo.play import free_port
from gateway.roles import Role, Roles
from gateway.server import serving
from gateway.settings import SANDBOX_API_TOKEN
from storage.errors import AlreadyRunning, LeaseLost
from tests.databases import PostgresServer
from tests.gateway.running import project_settings, until, write_project

RULES = """
campaign: hello
agents:
  greeter: {kind: notice, text: "Hello."}
flows:
  greet:
    joined: {when: participant_created, next: welcome}
    welcome: {do: communicate, channel: sms, agent: greeter}
"""
EVERYWHERE = {"Ropes", "SharedRulesWatch"}
RUNS: Mapping[Role, set[str]] = {
    Role.INGRESS: {"Drainer", "UploadDesk"},
    Role.WORKER: {"Worker", "Reader"},
    Role.SENDER: {"Caller", "Sender"},
    Role.TIMERS: {"Guard", "Retaining", "Timers", "Healer"},
}
BEARER = {"Authorization": f"Bearer {SANDBOX_API_TOKEN}"}


@pytest.fixture
def database(postgres: PostgresServer, prepared: str) -> Iterator[str]:
    with postgres.database(prepared) as url:
        yield url


@asynccontextmanager
async def process(folder: Path, database: str, *roles: Role) -> AsyncIterator[tuple[Gateway, "Asking"]]:
    """One process with these roles, and whoever asks it."""
    if not (folder / "pointsman.toml").exists():
        write_project(folder, RULES)
    played: Roles = frozenset(roles)
    settings = replace(project_settings(folder, database), roles=played, sandbox=False, port=free_port())
    async with aiohttp.ClientSession(headers=BEARER) as http, serving(settings, SystemClock()) as (gateway, _):
        yield gateway, Asking(http, f"http://127.0.0.1:{settings.port}")


class Asking:
    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http, self._url = http, url

    async def status(self, method: str, path: str) -> int:
        async with self._http.request(method, f"{self._url}/{path}") as answer:
            return answer.status

    async def json(self, path: str) -> Any:
        async with self._http.get(f"{self._url}/{path}") as answer:
            return await answer.json()

    async def text(self, path: str) -> str:
        async with self._http.get(f"{self._url}/{path}") as answer:
            return await answer.text()


@pytest.mark.parametrize("role", Role)
async def test_a_process_runs_what_is_of_its_role(tmp_path: Path, database: str, role: Role) -> None:
    async with process(tmp_path, database, role) as (gateway, asking):
        assert {task.get_name() for task in gateway.tasks} == RUNS[role] | EVERYWHERE
        takes = role is Role.INGRESS
        assert await asking.status("POST", "webhooks/sms/inbound") == (403 if takes else 404)
        assert await asking.status("GET", "api/v1/campaigns") == (200 if takes else 404)
        assert await asking.status("GET", "healthz") == 200
        ready = await asking.json("readyz")
        assert (ready["status"], ready["roles"]) == ("ready", [role.value])
        assert ("spooled_events" in ready) == ("pointsman_spooled_events 0" in await asking.text("metrics")) == takes
        assert gateway.settings.spool.exists() == takes


async def test_a_process_may_have_all_roles(tmp_path: Path, database: str) -> None:
    async with process(tmp_path, database, *Role) as (gateway, asking):
        assert {task.get_name() for task in gateway.tasks} == EVERYWHERE.union(*RUNS.values())
        assert (await asking.json("readyz"))["roles"] == [role.value for role in Role]


async def test_a_process_without_roles_has_no_leases_and_says_nothing_of_roles(tmp_path: Path, database: str) -> None:
    async with process(tmp_path, database) as (gateway, asking):
        assert "roles" not in await asking.json("readyz")
        assert await gateway.storage.read(lambda t: t.leases.holders()) == {}
        assert {task.get_name() for task in gateway.tasks} == {"RulesWatch"}.union(*RUNS.values())


async def test_of_two_of_a_role_one_has_each_lease_and_the_other_has_it_after_its_stop(
    tmp_path: Path, database: str
) -> None:
    async with process(tmp_path, database, Role.TIMERS) as (second, _):
        async with process(tmp_path, database, Role.TIMERS, Role.SENDER) as (first, _):

            async def all_are_taken() -> bool:
                return len(await holders(first)) == 7

            await until(all_are_taken)
            assert len({*(await holders(first)).values()}) == 2

        async def all_are_its_own() -> bool:
            return len(set((await holders(second)).values())) == 1

        await until(all_are_its_own)
        assert {*await holders(second)} == {"timers", "healer", "guard", "retaining"}


async def holders(gateway: Gateway) -> dict[str, str]:
    return await gateway.storage.read(lambda t: t.leases.holders())


async def test_a_bell_rings_in_other_processes_too(tmp_path: Path, database: str) -> None:
    heard: list[str] = []
    async with (
        process(tmp_path, database, Role.SENDER) as (here, _),
        process(tmp_path, database, Role.TIMERS) as (there, _),
    ):
        for name in (READER, TIMERS):
            there.bells.on(name, lambda name=name: heard.append(name))  # type: ignore[misc]

        async def rung() -> bool:
            here.bells.ring(TIMERS)
            return TIMERS in heard

        await until(rung)
        assert READER not in heard[heard.index(TIMERS) :]


async def test_what_only_a_holder_may_write_is_refused_to_all_others(tmp_path: Path, database: str) -> None:
    async with process(tmp_path, database, Role.INGRESS) as (gateway, _):
        assert not gateway.timers.storage.holds()
        with pytest.raises(LeaseLost, match="the lease timers"):
            await gateway.timers.storage.run(lambda t: t.inbox.waiting_count())


async def test_a_worker_that_can_not_follow_the_rules_is_not_ready_and_says_why(tmp_path: Path, database: str) -> None:
    async with process(tmp_path, database, Role.WORKER) as (gateway, asking):
        assert gateway.health.hindrance == gateway.rulebooks.hindrance
        gateway.health.hindrance = lambda: "version 111111111111 cannot be loaded here"
        assert await asking.status("GET", "readyz") == 503
        told = await asking.json("readyz")

        assert (told["status"], told["reason"]) == ("unavailable", "version 111111111111 cannot be loaded here")


async def test_a_second_ingress_beside_the_first_is_told_to_have_a_spool_of_its_own(
    tmp_path: Path, database: str
) -> None:
    async with process(tmp_path, database, Role.INGRESS):
        with pytest.raises(AlreadyRunning, match=r"spool.db.lock is locked\): give each ingress .* in POINTSMAN_SPOOL"):
            async with process(tmp_path, database, Role.INGRESS):
                pass
