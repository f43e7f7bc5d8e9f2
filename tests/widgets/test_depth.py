"""The widgets of deep networks: what their sentences say, their challenges, and that Play ends."""

import numpy as np
import pytest

from cnnlib.experiments.depth import KINDS, deep_cnn, profile
from cnnlib.experiments.starting_networks import study_images
from cnnlib.viz import Arrows, Band, Bars, Handle, Line, Points, Region, Text
from cnnlib.widgets import DepthExplorer, NormalizationSteps
from cnnlib.widgets.depth.depth_explorer import IMAGES, NAMES, SMOOTH, STEPS
from cnnlib.widgets.depth.depth_picture import ALL, COLORS, DASHES, KEPT, SAID, times
from cnnlib.widgets.depth.first_training import OPENING, ahead
from cnnlib.widgets.depth.normalization_bars import FRAME, ROWS
from cnnlib.widgets.depth.normalization_marks import PAGE


def test_the_sentence_says_what_was_measured():
    widget, digits = DepthExplorer(depth=10, scale=1), study_images()
    for kind, name in zip(KINDS, NAMES, strict=True):
        found = profile(deep_cnn(kind, 10, 0, scale=1), digits.x_train[:IMAGES], digits.y_train[:IMAGES])
        growth = found.gradient[0] / found.gradient[-1]
        assert widget.facts[f"gradient_{name}"] == pytest.approx(growth)
        assert f"{name} ×\u00a0{growth:.2g}" in widget.text
        fate = "fades" if growth < 1 / KEPT else "keeps its size" if growth <= KEPT else "grows"
        (clause,) = (part for part in widget.text.split("; ") if f"{name} ×" in part)
        assert f"{fate} in" in clause
    assert widget.text.startswith("10 layers. ") and widget.text.endswith("Nothing is trained yet.")
    widget.set_state(depth=11)
    assert widget.facts["depth"] == 10 and widget.text.startswith("10 layers. ")


def test_training_goes_on_to_its_end_and_says_the_losses():
    widget = DepthExplorer(depth=2)
    assert widget.advance(5) == 5 and "Loss after 5 steps: plain " in widget.text
    assert widget.advance(1000) == STEPS - 5 and widget.advance(1) == 0
    assert all(widget.facts[f"loss_{name}"] < 1 for name in NAMES)
    widget.set_state(rate=0.03)
    assert widget.facts["steps"] == 0


def test_one_network_alone_gives_nothing_of_the_others_away():
    alone, all_four = DepthExplorer(depth=10, kinds=("plain",)), DepthExplorer(depth=10)
    assert alone.facts["gradient_plain"] == all_four.facts["gradient_plain"]
    assert set(alone.facts) == {f"{fact}_plain" for fact in ("signal", "gradient", "alike", "loss")} | {
        "depth", "scale", "steps"
    }  # fmt: skip
    marks = [mark for panel in alone.scene.panels for mark in panel.marks]
    words = " ".join([*(mark.label for mark in marks if hasattr(mark, "label")), *words_of(alone)])
    assert times(alone.facts["signal_plain"]) in words
    assert not any(name in words for name in ("norm", "residual", "both"))
    assert "follow" not in alone.show and not [m for m in marks if getattr(m, "emits", "")]
    alone.advance(2)
    assert "Loss after 2 steps: plain " in alone.text
    assert not any(word in alone.text for word in ("norm", "residual", "both"))


def words_of(widget):
    """What stands in its pictures."""
    texts = [mark for panel in widget.scene.panels for mark in panel.marks if isinstance(mark, Text)]
    return [word for mark in texts for word in mark.text]


def panel_of(widget, name):
    return next(panel for panel in widget.scene.panels if panel.name == name)


def lines_of(panel):
    """The lines of the networks: those in their colours, without the parts of the drawn blocks."""
    drawn = [mark for mark in panel.marks if isinstance(mark, Line) and mark.color in COLORS]
    return [mark for mark in drawn if np.isfinite(mark.x).all()]


