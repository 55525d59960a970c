# cython: language_level=3, freethreading_compatible=True, boundscheck=False, wraparound=False, auto_pickle=False
"""An ordinary exchange on `http.client`'s own objects, for install(), in C.

`Lent` does what `request`, `getresponse`, `getheader` and `read` do for the one case that most
exchanges are: a whole request with a small body or none on a connection that is open; a head of the
codec's plain form that has come in one piece; a body of a known length that is read whole. It looks
first, and where anything is out of the ordinary nothing has happened. What is to be decided about
bytes is decided by the codec, and what has gone wrong is left to the functions that it is given.

The objects are the very ones that `http.client` makes: their attributes are copied from one of each
kind that was made by its own `__init__`. A file that nobody else has is used for one response after
the other.
"""

from cpython.bytearray cimport PyByteArray_AS_STRING
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.object cimport PyObject

from .._codec.headers_c cimport Head, fields_of, head_at, values_of
from .._codec.request_c cimport head_of
from .._codec.sizes cimport TRUSTED_SIZE
from .._codec.threads cimport THREADS_RUN_AT_ONCE
from .._guard.guard_c cimport Limits, Pristine, Unchanged
from .._stream.slots cimport absent, held_value
from .files_c cimport Ahead, Files
from .instances cimport PyObject_GenericGetDict, PyObject_GenericSetDict, bare_instance_of
from .instances cimport set_attribute
from .requests cimport length_of

cdef extern from "Python.h":
    int PySys_Audit(const char *event, const char *format, ...) except -1
    Py_ssize_t Py_REFCNT(object instance)

cdef extern from *:
    """
    static inline PyObject *fh_call_method(PyObject *function, PyObject *self, PyObject *given)
    {
        PyObject *all[] = {self, given};
        return PyObject_Vectorcall(function, all, 2, NULL);
    }
    """
    object call_method "fh_call_method"(object function, object instance, object given)

cdef object ZERO = 0  # one object for all, as each small int is

#: What `header` and `read` return where the plain way is to be gone.
ASIDE = object()
cdef object aside = ASIDE


cdef inline bint _is(value, str wanted) except -1:
    return value is wanted or type(value) is str and <str>value == wanted


