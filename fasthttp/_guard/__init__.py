"""Whether a fast way may be taken: the twins guard_c.pyx and guard_py.py, chosen by `_compiled`."""
