"""Five planted faults, a gradient check that shows where each is, and the curve that shows who learns."""

from __future__ import annotations

from functools import cache

import numpy as np

from cnnlib.data import load_digits, load_mnist_sample
from cnnlib.experiments.planted_faults import BUGS, SOUND, Backwards, curve_on_mnist, layer_of, learning_curve
from cnnlib.experiments.specimen import specimen
from cnnlib.networks import mnist_cnn, small_cnn
from cnnlib.nn.gradcheck import numerical_gradient, relative_error
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.runtime.language import marked, say, word
from cnnlib.viz import Figure, Narrow, Scene, Slot
from cnnlib.widgets.backpropagation.suspect_panels import (
    CARDS,
    GOOD,
    HARDLY,
    LEARNED,
    LETTERS,
    NAMES,
    OTHERS,
    SHOWN,
    UNKNOWN,
    cards_panel,
    errors_panel,
    learning_panel,
    maps,
    most,
)
from cnnlib.widgets.base import Choice, LogSlider, Widget

PARTS = {
    "conv: input": ("conv2d", "x"),
    "conv: kernel": ("conv2d", "weight"),
    "conv: bias": ("conv2d", "bias"),
    "pool: input": ("maxpool2d", "x"),
    "ReLU: input": ("relu", "x"),
    "loss: scores": ("loss", "scores"),
}
SLOTS = {"handle": ("suspect",), "faults": ("fault",), "more": ("part", "rate", *LETTERS)}
NARROW = Narrow(
    ("250px", "200px", "min(390px, 30px + 100% of width)", "210px", "100px"),
    (1, 1),
    at={
        "errors": (0, 0, 1, 2),
        "suspect": (1, 0),
        "measured": (1, 1),
        "difference": (2, 0, 1, 2),
        "faults": (3, 0, 1, 2),
        "learning": (4, 0, 1, 2),
    },
    below=690,
)
CHOICES = ("no guess yet", *(NAMES[fault] for fault in BUGS))
FAULTS = marked("Fault of A", "Fault of B", "Fault of C", "Fault of D", "Fault of E")
ASKED = "Which fault makes this?"
NOTHING = "Nothing to name here: choose a suspect from A to E."
STEPS = 100
LAST = 20  # steps whose mean loss says where training ends
KEPT = 64  # learning curves


class BrokenBackward(Widget):
    """Which suspect has which fault? Compare its gradients with measured ones, then name it.

    Parameters
    ----------
    yours : Backwards, optional
        Functions of one's own, made by `cnnlib.experiments.planted_faults.own`; a suspect named ``"yours"``.
    split : Split, optional
        Images to train on; by default MNIST's sample, and with functions of one's own, which may be slow, the
        8x8 digits. Given together with `make_model`.
    make_model : callable, optional
        ``make_model(rng) -> Sequential`` for images of that size, with convolutions, ReLU and max-pooling.

    Facts: ``found`` (how many of the five are named rightly), ``worst`` (the suspect's largest relative
    error), ``failing`` (parts that fail), ``error`` (of the chosen part), ``last`` and ``last_sound`` (mean
    loss of the last twenty steps, infinite if it diverged).

    >>> BrokenBackward(suspect="D", part="conv: input").text.partition(".")[0]
    'Suspect D: at conv: input its gradient is the measured one'
    """

    title = "Which suspect has which fault?"
    volatile = ("fault",)  # it is the suspect's own, which has its letter for a name
    slots = SLOTS
    controls = (
        Choice("suspect", CARDS, label="Suspect", picker="segments", words=(*LETTERS, *SHOWN)),
        Choice("fault", (UNKNOWN, *BUGS), label="Your guess", picker="segments", words=CHOICES),
        Choice("part", tuple(PARTS), label="Look at"),
        LogSlider("rate", 1e-3, 1, 0.1, label="Learning rate"),
        *(
            Choice(letter, (UNKNOWN, *BUGS), label=label, words=CHOICES)
            for letter, label in zip(LETTERS, FAULTS, strict=True)
        ),
    )

    def __init__(self, yours: Backwards | None = None, *, split=None, make_model=None, **options) -> None:
        if (split is None) != (make_model is None):
            raise TypeError("split, make_model: got one without the other, expected both or neither")
        self.yours, self.curves = yours, {}
        self.is_the_course_s = split is None and yours is None  # its curves are shared by all such widgets
        if split is None:
            split, make_model = (
                (load_mnist_sample(), mnist_cnn) if yours is None else (load_digits(), small_cnn)
            )
        self.split, self.make_model = split, make_model
        specimen(self.make_model(np.random.default_rng(0)), self.split)
        super().__init__(**options)

    def backwards(self, suspect: str) -> Backwards:
        if suspect in LETTERS:
            return BUGS[LETTERS[suspect]]
        return self.yours if suspect == "yours" and self.yours is not None else SOUND

    def curve_of(self, suspect: Backwards, rate: float) -> np.ndarray:
        """The suspect's learning curve at a rate; the last 64 are kept."""
        if self.is_the_course_s:
            return curve_on_mnist(suspect.name, rate)
        if (suspect.name, rate) not in self.curves:
            if len(self.curves) >= KEPT:
                self.curves.pop(next(iter(self.curves)))
            x, y = self.split.x_train, self.split.y_train
            losses, _ = learning_curve(suspect, x, y, rate, STEPS, make_model=self.make_model)
            self.curves[suspect.name, rate] = losses
        return self.curves[suspect.name, rate]

    def compute(self, state: dict) -> Scene:
        suspect = self.backwards(state["suspect"])
        known = suspect.name in BUGS or suspect is SOUND
        results = measured_once(suspect.name) if known else measured_of(suspect)
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
            errors_panel(errors, state["part"]),
            *maps(results[state["part"]], state["suspect"], state["part"]),
            learning_panel(curve, sound, facts),
        ]
        idle = state["suspect"] in OTHERS
        return Scene(
            panels,
            self.sentence(state, results[state["part"]], errors, facts),
            facts,
            rows=("214px", "78px", 1),
            columns=(232, 176, 412, "13px", "5px", "186px"),
            height=450,
            figures=figures(state, facts),
            slots=[Slot("faults", (0, 5, 2, 1), "" if idle else ASKED, NOTHING if idle else "")],
            timeline=cards_panel(state),
            idle=("fault",) if idle else (),
            narrow=NARROW,
        )

    def changed(self, before: dict, after: dict) -> None:
        """The guess beside the picture is the one of the suspect that is looked at."""
        suspect = after["suspect"]
        if suspect in OTHERS:
            self.put(fault=UNKNOWN)
        elif after["fault"] != before["fault"] and after[suspect] == before[suspect]:
            self.put(**{suspect: after["fault"]})
        else:
            self.put(fault=after[suspect])

    def event(self, event: dict) -> dict | None:
        if event["kind"] == "click" and event["name"] == "suspects":
            return {"suspect": CARDS[int(event["col"])]}
        if event["kind"] == "click" and event["name"] == "errors":
            return {"part": tuple(PARTS)[int(event["row"])]}
        return None

    def sentence(self, state: dict, pair: tuple, errors: dict, facts: dict) -> str:
        """What is seen of the chosen part; where else a suspect of the course fails is left to the eye."""
        suspect = state["suspect"]
        if suspect == "yours" and self.yours is None:
            return (
                "There are no functions of yours here yet; the numbers are those of the correct pass. "
                "Give yours as BrokenBackward(yours=own(…))."
            )
        if suspect in OTHERS:
            failing = [name for name, error in errors.items() if error > GOOD]
            verdict = (
                say("fails at {failing}", failing=" and ".join(failing)) if failing else "passes everywhere"
            )
            words = say("{suspect}: the check {verdict}.", suspect=NAMED[suspect], verdict=verdict)
        else:
            words = say(
                "Suspect {suspect}: at {part} its gradient {verdict}.",
                suspect=suspect,
                part=state["part"],
                verdict=seen_of(pair, facts["error"]),
            )
        return say(
            "{words} {learning} {count_words}",
            words=words,
            learning=learned(facts),
            count_words=count_words(state, facts),
        )


