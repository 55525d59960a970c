"""What the tests of counting exchange: two answers, a request, and a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from ...client.scripted_server import Script

SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n5\r\nthere\r\n0\r\n\r\n"
)


def exchange(connection: Any, script: Script | None = None) -> bytes:
    """A request and its body; the answer is there with the connection, or comes by the script."""
    connection.request("GET", "/path")
    if script is not None:
        script.says(SIZED)
    body: bytes = connection.getresponse().read()
    return body


def said_by(program: str) -> str:
    """What a process of its own prints."""
    done = subprocess.run(
        # without site, whose .pth files may import anything
        [sys.executable, "-W", "ignore", "-S", "-c", program],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
