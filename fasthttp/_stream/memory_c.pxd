# What stream_c.pyx needs of memory_c.pyx without going through Python.
from cpython.object cimport PyObject

cdef enum:
    BUFFER_SIZE = 65536
    # A body is received into one allocation of its whole length up to here. That is address
    # space, not memory, until bytes arrive. What claims to be longer has to grow into it, so that
    # a false length cannot ask for more than the machine has (CVE-2025-13836).
    TRUSTED_SIZE = 1 << 26

cdef class Buffer:
    cdef object view
    # A hold of our own: whoever is given the view to receive into may release it.
    cdef Py_buffer memory
    cdef Py_ssize_t usual
    cdef void learn(self, Py_ssize_t size) noexcept

cdef Buffer buffer_from_pool()
cdef void buffer_to_pool(Buffer buffer) noexcept

cdef class Output:
    cdef PyObject *text
    cdef Py_ssize_t size, filled
    cdef int reserve(self, Py_ssize_t size) except -1
    cdef int grow(self, Py_ssize_t wanted, Py_ssize_t usual) except -1
    cdef char *end(self) noexcept
    cdef bytes take(self)
