"""What the X-ray shows before and after a number is clicked."""

import re
from itertools import pairwise

import numpy as np
import pytest

from cnnlib import load_digits
from cnnlib.networks import load_digits_cnn
from cnnlib.viz import Bars, ColorScale, Heatmap, Lens, Line, Links, Maps, Region
from cnnlib.viz.marks import Text
from cnnlib.widgets import NetworkXRay

SMALL = load_digits_cnn(), load_digits()


def panel(widget, name):
    return next((panel for panel in widget.scene.panels if panel.name == name), None)


def pitches(widget):
    return {
        mark.pitch
        for mark in panel(widget, "network").marks
        if isinstance(mark, Maps) and mark.emits != "input"
    }


@pytest.mark.parametrize("network", [(), SMALL])
def test_the_maps_have_the_room_until_a_number_is_clicked(network):
    widget = NetworkXRay(*network)
    assert panel(widget, "sum") is None
    (before,) = pitches(widget)
    click = {"name": "pooling 1", "kind": "click", "x": 0, "y": 0, "row": 0, "col": 2}
    widget.set_state(**widget.event(click))
    (after,) = pitches(widget)
    assert widget.state["opened"] and panel(widget, "window") is not None and before > 1.5 * after
    assert widget.scene.height <= 490
    widget.set_state(opened=False)
    assert panel(widget, "window") is None and pitches(widget) == {before}


@pytest.mark.parametrize("choice", [{"layer": "scores"}, {"channel": 3}, {"source": "your drawing"}])
def test_a_unit_that_is_chosen_is_opened_however_it_is_chosen(choice):
    assert NetworkXRay(*SMALL, **choice).state["opened"]
    widget = NetworkXRay(*SMALL)
    widget.set_state(image=3)
    assert not widget.state["opened"], "another image is none"
    widget.set_state(**choice)
    assert widget.state["opened"]


def test_the_kernel_that_is_shown_is_outlined_among_the_links():
    widget = NetworkXRay(*SMALL, layer="convolution 2", channel=5, input_map=2)
    mine = [m for m in panel(widget, "network").marks if isinstance(m, Links) and m.color == "you"]
    assert len(mine) == 1 and len(mine[0].x0) == 1
    assert panel(widget, "kernel").title == "kernel 5, from input map 2"
    source = panel(widget, "source")
    assert (source.title, source.marks[0].means) == ("map 2", "pool 1, map 2")
    rows = [m for m in panel(widget, "products").marks if isinstance(m, Links)]
    assert [(m.to, m.y1[0]) for m in rows] == [("sum", 2)]


def test_the_share_of_the_guess_is_said_once():
    """Beside the bar, where there is one, and in the sentence; else beside the guess."""
    widget = NetworkXRay()
    (guess,) = [figure for figure in widget.scene.figures if figure.label == "Guess"]
    assert guess.unit == "" and widget.text.count("99.9 %") == 1
    scores = [word for mark in panel(widget, "scores").marks if isinstance(mark, Text) for word in mark.text]
    assert "> 99.9 %" in scores
    names = [f"number {i}" for i in range(10)]
    without_bars = NetworkXRay(*SMALL, class_names=names, opened=True)
    assert without_bars.scene.figures[-1].unit.endswith("sure")


def test_each_class_is_one_row_of_score_and_share_and_the_guess_stands_out():
    widget = NetworkXRay(*SMALL, image=3)
    part = panel(widget, "scores")
    others, bars = (mark for mark in part.marks if isinstance(mark, Bars))
    (heat,) = (mark for mark in part.marks if isinstance(mark, Heatmap))
    guess = int(heat.z.argmax())
    rows = np.insert(others.x, guess, bars.x[0])
    texts = [mark for mark in part.marks if isinstance(mark, Text)]
    for k, value in enumerate(heat.z[:, 0]):
        row = {word: m.bold for m in texts for word, y in zip(m.text, m.y, strict=True) if y == rows[k]}
        assert row[str(k)] is row[f"{value:z.1f}".replace("-", "−")] is bool(k == guess)
    assert heat.extent[:2] == (0, 1) and heat.alpha == 0, (
        "a click anywhere in the row, and no colours beside bars"
    )
    (shade,) = (mark for mark in part.marks if isinstance(mark, Region) and mark.filled)
    assert shade.y0 < bars.x[0] < shade.y1 and bars.height[0] > others.height.max()
    assert bars.width > others.width and bars.base == others.base


