"""Draw a scene with matplotlib: what a saved notebook, a printed page and a book show.

The figure is made without pyplot, so none stays open, and no back end is chosen for the notebook. Panels
stand where the page puts them, with the question and the large numbers above them; controls are left out.
"""

from __future__ import annotations

import io
from contextlib import AbstractContextManager

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator, ScalarFormatter
from PIL import Image

from cnnlib.runtime.language import localised
from cnnlib.viz import marks as m
from cnnlib.viz.colors import to_hex
from cnnlib.viz.scene import Axis, Panel, Scene
from cnnlib.viz.static_layout import Box, boxes, join_panels, lift, pill_of
from cnnlib.viz.static_marks import PAINTERS
from cnnlib.viz.static_notes import label_ends, make_way

NO_STYLE = {  # settings of the surroundings, not of the picture: matplotlib's styles leave them alone too
    "backend",
    "backend_fallback",
    "date.epoch",
    "docstring.hardcopy",
    "figure.max_open_warning",
    "figure.raise_window",
    "interactive",
    "savefig.directory",
    "timezone",
    "tk.window_focus",
    "toolbar",
    "webagg.address",
    "webagg.open_in_browser",
    "webagg.port",
    "webagg.port_retries",
}
HEAD = 48.0  # pixels above the panels, for the question and the numbers
BESIDE = 7.0  # pixels from a title to its subtitle, from a number to its unit
NOTE = 18  # pixels beneath the picture, for a line in small letters


