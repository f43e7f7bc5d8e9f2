"""The widgets of generalization: their sentences against the numbers behind them, and their challenges."""

from itertools import pairwise

import numpy as np
import pytest

from cnnlib.experiments.memorising import memorise, validation_logits
from cnnlib.nn.functional import softmax
from cnnlib.training import expected_calibration_error, fit_temperature
from cnnlib.viz import Band, Cursor, Line, Note, Points, Region, Text
from cnnlib.viz.static import to_png
from cnnlib.widgets import CalibrationExplorer, MemoriseExplorer


def marks_of(widget, kind):
    return [mark for panel in widget.scene.panels for mark in panel.marks if isinstance(mark, kind)]


def test_the_sentence_tells_the_curves_of_that_epoch():
    widget = MemoriseExplorer(images="200", share="20", epoch=40)
    curves = memorise(200, 0.2, 60)
    train, validation = (100 * values[:, 40].mean() for values in (curves.train, curves.validation))
    assert f"After epoch 40 on 200 images, 40 of their labels drawn anew, {train:.0f} %" in widget.text
    assert f"{validation:.0f} % of the validation images the true one" in widget.text
    assert f"lowest after epoch {curves.best_epoch}" in widget.text
    widget.set_state(epoch=0)
    assert widget.text.startswith("No epoch yet: 200 images with 40 of the labels drawn anew wait")


def test_only_random_labels_make_such_a_gap_and_only_late():
    widget = MemoriseExplorer()
    for share in ("0", "20", "50"):
        for images in ("100", "200", "400"):
            widget.set_state(images=images, share=share, epoch=60)
            assert not widget.challenge_reached, (images, share)
    widget.set_state(share="100", images="200", epoch=10)
    assert not widget.challenge_reached
    widget.advance(50)
    assert widget.challenge_reached and widget.facts["validation"] < 15


def test_what_is_to_come_is_a_ghost_and_the_cursor_sets_the_epoch():
    widget = MemoriseExplorer(epoch=20)
    ghosts = [line for line in marks_of(widget, Line) if line.alpha < 1]
    assert len(ghosts) == 4 and all(line.x[0] == 20 and line.x[-1] == 60 for line in ghosts)
    assert all(cursor.sets == {"x": "epoch"} for cursor in marks_of(widget, Cursor))


def test_a_frame_stands_around_each_image_whose_label_is_not_what_it_shows():
    from cnnlib.widgets.generalization.memorising import shown

    _, given, true = shown(200, 0.5)
    assert len(marks_of(MemoriseExplorer(share="50"), Region)) == np.sum(given != true) > 3
    assert not marks_of(MemoriseExplorer(share="0"), Region)


def test_a_bracket_at_the_present_epoch_spans_the_gap():
    for epoch, side in ((20, 1), (60, -1)):
        widget = MemoriseExplorer(share="100", epoch=epoch)
        bracket, facts = gap_of(widget), widget.facts
        assert (min(bracket.y), max(bracket.y)) == pytest.approx((facts["validation"], facts["train"]))
        assert all(0 < side * (x - epoch) < 3 for x in bracket.x)  # on the side where there is room
        words = [text for mark in marks_of(widget, Text) for text in mark.text]
        assert f"gap {facts['gap']:.0f}" in words and {"training", "validation"} <= set(words)
    assert gap_of(MemoriseExplorer(epoch=0)) is None


def gap_of(widget):
    return next((line for line in marks_of(widget, Line) if line.color == "path"), None)


def test_the_numbers_have_the_dashes_of_their_curves():
    widget = MemoriseExplorer(epoch=30)
    dashes = {(line.color, line.dash) for line in marks_of(widget, Line) if line.width == 2.5}
    assert dashes >= {("muted", "dashed"), ("ink", "solid")}
    assert [figure.mark for figure in widget.scene.figures] == ["dashed", "solid"]


@pytest.mark.parametrize(
    ("way", "side"),
    [("trained long", "too sure"), ("8 epochs only", "too modest"), ("label smoothing", "too modest")],
)
def test_each_way_is_told_as_what_it_is(way, side):
    assert f"right: {side}." in CalibrationExplorer(way=way).text


def test_the_temperature_moves_the_error_and_no_guess():
    widget, (logits, labels) = CalibrationExplorer(), validation_logits()
    right = widget.facts["right"]
    for temperature in (0.3, 1.0, 1.7, 4.0):
        widget.set_state(temperature=temperature)
        p = softmax(logits[1000:].astype(float) / temperature)
        assert widget.facts["ece"] == pytest.approx(100 * expected_calibration_error(p, labels[1000:]))
        assert widget.facts["right"] == right
        assert f"At temperature {temperature:.2f}" in widget.text


