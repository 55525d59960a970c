"""OpenTelemetry for urllib and urllib3, and its look at the sockets of `http.client`."""

from __future__ import annotations

from typing import Any

import traffic
from opentelemetry import trace
from opentelemetry.instrumentation.urllib import URLLibInstrumentor
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.util.http.httplib import HttpClientInstrumentor, set_ip_on_next_http_connection

EXPORTER = InMemorySpanExporter()


def activate() -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(EXPORTER))
    trace.set_tracer_provider(provider)
    URLLibInstrumentor().instrument()
    URLLib3Instrumentor().instrument()
    HttpClientInstrumentor().instrument()


def deactivate() -> None:
    for instrumentor in (URLLibInstrumentor(), URLLib3Instrumentor(), HttpClientInstrumentor()):
        instrumentor.uninstrument()


def observe(url: str, _socks_port: int) -> dict[str, Any]:
    EXPORTER.clear()
    tracer = trace.get_tracer("traffic")
    with tracer.start_as_current_span("raw") as span, set_ip_on_next_http_connection(span):
        results = {"raw": traffic.raw(url)}
    results["all"] = traffic.everything(url)
    spans = [
        (span.name, span.kind.name, dict(span.attributes or {}), span.status.status_code.name)
        for span in EXPORTER.get_finished_spans()
    ]
    return {"results": results, "events": spans}
