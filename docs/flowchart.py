"""Draw a flowchart in mermaid's notation with Graphviz: of that notation, what these pages use.

A line is a title, a description, or an arrow between two boxes. A box in `{{ }}` asks something:

    accTitle: The way of a page
    A["one step<br/>its file"] --> B{{"a question?"}}
    B -- yes --> C["another step"]
"""

import re
import shutil
import subprocess
from dataclasses import dataclass, field

_BOX = r'(\w+)(?:\["([^"]+)"\]|\{\{"([^"]+)"\}\})?'
_ARROW = re.compile(rf'{_BOX} --(?: "?([^">]+?)"? --)?> {_BOX}')
_LOOKS = (
    'graph [bgcolor="white", pad=0.2, nodesep=0.35, ranksep=0.4]',
    'node [fontname="Helvetica,Arial,sans-serif", fontsize=13, fontcolor="#1f2328", style=filled,'
    ' fillcolor="#f6f8fa", color="#8c959f", shape=box, margin="0.15,0.08"]',
    'edge [fontname="Helvetica,Arial,sans-serif", fontsize=12, fontcolor="#1f2328",'
    ' color="#59636e", arrowsize=0.7]',
)


class FlowchartError(Exception):
    """A line is none that is known, or Graphviz is not there; the message says which."""


@dataclass
class Flowchart:
    """Boxes and arrows."""

    title: str = ""
    description: str = ""
    #: What stands in a box, and whether it asks something, by the box's name.
    boxes: dict[str, tuple[str, bool]] = field(default_factory=dict)
    #: From where to where, and what stands beside the arrow.
    arrows: list[tuple[str, str, str]] = field(default_factory=list)

    def drawn(self) -> str:
        """Return the SVG. Raises FlowchartError."""
        dot = shutil.which("dot")
        if dot is None:
            raise FlowchartError("Graphviz is not installed: `apt-get install graphviz`, say")
        command = [dot, "-Tsvg"]
        done = subprocess.run(
            command,
            input=self._in_dot(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode or done.stderr:
            raise FlowchartError(f"{self.title}: {done.stderr}")
        return done.stdout

    def _in_dot(self) -> str:
        boxes = (
            f"{name} [label={_quoted(text)}"
            + (', shape=hexagon, fillcolor="#ddf4ff"]' if asks else "]")
            for name, (text, asks) in self.boxes.items()
        )
        arrows = (
            f"{a} -> {b} [label={_quoted(said and f'  {said}  ')}]" for a, b, said in self.arrows
        )
        return "digraph {\n" + ";\n".join((*_LOOKS, *boxes, *arrows)) + "\n}\n"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', r"\"").replace("<br/>", r"\n") + '"'


def read(lines: list[str]) -> Flowchart:
    """Read what stands in a block of mermaid. Raises FlowchartError."""
    chart = Flowchart()
    for line in map(str.strip, lines):
        key, _, value = line.partition(": ")
        if key == "accTitle":
            chart.title = value
        elif key == "accDescr":
            chart.description = value
        elif found := _ARROW.fullmatch(line):
            first, step, question, said, then, next_step, next_question = found.groups()
            for name, does, asks in ((first, step, question), (then, next_step, next_question)):
                if does or asks:
                    chart.boxes[name] = (does or asks, bool(asks))
            chart.arrows.append((first, then, said or ""))
        elif line != "flowchart TD":
            raise FlowchartError(f"not known in a flowchart: {line}")
    if missing := {name for arrow in chart.arrows for name in arrow[:2]} - chart.boxes.keys():
        raise FlowchartError(f"boxes without a text: {', '.join(sorted(missing))}")
    return chart
