"""The parts of a request head: checks and encodings of method, target, Host, fields and body.

Each follows http.client of CPython 3.15.2, its lenience included: what is refused is what could
end a line and start another (CVE-2019-9740, CVE-2019-18348).
"""

from __future__ import annotations

from http.client import InvalidURL
from urllib.parse import urlsplit

from . import hooks, notes

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


#: RFC 9110 9.2.2: doing it twice is the same as doing it once.
IDEMPOTENT = frozenset(("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"))


def encode_text(data: str, name: str = "data") -> bytes:
    """ISO-8859-1, with an error that tells the user what to do instead (`UnicodeEncodeError`)."""
    try:
        return data.encode("latin-1")
    except UnicodeEncodeError as error:
        part = f"{data[error.start : error.end]!r:.20}"
        advice = (
            f"{name.title()} ({part}) is not valid Latin-1. Use {name}.encode('utf-8') "
            "if you want to send it encoded in UTF-8."
        )
        raise UnicodeEncodeError(
            error.encoding, error.object, error.start, error.end, advice
        ) from None


def check_method(method: str) -> None:
    """Refuse control characters in a method (`ValueError`)."""
    found = hooks.hook("_contains_disallowed_method_pchar_re").search(method)
    if found:
        raise ValueError(
            f"method can't contain control characters. {method!r} "
            f"(found at least {found.group()!r})"
        )


def check_url(url: str) -> None:
    """Refuse control characters and spaces in a target or a host (`InvalidURL`)."""
    found = hooks.hook("_contains_disallowed_url_pchar_re").search(url)
    if found:
        raise InvalidURL(
            f"URL can't contain control characters. {url!r} (found at least {found.group()!r})"
        )


def folded(name: Any) -> str:
    """Return a field name, given as str or bytes, as it is compared with others."""
    return (name.decode("latin-1") if isinstance(name, bytes) else str(name)).lower()


def encode_name(name: Any) -> bytes:
    """A field name, given as str (ASCII) or bytes; `ValueError` for an illegal one."""
    encoded: bytes = name.encode("ascii") if hasattr(name, "encode") else name
    if not hooks.hook("_is_legal_header_name")(encoded):
        raise ValueError(f"Invalid header name {encoded!r}")
    return encoded


def encode_field(name: Any, values: tuple[Any, ...]) -> bytes:
    """A field line without its end. Several values become continuation lines.

    Values are str (ISO-8859-1), bytes-like or int; `ValueError` for one that could end the line.
    """
    encoded_name = encode_name(name)
    is_illegal = hooks.hook("_is_illegal_header_value")
    encoded = list(values)
    try:
        for i, value in enumerate(encoded):
            if hasattr(value, "encode"):
                encoded[i] = value.encode("latin-1")
            elif isinstance(value, int):
                encoded[i] = str(value).encode("ascii")
            if is_illegal(encoded[i]):
                raise ValueError(f"Invalid header value {encoded[i]!r}")
    except ValueError as error:
        notes.of_field(error, name)
        raise
    return encoded_name + b": " + b"\r\n\t".join(encoded)


def encode_tunnel_fields(fields: Any) -> list[bytes]:
    """The field lines of a CONNECT request, each with its end.

    Names and values are checked as everywhere (`ValueError`): CONNECT was the hole through which
    older versions of http.client let CR and LF into a request.
    """
    is_legal = hooks.hook("_is_legal_header_name")
    is_illegal = hooks.hook("_is_illegal_header_value")
    lines = []
    for name, value in fields.items():
        encoded_name = name.encode("latin-1")
        try:
            encoded_value = str(value).encode("latin-1")
        except UnicodeEncodeError as error:
            notes.of_field(error, name)
            raise
        if not is_legal(encoded_name):
            raise ValueError(f"Invalid header name {encoded_name!r}")
        if is_illegal(encoded_value):
            raise ValueError(f"Invalid header value {encoded_value!r}")
        lines.append(b"%s: %s\r\n" % (encoded_name, encoded_value))
    return lines


def encode_host_name(host: str) -> bytes:
    """A host name in ASCII, by IDNA where it is not (`UnicodeError` if that fails)."""
    try:
        return host.encode("ascii")
    except UnicodeEncodeError:
        return host.encode("idna")


def strip_zone(host: bytes) -> bytes:
    """A bracketed IPv6 address without its zone, which means nothing to the server (RFC 9844)."""
    address, percent, _ = host.partition(b"%")
    if not percent:
        return host
    assert address.startswith(b"["), address  # noqa: S101 - as http.client has it
    return address + b"]"


def _strip_zone(host: bytes) -> bytes:
    stripped: bytes = hooks.hook("_strip_ipv6_iface")(host)
    return stripped


def bracket_ipv6(address: bytes) -> bytes:
    """An address as it stands in a Host field: IPv6 in brackets (RFC 3986 section 3.2.2)."""
    if b":" in address and not address.startswith(b"["):
        return b"[" + address + b"]"
    return address


def host_of_url(url: str) -> bytes | None:
    """The Host that an absolute request target asks for; None for any other target."""
    netloc = urlsplit(url).netloc if url.startswith("http") else ""
    return _strip_zone(encode_host_name(netloc)) if netloc else None


def host_value(
    host: str, port: int | None, default_port: int, bracket: Callable[[bytes], bytes]
) -> str | bytes:
    """Return the value of the Host field (RFC 9110 7.2), with the port where it is not the default:
    then as a str, as `http.client` gives it to putheader(), and else as bytes.
    """
    value = bracket(encode_host_name(host))
    if ":" in host:
        value = _strip_zone(value)
    if port == default_port:
        return value
    return f"{value.decode('ascii')}:{port}"


def split_host_port(host: str, port: int | None, default_port: int) -> tuple[str, int]:
    """Host and port from "host", "host:port", "[v6]" or "[v6]:port"; an empty port is the
    default, a non-numeric one `InvalidURL`. An explicit `port` leaves the host as it is.
    """
    if port is None:
        port = default_port
        colon = host.rfind(":")
        if colon > host.rfind("]"):
            digits = host[colon + 1 :]
            try:
                port = int(digits)
            except ValueError:
                if digits:
                    raise InvalidURL(f"nonnumeric port: '{digits}'") from None
            host = host[:colon]
    if host and host[0] == "[" and host[-1] == "]":
        host = host[1:-1]
    return host, port


def length_of_body(body: Any, method: str) -> int | None:
    """The Content-Length of a body in bytes, None where none is sent or it is not known before.

    No body: 0 for methods that expect one (RFC 9110 section 8.6), else None. Files and iterables:
    None, even where they have a length.
    """
    if body is None:
        return 0 if method.upper() in hooks.hook("_METHODS_EXPECTING_BODY") else None
    if hasattr(body, "read"):
        return None
    try:
        return memoryview(body).nbytes
    except TypeError:
        return len(body) if isinstance(body, str) else None


hooks.replace(_encode=encode_text, _strip_ipv6_iface=strip_zone)
