"""Whether the files of this package fit together; asked where an import fails, and by `info`.

Other distributions install a package of the name fasthttp too, and pip lets the files of whichever
comes last stand, without a word. Uninstalling one of them then takes away files of the other.
"""

from __future__ import annotations

import re
from pathlib import Path

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import Distribution

__all__ = ["FilesError", "altered", "explain", "is_checked", "named", "others", "remedy"]

_OURS = "fasthttp"
_HERE = Path(__file__).parent
_MOST_NAMED = 6


class FilesError(ImportError):
    """Files of this package are missing, or are not its own; the message says what to do."""


def explain(error: BaseException) -> None:
    """Raise FilesError from the error of an import, where files are to blame; else do nothing."""
    if isinstance(error, FilesError) or not isinstance(error, Exception):
        return
    try:
        wrong, rivals = altered(), others()
    except Exception:  # whatever is wrong with the metadata, the error itself says more
        wrong, rivals = [], {}
    if not wrong and not _is_between_our_files(error):
        return
    said = [f"the files of fasthttp in {_HERE} do not fit together: {error}"]
    if wrong:
        said.append(f"missing, or not as they were installed: {named(wrong)}")
    raise FilesError("; ".join([*said, remedy(rivals)]), name=_OURS) from error


def _is_between_our_files(error: Exception) -> bool:
    """Whether one module of this package has not found in another what it needs."""
    if isinstance(error, AttributeError):
        return re.match(rf"(partially initialized )?module '{_OURS}\b", str(error)) is not None
    missing = error.name if isinstance(error, ImportError) else None
    return missing is not None and missing.partition(".")[0] == _OURS


def remedy(rivals: dict[str, list[str]]) -> str:
    """What to do, given what `others` says."""
    again = "then install fasthttp again, with pip's option --force-reinstall"
    if not rivals:
        return f"python -m pip uninstall fasthttp, {again}"
    who, several = ", ".join(rivals), len(rivals) > 1
    names = " ".join(each.rpartition(" ")[0] for each in rivals)
    return (
        f"{who} install{'' if several else 's'} a package of the same name, and only one of them"
        f" can be used: python -m pip uninstall {names}, {again}"
    )


def named(files: list[str]) -> str:
    """Files for people: not all, where they are many."""
    more = len(files) - _MOST_NAMED
    return ", ".join(files[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def others() -> dict[str, list[str]]:
    """By "name version": the files that other distributions have under fasthttp/."""
    from importlib import metadata

    found = {}
    for each in metadata.distributions():
        name = str(each.metadata["Name"])
        files = sorted(path for path, _ in _recorded(each))
        if files and name.lower() != _OURS:
            found[f"{name} {each.version}"] = files
    return found


def is_checked() -> bool:
    """Whether there is a list of the files as they were installed: not of a source tree."""
    return _installed() is not None


def altered() -> list[str]:
    """Files of the installed distribution that are missing, or have other bytes."""
    installed = _installed()
    if installed is None:
        return []
    return sorted(
        path
        for path, digest in _recorded(installed)
        if not _is_as_recorded(Path(str(installed.locate_file(path))), digest)
    )


def _installed() -> Distribution | None:
    """The distribution whose files these are, if it was installed file by file."""
    from importlib import metadata

    if not Path(__file__).is_file():  # in an archive
        return None
    for each in metadata.distributions(name=_OURS):
        is_here = Path(str(each.locate_file(_OURS))).resolve() == _HERE.resolve()
        if is_here and next(_recorded(each), None) is not None:
            return each
    return None


def _recorded(of: Distribution) -> Iterator[tuple[str, str]]:
    """Path and digest of what a distribution has put under fasthttp/, from its RECORD.

    Not by its `files`, which leaves out those that are missing.
    """
    import csv

    for row in csv.reader((of.read_text("RECORD") or "").splitlines()):
        if len(row) > 1 and row[0].startswith(f"{_OURS}/") and row[1]:  # byte code has no digest
            yield row[0], row[1]


def _is_as_recorded(file: Path, recorded: str) -> bool:
    import base64
    import hashlib

    kind, _, digest = recorded.partition("=")
    try:
        found = hashlib.new(kind, file.read_bytes()).digest()
    except OSError:
        return False
    except ValueError:  # a kind of digest that this Python does not know
        return True
    return base64.urlsafe_b64encode(found).rstrip(b"=").decode("ascii") == digest.rstrip("=")
