"""Five planted faults, a gradient check that shows where each is, and the curve that shows who learns."""

from __future__ import annotations

import numpy as np

from cnnlib.data import load_digits, load_mnist_sample
from cnnlib.experiments.planted_faults import BUGS, SOUND, Backwards, curve_on_mnist, learning_curve
from cnnlib.experiments.specimen import specimen
from cnnlib.networks import mnist_cnn, small_cnn
from cnnlib.nn.gradcheck import relative_error
from cnnlib.runtime.language import marked, say, word
from cnnlib.viz import Figure, Narrow, Scene, Slot
from cnnlib.widgets.backpropagation.suspect_gradients import PARTS, failing_parts, measured_of, measured_once
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

    def first_values(self, state: dict) -> dict:
        """A suspect of the course is looked at where it fails first."""
        failing = failing_parts(state["suspect"])
        return {"part": failing[0] if failing else "conv: input"}

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
        """The guess beside the picture is that of the suspect looked at, and what is looked at fails."""
        suspect = after["suspect"]
        newly = self.scene is not None and suspect != before["suspect"]
        failing = failing_parts(suspect)
        if newly and failing and after["part"] == before["part"] and after["part"] not in failing:
            self.put(part=failing[0])
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
    """How many faults are named; one that two suspects are said to have is one fault."""
    return len({state[letter] for letter in LETTERS} - {UNKNOWN})


def all_have_a_name(state: dict) -> bool:
    return all(state[letter] != UNKNOWN for letter in LETTERS)


def count_words(state: dict, facts: dict) -> str:
    """How many faults are named; when each suspect has a name, how many of them the right one."""
    if not all_have_a_name(state):
        return say("{named} of 5 faults are named.", named=named(state))
    return say("{found} of 5 faults are named rightly.", found=facts["found"])


def figures(state: dict, facts: dict) -> list[Figure]:
    """How many faults are named; when each suspect has a name, how many of them the right one."""
    if not all_have_a_name(state):
        return [Figure("Named", str(named(state)), "/ 5", large=True)]
    return [Figure("Named rightly", str(facts["found"]), "/ 5", large=True)]


def final(losses: np.ndarray) -> float:
    last = losses[-LAST:]
    return float(last.mean()) if np.isfinite(last).all() else float("inf")
