"""What the server does for a request: which bytes, and what then."""

import time
from dataclasses import dataclass, field
from typing import Literal

#: What happens once the bytes are sent: the connection is kept, closed or reset, or nothing ever
#: happens again, or one byte more comes now and then.
End = Literal["keep", "close", "reset", "hang", "drip"]


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same bytes each time; others for a client that takes brotli."""

    wire: bytes
    br: bytes | None = None
    end: End = "keep"

    def chosen(self, head: bytes) -> "Fixed":
        return self

    def bytes_for(self, head: bytes) -> bytes:
        return self.br if self.br is not None and _takes_br(head) else self.wire


def _takes_br(head: bytes) -> bool:
    start = head.lower().find(b"\r\naccept-encoding:")
    return start >= 0 and b"br" in head[start + 18 : head.find(b"\r\n", start + 18)]


@dataclass(frozen=True, slots=True)
class Wall:
    """The page for who has the cookie, else the way to the cookie."""

    cookie: bytes
    inside: Fixed
    outside: Fixed

    def chosen(self, head: bytes) -> Fixed:
        return self.inside if self.cookie in head else self.outside


@dataclass(slots=True)
class Later:
    """`first`, and `then` to who asks again after so many seconds."""

    first: Fixed
    then: Fixed
    seconds: float
    _since: float | None = field(default=None, init=False)

    def chosen(self, head: bytes) -> Fixed:
        now = time.monotonic()
        if self._since is None:
            self._since = now
            return self.first
        return self.then if now - self._since >= self.seconds else self.first

    def forget(self) -> None:
        self._since = None


Answer = Fixed | Wall | Later
