# cython: language_level=3, freethreading_compatible=True, auto_pickle=False
"""Whether a fast path may be taken: the compiled twin of guard_py.py, which documents it.

CPython gives a type a new version tag whenever it or one of its bases is changed, and no tag is
used twice; so a type that was found pristine under a tag still is while it has that tag.
"""

cimport cython
from cpython.dict cimport PyDict_Contains
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject
from libc.stdint cimport uint64_t

from .._codec.sizes import MOST

cdef extern from "Python.h":
    PyTypeObject *Py_TYPE(object instance)
    # Borrowed references. Those to a namespace's values are only compared and never followed.
    PyObject *PyDict_GetItemWithError(PyObject *mapping, PyObject *key) except? NULL
    PyObject *PyTuple_GET_ITEM(PyObject *of, Py_ssize_t at)
    # What the instance itself holds; a class may show something else, and no dict, as __dict__.
    object PyObject_GenericGetDict(object instance, void *unused)

cdef extern from "fh_relaxed.h":
    # Other threads change a class, and what a guard knows, while they are read here.
    unsigned int load_tag "FH_LOAD"(unsigned int *place)
    void store_tag "FH_STORE"(unsigned int *place, unsigned int tag)
    PyTypeObject *load_type "FH_LOAD"(PyTypeObject **place)
    void store_type "FH_STORE"(PyTypeObject **place, PyTypeObject *cls)
    PyObject *load_object "FH_LOAD"(PyObject **place)
    void store_object "FH_STORE"(PyObject **place, PyObject *instance)


cdef extern from *:
    """
    #if PY_VERSION_HEX < 0x030e0000 && !defined(Py_GIL_DISABLED)
    #if defined(__GNUC__)
    #pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* from 3.12 on; gone in 3.14 */
    #endif
    /* What changes with each change of a dict, and no two dicts have at any time (PEP 509); 0 where
     * that is not known. The values of an instance can be elsewhere than in its dict. */
    static inline uint64_t fh_version_of(PyObject *dict)
    {
        PyDictObject *held = (PyDictObject *)dict;
        return held->ma_values == NULL ? held->ma_version_tag : 0;
    }
    #else
    #define fh_version_of(dict) ((void)(dict), (uint64_t)0)
    #endif
    """
    uint64_t version_of "fh_version_of"(PyObject *mapping) noexcept


cdef bint _same(cls, tuple names, list originals) except -1:
    """Whether a class has these values under these names; None is one that it has not got."""
    cdef Py_ssize_t i
    for i in range(len(names)):
        if getattr(cls, names[i], None) is not originals[i]:
            return False
    return True


cdef class Pristine:
    """Answers whether an object's methods are still the ones that a fast path bypasses.

    Made with the class that defines them and their names. Called with an instance of it or of a
    subclass, it is true only where neither a subclass, nor an assignment to a class, nor one to
    the instance has put anything else in the place of one of them. `on_class`: names for which
    only the class counts, such as `__setattr__`, or an attribute of the instances, which a
    subclass may have a property for; the class need not have them.
    """

    is_cheap = True

    def __init__(self, owner, tuple names not None, tuple on_class not None=()):
        originals = [getattr(owner, name) for name in names]
        originals += [getattr(owner, name, None) for name in on_class]
        all_names = names + on_class
        self._names, self._all_names, self._originals = names, all_names, originals
        store_type(&self._type, NULL)

    def __call__(self, instance):
        return self.holds(instance)

    cdef bint holds_of_class(self, of) except -1:
        cdef PyTypeObject *cls = <PyTypeObject *>of
        cdef unsigned int tag = load_tag(&cls.tp_version_tag)
        # A class and a tag of two different looks do not match: a tag is that of one class only.
        if tag == 0 or cls != load_type(&self._type) or tag != load_tag(&self._tag):
            if not self._look(of):
                return False
            # Else another thread has changed the class since it was looked at, or it had no tag.
            if tag == load_tag(&cls.tp_version_tag):
                store_type(&self._type, cls)
                store_tag(&self._tag, tag)
        return True

    cdef bint holds(self, instance) except -1:
        cdef PyTypeObject *cls = Py_TYPE(instance)
        cdef PyObject *held
        if not self.holds_of_class(<object>cls):
            return False
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
        if len(<dict>attributes):
            for name in self._names:
                if PyDict_Contains(attributes, name):
                    return False
        return True

    @cython.critical_section
    cdef bint _look(self, cls) except -1:
        return _same(cls, self._all_names, self._originals)

    @cython.critical_section
    def changed(self, instance):
        """The name of a method for which the answer is no; None where the answer is yes."""
        if self(instance):
            return None
        cls = type(instance)
        for name, original in zip(self._all_names, self._originals):
            if getattr(cls, name, None) is not original:
                return name
        held = PyObject_GenericGetDict(instance, NULL)
        return next((name for name in self._names if name in held), None)

    @cython.critical_section
    def accept(self, before, after):
        """Count `after` as the original wherever `before` did."""
        self._originals = [after if found is before else found for found in self._originals]
        store_type(&self._type, NULL)


