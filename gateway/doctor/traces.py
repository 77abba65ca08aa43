"""Whether traces are sent, where somebody wants them."""

import os
from collections.abc import Iterator, Mapping

from gateway.doctor.findings import Finding, ok, wrong
from gateway.tracing.opening import hindrance, is_wanted


def traces(environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """What OpenTelemetry's environment variables lead to; nothing of what they hold is told."""
    if not is_wanted(environment):
        return
    if reason := hindrance(environment):
        yield wrong("traces", f"none are sent: {reason}", "mend the variable: docs/operations.md, Traces")
    else:
        yield ok("traces", "a collector is named")