def test_curves_carry_their_names_and_factors_where_they_arrive():
    widget = DepthExplorer(depth=10)
    signal, gradient = (panel_of(widget, name) for name in ("signal", "gradient"))
    said = [times(widget.facts[f"signal_{name}"]) for name in NAMES]
    assert [mark.label for mark in lines_of(signal)] == said
    arrived = [mark for mark in gradient.marks if isinstance(mark, Text) and mark.x[0] == 0]
    factors = [f"{name} {times(widget.facts[f'gradient_{name}'])}" for name in NAMES]
    assert [mark.text[0] for mark in arrived] == factors, "the gradient ends at layer 0"
    heads = [mark for mark in gradient.marks if isinstance(mark, Arrows)]
    assert len(heads) == 4 and all(mark.x[0] + mark.dx[0] == pytest.approx(0) for mark in heads)
    assert sorted(mark.color for mark in heads) == sorted(COLORS)
    one_block = panel_of(DepthExplorer(depth=2), "gradient")
    lengths = [-mark.dx[0] for mark in one_block.marks if isinstance(mark, Arrows)]
    assert max(lengths) < 0.1, "only the head of an arrow: the dash of a line is still seen"


def test_names_of_lines_that_end_together_stand_apart():
    for state in ({"depth": 2}, {"depth": 20}, {"depth": 50, "scale": 2}, {"depth": 50, "scale": 0.5}):
        panel = panel_of(DepthExplorer(**state), "gradient")
        names = [mark for mark in panel.marks if isinstance(mark, Text) and mark.x[0] == 0]
        heights = np.sort(np.log10([mark.y[0] for mark in names]))
        assert (np.diff(heights) > 0.05 * np.log10(panel.y.high / panel.y.low)).all(), state


@pytest.mark.parametrize("name", ["gradient", "gradient narrow"])
def test_the_blocks_stand_beneath_the_lines_between_the_image_and_the_loss(name):
    panel = panel_of(DepthExplorer(depth=10), name)
    blocks = [mark for mark in panel.marks if isinstance(mark, Bars)]
    lowest = min(mark.y.min() for mark in lines_of(panel))
    for mark in blocks:
        assert mark.x.tolist() == [1, 3, 5, 7, 9]
        assert panel.y.low < mark.base < (mark.base + mark.height).max() < lowest
    words = {text: mark.x[0] for mark in panel.marks if isinstance(mark, Text) for text in mark.text}
    assert words["image"] < 0 and words["loss"] > 10


def test_a_network_is_followed_by_its_name_its_line_or_the_choice():
    widget = DepthExplorer(depth=10)
    (touch,) = (mark for mark in panel_of(widget, "gradient").marks if getattr(mark, "emits", ""))
    assert {mark.alpha for mark in lines_of(panel_of(widget, "gradient"))} == {1.0}
    each = len(touch.x) // 4
    for place, name in enumerate(NAMES):
        for index in (place * each, (place + 1) * each - 1):
            found = widget.event({"name": "follow", "kind": "click", "index": index})
            assert found == {"follow": name}
    widget.set_state(follow="residual")
    assert widget.event({"name": "follow", "kind": "click", "index": 2 * each}) == {"follow": ALL}
    assert widget.event({"name": "follow", "kind": "drag", "index": 0}) is None
    for panel in widget.scene.panels[:2]:
        strong = [mark.color for mark in lines_of(panel) if mark.alpha == 1]
        assert strong == [COLORS[2]]
    assert panel_of(widget, "gradient").subtitle == SAID[2]


def test_each_network_has_one_hue_and_dash_in_all_pictures():
    widget = DepthExplorer(depth=4)
    for trained in (False, True):
        for panel in widget.scene.panels:
            found = {mark.color: mark.dash for mark in lines_of(panel)}
            assert set(found.items()) <= set(zip(COLORS, DASHES, strict=True)), panel.name
        widget.advance(0 if trained else 6)


def test_sizes_are_drawn_as_multiples_of_what_sets_out():
    widget = DepthExplorer(depth=50)
    for name, start, end, fact in (("signal", 0, -1, "signal"), ("gradient", -1, 0, "gradient")):
        panel = panel_of(widget, name)
        kept = next(mark for mark in panel.marks if isinstance(mark, Region))
        assert kept.y0 == pytest.approx(1 / kept.y1) and kept.y1 == KEPT
        curves = {mark.color: mark.y for mark in lines_of(panel)}
        for place, network in enumerate(NAMES):
            curve = curves[COLORS[place]]
            assert curve[start] == 1
            assert curve[end] == pytest.approx(widget.facts[f"{fact}_{network}"])


