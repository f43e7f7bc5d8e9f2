"""The upper half of the X-ray: the network for one image with the chosen unit, wide and for a narrow page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnlib.nn.layers import AvgPool2d, Conv2d, Linear, MaxPool2d
from cnnlib.viz import Axis, ColorScale, Links, Narrow, Panel, Text
from cnnlib.widgets.forward_pass.narrow_links import NEEDS, ROOM, Row, kernel_lines
from cnnlib.widgets.forward_pass.network_headings import (
    DOES,
    first_move,
    headings,
    scales,
    short_name,
    size_words,
    small_words,
)
from cnnlib.widgets.forward_pass.network_layout import LayerOutput, reach_of, shared_ends
from cnnlib.widgets.forward_pass.network_picture import (
    COLUMNS,
    OPEN,
    REST,
    SHUT,
    NetworkPicture,
    picture_of,
    raised,
)
from cnnlib.widgets.forward_pass.opened_network import OpenedNetwork
from cnnlib.widgets.forward_pass.scores_panel import scores_panel

BLOCKS, SHARED, OWN = "one a convolution", "one for all layers", "each layer its own"
ACROSS, CLOSE = 8, 42.0  # of a narrow page: maps beside one another, and their distance in pixels
SHORT = 5  # letters of a class's name beside which the strip has room for its share
SIDE, SCORES = 168.0, 290.0  # of the image and of the scores there


def window_of(layer, unit: tuple, size: tuple) -> tuple:
    """Rows and columns (first, last) of the map before that a unit's window covers, within the map."""
    ends = []
    kernel, stride = layer.kernel_size, layer.stride
    padding = getattr(layer, "padding", (0, 0))
    dilation = getattr(layer, "dilation", (1, 1))
    for i in (0, 1):
        first = unit[1 + i] * stride[i] - padding[i]
        last = first + (kernel[i] - 1) * dilation[i]
        ends.append((max(0, first), min(size[i] - 1, last)))
    return tuple(ends)


