"""The differences from the running `http.client` that are wanted, each recognised by its values.

A divergence (one entry of replay.py's JSON) is recognised only if every field that differs is
accounted for: a deviation looks at what the response was and at what both modules gave, and names
the fields that it accounts for; anything else, and it names none.

Two sorts: where the running Python is older than CPython 3.15.2, whose behaviour fasthttp has on
every Python; and where fasthttp deviates from 3.15.2 as well, which its documentation lists.
(3.14 and 3.15's `read(-1)` is not here, because replay.py never calls it.)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import own

Fields = set[str]
NONE: Fields = set()
_BY_PIECES = ("read1", "readline", "iter")
_BY_READ = ("read", "read7", "readline", "iter", "peek")
# how the second request of `reuse` fails, once it has to connect: the host is h.invalid
_NO_CONNECTION = ("socket.gaierror", "builtins.OSError")


@dataclass(frozen=True)
class Divergence:
    """One case that the two modules answered differently; `raw` is the whole response."""

    raw: bytes
    method: str
    way: str
    style: str
    stdlib: dict[str, Any]
    module: dict[str, Any]

    def turns(self, field: str, ours: object, theirs: object = None) -> bool:
        """Say whether `field` differs, being `theirs` in the stdlib and `ours` in the module."""
        if field not in self.module:
            return False
        return bool(self.stdlib[field] == theirs and self.module[field] == ours)

    def differs(self, **ours: object) -> Fields:
        """Return the fields of `ours` that differ, or none if the module gave any other value."""
        for name, value in ours.items():
            if name in self.module and self.module[name] != value:
                return NONE
        return self.module.keys() & ours.keys()


@dataclass(frozen=True)
class Deviation:
    """One wanted difference: why it is wanted, on which Pythons, and how it is known."""

    name: str
    reason: str
    pythons: str
    applies: Callable[[], bool]
    accounts_for: Callable[[Divergence], Fields]


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
    response, stream = own.begin(case.raw, case.method)
    if response.length is None or len(own.rest(stream)) < response.length:
        return NONE
    return {"isclosed_after"}


def _huge_length(case: Divergence) -> Fields:
    refused = case.stdlib.get("exc_class") in ("builtins.OverflowError", "builtins.MemoryError")
    if case.style != "read" or not refused or case.stdlib.get("exc_partial") is not None:
        return NONE
    response, stream = own.begin(case.raw, case.method)
    if response.chunked:
        body, size = own.chunks_until(case.raw, len(case.raw))
        if not size:
            return NONE
        missing, cause, said = None, "IncompleteRead", ""
    else:
        body = own.rest(stream)
        missing, cause = (response.length or 0) - len(body), None
        said = f", {missing} more expected"
    return case.differs(
        exc_class="http.client.IncompleteRead",
        exc_partial=body[:4096].decode("latin-1"),
        exc_expected=missing,
        exc_cause=cause,
        exc_str=f"IncompleteRead({len(body)} bytes read{said})",
        isclosed_after=not response.chunked,
    )


def _cause(case: Divergence) -> Fields:
    if case.style not in _BY_READ or not case.turns("exc_cause", "IncompleteRead"):
        return NONE
    chunked = own.begin(case.raw, case.method)[0].chunked
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
    found = re.match(rb"(?:HTTP/1\.\d 100[^\n]*\n(?:[^\r\n][^\n]*\n)*\r?\n)*", raw)
    return len(re.findall(rb"^HTTP/1\.\d 100", found[0], re.MULTILINE)) if found else 0


def _trailers(raw: bytes) -> int:
    return raw.rpartition(b"\n0\r\n")[2].partition(b"\r\n\r\n")[0].count(b"\r\n") + 1


def _left_over(case: Divergence) -> Fields:
    if case.way != "reuse" or case.module.get("second") not in _NO_CONNECTION:
        return NONE
    return {"second"} if own.leftover(case.raw, case.method) else NONE


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
        "huge-length",
        "a length beyond memory is read as far as the body goes, and is an IncompleteRead",
        "those without the fix of CVE-2025-13836",
        lambda: not own.reads_huge_lengths(),
        _huge_length,
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
)


def recognise(case: Divergence) -> list[str]:
    """Return the names of the deviations that account for all of `case`, or none at all."""
    names, left = [], set(case.module)
    for deviation in DEVIATIONS:
        try:
            fields = deviation.accounts_for(case) if deviation.applies() else NONE
        except (own.client.HTTPException, ValueError, OverflowError):
            continue  # the stdlib cannot read this one even so far
        if fields:
            names.append(deviation.name)
            left -= fields
    return [] if left else names
