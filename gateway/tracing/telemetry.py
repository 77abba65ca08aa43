"""The one door to OpenTelemetry, an optional part (`.[otel]`): imported where traces are wanted.

The SDK itself reads its standard environment variables: sampler, limits, batches, the address and headers of the
collector, the name of the service. https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    set_span_in_context,
)

from gateway.tracing.spans import Point, Span

SERVICE = "pointsman"  # unless the environment says otherwise
CLOSE_SECONDS = 2.0  # how long the last spans may take to be given away at the end
SAMPLED = TraceFlags(TraceFlags.SAMPLED)


class Ids(IdGenerator):
    """Gives the SDK the ids of the span that is recorded next."""

    next = Point(1, 1)

    def generate_trace_id(self) -> int:
        return self.next.trace

    def generate_span_id(self) -> int:
        return self.next.span


@dataclass
class Telemetry:
    """Where spans go. Lives in one thread."""

    provider: TracerProvider
    tracer: Tracer
    ids: Ids

    def record(self, span: Span) -> None:
        """Take it, without waiting, if its whole trace is taken: samplers go by its id."""
        sampled = self.provider.sampler.should_sample(None, span.at.trace, span.name)
        if sampled.decision is not Decision.RECORD_AND_SAMPLE:
            return
        now, self.ids.next = time.time_ns(), span.at
        made = self.tracer.start_span(
            span.name,
            context=inside(span.parent),
            kind=SpanKind[span.kind],
            attributes=dict(span.about),
            links=links(span.links),
            start_time=now - int(span.took * 1e9),
        )
        if span.failed:
            made.set_status(Status(StatusCode.ERROR, span.failed))
        made.end(now)

    async def close(self) -> None:
        """Give away what is left, within `CLOSE_SECONDS`: a collector that is away holds up nobody."""
        ending = threading.Thread(target=self.provider.shutdown, daemon=True, name="traces")
        ending.start()
        await asyncio.to_thread(ending.join, CLOSE_SECONDS)


def sender() -> SpanProcessor:
    """What sends spans to the collector, in batches, from a thread of its own."""
    return BatchSpanProcessor(OTLPSpanExporter())


def telemetry(processor: SpanProcessor) -> Telemetry:
    """What gives spans to this processor."""
    about = {SERVICE_NAME: SERVICE, SERVICE_VERSION: version("pointsman")}
    resource, ids = Resource.create({**about, **OTELResourceDetector().detect().attributes}), Ids()
    provider = TracerProvider(resource=resource, id_generator=ids, shutdown_on_exit=False)
    provider.add_span_processor(processor)
    return Telemetry(provider, provider.get_tracer(SERVICE), ids)


def context_of(point: Point) -> SpanContext:
    """A span that was recorded before, or will be, here or by another process."""
    return SpanContext(point.trace, point.span, is_remote=True, trace_flags=SAMPLED)


def inside(parent: Point | None) -> Context:
    """Where a span of this parent belongs."""
    return Context() if parent is None else set_span_in_context(NonRecordingSpan(context_of(parent)), Context())


def links(points: Sequence[Point]) -> list[Link]:
    return [Link(context_of(point)) for point in points]
