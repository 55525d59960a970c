"""sentry-sdk: the spans of a transaction, the breadcrumbs of an event, the headers it adds."""

from __future__ import annotations

from typing import Any

import sentry_sdk
import traffic
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport


class Kept(Transport):
    """Sends nothing; keeps what would have been sent."""

    events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        for item in envelope.items:
            if item.payload.json is not None:
                self.events.append(item.payload.json)


def activate() -> None:
    sentry_sdk.init(
        dsn="http://key@127.0.0.1:9/1",
        transport=Kept,
        traces_sample_rate=1.0,
        trace_propagation_targets=[".*"],
        default_integrations=True,
    )


def observe(url: str, _socks_port: int) -> dict[str, Any]:
    Kept.events.clear()
    with sentry_sdk.isolation_scope():
        with sentry_sdk.start_transaction(name="traffic", sampled=True):
            results = traffic.everything(url)
        sentry_sdk.capture_message("done")
    transaction, message = Kept.events
    spans = [(span["op"], span["description"], span["data"]) for span in transaction["spans"]]
    for _op, _description, data in spans:
        for name in ("thread.id", "thread.name"):
            data.pop(name, None)
    crumbs = [(one["category"], one["data"]) for one in message["breadcrumbs"]["values"]]
    return {"results": results, "events": spans, "breadcrumbs": crumbs}
