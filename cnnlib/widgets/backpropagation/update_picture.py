"""One update as two rows of maps, values forwards and gradients backwards, and a kernel's step in numbers."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import numpy as np

from cnnlib.nn.layers import Conv2d, Linear
from cnnlib.runtime.language import say, word
from cnnlib.viz import Axis, Maps, Mark, Narrow, Panel, Text
from cnnlib.widgets.backpropagation.blame_picture import single
from cnnlib.widgets.forward_pass.network_headings import short_name
from cnnlib.widgets.forward_pass.network_layout import reach_of, shared_ends
from cnnlib.widgets.forward_pass.unit_detail import matrix_panel
from cnnlib.widgets.forward_pass.xray_overview import boxes

PITCH, NARROW_STEP = 74.0, 88.0
ANSWER = 466.0  # pixels of the panels of the answer with their headings
MOST = 5  # rows and columns of a linear layer's weights that are shown


class UpdatePicture:
    """The maps that a step has reached; the others say "not yet"."""

    def __init__(self, outputs, step: int, seen) -> None:
        self.outputs, self.step, self.seen = outputs, step, seen

    def reached(self, column: int) -> tuple[bool, bool]:
        """Whether a column's values and its gradient are there."""
        return column <= self.step, self.step >= 2 * len(self.outputs) - column

    def map_of(self, column: int) -> int:
        """The map shown of a layer: a convolution's with the largest gradient, and behind it the same."""
        output = self.outputs[column]
        if not output.maps:
            return 0
        before = self.outputs[column - 1] if column else output
        if column and not output.name.startswith("convolution") and before.shape[0] == output.shape[0]:
            return self.map_of(column - 1)
        gradient = np.abs(self.seen.gradients[output.place][0]).sum(axis=(1, 2))
        return int(gradient.argmax())

    def value(self, column: int, x: float, y: float, pitch: float, needs: float = 0.0) -> list[Mark]:
        """The values of a layer's map at a place, if they are there."""
        return self.shown(column, x, y, {"pitch": pitch, "needs": needs}, False)

    def gradient(self, column: int, x: float, y: float, pitch: float, needs: float = 0.0) -> list[Mark]:
        """Its gradient, if that is there."""
        return self.shown(column, x, y, {"pitch": pitch, "needs": needs}, True)

    def shown(self, column: int, x: float, y: float, size: dict, back: bool) -> list[Mark]:
        output = self.outputs[column]
        if not self.reached(column)[back]:
            return [Text([x], [y], "not yet", color="muted", size=11)]
        array = (self.seen.gradients if back else self.seen.activations)[output.place][0]
        reach = reach_of([array])
        low, high = (-reach, reach) if back else shared_ends([array])
        colors = {"cmap": "diverging", "vmin": low, "vmax": high}
        if output.place == 0 and not back:
            colors = {"cmap": "ink" if output.shape[0] == 1 else "gray", "vmin": 0, "vmax": 1}
        now = self.step == (2 * len(self.outputs) - column if back else column)
        state = np.array([2.0 if now else 0.0])
        return [single(output, array, self.map_of(column), x=x, y=y, state=state, **size, **colors)]

    def narrow(self, above: list[str], below: list[str]) -> tuple[Panel, Narrow]:
        """From top to bottom, values left, gradients right; two panels above, and what is below."""
        marks: list[Mark] = [
            Text([0], [10], "values, forwards ↓", color="muted", align="left", bold=True, size=12),
            Text([1], [10], "gradient, backwards ↑", align="right", bold=True, size=12),
        ]
        for column, output in enumerate(self.outputs):
            y = 76.0 + NARROW_STEP * column
            marks.append(Text([0.5], [y], short_name(output), bold=True, size=12))
            marks += [*self.value(column, 0.18, y, PITCH), *self.gradient(column, 0.82, y, PITCH)]
        height = 126.0 + NARROW_STEP * (len(self.outputs) - 1)
        down = Axis(height, 0, visible=False)
        panel = Panel(marks, Axis(0, 1, visible=False), down, grid=False, name="down")
        rows = [ANSWER, height] if above else [height]
        at = {name: (0, column) for column, name in enumerate(above)}
        at["down"] = (len(rows) - 1, 0, 1, 2)
        for name in below:
            if name == "move":  # beside the old weights
                at[name] = (len(rows) - 1, 1)
                continue
            at[name] = (len(rows), 0, 1, 1 if name in ("old", "new") else 2)
            rows.append(200.0)
        tracks = [f"{row:.0f}px" for row in rows]
        only = ("down", *below)
        return panel, Narrow(tracks, (1, 1), sum(rows), at=at, only=only, below=700)