cdef class Lent:
    """What install() lends to `http.client`; see installed_c.pyi."""

    cdef Unchanged _alone_sending, _alone_receiving, _checks, _fetches
    cdef Limits _limits
    cdef Pristine _sends, _receives, _begins, _reads
    cdef Files _files
    cdef dict _namespace, _hosts, _of_response, _of_plain, _of_message
    cdef object _response_class, _message_class
    cdef object _socket_class, _tls_class, _policy, _idle, _sent
    cdef object _last_host, _last_port, _last_default_port, _last_host_line
    cdef object _read, _most_fields, _apply_head, _finish, _failed, _cut_short
    cdef Py_ssize_t _joined, _last_line, _last_default, _last_most
    cdef bint _keeps_most, _reads_amounts

    def __cinit__(self, *, alone_sending, alone_receiving, checks, fetches, limits, sends, receives,
                 begins, reads, Files files not None, dict namespace not None, dict hosts not None,
                 dict of_response not None, dict of_message not None, response_class, message_class,
                 reader_class, socket_class, tls_class, policy, states, most_fields, apply_head,
                 finish, failed, cut_short, joined, keeps_most, reads_amounts):
        self._alone_sending, self._alone_receiving = alone_sending, alone_receiving
        self._checks, self._fetches, self._limits = checks, fetches, limits
        self._sends, self._receives, self._begins, self._reads = sends, receives, begins, reads
        self._files = files
        self._namespace, self._hosts = namespace, hosts
        self._of_response, self._of_message = of_response, of_message
        # With what a plain head of a 200 says, in the order of begin().
        self._of_plain = {
            **of_response, "version": 11, "status": 200, "chunked": False, "length": None,
            "will_close": False, "code": 200, **({"_max_headers": None} if keeps_most else {}),
        }
        self._response_class, self._message_class = response_class, message_class
        self._socket_class, self._tls_class = socket_class, tls_class
        self._read = reader_class.read
        self._policy = policy
        self._idle, self._sent = states
        self._most_fields, self._apply_head = most_fields, apply_head
        self._finish, self._failed, self._cut_short = finish, failed, cut_short
        self._joined = joined
        self._keeps_most, self._reads_amounts = keeps_most, reads_amounts
        self._last_line = self._last_default = self._last_most = -1

    # ------------------------------------------------------------------ requests

    def send(self, connection, method, url, body, headers):
        cdef Py_ssize_t length
        cdef dict held
        cdef bytes head
        if not self._alone_sending.holds() or not self._sends.holds(connection) or \
                not self._checks.holds() or connection.debuglevel is not ZERO:
            return False
        held = <dict>PyObject_GenericGetDict(connection, NULL)
        if not _is(held_value(held, "_HTTPConnection__state"), self._idle):
            return False
        sock = held_value(held, "sock")
        if type(sock) is not self._socket_class and type(sock) is not self._tls_class:
            return False
        lines = held_value(held, "_buffer")
        if type(lines) is not list or <list>lines:
            return False
        length = length_of(self._namespace, method, body)
        host_line = self._host(connection, held)
        if length < -1 or length > self._joined or host_line is None:
            return False
        response = held_value(held, "_HTTPConnection__response")
        if response is not None and not self._is_over(response):
            return False
        encoded = head_of(method, url, <bytes>host_line, length, headers)
        if type(encoded) is not bytes:
            return False
        head = <bytes>encoded
        if response is not None:
            held["_HTTPConnection__response"] = None
            self._let_go(response)
            response = None
        held["_HTTPConnection__state"] = self._sent
        held["_method"] = method
        PySys_Audit(b"http.client.send", b"OO", <PyObject *>connection, <PyObject *>head)
        if length > 0:
            PySys_Audit(b"http.client.send", b"OO", <PyObject *>connection, <PyObject *>body)
            head += <bytes>body
        sock.sendall(head)
        return True

    cdef object _host(self, connection, dict held):
        """The Host line, where it was made before; else None."""
        host = held_value(held, "_tunnel_host")
        if host is None:
            host, port = held_value(held, "host"), held_value(held, "port")
        else:
            port = held_value(held, "_tunnel_port")
        default = connection.default_port
        if host is self._last_host and port is self._last_port and default is self._last_default_port:
            return self._last_host_line
        if type(host) is not str or not host or type(port) is not int or type(default) is not int:
            return None
        found = self._hosts.get((host, None if port == default else port))
        if found is None:
            return None
        self._last_host, self._last_port, self._last_default_port = host, port, default
        self._last_host_line = (<tuple>found)[2]
        return self._last_host_line

    cdef bint _is_over(self, response) except -1:
        """Whether this is a response that has been read, by its `fp`."""
        return type(response) is self._response_class and self._reads.holds(response) and \
            held_value(<dict>PyObject_GenericGetDict(response, NULL), "fp") is None

    cdef int _let_go(self, response) except -1:
        """Mark a response that is over as closed, if nobody else has it. Its end would call its
        close() and flush() else, to no effect.
        """
        if not THREADS_RUN_AT_ONCE and Py_REFCNT(response) == 1:
            (<dict>PyObject_GenericGetDict(response, NULL))["__IOBase_closed"] = True
        return 0

    # ------------------------------------------------------------------ responses

    def receive(self, connection):
        cdef Py_ssize_t max_line, most
        cdef dict held, attributes
        if not self._alone_receiving.holds() or not self._receives.holds_of_class(type(connection)) or \
                not self._begins.holds_of_class(self._response_class) or \
                not self._limits.find(&max_line, &most):
            return None
        held = <dict>PyObject_GenericGetDict(connection, NULL)
        if not _is(held_value(held, "_HTTPConnection__state"), self._sent) or \
                held_value(held, "_HTTPConnection__response") is not None or \
                connection.debuglevel is not ZERO or \
                connection.response_class is not self._response_class or \
                self._keeps_most and connection.max_response_headers is not None:
            return None
        sock, method = held_value(held, "sock"), held_value(held, "_method")
        if method is absent() or not self._files.are_of(sock):
            return None
        if max_line != self._last_line or most != self._last_default:
            self._last_most = self._most_fields((max_line, most), None)
            self._last_line, self._last_default = max_line, most
        if self._last_most < 0:
            return None
        return self._begin(connection, held, sock, method, max_line, self._last_most)

    cdef object _begin(self, connection, dict held, sock, method, Py_ssize_t max_line,
                       Py_ssize_t most):
        """Read the head of a new response, and do what getresponse() does then."""
        cdef Py_ssize_t used = 0, got = -1
        cdef Ahead ahead
        cdef bytearray room
        cdef char *data
        cdef Head head = None
        # All that can be done before the answer has come is done while it is on its way. The response
        # is older than its file, as http.client's is: the garbage collector finalizes it first.
        response = bare_instance_of(self._response_class)
        message = bare_instance_of(self._message_class)
        cdef dict attributes = self._of_plain.copy(), of_message = self._of_message.copy()
        set_attribute(message, "__dict__", of_message)
        of_message["defects"] = []
        attributes["headers"] = attributes["msg"] = message
        ahead = self._files.file_for(sock)
        fp, raw = ahead.fp, ahead.raw
        ahead.fp = ahead.raw = error = None
        attributes["fp"] = fp
        attributes["_method"] = method
        room = self._files.take_room()
        data = PyByteArray_AS_STRING(room)
        try:
            got = self._files.receive(sock, room)
        except BaseException as raised:  # of whatever kind: it is raised again by `failed`
            error = raised
        if got > 0:
            head = head_at(data, got, max_line, most, &used)
            if head is None:
                used = 0
            if got > used:
                ahead.put(raw, PyBytes_FromStringAndSize(data + used, got - used))
        self._files.give_room(room)
        if head is not None:
            of_message["_headers"] = fields_of(head)
            return self._apply(connection, held, response, attributes, head)
        attributes = message = None
        PyObject_GenericSetDict(response, self._attributes(self._of_response, fp, method), NULL)
        if got > 0:
            return self._finish(connection, response, response.begin)
        return self._failed(connection, response, raw, error)

    cdef dict _attributes(self, dict usual, fp, method):
        attributes = usual.copy()
        attributes["fp"] = fp
        attributes["_method"] = method
        return attributes

    cdef object _apply(self, connection, dict held, response, dict attributes, Head head):
        """Fill in a response by its head; `attributes` are what one of a plain head has."""
        cdef long long length
        cdef dict others
        method = attributes["_method"]
        length = head.plain_length_for(method) if method is None or type(method) is str else -2
        if length < -1:
            others = self._attributes(self._of_response, attributes["fp"], method)
            others["headers"] = others["msg"] = attributes["headers"]
            if self._keeps_most:
                others["_max_headers"] = None
            PyObject_GenericSetDict(response, others, NULL)
            attributes = None
            return self._finish(connection, response, self._apply_head, response, head, None, True)
        attributes["reason"] = head.reason
        if head.status != 200:
            attributes["status"] = attributes["code"] = head.status
        if length < 0:
            attributes["chunked"] = True
            attributes["chunk_left"] = None
        else:
            attributes["length"] = length
        PyObject_GenericSetDict(response, attributes, NULL)
        held["_HTTPConnection__state"] = self._idle
        held["_HTTPConnection__response"] = response
        return response

    def header(self, response, name, default):
        cdef dict held
        headers = response.headers
        if type(headers) is not self._message_class or not self._fetches.holds():
            return aside
        held = <dict>PyObject_GenericGetDict(headers, NULL)
        if held_value(held, "policy") is not self._policy or "get_all" in held:
            return aside
        values = values_of(held_value(held, "_headers"), name)
        if values:
            return (<list>values)[0] if len(<list>values) == 1 else ", ".join(<list>values)
        if values is not None and (default is None or type(default) is str):
            return default
        return aside

    # --------------------------------------------------------------------- bodies

    def read(self, response, amount):
        cdef dict held
        cdef Py_ssize_t size, left = -1
        if not self._reads.holds(response) or \
                amount is not None and (type(amount) is not int or not 0 <= amount <= TRUSTED_SIZE):
            return aside
        held = <dict>PyObject_GenericGetDict(response, NULL)
        fp, chunked = held_value(held, "fp"), held_value(held, "chunked")
        method = held_value(held, "_method")
        if fp is None:
            return b""
        if method is not None and (type(method) is not str or method == "HEAD"):
            return aside
        if chunked is True:
            return response._read_chunked(amount)
        length = held_value(held, "length")
        if chunked is not False or not self._files.is_plain(fp) or \
                type(length) is not int or not 0 <= length <= TRUSTED_SIZE:
            return aside
        if amount is None or amount >= length and self._reads_amounts:
            data = self._files.read_ahead(held, fp, length)
            if data is not None:
                return data
        left = length
        if amount is None:
            data = call_method(self._read, fp, length)
            if type(data) is not bytes or len(<bytes>data) < left:
                return self._cut_short(response, data, length)
            held["length"] = 0
        elif not self._reads_amounts:
            return aside
        else:
            if amount > length:
                amount = length
            size = amount
            data = call_method(self._read, fp, amount)
            if data or not size:
                left -= len(data)
                held["length"] = left
                if left:
                    return data
        held["fp"] = None
        self._files.close(fp)
        return data
