# The bytes of a str or of bytes, without a copy.
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE

cdef extern from *:
    """
    #if PY_VERSION_HEX < 0x030c0000
    /* What cannot be made ready, since there is no memory for it, is left to the plain way. */
    #define fh_text_ready(o) (PyUnicode_READY(o) == 0 || (PyErr_Clear(), 0))
    #else
    #define fh_text_ready(o) (1)
    #endif
    """
    int fh_text_ready(object text)
    int PyUnicode_KIND(object text)
    int PyUnicode_1BYTE_KIND
    int PyUnicode_IS_ASCII(object text)
    void *PyUnicode_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)

ctypedef struct Text:
    const char *at
    Py_ssize_t length


cdef inline bint latin1(object value, Text *out) noexcept:
    """The bytes of a str in ISO-8859-1, which is how CPython stores it; false for any other."""
    if type(value) is not str or not fh_text_ready(value) or \
            PyUnicode_KIND(value) != PyUnicode_1BYTE_KIND:
        return False
    out.at = <const char *>PyUnicode_DATA(value)
    out.length = PyUnicode_GET_LENGTH(value)
    return True


cdef inline bint text_of(object value, Text *out) noexcept:
    if type(value) is bytes:
        out.at = PyBytes_AS_STRING(value)
        out.length = PyBytes_GET_SIZE(value)
        return True
    return latin1(value, out)
