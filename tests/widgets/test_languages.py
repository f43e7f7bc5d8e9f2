"""Every widget in a language that knows all texts: its words change, its keys and its state do not."""

from itertools import groupby

import numpy as np
import pytest

from cnnlib.runtime.language import SPEECH
from cnnlib.widgets.base.packer import Packer
from tests.translating.pseudo import left_out, whole_package
from tests.widgets.sweep import moves
from tests.widgets.test_widgets import CLASSES

#: What the page and the kernel know parts by.
NAMES = ("name", "emits", "sets", "panel", "to", "control", "group", "state", "options", "line", "kind", "at")
MOVES = 12


@pytest.fixture(scope="module")
def brackets():
    return whole_package()


def keys(part, key=""):
    """All that parts are known by, in its order."""
    if isinstance(part, dict):
        yield from (value for name, one in part.items() for value in keys(one, name))
    elif isinstance(part, (list, tuple)):
        yield from (value for one in part for value in keys(one, key))
    elif key in NAMES:
        yield part


def lines_as_one(part):
    """The keys of parts; texts in a row, the lines of one that was broken to fit, count once."""
    return [key for key, _ in groupby(map(str, keys(part)))]


def run(cls):
    """What the page is told of a widget, move by move."""
    widget = cls()
    chosen = [move for move in moves(widget, np.random.default_rng(1)) if move[0] != "press"]
    told = [widget.live.spec(), widget.live._message(Packer(), asks=False)[0]]
    for kind, *rest in chosen[:: max(1, len(chosen) // MOVES)]:
        message = {"type": kind, "id": 1}
        widget.live.receive(message | ({"values": {rest[0]: rest[1]}} if rest else {}))
        assert widget.failure is None, widget.failure
        told.append(widget.live._message(Packer(), asks=False)[0])
    return told


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_keys_are_the_same_in_every_language(cls, brackets, monkeypatch):
    english = run(cls)
    monkeypatch.setattr(SPEECH, "catalogue", brackets)
    other = run(cls)
    for before, after in zip(english, other, strict=True):
        assert lines_as_one(before) == lines_as_one(after)
    assert all("⟦" not in str(key) for told in other for key in keys(told))
    assert left_out(other) == [], "these words, or a sentence's pieces, are not in the catalogue"
