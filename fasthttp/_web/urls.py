"""What a URL means: which host, which target, which credentials; and what a Location leads to.

What a person pastes works; what could end a line, or name another host to another reader, is
`InvalidURL`. RFC 3986 has the syntax, WHATWG's URL standard what browsers make of the rest.
"""

from __future__ import annotations

import re
from base64 import b64encode
from http.client import InvalidURL
from typing import NamedTuple
from urllib.parse import unquote, unquote_to_bytes

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

#: The schemes there are, and their ports.
PORTS = {"http": 80, "https": 443}

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: What no request line can carry: it is quoted, or refused.
_UNSENDABLE = re.compile(r"[^\x21-\x7e]")
_END_OF_AUTHORITY = re.compile(r"[/?#]|\Z")
#: What is in brackets, or a name; perhaps a port.
_HOST_AND_PORT = re.compile(r"(?:\[([^\[\]]*)\]|([^\[\]:]+))(?::([0-9]{0,5}))?")
#: WHATWG's forbidden domain code points are out, as is all that is not ASCII.
_NAME = re.compile(r"""[!$&'()*+,\-.0-9;=A-Z_a-z~]+""")
_ZONE = re.compile(r"[A-Za-z0-9._~-]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_USERINFO = re.compile(r"\A([^/?#]*//)[^/?#]*@")
_PERHAPS_USERINFO = re.compile(r"\A([^/?#]*//)?.*@", re.DOTALL)
#: How much of a text is shown in an error.
_SHOWN = 80


class Url(NamedTuple):
    """A URL, taken apart."""

    #: "http" or "https".
    scheme: str
    #: In ASCII and lower case; an IPv6 address without brackets, with its zone.
    name: str
    port: int
    #: "http://host" or "https://[::1]:8443": equal for all URLs of one origin (RFC 6454).
    origin: str
    #: Path and query, quoted, beginning with "/".
    target: str
    #: Quoted; None where there is none.
    fragment: str | None
    #: The value of an Authorization field, of a name and a password in the URL.
    authorization: str | None


def parse(url: str) -> Url:
    """Return what a URL means. Raises `InvalidURL`, and `TypeError` for what is no str.

    Spaces at both ends are taken off. Spaces and what is not ASCII are quoted in target and
    fragment; what is quoted stays as it is, and so does all else that can be sent. In names, IDNA
    is UTS 46 where the package `idna` is there, and else IDNA 2003, the stdlib's.
    """
    return of_parts(*split(url))


def of_parts(head: str, target: str = "/", fragment: str | None = None) -> Url:
    """Return what the parts mean that `split` gives. Raises `InvalidURL`."""
    scheme, authority = _scheme_and_authority(head)
    userinfo, _, place = authority.rpartition("@")
    if "\\" in authority:
        # Browsers take it for a slash, other readers for a part of a name: for another host.
        raise InvalidURL(f"a backslash before the path, in {place[:_SHOWN]!r}: write / instead")
    try:
        name, port = _name_and_port(place, PORTS[scheme])
    except InvalidURL:
        if "@" not in target:
            raise
        # What was taken for the host may be a part of a password, which no text shows.
        raise InvalidURL(
            "no host, or none with its port: write a / ? or # of a password as %2F, %3F or %23"
        ) from None
    # "%25" stands for the "%" before a zone (RFC 6874).
    origin = f"[{name.replace('%', '%25')}]" if ":" in name else name
    origin = f"{scheme}://{origin}"
    if port != PORTS[scheme]:
        origin = f"{origin}:{port}"
    return Url(scheme, name, port, origin, target, fragment, _authorization(userinfo))


def split(url: str) -> tuple[str, str, str | None]:
    """Return the part that names scheme, credentials, host and port, as it stands there; the
    target; and the fragment. Raises `InvalidURL`, and `TypeError` for what is no str.
    """
    if not isinstance(url, str):
        raise TypeError(f"a URL must be a str, not {type(url).__name__}")
    url = url.strip(" ")
    _refuse_controls(url)
    end = _END_OF_AUTHORITY.search(url, url.find("://") + 3)
    assert end is not None  # noqa: S101 - the end of the str is one
    at = end.start()
    target, mark, fragment = url[at:].partition("#")
    target = quote_target(target if target.startswith("/") else "/" + target)
    return url[:at], target, quote_target(fragment) if mark else None


def quote_target(target: str) -> str:
    """Return a target with its spaces and what is not ASCII quoted, as UTF-8 (RFC 3986 2.5).

    Raises `InvalidURL` for control characters.
    """
    if _UNSENDABLE.search(target) is None:
        return target
    _refuse_controls(target)
    try:
        return _UNSENDABLE.sub(_quoted, target)
    except UnicodeEncodeError as error:
        raise _no_unicode(error) from None


def shown(url: str, *, is_read: bool = True) -> str:
    """Return a URL as it may stand in a text: without name and password.

    `is_read`: whether it could be taken apart. Else all up to the last "@" may be a password.
    """
    return (_USERINFO if is_read else _PERHAPS_USERINFO).sub(r"\1", url)


def join(base: str, reference: str) -> str:
    """Return the URL to which a Location leads from `base` (RFC 3986 5.2, RFC 9110 10.2.2).

    `reference` is a field as `http.client` gives it: each character stands for a byte. The bytes
    are taken as UTF-8 where they are that. As browsers do (WHATWG, "special" schemes): a backslash
    before the query is a slash; "http:/path" and "http:path" are relative to a base of the same
    scheme; any number of slashes may precede a host; "%2e" is a dot where dots mean something. The
    fragment of `base` stays where the reference has none, and so do its name and password where
    the reference names no host.

    Raises `InvalidURL` for what leads to no http or https URL.
    """
    head, old_target, old_fragment = split(base)
    scheme, _ = _scheme_and_authority(head)
    text, has_fragment, fragment = _text_of(reference).partition("#")
    path, has_query, query = text.partition("?")
    path = path.replace("\\", "/")
    found = _SCHEME.match(path)
    if found is not None:
        named = found[1].lower()
        if named not in PORTS:
            raise InvalidURL(
                f"a redirect leads to {shown(reference)[:_SHOWN]!r}, which is no http:// or"
                " https:// URL"
            )
        path = path[found.end() :]
        if named != scheme or path.startswith("//"):
            path = "//" + path
        scheme = named
    if path.startswith("//"):
        authority, slash, rest = path.lstrip("/").partition("/")
        head, path = f"{scheme}://{authority}", slash + rest
    else:
        old_path, had_query, old_query = old_target.partition("?")
        old_path = old_path.replace("\\", "/")
        if not path:
            path = old_path
            if not has_query:
                has_query, query = had_query, old_query
        elif not path.startswith("/"):
            path = f"{old_path.rpartition('/')[0]}/{path}"
    url = _whole(head, _without_dots(path) + has_query + query)
    if not has_fragment:
        return url if old_fragment is None else f"{url}#{old_fragment}"
    return f"{url}#{quote_target(fragment)}"


# -------------------------------------------------------------------- the parts


def _scheme_and_authority(head: str) -> tuple[str, str]:
    scheme, colon, authority = head.partition("://")
    scheme = scheme.lower()
    if not colon or scheme not in PORTS:
        begins = scheme if colon else head.rpartition("@")[2]
        raise InvalidURL(f"a URL must begin with http:// or https://, not with {begins[:_SHOWN]!r}")
    return scheme, authority


def _name_and_port(place: str, usual: int) -> tuple[str, int]:
    """Return name and port of "name", "name:port", "[v6]" or "[v6]:port"."""
    found = _HOST_AND_PORT.fullmatch(place)
    if found is None:
        raise InvalidURL(
            f"{place[:_SHOWN]!r} is no host, and no host:port: write http://example.org/ or"
            " http://example.org:8080/"
        )
    literal, name, digits = found.groups()
    port = int(digits) if digits else usual
    if not 0 < port < 65536:
        raise InvalidURL(f"the port must be from 1 to 65535, not {port}")
    return (_ascii_name(name) if literal is None else _address(literal)), port


def _ascii_name(name: str) -> str:
    made = name
    try:
        if "%" in name:
            made = unquote(name, errors="strict")
        if not made.isascii():
            made = _to_ascii(made)
    except ValueError as error:  # UnicodeError is one; `idna` raises both
        raise InvalidURL(f"{name[:_SHOWN]!a} is no name of a host: {error}") from None
    if not made:  # of characters that names are written without, such as a soft hyphen
        raise InvalidURL(f"{name[:_SHOWN]!a} is no name of a host: nothing is left of it")
    if _NAME.fullmatch(made) is None:
        wrong = next(character for character in made if _NAME.fullmatch(character) is None)
        raise InvalidURL(f"{name[:_SHOWN]!a} is no name of a host: {wrong!a} can be in none")
    return made.lower()


def _address(literal: str) -> str:
    """Return an IPv6 address in its one form (RFC 5952), with its zone."""
    from ipaddress import IPv6Address  # takes milliseconds, and such URLs are rare

    address, percent, zone = literal.partition("%")
    if zone.startswith("25") and len(zone) > 2:  # RFC 6874: "%25" stands for "%"
        zone = zone[2:]
    try:
        made = IPv6Address(address)
    except ValueError as error:
        raise InvalidURL(f"{literal[:_SHOWN]!a} is no IPv6 address: {error}") from None
    if percent and _ZONE.fullmatch(zone) is None:
        raise InvalidURL(
            f"{literal[:_SHOWN]!a} is no IPv6 address with a zone: write [fe80::1%25eth0]"
        )
    text = str(made)
    if made.ipv4_mapped is not None:  # which Pythons write in two ways
        low = int(made.ipv4_mapped)
        text = f"::ffff:{low >> 16:x}:{low & 0xFFFF:x}"
    return text + percent + zone


def _authorization(userinfo: str) -> str | None:
    """Return Basic credentials (RFC 7617) of "name:password", both quoted."""
    quoted, _, password = userinfo.partition(":")
    if not (quoted or password):
        return None
    try:
        name = unquote_to_bytes(quoted)
        both = name + b":" + unquote_to_bytes(password)
    except UnicodeEncodeError as error:
        raise _no_unicode(error) from None
    if b":" in name:
        raise InvalidURL(
            "the name before the host has a colon, which Basic credentials cannot say: give an"
            " Authorization header"
        )
    return "Basic " + b64encode(both).decode("ascii")


# ------------------------------------------------------------------------- IDNA


def _find_idna() -> Any:
    """Return the package `idna`; None where it is not there."""
    from importlib import import_module

    try:
        return import_module("idna")
    except ImportError:
        return None


def _to_ascii(name: str) -> str:
    """Return a name in ASCII. Raises `UnicodeError`."""
    idna = _find_idna()
    if idna is None:
        return name.encode("idna").decode("ascii")
    # As WHATWG's "domain to ASCII": emoji and the like, which IDNA 2008 refuses, are names.
    labels = idna.uts46_remap(name, False).split(".")
    if "" in labels[:-1]:
        raise UnicodeError("a label is empty")
    return ".".join(_to_ascii_label(idna, label) for label in labels)


def _to_ascii_label(idna: Any, label: str) -> str:
    if label.isascii():
        return label
    idna.check_initial_combiner(label)
    idna.check_bidi(label)
    for at, character in enumerate(label):
        if character in "\u200c\u200d" and not idna.valid_contextj(label, at):
            raise UnicodeError(f"a joiner where none may be, at {at}")
    made = "xn--" + label.encode("punycode").decode("ascii")
    if len(made) > 63:
        raise UnicodeError("a label is too long")
    return made


# ---------------------------------------------------------------------- quoting


def _refuse_controls(text: str) -> None:
    found = _CONTROL.search(text)
    if found is not None:
        raise InvalidURL(
            f"a URL can't contain control characters: {found[0]!r} at {found.start()} must be"
            f" taken out, or be quoted as %{ord(found[0]):02X}"
        )


def _no_unicode(error: UnicodeEncodeError) -> InvalidURL:
    wrong = error.object[error.start]
    return InvalidURL(f"a URL can't contain {wrong!a}, which is half a character: take it out")


def _quoted(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())


def _text_of(reference: str) -> str:
    """Return the text of a Location: its bytes are UTF-8, or stay what they are."""
    text = reference.strip(" \t\r\n")
    _refuse_controls(text)
    if text.isascii():
        return text
    try:
        raw = text.encode("latin-1")
    except UnicodeEncodeError:  # not from http.client
        return text
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return "".join(chr(byte) if byte < 128 else f"%{byte:02X}" for byte in raw)


def _without_dots(path: str) -> str:
    """RFC 3986 5.2.4; "%2e" is a dot for browsers."""
    kept: list[str] = []
    dots = ""
    for segment in path.split("/")[1:]:
        dots = segment.lower().replace("%2e", ".")
        if dots == "..":
            del kept[-1:]
        elif dots != ".":
            kept.append(segment)
    if dots in (".", ".."):  # what is left is a folder
        kept.append("")
    return "/" + "/".join(kept)


def _whole(head: str, target: str) -> str:
    """Return a URL in its one form; the credentials stay in it."""
    found = of_parts(head)
    userinfo = head.partition("://")[2].rpartition("@")[0]
    if not userinfo:
        return found.origin + quote_target(target)
    userinfo = quote_target(userinfo.replace("@", "%40"))
    return f"{found.scheme}://{userinfo}@{found.origin.partition('://')[2]}{quote_target(target)}"
