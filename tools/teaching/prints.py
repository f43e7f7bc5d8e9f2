"""Sheets to print: the graph for the board, a form for predictions, the notation, sums with kernels."""

from __future__ import annotations

from pathlib import Path

from cnnlib.autodiff.scalar_graph import GRAPHS, run
from tools.teaching.kernels import sums
from tools.teaching.lessons import ROOT
from tools.teaching.pages import write
from tools.teaching.text import markdown

GRAPH = "one weight"
WEIGHT = 2.5  # of the card and of the widget; the notebook's own table has another, and its results


#: Sheets that belong to some lessons; "" stands for a call that names none.
FOR = {"graph": ("", "backpropagation"), "notation": ("",)}
FOR |= {"kernels": ("", "forward_pass", "convolution_backward")}


def write_prints(folder: Path, most: int = 14, seed: int = 0, topics: tuple[str, ...] = ("",)) -> list[Path]:
    """Write the sheets of some lessons, or all four; the form has a row for each of so many predictions."""
    made = {
        "graph": lambda: write("graph.html.j2", folder / "graph_for_the_board.html", **board()),
        "form": lambda: write("form.html.j2", folder / "prediction_form.html", rows=range(most)),
        "notation": lambda: write("notation.html.j2", folder / "notation.html", text=notation()),
        "kernels": lambda: write(
            "kernels.html.j2", folder / "kernels_by_hand.html", sums=sums(seed), seed=seed
        ),
    }
    return [make() for name, make in made.items() if name == "form" or set(topics) & set(FOR[name])]


def board() -> dict:
    """Return the graph of the backpropagation notebook's card, laid out for paper, with all its numbers."""
    graph = GRAPHS[GRAPH]
    values, gradients = run(graph, graph.leaves | {"w": WEIGHT})
    xs, ys = zip(*graph.places.values(), strict=True)
    across, down = (max(xs) - min(xs)) or 1, (max(ys) - min(ys)) or 1
    places = {
        name: (70 + 760 * (x - min(xs)) / across, 70 + 260 * (max(ys) - y) / down)
        for name, (x, y) in graph.places.items()
    }
    arrows = [(places[start], places[node.name]) for node in graph.nodes for start in node.inputs]
    operations = {node.name: f"{node.operation}" for node in graph.nodes}
    return {
        "formula": graph.formula,
        "leaves": graph.leaves,
        "places": places,
        "arrows": arrows,
        "operations": operations,
        "values": values,
        "gradients": gradients,
    }


def notation() -> str:
    """Return docs/notation.md as HTML, its formulae set."""
    return markdown((ROOT / "docs" / "notation.md").read_text("utf-8"))
