"""One update as five columns: forward, loss, backward, step, forward again; the present one is large."""

from __future__ import annotations

import numpy as np

from cnnlib.nn.functional import softmax
from cnnlib.runtime.language import marked, say, word
from cnnlib.viz import Arrows, Axis, Bars, Line, Mark, Panel, Points, Reference, Region, Text
from cnnlib.widgets.backpropagation.loss_words import boxed
from cnnlib.widgets.backpropagation.update_picture import KernelStep, UpdatePicture
from cnnlib.widgets.forward_pass.network_headings import short_name

STAGES = marked("1 forward", "2 loss", "3 backward", "4 step", "5 again")
FORWARD, LOSS, BACKWARD, STEP, AGAIN = range(5)
HEIGHT = 452.0
SMALL = 74.0  # pixels of a map in a small column
LONG = 9  # letters of a name from which on it is drawn smaller
LARGE, MOST_WIDE = 115.0, 460.0  # of one in the large column, and of all beside one another
MATRIX = 153.0  # pixels of a kernel with its numbers
TOP, BOTTOM = 110.0, 290.0  # middles of the two rows of maps
NOW, DONE, WAITS = 5.0, 1.2, 0.95  # weights of the columns' widths
PLAIN = {"grid": False, "legend": ""}


def stage_of(step: int, count: int) -> int:
    """Which column a step belongs to, of a network with `count` drawn outputs.

    >>> [stage_of(step, 8) for step in (0, 7, 8, 9, 16, 17, 18)]
    [0, 0, 1, 2, 2, 3, 4]
    """
    if step <= count:
        return LOSS if step == count else FORWARD
    return BACKWARD if step <= 2 * count else STEP if step == 2 * count + 1 else AGAIN


def tracks(stage: int) -> tuple[float, ...]:
    """Weights of the columns' widths: the present one is large, those to come are narrow."""
    return tuple(NOW if k == stage else DONE if k < stage else WAITS for k in range(5))


