"""Whether traces are wanted, by OpenTelemetry's standard environment variables."""

import os
import re
from collections.abc import Mapping

import structlog

from gateway.tracing.tracing import OFF, Tracing
from gateway.tracing.variables import ENDPOINTS, malformed

PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL = "http/protobuf"
EXPORTER = "otlp"
INSTALL = 'pip install --constraint constraints.txt ".[otel]"'

VARIABLE = re.compile(r"OTEL_[A-Z_]+")

log = structlog.get_logger()


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Whether a collector is named, and nothing says that it should get no traces."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or exporters(environment) == ["none"]:
        return False
    return any(environment.get(name, "").strip() for name in ENDPOINTS)


def exporters(environment: Mapping[str, str]) -> list[str]:
    """What the environment says to send traces by."""
    named = environment.get("OTEL_TRACES_EXPORTER", "").lower().split(",")
    return [name.strip() for name in named if name.strip()] or [EXPORTER]


def hindrance(environment: Mapping[str, str]) -> str:
    """Why traces that are wanted can't be sent, "" where they can."""
    if EXPORTER not in exporters(environment):
        return f"OTEL_TRACES_EXPORTER: they are sent by {EXPORTER} only, not by {', '.join(exporters(environment))}"
    protocol = next((environment[name] for name in PROTOCOLS if environment.get(name)), PROTOCOL)
    if protocol != PROTOCOL:
        return f"they are sent by {PROTOCOL} only, not by {protocol}"
    return malformed(environment)


def open_tracing(environment: Mapping[str, str] = os.environ) -> Tracing:
    """Where the environment says that traces go. Where that can't be, the log says why, and nothing is traced."""
    if not is_wanted(environment):
        return OFF
    if reason := hindrance(environment):
        return off(reason)
    try:
        from gateway.tracing.telemetry import sender, telemetry

        to = telemetry(sender())
    except ImportError:
        return off(f"a collector is named, but what speaks to it is not installed: {INSTALL}")
    except ValueError as error:  # the SDK's word for a variable that it can't use, which it may quote
        named = " or ".join(sorted(set(VARIABLE.findall(str(error)))))
        return off(f"a variable OTEL_... is wrong{f': {named}' if named else ', one of batches or limits'}")
    return Tracing(to.record, to.close)


def off(reason: str) -> Tracing:
    log.warning("traces_off", reason=reason)
    return OFF
