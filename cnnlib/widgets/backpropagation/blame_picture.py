"""One map a layer, values forwards above, gradients backwards below, and what acts between two columns."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from cnnlib.nn.layers import Conv2d
from cnnlib.runtime.language import say
from cnnlib.viz import Arrows, Axis, ColorScale, Line, Maps, Mark, Panel, Region, Text
from cnnlib.widgets.backpropagation.blame_rules import RULES, rules
from cnnlib.widgets.backpropagation.blame_way import course, framed, numbers, read_by, remarks, window_before
from cnnlib.widgets.forward_pass.network_headings import short_name
from cnnlib.widgets.forward_pass.network_layout import LayerOutput, reach_of, shared_ends
from cnnlib.widgets.forward_pass.network_picture import picture_of

PITCH, FORWARD, THUMB = 98.0, 62.0, 22.0  # pixels of a gradient, its values, a thumb
VALUES, GRADIENTS, NUMBERS, THUMBS = 80.0, 326.0, 396.0, 453.0  # heights of the rows' middles
WIDE, LESS = 790.0, 700.0  # pixels of all gradients of a unit, and of those beside the loss
HEIGHT = 479.0
BESIDE = 24.0  # pixels between two maps at least
NAMED = 8  # columns at most whose gradients have room for the layer's name


def single(output: LayerOutput, values, index: int, **look) -> Maps:
    """One map of an output, or a vector, as a mark."""
    z = values[index] if output.maps else output.picture(values)
    words = say("{layer}, map {index}", layer=output.title, index=index) if output.maps else output.title
    return Maps(z, tile=(*z.shape, 1), framed=False, means=words, tile_names=("",), **look)


class BlamePicture:
    """Marks of both directions; `followed` is the map shown of every output, `way` the place in it."""

    def __init__(
        self, model, outputs, output: LayerOutput, unit, values, gradients, *, back=None, loss=None
    ) -> None:
        self.model, self.outputs, self.output, self.unit = model, outputs, output, unit
        self.values, self.gradients = values, gradients
        self.back, self.loss = (
            back,
            loss,
        )  # columns that the gradient has reached, None: all; the loss's words
        self.x = (np.arange(len(outputs)) + 0.5) / (len(outputs) + (loss is not None))
        self.followed, self.way = self.follow()
        self.pitch = min(PITCH, (WIDE if loss is None else LESS) / len(outputs))
        self.needs = (self.pitch + BESIDE) * (len(outputs) + (loss is not None))  # of width

    def reached(self, output: LayerOutput) -> bool:
        return output.place <= self.output.place

    def come(self, output: LayerOutput) -> bool:
        """Whether the gradient has come to an output while it runs backwards."""
        places = [o.place for o in self.outputs if self.reached(o)]
        return self.reached(output) and (
            self.back is None or sum(place >= output.place for place in places) <= self.back
        )

    def follow(self) -> tuple[list[int], list[tuple | None]]:
        """Backwards from the unit: the map and the place in it that would move the unit most."""
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
                if self.loss is not None:  # where the number is large as well: its gate is open
                    weighed = gradient[index] * (1e-6 + np.abs(self.values[output.place][0][index]))
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

    # Rows.

    def marks(self) -> list[Mark]:
        count = len(self.outputs)
        wide = count + (self.loss is not None)
        step, half = 1 / wide, 0.5 * (self.pitch + 8) / (wide * 128)
        gaps = self.x[:-1] + half, self.x[1:] - half
        last = sum(self.reached(output) for output in self.outputs) - 1
        right = float(self.x[last])
        marks: list[Mark] = [
            Region(0, min(1.0, right + step / 2), GRADIENTS - 68, GRADIENTS + 92, color="panel", alpha=1),
            Text([0], [10], "1 Forwards: values", color="muted", align="left", bold=True, size=13),
            Text([0.19], [10], "Click any square: what moves it?", align="left", size=13),
            Line([0.51, 0.97], [10, 10], "muted", 1),
            Arrows([0.97], [10], [0.02], [0], color="muted", width=1),
            Text([0], [GRADIENTS - 84], "3 Backwards: gradient", align="left", bold=True, size=14),
            Arrows([0.28], [GRADIENTS - 84], [-0.024], [0], color="ink", width=3),
            *self.meaning(),
        ]
        if count > 1:
            middle = (gaps[0] + gaps[1]) / 2
            small = np.full(count - 1, 0.03)
            marks.append(Arrows(middle - 0.015, np.full(count - 1, VALUES), small, small * 0, "muted", 1))
            keep = np.array([self.come(output) for output in self.outputs[:-1]]) & (
                np.arange(count - 1) < last
            )
            if keep.any():
                start, zeros = middle[keep] + 0.01, np.zeros(keep.sum())
                marks.append(Arrows(start, zeros + GRADIENTS + 33, zeros - 0.02, zeros, "ink", 3))
        marks += self.loss_marks(step)
        return [
            *marks,
            *self.names(),
            *self.maps(),
            *rules(self),
            *course(self, GRADIENTS),
            *numbers(self, NUMBERS - 8),
            *self.thumbs(),
            *remarks(self, GRADIENTS, THUMBS - 18),
        ]

    def meaning(self) -> list[Mark]:
        """What both colours of a gradient mean, on a level with its heading."""
        signs, right = "blue raises the unit, orange lowers it", 1.0
        if self.loss is not None:  # left of the line that leaves the loss
            signs, right = "blue: the loss rises, orange: it falls", float(self.x[-1] + 0.5 / len(self.x))
        look = {"align": "right", "color": "muted", "size": 12}
        return [Text([right], [GRADIENTS - 84], signs, **look)]

    def loss_marks(self, step: float) -> list[Mark]:
        """The loss at the right: values run into it from above, the gradient leaves it below."""
        if self.loss is None:
            return []
        number, how = self.loss
        x, edge, low = float(self.x[-1] + step), float(self.x[-1] + 0.3 * step), (RULES - 30, RULES + 30)
        marks: list[Mark] = [
            Line([edge, x, x], [VALUES, VALUES, low[0] - 12], "muted", 1),
            Arrows([x], [low[0] - 16], [0], [14], color="muted", width=1),
            Region(x - 0.45 * step, x + 0.45 * step, *low, color="ink", filled=False, width=2),
            Text([x], [low[0] + 11], "loss", bold=True, size=12),
            Text([x], [RULES + 1], number, bold=True, size=18),
            Text([x], [low[1] - 9], how, color="muted", size=10),
        ]
        if self.back is None or self.back:
            marks.append(Line([x, x, edge + 0.2 * step], [low[1], GRADIENTS, GRADIENTS], "ink", 3))
            marks.append(Arrows([edge + 0.25 * step], [GRADIENTS], [-0.2 * step], [0], color="ink", width=3))
        return marks

    def names(self) -> list[Mark]:
        names, above = [short_name(output) for output in self.outputs], VALUES - FORWARD / 2 - 12
        at_scores = "p − label" if self.loss is not None else ""
        which = [
            say("map {m}", m=m) if o.maps and o.place else at_scores if o.place else ""
            for o, m in zip(self.outputs, self.followed, strict=True)
        ]
        if len(names) <= NAMED:
            every = zip(self.outputs, names, which, self.followed, strict=True)
            which = [
                (say("{layer}, map {index}", layer=n, index=m) if o.maps and w else w or n) * self.reached(o)
                for o, n, w, m in every
            ]
        chosen = [output.name == self.output.name for output in self.outputs]
        marks: list[Mark] = []
        for color, wanted in (("ink", True), ("muted", False)):
            keep = [i for i, output in enumerate(self.outputs) if self.reached(output) == wanted]
            words = [names[i] for i in keep]
            marks += [Text(self.x[keep], [above] * len(keep), words, color=color, bold=True)] if keep else []
        for color, wanted in (("muted", False), ("you", True)):
            keep = [i for i, one in enumerate(chosen) if one == wanted]
            if keep:
                low = [GRADIENTS - self.pitch / 2 - 9] * len(keep)
                marks.append(Text(self.x[keep], low, [which[i] for i in keep], color=color, size=11))
        return marks

    def colors(self, output: LayerOutput, array, gradient: bool) -> dict:
        if output.place == 0 and not gradient:
            return {"cmap": "ink" if output.shape[0] == 1 else "gray", "vmin": 0, "vmax": 1}
        reach = reach_of([array])
        low, high = (-reach, reach) if gradient else shared_ends([array])
        return {"cmap": "diverging", "vmin": low, "vmax": high}

    def maps(self) -> list[Mark]:
        """The values of one map a layer, and beneath them its gradient, with its scale."""
        marks: list[Mark] = []
        nexts = [*zip(self.outputs[1:], self.way[1:], strict=True), None]
        rows = zip(self.x, self.outputs, self.followed, self.way, nexts, strict=True)
        for x, output, index, place, after in rows:
            look = {"x": x, "pitch": self.pitch, "needs": self.needs, "boxes": framed(output, place)}
            value, faint = self.values[output.place][0], None if self.reached(output) else np.array([0.3])
            marks.append(
                single(
                    output,
                    value,
                    index,
                    y=VALUES,
                    emits=f"one:{output.name}",
                    opacity=faint,
                    **look | {"pitch": min(FORWARD, self.pitch)},
                    **self.colors(output, value, False),
                )
            )
            if not self.come(output):
                if self.reached(output):
                    marks.append(Text([x], [GRADIENTS], "not yet", color="muted", size=11))
                continue
            gradient = self.gradients[output.place][0]
            window = window_before(self.model, output, *after) if after else None
            look["boxes"] = framed(output, place, window)
            colors = self.colors(output, gradient, True)
            marks.append(
                single(output, gradient, index, y=GRADIENTS, emits=f"one:{output.name}", **look, **colors)
            )
        return marks + self.scales()

    def scales(self) -> list[Mark]:
        """One scale beneath neighbours whose gradients have the same."""
        shown = [i for i, o in enumerate(self.outputs) if self.come(o) and o.name != self.output.name]

        def reach(i: int) -> float:
            return float(f"{reach_of([self.gradients[self.outputs[i].place][0]]):.2g}")

        least = 96.0 * len(self.outputs)
        places = [(high, float(self.x[list(same)].mean())) for high, same in groupby(shown, key=reach)]
        return [ColorScale.both_ways(x, NUMBERS + 10, high, (-18, 0), least) for high, x in places]

    def thumbs(self) -> list[Mark]:
        """The gradients of all maps of every block's last layer, small: click one to follow it."""
        marks: list[Mark] = []
        for i, (x, output, index) in enumerate(zip(self.x, self.outputs, self.followed, strict=True)):
            if len(output.maps) < 2 or not output.place or not self.kernels_after(i):
                continue
            across = -(-len(output.maps) // 2)
            array = self.gradients[output.place][0] if self.come(output) else np.zeros(output.shape)
            state = np.array([2.0 * (m == index) for m in output.maps])
            look = {"x": x, "y": THUMBS, "pitch": THUMB, "across": across, "emits": f"unit:{output.name}"}
            reach = reach_of([array])
            marks.append(
                picture_of(output, array, **look, state=state, vmin=-reach, vmax=reach, cmap="diverging")
            )
        if marks:
            x, beside = float(marks[0].x), -marks[0].across * THUMB / 2 - 10
            look = {"align": "right", "color": "muted", "size": 12, "shift": (beside, 0)}
            marks.append(Text([x], [THUMBS - 6], "all maps:", **look))
            marks.append(Text([x], [THUMBS + 10], "click to follow", **look))
        return marks

    def panel(self) -> Panel:
        x, y = Axis(0, 1, visible=False), Axis(HEIGHT, 0, visible=False)
        return Panel(self.marks(), x, y, grid=False, name="blame")
