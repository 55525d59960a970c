# cython: language_level=3
"""A result in the making, part of stream_c.pyx: memory that is taken once, and not too much of it."""

from cpython.object cimport PyObject
from libc.string cimport memcpy

cdef extern from "fh_memory.h" nogil:
    void fh_expect_large(void *start, size_t size)
    size_t fh_generous_size(size_t in_use, size_t wanted, size_t most)

cdef extern from "Python.h":
    PyObject *new_bytes "PyBytes_FromStringAndSize"(const char *text, Py_ssize_t size) except NULL
    PyObject *try_bytes "PyBytes_FromStringAndSize"(const char *text, Py_ssize_t size)
    void PyErr_Clear()
    char *bytes_data "PyBytes_AS_STRING"(PyObject *text)
    int _PyBytes_Resize(PyObject **text, Py_ssize_t size) except -1
    void Py_XDECREF(PyObject *o)

cdef enum:
    # A body is received into one allocation of its whole length up to here. That is address
    # space, not memory, until bytes arrive. What claims to be longer has to grow into it, so that
    # a false length cannot ask for more than the machine has (CVE-2025-13836).
    TRUSTED_SIZE = 1 << 26


cdef class Output:
    """A bytes object in the making: grows geometrically, and is cut to size at the end."""

    cdef PyObject *text
    cdef Py_ssize_t size, filled

    def __dealloc__(self):
        Py_XDECREF(self.text)

    cdef int reserve(self, Py_ssize_t size) except -1:
        """Make room for `size` bytes in all."""
        if self.text == NULL:
            self.text = new_bytes(NULL, size)
        elif size > self.size:
            _PyBytes_Resize(&self.text, size)
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
                Py_XDECREF(self.text)
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
            _PyBytes_Resize(&self.text, self.filled)
        result = <bytes>self.text
        Py_XDECREF(self.text)
        self.text = NULL
        return result