class Ticks(ScalarFormatter):
    """matplotlib's own numbers, as the learner's language writes them."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return localised(super().__call__(x, pos))


def plain() -> AbstractContextManager:
    """Hold matplotlib's own settings instead of the learner's: with ``text.usetex``, say, nothing would come.

    >>> with matplotlib.rc_context({"text.usetex": True}), plain():
    ...     matplotlib.rcParams["text.usetex"]
    False
    """
    default = matplotlib.rcParamsDefault
    return matplotlib.rc_context({name: default[name] for name in default if name not in NO_STYLE})


@plain()
def draw(scene: Scene, width: float = 900.0, theme: str = "light", dpi: float = 96.0) -> Figure:
    """Draw `scene` as a matplotlib figure.

    Parameters
    ----------
    scene : Scene
    width : float
        Width in CSS pixels; the scene itself has a height.
    theme : {"light", "dark"}
    dpi : float
        Dots per inch; 96 gives one dot a CSS pixel.

    Returns
    -------
    matplotlib.figure.Figure
        With one axes per panel, in the order of the panels.
    """
    head = HEAD if scene.figures else 0.0
    height = scene.height + head
    figure = Figure(figsize=(width / 96, height / 96), dpi=dpi)
    FigureCanvasAgg(figure)
    figure.set_facecolor(to_hex("paper", theme))
    hidden = scene.narrow.only if scene.narrow else ()
    for panel, box in zip(scene.panels, boxes(scene, width), strict=True):
        if panel.name and panel.name in hidden:
            continue
        axes = figure.add_axes(box.within(width, height, head), label=panel.name or None)
        _draw_panel(axes, panel, theme, box)
    join_panels(figure, scene, theme)
    if scene.figures:
        _draw_head(figure, scene, theme, width, height)
    return figure


def _draw_head(figure: Figure, scene: Scene, theme: str, width: float, height: float) -> None:
    """The question, and the numbers that matter."""
    muted, look = to_hex("muted", theme), {"va": "baseline", "parse_math": False}
    across = width - 8
    for item in reversed(scene.figures):
        size, color = 15 if item.large else 11, to_hex(item.color, theme)
        bold = {"fontsize": size, "fontweight": "bold", "color": color}
        words = [figure.text(0, 1 - 38 / height, item.value, **bold, **look)]
        if item.unit:
            words.append(figure.text(0, 1 - 38 / height, item.unit, fontsize=10, color=muted, **look))
        label = figure.text(0, 1 - 17 / height, item.label, fontsize=8, color=muted, **look)
        wide = sum(_pixels(part) for part in words) + BESIDE * (len(words) - 1)
        across -= max(wide, _pixels(label)) + 18
        label.set_x(across / width)
        left = across
        for part in words:
            part.set_x(left / width)
            left += _pixels(part) + BESIDE
    look |= {"fontsize": 13, "fontweight": "bold", "color": to_hex("ink", theme)}
    figure.text(8 / width, 1 - 32 / height, scene.title, **look)


def _pixels(words: Text) -> float:
    """How wide words are, in CSS pixels."""
    figure = words.figure
    return words.get_window_extent(figure.canvas.get_renderer()).width * 96 / figure.dpi


@plain()
def to_png(
    scene: Scene, width: float = 900.0, theme: str = "light", dpi: float = 96.0, note: str = ""
) -> bytes:
    """The scene as a PNG file of at most 256 colours, which makes notebooks a third as large.

    `note` is a line in small letters beneath the picture, for which the picture grows by `NOTE` pixels.

    >>> from cnnlib.viz import Axis, Line, Panel
    >>> to_png(Scene([Panel([Line([0, 1], [0, 1])], Axis(0, 1), Axis(0, 1))], ""))[1:4]
    b'PNG'
    """
    figure = draw(scene, width, theme, dpi)
    if note:
        before = 96 * figure.get_figheight()
        height = before + NOTE
        figure.set_figheight(height / 96)
        lift(figure, before / height)
        look = {"fontsize": 7.5, "color": to_hex("muted", theme), "ha": "left", "va": "bottom"}
        figure.text(4 / width, 3 / height, note, parse_math=False, **look)
    figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3])
    buffer = io.BytesIO()
    image.quantize(256, dither=Image.Dither.NONE).save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def _draw_title(axes, panel: Panel, theme: str, box: Box) -> None:
    """Title and subtitle above the left edge: on one line where there is room."""
    look = {"textcoords": "offset points", "parse_math": False, "annotation_clip": False, "va": "baseline"}
    line = 0.75 * box.air + 0.5  # of the lower words, in points
    low = line if box.beside or not panel.subtitle else line + 12
    if panel.title:
        bold = {"fontsize": 9.75, "fontweight": "bold", "color": to_hex("ink", theme)}
        title = axes.set_title(panel.title, loc="left", pad=low, parse_math=False, **bold)
    if panel.subtitle:
        muted = {"fontsize": 9, "color": to_hex("muted", theme)}
        after = box.beside and panel.title  # it begins where the title ends
        place = ((1, 1), (0.75 * BESIDE, line)) if after else ((0, 1), (0, line))
        look["xycoords"] = (title if after else "axes fraction", "axes fraction")
        axes.annotate(panel.subtitle, *place, **muted, **look)


def _draw_panel(axes, panel: Panel, theme: str, box: Box) -> None:
    ink, muted = to_hex("ink", theme), to_hex("muted", theme)
    axes.set_facecolor(to_hex("paper", theme))
    _draw_title(axes, panel, theme, box)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(to_hex("grid", theme))
    axes.tick_params(colors=muted, labelsize=8, length=0, pad=4)
    _draw_axis(axes, panel.x, "x", muted)
    _draw_axis(axes, panel.y, "y", muted)
    if panel.equal:
        axes.set_aspect("equal", adjustable="box", anchor="NW" if not panel.y.visible else "N")
    if panel.grid:
        axes.grid(True, which="major", color=to_hex("grid", theme), linewidth=0.8)
        axes.set_axisbelow(True)
    for order, mark in enumerate(panel.marks):
        PAINTERS[type(mark)](axes, mark, theme, order + 2)
    axes.set(xlim=(panel.x.low, panel.x.high), ylim=(panel.y.low, panel.y.high))
    if pill := pill_of(panel):
        make_way(axes, pill)
    if panel.legend in ("ends", "inside"):
        label_ends(axes, [mark for mark in panel.marks if isinstance(mark, m.Line)], theme)
    elif panel.legend:
        paper = to_hex("paper", theme)
        axes.legend(loc=panel.legend, fontsize=8, framealpha=0.85, facecolor=paper, labelcolor=ink)


def _draw_axis(axes, axis: Axis, which: str, ink: str) -> None:
    target = getattr(axes, f"{which}axis")
    getattr(axes, f"set_{which}scale")("log" if axis.log else "linear")
    getattr(axes, f"set_{which}lim")(axis.low, axis.high)
    if not axis.visible:
        target.set_visible(False)
        axes.spines["bottom" if which == "x" else "left"].set_visible(False)
        return
    target.set_label_text(axis.label, fontsize=9, color=ink)
    if not axis.log:
        target.set_major_formatter(Ticks())
    if axis.ticks is not None:
        names = axis.names
        if axis.staggered and which == "x":
            names = [f"\n{name}" if i % 2 else name for i, name in enumerate(names)]
        target.set_ticks(axis.ticks, labels=names)
        target.set_ticks([], minor=True)
    elif axis.whole:
        target.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
