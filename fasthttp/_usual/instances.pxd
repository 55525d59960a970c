# Objects made without their `__init__`, and what lies in their own dicts.
cdef extern from "Python.h":
    ctypedef struct PyTypeObject:
        object (*tp_new)(PyTypeObject *cls, object arguments, void *named)
        Py_ssize_t tp_dictoffset, tp_weaklistoffset
    object PyObject_GenericGetDict(object instance, void *unused)
    # Not for an instance of a class that has nothing of C: in 3.13 it stays without what is set.
    int PyObject_GenericSetDict(object instance, object attributes, void *unused) except -1
    int set_attribute "PyObject_GenericSetAttr"(object instance, object name, object value) except -1


cdef inline object bare_instance_of(cls):
    """A new instance without any attributes."""
    return (<PyTypeObject *>cls).tp_new(<PyTypeObject *>cls, (), NULL)


cdef inline object instance_of(cls, dict attributes):
    """A new instance, of a class that inherits from one of C, with these attributes."""
    instance = bare_instance_of(cls)
    PyObject_GenericSetDict(instance, attributes, NULL)
    return instance
