"""What usual_c.pyx offers; nothing has happened where it returns False or None."""

from collections.abc import Callable
from typing import Any

class Requests:
    """Sends whole requests, and takes the heads of their answers."""

    def __init__(self, **parts: Any) -> None: ...
    def request_over(self, plain: Callable[..., Any], /) -> Callable[..., Any]:
        """Return `HTTPConnection.request`, which calls `plain` for what is out of the ordinary."""

    def getresponse_over(self, plain: Callable[..., Any], /) -> Callable[..., Any]:
        """Return `HTTPConnection.getresponse`, likewise."""

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
    def read_over(self, plain: Callable[..., Any], /) -> Callable[..., Any]:
        """Return `HTTPResponse.read`, which calls `plain` for what is out of the ordinary."""

    def getheader_over(self, plain: Callable[..., Any], /) -> Callable[..., Any]:
        """Return `HTTPResponse.getheader`, likewise."""

    def del_over(self, plain: Callable[..., Any], /) -> Callable[..., Any]:
        """Return `HTTPResponse.__del__`, likewise."""

    def make(self, cls: Any, sock: Any, method: str | None, /) -> Any:
        """Return a new response of this class, or None."""

    def begin(self, response: Any, most: int | None, /) -> bool:
        """Read the head, with at most so many fields. Return whether that was done."""

    def field(self, response: Any, name: str, /) -> str | None:
        """Return the value of a field that is there, or None."""

    def read(self, response: Any, /) -> bytes | None:
        """Return the whole body, or None. Raises what `HTTPResponse.read` raises."""
