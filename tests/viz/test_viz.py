"""Scenes: what they refuse, what they resolve, and that the static picture shows what they say."""

import io
import json
from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image

from cnnlib.viz import (
    Arrows,
    Axis,
    Band,
    Bars,
    Figure,
    Handle,
    Heatmap,
    Line,
    Links,
    Maps,
    Panel,
    Points,
    Region,
    Scene,
    Text,
    image_panel,
    mosaic,
)
from cnnlib.viz.color_maps import color_map
from cnnlib.viz.colors import CATEGORIES, OKABE_ITO, THEMES, to_hex
from cnnlib.viz.marks import value_range
from cnnlib.viz.static import draw, to_png


def one_panel(*marks, x=(0, 10), y=(0, 10), **options):
    return Scene([Panel(marks, Axis(*x), Axis(*y), **options)], "A picture.")


def pixel(figure, x, y, axes=0):
    """The drawn colour (r, g, b) at a point in data coordinates."""
    figure.canvas.draw()
    shot = np.asarray(figure.canvas.buffer_rgba())
    left, bottom = figure.axes[axes].transData.transform((x, y))
    return tuple(int(c) for c in shot[shot.shape[0] - 1 - int(bottom), int(left), :3])


def rgb(color, theme="light"):
    code = to_hex(color, theme)
    return tuple(int(code[i : i + 2], 16) for i in (1, 3, 5))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Axis(0, np.inf, "w"), "finite"),
        (lambda: Axis(1, 1), "two finite numbers"),
        (lambda: Axis(0, 1, log=True), "positive"),
        (lambda: Axis(0, 1, ticks=[0, 1], names=["a"]), "1 names for 2 ticks"),
        (lambda: Line([0, 1], [0]), "lengths differ"),
        (lambda: Line([[0]], [[0]]), "one dimension"),
        (lambda: Line([0], [0], color="pink"), "'pink'"),
        (lambda: Line([0], [0], dash="wavy"), "'wavy'"),
        (lambda: Points([0], [0], shape="star"), "'star'"),
        (lambda: Heatmap(np.zeros(3)), "(3,)"),
        (lambda: Heatmap(np.zeros((2, 2)), cmap="jet"), "'jet'"),
        (lambda: Text([0, 1], [0, 1], ["a"]), "1 strings for 2 points"),
        (lambda: Handle(np.nan, 0), "finite"),
        (lambda: Handle(0, 0, sets={"z": "start"}), "'z'"),
        (lambda: Panel([], Axis(0, 1), Axis(0, 1), at=(0,)), "(0,)"),
        (lambda: Panel([], Axis(0, 1), Axis(0, 1), legend="middle"), "'middle'"),
        (lambda: Scene([Panel([], Axis(0, 1), Axis(0, 1), at=(1, 0))], ""), "outside 1 rows"),
        (lambda: mosaic(np.zeros((2, 2)), 2), "(N, H, W)"),
    ],
)
def test_a_wrong_argument_is_named(make, words):
    with pytest.raises(ValueError) as problem:
        make()
    assert words in str(problem.value)


def test_value_ranges():
    assert value_range(np.array([1.0, 4.0]), "viridis", None, None) == (1, 4)
    assert value_range(np.array([1.0, 4.0]), "diverging", None, None) == (-4, 4)
    assert value_range(np.array([np.nan, np.inf]), "viridis", None, None) == (0, 1)
    assert value_range(np.array([2.0, 2.0]), "viridis", None, None) == (2, 3)
    assert value_range(np.array([0.0]), "diverging", None, None) == (-1, 1)


def test_mosaic_places_each_image():
    tiled = mosaic(np.arange(3)[:, None, None] * np.ones((3, 2, 4)), columns=2, gap=1)
    assert tiled.shape == (5, 9)
    assert tiled[3, 0] == 2 and tiled[0, 5] == 1
    assert np.isnan(tiled[2]).all() and np.isnan(tiled[3:, 5:]).all()


def test_one_of_each_mark_is_drawn_where_it_says():
    scene = one_panel(
        Heatmap([[0.0, 1.0]], extent=(0, 2, 0, 1), cmap="viridis"),
        Bars([4], [3], width=1, color="green"),
        Region(6, 8, 0, 2, color="orange", alpha=1),
        Line([0, 10], [5, 5], color="blue", width=6),
        Points([2], [8], color="vermilion", size=6),
        Band([5, 6], [7, 7], [8, 8], color="purple", alpha=1),
        Links([7], [8], [9], [8], widths=[8], color="sky"),
        Handle(3, 8, color="yellow"),
        Arrows([4], [9], [1], [0]),
        Text(9, 1, "word"),
    )
    figure = draw(scene)
    table = color_map("viridis")
    expected = {
        (0.5, 0.5): tuple(table(0.0, bytes=True)[:3]),
        (1.5, 0.5): tuple(table(1.0, bytes=True)[:3]),
        (4, 1): rgb("green"),
        (7, 1): rgb("orange"),
        (5, 5): rgb("blue"),
        (2, 8): rgb("vermilion"),
        (5.5, 7.5): rgb("purple"),
        (8, 8): rgb("sky"),
        (3, 8): rgb("yellow"),
        (9.5, 9.5): (255, 255, 255),
    }
    for (x, y), color in expected.items():
        assert pixel(figure, x, y) == pytest.approx(tuple(int(c) for c in color), abs=2), (x, y)


