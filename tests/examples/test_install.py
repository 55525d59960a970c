"""examples/with_*.py: existing libraries with install(), which must be in force there."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest

from .running import EXAMPLES, Runner
from .site import Site

# The first test waits for the environment.
pytestmark = pytest.mark.timeout(600)
MEASURED = re.compile(
    r"http\.client +[\d,]+ us a request, +[\d,]+ us of CPU\n"
    r"fasthttp +[\d,]+ us a request, +[\d,]+ us of CPU\n"
)
IN_FORCE = re.compile(r"installed: True; http\.client\.parse_headers is in .*fasthttp.*\n")


@pytest.fixture
def moto(runner: Runner) -> Iterator[str]:
    """moto's server; the URL of its S3."""
    command = [runner.python.with_name("moto_server"), "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        running = re.compile(r"Running on (http://127\.0\.0\.1:\d+)")
        try:
            said = (running.search(line) for line in iter(process.stderr.readline, ""))
            yield next(found[1] for found in said if found)
        finally:
            process.kill()


@pytest.mark.parametrize("program", ["with_requests.py", "with_urllib.py"])
def test_page_is_fetched_both_ways(runner: Runner, site: Site, program: str) -> None:
    """The second line says that install() is in force, the last two what it brings."""
    said = runner.run(EXAMPLES / program, site.url("/page/1"), "--count", 3)
    assert IN_FORCE.search(said) and MEASURED.search(said), said
    assert site.paths() == {"/page/1": 1 + 3 * 2 * 5}


def test_boto3_with_motos_server(runner: Runner, moto: str) -> None:
    """Objects are put, read back and deleted, with and without."""
    said = runner.run(EXAMPLES / "with_boto3.py", moto, "--count", 2)
    assert IN_FORCE.search(said) and MEASURED.search(said), said
    assert said.endswith("21 objects put, read back and deleted\n")
