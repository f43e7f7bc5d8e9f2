"""The widgets of the first weights: the numbers that notebook 08 takes from them."""

import re

import numpy as np
import pytest

from cnnlib.experiments.starting_networks import STARTS, study_images
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.training import evaluate
from cnnlib.viz import Bars, ColorScale, Heatmap, Line, Note, Points, Text
from cnnlib.widgets import FilterWatch, InitExplorer
from cnnlib.widgets.initialization.filter_watch import AHEAD, BEGUN, MEAN
from cnnlib.widgets.initialization.init_explorer import SCALES, learned_from, trained_networks


def test_the_scales_that_learn_are_those_that_the_notebook_names():
    facts = InitExplorer(depth=10, trained=True).facts
    assert facts["learning"] == 2
    assert facts["least_scale"] == pytest.approx(1) and facts["largest_scale"] == pytest.approx(
        1.47, abs=0.01
    )
    assert learned_from(np.full(13, 2.3)) == {"learning": 0, "least_scale": 0.0, "largest_scale": 0.0}


def test_at_a_large_scale_a_whole_layer_dies():
    digits = study_images()
    networks = trained_networks(6, "ReLU", 0.02, 0)
    model = networks.model(int(np.argmin(np.abs(SCALES - 3.16))))
    scores = model.infer(digits.x_train[:360])
    assert np.abs(scores - scores[0]).max() < 1e-6, "all images get the same scores"
    loss = evaluate(model, CrossEntropyLoss(), digits.x_train[:360], digits.y_train[:360]).loss
    assert loss == pytest.approx(np.log(10), abs=0.02)


def panels_of(watch):
    return {panel.name: panel for panel in watch.scene.panels}


def signs_of(panel):
    return [m.text[0] for m in panel.marks if isinstance(m, Text) and m.text[0] in ("=", "≠")]


def test_filters_show_their_cells_each_block_on_a_scale_of_its_own():
    watch = FilterWatch()
    watch.rewind()
    watch.refresh()
    panels = panels_of(watch)
    for name in ("filters", "random"):
        (cells,) = (mark for mark in panels[name].marks if isinstance(mark, Heatmap))
        assert np.isfinite(cells.z).sum() == 8 * 25 and cells.tile == (5, 5, 1)
        scales = [mark for mark in panels[name].marks if isinstance(mark, ColorScale)]
        said = scales[0].words[1] if scales else panels[name].subtitle.split()[-1]
        assert float(said[1:]) == cells.vmax == -cells.vmin and said[0] == "±"
        share = np.nanmax(np.abs(cells.z)) / cells.vmax
        assert 0.3 < share <= 1, "what is there is seen in colour"
    assert watch.text.startswith("All eight filters begin as copies. Before the first step ")


def test_signs_between_neighbours_and_a_bracket_say_what_is_a_copy():
    copies = panels_of(FilterWatch())["filters"]
    assert signs_of(copies) == ["="] * 6 and not signs_of(panels_of(FilterWatch())["random"])
    assert "one kind, eight copies" in [m.text[0] for m in copies.marks if isinstance(m, Text)]
    different = panels_of(FilterWatch(start=STARTS[2]))["filters"]
    assert signs_of(different) == ["≠"] * 6
    assert "eight kinds" in [m.text[0] for m in different.marks if isinstance(m, Text)]


def test_it_opens_a_few_steps_on_and_shows_faintly_what_the_loss_will_do():
    watch = FilterWatch()
    assert watch.facts["steps"] == BEGUN == 60 and watch.facts["distinct"] == 1  # as notebook 08 says
    (ahead,) = (m for m in panels_of(watch)["loss"].marks if isinstance(m, Line) and m.dash == "dashed")
    assert ahead.x.min() == BEGUN and ahead.x.max() == 360  # it begins at the dot
    watch.advance(48)
    (later,) = (m for m in panels_of(watch)["loss"].marks if isinstance(m, Line) and m.dash == "dashed")
    assert later.x.min() == BEGUN + 48
    other = FilterWatch(start=STARTS[3])
    assert other.facts["steps"] == 0
    assert not [m for m in panels_of(other)["loss"].marks if isinstance(m, Line)]


def test_what_was_recorded_is_what_the_training_does():
    watch = FilterWatch(trained=True)
    means = [np.mean(watch.curve[i - MEAN : i]) for i in range(12, len(watch.curve) + 1, 12)]
    assert len(AHEAD) == len(means)
    np.testing.assert_allclose(AHEAD, means, atol=0.02)


@pytest.mark.parametrize("steps", [0, 1, 40])
def test_the_dot_stands_at_the_present_step_with_its_value(steps):
    watch = FilterWatch(start=STARTS[2])
    watch.advance(steps)
    panel = panels_of(watch)["loss"]
    (dot,) = (mark for mark in panel.marks if isinstance(mark, Points))
    assert dot.x == steps and panel.y.low < dot.y < panel.y.high
    said = [mark.text[0] for mark in panel.marks if isinstance(mark, Text)]
    assert said == [f"{np.mean(watch.curve[-MEAN:]) if steps else watch.facts['loss']:.2f}"]
    zero = panels_of(FilterWatch(start=STARTS[1]))["loss"].marks
    assert not [mark for mark in zero if isinstance(mark, Text)], "2.30 is said beside its line"


@pytest.mark.parametrize("scale", [0.1, 0.3, 1, 10])
def test_the_dots_stand_above_their_layers_and_the_axes_fit(scale):
    for panel in InitExplorer(depth=4, scale=scale).scene.panels[:2]:
        dots = next(mark for mark in panel.marks if isinstance(mark, Points))
        np.testing.assert_array_equal(dots.x, panel.x.ticks)
        bars = [mark for mark in panel.marks if isinstance(mark, Bars)]
        assert {mark.base for mark in bars} == {1, 2, 3, 4}, "histograms are centred on their layer"
        for layer in (1, 2, 3, 4):
            assert sum(mark.height.sum() for mark in bars if mark.base == layer) == pytest.approx(0)
        seen = np.concatenate([mark.x[np.abs(mark.height) > 0.02] for mark in bars])
        assert panel.y.low <= max(-9, seen.min()) and panel.y.high >= seen.max()
        assert panel.y.high - panel.y.low <= max(6.0, seen.max() - seen.min() + 4)


def test_one_note_at_a_time():
    for widget in (InitExplorer(depth=2), InitExplorer(depth=2, scale=0.3)):
        assert sum(isinstance(mark, Note) for panel in widget.scene.panels for mark in panel.marks) == 1
    widget = InitExplorer(depth=2)
    note = next(mark for mark in widget.scene.panels[2].marks if isinstance(mark, Note))
    assert note.to[0] == pytest.approx(1, abs=0.1), "it points at the network of He's rule"


def test_the_sizes_in_the_sentence_give_the_factors_in_large_type():
    widget = InitExplorer()
    text = widget.text.replace("\u00a0", " ").replace(" × 10⁻⁴", "e-4")
    numbers = [float(n) for pair in re.findall(r"from ([\d.e-]+) to ([\d.e-]+\d)", text) for n in pair]
    ratios = numbers[1] / numbers[0], numbers[3] / numbers[2]
    said = [float(figure.value.removeprefix("× ")) for figure in widget.scene.figures[:2]]
    np.testing.assert_allclose(ratios, said, rtol=0.05)
