"""The widgets of the first weights: the numbers that notebook 08 takes from them."""

import re

import numpy as np
import pytest

from cnnlib.experiments.starting_networks import study_images
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.training import evaluate
from cnnlib.viz import Bars, Heatmap, Note, Points, Text
from cnnlib.widgets import FilterWatch, InitExplorer
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


def test_filters_show_their_cells_and_random_ones_stand_beside_them():
    watch = FilterWatch()
    panels = {panel.name: panel for panel in watch.scene.panels}
    cells = next(mark for mark in panels["filters"].marks if isinstance(mark, Heatmap))
    assert np.isfinite(cells.z).sum() == 8 * 25 and cells.tile == (5, 5, 1)
    beside = next(mark for mark in panels["random"].marks if isinstance(mark, Heatmap))
    assert np.nanstd(beside.z) > 0 and cells.vmax == beside.vmax
    assert watch.text.startswith("Before the first step the 8 filters are of 1 kind; ")
    dot = next(mark for mark in panels["loss"].marks if isinstance(mark, Points))
    assert dot.y == pytest.approx(np.log(10), abs=1e-6), "the chart is not empty before the first step"
    equal = [m for m in panels["filters"].marks if isinstance(m, Text) and m.text == ("=",)]
    assert len(equal) == 6, "between neighbours that are the same"
    assert not [m for m in panels["random"].marks if isinstance(m, Text) and m.text == ("=",)]
    watch.advance(2)
    assert not any(isinstance(mark, Note) for mark in watch.scene.panels[-1].marks)


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
