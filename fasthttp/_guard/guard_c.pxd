# What other compiled modules need of guard_c.pyx without going through Python.
from cpython.object cimport PyObject
from libc.stdint cimport uint64_t

cdef extern from "Python.h":
    ctypedef struct PyTypeObject:
        unsigned int tp_version_tag
        Py_ssize_t tp_dictoffset

cdef class Pristine:
    cdef tuple _names, _all_names
    cdef list _originals
    cdef PyTypeObject *_type
    cdef unsigned int _tag
    # Of an instance, and of a class alone: what a new instance of it would be.
    cdef bint holds(self, instance) except -1
    cdef bint holds_of_class(self, cls) except -1
    cdef bint _look(self, cls) except -1

cdef class Unchanged:
    cdef dict _namespace, _overrides
    cdef tuple _namespaces, _names, _originals, _places, _classes
    # The addresses of `_originals`, which may be renewed while another thread compares with them.
    cdef PyObject **_expected
    # The namespaces, each once, and the versions that they had when all was found unchanged.
    cdef tuple _spaces
    cdef uint64_t *_versions
    cdef bint holds(self) except -1
    cdef int _set_spaces(self, tuple namespaces) except -1
    cdef bint _is_of_versions(self) except -1
    cdef bint _look(self) except -1
    cdef void _take(self, tuple originals) noexcept

cdef class Limits(Unchanged):
    cdef str _first, _second
    # What was found when the namespace had this version.
    cdef uint64_t _version
    cdef Py_ssize_t _first_found, _second_found
    # Both limits; False where there is no answer.
    cdef bint find(self, Py_ssize_t *first, Py_ssize_t *second) except -1
