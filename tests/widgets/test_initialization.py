"""The widgets of the first weights: the numbers that notebook 08 takes from them."""

import re

import numpy as np
import pytest

from cnnlib.experiments.starting_networks import STARTS, study_images
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.training import evaluate
from cnnlib.viz import Band, ColorScale, Heatmap, Line, Note, Points, Region, Text
from cnnlib.widgets import FilterWatch, InitExplorer
from cnnlib.widgets.initialization.filter_watch import AHEAD, BEGUN, MEAN
from cnnlib.widgets.initialization.init_explorer import SCALES, STEPS, learned_from, trained_networks
from cnnlib.widgets.initialization.loss_by_scale import signals_kept, zones
from cnnlib.widgets.initialization.signal_picture import histograms, signal_panel


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


def test_it_goes_back_to_where_it_opened():
    for watch in (FilterWatch(), FilterWatch(start=STARTS[2]), FilterWatch(trained=True)):
        begun = watch.facts["steps"] % 360  # what is trained to the end begins before its training
        watch.advance(3)
        watch.reset()
        assert watch.facts["steps"] == begun
    watch = FilterWatch()
    watch.set_state(rate=0.03)
    watch.reset()
    assert watch.facts["steps"] == BEGUN


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


def panel_of(widget, name):
    return next(panel for panel in widget.scene.panels if panel.name == name)


def words_of(panel):
    return [text for mark in panel.marks if isinstance(mark, Text) for text in mark.text]


@pytest.mark.parametrize("scale", [0.1, 0.3, 1, 10])
def test_the_dots_stand_above_their_layers_and_the_axes_fit(scale):
    widget = InitExplorer(depth=4, scale=scale, opening=0)
    for name, last in (("activations", 4), ("gradients", 1)):
        panel = panel_of(widget, name)
        dots = next(mark for mark in panel.marks if isinstance(mark, Points))
        np.testing.assert_array_equal(dots.x, panel.x.ticks)
        assert (panel.y.low < dots.y).all() and (dots.y < panel.y.high).all()
        assert panel.y.high - panel.y.low <= max(4.0, np.ptp(dots.y) + 4), (
            "four powers of ten, or what is needed"
        )
        shapes = [mark for mark in panel.marks if isinstance(mark, Band)]
        middles = [(mark.x.min() + mark.x.max()) / 2 for mark in shapes]
        np.testing.assert_allclose(middles, [1, 2, 3, 4], err_msg="shapes are centred on their layer")
        assert all(mark.x.max() - mark.x.min() < 1 for mark in shapes)
        (factor,) = (mark for mark in panel.marks if isinstance(mark, Text))
        assert abs(factor.x[0] - last) < 0.6, "it stands where the line arrives"


@pytest.mark.parametrize("scale", [0.1, 10])
def test_no_size_is_cut_off_at_the_edge_of_the_plot(scale):
    widget = InitExplorer(depth=10, scale=scale, opening=0)
    for name, fact in (("activations", "act"), ("gradients", "grad")):
        panel = panel_of(widget, name)
        (dots,) = (mark for mark in panel.marks if isinstance(mark, Points))
        sizes = np.log10([widget.facts[f"{fact}_first"], widget.facts[f"{fact}_last"]])
        np.testing.assert_allclose(dots.y[[0, -1]], sizes)
        assert (np.abs(np.diff(dots.y)) > 0.5).all(), "each layer changes it"
        assert panel.y.low < dots.y.min() and dots.y.max() < panel.y.high and len(panel.y.ticks) < 9


def test_a_layer_without_signal_has_no_dot():
    table, spreads = histograms([np.ones(9), np.zeros(9)])
    panel = signal_panel(table, spreads, "no signal", 0)
    (dots,) = (mark for mark in panel.marks if isinstance(mark, Points))
    (words,) = (mark for mark in panel.marks if isinstance(mark, Text))
    assert np.isnan(dots.y[1]) and panel.y.low < words.y[0] < panel.y.high


def test_one_note_at_a_time():
    for widget in (InitExplorer(depth=2), InitExplorer(depth=2, scale=0.3)):
        assert sum(isinstance(mark, Note) for panel in widget.scene.panels for mark in panel.marks) == 1
    marks = panel_of(InitExplorer(trained=True), "loss").marks
    assert not [mark for mark in marks if isinstance(mark, Note)], "there is nothing left to play"


