"""Are bad minima common? Thirty networks of one width trained at once, from thirty seeds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.ensemble import NetworkEnsemble, train_ensemble
from cnnlib.networks import small_cnn
from cnnlib.nn.optim import SGD
from cnnlib.runtime.language import marked, say, say_many
from cnnlib.viz import Axis, Figure, Line, Narrow, Note, Panel, Points, Reference, Region, Scene
from cnnlib.widgets.base import Choice, Widget
from cnnlib.widgets.base.decades import decades

WIDTHS = ("1", "2", "4", "8", "16")
SEEDS, EPOCHS = 30, 6
LOW, HIGH = 0.001, 5.0  # losses drawn at most
LEVELS = 30  # of the dots along the axis: those of one level stand side by side
#: Radius of a dot in pixels, and what part of a column lies between two: on a page, and on a phone.
DOTS = {"widths": (5.5, 0.062), "narrow": (2.6, 0.085)}
NARROW = Narrow(("330px",), (1,), 330, {"narrow": (0, 0)}, only=("narrow",))


class SeedHistogram(Widget):
    """Thirty seeds of one width: a histogram of dots while they train, beside the widths done before.

    It opens after `opening` steps.

    Facts: ``width``, ``steps``, ``median``, ``best``, ``worst`` (losses on 360 training images), ``ratio``
    (ninth decile over first), ``stuck`` (networks with a loss above 1), ``finished`` (widths trained to the
    end).

    >>> SeedHistogram(width="1", opening=0).text.rpartition(' wait')[0]
    'No step yet: 30 networks with 1 filter in the first layer and 2 in the second'
    """

    title = "Are bad minima common?"
    controls = (Choice("width", WIDTHS, default="4", label="Filters in the first layer", picker="segments"),)
    speed = "25 steps a second"
    restarts = ("width",)

    def __init__(self, *, opening: int = 60, **options):
        self.finished, self.opening = {}, opening
        super().__init__(**options)
        self.advance(opening)

    def reset(self):
        super().reset()
        self.advance(self.opening)

    def begin(self):
        self.width = int(self.state["width"])
        self.ensemble = NetworkEnsemble([small_cnn(seed, width=self.width) for seed in range(SEEDS)])
        self.steps = 0

    def train(self):
        """One ``yield`` a step of all thirty."""
        digits = load_digits()
        run = train_ensemble(
            self.ensemble, SGD(0.05, momentum=0.9), digits.x_train, digits.y_train, epochs=EPOCHS, rng=0
        )
        for record in run:
            self.steps = record.step
            if record.last_of_epoch and record.epoch == EPOCHS:
                self.finished[self.width] = self.losses()
            yield

    def losses(self):
        digits = load_digits()
        loss, _ = self.ensemble.evaluate(digits.x_train[:360], digits.y_train[:360])
        return np.nan_to_num(loss, nan=HIGH, posinf=HIGH)

    def compute(self, state):
        losses = self.losses()
        deciles = np.quantile(losses, [0.1, 0.9])
        facts = {
            "width": self.width,
            "steps": self.steps,
            "median": float(np.median(losses)),
            "best": float(losses.min()),
            "worst": float(losses.max()),
            "stuck": int((losses > 1).sum()),
            "ratio": float(deciles[1] / deciles[0]),
            "finished": len(self.finished),
        }
        figures = self.figures(facts)
        panels = [self.dots(losses, name) for name in DOTS]
        text = self.sentence(facts)
        return Scene(panels, text, facts, height=400, figures=figures, narrow=NARROW)

    def figures(self, facts):
        return [
            Figure("Median loss", f"{facts['median']:.2f}", large=True),
            Figure("Lowest", f"{facts['best']:.{2 if facts['best'] > 0.1 else 3}f}"),
            Figure("Highest", f"{facts['worst']:.2f}"),
            Figure("Above 1", str(facts["stuck"]), say("of {seeds}", seeds=SEEDS)),
        ]

    def dots(self, losses, name) -> Panel:
        """A dot for each network of each width: those that are done, and the present one."""
        known = {**self.finished, self.width: losses}
        low, _ = decades(np.concatenate(list(known.values())), LOW, 1.0)
        size, apart = DOTS[name]
        low, middle = min(low, 0.1), WIDTHS.index(str(self.width))
        marks = [
            Region(middle - 0.47, middle + 0.47, color="you", alpha=0.08),
            Reference("2.30 = guessing", y=float(np.log(10))),
            Reference("above 1 counts as bad", y=1.0, dash="dashed"),
        ]
        for width, values in sorted(known.items()):
            place, now = WIDTHS.index(str(width)), width == self.width
            look = {"color": "purple", "outline": "ink"} if now else {"color": "muted"}
            x, y = stacked(np.clip(values, low * 1.02, HIGH * 0.98), low, apart)
            median = float(np.median(values))
            marks.append(Line([place - 0.45, place + 0.45], [median, median], color="ink", width=2.5))
            marks.append(Points(place + x, y, size=size, **look))
        if not self.steps:
            words, spot = "Press Play: these thirty fall.", 0.65 * float(losses.min())
            marks.append(Note(middle, spot, words, align="center", width=110))
        if empty := longest_gap([WIDTHS.index(str(width)) for width in known]):
            words = "Choose a width above and press Play: its thirty networks come here."
            marks.append(
                Note(
                    sum(empty) / 2,
                    0.8,
                    words,
                    align="center",
                    width=90 * (1 + empty[1] - empty[0]),
                    needs=600,
                )
            )
        x = Axis(
            -0.5, len(WIDTHS) - 0.5, "filters in the first layer", ticks=range(len(WIDTHS)), names=WIDTHS
        )
        title, how = ("Thirty networks of each width", "a dot a network, a bar the median; log axis")
        ticks = [part * 10.0**power for power in range(-3, 1) for part in (1, 2, 5)]
        ticks = [round(tick, 3) for tick in ticks if low <= tick * 1.001 < 5]
        y = Axis(low, HIGH, "loss", log=True, ticks=ticks, names=[f"{tick:g}" for tick in ticks])
        return Panel(marks, x, y, title=title, subtitle=how, name=name)

    def sentence(self, facts):
        networks = say_many(
            "{seeds} networks with {number} filter in the first layer and {second} in the second",
            "{seeds} networks with {number} filters in the first layer and {second} in the second",
            facts["width"],
            seeds=SEEDS,
            second=2 * facts["width"],
        )
        if not facts["steps"]:
            return say(
                "No step yet: {networks} wait, their median loss {median:.2f}.",
                networks=networks,
                median=facts["median"],
            )
        return say_many(
            "After {number} step of {networks} the median loss is {median:.2f}, the lowest {best:.2f}, "
            "the highest {worst:.2f}; {stuck}.",
            "After {number} steps of {networks} the median loss is {median:.2f}, the lowest {best:.2f}, "
            "the highest {worst:.2f}; {stuck}.",
            facts["steps"],
            networks=networks,
            median=facts["median"],
            best=facts["best"],
            worst=facts["worst"],
            stuck=above_1(facts["stuck"]),
        )


def above_1(stuck: int) -> str:
    """How many are above a loss of 1, in words.

    >>> above_1(0), above_1(1), above_1(7)
    ('none is above 1', 'one is above 1', '7 are above 1')
    """
    few = marked("none is above 1", "one is above 1")
    return few[stuck] if stuck < len(few) else say("{stuck} are above 1", stuck=stuck)


def stacked(losses: np.ndarray, low: float, apart: float) -> tuple[np.ndarray, np.ndarray]:
    """Dots side by side where losses are about equal: how far from their column's middle, and how high.

    >>> x, y = stacked(np.array([1.0, 1.01, 0.2]), 0.1, 0.05)
    >>> x.round(3).tolist(), bool(y[0] == y[1])
    ([-0.025, 0.025, 0.0], True)
    """
    step = np.log(HIGH / low) / LEVELS
    levels = np.round(np.log(losses / low) / step)
    x = np.zeros(len(losses))
    for level in np.unique(levels):
        (here,) = np.nonzero(levels == level)
        x[here] = (np.arange(len(here)) - (len(here) - 1) / 2) * min(apart, 0.9 / len(here))
    return x, low * np.exp(step * levels)


def longest_gap(taken: list[int]) -> tuple[int, int] | None:
    """First and last of the longest run of columns where nothing stands; None if all are taken.

    >>> longest_gap([2]), longest_gap([0, 4]), longest_gap([0, 1, 2, 3, 4])
    ((3, 4), (1, 3), None)
    """
    ends = sorted({-1, *taken, len(WIDTHS)})
    runs = [(before + 1, after - 1) for before, after in pairwise(ends) if after - before > 1]
    return max(runs, key=lambda run: (run[1] - run[0], run[0]), default=None)
