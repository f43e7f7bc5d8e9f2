"""Five planted faults, a gradient check that shows where each is, and the curve that shows who learns."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.planted_faults import BUGS, SOUND, Backwards, layer_of, learning_curve
from cnnlib.nn.gradcheck import numerical_gradient, relative_error
from cnnlib.viz import (
    Anchor,
    Axis,
    Bars,
    Figure,
    Heatmap,
    Line,
    Narrow,
    Note,
    Panel,
    Points,
    Reference,
    Region,
    Scene,
    Text,
)
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
SLOTS = {"head": ("suspect",), "bar": ("part", "rate"), "anchored": tuple(LETTERS)}
NARROW = Narrow(
    ("340px", "200px", "200px", "210px", "240px"),
    (1, 1),
    1190,
    {
        "suspects": (0, 0, 1, 2),
        "suspect": (1, 0),
        "measured": (1, 1),
        "difference": (2, 0),
        "errors": (3, 0, 1, 2),
        "learning": (4, 0, 1, 2),
    },
)
MAPS = ("suspect", "measured", "difference")
TITLES = ("The suspect's gradient", "− the measured one", "= the difference")
UNKNOWN, FLOOR, GOOD = "?", 1e-12, 1e-6
STEPS = 200


class BrokenBackward(Widget):
    """Which fault has which suspect? Compare its gradients with measured ones, then name it.

    Parameters
    ----------
    yours : Backwards, optional
        Functions of one's own, made by `cnnlib.experiments.planted_faults.own`; a suspect named ``"yours"``.

    Facts: ``found`` (how many of the five are named rightly), ``worst`` (the suspect's largest relative
    error), ``failing`` (parts that fail), ``error`` (of the chosen part), ``last`` and ``last_sound`` (mean
    loss of the last ten steps, infinite if it diverged).

    >>> BrokenBackward(suspect="D", part="conv: input").text.split(", ")[0]
    'Suspect D: at conv: input its gradient is the measured one'
    """

    title = "Which fault has which suspect?"
    slots = SLOTS
    controls = (
        Choice("suspect", (*LETTERS, "sound", "yours"), label="Suspect", picker="segments"),
        Choice("part", tuple(PARTS), label="Look at"),
        LogSlider("rate", 1e-3, 1, 0.1, label="Learning rate"),
        *(Choice(letter, (UNKNOWN, *BUGS), label=f"Fault of {letter}") for letter in LETTERS),
    )

    def __init__(self, yours: Backwards | None = None, **options) -> None:
        self.yours = yours
        super().__init__(**options)

    def backwards(self, suspect: str) -> Backwards:
        if suspect in LETTERS:
            return BUGS[LETTERS[suspect]]
        return self.yours if suspect == "yours" and self.yours is not None else SOUND

    def compute(self, state: dict) -> Scene:
        suspect = self.backwards(state["suspect"])
        results = {part: measure(suspect, *where) for part, where in PARTS.items()}
        errors = {part: relative_error(*pair) for part, pair in results.items()}
        curve, sound = (curve_of(b, float(f"{state['rate']:.3g}")) for b in (suspect, SOUND))
        facts = {
            "found": sum(state[letter] == fault for letter, fault in LETTERS.items()),
            "worst": max(errors.values()),
            "failing": sum(e > GOOD for e in errors.values()),
            "error": errors[state["part"]],
            "last": final(curve),
            "last_sound": final(sound),
        }
        panels = [
            suspects_panel(state),
            *maps(*results[state["part"]]),
            errors_panel(errors, state["part"]),
            learning_panel(curve, sound),
        ]
        anchors = [Anchor(letter, "suspects", 0.19, row, align="left") for row, letter in enumerate(LETTERS)]
        return Scene(
            panels,
            self.sentence(state, errors, facts),
            facts,
            rows=(1, 1.1),
            columns=("292px", *(1,) * 6),
            height=440,
            figures=figures(state, facts),
            anchors=anchors,
            narrow=NARROW,
        )

    def event(self, event: dict) -> dict | None:
        if event["kind"] == "click" and event["name"] == "suspects":
            return {"suspect": tuple(LETTERS)[event["index"]]}
        return None

    def sentence(self, state: dict, errors: dict, facts: dict) -> str:
        """What is seen of the chosen part; where else a suspect of the course fails is left to the eye."""
        suspect, part = state["suspect"], state["part"]
        if suspect == "yours" and self.yours is None:
            return "There are no functions of yours here yet: give them as BrokenBackward(yours=own(…))."
        if suspect in LETTERS:
            verdict = "is the measured one" if facts["error"] <= GOOD else "is not the measured one"
            words = (
                f"Suspect {suspect}: at {part} its gradient {verdict}, relative error {facts['error']:.0e}"
            )
        else:
            failing = [name for name, error in errors.items() if error > GOOD]
            verdict = f"fails at {' and '.join(failing)}" if failing else "passes everywhere"
            words = f"{suspect.capitalize()}: the check {verdict}"
        learning = (
            f"it ends at a loss of {facts['last']:.2f}" if np.isfinite(facts["last"]) else "it diverges"
        )
        return (
            f"{words}. In training at a rate of {state['rate']:.3g} {learning}, the sound one at"
            f" {facts['last_sound']:.2f}. {count_words(state, facts)}"
        )


def named(state: dict) -> int:
    """How many suspects have got a name."""
    return sum(state[letter] != UNKNOWN for letter in LETTERS)


def count_words(state: dict, facts: dict) -> str:
    """How many are named; how many of them rightly, only when all are."""
    if named(state) < len(LETTERS):
        return f"{named(state)} of 5 faults are named."
    return f"{facts['found']} of 5 faults are named rightly."


def figures(state: dict, facts: dict) -> list[Figure]:
    """The verdicts, the error of the part looked at, and where training ends."""
    full = named(state) == len(LETTERS)
    ends = f"{facts['last']:.2f}" if np.isfinite(facts["last"]) else "diverges"
    return [
        Figure(
            "Named rightly" if full else "Named", str(facts["found"] if full else named(state)), "/ 5", True
        ),
        Figure(f"Error at {state['part']}", f"{facts['error']:.0e}", large=True),
        Figure("Loss after training", ends, mark="solid"),
    ]


def suspects_panel(state: dict) -> Panel:
    """The five letters; the list for its fault stands beside each."""
    rows = np.arange(len(LETTERS), dtype=float)
    chosen = rows[[letter == state["suspect"] for letter in LETTERS]]
    x = np.full(len(rows), 0.1)
    marks = [
        Points(np.full(len(chosen), 0.1), chosen, color="you", size=18),
        Points(x, rows, color="panel", outline="muted", size=15, emits="suspects"),
        Text(x, rows, list(LETTERS), bold=True, size=14),
    ]
    axes = Axis(0, 1, visible=False), Axis(4.6, -0.6, visible=False)
    words = "click a letter, then choose its fault"
    return Panel(marks, *axes, title="Suspects", subtitle=words, at=(0, 0, 2, 1), grid=False, name="suspects")


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


@lru_cache(maxsize=64)
def _curve(name: str, rate: float) -> np.ndarray:
    return _train({**BUGS, SOUND.name: SOUND}[name], rate)


def _train(suspect: Backwards, rate: float) -> np.ndarray:
    digits = load_digits()
    return learning_curve(suspect, digits.x_train, digits.y_train, rate, STEPS)[0]


def curve_of(suspect: Backwards, rate: float) -> np.ndarray:
    """The suspect's learning curve; those of the course are kept."""
    known = suspect is SOUND or suspect is BUGS.get(suspect.name)
    return _curve(suspect.name, rate) if known else _train(suspect, rate)


