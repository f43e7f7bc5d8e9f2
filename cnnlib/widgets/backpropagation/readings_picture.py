"""The panels of the four readings: what arrives, the kernel, what has come back."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments import four_readings as readings
from cnnlib.experiments.four_readings import Geometry
from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Heatmap, Mark, Panel, Region, mosaic
from cnnlib.widgets.backpropagation.readings_panels import (
    REACH,
    box,
    cell,
    factor,
    grid_panel,
    maps_panel,
    outline,
    signed,
)

BY_WEIGHT = "weight by weight"
READINGS = {"scatter": "output by output", "gather": "pixel by pixel", "matrix": "row by row", BY_WEIGHT: ""}
TITLES = {
    "scatter": ("dy, what arrives", "kernel", "dx and its padding"),
    "gather": ("dy, spread and framed", "turned kernel", "dx"),
    "matrix": ("the convolution's matrix, transposed, and dy above it", "", "dx"),
    BY_WEIGHT: ("dy, what arrives", "kernel", "dx and its padding"),
}
READABLE = 230  # cells of the matrix whose numbers can be read


class ReadingsPicture:
    """One reading after so many steps.

    Parameters
    ----------
    reading : str
        A key of `READINGS`.
    g : Geometry
    dy : array (F, Ho, Wo)
    w : array (F, C, k, k)
    step : int
        How many steps were taken.
    """

    def __init__(self, reading: str, g: Geometry, dy: np.ndarray, w: np.ndarray, step: int) -> None:
        self.reading, self.g, self.dy, self.w, self.step = reading, g, dy, w, step
        self.order = list(np.ndindex(self.shape))
        self.now = self.order[step - 1] if step else None

    @property
    def shape(self) -> tuple[int, ...]:
        """What is gone through: outputs (F, Ho, Wo), pixels (C, H, W) or weights (F, k, k)."""
        if self.reading == "scatter":
            return self.dy.shape
        if self.reading == BY_WEIGHT:
            return (len(self.w), *self.w.shape[2:])
        return (self.w.shape[1], self.g.size, self.g.size)

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return len(self.order)

    def products_made(self) -> int:
        """Products of a weight and a gradient that have reached a pixel so far."""
        return int(self.made(np.ones_like(self.dy), np.ones_like(self.w)).sum())

    def made(self, dy: np.ndarray, w: np.ndarray) -> np.ndarray:
        """dx after the steps taken, without its padding: (C, H, W)."""
        if self.reading == "gather":
            return readings.gather(dy, w, self.g, self.step)
        if self.reading == "matrix":
            return readings.by_matrix(dy, w, self.g, self.step)
        return self.g.cut(self.framed(dy, w))

    def framed(self, dy: np.ndarray, w: np.ndarray) -> np.ndarray:
        """dx with its padding, of the two readings that have one."""
        make = readings.scatter if self.reading == "scatter" else readings.weight_by_weight
        return make(dy, w, self.g, self.step)

    def step_at(self, row: int, column: int) -> int | None:
        """The place in the order of a cell of the maps that the steps go through; None in a gap."""
        rows, columns = self.shape[1:]
        number, inside = divmod(column, columns + 1)
        if self.reading == BY_WEIGHT:
            number, row, inside = row // (rows + 1), row % (rows + 1), column
        place = (number, row, inside)
        return self.order.index(place) if place in self.order else None

    # Words.

    def words(self) -> str:
        """What the last step did."""
        number, row, column = self.now
        if self.reading == "scatter":
            return self.scatter_words(number, row, column)
        if self.reading == BY_WEIGHT:
            of = say(" of kernel {nr}", nr=number) if len(self.w) > 1 else ""
            times = [signed(weight) for weight in self.w[number, :, row, column]]
            whose = " for channel 0 and ".join(times) + " for channel 1" * (len(times) > 1)
            apart = (
                "" if self.g.stride == 1 else say(", its numbers {stride} pixels apart", stride=self.g.stride)
            )
            said = say(
                "weight row {row}, column {column}{of} is {whose}.",
                row=row,
                column=column,
                of=of,
                whose=whose,
            )
            return say(
                "{said} A copy of dy, times {times}, is added{apart}.",
                said=said,
                times=" and ".join(times),
                apart=apart,
            )
        of = say(" of channel {nr}", nr=number) if self.w.shape[1] > 1 else ""
        return say(
            "pixel row {row}, column {column}{of} gets {sum_words}.",
            row=row,
            column=column,
            of=of,
            sum_words=self.sum_words(number, row, column),
        )

    def scatter_words(self, f: int, i: int, j: int) -> str:
        """Where one output's gradient goes."""
        of = say(" of map {f}", f=f) if len(self.w) > 1 else ""
        window = np.zeros((self.g.framed, self.g.framed))
        window[self.g.window(i, j)] = 1
        inside, cells = int(self.g.cut(window).sum()), self.g.kernel**2
        lost = (
            say("; {cells} more lie in the padding and are cut off", cells=cells - inside)
            if inside < cells
            else ""
        )
        pixels = "1 pixel" if inside == 1 else say("{inside} pixels", inside=inside)
        where = say("dy at row {i}, column {j}{of} is {dy}", i=i, j=j, of=of, dy=signed(self.dy[f, i, j]))
        return say(
            "{where}. Times the kernel it goes to {pixels} of its window{lost}.",
            where=where,
            pixels=pixels,
            lost=lost,
        )

    def sum_words(self, c: int, r: int, s: int) -> str:
        """The products that one pixel collects, and their sum."""
        row = readings.as_matrix(self.w, self.g).T[c * self.g.size**2 + r * self.g.size + s]
        ones = readings.as_matrix(np.ones_like(self.w), self.g).T[c * self.g.size**2 + r * self.g.size + s]
        used = np.flatnonzero(ones)
        if not len(used):
            return "nothing"
        total = signed(float(row @ self.dy.ravel()))
        if len(used) > 4:
            return say("{used} products, {total} in all", used=len(used), total=total)
        parts = " + ".join(f"{factor(self.dy.ravel()[k])}·{factor(row[k])}" for k in used)
        return f"{parts} = {total}"

    # Panels.

    def panels(self) -> list[Panel]:
        """What arrives, the kernel, what has come back; of the matrix reading, the matrix and the last."""
        if self.reading == "matrix":
            return [self.matrix_panel(), self.dx_panel()]
        return [self.arriving_panel(), self.kernel_panel(), self.dx_panel()]

    def arriving_panel(self) -> Panel:
        """dy, as it is or spread, with the numbers that the step uses outlined."""
        maps, marks = self.dy, []
        if self.reading == "gather":
            maps = readings.spread(self.dy, self.g)
            if self.now is not None:
                _, r, s = self.now
                steps = range(0, self.g.reach, self.g.dilation)
                marks = [
                    cell(maps.shape, f, r + p, s + q) for f in range(len(maps)) for p in steps for q in steps
                ]
        elif self.reading == "scatter" and self.now is not None:
            marks = [cell(maps.shape, *self.now, width=3)]
        elif self.now is not None:
            marks = [outline(maps.shape, self.now[0])]
        emits = "dy" if self.reading == "scatter" else ""
        return maps_panel(maps, TITLES[self.reading][0], (0, 0, 1, 4), marks, emits, "×", name="first")

    def kernel_panel(self) -> Panel:
        """The kernels: a row each, a column a channel; of the gathering reading, turned."""
        w = self.w[:, :, ::-1, ::-1] if self.reading == "gather" else self.w
        f, c, k, _ = w.shape
        tiled = mosaic(w.reshape(f * c, k, k), c)
        marks = [box(m * (k + 1), n * (k + 1), (k, k), "grid", 1) for n, m in np.ndindex(f, c)]
        if self.now is not None and self.reading == BY_WEIGHT:
            number, p, q = self.now
            marks += [box(m * (k + 1) + q, number * (k + 1) + p, width=3) for m in range(c)]
        elif self.now is not None and self.reading == "scatter":
            marks.append(box(0, self.now[0] * (k + 1), (c * (k + 1) - 1, k)))
        elif self.now is not None:
            marks.append(box(self.now[0] * (k + 1), 0, (k, f * (k + 1) - 1)))
        emits = "weights" if self.reading == BY_WEIGHT else ""
        title = TITLES[self.reading][1]
        how = "row: kernel, column: channel" if f * c > 1 else ""
        return grid_panel(tiled, title, (0, 4, 1, 4), marks, emits, "→", name="second", subtitle=how)

    def dx_panel(self) -> Panel:
        """What has come back so far; of two readings, in its padding."""
        title = TITLES[self.reading][2]
        if self.reading in ("scatter", BY_WEIGHT):
            maps = self.framed(self.dy, self.w) + 0.0
            how = "what lies outside the thin line is cut off" if self.g.padding else ""
            marks = self.framed_marks(maps)
            return maps_panel(maps, title, (0, 8, 1, 4), marks, name="dx", subtitle=how)
        maps, marks = self.made(self.dy, self.w), []
        maps.ravel()[self.step :] = np.nan
        if self.now is not None:
            marks = [cell(maps.shape, *self.now, width=3)]
        return maps_panel(maps, title, (0, 8, 1, 4), marks, "dx", name="dx", waits=not self.step)

    def framed_marks(self, maps: np.ndarray) -> list[Mark]:
        """The image within its padding, and the cells that the last step has added to."""
        marks = []
        if self.g.padding:
            side, gap = self.g.size, self.g.framed + 1
            for c in range(len(maps)):
                corner = c * gap + self.g.padding, self.g.padding
                marks.append(box(*corner, (side, side), color="ink", width=1.5))
        if self.now is None:
            return marks
        _, first, second = self.now
        slices = (self.g.window if self.reading == "scatter" else self.g.met)(first, second)
        rows, columns = (range(n.start, n.stop, n.step) for n in slices)
        return marks + [cell(maps.shape, c, r, s) for c in range(len(maps)) for r in rows for s in columns]

    def matrix_panel(self) -> Panel:
        """The transposed matrix, a row a pixel, and dy laid out in a row above its columns."""
        matrix = readings.as_matrix(self.w, self.g).T + 0.0
        rows, columns = matrix.shape
        height = max(1.0, rows / 14)  # of the strip above
        strip = (-0.5, columns - 0.5, -2.2 * height - 0.5, -1.2 * height - 0.5)
        shown, colors = ".0f" if columns <= 9 else "", {"cmap": "diverging", "vmin": -REACH, "vmax": REACH}
        marks: list[Mark] = [
            Heatmap(matrix, numbers=shown if rows <= 25 else "", means="weight", **colors),
            Heatmap(self.dy.reshape(1, -1), strip, numbers=shown, means="dy", **colors),
            Region(-0.5, columns - 0.5, -0.5, rows - 0.5, color="grid", filled=False, width=1),
            Region(strip[0], strip[1], strip[2], strip[3], color="grid", filled=False, width=1),
        ]
        if self.step:
            row = self.step - 1
            marks.append(box(0, row, (columns, 1), width=2.5))
            marks.append(Region(*strip, color="you", filled=False, width=2))
        x = Axis(-0.5, columns - 0.5, visible=False)
        y = Axis(rows - 0.5, strip[2] - 0.3 * height, visible=False)
        how = say(
            "{rows} rows, one for each pixel; {columns} columns, one for each output",
            rows=rows,
            columns=columns,
        )
        marks_at = (0, 0, 1, 8)
        title = TITLES["matrix"][0]
        return Panel(marks, x, y, title=title, subtitle=how, at=marks_at, grid=False, name="first")
