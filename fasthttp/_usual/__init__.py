"""An ordinary exchange on a kept connection in as few steps as can be: compiled only, and chosen by
`_compiled`. What it does not take goes the ways of `_client`, and so does all of it in pure Python.
"""
