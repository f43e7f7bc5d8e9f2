"""A network as columns of maps of one size, with the kernels as links between them: the X-ray's overview."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cnnlib.nn.layers import Conv2d, Linear
from cnnlib.viz import Links, Maps, Mark
from cnnlib.widgets.forward_pass.network_layout import LayerOutput

COLUMNS = 45  # of the page, so fine that a strip of maps and a sum each have theirs
SCALE = 28.0  # pixels of height of a scale beneath them
LARGEST_INPUT = 147.0  # side of the image in pixels above a sum
OUTER = 36.0  # least room between columns where kernels stand
FADED, FEEDS = 0.3, 0.6  # opacity of maps off the chosen path, and of those that lead into the chosen one
BESIDE = 0.5  # opacity of the links into the chosen map beside the one that is followed
WIDEST = 46.0  # pixels across of a vector in several columns
PORTS = 0.36  # of a row's height: between the first and the last link of the maps in it
REST = 0.36  # opacity of the links at rest; above a sum half of it
STRONGEST = 2  # links into a map that are drawn at rest
MOST_LINKS = 1200  # of one layer, on the wire


def raised(before: LayerOutput | None, output: LayerOutput, values) -> tuple[np.ndarray, float | None]:
    """Values and floor to draw an output with: a ReLU's are those before it, never below zero."""
    array = values[output.place][0]
    if before is not None and before.place and (before.maps, before.shape) == (output.maps, output.shape):
        if np.array_equal(np.maximum(values[before.place][0], 0), array):
            return values[before.place][0], 0.0
    return array, None


def picture_of(output: LayerOutput, values: np.ndarray, **look) -> Maps:
    """The maps of an output, or a vector as one picture, as a mark."""
    z = output.picture(values)
    maps = len(output.shape) == 3
    tile = (*output.shape[1:], 1) if maps else (*z.shape, 1)
    short = tuple(str(i) for i in output.maps) if len(output.maps) > 1 else ()
    count = max(1, len(output.maps))
    return Maps(z, tile=tile, numbered=short, count=count, means=output.title, **look)


@dataclass(frozen=True)
class Room:
    """Pixels of a picture: of height for the maps, between two of them, and of width for all columns."""

    depth: float
    pitch: float
    gap: float
    least: float
    image: float = LARGEST_INPUT  # side of the input at most
    shrinks: bool = False  # whether the maps become smaller in a panel that is not so wide
    inner: float = 30.0  # least room between the columns of one block
    beneath: float = 8.0  # pixels below the maps; scales need 28
    top: float = 38.0  # pixels above them, for headings
    down: int = 8  # maps in a column at most
    span: int = 36  # of the page's columns

    @property
    def height(self) -> float:
        """Of the whole picture, with headings and scales."""
        return self.top + self.depth + self.beneath


SMALLEST = 0.68  # share of their size that maps keep where the picture has columns
# Maps of 42 and of 28 pixels: 28, 14 and 7 cells have one size on the screen.
# The network alone, and as a strip above a sum.
SHUT = Room(depth=392.0, pitch=49.0, gap=7.0, least=790.0, shrinks=True, inner=19.0, beneath=60.0)
OPEN = Room(
    depth=128.0,
    pitch=32.0,
    gap=4.0,
    least=829.0,
    image=116.0,
    shrinks=True,
    inner=7.0,
    beneath=12.0,
    down=4,
    span=37,
)


@dataclass(eq=False)
class Column:
    """One output in the picture: its middle as a share of the width, its mark's pitch and width in pixels."""

    output: LayerOutput
    pitch: float
    wide: float
    x: float = 0.0
    into: bool = False  # kernels stand before it


