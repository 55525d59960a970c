"""One connection of the pool, and the exchange on it: bytes go out, and come in to a parser.

The engine calls `ready` when the socket is; nothing here waits.
"""

from __future__ import annotations

from http.client import HTTPException, IncompleteRead

from .._client.sockets import NOTHING_YET, is_spent
from .._client.tls import State, keep_session
from .._http.response_head import take_whole
from ..incoming import ResponseParser
from .dialing import Phase
from .errors import announced_too_long, let_frames_go, too_long
from .hosts import TURN
from .poller import READ, WRITE
from .settings import ENDLESS

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .._web.codings import Decoder
    from .._web.proxies import Proxy
    from .engine import Engine
    from .hosts import Host
    from .page import Page
    from .trip import Trip

#: How much is received at a time, in bytes; more, once a body has filled it.
_ROOM = 65536
_LARGE_ROOM = 262144
#: How many bytes of a body are taken where the answer leads on, to a redirect or another try.
_MOST_PASSED_OVER = 1 << 20
#: To decode so many bytes takes as long as others take to send something.
_LONG_TO_DECODE = 65536
#: How often bytes are looked for before a timer is judged, which a fast server could put off.
_LAST_LOOKS = 256
#: How many pieces of a body are sent before others have their turn.
_PIECES_AT_A_TIME = 32


