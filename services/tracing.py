"""Traces by OpenTelemetry. They cost nothing while no setting names a collector: then every span is a no-op.

FastAPI makes the spans of the api's requests itself. The spans of an upload share the trace of
`services.contract.traces`. A message that the api sends carries the context of its request as the attribute
`traceparent`; the worker links its spans to it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from services.contract.version import VERSION

_PROPAGATOR = TraceContextTextMapPropagator()
_SPAN_DIGITS = 16

tracer = trace.get_tracer("thumbnail-pipeline", VERSION)


def configure_tracing(service: str, endpoint: str | None) -> Callable[[], None]:
    """Send the spans of this process to the collector at `endpoint` (OTLP over HTTP); with None, do nothing.

    Return the function that sends the last spans, to call at the end. OpenTelemetry's own variables hold as well, such
    as `OTEL_TRACES_SAMPLER` and `OTEL_EXPORTER_OTLP_HEADERS`.
    """
    if endpoint is None:
        return lambda: None
    # Loaded only if needed: they cost 40 MB and a third of a second.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service, SERVICE_VERSION: VERSION}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")))
    trace.set_tracer_provider(provider)
    return provider.shutdown


def upload_context(trace_id: str) -> Context:
    """Return the context of an upload: spans that start in it belong to its trace."""
    parent = SpanContext(
        trace_id=int(trace_id, 16),
        # The upload itself: S3 makes no span of it.
        span_id=int(trace_id[:_SPAN_DIGITS], 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
    return trace.set_span_in_context(NonRecordingSpan(parent))


def current_traceparent() -> str | None:
    """Return the W3C traceparent of the current span, None without one."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")


def make_links(traceparents: Iterable[str | None]) -> list[Link]:
    """Return links to the spans with these traceparents; one that is missing or malformed gives none."""
    contexts = (
        trace.get_current_span(_PROPAGATOR.extract({"traceparent": one}, Context())).get_span_context()
        for one in traceparents
        if one
    )
    return [Link(context) for context in contexts if context.is_valid]


def record_span(name: str, *, kind: SpanKind, start_ns: int, attributes: Mapping[str, Any]) -> str | None:
    """Record a span that ends now; return its traceparent, None while traces are off."""
    span = tracer.start_span(name, context=Context(), kind=kind, start_time=start_ns, attributes=dict(attributes))
    span.end()
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier, trace.set_span_in_context(span))
    return carrier.get("traceparent")
