"""Other people's hands on `http.client`: before install(), after it, and in between.

Each tool, subclass, instance or assignment sees what it sees without install(), and what it does
not touch stays fast.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import http.client
import io
import sys
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest

from ..client.scripted_server import Script

_ANSWER = (
    b"HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n5\r\nthere\r\n0\r\n\r\n"
)
#: What tracing tools, tests and programs wrap.
_WRAPPED = [
    *("HTTPConnection.request", "HTTPConnection._send_request", "HTTPConnection.putrequest"),
    *("HTTPConnection.putheader", "HTTPConnection.endheaders", "HTTPConnection._send_output"),
    *("HTTPConnection._output", "HTTPConnection.send", "HTTPConnection.connect"),
    *("HTTPConnection.getresponse", "HTTPConnection._validate_path", "HTTPConnection._tunnel"),
    *("HTTPConnection._encode_request", "HTTPConnection._validate_method"),
    *("HTTPResponse.begin", "HTTPResponse._read_status", "HTTPResponse._check_close"),
    *("HTTPResponse.read", "HTTPResponse._read_chunked", "HTTPResponse._get_chunk_left"),
    *("HTTPResponse._read_next_chunk_size", "HTTPResponse._safe_read", "HTTPResponse.close"),
    *("HTTPResponse._read_and_discard_trailer", "HTTPResponse._close_conn"),
    *("HTTPResponse.getheader", "parse_headers", "_read_headers"),
    *(("_parse_header_lines",) if sys.version_info >= (3, 12) else ()),
]
_GLOBALS = ["_is_legal_header_name", "_is_illegal_header_value", "_encode"]


def _owner(place: str) -> tuple[Any, str]:
    owner, _, name = place.rpartition(".")
    return (getattr(http.client, owner) if owner else http.client), name


class _Tool:
    """A tracing tool: wraps what it is told to, and notes every call."""

    def __init__(self, *places: str) -> None:
        self.places = places
        self.seen: list[tuple[Any, ...]] = []
        self._saved: list[tuple[Any, str, Any]] = []

    def activate(self) -> None:
        for place in self.places:
            owner, name = _owner(place)
            inner = vars(owner)[name]
            self._saved.append((owner, name, inner))
            setattr(owner, name, self._wrap(place, inner))

    def deactivate(self) -> None:
        while self._saved:
            setattr(*self._saved.pop())

    def _wrap(self, place: str, inner: Callable[..., Any]) -> Any:
        @functools.wraps(inner)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            shown = [arg for arg in args if isinstance(arg, (str, bytes, int, type(None)))]
            self.seen.append((place, shown, sorted(kwargs)))
            return inner(*args, **kwargs)

        return wrapper


def _exchange(make: Callable[[Script], Any], sends: str = "request") -> Any:
    """A request and its response, by `request` or line by line; what came of it."""
    with Script() as script:
        script.answers(_ANSWER)
        connection = make(script)
        for again in (False, True):
            if again:
                script.says(_ANSWER)
            if sends == "request":
                connection.request("POST", "/path", "body", {"A": "b", "C": 1})
            else:
                connection.putrequest("POST", "/path")
                connection.putheader("A", "b")
                connection.putheader("Content-Length", "4")
                connection.endheaders(b"body")
            response = connection.getresponse()
            got = (response.getheader("a"), response.read(7), response.read())
        connection.close()
        return got, script.heard()


def _plain(script: Script) -> Any:
    return script.connection(http.client)


@pytest.mark.full(any=("order",))
@pytest.mark.parametrize("sends", ["request", "lines"])
@pytest.mark.parametrize("order", ["before", "after", "reinstalled", "removed first"])
@pytest.mark.parametrize("place", [*_WRAPPED, *_GLOBALS, " ".join(_WRAPPED)])
def test_a_tool_sees_all(fasthttp: Any, place: str, order: str, sends: str) -> None:
    expected = _Tool(*place.split())
    expected.activate()
    outcome = _exchange(_plain, sends)
    expected.deactivate()

    tool = _Tool(*place.split())
    if order == "before":
        tool.activate()
        fasthttp.install()
    else:
        fasthttp.install()
        tool.activate()
        if order == "reinstalled":
            fasthttp.install()
    if order == "removed first":
        with contextlib.suppress(Warning):
            fasthttp.uninstall()
    try:
        assert _exchange(_plain, sends) == outcome
        assert tool.seen == expected.seen
    finally:
        tool.deactivate()
        fasthttp.uninstall()


def test_what_is_wrapped_is_left_to_the_tool(fasthttp: Any) -> None:
    tool = _Tool("HTTPConnection.putrequest", "HTTPResponse.begin", "HTTPConnection.send")
    tool.activate()
    wrappers = {place: vars(_owner(place)[0])[_owner(place)[1]] for place in tool.places}
    left = fasthttp.install()
    assert left.keys() == {"HTTPConnection.putrequest", "HTTPResponse.begin"}
    for place, wrapper in wrappers.items():
        assert vars(_owner(place)[0])[_owner(place)[1]] is wrapper
    assert fasthttp.uninstall() == []
    tool.deactivate()


def test_uninstall_leaves_a_wrapper_and_says_so(fasthttp: Any) -> None:
    fasthttp.install()
    tool = _Tool("HTTPConnection.putheader")
    tool.activate()
    wrapper = http.client.HTTPConnection.putheader
    with pytest.warns(fasthttp.InstallWarning, match="HTTPConnection.putheader"):
        assert fasthttp.uninstall() == ["HTTPConnection.putheader"]
    assert http.client.HTTPConnection.putheader is wrapper
    assert not fasthttp.installed()
    assert _exchange(_plain)[0] == ("b", b"helloth", b"ere")
    assert tool.seen
    tool.deactivate()
    assert fasthttp.uninstall() == []  # what came back with it is taken out


@pytest.mark.parametrize("place", ["HTTPResponse.begin", "parse_headers", "HTTPResponse.read"])
def test_what_a_wrapper_leads_to_is_the_original_again(fasthttp: Any, place: str) -> None:
    """With newest=True as well, where the signature was another."""

    def run() -> list[Any]:
        outcomes = [_exchange(_plain)]
        with mock.patch.object(http.client, "_MAXHEADERS", 2):  # where the leaf steps aside
            try:
                outcomes.append(_exchange(_plain))
            except http.client.HTTPException as error:
                outcomes.append(str(error))
        return outcomes

    expected = run()
    fasthttp.install(newest=True)
    tool = _Tool(place)
    tool.activate()
    with contextlib.suppress(Warning):
        fasthttp.uninstall()
    assert run() == expected
    assert tool.seen
    tool.deactivate()
    fasthttp.uninstall()


def test_classes_put_in_the_place_of_the_stdlibs(fasthttp: Any) -> None:
    """Some tools do so for a while: what others have inherited from is still reached."""
    own = http.client.HTTPConnection
    before = own.putheader
    other = type("HTTPConnection", (), {"putheader": lambda self: None})
    with mock.patch.object(http.client, "HTTPConnection", other):
        theirs = vars(other)["putheader"]
        assert fasthttp.install() == {}
        assert vars(other)["putheader"] is theirs
        assert own.putheader is not before
        assert fasthttp.uninstall() == []
    assert own.putheader is before


def test_a_subclass_that_has_no_host(fasthttp: Any, script: Script) -> None:
    script.answers(_ANSWER)
    connection = script.connection(http.client)
    connection.connect()
    del connection.host, connection.port, connection._tunnel_host
    fasthttp.install()
    connection.request("GET", "/", headers={"Host": "own"})
    assert connection.getresponse().read() == b"hellothere"


def test_a_function_moved_from_elsewhere_is_not_replaced(fasthttp: Any) -> None:
    """The module's own code, but not in its own place."""
    moved = http.client.HTTPConnection.endheaders
    with mock.patch.object(http.client.HTTPConnection, "putheader", moved):
        assert "HTTPConnection.putheader" in fasthttp.install()
        assert http.client.HTTPConnection.putheader is moved
        fasthttp.uninstall()


