"""What a load balancer and a monitor are told, while all is well and while it is not."""

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from gateway.metrics import Metrics
from tests.gateway.example_rules import ADA, ECHO
from tests.gateway.running import ACCOUNT, NUMBER, World, running, until
from tests.gateway.troubles import damaged, locked, sqlite_trouble

NOTHING_WAITS = {"waiting_events": 0, "parked_events": 0, "owed_messages": 0, "open_calls": 0, "spooled_events": 0}


async def says(world: World, number: int) -> int:
    fields = {"AccountSid": ACCOUNT, "MessageSid": f"SM{number:032}", "From": ADA, "To": NUMBER, "Body": "secret"}
    return await world.webhook("inbound", fields)


async def ready(world: World) -> tuple[int, dict[str, Any]]:
    async with world.http.get(f"{world.url}/readyz") as answer:
        return answer.status, await answer.json()


async def metrics(world: World) -> dict[str, float]:
    """Every sample, by its name and labels."""
    async with world.http.get(f"{world.url}/metrics") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        families = list(text_string_to_metric_families(await answer.text()))
    return {
        " ".join([sample.name.removeprefix("pointsman_"), *sample.labels.values()]): sample.value
        for family in families
        for sample in family.samples
    }


@contextmanager
def without_spool(world: World) -> Iterator[None]:
    other = sqlite3.connect(world.gateway.settings.spool, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    yield
    other.close()


async def test_a_gateway_that_is_well_is_ready(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.quiet()
        status, told = await ready(world)
        assert (status, told["status"]) == (200, "ready")
        assert told.items() >= NOTHING_WAITS.items()


async def test_while_the_database_takes_no_writes_the_gateway_stays_in_service(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        with locked(tmp_path / "pointsman.db"):
            assert await says(world, 1) == 200
            status, told = await ready(world)
        assert (status, told["status"], told["spooled_events"]) == (200, "spooling", 1)


async def test_while_the_database_does_not_answer_the_gateway_stays_in_service_and_says_so(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.quiet()
        with damaged(tmp_path / "pointsman.db", world.gateway.storage):
            told = await ready(world)
        reason = "the database does not answer"
        assert told == (200, {"status": "spooling", "reason": reason, "spooled_events": 0})


async def test_a_gateway_that_can_keep_nothing_is_taken_out_of_service(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.quiet()
        with damaged(tmp_path / "pointsman.db", world.gateway.storage), without_spool(world):
            assert await says(world, 1) == 503
            status, told = await ready(world)
            counted = await metrics(world)
        assert (status, told["status"]) == (503, "unavailable")
        assert (counted["webhooks_total sms 503"], counted["database_up"]) == (1, 0)
        assert "waiting_events" not in counted
        assert await says(world, 1) == 200


async def test_a_gateway_that_can_write_nothing_is_taken_out_of_service_though_the_database_can_be_read(
    tmp_path: Path,
) -> None:
    """As on a full disk, which holds both."""
    async with running(tmp_path, ECHO) as world:
        await world.quiet()
        async with sqlite_trouble("read-only", world):
            with without_spool(world):
                assert await says(world, 1) == 503
                status, told = await ready(world)
                during = await metrics(world)
            assert (await ready(world))[0] == 200
            after = await metrics(world)
        reason = "the database takes no writes, and the spool can't be written"
        assert (status, told) == (503, {"status": "unavailable", "reason": reason})
        assert [(one["database_up"], one["ready"]) for one in (during, after)] == [(1, 0), (1, 1)]


async def test_the_log_tells_when_the_database_is_back(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.quiet()
        with capture_logs() as logs:
            with damaged(tmp_path / "pointsman.db", world.gateway.storage):
                await until(lambda: told_of(logs, "database_unavailable"))
            await until(lambda: told_of(logs, "database_back"))
        back = next(one for one in logs if one["event"] == "database_back")

    assert back["part"] in {one["part"] for one in logs if one["event"] == "database_unavailable"}
    assert back["seconds"] >= 0


async def told_of(logs: list[Any], event: str) -> bool:
    return any(one["event"] == event for one in logs)


async def test_metrics_count_what_was_kept_spooled_drained_and_refused(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        answers = [await says(world, 1), await says(world, 1)]
        with locked(tmp_path / "pointsman.db"):
            answers += [await says(world, 2), await says(world, 3)]
            during = await metrics(world)
        await world.quiet()
        answers.append(await world.webhook("inbound", {"AccountSid": ACCOUNT}, **{"X-Twilio-Signature": "forged"}))
        after = await metrics(world)

        assert answers == [200, 200, 200, 200, 403]
        assert (during["spooled_events"], after["spooled_events"]) == (2, 0)
        counted = {name: after[f"events_total {name}"] for name in ("kept", "known", "spooled", "drained")}
        assert counted == {"kept": 1, "known": 1, "spooled": 2, "drained": 2}
        assert (after["webhooks_total sms 200"], after["webhooks_total sms 403"]) == (4, 1)
        assert (after["database_up"], after["unkept_events"], after["set_aside_events"]) == (1, 0, 0)
        assert after["process_resident_memory_bytes"] > 0


async def test_metrics_count_a_webhook_at_which_the_program_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(request: object) -> None:
        raise RuntimeError("a mistake of ours")

    async with running(tmp_path, ECHO) as world:
        monkeypatch.setattr(world.gateway.adapters["sms"], "receive", fails)
        answers = [await says(world, 1), await says(world, 2)]
        counted = await metrics(world)

        assert answers == [500, 500]
        assert counted["webhooks_total sms 500"] == 2


async def test_metrics_tell_how_many_connections_are_open_and_may_be(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        before = await metrics(world)
        _, writer = await asyncio.open_connection("127.0.0.1", world.gateway.settings.port)
        await until(lambda: connections(world, before["open_connections"] + 1))
        writer.close()
        await until(lambda: connections(world, before["open_connections"]))

        assert before["open_connections"] >= 1
        assert before["most_connections"] == world.gateway.connections.limit


async def connections(world: World, number: float) -> bool:
    return (await metrics(world))["open_connections"] == number


async def test_what_only_the_spool_knows_is_left_out_while_it_does_not_answer(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.quiet()
        with without_spool(world):
            during = await metrics(world)
        after = await metrics(world)

        assert ("set_aside_events" in during, after["set_aside_events"]) == (False, 0)


async def test_metrics_tell_nothing_that_came_from_outside(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await says(world, 1)
        await world.post("webhooks/fax/inbound", b"", {})
        await world.post("webhooks/sms/nowhere", b"", {})
        async with world.http.get(f"{world.url}/metrics") as answer:
            text = await answer.text()
        assert re.findall(rf"fax|nowhere|secret|{re.escape(ADA)}|SM0", text) == []


@pytest.mark.parametrize("name", ["waiting_events", "something_new"])
def test_each_gauge_has_a_name_of_its_own_and_help(name: str) -> None:
    text = Metrics().text({name: 7}).decode()

    assert f"# TYPE pointsman_{name} gauge\npointsman_{name} 7.0\n" in text
    assert f"# HELP pointsman_{name} " in text
