"""Cross-entropy and half squared error side by side, on three scores that sliders move."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.first_losses import LOSSES, loss_and_gradient
from cnnlib.nn.functional import softmax
from cnnlib.runtime.language import marked, say
from cnnlib.viz import (
    Arrows,
    Axis,
    Bars,
    Cursor,
    Figure,
    Line,
    Narrow,
    Note,
    Panel,
    Points,
    Reference,
    Scene,
    Slot,
    Text,
)
from cnnlib.widgets.base import Choice, Slider, Widget

CLASSES = ("cat", "dog", "bird")
TRUTHS = marked("it is a cat", "it is a dog", "it is a bird")
SCORES = marked("Score of cat", "Score of dog", "Score of bird")
LIMIT = 12.0
DASHES = {"cross-entropy": "solid", "half squared error": "dashed"}
INKS = {"cross-entropy": "ink", "half squared error": "muted"}  # as the signs before the numbers
SLOTS = {"bar": ("label",)} | {f"score {name}": (name,) for name in CLASSES}
HEAD, FOOT = "33px", "25px"  # above and beneath the rows of the classes, each a slider and its bar
NARROW = Narrow(
    ("33px", *("62px",) * 3, "25px", "280px", "150px", "170px"),
    (1, 1.15),
    None,
    {
        "scores": (0, 0),
        **{f"score {name}": (1 + row, 0) for row, name in enumerate(CLASSES)},
        "p": (0, 1, 5, 1),
        "loss": (5, 0, 1, 2),
        "cross-entropy": (6, 0, 1, 2),
        "half squared error": (7, 0, 1, 2),
    },
)


class LossExplorer(Widget):
    """Three scores, their probabilities, and what two losses and their gradients make of them.

    Facts: ``cross_entropy``, ``squared``, ``push_cross_entropy`` and ``push_squared`` (how strongly each
    loss pulls the true class's score up: minus the gradient), ``p_true`` (probability of the true class).

    >>> LossExplorer(cat=0, dog=0, bird=0).text.split(".")[0]
    'The network gives the true class, cat, 33'
    """

    title = "How wrong is it, and who pulls?"
    slots = SLOTS
    controls = (
        *(
            Slider(name, -LIMIT, LIMIT, start, step=0.1, label=label)
            for name, start, label in zip(CLASSES, (1, 3, -1), SCORES, strict=True)
        ),
        Choice("label", CLASSES, label="True class", picker="segments", words=TRUTHS),
    )

    def compute(self, state: dict) -> Scene:
        scores, label = np.array([state[name] for name in CLASSES], float), CLASSES.index(state["label"])
        p = softmax(scores)
        results = {kind: loss_and_gradient(scores, label, kind) for kind in LOSSES}
        (cross, d_cross), (squared, d_squared) = results.values()
        facts = {
            "cross_entropy": cross,
            "squared": squared,
            "p_true": float(p[label]),
            "push_cross_entropy": float(-d_cross[label]),
            "push_squared": float(-d_squared[label]),
        }
        panels = [
            probabilities_panel(p, label),
            curves_panel(scores, label, results),
            *(gradients_panel(kind, results[kind][1], label, row) for row, kind in enumerate(LOSSES)),
        ]
        figures = [
            Figure(
                say("Probability of {label}", label=state["label"]),
                share(facts["p_true"]).partition(" of")[0],
                large=True,
            ),
            Figure("Cross-entropy", small(cross), large=True, mark="solid"),
            Figure("Half squared error", small(squared), large=True, mark="dashed"),
        ]
        return Scene(
            panels,
            sentence(state, facts),
            facts,
            rows=(HEAD, *(1,) * 6, FOOT),
            columns=("176px", 1.1, 2.2, 1.5),
            height=350,
            figures=figures,
            slots=[
                Slot("scores", (0, 0), title="Scores"),
                *(Slot(f"score {name}", (1 + 2 * row, 0, 2, 1)) for row, name in enumerate(CLASSES)),
            ],
            narrow=NARROW,
        )


def probabilities_panel(p: np.ndarray, label: int) -> Panel:
    """The three probabilities, and a level that says where the true class's should stand."""
    marks = [
        Bars([0, 1, 2], p, color="ink", width=0.34, horizontal=True),
        Line([1, 1], [label - 0.3, label + 0.3], color="ink", dash="dotted"),
    ]
    for within, rows in enumerate((np.flatnonzero(p < 0.5), np.flatnonzero(p >= 0.5))):
        words = [percent(p[row]) for row in rows]
        side = {"align": "right", "shift": (-5, 0)} if within else {"align": "left", "shift": (5, 0)}
        marks.append(Text(p[rows], rows, words, color="paper" if within else "ink", **side))
    if p[label] < 0.6:  # above the bar, so that its share has room beside it
        marks.append(Text([1], [label], ["wanted"], align="right", shift=(-5, -24)))
    x = Axis(0, 1.04, ticks=(0, 0.5, 1), names=("0", "0.5", "1"))
    y = Axis(2.5, -0.5, ticks=(0, 1, 2), names=CLASSES)
    return Panel(marks, x, y, title="Softmax", subtitle="probabilities", at=(0, 1, 8, 1), name="p")


def curves_panel(scores: np.ndarray, label: int, results: dict) -> Panel:
    """Both losses as the true class's score moves and the other two stay."""
    values = np.linspace(-LIMIT, LIMIT, 121)
    moved = np.repeat(scores[None].astype(float), len(values), axis=0)
    moved[:, label] = values
    top = 8 if results["cross-entropy"][0] < 7.5 else 26
    marks = [Cursor(scores[label], sets={"x": CLASSES[label]}, text=f"{scores[label]:.1f}")]
    for kind in LOSSES:
        heights = np.array([loss_and_gradient(row, label, kind)[0] for row in moved])
        marks.append(Line(values, heights, color=INKS[kind], dash=DASHES[kind]))
        there = int(np.argmin(np.abs(heights - 0.72 * top)))
        if heights[there] > 0.5 * top:
            marks.append(
                Note(
                    values[there] - 0.9,
                    heights[there] + 0.06 * top,
                    kind,
                    width=110,
                    align="right",
                    needs=235,
                )
            )
        marks.append(Points(scores[label], results[kind][0], color="ink", size=6, outline="paper"))
    marks.append(Reference("cross-entropy of guessing: 1.10", y=np.log(3), at="end"))
    below = top < 10  # the line, where there is room between it and the axis
    words = "half squared error" if below else "half squared error, at most 1"
    marks.append(Note(-11.7, 0.9 if below else 0.12 * top, words, width=200, needs=230))
    x, y = Axis(-LIMIT, LIMIT, say("score of {classes}", classes=CLASSES[label])), Axis(0, top)
    title, words = "Both losses", "drag the line"
    return Panel(marks, x, y, title=title, subtitle=words, at=(0, 2, 8, 1), name="loss")


def gradients_panel(kind: str, gradient: np.ndarray, label: int, row: int) -> Panel:
    """How one loss pulls at each score, minus its gradient: an arrow up or down."""
    pull, told = -gradient, pulls_told(-gradient)
    marks = [Line([-0.6, 2.6], [0, 0], color="muted", width=1)]
    for color, sign in (("pos", 1), ("neg", -1)):
        chosen = np.flatnonzero(sign * told > 0)
        still = np.zeros(len(chosen))
        marks.append(Arrows(chosen, still, still, pull[chosen], color=color, width=6))
        words = [f"{told[i]:+.3f}" for i in chosen]
        side = {"baseline": "bottom" if sign > 0 else "top", "shift": (0, -3 * sign)}
        marks.append(Text(chosen, pull[chosen], words, color=f"{color}-text", **side))
    last = row == len(LOSSES) - 1
    x = Axis(-0.6, 2.6, ticks=(0, 1, 2), names=CLASSES)
    words = "pull on each score"
    y, at = Axis(-1.45, 1.45, ticks=(-1, 0, 1)), (4, 3, 4, 1) if last else (0, 3, 4, 1)
    return Panel(marks, x, y, title=kind.capitalize(), subtitle=words, at=at, name=kind)


def pulls_told(pulls: np.ndarray) -> np.ndarray:
    """Pulls as they are printed, in thousandths; those that round worst give way, so that the sum is 0.

    >>> pulls_told(np.array([0.0006, 0.0006, -0.0012])).tolist()
    [0.001, 0.0, -0.001]
    """
    parts = 1000 * pulls
    whole = np.floor(parts)
    up = np.argsort(whole - parts, kind="stable")[: -int(whole.sum())]
    whole[up] += 1
    return whole / 1000


def sentence(state: dict, facts: dict) -> str:
    words = say(
        "The network gives the true class, {label}, {share}. Cross-entropy is "
        "{cross_entropy} and pulls its score up with {small}; half squared error "
        "is {squared} and pulls with {small2}.",
        label=state["label"],
        share=share(facts["p_true"]),
        cross_entropy=small(facts["cross_entropy"]),
        small=small(facts["push_cross_entropy"]),
        squared=small(facts["squared"]),
        small2=small(facts["push_squared"]),
    )
    if facts["push_squared"] < 0.01 < facts["squared"]:
        words += " The squared error sees that the guess is wrong, and hardly moves."
    return words


def share(p: float) -> str:
    return percent(p) if p >= 0.001 else say("{p:.1e} of all probability", p=p)


def percent(p: float) -> str:
    """A probability in per cent, the same wherever it stands."""
    return f"{100 * p:.1f} %"


def small(value: float) -> str:
    """A number as a decimal, or as a power where that would show only zeros."""
    return f"{value:.2f}" if abs(value) >= 0.005 or value == 0 else f"{value:.1e}"
