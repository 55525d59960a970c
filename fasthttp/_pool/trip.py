"""Trip: what a page has behind it, where it is not the answer to the first try."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

    from .._web.redirects import Chain, Next
    from .page import Page


class Step(NamedTuple):
    """What comes next for a page: the same once more after a pause, a redirect, or an error."""

    #: Of a second try, in seconds.
    pause: float = 0.0
    redirect: Next | None = None
    error: Exception | None = None


class Trip:
    """What a page has behind it, and what its request has become on the way."""

    __slots__ = (
        "answer",
        "authorization",
        "chain",
        "conditions",
        "drops_body",
        "has_begun_sink",
        "headers",
        "history",
        "is_cut",
        "method",
        "retried",
        "step",
    )

    def __init__(self) -> None:
        #: The pages of the redirects, in order.
        self.history: list[Page] = []
        #: What each earlier try ended with: a status, or an exception.
        self.retried: list[int | Exception] = []
        #: The Authorization field that the URL's name and password make.
        self.authorization: str | None = None
        #: The request's method and fields, once a redirect has made others of them.
        self.method: str | None = None
        self.headers: Mapping[Any, Any] = {}
        self.drops_body = False
        #: The fields that ask for the page only where it is not the known one.
        self.conditions: dict[str, str] = {}
        self.chain: Chain | None = None
        #: What the answer that comes in leads to.
        self.step: Step | None = None
        #: The answer that is given, if there is no time for another.
        self.answer: Page | None = None
        self.has_begun_sink = False
        #: Whether the answer was not read to its end, because it leads on.
        self.is_cut = False
