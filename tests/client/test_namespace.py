"""The names: all that http.client of CPython 3.15.2 has, and what of it is the very same object."""

from __future__ import annotations

import ast
import builtins
import http
import http.client
import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import fasthttp

from .conftest import is_ours


def _words(text: str) -> list[str]:
    return text.split()


PUBLIC = _words(
    """
    HTTPResponse HTTPConnection HTTPSConnection HTTPException NotConnected UnknownProtocol
    UnknownTransferEncoding UnimplementedFileMode IncompleteRead InvalidURL
    ImproperConnectionState CannotSendRequest CannotSendHeader ResponseNotReady BadStatusLine
    LineTooLong RemoteDisconnected error responses
"""
)

NOT_IN_ALL = _words(
    """
    HTTPMessage parse_headers HTTP_PORT HTTPS_PORT
    email errno http io re socket sys collections urlsplit ssl
    _UNKNOWN _CS_IDLE _CS_REQ_STARTED _CS_REQ_SENT
    _MAXLINE _MAXHEADERS _MAXINTERIMRESPONSES _MIN_READ_BUF_SIZE _METHODS_EXPECTING_BODY
    _is_legal_header_name _is_illegal_header_value
    _contains_disallowed_url_pchar_re _contains_disallowed_method_pchar_re
    _encode _strip_ipv6_iface _read_headers _parse_header_lines _create_https_context
"""
)

STATUSES = _words(
    """
    CONTINUE SWITCHING_PROTOCOLS PROCESSING EARLY_HINTS OK CREATED ACCEPTED
    NON_AUTHORITATIVE_INFORMATION NO_CONTENT RESET_CONTENT PARTIAL_CONTENT MULTI_STATUS
    ALREADY_REPORTED IM_USED MULTIPLE_CHOICES MOVED_PERMANENTLY FOUND SEE_OTHER NOT_MODIFIED
    USE_PROXY TEMPORARY_REDIRECT PERMANENT_REDIRECT BAD_REQUEST UNAUTHORIZED PAYMENT_REQUIRED
    FORBIDDEN NOT_FOUND METHOD_NOT_ALLOWED NOT_ACCEPTABLE PROXY_AUTHENTICATION_REQUIRED
    REQUEST_TIMEOUT CONFLICT GONE LENGTH_REQUIRED PRECONDITION_FAILED REQUEST_ENTITY_TOO_LARGE
    REQUEST_URI_TOO_LONG UNSUPPORTED_MEDIA_TYPE REQUESTED_RANGE_NOT_SATISFIABLE
    EXPECTATION_FAILED IM_A_TEAPOT MISDIRECTED_REQUEST UNPROCESSABLE_ENTITY LOCKED
    FAILED_DEPENDENCY TOO_EARLY UPGRADE_REQUIRED PRECONDITION_REQUIRED TOO_MANY_REQUESTS
    REQUEST_HEADER_FIELDS_TOO_LARGE UNAVAILABLE_FOR_LEGAL_REASONS INTERNAL_SERVER_ERROR
    NOT_IMPLEMENTED BAD_GATEWAY SERVICE_UNAVAILABLE GATEWAY_TIMEOUT HTTP_VERSION_NOT_SUPPORTED
    VARIANT_ALSO_NEGOTIATES INSUFFICIENT_STORAGE LOOP_DETECTED NOT_EXTENDED
    NETWORK_AUTHENTICATION_REQUIRED
"""
)

#: Of 3.13 and later: the number that each stands for.
NEWER_STATUSES = {
    "CONTENT_TOO_LARGE": 413,
    "URI_TOO_LONG": 414,
    "RANGE_NOT_SATISFIABLE": 416,
    "UNPROCESSABLE_CONTENT": 422,
}

METHODS = {
    "HTTPConnection": _words(
        """
        set_tunnel set_debuglevel get_proxy_response_headers connect close send putrequest
        putheader endheaders request getresponse _is_textIO _get_content_length _get_hostport
        _wrap_ipv6 _tunnel _output _read_readable _send_output _encode_request _validate_method
        _validate_path _validate_host _send_request
        _http_vsn _http_vsn_str response_class default_port auto_open debuglevel
    """
    ),
    "HTTPSConnection": ["connect", "default_port"],
    "HTTPResponse": _words(
        """
        begin close flush readable isclosed read readinto read1 peek readline fileno getheader
        getheaders info geturl getcode __iter__ _read_status _check_close _close_conn
        _read_next_chunk_size _read_and_discard_trailer _get_chunk_left _read_chunked
        _readinto_chunked _safe_read _safe_readinto _read1_chunked _peek_chunked
    """
    ),
}

