"""Are bad minima common? Thirty networks of one width trained at once, from thirty seeds."""

from __future__ import annotations

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.ensemble import NetworkEnsemble, train_ensemble
from cnnlib.networks import small_cnn
from cnnlib.nn.optim import SGD
from cnnlib.runtime.language import say, say_many
from cnnlib.viz import Axis, Bars, Figure, Line, Narrow, Note, Panel, Points, Reference, Scene
from cnnlib.widgets.base import Choice, Widget

WIDTHS = ("1", "2", "4", "8", "16")
SEEDS, EPOCHS = 30, 6
LOW, HIGH = 0.002, 5.0


class SeedHistogram(Widget):
    """Thirty seeds, one width: the histogram of their losses while they train, beside the widths done before.

    It opens after `opening` steps.

    Facts: ``width``, ``steps``, ``median``, ``best``, ``worst`` (losses on 360 training images), ``ratio``
    (ninth decile over first), ``stuck`` (networks with a loss above 1), ``finished`` (widths trained to the
    end).

    >>> SeedHistogram(width="1", opening=0).text
    'No step yet: 30 networks with 1 and 2 filters wait, with a median loss of 2.34.'
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
        return Scene(
            [self.strips(losses), self.histogram(losses)],
            self.sentence(facts),
            facts,
            columns=(3, 2),
            height=380,
            figures=self.figures(facts),
            narrow=Narrow((4, 3), (1,), 580, {"widths": (0, 0), "seeds": (1, 0)}),
        )

    def figures(self, facts):
        return [
            Figure("Median loss", f"{facts['median']:.2f}", large=True),
            Figure("Lowest", f"{facts['best']:.{2 if facts['best'] > 0.1 else 3}f}"),
            Figure("Highest", f"{facts['worst']:.2f}"),
            Figure("Above 1", str(facts["stuck"]), say("of {seeds}", seeds=SEEDS)),
        ]

    def strips(self, losses):
        """A dot for each network of each width: those that are done, and the present one."""
        spread = np.linspace(-0.3, 0.3, SEEDS)
        marks = [Reference("2.30 = guessing", y=float(np.log(10)))]
        for place, name in enumerate(WIDTHS):
            now = int(name) == self.width
            values = losses if now else self.finished.get(int(name))
            if values is None:
                marks.append(Note(place, 0.12, "not yet trained", align="center", width=70))
                continue
            values = np.clip(values, LOW * 1.02, HIGH * 0.98)
            look = {"color": "purple", "outline": "ink"} if now else {"color": "muted"}
            marks.append(Points(place + spread, values, size=4, **look))
            middle = float(np.median(values))
            marks.append(Line([place - 0.36, place + 0.36], [middle, middle], color="ink", width=2.5))
        if not self.steps:
            place = WIDTHS.index(str(self.width))
            marks.append(Note(place, 0.6, "Press Play: these thirty fall.", align="center", width=90))
        x = Axis(
            -0.5, len(WIDTHS) - 0.5, "filters in the first layer", ticks=range(len(WIDTHS)), names=WIDTHS
        )
        title, how = "Thirty networks of each width", "a dot a seed, a bar the median"
        y = Axis(LOW, HIGH, log=True)
        return Panel(marks, x, y, title=title, subtitle=how, name="widths", grid=False)

    def histogram(self, losses):
        """How many of the present thirty have which loss, on the same scale."""
        edges = np.geomspace(LOW, HIGH, 31)
        counts, _ = np.histogram(np.clip(losses, LOW, HIGH), edges)
        centers = np.log10(np.sqrt(edges[1:] * edges[:-1]))
        ticks = (0.01, 0.1, 1.0)
        bars = Bars(centers, counts, width=0.9 * (centers[1] - centers[0]), color="purple", horizontal=True)
        names = [f"{tick:g}" for tick in ticks]
        y = Axis(*np.log10([LOW, HIGH]), ticks=np.log10(ticks), names=names)
        title, how = say("With {width} filters", width=self.width), "how many have which loss"
        x = Axis(0, max(20, int(counts.max())), "networks", whole=True)
        return Panel([bars], x, y, title=title, subtitle=how, at=(0, 1), name="seeds")

    def sentence(self, facts):
        if not facts["steps"]:
            return say(
                "No step yet: {seeds} networks with {width} and {width2} filters wait, with a "
                "median loss of {median:.2f}.",
                seeds=SEEDS,
                width=facts["width"],
                width2=2 * facts["width"],
                median=facts["median"],
            )
        return say_many(
            "After {number} step of {seeds} networks with {width} and {width2} filters the "
            "median loss is {median:.2f}, the lowest {best:.2f}, the highest {worst:.2f}; "
            "{stuck} are above 1.",
            "After {number} steps of {seeds} networks with {width} and {width2} filters "
            "the median loss is {median:.2f}, the lowest {best:.2f}, the highest "
            "{worst:.2f}; {stuck} are above 1.",
            facts["steps"],
            seeds=SEEDS,
            width=facts["width"],
            width2=2 * facts["width"],
            median=facts["median"],
            best=facts["best"],
            worst=facts["worst"],
            stuck=facts["stuck"],
        )
