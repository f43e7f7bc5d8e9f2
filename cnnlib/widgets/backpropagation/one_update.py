"""One training image through one full update: forwards, loss, backwards, step, and forwards again."""

from __future__ import annotations

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.dissect import FullPass, full_pass
from cnnlib.networks import load_digits_cnn, small_cnn
from cnnlib.nn.functional import softmax
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.viz import Axis, Bars, Panel, Points, Scene
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget
from cnnlib.widgets.forward_pass.network_layout import (
    LayerOutput,
    layer_outputs,
    panel_of,
    reach_of,
    shared_reach,
)
from cnnlib.widgets.forward_pass.network_xray import WIDTHS

FRESH, TRAINED = "fresh", "trained"
OTHERS = slice(1000, 1100)  # training images that take no part in the update
FORWARDS = {
    "convolution": "slides its kernels over the maps before it",
    "ReLU": "sets what is negative to zero",
    "pooling": "keeps the largest of every 2×2",
    "scores": "weigh all that is left, one number a digit",
}
BACKWARDS = {
    "convolution": "what arrives here gives the kernels' gradients, and goes on through the turned kernels",
    "ReLU": "only where the number was above zero will it go on",
    "pooling": "each number will go on to the winner of its window alone",
    "scores": "probability minus one for the right digit, probability for the others",
    "input": "how the loss would move with each pixel; nobody changes pixels, so here it ends",
}


