# What other compiled modules need of headers_c.pyx without going through Python.
from .fh_headers cimport FH_FIELD_IDS, fh_field

cdef class Head:
    cdef readonly int version
    cdef readonly int status
    cdef readonly str reason
    cdef bytes _block
    cdef fh_field *_fields
    cdef Py_ssize_t _count
    cdef int _first[FH_FIELD_IDS]
    cpdef get(self, str name)
    cdef str _value(self, int index)
    cdef long long plain_length_for(self, method) except? -2
    cdef int _find(self, str name, int start) except -2

cdef Head head_at(const char *buf, Py_ssize_t length, Py_ssize_t max_line, Py_ssize_t max_fields,
                  Py_ssize_t *used)
# Head.items(), and find_values.
cdef list fields_of(Head head)
cdef list values_of(fields, name)
