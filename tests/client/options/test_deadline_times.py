"""`deadline=`: which time counts, by a clock that is moved by hand, and what it leaves alone."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from ..conftest import Clock
from ..drip_server import Feeder
from ..exchange_paths import on_path
from ..response_observer import STYLES
from ..scripted_server import Script

Connect = Callable[..., Any]

_OK = b"HTTP/1.1 200 OK\r\n"
_SIZED = _OK + b"Content-Length: 2\r\n\r\nok"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_SHORT = 0.03  # seconds
_DRIP = _OK + b"Content-Length: 5000\r\n\r\n", b"x"


def _exchange(connection: Any) -> bytes:
    connection.request("GET", "/")
    body: bytes = connection.getresponse().read()
    return body


# ---------------------------------------------------------------------- which time it counts


def test_it_is_for_the_exchange_as_a_whole(connect: Connect, script: Script, clock: Clock) -> None:
    """Between request(), getresponse() and the reads as well; each exchange has its own."""
    script.answers(_OK + b"Content-Length: 4\r\n\r\nab", _SIZED)
    connection = connect(deadline=10)
    connection.request("GET", "/")
    clock.now += 4
    response = connection.getresponse()
    clock.now += 4
    assert response.read(2) == b"ab"
    clock.now += 4
    with pytest.raises(TimeoutError, match="deadline of 10 seconds"):
        response.read(2)
    clock.now += 100
    assert _exchange(connection) == b"ok"


def test_that_of_a_request_counts_in_the_place_of_the_connections(
    connect: Connect, script: Script, clock: Clock
) -> None:
    script.answers(_SIZED + b"", b"")
    connection = connect(deadline=10)
    connection.request("GET", "/", deadline=100)
    clock.now += 50
    assert connection.getresponse().read() == b"ok"
    connection.request("GET", "/", deadline=5)
    clock.now += 7
    with pytest.raises(TimeoutError, match="deadline of 5 seconds"):
        connection.getresponse()
    connection.request("GET", "/")
    clock.now += 15
    with pytest.raises(TimeoutError, match="deadline of 10 seconds"):
        connection.getresponse()


def test_piecewise_it_counts_from_the_first_piece(
    connect: Connect, script: Script, clock: Clock
) -> None:
    script.answers(_SIZED, b"")
    connection = connect(deadline=10)

    def send(pause: float) -> None:
        connection.putrequest("PUT", "/")
        connection.putheader("Content-Length", 2)
        clock.now += pause
        connection.endheaders()
        clock.now += pause
        connection.send(b"ab")

    send(4)
    assert connection.getresponse().read() == b"ok"
    clock.now += 100
    send(4)
    clock.now += 4
    with pytest.raises(TimeoutError, match="deadline of 10 seconds"):
        connection.getresponse()
    with pytest.raises(TimeoutError, match="deadline of 10 seconds"):
        send(6)


BROKEN_OFF: dict[str, Callable[[Any], Any]] = {
    "closed": lambda connection: connection.close(),
    "answered": lambda connection: (connection.getresponse().read(), connection.close()),
    "answered and not read": lambda connection: (connection.getresponse(), connection.close()),
}


@pytest.mark.parametrize("piecewise", [False, True])
@pytest.mark.parametrize("end", BROKEN_OFF)
def test_it_ends_with_its_exchange(
    connect: Connect, script: Script, clock: Clock, end: str, piecewise: bool
) -> None:
    """Whatever the next one is, that has one of its own or none."""
    script.answers(_SIZED, _SIZED)
    connection = connect()
    connection.request("GET", "/", deadline=10)
    BROKEN_OFF[end](connection)
    clock.now += 100
    if piecewise:
        connection.putrequest("GET", "/")
        connection.endheaders()
        assert connection.getresponse().read() == b"ok"
    else:
        assert _exchange(connection) == b"ok"


def test_one_that_could_not_connect_ends_as_well(
    connect: Connect, script: Script, clock: Clock
) -> None:
    script.answers(_SIZED)
    connection = connect(deadline=10)
    create = connection._create_connection

    def refuse(*_: Any) -> Any:
        raise ConnectionRefusedError

    connection._create_connection = refuse
    connection.putrequest("GET", "/")
    with pytest.raises(ConnectionRefusedError):
        connection.endheaders()
    clock.now += 100
    connection._create_connection = create
    connection.putrequest("GET", "/")
    connection.endheaders()
    assert connection.getresponse().read() == b"ok"


@pytest.mark.parametrize(
    ("early", "says"), [(0.0005, "the deadline of 10 seconds has passed"), (0.5, "timed out")]
)
def test_a_socket_that_gives_up_a_little_early_has_waited_for_it(
    connect: Connect, script: Script, clock: Clock, early: float, says: str
) -> None:
    """PyPy's do, by half a millisecond: they wait for whole ones. More is another limit's doing."""

    class Hasty(socket.socket):
        def recv_into(self, *_: Any) -> int:
            clock.now += 10 - early
            raise TimeoutError("timed out")

    connection = connect(deadline=10)
    create = connection._create_connection
    connection._create_connection = lambda *where: Hasty(fileno=create(*where).detach())
    connection.request("GET", "/")
    with pytest.raises(TimeoutError, match=says):
        connection.getresponse()


# ---------------------------------------------------------------------- what it leaves alone


@pytest.mark.parametrize("timeout", [None, 30.0])
def test_the_sockets_timeout_stays_what_it_was(
    client: ModuleType, path: str, timeout: float | None
) -> None:
    with Feeder((_SIZED, b""), _DRIP) as feeder:
        connection = on_path(client.HTTPConnection("127.0.0.1", feeder.port, timeout=timeout), path)
        connection.request("PUT", "/", [b"a", b"b"], deadline=60)
        sock = connection.sock
        assert sock.gettimeout() == timeout
        response = connection.getresponse()
        assert sock.gettimeout() == timeout
        assert (response.read(), sock.gettimeout()) == (b"ok", timeout)
        connection.close()
        connection.connect()
        sock = connection.sock
        with pytest.raises(TimeoutError):  # in the body, or before on a machine that is busy
            connection.request("GET", "/", deadline=_SHORT)
            connection.getresponse().read()
        assert sock.gettimeout() == timeout
        connection.close()


def test_a_timeout_that_is_shorter_comes_first(client: ModuleType, path: str) -> None:
    with Feeder((b"", b""), (_SIZED, b"")) as feeder:
        connection = client.HTTPConnection("127.0.0.1", feeder.port, timeout=0.05, deadline=60)
        on_path(connection, path)
        with pytest.raises(TimeoutError, match="timed out"):
            _exchange(connection)
        connection.timeout = 30
        assert _exchange(connection) == b"ok"
        connection.close()


WHOLE = {
    "sized": _OK + b"A: b\r\nContent-Length: 6\r\n\r\na\nbc\nd",
    "chunked": _CHUNKED + b"3\r\na\nb\r\n3;x=y\r\nc\nd\r\n0\r\nT: u\r\n\r\n",
    "interim": b"HTTP/1.1 103 Early\r\nL: m\r\n\r\n" + _SIZED,
    "folded": _OK + b"A: b\r\n c\r\nContent-Length: 2\r\n\r\nok",
}


@pytest.mark.parametrize("style", ("read", "read(7)", "readinto(5)", "readline", "read1", "peek"))
@pytest.mark.parametrize("kind", WHOLE)
def test_one_that_is_not_reached_changes_nothing(
    connect: Connect, script: Script, kind: str, style: str
) -> None:
    """Nor does it cost the connection."""
    seen = []
    for deadline in (None, 60):
        script.answers(WHOLE[kind])
        connection = connect(deadline=deadline)
        connection.request("POST", "/", b"abc")
        response = connection.getresponse()
        body = b"".join(STYLES[style](response)), response.read()
        again = script.opened
        connection.request("POST", "/", [b"abc"])
        script.says(_SIZED)
        assert connection.getresponse().read() == b"ok"
        assert script.opened == again
        seen.append((response.status, response.getheaders(), body, response.isclosed()))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("bad", [0, -1, float("nan"), float("-inf")])
def test_one_that_has_passed_already_is_refused(client: ModuleType, bad: float) -> None:
    with pytest.raises(ValueError, match="deadline must be more than 0 seconds"):
        client.HTTPConnection("example.org", deadline=bad)
    connection = client.HTTPConnection("example.org")
    with pytest.raises(ValueError, match="deadline must be more than 0 seconds"):
        connection.request("GET", "/", deadline=bad)


@pytest.mark.parametrize("long", [1e12, float("inf")])
def test_one_that_is_beyond_the_systems_clock_is_no_overflow(
    connect: Connect, script: Script, long: float
) -> None:
    """It is refused, or never reached."""
    script.answers(_SIZED)
    try:
        connection = connect(deadline=long)
    except ValueError:
        return
    assert _exchange(connection) == b"ok"
