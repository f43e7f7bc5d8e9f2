"""The end of a network's picture: one row a class, its score as a number, softmax's share of it as a bar."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Bars, ColorScale, Heatmap, Line, Mark, Panel, Region, Text
from cnnlib.widgets.forward_pass.network_layout import LayerOutput, reach_of

MOST = 10  # classes in rows of their own
CELL, NAME, BARS = 0.28, 0.34, 0.45  # of more classes: right edge of the scores, left edges of names and bars
FIRST, LETTER, SCORE = 0.04, 0.036, 0.3  # of up to ten: left edge of the names; widths of a letter, a score
LEAST = 0.08  # width of the names at least
SHARE = 0.31  # of width for a share in words: within a bar that is longer, beside a shorter one
WIDEST = 0.24  # of a share of 1: beside it "0.3 % true" has room
MOST_LETTERS, LEAST_LETTERS = 9, 12  # of a name at full size, and at the least; the rest is cut off
STRIP = 16.0  # pixels of a row up to which the scores are those of a strip, where the guess alone stands out
WORDY = 190.0  # pixels of the panel from which on words stand beneath the scores
TYPE, LARGE, LARGEST = 13, 15, 21  # pixels of a row's numbers, of the guess's score and of its name


def scores_panel(
    output: LayerOutput,
    scores,
    p,
    label: int,
    names,
    chosen,
    *,
    top,
    depth,
    foot,
    at,
    shares=True,
    does=(),
    name="scores",
) -> Panel:
    """Scores (K,) and shares `p` (K,) of one image, one row a class; of more than ten the likeliest.

    Without `shares` names and scores have all the width. What makes them, `does`, stands beneath, in lines.
    """
    z = output.picture(scores)
    one = z.shape[1] == 1 and len(p) <= MOST
    if one:
        marks = rows(output, z, p, label, names, top, depth, shares)
    else:
        marks = cells(output, z, p, label, names, top, depth)
    if chosen is not None:
        row, column = divmod(chosen, z.shape[1])
        wide, high = (1.0 if one else CELL) / z.shape[1], depth / z.shape[0]
        edges = (column * wide, (column + 1) * wide, top + row * high, top + (row + 1) * high)
        marks.append(Region(*edges, color="you", filled=False, width=2.5))
    right, start = ends(names, shares) if one else (CELL / 2, BARS)
    first = "you" if chosen is not None else "ink"
    side = {"align": "right" if one else "center"}
    marks += [
        Text([right], [top - 27], "scores", color=first, bold=True, size=12, **side),
        Text([right], [top - 13], say("{p} sums", p=len(p)), color="muted", size=11, **side),
    ]
    if does and one:
        y = [top + depth + 8 + 14 * k for k in range(len(does))]
        look = {"color": "muted", "size": 12, "align": "right", "needs": WORDY}
        marks.append(Text([right] * len(y), y, does, **look))
    if shares or not one:
        marks.append(Text([start], [top - 27], "softmax", align="left", bold=True, size=12))
        marks.append(Text([start], [top - 13], "share", color="muted", size=11, align="left"))
    x, down = Axis(0, 1, visible=False), Axis(foot, 0, visible=False)
    return Panel(marks, x, down, at=at, grid=False, name=name)


def ends(names, shares: bool = True) -> tuple[float, float]:
    """Right edge of the scores and left edge of the bars, beside names of so many letters."""
    if not shares:
        return 0.94, 1.0
    right = FIRST + max(LEAST, LETTER * min(MOST_LETTERS, max(len(str(name)) for name in names))) + SCORE
    return right, right + 0.07


def fitted(names) -> tuple[list[str], float]:
    """Names of up to ten classes, and by how much long ones are drawn smaller.

    >>> fitted(("T-shirt/top", "Bag"))[0], round(fitted(("T-shirt/top", "Bag"))[1], 2), fitted("01")[1]
    (['T-shirt/top', 'Bag'], 0.82, 1.0)
    """
    longest = max(MOST_LETTERS, min(LEAST_LETTERS, max(len(str(name)) for name in names)))
    return [str(name)[:longest] for name in names], MOST_LETTERS / longest


def rows(output: LayerOutput, z, p, label, names, top: float, depth: float, shares: bool) -> list[Mark]:
    """Name, score and share of each class in one row; that of the guess is shaded and large."""
    step = depth / len(p)
    y = top + (np.arange(len(p)) + 0.5) * step
    guess, (right, start) = int(p.argmax()), ends(names, shares)
    inside = 0.99 - start > SHARE + 0.1  # names of many letters leave no room for words within a bar
    long = (0.99 - start if inside else max(0.06, 1 - SHARE - start)) * p
    each = {"tile": (1, 1, 0), "tile_names": tuple(say("class {name}", name=name) for name in names)}
    marks: list[Mark] = [
        Heatmap(z, (0, 1, top, top + depth), alpha=0.0, emits=output.name, means="score", **each),
        Region(0, 1, y[guess] - step / 2 + 1, y[guess] + step / 2 - 1, color="ink", alpha=0.1),
        *boxed(label, guess, names, y),
    ]
    for is_guess, high in ((False, min(0.42 * step, 12)), (True, min(max(0.7 * step, step - 2), 26))):
        some = np.flatnonzero((np.arange(len(p)) == guess) == is_guess)
        if shares:
            marks.append(Bars(y[some], long[some], high, start, "ink", horizontal=True))
        words, smaller = fitted(names)
        large = min(LARGE if is_guess else TYPE, 0.86 * step)
        name = min(LARGEST, 0.9 * step) if is_guess and max(map(len, map(str, names))) < 3 else large
        look = {"color": "ink" if is_guess or step > STRIP else "muted", "bold": is_guess}
        spots, sizes = (np.full(len(some), FIRST), y[some]), {"align": "left", "size": smaller * name}
        marks.append(Text(*spots, [words[k] for k in some], **look, **sizes))
        numbers = [f"{z[k, 0]:z.1f}" for k in some]
        spots = np.full(len(some), right), y[some]
        marks.append(Text(*spots, numbers, align="right", size=large, **look))
    if not shares:
        return marks
    inside &= long[guess] >= SHARE
    outside = start + long + 0.02
    if inside:
        outside[guess] = np.nan
    small = min(12, 0.8 * step)
    marks += said(p, np.arange(len(p)), y, label, outside)
    if inside:
        marks.append(
            Text(
                [start + long[guess] - 0.03],
                [y[guess]],
                percent(p[guess]),
                "paper",
                small,
                "right",
                bold=True,
            )
        )
    return marks


def boxed(label: int, guess: int, names, y: np.ndarray) -> list[Mark]:
    """A box around the name of the true class, where the guess is another."""
    if label < 0 or label == guess:
        return []
    words, smaller = fitted(names)
    wide = LETTER * smaller * len(words[label])
    edges = (FIRST - 0.035, FIRST + 0.02 + wide, y[label] - 10, y[label] + 10)
    return [Region(*edges, color="ink", filled=False, width=1)]


def cells(output: LayerOutput, z, p, label: int, names, top: float, depth: float) -> list[Mark]:
    """All of many scores as coloured cells, and beside them the likeliest classes with their shares."""
    reach = reach_of([z])
    edges = (0.0, CELL, top, top + depth)
    heat = Heatmap(z, edges, "diverging", -reach, reach, emits=output.name, means="score")
    shown = np.arange(len(p)) if len(p) <= MOST else np.sort(np.argsort(-p, kind="stable")[:MOST])
    step = depth / len(shown)
    y = top + (np.arange(len(shown)) + 0.5) * step
    scale = ColorScale(CELL / 2, top + depth + 14, -reach, reach)
    return [heat, *shares(p, shown, y, step, label, names), scale]


def shares(p, shown, y, step: float, label: int, names) -> list[Mark]:
    """Names of the likeliest classes, a bar for each share, the largest and the label's in numbers."""
    guess = int(p.argmax())
    marks: list[Mark] = [
        Line([BARS, BARS], [y[0] - step / 2, y[-1] + step / 2], "grid", 1),
        Bars(y, WIDEST * p[shown], min(0.42 * step, 12), BARS, "ink", horizontal=True),
    ]
    words = [str(names[i])[:9] for i in shown]
    if label in shown:
        at = int(np.flatnonzero(shown == label)[0])
        edges = (NAME - 0.03, NAME + 0.025 + 0.042 * len(words[at]), y[at] - 9, y[at] + 9)
        marks.append(Region(*edges, color="ink", filled=False, width=1))
    for bold in (False, True):
        at = [i for i, k in enumerate(shown) if (k in (guess, label)) == bold]
        if at:
            spots = np.full(len(at), NAME), y[at], [words[i] for i in at]
            marks.append(Text(*spots, align="left", bold=bold, size=12))
    return marks + said(p, shown, y, label, np.full(len(shown), BARS + WIDEST + 0.02))


def said(p, shown, y, label: int, x) -> list[Mark]:
    """Shares in words at places `x`: the guess's, the label's and all that can be seen as bars."""
    guess, marks = int(p.argmax()), []
    for bold in (False, True):
        at = [i for i, k in enumerate(shown) if (k in (guess, label)) == bold and (bold or p[k] >= 0.02)]
        if at:
            words = [percent(p[shown[i]]) + " true" * int(shown[i] == label != guess) for i in at]
            marks.append(Text(x[at], y[at], words, align="left", bold=bold, size=11))
    return marks


def percent(share: float) -> str:
    """A share in words: never 100 % unless it is.

    >>> percent(0.99996), percent(0.42), percent(0.003)
    ('> 99.9 %', '42 %', '0.3 %')
    """
    if 0.9995 <= share < 1:
        return "> 99.9 %"
    digits = 1 if share > 0.985 or share < 0.1 else 0
    return "< 0.1 %" if share < 0.0005 else f"{100 * share:.{digits}f} %"