_EXCEPTIONS = [
    name
    for name in PUBLIC
    if isinstance(getattr(http.client, name), type)
    and issubclass(getattr(http.client, name), BaseException)
]


@pytest.mark.parametrize("name", [*PUBLIC, *NOT_IN_ALL, *STATUSES])
def test_every_name_is_there(newest_client: ModuleType, name: str) -> None:
    assert hasattr(newest_client, name)
    assert name in dir(newest_client)


@pytest.mark.parametrize("name", NEWER_STATUSES)
def test_every_status_of_the_newest_python_is_there(newest_client: ModuleType, name: str) -> None:
    assert getattr(newest_client, name) == NEWER_STATUSES[name]


def test_every_name_of_the_running_python_is_there(client: ModuleType) -> None:
    names = {name for name in vars(http.client) if not name.startswith("__")}
    assert {name for name in names if not hasattr(client, name)} == set()
    assert names <= set(dir(client))


def test_a_prompt_and_help_find_every_name() -> None:
    """Those that are imported late, too; in a process where nothing has asked for them."""
    code = "import fasthttp; print(sorted(set(fasthttp.__all__) - set(dir(fasthttp))))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).stdout == b"[]\n"


def test_a_name_that_is_not_there_is_missed_where_it_was_looked_for() -> None:
    for module in (fasthttp, fasthttp.client):
        said = f"module '{module.__name__}' has no attribute 'x'"
        with pytest.raises(AttributeError, match=said):
            module.x  # noqa: B018


def _declared() -> dict[str, ast.expr | None]:
    """By name: the type that _names.pyi gives to it; None for modules and functions."""
    file = Path(fasthttp.__file__).with_name("_names.pyi")
    tree = ast.parse(file.read_text("utf-8"))
    found: dict[str, ast.expr | None] = {}
    public: set[str] = set()
    for each in tree.body:
        if isinstance(each, ast.Assign):
            public = set(ast.literal_eval(each.value))
        elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            found[each.target.id] = each.annotation
        elif isinstance(each, ast.FunctionDef):
            found[each.name] = None
        elif isinstance(each, (ast.Import, ast.ImportFrom)):
            found |= {(it.asname or it.name).partition(".")[0]: None for it in each.names}
    assert public <= found.keys()
    return {name: found[name] for name in public}


def test_what_is_declared_for_type_checkers_is_what_is_looked_up() -> None:
    """All of `http.client`'s names that are not in client.py itself, and no other."""
    own = vars(fasthttp.client)["_own"]
    # A module that client.py needs itself is not thereby exported from it.
    in_client = {name for name, value in own.items() if not isinstance(value, ModuleType)}
    names = {*PUBLIC, *NOT_IN_ALL, *STATUSES, *NEWER_STATUSES}
    here = {name for name in vars(http.client) if not name.startswith("__")}
    assert _declared().keys() == names - in_client
    # The print of 3.15 is Python's own.
    assert here - in_client - {"print"} <= _declared().keys()


def test_what_is_declared_is_true(client: ModuleType) -> None:
    kinds = {"int": int, "str": str, "set[str]": set, "re.Pattern[str]": re.Pattern}
    for name, declared in _declared().items():
        value = getattr(client, name)
        text = "" if declared is None else ast.unparse(declared)
        if text.startswith("Literal[HTTPStatus."):
            status = text.removeprefix("Literal[HTTPStatus.").removesuffix("]")
            assert value is http.HTTPStatus[status]
        elif text in kinds:
            assert type(value) is kinds[text], name
        else:
            assert text.startswith("Callable[") or declared is None, name
            assert callable(value) or isinstance(value, ModuleType)


@pytest.mark.parametrize("owner", METHODS)
def test_every_method_is_there(newest_client: ModuleType, owner: str) -> None:
    for name in METHODS[owner]:
        assert hasattr(getattr(newest_client, owner), name), name


