"""Scrapy's own benchmark crawl with its default handler and with fasthttp's, in turns.

    python bench.py                  # 3 rounds of 2,000 pages with each
    python bench.py --spider list    # pages from a list, whose links are not looked at

Each crawl runs in a process of its own: the spider of `scrapy bench`, which follows twenty links
a page, against the server of `scrapy bench`, in another process. Printed: pages per minute,
and the crawler's CPU time for a page, for each crawl and as the median over the rounds.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.http import Response

HERE = Path(__file__).parent
HANDLERS = {
    "default": {},
    "fasthttp": {
        "http": "fasthttp_handler.FasthttpDownloadHandler",
        "https": "fasthttp_handler.FasthttpDownloadHandler",
    },
}


def serve() -> None:
    """Serve Scrapy's benchmark pages on a free port; print it."""
    from scrapy.utils.benchserver import Root
    from twisted.internet import reactor
    from twisted.web.server import Site

    port = reactor.listenTCP(0, Site(Root()), interface="127.0.0.1")
    print(port.getHost().port, flush=True)
    reactor.run()


def spiders(port: int, pages: int) -> dict[str, type]:
    """Return the spiders by their names."""
    from scrapy import Request
    from scrapy.commands.bench import _BenchSpider

    class Following(_BenchSpider):
        total = 100_000
        baseurl = f"http://127.0.0.1:{port}"

    class Listing(Following):
        async def start(self) -> AsyncIterator[Request]:
            for number in range(pages):
                yield Request(f"{self.baseurl}/?total={self.total}&show={self.show}&n={number}")

        def parse(self, response: Response) -> None:
            pass

    return {"follow": Following, "list": Listing}


def crawl(handler: str, spider: str, port: int, pages: int) -> None:
    """Crawl so many pages; print pages, seconds and CPU seconds as JSON."""
    from scrapy.crawler import CrawlerProcess

    settings = {
        "LOG_LEVEL": "WARNING",
        "TELNETCONSOLE_ENABLED": False,
        "CLOSESPIDER_PAGECOUNT": pages,
        "CONCURRENT_REQUESTS": 16,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
        "DOWNLOAD_DELAY": 0,
        "DOWNLOAD_HANDLERS": HANDLERS[handler],
    }
    process = CrawlerProcess(settings)
    crawler = process.create_crawler(spiders(port, pages)[spider])
    process.crawl(crawler)
    begun, cpu = time.perf_counter(), time.process_time()
    process.start()
    done = {
        "pages": crawler.stats.get_value("downloader/response_status_count/200", 0),
        "failures": crawler.stats.get_value("downloader/exception_count", 0),
        "seconds": time.perf_counter() - begun,
        "cpu": time.process_time() - cpu,
    }
    print(json.dumps(done))


@contextlib.contextmanager
def server() -> Iterator[int]:
    """Run the server in a process of its own; give its port."""
    command = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def measure(handler: str, port: int, options: argparse.Namespace) -> tuple[float, float]:
    """Return pages per minute and CPU milliseconds per page of one crawl."""
    command = [sys.executable, __file__, "--crawl", handler, str(port)]
    command += ["--spider", options.spider, "--pages", str(options.pages)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path[1:]])}
    process = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, env=environment
    )
    done = json.loads(process.stdout)
    if done["failures"] or done["pages"] < options.pages:
        raise SystemExit(f"{handler}: {done}")
    return done["pages"] / done["seconds"] * 60, done["cpu"] / done["pages"] * 1000


def main() -> None:
    """Run the rounds, and print what they took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spider", choices=("follow", "list"), default="follow")
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--crawl", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
    elif options.crawl:
        crawl(options.crawl[0], options.spider, int(options.crawl[1]), options.pages)
    else:
        with server() as port:
            compare(port, options)


def compare(port: int, options: argparse.Namespace) -> None:
    """Crawl with each handler in turn, and print each round and the medians."""
    row = "{:<10} {:<10} {:>12} {:>14}".format
    print(row("round", "handler", "pages/min", "CPU ms/page"))
    found: dict[str, list[tuple[float, float]]] = {handler: [] for handler in HANDLERS}
    for number in range(options.rounds):
        for handler, runs in found.items():
            runs.append(measure(handler, port, options))
            print(row(number + 1, handler, *(f"{value:,.2f}" for value in runs[-1])), flush=True)
    for handler, runs in found.items():
        medians = (statistics.median(values) for values in zip(*runs, strict=True))
        print(row("median", handler, *(f"{value:,.2f}" for value in medians)))


if __name__ == "__main__":
    main()
