"""The widgets of notebooks 01 to 03, swept over every control, and their sentences against the numerics."""

import itertools
import re

import numpy as np
import pytest

from cnnlib.autodiff.scalar_graph import GRAPHS
from cnnlib.data import load_digits
from cnnlib.experiments import planted_faults
from cnnlib.experiments.dissect import activations, full_pass
from cnnlib.networks import load_digits_cnn, mnist_cnn, small_cnn
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.viz import Arrows, Band, Bars, Handle, Heatmap, Line, Links, Maps, Note, Region, Text, static
from cnnlib.widgets.backpropagation.blame_microscope import BlameMicroscope
from cnnlib.widgets.backpropagation.broken_backward import LETTERS, BrokenBackward
from cnnlib.widgets.backpropagation.chain_rule import ChainRule
from cnnlib.widgets.backpropagation.gradient_check import GradientCheckExplorer
from cnnlib.widgets.backpropagation.one_update import OneUpdate
from cnnlib.widgets.backpropagation.signed_numbers import signed_sum
from cnnlib.widgets.forward_pass.kernel_slices import IMAGE, KERNELS, KernelSlices
from cnnlib.widgets.forward_pass.network_layout import layer_outputs
from cnnlib.widgets.forward_pass.network_picture import NetworkPicture
from cnnlib.widgets.forward_pass.network_xray import NetworkXRay
from cnnlib.widgets.forward_pass.size_explorer import SizeExplorer
from cnnlib.widgets.loss.first_loss import FirstLoss
from cnnlib.widgets.loss.first_loss_picture import BRICK, NO_OPINION
from cnnlib.widgets.loss.loss_curves import LETTER, LINE, SIZE
from cnnlib.widgets.loss.loss_explorer import LossExplorer
from cnnlib.widgets.loss.loss_scores import LONG, RIM
from tests.widgets.sweep import assert_sound

SMALL = load_digits_cnn(), load_digits()
ALL = (
    NetworkXRay,
    KernelSlices,
    SizeExplorer,
    LossExplorer,
    FirstLoss,
    ChainRule,
    GradientCheckExplorer,
    BlameMicroscope,
    OneUpdate,
    BrokenBackward,
)


@pytest.fixture(scope="module")
def made():
    return {widget_class: widget_class() for widget_class in ALL}


@pytest.mark.parametrize("rate", [1e-3, 1.0])
@pytest.mark.parametrize("suspect", [*LETTERS, "sound", "yours"])
def test_every_suspect_at_both_ends_of_the_rate(suspect, rate, made):
    widget = made[BrokenBackward]
    for part in widget._controls["part"].options:
        widget.set_state(suspect=suspect, part=part, rate=rate)
        assert_sound(widget)


@pytest.mark.parametrize("widget_class", ALL)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_picture_can_be_drawn_in_both_themes(widget_class, theme, made):
    assert static.to_png(made[widget_class].scene, theme=theme)[1:4] == b"PNG"


@pytest.mark.parametrize("widget_class", [NetworkXRay, BlameMicroscope])
def test_a_click_anywhere_on_any_map_is_answered(widget_class):
    widget = widget_class()
    rng = np.random.default_rng(0)
    for panel in widget.scene.panels:
        for heat in (m for m in panel.marks if isinstance(m, Heatmap) and m.emits):
            for _ in range(6):
                row, column = (int(rng.integers(0, size)) for size in heat.z.shape)
                event = {
                    "name": heat.emits,
                    "kind": "click",
                    "x": column,
                    "y": row,
                    "row": row,
                    "col": column,
                }
                widget.set_state(**(widget.event(event) or {}))
                assert not widget.message
                assert_sound(widget)


def test_every_cell_of_a_layer_is_its_unit_and_back():
    for output in layer_outputs(small_cnn(rng=0), (1, 8, 8)):
        units = list(np.ndindex(output.shape))
        assert [output.unit_at(*output.cell(unit)) for unit in units] == units
        picture = output.picture(np.arange(np.prod(output.shape), dtype=float).reshape(output.shape))
        assert [picture[output.cell(unit)] for unit in units] == list(range(len(units)))


def test_a_click_on_a_unit_chooses_it():
    widget = NetworkXRay(*SMALL)
    # Map 3 is the fourth of eight in the mosaic's only column, each with 4 rows and a gap; its cell (1, 2).
    event = {"name": "pooling 1", "kind": "click", "x": 0, "y": 0, "row": 3 * 5 + 1, "col": 2}
    widget.set_state(**widget.event(event))
    assert (widget.state["channel"], widget.state["row"], widget.state["column"]) == (3, 1, 2)
    assert widget.text.startswith("Pooling 1, map 3, row 1, column 2: the largest of 4 numbers is")
    assert widget.event({**event, "row": 4}) is None


