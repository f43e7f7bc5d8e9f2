"""What the convolution microscope shows, and how large."""

from itertools import pairwise

import numpy as np
import pytest

from cnnlib.viz import Arrows, Heatmap, Lens, Region
from cnnlib.viz.marks import Text
from cnnlib.widgets import ConvolutionMicroscope
from cnnlib.widgets.forward_pass.convolution import KERNELS
from cnnlib.widgets.forward_pass.shown_numbers import in_places


def panel(widget, name):
    return next(panel for panel in widget.scene.panels if panel.name == name)


def words(part):
    return [word for mark in part.marks if isinstance(mark, Text) for word in mark.text]


@pytest.mark.parametrize("stride", [1, 2, 4])
@pytest.mark.parametrize("padding", [0, 1, 3])
@pytest.mark.parametrize("image", ["photograph", "digit", "one dot"])
def test_a_cell_of_the_output_is_as_large_as_the_step_that_leads_to_it(image, padding, stride):
    """One size at stride 1; small outputs are enlarged, and it is said how much."""
    widget = ConvolutionMicroscope(image=image, stride=stride, padding=padding)
    before, after = panel(widget, "image"), panel(widget, "map")
    for axis in "xy":
        first, second = getattr(before, axis), getattr(after, axis)
        assert first.high - first.low == pytest.approx(stride * (second.high - second.low))
    (mount,) = (m for m in after.marks if isinstance(m, Region) and m.color == "muted" and m.filled)
    rows, columns = (size + 2 * padding for size in widget.images[image].shape)
    assert stride * (mount.x1 - mount.x0) == pytest.approx(columns), "its ground is as large as the image"
    assert stride * (mount.y1 - mount.y0) == pytest.approx(rows)
    middle = widget.state["col"] * stride + 1  # of the window, in pixels of the image
    assert stride * (widget.state["col"] - mount.x0) - 0.5 == pytest.approx(middle, abs=0.51)
    tracks, gap = len(widget.scene.columns), 10.0
    wide = [1018 * at[3] / tracks - gap / 2 * (1 + (at[1] > 0)) for at in (before.at, after.at)]
    assert wide[0] == pytest.approx(wide[1], abs=0.5) and before.equal and after.equal
    said = [word for word in words(panel(widget, "words")) if word.startswith("each cell drawn")]
    assert said == ([] if stride == 1 else [f"each cell drawn {stride} times as large"])


def test_a_place_is_kept_for_the_photograph_whatever_the_stride():
    widget = ConvolutionMicroscope(stride=4)
    assert (widget.state["row"], widget.state["col"], widget.message) == (9, 17, "")


def test_one_number_is_said_one_way():
    widget = ConvolutionMicroscope(image="digit", stride=2, padding=1, row=1, col=2)
    assert widget.facts["sum"] == 1.625
    assert "add up to 1.63." in widget.text and panel(widget, "answer").marks[0].z == 1.63
    assert [in_places(value) for value in (-1.625, -0.004, 2)] == ["-1.63", "0.00", "2.00"]


def test_wedges_lead_from_the_window_and_the_cell_to_what_they_enlarge():
    widget = ConvolutionMicroscope(image="digit", stride=2, padding=1, row=1, col=2)
    found = {
        (part.name, mark.to): (tuple(mark.x), tuple(mark.y), tuple(mark.far_x))
        for part in widget.scene.panels
        for mark in part.marks
        if isinstance(mark, Lens)
    }
    assert found == {
        ("image", "window"): ((3.5, 6.5), (4.5, 4.5), (-0.5, 2.5)),
        ("map", "answer"): ((1.5, 2.5), (1.5, 1.5), (-0.5, 2.5)),
    }


def test_only_the_numbers_under_the_window_are_printed_in_the_pictures():
    widget = ConvolutionMicroscope(image="digit", padding=1, row=2, col=1)
    for name, first in (("image", (2, 1)), ("map", (2, 1))):
        printed = [m for m in panel(widget, name).marks if isinstance(m, Heatmap) and m.numbers]
        (numbers,) = printed
        assert numbers.z.shape == {"image": (3, 3), "map": (1, 1)}[name]
        assert numbers.extent[0::2] == (first[1] - 0.5, first[0] - 0.5)
    np.testing.assert_array_equal(numbers.z, widget.facts["sum"])
    for image in ("photograph", "stripes", "one dot"):
        widget = ConvolutionMicroscope(image=image)
        assert not [
            m for name in ("image", "map") for m in panel(widget, name).marks if getattr(m, "numbers", "")
        ]


