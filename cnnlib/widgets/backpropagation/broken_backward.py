"""Five planted faults, a gradient check that shows where each is, and the curve that shows who learns."""

from __future__ import annotations

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.planted_faults import BUGS, SOUND, Backwards, layer_of, learning_curve
from cnnlib.experiments.specimen import specimen
from cnnlib.networks import small_cnn
from cnnlib.nn.gradcheck import numerical_gradient, relative_error
from cnnlib.viz import Axis, Bars, Heatmap, Line, Panel, Scene
from cnnlib.widgets.base import Choice, LogSlider, Widget

LETTERS = dict(
    zip(
        "ABCDE",
        (
            "pool gradient to every pixel",
            "lost batch mean",
            "gate on the gradient",
            "forgotten bias",
            "unflipped kernel",
        ),
        strict=True,
    )
)
PARTS = {
    "conv: input": ("conv2d", "x"),
    "conv: kernel": ("conv2d", "weight"),
    "conv: bias": ("conv2d", "bias"),
    "pool: input": ("maxpool2d", "x"),
    "ReLU: input": ("relu", "x"),
    "loss: scores": ("loss", "scores"),
}
UNKNOWN, FLOOR, GOOD = "?", 1e-12, 1e-6
STEPS = 200
KEPT = 64  # learning curves


class BrokenBackward(Widget):
    """Which fault has which suspect? Compare its gradients with measured ones, then name it.

    Parameters
    ----------
    yours : Backwards, optional
        Functions of one's own, made by `cnnlib.experiments.planted_faults.own`; a suspect named ``"yours"``.
    split : Split, optional
        Images to train on; by default the bundled 8x8 digits. Given together with `make_model`.
    make_model : callable, optional
        ``make_model(rng) -> Sequential`` for images of that size, with convolutions, ReLU and max-pooling.

    Facts: ``found`` (how many of the five are named rightly), ``worst`` (the suspect's largest relative
    error), ``failing`` (parts that fail), ``error`` (of the chosen part), ``last`` and ``last_sound`` (mean
    loss of the last ten steps, infinite if it diverged).

    >>> BrokenBackward(suspect="D", part="conv: bias").text.split(".")[0]
    'Suspect D: the check fails at conv: bias'
    """

    title = "Five broken backward passes"
    controls = (
        Choice("suspect", (*LETTERS, "sound", "yours"), label="Suspect"),
        Choice("part", tuple(PARTS), label="Look at"),
        LogSlider("rate", 1e-3, 1, 0.1, label="Learning rate"),
        *(Choice(letter, (UNKNOWN, *BUGS), label=f"Fault of {letter}") for letter in LETTERS),
    )

    def __init__(self, yours: Backwards | None = None, *, split=None, make_model=None, **options) -> None:
        if (split is None) != (make_model is None):
            raise TypeError("split, make_model: got one without the other, expected both or neither")
        self.yours, self.curves = yours, {}
        self.split, self.make_model = split or load_digits(), make_model or small_cnn
        specimen(self.make_model(np.random.default_rng(0)), self.split)
        super().__init__(**options)

    def backwards(self, suspect: str) -> Backwards:
        if suspect in LETTERS:
            return BUGS[LETTERS[suspect]]
        return self.yours if suspect == "yours" and self.yours is not None else SOUND

    def curve_of(self, suspect: Backwards, rate: float) -> np.ndarray:
        """The suspect's learning curve at a rate; the last 64 are kept."""
        if (suspect.name, rate) not in self.curves:
            if len(self.curves) >= KEPT:
                self.curves.pop(next(iter(self.curves)))
            x, y = self.split.x_train, self.split.y_train
            losses, _ = learning_curve(suspect, x, y, rate, STEPS, make_model=self.make_model)
            self.curves[suspect.name, rate] = losses
        return self.curves[suspect.name, rate]

    def compute(self, state: dict) -> Scene:
        suspect = self.backwards(state["suspect"])
        results = {part: measure(suspect, *where) for part, where in PARTS.items()}
        errors = {part: relative_error(*pair) for part, pair in results.items()}
        curve, sound = (self.curve_of(b, float(f"{state['rate']:.3g}")) for b in (suspect, SOUND))
        facts = {
            "found": sum(state[letter] == fault for letter, fault in LETTERS.items()),
            "worst": max(errors.values()),
            "failing": sum(e > GOOD for e in errors.values()),
            "error": errors[state["part"]],
            "last": final(curve),
            "last_sound": final(sound),
        }
        panels = [
            *maps(*results[state["part"]]),
            errors_panel(errors, state["part"]),
            learning_panel(curve, sound),
        ]
        text = self.sentence(state, errors, facts)
        return Scene(panels, text, facts, rows=(1.1, 1), columns=(1, 1, 1), height=600)

    def sentence(self, state: dict, errors: dict, facts: dict) -> str:
        failing = [part for part, error in errors.items() if error > GOOD]
        verdict = f"fails at {' and '.join(failing)}" if failing else "passes everywhere"
        suspect = state["suspect"]
        name = f"Suspect {suspect}" if suspect in LETTERS else suspect.capitalize()
        if suspect == "yours" and self.yours is None:
            return "There are no functions of yours here yet: give them as BrokenBackward(yours=own(…))."
        learning = (
            f"it ends at a loss of {facts['last']:.2f}" if np.isfinite(facts["last"]) else "it diverges"
        )
        return (
            f"{name}: the check {verdict}. In training at a rate of {state['rate']:.3g} {learning}, the sound"
            f" one at {facts['last_sound']:.2f}. {facts['found']} of 5 faults are named rightly."
        )


