"""A playground network at several epochs, from left to right, and what its map is made of."""

from __future__ import annotations

from functools import cache

import numpy as np

from cnnlib.playground import FEATURES, main_effects
from cnnlib.playground import Playground as Run
from cnnlib.playground.features import grid_points
from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Cursor, Figure, Heatmap, Line, Narrow, Note, Panel, Points, Scene
from cnnlib.widgets.base import Choice, Slider, Widget
from cnnlib.widgets.spirals.node_maps import READ

COLUMNS = 6
LAST = 1531  # the chapter's last epoch
SIDE = 50  # points along the side of a map
TURNED = grid_points(SIDE) @ (np.array([[1, 1], [-1, 1]]) / np.sqrt(2))  # the square turned by 45 degrees
_SPIRAL = {"dataset": "spiral", "network_shape": (8, 8)}
RUNS = {
    "test loss 0.425, then 0.106": {**_SPIRAL, "seed": "0.50025"},
    "training loss 0.425, then 0.106": {**_SPIRAL, "seed": "0.50139", "learning_rate": 0.01},
    "all seven features": {**_SPIRAL, "network_shape": (8,), "features": FEATURES, "seed": "0.20012"},
}


@cache
def trained(name: str) -> tuple[Run, np.ndarray]:
    """A run trained to its last epoch; by epoch the shares of X1, of X2, of the better turned axis."""
    run = Run(RUNS[name])
    effects = np.empty((LAST + 1, 3))
    for epoch in range(LAST + 1):
        run.step(epoch - run.epoch)
        effects[epoch, :2] = main_effects(run.node_maps(SIDE)[-1][0])
        effects[epoch, 2] = main_effects(run.predict(TURNED).reshape(SIDE, SIDE)).max()
    return run, effects


def epochs_until(last: int) -> np.ndarray:
    """Up to six epochs in about equal factors, 1 and `last` among them."""
    return np.unique(np.geomspace(1, last, COLUMNS).round().astype(int))


SLOTS = {"bar": ("run",), "handle": ("last",)}
NARROW = Narrow(
    ("150px", "150px", "230px"),
    (1, 1, 1),
    530,
    {**{f"map {i}": divmod(i, 3) for i in range(COLUMNS)}, "shares": (2, 0, 1, 3)},
)


class PlaygroundSnapshots(Widget):
    """The output's map at six epochs, and the share of it that a single coordinate explains.

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
        Choice("run", tuple(RUNS), label="Run"),
        Slider("last", 6, LAST, LAST, integer=True, label="Last epoch"),
    )

    def compute(self, state: dict) -> Scene:
        run, effects = trained(state["run"])
        epochs = epochs_until(state["last"])
        panels = [self.map_panel(run, epoch, column) for column, epoch in enumerate(epochs)]
        panels.append(self.effect_panel(effects, epochs))
        last = int(epochs[-1])
        facts = {
            "epoch": last,
            "train_loss": run.train_loss,
            "test_loss": run.test_loss,
            "wrong": int(self.wrong(run).sum()),
            "share_x": float(effects[last, 0]),
            "share_y": float(effects[last, 1]),
            "share_turned": float(effects[last, 2]),
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
            rows=("188px", 1),
            columns=(1,) * COLUMNS,
            height=430,
            figures=figures,
            narrow=NARROW,
        )

    @staticmethod
    def wrong(run: Run) -> np.ndarray:
        """Which test points have the wrong sign."""
        return np.sign(run.predict(run.test[:, :2])) != run.test[:, 2]

    def map_panel(self, run: Run, epoch: int, column: int) -> Panel:
        run.rewind(int(epoch))
        x, y = run.test[self.wrong(run), :2].T
        marks = [
            Heatmap(
                run.node_maps(SIDE)[-1][0], (-6, 6, -6, 6), cmap="diverging", vmin=-1.3, vmax=1.3, **READ
            ),
            Points(x, y, color="ink", outline="paper", size=2.5),
        ]
        axis = Axis(-6, 6, visible=False)
        title, how = say("epoch {epoch}", epoch=epoch), say("loss {loss:.3f}", loss=run.test_loss)
        return Panel(
            marks,
            axis,
            axis,
            title=title,
            subtitle=how,
            at=(0, column),
            equal=True,
            grid=False,
            name=f"map {column}",
        )

    def effect_panel(self, effects: np.ndarray, epochs: np.ndarray) -> Panel:
        until = np.arange(1, epochs[-1] + 1)
        shares = 100 * effects[until]
        last = int(epochs[-1])
        marks = [
            Line(until, shares[:, 0], color="muted", dash="dotted", label="width X₁"),
            Line(until, shares[:, 2], color="muted", dash="dashed", label="turned by 45°"),
            Line(until, shares[:, 1], color="ink", width=2.5, label="height X₂"),
            Cursor(last, sets={"x": "last"}, text=str(last)),
        ]
        if last < 60:
            words = "Drag the line to the right: the run goes on, and the map bends."
            marks.append(Note(3 * last, 70, words, (1.1 * last, 40), 400, needs=600))
        axes = Axis(1, LAST, "epoch", log=True), Axis(0, 100)
        title, words = (
            "What one coordinate explains by itself",
            "% of the map, by epoch; turned: the better of two axes",
        )
        look = {"at": (1, 0, 1, COLUMNS), "legend": "ends", "name": "shares"}
        return Panel(marks, *axes, title=title, subtitle=words, **look)

    def sentence(self, facts: dict) -> str:
        loss, wrong = facts["test_loss"], facts["wrong"]
        x, y, turned = (100 * facts[name] for name in ("share_x", "share_y", "share_turned"))
        return say(
            "At epoch {epoch} the test loss is {loss:.3f} and {wrong} test points are "
            "wrong. The height alone explains {y:.0f} % of the map, the width {x:.0f} %, "
            "the better of two axes turned by 45° {turned:.0f} %.",
            epoch=facts["epoch"],
            loss=loss,
            wrong=wrong,
            y=y,
            x=x,
            turned=turned,
        )
