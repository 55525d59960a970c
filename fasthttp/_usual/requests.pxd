# What is asked of a request before it is sent in one go, on fasthttp's own connections and on
# http.client's.
from .._codec.text cimport Text, latin1
from .._stream.slots cimport held_value


cdef inline bint is_upper(method):
    """Whether upper() would give the same."""
    cdef Text text
    cdef Py_ssize_t i
    if not latin1(method, &text):
        return False
    for i in range(text.length):
        if not c"A" <= text.at[i] <= c"Z":
            return False
    return True


cdef inline Py_ssize_t length_of(dict namespace, method, body) except? -3:
    """That of a body, by http.client's namespace: -1 where none is sent, -2 where it is out of the
    ordinary.
    """
    if type(body) is bytes:
        return len(<bytes>body)
    if body is not None or not is_upper(method):
        return -2
    expecting = held_value(namespace, "_METHODS_EXPECTING_BODY")
    if type(expecting) is not set:
        return -2
    return 0 if method in <set>expecting else -1
