"""What installed_c.pyx offers; nothing has happened where it returns False, None or ASIDE."""

from typing import Any

ASIDE: Any

class Lent:
    """Sends whole requests, makes responses and reads them, for `http.client`'s own objects."""

    def __init__(self, **parts: Any) -> None: ...
    def send(self, connection: Any, method: Any, url: Any, body: Any, headers: Any, /) -> bool:
        """Send a request: what `HTTPConnection._send_request` takes. Return whether that was done.
        Raises what the socket raises.
        """

    def receive(self, connection: Any, /) -> Any:
        """Return the response to the request that was sent, or None. Raises what
        `HTTPConnection.getresponse` raises.
        """

    def header(self, response: Any, name: str, default: Any, /) -> Any:
        """Return what `HTTPResponse.getheader` returns, or ASIDE."""

    def read(self, response: Any, amount: Any, /) -> Any:
        """Return what `HTTPResponse.read` returns, or ASIDE. Raises what that raises."""
