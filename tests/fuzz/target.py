"""A fuzz target: plays an input, and keeps what is found on disk.

An input that never comes to an end, or ends the process, is left in the file "current" of the same
directory, together with a traceback on stderr. The invariants are in verdict.py, and in the module
of the target's name.
"""

from __future__ import annotations

import faulthandler
import hashlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import charsets, codings, cookies, incoming, plan, pool, urls
from .judge import load_judge
from .mutation import MOST_BYTES
from .plan import SETTINGS
from .verdict import Finding, Verdict

#: In seconds, for one input. An ordinary one takes a few milliseconds.
_PATIENCE = 60
#: How many smaller inputs are tried while one is made small.
_MOST_TRIALS = 1_500

#: What is fuzzed here.
NAMES = ("responses", "incoming", "pool", "urls", "cookies", "codings", "charsets")


def load_verdict(
    name: str, judge: str | None = None
) -> tuple[Callable[[Any], list[Finding]], Callable[[bytes], Any]]:
    """The verdict on what is fuzzed under this name, and what decodes its inputs. `judge` is the
    client.py of another CPython, where one is asked.
    """
    if name == "incoming":
        return incoming.Verdict(), incoming.decode
    if name == "pool":
        return pool.Verdict(), pool.decode
    if name == "urls":
        return urls.Verdict(), urls.decode
    if name == "cookies":
        return cookies.verdict, cookies.decode
    if name == "codings":
        return codings.Verdict(), codings.decode
    if name == "charsets":
        return charsets.Verdict(), charsets.decode
    return Verdict(load_judge(judge)), plan.decode


class Target:
    """Call it with inputs; `executions` and `kinds` (name -> kind of a finding) say what came.

    `decode` makes of an input what `verdict` judges.
    """

    def __init__(
        self,
        verdict: Callable[[Any], list[Finding]],
        directory: Path,
        decode: Callable[[bytes], Any] = plan.decode,
    ) -> None:
        self._verdict = verdict
        self._decode = decode
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._current = os.open(directory / "current", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        self.executions = 0
        self.kinds: dict[str, str] = {}
        # The default action ends the process, whatever it is busy with.
        faulthandler.register(signal.SIGALRM, chain=True)

    def __call__(self, data: bytes) -> None:
        """Play an input; keep it where it shows something that no other has shown before."""
        os.ftruncate(self._current, os.pwrite(self._current, data, 0))
        self.executions += 1
        for kind, detail in self._found(data):
            name = hashlib.sha256(kind.encode()).hexdigest()[:12]
            if name not in self.kinds:
                self.kinds[name] = kind
                print(f"FINDING {name} {kind}", flush=True)
                self._keep(name, kind, detail, data)

    def _found(self, data: bytes) -> list[tuple[str, str]]:
        signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
        findings = self._verdict(self._decode(data[:MOST_BYTES]))
        signal.setitimer(signal.ITIMER_REAL, 0)
        return [(finding.kind, finding.detail) for finding in findings]

    def replay(self) -> None:
        """Play what earlier runs have found, and forget it where it is mended."""
        kept = sorted(self._directory.glob("*.input"))
        inputs = [path.read_bytes() for path in kept]
        for path in kept:
            path.unlink()
            path.with_suffix(".txt").unlink(missing_ok=True)
        for data in inputs:
            self(data)

    def _keep(self, name: str, kind: str, detail: str, data: bytes) -> None:
        small = self._minimised(kind, data)
        (self._directory / f"{name}.input").write_bytes(small)
        detail = dict(self._found(small)).get(kind, detail)
        text = f"{kind}\n{self._decode(small)}\ninput {small!r}\n{detail}\n"
        (self._directory / f"{name}.txt").write_text(text)

    def _minimised(self, kind: str, data: bytes) -> bytes:
        """A smaller input that shows the same: as much as possible is left out, then zeroed."""
        trials = 0
        size = len(data) // 2
        while size and trials < _MOST_TRIALS:
            at = SETTINGS
            while at < len(data) and trials < _MOST_TRIALS:
                trials += 1
                shorter = data[:at] + data[at + size :]
                if any(found == kind for found, _ in self._found(shorter)):
                    data = shorter
                else:
                    at += size
            size //= 2
        for at in range(SETTINGS):
            plainer = data[:at] + b"\0" + data[at + 1 :]
            if data[at : at + 1] != b"\0" and any(f == kind for f, _ in self._found(plainer)):
                data = plainer
        return data
