"""The chain rule on a small graph, stepped forwards and backwards."""

from __future__ import annotations

import numpy as np

from cnnlib.autodiff.scalar_graph import GRAPHS, Graph, Node, backward, forward, slopes
from cnnlib.runtime.language import say
from cnnlib.viz import Arrows, Axis, Cursor, Figure, Line, Note, Panel, Points, Scene, Text
from cnnlib.viz.annotations import away
from cnnlib.widgets.base import Choice, Slider, Widget

SLOTS = {"head": ("graph",), "handle": ("step",), "settings": ("x", "w", "b", "t")}
LIMIT = 4.0
WORDS = ("one weight", "through a ReLU", "used twice")
AIR = 600  # pixels of width below which notes give way
LEGEND = "blue: E rises if this number grows, orange: it falls"
FORWARDS = "forwards: each node makes its value of those before it"
TIP = 0.68  # where on an edge its arrow's tip is: beside the nodes on a narrow page as well


class ChainRule(Widget):
    """Numbers flow to the right through the nodes; then gradients flow back, each edge with its slope.

    Facts: ``step``, ``steps`` (of the graph), ``E``, ``dw`` (dE/dw, 0 until it is known), ``known`` (how
    many gradients are).

    >>> ChainRule(step=1).text
    'Step 1 of 8, forwards: p = w · x = 1.5 · 2 = 3.'
    """

    title = "If w grew, how would E move?"
    controls = (
        Choice("graph", tuple(GRAPHS), label="Graph", picker="segments", words=WORDS),
        *(
            Slider(name, -LIMIT, LIMIT, start, step=0.1, label=name)
            for name, start in {"x": 2, "w": 1.5, "b": -1, "t": 0.5}.items()
        ),
        Slider("step", 0, 10, 4, integer=True, label="Step"),
    )
    slots = SLOTS
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
        active = graph.nodes[done - 1] if done and not back else node
        marks = [
            *edge_marks(graph, values, gradients, done == len(graph.nodes), active),
            *node_marks(graph, values, known, gradients, active),
            *labels(graph, known, gradients, done == len(graph.nodes)),
            *notes(graph, state["step"]),
        ]
        across = [x for x, _ in graph.places.values()]
        axes = (
            Axis(-0.6, max(across) + 0.5, visible=False),
            Axis(-0.66, max(y for _, y in graph.places.values()) + 0.55, visible=False),
        )
        how = LEGEND if gradients else FORWARDS
        panel = Panel(marks, *axes, title=graph.formula, subtitle=how, grid=False)
        return Scene(
            [panel],
            sentence(state, graph, values, gradients, node),
            facts,
            height=380,
            figures=figures(values, known, gradients),
            timeline=timeline(len(graph.nodes), state["step"]),
        )


def figures(values: dict, known: set, gradients: dict) -> list[Figure]:
    """The loss and the gradient by the weight, as far as they are known."""
    error = short(values["E"]) if "E" in known else "?"
    slope = short(gradients["w"]) if "w" in gradients else "?"
    return [Figure("Loss E", error, large=True), Figure("dE/dw", slope, large=True)]


def timeline(nodes: int, step: int) -> Panel:
    """Both ways, step by step; the cursor goes to any of them."""
    x = np.arange(1, nodes + 1)
    marks = [
        Line([0, nodes], [0, 0], color="ink"),
        Line([nodes, 2 * nodes], [0, 0], color="ink", dash="dotted"),
        Points([*x, *(x + nodes)], np.zeros(2 * nodes), color="ink", size=3),
        Text(
            [away(0, nodes, step), away(nodes, 2 * nodes, step)], [0.75, 0.75], ["forwards →", "backwards ←"]
        ),
        Cursor(step, sets={"x": "step"}),
    ]
    return Panel(
        marks, Axis(-0.1, 2 * nodes + 0.15, whole=True), Axis(-1, 1.4, visible=False), grid=False, name="time"
    )