def test_links_near_zero_fade_into_the_page_in_both_themes():
    values = {"values": [0, 1], "widths": [9, 9], "cmap": "diverging", "vmin": -1, "vmax": 1}
    links = Links([2, 2], [3, 7], [8, 8], [3, 7], **values)
    for theme in ("light", "dark"):
        figure = draw(one_panel(links, grid=False), theme=theme)
        assert pixel(figure, 5, 3) == pytest.approx(pixel(figure, 5, 5), abs=42), theme
        assert pixel(figure, 5, 7) == rgb("pos", theme), theme
    shades = to_png(one_panel(Links([2], [3], [8], [3], values=[np.nan], vmin=-1, vmax=1)), theme="dark")
    assert shades


def test_categories_take_the_colors_in_order():
    figure = draw(one_panel(Heatmap([list(range(7))], extent=(0, 7, 0, 1), cmap="category")))
    for index in range(7):
        assert pixel(figure, index + 0.5, 0.5) == pytest.approx(rgb(CATEGORIES[index]), abs=1)


def test_axes_follow_the_scene():
    y = Axis(0.01, 100, "error", log=True, ticks=[1, 10], names=["a", "b"])
    panel = Panel([], Axis(5, -1, "row"), y, "T")
    axes = draw(Scene([panel], "")).axes[0]
    assert axes.get_xlim() == (5, -1) and axes.get_ylim() == (0.01, 100)
    assert axes.get_yscale() == "log" and axes.get_xlabel() == "row" and axes.get_title("left") == "T"
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["a", "b"]
    whole = draw(Scene([Panel([], Axis(0, 3, whole=True), Axis(0, 1))], "")).axes[0]
    assert all(float(tick).is_integer() for tick in whole.get_xticks())


def test_themes_differ_in_paper_and_ink_alone():
    scene = one_panel(Line([0, 10], [5, 5], color="orange", width=6))
    light, dark = draw(scene), draw(scene, theme="dark")
    assert pixel(light, 5, 5) == pixel(dark, 5, 5)
    assert pixel(light, 9, 9) == (255, 255, 255) and pixel(dark, 9, 9) == rgb("paper", "dark")


def test_png_is_as_large_as_asked():
    image = Image.open(io.BytesIO(to_png(one_panel(Line([0, 1], [0, 1])), width=500, dpi=192)))
    assert image.size == (1000, 680)


def test_a_note_stands_beneath_the_picture_without_shrinking_it():
    scene = one_panel(Line([0, 10], [5, 5], color="blue", width=8))
    plain, noted = (
        np.asarray(Image.open(io.BytesIO(to_png(scene, note=n))).convert("RGB")) for n in ("", "Hello")
    )
    assert noted.shape[0] == plain.shape[0] + 18
    assert (noted[-18:] < 200).any() and not (plain[-3:] < 200).any()
    assert abs(int((noted[:, 450] == rgb("blue")).all(-1).sum()) - 8) <= 2


def test_the_front_end_has_the_same_colors():
    from pathlib import Path

    import cnnlib

    file = Path(cnnlib.__file__).parents[1] / "frontend" / "src" / "colors.json"
    colors = json.loads(file.read_text("utf-8"))
    assert colors["palette"] == OKABE_ITO and colors["categories"] == list(CATEGORIES)
    assert colors["themes"] == THEMES
    for name, tables in colors["maps"].items():
        for theme, table in ({"light": tables} if isinstance(tables, str) else tables).items():
            assert bytes.fromhex(table) == color_map(name, theme)(range(256), bytes=True)[:, :3].tobytes()
    style = (file.parent / "tokens.css").read_text("utf-8")
    for theme in THEMES.values():
        assert all(f"--cnn-{name}: {code};" in style for name, code in theme.items())


finite = st.floats(-1e6, 1e6)


@settings(max_examples=8, deadline=None)
@given(npst.arrays(float, st.integers(1, 20), elements=st.floats(allow_nan=True, allow_infinity=True)))
def test_values_that_are_not_finite_are_left_out(values):
    """A diverged run must still give a picture: no painter may fall over inf or nan."""
    marks = [
        Line(values, values),
        Points(values, values, values=values),
        Bars(values, values),
        Heatmap([values]),
        Arrows(values, values, values, values),
        Text(values, values, ["x"] * len(values)),
        Links(values, values, values, values, values=values),
        Band(values, values, values),
    ]
    with np.errstate(all="ignore"):
        assert to_png(one_panel(*marks), width=300)