@dataclass
class NetworkPicture:
    """The columns of a network, and the marks that show one forward pass in them."""

    model: object
    outputs: list[LayerOutput]
    values: list[np.ndarray]
    room: Room = OPEN
    columns: list[Column] = field(default_factory=list)

    def __post_init__(self) -> None:
        pitch = self.pitch()
        for output in self.outputs:
            own = pitch
            if output.place == 0:
                own = min(self.room.image, self.room.depth / output.shape[0])
            elif len(output.shape) == 1:
                down, across = output.picture(np.zeros(output.shape)).shape
                own = min(self.room.depth, 26.0 * down, WIDEST * max(1.0, down / across))
            wide = self.drawn(output, pitch=own).size[0]
            into = output.place > 0 and isinstance(self.model[output.place - 1], Conv2d | Linear)
            self.columns.append(Column(output, own, wide, into=into))
        self.spread()

    def across(self, output: LayerOutput) -> int:
        """Maps beside one another."""
        return max(1, -(-len(output.maps) // self.room.down))

    def drawn(self, output: LayerOutput, array=None, **look) -> Maps:
        """The maps of an output as a mark, in the columns that they have here."""
        array = self.values[output.place][0] if array is None else array
        across = {"across": self.across(output)} if output.maps else {}
        return picture_of(output, array, gap=self.room.gap, **across, **look)

    def pitch(self) -> float:
        """One distance for the maps of all layers, so small that all columns have room."""
        across = sum(self.across(o) for o in self.outputs if o.place and len(o.shape) == 3)
        used = self.room.image + OUTER
        for output in self.outputs[1:]:
            used += OUTER if isinstance(self.model[output.place - 1], Conv2d | Linear) else self.room.inner
            used += WIDEST if len(output.shape) == 1 else 0.0
        return float(np.clip((self.room.least - used) / max(1, across), 12, self.room.pitch))

    def spread(self) -> None:
        """Middles of the columns: equal steps within a block, and equal ones where kernels stand."""
        least, used = self.room.least, sum(c.wide for c in self.columns)
        kernels = np.array([column.into for column in self.columns[1:]] + [True])
        gaps = np.where(kernels, OUTER, self.room.inner)
        gaps = gaps + kernels * max(0.0, least - used - gaps.sum()) / kernels.sum()
        gaps *= min(1.0, (least - used) / gaps.sum())
        left = 0.0
        for column, gap in zip(self.columns, gaps, strict=True):
            column.x = (left + column.wide / 2 + 4) / (least + 8.0)
            left += column.wide + gap

    def ids(self, column: Column) -> np.ndarray:
        """Numbers of a column's maps among all that links name: what follows a kernel's map has the same."""
        made = [c for c in self.columns[: self.columns.index(column) + 1] if c.into or not c.output.place]
        return 1000.0 * made[-1].output.place + np.array(column.output.maps or (0,), dtype=float)

    def edge(self, column: Column) -> float:
        """Pixels from a column's middle to where links end; maps that shrink cover their ends."""
        return (SMALLEST if self.room.shrinks else 1.0) * column.wide / 2

    @property
    def middle(self) -> float:
        return self.room.top + self.room.depth / 2

    def rows(self, column: Column, maps) -> np.ndarray:
        """Where links of maps begin and end, in pixels from the top: of one row beneath one another."""
        output = column.output
        if len(output.shape) == 1:
            return np.full(len(maps), self.middle)
        mark = self.drawn(output, pitch=column.pitch)
        down, across = -(-mark.count // mark.across), mark.across
        step = mark.size[1] / down
        row, beside = np.divmod(np.array([output.maps.index(i) for i in maps], dtype=float), across)
        apart = (beside / max(1, across - 1) - 0.5) * (across > 1) * PORTS
        return self.middle + (row - (down - 1) / 2 + apart) * step

    # Links.

    def rails(self) -> list[Links]:
        """One quiet line a row through the columns of each block: what works map by map."""
        marks, block = [], []
        for column, after in zip(self.columns, [*self.columns[1:], None], strict=True):
            block = [column] if column.into or not block else [*block, column]
            ends = after is None or after.into
            if not ends or not column.output.maps or len(block) < 2 or not block[0].output.place:
                continue
            y = np.unique(self.rows(block[0], block[0].output.maps).round())
            y = y.reshape(-1, self.across(block[0].output)).mean(axis=1) if y.size % 2 == 0 else y
            spots = np.full(len(y), block[0].x), y, np.full(len(y), column.x), y
            marks.append(Links(*spots, color="grid", widths=np.ones(len(y))))
        return marks

    def links(self, chosen: float | None, followed: int = -1) -> list[Links]:
        """The kernels between columns: the strongest at rest, all of them into a map that is pointed at.

        Those into the map `chosen` are drawn strongly, and outlined the one from input map `followed`.
        """
        marks = []
        for before, after in zip(self.columns, self.columns[1:], strict=False):
            if not after.into or len(after.output.shape) != 3 or len(before.output.shape) != 3:
                continue
            weight = self.model[after.output.place - 1].params["weight"]
            marks += self.bundle(
                before, after, weight[list(after.output.maps)][:, list(before.output.maps)], chosen, followed
            )
        return marks

    def bundle(
        self, before: Column, after: Column, weight: np.ndarray, chosen: float | None, followed: int
    ) -> list[Links]:
        """Links of one layer; `weight` (F, C, kH, kW) has the shown maps alone."""
        kernels, inputs = weight.shape[:2]
        norms = np.linalg.norm(weight.reshape(kernels, inputs, -1), axis=2)
        signs = np.where(weight.sum(axis=(2, 3)) >= 0, 1.0, -1.0)
        rank = np.argsort(np.argsort(-norms, axis=1), axis=1)
        f, c = (a.ravel() for a in np.indices((kernels, inputs)))
        reach = float(norms.max()) or 1.0
        start = self.rows(before, before.output.maps)[c]
        if inputs == 1:  # from an edge of the image
            start = start + 8.0 * (f - (kernels - 1) / 2)
        ends = {
            "x0": np.full(f.size, before.x),
            "y0": start,
            "x1": np.full(f.size, after.x),
            "y1": self.rows(after, after.output.maps)[f],
            "values": (signs * norms).ravel(),
            "widths": 0.5 + (2.75 if chosen is not None else 1.0) * norms.ravel() / reach,
            "sources": self.ids(before)[c],
            "targets": self.ids(after)[f],
        }
        strong, mine = rank.ravel() < STRONGEST, ends["targets"] == chosen
        follows = np.array(before.output.maps or (0,))[c] == followed
        if chosen is None:
            groups = [(strong, REST if self.room.beneath >= SCALE else REST / 2, False)]
        else:  # a sum: no links but those into the chosen map
            strong = mine
            others = BESIDE if follows.any() else 1.0
            groups = [(mine & ~follows, others, False), (mine & follows, 1.0, False)]
        if f.size <= MOST_LINKS:
            groups.insert(0, (~strong, 1.0, True))
        look = {
            "curved": True,
            "vmin": -reach,
            "vmax": reach,
            "inset": (self.edge(before) + 3, self.edge(after) + 4),
        }
        drawn = [
            Links(**{name: part[mask] for name, part in ends.items()}, **look, alpha=alpha, quiet=quiet)
            for mask, alpha, quiet in groups
            if mask.any()
        ]
        one = mine & follows
        if one.any():
            places = {name: ends[name][one] for name in ("x0", "y0", "x1", "y1")}
            outline = {"color": "you", "widths": ends["widths"][one] + 4, "curved": True}
            drawn.insert(-1, Links(**places, **outline, inset=look["inset"]))
        return drawn

    def opacity(self, column: Column, chosen: float | None, followed: int) -> np.ndarray | None:
        """Of a column's maps: what is off the path to the chosen map and on from it steps back."""
        if chosen is None or not column.output.place:
            return None
        ids = self.ids(column)
        if ids[0] // 1000 >= chosen // 1000:
            return np.where(ids == chosen, 1.0, FADED)
        after = self.columns[self.columns.index(column) + 1]
        others = FEEDS if self.ids(after)[0] // 1000 == chosen // 1000 else FADED
        return np.where(ids % 1000 == followed, 1.0, others)

    # Maps.

    def maps(
        self,
        looks: dict[str, dict],
        reaches: dict[str, tuple],
        chosen: float | None = None,
        followed: int = -1,
    ) -> list[Mark]:
        """One mark a column; `looks` adds states and boxes by an output's name."""
        marks, last = [], None
        for column in self.columns:
            output = column.output
            low, high = reaches[output.name]
            colors = {"cmap": "diverging", "vmin": low, "vmax": high}
            if output.place == 0:
                colors = {"cmap": "ink" if output.shape[0] == 1 else "gray", "vmin": 0, "vmax": 1}
            look = {"x": column.x, "y": self.middle, "pitch": column.pitch, "emits": output.name}
            look |= {
                "needs": self.room.least if self.room.shrinks else 0.0,
                "framed": False,
                "ids": self.ids(column),
                "opacity": self.opacity(column, chosen, followed),
                **colors,
                **looks.get(output.name, {}),
            }
            array, look["floor"] = raised(last, output, self.values)
            marks.append(self.drawn(output, array, **look))
            last = output
        return marks
