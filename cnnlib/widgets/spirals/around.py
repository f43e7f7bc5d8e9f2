"""What stands around the playground's network: figures, the way out of trouble, the places of the panels."""

from __future__ import annotations

from collections.abc import Iterable

from cnnlib.playground import Playground as Run
from cnnlib.runtime.language import say
from cnnlib.viz import Figure, Narrow, Slot, Strip
from cnnlib.widgets.base import Challenge
from cnnlib.widgets.spirals.sentences import short
from cnnlib.widgets.spirals.surface import BESIDE, HIGH

DATA = Slot("data", (0, 0, 2, 1), title="Data")
DATA_WIDE, DATA_HIGH = 112, 132  # pixels of the data's column, and of its row on a narrow page
NARROW_COLUMNS = "min(446px, 83%)", f"{BESIDE}px", 1  # the map, its colours, what is left
NARROW = {  # places on a narrow page, beneath the data
    "network": (1, 0, 1, 3),
    "map": (2, 0),
    "ramp": (2, 1),
    "output": (3, 0, 1, 3),
}


def frame(shown: Iterable[str]) -> dict:
    """Places of panels and slots; without the data's, where none of its controls is `shown`."""
    data = not {"dataset", "noise", "points"}.isdisjoint(shown)
    rows = (f"{DATA_HIGH if data else 1}px", "466px", "min(480px, 99% of width)", "140px")
    return {
        "rows": (f"{HIGH}px", f"{488 - HIGH}px"),
        "columns": (f"{DATA_WIDE if data else 1}px", 1, "min(322px, 36%)", f"{BESIDE}px"),
        "height": 488,
        "slots": (DATA,) * data + (Slot("output", (1, 2, 1, 2)),),
        "narrow": Narrow(rows, NARROW_COLUMNS, at={"data": (0, 0, 1, 3), **NARROW} if data else NARROW),
    }


def figures(facts: dict) -> list[Figure]:
    """The numbers that matter."""
    return [
        Figure("Epoch", f"{facts['epoch']:,}", large=True, first=True),
        Figure("Test loss", short(facts["test_loss"]), large=True, mark="solid"),
        Figure("Training loss", short(facts["train_loss"]), mark="dashed"),
    ]


def asked_for(challenge: Challenge | None, facts: dict) -> float | None:
    """The test loss that a challenge asks for, where it fits the data."""
    fits = challenge is not None and (challenge.progress is None or challenge.progress(facts) is not None)
    return challenge.level if fits else None


def trouble(run: Run) -> Strip | None:
    """A run whose numbers have overflowed, and the ways out."""
    if run.diverged_at is None:
        return None
    words = say(
        "{status} Drag the cursor back, or choose a smaller learning rate and new weights.", status=run.status
    )
    return Strip(words)


def idle(state: dict) -> list[str]:
    """Controls without effect: the other problem's data, the rate of no penalty."""
    found = ["reg_dataset" if state["problem"] == "classification" else "dataset"]
    return found + ["regularization_rate"] * (state["regularization"] == "none")
