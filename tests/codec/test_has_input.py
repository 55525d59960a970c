"""has_input: whether something has come on a socket, without waiting and without taking it."""

from __future__ import annotations

import socket

from ..cut_off import RESET
from .sockets import open_pair
from .twins import Twin


def test_silence(twin: Twin) -> None:
    with open_pair() as pair:
        assert twin.stream.has_input(pair.near) is False


def test_bytes_stay_where_they_are(twin: Twin) -> None:
    with open_pair() as pair:
        pair.says(b"x")
        assert twin.stream.has_input(pair.near) is True
        assert twin.stream.has_input(pair.near) is True
        assert pair.near.recv(5) == b"x"
        assert twin.stream.has_input(pair.near) is False


def test_a_closed_socket_has_none(twin: Twin) -> None:
    near, far = socket.socketpair()
    far.sendall(b"x")
    near.close()
    far.close()
    assert twin.stream.has_input(near) is False


def test_a_reset_is_noticed(twin: Twin) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as near,
    ):
        far, _ = listener.accept()
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        far.close()
        assert twin.stream.has_input(near) is True


def test_the_end_is_noticed(twin: Twin) -> None:
    with open_pair() as pair:
        pair.far.shutdown(socket.SHUT_WR)
        assert twin.stream.has_input(pair.near) is True


def test_descriptors_beyond_what_select_takes(twin: Twin) -> None:
    with open_pair() as pair:
        kept = []
        try:
            while not kept or kept[-1].fileno() < 1024:
                kept.append(pair.near.dup())
        except OSError:
            return  # so many are not allowed here: nothing to see
        else:
            assert twin.stream.has_input(kept[-1]) is False
            pair.says(b"x")
            assert twin.stream.has_input(kept[-1]) is True
        finally:
            for each in kept:
                each.close()
