# cython: language_level=3, freethreading_compatible=True, boundscheck=False, wraparound=False, auto_pickle=False
"""The files that sockets give to `http.client`'s responses, for install(), in C.

Such a file is an `io.BufferedReader` over a `socket.SocketIO`, and to make one takes as long as to
parse a head. So it is used for one response after the other where nobody else has it; and what is
received with a head lies beside it, in an `Ahead`, until somebody reads from it.
"""

cimport cython
from cpython.buffer cimport PyBUF_CONTIG, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytearray cimport PyByteArray_AS_STRING
from cpython.bytes cimport PyBytes_AS_STRING
from cpython.dict cimport PyDict_Next
from cpython.exc cimport PyErr_CheckSignals
from cpython.object cimport PyObject
from libc.errno cimport EAGAIN
from libc.string cimport memcpy

from .._codec.threads cimport THREADS_RUN_AT_ONCE
from .._guard.guard_c cimport Pristine
from .._stream.descriptor cimport INTERRUPTED, failed, receive_at
from .._stream.slots cimport held_value
from .._stream.stream_c cimport count_file, descriptor_of, may_go_by_descriptor, release_file
from .instances cimport PyObject_GenericGetDict, PyObject_GenericSetDict, PyTypeObject, instance_of

import weakref

cdef extern from "Python.h":
    Py_ssize_t PyNumber_AsSsize_t(object number, object error) except? -1
    object call_with "PyObject_CallOneArg"(object function, object given)
    Py_ssize_t Py_REFCNT(object instance)
    void PyObject_GC_Track(PyObject *instance)
    void PyObject_GC_UnTrack(PyObject *instance)
    bint PyObject_GC_IsTracked(PyObject *instance)
    ctypedef struct PyWeakReference:
        PyObject *wr_next
    PyTypeObject *Py_TYPE(object instance)

cdef enum:
    SPARES = 8  # files kept: so many connections may be between two requests


cdef inline bint _has_dict(instance) noexcept:
    """Whether an instance of one of io's own classes has been given attributes."""
    cdef PyTypeObject *cls = Py_TYPE(instance)
    return cls.tp_dictoffset <= 0 or \
        (<PyObject **>(<char *><PyObject *>instance + cls.tp_dictoffset))[0] != NULL


cdef inline PyObject *_weak_references(instance) noexcept:
    """The first weak reference to an instance of one of io's own classes; NULL where there is none.
    """
    return (<PyObject **>(<char *><PyObject *>instance + Py_TYPE(instance).tp_weaklistoffset))[0]


@cython.final
cdef class Ahead:
    """What has been received behind a head and not read: the `readinto` of the stream of a file,
    until the file has asked for all of it. Of a file that is not in use, it keeps file and stream.
    """

    def __call__(self, into):
        cdef Py_ssize_t size = -1
        # The garbage collector takes weak references away before it calls finalizers, which may read.
        raw = self.stream()
        if raw is None or not raw.closed:
            size = self.give(raw, into)
        if size >= 0:
            return size
        if raw is None:
            raise ValueError("I/O operation on closed file.")
        return type(raw).readinto(raw, into)

    @cython.critical_section
    cdef Py_ssize_t give(self, raw, into) except -2:
        """Copy what fits of what is here: how much; -1 where nothing is."""
        cdef Py_buffer view
        cdef Py_ssize_t size = -1
        cdef bytes data
        PyObject_GetBuffer(into, &view, PyBUF_CONTIG)
        data = self.data  # from here on no code of others runs, up to where the buffer is released
        if data is not None:
            size = min(view.len, len(data) - self.start)
            memcpy(view.buf, PyBytes_AS_STRING(data) + self.start, <size_t>size)
            self.start += size
            if self.start == len(data):
                self.data = None
        PyBuffer_Release(&view)
        if raw is not None and self.data is None:
            self.leave(<dict>PyObject_GenericGetDict(raw, NULL))
        return size

    cdef int put(self, raw, bytes data) except -1:
        """Have what has come."""
        self.data = data
        self.start = 0
        (<dict>PyObject_GenericGetDict(raw, NULL))["readinto"] = self
        return 0

    cdef int leave(self, dict held) except -1:
        """Give the stream its own `readinto` back: there is nothing more here."""
        self.data = None
        if held_value(held, "readinto") is self:
            del held["readinto"]
        return 0


