"""A site like the real web, fetched by fasthttp's pool and by other clients.

    python -m bench.web [CLIENT ...] [--rounds 5] [--pages 2000] [--wrong] [--json F] [--markdown F]

Each client does all of it: redirects, cookies, content codings, text by charset, two retries, a
deadline of 2 seconds, at most 10 MiB of body (but for a file), 64 connections and 6 for a host.
The CPU is the client's for the whole site; pages per second are without those that wait (the
deadline and Retry-After bound how long the whole takes) or are large.
"""

import argparse
import importlib.metadata
import importlib.util
import tempfile
from pathlib import Path
from statistics import median

from fasthttp._bench.record import write

from . import record
from .hosting import Hosted, hosted, run_client
from .judge import judged
from .lines import lines_of
from .report import Row, table, wrong_by_kind
from .run import CLIENTS, NEEDS, SERVER_NEEDS


def _version(client: str) -> str:
    return "" if client in record.OWN else importlib.metadata.version(client)


def _measure(row: Row, site: Hosted, folder: Path) -> None:
    """Fetch the whole site, then what is quick of it."""
    site.reset()
    outcome = run_client(row.client, site.job(folder, site.expected))
    seen = site.reset()
    row.most = max(row.most, seen["most"])
    row.most_to_one = max(row.most_to_one, seen["most_to_one"])
    row.connections.append(seen["connections"])
    row.requests.append(seen["requests"])
    row.cpu.append(outcome["cpu"])
    row.wall.append(outcome["wall"])
    wrong = judged(site.expected, outcome["outcomes"])
    quick = [each for each in site.expected if not each.apart]
    outcome = run_client(row.client, site.job(folder, quick))
    row.quick_pages = len(quick)
    row.quick_wall.append(outcome["wall"])
    row.quick_cpu.append(outcome["cpu"])
    again = judged(quick, outcome["outcomes"])
    row.wrong = max(row.wrong, wrong, again, key=len)


def _arguments() -> argparse.Namespace:
    summary, _, more = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(prog="python -m bench.web", description=summary, epilog=more)
    parser.add_argument("clients", nargs="*", metavar="CLIENT", help=f"{', '.join(CLIENTS)}")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--pages", type=int, default=2000, metavar="N")
    parser.add_argument("--seed", type=int, default=16, metavar="N")
    parser.add_argument("--wrong", action="store_true", help="list what each gets wrong")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--markdown", type=Path, metavar="FILE")
    given = parser.parse_args()
    if unknown := set(given.clients) - set(CLIENTS):
        parser.error(f"no such client: {', '.join(sorted(unknown))}")
    needed = {*SERVER_NEEDS}.union(*(NEEDS.get(each, ()) for each in given.clients or CLIENTS))
    if missing := sorted(each for each in needed if importlib.util.find_spec(each) is None):
        parser.error(
            f"not installed: {', '.join(missing)}: python -m pip install -e '.[bench,web]'"
        )
    return given


def main() -> None:
    arguments = _arguments()
    rows = [
        Row(name, _version(name), lines_of(module))
        for name, module in CLIENTS.items()
        if name in (arguments.clients or CLIENTS)
    ]
    environment = record.environment_for([row.client for row in rows])
    with (
        tempfile.TemporaryDirectory() as folder,
        hosted(arguments.pages, arguments.seed) as site,
    ):
        for number in range(arguments.rounds):
            # Each in turn is the first.
            for row in rows[number % len(rows) :] + rows[: number % len(rows)]:
                _measure(row, site, Path(folder))
                print(
                    f"round {number + 1}: {row.client:12} {row.cpu[-1]:6.2f} s CPU, "
                    f"{row.wall[-1]:6.2f} s for all, {row.quick_wall[-1]:6.2f} s if nothing waits",
                    flush=True,
                )
    print(table(rows))
    for row in rows:
        print(
            f"{row.client}: {median(row.requests):,.0f} requests over "
            f"{median(row.connections):,.0f} connections, at most {row.most} at a time, "
            f"{row.most_to_one} to one host"
        )
        if arguments.wrong:
            print(wrong_by_kind(row))
    if arguments.json:
        how: record.Settings = {
            "rounds": arguments.rounds, "pages": arguments.pages, "seed": arguments.seed,
        }  # fmt: skip
        write(record.described(how, rows, environment), arguments.json)
    if arguments.markdown:
        arguments.markdown.write_text(table(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
