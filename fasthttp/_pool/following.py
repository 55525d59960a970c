"""What an answer or an error leads to: a redirect, another try, or the page; and what it teaches.

Decisions about values: `engine.py` waits, sends again, and gives the page.
"""

from __future__ import annotations

from http.client import HTTPException
from random import random
from time import time

from .._http import notes
from .._web import redirects, retries
from .._web.codings import Decoder, decoder_for
from .errors import let_frames_go
from .trip import Step

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from .._web.cookies import Cookies
    from .hosts import Host
    from .page import Page
    from .settings import Settings

#: Answers that have no content, whatever their fields say (RFC 9110 6.4.1), and parts of one, which
#: can be decoded only when they are put together (RFC 9110 14.4).
_NOT_DECODED = frozenset((204, 206, 304))


def learn(page: Page, host: Host, jar: Cookies) -> None:
    """Keep the cookies of an answer."""
    fields = page._values_of("set-cookie")
    if fields:
        jar.store(fields, host.is_tls, host.name, page._target, time())


def decoder_of(page: Page) -> Decoder | None:
    """Return what decodes the body of an answer; None where nothing has to be decoded.

    Raises `DecodingError` where that cannot be done.
    """
    coding = page.getheader("content-encoding")
    if coding is None or page._method == "HEAD" or page.status in _NOT_DECODED:
        return None
    return decoder_for(coding)


def after_answer(page: Page, settings: Settings, left: float) -> Step | None:
    """Return what an answer leads to; None where it is the page's. `left`: seconds that are left
    of its deadline.
    """
    status = page.status
    if status in redirects.STATUSES and settings.redirects:
        try:
            return _redirect_of(page, settings)
        except Exception as error:  # InvalidURL, or HTTPException
            let_frames_go(error)  # it is kept until the body has come
            return Step(error=error)
    if status in retries.STATUSES and settings.retries:
        return _try_again(page, status, settings, left)
    return None


def after_error(page: Page, error: Exception, settings: Settings, left: float) -> Step | None:
    """Return whether a request that has failed is tried again, and when; None where it is not."""
    return _try_again(page, error, settings, left) if settings.retries else None


def _redirect_of(page: Page, settings: Settings) -> Step | None:
    status, location = page.status, _location_of(page)
    assert status is not None  # noqa: S101 - there is an answer
    following = redirects.next_request(
        status, page._method, page.url, location, page._can_be_sent_again()
    )
    if following is None:
        return None
    trip = page._begun_trip()
    if trip.chain is None:
        cookie = (page._cookie or None) if settings.jar is not None else None
        trip.chain = redirects.Chain(page._method, page.url, settings.redirects, cookie)
    cookie = settings.cookie_for(following.url)
    try:
        trip.chain.add(following.method, following.url, cookie)
    except redirects.TooManyRedirects as error:
        if settings.jar is None:
            notes.add(error, "no cookies are kept, which some sites need: cookies=True keeps them")
        raise
    return Step(redirect=following)


def _location_of(page: Page) -> str | None:
    """Return the Location. Raises `HTTPException` where several are not the same: who follows one
    of them may be led by somebody who has put a line into the answer.
    """
    location = page.getheader("location")
    if location is None or ", " not in location:
        return location
    every = set(page._values_of("location"))
    if len(every) > 1:
        raise HTTPException(
            f"the redirect has {len(every)} Locations, which are not the same; with redirects=0 it"
            " is the page"
        )
    return every.pop()


def _try_again(
    page: Page, outcome: int | Exception, settings: Settings, left: float
) -> Step | None:
    trip = page._trip
    if trip is not None and (len(trip.retried) >= settings.retries or trip.has_begun_sink):
        return None
    method = page._method
    if not retries.is_worth(outcome, method) or not page._can_be_sent_again():
        return None
    tries = 1 if trip is None else 1 + len(trip.retried)
    wanted = page.getheader("retry-after") if isinstance(outcome, int) else None
    now = time()
    if (retries.retry_after_seconds(wanted, now) or 0) > retries.LONGEST_RETRY_AFTER:
        return None  # a server that wants to be left alone for hours is
    pause = retries.pause(tries, wanted, now, random())  # noqa: S311 - no secret
    return Step(pause=pause) if pause < left else None
