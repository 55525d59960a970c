"""Instructions that one request costs the client, as callgrind counts them: noise does not move it.

    python bench/instructions.py [--scenario small] [--contestant fasthttp] [--profile]

The client runs twice under valgrind, with more requests the second time; the difference belongs to
the requests alone. What the kernel does is not counted. `--profile` lists the functions it goes to.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from fasthttp._bench.contestants import contestant_named
from fasthttp._bench.hosting import Place, hosted
from fasthttp._bench.scenarios import SCENARIOS

_FEW, _MANY = 200, 1200
_LONGEST = 40
_USUAL = ("stdlib", "fasthttp", "raw socket")


def _be_client(contestant: str, scenario: str, port: int, count: int) -> None:
    """What runs under valgrind."""
    visit = contestant_named(contestant).open(SCENARIOS[scenario], Place(port=port))
    visit.batch(count)
    visit.close()


def _counted(contestant: str, scenario: str, port: int, count: int) -> dict[str, int]:
    """Instructions by function of a client that makes `count` requests."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "callgrind.out"
        given = [contestant, scenario, str(port), str(count)]
        subprocess.run(
            ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={file}",
             sys.executable, __file__, "--client", *given],
            check=True,
        )  # fmt: skip
        told = subprocess.run(
            ["callgrind_annotate", "--auto=no", "--threshold=100", str(file)],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
    found: dict[str, int] = {}
    for line in told.splitlines():
        match = re.match(r"\s*([\d,]+) \(.*?\)\s+(?:\S*?:)?(\S+)( \[|$)", line)
        if match:
            name = re.sub(r"'\d+$", "", match[2])  # a recursive call is counted on its own
            found[name] = found.get(name, 0) + int(match[1].replace(",", ""))
    return found


def _per_request(contestant: str, scenario: str, port: int) -> dict[str, float]:
    few = _counted(contestant, scenario, port, _FEW)
    many = _counted(contestant, scenario, port, _MANY)
    return {name: (many[name] - few.get(name, 0)) / (_MANY - _FEW) for name in many}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--scenario", default="small", choices=SCENARIOS)
    parser.add_argument("--contestant", action="append", help=f"default: {', '.join(_USUAL)}")
    parser.add_argument("--profile", action="store_true", help="list the functions")
    parser.add_argument("--client", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.client:
        contestant, scenario, port, count = arguments.client
        _be_client(contestant, scenario, int(port), int(count))
        return
    if shutil.which("valgrind") is None:
        parser.error("valgrind is not installed, which counts: apt-get install valgrind, say")
    names = arguments.contestant or _USUAL
    with hosted([SCENARIOS[arguments.scenario].path], None) as place:
        for name in names:
            counts = _per_request(name, arguments.scenario, place.port)
            total = counts.pop("PROGRAM", None) or sum(counts.values())
            print(f"{arguments.scenario}, {name}: {total:,.0f} instructions per request")
            if arguments.profile:
                for function in sorted(counts, key=counts.__getitem__, reverse=True)[:_LONGEST]:
                    print(f"  {counts[function]:9,.0f}  {function}")


if __name__ == "__main__":
    main()
