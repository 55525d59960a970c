"""What an answer takes of the client's memory: http.client, fasthttp, each in a process of its own.

    python bench/memory.py

The large rows give by how much the highest resident size of the process grew while one answer of
16 MiB was read, in copies of its body. The small row gives the most that Python had allocated at a
time for one request and answer of 1 KiB, in bytes, and in how many blocks, as tracemalloc sees it.
"""

import json
import subprocess
import sys
import tracemalloc
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fasthttp._bench.contestants import contestant_named
from fasthttp._bench.hosting import Place, hosted
from fasthttp._bench.scenarios import SCENARIOS, Expected, expected, know
from fasthttp._bench.visits import Visit

_LARGE = ("big", "chunks64k")
_BODY = 16 << 20


def _highest_resident() -> int:
    """In bytes (Linux)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise OSError("the system does not say")


def _large(visit: Visit) -> float:
    before = _highest_resident()
    visit.fetch()
    return (_highest_resident() - before) / _BODY


def _small(visit: Visit) -> tuple[int, int]:
    """(bytes, blocks) at the peak of one fetch, when everything has been loaded and warmed."""
    for _ in range(50):
        visit.fetch()
    tracemalloc.start()
    peaks = []
    for _ in range(20):
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        visit.fetch()
        peaks.append(tracemalloc.get_traced_memory()[1] - before)
    tracemalloc.stop()
    return min(peaks), _blocks(visit)


def _blocks(visit: Any) -> int:
    """Blocks that are in use more while an answer is there than before it."""
    connection = visit.connection
    connection.request("GET", "/small")
    before = sys.getallocatedblocks()
    response = connection.getresponse()
    body = response.read()
    after = sys.getallocatedblocks()
    del response, body
    return after - before


def _be_client(contestant: str, scenario: str, port: int, right: str) -> None:
    # Not worked out here, which would take more memory than what is measured.
    know(SCENARIOS[scenario], Expected(**json.loads(right)))
    visit = contestant_named(contestant).open(SCENARIOS[scenario], Place(port=port))
    print(json.dumps(_large(visit) if scenario in _LARGE else _small(visit)))
    visit.close()


def main() -> None:
    if len(sys.argv) > 1:
        contestant, scenario, port, right = sys.argv[1:]
        _be_client(contestant, scenario, int(port), right)
        return
    scenarios = (*_LARGE, "small")
    with hosted([SCENARIOS[name].path for name in scenarios], None) as place:
        for scenario in scenarios:
            right = json.dumps(asdict(expected(SCENARIOS[scenario])))
            for contestant in ("stdlib", "fasthttp"):
                done = subprocess.run(
                    [sys.executable, __file__, contestant, scenario, str(place.port), right],
                    check=True, capture_output=True, text=True,
                )  # fmt: skip
                got = json.loads(done.stdout)
                told = f"{got:.2f} copies" if scenario in _LARGE else f"{got[0]:,} B, {got[1]} kept"
                print(f"{scenario}, {contestant}: {told}")


if __name__ == "__main__":
    main()
