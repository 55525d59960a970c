"""The command `fetch`: arguments in, exit status out."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
from time import monotonic
from typing import Any, NamedTuple

from .._pool import Page, Pool, Request, Run
from .arguments import UsageError, settings_of
from .outputs import FileSink, Output, length_of, open_output
from .progress import Quiet, progress_on
from .record import Result
from .robots import MAX_BODY, Ask, Gate, Go, rules_of
from .sources import Source
from .stopping import Stop
from .tally import Tally

__all__ = ["fetch"]

#: Requests that wait or are under way at most: those in front may all be for one host.
_MOST_AHEAD = 10_000
#: Seconds for which a pipe is waited for before it is asked whether to stop.
_GLANCE = 0.2


class _Job(NamedTuple):
    """The tag of a page's request."""

    url: str
    sink: FileSink | None


def fetch(options: argparse.Namespace) -> int:
    """Fetch what is asked for; return the exit status."""
    try:
        return _fetch(options)
    except UsageError as error:
        print(f"python -m fasthttp fetch: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read has enough. Python must not fail at it again when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except OSError as error:
        print(f"python -m fasthttp fetch: cannot write: {error}", file=sys.stderr)
        return 1


def _fetch(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    with contextlib.ExitStack() as stack:
        output = open_output(
            options.output,
            headers=settings["headers"],
            is_decoded=settings["decode"],
            again=options.again,
        )
        stack.callback(output.close)
        source = Source(options.urls, options.input, output.answered)
        stack.callback(source.close)
        if output.is_raw:
            settings["decode"] = False
        progress = progress_on(sys.stderr, source.count(), options.quiet)
        stack.callback(progress.close)
        pool = stack.enter_context(Pool(**settings))
        crawl = _Crawl(pool, source, output, progress, _gate_of(options.robots, settings))
        began = monotonic()
        try:
            crawl.run()
        finally:
            progress.close()
            if not options.quiet:
                print(_said(crawl, source, monotonic() - began), file=sys.stderr)
        if crawl.stop.asked:
            return 130
        return int(crawl.tally.failed > 0)


def _said(crawl: _Crawl, source: Source, seconds: float) -> str:
    if source.is_over and not (crawl.tally.done or source.known or source.repeated):
        return "no URL has come: what was read has none, or nothing but empty lines and comments"
    return crawl.tally.summary(seconds, source.known, source.repeated)


def _gate_of(heeds_robots: bool, settings: dict[str, Any]) -> Gate | None:
    """Return what asks robots.txt, in the name that the requests have (RFC 9309 2.2.1)."""
    if not heeds_robots:
        return None
    fields = {name.lower(): value for name, value in settings["headers"].items()}
    token = re.match(r"[A-Za-z_-]+", fields["user-agent"])
    return Gate(token[0] if token else "*", monotonic, settings["delay"])


class _Crawl:
    """A run: URLs from a source go through a pool, and results to an output."""

    def __init__(
        self, pool: Pool, source: Source, output: Output, progress: Quiet, gate: Gate | None
    ) -> None:
        self.tally = Tally()
        self._source = source
        self._output = output
        self._progress = progress
        self._gate = gate
        self._run = pool.map(())
        self.stop = Stop(self._wake)
        #: Requests that were added to the run, and pages that came of them.
        self._added = self._came = 0

    def run(self) -> None:
        """Fetch everything, or what there is until a stop is asked for."""
        with self.stop, self._run:
            self._feed()
            while (page := self._next()) is not None:
                self._came += 1
                self._take(page)
                self._feed()

    def _wake(self) -> None:
        with contextlib.suppress(ValueError):  # the run has ended meanwhile
            self._run.add("stop")  # no URL: its page, an error, comes at once

    def _next(self) -> Page | None:
        """Return the next page; None where none will come."""
        self.stop.is_waiting = True
        try:
            if self.stop.asked and self._is_idle(self._run):
                return None
            return next(self._run, None)
        finally:
            self.stop.is_waiting = False

    def _is_idle(self, run: Run) -> bool:
        """Forget what waits. Return whether nothing is under way, and no page waits here."""
        run.drop(lambda request: True)
        progress = run.progress
        return progress.under_way == 0 and progress.done == self._came

    def _feed(self) -> None:
        """Add requests, while there is room, and URLs. A pipe is waited for only where nothing is
        under way.
        """
        self._do_steps()
        while self._has_room() and not self._source.is_over:
            url = self._source.take(_GLANCE if self._added == self._came else 0.0)
            if url is None:
                if self._added == self._came:
                    continue
                return
            if self._gate is None:
                self._add(url)
            else:
                self._gate.offer(url)
                self._do_steps()

    def _has_room(self) -> bool:
        if self.stop.asked or self._added - self._came >= _MOST_AHEAD:
            return False
        return self._gate is None or self._gate.has_room()

    def _do_steps(self) -> None:
        if self._gate is None or self.stop.asked:
            return
        for step in self._gate.steps():
            if isinstance(step, Go):
                self._add(step.url, step.delay)
            elif isinstance(step, Ask):
                self._added += 1
                url = f"{step.origin}/robots.txt"
                self._run.add(Request(url, max_body=MAX_BODY, tag=step))
            else:
                self._keep(Result(step.url, None, step.error, "robots"), None)

    def _add(self, url: str, delay: float = 0.0) -> None:
        self._added += 1
        sink = self._output.sink(url)
        self._run.add(Request(url, sink=sink, tag=_Job(url, sink)), delay=delay)

    def _take(self, page: Page) -> None:
        tag = page.request.tag
        if isinstance(tag, _Job):
            self._keep(Result.of(tag.url, page), tag.sink)
            if self._gate is not None:
                self._gate.end(tag.url)
        elif isinstance(tag, Ask) and self._gate is not None:
            self._gate.learn(tag.origin, rules_of(page, self._gate.agent))

    def _keep(self, result: Result, sink: FileSink | None) -> None:
        self._output.add(result, sink)
        self.tally.add(result, length_of(result, sink))
        self._progress.show(self.tally, self._source.known + self._source.repeated)
