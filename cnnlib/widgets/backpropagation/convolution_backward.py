"""The gradient's way back through a convolution in four readings, step by step and side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnnlib.experiments import four_readings as readings
from cnnlib.experiments.four_readings import Geometry
from cnnlib.runtime.language import say
from cnnlib.viz import Figure, Scene, Slot
from cnnlib.widgets.backpropagation.readings_layout import ROWS, narrow, placed_panels
from cnnlib.widgets.backpropagation.readings_picture import BY_WEIGHT, READINGS, ReadingsPicture
from cnnlib.widgets.backpropagation.readings_progress import steps_of
from cnnlib.widgets.base import Choice, Slider, Widget

SIZE = 5  # rows and columns of the image
WAS = {"transposed": BY_WEIGHT}  # an earlier name of a reading, still understood
NUMBERS = ("mixed", "one output", "all ones")
BELOW = ("scatter", "gather", "matrix", "weights")


class ConvolutionBackward(Widget):
    """The same products in four orders: output by output, pixel by pixel, row by row, weight by weight.

    Above stands one reading, step by step; beneath, how far all four have come, in colours. It opens in the
    middle, at step 4. All numbers are whole: no rounding hides a difference.

    Facts: ``step``, ``steps``, ``products`` (of weight and upstream gradient that reach a pixel, in all),
    ``made`` (of them so far), ``apart`` (largest difference of the four when all are done), ``now_apart``
    (that of what they have made so far), ``agree`` (pixels that all four have made, and made equal),
    ``unreached`` (pixels that no output has seen), ``most`` (shares of the pixel that has most).

    >>> ConvolutionBackward(step=2).text.split(".")[0]
    'Step 2 of 9, output by output: dy at row 0, column 1 is 2'
    """

    title = "How does each output's gradient reach the pixels?"
    controls = (
        Choice("reading", tuple(READINGS), label="Reading", picker="segments"),
        Slider("kernel", 1, 3, 3, integer=True, label="Kernel", unit="pixels"),
        Slider("stride", 1, 3, 1, integer=True, label="Stride", unit="pixels"),
        Slider("padding", 0, 2, 0, integer=True, label="Padding", unit="pixels"),
        Slider("dilation", 1, 2, 1, integer=True, label="Dilation", unit="pixels"),
        Slider("channels", 1, 2, 1, integer=True, label="Channels of x"),
        Slider("kernels", 1, 2, 1, integer=True, label="Kernels"),
        Choice("numbers", NUMBERS, label="Numbers of dy", picker="segments"),
        Slider("step", 0, 98, 4, integer=True, label="Step"),
    )
    slots: Mapping[str, tuple[str, ...]] = {
        "head": ("reading",),
        "bar": ("step",),
        "settings": ("kernel", "stride", "padding", "dilation"),
        "more": ("channels", "kernels", "numbers"),
    }
    advances = "step"
    speed = "5 steps a second"

    def set_state(self, **state) -> None:
        self.asked = "step" in state  # rather than left where it was
        super().set_state(
            **{name: WAS.get(value, value) if name == "reading" else value for name, value in state.items()}
        )

    def limits(self, state: dict) -> dict:
        return {
            "padding": (0, min(2, state["dilation"] * (state["kernel"] - 1))),
            "step": (0, steps_of(state["reading"], geometry(state), state)),
        }

    def changed(self, before: dict, after: dict) -> None:
        """Another reading goes on where this one stood, unless a step was asked for as well."""
        was, now = (steps_of(state["reading"], geometry(state), state) for state in (before, after))
        if after["reading"] != before["reading"] and not self.asked:
            self.put(step=round(before["step"] / was * now))

    def event(self, event: dict) -> dict | None:
        if event["kind"] == "hover":
            return None
        kind, _, name = event["name"].partition(":")
        if kind == "reading":
            return {"reading": list(READINGS)[BELOW.index(name)]}
        place = self.picture(self.state).step_at(int(event["row"]), int(event["col"]))
        return None if place is None else {"step": place + 1}

    def picture(self, state: dict) -> ReadingsPicture:
        """The numbers of a state, and how they are drawn."""
        g = geometry(state)
        return ReadingsPicture(state["reading"], g, *numbers(g, state), state["step"])

    def compute(self, state: dict) -> Scene:
        g, picture = geometry(state), self.picture(state)
        share = state["step"] / picture.steps
        every = [
            result(name, picture.dy, picture.w, g, round(share * steps_of(name, g, state)))
            for name in READINGS
        ]
        shown = [
            not_yet_blank(name, maps, round(share * steps_of(name, g, state)))
            for name, maps in zip(READINGS, every, strict=True)
        ]
        done = [result(name, picture.dy, picture.w, g, None) for name in READINGS]
        counts = readings.shares(picture.w, g)
        facts = {
            "step": state["step"],
            "steps": picture.steps,
            "products": int(counts.sum()),
            "made": picture.products_made(),
            "apart": largest_difference(done),
            "now_apart": largest_difference(every),
            "agree": int(np.logical_and.reduce([other == shown[0] for other in shown]).sum()),
            "unreached": int((counts[0] == 0).sum()),
            "most": int(counts.max()),
        }
        panels, columns, before = placed_panels(picture, shown, BELOW)
        return Scene(
            panels,
            self.sentence(picture, facts),
            facts,
            rows=ROWS,
            columns=columns,
            height=418,
            slots=[
                Slot(
                    "promise",
                    before,
                    "Four ways, one result",
                    say(
                        "Each adds up the same {products} products in its own order. "
                        "All four end with the same numbers. Click one to follow it.",
                        products=facts["products"],
                    ),
                )
            ],
            arrows=("step",),
            narrow=narrow(picture),
            figures=[
                Figure(
                    "Products added",
                    f"{facts['made']}",
                    say("of {products}", products=facts["products"]),
                    large=True,
                ),
                Figure(
                    "Same in all four ways",
                    f"{facts['agree']}",
                    say("of {pixels} pixels", pixels=shown[0].size)
                    if facts["step"] == facts["steps"]
                    else say("of {pixels} pixels so far", pixels=shown[0].size),
                ),
            ],
        )

    def sentence(self, picture: ReadingsPicture, facts: dict) -> str:
        how = READINGS[picture.reading] or picture.reading
        if not facts["step"]:
            words = say(
                "Step 0 of {steps}: nothing has gone back yet. Press Play to go {how}.",
                steps=facts["steps"],
                how=how,
            )
        else:
            words = say(
                "Step {step} of {steps}, {how}: {words}",
                step=facts["step"],
                steps=facts["steps"],
                how=how,
                words=picture.words(),
            )
        if facts["unreached"]:
            pixels = (
                "1 pixel was"
                if facts["unreached"] == 1
                else say("{unreached} pixels were", unreached=facts["unreached"])
            )
            words += say(" {pixels} in no window and get nothing.", pixels=pixels)
        if facts["step"] == facts["steps"]:
            words += say(" Finished: the four readings differ by {apart:g}.", apart=facts["apart"])
        return words


def not_yet_blank(reading: str, maps: np.ndarray, steps: int) -> np.ndarray:
    """What a reading has made, without the pixels that one which makes them one by one has not come to."""
    if reading in ("gather", "matrix"):
        maps = maps + 0.0
        maps.ravel()[steps:] = np.nan
    return maps


def largest_difference(results: list[np.ndarray]) -> float:
    """The largest difference of any of the results from the first."""
    return float(max(np.abs(other - results[0]).max() for other in results[1:]))


def geometry(state: dict) -> Geometry:
    """How the kernel of a state moves over the image."""
    padding = min(state["padding"], state["dilation"] * (state["kernel"] - 1))
    return Geometry(SIZE, state["kernel"], state["stride"], padding, state["dilation"])


def numbers(g: Geometry, state: dict) -> tuple[np.ndarray, np.ndarray]:
    """Upstream gradients (F, Ho, Wo) and kernels (F, C, k, k): small whole numbers."""
    rng = np.random.default_rng(3)
    w = rng.permuted(np.tile([1, 2, -1, 3, 0, -2, 1, 2, -3], (2, 2, 1)), axis=2)
    w = w[: state["kernels"], : state["channels"], : g.kernel**2].astype(float)
    w = w.reshape(state["kernels"], state["channels"], g.kernel, g.kernel)
    w[..., 0, 0] = np.where(w[..., 0, 0] == 0, 2, w[..., 0, 0])
    dy = rng.choice([-2.0, -1, 1, 2, 3], (2, 9, 9))[: state["kernels"], : g.outputs, : g.outputs]
    if state["numbers"] == "all ones":
        dy = np.ones_like(dy)
    if state["numbers"] == "one output":
        dy = np.zeros_like(dy)
        dy[0, g.outputs // 2, g.outputs // 2] = 1
    return dy, w


def result(reading: str, dy: np.ndarray, w: np.ndarray, g: Geometry, steps: int | None) -> np.ndarray:
    """What a reading has made of dx after so many steps: (C, H, W)."""
    if reading == "gather":
        return readings.gather(dy, w, g, steps)
    if reading == "matrix":
        return readings.by_matrix(dy, w, g, steps)
    make = readings.scatter if reading == "scatter" else readings.weight_by_weight
    return g.cut(make(dy, w, g, steps))
