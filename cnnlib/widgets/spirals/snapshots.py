"""A playground network at several epochs, from left to right, and what its map is made of."""

from __future__ import annotations

from functools import cache

import numpy as np

from cnnlib.playground import FEATURES, main_effects
from cnnlib.playground import Playground as Run
from cnnlib.playground.features import grid_points
from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Figure, Heatmap, Narrow, Panel, Points, Scene
from cnnlib.widgets.base import Choice, Slider, Widget
from cnnlib.widgets.spirals.node_maps import READ
from cnnlib.widgets.spirals.stripes import KEY_HEIGHT, key_panel, shares_panel, stripes_panel
from cnnlib.widgets.spirals.surface import point_marks, within

COLUMNS = 6
LAST = 1531  # the chapter's last epoch
SIDE = 50  # points along the side of a map
TURNED = grid_points(SIDE) @ (np.array([[1, 1], [-1, 1]]) / np.sqrt(2))  # the square turned by 45 degrees
#: Epochs at which a run is measured: all at first, then each about 3 per cent later.
MEASURED = np.unique(np.concatenate([np.arange(1, 40), np.geomspace(40, LAST, 124)]).round().astype(int))
_SPIRAL = {"dataset": "spiral", "network_shape": (8, 8)}
RUNS = {
    "test loss 0.425, then 0.106": {**_SPIRAL, "seed": "0.50025"},
    "training loss 0.425, then 0.106": {**_SPIRAL, "seed": "0.50139", "learning_rate": 0.01},
    "all seven features": {**_SPIRAL, "network_shape": (8,), "features": FEATURES, "seed": "0.20012"},
}
WORDS = ("8 and 8 neurons", "smaller rate", "seven features")


