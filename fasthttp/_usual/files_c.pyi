"""What files_c.pyx offers to Python: something to give to `Lent`."""

from typing import Any

class Files:
    """Makes the files that `makefile("rb")` gives, and closes them or keeps them."""

    def __init__(self, **parts: Any) -> None: ...
