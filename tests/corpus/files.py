"""Where the response corpus is, and what its replay.py and observe.py can do.

Both, and the corpus, are other people's and stay outside this repository: they are looked for in
FASTHTTP_CORPUS, or in ../shared/corpus beside the checkout.
"""

from __future__ import annotations

import hashlib
import json
import os
import runpy
import sys
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_SEED = 1  # replay.py's own, unless it is told another


def corpus_directory() -> Path:
    """Return where the corpus is, or would be."""
    return Path(os.environ.get("FASTHTTP_CORPUS") or ROOT.parent / "shared" / "corpus").resolve()


@cache
def _replay() -> dict[str, Any]:
    path = sys.path[:]
    try:
        return runpy.run_path(str(corpus_directory() / "replay.py"))
    finally:
        sys.path[:] = path
        sys.modules.pop("observe", None)


def observe(
    module: object, raw: bytes, method: str, way: str, delivery: str, style: str, identity: str
) -> dict[str, Any]:
    """Return what replay.py writes down of `module` for the row of this id, as JSON has it."""
    seed = int(hashlib.sha1(identity.encode()).hexdigest()[:8], 16) ^ _SEED
    replay = _replay()
    seen = replay["ob"].observe(module, raw, method, way, delivery, style, seed)
    written: dict[str, Any] = json.loads(json.dumps(replay["flat"](seen)))
    return written
