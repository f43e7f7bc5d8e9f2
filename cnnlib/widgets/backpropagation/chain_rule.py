"""The chain rule on a small graph, stepped forwards and backwards."""

from __future__ import annotations

import numpy as np

from cnnlib.autodiff.scalar_graph import GRAPHS, Graph, Node, backward, forward, slopes
from cnnlib.viz import Axis, Links, Panel, Points, Scene, Text
from cnnlib.widgets.base import Choice, Slider, Widget

LIMIT = 4.0


class ChainRule(Widget):
    """Numbers flow to the right through the nodes; then gradients flow back, each edge with its slope.

    Facts: ``step``, ``steps`` (of the graph), ``E``, ``dw`` (dE/dw, 0 until it is known), ``known`` (how
    many gradients are).

    >>> ChainRule(step=1).text
    'Step 1 of 8, forwards: p = w * x = 1.5 * 2 = 3.'
    """

    title = "The chain rule, one node at a time"
    controls = (
        Choice("graph", tuple(GRAPHS), label="Graph"),
        *(
            Slider(name, -LIMIT, LIMIT, start, step=0.1, label=name)
            for name, start in {"x": 2, "w": 1.5, "b": -1, "t": 0.5}.items()
        ),
        Slider("step", 0, 10, 0, integer=True, label="Step"),
    )
    advances = "step"

    def limits(self, state: dict) -> dict:
        return {"step": (0, 2 * len(GRAPHS[state["graph"]].nodes))}

    def compute(self, state: dict) -> Scene:
        graph = GRAPHS[state["graph"]]
        values = forward(graph, {name: float(state[name]) for name in graph.leaves})
        done, back = min(state["step"], len(graph.nodes)), max(state["step"] - len(graph.nodes), 0)
        known = {*graph.leaves, *(node.name for node in graph.nodes[:done])}
        gradients, node = {}, None
        if back:
            ways = list(backward(graph, values))
            node, partial = ways[back - 1]
            reached = {name for other, _ in ways[:back] for name in (other.name, *other.inputs)}
            gradients = {name: partial[name] for name in reached}
        facts = {
            "step": state["step"],
            "steps": 2 * len(graph.nodes),
            "E": values["E"],
            "dw": gradients.get("w", 0.0),
            "known": len(gradients),
        }
        panel = draw(graph, values, known, gradients, graph.nodes[done - 1] if done and not back else node)
        return Scene([panel], sentence(state, graph, values, gradients, node), facts, height=330)


def draw(graph: Graph, values: dict, known: set, gradients: dict, active: Node | None) -> Panel:
    """Nodes as circles with their values above and gradients below; edges with the slopes once used."""
    edges = [(name, node) for node in graph.nodes for name in node.inputs]
    ends = np.array([(*graph.places[name], *graph.places[node.name]) for name, node in edges]).T
    marks = [Links(*ends, color="muted", widths=[1.5] * len(edges))]
    for name, (x, y) in graph.places.items():
        is_leaf = name in graph.leaves
        lit = active is not None and (name == active.name or name in active.inputs)
        color = "orange" if lit else "blue" if not is_leaf else "green"
        marks.append(Points(x, y, color=color, size=13, shape="square" if is_leaf else "circle"))
        marks.append(Text(x, y, name, color="paper", bold=True, size=13))
        if name in known:
            marks.append(Text(x, y + 0.3, short(values[name]), size=13))
        if name in gradients:
            marks.append(
                Text(x, y - 0.3, f"dE/d{name} = {short(gradients[name])}", color="vermilion", bold=True)
            )
    for name, node in edges:
        if node.name in gradients and all(n in gradients for n in node.inputs):
            (x0, y0), (x1, y1) = graph.places[name], graph.places[node.name]
            slope = slopes(node, values)[node.inputs.index(name)]
            marks.append(
                Text(
                    0.45 * x0 + 0.55 * x1,
                    0.45 * y0 + 0.55 * y1 + 0.13,
                    f"×{short(slope)}",
                    color="vermilion",
                    size=11,
                )
            )
    for node in graph.nodes:
        x, y = graph.places[node.name]
        marks.append(Text(x, y + 0.52, operation(node), color="muted", size=11))
    across = [x for x, _ in graph.places.values()]
    x, y = Axis(-0.6, max(across) + 0.6, visible=False), Axis(-0.55, 2.95, visible=False)
    return Panel(marks, x, y, title=graph.formula, grid=False)


def operation(node: Node) -> str:
    """What a node does, for the picture: ``"w * x"``."""
    if len(node.inputs) == 2:
        return f"{node.inputs[0]} {node.operation} {node.inputs[1]}"
    return node.operation.replace("·", node.inputs[0])


def sentence(state: dict, graph: Graph, values: dict, gradients: dict, node: Node | None) -> str:
    count, step = 2 * len(graph.nodes), state["step"]
    if step == 0:
        return f"Step 0 of {count}: the leaves have their values. Press Step to let the numbers flow."
    if node is None:
        done = graph.nodes[step - 1]
        with_numbers = operation(
            Node(done.name, done.operation, tuple(short(values[n]) for n in done.inputs))
        )
        return (
            f"Step {step} of {count}, forwards: {done.name} = {operation(done)} = {with_numbers}"
            f" = {short(values[done.name])}."
        )
    parts = []
    for name, slope in zip(node.inputs, slopes(node, values), strict=True):
        share = gradients[node.name] * slope
        words = f"{name} gets {short(gradients[node.name])} × {short(slope)} = {short(share)}"
        if abs(share - gradients[name]) > 1e-9:
            words += f" on top, {short(gradients[name])} in all"
        parts.append(words)
    return f"Step {step} of {count}, backwards through {operation(node)}: {'; '.join(parts)}."


def short(value: float) -> str:
    """At most four digits, no trailing zeros, no negative zero."""
    return f"{value + 0.0:.4g}" if abs(value) > 5e-5 else "0"
