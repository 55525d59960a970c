"""`python -m fasthttp`: bench, fetch, info, run."""

import sys
from collections.abc import Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


_DESCRIPTION = """\
A fast HTTP/1.1 client: many pages from one thread, and http.client more than twice as fast.
"""
_EPILOG = """\
where to begin, in a program:
  for page in fasthttp.fetch(urls): ...      many pages, as they come; with limits: fasthttp.Pool
  import fasthttp.client as client           instead of import http.client as client
  fasthttp.install()                         requests, urllib3, boto3, urllib go faster, unchanged

and here:
  python -m fasthttp fetch https://example.org/ https://example.com/
  python -m fasthttp run --report SCRIPT     what install() would bring for a program
  python -m fasthttp bench                   how much faster it is on this machine; a minute

python -m fasthttp COMMAND --help says more of each; python -c "import fasthttp; help(fasthttp)" of
the rest.
"""


def _fetch(options: "argparse.Namespace") -> int:
    from fasthttp._fetch import command  # the pool: not for the other commands

    return command.fetch(options)


def _parser() -> "argparse.ArgumentParser":
    import argparse

    from fasthttp._bench import arguments, command
    from fasthttp._fetch.arguments import add_fetch
    from fasthttp._version import __version__

    parser = argparse.ArgumentParser(
        prog="python -m fasthttp",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"fasthttp {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    bench = commands.add_parser(
        "bench",
        help="measure fasthttp next to http.client",
        description="Measure fasthttp next to http.client, on this machine.",
    )
    arguments.add_bench(bench)
    bench.set_defaults(run=command.bench)
    fetch = commands.add_parser(
        "fetch",
        help="fetch many pages, into JSON lines, a directory or an archive",
        description="Fetch many pages, into JSON lines, a directory or an archive (WARC).",
    )
    add_fetch(fetch)
    fetch.set_defaults(run=_fetch)
    info = commands.add_parser(
        "info",
        help="say which fasthttp this is, and on what it runs",
        description="Say which fasthttp this is, and on what it runs.",
    )
    info.set_defaults(run=command.info)
    commands.add_parser("run", help="run a program unchanged, with http.client made faster")
    for parser_of_command in commands.choices.values():
        parser_of_command.set_defaults(parser=parser_of_command)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command asked for; return the exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["run"]:
        # Before anything else is imported: the program finds the process as it would be.
        from fasthttp._run import run

        return run(given[1:])
    parser = _parser()
    if not given:
        parser.print_help(sys.stderr)
        return 2
    chosen, unknown = parser.parse_known_args(given)
    if unknown:  # said with the usage of the command, which argparse would not show
        chosen.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    status: int = chosen.run(chosen)
    return status


if __name__ == "__main__":
    sys.exit(main())
