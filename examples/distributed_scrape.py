"""The scrape of scrape.py on dask.distributed: many processes, or many machines.

    pip install tqdm distributed                                   # beside fasthttp
    python distributed_scrape.py urls.txt --workers 4              # a cluster on this machine
    python distributed_scrape.py urls.txt --scheduler tcp://10.0.0.5:8786    # any other, whose
                                                            # workers have fasthttp installed

Hosts are shared out among shards, and a shard is worked on by one process at a time, a batch of
URLs after the other; so the limits per host hold over the whole cluster. A redirect to a host of
another shard is followed there. What crosses between processes is requests one way, and rows to
store the other. Connections and cookies never do: each batch has its own. The batch of a worker
that dies is run again by another; the pages that are stored already are not.

All other options, the store, going on where it stopped, Ctrl-C and the exit status are as in
scrape.py; but Ctrl-C waits for the batches that are under way, and --total counts for each batch.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import zlib
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import scraping
from distributed import Client, Future, LocalCluster, WorkerPlugin, as_completed
from scrape import parser, report, settings_of, stop_when_asked, store_rows, urls_of
from scraping import Place, Row, Scraper, Settings, failed, place_of
from storage import open_store

from fasthttp import Request

Batch = list[Request]


def shard_of(place: Place, shards: int) -> int:
    """Return the shard that a host belongs to: the same in every process, unlike hash().

    A name may be in the letters of a URL or encoded, as the pool has it: all such are in one.
    """
    name, port = place
    if not name.isascii() or "xn--" in name:
        name = ""
    return zlib.crc32(f"{name}:{port}".encode()) % shards


def scrape_batch(
    batch: Batch, settings: Settings, shard: int, shards: int, wait: float
) -> list[Row]:
    """Fetch a batch, in a worker, `wait` seconds from now. What redirects lead to in another shard
    is refused, and goes there.
    """
    proxies = [settings.proxy] if settings.proxy else getproxies().values()
    ways = {urlsplit("//" + proxy.rpartition("://")[2]).hostname for proxy in proxies}

    def is_ours(name: str, address: str, port: int) -> bool:
        return shard_of((name, port), shards) == shard or name in ways

    time.sleep(wait)
    return list(Scraper(batch, settings, is_ours).rows())


class Shards:
    """The batches of all shards, of which each has at most one on the cluster at a time."""

    def __init__(self, client: Client, settings: Settings, shards: int, batch_size: int) -> None:
        self._client = client
        self._settings = settings
        self._batch_size = batch_size
        self._waiting: list[deque[Request]] = [deque() for _ in range(shards)]
        self._running: dict[Future[Any], tuple[int, Batch]] = {}
        self._begun: set[int] = set()
        self._moves: Counter[str] = Counter()
        self._stopping = False

    def stop(self) -> None:
        """Send out no more batches. A signal handler may call it."""
        self._stopping = True

    def rows(self, urls: list[str]) -> Iterator[Row]:
        """Yield what came of `urls` as their batches come back."""
        for url in urls:
            self._add(url, url)
        done = as_completed()
        for shard in range(len(self._waiting)):
            self._submit(shard, done)
        for future in done:
            shard, batch = self._running.pop(future)
            for row in self._result(future, batch):
                if not self._moves_on(row, shard):
                    yield row
            future.release()
            for other in range(len(self._waiting)):
                self._submit(other, done)

    def _add(self, url: str, target: str) -> None:
        """Let a URL wait; `target` is where redirects have led so far."""
        self._waiting[self._shard_of(target)].append(Request(target, tag=url))

    def _shard_of(self, url: str) -> int:
        return shard_of(place_of(url), len(self._waiting))

    def _moves_on(self, row: Row, shard: int) -> bool:
        """Return whether a redirect has led to another shard, which has it now."""
        was_refused = row.error is not None and row.error.startswith("PermissionError")
        if not was_refused or self._shard_of(row.final_url) == shard:
            return False
        self._moves[row.url] += 1
        if self._moves[row.url] > self._settings.redirects:
            return False
        self._add(row.url, row.final_url)
        return True

    def _submit(self, shard: int, done: Any) -> None:
        """Send out the next batch of a shard that has none under way."""
        waiting = self._waiting[shard]
        if self._stopping or not waiting or any(shard == at for at, _ in self._running.values()):
            return
        batch = [waiting.popleft() for _ in range(min(self._batch_size, len(waiting)))]
        wait = self._settings.delay if shard in self._begun else 0.0
        self._begun.add(shard)
        future = self._client.submit(
            scrape_batch, batch, self._settings, shard, len(self._waiting), wait, pure=False
        )
        self._running[future] = shard, batch
        done.add(future)

    def _result(self, future: Future[Any], batch: Batch) -> list[Row]:
        """Return the rows of a batch; where all its workers died, that is what each URL got."""
        error = future.exception()
        if error is None:
            rows: list[Row] = future.result()
            return rows
        return [failed(request, f"{type(error).__name__}: {error}") for request in batch]


class IgnoreInterrupt(WorkerPlugin):
    """Lets workers survive the Ctrl-C that a terminal sends to all processes of a program."""

    def setup(self, worker: Any) -> None:
        """Run in the main thread of each worker's process."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def connect(scheduler: str | None, workers: int) -> Client:
    """Return a client of the cluster at that address, or of one made here.

    Its workers have two threads of dask's, so that a batch may begin while another waits for its
    last pages.
    """
    if scheduler:
        client = Client(scheduler)
        client.upload_file(scraping.__file__)  # also sent to workers that join later, or again
    else:
        cluster = LocalCluster(
            n_workers=workers, threads_per_worker=2, processes=True, dashboard_address=None
        )
        client = Client(cluster)
    client.register_plugin(IgnoreInterrupt())
    return client


def main() -> int:
    """Run the scrape that the command line asks for; return the exit status."""
    options_of = parser(__doc__)
    options_of.add_argument("--scheduler", help="address of a cluster; without: one made here")
    options_of.add_argument("--workers", type=int, default=2, help="processes of the latter")
    options_of.add_argument("--shards", type=int, help="parts of the hosts; default: 4 per worker")
    options_of.add_argument("--batch", type=int, default=100, help="URLs sent out at a time")
    options = options_of.parse_args()
    with (
        open_store(options.out) as store,
        connect(options.scheduler, options.workers) as client,
    ):
        urls = urls_of(options, store)
        pids = list(client.run(os.getpid).values())
        print("worker processes:", *pids, file=sys.stderr, flush=True)
        number = options.shards or 4 * len(pids)
        shards = Shards(client, settings_of(options), number, options.batch)
        stop_when_asked(shards.stop, options.max_time)
        outcomes = store_rows(shards.rows(urls), store, len(urls))
    return report(outcomes, len(urls))


if __name__ == "__main__":
    sys.exit(main())
