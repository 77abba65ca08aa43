"""Traces are made where the environment names a collector, and nowhere else."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog

from gateway.tracing.opening import INSTALL, is_wanted, open_tracing
from gateway.tracing.spans import received_at
from gateway.tracing.tracing import OFF
from storage.values import About, NewEvent
from tests.gateway.example_rules import HELLO
from tests.gateway.running import running

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        (ENDPOINT, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, False),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "true"}, False),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"}, False),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "None "}, False),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "otlp"}, True),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "console, OTLP"}, True),
    ],
)
def test_traces_are_wanted_where_a_collector_is_named(environment: dict[str, str], wanted: bool) -> None:
    assert is_wanted(environment) is wanted
    assert wanted or open_tracing(environment) is OFF


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_TRACES_EXPORTER", "console"),
        ("OTEL_TRACES_EXPORTER", "none,zipkin"),
    ],
)
def test_what_can_not_be_done_is_said(variable: str, value: str) -> None:
    with structlog.testing.capture_logs() as lines:
        assert open_tracing(ENDPOINT | {variable: value}) is OFF
    assert [line["event"] for line in lines] == ["traces_off"]
    assert value.rpartition(",")[2] in lines[0]["reason"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_BSP_SCHEDULE_DELAY", "-1"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "100000"),
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", "many"),
    ],
)
async def test_a_gateway_with_a_wrong_variable_works_without_traces_and_says_why(
    variable: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, set_to in {**ENDPOINT, variable: value}.items():
        monkeypatch.setenv(name, set_to)
    with structlog.testing.capture_logs() as lines:
        async with running(tmp_path, HELLO) as world, world.http.get(f"{world.url}/readyz") as answer:
            assert (answer.status, world.gateway.tracing) == (200, OFF)
    (reason,) = (line["reason"] for line in lines if line["event"] == "traces_off")
    assert "OTEL_... is wrong" in reason


def test_a_gateway_without_the_optional_part_works_without_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gateway.tracing.telemetry", None)
    with structlog.testing.capture_logs() as lines:
        assert open_tracing(ENDPOINT) is OFF
    assert INSTALL in lines[0]["reason"]


def test_nothing_of_opentelemetry_is_loaded_where_nobody_wants_traces() -> None:
    import subprocess

    code = "import sys, gateway.app; sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own words


@pytest.mark.parametrize(
    ("kind", "payload", "own"),
    [("message", {"text": "hi"}, False), ("receipt", {"message": "m1"}, True), ("receipt", {"message": ""}, False)],
)
def test_the_place_of_an_event_is_the_same_for_ever(kind: str, payload: dict[str, Any], own: bool) -> None:
    first, second = (NewEvent(key, kind, About("lane", "x"), payload, NOW) for key in ("sms:1", "sms:2"))

    assert received_at(first) == received_at(first)
    assert received_at(first).span != received_at(second).span
    assert (received_at(first).trace == received_at(second).trace) is own
