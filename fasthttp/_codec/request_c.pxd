# What other compiled modules need of request_c.pyx without going through Python.

# encode_head
cdef object head_of(method, target, bytes host_line, Py_ssize_t content_length, headers)
