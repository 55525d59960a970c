"""The second exchange on a connection that has failed: it must get its own answer."""

from __future__ import annotations

import contextlib
from typing import Any

from .arena import Arena
from .outcome import GOOD, SECOND, Outcome, Tally, attempt


def ask_again(
    arena: Arena, connection: Any, tally: Tally, case: str, *, may_reuse: bool, late: bytes
) -> None:
    """Send the next request on the same object and judge what comes of it.

    Only where `may_reuse` may it go out on the old connection; on that, what was left of the last
    answer, `late`, arrives before the right one, as an attacker would have it.
    """
    before = len(arena.far)

    def act(outcome: Outcome) -> None:
        connection.request("GET", SECOND)
        reused = len(arena.far) == before
        if reused and not may_reuse:
            tally.find("kept", case, "the broken connection was used again")
        heard = b"" if reused else arena.hears()
        if not reused and not heard.startswith(b"GET /second HTTP/1.1\r\n"):
            tally.find("wrong", case, f"the new connection began with {heard[:60]!r}")
        with contextlib.suppress(OSError):  # where it has closed its end, it cannot
            arena.says(late + GOOD if reused else GOOD)
        response = connection.getresponse()
        outcome.status = response.status
        outcome.pieces.append(response.read())

    second = attempt(act)
    if second.error is not None:
        tally.find("not usable", case, f"the next request: {second.error!r}")
    elif (second.status, second.got) != (299, b"second"):
        tally.find("crossing", case, f"the next answer: {second}")
