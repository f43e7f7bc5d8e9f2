"""Where the panels of a still picture stand: the same places as on the page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon
from matplotlib.ticker import AutoLocator, MaxNLocator
from matplotlib.transforms import IdentityTransform

from cnnlib.viz import marks as m
from cnnlib.viz.annotations import Cursor, Lens
from cnnlib.viz.colors import to_hex
from cnnlib.viz.frame import tracks
from cnnlib.viz.links import Links
from cnnlib.viz.scene import Axis, Panel, Scene
from cnnlib.viz.static_marks import POINTS_PER_PIXEL, link_look

GAP = 10.0  # pixels between panels
LETTER, TITLE_LETTER, TICK_LETTER = 6.4, 7.6, 6.6  # mean widths in pixels
LENS_ALPHA = 0.14  # opacity of a wedge
LEAST = 20.0  # pixels of width and height of a plot
AIR, AIR_OF_TICKS = 8.0, 12.0  # pixels between a heading and its plot: more where a tick's word reaches up


@dataclass
class Box:
    """A plot in pixels from the upper left corner; `beside`: title and subtitle share a line.

    `air` are the pixels from the heading down to the plot, as many for all of a row.
    """

    left: float
    right: float
    top: float
    bottom: float
    beside: bool
    air: float = AIR

    def within(self, width: float, height: float, head: float) -> tuple[float, float, float, float]:
        """Left, bottom, width and height as shares of a figure with `head` pixels above the panels."""
        low = 1 - (self.bottom + head) / height
        return self.left / width, low, (self.right - self.left) / width, (self.bottom - self.top) / height


def boxes(scene: Scene, width: float) -> list[Box]:
    """The plots of a scene, those of one group in line, and as high as a square one beside them."""
    rows = np.concatenate([[0], np.cumsum(tracks(scene.rows, scene.height))])
    columns = np.concatenate([[0], np.cumsum(tracks(scene.columns, width))])
    found = [_box(panel, rows, columns, _air(panel, scene)) for panel in scene.panels]
    groups: dict[tuple, list[Box]] = {}
    for panel, box in zip(scene.panels, found, strict=True):
        if panel.group:
            groups.setdefault((panel.group, panel.at[1], panel.at[3]), []).append(box)
    for mates in groups.values():
        left, right = max(box.left for box in mates), min(box.right for box in mates)
        for box in mates:
            box.left, box.right = left, right
    for panel, box in zip(scene.panels, found, strict=True):
        for other, square in zip(scene.panels, found, strict=True):
            beside = other.group == panel.group and other.at[::2] == panel.at[::2]
            if panel.group and beside and other.equal and not panel.equal:
                box.top, box.bottom = square.top, square.top + _squeezed(other, square)
    return found


def _squeezed(panel: Panel, box: Box) -> float:
    """Height of a plot in which a unit is as long on both axes."""
    wide, high = abs(panel.x.high - panel.x.low), abs(panel.y.high - panel.y.low)
    return min(box.bottom - box.top, (box.right - box.left) * high / wide)


def _air(panel: Panel, scene: Scene) -> float:
    """Pixels between a panel's heading and its plot: what is in a row stays in a row."""
    mates = [mate for mate in scene.panels if mate.title and panel.title and mate.at[0] == panel.at[0]]
    return AIR_OF_TICKS if any(mate.y.visible for mate in (panel, *mates)) else AIR


def pill_of(panel: Panel) -> Cursor | None:
    """The cursor of a panel that has a pill."""
    return next((mark for mark in panel.marks if isinstance(mark, Cursor) and mark.text), None)


def _box(panel: Panel, rows: np.ndarray, columns: np.ndarray, air: float) -> Box:
    row, column, high, wide = panel.at
    gap = GAP / 2
    left, right = columns[column] + gap * (column > 0), columns[column + wide]
    right -= gap * (column + wide < len(columns) - 1)
    top, bottom = rows[row] + gap * (row > 0), rows[row + high] - gap * (row + high < len(rows) - 1)
    words = TITLE_LETTER * len(panel.title) + LETTER * len(panel.subtitle) + 24
    beside = not panel.title or words < right - left
    lines = 20 * bool(panel.title) + 17 * (bool(panel.subtitle) and not beside)
    top += lines + air - 4 if lines else (8 if panel.y.visible else 2)
    ticks = 20 + 17 * bool(panel.x.label) + 13 * panel.x.staggered
    bottom -= ticks if panel.x.visible else 4
    if panel.y.visible:
        left += TICK_LETTER * _widest_tick(panel.y) + 9 + 18 * bool(panel.y.label)
    else:
        left += 4 if panel.x.visible else 1
    right -= max(14 if panel.x.visible else 4, _end_words(panel))
    return Box(left, max(left + LEAST, right), top, max(top + LEAST, bottom), beside, air)


