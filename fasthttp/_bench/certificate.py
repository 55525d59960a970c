"""A certificate for the loopback server, made on the spot."""

import importlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Certificate", "NoCertificateError", "make_certificate"]

_CONFIG = """\
[req]
distinguished_name = name
prompt = no
[name]
CN = fasthttp bench
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[middle]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""

_NEW_KEY = "ecparam -name prime256v1 -genkey -noout -out"
_NEW_REQUEST = "req -new -sha256 -config bench.cnf"
_SIGN = "x509 -req -days 2 -sha256 -extfile bench.cnf"

# An authority, one below it, and the server's, as public servers have it: what a new connection
# costs is to a good part the verifying of these.
_COMMANDS = (
    f"{_NEW_KEY} ca.key",
    f"{_NEW_KEY} middle.key",
    f"{_NEW_KEY} server.key",
    f"{_NEW_REQUEST} -x509 -key ca.key -out ca.pem -days 2 -extensions authority",
    f"{_NEW_REQUEST} -key middle.key -out middle.csr -subj /CN=middle",
    f"{_NEW_REQUEST} -key server.key -out server.csr -subj /CN=localhost",
    f"{_SIGN} -in middle.csr -CA ca.pem -CAkey ca.key -set_serial 2"
    " -extensions middle -out middle.pem",
    f"{_SIGN} -in server.csr -CA middle.pem -CAkey middle.key -set_serial 3"
    " -extensions server -out server.pem",
)


class NoCertificateError(Exception):
    """Nothing here can make a certificate; the message says what was tried."""


@dataclass(frozen=True)
class Certificate:
    """What the server loads (key and certificates in one file) and what the client trusts."""

    file: str
    authority: str


def make_certificate(folder: Path) -> Certificate:
    """Make a certificate for localhost and 127.0.0.1 in `folder`."""
    try:
        return _by_openssl(folder)
    except (OSError, subprocess.SubprocessError) as error:
        first = error
    try:
        return _by_trustme(folder)
    except ImportError as error:
        raise NoCertificateError(f"{first}, and {error}") from error


def _by_openssl(folder: Path) -> Certificate:
    program = shutil.which("openssl")
    if program is None:
        raise FileNotFoundError("there is no openssl command")
    (folder / "bench.cnf").write_text(_CONFIG, encoding="ascii")
    for command in _COMMANDS:
        subprocess.run(
            [program, *command.split()],
            cwd=folder,
            check=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    chain = folder / "chain.pem"
    parts = ("server.key", "server.pem", "middle.pem")
    chain.write_bytes(b"".join((folder / part).read_bytes() for part in parts))
    return Certificate(str(chain), (folder / "ca.pem").read_text(encoding="ascii"))


def _by_trustme(folder: Path) -> Certificate:
    trustme: Any = importlib.import_module("trustme")
    authority = trustme.CA()
    chain = folder / "chain.pem"
    issued = authority.create_child_ca().issue_cert("localhost", "127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(str(chain))
    return Certificate(str(chain), authority.cert_pem.bytes().decode("ascii"))