def test_all_is_that_of_the_stdlib(newest_client: ModuleType) -> None:
    assert set(newest_client.__all__) == set(PUBLIC)
    assert len(newest_client.__all__) == len(PUBLIC)


@pytest.mark.parametrize("name", [*_EXCEPTIONS, "HTTPMessage", "responses", "error"])
def test_what_must_be_the_same_is_the_very_same(client: ModuleType, name: str) -> None:
    assert getattr(client, name) is getattr(http.client, name)


def test_there_are_exceptions_to_compare() -> None:
    assert len(_EXCEPTIONS) == 15


def test_statuses_are_those_of_http(client: ModuleType) -> None:
    for name, status in http.HTTPStatus.__members__.items():
        assert getattr(client, name) is status
        assert client.responses[status] == status.phrase


def test_what_is_no_name_is_an_attribute_error(client: ModuleType) -> None:
    for name in ("no_such_name", "_NO_SUCH_NAME", "NO_SUCH_STATUS"):
        assert not hasattr(client, name)
        with pytest.raises(AttributeError, match=name):
            getattr(client, name)


@pytest.mark.parametrize("name", ["HTTPConnection", "HTTPSConnection", "HTTPResponse"])
def test_classes_are_derived_from_those_of_the_stdlib(client: ModuleType, name: str) -> None:
    ours, theirs = getattr(client, name), getattr(http.client, name)
    assert ours is not theirs
    assert issubclass(ours, theirs)
    assert ours.__name__ == name
    assert ours.__doc__


def test_instances_are_instances(client: ModuleType) -> None:
    plain, secure = client.HTTPConnection("a"), client.HTTPSConnection("a")
    assert isinstance(plain, http.client.HTTPConnection)
    assert isinstance(secure, http.client.HTTPSConnection)
    assert isinstance(secure, client.HTTPConnection)
    assert not isinstance(plain, http.client.HTTPSConnection)


SIGNATURES = {
    ("HTTPConnection", "__init__"): (
        "(self, host, port=None, timeout=D, source_address=None, blocksize=8192, *, "
        "max_response_headers=None)"
    ),
    (
        "HTTPConnection",
        "request",
    ): "(self, method, url, body=None, headers={}, *, encode_chunked=False)",
    ("HTTPConnection", "putrequest"): (
        "(self, method, url, skip_host=False, skip_accept_encoding=False)"
    ),
    ("HTTPConnection", "putheader"): "(self, header, *values)",
    ("HTTPConnection", "endheaders"): "(self, message_body=None, *, encode_chunked=False)",
    ("HTTPConnection", "send"): "(self, data)",
    ("HTTPConnection", "set_tunnel"): "(self, host, port=None, headers=None)",
    ("HTTPConnection", "set_debuglevel"): "(self, level)",
    ("HTTPResponse", "__init__"): "(self, sock, debuglevel=0, method=None, url=None)",
    ("HTTPResponse", "begin"): "(self, *, _max_headers=None)",
    ("HTTPResponse", "read"): "(self, amt=None)",
    ("HTTPResponse", "readinto"): "(self, b)",
    ("HTTPResponse", "read1"): "(self, n=-1)",
    ("HTTPResponse", "peek"): "(self, n=-1)",
    ("HTTPResponse", "readline"): "(self, limit=-1)",
    ("HTTPResponse", "getheader"): "(self, name, default=None)",
}

#: What http.client does not have.
ADDED = {
    "on_informational",
    "strict",
    "skip_bad_lines",
    "max_head_bytes",
    "deadline",
    "retry_stale",
    "idle_timeout",
}


@pytest.mark.parametrize("key", SIGNATURES, ids=".".join)
def test_signatures(newest_client: ModuleType, key: tuple[str, str]) -> None:
    function = getattr(getattr(newest_client, key[0]), key[1])
    empty = inspect.Parameter.empty
    signature = inspect.signature(function)
    parameters = [
        parameter.replace(
            annotation=empty,
            default=_Shown() if parameter.name == "timeout" else parameter.default,
        )
        for parameter in signature.parameters.values()
    ]
    if is_ours(newest_client):  # whose own are by name, and behind
        added = [it for it in parameters if it.name in ADDED]
        assert all(it.kind is it.KEYWORD_ONLY for it in added)
        parameters = [it for it in parameters if it not in added]
    bare = signature.replace(parameters=parameters, return_annotation=empty)
    assert str(bare) == SIGNATURES[key]


