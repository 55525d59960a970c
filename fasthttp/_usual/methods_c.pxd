# What usual_c.pyx needs of methods_c.pyx without going through Python.
from cpython.object cimport PyObject

# What is tried: the same arguments, and how many are no names'; `aside_value()` where nothing was done.
ctypedef object (*Tried)(object usual, PyObject *const *given, Py_ssize_t count, PyObject *names)

# A method that calls `tried` first, and where that steps aside `plain`, the method of Python, with the
# very arguments.
cdef object over(usual, Tried tried, plain)
cdef object aside_value()
