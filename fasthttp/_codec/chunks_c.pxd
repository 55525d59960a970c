# What other compiled modules need of chunks_c.pyx without going through Python.
from .fh_chunks cimport fh_chunks

# Content from the place that `at` has in the coding; `at` and `stop` are where that ends, and why.
cdef bytes chunks_at(const char *data, Py_ssize_t length, Py_ssize_t limit, Py_ssize_t max_line,
                     fh_chunks *at, int *stop)