class UpdateColumns:
    """The five panels of a step; `facts` has the losses, `kernel` the one whose step is shown."""

    def __init__(self, picture: UpdatePicture, kernel: KernelStep, label: int, facts: dict, names) -> None:
        self.picture, self.kernel, self.label, self.facts, self.names = picture, kernel, label, facts, names
        self.outputs, self.stage = picture.outputs, stage_of(picture.step, len(picture.outputs))
        self.p = softmax(picture.seen.activations[-1])[0]

    def panels(self) -> list[Panel]:
        """All but the last, whose place is taken by others when it is reached."""
        small = (self.forward, self.loss, self.backward, self.step, self.waits)
        large = (self.forward_large, None, self.backward_large, self.step_large)
        found = []
        for k in range(5 - (self.stage == AGAIN)):
            at = (0, k, 2, 1)
            if k == self.stage == LOSS:
                found.append(self.curve(at))
                continue
            make = large[k] if k == self.stage else small[k] if k < self.stage else self.waits
            found.append(self.column(make(), k, at))
        return found

    def column(self, marks: list[Mark], k: int, at: tuple) -> Panel:
        """A framed column; the present one in the learner's colour."""
        now = k == self.stage
        frame = Region(
            0, 1, 0, HEIGHT - 30, color="you" if now else "grid", filled=False, width=2 if now else 1
        )
        ground = [Region(0, 1, 0, HEIGHT - 30, color="panel", alpha=1)] if k < self.stage else []
        x, y = Axis(0, 1, visible=False), Axis(HEIGHT - 29, -1, visible=False)
        return Panel([*ground, frame, *marks], x, y, title=STAGES[k], at=at, name=f"stage {k + 1}", **PLAIN)

    def waits(self) -> list[Mark]:
        return [Text([0.5], [HEIGHT / 2 - 20], "not yet", color="muted", size=12)]

    # What is left of a column that is done.

    def forward(self) -> list[Mark]:
        guess = int(self.p.argmax())
        name = str(self.names[guess])
        return [
            *self.picture.value(0, 0.5, 62, SMALL),
            Arrows([0.5], [108], [0], [104], color="ink", width=2.5),
            Text([0.5], [232], "guess", color="muted", size=12),
            Text([0.5], [256], name, bold=True, size=20 if len(name) < LONG else 15),
            Text([0.5], [278], say("{share:.0%} sure", share=float(self.p[guess])), color="muted", size=11),
            *self.bars(self.p, 392, 80, "softmax"),
        ]

    def loss(self) -> list[Mark]:
        y = 372
        return [
            Region(0.06, 0.94, y - 36, y + 36, color="ink", filled=False, width=2),
            Text([0.5], [y - 22], "loss before", bold=True, size=11),
            Text([0.5], [y], boxed(self.facts["before"]), bold=True, size=18),
            Text([0.5], [y + 22], f"−ln {np.exp(-self.facts['before']):.2g}", color="muted", size=11),
        ]

    def backward(self) -> list[Mark]:
        return [
            *self.kernel.map(self.kernel.gradient, 0.5, 62, SMALL, "gradient"),
            Text([0.5], [112], self.kernel.words, color="muted", size=11),
            Arrows([0.5], [268], [0], [-140], color="ink", width=2.5),
            *self.bars(self.p - np.eye(len(self.p))[self.label], 362, 46, "p − label"),
        ]

    def step(self) -> list[Mark]:
        up, down = self.kernel.moves()
        return [
            *self.kernel.map(self.kernel.new, 0.5, 62, SMALL, "new kernel", self.kernel.reach),
            Text([0.5], [112], say("new {kernel}", kernel=self.kernel.words), color="muted", size=11),
            Text([0.5], [150], "weights", color="muted", size=11),
            Text([0.5], [168], say("{up:,} up", up=up), size=11),
            Text([0.5], [184], say("{down:,} down", down=down), size=11),
        ]

    def bars(self, values: np.ndarray, base: float, high: float, title: str) -> list[Mark]:
        """Small bars, one a class, upwards and downwards; the label's is named."""
        x = 0.08 + 0.84 * (np.arange(len(values)) + 0.5) / len(values)
        width = 0.6 * 0.84 / len(values)
        signs = (values < 0).any()
        marks: list[Mark] = [Line([0.05, 0.95], [base, base], "muted", 1)]
        for sign, color in ((1, "pos" if signs else "ink"), (-1, "neg")):
            keep = np.sign(values) == sign
            if keep.any():
                marks.append(Bars(x[keep], -high * values[keep], width=width, base=base, color=color))
        tallest = high * max(0.0, float(np.max(values)))
        marks.append(Text([0.5], [base - tallest - 14], title, color="muted", size=11))
        marks.append(Points([x[self.label]], [base + 22 + high * signs * 0.6], "ink", 4, shape="diamond"))
        return marks

    # The present column.

    def places(self) -> list[tuple[float, float]]:
        """Where the maps of the layers stand: two rows, from left to right."""
        across = -(-len(self.outputs) // 2)
        return [((i % across + 0.5) / across, (TOP, BOTTOM)[i // across]) for i in range(len(self.outputs))]

    def lane(self, back: bool) -> list[Mark]:
        places, across = self.places(), -(-len(self.outputs) // 2)
        pitch = min(LARGE, MOST_WIDE / across)
        needs = across * (pitch + 32)  # pixels of width: narrower columns have smaller maps
        x, y = np.array(places).T
        names = [short_name(output) for output in self.outputs]
        marks: list[Mark] = [Text(x, y - LARGE / 2 - 13, names, bold=True, size=12)]
        half = 0.5 / across
        for i in range(len(places) - 1):
            if (i + 1) % across:
                start = x[i] + half + (0.012 if back else -0.012)
                marks.append(Arrows([start], [y[i]], [-0.024 if back else 0.024], [0], "ink", 2.5))
        for i, (place_x, place_y) in enumerate(places):
            show = self.picture.gradient if back else self.picture.value
            marks += show(i, place_x, place_y, pitch, needs)
        return marks

    def forward_large(self) -> list[Mark]:
        return [*self.lane(False), Text([0.5], [392], "values, forwards →", color="muted", size=12)]

    def backward_large(self) -> list[Mark]:
        words = "← gradient; blue: the loss rises with this number, orange: it falls"
        return [*self.lane(True), Text([0.5], [392], words, color="muted", size=11)]

    def curve(self, at: tuple) -> Panel:
        """The loss by the share that the right class has, and where this image is."""
        share = np.linspace(0.002, 1, 200)
        here, loss = float(self.p[self.label]), self.facts["before"]
        top, said = max(4.0, 1.15 * loss), say("loss {loss:.3g}", loss=loss)
        marks: list[Mark] = [
            Line(share, -np.log(share), "ink", 2),
            Line([here, here], [0, loss], "you", 1.5, "dashed"),
            Points([here], [loss], "you", 7, outline="paper"),
            Text([here], [loss], said, bold=True, size=14, align="left", shift=(12, -10)),
            Reference(say("{loss:.2f} = guessing", loss=np.log(len(self.p))), y=float(np.log(len(self.p)))),
        ]
        x = Axis(0, 1, say("share of the right class, {name}", name=self.names[self.label]))
        how = "minus the logarithm of the share"
        return Panel(marks, x, Axis(0, top), title=STAGES[LOSS], subtitle=how, at=at, name="stage 2")

    def step_large(self) -> list[Mark]:
        k = self.kernel
        marks: list[Mark] = []
        parts = (
            (k.old, say("old {kernel}", kernel=k.words), "", k.reach, "−"),
            (k.move / k.unit, word("rate × gradient"), k.in_units, None, "="),
            (k.new, word("new"), "", k.reach, ""),
        )
        for i, (values, title, unit, reach, sign) in enumerate(parts):
            x = (i + 0.5) / 3
            marks.append(Text([x], [24], title, bold=True, size=12))
            marks.append(Text([x], [40], unit, color="muted", size=11))
            marks += k.map(values, x, 132, MATRIX, title, reach, numbers=True, needs=3.75 * MATRIX)
            if sign:
                marks.append(Text([(i + 1) / 3], [132], sign, bold=True, size=20))
        up, down = k.moves()
        for row, words in enumerate(k.worked()):
            y = 270 + 38 * row
            marks.append(Region(0.03, 0.97, y - 15, y + 15, color="panel", alpha=1))
            marks.append(Text([0.5], [y], words, size=11.5))
        said = say(
            "Of {all:,} weights {up:,} go up, {down:,} down; {still:,} stay.",
            all=up + down + k.still(),
            up=up,
            down=down,
            still=k.still(),
        )
        marks.append(Text([0.5], [356], said, color="muted", size=12))
        return marks
