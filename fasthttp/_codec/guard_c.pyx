# cython: language_level=3, freethreading_compatible=True, auto_pickle=False
"""Whether a fast path may be taken: the compiled twin of guard_py.py, which documents it.

CPython gives a type a new version tag whenever it or one of its bases is changed, and no tag is
used twice; so a type that was found pristine under a tag still is while it has that tag.
"""

import sys

cimport cython
from cpython.dict cimport PyDict_Contains
from cpython.object cimport PyObject

cdef extern from "Python.h":
    ctypedef struct PyTypeObject:
        unsigned int tp_version_tag
        Py_ssize_t tp_dictoffset
    PyTypeObject *Py_TYPE(object instance)
    # A borrowed reference, which is only compared and never followed.
    PyObject *PyDict_GetItemWithError(object mapping, object key) except? NULL
    # What the instance itself holds; a class may show something else, and no dict, as __dict__.
    object PyObject_GenericGetDict(object instance, void *unused)

cdef extern from "fh_relaxed.h":
    # Other threads change a class, and what is known of the last one, while they are read here.
    unsigned int load_tag "FH_LOAD"(unsigned int *place)
    void store_tag "FH_STORE"(unsigned int *place, unsigned int tag)
    PyTypeObject *load_type "FH_LOAD"(PyTypeObject **place)
    void store_type "FH_STORE"(PyTypeObject **place, PyTypeObject *cls)

MOST = sys.maxsize - 1


cdef class Pristine:
    """Answers whether an object's methods are still the ones that a fast path bypasses.

    Made with the class that defines them and their names. Called with an instance of it or of a
    subclass, it is true only where neither a subclass, nor an assignment to a class, nor one to
    the instance has put anything else in the place of one of them.
    """

    cdef tuple _names
    cdef list _originals
    cdef PyTypeObject *_type
    cdef unsigned int _tag

    def __init__(self, owner, tuple names not None):
        originals = [getattr(owner, name) for name in names]
        self._names = names
        self._originals = originals
        store_type(&self._type, NULL)

    def __call__(self, instance):
        cdef PyTypeObject *cls = Py_TYPE(instance)
        cdef unsigned int tag = load_tag(&cls.tp_version_tag)
        cdef PyObject *held
        # A class and a tag of two different looks do not match: a tag is that of one class only.
        if tag == 0 or cls != load_type(&self._type) or tag != load_tag(&self._tag):
            if not self._look(type(instance)):
                return False
            # Else another thread has changed the class since it was looked at, or it had no tag.
            if tag == load_tag(&cls.tp_version_tag):
                store_type(&self._type, cls)
                store_tag(&self._tag, tag)
        # Looked up here and not through the version tag, which tells nothing of the instance.
        if cls.tp_dictoffset > 0:
            # Classes that come from C, like io's: no dict is made only to be looked into.
            with cython.critical_section(instance):  # which another thread may give a new dict
                held = (<PyObject **>(<char *><PyObject *>instance + cls.tp_dictoffset))[0]
                attributes = None if held == NULL else <object>held
            if attributes is None:
                return True
        else:
            attributes = PyObject_GenericGetDict(instance, NULL)
        for name in self._names:
            if PyDict_Contains(attributes, name):
                return False
        return True

    @cython.critical_section
    cdef bint _look(self, cls) except -1:
        cdef Py_ssize_t i
        for i in range(len(self._names)):
            if getattr(cls, self._names[i], None) is not self._originals[i]:
                return False
        return True

    @cython.critical_section
    def changed(self, instance):
        """The name of a method for which the answer is no; None where the answer is yes."""
        if self(instance):
            return None
        cls = type(instance)
        for name, original in zip(self._names, self._originals):
            if getattr(cls, name, None) is not original:
                return name
        held = PyObject_GenericGetDict(instance, NULL)
        return next((name for name in self._names if name in held), None)

    @cython.critical_section
    def accept(self, before, after):
        """Count `after` as the original wherever `before` did."""
        self._originals = [after if found is before else found for found in self._originals]
        store_type(&self._type, NULL)


cdef class Unchanged:
    """Answers whether names in a module's namespace still have the values they had.

    Made with the namespace, the names, and a dict of what takes precedence over the namespace:
    anything in it is a change. Called without arguments.
    """

    cdef dict _namespace, _overrides
    cdef tuple _names
    cdef list _originals

    def __init__(self, dict namespace not None, tuple names not None, dict overrides not None):
        originals = [namespace.get(name) for name in names]
        self._namespace = namespace
        self._overrides = overrides
        self._names = names
        self._originals = originals

    cdef bint _holds(self) except -1:
        cdef Py_ssize_t i
        cdef PyObject *value
        if self._overrides:
            return False
        for i in range(len(self._names)):
            value = PyDict_GetItemWithError(self._namespace, self._names[i])
            if value == NULL:
                value = <PyObject *>None
            if value != <PyObject *>self._originals[i]:
                return False
        return True

    def __call__(self):
        return self._holds()

    def changed(self):
        """A name for which the answer is no; None where the answer is yes."""
        for name in self._overrides:
            return name
        for name, original in zip(self._names, self._originals):
            if self._namespace.get(name) is not original:
                return name
        return None


cdef class Limits(Unchanged):
    """The present values of two limits, while names next to them are unchanged.

    Made with what `Unchanged` is made with, and the names of the limits. Called without
    arguments: None where `Unchanged` would say no, or a limit is not an int from 0 on; else both,
    and none of them greater than `MOST`.
    """

    cdef str _first, _second

    def __init__(self, dict namespace not None, tuple names not None, dict overrides not None,
                 tuple limits not None):
        Unchanged.__init__(self, namespace, names, overrides)
        self._first, self._second = limits

    def __call__(self):
        if not self._holds():
            return None
        first, second = self._namespace.get(self._first), self._namespace.get(self._second)
        if type(first) is not int or type(second) is not int or first < 0 or second < 0:
            return None
        return (first if first <= MOST else MOST), (second if second <= MOST else MOST)

    def changed(self):
        """A name for which the answer is None; None where there is an answer."""
        if self() is not None:
            return None
        return Unchanged.changed(self) or f"{self._first} or {self._second}"