@pytest.mark.parametrize("layer", ["convolution 1", "convolution 2", "ReLU 1", "pooling 2", "scores"])
def test_the_numbers_shown_add_up_to_the_unit(layer):
    widget = NetworkXRay(*SMALL, layer=layer, channel=2, row=1, column=1, image=7)
    shown = widget.text.split(".  ")[0]
    if layer not in ("ReLU 1", "pooling 2"):
        products, bias, total = map(
            float, re.findall(r"(?:up to|bias|makes) (-?\d+\.\d\d)", shown.replace("−", "-"))
        )
        assert abs(products + bias - total) < 0.011 and total == round(widget.facts["value"], 2)
    else:
        assert f"{widget.facts['value']:.2f}" in shown


def test_a_digit_can_be_drawn_with_the_mouse_and_with_keys():
    widget = NetworkXRay(*SMALL, source="your drawing")
    assert "The drawing is empty" in widget.text
    for row in range(8):
        event = {
            "name": "input",
            "kind": "drag" if row else "click",
            "x": 3.6,
            "y": row,
            "row": row,
            "col": 4,
        }
        widget.set_state(**widget.event(event))
    assert widget.facts["guess"] == 1 and widget.facts["label"] == -1 and widget.facts["ink"] > 8
    widget.set_state(**widget.press("clear"))
    assert widget.facts["ink"] == 0
    widget.set_state(layer="input", row=2, column=5)
    widget.set_state(**widget.press("ink"))
    assert widget.facts["ink"] == 1
    widget.set_state(**widget.press("ink"))
    assert widget.facts["ink"] == 0


def test_sizes_of_layers_that_do_not_fit_are_said():
    widget = SizeExplorer(size=8, kernel_size=5, layers=3)
    assert widget.facts["layers"] == 1 and "Layer 2 does not fit: a kernel of 5" in widget.text
    assert SizeExplorer(size=28, kernel_size=3, layers=6, padding=1).facts["output"] == 28
    assert SizeExplorer(layers=5, maps=8).facts["parameters"] == 80 + 4 * 584


def test_the_squared_error_stalls_where_cross_entropy_pulls():
    widget = LossExplorer(cat=-6, dog=6, bird=0, label="cat")
    assert widget.facts["push_cross_entropy"] > 0.99 and widget.facts["push_squared"] < 1e-4
    assert "hardly moves" in widget.text
    assert "neither of them pulls much" in LossExplorer(cat=12).text


def test_both_pulls_lead_from_the_dot_in_their_direction_and_are_as_long_as_they_are_strong():
    widget = LossExplorer(cat=1, dog=3, bird=-1, label="cat")
    scores = widget.scene.panels[0]
    thick = [mark for mark in scores.marks if isinstance(mark, Arrows) and mark.width > 5]
    up, *down = thick
    assert [mark.color for mark in thick] == ["pos", "neg", "neg"]
    assert (up.x[0], up.dx[0]) == pytest.approx((1 + RIM, LONG * widget.facts["push_cross_entropy"]))
    assert all(mark.dx[0] < 0 for mark in down)
    thin = [mark for mark in scores.marks if isinstance(mark, Arrows) and mark.width < 5]
    tip = thin[0].x[0] + thin[0].dx[0]
    assert tip == pytest.approx(1 + RIM + LONG * widget.facts["push_squared"])
    assert [mark.color for mark in thin] == ["pos", "neg", "pos"], "squared, the bird is pulled up"


def test_a_dot_that_was_touched_is_moved_by_the_arrow_keys():
    widget = LossExplorer()
    dots = [mark for mark in widget.scene.panels[0].marks if isinstance(mark, Handle)]
    assert [(dot.x, dot.sets) for dot in dots] == [(1, {"x": "cat"}), (3, {"x": "dog"}), (-1, {"x": "bird"})]
    assert [dot.emits for dot in dots] == ["cat", "dog", "bird"], "a drag finds its own dot again"
    assert widget.scene.arrows == ("cat",)
    widget.live.receive({"type": "event", "id": 1, "event": {"name": "dog", "kind": "drag", "x": 2, "y": 1}})
    assert widget.scene.arrows == ("dog",)
    assert set(widget.slots["handle"]) == {"cat", "dog", "bird"}, "by keyboard each has a slider"


