"""Takes a page further whose answer or error is not what the program gets: a redirect is followed,
a request is tried again after a pause, or the answer that there is is given after all.

`following.py` says what is to be done; the engine sends, and ends pages.
"""

from __future__ import annotations

from http.client import HTTPException, IncompleteRead

from .dialing import Phase
from .errors import let_frames_go

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .._web.codings import Decoder
    from .._web.redirects import Next
    from .engine import Engine
    from .hosts import Host
    from .page import Page
    from .trip import Trip


class Leading:
    """What pages lead to, for one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._settings = engine.settings
        #: Requests that are to be tried once more, with their timers.
        self.paused: dict[Page, Any] = {}
        #: `following.py`, which nobody needs who wants nothing but pages.
        self._following: Any = None
        if engine.looks_at_answers:
            from . import following

            self._following = following

    def hear(self, page: Page, host: Host) -> Decoder | None:
        """Take the head of an answer, and see what it leads to. Return what decodes its body; None
        where it is not decoded. Raises `DecodingError`.
        """
        settings, following = self._settings, self._following
        if settings.jar is not None:
            following.learn(page, host, settings.jar)
        if page.status != 200:  # which leads nowhere
            step = following.after_answer(page, settings, page._until - self._engine.loop.now)
            if step is not None:
                page._begun_trip().step = step
                return None
        decoder: Decoder | None = following.decoder_of(page) if settings.decode else None
        return decoder

    def go_on(self, page: Page, trip: Trip) -> bool:
        """Do what an answer leads to. Return whether it is more than this answer."""
        step, trip.step = trip.step, None
        assert step is not None  # noqa: S101 - the caller has looked
        if step.error is not None:
            self._engine.end_with_error(page, step.error, "redirect")
        elif step.redirect is not None:
            return self._redirect(page, step.redirect)
        else:
            trip.answer = page._past()
            self._try_again(page, trip, page.status or 0, step.pause)
        return True

    def _redirect(self, page: Page, following: Next) -> bool:
        engine = self._engine
        try:
            host, target, authorization = engine.directory.place_of(following.url)
        except Exception as error:  # InvalidURL
            engine.end_with_error(page, error, "redirect")
            return True
        if engine.loop.now + max(0.0, host.not_before - engine.loop.real) >= page._until:
            return False
        page._redirect(following, authorization, self._settings)
        page._target = target
        engine.waiting.again(host, page)
        return True

    def tries_again(self, page: Page, error: Exception) -> bool:
        """Try a request again that has failed, if it is worth that. Return whether it is."""
        if not self._settings.retries:
            return False
        left = page._until - self._engine.loop.now
        step = self._following.after_error(page, error, self._settings, left)
        if step is None:
            return False
        let_frames_go(error)
        self._try_again(page, page._begun_trip(), error, step.pause)
        return True

    def _try_again(self, page: Page, trip: Trip, outcome: int | Exception, pause: float) -> None:
        trip.retried.append(outcome)
        page._renew()
        engine = self._engine

        def again(now: float) -> None:
            del self.paused[page]
            engine.waiting.again(engine.directory.place_of(page.url)[0], page)

        self.paused[page] = engine.loop.timers.add(engine.loop.now + pause, again)

    def give_answer(self, trip: Trip) -> None:
        """Give the answer that led on, because there is no time for more."""
        page = trip.answer
        assert page is not None  # noqa: S101 - the caller has looked
        behind = page._begun_trip()
        behind.history = [each for each in trip.history if each is not page]
        behind.retried = trip.retried[:-1] if behind.history == trip.history else trip.retried
        failure = self.finish(page)
        if failure is not None:
            self._engine.end_with_error(page, failure, Phase.BODY.value)
        elif (work := self._engine.work) is not None:
            work.end(page)

    def finish(self, page: Page) -> Exception | None:
        """Do what is done with a body on the body of an answer that was to lead on. Return what
        there is against it.
        """
        request = page.request
        failure: Exception | None = None
        if page._trip is not None and page._trip.is_cut:
            failure = IncompleteRead(page.body)
        elif self._settings.decode:
            try:
                decoder = self._following.decoder_of(page)
                if decoder is not None:
                    page._decode(decoder, request._most(self._engine.most_body))
            except HTTPException as error:
                failure = error
        write = request._write()
        if failure is None and write is not None and page.body:
            body, page.body = page.body, b""
            self._engine.call_sink(write, body)
        return failure

    def forget(self, pages: Iterable[Page]) -> None:
        """Try these requests, which are to be tried once more, no more."""
        for page in pages:
            self._engine.loop.timers.cancel(self.paused.pop(page))

    def cancel(self) -> None:
        """Try no request any more."""
        self.forget(list(self.paused))
