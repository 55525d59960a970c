"""What the pool's cost and memory depend on, and what they must not depend on.

    python bench/pool.py [queue] [hosts] [held] [flat] [--requests 100000] [--rounds 5]

queue: CPU per request with 100 and with all of the requests waiting for 6 connections.
hosts: CPU per request for one host and for 1,000 hosts, which are ports of one server, opening the
connections included; with a connection for each host, and with a tenth of that.
held: by how much the resident size grows for each of 4,000 connections while the server holds the
answers back: all of them, then the second half of each; and the most at any time.
flat: the resident size in the course of many requests of which every tenth fails.
"""

import argparse
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice, repeat
from pathlib import Path

from fasthttp import Pool
from fasthttp._bench.answers import answer
from fasthttp._bench.contestants import contestant_named
from fasthttp._bench.hosting import Place, choose_cores, hosted, most_files
from fasthttp._bench.in_turn import in_turn
from fasthttp._bench.many import Many
from fasthttp._bench.scenarios import SCENARIOS

_HOSTS = 1000
_QUEUED = 100
_HELD = 4000
_STILL = 0.5
_FLAT = 1_000_000
_CLIENTS = ("raw socket", "fasthttp-pool", "fasthttp-amap", "pycurl", "aiohttp")


# ----------------------------------------------------------------------------- growth


def _crawl(pool: Pool, url: str, count: int, queued: int) -> None:
    """Make `count` requests of which `queued` wait, as if each page had a link to one more."""
    to_add = count - queued
    with pool.map(()) as run:
        for _ in range(queued):
            run.add(url)
        for page in run:
            if page.status != 200:
                raise ValueError(page)
            count -= 1
            if to_add:
                to_add -= 1
                run.add(url)
    if count:
        raise ValueError(f"{count} pages are missing")


def _fetch(pool: Pool, urls: Iterator[str], count: int) -> None:
    with pool.map(urls) as run:
        for page in run:
            if page.status != 200:
                raise ValueError(page)
            count -= 1
    if count:
        raise ValueError(f"{count} pages are missing")


def _queue(count: int, rounds: int) -> None:
    print(f"queue: {count:,} requests over 6 connections, CPU per request")
    with hosted(["/small"], choose_cores(), many=True) as place, Pool(total=6) as pool:
        url = place.url("/small")
        _fetch(pool, repeat(url, 1000), 1000)
        in_turn(
            {
                f"{_QUEUED:,} wait, added one by one": lambda: _crawl(pool, url, count, _QUEUED),
                f"{count:,} wait, added at once": lambda: _crawl(pool, url, count, count),
                "given as an iterable": lambda: _fetch(pool, repeat(url, count), count),
            },
            count,
            rounds,
        )


