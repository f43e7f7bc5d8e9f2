"""Pictures say beside their marks what these are, in the words and numbers of the sentence beneath."""

import numpy as np
import pytest

from cnnlib.viz import Bars, Line, Note, Points, Text
from cnnlib.widgets import (
    BasinMap,
    BatchNoise,
    ContourExplorer,
    DescentExplorer,
    GradientCheckExplorer,
    LineBetween,
    LossExplorer,
    LossSlice,
    NetworkXRay,
    OptimizerRace,
)
from cnnlib.widgets.gradient_descent.surface_picture import COLORS, SHAPES
from cnnlib.widgets.loss.loss_scores import LANES, pulls_told


def marks_of(widget, name, kind):
    (panel,) = (panel for panel in widget.scene.panels if panel.name == name)
    return [mark for mark in panel.marks if isinstance(mark, kind)]


def test_the_pulls_add_up_to_zero_as_they_are_printed():
    for scores in np.random.default_rng(0).normal(0, 3, (20, 3)):
        widget = LossExplorer(**dict(zip(("cat", "dog", "bird"), scores.round(1), strict=True)))
        for lane in LANES.values():
            words = {mark.y[0]: mark.text[0] for mark in marks_of(widget, "scores", Text)}
            told = [float(words[row + lane].replace("−", "-")) for row in range(3)]
            assert sum(told) == pytest.approx(0, abs=1e-9)
    told = pulls_told(np.array([0.4444, -0.2222, -0.2222]))
    assert (
        told.sum() == pytest.approx(0, abs=1e-12) and np.abs(told - [0.4444, -0.2222, -0.2222]).max() < 1e-3
    )


def test_the_bars_say_what_each_class_has_and_what_was_wanted():
    words = [mark.text[0] for mark in marks_of(LossExplorer(label="dog"), "p", Text)]
    assert words[::2] == ["11.7 %", "86.7 %", "1.6 %"]
    assert words[1::2] == ["wanted 0 %", "wanted 100 %", "wanted 0 %"]
    lacking = next(m for m in marks_of(LossExplorer(), "p", Bars) if m.color == "pos")
    assert lacking.base + lacking.height[0] == 1, "what lacks reaches up to what was wanted"


def test_what_a_dot_is_stands_beside_the_dots():
    widget = BatchNoise()
    told = [text for mark in marks_of(widget, "ways", Text) for text in mark.text]
    assert told == ["spread", f"{widget.facts['spread']:.2f}"]
    assert [note.text for note in marks_of(widget, "ways", Note)] == ["all images", "one batch each"]
    assert [note.text for note in marks_of(BatchNoise(batch="all"), "ways", Note)] == ["all images"]
    mean, own = (f"{widget.facts[name]:.1e}"[:3] for name in ("mean_error", "error"))
    assert 0 < widget.text.index(mean) < widget.text.index(own), "the headline's number comes first"


@pytest.mark.parametrize("start", [-2.5, 2.5])
def test_the_map_of_basins_says_what_too_large_a_rate_does(start):
    (note,) = marks_of(BasinMap(start=start), "map", Note)
    assert note.text == "too large: jumps about" and note.y > np.log10(0.5)
    assert abs(note.x - start) > 1.5, "clear of the line of the start"
    (names,) = marks_of(BasinMap(), "curve", Text)
    assert names.text == ("false minimum A", "false minimum B", "global minimum C")
    assert "the false minimum A" in BasinMap().text and "the global minimum C" in BasinMap(start=1).text


def test_the_shares_of_right_images_have_a_floor_of_their_own():
    for second in (1, 2):
        widget = LineBetween(second=second)
        (panel,) = (panel for panel in widget.scene.panels if panel.name == "right")
        least = min(line.y.min() for line in marks_of(widget, "right", Line))
        assert 0 <= panel.y.low < least < panel.y.low + 20 and panel.y.ticks[0] == panel.y.low
    assert "the same network, its neurons in another order" in LineBetween().text


def test_a_slice_says_that_training_did_not_stop_at_its_lowest_place():
    assert "not at the lowest place of this plane" in LossSlice().text
    assert "lowest place" not in LossSlice(point=20).text


def test_a_sign_beneath_another_is_larger():
    def size(widget, method):
        signs = marks_of(widget, "map", Points)
        return next(
            m.size for m in signs if m.shape == SHAPES[method] and m.color == COLORS[method] and m.size > 3
        )

    ends = OptimizerRace()
    assert size(ends, "Nesterov") >= size(ends, "RMSprop") + 2 > size(ends, "Momentum") + 2


@pytest.mark.parametrize("widget", [DescentExplorer, ContourExplorer])
def test_no_two_zones_of_a_rate_share_a_shade(widget):
    zones = widget().scene.zones["rate"]
    assert len({zone.color for zone in zones}) == len(zones) == 4


def test_the_secant_has_its_words_at_its_lines():
    widget = GradientCheckExplorer()
    assert "True slope" not in [figure.label for figure in widget.scene.figures]
    assert {panel.legend for panel in widget.scene.panels if panel.name == "secant"} == {""}
    words = {note.text for note in marks_of(widget, "secant", Note)}
    assert words == {"true slope", "measured slope"}
    (note,) = marks_of(widget, "valley", Note)
    assert note.to[1] < 1e-15, "the arrow ends at what is dragged"


def test_the_first_number_to_click_is_pointed_at_until_one_was():
    (note,) = marks_of(NetworkXRay(), "network", Note)
    assert note.text == "click any number" and note.to is not None
    assert not marks_of(NetworkXRay(opened=True), "network", Note)
    assert not marks_of(NetworkXRay(), "narrow", Note)
