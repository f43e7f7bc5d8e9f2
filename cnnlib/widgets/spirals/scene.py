"""The playground's network as a picture: features, neurons, links, and what stands beside them."""

from __future__ import annotations

from functools import cache

import numpy as np

from cnnlib.playground import FEATURES, feature_maps
from cnnlib.playground import Playground as Run
from cnnlib.runtime.language import say, say_many
from cnnlib.viz import Anchor, Axis, Line, Links, Note, Panel, Text, Tiles

FEATURE_NAMES = ("X₁", "X₂", "X₁²", "X₂²", "X₁X₂", "sin X₁", "sin X₂")
READ = {"means": "output", "places": FEATURE_NAMES[:2]}  # what the pointer reads from a map of the square
THUMB = 20  # cells along the side of a node's small map
SIDE, PITCH, TOP = 38, 45, 100  # of nodes, in pixels: side, distance of two middles, first middle
DEPTH = 482  # height of the network in pixels
LEFT, RIGHT = 0.17, 1.1  # places of features and of the output, as shares of the width
CURVE = 18  # pixels between the ends of links that arrive at one node
APART = 0.7  # between the ends at the large map, in its units: none crosses another
STRONG = 1.0  # weight from which a link has full colour
PALE = 1.65  # value of full colour in maps: 1 stays paler than a point
OUTPUT = 9000  # id of the output among the tiles; of neuron i in layer k: 100 k + i
AIR = 470  # pixels of width below which notes give way


def column_x(run: Run) -> np.ndarray:
    """Middle of every layer's nodes as a share of the width: features, hidden layers, output."""
    return np.linspace(LEFT, RIGHT, len(run.config.layer_sizes))


def row_y(rows: np.ndarray) -> np.ndarray:
    """Middles of nodes in pixels."""
    return TOP + PITCH * np.asarray(rows, dtype=float)


def rows_of(run: Run) -> list[np.ndarray]:
    """Rows of every layer's nodes; an input stands where its feature does."""
    inputs = np.array([FEATURES.index(name) for name in run.config.inputs], dtype=float)
    return [inputs, *(np.arange(n, dtype=float) for n in run.config.layer_sizes[1:-1])]


def shrink(maps: np.ndarray) -> np.ndarray:
    """Maps (n, 100, 100) as means over cells, (n, THUMB, THUMB)."""
    size = maps.shape[-1] // THUMB
    return maps.reshape(len(maps), THUMB, size, THUMB, size).mean(axis=(2, 4))


@cache
def feature_thumbs(discretize: bool) -> np.ndarray:
    """Small maps of all features."""
    return signs(shrink(feature_maps()), discretize)


def signs(maps: np.ndarray, discretize: bool) -> np.ndarray:
    """The maps, or only their signs; what is no number stays none."""
    return np.where(np.isnan(maps), np.nan, np.where(maps >= 0, 1.0, -1.0)) if discretize else maps


MOST = 1e38  # what the page can still draw: its numbers have 32 bits


def drawable(values: np.ndarray) -> np.ndarray:
    """Numbers that the page can draw: 0 for what is none, and not beyond its largest."""
    return np.clip(np.nan_to_num(values), -MOST, MOST)


def node_tiles(x: float, rows: np.ndarray, maps: np.ndarray, ids: np.ndarray, **options) -> Tiles:
    """Nodes of one layer; a map's rows run upwards, a tile's downwards."""
    thumbs = np.clip(maps[:, ::-1], -1, 1)
    places = np.full(len(rows), x), row_y(rows)
    return Tiles(
        *places, thumbs, SIDE, vmin=-PALE, vmax=PALE, ids=ids, radius=4, hovers=True, tips=False, **options
    )


