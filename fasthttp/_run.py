"""`python -m fasthttp run`: a program as Python would run it, on an accelerated `http.client`.

sys.argv, sys.path, `__main__`, the exit status and the traceback are those of `python SCRIPT` and
`python -m MODULE`.
"""

from __future__ import annotations

import atexit
import builtins
import io
import os
import pkgutil
import runpy
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import SourceFileLoader
from types import ModuleType, TracebackType

from .patch import install

_USAGE = """\
usage: python -m fasthttp run [--newest] [--report] SCRIPT [ARGUMENTS]
       python -m fasthttp run [--newest] [--report] -m MODULE [ARGUMENTS]

Run a program with fasthttp.install() in force.

  --newest  install(newest=True): with the behaviour of CPython 3.15.2
  --report  at the end, say on stderr what share of the CPU http.client's calls have taken, and
            which of them were not accelerated, and why; it is about http.client alone: pages of
            fasthttp's own fetch, get and Pool are not counted, they need no install()
"""


def run(arguments: Sequence[str]) -> int:
    """Install, then run what the arguments say; the exit status where that was not possible.

    Whatever the program raises is shown by its own `sys.excepthook` and raised again.
    """
    given = list(arguments)
    if given[:1] in (["-h"], ["--help"]):
        print(_USAGE, end="")
        return 0
    options = set()
    while given[:1] and given[0] in ("--newest", "--report"):
        options.add(given.pop(0))
    as_module = given[:1] == ["-m"]
    given = given[as_module:]
    if not given or given[0].startswith("-"):
        missing = "MODULE" if as_module else "SCRIPT, or -m MODULE,"
        said = f"{given[0]} is no option of it" if given else f"{missing} is missing"
        print(f"{_USAGE}\npython -m fasthttp run: {said}", file=sys.stderr)
        return 2
    install("--newest" in options)
    report = _report_at_exit() if "--report" in options else None
    sys.argv[:] = given
    try:
        status = _run_module(given[0]) if as_module else _run_script(given[0])
        if status and report is not None:  # of nothing, then
            atexit.unregister(report)
        return status
    except SystemExit:
        raise
    except BaseException as error:
        # Shown as if nobody stood between Python and the program; raised again, for the status.
        error.__traceback__ = _without_our_frames(error.__traceback__)
        sys.excepthook(type(error), error, error.__traceback__)
        sys.excepthook = lambda *_: None
        raise


def _report_at_exit() -> Callable[[], None]:
    """Count, and print the report when the program's threads and its own atexit functions are done.
    Return what prints it then.

    Not in processes that the program forks, which end with the same functions.
    """
    from .statistics import start_counting, stats

    process = os.getpid()

    def report() -> None:
        if os.getpid() == process and sys.stderr is not None and not sys.stderr.closed:
            print(stats(), file=sys.stderr)

    atexit.register(report)
    start_counting()
    return report


def _run_script(path: str) -> int:
    if not os.path.exists(path):
        said = f"can't open file {os.path.abspath(path)!r}: [Errno 2] No such file or directory"
        print(f"{sys.executable}: {said}", file=sys.stderr)
        return 2
    is_file = pkgutil.get_importer(path) is None
    if not getattr(sys.flags, "safe_path", False):
        # Instead of where this process was started. A directory or a zip file runpy puts there.
        sys.path[:1] = [os.path.dirname(os.path.realpath(path))] if is_file else []
    if is_file:
        _run_file(os.path.abspath(path))
    else:
        # Absolute, because it goes into sys.path; sys.argv[0] then is so as well.
        return _run_by_runpy(lambda: runpy.run_path(os.path.abspath(path), run_name="__main__"))
    return 0


def _run_file(path: str) -> None:
    # Not by runpy, which would change sys.argv[0] and take `__main__` away again at the end.
    main = ModuleType("__main__")
    attributes = vars(main)
    attributes["__file__"] = path
    attributes["__loader__"] = SourceFileLoader("__main__", path)
    attributes["__builtins__"] = builtins
    sys.modules["__main__"] = main
    with io.open_code(path) as file:
        source = file.read()
    exec(compile(source, path, "exec"), attributes)  # noqa: S102 - what it was asked to do


def _run_module(name: str) -> int:
    return _run_by_runpy(lambda: runpy.run_module(name, run_name="__main__", alter_sys=True))


def _run_by_runpy(program: Callable[[], object]) -> int:
    try:
        program()
    except ImportError as error:
        if _without_our_frames(error.__traceback__) is not None:
            raise
        print(f"{sys.executable}: {error}", file=sys.stderr)  # runpy did not find it
        return 1
    return 0


_NOT_THE_PROGRAM = (__file__, runpy.run_path.__code__.co_filename)


def _without_our_frames(traceback: TracebackType | None) -> TracebackType | None:
    while traceback is not None and traceback.tb_frame.f_code.co_filename in _NOT_THE_PROGRAM:
        traceback = traceback.tb_next
    return traceback
