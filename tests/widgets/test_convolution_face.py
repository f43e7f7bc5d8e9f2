"""What the convolution microscope shows, and how large."""

import numpy as np
import pytest

from cnnlib.viz import Heatmap, Lens, Region
from cnnlib.viz.marks import Text
from cnnlib.widgets import ConvolutionMicroscope
from cnnlib.widgets.forward_pass.convolution_sum import two_places


def panel(widget, name):
    return next(panel for panel in widget.scene.panels if panel.name == name)


def words(part):
    return [word for mark in part.marks if isinstance(mark, Text) for word in mark.text]


@pytest.mark.parametrize("stride", [1, 2, 4])
@pytest.mark.parametrize("padding", [0, 1, 3])
@pytest.mark.parametrize("image", ["photograph", "digit", "one dot"])
def test_input_and_output_are_drawn_in_cells_of_one_size(image, padding, stride):
    widget = ConvolutionMicroscope(image=image, stride=stride, padding=padding)
    before, after = panel(widget, "image"), panel(widget, "map")
    for axis in "xy":
        first, second = getattr(before, axis), getattr(after, axis)
        assert (first.low, first.high) == (second.low, second.high)
    assert before.at[2:] == after.at[2:] and before.equal and after.equal


def test_one_number_is_said_one_way():
    widget = ConvolutionMicroscope(image="digit", stride=2, padding=1, row=1, col=2)
    assert widget.facts["sum"] == 1.625
    assert "add up to 1.63." in widget.text and words(panel(widget, "answer"))[0] == "1.63"
    assert [two_places(value) for value in (-1.625, -0.004, 2)] == ["−1.63", "0.00", "2.00"]


def test_wedges_lie_outside_the_pictures():
    for image in ("photograph", "digit"):
        widget = ConvolutionMicroscope(image=image, stride=2, padding=1, row=1, col=2)
        for part in widget.scene.panels:
            for lens in (mark for mark in part.marks if isinstance(mark, Lens)):
                low = lens.x[0] == lens.x[1] == part.x.high
                assert low or lens.y[0] == lens.y[1] == part.y.low


def test_zeros_of_a_readable_image_carry_no_number_and_padding_is_tinted():
    widget = ConvolutionMicroscope(image="digit", padding=1)
    part = panel(widget, "image")
    printed = [mark for mark in part.marks if isinstance(mark, Heatmap) and mark.numbers]
    assert printed and all(np.isnan(mark.z[widget_zero(widget)]).all() for mark in printed)
    assert words(part) == ["0"] * (10 * 10 - 8 * 8)
    assert sum(isinstance(mark, Region) and mark.filled for mark in part.marks) == 4
    assert not [m for m in panel(ConvolutionMicroscope(image="digit"), "image").marks if isinstance(m, Text)]


def widget_zero(widget):
    return np.pad(widget.images["digit"], 1) == 0


def test_a_touched_pixel_of_a_padded_image_becomes_the_windows_middle():
    widget = ConvolutionMicroscope(image="digit", padding=2)
    widget.set_state(**widget.event({"name": "image", "kind": "click", "x": 5.2, "y": 3.8}))
    assert (widget.state["row"], widget.state["col"]) == (3, 4)


def test_a_window_of_a_large_picture_is_shown_magnified_at_every_edge():
    widget = ConvolutionMicroscope(padding=1)
    for row, col in ((0, 0), (99, 149), (50, 0)):
        widget.set_state(row=row, col=col)
        frame = [m for m in panel(widget, "between").marks if isinstance(m, Region) and m.width == 3][-1]
        top, left = round(frame.y0 + 0.5), round(frame.x0 + 0.5)
        patch = panel(widget, "between").marks[0].z
        window = panel(widget, "window").marks[0].z
        np.testing.assert_array_equal(patch[top : top + 3, left : left + 3], window)


def test_the_settings_that_are_the_topic_stand_in_the_bar_and_the_size_is_reckoned():
    widget = ConvolutionMicroscope(image="digit", stride=2, padding=1)
    assert {"stride", "padding", "kernel_name"} == set(widget.slots["bar"])
    assert {"(8 + 2·1 − 3) ÷ 2 + 1", "= 4 a side, rounded down"} <= set(words(panel(widget, "between")))


def test_it_is_said_where_a_size_is_rounded_down():
    said = {
        stride: any("rounded down" in word for word in words(panel(widget, "between")))
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