def test_the_challenge_wants_the_network_trained_long_at_about_the_fitted_temperature():
    logits, labels = validation_logits()
    fitted = fit_temperature(logits[:1000], labels[:1000])
    widget = CalibrationExplorer(way="weight decay", temperature=0.85)
    assert widget.facts["ece"] < 3 and not widget.challenge_reached
    widget.set_state(way="trained long", temperature=1.0)
    assert not widget.challenge_reached
    widget.set_state(temperature=fitted)
    assert widget.facts["ece"] < 3 and widget.challenge_reached


def test_no_axis_of_the_calibration_runs_past_100_per_cent_and_one_chart_is_about_the_temperature():
    widget = CalibrationExplorer()
    panels = {panel.name: panel for panel in widget.scene.panels}
    assert list(panels) == ["reliability", "counts", "ece"]
    assert (panels["reliability"].x.high, panels["reliability"].y.high, panels["counts"].x.high) == (1, 1, 1)
    (curve,) = [mark for mark in panels["ece"].marks if isinstance(mark, Line)]
    logits, labels = validation_logits()
    p = softmax(logits[1000:].astype(float) / curve.x[10])
    assert curve.y[10] == pytest.approx(100 * expected_calibration_error(p, labels[1000:]))
    assert f"cross-entropy {widget.facts['loss']:.3f}" in widget.text


@pytest.mark.parametrize("way", ["trained long", "label smoothing"])
def test_a_dot_stands_on_the_dotted_line_and_ends_the_gap_of_its_bar(way):
    panels = CalibrationExplorer(way=way).scene.panels
    (panel,) = [panel for panel in panels if panel.name == "reliability"]
    marks = panel.marks
    (dots,) = [mark for mark in marks if isinstance(mark, Points)]
    np.testing.assert_array_equal(dots.x, dots.y)
    gaps = [mark for mark in marks if isinstance(mark, Region) and mark.filled]
    notes = [mark.text for mark in marks if isinstance(mark, Note)]
    assert notes == ["on the line: as sure as it is right"] * (way == "trained long"), "where there is room"
    assert "orange: too sure; blue: too modest" in panel.subtitle
    assert [gap.y1 for gap in gaps] == list(dots.y)


def test_a_mistaken_label_is_told_with_what_the_image_shows():
    from cnnlib.widgets.generalization.memorising import shown

    _, given, true = shown(200, 0.5)
    captions = marks_of(MemoriseExplorer(share="50"), Text)[0]
    told = [f"{g}, not {t}" if g != t else str(g) for g, t in zip(given, true, strict=True)]
    assert list(captions.text) == told


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_can_be_drawn_in_both_themes(theme):
    for widget in (MemoriseExplorer(share="100", epoch=60), CalibrationExplorer(bins=20, temperature=4)):
        assert to_png(widget.scene, theme=theme)[1:4] == b"PNG"


@pytest.mark.parametrize(("temperature", "color"), [(1, "neg-text"), (4, "pos-text")])
def test_the_bin_that_adds_most_to_the_error_says_how_sure_and_how_right_it_is(temperature, color):
    widget = CalibrationExplorer(temperature=temperature)
    logits, labels = validation_logits()
    p = softmax(logits[1000:].astype(float) / temperature)
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels[1000:]
    edges = np.linspace(0, 1, 11)
    bins = [(sure > low) & (sure <= high) for low, high in pairwise(edges)]
    shares = [(sure[i].mean(), right[i].mean(), i.sum()) for i in bins if i.any()]
    most, hit, _ = max(shares, key=lambda one: abs(one[0] - one[1]) * one[2])
    (text,) = (mark for mark in widget.scene.panels[0].marks if isinstance(mark, Text))
    assert text.text == (f"{100 * most:.0f} % sure, {100 * hit:.0f} % right",) and text.color == color


def test_the_goal_says_whether_the_network_or_the_bins_are_others():
    assert CalibrationExplorer().goal()["text"].endswith("%")
    assert CalibrationExplorer(bins=20).goal()["text"].endswith(", counts with 10 bins")
    assert CalibrationExplorer(way="weight decay").goal()["text"].endswith(", another network")
    assert not CalibrationExplorer(bins=4, temperature=2).challenge_reached


def test_what_was_learned_by_heart_is_filled_between_the_means_up_to_now():
    widget = MemoriseExplorer(images="200", share="50", epoch=20)
    curves = memorise(200, 0.5, 60)
    (fill,) = (mark for mark in marks_of(widget, Band) if mark.color == "path")
    np.testing.assert_array_equal(fill.x, np.arange(21))
    np.testing.assert_allclose(fill.high, 100 * curves.train.mean(axis=0)[:21])
    np.testing.assert_allclose(fill.low, 100 * curves.validation.mean(axis=0)[:21])