@pytest.mark.parametrize("label", ["cat", "dog", "bird"])
@pytest.mark.parametrize("score", np.arange(-12.0, 12.5, 1.5))
def test_the_names_of_both_losses_stand_off_the_cursor_and_off_each_other(label, score):
    widget = LossExplorer(cat=-3, dog=4, bird=1, label=label)
    widget.set_state(**{label: score})
    panel = widget.scene.panels[2]
    across, up = SIZE[0] / (panel.x.high - panel.x.low), SIZE[1] / panel.y.high
    spans = []
    for note in (mark for mark in panel.marks if isinstance(mark, Note)):
        lines = 1 if len(note.text) * LETTER < note.width + 1 else 2
        left, right = (note.x * across, note.x * across + note.width)
        assert not left < score * across < right, (label, score, note.text)
        assert panel.x.low <= note.x and right <= panel.x.high * across and 0 < note.y <= panel.y.high
        spans.append((left, right, note.y * up - LINE * lines, note.y * up))
    (a, b, c, d), (e, f, g, h) = spans
    assert b <= e or f <= a or d <= g or h <= c


@pytest.mark.parametrize(
    ("state", "mean", "tolerance"),
    [
        ({}, 2.402, 0.01),
        ({"scale": 2}, 6.19, 0.05),
        ({"pixels": "0 to 255"}, 184, 3),
        ({"start": "zeros"}, 2.302585, 1e-6),
        ({"scale": 3}, 19.6, 0.5),
        ({"scale": 2.2}, 8, 0.5),
        ({"pixels": "0 to 16", "scale": 0.87}, 8, 0.5),
    ],
)
def test_the_first_losses_that_the_text_names(state, mean, tolerance):
    assert FirstLoss(**state).facts["mean"] == pytest.approx(mean, abs=tolerance)


def test_no_network_is_left_out_and_equal_losses_stand_on_their_line():
    for state in (
        {"start": "zeros"},
        {},
        {"scale": 3},
        {"pixels": "0 to 255"},
        {"start": "he", "scale": 0.05},
        {"scale": 10, "pixels": "0 to 255"},
    ):
        (bars,) = (m for m in FirstLoss(**state).scene.panels[0].marks if isinstance(m, Bars))
        assert bars.height.sum() == 200
        if state != {"start": "zeros"}:  # no column is on both sides of the line
            edges = (bars.x - NO_OPINION) / (bars.width / BRICK) - 0.5
            np.testing.assert_allclose(edges, np.round(edges), atol=1e-6)
    (bars,) = (m for m in FirstLoss(start="zeros").scene.panels[0].marks if isinstance(m, Bars))
    assert bars.x[bars.height > 0] == pytest.approx(NO_OPINION)


def test_every_step_of_every_graph_can_be_typed():
    widget = ChainRule()
    for graph in widget._controls["graph"].options:
        widget.set_state(graph=graph)
        last = widget.facts["steps"]
        widget.set_state(step=last)
        assert widget.state["step"] == last and widget.message == ""
        widget.set_state(step=last + 1)
        assert f"expected a whole number from 0 to {last}, received {last + 1}" in widget.message


def test_the_chain_rule_stepped_to_its_end_and_back():
    widget = ChainRule(step=0)
    assert "blue" not in widget.scene.panels[0].subtitle, "a colour that is not there yet"
    assert widget.advance(100) == 8 and "blue" in widget.scene.panels[0].subtitle
    assert ChainRule(step=4).text.endswith("½ · 1.5² = 1.125.")
    assert ChainRule(step=4, t=4).text.endswith("½ · (−2)² = 2.")
    assert widget.facts["dw"] == 3.0 and "w gets 1.5 × 2 = 3" in widget.text
    widget.set_state(graph="one weight used twice")
    assert widget.facts["step"] == 8
    widget.advance(2)
    assert "on top" in widget.text
    widget.rewind()
    assert widget.state["step"] == 0


def test_the_edges_of_a_graph_reach_their_nodes_and_minus_is_no_hyphen():
    widget = ChainRule(step=4, t=-0.5)
    (panel,) = widget.scene.panels
    ends = {
        (float(x), float(y))
        for m in panel.marks
        if isinstance(m, Line)
        for x, y in zip(m.x, m.y, strict=True)
    }
    places = GRAPHS["one weight"].places
    assert ends == set(map(tuple, places.values()))
    for step in range(9):
        widget.set_state(step=step)
        marks = [m for m in widget.scene.panels[0].marks if isinstance(m, Text)]
        assert "z − t" in [word for mark in marks for word in mark.text]
        assert " - " not in widget.text and "- t" not in widget.text
    widget.set_state(step=3)
    assert "r = z − t = 2 − (−0.5) = 2.5" in widget.text