@pytest.mark.parametrize("scale", [0.5, 2])
def test_no_size_is_cut_off_at_the_edge_of_the_plot(scale):
    widget = DepthExplorer(depth=50, scale=scale)
    for name, end, fact in (("signal", -1, "signal"), ("gradient", 0, "gradient")):
        panel = panel_of(widget, name)
        ends = sorted(mark.y[end] for mark in lines_of(panel))
        np.testing.assert_allclose(ends, sorted(widget.facts[f"{fact}_{network}"] for network in NAMES))
        assert panel.y.low < ends[0] and ends[-1] < panel.y.high and 4 <= len(panel.y.ticks) <= 9


def test_names_on_a_narrow_page_end_before_the_numbers_of_the_axis():
    for state in ({}, {"depth": 50, "scale": 2}):
        panel = panel_of(DepthExplorer(**state), "gradient narrow")
        pixel = 285 / (panel.x.high - panel.x.low)  # of a layer, on a page of 390
        names = [m.text[0] for m in panel.marks if isinstance(m, Text) and m.x[0] == 0]
        assert max(map(len, names)) * 5.5 + 8 < -panel.x.low * pixel, state


def test_axes_leave_no_decade_empty():
    for state in ({}, {"depth": 50}, {"depth": 4, "scale": 1.3}, {"depth": 50, "scale": 0.7}):
        panel = panel_of(DepthExplorer(**state), "gradient")
        seen = np.log10(np.concatenate([mark.y for mark in lines_of(panel)]))
        low = min(tick for tick in (panel.y.low, *panel.y.ticks) if tick > 0)
        foot = np.log10(panel.y.high / panel.y.low)
        assert np.log10(panel.y.high) - max(seen.max(), 0.8) < 0.6 + 0.05 * foot
        assert min(seen.min(), -0.8) - np.log10(low) < 0.6 + 0.2 * foot


def test_the_future_is_the_training_of_the_opening_state_and_of_no_other():
    widget = DepthExplorer()
    faint = lines_of(panel_of(widget, "loss"))
    assert len(faint) == 4 and all(mark.alpha < 0.7 for mark in faint)
    assert {name: widget.state[name] for name in OPENING} == OPENING
    widget.advance(STEPS)
    for name, (steps, losses) in zip(NAMES, ahead(OPENING), strict=True):
        seen = np.array(widget.losses[name])
        smooth = [seen[max(0, step - SMOOTH) : step].mean() for step in steps]
        np.testing.assert_allclose(smooth, losses, rtol=0.25)  # other processors round otherwise
    assert all(mark.alpha == 1 for mark in lines_of(panel_of(widget, "loss")))
    widget.set_state(rate=0.03)
    assert not lines_of(panel_of(widget, "loss"))


def test_the_lines_of_a_log_axis_are_as_far_apart_as_is_said():
    for depth in (2, 20, 50):
        panel = panel_of(DepthExplorer(depth=depth), "gradient")
        apart = round(panel.y.ticks[1] / panel.y.ticks[0])
        assert panel.subtitle.endswith(f"log axis: each line × {apart}")


def test_a_network_keeps_its_colour_whichever_stand_beside_it():
    def colour(widget):
        label = times(widget.facts["signal_residual"])
        return next(m.color for m in panel_of(widget, "signal").marks if getattr(m, "label", "") == label)

    assert colour(DepthExplorer(depth=2, kinds=("residual",))) == colour(DepthExplorer(depth=2))


def test_kinds_that_are_not_known_are_named():
    with pytest.raises(ValueError, match="kinds must be among plain, norm, residual, both, got 'deep'"):
        DepthExplorer(kinds=("deep",))


def test_large_factors_are_written_out():
    assert " norm ×\u00a04,700" in DepthExplorer(depth=50).text


def test_what_overflows_is_said_and_the_others_go_on():
    widget = DepthExplorer(depth=50, scale=2, rate=0.5)
    widget.advance(6)
    assert np.isinf(widget.facts["loss_residual"]) and "residual overflow" in widget.text
    assert np.isfinite(widget.facts["loss_both"]) and widget.facts["steps"] == 6


