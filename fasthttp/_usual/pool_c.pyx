# cython: language_level=3, freethreading_compatible=True, boundscheck=False, wraparound=False, auto_pickle=False
"""An ordinary exchange of the pool on a kept connection, in C between the calls of the sockets.

`Exchanges` does what connection.py, page.py and engine.py of `_pool` do, for the one case that most
exchanges are: a GET of a URL; an answer that comes in one piece, with a head of the codec's plain
form. It looks first, and where anything is out of the ordinary nothing has happened. What is to be
decided about bytes is decided by the codec, and who is next by hosts.py of `_pool`.
"""

import sys
from collections import deque
from time import monotonic

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

from .._codec.chunks_c cimport chunks_at
from .._codec.fh_chunks cimport FH_CHUNKS_LAST, fh_chunks
from .._codec.headers_c cimport Head, head_at
from .._codec.request_c cimport head_of
from .._codec.sizes cimport BUFFER_SIZE
from .._codec.threads cimport THREADS_RUN_AT_ONCE
from .._guard.guard_c cimport Pristine, Unchanged
from .._stream.descriptor cimport HAS_DESCRIPTORS, INTERRUPTED, NOT_YET, receive_at, send_at
from .._stream.slots cimport PyMemberDef, absent, held_value, set_slot, slot_of, value_in
from .._stream.stream_c cimport descriptor_of, has_input
from .instances cimport bare_instance_of


cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    Py_ssize_t PyUnicode_FindChar(object text, Py_UCS4 wanted, Py_ssize_t start, Py_ssize_t end,
                                  int direction) except -2
    str PyUnicode_Substring(object text, Py_ssize_t start, Py_ssize_t end)
    char *PyByteArray_AS_STRING(object array)

cdef object APPEND = deque.append
cdef object TAKE_FIRST = deque.popleft

# The slots of each class, in the order of their names below.
cdef enum:
    HOST, SOCK, PROXY, PAGE, OUT, PARSER, HEARD, SERVED, ROOM, WAIT_UNTIL, TIMER, TURN
    MAY_HOLD_MORE
    GIVEN, INDEX, URL, TARGET, METHOD, IS_PLAIN, IS_FRESH, TRIP, EXPIRY, REST, BEGUN, UNTIL
    PAGE_HEAD, BODY, STATUS, ERROR, ELAPSED, TRIES
    LINE, WAITING, IS_LISTED
    MOST, OPEN, READY, ALL_WAITING, IS_SHARED
    NOW, REAL
    REQUESTS, ORDERED, FINISHED, TAKEN, ENDED, BYTES, IS_CLOSED
    SLOTS
_SLOTS = (
    ("connection",
     "host sock proxy page _out _parser _heard served _room _wait_until _timer turn"
     " _may_hold_more"),
    ("page",
     "_given _index url _target _method _is_plain _is_fresh _trip _expiry _rest _begun _until"
     " _head body status error elapsed tries"),
    ("host", "line waiting is_listed"),
    ("slots", "_most open _ready waiting is_shared"),
    ("loop", "now real"),
    ("work", "requests ordered finished taken ended bytes is_closed"),
)
# More than a page has.
cdef enum:
    PAGE_SLOTS = 40