def test_the_kink_is_named():
    widget = GradientCheckExplorer(function="ReLU", x=0.1, step=0.2)
    assert widget.facts["across"] == 1 and "different sides of the kink" in widget.text
    assert "rounding" in GradientCheckExplorer(step=1e-13).text


@pytest.mark.parametrize(
    ("x", "sides", "kink"),
    [
        (0.1, "both sides", ""),
        (-0.1, "both sides", ""),
        (0.1, "one side", ""),
        (-0.05, "one side", "different"),
        (0.05, "both sides", "different"),
        (0, "both sides", "no slope"),
        (0, "one side", "no slope"),
    ],
)
def test_points_that_only_touch_the_kink_are_on_one_side_of_it(x, sides, kink):
    widget = GradientCheckExplorer(function="ReLU", x=x, step=0.1, sides=sides)
    assert ("kink" in widget.text) == bool(kink) and kink in widget.text
    assert bool(kink) == (widget.facts["error64"] > 0.1)


def test_a_closed_relu_lets_no_blame_through():
    widget = BlameMicroscope(*SMALL, layer="ReLU 1")
    for place in np.ndindex(8, 8, 8):
        widget.set_state(channel=place[0], row=place[1], column=place[2])
        if widget.facts["value"] == 0:
            break
    assert widget.facts["pixels"] == 0 and "A closed ReLU stops all of it" in widget.text


def test_a_weight_has_its_sum():
    widget = BlameMicroscope(
        *SMALL, what="a weight", layer="convolution 1", channel=2, row=1, column=0, image=3
    )
    assert "kernel 2, input map 0, row 1, column 0" in widget.text
    assert f"its gradient, {signed_sum(widget.facts['gradient'])}.".replace("-", "−") in widget.text


@pytest.mark.parametrize(("layer", "kernels"), [("ReLU 1", "Convolution 1"), ("pooling 2", "Convolution 2")])
def test_the_microscope_shows_the_weights_of_the_layer_that_it_names(layer, kernels):
    widget = BlameMicroscope(*SMALL, layer=layer)
    widget.set_state(what="a weight")
    assert widget.state["layer"] == kernels.lower() and widget.text.startswith(kernels)
    for other in ("scores", "ReLU 1", "input"):
        if other not in widget._controls["layer"].options:
            continue
        widget.set_state(layer=other)
        assert f"received {other}" in widget.message and widget.state["layer"] == kernels.lower()
    assert widget.options(widget.state) == {"layer": ("convolution 1", "convolution 2")}


def test_one_update_lowers_the_loss_as_predicted_and_too_long_a_step_raises_it():
    small = OneUpdate(rate=1e-4, step=18).facts
    assert small["fell"] == pytest.approx(small["predicted"], rel=0.05)
    large = OneUpdate(rate=10, step=18)
    assert large.facts["fell"] > 0 and "100 other images rose" in large.text
    texts = [OneUpdate(step=step).text for step in range(19)]
    assert len(set(texts)) == 19 and "forwards: convolution 1" in texts[1] and "loss:" in texts[8]


def test_all_five_faults_can_be_found():
    widget = BrokenBackward(**LETTERS)
    assert widget.facts["found"] == 5
    for letter in LETTERS:
        widget.set_state(suspect=letter)
        assert widget.facts["failing"] == (2 if "batch" in LETTERS[letter] else 1)


def test_a_function_of_ones_own_is_shown_where_it_is_wrong():
    mine = planted_faults.own(relu_backward=lambda dy, x: dy * (x < 0))
    widget = BrokenBackward(yours=mine, suspect="yours", part="ReLU: input")
    assert widget.text.startswith("Yours: the check fails at ReLU: input.")
    assert "no functions of yours" in BrokenBackward(suspect="yours").text


def test_a_four_drawn_by_hand_is_recognised():
    widget = NetworkXRay(*SMALL, source="your drawing", layer="input")
    for stroke in ([(3, 0), (1, 4), (6, 4)], [(4.5, 2), (4.5, 7)]):
        for i, (x, y) in enumerate(stroke):
            event = {"name": "input", "kind": "drag" if i else "click", "x": x, "y": y}
            widget.set_state(**widget.event({**event, "row": round(y), "col": round(x)}))
    assert widget.facts["guess"] == 4 and widget.facts["confidence"] > 0.9


