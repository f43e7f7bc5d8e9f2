"""The fourth column of an update, large: old kernel minus rate times gradient, and one weight in full."""

from __future__ import annotations

from cnnlib.runtime.language import in_lines, say, word
from cnnlib.viz import Mark, Region, Text
from cnnlib.widgets.backpropagation.update_picture import KernelStep

WIDTH = 536.0  # pixels of the column for which it is laid out
MATRIX, ARROWS = 160.0, 99.0  # of a kernel with its numbers, and of the new one with its arrows
PLACES = 89.0, 276.0, 460.0  # middles of the three
SIGNS = 182.5, 383.0  # and of what stands between them
TITLE, MIDDLE = 26.0, 144.0  # heights of the names and of the kernels
CARD = (254.0, 372.0)  # of the weight in full


def step_large(k: KernelStep) -> list[Mark]:
    """Three kernels, and beneath them the framed weight's sum."""
    old, gradient, new = (place / WIDTH for place in PLACES)
    minus, equals = (place / WIDTH for place in SIGNS)
    up, down = k.moves()
    said = say(
        "Of {all:,} weights {up:,} go up, {down:,} down; {still:,} stay.",
        all=up + down + k.still(),
        up=up,
        down=down,
        still=k.still(),
    )
    name = say("old {kernel}", kernel=k.words)
    times = say("times the learning rate, {rate:.3g}", rate=k.rate)
    return [
        Text([old], [TITLE], name, bold=True, size=13),
        Text([gradient], [TITLE], "its gradient", bold=True, size=13),
        Text([new], [TITLE], "new", bold=True, size=13),
        Text([gradient], [TITLE + 18], times, color="muted", size=11),
        Text([new], [TITLE + 18], "▲ up, ▼ down", color="muted", size=11),
        *k.map(k.old, old, MIDDLE, MATRIX, name, k.reach, numbers=True, needs=WIDTH),
        *k.map(k.gradient, gradient, MIDDLE, MATRIX, word("gradient"), numbers=True, needs=WIDTH),
        *k.map(k.new, new, MIDDLE, ARROWS, word("new"), k.reach, sampled=True),
        *k.moved_marks(new, MIDDLE, ARROWS),
        Text([minus], [MIDDLE], "−", bold=True, size=20),
        Text([equals], [MIDDLE], "=", bold=True, size=20),
        *in_full(k),
        Text([0.5], [CARD[1] + 28], said, color="muted", size=12),
    ]


def in_full(k: KernelStep) -> list[Mark]:
    """The framed weight: where it is, its sum, and why it goes that way."""
    worked = k.worked()
    if worked is None:
        return []
    where, total, why = worked
    top, low = CARD
    lines = in_lines(why, 48)
    return [
        Region(0.03, 0.97, top, low, color="panel", alpha=1),
        Text([0.5], [top + 20], where, color="muted", size=12),
        Text([0.5], [top + 51], total, bold=True, size=18),
        Text([0.5] * len(lines), [top + 80 + 16 * i for i in range(len(lines))], lines, "muted"),
    ]
