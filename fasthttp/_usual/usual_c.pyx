# cython: language_level=3, freethreading_compatible=True, boundscheck=False, wraparound=False, auto_pickle=False
"""An ordinary exchange on a kept connection, in C from the arguments to the system call.

`Requests` and `Responses` do what sending.py, response.py, heads.py and body.py of `_client` do,
for the one case that most exchanges are: a whole request with a small body or none, on a connection
that is open and in step; a head of the codec's plain form; a body that is read whole. They look
first, and where anything is out of the ordinary nothing has happened. What is to be decided about
bytes is decided by the codec, and what has gone wrong is left to the functions that they are given.

What a program calls is C as well: `request_over(plain)` and the like give a method of methods_c.pyx
that tries this first.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING
from cpython.object cimport PyObject

from libc.stdint cimport int64_t

from .._codec.headers_c cimport Head
from .._codec.request_c cimport head_of
from .._codec.sizes cimport TRUSTED_SIZE
from .._guard.guard_c cimport Limits, Pristine, Unchanged
from .._stream.descriptor cimport HAS_DESCRIPTORS, send_at
from .._stream.slots cimport absent, PyMemberDef, set_slot, slot_of, value_in
from .._stream.stream_c cimport SocketFile, descriptor_of, has_input, has_input_itself
from .instances cimport PyTypeObject, bare_instance_of
from .methods_c cimport aside_value, over
from .requests cimport length_of

import sys

from .._codec import stops

cdef extern from "Python.h":
    int PyErr_CheckSignals() except -1
    int PySys_Audit(const char *event, const char *format, ...) except -1
    bint PyObject_TypeCheck(object instance, PyTypeObject *cls)

cdef dict NO_FIELDS = {}
cdef object aside = aside_value()
cdef object MOST = sys.maxsize
cdef object ZERO = 0  # one object for all, as each small int is
cdef int DONE = stops.DONE

# The slots of a response, by what a new one has there.
cdef enum:
    FP, METHOD, DEBUGLEVEL, IN_STEP, ENDS_CONNECTION
    HEAD, HEADERS, MSG, BY_HAND, EXCHANGE, MAX_HEADERS  # None
    VERSION, STATUS, REASON, CHUNKED, CHUNK_LEFT, LENGTH, WILL_CLOSE  # "UNKNOWN"
    CODE, OVERHEAD  # nothing
    SLOTS
    FIRST_NONE = HEAD
    FIRST_UNKNOWN = VERSION
_SLOTS = (
    "fp", "_method", "debuglevel", "_fasthttp_in_step", "_fasthttp_ends_connection",
    "_fasthttp_head", "_fasthttp_headers", "_fasthttp_msg", "_fasthttp_by_hand",
    "_fasthttp_exchange", "_max_headers",
    "version", "status", "reason", "chunked", "chunk_left", "length", "will_close", "code",
    "_fasthttp_overhead",
)

# The slots of a connection.
cdef enum:
    STATE, RESPONSE, SOCK, LINES, OWN, ASKED, MOST_FIELDS, HOST, PORT, TUNNEL_HOST, TUNNEL_PORT
    CONNECTION_SLOTS
_CONNECTION_SLOTS = (
    "_HTTPConnection__state", "_HTTPConnection__response", "sock", "_buffer", "_fasthttp", "_method",
    "max_response_headers", "host", "port", "_tunnel_host", "_tunnel_port",
)


cdef PyMemberDef *_slot_named(cls, str name) except NULL:
    """A slot that a class defines, and keeps for as long as it lives."""
    return slot_of(vars(cls)[name])


# ---------------------------------------------------------------------- methods

cdef object _request(usual, PyObject *const *given, Py_ssize_t count, PyObject *names):
    cdef Py_ssize_t i, named = 0 if names == NULL else len(<tuple>names)
    body, headers = None, NO_FIELDS
    if not 3 <= count <= 5:
        return aside
    if count > 3:
        body = <object>given[3]
    if count > 4:
        headers = <object>given[4]
    for i in range(named):
        # Also where it has been given by its place: that is an error for Python to say.
        name = (<tuple>names)[i]
        if name == "headers" and count < 5:
            headers = <object>given[count + i]
        elif name == "body" and count < 4:
            body = <object>given[count + i]
        else:
            return aside
    is_sent = (<Requests>usual).send(<object>given[0], <object>given[1], <object>given[2], body, headers)
    return None if is_sent else aside


cdef object _getresponse(usual, PyObject *const *given, Py_ssize_t count, PyObject *names):
    if count != 1 or names != NULL:
        return aside
    response = (<Requests>usual).receive(<object>given[0])
    return aside if response is None else response


cdef object _read(usual, PyObject *const *given, Py_ssize_t count, PyObject *names):
    if count != 1 or names != NULL:
        return aside
    content = (<Responses>usual).read(<object>given[0])
    return aside if content is None else content


cdef object _getheader(usual, PyObject *const *given, Py_ssize_t count, PyObject *names):
    if not 2 <= count <= 3 or names != NULL:
        return aside
    value = (<Responses>usual).field(<object>given[0], <object>given[1])
    return aside if value is None else value


cdef object _finalize(usual, PyObject *const *given, Py_ssize_t count, PyObject *names):
    cdef Responses responses = usual
    if count == 1 and type(<object>given[0]) is responses._class:
        file = responses._get(<object>given[0], FP)
        if file is None or file is absent():
            return None
    return aside


# -------------------------------------------------------------------- exchanges

@cython.no_gc_clear
cdef class Requests:
    """Sends whole requests, and takes the heads of their answers; see usual_c.pyi."""

    cdef Pristine _methods, _receives, _tls_methods
    cdef Unchanged _checks, _sockets
    cdef object _exchange_class, _response_class, _socket_class, _tls_class
    cdef object _idle, _sent, _is_spent, _is_plain, _note_cut, _shut
    cdef object _go_on, _is_to_be_sent_again, _send_again
    cdef Responses _responses
    cdef dict _namespace
    cdef Py_ssize_t _joined
    cdef object _connection_class
    cdef PyMemberDef *_of[CONNECTION_SLOTS]
    cdef PyMemberDef *_fp
    cdef PyMemberDef *_in_step
    cdef PyMemberDef *_policy
    cdef PyMemberDef *_deadline
    cdef PyMemberDef *_doubt
    cdef PyMemberDef *_resend
    cdef PyMemberDef *_served
    cdef PyMemberDef *_host_key
    cdef PyMemberDef *_host_line

    def __cinit__(self, *, methods, receives, checks, connection_class, exchange_class,
                  response_class, socket_class, sockets, tls_class, tls_methods, dict namespace not None, states, is_spent, is_plain,
                  note_cut, shut, joined, Responses responses not None, go_on, is_to_be_sent_again, send_again):
        self._methods, self._receives, self._checks = methods, receives, checks
        self._connection_class = connection_class
        self._exchange_class, self._response_class = exchange_class, response_class
        self._socket_class, self._sockets, self._namespace = socket_class, sockets, namespace
        self._tls_class, self._tls_methods = tls_class, tls_methods
        self._idle, self._sent = states
        self._is_spent, self._is_plain, self._note_cut = is_spent, is_plain, note_cut
        self._shut, self._joined = shut, joined
        self._responses, self._go_on = responses, go_on
        self._is_to_be_sent_again, self._send_again = is_to_be_sent_again, send_again
        for i in range(CONNECTION_SLOTS):
            self._of[i] = _slot_named(connection_class, _CONNECTION_SLOTS[i])
        self._fp = _slot_named(response_class, "fp")
        self._in_step = _slot_named(response_class, "_fasthttp_in_step")
        self._policy = _slot_named(exchange_class, "policy")
        self._deadline = _slot_named(exchange_class, "deadline")
        self._doubt = _slot_named(exchange_class, "doubt")
        self._resend = _slot_named(exchange_class, "resend")
        self._served = _slot_named(exchange_class, "served")
        self._host_key = _slot_named(exchange_class, "host_key")
        self._host_line = _slot_named(exchange_class, "host_line")

    cdef inline object _get(self, connection, int slot):
        return value_in(connection, self._of[slot])

    cdef inline int _set(self, connection, int slot, value) except -1:
        return set_slot(connection, self._of[slot], value)

    cdef object _exchange(self, connection):
        """What a connection keeps for an exchange, where that has no conditions; else None."""
        exchange = self._get(connection, OWN)
        if type(exchange) is not self._exchange_class or \
                value_in(exchange, self._policy) is not None or \
                value_in(exchange, self._deadline) is not None:
            return None
        return exchange

    def request_over(self, plain):
        return over(self, _request, plain)

    def getresponse_over(self, plain):
        return over(self, _getresponse, plain)

    cpdef bint send(self, connection, method, url, body, headers) except -1:
        cdef Py_ssize_t length
        cdef bytes head
        if not PyObject_TypeCheck(connection, <PyTypeObject *>self._connection_class) or \
                not self._methods.holds(connection) or not self._checks.holds():
            return False
        exchange = self._exchange(connection)
        if exchange is None or self._get(connection, STATE) is not self._idle:
            return False
        sock = self._get(connection, SOCK)
        lines = self._get(connection, LINES)
        if sock is None or sock is absent() or type(lines) is not list or <list>lines:
            return False
        length = length_of(self._namespace, method, body)
        if length < -1 or length and not (length < 0 or self._may_join(sock, length)):
            return False
        host_line = self._host(connection, exchange)
        if host_line is None:
            return False
        encoded = head_of(method, url, <bytes>host_line, length, headers)
        if type(encoded) is not bytes or not self._let_go(connection, sock):
            return False
        head = <bytes>encoded
        self._set(connection, STATE, self._sent)
        self._set(connection, ASKED, method)
        try:
            PySys_Audit(b"http.client.send", b"OO", <PyObject *>connection, <PyObject *>head)
            if length > 0:
                PySys_Audit(b"http.client.send", b"OO", <PyObject *>connection, <PyObject *>body)
                head += <bytes>body
            self._send(sock, head)
        except BaseException:
            self._note_cut(connection, exchange)
            raise
        return True

    cpdef receive(self, connection):
        cdef Responses responses = self._responses
        if not PyObject_TypeCheck(connection, <PyTypeObject *>self._connection_class) or \
                not self._receives.holds(connection):
            return None
        exchange = self._exchange(connection)
        if exchange is None or value_in(exchange, self._doubt) is not None or \
                self._get(connection, STATE) is not self._sent or \
                self._get(connection, RESPONSE) is not None:
            return None
        most = self._get(connection, MOST_FIELDS)
        sock, method = self._get(connection, SOCK), self._get(connection, ASKED)
        if most is absent() or sock is absent() or method is absent():
            return None
        response = responses.make(self._response_class, sock, method)
        if response is None:
            return None
        try:
            is_begun = responses.begin(response, most)
        except BaseException as error:
            if not self._is_to_be_sent_again(connection, exchange, response, error):
                raise
            response = None
        if response is None:
            self._send_again(connection, exchange)
            return connection.getresponse()
        if not is_begun or responses._get(response, WILL_CLOSE) is not False:
            return self._go_on(connection, exchange, response)
        self._set(connection, STATE, self._idle)
        set_slot(exchange, self._served, True)
        set_slot(exchange, self._resend, None)
        self._set(connection, RESPONSE, response)
        return response

    cdef int _send(self, sock, bytes data) except -1:
        cdef Py_ssize_t done, length = len(data)
        if HAS_DESCRIPTORS and type(sock) is self._socket_class and self._sockets.holds():
            # Also with a time-out: there is nothing to wait for where the system has room.
            done = send_at(descriptor_of(sock), PyBytes_AS_STRING(data), length)
            if done == -1:
                return -1
            PyErr_CheckSignals()  # before anything waits: its handler may raise, or close the socket
            if done != length:
                sock.sendall(data if done < 0 else memoryview(data)[done:])
            return 0
        tls = self._tls_of(sock)
        if tls is None:
            sock.sendall(data)
            return 0
        # What SSLSocket.sendall() does, without its frames.
        done = tls.write(data)
        while done < length:
            done += tls.write(memoryview(data)[done:])
        return 0

    cdef object _tls_of(self, sock):
        """What a socket of exactly ssl.SSLSocket works on; None where it goes its own way."""
        if type(sock) is self._tls_class and self._tls_methods.holds(sock):
            return sock._sslobj
        return None

    cdef bint _spent(self, sock) except -1:
        """sockets.is_spent()"""
        if type(sock) is self._socket_class and self._sockets.holds():
            try:
                return has_input_itself(sock)
            except Exception:
                return False
        tls = self._tls_of(sock)
        try:
            if tls is not None and not tls.pending() and not has_input(sock):
                return False
        except Exception:
            pass
        return self._is_spent(sock)

    cdef bint _may_join(self, sock, Py_ssize_t length) except -1:
        return length <= self._joined and (
            type(sock) is self._socket_class or self._is_plain(sock))

    cdef object _host(self, connection, exchange):
        """The Host line, if it was made of what it would be made of now; else None."""
        key = value_in(exchange, self._host_key)
        if type(key) is not tuple:
            return None
        host, port, tunnel_host, tunnel_port, default_port = <tuple>key
        if self._get(connection, HOST) is not host or self._get(connection, PORT) is not port or \
                self._get(connection, TUNNEL_HOST) is not tunnel_host or \
                self._get(connection, TUNNEL_PORT) is not tunnel_port or \
                connection.default_port is not default_port:
            return None
        return value_in(exchange, self._host_line)

    cdef bint _let_go(self, connection, sock) except -1:
        """Let go of the response before, if its connection can serve another request. If it cannot,
        the connection is closed.
        """
        response = self._get(connection, RESPONSE)
        if response is None:
            return True
        if type(response) is not self._response_class or value_in(response, self._fp) is not None or \
                value_in(response, self._in_step) is not True:
            return False
        if self._spent(sock):
            # Not to be asked again, where asking changes the answer: what is left is to connect.
            self._shut(connection)
            return False
        self._set(connection, RESPONSE, None)
        return True


@cython.no_gc_clear
cdef class Responses:
    """Makes responses, reads their heads and whole bodies; see usual_c.pyi."""

    cdef Pristine _head_methods, _body_methods, _chunk_methods, _tls_methods
    cdef Limits _limits, _line_limits
    cdef Unchanged _sockets, _messages
    cdef object _class, _by_hand_class, _socket_class, _tls_class, _unknown
    cdef object _apply_head, _note_received, _note_failure, _cut_short, _read_on
    cdef PyMemberDef *_slots[SLOTS]

    def __cinit__(self, *, response_class, unknown, head_methods, body_methods, chunk_methods,
                 limits, line_limits, by_hand_class, apply_head, note_received, note_failure,
                 cut_short, read_on, socket_class, sockets, messages, tls_class, tls_methods):
        self._class, self._unknown = response_class, unknown
        self._head_methods, self._body_methods = head_methods, body_methods
        self._chunk_methods = chunk_methods
        self._limits, self._line_limits = limits, line_limits
        self._by_hand_class, self._apply_head = by_hand_class, apply_head
        self._note_received, self._note_failure = note_received, note_failure
        self._cut_short, self._read_on = cut_short, read_on
        self._socket_class, self._sockets, self._messages = socket_class, sockets, messages
        self._tls_class, self._tls_methods = tls_class, tls_methods
        for i in range(SLOTS):
            self._slots[i] = _slot_named(response_class, _SLOTS[i])

    cdef inline object _get(self, response, int slot):
        return value_in(response, self._slots[slot])

    cdef inline int _set(self, response, int slot, value) except -1:
        return set_slot(response, self._slots[slot], value)

    def read_over(self, plain):
        return over(self, _read, plain)

    def getheader_over(self, plain):
        return over(self, _getheader, plain)

    def del_over(self, plain):
        return over(self, _finalize, plain)

    cpdef make(self, cls, sock, method):
        cdef int slot
        if cls is not self._class or not self._head_methods.holds_of_class(cls):
            return None
        file = self._file(sock)
        if file is None:
            return None
        response = bare_instance_of(cls)
        self._set(response, FP, file)
        self._set(response, METHOD, method)
        self._set(response, DEBUGLEVEL, 0)
        self._set(response, IN_STEP, False)
        self._set(response, ENDS_CONNECTION, False)
        for slot in range(FIRST_NONE, FIRST_UNKNOWN):
            self._set(response, slot, None)
        for slot in range(FIRST_UNKNOWN, CODE):
            self._set(response, slot, self._unknown)
        return response

    cdef SocketFile _file(self, sock):
        """sockets.open_file(), for the stdlib's own sockets; None for others."""
        cdef SocketFile file
        cdef bint is_tls = type(sock) is self._tls_class
        if is_tls:
            if not self._tls_methods.holds(sock):
                return None
        elif type(sock) is not self._socket_class or not self._sockets.holds():
            return None
        timeout = sock.gettimeout()
        if timeout is not None and (type(timeout) is not float or <double>timeout == 0):
            return None
        file = SocketFile.__new__(SocketFile)
        file.open_for(sock, not is_tls)
        if is_tls:
            file.receive_by_tls()
        return file

    cpdef begin(self, response, most):
        cdef Py_ssize_t max_line, default
        cdef long long length
        cdef Head head
        if type(response) is not self._class or not self._head_methods.holds(response) or \
                self._get(response, HEAD) is not None or \
                self._get(response, HEADERS) is not None or \
                self._get(response, EXCHANGE) is not None or \
                not self._limits.find(&max_line, &default):
            return False
        file = self._get(response, FP)
        debuglevel = self._get(response, DEBUGLEVEL)
        if type(file) is not SocketFile or type(debuglevel) is not int or debuglevel > 0:
            return False
        if most is not None:
            if type(most) is not int or not 0 <= most <= MOST:
                return False
            default = most
        self._set(response, MAX_HEADERS, most)
        try:
            head = (<SocketFile>file).take_head(max_line, default)
        except OSError as error:
            self._note_received(error, file.received())
            raise
        if head is None:
            return False
        self._set(response, MSG, None)
        self._set(response, HEAD, head)
        method = self._get(response, METHOD)
        length = head.plain_length_for(method) if method is None or type(method) is str else -2
        if length < -1:
            if not self._apply_head(response, head, None, False):
                self._set(response, ENDS_CONNECTION, True)
            return True
        status = head.status
        self._set(response, CODE, status)
        self._set(response, STATUS, status)
        self._set(response, REASON, head.reason)
        self._set(response, VERSION, head.version)
        self._set(response, CHUNKED, length < 0)
        self._set(response, LENGTH, None if length < 0 else length)
        self._set(response, WILL_CLOSE, False)
        if length < 0:
            self._set(response, CHUNK_LEFT, None)
            self._set(response, OVERHEAD, 0)
            by_hand = self._by_hand_class()
            by_hand.file = file
            self._set(response, BY_HAND, by_hand)
            self._set(response, FP, by_hand)
        return True

    cpdef field(self, response, name):
        """The value of a field that is there."""
        if type(response) is not self._class or type(name) is not str or not self._messages.holds():
            return None
        head = self._get(response, HEAD)
        return (<Head>head).get(name) if type(head) is Head else None

    cpdef read(self, response):
        if type(response) is not self._class or self._get(response, EXCHANGE) is not None:
            return None
        method = self._get(response, METHOD)
        if method is not None and (type(method) is not str or method == "HEAD"):
            return None
        chunked = self._get(response, CHUNKED)
        if chunked is False:
            return self._read_length(response)
        return self._read_chunks(response) if chunked is True else None

    cdef bytes _read_length(self, response):
        cdef SocketFile file
        cdef Py_ssize_t size
        found = self._get(response, FP)
        length = self._get(response, LENGTH)
        if type(found) is not SocketFile or type(length) is not int or \
                not 0 <= length <= TRUSTED_SIZE or not self._body_methods.holds(response):
            return None
        file = found
        size = length
        try:
            content = file.take_bytes(size)
            self._set(response, BY_HAND, file)
            if content is None or len(<bytes>content) < size:
                return self._cut_short(response, content, size)
            self._set(response, LENGTH, 0)
            self._end(response, file)
        except BaseException as error:
            self._note_failure(response, error)
            raise
        return content

    cdef bytes _read_chunks(self, response):
        cdef SocketFile file
        cdef int64_t left = -1
        cdef Py_ssize_t whole = 0, max_line, most
        cdef int stop
        by_hand = self._get(response, FP)
        if type(by_hand) is not self._by_hand_class or \
                self._get(response, CHUNK_LEFT) is not None or \
                self._get(response, OVERHEAD) is not ZERO or \
                not self._chunk_methods.holds(response) or \
                not self._line_limits.find(&max_line, &most):
            return None
        found = by_hand.file
        if type(found) is not SocketFile:
            return None
        file = found
        self._set(response, FP, file)
        self._set(response, BY_HAND, None)
        try:
            content = file.take_chunks(&left, -1, max_line, &whole, &stop)
            if stop != DONE:
                return self._read_on(response, None, (content, left, whole, stop))
            self._end(response, file)
        except BaseException as error:
            self._note_failure(response, error)
            raise
        return content

    cdef int _end(self, response, SocketFile file) except -1:
        """chunked.end_of_message()"""
        self._set(response, FP, None)
        file.close_file()
        ends = self._get(response, ENDS_CONNECTION)
        self._set(response, IN_STEP, file.leftover == 0 and (ends is False or not ends))
        return 0
