"""vcrpy: what a cassette holds after recording, and what is played back from it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import traffic
import vcr


def activate() -> None:
    """Each cassette takes its place on `http.client` and urllib3 when it is entered."""


def _told(cassette: Any) -> list[Any]:
    return [
        (request.method, request.uri, request.body, dict(request.headers), response)
        for request, response in cassette.data
    ]


def observe(url: str, _socks_port: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as directory:
        path = str(Path(directory, "cassette.yaml"))
        with vcr.use_cassette(path, record_mode="once") as cassette:
            recorded = traffic.everything(url)
            told = _told(cassette)
        with vcr.use_cassette(path, record_mode="none") as cassette:
            played = traffic.everything(url)
            counts = cassette.play_count, cassette.all_played
    for _method, _uri, _body, _headers, response in told:
        response["headers"].pop("Date", None)
    results = {"recorded": recorded, "played": played, "outside": traffic.everything(url)}
    return {"results": results, "events": told, "counts": counts}
