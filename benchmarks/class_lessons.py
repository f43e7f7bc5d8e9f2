"""What learners do in the benchmark of a class: which slider they move; alone, in class, all at once."""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from class_learner import Learner

NOTEBOOK = "notebooks/04_convolution_backward.ipynb"
ROUNDS = ("alone", "class", "storm")
DRAG, LOOK = 1.5, 4.0  # seconds that a learner of a class moves a slider, and looks at what it shows


@dataclass(frozen=True)
class Lesson:
    """A notebook, which of its widgets is moved, and where its slider is at the nth move."""

    notebook: str
    widget: int
    values: Callable[[int], dict]


# OneUpdate, the seventh of notebook 04 that draws: each move is a forward and a backward pass. To and fro.
UPDATES = Lesson(NOTEBOOK, 6, lambda move: {"step": abs(move % 36 - 18)})
# The gallery, the second widget of notebook 00: each move draws forty of 60,000 images.
GALLERY = Lesson("notebooks/00_start_here.ipynb", 1, lambda move: {"page": 1 + move % 300})


class Class:
    """Learners who move sliders in threads of their own while `mood` says so."""

    def __init__(self, learners: list[Learner], lesson: Lesson = UPDATES) -> None:
        self.learners, self.lesson, self.mood, self.times = learners, lesson, "alone", []
        self.threads = [threading.Thread(target=self._live, args=(one,), daemon=True) for one in learners]
        for thread in self.threads:
            thread.start()

    def _live(self, learner: Learner) -> None:
        rng, move = random.Random(learner.name), 0
        while self.mood != "over":
            if self.mood == "class":
                learner.linger(rng.uniform(0, 2 * LOOK))
            end = time.monotonic() + DRAG
            while self.mood in ("class", "storm") and time.monotonic() < end:
                move += 1
                spent = learner.move(learner.widgets[self.lesson.widget], **self.lesson.values(move))
                self.times.append((self.mood, spent))
                time.sleep(max(0, 0.05 - spent))
            learner.linger(0.01 if self.mood == "storm" else 0.2)

    def over(self) -> None:
        self.mood = "over"
        for thread in self.threads:
            thread.join(30)


def turns(others: Class, seconds: float, measure) -> dict:
    """Let the moods of a class take turns; return what `measure()` gives in each."""
    found = {mood: [] for mood in ROUNDS}
    for _ in range(4):
        for mood in ROUNDS:
            others.mood = mood
            time.sleep(2)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                found[mood].append(measure())
    others.mood = "alone"
    return found


def summary(times: list[float]) -> dict:
    ordered = sorted(times)
    return {
        "median_ms": round(1000 * statistics.median(ordered), 1),
        "p95_ms": round(1000 * ordered[int(0.95 * (len(ordered) - 1))], 1),
        "moves": len(ordered),
    }


def paced(learner: Learner, move: int, lesson: Lesson = UPDATES) -> float:
    """One move, and the pause of a hand that drags slowly."""
    spent = learner.move(learner.widgets[lesson.widget], **lesson.values(move))
    time.sleep(0.1)
    return spent
