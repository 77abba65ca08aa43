"""A service is asked with a signature, in order, at least once; whatever it does, the path goes on."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters import build_services
from gateway.calls.posting import Service
from gateway.settings import SANDBOX_SERVICE_SECRET, load_settings
from tests import log_watch
from tests.gateway.asking import ASK, ask, outcomes, why
from tests.gateway.example_rules import ADA, BEN
from tests.gateway.running import World, running, until
from tests.gateway.service import Behaviour, Outside, falls_silent, listening, says, sends, write_service_project


async def test_a_service_is_told_who_and_what_and_its_answer_goes_on(tmp_path: Path, database_url: str) -> None:
    outside = Outside(next=[says({"fields": {"amount_due": "12.50"}, "outcome": "paid"})])
    write_service_project(tmp_path, outside, ASK)
    async with listening(outside), running(tmp_path, database=database_url) as world:
        await ask(world)
        (person,) = await world.people("ask")
        (body,) = outside.asked

        assert (person["outcome"], person["fields"]["amount_due"]) == ("paid", "12.50")
        assert outside.keys == [body["call"]]
        assert {name: body[name] for name in ("campaign", "flow", "node", "with")} == {
            "campaign": "ask",
            "flow": "main",
            "node": "ask_crm",
            "with": {"order": f"A{ADA[-1]}", "language": "de"},
        }
        assert body["participant"]["id"] == person["id"]
        assert body["participant"]["identifiers"] == {"phone": ADA}


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (says({"outcome": "paid"}), "paid"),
        (says({"outcome": "something else"}), "open"),
        (says({}), "open"),
        (sends(b"", status=204), "open"),
        (says({"fields": {"order_no": "B2"}}), "failed"),
        (says({"fields": {"amount_due": "a lot"}}), "failed"),
    ],
)
async def test_the_answer_chooses_the_way(tmp_path: Path, behaviour: Behaviour, outcome: str) -> None:
    outside = Outside(next=[behaviour])
    write_service_project(tmp_path, outside, ASK)
    async with listening(outside), running(tmp_path) as world:
        await ask(world)

        assert await outcomes(world) == [outcome]


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (says(status=404), "crm answered 404"),
        (sends(b"", status=302, Location="/elsewhere"), "crm answered 302, and redirects are not followed"),
        (sends(b'{"fields": {}, "a": "' + b"x" * 65_536 + b'"}'), "crm answered with more than 65536 bytes"),
        (sends(b"thank you"), "crm answered with something that is no JSON object"),
        (sends(b"[1]"), "crm answered with something that is no JSON object"),
        (sends(b'{"a": NaN}'), "crm answered with something that is no JSON object"),
        (sends(b'{"a": 1e999}'), "crm answered with something that is no JSON object"),
        (sends(b'{"a":' * 20_000), "crm answered with more than 65536 bytes"),
        (sends(b'{"a":' * 10_000), "crm answered with something that is no JSON object"),
        (sends(b'{"a": "\xff"}'), "crm answered with something that is no JSON object"),
    ],
)
async def test_an_answer_that_is_of_no_use_fails_the_call_at_once_with_the_reason(
    tmp_path: Path, behaviour: Behaviour, reason: str
) -> None:
    outside = Outside(next=[behaviour])
    write_service_project(tmp_path, outside, ASK)
    async with listening(outside), running(tmp_path) as world:
        await ask(world)

        assert await outcomes(world) == ["failed"]
        assert reason in await why(world)
        assert len(outside.asked) == 1


async def test_an_answer_that_comes_while_the_campaign_is_stopped_waits_until_it_runs_again(
    tmp_path: Path, database_url: str
) -> None:
    outside = Outside(next=[says(status=503), says({"outcome": "paid"})])
    write_service_project(tmp_path, outside, ASK)
    async with listening(outside), running(tmp_path, database=database_url) as world:
        await ask(world)
        await world.stop("ask")
        await world.passes(minutes=10)
        assert (await outcomes(world), len(outside.asked)) == ([""], 2)
        await world.start("ask")

        assert (await outcomes(world), len(outside.asked)) == (["paid"], 2)


async def test_a_call_cut_off_by_a_stop_is_asked_again_under_the_same_key(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.app.STOP_SECONDS", 0.05)
    outside = Outside(next=[falls_silent])
    write_service_project(tmp_path, outside, ASK)
    async with listening(outside):
        async with running(tmp_path, database=database_url) as world:
            await begin(world)
            await until(lambda: was_asked(outside, 1))
        async with running(tmp_path, database=database_url) as world:
            await world.quiet()

            assert await outcomes(world) == ["open"]
    assert (len(outside.keys), len(set(outside.keys))) == (2, 1)


async def begin(world: World) -> None:
    """Ada joins; nobody waits for what comes of it."""
    await world.start("ask")
    body: Any = b'[{"phone": "%s", "fields": {}}]' % ADA.encode()
    async with world.api("PUT", "campaigns/ask/participants", body) as answer:
        assert answer.status == 200


async def was_asked(outside: Outside, times: int) -> bool:
    return len(outside.asked) >= times


async def test_without_its_secret_a_service_is_not_asked_and_what_it_is_owed_waits(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = Outside(otherwise=says({"outcome": "paid"}))
    write_service_project(tmp_path, outside, ASK)
    async with listening(outside):
        async with running(tmp_path, database=database_url) as world:
            crm = world.gateway.caller.services["crm"]
            monkeypatch.setattr(crm, "settings", crm.settings.model_copy(update={"secret": None}))  # type: ignore[attr-defined]
            await ask(world)
            await world.passes(days=1)
            assert (await outcomes(world), outside.asked) == ([""], [])
            waiting = {name: number for name, number in (await backlog(world)).items() if number}
            assert waiting == {"open_calls": 1}
        async with running(tmp_path, database=database_url) as world:
            await world.quiet()
            assert (await outcomes(world), len(outside.asked)) == (["paid"], 1)
            assert (await backlog(world))["open_calls"] == 0


async def backlog(world: World) -> dict[str, float]:
    async with world.http.get(f"{world.url}/readyz") as answer:
        ready = await answer.json()
    assert (ready.pop("status"), ready.pop("counts_age_seconds") < 60) == ("ready", True)
    return dict(ready)


async def test_a_sandbox_asks_nobody_but_this_machine_and_names_the_variable_that_changes_it(tmp_path: Path) -> None:
    outside = Outside()
    write_service_project(tmp_path, outside, ASK)
    text = (tmp_path / "pointsman.toml").read_text().replace(outside.url, "https://crm.example.org/hook/")
    (tmp_path / "pointsman.toml").write_text(text)
    async with running(tmp_path) as world:
        await ask(world)

        assert await outcomes(world) == ["failed"]
        assert "crm is not on this machine, and the sandbox asks nobody else" in await why(world)
        assert "POINTSMAN_SERVICES__CRM__URL" in await why(world)


@pytest.mark.parametrize(
    ("url", "sandbox", "asked"),
    [
        ("https://crm.example.org/hook", False, True),
        ("https://crm.example.org/hook", True, False),
        ("https://10.0.0.7/hook", True, False),
        ("https://127.0.0.1.example.org/hook", True, False),
        ("http://127.0.0.1:9000/hook", True, True),
        ("http://[::1]:9000/hook", True, True),
        ("http://localhost/hook", True, True),
    ],
)
def test_only_the_sandbox_keeps_to_this_machine(tmp_path: Path, url: str, sandbox: bool, asked: bool) -> None:
    write_service_project(tmp_path, Outside(), ASK)
    settings = load_settings(tmp_path, sandbox=True)
    crm = settings.services["crm"].model_copy(update={"url": url})
    service = build_services(replace(settings, sandbox=sandbox, services={"crm": crm}))["crm"]

    assert isinstance(service, Service) == asked


async def test_a_service_that_left_the_settings_fails_what_it_is_still_owed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = Outside()
    write_service_project(tmp_path, outside, ASK)
    async with running(tmp_path) as world:
        monkeypatch.setattr(world.gateway.caller, "services", {})
        await ask(world, ADA, BEN)

        assert await outcomes(world) == ["failed", "failed"]
        assert "crm is no service of the settings any more" in await why(world)


async def test_nothing_of_what_is_asked_and_answered_is_logged(tmp_path: Path) -> None:
    secret = {"fields": {"order_no": "a-secret-answer"}}
    outside = Outside(
        next=[says(secret), says(secret, status=503), says(secret, status=404), sends(b"a-secret-answer")]
    )
    write_service_project(tmp_path, outside, ASK)
    async with listening(outside), running(tmp_path) as world:
        await ask(world, ADA, BEN, "+4915112345603")
        await world.passes(minutes=5)
        assert await outcomes(world) == ["failed"] * 3
    logged = "".join(log_watch.WATCH.lines)

    assert "crm answered 404" in logged
    assert not [word for word in (SANDBOX_SERVICE_SECRET, ADA, "a-secret-answer", "v1=") if word in logged]