class _Shown:
    def __repr__(self) -> str:
        return "D"


def test_signature_of_https(newest_client: ModuleType) -> None:
    """All but host and port by name; older arguments are extra."""
    parameters = inspect.signature(newest_client.HTTPSConnection.__init__).parameters
    assert list(parameters)[:3] == ["self", "host", "port"]
    by_name = {name for name, it in parameters.items() if it.kind is it.KEYWORD_ONLY}
    expected = {"timeout", "source_address", "context", "blocksize", "max_response_headers"}
    assert expected <= by_name
    added = ADDED if is_ours(newest_client) else set()
    assert by_name - expected - added <= {"key_file", "cert_file", "check_hostname"}
    assert added <= by_name
    assert parameters["blocksize"].default == 8192


# ------------------------------------------------------------------- importing it


def _run(code: str) -> None:
    """Run code in a Python of its own, in this tree."""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)


def test_star_gives_what_all_says(client: ModuleType) -> None:
    namespace: dict[str, Any] = {}
    builtins.exec("from fasthttp.client import *", namespace)
    assert set(PUBLIC) <= set(namespace)
    assert not {name for name in namespace if name.startswith("_") and name != "__builtins__"}


def test_star_of_the_package_gives_the_same_and_two_more() -> None:
    _run(
        "import http.client\n"
        "namespace = {}\n"
        "exec('from fasthttp import *', namespace)\n"
        "del namespace['__builtins__']\n"
        "wanted = set(http.client.__all__) | {'implementation', '__version__'}\n"
        "assert wanted <= set(namespace), wanted - set(namespace)\n"
    )


def test_the_package_has_the_names_of_its_client() -> None:
    import fasthttp
    import fasthttp.client

    for name in PUBLIC:
        assert getattr(fasthttp, name) is getattr(fasthttp.client, name)
    for name in ("HTTPMessage", "HTTP_PORT", "HTTPS_PORT", "OK", "NOT_FOUND", "parse_headers"):
        assert getattr(fasthttp, name) == getattr(fasthttp.client, name)
    assert fasthttp.implementation in ("c", "py")
    assert not hasattr(fasthttp, "no_such_name")
    assert {"implementation", "__version__"} <= set(fasthttp.__all__)


def test_the_version_is_one() -> None:
    import fasthttp

    assert isinstance(fasthttp.__version__, str)
    parts = fasthttp.__version__.split(".")
    assert len(parts) >= 3
    assert parts[0].isdigit()
    assert parts[1].isdigit()


def test_every_way_of_importing_it() -> None:
    for line in (
        "import fasthttp.client as client; client.HTTPConnection('a')",
        "from fasthttp import client; client.HTTPConnection('a')",
        "from fasthttp import HTTPSConnection; HTTPSConnection('a')",
        "from fasthttp.client import HTTPResponse, IncompleteRead, OK, _MAXLINE, parse_headers",
        "import fasthttp; fasthttp.client.HTTPConnection('a'); fasthttp.HTTPConnection('a')",
        "import importlib; importlib.import_module('fasthttp.client').HTTPConnection('a')",
    ):
        _run(line)


def test_importing_it_changes_nothing_of_the_stdlib() -> None:
    _run(
        "import http.client\n"
        "before = dict(vars(http.client))\n"
        "methods = {c: dict(vars(c)) for c in before.values() if isinstance(c, type)}\n"
        "import fasthttp, fasthttp.client\n"
        "assert dict(vars(http.client)) == before\n"
        "for c, known in methods.items():\n"
        "    assert {k: v for k, v in vars(c).items() if k != '_abc_impl'} == "
        "{k: v for k, v in known.items() if k != '_abc_impl'}, c\n"
    )


def test_it_can_take_the_place_of_the_stdlib() -> None:
    """As the suites of CPython are run: swapped in before anybody imports it."""
    _run(
        "import sys, http, fasthttp.client as client\n"
        "sys.modules['http.client'] = http.client = client\n"
        "import urllib.request, xmlrpc.client, http.server, http.cookiejar\n"
        "assert issubclass(urllib.request.HTTPHandler, object)\n"
    )
