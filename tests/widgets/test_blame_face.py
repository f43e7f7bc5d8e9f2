"""What the blame view shows: the number that is chosen, the way to it, and the gradients along the way."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from cnnlib import load_digits
from cnnlib.networks import load_digits_cnn
from cnnlib.nn.layers import Conv2d
from cnnlib.viz import Arrows, Heatmap, Links, Maps, Region
from cnnlib.viz.marks import Text
from cnnlib.widgets import BlameMicroscope
from cnnlib.widgets.backpropagation.blame_lane import NUMBERS, TOP, names
from cnnlib.widgets.backpropagation.blame_picture import BlamePicture
from cnnlib.widgets.backpropagation.blame_rules import rule, weight_used
from cnnlib.widgets.backpropagation.blame_way import numbers, read_by
from cnnlib.widgets.backpropagation.blame_weight import square
from cnnlib.widgets.backpropagation.blame_words import of_pixel
from cnnlib.widgets.backpropagation.signed_numbers import signed

SMALL = load_digits_cnn(), load_digits()


@pytest.mark.parametrize("layer", ["convolution 1", "convolution 2"])
def test_a_weight_that_is_clicked_is_the_one_that_is_framed_and_its_gradient_the_sum(layer):
    widget = BlameMicroscope(*SMALL, what="a weight", layer=layer, image=143)
    rng = np.random.default_rng(2)
    for _ in range(8):
        kernels, inputs, height, width = widget.kernels_of(widget.convolution(widget.state)).shape
        f, c, p, q = (int(rng.integers(size)) for size in (kernels, inputs, height, width))
        row, column = f * (height + 1) + p, c * (width + 1) + q
        widget.set_state(**widget.event({"name": "weight:", "kind": "click", "row": row, "col": column}))
        part = widget.scene.panels[3]
        (heat,) = (mark for mark in part.marks if isinstance(mark, Heatmap))
        (frame,) = (mark for mark in part.marks if isinstance(mark, Region))
        assert ((frame.x0 + frame.x1) / 2, (frame.y0 + frame.y1) / 2) == pytest.approx((column, row))
        assert heat.z[row, column] == pytest.approx(widget.facts["gradient"], rel=1e-4, abs=1e-9)
        assert f"kernel {f}, input map {c}, row {p}, column {q}" in widget.text


def test_small_numbers_stand_in_a_power_of_ten():
    part = square(np.array([[0.00312, -0.0004], [0.0, 0.001]]), "products", (0, 0), ".2f", "")
    (power,) = re.findall(r"×1e(-?\d+)", part.title)
    np.testing.assert_allclose(part.marks[0].z * 10.0 ** int(power), [[0.00312, -0.0004], [0.0, 0.001]])
    assert 1 <= np.abs(part.marks[0].z).max() < 10


def followed(monkeypatch, **options):
    """The picture that a widget makes of the way."""
    made = []
    init = BlamePicture.__init__

    def kept(self, *args, **kwargs):
        init(self, *args, **kwargs)
        made.append(self)

    monkeypatch.setattr(BlamePicture, "__init__", kept)
    BlameMicroscope(*SMALL, **options)
    return made[-1]


@pytest.mark.parametrize("what", ["a unit", "the loss"])
def test_the_numbers_along_the_way_are_the_gradients_there_in_the_colour_of_their_sign(what, monkeypatch):
    picture = followed(monkeypatch, what=what, image=143)
    marks = [mark for mark in numbers(picture, 0.0) if isinstance(mark, Text)]
    shown = {float(x): (m.color, w) for m in marks for x, w in zip(m.x, m.text, strict=True)}
    assert len(shown) >= 4
    for x, output, place in zip(picture.x, picture.outputs, picture.way, strict=True):
        if float(x) in shown:
            color, words = shown[float(x)]
            gradient = picture.gradients[output.place][0][place]
            assert float(words) == pytest.approx(gradient, rel=0.06, abs=1e-4)
            assert color == ("pos-text" if gradient > 0 else "neg-text")


def test_before_a_pool_the_way_leads_through_its_winner(monkeypatch):
    picture = followed(monkeypatch, what="a unit", layer="pooling 2", image=143)
    names = [output.name for output in picture.outputs]
    at = names.index("ReLU 2")
    values = picture.values[picture.outputs[at].place][0]
    read = read_by(picture.model, picture.outputs[at], picture.outputs[at + 1], picture.way[at + 1], values)
    best = values[picture.way[at + 1][0]][read[picture.way[at + 1][0]] > 0]
    window = picture.values[picture.outputs[at + 1].place][0][picture.way[at + 1]]
    assert 0 < read.sum() < 4 and (best == window).all()


@pytest.mark.parametrize("channel", [0, 2])
def test_the_framed_weight_of_a_kernel_is_the_one_that_joins_both_numbers(channel, monkeypatch):
    unit = {"layer": "convolution 1", "channel": channel, "row": 3, "column": 5}
    picture = followed(monkeypatch, what="a unit", image=143, **unit)
    _, kernel, look = rule(picture, 1)
    (_, row, _, column, _) = map(int, look["boxes"][0])
    assert kernel[row, column] == pytest.approx(picture.gradients[0][0][picture.way[0]])
    _, shut, gate = rule(picture, 2)
    np.testing.assert_array_equal(shut, picture.values[1][0][picture.followed[2]] <= 0)
    assert gate["boxes"] is None  # the way does not come through it


def test_the_framed_weight_of_a_dilated_kernel_is_counted_in_its_own_rows():
    layer = Conv2d(1, 1, 3, stride=2, padding=1, dilation=2)
    picture = SimpleNamespace(way=[(0, 5, 3), (0, 1, 2)])
    assert weight_used(picture, 1, layer)[0].tolist() == [0, 2, 2, 0, 0]


def words_of(**options):
    marks = BlameMicroscope(*SMALL, **options).scene.panels[0].marks
    return [word for mark in marks if isinstance(mark, Text) for word in mark.text]


def test_blame_says_what_to_do_first_and_fades_what_comes_after_the_unit():
    panel = BlameMicroscope(*SMALL, what="a unit", image=143).scene.panels[0]
    words = [word for mark in panel.marks if isinstance(mark, Text) for word in mark.text]
    assert "click any square to choose another number" in words and "comes later" not in words
    assert [word.partition(":")[0] for word in words if "wards:" in word] == ["Backwards", "Forwards"]
    maps = {mark.emits: mark.opacity for mark in panel.marks if isinstance(mark, Maps) and mark.y < 100}
    assert maps["one:scores"] is not None and maps["one:input"] is None


@pytest.mark.parametrize("what", ["a unit", "the loss"])
def test_what_the_number_at_the_pixel_means_is_said(what, monkeypatch):
    picture = followed(monkeypatch, what=what, image=143)
    slope, words = picture.slope(0), of_pixel(picture)
    grew, part = map(float, re.findall(r"\d+\.\d+", words))
    assert part == pytest.approx(abs(slope) * grew, rel=0.1) and ("rise" in words) == (slope > 0)
    assert signed(slope).replace("-", "−") in words_of(what=what, image=143)


def test_the_chosen_number_stands_in_a_box_with_its_name_and_what_is_asked_of_it():
    widget = BlameMicroscope()
    words = [w for m in widget.scene.panels[0].marks if isinstance(m, Text) for w in m.text]
    assert widget.scene.title == "Which pixels would raise the score of 3?"
    assert {"chosen", "score of 3", f"{widget.facts['value']:.1f}", "true: 5"} <= set(words)
    assert {"chosen", "pool 2", "map 3", "row 1, col. 1"} <= set(words_of(image=143))
    assert {"chosen", "loss", "1.41"} <= set(words_of(what="the loss", image=143))


def test_the_image_is_the_largest_picture_and_has_the_drawing_s_outline():
    marks = BlameMicroscope().scene.panels[0].marks
    sizes = {mark.emits: mark.pitch for mark in marks if isinstance(mark, Maps) and mark.y > 200}
    assert sizes.pop("one:input") > 2 * max(sizes.values())
    outlines = [mark for mark in marks if isinstance(mark, Links) and mark.color == "ink"]
    assert len(outlines) == 1 and len(outlines[0].x0) > 28


def test_where_no_pixel_moves_the_number_that_is_said():
    shut = {"layer": "ReLU 1", "image": 143, "channel": 0, "row": 0, "column": 0}
    assert BlameMicroscope(*SMALL, **shut).facts["pixels"] == 0
    words = words_of(**shut)
    assert any(word.startswith("No pixel moves it") for word in words) and "← at the frames" not in words
    marks = BlameMicroscope(*SMALL, **shut).scene.panels[0].marks
    assert not any(isinstance(mark, Arrows) and mark.color == "ink" for mark in marks)


def test_a_click_on_a_map_of_the_loss_s_way_chooses_that_map(monkeypatch):
    picture = followed(monkeypatch, what="the loss", image=143)
    widget = BlameMicroscope(*SMALL, what="the loss", image=143)
    at = [output.name for output in picture.outputs].index("pooling 1")
    asked = widget.event({"name": "one:pooling 1", "kind": "click", "row": 1, "col": 2})
    assert asked["channel"] == picture.followed[at] and (asked["row"], asked["column"]) == (1, 2)


def large_marks(kind, **options):
    return [
        mark for mark in BlameMicroscope(*SMALL, **options).scene.panels[0].marks if isinstance(mark, kind)
    ]


def test_the_chosen_number_s_layer_is_named_in_its_colour_and_an_arrow_leads_down_to_the_way_back():
    options = {"what": "a unit", "layer": "convolution 2", "image": 143}
    named = [word for mark in large_marks(Text, **options) if mark.color == "you" for word in mark.text]
    assert sorted(named) == ["chosen", "conv 2"]
    (down,) = (mark for mark in large_marks(Arrows, **options) if np.any(mark.dy))
    assert down.dy[0] > 0 and down.y[0] + down.dy[0] == TOP


def test_only_the_gradient_at_the_scores_is_probability_less_label(monkeypatch):
    picture = followed(monkeypatch, what="the loss", image=143)
    (maps,) = (mark for mark in names(picture) if mark.color == "muted")
    assert [i for i, said in enumerate(maps.text) if said == "p − label"] == [len(picture.outputs) - 2]


def test_what_grey_means_and_what_comes_later_are_said_only_where_there_is_such_a_thing():
    for layer, gate, later in [("convolution 1", 0, 1), ("ReLU 1", 1, 1), ("scores", 1, 0)]:
        words = words_of(layer=layer, image=143)
        assert ("grey: gate shut" in words, "What comes later cannot move it." in words) == (gate, later), (
            layer
        )


@pytest.mark.parametrize("what", ["a unit", "the loss"])
def test_what_the_framed_pixel_does_has_the_colour_of_its_sign(what, monkeypatch):
    slope = followed(monkeypatch, what=what, image=143).slope(0)
    marks = [mark for mark in large_marks(Text, what=what, image=143) if mark.y[0] > NUMBERS]
    (color,) = (mark.color for mark in marks if mark.text[0].replace("−", "-") == signed(slope))
    assert color == ("pos-text" if slope > 0 else "neg-text")


def test_all_maps_that_a_kernel_reads_can_be_chosen_from_and_the_one_followed_is_marked(monkeypatch):
    picture = followed(monkeypatch, what="the loss", image=143)
    small = [mark for mark in large_marks(Maps, what="the loss", image=143) if mark.emits.startswith("unit:")]
    assert [mark.emits for mark in small] == ["unit:pooling 1", "unit:pooling 2"]
    names_of = [output.name for output in picture.outputs]
    for mark in small:
        followed_map = picture.followed[names_of.index(mark.emits.partition(":")[2])]
        assert np.flatnonzero(mark.state).tolist() == [followed_map]


def test_colours_tell_apart_nearly_all_pixels_and_the_strongest_stands_for_the_few_beyond(monkeypatch):
    picture = followed(monkeypatch, what="the loss", image=143)
    sizes = np.abs(picture.gradients[0][0])
    assert 0.97 < (sizes[sizes > 0] < picture.pixel_reach).mean() < 1
    (pixels,) = (
        m for m in large_marks(Maps, what="the loss", image=143) if m.emits == "one:input" and m.y > 100
    )
    assert (pixels.vmin, pixels.vmax) == pytest.approx((-picture.pixel_reach, picture.pixel_reach))
