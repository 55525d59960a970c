"""The differences from the running `http.client` that are wanted, each recognised by its values.

A divergence (one entry of replay.py's JSON) is recognised only if every field that differs is
accounted for: a deviation looks at what the response was and at what both modules gave, and names
the fields that it accounts for; anything else, and it names none.

Two sorts: where the running Python is older than CPython 3.15.2, whose behaviour fasthttp has on
every Python; and where fasthttp deviates from 3.15.2 as well, which its documentation lists. Most
of the second sort are in the model of wanted.py: there, no field may have another value than the
model's, those included in which fasthttp agrees with the stdlib. What is left after that is held
against the first sort. (3.14 and 3.15's `read(-1)` is not here, because replay.py never calls it.)
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from . import own, wanted

Fields = set[str]
NONE: Fields = set()
_BY_PIECES = ("read1", "readline", "iter")
_BY_READ = ("read", "read7", "readline", "iter", "peek")
# how the second request of `reuse` fails, once it has to connect: the host is h.invalid
_NO_CONNECTION = ("socket.gaierror", "builtins.OSError")


@dataclass(frozen=True)
class Divergence:
    """One case that the two modules answered differently.

    `raw` is the whole response, `identity` the id of its row; `stdlib` and `module` have the fields
    that differ, `agreed` the others.
    """

    raw: bytes
    identity: str
    method: str
    way: str
    delivery: str
    style: str
    stdlib: dict[str, Any]
    module: dict[str, Any]
    agreed: dict[str, Any]

    def turns(self, field: str, ours: object, theirs: object = None) -> bool:
        """Say whether `field` differs, being `theirs` in the stdlib and `ours` in the module."""
        if field not in self.module:
            return False
        return bool(self.stdlib[field] == theirs and self.module[field] == ours)


@dataclass(frozen=True)
class Deviation:
    """One wanted difference: why it is wanted, on which Pythons, and how it is known.

    `accounts_for` is None for those of the model.
    """

    name: str
    reason: str
    pythons: str
    applies: Callable[[], bool]
    accounts_for: Callable[[Divergence], Fields] | None


def _blank_line(case: Divergence) -> Fields:
    ours, theirs = case.module.get("payload"), case.stdlib.get("payload")
    if not isinstance(ours, str) or not isinstance(theirs, str):
        return NONE
    if theirs not in (ours + "\r\n", ours + "\n") or theirs.encode("latin-1") not in case.raw:
        return NONE
    return {"payload"}


def _last_byte(case: Divergence) -> Fields:
    if case.style not in _BY_PIECES or not case.turns("isclosed_after", True, False):
        return NONE
    response, stream = wanted.begin(case.raw, case.method)
    if response.length is None or len(own.rest(stream)) < response.length:
        return NONE
    return {"isclosed_after"}


def _cause(case: Divergence) -> Fields:
    if case.style not in _BY_READ or not case.turns("exc_cause", "IncompleteRead"):
        return NONE
    chunked = wanted.begin(case.raw, case.method)[0].chunked
    return {"exc_cause"} if chunked else NONE


def _longest_block(raw: bytes) -> int:
    """Return the number of header lines in the longest head of `raw`."""
    blocks = re.split(rb"(?:^|\n)HTTP/", raw)[1:]
    heads = (re.split(rb"\n\r?\n", block)[0] for block in blocks)
    return max((head.count(b"\n") for head in heads), default=0)


def _hundred_headers(case: Divergence) -> Fields:
    refused = case.turns("exc_class", None, "http.client.HTTPException")
    if not refused or case.stdlib.get("exc_str") != "got more than 100 headers":
        return NONE
    # the stdlib gave nothing to compare with, so ask it again with a limit that is one higher
    with own.one_more_header():
        wanted = own.answer(case.raw, case.method)
    as_wanted = all(case.module.get(name) == value for name, value in wanted.items())
    return set(case.module) if as_wanted and _longest_block(case.raw) == 100 else NONE


def _too_many(what: str, count: Callable[[bytes], int], least: int) -> Callable[..., Fields]:
    def accounts_for(case: Divergence) -> Fields:
        refused = case.turns("exc_class", "http.client.HTTPException")
        if not refused or case.module.get("exc_str") != f"got more than 100 {what}":
            return NONE
        given = case.module.get("body"), case.module.get("exc_partial")
        return set(case.module) if given == (None, None) and count(case.raw) >= least else NONE

    return accounts_for


def _interims(raw: bytes) -> int:
    status_line = rb"HTTP/1\.\d (?!101)1\d\d"
    found = re.match(rb"(?:%b[^\n]*\n(?:[^\r\n][^\n]*\n)*\r?\n)*" % status_line, raw)
    return len(re.findall(rb"^" + status_line, found[0], re.MULTILINE)) if found else 0


def _trailers(raw: bytes) -> int:
    return raw.rpartition(b"\n0\r\n")[2].partition(b"\r\n\r\n")[0].count(b"\r\n") + 1


def _left_over(case: Divergence) -> Fields:
    if case.way != "reuse" or case.module.get("second") not in _NO_CONNECTION:
        return NONE
    return {"second"} if wanted.leftover(case.raw, case.method) else NONE


def _modelled(name: str, reason: str) -> Deviation:
    return Deviation(name, reason, "all: a documented deviation of fasthttp", lambda: True, None)


DEVIATIONS = (
    Deviation(
        "blank-line-not-kept",
        "the blank line behind the headers is no part of them, nor of the payload that the email"
        " package makes of lines it does not take for headers",
        "before 3.15",
        own.counts_blank_line,
        _blank_line,
    ),
    Deviation(
        "hundred-headers",
        "the limit is 100 headers, not 99 and the blank line",
        "before 3.15",
        own.counts_blank_line,
        _hundred_headers,
    ),
    Deviation(
        "closed-at-last-byte",
        "read1 and readline close the response with its last byte, as read does",
        "3.10, 3.11 to 3.11.7, 3.12 to 3.12.1",
        lambda: not own.closes_at_last_byte(),
        _last_byte,
    ),
    Deviation(
        "cause-when-chunked",
        "the IncompleteRead of a chunked body has the one of its chunk as its cause",
        "3.10",
        lambda: not own.sets_cause(),
        _cause,
    ),
    Deviation(
        "interims-limited",
        "at most 100 interim responses, so that a server cannot hold the client for ever",
        "those before late 3.14",
        lambda: not own.limits_interims(),
        _too_many("interim responses", _interims, 100),
    ),
    Deviation(
        "trailers-limited",
        "at most 100 trailers, so that a server cannot hold the client for ever",
        "those before late 3.14",
        lambda: not own.limits_trailers(),
        _too_many("trailers", _trailers, 101),
    ),
    Deviation(
        "leftover-not-read",
        "bytes left over behind a response are never read as the next response: the connection is"
        " closed at the next request and reconnects",
        "all: a documented deviation of fasthttp",
        lambda: True,
        _left_over,
    ),
    _modelled(
        wanted.INTERIMS,
        "every 1xx but 101 is an interim response (RFC 9110 15.2), not the answer",
    ),
    _modelled(
        wanted.NO_CONTENT,
        "101, 204 and 304 have no content, whatever they announce (RFC 9112 6.3): what looks like"
        " chunks is the next response to everybody else",
    ),
    _modelled(
        wanted.CHUNK_SIZE,
        "a negative chunk size, and one above 2**63-1, is as malformed as one that is no number",
    ),
    _modelled(
        wanted.PARTIAL,
        "the IncompleteRead of a chunked body has every byte that arrived, the broken chunk's too",
    ),
    _modelled(
        wanted.OVERHEAD,
        "size lines may not take more than 16 KiB beyond their allowance (CVE-2023-39326)",
    ),
    _modelled(
        wanted.SECTION,
        "a header or trailer section may not have more than 1 MiB",
    ),
    _modelled(
        wanted.LENGTH,
        "a length beyond memory is read as far as the body goes: OverflowError and MemoryError are"
        " none of HTTP's errors",
    ),
    _modelled(
        wanted.PEEK,
        "peek shows bytes of the body alone, and does not wait for others behind it",
    ),
    _modelled(
        wanted.READINGS,
        "what other readers see to end elsewhere ends the connection (RFC 9112 6.3, 9110 15.2.2)",
    ),
    _modelled(
        wanted.CLOSED,
        "each of several Connection fields may close the connection (RFC 9110 5.3), not the first"
        " alone",
    ),
)


def _against_model(case: Divergence) -> tuple[list[str], Divergence]:
    """Return the deviations that the model took, and what still differs from its answer."""
    play = (case.raw, case.method, case.way, case.delivery, case.style, case.identity)
    model, met = wanted.answer(*play)
    module = case.agreed | case.module
    left = [name for name in module if module[name] != model.get(name)]
    return sorted(met), replace(
        case,
        stdlib={name: model.get(name) for name in left},
        module={name: module[name] for name in left},
        agreed={name: value for name, value in module.items() if name not in left},
    )


def _by_values(case: Divergence) -> tuple[list[str], Fields]:
    """Return the deviations that account for some of `case`, and the fields that none does."""
    names, left = [], set(case.module)
    for deviation in DEVIATIONS:
        if deviation.accounts_for is None or not deviation.applies():
            continue
        try:
            fields = deviation.accounts_for(case)
        except (http.client.HTTPException, ValueError, OverflowError):
            continue  # the stdlib cannot read this one even so far
        if fields:
            names.append(deviation.name)
            left -= fields
    return names, left


def recognise(case: Divergence) -> list[str]:
    """Return the names of the deviations that account for all of `case`, or none at all."""
    names, left = _by_values(case)
    if not left:
        return names
    modelled, rest = _against_model(case)
    names, left = _by_values(rest)
    return [] if left else modelled + names
