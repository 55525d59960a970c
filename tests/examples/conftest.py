"""Fixtures: an environment with what the examples need, and the servers that they talk to."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..downstream.environments import build_wheel, make_venv, or_skip, pip_install
from ..servers.certificates import Certificates, make_certificates
from ..servers.nginx import Nginx, run_nginx
from ..servers.site import build_site
from ..servers.tinyproxy import Tinyproxy, run_tinyproxy
from ..servers.upstream import run_upstream
from .running import Runner
from .site import Site, run_site

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """Runs programs in an environment with this checkout's wheel and the extra "examples"."""
    scratch = tmp_path_factory.mktemp("examples")

    def make() -> Path:
        wheel = build_wheel(sys.executable, scratch)
        python = make_venv(sys.executable, scratch / "venv")
        # Most of what is installed is never imported: no need to compile it all.
        pip_install(python, "--no-compile", f"{wheel}[examples]", "-r", REQUIREMENTS)
        return python

    return Runner(or_skip(make))


@pytest.fixture
def site() -> Iterator[Site]:
    """Four hosts."""
    with run_site(4) as running:
        yield running


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A private certificate authority, and what it has signed."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def tls_site(certificates: Certificates) -> Iterator[Site]:
    """A host with a certificate of the private authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server.chain, certificates.server.key)
    with run_site(1, context) as running:
        yield running


@pytest.fixture(scope="session")
def nginx(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[Nginx]:
    """An nginx that also speaks TLS."""
    folder = tmp_path_factory.mktemp("nginx")
    with (
        run_upstream() as upstream,
        run_nginx(folder, build_site(folder / "root"), certificates, upstream) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def tinyproxy(tmp_path_factory: pytest.TempPathFactory, nginx: Nginx) -> Iterator[Tinyproxy]:
    """A proxy that wants a password, and tunnels to nginx."""
    folder = tmp_path_factory.mktemp("tinyproxy")
    with run_tinyproxy(folder, [nginx.tls_port], password=True) as server:
        yield server