def _hosts(count: int, rounds: int) -> None:
    with hosted(["/small"], choose_cores(), many=True, hosts=_HOSTS) as place:
        many = [f"http://{place.host}:{port}/small" for port in place.hosts]
        for total in (_HOSTS, _HOSTS // 10):
            print(f"hosts: {count:,} requests over {total:,} connections, CPU per request")

            def anew(urls: list[str], total: int = total) -> None:
                with Pool(total=total, per_host=total) as pool:
                    given = islice(chain.from_iterable(repeat(urls)), count)
                    _fetch(pool, given, count)

            in_turn(
                {
                    "one host": lambda: anew([place.url("/small")]),
                    f"{_HOSTS:,} hosts": lambda: anew(many),
                },
                count,
                rounds,
            )


# ----------------------------------------------------------------------------- memory


def _resident(process: int | str = "self", which: str = "VmRSS") -> int:
    """In bytes (Linux)."""
    for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{which}:"):
            return int(line.split()[1]) * 1024
    raise OSError("the system does not say")


def _be_held(contestant: str, port: int, connections: int) -> None:
    """Ask for one answer, say so, and ask for as many as connections."""
    place = Place(port=port)
    Many.visitors = 2
    small = SCENARIOS["pool1024"]
    one = contestant_named(contestant).open(replace(small, connections=1), place)
    one.batch(1)
    one.close()
    print(json.dumps(_resident()), flush=True)
    visit = contestant_named(contestant).open(replace(small, connections=connections), place)
    if trouble := visit.compare(visit.batch(connections)):
        raise ValueError(trouble)
    print(json.dumps(_resident(which="VmHWM")), flush=True)
    visit.close()


def _accepted(listener: socket.socket, count: int) -> list[socket.socket]:
    """So many connections, on each of which there is a request."""
    connections = [listener.accept()[0] for _ in range(count)]
    for connection in connections:
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            more = connection.recv(65536)
            if not more:
                raise ConnectionError("the client closed a connection")
            request += more
    return connections


def _settled(process: int) -> int:
    """The resident size, once it does not change any longer."""
    before = -1
    while (now := _resident(process)) != before:
        before = now
        time.sleep(_STILL)
    return now


def _held_by(contestant: str, connections: int) -> str:
    small = answer("/small")
    half = len(small.head) + len(small.body) // 2
    with (
        socket.create_server(("127.0.0.1", 0), backlog=4096) as listener,
        subprocess.Popen(
            [sys.executable, __file__, "--client", contestant,
             str(listener.getsockname()[1]), str(connections)],
            stdout=subprocess.PIPE,
        ) as child,
    ):  # fmt: skip
        if child.stdout is None:
            raise OSError("the client has no standard output")
        (first,) = _accepted(listener, 1)
        first.sendall(small.wire)
        before = json.loads(child.stdout.readline())
        sockets = _accepted(listener, connections)
        held = _settled(child.pid)
        for each in sockets:
            each.sendall(small.wire[:half])
        begun = _settled(child.pid)
        for each in sockets:
            each.sendall(small.wire[half:])
        most = json.loads(child.stdout.readline())
        for each in [first, *sockets]:
            each.close()
    found = [(it - before) / connections / 1024 for it in (held, begun, most)]
    return "".join(f"{it:8.2f} KiB" for it in found)


def _held() -> None:
    most_files()
    print(f"held: resident size for each of {_HELD:,} connections, answers of 1 KiB")
    print(f"  {'':16}     asked     half come   at most")
    for contestant in _CLIENTS:
        print(f"  {contestant:16}{_held_by(contestant, _HELD)}", flush=True)


def _with_errors(place: Place, count: int) -> Iterator[str]:
    """Nine that the server answers, and one that it closes the connection on, or nobody hears."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        right = place.url("/small")
        wrong = (place.url("/none"), nobody, "http://[bad/")
        for number in range(count):
            yield right if number % 10 else wrong[number // 10 % len(wrong)]


def _be_flat(port: int, count: int) -> None:
    failed = number = 0
    sizes = []
    with Pool(total=64, per_host=64) as pool:
        for number, page in enumerate(pool.map(_with_errors(Place(port=port), count)), 1):
            failed += page.error is not None
            if number % (count // 10) == 0:
                sizes.append(_resident())
    if number != count or failed != -(-count // 10):
        raise ValueError(f"{number} pages, {failed} of them failed")
    print(json.dumps(sizes))


def _flat(count: int) -> None:
    print(f"flat: resident size in the course of {count:,} requests, every tenth fails")
    with hosted(["/small"], choose_cores(), many=True) as place:
        done = subprocess.run(
            [sys.executable, __file__, "--client", "flat", str(place.port), str(count)],
            check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
    sizes = json.loads(done.stdout)
    print("  " + ", ".join(f"{size / 2**20:.2f}" for size in sizes) + " MiB, a tenth each")
    grown = (sizes[-1] - sizes[0]) / 1024
    print(f"  grown since the first tenth: {grown:,.0f} KiB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    rows = ("queue", "hosts", "held", "flat")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"{', '.join(rows)}; default: all")
    parser.add_argument("--requests", type=int, metavar="N", help="default 100,000; flat 1,000,000")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="default 5")
    parser.add_argument("--client", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.client:
        who, port, count = arguments.client
        if who == "flat":
            _be_flat(int(port), int(count))
        else:
            _be_held(who, int(port), int(count))
        return
    if unknown := set(arguments.rows) - set(rows):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    wanted, count = arguments.rows or rows, arguments.requests or 100_000
    if "queue" in wanted:
        _queue(count, arguments.rounds)
    if "hosts" in wanted:
        _hosts(count, arguments.rounds)
    if "held" in wanted:
        _held()
    if "flat" in wanted:
        _flat(arguments.requests or _FLAT)


if __name__ == "__main__":
    main()
