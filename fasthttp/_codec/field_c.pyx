# cython: language_level=3, freethreading_compatible=True, boundscheck=False, wraparound=False
"""Single pieces of a message: the compiled twin of field_py.py, which documents it."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcpy

cdef extern from "fh_headers.h" nogil:
    int fh_same_name(const char *a, const char *b, size_t length)

cdef extern from "fh_request.h" nogil:
    int fh_is_plain_name(const char *text, size_t length)
    int fh_is_plain_value(const char *text, size_t length)

cdef extern from *:
    """
    #if PY_VERSION_HEX < 0x030c0000
    #define fh_text_ready(o) (PyUnicode_READY(o) == 0)
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

MAX_INT = (1 << 63) - 1  # str() refuses to write very long ones

ctypedef struct Text:
    const char *at
    Py_ssize_t length


cdef inline bint _latin1(object value, Text *out):
    """The bytes of a str in ISO-8859-1, which is how CPython stores it; false for any other."""
    if type(value) is not str or not fh_text_ready(value) or \
            PyUnicode_KIND(value) != PyUnicode_1BYTE_KIND:
        return False
    out.at = <const char *>PyUnicode_DATA(value)
    out.length = PyUnicode_GET_LENGTH(value)
    return True


cdef inline bint _text(object value, Text *out):
    if type(value) is bytes:
        out.at = PyBytes_AS_STRING(value)
        out.length = PyBytes_GET_SIZE(value)
        return True
    return _latin1(value, out)


def encode_field(name, value):
    """A field line without its end, or None.

    `name` is str or bytes; `value` str (ISO-8859-1), bytes or int.
    """
    cdef Text key, text
    cdef char *to
    if not _text(name, &key) or not fh_is_plain_name(key.at, <size_t>key.length):
        return None
    if type(value) is int:
        if not -MAX_INT <= value <= MAX_INT:
            return None
        value = str(value)
    if not _text(value, &text) or not fh_is_plain_value(text.at, <size_t>text.length):
        return None
    cdef bytes line = PyBytes_FromStringAndSize(NULL, key.length + 2 + text.length)
    to = PyBytes_AS_STRING(line)
    memcpy(to, key.at, <size_t>key.length)
    to[key.length] = c":"
    to[key.length + 1] = c" "
    memcpy(to + key.length + 2, text.at, <size_t>text.length)
    return line


def find_values(fields, name):
    """The values of all fields of a name, ASCII case aside, in order; or None.

    `fields` is a list of pairs of str, as `email.message.Message` keeps them. None: something is
    no such pair, or not ISO-8859-1.
    """
    cdef Text wanted, key, text
    cdef list found = []
    if type(fields) is not list or not _latin1(name, &wanted) or not PyUnicode_IS_ASCII(name):
        return None
    for pair in <list>fields:
        if type(pair) is not tuple or len(<tuple>pair) != 2:
            return None
        head, value = <tuple>pair
        if not _latin1(head, &key) or not PyUnicode_IS_ASCII(head) or type(value) is not str:
            return None
        if key.length == wanted.length and \
                fh_same_name(key.at, wanted.at, <size_t>wanted.length):
            if not _latin1(value, &text):
                return None
            found.append(value)
    return found
