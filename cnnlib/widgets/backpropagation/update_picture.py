"""One update as two rows of maps, values forwards and gradients backwards, and a kernel's step in numbers."""

from __future__ import annotations

import numpy as np

from cnnlib.nn.layers import Conv2d, Linear
from cnnlib.runtime.language import say
from cnnlib.viz import Arrows, Axis, Line, Mark, Narrow, Panel, Region, Text
from cnnlib.widgets.backpropagation.blame_picture import single
from cnnlib.widgets.forward_pass.network_layout import reach_of
from cnnlib.widgets.forward_pass.network_picture import short_name
from cnnlib.widgets.forward_pass.unit_detail import matrix_panel

VALUES, GRADIENTS, HEIGHT = 92.0, 218.0, 286.0  # middles of the rows, height of both
PITCH, NARROW_STEP = 80.0, 100.0
MOST = 5  # rows and columns of a linear layer's weights that are shown


class UpdatePicture:
    """The maps that a step has reached; the others say "not yet"."""

    def __init__(self, outputs, step: int, forward, seen) -> None:
        self.outputs, self.step, self.forward, self.seen = outputs, step, forward, seen
        self.x = (np.arange(len(outputs)) + 0.5) / len(outputs)
        self.pitch = min(PITCH, 500.0 / len(outputs))
        self.again = step == 2 * len(outputs) + 2

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

    def pair(self, column: int, places: list[tuple[float, float]], pitch: float) -> list[Mark]:
        """Values and gradient of a column at their places, as far as they are reached."""
        output, index = self.outputs[column], self.map_of(column)
        marks: list[Mark] = []
        arrays = self.forward.activations[output.place][0], self.seen.gradients[output.place][0]
        for (x, y), array, there, back in zip(
            places, arrays, self.reached(column), (False, True), strict=True
        ):
            if not there:
                marks.append(Text([x], [y], "not yet", color="muted", size=11))
                continue
            reach = reach_of([array])
            colors = {"cmap": "diverging", "vmin": -reach, "vmax": reach}
            if output.place == 0 and not back:
                colors = {"cmap": "ink" if output.shape[0] == 1 else "gray", "vmin": 0, "vmax": 1}
            now = self.step == (2 * len(self.outputs) - column if back else column)
            state = np.array([2.0 if now else 0.0])
            marks.append(single(output, array, index, x=x, y=y, pitch=pitch, state=state, **colors))
        return marks

    def wide(self, at) -> Panel:
        count = len(self.outputs)
        again = "Forwards again: values, with the new weights" if self.again else "Forwards: values"
        marks: list[Mark] = [
            Region(0, 1, GRADIENTS - 58, HEIGHT - 4, color="panel", alpha=1),
            Text([0], [10], again, color="muted", align="left", bold=True, size=13),
            Line([0.53, 0.97], [10, 10], "muted", 1),
            Arrows([0.97], [10], [0.02], [0], color="muted", width=1),
            Arrows([0.034], [GRADIENTS - 70], [-0.03], [0], color="ink", width=3),
            Text([0.042], [GRADIENTS - 70], "Backwards: gradient", align="left", bold=True, size=13),
        ]
        names = [short_name(output) for output in self.outputs]
        marks.append(Text(self.x, [VALUES - 50] * count, names, bold=True, size=12))
        which = [
            say("map {map_of}", map_of=self.map_of(i)) if o.maps and o.place else ""
            for i, o in enumerate(self.outputs)
        ]
        marks.append(Text(self.x, [GRADIENTS + 50] * count, which, color="muted", size=11))
        for column in range(count):
            x = float(self.x[column])
            marks += self.pair(column, [(x, VALUES), (x, GRADIENTS)], self.pitch)
        x, y = Axis(0, 1, visible=False), Axis(HEIGHT, 0, visible=False)
        return Panel(marks, x, y, at=at, grid=False, name="passes")

    def narrow(self, below: list[str]) -> tuple[Panel, Narrow]:
        """From top to bottom, values at the left, gradients at the right; then what stands below."""
        marks: list[Mark] = [
            Text([0], [10], "values, forwards ↓", color="muted", align="left", bold=True, size=12),
            Text([1], [10], "gradient, backwards ↑", align="right", bold=True, size=12),
        ]
        for column, output in enumerate(self.outputs):
            y = 76.0 + NARROW_STEP * column
            marks.append(Text([0.5], [y], short_name(output), bold=True, size=12))
            marks += self.pair(column, [(0.18, y), (0.82, y)], PITCH)
        height = 76.0 + NARROW_STEP * len(self.outputs)
        down = Axis(height, 0, visible=False)
        panel = Panel(marks, Axis(0, 1, visible=False), down, grid=False, name="down")
        rows = [height, *([200.0] * len(below))]
        places = {name: (i + 1, 0) for i, name in enumerate(below)}
        tracks = [f"{row:.0f}px" for row in rows]
        return panel, Narrow(tracks, (1,), sum(rows), at={"down": (0, 0), **places}, only=("down",))


def step_panels(model, seen, rate: float, has_gradient: bool, has_new: bool, row: int) -> list[Panel]:
    """Old weights − rate × gradient = new weights, of one kernel of the first layer that has any."""
    place = next(i for i, layer in enumerate(model) if isinstance(layer, Conv2d | Linear))
    old, gradient = model[place].params["weight"], seen.weight_gradients[place]["weight"]
    if old.ndim == 4:
        f, c = np.unravel_index(int(np.abs(gradient).sum(axis=(2, 3)).argmax()), gradient.shape[:2])
        old, gradient, words = old[f, c], gradient[f, c], say("kernel {f}", f=f)
    else:
        old, gradient, words = old[:MOST, :MOST], gradient[:MOST, :MOST], "some weights"
    move = rate * gradient
    reach = reach_of([old])
    power = min(0, int(np.floor(np.log10(np.abs(move).max())))) if np.abs(move).max() > 0 else 0
    unit = 10.0**power
    waiting = np.full_like(old, np.nan)
    title = "rate × gradient" + (f" (× 1e{power})" if power < 0 else "")
    return [
        matrix_panel(
            say("old {words}", words=words), old, (row, 0, 1, 6), reach=reach, sign="−", least=4.0, name="old"
        ),
        matrix_panel(
            title, move / unit if has_gradient else waiting, (row, 6, 1, 6), sign="=", least=4.0, name="move"
        ),
        matrix_panel(
            "new", old - move if has_new else waiting, (row, 12, 1, 6), reach=reach, least=4.0, name="new"
        ),
    ]