def test_rewritten_code_is_not_replaced(fasthttp: Any) -> None:
    """Some tools leave the function and change its code."""
    function = http.client.HTTPResponse._read_status
    other = function.__code__.replace(co_consts=(*function.__code__.co_consts, "traced"))
    before, function.__code__ = function.__code__, other
    try:
        assert fasthttp.install() == {}
        with _plain_begin_only(fasthttp) as calls:
            _exchange(_plain)
        assert calls  # begin() went the plain way, where the changed code runs
    finally:
        function.__code__ = before


@contextlib.contextmanager
def _plain_begin_only(fasthttp: Any) -> Iterator[list[Any]]:
    """Notes the calls of the original begin()."""
    calls: list[Any] = []
    from sys import setprofile

    code = fasthttp.patch.found["HTTPResponse.begin"].__code__

    def note(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code is code:
            calls.append(event)

    setprofile(note)
    try:
        yield calls
    finally:
        setprofile(None)


# ------------------------------------------------------------------------- subclasses


def _noting(cls: type, name: str, seen: list[str]) -> type:
    """A subclass that overrides a method, notes its calls, and calls the one above."""
    above = getattr(cls, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append(name)
        return above(self, *args, **kwargs)

    return type("Noting", (cls,), {name: method})


@pytest.mark.parametrize("sends", ["request", "lines"])
@pytest.mark.parametrize("how", ["subclass", "instance"])
@pytest.mark.parametrize("place", [place for place in _WRAPPED if "." in place])
def test_an_override_is_called(fasthttp: Any, place: str, how: str, sends: str) -> None:
    def run() -> tuple[list[str], Any]:
        seen: list[str] = []
        cls, name = _owner(place)

        def make(script: Script) -> Any:
            connection: Any = script.connection(http.client)
            if cls is http.client.HTTPConnection:
                _override(connection, name, seen, how)
            else:
                connection.response_class = lambda *args, **kwargs: _override(
                    http.client.HTTPResponse(*args, **kwargs), name, seen, how
                )
            return connection

        # An override on an instance makes a cycle: when that is collected, and the response closed
        # by it, is no difference.
        gc.disable()
        try:
            came = _exchange(make, sends)
            return list(seen), came
        finally:
            gc.enable()

    expected = run()
    fasthttp.install()
    assert run() == expected


def _override(instance: Any, name: str, seen: list[str], how: str) -> Any:
    if how == "subclass":
        instance.__class__ = _noting(type(instance), name, seen)
    else:
        inner = getattr(instance, name)

        def method(*args: Any, **kwargs: Any) -> Any:
            seen.append(name)
            return inner(*args, **kwargs)

        setattr(instance, name, method)
    return instance


# ---------------------------------------------------------------------------- globals


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_MAXLINE", 20),
        ("_MAXHEADERS", 2),
        ("_METHODS_EXPECTING_BODY", set()),
        ("_contains_disallowed_url_pchar_re", __import__("re").compile("path")),
        ("print", None),
    ],
)
@pytest.mark.parametrize("order", ["before", "after"])
def test_assignments_count(fasthttp: Any, name: str, value: Any, order: str) -> None:
    def run() -> Any:
        try:
            return _exchange(_plain)
        except Exception as error:
            return type(error), str(error)

    with mock.patch.object(http.client, name, value, create=True):
        expected = run()
    if order == "after":
        fasthttp.install()
    with mock.patch.object(http.client, name, value, create=True):
        fasthttp.install()
        assert run() == expected
        fasthttp.uninstall()


@pytest.mark.parametrize("debuglevel", [1])
def test_debuglevel_prints_the_same(
    fasthttp: Any, capsys: pytest.CaptureFixture[str], debuglevel: int
) -> None:
    with mock.patch.object(http.client.HTTPConnection, "debuglevel", debuglevel):
        _exchange(_plain)
        expected = capsys.readouterr().out
        fasthttp.install()
        _exchange(_plain)
    assert expected and capsys.readouterr().out == expected


def test_the_file_is_that_of_makefile(fasthttp: Any, script: Script) -> None:
    script.answers(_ANSWER)
    fasthttp.install()
    connection = script.connection(http.client)
    connection.request("GET", "/")
    response = connection.getresponse()
    assert type(response.fp) is io.BufferedReader
    assert response.fp.raw._sock is connection.sock
    assert response.fp.readline() == b"5\r\n"  # as urllib3 reads chunks
    assert response._safe_read(7) == b"hello\r\n"
