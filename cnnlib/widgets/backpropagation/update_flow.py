"""The four stages before the answer, small, from top to bottom: forward, loss, backward, step."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.language import marked, say, word
from cnnlib.viz import Arrows, Axis, Bars, Line, Mark, Panel, Region, Text
from cnnlib.widgets.backpropagation.loss_words import short
from cnnlib.widgets.backpropagation.update_picture import KernelStep, UpdatePicture
from cnnlib.widgets.forward_pass.network_headings import short_name

STAGES = marked("1 forward", "2 loss", "3 backward", "4 step", "5 again")
FORWARD, LOSS, BACKWARD, STEP, AGAIN = range(5)
HEIGHT = 466.0
DEEP = HEIGHT - 28  # pixels of the panel beneath its title
WIDTH = 345.0  # and its width: x and y of a mark are pixels
CARDS = ((0.0, 121.0), (131.0, 165.0), (175.0, 296.0), (306.0, DEEP))  # upper and lower edge of each stage
MAP, KERNEL = 76.0, 64.0  # pixels of a map and of a kernel
NAMED, SHOWN = 33.0, 77.0  # pixels from a card's upper edge to the names and to the middles of the maps
MAPS, LAST = (48.0, 136.0, 224.0), 304.0  # middles of three maps, and of what stands at their right
KERNELS, SIGNS = (54.0, 172.5, 291.0), (113.0, 232.0)
LONG = 6  # letters from which on a name, and beyond which a loss is drawn smaller


def stage_of(step: int, count: int) -> int:
    """Which stage a step belongs to, of a network with `count` drawn outputs.

    >>> [stage_of(step, 8) for step in (0, 7, 8, 9, 16, 17, 18)]
    [0, 0, 1, 2, 2, 3, 4]
    """
    if step <= count:
        return LOSS if step == count else FORWARD
    return BACKWARD if step <= 2 * count else STEP if step == 2 * count + 1 else AGAIN


class UpdateFlow:
    """Values to the right, gradients back to the left, and the step of one kernel; what is to come is empty.

    `p` are the probabilities of the first way forwards, `kernel` is the one whose step is shown.
    """

    def __init__(self, picture: UpdatePicture, kernel: KernelStep, p, label: int, loss: float, names) -> None:
        self.picture, self.kernel, self.p, self.label = picture, kernel, p, label
        self.value, self.names = loss, names
        self.outputs, self.stage = picture.outputs, stage_of(picture.step, len(picture.outputs))

    def panel(self) -> Panel:
        """All four; the present one framed in the learner's colour."""
        marks: list[Mark] = []
        for k, (make, (top, low)) in enumerate(zip(self.stages(), CARDS, strict=True)):
            now, there = k == self.stage, k <= self.stage
            color = "you" if now else "grid"
            marks.append(Region(0, WIDTH, top, low, color=color, filled=False, width=2 if now else 1))
            heading = "ink" if there else "muted"
            marks.append(Text([10], [top + 17], STAGES[k], heading, bold=True, size=13, align="left"))
            marks += make() if there else [Text([LAST], [top + 17], "not yet", color="muted", size=11)]
        x, y = Axis(0, WIDTH, visible=False), Axis(DEEP + 1, -1, visible=False)
        return Panel(marks, x, y, title="One update", subtitle="by one image", grid=False, name="flow")

    def stages(self):
        return self.forward, self.loss, self.backward, self.step

    # The rows of maps.

    def passed(self) -> list[int]:
        """The places of up to three outputs that are shown: what layers with weights read."""
        found = [i for i, output in enumerate(self.outputs[:-1]) if output.maps and self.read_by_weights(i)]
        return [0, *found[1:][-2:]]

    def read_by_weights(self, i: int) -> bool:
        after = self.outputs[i + 1]
        return not after.maps or after.name.startswith("convolution")

    def row(self, back: bool, top: float) -> list[Mark]:
        """Their values, or their gradients, of which the kernel's stands at the left; with arrows between."""
        passed, y = self.passed(), top + SHOWN
        marks: list[Mark] = []
        for i, x in zip(passed, MAPS, strict=False):
            name = short_name(self.outputs[i])
            if back and not i:
                name = self.kernel.words
                marks += self.kernel_gradient(x, y)
            else:
                marks += (self.picture.gradient if back else self.picture.value)(i, x, y, MAP)
            marks.append(Text([x], [top + NAMED], name, color="muted", size=11))
        x = np.array(MAPS[: len(passed)]) + MAP / 2 + (10 if back else -1)
        way = np.full(len(x), -11.0 if back else 11.0)
        return [*marks, Arrows(x, np.full(len(x), y), way, 0 * x, color="ink", width=2)]

    def kernel_gradient(self, x: float, y: float) -> list[Mark]:
        if not self.picture.reached(0)[True]:
            return [Text([x], [y], "not yet", color="muted", size=11)]
        return self.kernel.map(self.kernel.gradient, x, y, MAP, word("gradient"))

    # The four stages.

    def forward(self) -> list[Mark]:
        top = CARDS[FORWARD][0]
        marks = [*self.row(False, top), Text([LAST], [top + NAMED], "guess", color="muted", size=11)]
        if not self.picture.reached(len(self.outputs) - 1)[False]:
            return [*marks, Text([LAST], [top + SHOWN], "not yet", color="muted", size=11)]
        guess = int(self.p.argmax())
        name, share = str(self.names[guess]), say("{p:.0f} % sure", p=100 * float(self.p[guess]))
        size = 30 if len(name) < LONG else 14
        return [
            *marks,
            Text([LAST], [top + 70], name, bold=True, size=size),
            Text([LAST], [top + 100], share, color="muted", size=11),
        ]

    def loss(self) -> list[Mark]:
        top, low = CARDS[LOSS]
        middle, here = (top + low) / 2, float(self.p[self.label])
        missing = -np.expm1(-self.value)  # tells more where the share is nearly 1
        said = f"{here:.3g}" if here < 0.99 else f"(1 − {missing:.2g})"
        share, value = say("−ln {share} (right class) =", share=said), short(self.value)
        return [
            Text([LAST - 46], [middle], share, color="muted", size=12, align="right"),
            Text([LAST - 4], [middle], value, bold=True, size=18 if len(value) <= LONG else 13),
            self.down(LAST, CARDS[FORWARD][1]),
        ]

    def backward(self) -> list[Mark]:
        top = CARDS[BACKWARD][0]
        return [
            *self.row(True, top),
            *self.bars(self.p - np.eye(len(self.p))[self.label], top + 60, 34),
            Text([LAST + 4], [top + NAMED], "p − label", color="muted", size=11),
            self.down(LAST, CARDS[LOSS][1]),
        ]

    def step(self) -> list[Mark]:
        top, k = CARDS[STEP][0], self.kernel
        old, new = say("old {kernel}", kernel=k.words), word("new")
        change = say("{rate:.3g} × gradient", rate=k.rate)
        rows = (
            (k.old, old, old, k.reach),
            (k.move, change, word("rate × gradient"), None),
            (k.new, new, new, k.reach),
        )
        marks: list[Mark] = [self.down(MAPS[0], CARDS[BACKWARD][1])]
        for (values, name, means, reach), x in zip(rows, KERNELS, strict=True):
            marks += k.map(values, x, top + SHOWN - 4, KERNEL, means, reach)
            marks.append(Text([x], [top + NAMED - 1], name, color="muted", size=11))
        marks.append(Text(SIGNS, [top + SHOWN - 4] * 2, ["−", "="], bold=True, size=20))
        worked = k.worked()
        if worked is not None:
            marks.append(Text([WIDTH / 2], [CARDS[STEP][1] - 13], worked, size=12))
        return marks

    def down(self, x: float, y: float) -> Arrows:
        """From the lower edge of a stage into the next one."""
        return Arrows([x], [y - 1], [0], [12], color="ink", width=2)

    def bars(self, values: np.ndarray, base: float, high: float) -> list[Mark]:
        """Small bars, one a class, upwards and downwards; beneath them the name of the right one."""
        left, wide = LAST - 26, 60.0
        x = left + wide * (np.arange(len(values)) + 0.5) / len(values)
        marks: list[Mark] = [Line([left, left + wide], [base, base], "muted", 1)]
        for sign, color in ((1, "pos"), (-1, "neg")):
            keep = np.sign(values) == sign
            if keep.any():
                width = 0.66 * wide / len(values)
                marks.append(Bars(x[keep], -high * values[keep], width=width, base=base, color=color))
        low = base + high * max(0.0, float(np.max(-values))) + 12
        said = say("true: {name}", name=self.names[self.label])
        return [*marks, Text([left + wide / 2], [low], said, bold=True, size=11)]