def test_image_panel_has_row_zero_on_top():
    scene = Scene([image_panel(np.array([[0.0, 0.0], [1.0, 1.0]]), vmin=0, vmax=1)], "")
    figure = draw(scene)
    assert pixel(figure, 0.5, 0) == rgb("paper") and pixel(figure, 0.5, 1) == rgb("ink")
    top, bottom = (figure.axes[0].transData.transform((0, row))[1] for row in (0, 1))
    assert top > bottom


def luminance(colors):
    linear = np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)
    return linear[..., :3] @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_zero_is_the_paper_and_both_signs_leave_it_alike(theme):
    """Orange below, blue above; equally far from the paper at equal distances from zero."""
    steps = color_map("diverging", theme)(np.linspace(0, 1, 256))[:, :3]
    assert tuple((steps[127] * 255).round()) == tuple((steps[128] * 255).round()) == rgb("paper", theme)
    assert steps[0, 0] > steps[0, 2] and steps[-1, 2] > steps[-1, 0]
    bright = luminance(steps)
    away = np.abs(bright - luminance(np.array(rgb("paper", theme)) / 255))
    assert (np.diff(away)[:126] <= 1e-6).all() and (np.diff(away)[129:] >= -1e-6).all()
    paper = luminance(np.array(rgb("paper", theme)) / 255)
    for end in (bright[0], bright[-1]):  # graphics need a contrast of 3 (WCAG 2, 1.4.11)
        assert (max(end, paper) + 0.05) / (min(end, paper) + 0.05) > 3


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "panel"])
def test_words_and_lines_stand_out_from_paper_and_panels(theme, ground):
    def contrast(name, on):
        a, b = (luminance(np.array(rgb(color, theme)) / 255) + 0.05 for color in (name, on))
        return max(a, b) / min(a, b)

    for words in ("ink", "muted", "you", "pos-text", "neg-text", "bad"):
        assert contrast(words, ground) > 5, words
    for lines in ("pos", "neg", "muted"):
        assert contrast(lines, ground) > 3, lines
    assert contrast("on-you", "you") > 4.5


@pytest.mark.parametrize("setting", [{"text.usetex": True}, {"font.size": 40.0}, {"axes.titlesize": 60.0}])
def test_the_learner_s_own_settings_of_matplotlib_change_no_picture(setting):
    """With `text.usetex` and no TeX there was neither picture nor widget."""
    scene = Scene([Panel([Line([0, 1], [0, 1])], Axis(0, 1, "x"), Axis(0, 1, "y"), title="A line")], "")
    before = to_png(scene)
    with matplotlib.rc_context(setting):
        assert to_png(scene) == before
        assert matplotlib.rcParams[next(iter(setting))] == next(iter(setting.values()))


def test_maps_keep_their_size_in_pixels_whatever_the_images_size():
    small, large = (
        Maps(mosaic(np.zeros((8, side, side)), 1), tile=(side, side, 1), pitch=28) for side in (4, 28)
    )
    assert small.size == large.size == (28, 224)
    with pytest.raises(ValueError, match="Maps: tile is None"):
        Maps(np.zeros((4, 4)))


def extent(words):
    """Where words stand in a drawn figure, in dots."""
    return words.get_window_extent(words.figure.canvas.get_renderer())


@pytest.mark.parametrize("title", ["Image", "Softmax", "WWWWW", "illicit"])
def test_a_subtitle_beside_a_title_keeps_its_distance_however_wide_the_letters(title):
    figure = draw(one_panel(title=title, subtitle="teal: asked about"))
    figure.canvas.draw()
    axes = figure.axes[0]
    (beneath,) = (words for words in axes.texts if words.get_text() == "teal: asked about")
    gap = extent(beneath).x0 - extent(axes._left_title).x1
    assert 5 < gap < 14 and extent(beneath).y1 > extent(axes._left_title).y0


def test_in_the_head_a_unit_is_smaller_than_its_number_and_apart_from_it():
    figures = [Figure("Guess", "7", "100 % sure", large=True), Figure("The square costs", "7", "points")]
    panel = Panel([], Axis(0, 1), Axis(0, 1))
    drawn = draw(Scene([panel], "A picture.", figures=figures, title="Which pixels speak for it?"))
    drawn.canvas.draw()
    said = {words.get_text(): words for words in drawn.texts}
    ends = [extent(words) for words in drawn.texts]
    assert said["100 % sure"].get_fontsize() < 11
    numbers = [words for words in drawn.texts if words.get_text() == "7"]
    units = [said["100 % sure"], said["points"]]
    for number, unit in zip(sorted(numbers, key=lambda w: w.get_position()[0]), units, strict=True):
        assert 2 < extent(unit).x0 - extent(number).x1 < 12
    assert max(end.x1 for end in ends) <= drawn.canvas.get_width_height()[0]
    rows = sorted((e for e in ends if e.y0 > drawn.bbox.height - 25), key=lambda e: e.x0)
    assert all(a.x1 < b.x0 for a, b in pairwise(rows))
