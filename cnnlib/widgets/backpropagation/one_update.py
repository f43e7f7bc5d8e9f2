"""One training image through one full update: forwards, loss, backwards, step, and forwards again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnnlib.data import Split, load_mnist_sample
from cnnlib.experiments.dissect import FullPass, full_pass
from cnnlib.experiments.specimen import specimen
from cnnlib.networks import load_mnist_cnn, mnist_cnn
from cnnlib.nn.functional import softmax
from cnnlib.nn.layers import MaxPool2d
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.runtime.language import localised, marked, say, word
from cnnlib.viz import Axis, Bars, Figure, Panel, Points, Scene
from cnnlib.widgets.backpropagation.loss_words import moved, short
from cnnlib.widgets.backpropagation.update_again import TOLD, WORSE, UpdateAgain, ways
from cnnlib.widgets.backpropagation.update_flow import HEIGHT, UpdateFlow
from cnnlib.widgets.backpropagation.update_large import large_panel
from cnnlib.widgets.backpropagation.update_picture import KernelStep, UpdatePicture
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget
from cnnlib.widgets.forward_pass.network_layout import LayerOutput, drawn, layer_outputs

FRESH, TRAINED, YOURS = marked("fresh", "trained", "yours")
RINGS = "softmax: bars before, rings after"
TINY = 0.01  # losses below this get three digits, not three decimals
OTHERS = 100  # images, the last ones, that take no part in the update
FORWARDS = {
    "convolution": "slides its kernels over the maps before it",
    "linear": "weighs all that is left, once for each of its numbers",
    "normalization": "gives every map mean 0 and deviation 1, then scales and moves it",
    "ReLU": "sets what is negative to zero",
    "tanh": "squeezes every number between -1 and 1",
    "sigmoid": "squeezes every number between 0 and 1",
    "scores": "weigh all that is left, one number a class",
}
BACKWARDS = {
    "convolution": "what arrives here gives the kernels' gradients, and goes on through the turned kernels",
    "linear": "what arrives here gives the weights' gradients, and goes on through the same weights",
    "normalization": "what arrives here goes on through the same scales, less its mean",
    "ReLU": "only where the number was above zero will it go on",
    "tanh": "the closer the number was to -1 or 1, the less will go on",
    "sigmoid": "the closer the number was to 0 or 1, the less will go on",
    "scores": "probability minus one for the right class, probability for the others",
    "input": "how the loss would move with each pixel; nobody changes pixels, so here it ends",
}


class OneUpdate(Widget):
    """Four small stages, forward, loss, backward, step; the present one large.

    From the step on the large one asks what becomes of this image and of the others; the last step answers.

    Parameters
    ----------
    model : Sequential, optional
        A network of one's own, within the sizes that `cnnlib.experiments.specimen` takes; by default the
        course's network for MNIST's digits of 28x28, fresh or trained.
    images : Split or pair (images, labels), optional
        At least two; of a `Split` the training images. The last of them, 100 or half of a few, take no part
        in the update.
    class_names : sequence of str, optional
        What the outputs stand for.
    **options
        As for `Widget`.

    Facts: ``step``, ``steps``, ``before`` and ``after`` (the loss of this image before and after the update),
    ``fell`` (before - after), ``predicted`` (learning rate times squared length of the gradient),
    ``others_before`` and ``others_after`` (mean loss of the images that took no part).

    >>> OneUpdate(step=8).text.split(":")[0]
    'Step 8 of 18, loss'
    """

    title = "Does one image's step help the others?"
    slots: Mapping = {"head": ("network",), "bar": ("image", "rate", "step")}
    advances = "step"
    at_end = "This was the last step. Press Play to see the update from its beginning."

    def __init__(self, model=None, images=None, *, class_names=None, **options) -> None:
        if (model is None) != (images is None):
            raise TypeError("model, images: got one without the other, expected both or neither")
        if model is None:
            images = load_mnist_sample()
            self.networks = {FRESH: mnist_cnn(rng=0), TRAINED: load_mnist_cnn()}
        else:
            self.networks = {YOURS: model}
        if isinstance(images, Split):
            class_names = images.class_names if class_names is None else class_names
            images = images.x_train, images.y_train
        self.specimen = specimen(next(iter(self.networks.values())), images, class_names)
        if self.specimen.labels is None or len(self.specimen.images) < 2:
            raise ValueError(
                "images: got no labels or one image, expected a Split or a pair (images, labels)"
            )
        self.outputs = drawn(
            layer_outputs(self.specimen.model, self.specimen.shape, self.specimen.images, rows=2)
        )
        self.others = min(OTHERS, len(self.specimen.images) // 2)
        self.steps, self.kept = 2 * len(self.outputs) + 2, None
        last = len(self.specimen.images) - self.others - 1
        self.controls = (
            Choice("network", tuple(self.networks), picker="segments", label="Network"),
            Slider("image", 0, max(1, last), 0, integer=True, label="Image"),
            LogSlider("rate", 1e-4, 10, 0.01, label="Learning rate"),
            Slider("step", 0, self.steps, self.steps - 1, integer=True, label="Step"),
        )
        super().__init__(**options)

    def limits(self, state: dict) -> dict:
        return {"image": (0, len(self.specimen.images) - self.others - 1)}

    def compute(self, state: dict) -> Scene:
        x, y = (a[[state["image"]]] for a in (self.specimen.images, self.specimen.labels))
        key = state["network"], state["image"], state["rate"]
        if self.kept is None or self.kept[0] != key:  # a step forwards shows more of the same update
            self.kept = key, self.update(state, x, y)
        seen, again, facts = self.kept[1]
        facts = facts | {"step": state["step"], "steps": self.steps, "label": int(y[0])}
        step, count, label = state["step"], len(self.outputs), int(y[0])
        names, others = self.specimen.class_names, self.specimen.images[-self.others :]
        p, now = (softmax(one.activations[-1])[0] for one in (seen, again))
        picture = UpdatePicture(self.outputs, step, seen)
        kernel = KernelStep(self.networks[state["network"]], seen, float(state["rate"]))
        flow = UpdateFlow(picture, kernel, p, label, facts["before"], names)
        if step > 2 * count:
            large = UpdateAgain(picture, p, now, label, names, facts, others, step < self.steps).panels()
        else:
            large = [large_panel(flow)]
        below = kernel.panels(step >= 2 * count, step > 2 * count)
        below = [self.guess(step, seen, again, label), *below]
        above = [panel.name for panel in large if panel.name != "large"]
        small, narrow = picture.narrow(above, [panel.name for panel in below])
        return Scene(
            [flow.panel(), *large, small, *below],
            say(
                "Step {step} of {steps}, {sentence}",
                step=step,
                steps=self.steps,
                sentence=self.sentence(state, seen, facts, kernel),
            ),
            facts,
            columns=("352px", 1, 1),
            height=HEIGHT,
            narrow=narrow,
            figures=[self.verdict(step, facts)],
        )

    def verdict(self, step: int, facts: dict) -> Figure:
        """What becomes of the others, once it is known."""
        count, found = say("{count} others", count=self.others), ways(facts)[1]
        if step < self.steps:
            return Figure(count, "?", large=True)
        return Figure(count, found, large=True, color="bad" if found == WORSE else "ink")

    def update(self, state: dict, x, y) -> tuple[FullPass, FullPass, dict]:
        """Both passes, and the losses and moves of the update between them."""
        model, loss = self.networks[state["network"]].copy(), CrossEntropyLoss()
        others = self.specimen.images[-self.others :], self.specimen.labels[-self.others :]
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

    def guess(self, step: int, seen: FullPass, again: FullPass, label: int) -> Panel:
        """Probabilities before the update, and after it as points; of many classes the likeliest."""
        p, q = (softmax(one.activations[-1])[0] for one in (seen, again))
        order = np.argsort(-p, kind="stable")[:10]
        shown = np.sort(order if label in order else np.append(order[:9], label))
        places, names = np.arange(len(shown)), self.specimen.class_names
        target = int(np.flatnonzero(shown == label)[0])
        marks = [Points(1.0, target, color="ink", shape="diamond", size=6, label="wanted")]
        if step >= len(self.outputs) - 1:
            marks.append(Bars(places, p[shown], color="muted", horizontal=True, label="before"))
        if step == self.steps:
            marks.append(Points(q[shown], places, color="paper", size=4, outline="ink", label="after"))
        y = Axis(len(shown) - 0.4, -0.6, ticks=places, names=[names[i] for i in shown])
        x = Axis(0, 1.15, "probability (diamond: wanted)", ticks=(0, 0.5, 1))
        return Panel(marks, x, y, title=RINGS, name="guess")

    def sentence(self, state: dict, seen: FullPass, facts: dict, kernel: KernelStep) -> str:
        step, count = state["step"], len(self.outputs)
        if step == 0:
            name = self.specimen.class_names[facts["label"]]
            return say("the image: {name}. Press Step to send it through the network.", name=name)
        if step < count:
            return self.forward_words(self.outputs[step])
        if step == count:
            right = "the right digit" if self.specimen.class_names[0].isdigit() else "the right class"
            words = say(
                "loss: the network gives {right} {before:.1f} %, and minus its logarithm is",
                right=right,
                before=100 * np.exp(-facts["before"]),
            )
            value = facts["before"]
            return f"{words} {f'{value:.3f}' if value >= TINY else short(value)}."
        if step <= 2 * count:
            return self.backward_words(self.outputs[2 * count - step], seen)
        if step == self.steps - 1:
            up, down = kernel.moves()
            return say(
                "step: each weight goes against its gradient, downhill for this image. Of {every:,} weights "
                "{up:,} go up, {down:,} down, by {largest:.2g} at most; {still:,} stay. Press Play for the "
                "losses now.",
                every=up + down + kernel.still(),
                up=up,
                down=down,
                still=kernel.still(),
                largest=facts["largest"],
            )
        return self.after_words(facts)

    def forward_words(self, output: LayerOutput) -> str:
        layer, word = self.specimen.model[output.place - 1], output.name.split()[0]
        what = FORWARDS.get(word)
        if word == "pooling":
            kept = "keeps the largest" if isinstance(layer, MaxPool2d) else "takes the mean"
            what = say(
                "{kept} of every {kernel_size}×{kernel_size2}",
                kept=kept,
                kernel_size=layer.kernel_size[0],
                kernel_size2=layer.kernel_size[1],
            )
        return say("forwards: {name} {what}: {size}.", name=output.name, what=what, size=output.size)

    def backward_words(self, output: LayerOutput, seen: FullPass) -> str:
        gradient, word = seen.gradients[output.place], output.name.split()[0]
        what = BACKWARDS.get(word)
        if word == "pooling":
            winner = isinstance(self.specimen.model[output.place - 1], MaxPool2d)
            what = "each number will go on to the winner of its window alone"
            what = what if winner else "each number will go on to its whole window, in equal parts"
        return say(
            "backwards: the gradient at {name}, {gradient} of {size} numbers are not zero: {what}.",
            name=output.name,
            gradient=np.count_nonzero(gradient),
            size=gradient.size,
            what=what,
        )

    def after_words(self, facts: dict) -> str:
        before, after = facts["others_before"], facts["others_after"]
        own = say("stays {loss}", loss=localised(short(facts["before"])))
        if facts["fell"]:
            way = moved(facts["before"], facts["after"], word("went"))
            own = say("{way}, down by {fell:.3g}", way=way, fell=facts["fell"])
        return say(
            "again: {told}. The loss of this image {own}; "
            "rate times squared gradient had predicted {predicted:.3g}. The mean loss of "
            "{others} other images {theirs}.",
            told=word(TOLD[ways(facts)]),
            own=own,
            predicted=facts["predicted"],
            others=self.others,
            theirs=moved(before, after, word("fell") if after < before else word("rose")),
        )