def final(losses: np.ndarray) -> float:
    last = losses[-10:]
    return float(last.mean()) if np.isfinite(last).all() else float("inf")


def maps(claimed: np.ndarray, measured: np.ndarray) -> list[Panel]:
    """The computed gradient, the measured one, and their difference, on one colour scale."""
    shape = claimed.shape[-2:] if claimed.ndim > 1 else (1, claimed.size)
    claimed, measured = claimed.reshape(shape), measured.reshape(shape)
    reach = float(max(np.abs(claimed).max(), np.abs(measured).max())) or 1.0
    panels = []
    for column, (name, title, values) in enumerate(
        zip(MAPS, TITLES, (claimed, measured, claimed - measured), strict=True), 1
    ):
        digits = ".1f" if reach > 0.5 and shape[1] < 8 else ""
        values = values.round(9) + 0.0  # no negative zeros among the numbers shown
        heat = Heatmap(values, cmap="diverging", vmin=-reach, vmax=reach, numbers=digits)
        frame = Region(-0.5, shape[1] - 0.5, -0.5, shape[0] - 0.5, color="grid", filled=False, width=1)
        x, y = Axis(-0.5, shape[1] - 0.5, visible=False), Axis(shape[0] - 0.5, -0.5, visible=False)
        panels.append(
            Panel(
                [heat, frame],
                x,
                y,
                title=title,
                at=(0, 2 * column - 1, 1, 2),
                equal=True,
                grid=False,
                name=name,
            )
        )
    return panels