@dataclass
class Small:
    """The narrow picture, and the grid that it stands in."""

    panel: Panel
    height: float

    def grid(self, below: list[str]) -> Narrow:
        """The network, what belongs to the unit, and the scores, beneath one another."""
        heights, at = [self.height], {self.panel.name: (0, 0, 1, 2)}
        matrices = [name for name in below if name in ("source", "window", "kernel", "products")]
        for name in below:
            if name not in matrices:
                at[name] = (len(heights), 0, 1, 2)
                heights.append(240.0)
        for i, name in enumerate(matrices):
            at[name] = (len(heights) + i // 2, i % 2)
        heights += [212.0] * -(-len(matrices) // 2)
        at["scores"] = len(heights), 0, 1, 2
        heights.append(SCORES)
        rows = [f"{height:.0f}px" for height in heights]
        return Narrow(rows, (1, 1), sum(heights), at=at, only=(self.panel.name,), below=720.0)


class Overview:
    """All maps of a network for one image; the chosen unit, what feeds it, and its kernels stand out."""

    def __init__(self, opened: OpenedNetwork, model, values, state, output: LayerOutput, unit, field) -> None:
        self.opened, self.model, self.values, self.output, self.unit = opened, model, values, output, unit
        self.outputs = list(opened.laid_out(state).values())
        self.field = field
        self.state = state
        self.room = OPEN if state["opened"] else SHUT
        self.drawn = [o for o in self.outputs if o.name != "scores"]
        self.reaches = self.scale()
        self.looks = self.found()

    def scale(self) -> dict[str, tuple]:
        """The values of full orange and of full blue of every column."""
        inner = [o for o in self.drawn if o.place]
        if self.state["scale"] == BLOCKS:
            return self.by_block(inner) | {self.drawn[0].name: (-1.0, 1.0)}
        if self.state["scale"] == SHARED:
            return dict.fromkeys(
                [o.name for o in self.drawn], shared_ends([self.values[o.place] for o in inner])
            )
        sizes = {o.name: reach_of([self.values[o.place]]) for o in self.drawn}
        return {name: (-size, size) for name, size in sizes.items()}

    def by_block(self, inner: list[LayerOutput]) -> dict[str, tuple]:
        """One scale for a layer with kernels and what follows it."""
        groups: list[list[LayerOutput]] = []
        for output in inner:
            if not groups or isinstance(self.model[output.place - 1], Conv2d | Linear):
                groups.append([])
            groups[-1].append(output)
        return {o.name: shared_ends([self.values[o.place] for o in group]) for group in groups for o in group}

    def found(self) -> dict[str, dict]:
        """States and boxes of the columns: the chosen map and unit, the maps that feed it, the field."""
        looks: dict[str, dict] = {}
        first = self.drawn[0]
        if self.output.place:
            looks[first.name] = {"boxes": boxes(range(len(first.maps)), *self.field)}
        below = self.feeding()
        if below is not None and below.place:
            looks[below.name] = self.fed(below)
        if self.output.name != "scores":
            place = self.output.maps.index(self.unit[0]) if self.output.maps else 0
            state = np.zeros(max(1, len(self.output.maps)))
            state[place] = 2.0 if self.output.place else 0.0
            row, column = self.unit[1:] if self.output.maps else self.output.cell(self.unit)
            looks[self.output.name] = {"state": state, "boxes": boxes([place], (row, row), (column, column))}
        return looks

    def feeding(self) -> LayerOutput | None:
        """The drawn output that the chosen one reads."""
        before = [o for o in self.drawn if o.place < self.output.place]
        return before[-1] if before else None

    def fed(self, below: LayerOutput) -> dict:
        """Look of the maps that a unit reads: all for a kernel, but above a sum the followed one alone."""
        layer = self.model[self.output.place - 1]
        count = max(1, len(below.maps))
        if len(self.output.shape) == 1 or not below.maps:
            return {"state": np.ones(count)}
        followed = self.state["input_map"] if isinstance(layer, Conv2d) else self.unit[0]
        chosen = [below.maps.index(followed)] if followed in below.maps else []
        if isinstance(layer, Conv2d) and not self.state["opened"]:
            chosen = range(count)
        state = np.zeros(count)
        state[list(chosen)] = 1.0
        window = (self.unit[1],) * 2, (self.unit[2],) * 2
        if isinstance(layer, Conv2d | MaxPool2d | AvgPool2d):
            window = window_of(layer, self.unit, below.shape[1:])
        return {"state": state, "boxes": boxes(chosen, *window)}

    def wide(self) -> Panel:
        """Columns from left to right; links to the scores lead into their panel."""
        picture = NetworkPicture(self.model, self.drawn, self.values, self.room)
        number = self.chosen() if self.state["opened"] else None
        marks = [
            *(picture.rails() if number is None else []),
            *picture.links(number, self.followed()),
            *self.last_links(picture),
            *picture.maps(self.looks, self.reaches, number, self.followed()),
            *headings(picture, self.output.name),
            *small_words(picture, self.reaches),
            *scales(picture, self.reaches),
            *([] if self.state["opened"] else first_move(picture, self.output, self.unit)),
        ]
        x, y = Axis(0, 1, visible=False), Axis(self.room.height - 10, 0, visible=False)
        return Panel(marks, x, y, at=(0, 0, 1, self.room.span), grid=False, name="network")

    def followed(self) -> int:
        """Number of the map before whose products are shown."""
        return self.state["input_map"] if isinstance(self.model[self.output.place - 1], Conv2d) else -1

    def chosen(self) -> float | None:
        """Number of the chosen map among all that links name, if a kernel made it."""
        before = [o for o in self.drawn if o.place and o.place <= self.output.place]
        made = [o for o in before if isinstance(self.model[o.place - 1], Conv2d)]
        if not self.output.maps or not made:
            return None
        return 1000.0 * made[-1].place + self.unit[0]

    def last_links(self, picture: NetworkPicture) -> list[Links]:
        """From the last maps to the scores: the strongest, or all into the chosen score."""
        last, end = picture.columns[-1], self.outputs[-1]
        if end.name != "scores" or not last.output.maps:
            return []
        count = end.shape[0]
        weight = self.model[end.place - 1].params["weight"].T.reshape(count, *last.output.shape)
        weight = weight[:, list(last.output.maps)]
        norms = np.linalg.norm(weight.reshape(count, len(last.output.maps), -1), axis=2)
        signs = np.where(weight.sum(axis=(2, 3)) >= 0, 1.0, -1.0)
        rows = self.room.top + (np.arange(count) + 0.5) * self.room.depth / count
        middles = picture.rows(last, last.output.maps)
        k, c = (a.ravel() for a in np.indices(norms.shape))
        rank = np.argsort(np.argsort(-norms, axis=1), axis=1).ravel()
        chosen = self.unit[0] if self.output.name == "scores" else -1
        strong = (rank < 2) if chosen < 0 else (k == chosen)
        calm = self.state["opened"] and self.chosen() is not None  # above a sum they lead off its path
        strong &= not calm
        if count > 20:
            strong &= rank < 1
        reach = float(norms.max()) or 1.0
        values, widths = (signs * norms).ravel(), 0.5 + 1.0 * norms.ravel() / reach
        marks = []
        for mask, quiet in ((~strong, True), (strong, False)):
            if mask.any() and not (quiet and mask.sum() > 400):
                spots = (np.full(mask.sum(), last.x), middles[c[mask]], np.zeros(mask.sum()), rows[k[mask]])
                look = {"curved": True, "vmin": -reach, "vmax": reach, "to": "scores", "quiet": quiet}
                look |= {"inset": (picture.edge(last) + 4, 1), "alpha": 1.0 if chosen >= 0 or quiet else REST}
                look |= {"sources": picture.ids(last)[c[mask]], "targets": 1000.0 * end.place + k[mask]}
                marks.append(Links(*spots, values=values[mask], widths=widths[mask], **look))
        return marks

    @property
    def shares(self) -> bool:
        """Whether softmax's shares have room beside the scores."""
        longest = max(len(str(name)) for name in self.opened.specimen.class_names)
        return self.room is SHUT or longest <= SHORT

    def scores(self, p, label: int, names) -> Panel:
        """The scores at the right, in the rows of the maps."""
        output = self.outputs[-1]
        chosen = self.unit[0] if self.output.name == output.name else None
        values = self.values[output.place][0]
        place = {"top": self.room.top, "depth": self.room.depth, "foot": self.room.height - 10}
        place["shares"] = self.shares
        place["does"] = DOES[Linear] if self.room is SHUT else ()
        place |= {"at": (0, self.room.span, 1, COLUMNS - self.room.span)}
        return scores_panel(output, values, p, label, names, chosen, **place)

    def narrow(self) -> Small:
        """Columns from top to bottom, eight maps beside one another, with lines where kernels stand."""
        marks, top, tops, rows = [], 0.0, [], []
        for output in self.drawn:
            last = rows[-1].output if rows else None
            array, floor = raised(last, output, self.values)
            before = self.reaches[last.name] if last is not None and last.place else None
            reach = self.reaches[output.name]
            look = self.narrow_look(output) | {"floor": floor}
            high = picture_of(output, array, **look).size[1]
            joined = bool(rows) and self.joined(last, output)
            top += ROOM * joined
            if output.place and (not tops or reach != before):
                marks.append(ColorScale(0.82, top + 10, *reach))
            mark = picture_of(output, array, x=0.5, y=top + 24 + high / 2, **look)
            rows.append(Row(output, mark, top, top + 24 + high + 4))
            marks.append(mark)
            if joined:
                marks.append(self.lines(*rows[-2:]))
            tops.append(top + 10)
            top += 24 + high + 14
        names, sizes = [short_name(o) for o in self.drawn], [size_words(o) for o in self.drawn]
        marks.append(Text([0] * len(tops), tops, names, align="left", bold=True, size=13))
        marks.append(Text([0.3] * len(tops), tops, sizes, color="muted", align="left", size=12))
        panel = Panel(
            marks, Axis(0, 1, visible=False), Axis(top, 0, visible=False), grid=False, name="narrow"
        )
        return Small(panel, top + 8)

    def narrow_look(self, output: LayerOutput) -> dict:
        """Colours and size of an output's maps on a narrow page."""
        (low, high), one = self.reaches[output.name], output.shape[0] == 1
        colors = {"cmap": "diverging", "vmin": low, "vmax": high, "pitch": CLOSE}
        if output.place == 0:
            side = SIDE if one else 112.0
            colors = {"cmap": "ink" if one else "gray", "vmin": 0, "vmax": 1, "pitch": side}
        elif not output.maps:
            colors["pitch"] = 200.0
        look = {"across": min(ACROSS, max(1, len(output.maps))), "emits": output.name, **colors}
        look["needs"] = NEEDS if look["across"] == ACROSS else 0.0
        return look | {"framed": output.place > 0, **self.looks.get(output.name, {})}

    def joined(self, before: LayerOutput, output: LayerOutput) -> bool:
        """Whether kernels lead from the maps of one output to those of the next."""
        made = output.place and isinstance(self.model[output.place - 1], Conv2d)
        return bool(made) and len(before.shape) == 3 and len(output.shape) == 3

    def lines(self, above: Row, below: Row) -> Links:
        """The kernels between two rows."""
        weight = self.model[below.output.place - 1].params["weight"]
        weight = weight[list(below.output.maps)][:, list(above.output.maps)]
        maps, mine = below.output.maps, self.chosen() == 1000.0 * below.output.place + self.unit[0]
        chosen = maps.index(self.unit[0]) if mine and self.unit[0] in maps else None
        return kernel_lines(above, below, weight, chosen)


def boxes(maps, rows: tuple, columns: tuple) -> np.ndarray:
    """Frames around the same cells of several maps."""
    return np.array([[i, *rows, *columns] for i in maps], dtype=float).reshape(-1, 5)
