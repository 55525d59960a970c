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
from .interim import supported
from .outputs import FileSink, Output, open_output
from .progress import Quiet, progress_on
from .record import Result
from .robots import MAX_BODY, Ask, Gate, Go, rules_of
from .sources import Source
from .stopping import Stop
from .tally import Tally

__all__ = ["fetch"]

#: Requests that wait where not all connections have something to do: those in front may all be
#: for one host.
_MOST_AHEAD = 10_000


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
            is_decoded=bool(supported(settings).get("decode")),
        )
        stack.callback(output.close)
        source = Source(options.urls, options.input, output.answered)
        stack.callback(source.close)
        if output.is_raw:
            settings["decode"] = False
        progress = progress_on(sys.stderr, source.count(), options.quiet)
        stack.callback(progress.close)
        pool = stack.enter_context(Pool(**supported(settings)))
        crawl = _Crawl(pool, source, output, progress, _gate_of(options.robots, settings))
        began = monotonic()
        try:
            crawl.run(options.total)
        finally:
            progress.close()
            if not options.quiet:
                seconds = monotonic() - began
                said = crawl.tally.summary(seconds, source.known, source.repeated)
                print(said, file=sys.stderr)
        if crawl.stop.asked:
            return 130
        return int(crawl.tally.failed > 0)


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
        self._urls = iter(source)
        self._output = output
        self._progress = progress
        self._gate = gate
        self._run = pool.map(())
        self.stop = Stop(self._wake)
        #: Requests that were added to the run, and pages that came of them.
        self._added = self._came = 0
        self._is_empty = False

    def run(self, total: int) -> None:
        """Fetch everything, or what there is until a stop is asked for."""
        with self.stop, self._run:
            self._feed(total)
            while (page := self._next()) is not None:
                self._came += 1
                self._take(page)
                self._feed(total)

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

    def _feed(self, total: int) -> None:
        """Add requests, while there is room."""
        self._do_steps()
        most = 3 * total
        if not self._is_empty and self._run.progress.under_way < total:
            most = max(most, min(self._added - self._came + 2 * total, _MOST_AHEAD))
        while not (self._is_empty or self.stop.asked) and self._added - self._came < most:
            if self._gate is not None and not self._gate.has_room():
                break
            url = next(self._urls, None)
            if url is None:
                self._is_empty = True
            elif self._gate is None:
                self._add(url)
            else:
                self._gate.offer(url)
                self._do_steps()

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
        length = 0 if result.page is None else len(result.page.body)
        self.tally.add(result, length if sink is None else sink.length)
        self._progress.show(self.tally, self._source.known + self._source.repeated)