cdef class _Class:
    """A class, and the values that it has under some names."""

    cdef object _cls
    cdef tuple _names
    cdef list _originals
    cdef unsigned int _tag

    def __init__(self, cls, tuple names not None):
        self._cls = cls
        self._names = names
        self.renew()

    @cython.critical_section
    cdef int renew(self) except -1:
        self._originals = [getattr(self._cls, name, None) for name in self._names]
        store_tag(&self._tag, 0)
        return 0

    @cython.critical_section
    cdef bint _look(self) except -1:
        return _same(self._cls, self._names, self._originals)

    cdef bint holds(self) except -1:
        cdef PyTypeObject *cls = <PyTypeObject *>self._cls
        cdef unsigned int tag = load_tag(&cls.tp_version_tag)
        if tag != 0 and tag == load_tag(&self._tag):
            return True
        if not self._look():
            return False
        if tag == load_tag(&cls.tp_version_tag):
            store_tag(&self._tag, tag)
        return True

    @cython.critical_section
    cdef changed(self):
        for name, original in zip(self._names, self._originals):
            if getattr(self._cls, name, None) is not original:
                return f"{self._cls.__module__}.{self._cls.__qualname__}.{name}"
        return None


cdef tuple _present(tuple namespaces, tuple names):
    cdef dict held
    return tuple([held.get(name) for held, name in zip(namespaces, names)])


