"""The words and parts of a card's face, the same for predictions and questions.

A face is a dict: ``title``, ``mark`` (one sign), ``tone`` (``""``, ``"near"``, ``"far"``), ``note``,
``dots``, ``ask``, ``code``, ``input``, ``figures``, ``scale``, ``curves``, ``says``, ``buttons``, ``hint``,
``cover`` (how many code cells beneath are covered).
The page draws what is there.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cnnlib.learning import Item
from cnnlib.learning.forms import Asked
from cnnlib.learning.record import SURE
from cnnlib.runtime.language import joined, say, shown

COLUMNS = 25
SPOKEN = (
    "title",
    "note",
    "ask",
    "hint",
    "still",
    "message",
    "label",
    "value",
    "unit",
    "text",
    "head",
    "caption",
)


def in_language(part: Any) -> Any:
    """A face, or a part of one, with its words in the learner's language.

    Choices keep their English values, which the record and the kernel know them by, and get `words` beside
    them; so do the degrees of sureness. Code and what was answered stay as they are.
    """
    if isinstance(part, list):
        return [in_language(item) for item in part]
    if not isinstance(part, dict):
        return part
    said = {
        key: shown(value) if key in SPOKEN and isinstance(value, str) else in_language(value)
        for key, value in part.items()
    }
    if "kind" in part and "value" in part:  # an input that was answered
        said["value"] = part["value"]
    if "rows" in part:
        said["rows"] = [shown(row) if isinstance(row, str) else row for row in part["rows"]]
    if isinstance(part.get("head"), list):
        said["head"] = list(map(shown, part["head"]))
    for key, words in (("options", "words"), ("sure", "sure_words")):
        if key in part and part.get("kind") != "line":
            said[words] = [shown(str(option)) for option in part[key]]
    return said


def button(name: str, label: str, primary: bool = False, takes: bool = False, file: str = "") -> dict:
    """A button; with `takes` it sends what the input holds, with `file` the text of a file of that kind."""
    return {"name": name, "label": label, "primary": primary, "takes": takes, "file": file}


def input_of(asked: Asked, sure: bool = False) -> dict:
    """The input that a question needs."""
    item = asked.item
    shape: dict[str, Any] = {"kind": "choice" if asked.reply else item.kind, "label": asked.text}
    if shape["kind"] == "number":
        shape["unit"] = item.unit
    if shape["kind"] in ("choice", "order"):
        shape["options"] = list(asked.options)
    if shape["kind"] == "line":
        shape["options"] = item.lines
    if item.kind == "sketch":
        shape |= {**axes_of(item), "log": item.log, "columns": COLUMNS}
    return shape | ({"sure": list(SURE)} if sure else {})


def axes_of(item: Item) -> dict:
    """The axes of a sketch: low, high, label."""
    return {name: [*axis[:2], *map(shown, axis[2:])] for name, axis in (("x", item.x), ("y", item.y))}


def show(item: Item, value: Any) -> str:
    """An answer in words.

    >>> from cnnlib.learning import find
    >>> show(find("01.window"), 22.0)
    '22'
    """
    if item.kind == "number":
        return show_number(float(value))
    if item.kind == "order":
        return joined(", ", map(str, value))
    if item.kind == "line":
        return say("line {number}", number=value)
    return "your line" if item.kind == "sketch" else str(value)


def show_number(value: float) -> str:
    """A number with at most four digits, its thousands apart.

    >>> show_number(1168), show_number(0.04321), show_number(6.8e-5), show_number(float("inf"))
    ('1,168', '0.04321', '0.000068', 'without bound')
    """
    if not math.isfinite(value):
        return "without bound"
    if value == round(value) and abs(value) < 1e9:
        return f"{value:,.0f}"
    if not 1e-5 <= abs(value) < 1e7:
        return f"{value:.2g}"
    digits = max(0, 3 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text


def scale_of(item: Item, said: float, was: float) -> dict:
    """Both numbers on one axis: the item's own, or one that holds both."""
    log = item.log and said > 0 and was > 0
    low, high = item.axis or ((min(said, was) / 3, max(said, was) * 3) if log else (0, 0))
    low, high = min(low, said, was), max(high, said, was)
    if not log and not item.axis:
        high, low = high + 0.15 * ((high - low) or 1), low
    text = say("You said {said}, it was {was}", said=show_number(said), was=show_number(was))
    return {"low": low, "high": high, "log": log, "said": said, "was": was, "text": text}


def curves_of(item: Item, said: list[float], truth: tuple) -> dict:
    """A sketch beside what came out, on the same axes; at most 200 points."""
    x, y = (np.asarray(part, float) for part in truth)
    keep = np.unique(np.linspace(0, len(x) - 1, min(len(x), 200)).astype(int))
    clipped = np.clip(y[keep], *item.y[:2])
    points = [[round(float(a), 4), round(float(b), 4)] for a, b in zip(x[keep], clipped, strict=True)]
    return {**axes_of(item), "log": item.log, "said": said, "was": points}