def test_both_challenges_of_the_notebook_can_be_met():
    fifty = DepthExplorer(depth=50)
    assert fifty.facts["gradient_plain"] < 0.1
    reached = []
    for scale in (1.05, 1.1, 1.2):
        fifty.set_state(scale=scale)
        reached.append(1 / 3 < fifty.facts["gradient_plain"] < 3)
    assert any(reached) and not all(reached)


def test_zeroed_branches_train_fifty_layers_without_normalization():
    widget = DepthExplorer(depth=50, scale=1.1, zero=True, trained=True)
    assert widget.facts["loss_residual"] < 0.8 and widget.facts["loss_both"] < 0.8
    assert widget.facts["loss_plain"] > 2 and widget.facts["signal_residual"] == pytest.approx(1)


def test_how_alike_images_are_takes_the_place_of_their_size():
    widget = DepthExplorer(depth=50, scale=1.1, shows="how alike two images are")
    assert panel_of(widget, "signal").title == "How alike two images are"
    assert widget.facts["alike_plain"] > 0.8 > 0.6 > widget.facts["alike_both"]


def test_each_step_of_a_normalization_says_its_numbers():
    widget = NormalizationSteps(step=0)
    seen = []
    while widget.advance(1):
        seen.append(widget.text)
    assert len(seen) == 17
    assert seen[2] == "Step 3 of 17, forwards: v, the mean of the squares of c, is 3.50."
    assert seen[9] == "Step 10 of 17, backwards to dx̂: from y comes 1.00, 0.00, 0.00, 0.00."
    assert "a second share comes from v; both together are 0.38, −0.08, 0.00, 0.23" in seen[13]
    assert seen[15].endswith("0.23. They add up to 0.53; the mean's share is still to come.")
    assert "both together are 0.248, −0.210, −0.134, 0.095. They add up to 0:" in seen[16]


@pytest.mark.parametrize("upstream", ["all four alike", "as x̂ itself"])
def test_directions_in_which_nothing_changes_get_no_gradient(upstream):
    widget = NormalizationSteps(upstream=upstream, step=17)
    assert widget.facts["largest_dx"] < 1e-4


def test_a_number_far_off_gets_no_gradient_when_the_others_are_equal():
    widget = NormalizationSteps(x0=6, x1=-1, x2=-1, x3=-1, step=17)
    assert widget.facts["largest_dx"] < 0.005 and widget.facts["variance"] > 0.1
    assert NormalizationSteps(step=17).facts["largest_dx"] > 0.2


def texts_of(panel):
    return [text for mark in panel.marks if isinstance(mark, Text) for text in mark.text]


def test_four_numbers_are_lines_through_the_columns_that_are_known():
    for step, known in ((0, 0), (2, 1), (5, 2), (6, 3), (17, 3)):
        panel = panel_of(NormalizationSteps(step=step), "values")
        ways = [mark for mark in panel.marks if isinstance(mark, Line) and np.isnan(mark.x).any()]
        ends = {x for mark in ways for x in mark.x.tolist()} & set(PAGE.columns)
        assert len(ends) == (known + 1 if known else 0)
    found = {}
    for mark in panel.marks:
        if isinstance(mark, Points):
            for x, y in zip(mark.x, mark.y, strict=True):
                found.setdefault(float(x), []).append((float(y), mark.color))
    c, n, y = (sorted(found[x]) for x in PAGE.columns[1:])
    np.testing.assert_allclose([height for height, _ in c], [-2, -1, 0, 3], atol=1e-9)
    assert [color for _, color in c] == ["neg", "neg", "ink", "pos"]
    assert np.std([height for height, _ in n]) == pytest.approx(1, abs=1e-3) and n == y


def test_a_line_changes_its_colour_where_it_crosses_zero():
    panel = panel_of(NormalizationSteps(), "values")
    seen = set()
    for mark in panel.marks:
        if isinstance(mark, Line) and mark.color in ("pos", "neg"):
            heights = mark.y[np.isfinite(mark.y)]
            seen.add(mark.color)
            assert (heights >= -1e-9).all() if mark.color == "pos" else (heights <= 1e-9).all()
    assert seen == {"pos", "neg"}


