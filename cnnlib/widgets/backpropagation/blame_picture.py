"""What the picture of blame is made of: columns, one map a layer, and one number's way back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cnnlib.nn.layers import Conv2d
from cnnlib.runtime.language import say
from cnnlib.viz import Maps
from cnnlib.widgets.backpropagation.blame_way import GAP, read_by
from cnnlib.widgets.forward_pass.network_layout import LayerOutput, reach_of, shared_ends

FULL = 1018.0  # pixels of width for which the picture is laid out; in less, all maps become smaller
LEFT, IMAGE = 1.0, 392.0  # where what comes back to the image begins, and its side: fourteen a pixel of 28x28
BOXED, BOX = 424.0, 104.0  # where the place of the chosen number begins that stands last, and its width
CHAIN, MARGIN = 545.0, 14.0  # where the maps begin, and what stays free at their right for the way
NEARLY_ALL = 0.99  # share of the image's gradients that colours tell apart; the others have the strongest
APART, MOST = 26.0, 129.0  # between two maps at least, and pitch of a map at most
UPPER, LOWER = 114.0, 290.0  # middles of the two rows of maps
HERO = 24.0 + IMAGE / 2  # and of the image
TRUNK, EDGE = (
    (LEFT + IMAGE + 10.0) / FULL,
    (FULL - 4.0) / FULL,
)  # where the way bends: at the image, at the right
ONE_LINE = 110.0  # pitch of a map from which on its name and its number stand side by side
WIDEST = BOX / 2  # half of the chosen number's box at most
SCORE, UNIT, LOSS = "score", "unit", "loss"


@dataclass(frozen=True)
class Chosen:
    """The number whose way back is shown: which kind, its name, its value, and up to two lines more."""

    kind: str
    name: str
    value: str
    notes: tuple[str, ...] = ()


def single(output: LayerOutput, values, index: int, **look) -> Maps:
    """One map of an output, or a vector, as a mark."""
    z = values[index] if output.maps else output.picture(values)
    words = say("{layer}, map {index}", layer=output.title, index=index) if output.maps else output.title
    return Maps(z, tile=(*z.shape, 1), framed=False, means=words, tile_names=("",), **look)


class BlamePicture:
    """Where everything stands; `followed` is the map shown of every output, `way` the place in it.

    The way back leads through two rows: through the upper one to the right, and through the lower one to the
    left, to the image. `turn` is the last column of the lower row. From the loss on there is one more column,
    that of the loss.

    `back` is how many columns the gradient has reached while it runs backwards, None: all. With `forwards`
    the maps show their values, and `acting` names the output whose layer is shown large.
    """

    needs, trunk, edge = FULL, TRUNK, EDGE

    def __init__(
        self, model, outputs, output: LayerOutput, unit, values, gradients, *, chosen: Chosen
    ) -> None:
        self.model, self.outputs, self.output, self.unit = model, outputs, output, unit
        self.values, self.gradients, self.chosen = values, gradients, chosen
        self.back: int | None = None
        self.forwards, self.acting = False, ""
        self.ends: dict[int, tuple[float, float]] = {}  # of the colours of values, by output
        self.place()
        self.followed, self.way = self.follow()

    def place(self) -> None:
        """Middles of all columns, `x` as a share of the width and `y` in pixels."""
        end = len(self.outputs) - 1 + self.of_loss  # the last column, which stands beside the maps
        maps = max(0, end - 1)
        top = -(-maps // 2) if maps > 1 else 0
        self.turn, columns = maps - top, max(1, top, maps - top)
        self.step = (FULL - MARGIN - CHAIN) / columns  # pixels from column to column
        self.pitch = min(MOST, self.step - APART + GAP)
        x, y = [LEFT + IMAGE / 2], [HERO]
        for i in range(1, maps + 1):
            column = maps - i if i > self.turn else columns - 1 - self.turn + i
            x.append(CHAIN + self.step * (column + 0.5))
            y.append(UPPER if i > self.turn else LOWER)
        if end:
            x, y = [*x, BOXED + BOX / 2], [*y, UPPER]
        self.x, self.y = np.array(x) / FULL, np.array(y)

    @property
    def of_loss(self) -> bool:
        return self.chosen.kind == LOSS

    @property
    def last(self) -> int:
        """The column of the chosen number; that of the loss stands behind all layers."""
        return sum(self.reached(output) for output in self.outputs) - (not self.of_loss)

    @property
    def half(self) -> float:
        """Pixels from the middle of the chosen number's column to the edges of its box."""
        return min(WIDEST, self.side(self.last))

    def side(self, i: int) -> float:
        """Pixels from a column's middle to its edges."""
        if i == len(self.x) - 1 and i:
            return BOX / 2
        return (self.pitch_of(i) - GAP) / 2

    def pitch_of(self, i: int) -> float:
        """Of what comes back to a column: the image is the large one."""
        return self.pitch if i else IMAGE + GAP

    def boxed(self, i: int) -> bool:
        """Whether the chosen number stands in a column in place of a map."""
        return i == self.last and not (self.forwards and i < len(self.outputs))

    def reached(self, output: LayerOutput) -> bool:
        return output.place <= self.output.place

    def come(self, output: LayerOutput) -> bool:
        """Whether the gradient has come to an output while it runs backwards."""
        places = [o.place for o in self.outputs if self.reached(o)]
        return self.reached(output) and (
            self.forwards or self.back is None or sum(place >= output.place for place in places) <= self.back
        )

    def comes(self, i: int) -> bool:
        """Whether anything has come back to a column: a shut gate lets nothing through."""
        output = self.outputs[i]
        return self.come(output) and bool(self.gradients[output.place][0].any())

    def seen(self, i: int) -> bool:
        """Whether a map of numbers stands in a column at present."""
        if self.forwards:
            return i < len(self.outputs)
        return i < self.last and self.come(self.outputs[i])

    def over(self, columns: list[int], place: int) -> tuple:
        """Where words above columns stand: with `place` 0 the name, with 1 the number, which ends the line.

        Above narrow maps they stand beneath one another.
        """
        wide = self.pitch >= ONE_LINE
        x = [self.x[i] + (2 * place - 1) * wide * self.side(i) / FULL for i in columns]
        return x, [self.y[i] - (self.pitch - GAP) / 2 - (9 if wide or place else 23) for i in columns]

    @property
    def ends_at(self) -> tuple[str, str]:
        """How they are aligned there."""
        return ("left", "right") if self.pitch >= ONE_LINE else ("center", "center")

    @cached_property
    def pixel_reach(self) -> float:
        """What few of the pixels' gradients exceed: one large one must not make all others pale."""
        sizes = np.abs(self.gradients[0][0])
        return float(np.quantile(sizes[sizes > 0], NEARLY_ALL)) if sizes.any() else 1.0

    def slope(self, i: int) -> float:
        """The gradient at the framed place of a column."""
        return float(self.gradients[self.outputs[i].place][0][self.way[i]])

    def value(self, i: int) -> float:
        """The value there."""
        return float(self.values[self.outputs[i].place][0][self.way[i]])

    def follow(self) -> tuple[list[int], list[tuple | None]]:
        """Backwards from the chosen number: the map and the place in it that would move it most."""
        followed, way, index = [0] * len(self.outputs), [None] * len(self.outputs), self.unit[0]
        for i in reversed(range(len(self.outputs))):
            output = self.outputs[i]
            if not self.reached(output):
                followed[i] = output.maps[0] if output.maps else 0
                continue
            gradient = np.abs(self.gradients[output.place][0])
            if output.name != self.output.name:
                after, value = (self.outputs[i + 1], way[i + 1]), self.values[output.place][0]
                gradient = gradient * read_by(self.model, output, *after, value)
            if output.name == self.output.name:
                followed[i], way[i] = self.unit[0], self.unit
                continue
            if output.maps:
                sums = gradient.reshape(len(gradient), -1).max(axis=1)
                free = len(gradient) <= index or sums[index] == 0 or self.kernels_after(i)
                index = int(sums.argmax()) if free else index
                followed[i] = index
                weighed = gradient[index]
                if output.place:  # where the number is large as well: its gate is open
                    weighed = weighed * (1e-6 + np.abs(self.values[output.place][0][index]))
                place = np.unravel_index(int(weighed.argmax()), weighed.shape)
                way[i] = (index, *map(int, place)) if gradient[index].any() else None
            else:
                index = 10**9
                way[i] = (int(gradient.argmax()),) if gradient.any() else None
        return followed, way

    def kernels_after(self, i: int) -> bool:
        """Whether the next output was made of all maps of this one."""
        after = self.outputs[i + 1 :]
        return bool(after) and (isinstance(self.model[after[0].place - 1], Conv2d) or not after[0].maps)

    def colors(self, output: LayerOutput, array, gradient: bool) -> dict:
        """Colour map and ends of an output's values or of its gradient."""
        if output.place == 0 and not gradient:
            return {"cmap": "ink" if output.shape[0] == 1 else "gray", "vmin": 0, "vmax": 1}
        if gradient:
            reach = reach_of([array]) if output.place else self.pixel_reach
            return {"cmap": "diverging", "vmin": -reach, "vmax": reach}
        if output.place not in self.ends:  # a wide page and a narrow one show the same values
            self.ends[output.place] = shared_ends([array])
        low, high = self.ends[output.place]
        return {"cmap": "diverging", "vmin": low, "vmax": high}