def _widest_tick(axis: Axis) -> int:
    """Letters of the longest word at an axis."""
    if axis.names is not None:
        return max((len(name) for name in axis.names), default=0)
    if axis.log:
        return 4
    low, high = sorted((axis.low, axis.high))
    locator = MaxNLocator(integer=True) if axis.whole else AutoLocator()
    ticks = axis.ticks if axis.ticks is not None else locator.tick_values(low, high)
    return max((len(f"{tick:.6g}") for tick in ticks if low <= tick <= high), default=1)


def _end_words(panel: Panel) -> float:
    """Pixels for labels at the ends of lines."""
    labels = [mark.label for mark in panel.marks if isinstance(mark, m.Line)]
    return 12 + 1.1 * LETTER * max(map(len, labels), default=0) if panel.legend == "ends" else 0.0


def join_panels(figure: Figure, scene: Scene, theme: str) -> None:
    """Links and lenses that lead from one panel to another."""
    hidden = scene.narrow.only if scene.narrow else ()
    seen = [panel for panel in scene.panels if not panel.name or panel.name not in hidden]
    by_name = {panel.name: axes for panel, axes in zip(seen, figure.axes, strict=True)}
    for panel, axes in zip(seen, figure.axes, strict=True):
        axes.apply_aspect()
        for mark in panel.marks:
            if isinstance(mark, Links) and mark.to in by_name and mark.to and not mark.quiet:
                for artist in _between(axes, by_name[mark.to], mark, theme):
                    figure.add_artist(artist)
            if isinstance(mark, Lens) and mark.to in by_name:
                figure.add_artist(_wedge(axes, by_name[mark.to], mark, theme))


def _between(axes, far, mark: Links, theme: str) -> list[Artist]:
    """Links as lines in the figure's dots, and the ring in which they end."""
    far.apply_aspect()
    dot = axes.figure.dpi / 96
    start = axes.transData.transform(np.column_stack([mark.x0, mark.y0]))
    end = far.transData.transform(np.column_stack([mark.x1, mark.y1]))
    start[:, 0] += mark.inset[0] * dot
    end[:, 0] -= mark.inset[1] * dot
    t = np.linspace(0, 1, 20)[None, :]
    ease = 3 * t**2 - 2 * t**3 if mark.curved else t
    x = start[:, :1] + (end - start)[:, :1] * t
    y = start[:, 1:] + (end - start)[:, 1:] * ease
    widths, colors = link_look(mark, theme)
    lines = np.stack([x, y], axis=-1)
    place = {"transform": IdentityTransform(), "zorder": 5}
    found = [LineCollection(lines, linewidths=widths * POINTS_PER_PIXEL, colors=colors, **place)]
    if mark.port and len(end):
        middle = end[0] + (mark.port / 2 * dot, 0)
        look = {"facecolor": to_hex("paper", theme), "edgecolor": to_hex("ink", theme), "linewidth": 1.1}
        found.append(Circle(middle, (mark.port / 2 - 0.75) * dot, **look, **place))
    return found


def _wedge(axes, far, mark: Lens, theme: str) -> Polygon:
    """A lens as an area in the figure's dots."""
    far.apply_aspect()
    near = axes.transData.transform(np.column_stack([mark.x, mark.y]))
    end = far.transData.transform(np.column_stack([mark.far_x, mark.far_y]))
    color = to_hex(mark.color, theme)
    look = {
        "facecolor": (color, LENS_ALPHA * mark.alpha),
        "edgecolor": (color, mark.alpha),
        "linewidth": 1.0,
        "zorder": 5,
    }
    return Polygon(np.concatenate([near, end[::-1]]), transform=IdentityTransform(), **look)


def lift(figure: Figure, share: float) -> None:
    """Make room beneath everything: it keeps `share` of a figure that has grown."""
    for axes in figure.axes:
        left, bottom, width, height = axes.get_position(original=True).bounds
        axes.set_position((left, 1 - share * (1 - bottom), width, height * share))
    for words in figure.texts:
        x, y = words.get_position()
        words.set_position((x, 1 - share * (1 - y)))
