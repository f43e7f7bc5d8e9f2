"""What stands around the playground's network: figures, the way out of trouble, the places of the panels."""

from __future__ import annotations

from cnnlib.playground import Playground as Run
from cnnlib.runtime.language import say
from cnnlib.viz import Figure, Narrow, Slot, Strip
from cnnlib.widgets.spirals.sentences import short
from cnnlib.widgets.spirals.surface import BESIDE

FRAME = {
    "rows": ("341px", "147px"),
    "columns": (1.34, 5.26, 3.15, f"{BESIDE}px"),
    "height": 488,
    "slots": (Slot("data", (0, 0, 2, 1), title="Data"), Slot("output", (1, 2, 1, 2))),
    "narrow": Narrow(
        ("132px", "488px", "360px", "150px"),
        (1, f"{BESIDE}px"),
        1130,
        {
            "data": (0, 0, 1, 2),
            "network": (1, 0, 1, 2),
            "map": (2, 0),
            "ramp": (2, 1),
            "output": (3, 0, 1, 2),
        },
    ),
}


def figures(facts: dict) -> list[Figure]:
    """The numbers that matter."""
    return [
        Figure("Epoch", f"{facts['epoch']:,}", large=True, first=True),
        Figure("Test loss", short(facts["test_loss"]), large=True, mark="solid"),
    ]


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
