# cython: language_level=3, freethreading_compatible=True, boundscheck=False, wraparound=False, auto_pickle=False
"""Methods of C in the place of methods of Python, which they call where they step aside.

A frame of Python takes as long as a third of all that C does for a small request.
"""

cimport cython
from cpython.object cimport PyObject

cdef extern from "Python.h":
    ctypedef object (*ternaryfunc)(object function, object arguments, object named)
    ctypedef PyObject *(*vectorcallfunc)(PyObject *function, PyObject *const *given, size_t flags,
                                         PyObject *names)
    ctypedef struct PyTypeObject:
        ternaryfunc tp_call
        Py_ssize_t tp_vectorcall_offset
        unsigned long tp_flags
    unsigned long Py_TPFLAGS_HAVE_VECTORCALL, Py_TPFLAGS_METHOD_DESCRIPTOR
    object PyVectorcall_Call(object function, object arguments, object named)
    Py_ssize_t PyVectorcall_NARGS(size_t flags)
    object PyObject_Vectorcall(object function, PyObject *const *given, size_t flags, PyObject *names)
    int PyObject_GenericSetAttr(object instance, object name, object value) except -1
    object PyMethod_New(object function, object instance)
    void PyType_Modified(PyTypeObject *cls)

cdef object aside = object()


@cython.no_gc_clear  # what lies in a class may be called while that is taken down with all it has
cdef class Over:
    """A method that is tried before one of Python, which it passes for: unittest.mock and inspect
    ask what class it has.
    """

    cdef vectorcallfunc _call
    cdef Tried _tried
    cdef object _usual, _plain
    cdef object __weakref__
    cdef dict __dict__

    @property
    def __class__(self):
        return type(self._plain)

    def __get__(self, instance, owner):
        return self if instance is None else PyMethod_New(self, instance)

    def __call__(self, *given, **named):
        # By this name alone: a call goes the way of `_make_callable`.
        return self._plain(*given, **named)

    def __getattr__(self, name):
        return getattr(self._plain, name)  # what a function has beside its names: `__defaults__`

    def __setattr__(self, name, value):
        if name in ("__code__", "__defaults__", "__kwdefaults__"):
            setattr(self._plain, name, value)
            self._usual = None  # what is tried first would not do what it does now
        else:
            PyObject_GenericSetAttr(self, name, value)

    def __repr__(self):
        return repr(self._plain)

    def __reduce__(self):
        return self.__qualname__


cdef object over(usual, Tried tried, plain):
    cdef Over made = Over.__new__(Over)
    made._call = <vectorcallfunc>_call
    made._usual, made._tried, made._plain = usual, tried, plain
    return made


cdef object aside_value():
    return aside


cdef object _call(PyObject *called, PyObject *const *given, size_t flags, PyObject *names):
    cdef Over method = <Over>called
    if method._usual is not None:
        result = method._tried(method._usual, given, PyVectorcall_NARGS(flags), names)
        if result is not aside:
            return result
    return PyObject_Vectorcall(method._plain, given, flags, names)


cdef int _make_callable() except -1:
    """Let calls of an `Over` go without a tuple and a dict of arguments, and without an object that
    binds it, as those of a function do (PEP 590).
    """
    cdef Over method = Over.__new__(Over)
    cdef PyTypeObject *cls = <PyTypeObject *>Over
    cls.tp_vectorcall_offset = <char *>&method._call - <char *><PyObject *>method
    cls.tp_call = PyVectorcall_Call
    cls.tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR
    PyType_Modified(cls)
    return 0


_make_callable()
