# A bytes object in the making. Not as an `object`: a resize may put another in its place.
from cpython.object cimport PyObject

cdef extern from "Python.h":
    PyObject *new_bytes "PyBytes_FromStringAndSize"(const char *text, Py_ssize_t size) except NULL
    PyObject *try_bytes "PyBytes_FromStringAndSize"(const char *text, Py_ssize_t size)
    char *bytes_data "PyBytes_AS_STRING"(PyObject *text)
    int resize_bytes "_PyBytes_Resize"(PyObject **text, Py_ssize_t size) except -1
    void drop_bytes "Py_XDECREF"(PyObject *text)
