"""What stands around panels and explains them: refused arguments, tracks, and the still of each new mark."""

import numpy as np
import pytest

from cnnlib.viz import (
    Anchor,
    Axis,
    Cursor,
    Figure,
    Line,
    Links,
    Narrow,
    Note,
    Panel,
    Reference,
    Scene,
    Slot,
    Tiles,
    Zone,
)
from cnnlib.viz.frame import tracks
from cnnlib.viz.static import HEAD, draw, to_png
from cnnlib.viz.static_layout import boxes


def plot(*marks, **options):
    return Panel(marks, Axis(0, 10), Axis(0, 10), **options)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Note(np.nan, 0, "x"), "x is nan"),
        (lambda: Note(0, 0, "x", align="justify"), "align"),
        (lambda: Reference("goal"), "exactly one of x and y"),
        (lambda: Reference("goal", y=1, x=1), "exactly one of x and y"),
        (lambda: Reference("goal", y=np.inf), "finite"),
        (lambda: Cursor(np.nan), "finite"),
        (lambda: Cursor(0, sets={"y": "step"}), "sets names"),
        (lambda: Tiles([0], [0], np.zeros((2, 3, 3))), r"expected \(1, rows, columns\)"),
        (lambda: Tiles([0], [0], np.zeros((1, 3, 3)), names=("a", "b")), "2 names for 1 tiles"),
        (lambda: Figure("Loss", "1", mark="star"), "mark is 'star'"),
        (lambda: Zone(1, "crawls", color="pink"), "Zone: color"),
        (lambda: Scene([plot()], "", columns=("12em",)), "12em"),
        (lambda: Scene([plot()], "", slots=[Slot("data", (0, 1))]), "'data' is at"),
        (lambda: Scene([plot()], "", anchors=[Anchor("rate", "map", 0, 0)]), "which no panel is named"),
        (lambda: Narrow((0,), (1,), 300), "is 0"),
        (lambda: Narrow(("70% of height",), (1,)), "70% of height"),
        (lambda: Narrow(("10% + 70% of width",), (1,)), "10% \\+ 70% of width"),
        (lambda: Narrow(("200px",), ("70% of width",)), "70% of width"),
        (lambda: Narrow((1, "200px"), (1,)), "height is None, but a row has a weight"),
        (lambda: Narrow(("70% of width",), (1,), 300), "height is 300, but a row is a share"),
    ],
)
def test_a_wrong_argument_is_named(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_fixed_tracks_keep_their_pixels_and_the_rest_goes_by_weight():
    assert tracks((1, "100px", 3), 500) == [100, 100, 300]
    assert tracks(("300px", "300px"), 500) == [300, 300]  # too many: nothing becomes negative


def test_plots_of_one_group_are_in_line():
    upper = plot(Line([0, 1], [0, 1], label="a very long label"), legend="ends", group="time")
    lower = Panel([], Axis(0, 10), Axis(0, 1e6), at=(1, 0), group="time")
    first, second = boxes(Scene([upper, lower], "", rows=(1, 1)), 600)
    assert (first.left, first.right) == (second.left, second.right) and first.bottom <= second.top


def test_the_still_has_a_head_where_there_are_numbers():
    plain = draw(Scene([plot()], ""))
    headed = draw(Scene([plot()], "", figures=[Figure("Loss", "0.12", large=True)], title="How far?"))
    assert 96 * headed.get_figheight() == pytest.approx(96 * plain.get_figheight() + HEAD)
    assert {words.get_text() for words in headed.texts} == {"0.12", "Loss", "How far?"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_notes_levels_cursors_tiles_and_links_between_panels_are_drawn(theme):
    tiles = Tiles(
        [2, 8], [5, 5], np.ones((2, 3, 3)), size=30, state=[1, 2], captions=("a", "b"), opacity=[1, 0.3]
    )
    left = plot(
        tiles,
        Note(1, 9, "What this is, in a few words.", to=(2, 6), width=90),
        Reference("goal", y=2),
        Cursor(4, text="4"),
        Links([8], [5], [0], [5], to="right", curved=True, values=[1], vmin=-1, vmax=1),
        name="left",
    )
    scene = Scene([left, plot(Reference("now", x=3), name="right", at=(0, 1))], "", columns=(1, 1))
    figure = draw(scene, theme=theme)
    words = {word.get_text().strip() for word in figure.axes[0].texts}
    assert {"goal", "4", "a", "b"} <= words and any("few" in word for word in words)
    assert len(figure.artists) == 1  # the link, over the space between
    start, end = figure.artists[0].get_paths()[0].vertices[[0, -1]]
    assert start == pytest.approx(figure.axes[0].transData.transform((8, 5)), abs=1)
    assert end == pytest.approx(figure.axes[1].transData.transform((0, 5)), abs=1)
    assert to_png(scene, theme=theme, note="A still picture.")


def test_an_axis_that_has_no_ticks_by_choice_is_told_so():
    from cnnlib.viz import Axis, Panel, Scene
    from cnnlib.widgets.base.packer import Packer

    head, _ = Packer().pack(Scene([Panel([], Axis(0, 1, ticks=()), Axis(0, 1))], ""))
    assert head["panels"][0]["x"]["ticks"] == [] and "ticks" not in head["panels"][0]["y"]


def words_at(axis):
    return {round(label.get_position()[0]): label.get_text() for label in axis.get_ticklabels()}


def test_a_pill_covers_the_words_of_ticks_beneath_it_and_no_other():
    for now, text in ((0, "step 0"), (0.5, "step 1"), (5, "5"), (10, "step 10")):
        x = Axis(0, 10, "step", ticks=(0, 5, 10), names=("0", "5", "10"))
        (axes,) = draw(Scene([Panel([Cursor(now, text=text)], x, Axis(0, 1))], ""), 400).axes
        covered = {0: {0: ""}, 0.5: {0: ""}, 5: {5: ""}, 10: {10: ""}}[now]
        assert words_at(axes.xaxis) == {0: "0", 5: "5", 10: "10"} | covered


def test_headings_stand_off_the_ticks_alike_in_a_row():
    picture = Panel([], Axis(0, 1, visible=False), Axis(0, 1, visible=False), title="Map", at=(0, 0))
    row = boxes(Scene([picture, plot(title="Loss", at=(0, 1))], "", columns=(1, 1)), 600)
    alone = boxes(Scene([picture], ""), 600)
    assert [box.top for box in row] == [28, 28] and alone[0].top == 24
