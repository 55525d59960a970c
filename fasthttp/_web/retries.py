"""What is worth another try, and when."""

from __future__ import annotations

import errno
import re
from http.client import HTTPException, IncompleteRead

from .._http.request import IDEMPOTENT
from .._http.strict import MalformedChunk

#: Statuses that say "not now" (RFC 9110 15, RFC 6585 4, RFC 8470 5.2).
STATUSES = frozenset((408, 425, 429, 500, 502, 503, 504))

#: Errors of a connection or a way that have no class of their own.
_OF_CONNECTION = frozenset(
    getattr(errno, name)
    for name in (
        *("EADDRNOTAVAIL", "EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN", "ENETRESET", "ENETUNREACH"),
        *("ENOBUFS", "ETIMEDOUT"),
    )
    if hasattr(errno, name)
)
#: EAI_AGAIN of Linux, of macOS and BSD, of Windows: the name server did not answer.
_LOOKUP_AGAIN = frozenset((-3, 2, 11002))

#: The pause before the second try, in seconds; each further one is twice as long, up to a limit.
_FIRST = 0.5
_LONGEST = 60.0
#: The longest Retry-After that is heeded, in seconds.
LONGEST_RETRY_AFTER = 120.0

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_MONTH = "(?P<month>" + "|".join(_MONTHS) + ")"
#: The three forms of RFC 9110 5.6.7. Nobody needs the day of the week: it may be a wrong one.
_DATES = (
    re.compile(rf"[A-Z][a-z]{{2}}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT"),
    re.compile(rf"[A-Z][a-z]+day, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT"),
    re.compile(rf"[A-Z][a-z]{{2}} {_MONTH} (?P<day>[0-9 ][0-9]) {_TIME} (?P<year>[0-9]{{4}})"),
)
_SECONDS = re.compile(r"[0-9]+")
#: RFC 9110 5.6.7: a year of two digits is never further in the future.
_YEARS_AHEAD = 50


def is_worth(outcome: BaseException | int, method: str) -> bool:
    """Return whether a request that ended with this error or status may be tried again.

    Only where the method is idempotent (RFC 9110 9.2.2), and the next time can be another one:

    - connections that are refused, reset, cut or silent, also within an answer; hosts and networks
      that cannot be reached; name servers that do not answer; TLS that is cut.

    What cannot get better is tried once: names that do not exist, certificates and handshakes that
    fail, what must not be sent (`InvalidURL`, `ValueError`, `TypeError`), answers that are no HTTP,
    that break a limit such as `max_body`, or whose coding is broken, and what this system has run
    out of (descriptors, memory).
    """
    if method not in IDEMPOTENT:
        return False
    if isinstance(outcome, int):
        return outcome in STATUSES
    # An error of a certificate is a ValueError, too.
    if isinstance(outcome, ValueError):
        return False
    if isinstance(outcome, (ConnectionError, TimeoutError)):
        return True
    if isinstance(outcome, OSError):
        return _is_passing(outcome)
    if isinstance(outcome, IncompleteRead):
        return not isinstance(outcome, MalformedChunk)
    # A head that the end of the connection cuts: `Section` of rules.py.
    return type(outcome) is HTTPException and str(outcome).startswith("the connection ended within")


def _is_passing(error: OSError) -> bool:
    # By their names: what decides imports neither socket nor ssl.
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "gaierror" in kinds:
        return error.errno in _LOOKUP_AGAIN
    if "SSLError" in kinds:
        return not kinds.isdisjoint(("SSLEOFError", "SSLZeroReturnError", "SSLSyscallError"))
    return error.errno in _OF_CONNECTION


def pause(
    tries: int,
    retry_after: str | None,
    now: float,
    random: float,
    most: float = LONGEST_RETRY_AFTER,
) -> float:
    """Return how many seconds to wait after so many tries, at least 1.

    `now` is in seconds since the epoch, `random` from 0 to 1. From half a second on, twice as long
    each time up to a minute, of which `random` takes away up to a half, so that requests that
    failed together do not come back together. Where Retry-After asks for more, that, up to `most`,
    and up to a quarter of it, or a second, on top.
    """
    own = min(_FIRST * 2.0 ** (min(tries, 32) - 1), _LONGEST) * (1 - random / 2)
    wanted = retry_after_seconds(retry_after, now)
    if wanted is None:
        return own
    return max(own, min(wanted, most) + random * min(1.0, wanted / 4))


def retry_after_seconds(value: str | None, now: float) -> float | None:
    """Return the seconds that a Retry-After (RFC 9110 10.2.3) asks for, 0 for what is past; None
    where there is none, or none that can be read.
    """
    if value is None:
        return None
    value = value.strip(" \t")
    if _SECONDS.fullmatch(value) is not None:
        return float(value)
    at = time_of_date(value, now)
    return None if at is None else max(at - now, 0.0)


def time_of_date(value: str, now: float) -> float | None:
    """Return the seconds since the epoch of an HTTP-date (RFC 9110 5.6.7); None for anything else.

    `now` says in which century a year of two digits is.
    """
    from datetime import datetime, timezone  # where nothing is tried again, nobody needs it

    for form in _DATES:
        found = form.fullmatch(value)
        if found is not None:
            break
    else:
        return None
    year, second = int(found["year"]), int(found["second"])
    try:
        if len(found["year"]) == 2:
            this = datetime.fromtimestamp(now, timezone.utc).year
            year += this - this % 100
            if year > this + _YEARS_AHEAD:
                year -= 100
        at = datetime(
            year,
            _MONTHS.index(found["month"]) + 1,
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            59 if second == 60 else second,  # a leap second
            tzinfo=timezone.utc,
        )
    except (ValueError, OverflowError, OSError):  # no such day
        return None
    return at.timestamp()