def test_the_dots_of_x_are_dragged_within_the_range_of_their_sliders():
    widget = NormalizationSteps(step=17)
    handles = [mark for mark in panel_of(widget, "values").marks if isinstance(mark, Handle)]
    assert [(mark.emits, mark.y) for mark in handles] == [("x0", 1), ("x1", 2), ("x2", 3), ("x3", 6)]
    assert widget.event({"name": "x0", "kind": "drag", "y": 2.09}) == {"x0": 2.0}
    assert widget.event({"name": "x3", "kind": "drag", "y": 9.0}) == {"x3": 6.0}
    assert widget.event({"name": "", "kind": "leave"}) is None
    assert set(widget.slots["more"]) > {"x0", "x1", "x2", "x3"}, "the keyboard needs its sliders"


def test_the_scale_of_the_lines_stays_from_step_to_step():
    widget = NormalizationSteps(x0=-6, x1=-6, x2=-6, x3=6, step=0)
    before = panel_of(widget, "values").y
    widget.set_state(step=17)
    after = panel_of(widget, "values").y
    assert (before.low, before.high) == (after.low, after.high)


@pytest.mark.parametrize("name", ["gradients", "small stack"])
def test_the_bars_of_dx_are_laid_end_to_end_and_come_back_to_zero(name):
    for step, total in ((16, 0.534), (17, 0.0)):
        panel = panel_of(NormalizationSteps(step=step), name)
        inside = FRAME[1] if name == "gradients" else panel.x.high
        bars = [mark for mark in panel.marks if isinstance(mark, Bars) and mark.base < inside]
        assert len(bars) == 4 and [mark.x[0] for mark in bars] == list(ROWS)
        ends = [mark.base + mark.height[0] for mark in bars]
        np.testing.assert_allclose([mark.base for mark in bars[1:]], ends[:-1])
        (dot,) = (mark for mark in panel.marks if isinstance(mark, Points))
        unit = bars[0].height[0] / (0.3817 if step == 16 else 0.248)
        assert dot.x[0] == pytest.approx(ends[-1])
        assert (ends[-1] - bars[0].base) / unit == pytest.approx(total, abs=2e-3)


def test_a_normalization_opens_with_all_values_known_and_no_gradient():
    widget = NormalizationSteps()
    assert (widget.facts["step"], widget.facts["steps"]) == (6, 17)
    assert [figure.value for figure in widget.scene.figures] == ["?", "?"]
    assert not [mark for mark in panel_of(widget, "gradients").marks if isinstance(mark, Bars)]
    assert {"1.60", "−1.07"} <= set(texts_of(panel_of(widget, "values")))
    widget.advance(10)
    assert {"first share of two", "0.53"} <= set(texts_of(panel_of(widget, "gradients")))
    assert [figure.value for figure in widget.scene.figures] == ["?", "?"]
    widget.advance(1)
    assert [figure.value for figure in widget.scene.figures] == ["0.00", "0.248"]
    assert "moving all four inputs alike changes nothing" in widget.text


def test_gradients_that_wait_are_pale_and_dx_is_a_question():
    widget = NormalizationSteps(step=10)
    for name in ("gradients", "small gradients"):
        panel = panel_of(widget, name)
        waiting = [mark for mark in panel.marks if isinstance(mark, Line) and len(mark.x) == 5]
        assert len(waiting) == 3 and all(mark.dash == "dashed" for mark in waiting)  # dm, dv, du
        assert {"dγ −1.07", "dβ 1.00", "dm", "dv", "du"} <= set(texts_of(panel))
    assert "?" in texts_of(panel_of(widget, "small stack"))
    assert "?" in texts_of(panel_of(widget, "gradients"))


@pytest.mark.parametrize("number", [2, 0.7, -5.9])
def test_four_equal_numbers_have_no_spread_and_get_none(number):
    same = {f"x{i}": number for i in range(4)}
    widget = NormalizationSteps(**same)
    panel = panel_of(widget, "values")
    assert "spread 0 stays 0" in texts_of(panel) and not any("→ 1" in text for text in texts_of(panel))
    assert not any(isinstance(mark, Band) for mark in panel.marks)
    widget.set_state(step=5)
    assert widget.text.endswith("mean 0, and the variance stays 0.")
    widget.set_state(x3=number + 0.1)
    panel = panel_of(widget, "values")
    assert any("→ 1" in text for text in texts_of(panel)) and widget.text.endswith("variance 1.")
    assert any(isinstance(mark, Band) for mark in panel.marks)
