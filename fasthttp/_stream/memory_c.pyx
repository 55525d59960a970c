# cython: language_level=3, freethreading_compatible=True, boundscheck=False, wraparound=False, auto_pickle=False
"""Memory that the compiled SocketFile receives into: its buffer, and results in the making."""

cimport cython
from cpython.buffer cimport PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.string cimport memcpy

from .._codec.raw_bytes cimport bytes_data, drop_bytes, new_bytes, resize_bytes, try_bytes
from .._codec.sizes cimport BUFFER_SIZE, TRUSTED_SIZE

cdef extern from "Python.h":
    int try_buffer "PyObject_GetBuffer"(PyObject *view, Py_buffer *held, int flags)
    void PyErr_Clear()

cdef extern from "fh_memory.h" nogil:
    void fh_expect_large(void *start, size_t size)
    size_t fh_generous_size(size_t in_use, size_t wanted, size_t most)

cdef enum:
    POOL_SIZE = 32
    # Allocators take more than this from the system each time, and give it back.
    REMEMBERED_SIZE = 1 << 25

# An array, so that taking one and giving it back takes no memory.
cdef PyObject *_pool[POOL_SIZE]
cdef int _pooled = 0
cdef object _pool_lock = object()


cdef class Buffer:
    """Memory to receive into, with a memory of its own: how large results of unknown length were.

    A result for which exactly as much is allocated as the last one took goes where that one was,
    in pages that the allocator has kept. Grown step by step it would be taken from the system and
    given back each time, at the price of a page fault for every 4 KiB.
    """

    def __cinit__(self):
        bytes_of_it = bytearray(BUFFER_SIZE)
        PyObject_GetBuffer(bytes_of_it, &self.memory, PyBUF_WRITABLE)
        self.view = memoryview(bytes_of_it)

    def __dealloc__(self):
        PyBuffer_Release(&self.memory)  # which does nothing where there is none

    cdef void learn(self, Py_ssize_t size) noexcept:
        """Remember a result; a larger one is forgotten bit by bit."""
        self.usual = max(size, self.usual - (self.usual >> 3))
        if self.usual > REMEMBERED_SIZE:
            self.usual = 0


cdef Buffer buffer_from_pool():
    global _pooled
    cdef Buffer buffer = None
    with cython.critical_section(_pool_lock):
        if _pooled:
            _pooled -= 1
            buffer = <Buffer>_pool[_pooled]
            Py_DECREF(buffer)  # the pool's own reference
    return Buffer() if buffer is None else buffer


cdef void buffer_to_pool(Buffer buffer) noexcept:
    global _pooled
    cdef Py_buffer held
    if try_buffer(<PyObject *>buffer.view, &held, PyBUF_WRITABLE) < 0:
        PyErr_Clear()  # whoever received into it has released the view: it is of no use to others
        return
    PyBuffer_Release(&held)
    with cython.critical_section(_pool_lock):
        if _pooled < POOL_SIZE:
            Py_INCREF(buffer)
            _pool[_pooled] = <PyObject *>buffer
            _pooled += 1


cdef class Output:
    """A bytes object in the making: grows geometrically, and is cut to size at the end."""

    def __dealloc__(self):
        drop_bytes(self.text)

    cdef int reserve(self, Py_ssize_t size) except -1:
        """Make room for `size` bytes in all."""
        if self.text == NULL:
            self.text = new_bytes(NULL, size)
        elif size > self.size:
            resize_bytes(&self.text, size)
        else:
            return 0
        self.size = size
        fh_expect_large(bytes_data(self.text), <size_t>size)
        return 0

    cdef int grow(self, Py_ssize_t wanted, Py_ssize_t usual) except -1:
        """Make room for at least `wanted` bytes in all, where the total is not known; for the
        `usual` total, if that is more.
        """
        cdef PyObject *larger
        cdef Py_ssize_t size = usual
        if size < wanted:
            size = <Py_ssize_t>fh_generous_size(<size_t>self.size, <size_t>wanted, TRUSTED_SIZE)
        if size > 2 * wanted:
            # Into new memory and not by a resize, which would lose everything if it failed: where
            # the address space is limited, no more is taken than is needed.
            larger = try_bytes(NULL, size)
            if larger == NULL:
                PyErr_Clear()
                size = wanted
            else:
                fh_expect_large(bytes_data(larger), <size_t>size)
                memcpy(bytes_data(larger), bytes_data(self.text), <size_t>self.filled)
                drop_bytes(self.text)
                self.text = larger
                self.size = size
                return 0
        return self.reserve(size)

    cdef char *end(self) noexcept:
        return bytes_data(self.text) + self.filled

    cdef bytes take(self):
        if self.text == NULL:
            return b""
        if self.filled != self.size:
            self.size = self.filled
            resize_bytes(&self.text, self.filled)
        result = <bytes>self.text
        drop_bytes(self.text)
        self.text = NULL
        return result
