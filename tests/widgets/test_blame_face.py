"""What the blame view shows: the number that is chosen, the way to it, and the gradients along the way."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from cnnlib import load_digits
from cnnlib.networks import load_digits_cnn
from cnnlib.nn.layers import Conv2d
from cnnlib.viz import ColorScale, Heatmap, Links, Maps, Note, Region
from cnnlib.viz.marks import Text
from cnnlib.widgets import BlameMicroscope
from cnnlib.widgets.backpropagation.blame_acting import stages
from cnnlib.widgets.backpropagation.blame_chain import CAPTION
from cnnlib.widgets.backpropagation.blame_loss import rule_words
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
@pytest.mark.parametrize("shown", ["gradient", "values"])
def test_the_numbers_along_the_way_are_those_at_the_frames_in_the_colour_of_their_sign(
    what, shown, monkeypatch
):
    picture = followed(monkeypatch, what=what, image=143, shown=shown)
    marks = [mark for mark in numbers(picture) if isinstance(mark, Text)]
    found = {
        (float(x), float(y)): (m.color, w) for m in marks for x, y, w in zip(m.x, m.y, m.text, strict=True)
    }
    columns = [i for i in range(1, len(picture.outputs)) if picture.seen(i) and picture.way[i] is not None]
    assert len(found) == len(columns) >= 4
    for i in columns:
        (x,), (y,) = picture.over([i], 1)
        color, words = found[float(x), float(y)]
        arrays = picture.gradients if shown == "gradient" else picture.values
        number = arrays[picture.outputs[i].place][0][picture.way[i]]
        assert float(words) == pytest.approx(number, rel=0.06, abs=5e-3 if shown == "values" else 1e-4)
        sign = "pos-text" if number > 0 else "neg-text"
        assert color == (sign if shown == "gradient" else "ink")


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


BEFORE = "input", "convolution 1", "ReLU 1", "pooling 1", "convolution 2", "ReLU 2"  # pooling 2


def words_of(**options):
    marks = BlameMicroscope(*SMALL, **options).scene.panels[0].marks
    return [word for mark in marks if isinstance(mark, Text) for word in mark.text]


def test_the_chain_is_one_and_shows_the_values_on_a_switch_pale_after_the_unit():
    words = words_of(what="a unit", image=143)
    assert "click any square to choose another number" in words and "comes later" not in words
    assert "Gradient, backwards" in words and "Values, forwards" not in words
    chain = {mark.emits: mark for mark in large_marks(Maps, what="a unit", image=143) if "one:" in mark.emits}
    assert list(chain) == [f"one:{name}" for name in BEFORE]
    options = {"what": "a unit", "image": 143, "shown": "values"}
    words = words_of(**options)
    assert "Values, forwards" in words and "Gradient, backwards" not in words and "chosen" not in words
    chain = {mark.emits: mark for mark in large_marks(Maps, **options) if mark.emits.startswith("one:")}
    assert [*chain] == [f"one:{name}" for name in (*BEFORE, "pooling 2", "scores")]
    assert chain["one:scores"].opacity is not None and chain["one:input"].opacity is None


def test_the_way_back_turns_once_and_each_line_begins_where_the_one_before_it_ends(monkeypatch):
    picture = followed(monkeypatch, what="a unit", layer="scores", image=143)
    assert picture.turn == 3 and (np.diff(picture.x[1:4]) > 0).all() and (np.diff(picture.x[4:]) < 0).all()
    assert picture.x[3] == picture.x[4] and set(picture.y[1:4]).isdisjoint(picture.y[4:])
    (lines,) = (m for m in large_marks(Links, layer="scores", image=143) if m.color == "you")
    starts = np.array([lines.x0, lines.y0, lines.dx0, lines.dy0]).T
    ends = np.array([lines.x1, lines.y1, lines.dx1, lines.dy1]).T
    bend = np.flatnonzero(lines.x1 == picture.edge)
    assert len(bend) == 2 and np.array_equal(ends[bend], starts[bend + 1])  # round the right end
    for level in (bend[0], bend[1] + 1):  # out of one map and into the next at their own heights
        assert lines.y0[level] == lines.y1[level] and lines.dy0[level] == lines.dy1[level]
    (trunk,) = np.flatnonzero(lines.x1 == picture.trunk)
    assert (starts[lines.x0 == picture.trunk] == ends[trunk]).all()
    assert sum(lines.x0 == picture.trunk) == 2 and (lines.x1[lines.x0 == picture.trunk] == picture.x[0]).all()


def test_what_acts_is_named_in_each_gap_and_one_of_it_is_large():
    words = words_of(layer="scores", image=143)
    acts = [
        "← kernel",
        "← ReLU gate",
        "← pool winner",
        "↓ kernel",
        "ReLU gate →",
        "pool winner →",
        "weights →",
    ]
    assert [word for word in words if any(sign in word for sign in "←→↓↑")] == acts
    widget = BlameMicroscope(*SMALL, layer="scores", image=143)

    def large():
        marks = widget.scene.panels[0].marks
        (shown,) = (
            m for m in marks if isinstance(m, Maps) and m.means in ("kernel", "ReLU gate", "pool winner")
        )
        (named,) = (m.text[0] for m in marks if isinstance(m, Text) and m.color == "you" and m.size == 12)
        return shown.means, named

    assert large() == ("pool winner", "pool winner →")
    widget.set_state(**widget.event({"name": "acts:ReLU 1", "kind": "click", "row": 0, "col": 0}))
    assert large() == ("ReLU gate", "← ReLU gate")
    hover = {"name": "one:convolution 2", "kind": "hover", "row": 1, "col": 1}
    assert widget.event(hover) is None  # it chooses nothing
    widget.refresh()
    assert large() == ("kernel", "↓ kernel")
    widget.event({"name": "", "kind": "leave"})
    widget.refresh()
    assert large() == ("ReLU gate", "← ReLU gate")


def test_while_the_gradient_runs_what_it_has_just_passed_is_large(monkeypatch):
    widget = BlameMicroscope(*SMALL, layer="scores", image=143)
    shown = []
    while widget.advance(1):
        marks = widget.scene.panels[0].marks
        shown.append([m.means for m in marks if isinstance(m, Maps) and not m.emits])
    passed = [[], [], ["pool winner"], ["ReLU gate"], ["kernel"], ["pool winner"], ["ReLU gate"]]
    assert [[m for m in row if m in ("kernel", "ReLU gate", "pool winner")] for row in shown[:7]] == passed


@pytest.mark.parametrize("forwards", [False, True])
def test_every_layer_with_a_picture_of_how_it_acts_says_so_in_words_of_its_own(forwards, monkeypatch):
    picture = followed(monkeypatch, layer="scores", image=143)
    layers = [picture.model[picture.outputs[i].place - 1] for i in stages(picture)]
    said = {type(layer): rule_words(layer, forwards) for layer in layers}
    assert len(said) == len(set(said.values())) == 3 and "The layer passes it on." not in said.values()


@pytest.mark.parametrize("what", ["a unit", "the loss"])
def test_what_the_number_at_the_pixel_means_is_said(what, monkeypatch):
    picture = followed(monkeypatch, what=what, image=143)
    slope, words = picture.slope(0), of_pixel(picture)
    grew, part = map(float, re.findall(r"\d+\.\d+", words))
    assert part == pytest.approx(abs(slope) * grew, rel=0.1) and ("rise" in words) == (slope > 0)
    (key,) = large_marks(ColorScale, what=what, image=143)
    assert [said.split()[0] for said in key.words] == ["lowers", "raises"]
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
    sizes = {mark.emits: mark.pitch for mark in marks if isinstance(mark, Maps)}
    assert sizes.pop("one:input") > 2 * max(sizes.values())
    outlines = [mark for mark in marks if isinstance(mark, Links) and mark.color == "ink"]
    assert len(outlines) == 1 and len(outlines[0].x0) > 28


def test_where_no_pixel_moves_the_number_that_is_said():
    shut = {"layer": "ReLU 1", "image": 143, "channel": 0, "row": 0, "column": 0}
    assert BlameMicroscope(*SMALL, **shut).facts["pixels"] == 0
    words = words_of(**shut)
    assert any(word.startswith("No pixel moves it") for word in words)
    assert not [mark for mark in large_marks(Links, **shut) if mark.color == "you"]


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


def test_the_chosen_number_s_layer_is_named_in_its_colour():
    options = {"what": "a unit", "layer": "convolution 2", "image": 143}
    named = {word for mark in large_marks(Text, **options) if mark.color == "you" for word in mark.text}
    assert named == {"chosen", "↓ kernel"}  # the kernel is what is shown large
    named = {w for m in large_marks(Text, **options, shown="values") if m.color == "you" for w in m.text}
    assert named == {"conv 2", "↑ kernel"}


def test_only_before_the_loss_stands_probability_less_label():
    words = words_of(what="the loss", image=143)
    assert sum("p − label" in word for word in words) == 1
    assert not any("p − label" in word for word in words_of(layer="scores", image=143))


def test_what_grey_means_and_what_comes_later_are_said_only_where_there_is_such_a_thing():
    for layer, gate, later in [("convolution 1", 0, 1), ("ReLU 1", 1, 1), ("scores", 1, 0)]:
        words = words_of(layer=layer, image=143, acts="ReLU 1")
        told = " ".join(note.text for note in large_marks(Note, layer=layer, image=143, acts="ReLU 1"))
        assert ("Grey: shut." in told, "cannot move it." in words) == (gate, later), layer


@pytest.mark.parametrize("what", ["a unit", "the loss"])
def test_what_the_framed_pixel_does_has_the_colour_of_its_sign(what, monkeypatch):
    slope = followed(monkeypatch, what=what, image=143).slope(0)
    marks = [mark for mark in large_marks(Text, what=what, image=143) if mark.y[0] == CAPTION]
    (color,) = (mark.color for mark in marks if mark.text[0].replace("−", "-") == signed(slope))
    assert color == ("pos-text" if slope > 0 else "neg-text")


def test_all_maps_that_a_kernel_reads_can_be_chosen_from_and_the_one_followed_is_marked(monkeypatch):
    picture = followed(monkeypatch, what="the loss", image=143)
    small = [mark for mark in large_marks(Maps, what="the loss", image=143) if mark.emits.startswith("unit:")]
    assert [mark.emits for mark in small] == ["unit:pooling 2", "unit:pooling 1"]
    names_of = [output.name for output in picture.outputs]
    for mark in small:
        followed_map = picture.followed[names_of.index(mark.emits.partition(":")[2])]
        assert np.flatnonzero(mark.state).tolist() == [followed_map]


def test_colours_tell_apart_nearly_all_pixels_and_the_strongest_stands_for_the_few_beyond(monkeypatch):
    picture = followed(monkeypatch, what="the loss", image=143)
    sizes = np.abs(picture.gradients[0][0])
    assert 0.97 < (sizes[sizes > 0] < picture.pixel_reach).mean() < 1
    (pixels,) = (m for m in large_marks(Maps, what="the loss", image=143) if m.emits == "one:input")
    assert (pixels.vmin, pixels.vmax) == pytest.approx((-picture.pixel_reach, picture.pixel_reach))


def test_the_code_of_a_widget_that_nobody_touched_is_short_and_a_weight_is_the_same_by_click_and_by_code():
    assert repr(BlameMicroscope()) == repr(BlameMicroscope(*SMALL)) == "BlameMicroscope()"
    assert repr(BlameMicroscope(layer="scores")) == "BlameMicroscope()"
    clicked = BlameMicroscope()
    clicked.set_state(what="a weight")
    coded = BlameMicroscope(what="a weight")
    assert clicked.state == coded.state and (coded.state["row"], coded.state["column"]) == (3, 4)
    assert eval(repr(clicked)).state == clicked.state
    clicked.set_state(row=1, column=2)
    assert (clicked.state["row"], clicked.state["column"]) == (1, 2)
    assert eval(repr(clicked)).state == clicked.state
    clicked.set_state(what="a unit", layer="scores")
    assert repr(clicked) == "BlameMicroscope()"
