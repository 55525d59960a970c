"""The suites that are run: which releases, which of their tests, and what else they need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements")


@dataclass(frozen=True)
class Suite:
    """The tests in the sdist of one release.

    `imports` are the modules that bind to `http.client` when they are imported; `least` is the
    number of passing tests below which the suite was not run but left out.
    """

    name: str
    version: str
    scope: str
    imports: tuple[str, ...]
    tests: tuple[str, ...]
    options: tuple[str, ...]
    least: int

    @property
    def requirements(self) -> Path:
        """The pinned packages that the tests need beside the release itself."""
        return REQUIREMENTS / f"{self.name}.txt"


SUITES = {
    suite.name: suite
    for suite in (
        Suite(
            name="urllib3",
            version="2.8.0",
            scope="the whole suite",
            imports=("urllib3", "urllib3.contrib.pyopenssl", "urllib3.contrib.socks"),
            tests=("test",),
            options=("-p", "fasthttp_downstream_hypercorn", "--timeout=60"),
            least=2300,
        ),
        Suite(
            name="requests",
            version="2.34.2",
            scope="the whole suite",
            imports=("requests", "urllib3", "urllib3.contrib.socks"),
            tests=("tests",),
            options=("--timeout=60",),
            least=610,
        ),
        Suite(
            name="botocore",
            version="1.44.5",
            scope="unit and functional tests about HTTP",
            imports=("botocore.session", "botocore.awsrequest", "botocore.httpsession"),
            tests=(
                "tests/unit/retries",
                "tests/unit/test_awsrequest.py",
                "tests/unit/test_endpoint.py",
                "tests/unit/test_http_client_exception_mapping.py",
                "tests/unit/test_http_session.py",
                "tests/unit/test_httpchecksum.py",
                "tests/unit/test_parsers.py",
                "tests/unit/test_response.py",
                "tests/unit/test_retryhandler.py",
                "tests/functional/csm",
                "tests/functional/retries",
                "tests/functional/test_client.py",
                "tests/functional/test_compress.py",
                "tests/functional/test_credentials.py",
                "tests/functional/test_events.py",
                "tests/functional/test_history.py",
                "tests/functional/test_httpchecksum.py",
                "tests/functional/test_retry.py",
                "tests/functional/test_s3.py",
                "tests/functional/test_six_threading.py",
                "tests/functional/test_useragent.py",
                "tests/functional/test_utils.py",
            ),
            options=("--timeout=60",),
            least=1040,
        ),
        Suite(
            name="httplib2",
            version="0.32.1",
            scope="the whole suite",
            imports=("httplib2",),
            tests=("tests",),
            # its own options in setup.cfg, without the coverage
            options=(
                "-o",
                "addopts=",
                "--noconftest",
                "--ignore=tests/_TODO_legacy",
                "--timeout=60",
            ),
            least=505,
        ),
    )
}


@dataclass(frozen=True)
class Tool:
    """A tool that looks into requests, or answers them: tools/with_NAME.py tries it."""

    name: str
    packages: tuple[str, ...]
    observed: str


TOOLS = {
    tool.name: tool
    for tool in (
        Tool("sentry", ("sentry-sdk",), "spans, breadcrumbs, headers added"),
        Tool(
            "opentelemetry",
            (
                "opentelemetry-instrumentation-urllib",
                "opentelemetry-instrumentation-urllib3",
                "opentelemetry-util-http",
            ),
            "spans, addresses of sockets, headers added",
        ),
        Tool("xray", ("aws-xray-sdk",), "subsegments, headers added"),
        Tool("ddtrace", ("ddtrace",), "spans, headers added"),
        Tool("vcrpy", ("vcrpy",), "cassettes, recorded and played"),
        Tool("responses", ("responses",), "mocks matched, requests passed through"),
        Tool("httpretty", ("httpretty",), "requests taken, answers given"),
        Tool("pook", ("pook",), "mocks matched, requests passed through"),
        Tool("gevent", ("gevent",), "requests on its sockets, others run meanwhile"),
        Tool("pysocks", ("PySocks",), "requests through a SOCKS5 proxy"),
    )
}
TOOL_REQUIREMENTS = REQUIREMENTS / "tools.txt"


def tool_version(package: str) -> str:
    """Return the release of `package` that is pinned for the tools."""
    for line in TOOL_REQUIREMENTS.read_text().splitlines():
        name, _, version = line.partition("==")
        if name == package:
            return version
    raise LookupError(f"{package} is not in {TOOL_REQUIREMENTS.name}")
