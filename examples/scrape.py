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
import ssl
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from scraping import Row, Scraper, Settings
from storage import Store, open_store
from tqdm import tqdm

HELP = {
    "total": "connections at the same time",
    "per_host": "connections to one host",
    "delay": "seconds between two requests to one host",
    "deadline": "seconds for one page, with its redirects and second tries",
    "timeout": "seconds for each wait within that",
    "max_body": "the largest body, decoded, in bytes",
    "retries": "more tries where the host is in trouble",
    "redirects": "redirects followed for one URL",
    "give_up": "failures in a row after which the rest of a host is not tried",
    "proxy": "URL of a proxy; default: what http_proxy, https_proxy and no_proxy say",
    "public_only": "refuse addresses of private networks, of redirects, too",
    "ca": "a file of certificates (PEM) to trust, not the system's",
    "insecure": "take any certificate",
}


def readable(path: str) -> str:
    """Return the path of a list of URLs, if it can be read; else argparse says why not."""
    if path != "-":
        try:
            open(path, "rb").close()
        except OSError as error:
            raise argparse.ArgumentTypeError(f"cannot read {path}: {error.strerror}") from error
    return path


def certificates(path: str) -> str:
    """Return the certificates in a file; the file itself need not be on all machines."""
    try:
        pem = Path(readable(path)).read_text(encoding="ascii")
        ssl.create_default_context(cadata=pem)
    except (ssl.SSLError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"no certificates in {path}: {error}") from error
    return pem


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return the options of a scrape: what, whereto, and a --option for each of `Settings`."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument(
        "urls", type=readable, help="a file with one URL a line; - for standard input"
    )
    made.add_argument("--out", type=Path, default=Path("pages.db"), help="default: %(default)s")
    made.add_argument("--max-pages", type=int, help="fetch no more than so many in this run")
    made.add_argument("--max-time", type=float, help="stop after so many seconds")
    for setting in dataclasses.fields(Settings):
        name, default, said = setting.name, setting.default, HELP[setting.name]
        how: dict[str, Any] = {"type": certificates if name == "ca" else type(default or "")}
        if default is False:
            how = {"action": "store_true"}
        elif default is not None:
            said += f"; default: {default}"
        made.add_argument(f"--{name.replace('_', '-')}", default=default, help=said, **how)
    return made


def settings_of(options: argparse.Namespace) -> Settings:
    """Return the settings that the options ask for."""
    names = (setting.name for setting in dataclasses.fields(Settings))
    return Settings(**{name: getattr(options, name) for name in names})


def read_urls(lines: Iterable[str], skip: set[str]) -> Iterator[str]:
    """Yield each URL once, without those to `skip`."""
    seen = set(skip)
    for line in lines:
        url = line.strip()
        if url and not url.startswith("#") and url not in seen:
            seen.add(url)
            yield url


def urls_of(options: argparse.Namespace, store: Store) -> list[str]:
    """Return what is still to be fetched."""
    with open(0 if options.urls == "-" else options.urls, encoding="utf-8") as lines:
        return list(itertools.islice(read_urls(lines, store.answered()), options.max_pages))


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


def store_rows(rows: Iterable[Row], store: Store, total: int) -> Counter[str]:
    """Store each row as it comes, behind a progress bar; return how many of each outcome."""
    outcomes: Counter[str] = Counter()
    with tqdm(total=total, unit=" pages", dynamic_ncols=True) as bar:
        for row in rows:
            store.add(row)
            outcomes[row.error.partition(":")[0] if row.error else str(row.status)] += 1
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
        urls = urls_of(options, store)
        scraper = Scraper(urls, settings_of(options))
        stop_when_asked(scraper.stop, options.max_time)
        outcomes = store_rows(scraper.rows(), store, len(urls))
    return report(outcomes, len(urls))


if __name__ == "__main__":
    sys.exit(main())
