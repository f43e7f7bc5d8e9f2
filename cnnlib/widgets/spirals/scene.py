"""The playground as a picture: the network with its nodes and links, one map at large, the losses."""

from __future__ import annotations

from functools import cache

import numpy as np

from cnnlib.playground import FEATURES, feature_maps
from cnnlib.playground import Playground as Run
from cnnlib.viz import Axis, Heatmap, Line, Links, Panel, Points, Region, Text

FEATURE_NAMES = ("X₁", "X₂", "X₁²", "X₂²", "X₁X₂", "sin X₁", "sin X₂")
THUMB = 20  # cells along the side of a node's small map
PITCH = 1.3  # distance of two nodes of one layer; a node's side is 1
WIDTH, FOOT, HEAD = 14.8, 10.5, -1.7  # right, bottom and top edge of the network's panel
LEFT, RIGHT = 1.9, 13.5  # left edges of the first and of the last column of nodes
PALE = 1.7  # value of full colour in map and links: 1 stays paler than a point, and visible on dark pages
SMALLEST, HUGE = 0.01, 1e4  # where the axis of the loss ends at the least; where it turns to powers of ten
MOST = 1e38  # what the page can still draw: its numbers have 32 bits
BAR = (13.85, 14.15, 6.3, 9.1)  # left, right, top and bottom of the bar of colours
CELLS = 26  # cells of a small map and the gap below it: THUMB * PITCH


def column_x(run: Run) -> np.ndarray:
    """Left edge of every layer's nodes: features, hidden layers, output."""
    return np.linspace(LEFT, RIGHT, len(run.config.layer_sizes))


def rows_of(run: Run) -> list[np.ndarray]:
    """Rows of every layer's nodes; an input stands where its feature does, the output in the middle."""
    inputs = np.array([FEATURES.index(name) for name in run.config.inputs], dtype=float)
    hidden = [np.arange(n, dtype=float) for n in run.config.layer_sizes[1:-1]]
    return [inputs, *hidden, np.array([3.0])]


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


def drawable(values: np.ndarray) -> np.ndarray:
    """Numbers that the page can draw: 0 for what is none, and not beyond its largest."""
    return np.clip(np.nan_to_num(values), -MOST, MOST)


def column_map(x: float, thumbs: np.ndarray, rows: np.ndarray, **options) -> Heatmap:
    """One heat map for all nodes of a layer, so that few marks are painted; gaps stay empty."""
    z = np.full((8 * CELLS, THUMB), np.nan)
    for thumb, row in zip(thumbs, rows, strict=True):
        top = round(row * CELLS)
        z[top : top + THUMB] = thumb[::-1]  # the axis points down here, the map's own y up
    extent = (x, x + 1, 0, 8 * PITCH)
    return Heatmap(z, extent, cmap="orange-blue", vmin=-1, vmax=1, hover=False, hovers=CELLS, **options)


@cache
def color_bar() -> tuple[Heatmap, Text]:
    """What the colours of maps, points and biases mean."""
    _, right, top, bottom = BAR
    middle = (top + bottom) / 2
    ramp = np.linspace(1, -1, 50)[:, None]  # the axis points down
    words = Text([right + 0.1] * 3, [top, middle, bottom], ["1", "0", "−1"], align="left", size=12)
    return Heatmap(ramp, BAR, cmap="orange-blue", vmin=-1, vmax=1, hover=False), words