def test_a_sure_guess_fills_its_column():
    """The words then stand within the bar."""
    (bar,) = [m for m in panel(NetworkXRay(), "scores").marks if isinstance(m, Bars)][1:]
    assert bar.base + bar.height[0] == pytest.approx(0.99, abs=0.001)
    (inside,) = [m for m in panel(NetworkXRay(), "scores").marks if getattr(m, "color", "") == "paper"]
    assert inside.text == ("> 99.9 %",) and bar.base < inside.x[0] < bar.base + bar.height[0]


def test_the_true_class_is_framed_where_the_guess_is_another():
    for image, framed in ((0, 0), (407, 1)):
        marks = panel(NetworkXRay(image=image), "scores").marks
        assert sum(isinstance(mark, Region) and not mark.filled for mark in marks) == framed


def test_one_product_is_framed_in_all_matrices_and_can_be_reckoned_again():
    widget = NetworkXRay(layer="convolution 2", channel=6, row=4, column=5)
    found = {}
    for name in ("window", "kernel", "products"):
        marks = panel(widget, name).marks
        (cell,) = (mark for mark in marks if isinstance(mark, Region) and mark.width == 2.5)
        found[name] = cell.x0, cell.x1, cell.y0, cell.y1
    assert len(set(found.values())) == 1
    (line,) = (mark.text[0] for mark in marks if isinstance(mark, Text) and "×" in mark.text[0])
    one, other, product = (float(n.replace("−", "-")) for n in re.findall(r"−?[\d.]+", line))
    assert one * other == pytest.approx(product, abs=0.005) and product != 0


@pytest.mark.parametrize("layer", ["convolution 1", "convolution 2"])
def test_a_sum_whose_numbers_are_printed_has_no_scales(layer):
    widget = NetworkXRay(layer=layer)
    for name in ("source", "window", "kernel", "products", "network"):
        assert not [mark for mark in panel(widget, name).marks if isinstance(mark, ColorScale)]


def test_a_pooling_shows_where_its_window_lies():
    widget = NetworkXRay(layer="pooling 1", channel=1, row=5, column=7)
    assert [part.name for part in widget.scene.panels[3:]] == ["source", "window", "answer"]
    (lens,) = (mark for mark in panel(widget, "source").marks if isinstance(mark, Lens))
    assert lens.to == "window" and tuple(lens.y) == (9.5, 11.5)


def test_the_drawing_is_cleared_only_where_there_is_one():
    assert NetworkXRay(*SMALL).scene.idle == ("clear",)
    assert NetworkXRay(*SMALL, source="your drawing").scene.idle == ()


def test_the_strip_above_a_sum_shows_the_path_to_it_and_on_from_it():
    """The map that is followed, its own, and what becomes of it stay; all others fade; no links elsewhere."""
    widget = NetworkXRay(*SMALL, layer="convolution 2", channel=5, input_map=2)
    found = layers(widget)
    for names, path, most in (
        (("convolution 1", "ReLU 1"), 2, 0.35),
        (("pooling 1",), 2, 0.7),
        (("convolution 2", "ReLU 2", "pooling 2"), 5, 0.35),
    ):
        for name in names:
            opacity = found[name].opacity
            assert opacity[path] == 1 and np.delete(opacity, path).max() < most, name
    assert list(np.flatnonzero(found["pooling 1"].state)) == [2] and set(found["pooling 1"].boxes[:, 0]) == {
        2
    }
    links = [m for m in panel(widget, "network").marks if isinstance(m, Links) and not m.quiet]
    kernels = [m for m in links if m.color != "you"]
    assert all(set(m.targets) == {4005.0} for m in kernels), "none elsewhere, nor on to the scores"
    assert sorted((len(m.x0), m.alpha) for m in kernels) == [(1, 1.0), (7, 0.5)]


def test_all_scores_but_the_guess_are_quiet_in_the_strip():
    for opened, colors in ((True, {"muted"}), (False, {"ink"})):
        texts = [m for m in panel(NetworkXRay(opened=opened), "scores").marks if isinstance(m, Text)]
        others = [m for m in texts if len(m.text) == 9 and not m.bold and "%" not in "".join(m.text)]
        assert len(others) == 2 and {m.color for m in others} == colors


