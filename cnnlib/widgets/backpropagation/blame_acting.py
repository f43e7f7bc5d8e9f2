"""What acts between two maps of the picture of blame: a word in each gap, and one of them shown large."""

from __future__ import annotations

import numpy as np

from cnnlib.nn.layers import AvgPool2d, Linear, ReLU
from cnnlib.runtime.language import joined, marked, word
from cnnlib.viz import Heatmap, Maps, Mark, Note, Text
from cnnlib.widgets.backpropagation.blame_loss import rule_words
from cnnlib.widgets.backpropagation.blame_picture import BOXED, FULL, GAP, ONE_LINE, BlamePicture
from cnnlib.widgets.backpropagation.blame_rules import GATE, SWITCH, rule
from cnnlib.widgets.forward_pass.network_headings import short_name
from cnnlib.widgets.forward_pass.network_picture import picture_of

ACTS = "acts:"  # begins the name under which a word in a gap is heard of
BENEATH = 13.0  # pixels from a map to the words beneath the gaps
LEAST = 44.0  # from the middle of a row to what words must stand beneath: the box of the chosen number
HALF = 44.0, 11.0  # of the place in which such a word can be clicked, in pixels
LARGE, MIDDLE = 84.0, 432.0  # side of what is shown large, and the height of its middle
TELLS = (BOXED + LARGE + 16) / FULL  # where its words begin
TOLD = 160.0  # pixels of a line of them
OTHERS, THUMB, ROOM = 752.0, 22.0, 72.0  # where the small maps begin, pitch of one, height of all
ACROSS, BELOW = 8, 6.0  # of them beside one another, and pixels from one layer's to the next's
SHORT = dict(zip((GATE, SWITCH), marked("gate", "winner"), strict=True))  # between narrow maps
RIGHT, LEFT, DOWN, UP = "→", "←", "↓", "↑"
GREY = marked("Grey: shut.")[0]
UNSEEN = dict(zip((Linear, AvgPool2d, ReLU), marked("weights", "mean", "gate"), strict=True))
MOST = 2  # layers whose maps have room beside one another


def stages(picture: BlamePicture) -> list[int]:
    """The columns on the way whose layer has a picture of how it acts."""
    last = min(picture.last, len(picture.outputs) - 1)
    return [i for i in range(1, last + 1) if picture.outputs[i].maps and rule(picture, i) is not None]


def stage(picture: BlamePicture) -> int | None:
    """The one shown large: where the gradient has come while it runs backwards, or what is asked for."""
    found = stages(picture)
    if picture.back is not None and not picture.forwards:
        reached = [i for i in range(len(picture.outputs)) if picture.come(picture.outputs[i])]
        return min(reached) + 1 if reached and min(reached) + 1 in found else None
    asked = [i for i in found if picture.outputs[i].name == picture.acting]
    return (asked or found[-1:] or [None])[0]


def acting(picture: BlamePicture) -> list[Mark]:
    """What acts in each gap, with an arrow that says whereto; a click shows it large."""
    marks: list[Mark] = []
    large, found = stage(picture), stages(picture)
    level = max(LEAST, (picture.pitch - GAP) / 2) + BENEATH
    for i in range(1, picture.last + 1):
        x, sign = gap_before(picture, i)
        title = rule(picture, i)[0] if i in found else unseen(picture, i)
        title = word(SHORT.get(title, title) if picture.pitch < ONE_LINE else title)
        words = f"{title} {sign}" if sign == RIGHT else f"{sign} {title}"
        look = {"bold": i == large, "color": "you" if i == large else "ink", "size": 12}
        marks.append(Text([x], [picture.y[i] + level], [type(title)(words)], **look))
        if i not in found:
            continue
        wide, y = HALF[0] / FULL, picture.y[i] + level
        extent = (x - wide, x + wide, y - HALF[1], y + HALF[1])
        look = {"alpha": 0, "hover": False, "emits": ACTS + picture.outputs[i].name, "hovers": 1}
        marks.append(Heatmap([[0.0]], extent, "diverging", vmin=-1, vmax=1, **look))
    return marks


