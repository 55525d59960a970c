"""Sphinx's settings. `python docs/build.py` builds the pages and runs their examples."""

import sys
from pathlib import Path

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
    "sphinxcontrib.mermaid",
]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_fence_as_directive = ["mermaid"]
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

mermaid_height = "1100px"
mermaid_fullscreen = False

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_title = f"fasthttp {release}"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
