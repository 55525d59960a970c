"""ddtrace: the spans, taken before any agent would get them, and the headers it adds."""

from __future__ import annotations

import os
from typing import Any

os.environ["DD_INSTRUMENTATION_TELEMETRY_ENABLED"] = "false"
os.environ["DD_REMOTE_CONFIGURATION_ENABLED"] = "false"
os.environ["DD_HTTPLIB_DISTRIBUTED_TRACING"] = "true"

import traffic
from ddtrace import config, patch
from ddtrace.contrib.internal.httplib.patch import unpatch as unpatch_httplib
from ddtrace.contrib.internal.requests.patch import unpatch as unpatch_requests
from ddtrace.contrib.internal.urllib3.patch import unpatch as unpatch_urllib3
from ddtrace.trace import Span, TraceFilter, tracer

SPANS: list[Span] = []


class Kept(TraceFilter):
    """Lets no trace through to the agent."""

    def process_trace(self, trace: list[Span]) -> list[Span] | None:
        SPANS.extend(trace)
        return None


def activate() -> None:
    tracer.configure(trace_processors=[Kept()])
    config.httplib["distributed_tracing"] = True
    patch(httplib=True, urllib3=True, requests=True)


def deactivate() -> None:
    unpatch_httplib()
    unpatch_urllib3()
    unpatch_requests()


def observe(url: str, _socks_port: int) -> dict[str, Any]:
    SPANS.clear()
    with tracer.trace("traffic"):
        results = traffic.everything(url)
    spans = [(span.name, span.resource, span.span_type, span.error, _tags(span)) for span in SPANS]
    return {"results": results, "events": spans}


def _tags(span: Span) -> dict[str, Any]:
    kept = ("http.method", "http.url", "http.status_code", "component", "span.kind", "out.host")
    return {name: span.get_tag(name) for name in kept}
