"""How many lines of code a client takes.

Not counted: blank lines, comments, docstrings, imports, and what says where the site's made-up
names are. What it imports from by_hand is counted, with the constants there that it needs.
"""

import ast
import io
import tokenize
from pathlib import Path

_HOME = Path(__file__).parent
_PLACE = "# the site's place"
_NO_CODE = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENDMARKER, tokenize.ENCODING,
}  # fmt: skip


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _span(node: ast.AST) -> range:
    return range(node.lineno, node.end_lineno + 1)  # type: ignore[attr-defined]


def lines_of_code(source: str) -> set[int]:
    """Return the numbers of the lines that count."""
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom) or _is_docstring(node):
            lines.difference_update(_span(node))
    written = source.splitlines()
    return {line for line in lines if not written[line - 1].rstrip().endswith(_PLACE)}


def _names_from_by_hand(source: str) -> set[str]:
    return {
        alias.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module == "by_hand"
        for alias in node.names
    }


def _lines_by_hand(names: set[str]) -> int:
    source = (_HOME / "by_hand.py").read_text(encoding="utf-8")
    made: dict[str, ast.stmt] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            made[node.name] = node
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            made[node.targets[0].id] = node
    to_see, seen = set(names), set()
    while to_see:
        name = to_see.pop()
        seen.add(name)
        used = {each.id for each in ast.walk(made[name]) if isinstance(each, ast.Name)}
        to_see |= (used & made.keys()) - seen
    wanted = {line for name in seen for line in _span(made[name])}
    return len(lines_of_code(source) & wanted)


def lines_of(module: str) -> int:
    """Return how many lines the client of that name takes."""
    source = (_HOME / "clients" / f"{module}.py").read_text(encoding="utf-8")
    return len(lines_of_code(source)) + _lines_by_hand(_names_from_by_hand(source))
