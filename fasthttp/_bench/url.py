"""A server of the user's own: its URL taken apart, its answers looked at, its requests counted.

Everyone sends the same headers, asks for no compression, follows no redirect, and uses one
connection at a time. What http.client is answered decides what is right.
"""

import hashlib
import http.client
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .._version import __version__
from .hosting import Place, ServerError
from .measure import Pace
from .scenarios import Expected, Scenario

__all__ = ["LOOKS", "Found", "changes", "look", "most_requests", "take_apart", "within"]

#: How often http.client asks before anything is measured, and again afterwards.
LOOKS = 3

#: Seconds after which a silent server counts as gone, where no time-out is given.
_PATIENCE = 30.0

#: Requests by which each client is checked, in `Visit.examine`.
_EXAMINED = 2

#: How much longer than on the loopback a batch may take: what ends it is the number of requests.
_STRETCH = 10


@dataclass(frozen=True)
class Found:
    """What the server answers, and what there is to be said about it."""

    right: Expected
    notes: list[str]


@dataclass(frozen=True)
class _Answer:
    status: int
    reason: str
    header: str | None
    location: str | None
    encoding: str | None
    closes: bool
    length: int
    digest: str


def take_apart(url: str, timeout: float | None, cafile: str | None) -> tuple[Scenario, Place]:
    """The scenario and the place that an http or https URL stands for.

    Raises ValueError, which says what is wrong with the URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a URL begins with http:// or https:// and a host")
    if parts.username is not None:
        raise ValueError("a user name in a URL is sent by some clients and not by others")
    if not url.isascii() or any(byte <= " " or byte == "\x7f" for byte in url):
        raise ValueError("percent-encode what is not printable ASCII in the URL")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    place = Place(
        port=port, host=parts.hostname, scheme=parts.scheme, cafile=cafile,
        timeout=timeout or _PATIENCE,
    )  # fmt: skip
    headers = {
        "User-Agent": f"fasthttp-bench/{__version__}",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
    }
    scenario = Scenario(
        place.url(path), "GET; status, getheader, read()", "url", path,
        headers=headers, origin=place.url(""),
    )  # fmt: skip
    return scenario, place


def most_requests(pace: Pace, contestants: int) -> int:
    """The most requests that a run at `pace` can come to, looks included."""
    # Each batch is preceded by a request that is not timed; see `visits.Anew`.
    calibrating, count = 0, 1
    while count < pace.most:
        calibrating += count + 1
        count *= 2
    calibrating += pace.most + 1
    each = _EXAMINED + calibrating + pace.rounds * (pace.most + 1)
    return 2 * LOOKS + contestants * each


def within(bound: int, rounds: int, contestants: int) -> Pace:
    """The pace at which at most `bound` requests are sent.

    Raises ValueError where not even batches of one request keep to it; the message says how many
    requests those would be.
    """

    def pace(most: int) -> Pace:
        return Pace(rounds, _STRETCH * Pace().batch, most)

    def requests(most: int) -> int:
        return most_requests(pace(most), contestants)

    most = bisect_right(range(1, bound + 1), bound, key=requests)
    if not most:
        raise ValueError(f"{rounds} rounds of {contestants} clients need {requests(1)} requests")
    return pace(most)


def look(scenario: Scenario, place: Place) -> Found:
    """Ask the server a few times, by http.client, over one connection.

    Raises ServerError where it cannot be reached or does not answer with success.
    """
    try:
        # OSError also for a file of certificates that is not there.
        answers = _ask(scenario, place)
    except (OSError, http.client.HTTPException) as error:
        raise ServerError(f"{scenario.name}: {type(error).__name__}: {error}") from error
    for each in answers:
        if not 200 <= each.status < 300:
            leads = f", which leads to {each.location}" if each.location else ""
            raise ServerError(f"{scenario.name} answers {each.status} {each.reason}{leads}")
    kinds = {(each.status, each.header) for each in answers}
    if len(kinds) > 1:
        raise ServerError(f"{scenario.name} answers now this, now that: {sorted(map(str, kinds))}")
    return Found(_right(answers), _notes(answers))


def _ask(scenario: Scenario, place: Place) -> list[_Answer]:
    connection: Any
    if place.scheme == "https":
        connection = http.client.HTTPSConnection(
            place.host, place.port, timeout=place.timeout, context=place.context()
        )
    else:
        connection = http.client.HTTPConnection(place.host, place.port, timeout=place.timeout)
    try:
        return [_ask_once(connection, scenario) for _ in range(LOOKS)]
    finally:
        connection.close()


def _ask_once(connection: http.client.HTTPConnection, scenario: Scenario) -> _Answer:
    connection.request("GET", scenario.path, headers=scenario.headers)
    response = connection.getresponse()
    closes = bool(response.will_close)
    body = response.read()
    return _Answer(
        status=response.status,
        reason=response.reason,
        header=response.getheader(scenario.asks),
        location=response.getheader("Location"),
        encoding=response.getheader("Content-Encoding"),
        closes=closes,
        length=len(body),
        digest=hashlib.sha256(body).hexdigest(),
    )


def _right(answers: list[_Answer]) -> Expected:
    """What all answers have in common; where lengths differ, twice or half as much is believed."""
    first = answers[0]
    lengths = [each.length for each in answers]
    same = len({each.digest for each in answers}) == 1
    return Expected(
        status=first.status,
        header=first.header,
        length=first.length,
        digest=first.digest if same else "",
        lengths=None if len(set(lengths)) == 1 else (min(lengths) // 2, 2 * max(lengths)),
    )


def _notes(answers: list[_Answer]) -> list[str]:
    first, lengths = answers[0], sorted({each.length for each in answers})
    notes = [f"http.client is answered {first.status}, {first.header}, {first.length:,} bytes"]
    if len(lengths) > 1:
        notes = [
            f"the server's answers vary in length, from {lengths[0]:,} to {lengths[-1]:,} bytes in"
            f" {LOOKS} answers: status and Content-Type are compared, the length only roughly,"
            " and not everybody fetches the same"
        ]
    elif len({each.digest for each in answers}) > 1:
        notes.append(
            "the server's answers vary, at one length: their bytes are not compared, what else"
            " they say is"
        )
    if first.encoding not in (None, "identity"):
        notes.append(
            f"the server answers with Content-Encoding: {first.encoding} though asked for none:"
            " a client that decodes it does more, and sees another length"
        )
    if any(each.closes for each in answers):
        notes.append("the server closes connections: new ones are part of what is measured")
    return notes


def changes(scenario: Scenario, place: Place, before: Found) -> list[str]:
    """Look again when all is measured, and say what is different, if anything."""
    try:
        one, two = before.right, look(scenario, place).right
    except ServerError as error:
        return [f"and afterwards: {error}"]
    alike = (one.status, one.header) == (two.status, two.header)
    # What was known to vary may go on doing so.
    if one == two or (alike and one.lengths and two.lengths):
        return []
    return [
        "the server's answers have changed while they were measured: what is called wrong may be"
        " right"
    ]
