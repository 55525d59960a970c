"""The ordinary exchange in C: it is taken where it should be, and steps aside, with nothing done,
wherever something that it skips could be seen.
"""

from __future__ import annotations

import copy
import inspect
import pickle
import socket
import subprocess
import sys
import weakref
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any, cast
from unittest import mock

import pytest

import fasthttp.client as client_module
from fasthttp._bench.implementations import load_implementation

from ..implementations import IMPLEMENTATIONS, WITHOUT_C
from .scripted_server import Script

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
_WHOLE = {"send": True, "receive": True, "read": True}


def _plain(cls: Any, name: str) -> Any:
    """The method of Python, behind the one of C if there is one."""
    method = vars(cls)[name]
    return getattr(method, "__wrapped__", method)


def _of_receiving(client: ModuleType) -> dict[str, Any]:
    """Where a head that `getresponse` has not taken in C is taken."""
    namespace = _plain(client.HTTPConnection, "getresponse").__globals__["receive"].__globals__
    return cast("dict[str, Any]", namespace)


class _Watched:
    """What each step of the last exchange did in C. It takes the place of what makes and begins a
    response.
    """

    def __init__(self, client: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        self.did: dict[str, bool] = {}
        responses = _of_receiving(client)["usual"]
        requests = _plain(client.HTTPConnection, "request").__globals__["usual_requests"]
        self.make = self._watch("make", responses.make)
        self.begin = self._watch("begin", responses.begin)
        monkeypatch.setitem(_of_receiving(client), "usual", self)
        for does, cls, name, of in (
            ("send", client.HTTPConnection, "request", requests),
            ("receive", client.HTTPConnection, "getresponse", requests),
            ("read", client.HTTPResponse, "read", responses),
        ):
            over = getattr(of, f"{name}_over")(self._stepped_aside(does, _plain(cls, name)))
            monkeypatch.setattr(cls, name, self._tried(does, over))

    def _tried(self, does: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def trying(*given: Any, **named: Any) -> Any:
            self.did[does] = True
            return method(*given, **named)

        return trying

    def _stepped_aside(self, does: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def plain(*given: Any, **named: Any) -> Any:
            self.did[does] = False
            return method(*given, **named)

        return plain

    def _watch(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*given: Any) -> Any:
            result = function(*given)
            self.did[name] = result is not None and result is not False
            return result

        return watched


@pytest.fixture
def c_client() -> ModuleType:
    if WITHOUT_C:
        pytest.skip("there is no compiled codec here, on purpose")
    return load_implementation("c")


@pytest.fixture
def watched(c_client: ModuleType, monkeypatch: pytest.MonkeyPatch) -> _Watched:
    return _Watched(c_client, monkeypatch)


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_it_is_there_in_c_alone(name: str) -> None:
    client = load_implementation(name)
    assert (_of_receiving(client)["usual"] is not None) == (name == "c")
    for cls, methods in (
        (client.HTTPConnection, ("request", "getresponse")),
        (client.HTTPResponse, ("read", "getheader", "__del__")),
    ):
        for method in methods:
            assert (type(vars(cls)[method]) is FunctionType) == (name != "c")
            assert type(_plain(cls, method)) is FunctionType


def _exchange(connection: Any, script: Script, answer: bytes = _OK, *request: Any) -> Any:
    connection.request(*(request or ("GET", "/")))
    script.says(answer)
    response = connection.getresponse()
    assert response.read() == b"ok"
    return response


def _opened(client: ModuleType, script: Script, **options: Any) -> Any:
    """A connection that has carried an exchange, so that it knows its Host line."""
    connection = script.connection(client, **options)
    script.answers(b"")
    _exchange(connection, script)
    return connection


@pytest.mark.parametrize("answer", [_OK, _CHUNKED], ids=["sized", "chunked"])
@pytest.mark.parametrize(
    "request_of",
    [("GET", "/"), ("GET", "/", None, {"A": "b"}), ("POST", "/", b"body"), ("POST", "/")],
    ids=lambda given: f"{given[0]}-{len(given)}",
)
def test_an_ordinary_exchange_is_taken(
    c_client: ModuleType, script: Script, watched: _Watched, answer: bytes, request_of: Any
) -> None:
    connection = _opened(c_client, script)
    for _ in range(2):
        response = _exchange(connection, script, answer, *request_of)
        assert watched.did == _WHOLE
        assert (response.status, response.isclosed(), script.opened) == (200, True, 1)


def _set(name: str, value: Any) -> Callable[[Any], None]:
    return lambda connection: setattr(connection, name, value)


#: By what is out of the ordinary: what does that to a connection, and what then steps aside.
_ASIDE: dict[str, tuple[Callable[[Any], None], set[str]]] = {
    "debuglevel": (lambda connection: connection.set_debuglevel(1), {"send", "receive"}),
    "the version": (_set("_http_vsn", 11), {"send"}),
    "a method of the instance": (lambda own: _set("send", own.send)(own), {"send"}),
    "lines put there": (lambda own: own._buffer.append(b"GET / HTTP/1.1"), {"send"}),
    "a list of somebody's own": (_set("_buffer", type("Lines", (list,), {})()), {"send"}),
    "another host": (_set("host", "example.com"), {"send"}),
    "a port of its own": (_set("default_port", 8080), {"send"}),
    "a class of responses": (
        lambda own: _set("response_class", type("Own", (own.response_class,), {}))(own),
        {"receive", "read"},
    ),
    "a limit of fields": (_set("max_response_headers", 50), set()),
}


@pytest.mark.parametrize("what", _ASIDE)
def test_what_is_out_of_the_ordinary(
    c_client: ModuleType, script: Script, watched: _Watched, what: str
) -> None:
    connection = _opened(c_client, script)
    change, aside = _ASIDE[what]
    change(connection)
    watched.did.clear()
    _exchange(connection, script)
    assert {name for name in _WHOLE if not watched.did.get(name)} == aside
    assert script.opened == 1


@pytest.mark.parametrize(
    "options", [{"deadline": 5}, {"strict": True}, {"retry_stale": True}], ids=str
)
def test_conditions_go_another_way(
    c_client: ModuleType, script: Script, watched: _Watched, options: dict[str, Any]
) -> None:
    connection = _opened(c_client, script, **options)
    _exchange(connection, script)
    assert watched.did["send"] is watched.did["read"] is False


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n",
        b"HTTP/1.0 200 OK\r\n",
    ],
    ids=["interim", "folded", "close", "1.0"],
)
def test_a_head_that_is_not_taken_is_read_by_its_own_response(
    c_client: ModuleType, script: Script, watched: _Watched, head: bytes
) -> None:
    """Of which a part has been received already."""
    connection = _opened(c_client, script)
    watched.did.clear()
    response = _exchange(connection, script, head + b"Content-Length: 2\r\n\r\nok")
    assert watched.did["receive"]
    assert "make" not in watched.did
    assert (connection.sock is None) == (b"close" in head or b"1.0" in head)
    assert response.status == 200


def test_a_head_that_does_not_come(c_client: ModuleType, script: Script, watched: _Watched) -> None:
    connection = _opened(c_client, script)
    connection.request("GET", "/")
    script.hangs_up()
    with pytest.raises(c_client.RemoteDisconnected):
        connection.getresponse()
    script.answers(_OK)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"ok"
    connection.request("GET", "/")
    connection.sock.settimeout(0.01)
    with pytest.raises(TimeoutError):
        connection.getresponse()
    assert "make" not in watched.did


@pytest.mark.parametrize("name", ["host", "sock", "_method", "_HTTPConnection__state"])
def test_a_property_of_a_subclass_is_asked(
    c_client: ModuleType, script: Script, watched: _Watched, name: str
) -> None:
    asked = []

    def get(self: Any) -> Any:
        asked.append(name)
        return vars(self).get(f"own {name}")

    def put(self: Any, value: Any) -> None:
        vars(self)[f"own {name}"] = value

    own = type("Own", (c_client.HTTPConnection,), {name: property(get, put)})("example.org")
    own._create_connection = script.connection(c_client)._create_connection
    script.answers(b"")
    for _ in range(2):
        asked.clear()
        _exchange(own, script)
        assert asked
        assert watched.did["send"] is False
    own.close()


@pytest.mark.parametrize("name", ["begin", "_read_status", "_safe_read", "_close_conn"])
def test_an_assignment_to_the_class_is_seen(
    c_client: ModuleType,
    script: Script,
    watched: _Watched,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    connection = _opened(c_client, script)
    called = []
    original = getattr(c_client.HTTPResponse, name)

    def own(*given: Any, **named: Any) -> Any:
        called.append(name)
        return original(*given, **named)

    monkeypatch.setattr(c_client.HTTPResponse, name, own)
    _exchange(connection, script)
    assert called
    monkeypatch.undo()


def test_bytes_that_nobody_asked_for_end_the_connection(
    c_client: ModuleType, script: Script, watched: _Watched
) -> None:
    connection = _opened(c_client, script)
    script.says(_OK)
    script.answers(b"")
    _exchange(connection, script, _CHUNKED)
    assert (watched.did["send"], script.opened) == (False, 2)


def test_an_answer_that_is_not_read_is_waited_for(
    c_client: ModuleType, script: Script, watched: _Watched
) -> None:
    connection = _opened(c_client, script)
    connection.request("GET", "/")
    script.says(_OK)
    response = connection.getresponse()
    connection.request("GET", "/")
    with pytest.raises(c_client.ResponseNotReady):
        connection.getresponse()
    assert response.read() == b"ok"
    script.says(_CHUNKED)
    assert connection.getresponse().read() == b"ok"


@pytest.mark.parametrize(
    ("answer", "partial", "missing"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", b"ok", 7),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"", 9),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nok", b"ok", None),
    ],
    ids=["sized", "nothing", "chunked"],
)
def test_a_body_that_ends_too_early(
    c_client: ModuleType,
    script: Script,
    watched: _Watched,
    answer: bytes,
    partial: bytes,
    missing: int | None,
) -> None:
    connection = _opened(c_client, script)
    connection.request("GET", "/")
    script.says(answer)
    script.hangs_up()
    response = connection.getresponse()
    with pytest.raises(c_client.IncompleteRead) as caught:
        response.read()
    assert (caught.value.partial, caught.value.expected) == (partial, missing)
    script.answers(_OK)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"ok"
    assert script.opened == 2


def test_a_socket_that_does_not_wait_loses_nothing(
    c_client: ModuleType, script: Script, watched: _Watched
) -> None:
    connection = _opened(c_client, script)
    connection.request("GET", "/")
    script.says(_OK[:-1])
    response = connection.getresponse()
    connection.sock.setblocking(False)
    with pytest.raises(BlockingIOError):
        response.read()
    connection.sock.settimeout(5)
    script.says(_OK[-1:])
    assert response.read() == b"ok"


def _run(code: str) -> str:
    """In a Python of its own; `far` is the server's end of `connection`'s socket."""
    begin = (
        "import http.client, socket, sys\n"
        "http.client.HTTPConnection.debuglevel = level = int(sys.argv[1])\n"
        "import fasthttp.client as client\n"
        "near, far = socket.socketpair()\n"
        "connection = client.HTTPConnection('h'); connection.sock = near\n"
        f"ok = {_OK!r}\n"
    )
    level = "1" if "level" in code else "0"
    command = [sys.executable, "-W", "error", "-c", begin + code, level]
    ended = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True)
    return ended.stdout