class Course:
    """A run that is trained as far as it was asked for, and what was measured on its way."""

    def __init__(self, name: str) -> None:
        self.run = Run(RUNS[name])
        self.measured: list[np.ndarray] = []  # shares at each of the epochs `MEASURED` so far
        self.way: list[float] = []  # how far the map has changed since epoch 1, at the same epochs
        self.before: np.ndarray | None = None  # the map at the last of them

    def go(self, epoch: int) -> Run:
        """The run at an epoch."""
        furthest = self.run.history.furthest
        self.run.rewind(min(epoch, furthest))
        self.run.step(epoch - self.run.epoch)
        return self.run

    def shares(self, epoch: int) -> np.ndarray:
        """Shares of the map that X1, X2 and the better turned axis explain by themselves."""
        run = self.go(int(epoch))
        upright = main_effects(run.node_maps(SIDE)[-1][0])
        return np.append(upright, main_effects(run.predict(TURNED).reshape(SIDE, SIDE)).max())

    def measure(self, last: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Epochs up to `last`, shares at each, and how far the map has changed until it."""
        until = MEASURED[MEASURED <= last]
        for epoch in until[len(self.measured) :]:
            self.measured.append(self.shares(epoch))
            now = np.clip(self.run.node_maps(SIDE)[-1][0], -1, 1)
            step = now - (now if self.before is None else self.before)
            self.way.append(float(np.sqrt(np.mean(step**2))) + (self.way[-1] if self.way else 0.0))
            self.before = now
        count = len(until)
        epochs, shares, way = until, np.array(self.measured[:count]), np.array(self.way[:count])
        if until[-1] < last:
            epochs, shares = np.append(until, last), np.vstack([shares, self.shares(last)])
            way = np.append(way, way[-1])
        return epochs, shares, way


@cache
def trained(name: str) -> Course:
    """The course of a run, kept for all that look at it."""
    return Course(name)


def chosen_epochs(epochs: np.ndarray, way: np.ndarray) -> np.ndarray:
    """Six epochs, the first and the last among them, between which the map changes about equally.

    A third of the weight has the logarithm of the epoch, since a map that stands still is also seen.

    >>> chosen_epochs(np.arange(1, 7), np.zeros(6)).tolist()
    [1, 2, 3, 4, 5, 6]
    """
    time = np.log(epochs) / np.log(epochs[-1])
    place = (time + 2 * way / max(way[-1], 1e-9)) / 3
    goals = np.linspace(place[0], place[-1], COLUMNS)
    chosen = epochs[np.abs(place[None] - goals[:, None]).argmin(axis=1)]
    chosen[0], chosen[-1] = epochs[0], epochs[-1]
    for i in range(1, COLUMNS):
        chosen[i] = max(chosen[i], chosen[i - 1] + 1)
    for i in range(COLUMNS - 2, -1, -1):
        chosen[i] = min(chosen[i], chosen[i + 1] - 1)
    return chosen


SLOTS = {"bar": ("run",), "handle": ("last",)}
FIRST = 6  # the earliest last epoch, so that there are six
HERO = f"map {COLUMNS - 1}"  # the present map, drawn large
ROWS = ("156px", "248px")
PLACES = {HERO: (0, 0, 1, 5), "key": (2, 0, 1, 5), "shares": (3, 0, 1, 5)}
PLACES |= {f"map {i}": (1, i) for i in range(COLUMNS - 1)}
NARROW_ROWS = "30px + 100% of width", "30px + 20% of width", f"{KEY_HEIGHT}px", "250px"
NARROW = Narrow(NARROW_ROWS, (1,) * 5, None, PLACES, ("key",), 740)


class PlaygroundSnapshots(Widget):
    """The output's map at an epoch and at five before, and the share of it that a single coordinate explains.

    A sum of both shares is 100 % for any straight ramp, so each is drawn by itself, beside the larger
    share along axes turned by 45 degrees. Test points that are wrong at that epoch are marked.

    Facts: ``epoch`` (of the last map), ``test_loss``, ``train_loss``, ``wrong`` (test points),
    ``share_x``, ``share_y``, ``share_turned`` (of the last map's variance, explained by one coordinate
    alone; by the better of the two turned ones).

    >>> PlaygroundSnapshots(last=147).facts["wrong"] > 60
    True
    """

    title = "In which order does it learn the spirals?"
    slots = SLOTS
    controls = (
        Choice("run", tuple(RUNS), label="Network", picker="segments", words=WORDS),
        Slider("last", FIRST, LAST, 416, integer=True, label="Last epoch"),
    )
    speed = "25 steps a second"
    at_end = "The run is at its end. Press Rewind to see it again."

    def train(self):
        """One ``yield`` a measured epoch, from the present one on."""
        while len(later := MEASURED[MEASURED > self._state["last"]]):
            self.put(last=int(later[0]))
            yield

    def rewind(self) -> None:
        self.put(last=FIRST)

    def compute(self, state: dict) -> Scene:
        course, last = trained(state["run"]), state["last"]
        epochs, shares, way = course.measure(last)
        chosen = chosen_epochs(epochs, way)
        panels = [self.map_panel(course.go(int(epoch)), column) for column, epoch in enumerate(chosen)]
        panels += [
            shares_panel(epochs, shares, LAST, (1, 1, 1, 3)),
            stripes_panel(shares[-1], float(ROWS[1][:-2]), (1, 4, 1, 2)),
            key_panel((1, 1)),
        ]
        run = course.go(last)
        facts = {
            "epoch": last,
            "train_loss": run.train_loss,
            "test_loss": run.test_loss,
            "wrong": int(self.wrong(run).sum()),
            "share_x": float(shares[-1, 0]),
            "share_y": float(shares[-1, 1]),
            "share_turned": float(shares[-1, 2]),
        }
        figures = [
            Figure("Epoch", f"{last:,}", large=True),
            Figure("Test loss", f"{facts['test_loss']:.3f}", large=True),
            Figure("Wrong", str(facts["wrong"]), f"/ {len(run.test)}", mark="ring"),
        ]
        return Scene(
            panels,
            self.sentence(facts),
            facts,
            rows=ROWS,
            columns=(
                "min(384px, 42%)",
                *(1,) * (COLUMNS - 2),
                0.95,
            ),  # with the gaps, the five maps are equally wide
            height=sum(float(row[:-2]) for row in ROWS),
            figures=figures,
            narrow=NARROW,
        )

    @staticmethod
    def wrong(run: Run) -> np.ndarray:
        """Which test points have the wrong sign."""
        return np.sign(run.predict(run.test[:, :2])) != run.test[:, 2]

    def map_panel(self, run: Run, column: int) -> Panel:
        wrong = self.wrong(run)
        x, y = run.test[wrong, :2].T
        large = column == COLUMNS - 1
        z = run.node_maps(SIDE * (1 + large))[-1][0]
        size, hole = (3.0, (4.4, 2.6)) if large else (1.0, (2.0, 1.0))
        marks = [
            Heatmap(z, (-6, 6, -6, 6), cmap="diverging", vmin=-1.3, vmax=1.3, **READ),
            *point_marks(within(run.test[~wrong]), "classification", size, "circle", ""),
            *(Points(x, y, color=color, size=r) for color, r in zip(("ink", "paper"), hole, strict=True)),
        ]
        axis = Axis(-6, 6, visible=False)
        title = f"{run.epoch:,}" if 0 < column and not large else say("epoch {epoch}", epoch=f"{run.epoch:,}")
        how = say("now; hollow points are wrong") if large else ""
        return Panel(
            marks,
            axis,
            axis,
            title=title,
            subtitle=how,
            at=(0, 0, 2, 1) if large else (0, column + 1),
            equal=True,
            grid=False,
            name=f"map {column}",
        )

    def sentence(self, facts: dict) -> str:
        loss, wrong = facts["test_loss"], facts["wrong"]
        x, y, turned = (100 * facts[name] for name in ("share_x", "share_y", "share_turned"))
        return say(
            "At epoch {epoch} the test loss is {loss:.3f} and {wrong} test points are "
            "wrong. Of its map, stripes by height draw {y:.0f} %, stripes by width {x:.0f} %, "
            "stripes by the better diagonal {turned:.0f} %.",
            epoch=f"{facts['epoch']:,}",
            loss=loss,
            wrong=wrong,
            y=y,
            x=x,
            turned=turned,
        )
