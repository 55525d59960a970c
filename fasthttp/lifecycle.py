"""Opening and closing a connection, and whether it can carry one more request.

The state, and the response that the connection waits for, have the private names that http.client
gives them, because programs reach for these.
"""

from __future__ import annotations

import errno
import socket
import sys
from http.client import CannotSendRequest, RemoteDisconnected

from . import forking
from .reader import is_spent
from .tunnel import Tunnel

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


_DEFAULT_TIMEOUT: Any = socket._GLOBAL_DEFAULT_TIMEOUT  # type: ignore[attr-defined]

IDLE = "Idle"
REQ_STARTED = "Request-started"
REQ_SENT = "Request-sent"

#: Why an exchange that has begun may be given up for another request: the answer did not come in
#: time; it is none; the request was not sent to its end; or not at all, because it must not be.
AWAITED, BROKEN, CUT, REFUSED = "awaited", "broken", "cut", "refused"


class Lifecycle(Tunnel):
    """What `HTTPConnection` inherits for opening and closing; of no use alone."""

    _HTTPConnection__state: str
    _HTTPConnection__response: Any
    _create_connection: Any
    source_address: tuple[str, int] | None
    _tunnel_host: str | None
    #: AWAITED, BROKEN, CUT or REFUSED, where that is so.
    _doubt: str | None

    def connect(self) -> None:
        """Open the connection, and the tunnel if there is one.

        `request()` and `endheaders()` do it where it is needed. Raises `OSError`: `TimeoutError`
        after `timeout` or `deadline`, `socket.gaierror` for a name that is not found, and its own
        for a tunnel that is refused; `BadStatusLine` and the like for an answer that is none.
        """
        sys.audit("http.client.connect", self, self.host, self.port)
        where = (self.host, self.port), self.timeout, self.source_address
        if self._deadline is None:
            self.sock = self._create_connection(*where)
        else:
            self.sock = self._deadline.connect(self._create_connection, *where)
        try:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            if error.errno != errno.ENOPROTOOPT:
                raise
        if self._tunnel_host:
            try:
                self._tunnel()
            except BaseException:
                self.close()
                raise

    def leave_to_parent(self) -> None:
        """In a forked child: let go of the connection, which is the parent's."""
        sock, self.sock = self.sock, None
        if self._HTTPConnection__state != REQ_STARTED:  # of which nothing has been sent
            self._HTTPConnection__state = IDLE
        self._HTTPConnection__response = None
        self._doubt = None
        if sock is not None:
            sock.close()

    def close(self) -> None:
        """Close the connection; a response that still reads from it is closed too."""
        self._HTTPConnection__state = IDLE
        if self._buffer:
            del self._buffer[:]  # or the next request would begin with the lines of this one
        self._doubt = None
        try:
            sock = self.sock
            if sock:
                self.sock = None
                sock.close()
        finally:
            response = self._HTTPConnection__response
            if response:
                self._HTTPConnection__response = None
                response.close()

    def _forget_finished_response(self) -> None:
        """Let go of a response that has been read or closed.

        Where it was not read to the end of its message, or bytes came behind that, the next
        answer could not be told from its remains: then the connection is closed. So it is where
        reading has failed for good, although the response is still open.
        """
        response, state = self._HTTPConnection__response, self._HTTPConnection__state
        # Where a request has been started already, endheaders() looks after it.
        if response is None or state == REQ_STARTED:
            return
        if not response.isclosed():
            if state == IDLE and getattr(response, "_has_failed", bool)():
                self.close()
            return
        # What has come while no request was sent is the answer to none.
        in_step = getattr(response, "_in_step", True)
        if in_step and (state != IDLE or not is_spent(self.sock)):
            self._HTTPConnection__response = None
        elif state == IDLE:
            self.close()
        else:
            self.close()
            raise RemoteDisconnected("Connection out of step after the last response")

    def _leave_connection_out_of_step(self) -> None:
        response = self._HTTPConnection__response
        if response is not None and response.isclosed():
            if not getattr(response, "_in_step", True) or is_spent(self.sock):
                self.close()  # not the request, which is not sent yet
            self._HTTPConnection__response = None

    def _start_anew(self) -> None:
        """Where the last exchange broke off, close what is left of it, so that a request may start.

        Raises `CannotSendRequest` where it did not.
        """
        if self._doubt is None:
            raise CannotSendRequest(self._HTTPConnection__state)
        if self._doubt is REFUSED:  # of which nothing has been sent
            del self._buffer[:]
            self._HTTPConnection__state = IDLE
            self._doubt = None
        else:
            self.close()

    # ----------------------------------------------------------------- pickling

    def __getstate__(self) -> dict[str, Any]:
        """What pickle keeps. A socket is not among it: it refuses connections that are open."""
        state = self.__dict__ | {"_deadline": None, "_resend": None}
        if state.get("timeout") is _DEFAULT_TIMEOUT:
            del state["timeout"]  # which is known by its identity
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({"timeout": _DEFAULT_TIMEOUT} | state)
        forking.note_connection(self)
