"""`python -m fasthttp`: bench, info."""

import argparse
import sys
from collections.abc import Sequence

from fasthttp._bench import command


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fasthttp", description="http.client, fast: see what it does here."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    bench = commands.add_parser(
        "bench",
        help="measure fasthttp next to http.client",
        description="Measure fasthttp next to http.client, on this machine.",
    )
    command.add_bench(bench)
    bench.set_defaults(run=command.bench)
    info = commands.add_parser(
        "info",
        help="say which fasthttp this is, and on what it runs",
        description="Say which fasthttp this is, and on what it runs.",
    )
    info.set_defaults(run=command.info)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command asked for; return the exit status."""
    chosen = _parser().parse_args(arguments)
    status: int = chosen.run(chosen)
    return status


if __name__ == "__main__":
    sys.exit(main())