def test_a_debuglevel_set_before_the_import_counts(c_client: ModuleType) -> None:
    told = _run(
        "for level in (1, 0):\n"
        "    client.HTTPConnection.debuglevel = level\n"
        "    connection.request('GET', '/')\n"
        "    far.sendall(ok)\n"
        "    assert connection.getresponse().read() == b'ok'\n"
    )
    assert told.count("send:") == told.count("reply:") == 1


def test_audit_hooks_see_head_and_body(c_client: ModuleType) -> None:
    _run(
        "seen = []\n"
        "sys.addaudithook(lambda event, given: seen.append((given[0] is connection,"
        " bytes(given[1][:4]))) if event == 'http.client.send' else None)\n"
        "for _ in range(2):\n"
        "    connection.request('POST', '/', b'body')\n"
        "    far.sendall(ok)\n"
        "    assert connection.getresponse().read() == b'ok'\n"
        "assert seen == [(True, b'POST'), (True, b'body')] * 2, seen\n"
    )


def test_a_send_that_fails_is_told_and_leaves_a_doubt(
    c_client: ModuleType, script: Script, watched: _Watched
) -> None:
    connection = _opened(c_client, script)
    connection.sock.shutdown(socket.SHUT_WR)
    with pytest.raises(BrokenPipeError):
        connection.request("GET", "/")
    script.answers(_OK)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"ok"
    assert script.opened == 2


