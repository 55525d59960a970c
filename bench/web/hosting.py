"""The server as a process of its own, and what it says of itself."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .site import Expected

HOME = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Hosted:
    """A site that is being served."""

    ports: tuple[int, int]
    authority: str
    expected: list[Expected]

    def reset(self) -> dict[str, int]:
        """Have 429s and 503s begin anew; return what was seen since the last time."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[0], timeout=30)
        try:
            connection.request("GET", "/-/reset")
            seen: dict[str, int] = json.loads(connection.getresponse().read())
            return seen
        finally:
            connection.close()

    def job(self, folder: Path, expected: list[Expected]) -> Path:
        """Write what a client has to know into a file."""
        authority, job = folder / "authority.pem", folder / "job.json"
        authority.write_text(self.authority, encoding="ascii")
        known = {
            "urls": [each.url for each in expected],
            "authority": str(authority),
            "ports": self.ports,
            "in_file": [each.url for each in expected if each.in_file],
        }
        job.write_text(json.dumps(known), encoding="utf-8")
        return job


def run_client(client: str, job: Path, seconds: float = 600) -> dict[str, Any]:
    """Run a client in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.web.run", client, str(job)],
        cwd=HOME, stdout=subprocess.PIPE, check=True, timeout=seconds,
    )  # fmt: skip
    outcome: dict[str, Any] = json.loads(done.stdout)
    return outcome


@contextmanager
def hosted(pages: int = 2000, seed: int = 16, bomb: int = 1 << 30) -> Iterator[Hosted]:
    """Serve a site until the block ends."""
    command = [sys.executable, "-m", "bench.web.serve", f"--pages={pages}", f"--seed={seed}"]
    with subprocess.Popen(
        [*command, f"--bomb={bomb}"], cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        try:
            if server.stdout is None or server.stdin is None:
                raise OSError("the server has no standard output")
            known = json.loads(server.stdout.readline())
            expected = [Expected(**each) for each in known["expected"]]
            yield Hosted(tuple(known["ports"]), known["authority"], expected)
        finally:
            server.kill()