def sign_color(value: float, text: bool = False) -> str:
    """Blue for plus, orange for minus; ink where there is no sign."""
    if abs(value) < 5e-5:
        return "ink"
    return ("pos" if value > 0 else "neg") + ("-text" if text else "")


def edge_marks(graph: Graph, values: dict, gradients: dict, slopes_known: bool, active: Node | None) -> list:
    """An arrow for every edge with its local slope, forwards until a gradient has come back."""
    marks = []
    for node in graph.nodes:
        for name, slope in zip(node.inputs, slopes(node, values), strict=True):
            start, end = np.array(graph.places[name], float), np.array(graph.places[node.name], float)
            way, lit = end - start, active is not None and node.name == active.name
            returned = node.name in gradients and all(n in gradients for n in node.inputs)
            color = "ink" if lit else "muted"
            if returned:
                color = sign_color(gradients[node.name] * slope)
            width = 4 if lit else 2.5 if returned else 1.5
            tip, back = (1 - TIP, 0.1) if returned else (TIP, -0.1)
            marks.append(Line(*zip(start, end, strict=True), color=color, width=width))
            head = start + (tip + back) * way, -back * way
            marks.append(Arrows(*(part[[i]] for part in head for i in (0, 1)), color=color, width=width))
            if slopes_known:
                marks.append(slope_words(start, way, short(slope), returned and lit))
    return marks


def slope_words(start, way, slope: str, bold: bool) -> Text:
    """A local slope above the middle of its edge; of a slanted one to the side that is free."""
    x, y = start + 0.5 * way
    right, align = {-1: (6, "left"), 0: (0, "center"), 1: (-6, "right")}[int(np.sign(way[1]))]
    look = {"color": "ink", "bold": bold, "size": 13, "baseline": "bottom", "align": align}
    return Text(x, y, f"× {slope}", shift=(right, -6 if align == "center" else -3), **look)


def labels(graph: Graph, known: set, gradients: dict, slopes_known: bool) -> list[Text]:
    """What the numbers at one node and at its edge are, in words."""
    last, look = graph.nodes[-1], {"color": "muted", "size": 11, "needs": AIR}
    name = last.name if last.name in known else max(graph.leaves, key=lambda leaf: graph.places[leaf][1])
    (x, y), marks = graph.places[name], []
    marks.append(Text(x, y, "value", shift=(31, -29), align="left", **look))
    if name in gradients:
        marks.append(Text(x, y, "gradient", shift=(31, 31), align="left", **look))
    if slopes_known:
        (x0, y0), (x1, y1) = graph.places[last.inputs[0]], graph.places[last.name]
        marks.append(Text((x0 + x1) / 2, (y0 + y1) / 2, "local slope", shift=(0, 13), **look))
    return marks


def node_marks(graph: Graph, values: dict, known: set, gradients: dict, active: Node | None) -> list:
    """Given numbers as squares, nodes as circles: value above, gradient below."""
    marks, made = [], {node.name: node for node in graph.nodes}
    for name, (x, y) in graph.places.items():
        lit = active is not None and (name == active.name or name in active.inputs)
        shape, size = ("circle", 18) if name in made else ("square", 15)
        marks.append(Points(x, y, color="ink" if lit else "muted", size=size + 1.5, shape=shape))
        marks.append(Points(x, y, color="panel" if name in known else "paper", size=size, shape=shape))
        marks.append(Text(x, y, name, bold=True, size=14))
        if name in known:
            marks.append(Text(x, y, short(values[name]), size=15, bold=True, shift=(0, -29)))
        if name in made:
            words = operation(made[name])
            marks.append(Text(x, y, words, color="muted", size=12, shift=(0, -47)))
        if name in gradients:
            color = sign_color(gradients[name], text=True)
            fed = active is not None and name in active.inputs
            full = say("dE/d{name} = ", name=name) if fed else ""  # what has come is named once, then short
            words = f"{full}{short(gradients[name])}"
            marks.append(Text(x, y, words, color=color, bold=True, size=13, shift=(0, 31)))
            if fed:
                marks.append(Text(x, y, reason(active, name, values, gradients), size=12, shift=(0, 49)))
    return marks