def _of_mock(connection_class: Any) -> list[Any]:
    """What unittest.mock makes of it: a mock of the class, and one in a method's place."""
    connection = mock.create_autospec(connection_class)("localhost")
    connection.request("GET", "/", headers={})
    with pytest.raises(TypeError, match="missing a required argument: 'method'"):
        connection.request()
    with mock.patch.object(connection_class, "request", autospec=True) as request:
        real = connection_class("localhost")
        real.request("GET", "/")
    return [connection.request.call_args, request.call_args == mock.call(real, "GET", "/")]


def test_its_methods_pass_for_those_of_python(c_client: ModuleType) -> None:
    """A method that is tried in C first looks like the one of Python behind it."""
    pure = load_implementation("py")
    for name in ("request", "getresponse"):
        method, other = vars(c_client.HTTPConnection)[name], vars(pure.HTTPConnection)[name]
        for ask in (inspect.signature, inspect.getsource, inspect.isfunction, inspect.getdoc):
            assert ask(method) == ask(other), ask
        for attribute in ("__name__", "__qualname__", "__module__", "__defaults__"):
            assert getattr(method, attribute) == getattr(other, attribute)
        assert repr(method).split(" at ")[0] == repr(other).split(" at ")[0]
        bound = getattr(c_client.HTTPConnection("localhost"), name)
        assert inspect.ismethod(bound) and bound.__func__ is method
        assert weakref.WeakMethod(bound)() == bound
        assert copy.deepcopy(method).__wrapped__ is method.__wrapped__
    assert pickle.loads(pickle.dumps(client_module.HTTPConnection.request)) is (
        client_module.HTTPConnection.request
    )
    assert _of_mock(c_client.HTTPConnection) == _of_mock(pure.HTTPConnection)


