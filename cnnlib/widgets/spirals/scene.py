"""The playground's network as a picture: features, neurons, links, and what stands beside them."""

from __future__ import annotations

import numpy as np

from cnnlib.playground import FEATURES
from cnnlib.playground import Playground as Run
from cnnlib.runtime.language import say, say_many
from cnnlib.viz import Anchor, Axis, Links, Note, Panel, Text, Tiles
from cnnlib.widgets.spirals.columns import (
    APART,
    DEPTH,
    LEFT,
    PITCH,
    SIDE,
    TOP,
    column_x,
    pitch_of,
    row_y,
    rows_of,
)
from cnnlib.widgets.spirals.node_maps import FEATURE_NAMES, PALE, drawable, feature_thumbs, shrink, signs

FILLED = 0.62  # share of the distance of two layers that a node may take, on a narrow page
CURVE = 18  # pixels between the ends of links that arrive at one node
END = 14  # pixels from a node's middle to the ends of links: a node covers them, even a small one
PORT = 11  # pixels across of the ring at the large map's edge in which the last links end
STRONG = 1.0  # weight from which a link has full colour: weaker ones are fainter
THIN, THICK = 1.0, 5.0  # pixels of width of links
OUTPUT = 9000  # id of the output among the tiles; of neuron i in layer k: 100 k + i
STEPPERS = {  # by hidden layers, at most: pixels down to numbers of neurons, to their buttons, and aside
    2: (43, 43, 24),
    3: (29, 49, 16),
    6: (29, 49, 12),
}
HEADED = 296  # pixels of width from which the features' headings have room beside the layers' buttons
AIR = 470  # pixels of width below which notes give way


def node_tiles(x: float, y: np.ndarray, maps: np.ndarray, ids: np.ndarray, fit: float, **options) -> Tiles:
    """Nodes of one layer; a map's rows run upwards, a tile's downwards."""
    thumbs = np.clip(maps[:, ::-1], -1, 1)
    places = np.full(len(y), x), y
    look = {"vmin": -PALE, "vmax": PALE, "ids": ids, "radius": 4, "hovers": True, "tips": False, "fit": fit}
    return Tiles(*places, thumbs, SIDE, **look, **options)