class Connection:
    """An open connection. `page` is the exchange on it; None while it is idle."""

    __slots__ = (
        "_broken",
        "_decoder",
        "_engine",
        "_failure",
        "_heard",
        "_loop",
        "_may_hold_more",
        "_most",
        "_out",
        "_parser",
        "_parts",
        "_pieces",
        "_room",
        "_sink",
        "_size",
        "_timer",
        "_wait_until",
        "host",
        "idle_since",
        "page",
        "proxy",
        "served",
        "sock",
        "tls",
        "turn",
    )

    def __init__(
        self, engine: Engine, host: Host, sock: Any, state: State | None, proxy: Proxy | None
    ) -> None:
        self._engine = engine
        self._loop = engine.loop
        self.host = host
        self.sock = sock
        self.tls = state
        self.proxy = proxy
        self.page: Page | None = None
        self.idle_since = 0.0
        #: How many requests more it may carry while other hosts wait for room.
        self.turn = TURN
        self.served = False
        self._timer: Any = None
        self._wait_until = 0.0
        self._room = _ROOM
        #: Whether more may lie behind what was received last: a read of TLS gives one record.
        self._may_hold_more = False
        self._parser: ResponseParser | None = None
        #: What decodes the body that comes, and why that cannot be done.
        self._decoder: Decoder | None = None
        self._failure: HTTPException | None = None
        #: What the socket has not taken yet, and what follows.
        self._out: memoryview | None = None
        self._pieces: Iterator[Any] | None = None
        #: Why sending has failed.
        self._broken: OSError | None = None

    # ------------------------------------------------------------------- sending

    def is_spent(self) -> bool:
        """Return whether an idle connection can carry no request: it has ended, has bytes that
        nobody asked for, or was idle for too long.
        """
        idle = self._loop.real_time() - self.idle_since
        return idle > self._engine.settings.idle_timeout or is_spent(self.sock)

    def start(self, page: Page) -> None:
        """Send the request of a page."""
        engine = self._engine
        self.page = page
        page.tries += 1
        self._heard = False
        self._parser = None
        until = self._wait_until = self._loop.now + engine.timeout
        if page._until < until:
            until = page._until
        if self._timer is None or until < self._timer[0]:
            self._set_timer(until)
        wire, page._wire = page._wire, b""
        try:
            sent = self.sock.send(wire)
        except NOTHING_YET:
            sent = 0
        except OSError as error:
            self._cannot_send(error, is_first=True)
            return
        if sent != len(wire) or page._rest is not None:
            self._send_rest(wire, sent, page._rest)

    def _set_timer(self, until: float) -> None:
        if self._timer is not None:
            self._loop.timers.cancel(self._timer)
        self._timer = self._loop.timers.add(until, self._on_time)

    def _send_rest(self, wire: bytes, sent: int, pieces: Iterator[Any] | None) -> None:
        """Send what is behind so many bytes, when the socket takes it."""
        self._out = memoryview(wire)[sent:]
        self._pieces = pieces
        self._loop.change(self.sock, READ | WRITE)

    def _send_more(self) -> None:
        """Send as much as the socket takes, but no more than others can wait for."""
        pieces = 0
        while self._out or self._fill_out():
            pieces += 1
            if pieces > _PIECES_AT_A_TIME:
                return
            try:
                sent = self.sock.send(self._out)
            except NOTHING_YET:
                return
            except OSError as error:
                self._cannot_send(error, is_first=False)
                return
            self._out = self._out[sent:]  # type: ignore[index]
            self._wait_until = self._loop.now + self._engine.timeout
        if self.page is not None:
            self._out = None
            self._loop.change(self.sock, READ)

    def _fill_out(self) -> bool:
        """Take the next piece of the body. Return whether there was one."""
        if self._pieces is None:
            return False
        try:
            for piece in self._pieces:
                self._out = memoryview(piece).cast("B")
                if self._out:
                    return True
        except Exception as error:  # the program's own, or of what is no bytes
            self._fail(error)
        self._pieces = None
        return False

    def _is_sending(self) -> bool:
        return self._out is not None

    def _cannot_send(self, error: OSError, is_first: bool) -> None:
        """Send no more. The server may have answered before it closed the connection."""
        if self._out is not None:
            self._loop.change(self.sock, READ)
        self._broken = error.with_traceback(None)  # whose frames would hold the connection
        self._pieces = None
        self._out = memoryview(b"")  # not all of it was sent
        if is_first and self.served:
            self._fail(error)  # what lies there is the answer to nothing
        elif self.page is not None:
            self._receive(self.page)

    # ----------------------------------------------------------------- receiving

    def ready(self, mask: int) -> None:
        """Do what can be done now that the socket is ready."""
        page = self.page
        if page is None:
            self._look_while_idle()
            return
        if self._out is not None and mask & WRITE and self._broken is None:
            self._send_more()
            if self.page is not page or mask == WRITE:
                return
        self._receive(page)

    def _look_while_idle(self) -> None:
        # TLS has tickets to say, which are no bytes of an answer.
        if self.tls is None or is_spent(self.sock):
            self._engine.drop_idle(self)

    def _receive(self, page: Page) -> bool:
        """Take what has come for a page. Return whether anything has."""
        sock = self.sock
        while True:
            try:
                data = sock.recv(self._room)
            except NOTHING_YET:
                return False
            except OSError as error:
                self._cannot_receive(error)
                return True
            self._take_received(page, data)
            # What TLS has deciphered already makes no socket ready.
            if self.page is not page or self.tls is None or not sock.pending():
                return True

    def _cannot_receive(self, error: OSError) -> None:
        self._fail(self._broken or error)

    def _take_received(self, page: Page, data: bytes, is_a_piece: bool = False) -> None:
        """Take bytes, or the end; `is_a_piece`: they are known to be no plain answer, and whole."""
        engine = self._engine
        self._may_hold_more = len(data) == self._room or self.tls is not None
        parser = self._parser
        if parser is None:
            if not (is_a_piece or self._heard) and page._is_plain and self._take_whole(page, data):
                return
            parser = self._begin_parser(page)
        if data:
            self._heard = True
            self._wait_until = self._loop.now + engine.timeout
            if len(data) == self._room:
                self._room = _LARGE_ROOM
        failure: Exception | None = None
        try:
            content = parser.feed(data) if data else parser.eof()
        except Exception as error:  # HTTPException, or what on_informational has raised
            let_frames_go(error)  # the parser keeps it, and is held by them
            # RemoteDisconnected is an OSError.
            failure = (isinstance(error, OSError) and self._broken) or error
            content = parser.content_of_error  # which came before what is wrong
        try:
            if content or parser.head is not page._head:
                self._take_content(page, parser, content)
        except HTTPException as error:
            failure = error
        if failure is not None:
            self._fail(failure)
            failure = None  # it holds this frame, which held it
        elif parser.ended:
            self._end_parsed(page, parser)
        elif page._trip is not None and page._trip.is_cut:
            self._end_cut(page)

    def _take_whole(self, page: Page, data: bytes) -> bool:
        """Take a plain answer that has come in one piece. Return whether it was one."""
        engine = self._engine
        whole = take_whole(data, page._method, engine.reading)
        if whole is None or len(whole[1]) > engine.most_body:
            return False
        page._head, page.body = whole
        page.status = whole[0].status
        if engine.looks_at_answers:
            self._end_whole(page)
        else:
            self._end(page, True)
        return True

    def _begin_parser(self, page: Page) -> ResponseParser:
        engine = self._engine
        asks = page._asks_upgrade()
        parser = self._parser = ResponseParser._by(engine.reading, page._method, asks)
        page._parser = parser
        self._parts: list[bytes] = []
        self._size = 0
        request = page.request
        self._sink = request._write()
        self._most = request._most(engine.most_body)
        self._decoder = self._failure = None
        return parser

    def _end_whole(self, page: Page) -> None:
        """Look at an answer that has come in one piece."""
        failure: HTTPException | None = None
        decoder: Decoder | None = None
        try:
            decoder = self._engine.leading.hear(page, self.host)
            if decoder is not None:
                page._decode(decoder, self._engine.most_body)
        except HTTPException as error:
            let_frames_go(error)
            failure = error
        if decoder is not None and decoder.made > _LONG_TO_DECODE:
            self._may_hold_more = True  # what has come meanwhile
        self._end(page, True, failure)
        failure = None  # which holds this frame

    def _take_head(self, page: Page, parser: ResponseParser) -> None:
        """Take a head, on which it depends what is done with the body."""
        assert parser.head is not None  # noqa: S101 - the callers have looked
        page._head = parser.head
        page.status = parser.head.status
        if self._engine.looks_at_answers:
            try:
                self._decoder = self._engine.leading.hear(page, self.host)
            except HTTPException as error:  # nobody can decode it: the page has it as it comes
                let_frames_go(error)
                self._failure = error
            if self._failure is not None or page._leads_on():
                self._sink = None
        if self._decoder is not None or page._leads_on():
            return
        # Without a limit it is not for max_body to say that no body has such a length.
        length = parser.length or 0
        if length > self._most != ENDLESS:
            raise announced_too_long(length, self._most)

    def _take_content(self, page: Page, parser: ResponseParser, content: bytes) -> None:
        if page._head is None and parser.head is not None:
            self._take_head(page, parser)
        if content and page._leads_on():
            self._pass_over(page._begun_trip(), content)
        elif content and self._decoder is not None:
            self._decode(page, self._decoder, content)
        elif content:
            self._keep(page, content)

    def _pass_over(self, trip: Trip, content: bytes) -> None:
        """Keep a little of the body of an answer that leads on, in which nobody is interested."""
        room = min(self._most, _MOST_PASSED_OVER) - self._size
        if len(content) > room:
            content, trip.is_cut = content[: max(room, 0)], True
        self._size += len(content)
        self._parts.append(content)

    def _decode(self, page: Page, decoder: Decoder, content: bytes) -> None:
        """Decode a piece of a body. A sink is given little at a time of what becomes of it: what
        can be a thousand times as much.
        """
        at_once = ENDLESS if self._sink is None else _LARGE_ROOM
        for piece in decoder.pieces(content, self._most, at_once):
            self._keep(page, piece)

    def _keep(self, page: Page, content: bytes) -> None:
        """Keep a piece of a body, or give it to the sink. Raises `HTTPException` at its limit."""
        self._size += len(content)
        too_many = self._size - self._most
        if too_many > 0:
            content = content[:-too_many]
        if content:
            if self._sink is None:
                self._parts.append(content)
            else:
                page._begun_trip().has_begun_sink = True
                self._engine.call_sink(self._sink, content)
        if too_many > 0:
            raise too_long(self._most)

    # ----------------------------------------------------------------------- end

    def _end_parsed(self, page: Page, parser: ResponseParser) -> None:
        failure = self._failure
        try:
            if page._head is None and parser.head is not None:
                self._take_head(page, parser)
            if self._decoder is not None and (last := self._decoder.end()):
                self._keep(page, last)
        except HTTPException as error:
            let_frames_go(error)
            failure = error
        parts, self._parts = self._parts, []
        page.body = parts[0] if len(parts) == 1 else b"".join(parts)
        if not (parser.skipped_lines or parser.chunked):
            page._parser = None
        # A sink, a decoder and on_informational take their time, in which more may have come.
        self._may_hold_more = True
        self._parser = self._decoder = self._failure = None
        self._room = _ROOM
        self._end(page, parser.can_reuse, failure)
        failure = None  # which holds this frame

    def _end_cut(self, page: Page) -> None:
        """Wait no longer for the end of an answer that leads on."""
        page.body = b"".join(self._parts)
        self._end(page, False)

    def _end(self, page: Page, can_serve: bool, failure: HTTPException | None = None) -> None:
        """An answer has come whole; `failure` is what there is against its body."""
        engine = self._engine
        self.page = None
        if can_serve and self._out is None and not (self._may_hold_more and is_spent(self.sock)):
            self.served = True
            try:
                engine.done(page, failure)
            finally:  # a sink may raise
                engine.release(self)
        else:
            self.close()
            engine.done(page, failure)

    def _fail(self, error: Exception) -> None:
        page = self.page
        if page is None:
            return
        self.page = None
        parser = self._parser
        phase = self._phase(parser)
        if parser is not None and self._parts:
            page.body = b"".join(self._parts)
            self._parts = []
            if isinstance(error, IncompleteRead):  # which knows of the last piece alone
                error.partial = page.body
                error.args = (page.body, *error.args[1:])
        unheard = not self._heard and isinstance(error, ConnectionError)
        was_sent = self._out is None
        self.close()
        if unheard and self.served and self._engine.may_send_again(page, was_sent):
            error.__traceback__ = None  # its frames would hold the run, until the collector comes
            self._engine.send_again(self.host, page)
        else:
            self._engine.fail(page, error, phase)

    def _phase(self, parser: ResponseParser | None) -> Phase:
        if self._is_sending():
            return Phase.SEND
        return Phase.HEAD if parser is None or parser.head is None else Phase.BODY

    def _on_time(self, now: float) -> None:
        self._timer = None
        page = self.page
        if page is None:
            return
        until = min(self._wait_until, page._until)
        if now >= until:
            self._look_for_last_bytes(page)
            if self.page is not page:
                return
            until = min(self._wait_until, page._until)
        if now >= until:
            self._fail(self._engine.late(page, now))
        else:
            self._timer = self._loop.timers.add(until, self._on_time)

    def _look_for_last_bytes(self, page: Page) -> None:
        """Take all that has come: it was in time, if nobody looked for it before."""
        for _ in range(_LAST_LOOKS):
            if not self._receive(page) or self.page is not page:
                return

    def shut(self) -> None:
        """Close the socket, which counts no longer."""
        sock = self.sock
        if sock is None:
            return
        if self._timer is not None:
            self._loop.timers.cancel(self._timer)
        self._loop.unwatch(sock)
        # To take a session costs as much as it saves: it is for connections that will be opened.
        if self.tls is not None and not self._engine.is_closed:
            keep_session(self.tls, sock)
        sock.close()
        self.page = self._parser = self.sock = None
        self._engine.connections.pop(self, None)  # last: an interrupt may come before

    def close(self) -> None:
        """Close the socket, and count it no longer."""
        if self.sock is not None:
            self.shut()
            self._engine.slots.give(self.host)