def _wrong_calls(client: ModuleType, script: Script) -> list[str]:
    connection = script.connection(client)
    script.answers(_OK)
    connection.request("GET", "/")
    response = connection.getresponse()
    seen = []
    for call in (
        lambda: connection.request(),
        lambda: connection.request("GET"),
        lambda: connection.request("GET", "/", None, {}, 1),
        lambda: connection.request("GET", "/", None, body=b""),
        lambda: connection.request("GET", "/", url="/"),
        lambda: connection.request("GET", "/", header={}),
        lambda: connection.getresponse(1),
        lambda: connection.getresponse(of=1),
        lambda: response.read(1, 2),
        lambda: response.read(size=1),
        lambda: response.getheader(),
        lambda: response.getheader("A", 1, 2),
    ):
        with pytest.raises(TypeError) as raised:
            call()
        seen.append(str(raised.value))
    return seen


def test_wrong_arguments_are_told_as_python_tells_them(
    c_client: ModuleType, script: Script
) -> None:
    """`ok` has been read by nobody: none of these calls has done anything."""
    assert _wrong_calls(c_client, script) == _wrong_calls(load_implementation("py"), script)


def test_arguments_by_name_are_taken(
    c_client: ModuleType, script: Script, watched: _Watched
) -> None:
    connection = _opened(c_client, script)
    calls: list[dict[str, Any]] = [
        {"headers": {"A": "b"}},
        {"body": b"body"},
        {"headers": {"A": "b"}, "body": b"body"},
        {"body": b"body", "headers": {}},
    ]
    for given in calls:
        connection.request("POST", "/", **given)
        assert watched.did["send"]
        script.says(_OK)
        assert connection.getresponse().read() == b"ok"
    connection.close()
    sent = script.heard().split(b"POST / ")[1:]
    for request, given in zip(sent, calls, strict=True):
        assert request.endswith(given.get("body", b"\r\n"))
        assert (b"A: b\r\n" in request) == bool(given.get("headers"))


def test_another_code_of_a_method_counts(c_client: ModuleType, script: Script) -> None:
    """Tools that put their own in a function put it in the one of Python."""
    requests = _plain(c_client.HTTPConnection, "request").__globals__["usual_requests"]

    def plain(self: Any, method: str, url: str, body: Any = None, headers: Any = None) -> str:
        return f"{method} {body}"

    def other(self: Any, method: str, url: str, body: Any = None, headers: Any = None) -> str:
        return f"other {method} {body}"

    connection = _opened(c_client, script)
    over = requests.request_over(plain)
    assert over(connection, "GET", "/") is None  # in C
    script.says(_OK)
    assert connection.getresponse().read() == b"ok"
    assert over(connection, "GET", "/", None, None) == "GET None"
    over.__code__ = other.__code__
    over.__defaults__ = ("a body", None)
    assert over(connection, "GET", "/") == "other GET a body"
    assert plain.__code__ is over.__code__ is other.__code__