class NetworkPicture:
    """Marks of the network, and which of them stands for what when it is clicked."""

    def __init__(self, run: Run, maps: list[np.ndarray], state: dict) -> None:
        self.run, self.maps, self.state = run, maps, state
        self.x, self.rows = column_x(run), rows_of(run)

    def panel(self, selected: tuple[int, int, int], node: tuple[int, int], at=(0, 0, 2, 1)) -> Panel:
        """The whole network; `selected` is (layer, destination, source), `node` is (column, row)."""
        marks = [
            *self.link_marks(selected),
            *self.feature_marks(),
            *self.node_marks(),
            *self.bias_marks(),
            *self.header_marks(),
            *color_bar(),
            self.frame(node),
        ]
        across, down = Axis(0, WIDTH, visible=False), Axis(FOOT, HEAD, visible=False)
        return Panel(marks, across, down, "", at=at, equal=True, grid=False)

    # Links.

    def ends(self) -> tuple[np.ndarray, ...]:
        """Coordinates of all links, in the order of the weights; they fan out at their destination."""
        parts = []
        for k in range(len(self.rows) - 1):
            sources, destinations = self.rows[k], self.rows[k + 1]
            n = len(sources)
            fan = (np.arange(n) - (n - 1) / 2) / max(n, 1) * 0.5
            y0 = np.tile(sources * PITCH + 0.5, len(destinations))
            y1 = (destinations[:, None] * PITCH + 0.5 + fan).ravel()
            parts.append((np.full(y0.size, self.x[k] + 1), y0, np.full(y0.size, self.x[k + 1]), y1))
        return tuple(np.concatenate(values) for values in zip(*parts, strict=True))

    def link_marks(self, selected: tuple[int, int, int]) -> list:
        x0, y0, x1, y1 = self.ends()
        weights = np.concatenate([w.ravel() for w in self.run.weights])
        dead = np.concatenate([d.ravel() for d in self.run.dead])
        values, reach = self.shown(weights)
        widths = np.clip(1 + 9 * np.abs(values) / (5 * reach), 1, 10)
        chosen, ends = self.index_of(selected), np.array([x0, y0, x1, y1])
        values, widths = drawable(values), np.nan_to_num(widths, nan=1.0)
        colors = {
            "values": values[~dead],
            "widths": widths[~dead],
            "cmap": "orange-blue",
            "vmin": -PALE * reach,
            "vmax": PALE * reach,
        }
        marks = [
            Links(*ends[:, dead], color="muted", curved=True, alpha=0.35, emits="dead link"),
            Links(*ends[:, ~dead], **colors, curved=True, crawls=True, emits="link"),
        ]
        if chosen is not None:
            one = slice(chosen, chosen + 1)
            marks.insert(
                0, Links(x0[one], y0[one], x1[one], y1[one], color="green", widths=[14], curved=True)
            )
        return marks

    def shown(self, weights: np.ndarray) -> tuple[np.ndarray, float]:
        """What the links show, and the value that has full colour."""
        if self.state["links"] == "weights":
            return weights, 1.0
        gradients = np.concatenate([g.ravel() for g in self.run.gradients()[0]])
        finite = np.abs(gradients[np.isfinite(gradients)])
        return gradients, float(finite.max()) if finite.size and finite.max() > 0 else 1.0

    def index_of(self, selected: tuple[int, int, int]) -> int | None:
        """Place of a link in the order of the weights; None for a bias."""
        layer, destination, source = selected
        if source < 0:
            return None
        sizes = self.run.config.layer_sizes
        before = sum(w.size for w in self.run.weights[:layer])
        return before + destination * sizes[layer] + source

    # Nodes.

    def feature_marks(self) -> list:
        """Small maps of all features: those that are off are pale."""
        maps = feature_thumbs(self.state["discretize"])
        on = np.array([name in self.run.config.inputs for name in FEATURES])
        rows = np.arange(7.0)
        marks = [
            column_map(self.x[0], maps[part], rows[part], alpha=alpha, emits="feature")
            for part, alpha in ((~on, 0.3), (on, 1.0))
            if part.any()
        ]
        middle = rows * PITCH + 0.5
        return [*marks, Text(np.full(7, LEFT - 0.15), middle, FEATURE_NAMES, align="right", size=13)]

    def node_marks(self) -> list:
        """Small maps of the hidden nodes and of the output."""
        marks = []
        for k, maps in enumerate(self.maps):
            thumbs = signs(shrink(maps), self.state["discretize"])
            if len(maps):
                marks.append(column_map(self.x[k + 1], thumbs, self.rows[k + 1], emits=f"layer {k + 1}"))
        middle = self.rows[-1][0] * PITCH
        return [*marks, Text([RIGHT + 0.5], [middle - 0.25], "output", size=12)]

    def bias_marks(self) -> list:
        """A square below the left corner of every node, coloured by its bias; the output's too."""
        x = np.concatenate(
            [np.full(len(r), c - 0.06) for c, r in zip(self.x[1:], self.rows[1:], strict=True)]
        )
        y = np.concatenate([r * PITCH + 1.08 for r in self.rows[1:]])
        b = np.concatenate(self.run.biases)
        return [
            Points(
                x,
                y,
                values=drawable(b),
                cmap="orange-blue",
                vmin=-1,
                vmax=1,
                size=5,
                shape="square",
                outline="ink",
                emits="bias",
            )
        ]

    def header_marks(self) -> list:
        """Number of neurons above each layer, with + and - to click."""
        counts = self.run.config.layer_sizes[1:-1]
        marks = [Text([LEFT + 0.5], [HEAD + 0.55], "features", size=12)]
        if not counts:
            return marks
        x = self.x[1:-1] + 0.5
        words = [f"{n} neuron{'s' * (n != 1)}" for n in counts]
        marks.append(Text(x, np.full(len(x), HEAD + 0.35), words, size=12))
        for dx, sign, name in ((-0.3, "−", "fewer"), (0.3, "+", "more")):
            y = np.full(len(x), HEAD + 1.05)
            marks.append(Points(x + dx, y, color="paper", outline="ink", size=9, emits=name))
            marks.append(Text(x + dx, y, [sign] * len(x), size=14, bold=True))
        return marks

    def frame(self, node: tuple[int, int]) -> Region:
        """The outline of the node whose map is shown at large."""
        column, row = node
        x, y = self.x[column], row * PITCH
        return Region(x - 0.04, x + 1.04, y - 0.04, y + 1.04, color="ink", alpha=1, filled=False, width=3)


