# cython: language_level=3, freethreading_compatible=True, boundscheck=False, wraparound=False, auto_pickle=False
"""Response heads over csrc/fh_headers.c: the compiled twin of headers_py.py, which documents it.

A Head keeps one copy of its header block and the offsets that C found in it; a str is made for
a name or a value only when somebody asks for it.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.list cimport PyList_GET_ITEM, PyList_New, PyList_SET_ITEM
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.ref cimport Py_INCREF
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_DecodeLatin1
from libc.stdint cimport uint32_t
from libc.string cimport memcmp, memcpy, memset

from .fh_headers cimport *
from .sizes cimport MAX_FIELDS
from .text cimport PyUnicode_DATA, PyUnicode_GET_LENGTH, PyUnicode_IS_ASCII, Text, latin1
from .threads cimport THREADS_RUN_AT_ONCE

INCOMPLETE = FH_INCOMPLETE
ODD = FH_ODD

# Names that most responses have, so that no new str is made for each of them: an open hash table,
# filled at import and only read afterwards.
cdef enum:
    KNOWN_SLOTS = 512  # at least twice the names below
    KNOWN_LENGTH = 40
ctypedef struct Known:
    const char *text
    Py_ssize_t length
    Py_ssize_t index
cdef Known _known[KNOWN_SLOTS]
cdef list _known_names = []

_COMMON = (
    "Accept-Ranges Access-Control-Allow-Credentials Access-Control-Allow-Headers "
    "Access-Control-Allow-Methods Access-Control-Allow-Origin Access-Control-Expose-Headers "
    "Access-Control-Max-Age Age Allow Alt-Svc CF-Cache-Status CF-RAY Cache-Control Connection "
    "Content-Disposition Content-Encoding Content-Language Content-Length Content-Location "
    "Content-Range Content-Security-Policy Content-Type Cross-Origin-Opener-Policy "
    "Cross-Origin-Resource-Policy Date ETag Expect-CT Expires Keep-Alive Last-Modified Link "
    "Location NEL P3P Permissions-Policy Pragma Proxy-Authenticate Proxy-Connection "
    "Referrer-Policy Report-To Retry-After Server Server-Timing Set-Cookie "
    "Strict-Transport-Security Timing-Allow-Origin Trailer Transfer-Encoding Upgrade Vary Via "
    "WWW-Authenticate Warning X-Amz-Cf-Id X-Amz-Cf-Pop X-Amz-Request-Id X-Cache X-Cache-Hits "
    "X-Content-Type-Options X-Download-Options X-Frame-Options X-Permitted-Cross-Domain-Policies "
    "X-Powered-By X-RateLimit-Limit X-RateLimit-Remaining X-RateLimit-Reset X-Request-Id "
    "X-Runtime X-Served-By X-Timer X-UA-Compatible X-XSS-Protection x-amz-id-2 x-amz-request-id"
)


cdef inline Known *_known_slot(const char *text, Py_ssize_t length) noexcept:
    """The slot that holds this name, or the empty one where it would be."""
    cdef size_t at = <size_t>(length * 37 + <unsigned char>text[0] * 11
                              + <unsigned char>text[length - 1] * 3
                              + <unsigned char>text[length >> 1])
    cdef Known *slot = &_known[at % KNOWN_SLOTS]
    while slot.text != NULL and (
            slot.length != length or memcmp(slot.text, text, <size_t>length) != 0):
        at += 1
        slot = &_known[at % KNOWN_SLOTS]
    return slot


cdef int _learn(str name) except -1:
    cdef Py_ssize_t length
    cdef const char *text = PyUnicode_AsUTF8AndSize(name, &length)
    cdef Known *slot = _known_slot(text, length)
    if slot.text == NULL:
        slot.text = text
        slot.length = length
        slot.index = len(_known_names)
        _known_names.append(name)  # keeps the text alive
    return 0


# Where memory runs out below, the names go, and the module may be imported once more.
memset(_known, 0, sizeof(_known))
for _name in _COMMON.split():
    _learn(_name)
    if _name.lower() != _name:
        _learn(_name.lower())


cdef inline str _name_at(const char *text, Py_ssize_t length):
    cdef Known *slot
    if length <= KNOWN_LENGTH:
        slot = _known_slot(text, length)
        if slot.text != NULL:
            return <str>_known_names[slot.index]
    return PyUnicode_DecodeLatin1(text, length, NULL)


# Fields are mostly those of the response before: servers say the same of themselves and of their
# pages each time. So the last pairs that were made are kept, one for each of so many places, and
# given out again where name and value are the same: to compare them takes a tenth of what it takes
# to make and to free them.
cdef enum:
    RECENT_SLOTS = 256
    RECENT_LENGTH = 128  # bytes; longer values are not kept, so that all of them take 80 KB at most
cdef list _recent = [None] * RECENT_SLOTS


cdef inline size_t _recent_slot(const char *name, Py_ssize_t name_len, const char *value,
                                Py_ssize_t value_len) noexcept:
    """Where this field would be. Little is taken of the value: a date, or an ETag, which are new in
    each response, then take the places of their forerunners and not those of others.
    """
    cdef const unsigned char *text = <const unsigned char *>name
    cdef size_t at = <size_t>name_len
    at = at * 31 + text[0]
    at = at * 31 + text[name_len >> 1]
    at = at * 31 + text[name_len - 1]
    at = at * 31 + text[name_len - 2 if name_len > 1 else 0]
    at = at * 31 + <size_t>value_len
    if value_len:
        at = at * 31 + <unsigned char>value[value_len - 1]
    return (at ^ at >> 8) % RECENT_SLOTS


cdef inline bint _is_text(str text, const char *at, Py_ssize_t length) noexcept:
    """Whether a str that was made of ISO-8859-1 has these bytes."""
    return PyUnicode_GET_LENGTH(text) == length and \
        memcmp(PyUnicode_DATA(text), at, <size_t>length) == 0


cdef inline tuple _pair(const char *name, Py_ssize_t name_len, const char *value,
                        Py_ssize_t value_len):
    cdef tuple pair
    cdef size_t at = 0
    cdef bint is_kept = not THREADS_RUN_AT_ONCE and value_len <= RECENT_LENGTH and \
        name_len <= KNOWN_LENGTH
    if is_kept:
        at = _recent_slot(name, name_len, value, value_len)
        pair = <tuple>PyList_GET_ITEM(_recent, at)
        if pair is not None and _is_text(<str>pair[1], value, value_len) and \
                _is_text(<str>pair[0], name, name_len):
            return pair
    pair = (_name_at(name, name_len), PyUnicode_DecodeLatin1(value, value_len, NULL))
    if is_kept:
        _recent[at] = pair
    return pair


cdef inline list _pairs(const char *block, fh_field *fields, Py_ssize_t count):
    cdef list pairs = PyList_New(count)
    cdef Py_ssize_t i
    cdef fh_field *field
    for i in range(count):
        field = &fields[i]
        pair = _pair(
            block + field.name, field.name_len, block + field.value, field.value_len)
        Py_INCREF(pair)  # which PyList_SET_ITEM takes over
        PyList_SET_ITEM(pairs, i, pair)
    return pairs


@cython.freelist(8)
cdef class Head:
    """A status line and its header fields, kept as bytes until somebody asks.

    Attributes: `version` (10 or 11), `status` (100 to 999) and `reason` (str), as
    `http.client.HTTPResponse` has them.
    """

    def plain_length(self, method):
        """Content-Length as an int, and -1 for "Transfer-Encoding: chunked", where that alone says
        where the message ends and nothing says that the connection does: in HTTP/1.1, plain digits,
        not both, and no Connection but "keep-alive". Else -2, also where there is no content,
        whatever the fields say (RFC 9112 6.3, rule 1). `method` is that of the request, or None.
        """
        return self.plain_length_for(method)

    cdef long long plain_length_for(self, method) except? -2:
        cdef int *first = self._first
        cdef fh_field *field
        cdef const char *at
        cdef long long length = 0
        cdef uint32_t i
        cdef int index = first[FH_CONNECTION]
        cdef bint is_plain
        if self.version != 11 or self._count == 0 or self.status < 200 or self.status == 204 or \
                self.status == 304 or method == "HEAD" or method == "CONNECT":
            return -2
        if index >= 0:
            field = &self._fields[index]
            at = PyBytes_AS_STRING(self._block) + field.value
            if first[FH_SECOND_CONNECTION] > 0 or field.value_len != 10 or \
                    not fh_same_name(at, b"keep-alive", 10):
                return -2
        index = first[FH_CONTENT_LENGTH]
        if first[FH_TRANSFER_ENCODING] >= 0:
            field = &self._fields[first[FH_TRANSFER_ENCODING]]
            at = PyBytes_AS_STRING(self._block) + field.value
            is_plain = index < 0 and field.value_len == 7 and fh_same_name(at, b"chunked", 7)
            return -1 if is_plain else -2
        if index < 0:
            return -2
        field = &self._fields[index]
        if not 0 < field.value_len <= 18:
            return -2
        at = PyBytes_AS_STRING(self._block) + field.value
        for i in range(field.value_len):
            if not c"0" <= at[i] <= c"9":
                return -2
            length = length * 10 + (at[i] - c"0")
        return length

    def __dealloc__(self):
        PyMem_Free(self._fields)

    cdef str _value(self, int index):
        if not 0 <= index < self._count:  # a Head that nobody has filled has none
            return None
        cdef fh_field *field = &self._fields[index]
        return PyUnicode_DecodeLatin1(
            PyBytes_AS_STRING(self._block) + field.value, field.value_len, NULL)

    def outline(self):
        """What says how a connection goes on: (`version`, `status`, `reason`, the first value, or
        None, of each of Transfer-Encoding, Content-Length, Connection, Keep-Alive and
        Proxy-Connection, and whether there is more than one Connection field).
        """
        cdef int *first = self._first
        return (
            self.version,
            self.status,
            self.reason,
            self._value(first[FH_TRANSFER_ENCODING]),
            self._value(first[FH_CONTENT_LENGTH]),
            self._value(first[FH_CONNECTION]),
            self._value(first[FH_KEEP_ALIVE]),
            self._value(first[FH_PROXY_CONNECTION]),
            first[FH_SECOND_CONNECTION] > 0,
        )

    cdef int _find(self, str name, int start) except -2:
        """The first field of this name, ASCII case aside, from `start` on; -1 if there is none."""
        cdef Py_ssize_t length
        cdef int i
        if name is None:
            raise TypeError("the name of a field must be a str")
        if not name.isascii():
            name = name.lower()  # U+212A, the Kelvin sign, becomes a plain "k"
            if not name.isascii():
                return -1
        cdef const char *text = PyUnicode_AsUTF8AndSize(name, &length)
        if self._count == 0:  # also of a Head that nobody has filled
            return -1
        cdef const char *block = PyBytes_AS_STRING(self._block)
        cdef fh_field *fields = self._fields
        for i in range(start, <int>self._count):
            if fields[i].name_len == <uint32_t>length and \
                    fh_same_name(block + fields[i].name, text, <size_t>length):
                return i
        return -1

    cpdef get(self, str name):
        """The values of the field, ASCII case aside, joined by ", "; None where it is absent."""
        cdef int first = self._find(name, 0)
        if first < 0:
            return None
        if self._find(name, first + 1) < 0:
            return self._value(first)
        return ", ".join(self.get_all(name))

    def get_all(self, str name not None):
        """A new list of the values of all fields of this name, ASCII case aside, in order."""
        cdef list values = []
        cdef int i = self._find(name, 0)
        while i >= 0:
            values.append(self._value(i))
            i = self._find(name, i + 1)
        return values

    def items(self):
        """All fields as a new list of (name, value), as sent and in order."""
        return fields_of(self)


cdef list fields_of(Head head):
    if head._count == 0:
        return []
    return _pairs(PyBytes_AS_STRING(head._block), head._fields, head._count)


cdef inline size_t _limit(Py_ssize_t limit) noexcept nogil:
    return <size_t>limit if limit > 0 else 0


cdef Head head_at(const char *buf, Py_ssize_t length, Py_ssize_t max_line, Py_ssize_t max_fields,
                  Py_ssize_t *used):
    """`parse_head` for bytes at an address: None where used[0] is a code."""
    cdef fh_status_line line
    cdef fh_field fields[MAX_FIELDS]
    cdef size_t count = _limit(max_fields)
    cdef Head head
    cdef long start, size
    start = fh_parse_status_line(buf, <size_t>length, _limit(max_line), &line)
    if start > 0 and line.status < 200 and line.status != 101:
        start = FH_ODD
    if start < 0:
        used[0] = start
        return None
    if count > MAX_FIELDS:
        count = MAX_FIELDS
    head = Head.__new__(Head)
    size = fh_parse_fields(buf + start, <size_t>(length - start), _limit(max_line), fields,
                           &count, head._first)
    if size < 0:
        used[0] = size
        return None
    head.version = line.version
    head.status = line.status
    head.reason = PyUnicode_DecodeLatin1(buf + line.reason, line.reason_len, NULL)
    head._block = PyBytes_FromStringAndSize(buf + start, size)
    if count:
        head._fields = <fh_field *>PyMem_Malloc(count * sizeof(fh_field))
        if head._fields == NULL:
            raise MemoryError()
        memcpy(head._fields, fields, count * sizeof(fh_field))
        head._count = <Py_ssize_t>count
    used[0] = start + size
    return head


def parse_head(bytes data not None, Py_ssize_t max_line, Py_ssize_t max_fields):
    """Take a response head from the start of `data`.

    `max_line` is the greatest length of a line in bytes, its end included; `max_fields` the
    greatest number of header fields. Returns (its length in bytes, the head), (INCOMPLETE, None)
    or (ODD, None). An interim response, of a status below 200 but 101, is odd: no answer.
    """
    cdef Py_ssize_t used = 0
    head = head_at(PyBytes_AS_STRING(data), len(data), max_line, max_fields, &used)
    return used, head


def parse_fields(bytes data not None, Py_ssize_t max_line, Py_ssize_t max_fields):
    """Take header lines, up to and with the empty one, from the start of `data`.

    Limits and results are those of `parse_head`, with a list of (name, value) for the head.
    """
    cdef fh_field fields[MAX_FIELDS]
    cdef int first[FH_FIELD_IDS]
    cdef size_t count = _limit(max_fields)
    if count > MAX_FIELDS:
        count = MAX_FIELDS
    cdef const char *text = PyBytes_AS_STRING(data)
    cdef long used = fh_parse_fields(text, <size_t>len(data), _limit(max_line), fields, &count,
                                     first)
    if used < 0:
        return used, None
    return used, _pairs(text, fields, <Py_ssize_t>count)


def find_values(fields, name):
    """The values of all fields of a name, ASCII case aside, in order; or None.

    `fields` is a list of pairs of str, as `email.message.Message` keeps them. None: something is
    no such pair, or not ISO-8859-1.
    """
    return values_of(fields, name)


cdef list values_of(fields, name):
    cdef Text wanted, key, text
    cdef list found = []
    if type(fields) is not list or not latin1(name, &wanted) or not PyUnicode_IS_ASCII(name):
        return None
    for pair in <list>fields:
        if type(pair) is not tuple or len(<tuple>pair) != 2:
            return None
        head, value = <tuple>pair
        if not latin1(head, &key) or not PyUnicode_IS_ASCII(head) or type(value) is not str:
            return None
        if key.length == wanted.length and \
                fh_same_name(key.at, wanted.at, <size_t>wanted.length):
            if not latin1(value, &text):
                return None
            found.append(value)
    return found
