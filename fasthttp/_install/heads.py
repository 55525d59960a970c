"""Response heads in `http.client`: its `parse_headers`, and `HTTPResponse`'s begin and getheader.

The bytes are looked at in the `io.BufferedReader` that `makefile` gave, and taken from it only if
they are of the plain form, whole, and within every limit. Else nothing has happened yet, and the
original function goes its way from there.
"""

from __future__ import annotations

import io
import sys
from email._policybase import compat32

from .._client.heads import apply_head
from .._compiled import ASIDE, find_values, parse_fields, parse_head
from .._http import reasons
from .._http.message import message_of
from .guards import guards
from .ordinary import ordinary
from .places import STD, HTTPMessage, leaf, step_aside

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

    from .._http.reasons import Reason

_File = io.BufferedReader
#: What guards give for a limit that is as great, or greater: too great for readline().
HUGE = sys.maxsize - 1


def buffered(fp: Any) -> bytes | None:
    """What a file holds, after one read where that is nothing; None for a closed one.

    The original's first readline() does the same read. So an error of it goes out, and nothing is
    its empty line: a second read could have another outcome.
    """
    if fp.closed:
        return None
    data: bytes = fp.peek()
    return data


def most_fields(limits: tuple[int, int], max_headers: Any) -> int:
    """A number of fields that no version objects to; negative where the original shall read."""
    max_line, most = limits
    if max_headers is not None:
        most = min(max_headers, HUGE) if type(max_headers) is int else 0
    # Up to 3.14 the empty line counts as a field.
    return most - 1 if max_line < HUGE else -1


def _take_message(fp: Any, cls: type[Any], max_headers: int | None) -> Any:
    """Take the fields that a file holds, if they are all there and of the plain form: the message,
    or why there is none.
    """
    if cls is not HTTPMessage:
        return reasons.MESSAGE, cls
    if type(fp) is not _File:
        return reasons.FILE, fp
    limits = guards.field_limits()
    if not limits:
        return reasons.LENT_FUNCTIONS, guards.field_limits
    most = most_fields(limits, max_headers)
    if most < 0:
        return reasons.LIMITS
    data = buffered(fp)
    if not data:
        return reasons.NO_HEAD if data is None else message_of([])
    length, fields = parse_fields(data, limits[0], most)
    if fields is None:
        return reasons.HEAD, (parse_fields, fp, limits[0], most)
    fp.read(length)
    return message_of(fields)


def _begin(response: Any, max_headers: int | None, *, keeps: bool) -> Reason | None:
    """Read the head at once, if it is there and of the plain form; if not, say why.

    `keeps`: the response has an attribute for `max_headers`.
    """
    fp = response.fp
    if response.headers is not None:
        return reasons.NOTHING
    if type(fp) is not _File:
        return reasons.FILE, fp
    if response.debuglevel > 0:
        return reasons.DEBUG
    if not guards.begins_plainly(response):
        return reasons.METHODS, (guards.begins_plainly, response)
    limits = guards.head_limits()
    if not limits:
        return reasons.LENT_FUNCTIONS, guards.head_limits
    most = most_fields(limits, max_headers)
    if most < 0:
        return reasons.LIMITS
    if keeps:
        response._max_headers = max_headers
    data = buffered(fp)
    if data is None:
        return reasons.NO_HEAD
    if not data:
        raise STD["RemoteDisconnected"]("Remote end closed connection without response")
    used, head = parse_head(data, limits[0], most)
    if head is None:
        return reasons.HEAD, (parse_head, fp, limits[0], most)
    fp.read(used)
    response.headers = response.msg = message_of(head.items())
    apply_head(response, head, None, True)
    return None


def _keyword(max_headers: int | None) -> dict[str, int]:
    # After uninstall(), a wrapper that is still there leads to an older original.
    return {} if max_headers is None else {"_max_headers": max_headers}


@leaf("parse_headers", newest=True)
def parse_headers(
    fp: Any, _class: type[Any] = HTTPMessage, *, _max_headers: int | None = None
) -> Any:
    taken = _take_message(fp, _class, _max_headers)
    if type(taken) is HTTPMessage:
        return taken
    return step_aside("parse_headers", taken, fp, _class, **_keyword(_max_headers))


@leaf("parse_headers", newest=False)
def parse_headers_without_limit(fp: Any, _class: type[Any] = HTTPMessage) -> Any:
    taken = _take_message(fp, _class, None)
    if type(taken) is HTTPMessage:
        return taken
    return step_aside("parse_headers", taken, fp, _class)


@leaf("HTTPResponse.begin", newest=True)
def begin(self: Any, *, _max_headers: int | None = None) -> None:
    why = _begin(self, _max_headers, keeps=True)
    if why is not None:
        step_aside("HTTPResponse.begin", why, self, **_keyword(_max_headers))


@leaf("HTTPResponse.begin", newest=False)
def begin_without_limit(self: Any) -> None:
    why = _begin(self, None, keeps=False)
    if why is not None:
        step_aside("HTTPResponse.begin", why, self)


@leaf("HTTPResponse.getheader")
def getheader(self: Any, name: str, default: Any = None) -> Any:
    lent = ordinary.lent
    if lent is not None:
        found = lent.header(self, name, default)
        if found is not ASIDE:
            return found
    headers: Any = self.headers
    why: Reason
    if type(headers) is not HTTPMessage:
        why = reasons.NO_MESSAGE, type(headers)
    elif headers.policy is not compat32 or "get_all" in (held := vars(headers)):
        why = reasons.CHANGED_MESSAGE
    elif not guards.fetches_plainly():
        why = reasons.LENT_FUNCTIONS, guards.fetches_plainly
    else:
        values = find_values(held.get("_headers"), name)
        if values:
            return values[0] if len(values) == 1 else ", ".join(values)
        if values is not None and (default is None or type(default) is str):
            return default
        why = reasons.GETHEADER
    return step_aside("HTTPResponse.getheader", why, self, name, default)
