"""A running gateway whose spans are collected."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.tracing import telemetry
from gateway.tracing.variables import ENDPOINTS


@contextmanager
def collected(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Iterator["Collected"]:
    """Spans of gateways that are opened in this block, as if the environment named a collector."""
    kept = InMemorySpanExporter()
    with monkeypatch.context() as patch:
        patch.setenv(ENDPOINTS[1], "http://127.0.0.1:9")
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(telemetry, "sender", lambda: SimpleSpanProcessor(kept))
        yield Collected(kept)


class Collected:
    """What was recorded, in order."""

    def __init__(self, kept: InMemorySpanExporter) -> None:
        self._kept = kept

    def all(self) -> list[ReadableSpan]:
        return list(self._kept.get_finished_spans())

    def named(self, name: str, **about: Any) -> list[ReadableSpan]:
        """Those of this name that say this."""
        return [one for one in self.all() if one.name == name and about.items() <= said(one).items()]

    def one(self, name: str, **about: Any) -> ReadableSpan:
        """The one of this name that says this."""
        (found,) = self.named(name, **about)
        return found


def said(span: ReadableSpan) -> dict[str, Any]:
    """The attributes, by our words."""
    return {name.removeprefix("pointsman."): value for name, value in (span.attributes or {}).items()}


def place(span: ReadableSpan) -> tuple[int, int]:
    """Its trace and its own id."""
    assert span.context is not None
    return span.context.trace_id, span.context.span_id


def parent(span: ReadableSpan) -> tuple[int, int] | None:
    return (span.parent.trace_id, span.parent.span_id) if span.parent else None


def linked(span: ReadableSpan) -> list[tuple[int, int]]:
    return [(link.context.trace_id, link.context.span_id) for link in span.links]