class NetworkPicture:
    """Marks of the network, and which of them stands for what when it is clicked."""

    def __init__(self, run: Run, maps: list[np.ndarray], state: dict) -> None:
        self.run, self.maps, self.state = run, maps, state
        self.x, self.rows = column_x(run), rows_of(run)

    def panel(self, selected: tuple[int, int, int] | None, node: tuple[int, int], at) -> Panel:
        """The whole network; `selected` is (layer, destination, source), `node` is (column, row)."""
        marks = [
            *self.link_marks(selected),
            self.feature_marks(),
            *self.node_marks(node),
            self.bias_marks(),
            *self.header_marks(),
        ]
        if selected is None:
            marks += self.notes()
        across, down = Axis(0, 1, visible=False), Axis(DEPTH, 0, visible=False)
        return Panel(marks, across, down, at=at, grid=False, name="network")

    # Links.

    def ids(self, column: int) -> np.ndarray:
        """Numbers of a layer's nodes among all tiles."""
        if column == len(self.rows):
            return np.array([OUTPUT])
        return 100 * column + self.rows[column].astype(int)

    def ends(self, k: int) -> dict[str, np.ndarray]:
        """Ends of the links of layer `k`, in the order of its weights; they fan out at their destination."""
        last = k == len(self.rows) - 1
        sources = self.rows[k]
        n, m = len(sources), 1 if last else len(self.rows[k + 1])
        fan = (np.arange(n) - (n - 1) / 2) / max(n, 1)
        arrive = (
            APART * ((n - 1) / 2 - np.arange(n))
            if last
            else (row_y(self.rows[k + 1])[:, None] + CURVE * fan).ravel()
        )
        return {
            "x0": np.full(n * m, self.x[k]),
            "y0": np.tile(row_y(sources), m),
            "x1": np.full(n * m, -6.0 if last else self.x[k + 1]),
            "y1": arrive,
            "sources": np.tile(self.ids(k), m),
            "targets": np.repeat(self.ids(k + 1), n),
        }

    def link_marks(self, selected: tuple[int, int, int] | None) -> list[Links]:
        """Links of every layer; the last layer's lead to the large map, which is the output."""
        values, reach = self.shown()
        marks = []
        for k, matrix in enumerate(values):
            last = k == len(values) - 1
            flat, dead, ends = matrix.ravel(), self.run.dead[k].ravel(), self.ends(k)
            look = {"curved": True, "inset": (SIDE / 2, 0 if last else SIDE / 2), "to": "map" if last else ""}
            widths = np.nan_to_num(np.clip(0.8 + 1.2 * np.abs(flat) / reach, 0.8, 5.5), nan=0.8)
            pale = {name: part[dead] for name, part in ends.items()}
            full = {name: part[~dead] for name, part in ends.items()}
            if selected and selected[0] == k and selected[2] >= 0:
                one = selected[1] * matrix.shape[1] + selected[2]
                chosen = {name: part[one : one + 1] for name, part in ends.items()}
                marks.append(Links(**chosen, **look, color="you", widths=[14], alpha=0.5))
            if dead.any():
                marks.append(Links(**pale, **look, color="muted", alpha=0.35, emits=f"dead {k}"))
            marks.append(
                Links(
                    **full,
                    **look,
                    values=drawable(flat[~dead]),
                    widths=widths[~dead],
                    vmin=-STRONG * reach,
                    vmax=STRONG * reach,
                    crawls=True,
                    means="weight" if self.state["links"] == "weights" else "gradient of the weight",
                    emits=f"link {k}",
                )
            )
        return marks

    def shown(self) -> tuple[list[np.ndarray], float]:
        """What the links show, and the value that has full colour."""
        if self.state["links"] == "weights":
            return self.run.weights, 1.0
        gradients = self.run.gradients()[0]
        finite = np.abs(np.concatenate([g[np.isfinite(g)].ravel() for g in gradients]))
        return gradients, float(finite.max()) if finite.size and finite.max() > 0 else 1.0

    # Nodes.

    def feature_marks(self) -> Tiles:
        """Small maps of all features: those that are off are pale."""
        on = np.array([name in self.run.config.inputs for name in FEATURES])
        look = {"opacity": np.where(on, 1.0, 0.3), "state": on.astype(float), "emits": "feature"}
        look["names"] = [
            say("{name}, on" if lit else "{name}, off", name=name)
            for name, lit in zip(FEATURE_NAMES, on, strict=True)
        ]
        return node_tiles(
            LEFT, np.arange(7.0), feature_thumbs(self.state["discretize"]), np.arange(7), **look
        )

    def node_marks(self, node: tuple[int, int]) -> list[Tiles]:
        """Small maps of the hidden nodes; `node` is the one at large."""
        marks = []
        for k, maps in enumerate(self.maps[:-1], 1):
            thumbs = signs(shrink(maps), self.state["discretize"])
            state = np.where((self.rows[k] == node[1]) & (k == node[0]), 2.0, 1.0)
            look = {"state": state, "emits": f"layer {k}"}
            look["names"] = [f"node {k}.{i + 1}" for i in range(len(maps))]
            marks.append(node_tiles(self.x[k], self.rows[k], thumbs, self.ids(k), **look))
        return marks

    def bias_marks(self) -> Tiles:
        """A dot below the left corner of every node, coloured by its bias."""
        hidden = range(1, len(self.rows))
        x = np.concatenate([[], *(np.full(len(self.rows[k]), self.x[k]) for k in hidden)])
        y = np.concatenate([[], *(row_y(self.rows[k]) for k in hidden)])
        b = drawable(np.concatenate([[], *self.run.biases[:-1]]))
        nodes = [f"node {k}.{i + 1}" for k in hidden for i in range(len(self.rows[k]))]
        words = [
            say("bias of {node}: {value:.3g}", node=node, value=value)
            for node, value in zip(nodes, b, strict=True)
        ]
        return Tiles(
            x,
            y,
            b[:, None, None],
            9,
            vmin=-1,
            vmax=1,
            state=np.zeros(len(x)),
            radius=4.5,
            shift=(-SIDE / 2 - 6, SIDE / 2 - 4),
            emits="bias",
            names=words,
        )

    # Words.

    def header_marks(self) -> list:
        """What the columns are, and how many neurons stand in each."""
        counts = self.run.config.layer_sizes[1:-1]
        x = self.x[1:-1]
        title = say_many("{number} hidden layer", "{number} hidden layers", len(counts))
        marks = [
            Text([0], [10], "Features", align="left", bold=True, size=13),
            Text([0, 0], [30, 46], ["Which numbers of", "a point go in?"], align="left", color="muted"),
            Text([self.middle()], [10], title, bold=True, size=13),
        ]
        if counts:
            words = [
                say_many("{number} neuron", "{number} neurons", n) if len(counts) < 4 else str(n)
                for n in counts
            ]
            bracket = [x[0], x[0], x[-1], x[-1]]
            marks += [
                Line(bracket, [33, 28, 28, 33], color="muted", width=1),
                Text(x, np.full(len(x), 42.0), words),
            ]
        return marks

    def middle(self) -> float:
        """Where the hidden layers have their heading."""
        inner = self.x[1:-1]
        return float((inner[0] + inner[-1]) / 2) if len(inner) else float(self.x.mean())

    def notes(self) -> list[Note]:
        """What a first-time reader would ask."""
        bottoms = [row_y(rows[-1:])[0] + SIDE / 2 if len(rows) else TOP for rows in self.rows]
        notes = [Note(0, row_y(6) + SIDE / 2 + 12, "Pale: off. Click to feed it in.", width=130, needs=AIR)]
        if 1 < len(self.rows) < 5:
            words = "A neuron: its answer everywhere. Point at it."
            x, y = self.x[1], bottoms[1]
            notes.append(Note(x, y + 14, words, (x - 0.015, y + 4), 150, needs=AIR))
        if 2 < len(self.rows) < 5:
            words = "A weight: blue adds, orange takes away."
            if self.state["links"] != "weights":
                words = "A weight's gradient: where blue, the weight will fall."
            x, y = self.x[2], bottoms[2]
            notes.append(Note(x - 0.03, y + 16, words, (x - 0.08, y - SIDE / 2), 150, needs=AIR))
        return notes

    def anchors(self) -> list[Anchor]:
        """Buttons above the layers, and the features' switches."""
        middle = self.middle()
        found = [
            Anchor("fewer layers", "network", middle, 10, dx=-82),
            Anchor("more layers", "network", middle, 10, dx=82),
        ]
        for k, x in enumerate(self.x[1:-1], 1):
            found.append(Anchor(f"fewer {k}", "network", float(x), 63, dx=-15))
            found.append(Anchor(f"more {k}", "network", float(x), 63, dx=15))
        for row, name in enumerate(FEATURES):
            found.append(Anchor(name, "network", LEFT, float(row_y(row)), dx=-SIDE / 2 - 6, align="right"))
        return found

    def popover(self, selected: tuple[int, int, int], title: str, text: str) -> Anchor:
        """The chosen link's or bias's value, beneath both of its ends."""
        layer, to, source = selected
        last = layer == len(self.rows) - 1
        y = [TOP + 3 * PITCH if last else float(row_y(self.rows[layer + 1][to]))]
        x = [0.9 if last else float(self.x[layer + 1])]
        if source >= 0:
            x.append(float(self.x[layer]))
            y.append(float(row_y(self.rows[layer][source])))
        low = max(y) + SIDE / 2 + 8
        place = low if low < DEPTH - 150 else max(0.0, min(y) - SIDE / 2 - 150)
        return Anchor("value", "network", sum(x) / len(x), place, popover=title, text=text)