class OneUpdate(Widget):
    """Forward maps above, gradient maps below; each step adds the next of them.

    Facts: ``step``, ``steps``, ``before`` and ``after`` (the loss of this image before and after the update),
    ``fell`` (before - after), ``predicted`` (learning rate times squared length of the gradient),
    ``others_before`` and ``others_after`` (mean loss of 100 images that took no part).

    >>> OneUpdate(step=8).text.split(":")[0]
    'Step 8 of 18, loss'
    """

    title = "One update, step by step"
    controls = (
        Choice("network", (FRESH, TRAINED), label="Network"),
        Slider("image", 0, 359, 0, integer=True, label="Image"),
        LogSlider("rate", 1e-4, 10, 0.01, label="Learning rate"),
        Slider("step", 0, 18, 0, integer=True, label="Step"),
    )
    advances = "step"

    def __init__(self, **options) -> None:
        self.networks = {FRESH: small_cnn(rng=0), TRAINED: load_digits_cnn()}
        self.digits = load_digits()
        self.outputs = layer_outputs(self.networks[FRESH], (1, 8, 8))
        super().__init__(**options)

    def compute(self, state: dict) -> Scene:
        x, y = (a[[state["image"]]] for a in (self.digits.x_train, self.digits.y_train))
        seen, again, facts = self.update(state, x, y)
        facts |= {"step": state["step"], "steps": 18, "label": int(y[0])}
        last = state["step"] == 18
        panels = self.maps(state["step"], again if last else seen, seen)
        panels += [self.guess(state["step"], seen, again, int(y[0])), self.losses(state["step"], facts)]
        text = f"Step {state['step']} of 18, {self.sentence(state, seen, facts)}"
        return Scene(panels, text, facts, rows=(1, 1), columns=WIDTHS, height=560)

    def update(self, state: dict, x, y) -> tuple[FullPass, FullPass, dict]:
        """Both passes, and the losses and moves of the update between them."""
        model, loss = self.networks[state["network"]].copy(), CrossEntropyLoss()
        others = self.digits.x_train[OTHERS], self.digits.y_train[OTHERS]
        seen, others_before = full_pass(model, loss, x, y), loss.forward(model.forward(others[0]), others[1])
        model.forward(x, training=True)
        model.backward(seen.gradients[-1])
        parameters = model.parameters()
        rate = float(state["rate"])
        squares = sum(float((p.grad.astype(np.float64) ** 2).sum()) for p in parameters)
        largest = rate * max(float(np.abs(p.grad).max()) for p in parameters)
        SGD(rate).step(parameters)
        with np.errstate(all="ignore"):
            again, others_after = (
                full_pass(model, loss, x, y),
                loss.forward(model.forward(others[0]), others[1]),
            )
        facts = {
            "before": seen.loss,
            "after": abs(again.loss),
            "fell": seen.loss - again.loss,
            "predicted": rate * squares,
            "largest": largest,
            "others_before": others_before,
            "others_after": others_after,
        }
        return seen, again, facts

    def maps(self, step: int, forward: FullPass, seen: FullPass) -> list[Panel]:
        """Two rows of maps, those not computed yet hidden."""
        count, panels = len(self.outputs), []
        spread = shared_reach([forward.activations[s.place] for s in self.outputs if s.place])
        for column, output in enumerate(self.outputs):
            colors = {"cmap": "diverging", "vmin": -spread, "vmax": spread}
            if output.place == 0:
                colors = {"cmap": "ink", "vmin": 0, "vmax": 1}
            panels.append(
                panel_of(
                    output,
                    forward.activations[output.place][0],
                    at=(0, column),
                    hidden=column > step,
                    **colors,
                )
            )
            gradient = seen.gradients[output.place][0]
            reach = reach_of([gradient])
            panels.append(
                panel_of(
                    output,
                    gradient,
                    at=(1, column),
                    hidden=step < 2 * count - column,
                    cmap="diverging",
                    vmin=-reach,
                    vmax=reach,
                )
            )
        return panels

    def guess(self, step: int, seen: FullPass, again: FullPass, label: int) -> Panel:
        """Probabilities before the update, and after it as points."""
        marks = [Points(1.06, label, color="green", shape="diamond", size=6, label="label")]
        if step >= 7:
            p = softmax(seen.activations[-1])[0]
            marks.append(Bars(np.arange(10), p, color="blue", horizontal=True, label="before"))
        if step == 18:
            q = softmax(again.activations[-1])[0]
            marks.append(Points(q, np.arange(10), color="orange", size=4, outline="ink", label="after"))
        y = Axis(9.6, -0.6, ticks=range(10), names=[str(i) for i in range(10)])
        return Panel(marks, Axis(0, 1.15, "probability", ticks=(0, 0.5, 1)), y, title="guess", at=(0, 8))

    def losses(self, step: int, facts: dict) -> Panel:
        """The loss of this image and the mean loss of the others, before and after."""
        marks, count, top = [], (step >= 8) + (step == 18), 3.0
        for name, shift, color in (("", -0.2, "blue"), ("others_", 0.2, "orange")):
            heights = [facts[f"{name}before"], facts[f"{name}after"]][:count]
            words = "100 others" if name else "this image"
            marks.append(Bars(np.arange(count) + shift, heights, width=0.36, color=color, label=words))
            top = max(top, *(1.1 * height for height in heights if np.isfinite(height)), 0)
        x = Axis(-0.6, 1.6, ticks=(0, 1), names=("before", "after"))
        return Panel(marks, x, Axis(0, 1.45 * top), title="loss", at=(1, 8), legend="upper right")

    def sentence(self, state: dict, seen: FullPass, facts: dict) -> str:
        step, count = state["step"], len(self.outputs)
        if step == 0:
            return f"the image, a {facts['label']}. Press Step to send it through the network."
        if step < count:
            return forward_words(self.outputs[step])
        if step == count:
            p = np.exp(-facts["before"])
            words = f"loss: the network gives the right digit {p:.1%}, and minus its logarithm is"
            return f"{words} {facts['before']:.3f}."
        if step <= 2 * count:
            return backward_words(self.outputs[2 * count - step], seen)
        if step == 17:
            return (
                f"update: every one of the 1,898 weights moves by the learning rate {state['rate']:.3g}"
                f" times its gradient, downhill; the largest move is {facts['largest']:.2g}."
            )
        return after_words(facts)


def forward_words(output: LayerOutput) -> str:
    word = output.name.split()[0]
    return f"forwards: {output.name} {FORWARDS[word]}: {output.size}."


def backward_words(output: LayerOutput, seen: FullPass) -> str:
    gradient = seen.gradients[output.place]
    share = np.count_nonzero(gradient)
    word = output.name.split()[0]
    return (
        f"backwards: the gradient at {output.name}, {share} of {gradient.size} numbers are not zero:"
        f" {BACKWARDS[word]}."
    )


def after_words(facts: dict) -> str:
    change = f"from {facts['before']:.3f} to {facts['after']:.3f}"
    way = "fell" if facts["others_after"] <= facts["others_before"] else "rose"
    return (
        f"forwards again: the loss of this image went {change}, down by {facts['fell']:.3g}; rate times"
        f" squared gradient had predicted {facts['predicted']:.3g}. The mean loss of 100 other images {way}"
        f" from {facts['others_before']:.3f} to {facts['others_after']:.3f}."
    )