def reason(node: Node, name: str, values: dict, gradients: dict) -> str:
    """What has just come back to an input: upstream times local slope."""
    slope = slopes(node, values)[node.inputs.index(name)]
    added = abs(gradients[node.name] * slope - gradients[name]) > 1e-9
    return f"{'+ ' * added}{short(gradients[node.name])} × {short(slope)}"


def notes(graph: Graph, step: int) -> list[Note]:
    """What a first-time reader asks at the beginning, at the turn, and on the way back."""
    nodes, (right, height) = len(graph.nodes), graph.places["E"]
    if step == 0:
        words = "Press Play: numbers flow to the right, then gradients flow back."
        look = {"align": "right", "needs": AIR}
        return [Note(right + 0.2, height + 1.15, words, (right + 0.12, height + 0.14), 240, **look)]
    if step == nodes:
        words = "× is a local slope: how fast this node moves with that input."
        spot, look = (right - 0.5, height - 0.22), {"align": "right", "needs": AIR}
        return [Note(right + 0.4, height - 0.75, words, spot, 180, **look)]
    if step > nodes:
        words = "Gradient = upstream × local slope. At E itself it is 1."
        return [Note(right - 0.5, height - 0.75, words, (right + 0.02, height - 0.42), 180, needs=AIR)]
    return []


SIGNS = {"*": "·", "-": "−"}  # as they are printed


def operation(node: Node) -> str:
    """What a node does, for the picture: ``"w · x"``."""
    if len(node.inputs) == 2:
        sign = SIGNS.get(node.operation, node.operation)
        first, second = node.inputs
        return f"{first} {sign} ({second})" if second.startswith("-") else f"{first} {sign} {second}"
    (one,) = node.inputs
    if node.operation == "½·²" and not one.isalpha():  # a number: "½ · 1.5²", "½ · (−2)²"
        return f"½ · ({one})²" if one.startswith("-") else f"½ · {one}²"
    return node.operation.replace("·", one)


def sentence(state: dict, graph: Graph, values: dict, gradients: dict, node: Node | None) -> str:
    count, step = 2 * len(graph.nodes), state["step"]
    if step == 0:
        return say(
            "Step 0 of {count}: the leaves have their values. Press Step to let the numbers flow.",
            count=count,
        )
    if node is None:
        done = graph.nodes[step - 1]
        with_numbers = operation(
            Node(done.name, done.operation, tuple(short(values[n]) for n in done.inputs))
        )
        return say(
            "Step {step} of {count}, forwards: {name} = {operation} = {with_numbers} = {values}.",
            step=step,
            count=count,
            name=done.name,
            operation=operation(done),
            with_numbers=with_numbers,
            values=short(values[done.name]),
        )
    parts = []
    for name, slope in zip(node.inputs, slopes(node, values), strict=True):
        share = gradients[node.name] * slope
        words = say(
            "{name} gets {gradients} × {slope} = {share}",
            name=name,
            gradients=short(gradients[node.name]),
            slope=short(slope),
            share=short(share),
        )
        if abs(share - gradients[name]) > 1e-9:
            words += say(" on top, {name} in all", name=short(gradients[name]))
        parts.append(words)
    return say(
        "Step {step} of {count}, backwards through {operation}: {parts}.",
        step=step,
        count=count,
        operation=operation(node),
        parts="; ".join(parts),
    )


def short(value: float) -> str:
    """At most four digits, no trailing zeros, no negative zero."""
    return f"{value + 0.0:.4g}" if abs(value) > 5e-5 else "0"