def test_the_sizes_in_the_sentence_give_the_factors_on_the_lines():
    widget = InitExplorer()
    text = widget.text.replace("\u00a0", " ").replace(" × 10⁻⁴", "e-4")
    numbers = [float(n) for pair in re.findall(r"from ([\d.e-]+) to ([\d.e-]+\d)", text) for n in pair]
    ratios = numbers[1] / numbers[0], numbers[3] / numbers[2]
    said = [
        float(mark.text[0].removeprefix("×\u00a0"))
        for name in ("activations", "gradients")
        for mark in panel_of(widget, name).marks
        if isinstance(mark, Text)
    ]
    np.testing.assert_allclose(ratios, said, rtol=0.05)


def test_it_opens_while_the_networks_learn_and_begins_afresh_when_it_is_changed():
    widget = InitExplorer(depth=2)
    assert widget.facts["steps"] == 30 and widget.facts["learning"] < 13
    widget.set_state(seed=1)
    assert widget.facts["steps"] == 0
    widget.reset()
    assert widget.facts["steps"] == 30 and widget.state["seed"] == 0
    assert InitExplorer(depth=2, opening=0).text.endswith("Nothing is trained yet.")


def test_one_step_and_one_dead_unit_are_spoken_of_as_one():
    widget = InitExplorer(scale=0.1, depth=2, rate=0.2)
    assert widget.facts["dead"] == 1 and ", 1 of 16 ReLU units is dead" in widget.text
    widget.rewind()
    widget.advance(1)
    assert panel_of(widget, "loss").subtitle.startswith("after 1 step;")


def test_zones_are_named_from_what_is_measured():
    kept = signals_kept(6, "ReLU", 0)
    np.testing.assert_allclose(kept / kept[6], SCALES**5, rtol=0.01)
    untrained = zones(kept)
    assert [word for _, _, word in untrained] == ["signal dies", "arrives", "explodes"]
    low, high = untrained[1][:2]
    assert kept[SCALES < low].max() < 0.01 < kept[SCALES > low].min()
    assert kept[SCALES < high].max() < 100 < kept[SCALES > high].min()
    assert untrained[0][1] == untrained[1][0] and untrained[1][1] == untrained[2][0], "side by side"
    assert "learns" not in words_of(panel_of(InitExplorer(), "loss")), "who learns is known in the end"
    widget = InitExplorer(trained=True)
    panel, facts = panel_of(widget, "loss"), widget.facts
    small, large = (mark for mark in panel.marks if isinstance(mark, Region))
    assert SCALES[SCALES > small.x1].min() == pytest.approx(facts["least_scale"])
    assert SCALES[SCALES < large.x0].max() == pytest.approx(facts["largest_scale"])
    assert {"signal dies", "learns", "explodes"} <= set(words_of(panel))
    tanh = zones(signals_kept(6, "tanh", 0), np.where(SCALES > 4, 2.3, 0.5))
    assert [word for _, _, word in tanh] == ["learns", "does not learn"], "with tanh nothing explodes"


@pytest.mark.parametrize("scale", [0.1, 0.12, 0.2, 0.25, 0.45, 0.7, 1, 1.4, 2.2, 5, 9, 10])
def test_the_line_that_is_dragged_runs_through_no_words(scale):
    panel = panel_of(InitExplorer(depth=3, scale=scale), "loss")
    ticks = 535 / np.log10(panel.x.high / panel.x.low)  # pixels of a power of ten on a page of 1060
    for mark in (mark for mark in panel.marks if isinstance(mark, Text)):
        start = ticks * np.log10(mark.x[0]) + mark.shift[0]
        wide = 0.55 * mark.size * len(mark.text[0])
        left = start - {"left": 0, "center": 0.5, "right": 1}[mark.align] * wide
        assert not left < ticks * np.log10(scale) < left + wide, mark.text


def test_networks_that_are_trained_to_the_end_keep_no_memory_of_passes():
    widget = InitExplorer(depth=2, trained=True)
    layers = [layer for block in widget.ensemble._blocks for layer in block.layers]
    assert widget.facts["steps"] == STEPS and not any(layer._buffers for layer in layers)
    widget.set_state(scale=3)
    assert not any(layer._buffers for layer in layers), "a moved slider evaluates nothing anew"