class NetworkPicture:
    """Marks of the network, and which of them stands for what when it is clicked."""

    def __init__(self, run: Run, maps: list[np.ndarray], state: dict) -> None:
        self.run, self.maps, self.state = run, maps, state
        self.x, self.rows = column_x(run), rows_of(run)
        self.fit = FILLED * float(self.x[1] - self.x[0])
        pitch = pitch_of(run)
        self.y = [row_y(rows, pitch if k else APART) for k, rows in enumerate(self.rows)]

    def panel(self, selected: tuple[int, int, int] | None, node: tuple[int, int], at) -> Panel:
        """The whole network; `selected` is (layer, destination, source), `node` is (column, row)."""
        marks = [
            *self.link_marks(selected),
            self.feature_marks(),
            *self.feature_names(),
            *self.node_marks(node),
            self.bias_marks(),
            *self.header_marks(),
        ]
        if selected is None and self.run.epoch == 0:
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
        """Ends of the links of layer `k`, in the order of its weights; they fan out at both."""
        last = k == len(self.rows) - 1
        n, m = len(self.y[k]), 1 if last else len(self.y[k + 1])
        fan, leave = ((np.arange(count) - (count - 1) / 2) / max(count, 1) for count in (n, m))
        arrive = np.zeros(n) if last else (self.y[k + 1][:, None] + CURVE * fan).ravel()
        return {
            "x0": np.full(n * m, self.x[k]),
            "y0": (self.y[k] + CURVE * leave[:, None]).ravel(),
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
            look = {"curved": True, "inset": (END, END)}
            look |= {"to": "map", "port": PORT, "inset": (SIDE / 2, PORT)} if last else {}
            widths = np.nan_to_num(np.clip(THIN + 1.4 * np.abs(flat) / reach, THIN, THICK), nan=THIN)
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
        thumbs = feature_thumbs(self.state["discretize"])
        return node_tiles(LEFT, row_y(np.arange(7)), thumbs, np.arange(7), self.fit, **look)

    def feature_names(self) -> list[Text]:
        """What the features are called, beside them."""
        on = np.array([name in self.run.config.inputs for name in FEATURES])
        look = {"align": "right", "shift": (-SIDE / 2 - 6, 0)}
        found = []
        for lit, color in ((True, "ink"), (False, "muted")):
            rows = np.flatnonzero(on == lit)
            words = [FEATURE_NAMES[row] for row in rows]
            found.append(Text(np.full(len(rows), LEFT), row_y(rows), words, color=color, bold=lit, **look))
        return found

    def node_marks(self, node: tuple[int, int]) -> list[Tiles]:
        """Small maps of the hidden nodes; `node` is the one at large."""
        marks = []
        for k, maps in enumerate(self.maps[:-1], 1):
            thumbs = signs(shrink(maps), self.state["discretize"])
            state = np.where((self.rows[k] == node[1]) & (k == node[0]), 2.0, 1.0)
            look = {"state": state, "emits": f"layer {k}"}
            look["names"] = [f"node {k}.{i + 1}" for i in range(len(maps))]
            marks.append(node_tiles(self.x[k], self.y[k], thumbs, self.ids(k), self.fit, **look))
        return marks

    def bias_marks(self) -> Tiles:
        """A dot below the left corner of every node, coloured by its bias."""
        hidden = range(1, len(self.rows))
        x = np.concatenate([[], *(np.full(len(self.rows[k]), self.x[k]) for k in hidden)])
        y = np.concatenate([[], *(self.y[k] for k in hidden)])
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
        """What the columns are, and how many neurons stand in each, between its buttons."""
        counts = self.run.config.layer_sizes[1:-1]
        x = self.x[1:-1]
        title = say_many("{number} hidden layer", "{number} hidden layers", len(counts))
        marks = [
            Text([0], [10], "Features", align="left", bold=True, size=13, needs=HEADED),
            Text([self.middle()], [10], title, bold=True, size=13),
        ]
        if counts:
            words = [str(n) for n in counts]
            line, _, aside = self.steppers()
            marks.append(Text(x, np.full(len(x), line), words, bold=True))
            look = {"color": "muted", "align": "right", "shift": (-aside - 20, 0)}
            marks.append(Text(x[:1], [line], "Neurons", **look))
        return marks

    def middle(self) -> float:
        """Where the hidden layers have their heading."""
        inner = self.x[1:-1]
        return float((inner[0] + inner[-1]) / 2) if len(inner) else float(self.x.mean())

    def steppers(self) -> tuple[int, int, int]:
        """Where numbers of neurons and their buttons stand: on one line, or on two where layers are many."""
        return next(place for most, place in STEPPERS.items() if len(self.rows) - 1 <= most)

    def notes(self) -> list[Note]:
        """What a first-time reader would ask; while it trains the picture speaks for itself."""
        bottoms = [y[-1] + SIDE / 2 if len(y) else TOP for y in self.y]
        notes = []
        if len(self.run.config.inputs) < len(FEATURES):
            words = "Pale: off. Click to feed it in."
            notes.append(Note(0, row_y(6) + SIDE / 2 + 12, words, width=130, needs=AIR))
        low = max(bottoms) > DEPTH - 50  # no room beneath the longest layer
        if 1 < len(self.rows) < 5 and not low:
            words = "A neuron: its answer everywhere; the dot is its bias. Point at it."
            x, y = self.x[1], bottoms[1]
            notes.append(Note(x, y + 14, words, (x - 0.015, y + 4), 150, needs=AIR))
        if 2 < len(self.rows) < 5 and not low:
            words = "A weight: blue adds, orange takes away."
            if self.state["links"] != "weights":
                words = "A weight's gradient: where blue, the weight will fall."
            x, y = self.x[2], bottoms[2]
            notes.append(Note(x - 0.03, y + 16, words, (x - 0.08, y - SIDE / 2), 150, needs=AIR))
        return notes

    def anchors(self) -> list[Anchor]:
        """Buttons above the layers, and the features' switches."""
        middle, (_, line, aside) = self.middle(), self.steppers()
        found = [
            Anchor("fewer layers", "network", middle, 10, dx=-92),
            Anchor("more layers", "network", middle, 10, dx=92),
        ]
        for k, x in enumerate(self.x[1:-1], 1):
            for word, side in (("fewer", -1), ("more", 1)):
                found.append(Anchor(f"{word} {k}", "network", float(x), line, dx=side * aside))
        for row, name in enumerate(FEATURES):
            found.append(Anchor(name, "network", LEFT, float(row_y(row)), dx=-SIDE / 2 - 4, align="right"))
        return found

    def popover(self, selected: tuple[int, int, int], title: str, text: str) -> Anchor:
        """The chosen link's or bias's value, beneath both of its ends."""
        layer, to, source = selected
        last = layer == len(self.rows) - 1
        y = [TOP + 3 * PITCH if last else float(self.y[layer + 1][to])]
        x = [0.8 if last else float(self.x[layer + 1])]
        if source >= 0:
            x.append(float(self.x[layer]))
            y.append(float(self.y[layer][source]))
        low = max(y) + SIDE / 2 + 8
        place = low if low < DEPTH - 150 else max(0.0, min(y) - SIDE / 2 - 150)
        return Anchor("value", "network", sum(x) / len(x), place, popover=title, text=text)
