"""One update as five columns: forward, loss, backward, step, forward again; the present one is large."""

from __future__ import annotations

import numpy as np

from cnnlib.nn.functional import softmax
from cnnlib.runtime.language import marked, say, word
from cnnlib.viz import Arrows, Axis, Bars, Line, Mark, Panel, Points, Reference, Region, Text
from cnnlib.widgets.backpropagation.loss_words import boxed
from cnnlib.widgets.backpropagation.update_again import again_large
from cnnlib.widgets.backpropagation.update_picture import KernelStep, UpdatePicture
from cnnlib.widgets.backpropagation.update_step import step_large
from cnnlib.widgets.forward_pass.network_headings import short_name

STAGES = marked("1 forward", "2 loss", "3 backward", "4 step", "5 again")
FORWARD, LOSS, BACKWARD, STEP, AGAIN = range(5)
HEIGHT = 452.0
SMALL = 62.0  # pixels of a map in a small column
ROWS = (58.0, 152.0, 246.0)  # middles of the maps in a small column
FOOT = 378.0  # where the bars of a small column stand
LONG = 9  # letters of a name from which on it is drawn smaller
LARGE, MOST_WIDE = 115.0, 460.0  # of one in the large column, and of all beside one another
TOP, BOTTOM = 110.0, 290.0  # middles of the two rows of maps
NOW, DONE, WAITS = 5.3, 1.15, 0.95  # weights of the columns' widths
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
    """The five panels of a step; `facts` has the losses, `kernel` the one whose step is shown.

    `again` is the pass with the new weights, `others` are the images that took no part.
    """

    def __init__(
        self, picture: UpdatePicture, kernel: KernelStep, label: int, facts: dict, names, again, others
    ) -> None:
        self.picture, self.kernel, self.label, self.facts, self.names = picture, kernel, label, facts, names
        self.again, self.others = softmax(again.activations[-1])[0], others
        self.outputs, self.stage = picture.outputs, stage_of(picture.step, len(picture.outputs))
        self.p = softmax(picture.seen.activations[-1])[0]

    def panels(self) -> list[Panel]:
        """The present one large, what is done small, and what is to come empty."""
        small = (self.forward, self.loss, self.backward, self.step, self.waits)
        large = (self.forward_large, None, self.backward_large, self.step_large, self.again_large)
        found = []
        for k in range(5):
            at = (0, k, 2, 1)
            if k == self.stage == LOSS:
                found.append(self.curve(at))
                continue
            make = large[k] if k == self.stage else small[k] if k < self.stage else self.waits
            if (k, self.stage) == (AGAIN, STEP):
                make = self.asked
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
        said = "the same image, with the new weights" if k == self.stage == AGAIN else ""
        look = {"title": STAGES[k], "subtitle": said, "name": f"stage {k + 1}", **PLAIN}
        return Panel([*ground, frame, *marks], x, y, at=at, **look)

    def waits(self) -> list[Mark]:
        return [Text([0.5], [HEIGHT / 2 - 20], "not yet", color="muted", size=12)]

    def asked(self) -> list[Mark]:
        """What the last column will show: the same image, and a loss that is not known yet."""
        y = FOOT - 6
        return [
            *self.picture.value(0, 0.5, ROWS[0], SMALL),
            Text([0.5], [ROWS[0] + 45], "once more", color="muted", size=11),
            Text([0.5], [y - 50], "press Step", color="muted", size=11),
            Region(0.06, 0.94, y - 36, y + 36, color="muted", filled=False, width=1),
            Text([0.5], [y - 22], "loss now", color="muted", size=11),
            Text([0.5], [y + 5], "?", color="muted", bold=True, size=18),
        ]

    # What is left of a column that is done.

    def passed(self) -> list[int]:
        """The places of up to three outputs that a small column shows: what layers with weights read."""
        found = [i for i, output in enumerate(self.outputs[:-1]) if output.maps and self.read_by_weights(i)]
        return [0, *found[1:][-2:]]

    def read_by_weights(self, i: int) -> bool:
        after = self.outputs[i + 1]
        return not after.maps or after.name.startswith("convolution")

    def small_maps(self, back: bool) -> list[Mark]:
        """Their values from top to bottom, or their gradients, of which the kernel's stands at the top."""
        passed, marks = self.passed(), []
        for i, y in zip(passed, ROWS, strict=False):
            name = short_name(self.outputs[i])
            if back and not i:
                marks += self.kernel.map(self.kernel.gradient, 0.5, y, SMALL, "gradient")
                name = self.kernel.words
            else:
                marks += (self.picture.gradient if back else self.picture.value)(i, 0.5, y, SMALL)
            marks.append(Text([0.5], [y - 40], name, color="muted", size=11))
        low = np.array(ROWS[: len(passed)]) + 34
        way = np.full(len(low), 8.0)
        x = np.full(len(low), 0.5)
        start, way = (low + 8, -way) if back else (low, way)
        return [*marks, Arrows(x, start, 0 * x, way, color="ink", width=2)]

    def forward(self) -> list[Mark]:
        guess = int(self.p.argmax())
        name = str(self.names[guess])
        return [
            *self.small_maps(False),
            Text([0.5], [308], name, bold=True, size=20 if len(name) < LONG else 15),
            Text([0.5], [328], say("{share:.0%} sure", share=float(self.p[guess])), color="muted", size=11),
            *self.bars(self.p, FOOT - 6, 30, "probability p"),
        ]

    def loss(self) -> list[Mark]:
        y = FOOT - 6
        share, here = np.linspace(0.015, 1, 60), float(self.p[self.label])
        low, high = y - 62, 36.0

        def height(values):
            return low - (low - high) * np.minimum(-np.log(values) / 4.2, 1.0)

        x, spot = 0.12 + 0.76 * share, height(max(here, 0.015))
        return [
            Text([0.5], [ROWS[0] - 43], "−ln p", color="muted", size=11),
            Text([0.5], [low + 12], "p, from 0 to 1", color="muted", size=11),
            Line(x, height(share), "ink", 1.5),
            Line([0.12, 0.12, 0.88], [high, low, low], "muted", 1),
            Points([0.12 + 0.76 * here], [spot], "you", 5, outline="paper"),
            Region(0.06, 0.94, y - 36, y + 36, color="ink", filled=False, width=2),
            Text([0.5], [y - 22], "loss before", bold=True, size=11),
            Text([0.5], [y], boxed(self.facts["before"]), bold=True, size=18),
            Text([0.5], [y + 22], f"−ln {here:.2g}", color="muted", size=11),
        ]

    def backward(self) -> list[Mark]:
        return [
            *self.small_maps(True),
            *self.bars(self.p - np.eye(len(self.p))[self.label], FOOT - 30, 28, "p − label"),
        ]

    def step(self) -> list[Mark]:
        k, (up, down) = self.kernel, self.kernel.moves()
        rows = (
            (k.old, "", say("old {kernel}", kernel=k.words), k.reach),
            (k.move, "− ", word("change"), None),
            (k.new, "= ", word("new"), k.reach),
        )
        marks: list[Mark] = []
        for (values, sign, name, reach), y in zip(rows, ROWS, strict=True):
            marks += k.map(values, 0.5, y, SMALL, name, reach)
            title = sign + name
            marks.append(Text([0.5], [y - 43], title, color="muted", size=11))
        counts = [say("▲ {up:,} up", up=up), say("▼ {down:,} down", down=down)]
        counts.append(say("= {still:,} stay", still=k.still()))
        marks.append(Text([0.5], [326], "weights", color="muted", size=11))
        marks.append(Text([0.5] * 3, [346, 364, 382], counts, size=11))
        return marks

    def bars(self, values: np.ndarray, base: float, high: float, title: str) -> list[Mark]:
        """Small bars, one a class, upwards and downwards; beneath them the name of the right one."""
        x = 0.08 + 0.84 * (np.arange(len(values)) + 0.5) / len(values)
        width = 0.6 * 0.84 / len(values)
        signs = bool((values < 0).any())
        marks: list[Mark] = [Line([0.05, 0.95], [base, base], "muted", 1)]
        for sign, color in ((1, "pos" if signs else "ink"), (-1, "neg")):
            keep = np.sign(values) == sign
            if keep.any():
                marks.append(Bars(x[keep], -high * values[keep], width=width, base=base, color=color))
        low = base + high * max(0.0, float(np.max(-values))) + 10
        spot, said = float(x[self.label]), say("true: {name}", name=self.names[self.label])
        edge = (0.06, "left") if spot < 0.35 else (0.94, "right") if spot > 0.65 else (spot, "center")
        marks.append(Text([edge[0]], [low], said, bold=True, size=11, align=edge[1]))
        marks.append(Text([0.5], [FOOT + 28], title, color="muted", size=11))
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
        return step_large(self.kernel)

    def again_large(self) -> list[Mark]:
        return again_large(self)
