"""Hostile servers and conditions: nothing hangs, nothing leaks, no answer crosses to another.

`python -m tests.hostile.table` prints the table of faults, `python -m tests.hostile.leaks` what a
long run leaves behind; the tests here run parts of both.
"""
