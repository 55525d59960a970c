"""Under gevent everything goes by the plain way, and waiting gives way to other greenlets.

The server answers none of the requests before it has heard all of them, so they must overlap.
"""

from __future__ import annotations

import importlib.util
import platform
from pathlib import Path
from sysconfig import get_config_var

import pytest

from ..servers.certificates import make_certificates
from ..servers.process import missing
from .program import run_program
from .server import serving
from .tls import server_context

GREENLETS = 12

pytestmark = pytest.mark.skipif(
    platform.python_implementation() != "CPython" or bool(get_config_var("Py_GIL_DISABLED")),
    reason="gevent is for CPython with a GIL",
)


@pytest.fixture(autouse=True)
def gevent_is_there() -> None:
    if importlib.util.find_spec("gevent") is None:
        missing("the package gevent", "pip install gevent")


def _check(implementation: str, order: str, folder: Path | None) -> None:
    context, arguments = None, []
    if folder is not None:
        certificates = make_certificates(folder)
        context, arguments = server_context(certificates), [certificates.authority]
    with serving(context, parties=GREENLETS) as server:
        said = run_program(
            implementation, "gevent_program", order, server.port, GREENLETS, *arguments
        )
    for number, greenlet in enumerate(said):
        connection, _, path = greenlet["first"].partition(" ")
        assert path == f"/together/{number}"
        assert greenlet["second"] == f"{connection} /next"
        assert greenlet["plain"]


@pytest.mark.parametrize("order", ["before", "after"])
def test_requests_overlap(implementation: str, order: str) -> None:
    _check(implementation, order, None)


@pytest.mark.parametrize("order", ["before", "after"])
def test_requests_over_tls_overlap(implementation: str, order: str, tmp_path: Path) -> None:
    _check(implementation, order, tmp_path)
