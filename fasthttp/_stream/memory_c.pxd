# What stream_c.pyx needs of memory_c.pyx without going through Python.
from cpython.object cimport PyObject

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