@pytest.mark.parametrize(("source", "title"), [("your drawing", "draw here"), ("test image", "input, large")])
def test_the_input_stands_large_below_to_draw_on(source, title):
    widget = NetworkXRay(*SMALL, source=source, layer="input", row=2, column=5)
    sheets = [panel for panel in widget.compute(widget.state).panels if panel.title == title]
    (heat,) = (mark for mark in sheets[0].marks if getattr(mark, "emits", "") == "input")
    assert np.shape(heat.z) == (8, 8)
    assert "It sees" not in widget.text, "a pixel sees nothing but itself"


@pytest.mark.parametrize("layer", ["convolution 2", "scores"])
@pytest.mark.parametrize("image", range(5))
def test_the_rows_of_the_sum_add_up_as_they_are_printed(layer, image):
    widget = NetworkXRay(*SMALL, layer=layer, channel=3, image=image, row=1, column=2)
    (panel,) = (panel for panel in widget.scene.panels if panel.name == "sum")
    words = [word.replace("−", "-") for mark in panel.marks if isinstance(mark, Text) for word in mark.text]
    parts = [float(word) for word in words[: words.index("sum")] if re.fullmatch(r"[+-]\d+\.\d\d", word)]
    total = float(words[words.index("sum") + 1])
    assert len(parts) >= 9 and sum(parts) == pytest.approx(total, abs=1e-9)


def test_a_click_on_a_row_of_the_sum_shows_its_map():
    widget = NetworkXRay(*SMALL, layer="convolution 2")
    click = {"name": "part", "kind": "click", "x": 0.5, "y": 4, "row": 4, "col": 0}
    assert widget.event(click) == {"input_map": 4}
    assert widget.event({**click, "row": 8}) is None, "the bias has no map"


def test_maps_of_all_layers_are_of_one_size_and_do_not_overlap():
    picture = NetworkPicture(NetworkXRay(*SMALL).model, *columns_of(NetworkXRay(*SMALL)))
    inner = [column for column in picture.columns if column.output.place]
    assert len({column.pitch for column in inner}) == 1
    page = 626  # pixels of its panel on a page of 800; maps shrink with it
    for left, right in zip(picture.columns, picture.columns[1:], strict=False):
        assert (right.x - left.x) * page >= (left.wide + right.wide) / 2 * page / picture.room.least + 4


def columns_of(widget):
    outputs = [output for output in widget.outputs.values() if output.name != "scores"]
    return outputs, activations(widget.model, widget.specimen.images[:1])


def test_the_challenges_of_the_text_can_be_met():
    sizes = SizeExplorer(kernel_size=3, stride=2, layers=3, unit=1).facts
    assert sizes["pixels"] >= 15 and sizes["parameters"] < 1300
    confident = NetworkXRay(*SMALL, image=143).facts
    assert confident["confidence"] > 0.7 and not confident["right"]


@pytest.mark.parametrize("layers", [1, 3, 6])
def test_each_layer_says_how_its_weights_are_counted(layers):
    scene = SizeExplorer(layers=layers).scene
    texts = [mark for mark in scene.panels[1].marks if isinstance(mark, Text)]
    said = [mark.text[0] for mark in texts if mark.align == "left"]
    expected = ["weights", "and biases", "80", "= 8·1·3·3 + 8", *(layers - 1) * ("584", "= 8·8·3·3 + 8")]
    assert said == expected
    assert "sees 1×1 pixels." in SizeExplorer(kernel_size=1, layers=layers, stride=1, padding=0).text


def test_pixels_outside_the_image_are_told_only_where_there_are_some():
    assert "inside" not in SizeExplorer(unit=10).text
    assert "sees 5×5 pixels, 3 of its 5 columns inside the image." in SizeExplorer(padding=1, unit=0).text


def test_the_rows_are_the_dotted_row_of_the_image_and_the_cells_that_feed_the_chosen_unit():
    widget = SizeExplorer(kernel_size=3, layers=2, unit=4)
    image, cone, _ = widget.scene.panels
    (dotted,) = (mark for mark in image.marks if isinstance(mark, Line) and mark.dash == "dotted")
    pixels, clicked = (mark for mark in cone.marks if isinstance(mark, Heatmap))
    (whole,) = (mark for mark in image.marks if isinstance(mark, Heatmap))
    np.testing.assert_array_equal(pixels.z[0], whole.z[int(dotted.y[0])])
    lit = [mark.x for mark in cone.marks if isinstance(mark, Bars) and mark.color == "you"]
    assert [len(x) for x in lit] == [3, 1] and lit[1] + 11.5 == 4 and (lit[0] + 12.5).tolist() == [4, 5, 6]
    assert clicked.z.shape == (1, 24) and clicked.extent[:2] == (-12, 12)
    assert widget.event({"kind": "click", "name": "unit", "row": 0, "col": 20}) == {"unit": 20}
    assert widget.event({"kind": "hover", "name": "unit", "row": 0, "col": 20}) is None


