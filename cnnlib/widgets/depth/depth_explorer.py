"""Four kinds of network, 2 to 50 layers deep: the signal and the gradient of each, and how each trains."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cnnlib.experiments.depth import KINDS, Profile, deep_cnn, profile
from cnnlib.experiments.starting_networks import study_images
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import train
from cnnlib.runtime.language import joined, say, say_many
from cnnlib.viz import Figure, Narrow, Scene
from cnnlib.widgets.base import Choice, LogSlider, Slider, Toggle, Widget
from cnnlib.widgets.depth.depth_picture import (
    ALL,
    KEPT,
    NAMES,
    LossPicture,
    alike_panel,
    loss_words,
    named,
    signal_panel,
    times,
)
from cnnlib.widgets.depth.first_training import ahead
from cnnlib.widgets.depth.gradient_picture import NARROW, WIDE, GradientPicture

SHOWS = ("size of the signal", "how alike two images are")
EPOCHS, IMAGES, SMOOTH = 2, 60, 5
STEPS = EPOCHS * 45
SLOTS = {"head": ("follow",), "bar": ("depth", "scale"), "more": ("shows", "rate", "zero", "seed")}
PLACES = {"gradient narrow": (0, 0), "signal": (1, 0), "loss": (2, 0)}
PHONE = Narrow(("330px", "190px", "200px"), (1,), 720, PLACES, only=("gradient narrow",), below=740)


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

    title = "Does the gradient keep its size?"
    slots = SLOTS
    controls = (
        Choice("follow", (ALL, *NAMES), label="Follow", picker="segments"),
        Slider("depth", 2, 50, 20, step=2, integer=True, label="Layers"),
        LogSlider("scale", 0.5, 2, 1, label="Scale (He is 1)"),
        Choice("shows", SHOWS, label="Upper small picture", picker="segments", words=("size", "how alike")),
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
        if len(self.places) == 1:  # there is no other to be told from
            options.setdefault("show", [c.name for c in self.controls if c.name != "follow"])
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
        return Scene(
            self.panels(state, profiles, facts),
            self.sentence(facts),
            facts,
            rows=(1, 1.05),
            columns=(1, "min(340px, 34%)"),
            height=428,
            figures=self.figures(facts),
            narrow=PHONE,
        )

    def figures(self, facts) -> list[Figure]:
        """In how many networks the gradient keeps its size; of a single one that is seen without counting."""
        if len(self.places) == 1:
            return []
        keep = sum(1 / KEPT < facts[f"gradient_{NAMES[place]}"] < KEPT for place in self.places)
        unit = say("of {networks} networks", networks=len(self.places))
        return [Figure("It keeps its size in", str(keep), unit, large=True)]

    def panels(self, state, profiles, facts) -> list:
        """The gradient, large; the signal, or how alike images are, and the loss beside it."""
        signal = [facts[f"signal_{NAMES[place]}"] for place in profiles]
        gradient = [facts[f"gradient_{NAMES[place]}"] for place in profiles]
        follow = state["follow"] if state["follow"] in self.options(state)["follow"] else ALL
        large = GradientPicture(profiles, gradient, follow)
        small = signal_panel(profiles, signal, follow)
        if state["shows"] == SHOWS[1]:
            small = alike_panel(profiles, follow)
        loss = LossPicture(self.places, STEPS, SMOOTH, follow)
        if not self.steps:
            loss.ahead(ahead(state) if len(self.places) == len(NAMES) else [])
        for place in self.places:
            if self.losses[NAMES[place]]:
                loss.so_far(place, np.array(self.losses[NAMES[place]]))
        wide, narrow = (
            large.panel(name, room, at)
            for name, room, at in (("gradient", WIDE, (0, 0, 2, 1)), ("gradient narrow", NARROW, (0, 0)))
        )
        return [wide, small, loss.panel(), narrow]

    def options(self, state):
        """Of all that can be followed, what is there."""
        return {"follow": (ALL, *(NAMES[place] for place in self.places))}

    def event(self, event):
        """A name or a line was clicked: that network is followed, or all are again."""
        if event["name"] != "follow" or event["kind"] != "click":
            return None
        place = GradientPicture.places_of(self.places, even(self.state["depth"]))[event["index"]]
        return {"follow": ALL if self.state["follow"] == NAMES[place] else NAMES[place]}

    def sentence(self, facts):
        said = say("{depth} layers. {changes}", depth=facts["depth"], changes=self.changes(facts))
        if not self.steps:
            return say("{said} Nothing is trained yet.", said=said)
        losses = joined(", ", [named(p, loss_words(facts[f"loss_{NAMES[p]}"])) for p in self.places])
        return say_many(
            "{said} Loss after {number} step: {losses}.",
            "{said} Loss after {number} steps: {losses}.",
            self.steps,
            said=said,
            losses=losses,
        )

    def changes(self, facts) -> str:
        """In which networks the gradient fades on its way back, in which it grows, and by how much."""
        parted: dict[str, list[str]] = {"fades": [], "grows": [], "keeps": []}
        for place in self.places:
            factor = facts[f"gradient_{NAMES[place]}"]
            fate = "fades" if factor <= 1 / KEPT else "keeps" if factor < KEPT else "grows"
            parted[fate].append(named(place, times(factor)))
        words = {fate: joined(", ", found) for fate, found in parted.items() if found}
        clauses = []
        if "fades" in words:
            clauses.append(say("fades in {networks}", networks=words["fades"]))
        if "grows" in words:
            clauses.append(say("grows in {networks}", networks=words["grows"]))
        if "keeps" in words:
            clauses.append(say("keeps its size in {networks}", networks=words["keeps"]))
        return say("On its way back the gradient {clauses}.", clauses=joined("; ", clauses))


def even(depth: int) -> int:
    """A block has two layers."""
    return depth - depth % 2


def _ratio(end, start) -> float:
    with np.errstate(all="ignore"):
        found = float(np.float64(end) / np.float64(start))
    return found if np.isfinite(found) else np.inf
