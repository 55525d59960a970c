"""Fixtures: the client modules under test, the servers, and connections to them."""

from __future__ import annotations

import contextlib
import http.client
import importlib
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .certificates import Certificates, make_certificates
from .nginx import Nginx, run_nginx
from .site import Site, build_site
from .stalling import Stalling, run_stalling
from .tinyproxy import Tinyproxy, run_tinyproxy
from .upstream import run_upstream


def _load(name: str) -> ModuleType:
    """The module that works like http.client; a missing C implementation is an error."""
    if name == "stdlib":
        return http.client
    if name == "c" and platform.python_implementation() == "PyPy":
        pytest.skip("PyPy has no C implementation")
    if name == "c" and os.environ.get("FASTHTTP_EXTENSION") == "0":
        pytest.skip("FASTHTTP_EXTENSION=0 asks for no C implementation")
    implementations = importlib.import_module("fasthttp._bench.implementations")
    module: ModuleType = implementations.load_implementation(name)
    return module


def _clients(stdlib: bool = True) -> list[str]:
    """Both implementations, and the stdlib's where this Python's has the behaviour."""
    return ["c", "py", "stdlib"] if stdlib else ["c", "py"]


@pytest.fixture(scope="session", params=_clients())
def client(request: pytest.FixtureRequest) -> ModuleType:
    """Each client in turn; the stdlib proves that the expectation itself is right."""
    return _load(request.param)


@pytest.fixture(scope="session", params=_clients(sys.version_info >= (3, 15)))
def newest(request: pytest.FixtureRequest) -> ModuleType:
    """Each client that behaves as the http.client of 3.15 does."""
    return _load(request.param)


@pytest.fixture(scope="session", params=_clients(sys.version_info >= (3, 12)))
def revealing(request: pytest.FixtureRequest) -> ModuleType:
    """Each client that has get_proxy_response_headers(), as from 3.12 on."""
    return _load(request.param)


@pytest.fixture(scope="session", params=_clients(sys.version_info < (3, 12)))
def lenient(request: pytest.FixtureRequest) -> ModuleType:
    """Each client that takes key_file, cert_file and check_hostname, as until 3.11."""
    return _load(request.param)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The files behind nginx."""
    return build_site(tmp_path_factory.mktemp("site") / "root")


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """This run's certificate authority and certificates."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def upstream() -> Iterator[int]:
    """The port of the Python server, on 127.0.0.1."""
    with run_upstream() as port:
        yield port


@pytest.fixture(scope="session")
def nginx(
    tmp_path_factory: pytest.TempPathFactory,
    site: Site,
    certificates: Certificates,
    upstream: int,
) -> Iterator[Nginx]:
    """nginx in front of the site and of the Python server."""
    with run_nginx(tmp_path_factory.mktemp("nginx"), site, certificates, upstream) as server:
        yield server


@pytest.fixture(scope="session")
def tinyproxy(tmp_path_factory: pytest.TempPathFactory, nginx: Nginx) -> Iterator[Tinyproxy]:
    """A proxy that tunnels to nginx's ports, and to port 1, where nobody listens."""
    folder: Path = tmp_path_factory.mktemp("tinyproxy")
    allowed = [nginx.port, nginx.tls_port, nginx.wrong_name_port, 1]
    with run_tinyproxy(folder, allowed) as server:
        yield server


@pytest.fixture(scope="session")
def guarded_proxy(tmp_path_factory: pytest.TempPathFactory, nginx: Nginx) -> Iterator[Tinyproxy]:
    """The same proxy, behind a password."""
    folder: Path = tmp_path_factory.mktemp("guarded_proxy")
    with run_tinyproxy(folder, [nginx.port, nginx.tls_port], password=True) as server:
        yield server


@pytest.fixture
def stalling() -> Iterator[Stalling]:
    """A server that goes silent."""
    with run_stalling() as server:
        yield server


@pytest.fixture
def plain(client: ModuleType, nginx: Nginx) -> Iterator[Any]:
    """An HTTPConnection to nginx."""
    with contextlib.closing(client.HTTPConnection(nginx.host, nginx.port, timeout=30)) as conn:
        yield conn


@pytest.fixture
def secure(client: ModuleType, nginx: Nginx, certificates: Certificates) -> Iterator[Any]:
    """An HTTPSConnection to nginx that trusts this run's authority."""
    context = certificates.context()
    connection = client.HTTPSConnection("localhost", nginx.tls_port, timeout=30, context=context)
    with contextlib.closing(connection):
        yield connection