@pytest.mark.parametrize("size", [4, 28, 64])
def test_the_square_in_the_image_is_what_the_unit_sees(size):
    widget = SizeExplorer(size=size, kernel_size=3, layers=2, padding=1, unit=0)
    image = widget.scene.panels[0]
    heat = next(mark for mark in image.marks if isinstance(mark, Heatmap))
    assert heat.z.shape == (size, size) and heat.z.max() > 0.5
    square = next(mark for mark in image.marks if isinstance(mark, Region))
    assert (square.x0, square.x1) == (-0.5, widget.facts["pixels"] - 0.5)
    assert square.y1 - square.y0 == min(5, size)


def test_a_unit_that_sees_only_padding_says_so_and_its_wedge_keeps_to_the_rows():
    widget = SizeExplorer(size=4, kernel_size=1, stride=4, padding=4, layers=6)
    assert "but this one sees only padding." in widget.text and "of its 1 columns" not in widget.text
    image = widget.scene.panels[0]
    assert image.subtitle == "the unit sees only padding"
    for unit in range(3):
        widget.set_state(unit=unit)
        for cone in widget.scene.panels[1:]:
            bands = [mark for mark in cone.marks if isinstance(mark, Band)]
            assert bands and all(np.abs(band.x).max() <= 2 for band in bands), "over the words at the right"
    assert SizeExplorer().scene.panels[0].subtitle == "framed: what the unit sees"


def test_one_pixel_that_is_left_is_one_pixel():
    text = SizeExplorer(size=4, kernel_size=4, layers=6).text
    assert "the 1 pixel that is left with the padding." in text


@pytest.mark.parametrize("state", [{}, {"size": 4}, {"size": 64, "kernel_size": 9, "maps": 64}])
def test_on_a_narrow_page_the_words_beside_a_row_have_room(state):
    scene = SizeExplorer(**state).scene
    assert scene.narrow.only == ("narrow cone",)
    (cone,) = (panel for panel in scene.panels if panel.name == "narrow cone")
    for mark in cone.marks:
        if isinstance(mark, Text):  # a letter is at most 6.2 pixels wide at 11, the panel is of 360
            room = cone.x.high - mark.x[0] if mark.align == "left" else mark.x[0] - cone.x.low
            assert room / (cone.x.high - cone.x.low) * 360 > abs(mark.shift[0]) + 5.4 * len(mark.text[0])


def test_the_slices_of_a_kernel_add_up_to_its_map():
    widget = KernelSlices()
    for kernel, row, column in np.ndindex(2, 3, 3):
        widget.set_state(kernel=f"kernel {kernel}", row=row, column=column)
        assert_sound(widget)
        window = IMAGE[:, row : row + 2, column : column + 2]
        by_hand = [int((window[c] * KERNELS[kernel, c]).sum()) for c in (0, 1)]
        assert [widget.facts["channel_0"], widget.facts["channel_1"]] == by_hand
        assert widget.facts["value"] == sum(by_hand) + widget.facts["bias"]
        assert f"together {widget.facts['value']},".replace("-", "−") in widget.text
    assert widget.event({"kind": "hover", "name": "map 0", "row": 0, "col": 0}) is None
    assert widget.event({"kind": "click", "name": "map 1", "row": 2, "col": 0}) == {
        "kernel": "kernel 1",
        "row": 2,
        "column": 0,
    }
    corner = {"kind": "drag", "name": "channel 0", "row": 3, "col": 1}
    assert widget.event(corner) == {"row": 2, "column": 1}  # the window stays on the image


def test_equal_numbers_have_equal_colours_in_all_slices():
    heats = [m for panel in KernelSlices().scene.panels for m in panel.marks if isinstance(m, Heatmap)]
    assert {heat.vmax for heat in heats} == {14} == {max(heat.z.max() for heat in heats)}


def test_play_takes_the_window_over_both_maps_and_the_picture_says_the_sum():
    widget, seen = KernelSlices(), []
    assert widget.advance(4) == 4 and widget.state["row"] == 1 and widget.state["column"] == 1
    assert widget.scene.figures[0].unit == "= 6 − 1 + 1" and widget.facts["value"] == 6
    while widget.advance(1):
        seen.append(widget.facts["value"])
    assert seen[-9:] == [-3, 5, -2, -11, -3, 4, 0, -7, -5]
    widget.rewind()
    assert widget.state == {"kernel": "kernel 0", "row": 0, "column": 0}


