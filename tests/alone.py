"""Which tests run alone where pytest-run-parallel runs the others in threads, and why.

The plugin itself finds those that use monkeypatch, capsys, mock, gc.collect().
"""

from __future__ import annotations

from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_PROGRAMS = "runs programs, in which the threads would only be waited for"
_PROCESS = "counts what the whole process has open, or allocated"
_INSTALLS = "install() and counting() hold for the whole process"
_PATCHES = "replaces methods of the classes, or limits of http.client, for a while"
_FORKS = "does what a forked child does, with all connections there are"
_TIMES = "a deadline passes before it connects, where many wait for a processor"
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
    "tls/test_counting.py": _INSTALLS,
}


def mark_alone(item: pytest.Item) -> None:
    """Mark a test that must not be run by several threads at once."""
    path = item.path.relative_to(_HERE)
    for place in (path, *path.parents):
        reason = ALONE.get(place.as_posix())
        if reason is not None:
            item.add_marker(pytest.mark.thread_unsafe(reason=reason))
