# cython: language_level=3, freethreading_compatible=True, boundscheck=False, wraparound=False, auto_pickle=False
"""Request heads over csrc/fh_request.c: the compiled twin of request_py.py, which documents it.

Two passes over the headers: the first finds each text and measures it, the second writes them
all into one bytes object.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdio cimport snprintf
from libc.string cimport memcpy

from .fh_headers cimport fh_same_name
from .sizes cimport MAX_REQUEST_FIELDS
from .text cimport Text, latin1, text_of

from .refusals import FRAMING, HEADERS, MANY, METHOD, NAME, TARGET, VALUE, WHOLE_URL
from .sizes import MAX_INT

cdef extern from "fh_request.h" nogil:
    int fh_is_plain_name(const char *text, size_t length)
    int fh_is_plain_value(const char *text, size_t length)
    int fh_is_plain_word(const char *text, size_t length)

cdef enum:
    # A longer text goes line by line: what all of them measure together fits into 32 bits.
    MAX_TEXT = 1 << 23


cdef inline bint _plain_value(object value, Text *out):
    return text_of(value, out) and fh_is_plain_value(out.at, <size_t>out.length) and \
        out.length <= MAX_TEXT


cdef inline bint _is_plain_name(Text *name) noexcept:
    return fh_is_plain_name(name.at, <size_t>name.length) and name.length <= MAX_TEXT


cdef inline bint _word(object word, Text *out):
    return latin1(word, out) and fh_is_plain_word(out.at, <size_t>out.length) and \
        out.length <= MAX_TEXT


cdef inline bint _is(Text *name, const char *wanted, Py_ssize_t length) noexcept:
    return name.length == length and fh_same_name(name.at, wanted, <size_t>length)


cdef inline char *_put(char *to, const char *text, Py_ssize_t length) noexcept:
    memcpy(to, text, <size_t>length)
    return to + length


def encode_head(method, target, bytes host_line not None, Py_ssize_t content_length, headers):
    """The head of an HTTP/1.1 request as http.client's `request()` writes it, or a refusal.

    `host_line` is the ready Host line with its CRLF, left out where `headers` has a Host of its
    own; so is "Accept-Encoding: identity". `content_length` is that of the body, -1 for none to
    be sent. `headers` is a dict of str to str, bytes or int. Refused: `headers` decides the framing
    itself, or something is not of the plain form.
    """
    return head_of(method, target, host_line, content_length, headers)


cdef object head_of(method, target, bytes host_line, Py_ssize_t content_length, headers):
    cdef Text verb, path
    cdef Text names[MAX_REQUEST_FIELDS]
    cdef Text values[MAX_REQUEST_FIELDS]
    cdef char length_line[48]
    cdef Py_ssize_t count = 0, size, i, length_size = 0
    cdef bint has_host = False, has_encoding = False
    cdef list kept = None
    if not _word(method, &verb):
        return METHOD, method
    if not _word(target, &path):
        return TARGET, target
    if path.length >= 4 and path.at[0] == c"h" and path.at[1] == c"t" and path.at[2] == c"t" \
            and path.at[3] == c"p":
        return WHOLE_URL, target
    if type(headers) is not dict:
        return HEADERS, type(headers)
    # A copy, so that the texts stay alive and in number whatever another thread does meanwhile.
    cdef dict own = (<dict>headers).copy()
    if len(own) > MAX_REQUEST_FIELDS:
        return MANY, headers
    # "GET / HTTP/1.1\r\n" and the empty line at the end
    size = verb.length + 1 + path.length + 11 + 2
    for name, value in own.items():
        if not latin1(name, &names[count]) or not _is_plain_name(&names[count]):
            return NAME, (name, value)
        if type(value) is int:
            if not -MAX_INT <= value <= MAX_INT:
                return VALUE, (name, value)
            text = str(value)
            if kept is None:
                kept = []
            kept.append(text)
        else:
            text = value
        if not _plain_value(text, &values[count]):
            return VALUE, (name, value)
        if _is(&names[count], b"content-length", 14) or _is(&names[count], b"transfer-encoding", 17):
            return FRAMING, (name, value)
        if _is(&names[count], b"host", 4):
            has_host = True
        elif _is(&names[count], b"accept-encoding", 15):
            has_encoding = True
        size += names[count].length + 2 + values[count].length + 2
        count += 1
    if not has_host:
        size += PyBytes_GET_SIZE(host_line)
    if not has_encoding:
        size += 27
    if content_length >= 0:
        length_size = snprintf(length_line, sizeof(length_line), b"Content-Length: %lld\r\n",
                               <long long>content_length)
        size += length_size

    cdef bytes head = PyBytes_FromStringAndSize(NULL, size)
    cdef char *to = PyBytes_AS_STRING(head)
    to = _put(to, verb.at, verb.length)
    to = _put(to, b" ", 1)
    to = _put(to, path.at, path.length)
    to = _put(to, b" HTTP/1.1\r\n", 11)
    if not has_host:
        to = _put(to, PyBytes_AS_STRING(host_line), PyBytes_GET_SIZE(host_line))
    if not has_encoding:
        to = _put(to, b"Accept-Encoding: identity\r\n", 27)
    to = _put(to, length_line, length_size)
    for i in range(count):
        to = _put(to, names[i].at, names[i].length)
        to = _put(to, b": ", 2)
        to = _put(to, values[i].at, values[i].length)
        to = _put(to, b"\r\n", 2)
    _put(to, b"\r\n", 2)
    return head


def encode_field(name, value):
    """A field line without its end, or a refusal.

    `name` is str or bytes; `value` str (ISO-8859-1), bytes or int.
    """
    cdef Text key, text
    cdef char *to
    if not text_of(name, &key) or not _is_plain_name(&key):
        return NAME, (name, value)
    if type(value) is int:
        if not -MAX_INT <= value <= MAX_INT:
            return VALUE, (name, value)
        value = str(value)
    if not _plain_value(value, &text):
        return VALUE, (name, value)
    cdef bytes line = PyBytes_FromStringAndSize(NULL, key.length + 2 + text.length)
    to = PyBytes_AS_STRING(line)
    memcpy(to, key.at, <size_t>key.length)
    to[key.length] = c":"
    to[key.length + 1] = c" "
    memcpy(to + key.length + 2, text.at, <size_t>text.length)
    return line