@pytest.mark.parametrize("layer", ["convolution 1", "convolution 2", "scores"])
def test_the_sentence_has_the_bias_and_the_sum_of_the_picture(layer, made):
    widget = made[NetworkXRay]
    widget.set_state(layer=layer, image=0, channel=0, row=3, column=3)
    text = widget.text.replace("−", "-")
    said = re.search(r"add up to (-?[\d.]+), plus the bias (-?[\d.]+) makes (-?[\d.]+)\.", text)
    marks = [mark for panel in widget.scene.panels if panel.name == "sum" for mark in panel.marks]
    words = [word for mark in marks if isinstance(mark, Text) for word in mark.text]
    _, bias, total = map(float, said.groups())
    assert f"{bias:+.2f}".replace("-", "−") in words and f"{total:.2f}".replace("-", "−") in words


def test_blame_from_the_loss_is_the_gradient_of_the_whole_network():
    widget = BlameMicroscope(*SMALL, what="the loss", image=143)
    x, y = widget.specimen.images[[143]], widget.specimen.labels[[143]]
    seen = full_pass(widget.model, CrossEntropyLoss(), x, y)
    assert widget.facts["loss"] == pytest.approx(seen.loss)
    assert widget.facts["weights"] == sum(
        np.count_nonzero(g) for w in seen.weight_gradients for g in w.values()
    )
    assert "would rise 1.11 times as much" in widget.text
    words = [word for mark in widget.scene.panels[0].marks if isinstance(mark, Text) for word in mark.text]
    assert "−ln 0.244" in words and "p − label →" in words and "not yet" not in words


@pytest.mark.parametrize(("what", "columns"), [("the loss", 8), ("a unit", 6)])
def test_run_backward_brings_one_column_a_step_from_the_right_and_begins_anew_at_its_end(what, columns):
    widget = BlameMicroscope(*SMALL, what=what)

    def waiting():
        marks = (mark for mark in widget.scene.panels[0].marks if isinstance(mark, Text))
        return sum(word == "not yet" for mark in marks for word in mark.text)

    assert waiting() == 0
    seen = []
    while widget.advance(1):
        seen.append(waiting())
    assert seen == [*range(columns, -1, -1)]
    assert widget.advance(1) == 1 and waiting() == columns
    widget.set_state(image=5)
    assert waiting() == 0


def test_headings_do_not_run_together_where_the_picture_is_narrow():
    panel = next(panel for panel in NetworkXRay().scene.panels if panel.name == "network")
    heads = [mark for mark in panel.marks if isinstance(mark, Text) and mark.bold]
    found = sorted((float(x), words) for mark in heads for x, words in zip(mark.x, mark.text, strict=True))
    assert [words for _, words in found] == ["input", "conv 1", "ReLU", "pool", "conv 2", "ReLU", "pool"]
    for (left, one), (right, two) in itertools.pairwise(found):
        needed = 8 * (len(one) + len(two)) / 2  # pixels: a bold letter has some eight
        assert (right - left) * 590.0 > needed, (one, two)


def test_tiny_gradients_are_told_in_words_that_fit():
    """An image of which the network is sure has a loss of a few millionths."""
    widget = BlameMicroscope(what="the loss", image=0)
    assert widget.facts["loss"] < 1e-5 and " 0.0000 times" not in widget.text
    marks = [mark for panel in widget.scene.panels for mark in panel.marks]
    over = [mark for mark in marks if isinstance(mark, Text) and mark.color in ("pos-text", "neg-text")]
    narrow = "\u00a0⁻⁰¹²³⁴⁵⁶⁷⁸⁹"  # half as wide as a letter
    words = [word for mark in over for word in mark.text if not word.startswith("frame ")]
    assert words and max(sum(0.5 if sign in narrow else 1 for sign in word) for word in words) <= 8
    assert "+0.0000" not in [word for mark in marks if isinstance(mark, Text) for word in mark.text]


def test_the_weights_that_go_up_go_down_and_stay_add_up():
    update = OneUpdate(step=17)
    found = re.search(r"Of ([\d,]+) weights ([\d,]+) go up, ([\d,]+) down, .*; ([\d,]+) stay", update.text)
    every, up, down, still = (int(number.replace(",", "")) for number in found.groups())
    assert every == up + down + still == mnist_cnn(rng=0).num_parameters and min(up, down, still) > 0


