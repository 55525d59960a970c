"""When a request may be sent once more, on a fresh connection, because the one it was sent on was
stale: the server had closed it meanwhile (RFC 9112 section 9.3.1).
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


#: RFC 9110 9.2.2: doing it twice is the same as doing it once.
_IDEMPOTENT = frozenset(("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"))


class Resend:
    """A whole request, kept for the case that it has to be sent again.

    `arguments` are its method, target, body, headers, and whether to encode the body; `start` is where a file stood; None where the body is no file.
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

    def is_allowed(self) -> bool:
        """Whether it may be sent again; a file is put back to where it stood.

        That is so where the method is idempotent, or a server cannot have seen the content, since
        nothing of the file was read; and where the same content can be sent again.
        """
        body = self.body
        if hasattr(body, "read"):
            if self.start is None:
                return False
            try:
                unread = body.tell() == self.start
                if not unread and self.method in _IDEMPOTENT:
                    body.seek(self.start)
            except (AttributeError, OSError, ValueError):
                return False
            return unread or self.method in _IDEMPOTENT
        repeatable = body is None or isinstance(
            body, (str, bytes, bytearray, memoryview, list, tuple)
        )
        return repeatable and self.method in _IDEMPOTENT
