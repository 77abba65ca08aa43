"""The door to all that is served: whom it answers beside a sandbox, and what it tells of itself."""

from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.server import serving
from tests.gateway.example_rules import ECHO
from tests.gateway.raw_http import send
from tests.gateway.running import project_settings, running, write_project

PATHS = ("/sandbox/state", "/sandbox", "/api/v1/campaigns", "/webhooks/sms/inbound", "/healthz", "/nowhere")
STRANGERS = ("evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "128.0.0.1")


async def status(url: str, *lines: str) -> int:
    wire = await send(url, *lines, "")
    found = await wire.status()
    await wire.close()
    return found


@pytest.mark.parametrize("host", [*STRANGERS, "[::2]", "[::1", "", "user@evil.example"])
async def test_a_site_whose_name_was_made_to_lead_here_gets_nothing_beside_a_sandbox(tmp_path: Path, host: str) -> None:
    async with running(tmp_path, ECHO) as world:
        for path in PATHS:
            answer = await status(world.url, f"GET {path} HTTP/1.1", f"Host: {host}", f"Origin: http://{host}")
            assert answer in (400, 421), path


async def test_who_names_no_host_gets_nothing_beside_a_sandbox(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        assert await status(world.url, "GET /sandbox/state HTTP/1.0") == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.8.9.1:1", "[::1]", "[::1]:8080"])
async def test_this_machine_is_answered_beside_a_sandbox_by_each_of_its_names(tmp_path: Path, host: str) -> None:
    async with running(tmp_path, ECHO) as world:
        assert await status(world.url, "GET /sandbox/state HTTP/1.1", f"Host: {host}") == 200


async def test_without_a_sandbox_every_host_is_answered(tmp_path: Path) -> None:
    write_project(tmp_path, ECHO)
    settings = project_settings(tmp_path)
    async with serving(settings, SystemClock(), with_sandbox=False):
        assert await status(settings.public_url, "GET /healthz HTTP/1.1", "Host: gateway.example.com") == 200


@pytest.mark.parametrize("path", ["healthz", "nowhere", "webhooks/sms/inbound", "api/v1/campaigns"])
async def test_no_answer_tells_versions(tmp_path: Path, path: str) -> None:
    async with running(tmp_path, ECHO) as world, world.http.get(f"{world.url}/{path}") as answer:
        assert answer.headers["Server"] == "pointsman"
