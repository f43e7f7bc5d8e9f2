"""The same small network from several seeds at once, side by side: how much is luck."""

from __future__ import annotations

import numpy as np

from cnnlib.playground import ACTIVATIONS, DATASETS, FEATURES, Config, Ensemble
from cnnlib.playground.features import grid_points
from cnnlib.runtime.language import marked, say
from cnnlib.viz import Axis, Figure, Heatmap, Line, Narrow, Panel, Points, Reference, Scene
from cnnlib.widgets.base import BadValue, Challenge, Choice, Grid, LogSlider, Number, Slider, Widget
from cnnlib.widgets.spirals.node_maps import PALE, READ
from cnnlib.widgets.spirals.sentences import short
from cnnlib.widgets.spirals.surface import point_marks, within

SIDE = 40  # points along the side of each small map
ACROSS, DOWN = 6, 2  # maps in a row, and rows
#: What has neighbours on both sides has half a gap more: all maps are of one size.
ROWS, COLUMNS = ("182px", "187px", "121px"), (166, *[171] * (ACROSS - 2), 166)
HEIGHT = 490
PHONE = 3  # maps in a row there
MOST = 400  # points of a curve
STEPS = (0.7, 1, 2, 5, 10)  # upper ends of the axis of the losses; nothing higher is drawn
TOLD = 10  # epoch from which on the lines are named
WORDS = 1.15  # times the last epoch: room for names at the ends of lines
SOLVED = 0.106  # test loss that counts as solved: the chapter's
INPUTS = dict(zip(marked("X₁ and X₂", "all seven"), (("x", "y"), FEATURES), strict=True))


SLOTS = {"bar": ("dataset", "inputs", "learning_rate"), "more": ("count", "activation", "neurons", "seed")}


def way(facts: dict) -> tuple[str, float]:
    """How many networks have solved the spirals."""
    if not facts["spiral"]:
        return "choose the spirals", 0.0
    return say("now {solved} of {networks}", solved=facts["solved"], networks=facts["networks"]), facts[
        "solved"
    ] / facts["networks"]


