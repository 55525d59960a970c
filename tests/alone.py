"""Which tests run alone where the others run at the same time, and why.

Where pytest-run-parallel runs them in threads: the plugin itself finds those that use monkeypatch,
capsys, mock, gc.collect(). Where pytest-xdist runs them in processes: only those that measure time.
Each of those may say it itself, with the marks "thread_unsafe" and "alone".
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_PROGRAMS = "runs programs, in which the threads would only be waited for"
_PROCESS = "counts what the whole process has open, or allocated"
_INSTALLS = "install() and counting() hold for the whole process"
_PATCHES = "replaces methods of the classes, or limits of http.client, for a while"
_FORKS = "does what a forked child does, with all connections there are"
_TIMES = "a deadline passes before it connects, where many wait for a processor"
_LATE = "waits for what comes late, which must not be much later than it is meant to be"
_DEFAULT_POOL = "counts connections of the pool that all of the process has"

#: Directories and files, below the one that this file is in.
ALONE = {
    "client/connection/test_identity.py": _FORKS,
    "client/options/test_deadline.py": _TIMES,
    "client/request/test_generated.py": _PATCHES,
    "client/request/test_steps_aside.py": _PATCHES,
    "client/response/test_generated.py": _PATCHES,
    "client/response/test_steps_aside.py": _PATCHES,
    "corpus": _PROGRAMS,
    "csrc": _PROGRAMS,
    "downstream": _PROGRAMS,
    "examples": _PROGRAMS,
    "fuzz/test_target.py": _PROGRAMS,
    "hostile/test_checks.py": _PROCESS,
    "hostile/test_faults.py": _PROCESS,
    "hostile/test_fork.py": _PROGRAMS,
    "hostile/test_gevent.py": _PROGRAMS,
    "hostile/test_leaks.py": _PROGRAMS,
    "hostile/test_locks.py": _PROGRAMS,
    "hostile/test_memory.py": _PROGRAMS,
    "hostile/test_signals.py": _PROGRAMS,
    "hostile/test_subinterpreters.py": _PROGRAMS,
    "install": _INSTALLS,
    "packaging": _PROGRAMS,
    "pool/test_cancel.py": _PROGRAMS,
    "pool/test_fork.py": _PROGRAMS,
    "pool/test_gevent.py": _PROGRAMS,
    "pool/test_limits.py": _PROGRAMS,
    "pool/test_lookups.py": _TIMES,
    "pool/test_random_servers.py": _PROCESS,
    "pool/test_shell.py": _DEFAULT_POOL,
    "pool/test_sinks.py": _PROCESS,
    "pool/test_times.py": _TIMES,
    "stdlib": _PROGRAMS,
    "test_bench.py": _PROGRAMS,
    "test_bench_command.py": _PROGRAMS,
    "test_bench_many.py": _PROGRAMS,
    "test_bench_url.py": _PROGRAMS,
    "test_whole_run.py": _PROGRAMS,
    "tls/test_counting.py": _INSTALLS,
}


#: The same, for the processes of one run.
ALONE_OF_PROCESSES = {
    "client/options/test_deadline.py": _TIMES,
    "hostile/test_checks.py": _LATE,
    "pool/test_delays.py": _TIMES,
    "pool/test_lookups.py": _TIMES,
    "pool/test_times.py": _TIMES,
}


def mark_alone(item: pytest.Item, in_threads: bool) -> None:
    """Mark a test that must not be run by several threads at once, or beside other processes."""
    reason = _reason(item.path, "threads" if in_threads else "processes")
    if reason is not None:
        marks = pytest.mark
        item.add_marker((marks.thread_unsafe if in_threads else marks.alone)(reason=reason))


@cache
def _reason(file: Path, beside: str) -> str | None:
    table = ALONE if beside == "threads" else ALONE_OF_PROCESSES
    path = file.relative_to(_HERE)
    return next(
        filter(None, (table.get(place.as_posix()) for place in (path, *path.parents))), None
    )