def map_panel(run: Run, z: np.ndarray, state: dict, title: str, at=(0, 1)) -> Panel:
    """One node's map over the square, with the points."""
    marks = [
        Heatmap(
            signs(z, state["discretize"]), (-6, 6, -6, 6), cmap="orange-blue", vmin=-1, vmax=1, alpha=0.75
        )
    ]
    reach = np.abs(run.train[:, 2]).max(initial=0) if run.config.problem == "regression" else 1.0
    for points, outline, size in ((run.train, "#ffffff", 3.5), (run.test, "#000000", 3.0)):
        if outline == "#ffffff" or state["show_test_data"]:
            inside = points[np.abs(points[:, :2]).max(axis=1, initial=0) <= 6]
            values = inside[:, 2] / (reach or 1.0)
            marks.append(
                Points(
                    inside[:, 0],
                    inside[:, 1],
                    values=values,
                    cmap="orange-blue",
                    vmin=-1,
                    vmax=1,
                    size=size,
                    outline=outline,
                )
            )
    ticks = (-6, -3, 0, 3, 6)
    axes = Axis(-6, 6, "X₁", ticks=ticks), Axis(-6, 6, "X₂", ticks=ticks)
    return Panel(marks, *axes, title=title, at=at, equal=True, grid=False)


def loss_axis(table: np.ndarray) -> Axis:
    """From 0 to just above the largest loss, in doublings of 0.6; powers of ten when a run diverges."""
    finite = table[np.isfinite(table)]
    top, peak = 0.6, finite.max(initial=0.0)
    if peak > HUGE:
        low, high = np.log10([finite[finite > 0].min(), peak])
        return Axis(10.0 ** np.floor(low), min(10.0 ** np.ceil(high), MOST), "loss", log=True)
    while top / 2 >= peak and top > SMALLEST:
        top /= 2
    while top < peak:
        top *= 2
    return Axis(0, top, "loss")


def loss_panel(curve: list, epoch: int, at=(1, 1)) -> Panel:
    """Training and test loss against the epoch."""
    table = np.array(curve[: epoch + 1], dtype=float).reshape(-1, 2)
    epochs = np.arange(len(table))
    if len(table) > 500:
        keep = np.unique(np.linspace(0, len(table) - 1, 500).round().astype(int))
        table, epochs = table[keep], epochs[keep]
    y = loss_axis(table)
    drawn = np.where(table <= y.high, table, np.nan)
    end = 50
    while end < epoch:
        end *= 2
    marks = [
        Line(epochs, drawn[:, 0], color="muted", dash="dashed", label="training"),
        Line(epochs, drawn[:, 1], color="ink", label="test"),
    ]
    x = Axis(0, end, "epoch", whole=True)
    return Panel(marks, x, y, title="Loss", at=at, legend="upper right")


def node_at(run: Run, mark: str, row: int) -> str | None:
    """Name of the node in a row of a column's small maps; None away from them."""
    if mark == "feature":
        return FEATURE_NAMES[row] if row < len(FEATURE_NAMES) else None
    if not mark.startswith("layer"):
        return None
    layer, sizes = int(mark.split()[1]), run.config.layer_sizes
    return "output" if layer == len(sizes) - 1 else f"node {layer}.{row + 1}"


def place_of(run: Run, kind: str, index: int) -> dict | None:
    """Controls that select the clicked link or bias."""
    if kind != "bias":
        dead = np.concatenate([layer.ravel() for layer in run.dead])
        places = np.flatnonzero(dead == (kind == "dead link"))
        if index >= len(places):  # a click on an earlier picture
            return None
        index = int(places[index])
    for layer, matrix in enumerate(run.weights):
        count = matrix.size if kind != "bias" else len(matrix)
        if index < count:
            place = divmod(index, matrix.shape[1]) if kind != "bias" else (index, -1)
            return {"edit_layer": layer + 1, "edit_to": place[0] + 1, "edit_from": place[1] + 1}
        index -= count
    return None
