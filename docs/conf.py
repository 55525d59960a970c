"""Sphinx's settings. `python docs/build.py` builds the pages and runs their examples.

What Sphinx reads is not this folder, but what collect.py makes of it.
"""

import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]  # loopback.py; the package beside this folder

from fasthttp import __version__  # noqa: E402 - found by the line above

project = "fasthttp"
author = "The fasthttp developers"
project_copyright = "The fasthttp developers"
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
]
myst_heading_anchors = 3

# Every reference must lead somewhere. What other packages define is not looked for: that would
# take the network.
nitpicky = True
nitpick_ignore_regex = [
    ("py:class", r"(http|ssl|socket|collections|typing|io|os|email)\..*"),
    ("py:class", r"(Any|Callable|Iterator|Mapping|HTTPMessage|optional|RuntimeWarning)"),
    ("py:exc", r".*"),
]

# `name` in a docstring is code, which need not be a name of ours.
default_role = "code"
autoclass_content = "both"
autodoc_preserve_defaults = True
autodoc_typehints = "signature"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80
add_module_names = False

doctest_global_setup = "import loopback; loopback.start()"
doctest_global_cleanup = "loopback.tidy()"

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_title = f"fasthttp {release}"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False

_CODE = re.compile(r'(<code class="docutils literal notranslate">)(.*?)(</code>)')
_SEAM = re.compile(r"(?<=\w)(/|::|_|-|\.(?!py\b))(?=\w)")
#: Shorter ones do not wrap.
_LONG = 15


_CELL = re.compile(r"<td\b.*?</td>", re.DOTALL)
_UNIT = re.compile(r"(?<=\d) (?=(?:\N{MICRO SIGN}s|s|KiB|MiB)\b)")


def _wrap_well(app: Any, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Let long names wrap behind what joins their words, and no cell of a table before a unit.

    What is copied stays the name.
    """
    if body := context.get("body"):
        body = _CODE.sub(lambda found: found[1] + _wrapping(found[2]) + found[3], body)
        context["body"] = _CELL.sub(lambda found: _UNIT.sub("&#160;", found[0]), body)


def _wrapping(content: str) -> str:
    if len(re.sub("<[^>]*>", "", content)) < _LONG:
        return content
    parts = re.split(r"(<[^>]*>)", content)
    return "".join(part if part.startswith("<") else _SEAM.sub(r"\1<wbr>", part) for part in parts)


def setup(app: Any) -> None:
    """Sphinx calls this."""
    app.connect("html-page-context", _wrap_well)