def errors_panel(errors: dict, part: str) -> Panel:
    """The relative error of every part as a bar on a log axis, drawn by its power of ten."""
    powers = np.log10(np.clip(list(errors.values()), FLOOR, 10)) - np.log10(FLOOR)
    chosen, rows = list(errors).index(part), np.arange(len(powers))
    fails = powers > np.log10(GOOD / FLOOR)
    ticks = np.arange(0, 14, 4)
    marks = [
        Region(0, 14, chosen - 0.5, chosen + 0.5, color="you-soft", alpha=1),
        Bars(rows[~fails], powers[~fails], horizontal=True, color="muted", width=0.5),
        Bars(rows[fails], powers[fails], horizontal=True, color="ink", width=0.7),
        Reference("limit 1e-6", x=6, dash="dashed"),
    ]
    x = Axis(0, 14, "relative error", ticks=ticks, names=[f"1e{t - 12}" for t in ticks])
    y = Axis(len(powers) - 0.4, -1.1, ticks=rows, names=list(errors))
    return Panel(marks, x, y, title="Gradient check of each part", at=(1, 1, 1, 3), name="errors")


def learning_panel(curve: np.ndarray, sound: np.ndarray) -> Panel:
    """Both learning curves; one that leaves the picture says so."""
    steps = np.arange(1, len(curve) + 1)
    smoothed = smooth(curve)
    drawn = np.where(smoothed <= 3.5, smoothed, np.nan)
    marks = [
        Line(steps, smooth(sound), color="muted", dash="dashed", label="sound"),
        Line(steps, drawn, color="ink", label="suspect"),
        Reference("2.30 = guessing", y=np.log(10), at="start"),
    ]
    if not np.isfinite(drawn[-1]):
        last = int(np.flatnonzero(np.isfinite(drawn))[-1]) if np.isfinite(drawn).any() else 0
        marks.append(Note(40, 3.3, "It leaves the picture.", (last + 1, 3.4), 180))
    axes = Axis(0, len(curve), "step", whole=True), Axis(0, 3.5)
    title, words = "Training on the digits", "loss, mean of ten steps"
    return Panel(marks, *axes, title=title, subtitle=words, at=(1, 4, 1, 3), legend="ends", name="learning")


def smooth(losses: np.ndarray) -> np.ndarray:
    """Mean of the last ten steps, fewer at the start."""
    sums = np.cumsum(losses)
    sums[10:] -= sums[:-10].copy()
    return sums / np.minimum(np.arange(1, len(losses) + 1), 10)
