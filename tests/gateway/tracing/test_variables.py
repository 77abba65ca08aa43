"""What OpenTelemetry's variables hold is in no line of the log and in nothing that the doctor tells, wrong or right."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from gateway.cli import main
from gateway.logs import calm, set_up_logs
from gateway.tracing.opening import open_tracing
from gateway.tracing.telemetry import telemetry
from gateway.tracing.tracing import OFF
from gateway.tracing.variables import malformed, secrets
from tests.gateway.example_rules import HELLO
from tests.gateway.running import write_project

SECRET = "hush-4711"
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
WRONG = {
    "OTEL_EXPORTER_OTLP_HEADERS": [
        f"x-api-key {SECRET}",
        f"a=b,x-api-key: {SECRET}",
        f'x-api-key="{SECRET}"',
        f"x-api-key=a\\{SECRET}",
        f"x-api-key=a;{SECRET}",
        f"x api key={SECRET}",
        f"={SECRET}",
        f"x-api-key={SECRET}%0d%0aHost: b",
        f"x-api-key={SECRET}%00",
        f"x-api-key={SECRET}%F0%9F%98%80",
    ],
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS": [f"x-api-key {SECRET}"],
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": [f"collector/{SECRET}", f"ftp://{SECRET}", f"http://[{SECRET}", "http://"],
    "OTEL_EXPORTER_OTLP_TIMEOUT": [SECRET, "-1", "nan", "inf"],
    "OTEL_EXPORTER_OTLP_COMPRESSION": [SECRET, "zip"],
    "OTEL_TRACES_SAMPLER": [SECRET, "sometimes"],
    "OTEL_RESOURCE_ATTRIBUTES": [f"team=a,{SECRET}"],
}
ALL_WRONG = [(name, held) for name, them in WRONG.items() for held in them]
SOUND = [
    ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20aGk6aGk=, x-tenant = a b ,"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "x-empty="),
    ("OTEL_EXPORTER_OTLP_HEADERS", " "),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example.org/otlp?key=1"),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", "2.5"),
    ("OTEL_EXPORTER_OTLP_COMPRESSION", "GZIP"),
    ("OTEL_TRACES_SAMPLER", "ParentBased_Always_On"),
    ("OTEL_TRACES_SAMPLER_ARG", "of no use to the sampler that there is"),
    ("OTEL_RESOURCE_ATTRIBUTES", "team=a,,x=,"),
]


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """After each test, logs are what they were before."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    yield
    logging.getLogger("aiohttp.server").removeFilter(calm)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)


def begin(*hidden: str) -> None:
    """Set logs up as `pointsman run` does; pytest's own handlers are put aside, since setting up would close them."""
    logging.getLogger().handlers.clear()
    set_up_logs(hidden)


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of the log."""
    written = capsys.readouterr().err
    assert SECRET not in written
    return [json.loads(line)["event"] for line in written.splitlines()]


@pytest.mark.parametrize(("variable", "held"), ALL_WRONG)
def test_a_start_names_the_variable_that_can_not_be_read_and_not_what_it_holds(
    variable: str, held: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**ENDPOINT, variable: held}.items():
        monkeypatch.setenv(name, value)
    begin()
    with structlog.testing.capture_logs() as lines:
        assert open_tracing() is OFF

    assert told(capsys) == []
    (line,) = lines
    assert (line["event"], variable in line["reason"], SECRET in line["reason"]) == ("traces_off", True, False)


@pytest.mark.parametrize(("variable", "held"), SOUND)
def test_what_can_be_read_is_not_complained_about(variable: str, held: str) -> None:
    assert malformed({**ENDPOINT, variable: held}) == ""


@pytest.mark.parametrize(("rate", "sound"), [("0.01", True), ("1", True), ("1.5", False), (SECRET, False), ("", False)])
def test_a_rate_is_looked_at_where_the_sampler_has_one(rate: str, sound: bool) -> None:
    said = malformed({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": rate})
    assert (said == "", SECRET in said) == (sound, False)


@pytest.mark.parametrize(("variable", "held"), ALL_WRONG)
def test_the_doctor_names_it_too(variable: str, held: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_project(tmp_path, HELLO)
    for name, value in {**ENDPOINT, variable: held}.items():
        monkeypatch.setenv(name, value)
    told = CliRunner().invoke(main, ["doctor", "--json", "-C", str(tmp_path)])
    (found,) = (one for one in json.loads(told.stdout)["found"] if one["topic"] == "traces")

    assert (found["level"], variable in found["text"]) == ("wrong", True)
    assert SECRET not in told.output


def test_where_nobody_wants_traces_the_doctor_says_nothing_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_project(tmp_path, HELLO)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"x-api-key {SECRET}")
    told = CliRunner().invoke(main, ["doctor", "--json", "-C", str(tmp_path)])

    assert '"traces"' not in told.output


@pytest.mark.parametrize(("variable", "held"), [one for one in ALL_WRONG if SECRET in one[1]])
def test_whatever_the_sdk_says_of_a_variable_the_log_does_not_quote_it(
    variable: str, held: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past our own look at it: the SDK reads it, and tries to send a span."""
    for name, value in {**ENDPOINT, "OTEL_EXPORTER_OTLP_TIMEOUT": "0.1", variable: held}.items():
        monkeypatch.setenv(name, value)
    begin()
    exporter = OTLPSpanExporter()
    to = telemetry(SimpleSpanProcessor(exporter))
    exporter._client._timeout = 0.1
    to.tracer.start_span("a span").end()
    to.provider.shutdown()

    assert all(SECRET not in line for line in told(capsys))


def test_a_key_that_is_well_formed_is_hidden_in_whatever_line_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    environment = {
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Basic%20{SECRET},a=b",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"https://user:{SECRET}-2@collector.example.org/?key={SECRET}-3",
    }
    begin(*secrets(environment))
    for line in (*environment.values(), f"Basic {SECRET}", f"key={SECRET}-3", f"{SECRET}-2"):
        logging.getLogger("some.library").warning(line)

    assert len(told(capsys)) == 5