cdef class Exchanges:
    """The ordinary exchanges of one pool; see pool_c.pyi."""

    cdef object _engine, _loop, _settings, _slots, _directory, _headers, _jar
    cdef object _connection_class, _page_class, _work_class, _socket_class, _tls_class, _not_yet
    cdef Pristine _tls_methods
    cdef object _blank, _add, _list, _release, _done
    cdef Unchanged _sockets
    # What is received, an answer at a time: an object for each costs as much as parsing it.
    cdef bytearray _received
    cdef double _timeout, _deadline
    cdef Py_ssize_t _length, _max_line, _max_lines, _most_body
    cdef bint _sends, _takes_answers, _looks_at_answers, _queues_at_once, _has_delay
    cdef PyMemberDef *_at[SLOTS]
    cdef PyMemberDef *_of_blank[PAGE_SLOTS]
    cdef int _blanks

    def __cinit__(self, engine, *, asks_once, classes, socket_class, sockets, tls_class,
                  tls_methods, not_yet):
        cdef int i = 0
        settings, reading = engine.settings, engine.reading
        self._engine, self._loop, self._settings = engine, engine.loop, settings
        self._slots, self._directory = engine.slots, engine.directory
        self._add, self._list, self._done = engine.add, engine.slots._list, engine.done
        self._release = engine.slots.release
        self._headers, self._jar = settings.headers, settings.jar
        # What steps aside in the middle is done once more.
        self._sends = not asks_once
        self._connection_class, self._page_class = classes["connection"], classes["page"]
        self._work_class = classes["work"]
        self._socket_class, self._sockets, self._not_yet = socket_class, sockets, not_yet
        self._tls_class, self._tls_methods = tls_class, tls_methods
        self._timeout, self._deadline = settings.timeout, settings.deadline
        self._length = settings.length_of_get
        self._most_body = min(settings.max_body, sys.maxsize)
        self._queues_at_once = settings.queue_timeout == float("inf")
        self._has_delay = settings.delay != 0
        self._looks_at_answers = engine.looks_at_answers
        self._takes_answers = reading.takes_whole_heads and not reading.rules.is_strict and \
            type(reading.max_line) is type(reading.max_lines) is int
        if self._takes_answers:
            self._max_line, self._max_lines = reading.max_line, reading.max_lines
        for kind, names in _SLOTS:
            for name in names.split():
                self._at[i] = slot_of(vars(classes[kind])[name])
                i += 1
        self._received = bytearray(BUFFER_SIZE)
        self._learn_page(self._page_class)

    cdef int _learn_page(self, cls) except -1:
        """Find what a page has that is new."""
        cdef PyMemberDef *slot
        self._blank = cls("", 0)
        self._blanks = 0
        for name in cls.__slots__:
            slot = slot_of(vars(cls)[name])
            if value_in(self._blank, slot) is not absent():
                if self._blanks == PAGE_SLOTS:
                    raise SystemError("PAGE_SLOTS is too small")
                self._of_blank[self._blanks] = slot
                self._blanks += 1
        return 0

    cdef inline object _get(self, instance, int slot):
        return value_in(instance, self._at[slot])

    cdef inline int _set(self, instance, int slot, value) except -1:
        return set_slot(instance, self._at[slot], value)

    cdef inline int _count(self, instance, int slot, Py_ssize_t more) except -1:
        return set_slot(instance, self._at[slot], value_in(instance, self._at[slot]) + more)

    cdef inline bint _may_be_shared(self):
        """Whether another thread may be in the middle of a method of the slots."""
        return THREADS_RUN_AT_ONCE or self._get(self._slots, IS_SHARED) is not False

    # ------------------------------------------------------------------ requests

    def take(self, work, Py_ssize_t room, double until):
        requests = self._get(work, REQUESTS)
        if requests is None or room <= 0:
            return True
        while room > 0:
            try:
                given = next(requests)
            except StopIteration:
                self._set(work, REQUESTS, None)
                return True
            if self._get(work, IS_CLOSED) is not False:  # by the iterable
                return False
            if type(given) is not str or not self._enqueue(given, work):
                self._add(given, work)
            room -= 1
            if <double>monotonic() >= until or self._get(work, REQUESTS) is None:
                return False
        return True

    cdef bint _enqueue(self, given, work) except -1:
        """Let a request of a known host wait: Directory.place_of(), Page() and Slots.add()."""
        cdef Py_ssize_t at, length = PyUnicode_GET_LENGTH(given)
        if not self._queues_at_once or length < 9 or not PyUnicode_IS_ASCII(given) or \
                self._may_be_shared():
            return False
        at = PyUnicode_FindChar(given, c"/", 8, length, 1)
        if at <= 0 or PyUnicode_FindChar(given, c"#", 0, length, 1) >= 0 or \
                PyUnicode_FindChar(given, c" ", 0, length, 1) >= 0:
            return False
        host = held_value(self._directory._by_origin, PyUnicode_Substring(given, 0, at))
        if host is absent():
            return False
        page = self._page()
        index = self._get(work, TAKEN)
        self._set(page, GIVEN, given)
        self._set(page, URL, given)
        self._set(page, INDEX, index)
        self._set(page, TARGET, PyUnicode_Substring(given, at, length))
        self._set(work, TAKEN, index + 1)
        APPEND(self._get(host, WAITING), page)
        self._count(self._slots, ALL_WAITING, 1)
        if self._get(host, IS_LISTED) is not True:
            self._list(host)
        return True

    cdef object _page(self):
        """A page that is new."""
        cdef int i
        page = bare_instance_of(self._page_class)
        for i in range(self._blanks):
            set_slot(page, self._of_blank[i], value_in(self._blank, self._of_blank[i]))
        return page

    def of(self, connection):
        return Ready(self, connection)

    def send(self, connection, page):
        if type(connection) is not self._connection_class:
            return False
        return self._send(connection, page, self._get(connection, SOCK))

    cdef bint _send(self, connection, page, sock) except -1:
        cdef double now, until, own
        cdef Py_ssize_t sent
        cdef bytes head
        if not self._sends or type(page) is not self._page_class or \
                type(self._get(page, GIVEN)) is not str or \
                self._get(page, TRIP) is not None or self._get(page, EXPIRY) is not None or \
                self._get(page, REST) is not None or \
                self._get(connection, PROXY) is not None:
            return False
        channel = self._channel(sock)
        if channel is None:
            return False
        host = self._get(connection, HOST)
        headers, line = self._headers, self._get(host, LINE)
        try:
            if self._jar is not None:
                headers = page._with_cookie(host, self._settings, self._jar, headers)
            encoded = head_of("GET", self._get(page, TARGET), <bytes>line, self._length, headers)
        except Exception:
            return False  # it is raised again where it is made the page's
        if type(encoded) is not bytes:
            return False
        head = <bytes>encoded
        moment = self._get(self._loop, NOW)
        now = moment
        until = now + self._timeout
        tries = self._get(page, TRIES)
        if not tries:
            own = now + self._deadline
            self._set(page, BEGUN, moment)
            self._set(page, UNTIL, own)
        else:
            own = self._get(page, UNTIL)
        self._set(page, METHOD, "GET")
        self._set(page, IS_PLAIN, True)
        self._set(page, TRIES, tries + 1)
        self._set(connection, PAGE, page)
        self._set(connection, HEARD, False)
        self._set(connection, PARSER, None)
        self._set(connection, WAIT_UNTIL, until)
        if own < until:
            until = own
        timer = self._get(connection, TIMER)
        if timer is None or until < <double>timer[0]:
            connection._set_timer(until)
        try:
            if channel is sock:
                sent = self._send_itself(sock, head)
            else:
                sent = channel.write(head)
        except self._not_yet:
            sent = 0
        except OSError as error:
            connection._cannot_send(error, is_first=True)
            return True
        if sent != PyBytes_GET_SIZE(head):
            connection._send_rest(head, sent, None)
        return True

    cdef Py_ssize_t _send_itself(self, sock, bytes data) except -1:
        """What a socket of the stdlib's own class, which does not wait, does to send."""
        cdef Py_ssize_t sent
        if not HAS_DESCRIPTORS:
            return sock.send(data)
        sent = send_at(descriptor_of(sock), PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))
        return 0 if sent == NOT_YET or sent == INTERRUPTED else sent

    cdef Py_ssize_t _receive_itself(self, sock) except? -1:
        """The same to receive: less than 0 where nothing has come."""
        if not HAS_DESCRIPTORS:
            return sock.recv_into(self._received)
        return receive_at(descriptor_of(sock), PyByteArray_AS_STRING(self._received), BUFFER_SIZE, 0)

    cdef object _channel(self, sock):
        """What a socket sends and receives by: itself, or of exactly ssl.SSLSocket what it works on.
        None for others, which go their own way.
        """
        if type(sock) is self._socket_class:
            return sock if self._sockets.holds() else None
        if type(sock) is self._tls_class and self._tls_methods.holds(sock):
            return sock._sslobj
        return None

    cdef int _answer(self, connection, mask) except -1:
        cdef Py_ssize_t size
        page = self._get(connection, PAGE)
        sock = self._get(connection, SOCK)
        channel = self._channel(sock)
        if channel is None or mask != 1 or not self._takes_answers or \
                type(page) is not self._page_class or self._get(connection, OUT) is not None or \
                self._get(connection, PARSER) is not None or \
                self._get(connection, HEARD) is not False or \
                self._get(page, IS_PLAIN) is not True:
            connection.ready(mask)
            return 0
        try:
            if channel is sock:
                size = self._receive_itself(sock)
                if size < 0:
                    return 0
            else:
                size = channel.read(BUFFER_SIZE, self._received)
        except self._not_yet:
            return 0
        except OSError as error:
            if channel is sock or not _has_ended_raggedly(sock, error):
                connection._cannot_receive(error)
                return 0
            size = 0
        cdef char *at = PyByteArray_AS_STRING(self._received)
        cdef bint is_full = size == BUFFER_SIZE
        if is_full or not self._is_whole(page, at, size):
            connection._take_received(page, PyBytes_FromStringAndSize(at, size), not is_full)
            if channel is not sock and self._get(connection, PAGE) is page and sock.pending():
                connection._receive(page)
            return 0
        # A read of TLS gives one record.
        self._set(connection, MAY_HOLD_MORE, channel is not sock)
        if self._looks_at_answers:
            connection._end_whole(page)
        elif channel is not sock and (channel.pending() or has_input(sock)):
            connection._end(page, True)
        else:
            self._end(connection, page, sock)
        return 0

    cdef bint _is_whole(self, page, const char *at, Py_ssize_t size) except -1:
        """Whether this is a whole answer, which the page has then: take_whole()"""
        cdef Py_ssize_t used
        cdef fh_chunks chunks
        cdef long long length
        cdef int stop
        cdef Head head
        cdef bytes content
        if size == 0:
            return False
        head = head_at(at, size, self._max_line, self._max_lines, &used)
        if head is None:
            return False
        length = head.plain_length_for(self._get(page, METHOD))
        if length >= 0:
            if used + length != size or length > self._most_body:
                return False
            content = PyBytes_FromStringAndSize(at + used, length)
        elif length == -1:
            chunks.left = -1
            content = chunks_at(at + used, size - used, size, self._max_line, &chunks, &stop)
            used += <Py_ssize_t>chunks.consumed
            if stop != FH_CHUNKS_LAST or size - used != 2 or \
                    at[used] != c"\r" or at[used + 1] != c"\n" or \
                    PyBytes_GET_SIZE(content) > self._most_body:
                return False
        else:
            return False
        self._set(page, PAGE_HEAD, head)
        self._set(page, BODY, content)
        self._set(page, STATUS, head.status)
        return True

    cdef int _end(self, connection, page, sock) except -1:
        engine = self._engine
        self._set(connection, PAGE, None)
        self._set(connection, SERVED, True)
        work = engine.work
        try:
            if type(work) is not self._work_class or self._get(work, ORDERED) is not False or \
                    self._get(page, TRIP) is not None or self._get(page, REST) is not None:
                self._done(page)
                work = engine.work  # which a sink may have closed
            else:
                self._set(page, ELAPSED,
                          <double>self._get(self._loop, NOW) - <double>self._get(page, BEGUN))
                self._count(work, ENDED, 1)
                self._count(work, BYTES, PyBytes_GET_SIZE(<bytes>self._get(page, BODY)))
                APPEND(self._get(work, FINISHED), page)
        except BaseException:  # a sink's, or an interrupt
            engine.release(connection)
            raise
        if work is None:
            engine.release(connection)
            return 0
        following = self._next(connection)
        if following is None:
            engine._limit_idling()
        elif not self._send(connection, following, sock):
            engine._go_on_with(connection, following)
        return 0

    cdef object _next(self, connection):
        """Slots.release()"""
        cdef Py_ssize_t turn = self._get(connection, TURN)
        host = self._get(connection, HOST)
        waiting = self._get(host, WAITING)
        if not self._may_be_shared() and not self._has_delay and len(waiting):
            page = waiting[0]
            if self._get(self._slots, OPEN) >= self._get(self._slots, MOST) and \
                    len(self._get(self._slots, READY)) > self._get(host, IS_LISTED):
                turn -= 1
            if turn > 0 and type(page) is self._page_class and \
                    self._get(page, ERROR) is None and self._get(page, IS_FRESH) is False:
                self._set(connection, TURN, turn)
                self._count(self._slots, ALL_WAITING, -1)
                return TAKE_FIRST(waiting)
        return self._release(connection, self._get(self._loop, REAL))


cdef bint _has_ended_raggedly(sock, error) except -1:
    """Whether ssl.SSLSocket takes an error for the end of the stream."""
    return isinstance(error, sys.modules["ssl"].SSLEOFError) and sock.suppress_ragged_eofs


cdef class Ready:
    """What the loop calls when the socket of one connection is ready."""

    cdef Exchanges _exchanges
    cdef object _connection

    def __cinit__(self, Exchanges exchanges not None, connection):
        self._exchanges, self._connection = exchanges, connection

    def ready(self, mask):
        self._exchanges._answer(self._connection, mask)
