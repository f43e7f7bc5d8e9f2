"""From which numbers the teacher's questions are drawn: ranges for each numeric item of the course.

Wording, beliefs and the computation of what is right are the item's own; the numbers are fresh.
``[low, high]`` are whole numbers, both ends included; ``(…)`` are values to choose from.
"""

from __future__ import annotations

import random
from typing import Any

TENTHS = tuple(number / 10 for number in range(1, 10))
RANGES: dict[str, dict[str, Any]] = {
    "00.epoch": {"images": [150, 4000], "batch": (16, 20, 25, 32, 50, 64, 100, 128)},
    "00.start": {"classes": [3, 200]},
    "01.uniform": {"brightness": (0.2, 2, 3, 7, 12, 40, 90, 128, 255)},
    "01.rows": {"size": [9, 40]},
    "01.count": {"channels": [2, 16], "kernels": [3, 40]},
    "01.sees": {"layers": [3, 9]},
    "02.classes": {"classes": [12, 2000]},
    "02.half": {"p": (3.125, 6.25, 12.5, 25, 50, 70, 80)},
    "02.gradient": {"p": [3, 97]},
    "02.squared": {"a": [15, 90]},
    "03.nudges": {"weights": [300, 90000]},
    "03.product": {"w": [-4, 6], "x": [2, 6], "t": [-5, 9]},
    "03.outputs": {"a": [-5, 6], "b": [-5, 6], "c": [-5, 6]},
    "03.shapes": {"n": [2, 16], "d": [3, 12], "m": [2, 11]},
    "03.two-by-two": {"a": [-4, 6], "b": [1, 9], "c": [-5, 6], "d": [1, 6]},
    "04.most": {"k": [3, 9], "s": [2, 4]},
    "04.size": {"n": [3, 12], "k": [3, 7], "s": (2, 3, 4), "p": (1, 2)},
    "04.row": {"a": [-4, 6], "b": [-4, 6], "c": [-4, 6], "d": [-4, 6]},
    "05.step": {"c": (1, 2, 3, 4, 5), "w": (-4, -3, -2, 1, 2, 3, 5), "lr": (0.05, 0.1, 0.15, 0.2)},
    "05.leaves": {"c": (1, 2, 3, 4, 5), "lr": (0.02, 0.04, 0.05, 0.08, 0.1, 0.15)},
    "05.noise": {"times": (4, 9, 16, 25, 36, 49, 64, 100)},
    "05.velocity": {"momentum": TENTHS[4:], "g": (-4, -3, -2, 1, 2, 3, 5)},
    "06.limit": {"curvature": (0.1, 0.2, 0.25, 0.4, 0.8, 1.25, 2.5, 5, 10, 16)},
    "06.best": {"curvature": (0.1, 0.2, 0.25, 0.4, 0.8, 1.25, 2, 2.5, 8, 16)},
    "06.factor": {"share": (0.1, 0.2, 0.4, 0.6, 0.7, 0.8, 1.2, 1.3, 1.4, 1.6, 1.7, 1.8)},
    "06.middle": {"lr": (0.02, 0.05, 0.08, 0.1, 0.3, 0.5, 0.6, 0.8)},
    "07.restart": {"p": (10, 15, 20, 30, 35, 45, 55, 60), "k": [2, 6]},
    "07.falls-into": {"start": (-2.6, -1.8, -1.2, -0.7, -0.4, 0.2, 0.4, 0.7, 1.2, 2.1, 2.8)},
    "08.he": {"fan_in": (8, 18, 27, 32, 50, 72, 98, 128)},
    "08.fan": {"channels": [2, 32], "size": (3, 5, 7)},
    "08.left": {"factor": (0.5, 0.6, 0.7, 0.8, 1.2, 1.5, 2), "layers": [4, 12]},
    "09.high": {"low": [-60, 3], "high": [5, 90]},
    "09.count": {"images": (8, 16, 20, 32, 50, 64), "channels": (3, 6, 8, 16), "side": [4, 14]},
    "09.learned": {"channels": [3, 300]},
    "09.ways": {"blocks": [3, 12]},
    "10.half-loss": {"says": (-0.9, -0.8, -0.6, -0.4, -0.2, 0.2, 0.4, 0.6, 0.8), "label": (-1, 1)},
    "10.links": {"a": [2, 8], "b": [2, 8]},
    "10.l1": {"lr": (0.01, 0.03, 0.1), "rate": (0.001, 0.003, 0.01, 0.03), "updates": [10, 90]},
    "11.points": {"images": (125, 150, 250, 360, 500, 800, 2000)},
    "11.matrix": {"a": [4, 10], "b": [3, 9]},
    "11.majority": {"share": [51, 96]},
    "12.gap": {"train": [90, 100], "unseen": [12, 89]},
    "12.factor": {"p": (*TENTHS, 0.05, 0.25, 0.75)},
    "12.share": {"lr": (0.0005, 0.001, 0.002, 0.003, 0.01), "decay": (0.05, 0.1, 0.2, 0.3, 0.5)},
    "12.ece": {"a": [60, 87], "b": [62, 88]},
    "12.wanted": {"eps": (0.05, 0.1, 0.15, 0.2, 0.3), "classes": [2, 20]},
    "13.product": {"a": (-4, -3, -2, 2, 3, 4, 5), "b": (-5, -3, -2, 2, 3, 4)},
    "13.backwards": {"layers": [3, 12], "calls": [2, 9]},
    "13.softplus": {"x": (-3, -2, -1, 1, 2, 3)},
    "test.01A": {"a": [-6, 9], "b": [-6, 9]},
    "test.02A": {"size": [12, 40], "kernel": (3, 5, 7), "stride": (2, 3, 4), "padding": (0, 1, 2)},
    "test.03A": {"channels": [2, 12], "kernels": [3, 24], "size": (3, 5, 7)},
    "test.04A": {"layers": [2, 7], "size": (3, 5, 7)},
    "test.06A": {"p": (90, 80, 70, 60), "q": (45, 40, 35, 30, 20, 10)},
    "test.08A": {"classes": [15, 3000]},
    "test.11A": {"w": [-4, 5], "x": [2, 6], "t": [-5, 8]},
    "test.13A": {"curvature": (0.1, 0.25, 0.4, 0.8, 1.25, 2.5, 8, 16, 20)},
    "test.14A": {"small": (2, 4, 8), "large": (32, 64, 72, 128, 200)},
}


def draw(name: str, rng: random.Random) -> dict[str, Any]:
    """Return fresh numbers for an item.

    >>> draw("02.squared", random.Random(0))
    {'a': 64, 'b': 36}
    """
    values = {
        key: rng.randint(*choice) if isinstance(choice, list) else rng.choice(choice)
        for key, choice in RANGES[name].items()
    }
    return values | ({"b": 100 - values["a"]} if name == "02.squared" else {})
