"""Fetch many pages, politely; keep them in SQLite or Parquet. Go on where it stopped.

    pip install tqdm pyarrow    # beside fasthttp; pyarrow for Parquet alone
    python scrape.py urls.txt --out pages.db
    zcat urls.gz | python scrape.py - --out pages.parquet --total 200 --delay 0.2

One URL a line; empty lines and lines with # are skipped, and so is each URL that --out has an
answer to: run the same command again to go on, and to try again what failed. Ctrl-C ends it when
the pages under way are there (a second one at once), and keeps what there is.

Exit status: 0 if each URL got an answer, whatever its HTTP status; 1 if some failed; 130 after
Ctrl-C or --max-time.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from scraping import Job, Limits, Page, Scraper
from storage import Store, open_store
from tqdm import tqdm

HELP = {
    "total": "connections at the same time",
    "per_host": "connections to one host",
    "delay": "seconds between two requests to one host",
    "deadline": "seconds for one page, from connecting to its last byte",
    "max_bytes": "the largest body, in bytes",
    "retries": "more tries where the host is in trouble",
    "backoff": "seconds before the first of these; doubled each time",
    "give_up": "failures in a row after which the rest of a host is not tried",
    "redirects": "redirects followed for one URL",
}


def readable(path: str) -> str:
    """Return the path of a list of URLs, if it can be read; else argparse says why not."""
    if path != "-":
        try:
            open(path, "rb").close()
        except OSError as error:
            raise argparse.ArgumentTypeError(f"cannot read {path}: {error.strerror}") from error
    return path


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return the options of a scrape: what, whereto, and a --option for each of `Limits`."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument(
        "urls", type=readable, help="a file with one URL a line; - for standard input"
    )
    made.add_argument("--out", type=Path, default=Path("pages.db"), help="default: %(default)s")
    made.add_argument("--max-pages", type=int, help="fetch no more than so many in this run")
    made.add_argument("--max-time", type=float, help="stop after so many seconds")
    for limit in dataclasses.fields(Limits):
        made.add_argument(
            f"--{limit.name.replace('_', '-')}",
            type=type(limit.default),
            default=limit.default,
            help=f"{HELP[limit.name]}; default: %(default)s",
        )
    return made


def limits_of(options: argparse.Namespace) -> Limits:
    """Return the limits that the options ask for."""
    names = (limit.name for limit in dataclasses.fields(Limits))
    return Limits(**{name: getattr(options, name) for name in names})


def read_urls(lines: Iterable[str], skip: set[str]) -> Iterator[str]:
    """Yield each URL once, without those to `skip`."""
    seen = set(skip)
    for line in lines:
        url = line.strip()
        if url and not url.startswith("#") and url not in seen:
            seen.add(url)
            yield url


def jobs_of(options: argparse.Namespace, store: Store) -> list[Job]:
    """Return what is still to be fetched."""
    with open(0 if options.urls == "-" else options.urls, encoding="utf-8") as lines:
        urls = itertools.islice(read_urls(lines, store.answered()), options.max_pages)
        return [Job(url, url) for url in urls]


def stop_when_asked(stop: Callable[[], None], max_time: float | None) -> None:
    """Call `stop` at the first Ctrl-C or SIGTERM, and after `max_time` seconds.

    A handler and no KeyboardInterrupt, which could come between a page and its being stored.
    """

    def handler(number: int, frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        # Not print(), which must not be entered anew from within itself.
        os.write(2, b"\nstopping: the pages under way are still stored\n")
        stop()

    signal.signal(signal.SIGINT, handler)
    signal.signal(signal.SIGTERM, handler)
    if max_time is not None:
        timer = threading.Timer(max_time, stop)
        timer.daemon = True
        timer.start()


def store_pages(pages: Iterable[Page], store: Store, total: int) -> Counter[str]:
    """Store each page as it comes, behind a progress bar; return how many of each outcome."""
    outcomes: Counter[str] = Counter()
    with tqdm(total=total, unit=" pages", dynamic_ncols=True) as bar:
        for page in pages:
            store.add(page)
            outcomes[str(page.status) if page.error is None else type(page.error).__name__] += 1
            bar.set_postfix(outcomes, refresh=False)
            bar.update()
    return outcomes


def report(outcomes: Counter[str], total: int) -> int:
    """Print what came of it; return the exit status."""
    done = sum(outcomes.values())
    answered = sum(count for outcome, count in outcomes.items() if outcome.isdigit())
    said = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
    print(f"{done} of {total} pages: {said or 'nothing to do'}")
    return 130 if done < total else int(answered < total)


def main() -> int:
    """Run the scrape that the command line asks for; return the exit status."""
    options = parser(__doc__).parse_args()
    with open_store(options.out) as store:
        jobs = jobs_of(options, store)
        scraper = Scraper(jobs, limits_of(options))
        stop_when_asked(scraper.stop, options.max_time)
        outcomes = store_pages(scraper.pages(), store, len(jobs))
    return report(outcomes, len(jobs))


if __name__ == "__main__":
    sys.exit(main())