def unseen(picture: BlamePicture, i: int) -> str:
    """What acts before a column where there is no picture of it."""
    if i == len(picture.outputs):
        return "p − label"
    layer = picture.model[picture.outputs[i].place - 1]
    return next((said for kind, said in UNSEEN.items() if isinstance(layer, kind)), "")


def gap_before(picture: BlamePicture, i: int) -> tuple[float, str]:
    """Middle of the gap between column i and the one before it, and where an arrow there points."""
    x, forwards = picture.x, picture.forwards
    if i == 1:
        right = x[1] - picture.side(1) / FULL
        return float(
            max(picture.trunk + HALF[0] / FULL, (picture.trunk + right) / 2)
        ), RIGHT if forwards else LEFT
    if i == picture.turn + 1 and i < len(x) - 1:
        return float(x[i] + picture.side(i) / 2 / FULL), UP if forwards else DOWN
    left = i <= picture.turn
    near, far = (x[i - 1], x[i]) if left else (x[i], x[i - 1])
    sides = [picture.side(k) for k in ((i - 1, i) if left else (i, i - 1))]
    middle = (near + sides[0] / FULL + far - sides[1] / FULL) / 2
    return float(middle), RIGHT if left == forwards else LEFT


def strip(picture: BlamePicture) -> list[Mark]:
    """One of what acts, large, with what it does to the gradient; beside it all maps of the layers read."""
    return [*shown_large(picture), *others(picture)]


def shown_large(picture: BlamePicture) -> list[Mark]:
    i = stage(picture)
    if i is None:
        return []
    title, z, look = rule(picture, i)
    look |= {"x": (BOXED + LARGE / 2) / FULL, "y": MIDDLE, "pitch": LARGE + GAP, "needs": FULL}
    told = [rule_words(picture.model[picture.outputs[i].place - 1], picture.forwards)]
    told += [GREY] if title == GATE else []
    head = {"align": "left", "size": 13, "literal": True}
    return [
        Maps(z, tile=(*z.shape, 1), framed=False, means=title, tile_names=("",), **look),
        Text([TELLS], [MIDDLE - LARGE / 2 + 8], word(title), **head | {"bold": True}),
        Note(TELLS, MIDDLE - LARGE / 2 + 22, joined(" ", told), width=TOLD, tag=True),
    ]


def others(picture: BlamePicture) -> list[Mark]:
    """All maps of the layers that a kernel or the scores read, small: click one to follow it."""
    found = [
        i
        for i in range(1, min(picture.last, len(picture.outputs)))
        if len(picture.outputs[i].maps) > 1 and picture.kernels_after(i)
    ]
    found = found[-MOST:]
    rows = [-(-len(picture.outputs[i].maps) // ACROSS) for i in found]
    if not found:
        return []
    pitch = min(THUMB, (ROOM - BELOW * (len(rows) - 1)) / sum(rows))
    arrays = picture.values if picture.forwards else picture.gradients
    head = {"align": "left", "color": "muted", "size": 12}
    marks: list[Mark] = [Text([OTHERS / FULL], [MIDDLE - LARGE / 2 + 8], "all maps: click one", **head)]
    top = MIDDLE - LARGE / 2 + 20
    for i, high in zip(reversed(found), reversed(rows), strict=True):
        output, middle = picture.outputs[i], top + high * pitch / 2
        array = arrays[output.place][0] if picture.seen(i) else np.zeros(output.shape)
        state = np.array([2.0 * (m == picture.followed[i]) for m in output.maps])
        across = min(ACROSS, len(output.maps))
        look = {"x": (OTHERS + 60 + across * pitch / 2) / FULL, "y": middle, "pitch": pitch, "across": across}
        look |= {"emits": f"unit:{output.name}", "state": state, "framed": False, "needs": FULL}
        colors = picture.colors(output, array, not picture.forwards)
        marks.append(picture_of(output, array, **look, **colors))
        marks.append(Text([OTHERS / FULL], [middle], short_name(output), align="left", size=11))
        top += high * pitch + BELOW
    return marks
