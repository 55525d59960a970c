"""Plays inputs of libFuzzer's making, by atheris, which sees the branches that they take.

    python -m tests.fuzz.guided [--target incoming] DIRECTORY -- -max_total_time=60

atheris has to see the package being imported, so this module imports nothing of it at its top.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import atheris


def _mutator(data: bytes, most: int, seed: int) -> bytes:
    """libFuzzer's own mutation, or one that knows what HTTP looks like."""
    from .mutation import mutate

    dice = random.Random(seed)
    if dice.randrange(3) == 0:
        return bytes(atheris.Mutate(data, most))
    return mutate(data, dice)[:most]


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--judge")
    parser.add_argument("--target", default="responses")
    parser.add_argument("--seeds", type=int, default=5_000, help="at most so many, the first time")
    parser.add_argument("libfuzzer", nargs="*", help="its options, behind --")
    options = parser.parse_args(arguments)
    with atheris.instrument_imports(include=["fasthttp"]):
        from .target import Target, load_verdict

        verdict, decode = load_verdict(options.target, options.judge)
    from .mutation import MOST_BYTES, seeds

    corpus = options.directory / "corpus"
    if not corpus.is_dir():
        corpus.mkdir(parents=True)
        for number, data in enumerate(seeds(random.Random(), options.seeds)):
            (corpus / f"seed-{number}").write_bytes(data)
    target = Target(verdict, options.directory / "findings", decode)
    target.replay()
    # The target has a clock of its own, which libFuzzer's would put out of order.
    ours = ("-timeout=0", "-print_final_stats=1", f"-max_len={MOST_BYTES}")
    command = [sys.argv[0], *ours, *options.libfuzzer, str(corpus)]
    atheris.Setup(command, target, custom_mutator=_mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
