"""Run one suite of CPython's own tests with `http.client` swapped for another module.

Meant for a process of its own: the swap is for good. It imports nothing but the standard library
(and the module under test), so that any interpreter can run it by its path:

    run_suite.py --module fasthttp.client --suite test_httplib --json OUT

With --install it is not swapped: `fasthttp.install()` is called instead, and `http.client` itself
is tested.

OUT gets the outcome of every test. The exit status is 0 whenever OUT was written: whether the
outcomes are good is for the caller to say.
"""

from __future__ import annotations

import argparse
import faulthandler
import http.client
import importlib
import json
import os
import platform
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

SUITES = ("test_httplib", "test_urllib2_localnet", "test_xmlrpc", "test_httpservers")
INSTALL_SUITES = (
    *SUITES,
    "test_urllib2",
    "test_docxmlrpc",
    "test_logging.HTTPHandlerTest",
    "test_ssl.ThreadedTests.test_socketserver",
)
# Everything regrtest knows that these suites ask for, but what leaves the machine.
RESOURCES = ("walltime", "cpu", "subprocess", "decimal", "largefile")
SECONDS = 500


class Recorder(unittest.TestResult):
    """Keeps the outcome of every test; a test is as bad as the worst of its subtests."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: dict[str, str] = {}
        self.details: dict[str, str] = {}
        self.subtests: dict[str, int] = {}

    def _note(self, test: Any, outcome: str, detail: str = "") -> None:
        name = test.id()
        parent = getattr(test, "test_case", None)  # only subtests have one
        self.outcomes[name] = outcome
        if detail:
            self.details[name] = detail
        if parent is not None and outcome in ("fail", "error"):
            self.outcomes[parent.id()] = outcome
            self.details.setdefault(parent.id(), detail)

    @staticmethod
    def _last_line(err: Any) -> str:
        kind, value, _ = err
        return f"{kind.__name__}: {value}".strip().replace("\n", " | ")[:400]

    def startTest(self, test: Any) -> None:  # noqa: N802
        super().startTest(test)
        self.outcomes[test.id()] = "started"

    def addSuccess(self, test: Any) -> None:  # noqa: N802
        if self.outcomes.get(test.id()) == "started":
            self._note(test, "pass")

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        self._note(test, "fail", self._last_line(err))

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802
        self._note(test, "error", self._last_line(err))

    def addSkip(self, test: Any, reason: str) -> None:  # noqa: N802
        self._note(test, "skip", reason)

    def addExpectedFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        self._note(test, "pass", "expected failure")

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802
        self._note(test, "fail", "unexpected success")

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
        name = test.id()
        self.subtests[name] = self.subtests.get(name, 0) + 1
        if err is not None:
            failed = issubclass(err[0], test.failureException)
            self._note(subtest, "fail" if failed else "error", self._last_line(err))


def swap(name: str) -> str:
    """Put the module `name` where `http.client` is found; return fasthttp's implementation."""
    module = importlib.import_module(name)
    http.client = module
    sys.modules["http.client"] = module
    package = sys.modules.get(name.partition(".")[0])
    return str(getattr(package, "implementation", ""))


def install() -> str:
    """Call `fasthttp.install()`; return fasthttp's implementation."""
    package: Any = importlib.import_module("fasthttp")
    if package.install():
        raise SystemExit(f"left alone: {package.install()}")
    return str(package.implementation)


def _defined_in(client: Any) -> list[str]:
    names = ("HTTPConnection", "HTTPResponse")
    return [getattr(client, name).__module__ for name in names]


def _hide_testcapi_that_cannot_be_made() -> None:
    """PyPy compiles `_testcapi` when it is imported, and Debian's has it without its C source:
    `test.support` does without it where it is missing, but not where it is broken."""
    try:
        importlib.import_module("_testcapi")
    except ImportError:
        pass
    except OSError:
        sys.modules["_testcapi"] = None  # type: ignore[assignment]


def load(suite: str) -> unittest.TestSuite:
    """Load `suite` from the interpreter's `test` package, the network left out."""
    _hide_testcapi_that_cannot_be_made()
    support: Any = importlib.import_module("test.support")
    support.use_resources = RESOURCES
    support.verbose = 0
    # imported first: were it the loader's import, a module that cannot run here would be a failure
    importlib.import_module(f"test.{suite.partition('.')[0]}")
    return unittest.defaultTestLoader.loadTestsFromName(f"test.{suite}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--module", default="fasthttp.client")
    parser.add_argument("--suite", choices=INSTALL_SUITES, required=True)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args()
    out = options.json.absolute()
    faulthandler.dump_traceback_later(SECONDS, exit=True)
    implementation = install() if options.install else swap(options.module)
    recorder = Recorder()
    with tempfile.TemporaryDirectory(prefix="fasthttp-suite-") as scratch:
        os.chdir(scratch)  # some of the tests write files where they stand
        load(options.suite).run(recorder)
        os.chdir(out.parent)
    report = {
        "module": options.module,
        "classes": _defined_in(sys.modules["http.client"]),
        "suite": options.suite,
        "python": platform.python_version(),
        "implementation": implementation,
        "run": recorder.testsRun,
        "outcomes": recorder.outcomes,
        "details": recorder.details,
        "subtests": recorder.subtests,
    }
    out.write_text(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