NAMED = {"sound": "Correct", "yours": "Yours"}
marked(*NAMED.values())


def seen_of(pair: tuple, error: float) -> str:
    """Whether a gradient is the measured one, or by how much it is not where it differs most."""
    if error <= GOOD:
        return word("is the measured one")
    return say("is off by up to {most:.1f}", most=most(pair))


def learned(facts: dict) -> str:
    """Whether the network that learns with these gradients tells that something is wrong with them."""
    if facts["last_sound"] > LEARNED:
        return word("At this learning rate not even the correct pass lets a network learn.")
    if not np.isfinite(facts["last"]):
        return word("A network that learns with it diverges.")
    if facts["worst"] <= GOOD:
        return word("A network learns with it as it should.")
    if facts["last"] <= HARDLY * facts["last_sound"]:
        return word("A network learns with it nearly as well as with the correct pass.")
    return word("A network still learns with it, but less well than with the correct pass.")


def named(state: dict) -> int:
    """How many suspects have got a name."""
    return sum(state[letter] != UNKNOWN for letter in LETTERS)


def count_words(state: dict, facts: dict) -> str:
    """How many are named; how many of them rightly, only when all are."""
    if named(state) < len(LETTERS):
        return say("{named} of 5 faults are named.", named=named(state))
    return say("{found} of 5 faults are named rightly.", found=facts["found"])


def figures(state: dict, facts: dict) -> list[Figure]:
    """How many suspects have a name; when all have one, how many of them the right one."""
    if named(state) < len(LETTERS):
        return [Figure("Named", str(named(state)), "/ 5", large=True)]
    return [Figure("Named rightly", str(facts["found"]), "/ 5", large=True)]


@cache
def measured_once(name: str) -> dict:
    """The gradients of a suspect of the course, which are always the same, or of the sound one."""
    return measured_of(BUGS.get(name, SOUND))


def measured_of(suspect: Backwards) -> dict:
    """Of every part: the gradient that a suspect computes, and the measured one."""
    return {part: measure(suspect, *where) for part, where in PARTS.items()}


def measure(suspect: Backwards, kind: str, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The gradient that a suspect computes for one array, and the measured one."""
    rng = np.random.default_rng(7)
    if kind == "loss":
        return measure_loss(rng)
    layer, x = layer_of(kind, suspect, rng)
    r = rng.normal(size=layer.forward(x).shape)
    dx = layer.backward(r)
    array, claimed = (x, dx) if name == "x" else (layer.params[name], layer.grads[name])
    claimed = np.array(claimed, np.float64)
    measured = numerical_gradient(lambda _: float((r * layer.forward(x)).sum()), array)
    return claimed, measured


def measure_loss(rng) -> tuple[np.ndarray, np.ndarray]:
    scores, labels, loss = rng.normal(size=(6, 10)), rng.integers(0, 10, 6), CrossEntropyLoss()
    loss.forward(scores, labels)
    return loss.backward(), numerical_gradient(lambda z: loss.forward(z, labels), scores)


def final(losses: np.ndarray) -> float:
    last = losses[-LAST:]
    return float(last.mean()) if np.isfinite(last).all() else float("inf")