def test_images_are_chosen_by_their_thumbnails_or_their_number():
    widget = NetworkXRay(*SMALL)
    assert len(widget.scene.pictures["first"]) == 5 and not widget.state["opened"]
    for choice, image, first in (
        ({"first": "image 3"}, 3, "image 3"),
        ({"image": 30}, 30, "others"),
        ({"image": 2, "source": "your drawing"}, 2, "image 2"),
        ({"first": "others"}, 4, "others"),
    ):
        widget.set_state(**choice)
        assert (widget.state["image"], widget.state["first"]) == (image, first)
    assert widget.state["source"] == "test image", "who chooses an image wants to see it"
    assert NetworkXRay(*SMALL, image=1).state["first"] == "image 1"


def test_headings_say_what_a_layer_does_where_there_is_room():
    said = {True: [], False: []}
    for opened, words in said.items():
        marks = panel(NetworkXRay(opened=opened), "network").marks
        words += [word for mark in marks if isinstance(mark, Text) for word in mark.text]
    assert {"looks for", "keeps the", "largest", "lines: the strongest"} <= set(said[False])
    assert said[False].count("keeps the") == said[False].count("largest") == 2, "beneath each column"
    assert "looks for" not in said[True]


def test_a_scale_says_for_which_columns_it_is_and_where_zero_is():
    marks = panel(NetworkXRay(), "network").marks
    assert sum(isinstance(mark, ColorScale) for mark in marks) == 2
    words = [word for mark in marks if isinstance(mark, Text) for word in mark.text]
    zeros = [
        (x, y)
        for m in marks
        if isinstance(m, Text)
        for x, y, w in zip(m.x, m.y, m.text, strict=True)
        if w == "0"
    ]
    scales = [mark for mark in marks if isinstance(mark, ColorScale)]
    assert zeros == [(mark.x, mark.y + 13) for mark in scales], "beneath the middle of each"
    (line,) = (mark for mark in marks if isinstance(mark, Line))
    assert np.isnan(line.x).sum() == 4, "two ends of two scales"
    assert not [word for word in words if "scale" in word]


def layers(widget):
    return {mark.emits: mark for mark in panel(widget, "network").marks if isinstance(mark, Maps)}


def test_what_is_kept_has_its_own_end_of_the_scale():
    """A convolution's negative numbers are many and large, and gone after its ReLU: they do not drown it."""
    widget = NetworkXRay()
    found = layers(widget)
    conv, relu = found["convolution 2"], found["ReLU 2"]
    assert (conv.vmin, conv.vmax) == (relu.vmin, relu.vmax), "one scale a block"
    assert conv.vmin == pytest.approx(np.nanmin(conv.z), rel=0.01) and conv.vmax < -conv.vmin / 3
    strong = np.nanmean(conv.z[conv.z > 0] > conv.vmax)
    assert 0 < strong < 0.05
    scales = [mark.words for mark in panel(widget, "network").marks if isinstance(mark, ColorScale)]
    assert scales[1][0] == f"−{-conv.vmin:.0f}" and scales[1][1] == f"+{conv.vmax:.1f}"


def test_the_network_is_a_strip_above_a_sum():
    """All maps of all layers in four rows; with the sum it takes less height than without."""
    rest, opened = NetworkXRay(), NetworkXRay(opened=True)
    assert opened.scene.height < rest.scene.height
    heights = [mark.size[1] for name, mark in layers(opened).items() if name != "input"]
    assert max(heights) <= 128 and layers(opened)["convolution 2"].across == 4


@pytest.mark.parametrize("opened", [False, True])
def test_cells_of_28_14_and_7_have_whole_pixels_on_a_fine_screen(opened):
    for mark in layers(NetworkXRay(opened=opened)).values():
        cell = 2 * (mark.pitch - mark.gap) / max(mark.tile[:2])
        assert cell == int(cell)


def test_columns_stand_in_equal_steps():
    """Within a block one step from layer to layer, and one where kernels stand."""
    widget = NetworkXRay()
    room = 798
    marks = list(layers(widget).values())
    gaps = [(b.x - a.x) * room - (a.size[0] + b.size[0]) / 2 for a, b in pairwise(marks)]
    inner, kernels = [gaps[i] for i in (1, 2, 4, 5)], [gaps[i] for i in (0, 3)]
    assert np.ptp(inner) < 1 and np.ptp(kernels) < 8 and min(kernels) > 2 * max(inner)


def test_each_row_of_a_block_is_one_quiet_line():
    lines = [m for m in panel(NetworkXRay(), "network").marks if isinstance(m, Links) and m.color == "grid"]
    assert [len(mark.x0) for mark in lines] == [8, 8]
    opened = panel(NetworkXRay(opened=True), "network").marks
    assert not [m for m in opened if isinstance(m, Links) and m.color == "grid"]
