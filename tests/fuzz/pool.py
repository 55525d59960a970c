"""What must hold of a pool, whatever servers do: tests/pool/random_servers.py says it. An input is
what a plan is drawn from, for a pool, its servers and the requests.
"""

from __future__ import annotations

import re

from ..pool.random_plan import Plan, draw
from ..pool.random_servers import play
from .verdict import Finding

decode = draw


class Verdict:
    """Plays a plan with both codecs."""

    def __init__(self, implementations: tuple[str, ...] = ("c", "py")) -> None:
        self._implementations = implementations

    def __call__(self, plan: Plan) -> list[Finding]:
        """All that is wrong with what came of it."""
        findings: dict[str, Finding] = {}
        for name in self._implementations:
            try:
                wrong, _ = play(name, plan)
            except Exception as error:  # whichever it is, it must not be
                wrong = [f"{type(error).__name__} came out of the pool: {error!r}"]
            for fault in wrong:
                kind = re.sub(r"[\d.]+", "n", f"{name}: {fault.partition(': ')[0]}")
                findings.setdefault(kind, Finding(kind, fault))
        return list(findings.values())