def test_padding_is_tinted():
    part = panel(ConvolutionMicroscope(image="digit", padding=1), "image")
    assert sum(isinstance(mark, Region) and mark.filled for mark in part.marks) == 4
    assert not [m for m in panel(ConvolutionMicroscope(image="digit"), "image").marks if isinstance(m, Text)]


def test_the_output_is_outlined_where_it_ends_and_nothing_else_is():
    widget = ConvolutionMicroscope(image="digit", stride=2)
    muted = [
        m for m in panel(widget, "map").marks if isinstance(m, Region) and m.color == "muted" and not m.filled
    ]
    assert [(m.x0, m.x1, m.y0, m.y1) for m in muted] == [(-0.5, 2.5, -0.5, 2.5)]
    assert not [m for m in panel(widget, "map").marks if getattr(m, "dash", "solid") != "solid"]


def test_the_cells_of_the_sum_are_of_one_size_and_so_are_their_numbers():
    widget = ConvolutionMicroscope()
    parts = [panel(widget, name) for name in ("window", "kernel", "products")]
    assert len({(part.y.low, part.y.high, part.at[2]) for part in parts}) == 1
    cells = [part.at[3] / (part.x.high - part.x.low) for part in parts]  # the higher picture is the limit
    assert max(cells) < 1.05 * min(cells)
    assert len({part.marks[0].type_size for part in parts}) == 1


def pixels(widget, name, x):
    """Where a place of a panel of the sum lies across the page, at a width of 1018 pixels."""
    part, tracks = panel(widget, name), len(widget.scene.columns)
    cell = (widget.scene.height - float(widget.scene.rows[0][:-2]) - 11) / (part.y.low - part.y.high)
    assert cell * (part.x.high - part.x.low) <= 1018 * part.at[3] / tracks - 10, "the height is the limit"
    return 1018 * part.at[1] / tracks + 5 * (part.at[1] > 0) + 1 + cell * (x - part.x.low)


def test_each_sign_stands_in_the_middle_between_what_it_joins():
    widget = ConvolutionMicroscope()
    for before, after in pairwise(("window", "kernel", "products", "answer")):
        (at,) = (
            mark.x[0] if isinstance(mark, Text) else mark.x[0] + mark.dx[0] / 2
            for mark in panel(widget, before).marks
            if isinstance(mark, Arrows) or (isinstance(mark, Text) and mark.text[0] in "×=")
        )
        middle = (pixels(widget, before, 2.5) + pixels(widget, after, -0.5)) / 2
        assert pixels(widget, before, at) == pytest.approx(middle, abs=2.5), before
    at = widget.scene.narrow.at
    assert at["products"][0] == at["answer"][0] > at["kernel"][0] == at["window"][0]
    assert at["products"][1] == at["window"][1], "one beneath the other"


def test_pictures_stand_close_together_and_the_sum_begins_beneath_the_output():
    widget = ConvolutionMicroscope()
    image, output, answer = (panel(widget, name).at for name in ("image", "map", "answer"))
    assert output[1] == answer[1] and panel(widget, "window").at[1] == image[1]
    for before, after in ((image, output), (output, panel(widget, "upright").at)):
        assert 0 < 1018 * (after[1] - before[1] - before[3]) / len(widget.scene.columns) < 25


@pytest.mark.parametrize("kernel", ["Sobel x", "blur", "sharpen", "random"])
def test_the_scale_reaches_to_every_number_of_the_output(kernel):
    widget = ConvolutionMicroscope(kernel_name=kernel)
    (bar,) = (mark for mark in panel(widget, "scale").marks if isinstance(mark, Heatmap))
    output = panel(widget, "map").marks[1]
    assert bar.z.min() <= output.z.min() and bar.z.max() >= output.z.max()
    assert (bar.cmap, bar.vmin, bar.vmax) == (output.cmap, output.vmin, output.vmax)


