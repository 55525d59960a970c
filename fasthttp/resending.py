"""When a request may be sent once more, on a fresh connection, because the one it was sent on was
stale: the server had closed it meanwhile (RFC 9112 section 9.3.1).
"""

from __future__ import annotations

import io

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


#: RFC 9110 9.2.2: doing it twice is the same as doing it once.
_IDEMPOTENT = frozenset(("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"))


class Resend:
    """A whole request, kept for the case that it has to be sent again.

    `arguments` are its method, target, body, headers, and whether to encode the body; `start` is
    where a file stood, None where the body is no file.
    """

    __slots__ = ("arguments", "body", "method", "start")

    def __init__(self, arguments: tuple[str, str, Any, Any, bool]) -> None:
        self.arguments = arguments
        self.method, _, body, _, _ = arguments
        self.body = body
        self.start: int | None = None
        if hasattr(body, "read"):
            try:
                self.start = body.tell()
            except (AttributeError, OSError, ValueError):
                self.start = None

    def is_allowed(self, was_sent: bool) -> bool:
        """Whether it may be sent again; a file is put back to where it stood.

        That is so where the same content can be sent again and the method is idempotent; or, if it
        was not sent to its end, where a server cannot have seen the content, because nothing was
        read of a file that has some.
        """
        body = self.body
        if not hasattr(body, "read"):
            repeatable = (str, bytes, bytearray, memoryview, list, tuple, type(None))
            return isinstance(body, repeatable) and self.method in _IDEMPOTENT
        if self.start is None:
            return False
        try:
            untouched = body.tell() == self.start < body.seek(0, io.SEEK_END)
            body.seek(self.start)
        except (AttributeError, OSError, ValueError):
            return False
        return self.method in _IDEMPOTENT or (untouched and not was_sent)
