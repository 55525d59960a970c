"""A certificate authority for one test run: server, wrong-name and client certificates."""

from __future__ import annotations

import dataclasses
import ssl
from pathlib import Path
from typing import Any

from .process import missing


@dataclasses.dataclass(frozen=True)
class KeyPair:
    """A certificate chain and its private key, as PEM files."""

    chain: Path
    key: Path


@dataclasses.dataclass(frozen=True)
class Certificates:
    """All the PEM files of one run; `authority` signed every pair."""

    authority: Path
    server: KeyPair
    wrong_name: KeyPair
    client: KeyPair

    def context(self) -> ssl.SSLContext:
        """A fresh verifying context that trusts only this run's authority."""
        return ssl.create_default_context(cafile=str(self.authority))


def _write(leaf: Any, folder: Path, name: str) -> KeyPair:
    pair = KeyPair(folder / f"{name}.pem", folder / f"{name}.key")
    pair.chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    leaf.private_key_pem.write_to_path(str(pair.key))
    return pair


def make_certificates(folder: Path) -> Certificates:
    """Write the run's authority and its certificates into `folder`."""
    try:
        import trustme
    except ImportError:
        missing("the package trustme", "pip install trustme")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    return Certificates(
        authority=folder / "authority.pem",
        server=_write(authority.issue_cert("localhost", "127.0.0.1", "::1"), folder, "server"),
        wrong_name=_write(authority.issue_cert("elsewhere.test"), folder, "wrong_name"),
        client=_write(authority.issue_cert("somebody@client.test"), folder, "client"),
    )