cdef inline void _track(Ahead ahead) noexcept:
    """Let the garbage collector know a file again: its end relies on that."""
    PyObject_GC_Track(<PyObject *>ahead.raw)
    PyObject_GC_Track(<PyObject *>ahead.fp)


cdef Py_ssize_t _checked(taken, Py_ssize_t size) except -1:
    """A number of bytes that have come, which may be from somebody's own recv_into(); with the errors
    of BufferedReader.
    """
    cdef Py_ssize_t got
    if taken is None:
        return failed(EAGAIN)
    try:
        got = PyNumber_AsSsize_t(taken, ValueError)
    except (TypeError, ValueError) as error:
        raise OSError("raw readinto() failed") from error
    if not 0 <= got <= size:
        raise OSError(
            f"raw readinto() returned invalid length {got} (should have been between 0 and {size})")
    return got


cdef class Files:
    """Makes such files, and closes them or keeps them; see files_c.pxd."""

    def __cinit__(self, *, raws, sockets, tls_sockets, receives_itself, dict of_raw not None,
                  raw_class, reader_class, socket_class, tls_class, buffer_size):
        self._raws, self._sockets, self._tls_sockets = raws, sockets, tls_sockets
        self._receives_itself = receives_itself
        self._of_raw = of_raw
        # What BufferedReader asks a stream that it is made for.
        self._of_stub = {"readable": True.__bool__, "tell": (0).__int__}
        self._raw_class, self._reader_class = raw_class, reader_class
        self._socket_class, self._tls_class = socket_class, tls_class
        self._buffer_size = buffer_size
        self._spares, self._rooms = [], []

    def __del__(self):
        cdef Ahead ahead
        for ahead in self._spares or ():  # what has no socket cannot be closed
            (<dict>PyObject_GenericGetDict(ahead.raw, NULL))["__IOBase_closed"] = True
            _track(ahead)

    cdef bint are_of(self, sock) except -1:
        if not self._raws.holds_of_class(self._raw_class):
            return False
        if type(sock) is self._socket_class:
            return self._sockets.holds_of_class(self._socket_class)
        return type(sock) is self._tls_class and self._tls_sockets.holds(sock)

    cdef Ahead file_for(self, sock):
        cdef Ahead ahead
        cdef dict held
        if self._spares:
            ahead = <Ahead>self._spares.pop()
            (<dict>PyObject_GenericGetDict(ahead.raw, NULL))["_sock"] = sock
            _track(ahead)
            count_file(sock, 1)
            return ahead
        # While the file is made, the stream answers in no frames of Python.
        ahead = Ahead()
        ahead.raw = instance_of(self._raw_class, self._of_stub.copy())
        ahead.stream = weakref.ref(ahead.raw)
        ahead.fp = call_with(self._reader_class, ahead.raw)
        held = self._of_raw.copy()
        held["_sock"] = sock
        PyObject_GenericSetDict(ahead.raw, held, NULL)
        count_file(sock, 1)
        return ahead

    cdef bytearray take_room(self):
        try:
            return <bytearray>self._rooms.pop()
        except IndexError:
            return bytearray(self._buffer_size)

    cdef int give_room(self, bytearray room) except -1:
        if len(self._rooms) < SPARES:
            self._rooms.append(room)
        return 0

    cdef Py_ssize_t receive(self, sock, bytearray room) except -1:
        cdef Py_ssize_t got
        if type(sock) is self._socket_class and may_go_by_descriptor(sock) and \
                self._receives_itself.holds_of_class(self._socket_class):
            got = receive_at(descriptor_of(sock), PyByteArray_AS_STRING(room), len(room), 0)
            if got >= -1:
                return got
            if got == INTERRUPTED:
                PyErr_CheckSignals()
            elif may_go_by_descriptor(sock):
                return failed(EAGAIN)  # SO_RCVTIMEO, which is no time-out of Python's
        view = memoryview(room)
        try:
            taken = sock.recv_into(view)
        finally:
            try:
                view.release()
            except BufferError:  # somebody keeps an object made of it
                pass
        return _checked(taken, len(room))

    cdef bytes read_ahead(self, dict held, fp, Py_ssize_t wanted):
        cdef dict of_raw
        cdef Ahead ahead
        cdef bytes data
        if THREADS_RUN_AT_ONCE:  # the file's own lock lets one after the other read
            return None
        try:
            raw = fp.raw
        except ValueError:  # somebody has detached it
            return None
        if type(raw) is not self._raw_class:
            return None
        of_raw = <dict>PyObject_GenericGetDict(raw, NULL)
        found = held_value(of_raw, "readinto")
        if type(found) is not Ahead or "__IOBase_closed" in of_raw:
            return None
        ahead, found = <Ahead>found, None
        data = ahead.data
        if data is None or ahead.start or len(data) != wanted:
            return None
        held["length"] = 0
        held["fp"] = None
        ahead.leave(of_raw)
        if not self._keep(fp, raw, of_raw, ahead):
            raw = of_raw = None
            self.close(fp)
        return data

    cdef bint _keep(self, fp, raw, dict of_raw, Ahead ahead) except -1:
        """Keep a file that has been read, instead of closing it, where nobody else has it."""
        stream = ahead.stream
        # No references but one of the caller each, of the file to its stream, of that to its dict.
        if len(self._spares) >= SPARES or Py_REFCNT(fp) != 1 or Py_REFCNT(raw) != 2 or \
                Py_REFCNT(of_raw) != 2 or Py_REFCNT(ahead) != 1 or Py_REFCNT(stream) != 2 or \
                _weak_references(fp) != NULL or _has_dict(fp) or \
                _weak_references(raw) != <PyObject *>stream or \
                (<PyWeakReference *>stream).wr_next != NULL or not self._is_as_made(of_raw) or \
                not PyObject_GC_IsTracked(<PyObject *>fp) or \
                not PyObject_GC_IsTracked(<PyObject *>raw):
            return False
        sock = held_value(of_raw, "_sock")
        of_raw["_sock"] = None
        # Out of sight: whoever closes what the garbage collector knows would close a later response's.
        # And a file that is known to it anew is younger than its response.
        PyObject_GC_UnTrack(<PyObject *>fp)
        PyObject_GC_UnTrack(<PyObject *>raw)
        ahead.fp, ahead.raw = fp, raw
        self._spares.append(ahead)
        release_file(sock)
        return True

    cdef bint is_plain(self, fp) except -1:
        return type(fp) is self._reader_class and not _has_dict(fp)

    cdef int close(self, fp) except -1:
        cdef dict held
        if not THREADS_RUN_AT_ONCE and Py_REFCNT(fp) == 1:
            raw = fp.raw
            # Where nobody else has them, nobody can tell what became of them.
            if Py_REFCNT(raw) == 2 and type(raw) is self._raw_class:
                held = <dict>PyObject_GenericGetDict(raw, NULL)
                if self._is_as_made(held):
                    sock = held_value(held, "_sock")
                    held["_sock"] = None
                    held["__IOBase_closed"] = True
                    return release_file(sock)
        fp.close()
        return 0

    cdef bint _is_as_made(self, dict held) except -1:
        """Whether nobody has changed the attributes of a stream, or its methods."""
        cdef Py_ssize_t at = 0, here = 0
        cdef PyObject *name
        cdef PyObject *usual
        cdef PyObject *found_name
        cdef PyObject *found
        if len(held) != len(self._of_raw):
            return False
        while PyDict_Next(self._of_raw, &at, &name, &usual):
            if not PyDict_Next(held, &here, &found_name, &found) or found_name != name:
                return False
            if found != usual and <object>usual is not None:
                return False
        return self.are_of(held_value(held, "_sock"))