def measure(suspect: Backwards, kind: str, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The gradient that a suspect computes for one array, and the measured one."""
    rng = np.random.default_rng(7)
    if kind == "loss":
        return measure_loss(suspect, rng)
    layer, x = layer_of(kind, suspect, rng)
    r = rng.normal(size=layer.forward(x).shape)
    dx = layer.backward(r)
    array, claimed = (x, dx) if name == "x" else (layer.params[name], layer.grads[name])
    claimed = np.array(claimed, np.float64)
    measured = numerical_gradient(lambda _: float((r * layer.forward(x)).sum()), array)
    return claimed, measured


def measure_loss(suspect: Backwards, rng) -> tuple[np.ndarray, np.ndarray]:
    scores, labels, loss = rng.normal(size=(6, 10)), rng.integers(0, 10, 6), suspect.loss()
    loss.forward(scores, labels)
    return loss.backward(), numerical_gradient(lambda z: loss.forward(z, labels), scores)


def final(losses: np.ndarray) -> float:
    last = losses[-10:]
    return float(last.mean()) if np.isfinite(last).all() else float("inf")


def maps(claimed: np.ndarray, measured: np.ndarray) -> list[Panel]:
    """The computed gradient, the measured one, and their difference, on one colour scale."""
    shape = claimed.shape[-2:] if claimed.ndim > 1 else (1, claimed.size)
    claimed, measured = claimed.reshape(shape), measured.reshape(shape)
    reach = float(max(np.abs(claimed).max(), np.abs(measured).max())) or 1.0
    titles = ("computed by the suspect", "measured", "difference")
    panels = []
    for column, (title, values) in enumerate(
        zip(titles, (claimed, measured, claimed - measured), strict=True)
    ):
        digits = ".1f" if reach > 0.5 and shape[1] < 8 else ""
        values = values.round(9) + 0.0  # no negative zeros among the numbers shown
        heat = Heatmap(values, cmap="diverging", vmin=-reach, vmax=reach, numbers=digits)
        x, y = Axis(-0.5, shape[1] - 0.5, visible=False), Axis(shape[0] - 0.5, -0.5, visible=False)
        panels.append(Panel([heat], x, y, title=title, at=(0, column), equal=True, grid=False))
    return panels


def errors_panel(errors: dict, part: str) -> Panel:
    """The relative error of every part as a bar on a log axis, drawn by its power of ten."""
    powers = np.log10(np.clip(list(errors.values()), FLOOR, 10)) - np.log10(FLOOR)
    chosen = list(errors).index(part)
    others = [i for i in range(len(powers)) if i != chosen]
    ticks = np.arange(0, 14, 3)
    marks = [
        Bars(others, powers[others], horizontal=True, color="blue"),
        Bars([chosen], powers[[chosen]], horizontal=True, color="orange", label="looked at"),
        Line([6, 6], [-0.6, len(powers) - 0.4], color="vermilion", dash="dashed", label="limit"),
    ]
    x = Axis(0, 14, "relative error", ticks=ticks, names=[f"1e{t - 12}" for t in ticks])
    y = Axis(len(powers) - 0.4, -0.6, ticks=range(len(powers)), names=list(errors))
    return Panel(marks, x, y, title="Gradient check of every part", at=(1, 0), legend="lower right")


def learning_panel(curve: np.ndarray, sound: np.ndarray) -> Panel:
    steps = np.arange(1, len(curve) + 1)
    marks = [
        Line(steps, np.minimum(smooth(sound), 5), color="green", width=4, alpha=0.5, label="sound"),
        Line(steps, np.minimum(smooth(curve), 5), color="vermilion", label="suspect"),
    ]
    axes = Axis(0, len(curve), "step", whole=True), Axis(0, 3.5, "loss (mean of ten steps)")
    return Panel(marks, *axes, title="Training", at=(1, 1, 1, 2), legend="upper right")


def smooth(losses: np.ndarray) -> np.ndarray:
    """Mean of the last ten steps, fewer at the start."""
    sums = np.cumsum(losses)
    sums[10:] -= sums[:-10].copy()
    return sums / np.minimum(np.arange(1, len(losses) + 1), 10)
