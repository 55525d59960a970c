"""Memory runs out: what comes of it at each allocation, and the program of the first report.

The long run is `python -m tests.hostile.memory`, which says what is looked at.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .memory import CAN_RUN

_ROOT = Path(__file__).parents[2]

#: Three requests are ready; memory is filled; the first answer cannot be read; memory is there
#: again; the others can.
_FILLED = """
import resource, socket, sys
from fasthttp import client

def ready():
    near, far = socket.socketpair()
    far.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")
    connection = client.HTTPConnection("127.0.0.1", 80)
    connection.sock = near
    connection.request("GET", "/")
    return connection, far

def used():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()

pairs = [ready() for _ in range(3)]
limit = resource.getrlimit(resource.RLIMIT_AS)
resource.setrlimit(resource.RLIMIT_AS, (used() + (8 << 20), limit[1]))
filled = []
for size in (1 << 20, 1 << 16, 1 << 14):
    try:
        while True:
            filled.append(bytearray(size))
    except MemoryError:
        pass
try:
    pairs[0][0].getresponse()
    said = "no error"
except MemoryError:
    said = "MemoryError"
del filled
resource.setrlimit(resource.RLIMIT_AS, limit)
for connection, _ in pairs[1:]:
    said += " " + connection.getresponse().read().decode()
print(said)
"""


@pytest.mark.skipif(not CAN_RUN, reason="needs _testcapi.set_nomemory and fork()")
def test_an_allocation_that_fails_does_no_harm(implementation: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.memory", "--quick", "--client", implementation],
        cwd=_ROOT, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[1]) > 500, "so many allocations failed"


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_memory_is_filled(implementation: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FILLED],
        cwd=_ROOT, capture_output=True, text=True, timeout=60,
        env={"FASTHTTP_EXTENSION": "1" if implementation == "c" else "0"},
    )  # fmt: skip
    # The pure twin's buffer is small enough for what is left.
    said = ["MemoryError ok ok\n"] + ["no error ok ok\n"] * (implementation == "py")
    assert done.stdout in said, (done.returncode, done.stderr)