def test_the_scale_lies_beside_the_output_and_on_a_narrow_page_beneath_it():
    widget = ConvolutionMicroscope()
    upright, output = panel(widget, "upright"), panel(widget, "map").at
    assert upright.at[0] == output[0] and upright.at[1] > output[1]
    narrow = widget.scene.narrow
    assert narrow.only == ("scale",) and "upright" not in narrow.at
    assert narrow.at["scale"][0] == narrow.at["map"][0] + 1
    (beneath,) = (mark for mark in panel(widget, "scale").marks if isinstance(mark, Heatmap))
    (beside,) = (mark for mark in upright.marks if isinstance(mark, Heatmap))
    np.testing.assert_array_equal(beside.z[:, 0], beneath.z[0])
    (now,) = (m.y[0] for m in upright.marks if isinstance(m, Text) and m.text == ("▶",))
    y0, y1 = beside.extent[2:]
    assert (now - y0) / (y1 - y0) == pytest.approx((0.95 + 1.8) / 3.6, abs=0.01)


def test_the_scale_has_words_at_its_ends_and_a_pointer_at_the_number():
    for kernel, ends in (("Sobel x", ("−1.8", "0", "+1.8")), ("blur", ("0.0", "1.0"))):
        part = panel(ConvolutionMicroscope(kernel_name=kernel), "scale")
        assert tuple(words(part)[:-1]) == ends
    low, high, now = (
        next(
            float(x)
            for mark in panel(widget, "scale").marks
            if isinstance(mark, Text)
            for word, x in zip(mark.text, mark.x, strict=True)
            if word == wanted
        )
        for widget in [ConvolutionMicroscope(image="digit", kernel_name="identity", row=0, col=2)]
        for wanted in ("0.0", "1.0", "▼")
    )
    assert (now - low) / (high - low) == pytest.approx(0.9375)


def test_a_touched_pixel_of_a_padded_image_becomes_the_windows_middle():
    widget = ConvolutionMicroscope(image="digit", padding=2)
    widget.set_state(**widget.event({"name": "image", "kind": "click", "x": 5.2, "y": 3.8}))
    assert (widget.state["row"], widget.state["col"]) == (3, 4)
    widget.set_state(stride=2)
    widget.set_state(**widget.event({"name": "image", "kind": "click", "x": 5.2, "y": 3.8}))
    assert (widget.state["row"], widget.state["col"]) == (1, 2)


def test_a_flipped_kernel_is_turned_by_half_a_circle():
    numbers = np.arange(9.0).reshape(3, 3)
    widget = ConvolutionMicroscope(image="digit", kernel=numbers.tolist(), flip=True, row=2, col=2)
    np.testing.assert_array_equal(panel(widget, "kernel").marks[0].z, numbers[::-1, ::-1])
    products = numbers[::-1, ::-1] * widget.images["digit"][2:5, 2:5]
    assert widget.facts["sum"] == pytest.approx(products.sum())


def test_the_settings_that_are_the_topic_stand_in_the_bar_and_the_size_is_reckoned():
    widget = ConvolutionMicroscope(image="digit", stride=2, padding=1)
    assert {"stride", "padding", "kernel_name"} == set(widget.slots["bar"])
    assert "a side: (8 + 2·1 − 3) ÷ 2 + 1 = 4" in words(panel(widget, "words"))


def test_it_is_said_where_a_size_is_rounded_down():
    said = {
        stride: any("rounded down" in word for word in words(panel(widget, "words")))
        for stride in (1, 2, 3, 4)
        for widget in [ConvolutionMicroscope(image="digit", stride=stride)]
    }
    assert said == {1: False, 2: True, 3: True, 4: True}  # 8 - 3 = 5 pixels to go


def test_colours_are_said_and_turn_with_the_kernel():
    widget = ConvolutionMicroscope()
    assert panel(widget, "map").subtitle.startswith("blue: brighter to the right")
    widget.set_state(flip=True)
    assert "right" not in panel(widget, "map").subtitle
    widget.set_state(flip=False, kernel_name="sharpen")
    assert panel(widget, "map").marks[1].cmap == "gray"


@pytest.mark.parametrize("kernel", [*KERNELS, "my own"])
def test_it_is_said_what_every_kernel_does_and_the_size_once_it_is_chosen(kernel):
    widget = ConvolutionMicroscope(kernel_name=kernel)
    said = words(panel(widget, "words"))
    assert said[0].startswith(f"{kernel}: ") and not any("÷" in line for line in said)
    widget.set_state(padding=1)
    assert any("÷" in line for line in words(panel(widget, "words")))


def test_the_sum_is_said_once_in_the_picture():
    widget = ConvolutionMicroscope()
    said = [word for part in widget.scene.panels for word in words(part)]
    assert not [word for word in said if "0.95" in word or word == "add"] and "0.95" in widget.text
    assert panel(widget, "answer").marks[0].z == 0.95