cdef class Unchanged:
    """Answers whether names in a module's namespace still have the values they had.

    Made with the namespace, the names, and a dict of what takes precedence over the namespace:
    anything in it is a change. `others` are more namespaces, or classes, each with the names that
    count in it; `changed` says these with their module. Called without arguments.
    """

    def __init__(self, dict namespace not None, tuple names not None, dict overrides not None,
                 tuple others not None=()):
        cdef dict held
        cdef tuple namespaces = (namespace,) * len(names)
        cdef tuple watched = names, places = names, classes = ()
        for owner, wanted in others:
            if isinstance(owner, type):
                classes += (_Class(owner, wanted),)
            else:
                held = owner
                at = held["__name__"]
                namespaces += (held,) * len(wanted)
                watched += wanted
                places += tuple([f"{at}.{name}" for name in wanted])
        originals = _present(namespaces, watched)
        cdef PyObject **expected = <PyObject **>PyMem_Malloc(len(watched) * sizeof(PyObject *))
        if expected == NULL:
            raise MemoryError()
        PyMem_Free(self._expected)
        self._expected = expected
        self._set_spaces(namespaces)
        self._namespace, self._overrides = namespace, overrides
        self._namespaces, self._names = namespaces, watched
        self._places, self._classes = places, classes
        self._take(originals)

    def __dealloc__(self):
        PyMem_Free(self._expected)
        PyMem_Free(self._versions)

    cdef int _set_spaces(self, tuple namespaces) except -1:
        spaces = tuple({id(space): space for space in namespaces}.values())
        cdef uint64_t *versions = <uint64_t *>PyMem_Malloc(len(spaces) * sizeof(uint64_t))
        if versions == NULL:
            raise MemoryError()
        PyMem_Free(self._versions)
        self._versions, self._spaces = versions, spaces
        return 0

    cdef void _take(self, tuple originals) noexcept:
        cdef Py_ssize_t i
        for i in range(len(originals)):
            store_object(&self._expected[i], PyTuple_GET_ITEM(<PyObject *>originals, i))
        self._originals = originals
        for i in range(len(self._spaces)):
            self._versions[i] = 0

    cdef bint _is_of_versions(self) except -1:
        """Whether no namespace has been touched since all was found unchanged."""
        cdef PyObject *spaces = <PyObject *>self._spaces
        cdef uint64_t version
        cdef Py_ssize_t i
        for i in range(len(self._spaces)):
            version = version_of(PyTuple_GET_ITEM(spaces, i))
            if version == 0 or version != self._versions[i]:
                return False
        return True

    @cython.critical_section
    def renew(self):
        """Count what is there now as the original, also where it had been changed."""
        self._take(_present(self._namespaces, self._names))
        for watched in self._classes:
            (<_Class>watched).renew()

    cdef bint holds(self) except -1:
        cdef Py_ssize_t i
        if self._overrides or not self._is_of_versions() and not self._look():
            return False
        for i in range(len(self._classes)):
            if not (<_Class>PyTuple_GET_ITEM(<PyObject *>self._classes, i)).holds():
                return False
        return True

    cdef bint _look(self) except -1:
        cdef Py_ssize_t i
        cdef PyObject *value
        cdef PyObject *spaces = <PyObject *>self._spaces
        cdef PyObject *namespaces = <PyObject *>self._namespaces
        cdef PyObject *names = <PyObject *>self._names
        # Asked for before what is in them is looked at, and of use only where that is unchanged.
        cdef uint64_t version = version_of(PyTuple_GET_ITEM(spaces, 0)) if self._spaces else 0
        if version != 0:
            self._versions[0] = 0
            for i in range(1, len(self._spaces)):
                self._versions[i] = version_of(PyTuple_GET_ITEM(spaces, i))
        for i in range(len(self._names)):
            value = PyDict_GetItemWithError(
                PyTuple_GET_ITEM(namespaces, i), PyTuple_GET_ITEM(names, i))
            if value == NULL:
                value = <PyObject *>None
            if value != load_object(&self._expected[i]):
                return False
        if version != 0:
            self._versions[0] = version
        return True

    def __call__(self):
        return self.holds()

    @cython.critical_section
    def changed(self):
        """A name for which the answer is no; None where the answer is yes."""
        for name in self._overrides:
            return name
        for i in range(len(self._names)):
            if self._namespaces[i].get(self._names[i]) is not self._originals[i]:
                return self._places[i]
        for watched in self._classes:
            name = (<_Class>watched).changed()
            if name is not None:
                return name
        return None


cdef bint _limit(value, Py_ssize_t *limit) except -1:
    """A limit that is an int from 0 on, as it counts; False for any other."""
    if type(value) is not int or value < 0:
        return False
    limit[0] = value if value <= MOST else MOST
    return True


cdef class Limits(Unchanged):
    """The present values of two limits, while names next to them are unchanged.

    Made with what `Unchanged` is made with, and the names of the limits. Called without
    arguments: None where `Unchanged` would say no, or a limit is not an int from 0 on; else both,
    and none of them greater than `MOST`.
    """

    def __init__(self, dict namespace not None, tuple names not None, dict overrides not None,
                 tuple limits not None, tuple others not None=()):
        Unchanged.__init__(self, namespace, names, overrides, others)
        self._first, self._second = limits

    cdef bint find(self, Py_ssize_t *first, Py_ssize_t *second) except -1:
        cdef uint64_t version
        if not self.holds():
            return False
        version = version_of(<PyObject *>self._namespace)
        if version == 0 or version != self._version:
            if not _limit(self._namespace.get(self._first), first) or \
                    not _limit(self._namespace.get(self._second), second):
                return False
            if version != 0:
                self._first_found, self._second_found = first[0], second[0]
                self._version = version
            return True
        first[0], second[0] = self._first_found, self._second_found
        return True

    def __call__(self):
        cdef Py_ssize_t first, second
        return (first, second) if self.find(&first, &second) else None

    def changed(self):
        """A name for which the answer is None; None where there is an answer."""
        if self() is not None:
            return None
        return Unchanged.changed(self) or f"{self._first} or {self._second}"