class PlaygroundSeeds(Widget):
    """Up to twelve networks that differ in their seed alone, trained together.

    Facts: ``epoch``, ``median``, ``best`` and ``worst`` test loss, ``solved`` (networks below the
    chapter's loss), ``diverged`` (networks whose numbers overflowed; their loss counts as infinite).

    >>> view = PlaygroundSeeds(count=4)
    >>> view.advance(100)
    100
    >>> view.facts["best"] < view.facts["median"] < 0.5
    True
    """

    title = "How much of it is luck?"
    slots = SLOTS
    speed = "25 steps a second"  # as fast as it goes is over before it is seen
    controls = (
        Choice("dataset", DATASETS, "spiral", label="Data"),
        Choice("inputs", tuple(INPUTS), label="Features"),
        Grid("neurons", ((8, 8, 0, 0),), 0, 8, label="Neurons of the hidden layers (0: no layer)"),
        Choice("activation", ACTIVATIONS, "tanh", label="Activation"),
        LogSlider("learning_rate", 1e-4, 10, 0.03, label="Learning rate"),
        Number("seed", 0, 0.99, 0.5, step=0.00001, label="First seed"),
        Slider("count", 2, 12, 12, integer=True, label="Seeds"),
    )
    restarts = ("dataset", "inputs", "neurons", "activation", "seed", "count")
    challenge = Challenge(
        "all solve the spirals: below 0.106",
        lambda facts: facts["spiral"] and facts["solved"] == facts["networks"],
        way,
    )

    def begin(self) -> None:
        state = self._state
        shape = [n for n in state["neurons"][0] if n]
        if any(n != round(n) for n in shape):
            raise BadValue("Neurons must be whole numbers from 0 to 8.")
        config = Config(
            dataset=state["dataset"],
            network_shape=tuple(map(int, shape)),
            activation=state["activation"],
            features=INPUTS[state["inputs"]],
            learning_rate=state["learning_rate"],
            seed="0",
        )
        self.seeds = [f"{state['seed'] + i / 1e5:.5f}" for i in range(state["count"])]
        self.ensemble = Ensemble(config, seeds=self.seeds)
        self.curves: list[np.ndarray] = []
        self.remember()

    def remember(self) -> None:
        """Keep the test losses of this epoch."""
        self.curves.append(np.nan_to_num(self.ensemble.test_loss, nan=np.inf, posinf=np.inf))

    def train(self):
        """One epoch of all networks a step."""
        while True:
            self.ensemble.trainer.lr[:] = self._state["learning_rate"]
            self.ensemble.step()
            self.remember()
            yield self.ensemble.epoch

    def compute(self, state: dict) -> Scene:
        now = self.curves[-1]
        panels = [self.map_panel(i, z) for i, z in enumerate(self.maps())]
        panels += self.loss_panels()
        facts = {
            "epoch": self.ensemble.epoch,
            "median": float(np.median(now)),
            "best": float(now.min()),
            "worst": float(now.max()),
            "solved": int((now < SOLVED).sum()),
            "networks": len(now),
            "diverged": int(np.isinf(now).sum()),
            "spiral": int(state["dataset"] == "spiral"),
        }
        figures = [
            Figure("Epoch", f"{facts['epoch']:,}", large=True),
            Figure(
                "Solved", str(facts["solved"]), say("of {networks}", networks=facts["networks"]), large=True
            ),
            Figure("Median loss", short(facts["median"]), mark="solid"),
        ]
        return Scene(
            panels,
            self.sentence(facts),
            facts,
            rows=ROWS,
            columns=COLUMNS,
            height=HEIGHT,
            figures=figures,
            narrow=narrow(len(now)),
        )

    def maps(self) -> np.ndarray:
        """The outputs of all networks over the square, shape (networks, SIDE, SIDE)."""
        outputs = self.ensemble.predict(grid_points(SIDE))
        return np.nan_to_num(outputs, posinf=1e6, neginf=-1e6).reshape(-1, SIDE, SIDE)

    def map_panel(self, index: int, z: np.ndarray) -> Panel:
        loss = self.curves[-1][index]
        marks = [Heatmap(z, (-6, 6, -6, 6), cmap="diverging", vmin=-PALE, vmax=PALE, **READ)]
        marks += point_marks(within(self.ensemble.train[index][::2]), "classification", 1.9, "circle", "")
        title = short(loss) if np.isfinite(loss) else "overflow"
        if loss < SOLVED and self.state["dataset"] == "spiral":
            title = f"{title} ✓"
        axis = Axis(-6, 6, visible=False)
        return Panel(
            marks,
            axis,
            axis,
            title=title,
            subtitle=say("start {number}", number=index + 1),
            at=divmod(index, ACROSS),
            equal=True,
            grid=False,
            name=f"map {index}",
        )

    def loss_panels(self) -> list[Panel]:
        """A line for each network, its present end a dot; the lowest, the middle and the highest say so.

        In the second panel, for a narrow page, they say so beside the plot.
        """
        table = np.array(self.curves)
        epochs = np.arange(len(table))
        if len(table) > MOST:
            keep = np.unique(np.linspace(0, len(table) - 1, MOST).round().astype(int))
            table, epochs = table[keep], epochs[keep]
        drawn = np.where(table < STEPS[-1], table, np.nan)
        best, worst = int(np.argmin(table[-1])), int(np.argmax(table[-1]))
        told = len(self.curves) > TOLD  # before, their names would stand on that of the level
        ends = {
            best: say("lowest: start {number}", number=best + 1),
            worst: say("highest: start {number}", number=worst + 1),
        }
        marks = [
            Line(
                epochs,
                c,
                color="muted",
                width=1.5 if i in ends else 1,
                alpha=0.7,
                label=ends.get(i, "") if told else "",
            )
            for i, c in enumerate(drawn.T)
        ]
        middle = np.median(table, axis=1)
        middle = np.where(middle < STEPS[-1], middle, np.nan)
        now = np.full(len(drawn.T), epochs[-1])
        marks += [
            Line(epochs, middle, color="ink", width=3, label="median" if told else ""),
            Points(now, drawn[-1], color="muted", size=2.5),
            Points(now[:1], middle[-1:], color="ink", size=5),
            Reference("solved: loss below 0.106", y=SOLVED, dash="dashed", at="start"),
        ]
        end = 50
        while end < len(self.curves) - 1:
            end *= 2
        wide = Axis(0, WORDS * end, ticks=np.linspace(0, end, 11))
        look = {"title": "Test loss", "subtitle": "a line each, by epoch", "at": (DOWN, 0, 1, ACROSS)}
        return [
            Panel(marks, x, loss_axis(drawn), legend=legend, name=name, **look)
            for x, legend, name in (
                (wide, "inside", "losses"),
                (Axis(0, end, whole=True), "ends", "losses narrow"),
            )
        ]

    def sentence(self, facts: dict) -> str:
        best, worst = (short(facts[name]) for name in ("best", "worst"))
        words = say(
            "Epoch {epoch}, {networks} seeds: test losses from {best} to {worst}.",
            epoch=facts["epoch"],
            networks=facts["networks"],
            best=best,
            worst=worst,
        )
        lowest = int(np.argmin(self.curves[-1]))
        words += say(
            " The lowest is start {number}, seed {seed}.", number=lowest + 1, seed=self.seeds[lowest]
        )
        if facts["diverged"]:
            words += say(
                " {diverged} overflowed: the learning rate is too large.", diverged=facts["diverged"]
            )
        return words


def loss_axis(losses: np.ndarray) -> Axis:
    """From 0 to the first of the steps that lies above all losses so far, with two lines above 0.

    >>> loss_axis(np.array([0.5, np.nan, 0.6])).high, loss_axis(np.array([0.5, 1.06])).ticks
    (0.7, (0.0, 1.0, 2.0))
    """
    reached = losses[np.isfinite(losses)].max(initial=0.0)
    high = next(step for step in STEPS if reached < step)
    middle = 0.3 if high == STEPS[0] else high / 2
    return Axis(0, high, ticks=(0, middle, 2 * middle))


def narrow(count: int) -> Narrow:
    """Few maps in a row, as large as they come, the losses beneath."""
    lines = -(-count // PHONE)
    places = {f"map {i}": divmod(i, PHONE) for i in range(count)}
    sizes = (*["38px + 33% of width"] * lines, "180px")
    return Narrow(
        sizes, (1,) * PHONE, None, {**places, "losses narrow": (lines, 0, 1, PHONE)}, only=("losses narrow",)
    )
