"""What usual_c.pyx offers; nothing has happened where it returns False or None."""

from typing import Any

class Requests:
    """Sends whole requests."""

    def __init__(self, **parts: Any) -> None: ...
    def send(self, connection: Any, method: str, url: str, body: Any, headers: Any, /) -> bool:
        """Send a request: what `HTTPConnection.request` takes. Return whether that was done. Raises
        what the socket raises.
        """

    def receive(self, connection: Any, /) -> Any:
        """Return the response to the request that was sent, with its head; or None. Raises what
        `HTTPConnection.getresponse` raises.
        """

class Responses:
    """Makes responses, reads their heads and whole bodies."""

    def __init__(self, **parts: Any) -> None: ...
    def make(self, cls: Any, sock: Any, method: str | None, /) -> Any:
        """Return a new response of this class, or None."""

    def begin(self, response: Any, most: int | None, /) -> bool:
        """Read the head, with at most so many fields. Return whether that was done."""

    def read(self, response: Any, /) -> bytes | None:
        """Return the whole body, or None. Raises what `HTTPResponse.read` raises."""
