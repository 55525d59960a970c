"""The scrape of scrape.py on dask.distributed: many processes, or many machines.

    pip install tqdm distributed                                   # beside fasthttp
    python distributed_scrape.py urls.txt --workers 4              # a cluster on this machine
    python distributed_scrape.py urls.txt --scheduler tcp://10.0.0.5:8786    # any other, whose
                                                            # workers have fasthttp installed

Hosts are shared out among shards, and a shard is worked on by one process at a time, a batch of
URLs after the other; so the limits per host hold over the whole cluster. What crosses between
processes is jobs one way, and pages the other, with the exceptions that some ended in. Connections
never do: each batch opens its own, and closes them. The batch of a worker that dies is run again by
another; the pages that are stored already are not.

All other options, the store, going on where it stopped, Ctrl-C and the exit status are as in
scrape.py; but Ctrl-C waits for the batches that are under way, and --total counts for each batch.
"""

from __future__ import annotations

import os
import signal
import sys
import zlib
from collections import deque
from collections.abc import Iterator
from typing import Any

import scraping
from distributed import Client, Future, LocalCluster, WorkerPlugin, as_completed
from scrape import jobs_of, limits_of, parser, report, stop_when_asked, store_pages
from scraping import Job, Limits, Origin, Page, Scraper, origin_of, redirected
from storage import open_store

from fasthttp import InvalidURL

Batch = list[Job]


def shard_of(origin: Origin, shards: int) -> int:
    """Return the shard that a host belongs to: the same in every process, unlike hash()."""
    return zlib.crc32(repr(origin).encode()) % shards


def scrape_batch(batch: Batch, limits: Limits, shard: int, shards: int, wait: float) -> list[Page]:
    """Fetch a batch, in a worker. Redirects to hosts of other shards come back as they are."""
    scraper = Scraper(batch, limits, lambda origin: shard_of(origin, shards) == shard, wait)
    return list(scraper.pages())


class Shards:
    """The batches of all shards, of which each has at most one on the cluster at a time."""

    def __init__(self, client: Client, limits: Limits, shards: int, batch_size: int) -> None:
        self._client = client
        self._limits = limits
        self._batch_size = batch_size
        self._waiting: list[deque[Job]] = [deque() for _ in range(shards)]
        self._running: dict[Future[Any], tuple[int, Batch]] = {}
        self._begun: set[int] = set()
        self._stopping = False

    def add(self, job: Job) -> Page | None:
        """Take a job in; return its page at once where its URL is none."""
        try:
            origin = origin_of(job.target)
        except InvalidURL as error:
            return Page(job.url, job.target, 0, 0.0, error=error)
        self._waiting[shard_of(origin, len(self._waiting))].append(job)
        return None

    def stop(self) -> None:
        """Send out no more batches. A signal handler may call it."""
        self._stopping = True

    def pages(self, jobs: list[Job]) -> Iterator[Page]:
        """Yield the pages of `jobs` as their batches come back."""
        for job in jobs:
            page = self.add(job)
            if page is not None:
                yield page
        done = as_completed()
        for shard in range(len(self._waiting)):
            self._submit(shard, done)
        for future in done:
            shard, batch = self._running.pop(future)
            for page in self._result(future, batch):
                follow = redirected(page, self._limits)
                settled = page if follow is None else self.add(follow)
                if settled is not None:
                    yield settled
            future.release()
            for other in range(len(self._waiting)):
                self._submit(other, done)

    def _submit(self, shard: int, done: Any) -> None:
        """Send out the next batch of a shard that has none under way."""
        waiting = self._waiting[shard]
        if self._stopping or not waiting or any(shard == at for at, _ in self._running.values()):
            return
        batch = [waiting.popleft() for _ in range(min(self._batch_size, len(waiting)))]
        wait = self._limits.delay if shard in self._begun else 0.0
        self._begun.add(shard)
        future = self._client.submit(
            scrape_batch, batch, self._limits, shard, len(self._waiting), wait, pure=False
        )
        self._running[future] = shard, batch
        done.add(future)

    def _result(self, future: Future[Any], batch: Batch) -> list[Page]:
        """Return the pages of a batch; where all its workers died, that is what each URL got."""
        error = future.exception()
        if error is None:
            pages: list[Page] = future.result()
            return pages
        return [Page(job.url, job.target, job.attempts, 0.0, error=error) for job in batch]


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
        jobs = jobs_of(options, store)
        pids = list(client.run(os.getpid).values())
        print("worker processes:", *pids, file=sys.stderr, flush=True)
        number = options.shards or 4 * len(pids)
        shards = Shards(client, limits_of(options), number, options.batch)
        stop_when_asked(shards.stop, options.max_time)
        outcomes = store_pages(shards.pages(jobs), store, len(jobs))
    return report(outcomes, len(jobs))


if __name__ == "__main__":
    sys.exit(main())
