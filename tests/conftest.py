"""Fixtures for all tests: each implementation of fasthttp, side by side in one process.

The compiled codec must be there, or the run fails before the first test: a fallback that goes
unnoticed would be tested twice and the C code never. FASTHTTP_EXTENSION=0 says that it is meant to
be absent; PyPy never has it.
"""

from types import ModuleType

import pytest

from fasthttp._bench.implementations import load_implementation

from .alone import mark_alone
from .implementations import IMPLEMENTATIONS, WITHOUT_C
from .own_fixtures import OwnFixtures
from .whole_run import add_options, is_full, set_up


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    set_up(config)


def pytest_sessionstart(session: pytest.Session) -> None:
    if WITHOUT_C:
        return
    try:
        load_implementation("c")
    except ImportError as error:
        raise pytest.UsageError(
            f"the compiled codec is missing ({error}); build it with `pip install -e .`, or set "
            "FASTHTTP_EXTENSION=0 to test without it"
        ) from error


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Some tests run alone; with `--parallel-threads` each thread gets its own fixtures."""
    in_threads = config.getoption("parallel_threads", 1) not in (1, "1")
    for item in items:
        mark_alone(item, in_threads)
        if in_threads and isinstance(item, pytest.Function):
            item.obj = OwnFixtures(item)


def pytest_report_header(config: pytest.Config) -> str:
    return f"fasthttp implementations under test: {', '.join(IMPLEMENTATIONS)}"


@pytest.fixture(scope="session", params=IMPLEMENTATIONS)
def implementation(request: pytest.FixtureRequest) -> str:
    """Each implementation's name in turn: "c", "py"."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def client(implementation: str) -> ModuleType:
    """`fasthttp.client` in each implementation, to be used like `http.client`."""
    return load_implementation(implementation)


@pytest.fixture(scope="session")
def full(pytestconfig: pytest.Config) -> bool:
    """Whether all cases of a long table are wanted, or enough of them."""
    return is_full(pytestconfig)
