"""What `fasthttp.install()` brings to a call: it is timed with and without, in turns."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable

import fasthttp


def show_gain(exchange: Callable[[], object], count: int, rounds: int = 5) -> None:
    """Call `exchange` `count` times a round, without and with fasthttp; print what one takes.

    Printed is the best of the rounds, since what else the machine does can only add to it: time,
    and CPU time of this process. install() is in force at the end.
    """
    taken: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for _ in range(rounds):
        for with_fasthttp, found in taken.items():
            if with_fasthttp:
                fasthttp.install()
            else:
                fasthttp.uninstall()
            found.append(_time(exchange, count))
    for with_fasthttp, found in taken.items():
        wall, cpu = (min(values) for values in zip(*found, strict=True))
        name = "fasthttp" if with_fasthttp else "http.client"
        print(f"{name:<12} {wall:8,.0f} us a request, {cpu:8,.0f} us of CPU")


def _time(exchange: Callable[[], object], count: int) -> tuple[float, float]:
    begun, cpu = time.perf_counter(), time.process_time()
    for _ in range(count):
        exchange()
    return (
        (time.perf_counter() - begun) / count * 1e6,
        (time.process_time() - cpu) / count * 1e6,
    )


def say_whether_in_force() -> None:
    """Print whether `install()` is in force, and whose code http.client runs."""
    source = http.client.parse_headers.__code__.co_filename
    print(f"installed: {fasthttp.installed()}; http.client.parse_headers is in {source}")