class KernelStep:
    """Old weights − rate × gradient = new weights, of one kernel of the first layer that has any."""

    def __init__(self, model, seen, rate: float) -> None:
        place = next(i for i, layer in enumerate(model) if isinstance(layer, Conv2d | Linear))
        old, gradient = model[place].params["weight"], seen.weight_gradients[place]["weight"]
        if old.ndim == 4:
            f, c = np.unravel_index(int(np.abs(gradient).sum(axis=(2, 3)).argmax()), gradient.shape[:2])
            self.old, self.gradient, self.words = old[f, c], gradient[f, c], say("kernel {f}", f=f)
        else:
            self.old, self.gradient, self.words = (
                old[:MOST, :MOST],
                gradient[:MOST, :MOST],
                word("some weights"),
            )
        self.rate, self.every = rate, [g for layer in seen.weight_gradients for g in layer.values()]
        self.move = rate * self.gradient
        self.new, self.reach = self.old - self.move, reach_of([self.old])

    def moves(self) -> tuple[int, int]:
        """How many weights of the network go up, and how many down."""
        return tuple(sum(int((sign * g < 0).sum()) for g in self.every) for sign in (1, -1))

    def still(self) -> int:
        """How many stay."""
        return sum(int((g == 0).sum()) for g in self.every)

    def map(self, values, x, y, pitch, title, reach=None) -> list[Mark]:
        """A kernel as an image of `pitch` pixels, the weight whose sum is shown in a frame."""
        reach = reach_of([values]) if reach is None else reach
        look = {"cmap": "diverging", "vmin": -reach, "vmax": reach, "framed": False, "means": title}
        look |= {"x": x, "y": y, "pitch": pitch, "tile_names": ("",), "boxes": self.samples()}
        return [Maps(values + 0.0, tile=(*values.shape, 1), **look)]

    def sample(self) -> tuple[int, int] | None:
        """Row and column of the weight that moves most."""
        if not self.gradient.any():
            return None
        return tuple(map(int, np.unravel_index(int(np.abs(self.gradient).argmax()), self.gradient.shape)))

    def samples(self) -> np.ndarray | None:
        """A frame around the weight whose sum is shown."""
        place = self.sample()
        return None if place is None else boxes([0], (place[0],) * 2, (place[1],) * 2)

    def worked(self) -> str | None:
        """The sum of the framed weight."""
        place = self.sample()
        if place is None:
            return None
        g = float(self.gradient[place])
        old, rate, times, new = sum_that_adds_up(float(self.old[place]), self.rate, g)
        if old == new:  # in as many digits as there is room for
            return say("framed: {old}, moves by {move:.1g}", old=old, move=-self.rate * g)
        times = f"({times})" if g < 0 else times
        total = f"{old} − {rate} × {times} = {new}"
        return say("framed: {total}", total=total)

    def panels(self, has_gradient: bool, has_new: bool) -> list[Panel]:
        """The three as matrices beneath one another, for a narrow page."""
        waiting, look = np.full_like(self.old, np.nan), {"least": 4.0}
        title, at = say("its gradient (× {rate:.3g})", rate=self.rate), (0, 0)
        move = self.gradient if has_gradient else waiting
        new = self.new if has_new else waiting
        return [
            matrix_panel(
                say("old {kernel}", kernel=self.words),
                self.old,
                at,
                reach=self.reach,
                sign="−",
                name="old",
                **look,
            ),
            matrix_panel(title, move, at, sign="=", name="move", **look),
            matrix_panel(word("new"), new, at, reach=self.reach, name="new", **look),
        ]


def sum_that_adds_up(old: float, rate: float, gradient: float) -> tuple[str, str, str, str]:
    """Old weight, rate, gradient and new weight, as many digits as make the printed sum right.

    >>> sum_that_adds_up(0.16437, 0.01, 0.2252)
    ('0.1644', '0.01', '0.23', '0.1621')
    """
    new = old - rate * gradient
    for digits, short, places in product(range(4, 9), (3, 6), range(2, 7)):
        first, step, times = f"{old:z.{digits}f}", f"{rate:.{short}g}", Decimal(f"{gradient:.{places}g}")
        total = f"{Decimal(first) - Decimal(step) * times:.{digits}f}"
        made = total if float(total) else total.removeprefix("-")  # "z" of a Decimal is not in every Python
        if f"{new:z.{digits}f}" == made != first:
            break
    return first, step, f"{times:f}", made
