"""A request with conditions: a deadline, a limit for idle connections, a second try on stale ones.

What is here is not taken by connections and requests that set none of these.
"""

from __future__ import annotations

from .deadline import Deadline
from .lifecycle import Lifecycle
from .policy import Policy
from .reader import has_bytes
from .resending import Resend

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


class Exchange(Lifecycle):
    """What `HTTPConnection` inherits for conditions; of no use alone."""

    #: What was asked for beyond http.client; None where nothing was.
    _policy: Policy | None
    #: The request that is under way, where it may have to be sent again.
    _resend: Resend | None

    def _start_deadline(self) -> None:
        """Let an exchange that begins piece by piece have its deadline, and not an older one's."""
        if self._deadline is None or not self._deadline.is_new:
            self._set_deadline(None)
        if self._deadline is not None:
            self._deadline.is_new = False

    def _set_deadline(self, seconds: float | None) -> None:
        if seconds is None and self._policy is not None:
            seconds = self._policy.deadline
        self._deadline = None if seconds is None else Deadline(seconds)

    def _send_with_care(
        self, arguments: tuple[str, str, Any, Any, bool], deadline: float | None, reused: bool
    ) -> None:
        """Send a whole request: what `_send_request` takes; `reused`: on a connection that has
        served another one.
        """
        self._resend = None
        self._set_deadline(deadline)
        policy = self._policy
        if policy is not None and reused:
            if policy.idle_for_too_long():
                self.close()
            self._forget_finished_response()
            if policy.retry_stale and self.sock is not None:
                self._resend = Resend(arguments)
        try:
            self._send_request(*arguments)  # type: ignore[attr-defined]
        except ConnectionError:
            # An answer that has come already is the one to this request.
            if self._resend is None or self.sock is None or has_bytes(self.sock):
                raise
            if not self._resend.is_allowed(was_sent=False):
                raise
        except BaseException:
            self._deadline = self._resend = None
            raise
        else:
            return
        self._send_again()

    def _send_again(self) -> None:
        """Send the request that was kept for this, on a fresh connection, for the last time."""
        assert self._resend is not None  # noqa: S101 - the callers ask before
        arguments, self._resend = self._resend.arguments, None
        if self._deadline is not None:
            self._deadline.is_new = True
        self.close()
        self._send_request(*arguments)  # type: ignore[attr-defined]
