"""The chain rule on small graphs of single numbers: values forwards, gradients backwards, one node at a time.

>>> values, gradients = run(GRAPHS["one weight"], {"x": 2.0, "w": 1.5, "b": -1.0, "t": 0.5})
>>> values["E"], gradients["w"]
(1.125, 3.0)
"""

from dataclasses import dataclass

OPERATIONS = {
    "*": (lambda a, b: a * b, lambda a, b: (b, a)),
    "+": (lambda a, b: a + b, lambda a, b: (1.0, 1.0)),
    "-": (lambda a, b: a - b, lambda a, b: (1.0, -1.0)),
    "max(0, ·)": (lambda a: max(a, 0.0), lambda a: (1.0 if a > 0 else 0.0,)),
    "½·²": (lambda a: a * a / 2, lambda a: (a,)),
}


@dataclass(frozen=True)
class Node:
    """One operation: its name, and the names of the numbers it takes."""

    name: str
    operation: str
    inputs: tuple


@dataclass(frozen=True)
class Graph:
    """Leaves with their first values, and nodes in an order in which each finds its inputs ready.

    `places` puts every name at a point (x, y) for the drawing.
    """

    leaves: dict
    nodes: tuple
    places: dict
    formula: str


def forward(graph, leaves):
    """The value of every leaf and node.

    >>> forward(GRAPHS["one weight"], {"x": 2.0, "w": 1.5, "b": -1.0, "t": 0.5})["z"]
    2.0
    """
    values = dict(leaves)
    for node in graph.nodes:
        values[node.name] = OPERATIONS[node.operation][0](*(values[name] for name in node.inputs))
    return values


def slopes(node, values):
    """The local derivatives: how fast the node's value moves with each of its inputs.

    >>> slopes(Node("p", "*", ("w", "x")), {"w": 3.0, "x": 5.0})
    (5.0, 3.0)
    """
    return OPERATIONS[node.operation][1](*(values[name] for name in node.inputs))


def backward(graph, values):
    """The gradient of the last node by every name; where a number is used twice, its gradients add up.

    Yields, after each node of the way back, (node, gradients so far).
    """
    gradients = {name: 0.0 for name in values}
    gradients[graph.nodes[-1].name] = 1.0
    for node in reversed(graph.nodes):
        for name, slope in zip(node.inputs, slopes(node, values), strict=True):
            gradients[name] += gradients[node.name] * slope
        yield node, dict(gradients)


def run(graph, leaves):
    """Values and gradients of the whole graph, as two dicts by name."""
    values = forward(graph, leaves)
    *_, (_, gradients) = backward(graph, values)
    return values, gradients


GRAPHS = {
    "one weight": Graph(
        {"x": 2.0, "w": 1.5, "b": -1.0, "t": 0.5},
        (Node("p", "*", ("w", "x")), Node("z", "+", ("p", "b")), Node("r", "-", ("z", "t")),
         Node("E", "½·²", ("r",))),
        {"w": (0, 2), "x": (0, 1), "b": (1, 0), "t": (2, 0),
         "p": (1, 1.5), "z": (2, 1.5), "r": (3, 1.5), "E": (4, 1.5)},
        "E = ½ (w·x + b − t)²",
    ),
    "through a ReLU": Graph(
        {"x": 2.0, "w": 1.5, "b": -1.0, "t": 0.5},
        (Node("p", "*", ("w", "x")), Node("z", "+", ("p", "b")), Node("a", "max(0, ·)", ("z",)),
         Node("r", "-", ("a", "t")), Node("E", "½·²", ("r",))),
        {"w": (0, 2), "x": (0, 1), "b": (1, 0), "t": (3, 0),
         "p": (1, 1.5), "z": (2, 1.5), "a": (3, 1.5), "r": (4, 1.5), "E": (5, 1.5)},
        "E = ½ (max(0, w·x + b) − t)²",
    ),
    "one weight used twice": Graph(
        {"x": 2.0, "w": 1.5, "b": -1.0, "t": 0.5},
        (Node("p", "*", ("w", "x")), Node("q", "*", ("w", "b")), Node("z", "+", ("p", "q")),
         Node("r", "-", ("z", "t")), Node("E", "½·²", ("r",))),
        {"x": (0, 2.4), "w": (0, 1.2), "b": (0, 0), "t": (2, 0),
         "p": (1, 1.9), "q": (1, 0.5), "z": (2, 1.2), "r": (3, 1.2), "E": (4, 1.2)},
        "E = ½ (w·x + w·b − t)²",
    ),
}  # fmt: skip
