# The values in the __slots__ of a Python class, and in a dict, without going through their names.
#
# A slot is known by the member that its descriptor has, which must be kept alive; the object must
# be an instance of the descriptor's class. Where threads run without a lock, Python's own functions
# do it, which have one for each object.
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF

cdef extern from *:
    """
    #include <structmember.h>

    static inline PyMemberDef *fh_slot_of(PyObject *descriptor)
    {
        PyMemberDef *slot = NULL;
        if (Py_TYPE(descriptor) == &PyMemberDescr_Type)
            slot = ((PyMemberDescrObject *)descriptor)->d_member;
        if (slot == NULL || slot->type != T_OBJECT_EX) {
            PyErr_SetString(PyExc_TypeError, "this is no slot");
            return NULL;
        }
        return slot;
    }

    static inline PyObject *fh_slot_get(PyObject *object, PyMemberDef *slot)
    {
    #ifdef Py_GIL_DISABLED
        PyObject *value = PyMember_GetOne((char *)object, slot);
        if (value == NULL)
            PyErr_Clear();
        return value;
    #else
        PyObject *value = *(PyObject **)((char *)object + slot->offset);
        Py_XINCREF(value);
        return value;
    #endif
    }

    static inline int fh_slot_set(PyObject *object, PyMemberDef *slot, PyObject *value)
    {
    #ifdef Py_GIL_DISABLED
        return PyMember_SetOne((char *)object, slot, value);
    #else
        PyObject **place = (PyObject **)((char *)object + slot->offset);
        PyObject *before = *place;
        Py_INCREF(value);
        *place = value;
        Py_XDECREF(before);
        return 0;
    #endif
    }

    static inline int fh_dict_get(PyObject *dict, PyObject *key, PyObject **found)
    {
    #if PY_VERSION_HEX >= 0x030d0000
        return PyDict_GetItemRef(dict, key, found) < 0 ? -1 : 0;
    #else
        *found = PyDict_GetItemWithError(dict, key);
        Py_XINCREF(*found);
        return *found == NULL && PyErr_Occurred() ? -1 : 0;
    #endif
    }
    """
    ctypedef struct PyMemberDef:
        pass
    # The slot behind a descriptor. Raises TypeError for what is none.
    PyMemberDef *slot_of "fh_slot_of"(object descriptor) except NULL
    # A new reference to the value; NULL, without an error, where there is none.
    PyObject *slot_value "fh_slot_get"(object instance, PyMemberDef *slot)
    int set_slot "fh_slot_set"(object instance, PyMemberDef *slot, object value) except -1
    # A new reference to what a dict has, in `found`; NULL where it has nothing.
    int dict_value "fh_dict_get"(object mapping, object key, PyObject **found) except -1
    PyObject *_ABSENT "((PyObject *)&PyMemberDescr_Type)"


cdef inline object absent():
    """What stands for no value: a type that nobody has for one."""
    return <object>_ABSENT


cdef inline object held_value(dict mapping, str key):
    """What a dict has under a key, or `absent()`."""
    cdef PyObject *found
    dict_value(mapping, key, &found)
    if found == NULL:
        return absent()
    value = <object>found
    Py_DECREF(value)
    return value


cdef inline object value_in(instance, PyMemberDef *slot):
    """What a slot has, or `absent()`."""
    cdef PyObject *found = slot_value(instance, slot)
    if found == NULL:
        return absent()
    value = <object>found
    Py_DECREF(value)
    return value
