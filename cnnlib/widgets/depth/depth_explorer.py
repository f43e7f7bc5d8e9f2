"""Four kinds of network, 2 to 50 layers deep: the signal and the gradient of each, and how each trains."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cnnlib.experiments.depth import KINDS, Profile, deep_cnn, profile
from cnnlib.experiments.starting_networks import study_images
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import train
from cnnlib.runtime.language import joined, say, say_many, word
from cnnlib.viz import Axis, Figure, Line, Narrow, Note, Panel, Points, Reference, Scene
from cnnlib.widgets.base import Choice, LogSlider, Slider, Toggle, Widget
from cnnlib.widgets.base.decades import log_axis
from cnnlib.widgets.depth.depth_picture import (
    COLORS,
    DASHES,
    NAMES,
    key_panel,
    layers_axis,
    lines,
    sizes_panels,
    times,
)
from cnnlib.widgets.depth.first_training import ahead

SHOWS = ("size of the signal", "how alike two images are")
EPOCHS, IMAGES, SMOOTH = 2, 60, 5
STEPS = EPOCHS * 45
LOSSES = (0.05, 10)
FAINT = "Faint: what will come."
SLOTS = {"head": ("shows",), "bar": ("depth", "scale", "rate"), "more": ("zero", "seed")}
PLACES = {"key narrow": (0, 0), "left": (1, 0), "gradient": (2, 0), "loss": (3, 0)}
NARROW = Narrow(("76px", *["250px"] * 3), (1,), 826, PLACES, only=("key narrow",), below=820)
ALONE = Narrow(("250px",) * 3, (1,), 750, {name: (row - 1, 0) for name, (row, _) in PLACES.items() if row})


@lru_cache(maxsize=64)
def first_profiles(depth: int, scale: float, zero: bool, seed: int) -> tuple[Profile, ...]:
    """What flows through each of the four fresh networks."""
    digits = study_images()
    x, y = digits.x_train[:IMAGES], digits.y_train[:IMAGES]
    return tuple(profile(deep_cnn(k, depth, seed, scale=scale, zero_branches=zero), x, y) for k in KINDS)


class DepthExplorer(Widget):
    """Signal, gradient and training of a plain, a batch-normalised and a residual network, and one of both.

    Signal and gradient are those of fresh networks, behind each block of two convolutions. Play trains the
    four on the same batches. Facts, each for ``plain``, ``norm``, ``residual`` and ``both``:
    ``signal_plain`` (size behind the last block over that before the first), ``gradient_plain`` (before the
    first block over behind the last), ``alike_plain`` (mean cosine of two images behind the last block),
    ``loss_plain`` (mean of the last five batches, inf when it is no number; 0 before training); and
    ``depth``, ``scale``, ``steps``. An odd number of layers counts as the even one
    below it. With ``trained=True`` the training is run before the widget appears. ``kinds`` names the
    networks to show, from ``plain``, ``norm``, ``residual`` and ``both``; by default all.

    >>> DepthExplorer(depth=2).text.endswith("Nothing is trained yet.")
    True
    """

    title = "What reaches the other end?"
    slots = SLOTS
    controls = (
        Choice("shows", SHOWS, label="Left picture", picker="segments", words=("size", "how alike")),
        Slider("depth", 2, 50, 20, step=2, integer=True, label="Layers"),
        LogSlider("scale", 0.5, 2, 1, label="Scale (He is 1)"),
        LogSlider("rate", 0.001, 1, 0.02, label="Learning rate"),
        Toggle("zero", False, label="Residual blocks start at 0"),
        Slider("seed", 0, 20, 0, integer=True, label="Seed"),
    )
    restarts = ("depth", "scale", "rate", "zero", "seed")

    def __init__(self, *, trained=False, kinds=NAMES, **options):
        for name in kinds:
            if name not in NAMES:
                raise ValueError(f"kinds must be among {', '.join(NAMES)}, got {name!r}")
        self.places = [place for place, name in enumerate(NAMES) if name in kinds]
        super().__init__(**options)
        if trained:
            self.advance(STEPS)

    def begin(self):
        self.steps, self.models = 0, {}  # these are made at the first step, and kept if a run breaks off
        self.losses = {NAMES[place]: [] for place in self.places}

    def train(self):
        """One ``yield`` a step of all networks; one whose loss is no number any more stands still."""
        runs, s, digits = {}, self.state, study_images()
        start = {"scale": s["scale"], "zero_branches": s["zero"]}
        if not self.models:
            self.models = {
                NAMES[p]: deep_cnn(KINDS[p], even(s["depth"]), s["seed"], **start) for p in self.places
            }
        for name, model in self.models.items():
            optimizer, how = SGD(s["rate"], momentum=0.9), {"epochs": EPOCHS, "rng": s["seed"]}
            images = digits.x_train, digits.y_train
            runs[name] = train(model, CrossEntropyLoss(), optimizer, *images, **how)
        while self.steps < STEPS:
            for name in tuple(runs):
                with np.errstate(all="ignore"):
                    loss = next(runs[name]).loss
                self.losses[name].append(loss if np.isfinite(loss) else np.inf)
                if not np.isfinite(loss):
                    del runs[name]
            self.steps += 1
            yield

    def compute(self, state):
        depth = even(state["depth"])
        known = first_profiles(depth, state["scale"], state["zero"], state["seed"])
        profiles = {place: known[place] for place in self.places}
        facts = {"depth": depth, "scale": state["scale"], "steps": self.steps}
        for place, found in profiles.items():
            name = NAMES[place]
            facts[f"signal_{name}"] = _ratio(found.size[-1], found.size[0])
            facts[f"gradient_{name}"] = _ratio(found.gradient[0], found.gradient[-1])
            facts[f"alike_{name}"] = float(np.nan_to_num(found.alike[-1], nan=1.0))
            facts[f"loss_{name}"] = float(np.mean(self.losses[name][-SMOOTH:])) if self.steps else 0.0
        row = int(len(profiles) > 1)  # beneath the key, if there is one
        factors = {
            fact: [facts[f"{fact}_{NAMES[p]}"] for p in self.places] for fact in ("signal", "gradient")
        }
        panels = [*sizes_panels(profiles, factors, row), self.loss_panel(row)]
        if state["shows"] == SHOWS[1]:
            panels[0] = alike_panel(profiles, row)
        if row:
            places = tuple(self.places)
            panels += [key_panel(places, "key", 4), key_panel(places, "key narrow", 1)]
        return Scene(
            panels,
            self.sentence(facts),
            facts,
            rows=("32px", 1) if row else (1,),
            columns=(4, 4, 4),
            height=380 + 32 * row,
            figures=[self.figure(facts)],
            narrow=NARROW if row else ALONE,
        )

    def figure(self, facts) -> Figure:
        """By how much the gradient changes on its way back; of several networks, in which it does so most."""
        factors = {name: facts[f"gradient_{name}"] for name in self.losses}
        with np.errstate(divide="ignore"):
            most = max(factors, key=lambda name: abs(np.log(factors[name])))
        if len(factors) == 1:
            return Figure("Gradient back", times(factors[most]), large=True)
        return Figure("Gradient changes most", times(factors[most]), most, large=True)

    def loss_panel(self, row):
        marks: list = [Reference("2.30 = guessing", y=np.log(10))]
        future = ahead(self.state) if not self.steps and len(self.places) == len(NAMES) else []
        for place, curve in enumerate(future):
            look = {"color": COLORS[place], "dash": DASHES[place], "width": 1.5, "alpha": 0.4}
            marks.append(Line(*curve, **look))
        if not self.steps:
            together = (
                "the networks train on the same batches" if len(self.places) > 1 else "the network trains"
            )
            words = say("Press Play: {together}.", together=together) + (f" {word(FAINT)}" if future else "")
            marks.append(Note(0.12 * STEPS, 10, words, width=220))
        for place in self.places:
            losses = np.array(self.losses[NAMES[place]])
            if not losses.size:
                continue
            smooth = np.array([losses[max(0, i - SMOOTH + 1) : i + 1].mean() for i in range(len(losses))])
            kept = np.isfinite(smooth)
            drawn, steps = np.clip(smooth[kept], *LOSSES), np.arange(1, len(losses) + 1)[kept]
            look = {"color": COLORS[place], "dash": DASHES[place], "width": 2}
            marks.append(Line(steps, drawn, label=_loss(losses[-SMOOTH:].mean()), **look))
            if not kept.all():
                marks.append(Points(steps[-1:], drawn[-1:], color=COLORS[place], shape="cross", size=6))
        axes = Axis(0, STEPS, "step", whole=True), log_axis(LOSSES[0], 1.3 * LOSSES[1])[0]
        words = "five batches; log axis: each line × 10"
        look = {"at": (row, 2), "name": "loss", "legend": "ends"}
        return Panel(marks, *axes, title="The loss should fall", subtitle=words, **look)

    def sentence(self, facts):
        said = say(
            "{depth} layers. The gradient changes on its way back by: {back}.",
            depth=facts["depth"],
            back=self.listed([times(facts[f"gradient_{NAMES[p]}"]) for p in self.places]),
        )
        if not self.steps:
            return say("{said} Nothing is trained yet.", said=said)
        losses = self.listed([_loss(facts[f"loss_{NAMES[p]}"]) for p in self.places])
        return say_many(
            "{said} Loss after {number} step: {losses}.",
            "{said} Loss after {number} steps: {losses}.",
            self.steps,
            said=said,
            losses=losses,
        )

    def listed(self, values: list[str]) -> str:
        """A value of each network, with its name."""
        pairs = zip(self.places, values, strict=True)
        return joined(", ", [say("{name} {value}", name=NAMES[p], value=value) for p, value in pairs])


def alike_panel(profiles, row: int) -> Panel:
    """How alike two images have become, by layer."""
    values = [found.alike for found in profiles.values()]
    labels = [f"{alike[-1]:.2f}" for alike in values]
    marks = [Reference("1 = alike", y=1.0, at="start"), *lines(profiles, values, (0, 1.05), labels)]
    axes = layers_axis(profiles), Axis(0, 1.05)
    title, words = "How alike two images are", "should stay low; cosine, 1: not to be told apart"
    return Panel(marks, *axes, title=title, subtitle=words, at=(row, 0), name="left", legend="ends")


def even(depth: int) -> int:
    """A block has two layers."""
    return depth - depth % 2


def _ratio(end, start) -> float:
    with np.errstate(all="ignore"):
        found = float(np.float64(end) / np.float64(start))
    return found if np.isfinite(found) else np.inf


def _loss(value: float) -> str:
    return f"{value:.2f}" if value < 1000 else word("overflow")