@pytest.mark.parametrize("what", ["a unit", "the loss"])
def test_the_way_of_blame_is_one_way(what):
    """Each framed number is one that the next one was made of, and lines lead from one to the other."""
    scene = BlameMicroscope(what=what).scene
    maps = [m for m in scene.panels[0].marks if isinstance(m, Maps) and m.emits.startswith("one:")]
    back = {mark.emits[4:]: mark.boxes for mark in maps}
    for name in ("input", "pooling 1"):
        (_, *cell), (_, *window) = back[name]
        assert window[0] <= cell[0] <= window[1] and window[2] <= cell[2] <= window[3]
    for number in (1, 2):
        np.testing.assert_array_equal(back[f"ReLU {number}"], back[f"convolution {number}"])
        (_, row, _, column, _), (_, high, _, wide, _) = (
            back[f"pooling {number}"][0],
            back[f"ReLU {number}"][0],
        )
        assert (high // 2, wide // 2) == (row, column)
    (lines,) = (m for m in scene.panels[0].marks if isinstance(m, Links) and m.color == "you")
    elsewhere = 5 if what == "a unit" else 6
    assert len(lines.x0) == 3 + 3 + elsewhere, "two into the image, and round the end of both rows"


def test_the_line_of_no_opinion_is_always_seen_and_a_ruler_says_how_far_off_they_begin():
    for state in (
        {},
        {"start": "zeros"},
        {"scale": 3},
        {"pixels": "0 to 255"},
        {"start": "he", "scale": 0.05},
    ):
        widget = FirstLoss(**state)
        close, ruler = widget.scene.panels
        least, most = widget.facts["least"], widget.facts["most"]
        assert close.x.low < min(least, NO_OPINION) and max(most, NO_OPINION) < close.x.high
        assert close.at[0] < ruler.at[0] and ruler.x.low == 0 and most < ruler.x.high
        luck, worse = (mark for mark in close.marks if isinstance(mark, Region))
        assert luck.x1 == worse.x0 == NO_OPINION
        (frame,) = (mark for mark in ruler.marks if isinstance(mark, Region))
        assert (frame.x0, frame.x1) == pytest.approx((close.x.low, min(close.x.high, ruler.x.high)))
        _, reach = (mark for mark in ruler.marks if isinstance(mark, Bars))
        assert reach.base == least and reach.base + reach.height[0] >= most - 1e-9
        assert any(isinstance(m, Line) and (m.x == NO_OPINION).all() for m in ruler.marks)


def test_large_losses_are_written_alike_in_the_sentence_and_at_the_ticks():
    widget = FirstLoss(start="he", scale=10, pixels="0 to 255")
    assert "to 1,050,000;" in widget.text
    close, ruler = widget.scene.panels
    assert ruler.x.names[-1] == f"{ruler.x.ticks[-1]:,.0f}" and close.x.names[1].endswith(",000")
    assert all(panel.x.names is None for panel in FirstLoss().scene.panels)


def test_single_networks_are_bricks_where_they_can_be_seen():
    close = FirstLoss().scene.panels[0]
    (bars,) = (mark for mark in close.marks if isinstance(mark, Bars))
    joints = next(mark for mark in close.marks if isinstance(mark, Line))
    between = np.isfinite(joints.x).sum() // 2
    assert between == 200 - (bars.height > 0).sum() and close.subtitle == "each brick a network"
    assert FirstLoss(start="zeros").scene.panels[0].subtitle == "higher: more networks"


def test_the_lines_between_the_bars_of_a_sum_end_at_bars_and_its_zero_stands_on_top():
    for state in ({}, {"kernel": "kernel 1", "row": 1}):
        (panel,) = (panel for panel in KernelSlices(**state).scene.panels if panel.name == "sum")
        (thin,) = (m for m in panel.marks if isinstance(m, Line) and m.color == "ink")
        ends = thin.y[np.isfinite(thin.y)]
        assert np.abs(ends - np.round(ends)).max() < 0.4 and not np.isin(ends, (0.0, 1.0, 2.0)).any()
        (zero,) = (m for m in panel.marks if isinstance(m, Text) and m.text == ("0",))
        assert zero.y[0] == panel.marks[0].y[0] == -0.5


def test_what_lies_between_the_true_and_the_measured_slope_is_filled():
    widget = GradientCheckExplorer(function="cubic", x=0.7, step=0.3)
    (fill,) = (mark for mark in widget.scene.panels[0].marks if isinstance(mark, Band))
    slopes = widget.facts["true"], widget.facts["measured"]
    i = int(np.argmin(np.abs(fill.x - 1.5)))
    at = fill.x[i] - 0.7
    apart = (fill.high - fill.low)[i]
    secant = 0.4**3 + slopes[1] * (fill.x[i] - 0.4)
    tangent = 0.7**3 + slopes[0] * at
    assert apart == pytest.approx(abs(secant - tangent)) and apart > 0.01
