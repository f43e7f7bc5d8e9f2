"""The widgets of notebook 11, swept over every control, and their sentences against the numerics."""

import re

import numpy as np
import pytest

from cnnlib.data import Distort, Split, load_digits
from cnnlib.data.images import FASHION
from cnnlib.experiments.inspection import confusion_matrix, occlusion
from cnnlib.networks import load_digits_cnn, two_conv
from cnnlib.viz import Bars, Heatmap, Line, Points, Region, Text, Tiles, static
from cnnlib.widgets.start_here.gallery import ImageGallery
from cnnlib.widgets.train_a_cnn.augmentation import AugmentationExplorer
from cnnlib.widgets.train_a_cnn.evidence import OWN, SURE, EvidenceExplorer
from cnnlib.widgets.train_a_cnn.mistakes import MistakeExplorer
from tests.widgets.sweep import make, moves

ALL = (AugmentationExplorer, MistakeExplorer, EvidenceExplorer)


def mark_of(panel, kind):
    return next(mark for mark in panel.marks if isinstance(mark, kind))


@pytest.fixture(scope="module")
def made():
    return {widget_class: widget_class() for widget_class in ALL}


@pytest.mark.parametrize("widget_class", ALL)
def test_shares_and_counts_are_never_negative(widget_class, made):
    widget = made[widget_class]
    for move in moves(widget, np.random.default_rng(1)):
        make(widget, *move)
        assert 0 <= min(widget.facts[k] for k in ("read", "wrong", "confidence") if k in widget.facts)


@pytest.mark.parametrize("widget_class", ALL)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_picture_can_be_drawn_in_both_themes(widget_class, theme, made):
    assert static.to_png(made[widget_class].scene, theme=theme)[1:4] == b"PNG"


def test_the_share_read_is_that_of_the_network_on_the_distorted_images(digits):
    widget = AugmentationExplorer(shift=1, rotate=20, elastic=0.2, seed=5)
    distort = Distort(shift=1, rotate=20, scale=0.08, shear=0.08, elastic=0.2, smoothness=2)
    shaken = distort(digits.x_test[:100], np.random.default_rng(5))
    expected = (load_digits_cnn().predict(shaken) == digits.y_test[:100]).mean()
    assert widget.facts["read"] == expected < widget.facts["read_plain"]
    assert f"the network reads {100 * expected:.0f} %" in widget.text
    assert not widget.challenge_reached
    widget.set_state(rotate=180, shift=3)
    assert widget.facts["read"] < 0.5 and not widget.challenge_reached  # nobody reads that
    widget.set_state(shift=0, rotate=0, scale=0, shear=0, elastic=1.1, smoothness=1)
    assert widget.challenge_reached


def test_no_distortion_moves_nothing():
    widget = AugmentationExplorer(shift=0, rotate=0, scale=0, shear=0, elastic=0)
    assert widget.facts["moved"] == 0 and widget.facts["read"] == widget.facts["read_plain"] > 0.95


def test_the_matrix_opens_at_the_worst_confusion_and_a_click_chooses_another(digits):
    model, widget = load_digits_cnn(), MistakeExplorer(split=digits)
    matrix = confusion_matrix(digits.y_test, model.predict(digits.x_test), 10)
    off = matrix - np.diag(np.diag(matrix))
    assert widget.facts["count"] == off.max() and widget.facts["wrong"] == off.sum()
    heat = next(mark for mark in widget.scene.panels[0].marks if isinstance(mark, Heatmap))
    assert heat.sets == {"row": "label", "col": "guess"}
    for label in range(10):
        widget.set_state(label=label, guess=label)
        assert widget.facts["count"] == matrix[label, label] and "rightly taken" in widget.text
    empty = tuple(int(i) for i in np.argwhere(matrix == 0)[0])
    widget.set_state(label=empty[0], guess=empty[1])
    assert widget.facts["count"] == 0 and widget.text.startswith(f"0 test images of class {empty[0]} taken")


def test_the_largest_fall_is_where_the_square_costs_most(digits):
    widget = EvidenceExplorer(split=digits, image=7, size=3)
    falls = occlusion(load_digits_cnn(), digits.x_test[7:8], 3)[0]
    assert widget.facts["fall"] == pytest.approx(falls.max())
    assert falls[widget.facts["row"], widget.facts["col"]] == falls.max()
    asked = EvidenceExplorer(split=digits, image=7, size=3, target="1")
    other = occlusion(load_digits_cnn(), digits.x_test[7:8], 3, target=1)[0]
    assert asked.facts["fall"] == pytest.approx(other.max()) and widget.state["target"] == OWN


def test_a_class_without_probability_is_looked_at_by_its_logit(digits):
    model = load_digits_cnn()
    p = model.predict_proba(digits.x_test[7:8])[0]
    least = int(p.argmin())
    widget = EvidenceExplorer(split=digits, image=7, size=3, target=str(least))
    falls = occlusion(model, digits.x_test[7:8], 3, target=least, logit=True)[0]
    covered = digits.x_test[7:8].copy()
    covered[..., 1:4, 2:5] = 0
    both = (model.forward(x)[0, least] for x in (digits.x_test[7:8], covered))
    assert falls[1, 2] == pytest.approx(next(both) - next(both), rel=1e-5)
    assert widget.facts["fall"] == pytest.approx(falls.max()) and falls.max() > 0.1
    assert "logit" in widget.text and widget.scene.panels[0].title == "Cost in the logit"
    assert "logit" not in EvidenceExplorer(split=digits, image=7).text


def test_the_evidence_opens_on_a_guess_that_is_right_and_falls_with_one_square():
    for widget in (EvidenceExplorer(), EvidenceExplorer(split=load_digits())):
        facts = widget.facts
        assert facts["guess"] == facts["label"] != facts["then"]
        assert min(facts["confidence"], facts["then_sure"]) >= SURE
    facts = EvidenceExplorer().facts
    assert (facts["guess"], facts["then"]) == (9, 4)
    assert EvidenceExplorer().text.startswith(
        "This square makes the difference: with it blank, 9 is read as 4."
    )


def test_the_covered_image_is_blank_in_the_square_and_its_own_guess_stands_at_it():
    widget = EvidenceExplorer(image=64, target="3")
    panels = {panel.name: panel for panel in widget.scene.panels}
    whole, covered = (mark_of(panels[name], Heatmap).z for name in ("image", "covered"))
    row, col, size = (widget.facts["row"], widget.facts["col"], widget.state["size"])
    assert not covered[row : row + size, col : col + size].any()
    changed = np.argwhere(whole != covered)
    assert len(changed) and (changed >= (row, col)).all() and (changed < (row + size, col + size)).all()
    assert mark_of(panels["verdict"], Text).text == ("Now read as 1",)
    assert "9" in [text for mark in panels["image"].marks if isinstance(mark, Text) for text in mark.text]
    p, after = (widget.model.predict_proba(x[None, None].astype(np.float32))[0] for x in (whole, covered))
    shown = panels["after"]
    words = [mark for mark in shown.marks if isinstance(mark, Text) and mark.align == "left"]
    classes = {int(y): int(name) for mark in words for y, name in zip(mark.y, mark.text, strict=True)}
    assert {1, 3, 9} <= set(classes.values()), "both guesses and the class asked about"
    assert all(max(p[k], after[k]) >= 0.005 for k in set(classes.values()) - {1, 3, 9}), "no row says nothing"
    bars = [mark for mark in shown.marks if isinstance(mark, Bars)][1:]
    drawn = {classes[int(r)]: height for bar in bars for r, height in zip(bar.x, bar.height, strict=True)}
    assert drawn == pytest.approx({k: after[k] for k in drawn}, abs=1e-6) and len(drawn) == len(classes)
    (tick,) = (mark for mark in shown.marks if isinstance(mark, Line) and mark.color == "ink")
    ticks = {classes[round(y + 0.4)]: x for x, y in zip(tick.x[::3], tick.y[::3], strict=True)}
    assert ticks == pytest.approx({k: p[k] for k in ticks}, abs=1e-6) and set(ticks) == set(drawn)


def test_the_square_is_drawn_where_it_lies_and_the_words_at_the_colours_name_their_sign(digits):
    widget = EvidenceExplorer(split=digits, image=7, size=3)
    panels = {panel.name: panel for panel in widget.scene.panels}
    for name in ("covered", "falls"):
        (square,) = (mark for mark in panels[name].marks if isinstance(mark, Region) and mark.color == "you")
        assert (square.x0, square.y0) == (widget.facts["col"] - 0.5, widget.facts["row"] - 0.5)
    ramp = mark_of(
        panels["key"], Heatmap
    )  # a fall is blue, at the right end of the ramp: it spoke for the class
    ends = sorted(
        (mark for mark in panels["key"].marks if isinstance(mark, Text)), key=lambda mark: mark.x[0]
    )
    told, guess = [mark.text[0] for mark in ends], widget.facts["guess"]
    assert ramp.z[0, 0] == -1 and told == [f"speaks against {guess}", "no change", f"speaks for {guess}"]
    assert [mark.color for mark in ends] == ["neg", "muted", "pos"]


def test_bars_stand_for_those_classes_alone_that_have_a_say():
    (shown,) = (panel for panel in EvidenceExplorer().scene.panels if panel.name == "after")
    words = [mark for mark in shown.marks if isinstance(mark, Text) and mark.align == "left"]
    assert sorted(name for mark in words for name in mark.text) == ["4", "9"], "the others read 0 % twice"


def test_a_square_that_costs_nothing_is_told_of_without_numbers_that_are_alike():
    widget = EvidenceExplorer(image=80, size=1)
    assert "carries the guess" in widget.text and "100 % to" not in widget.text
    assert "costs class 2 a whole point of its 100 %" in widget.text


def test_the_headline_is_what_the_class_has_before_and_after(digits):
    widget = EvidenceExplorer(split=digits, image=7, size=3)
    (figure,) = widget.scene.figures
    falls, p = widget.maps[1], load_digits_cnn().predict_proba(digits.x_test[7:8]).max()
    assert figure.label == f"Class {widget.facts['guess']}, with the square blank"
    assert figure.value == f"{100 * p:.0f} % → {100 * (p - falls.max()):.0f} %"
    assert widget.facts["cost"] == widget.facts["fall"]
    row, col = (int(i) for i in np.unravel_index(falls.argmin(), falls.shape))
    widget.set_state(row=row, col=col)
    assert widget.facts["cost"] == pytest.approx(falls.min()) and not widget.volatile
    assert widget.scene.figures[0].value == f"{100 * p:.0f} % → {100 * (p - falls.min()):.0f} %"
    assert f"from {100 * p:.0f} % to {100 * (p - falls.min()):.0f} %" in widget.text


def test_a_network_that_overflowed_is_answered_with_a_sentence():
    model = load_digits_cnn()
    widget = EvidenceExplorer(model, load_digits())
    model[0].params["weight"][...] = np.nan
    widget.set_state(image=1)
    assert "not finite" in widget.message and widget.failure is None


def test_larger_images_and_classes_with_names_are_shown():
    rng, names = np.random.default_rng(0), tuple(f"class {i}" for i in range(10))
    x, y = rng.random((30, 1, 28, 28), np.float32), rng.integers(0, 10, 30)
    split, model = Split(x, y, x, y, names), two_conv(0)
    for widget_class in ALL:
        widget = widget_class(split=split, model=model)
        assert widget.failure is None and static.to_png(widget.scene)
    assert EvidenceExplorer(model, split, target="class 3").state["target"] == "class 3"
    assert load_digits().class_names[3] == "3"


def test_the_sentence_tells_the_number_of_the_most_confident_mistake():
    widget = MistakeExplorer()
    number, split = widget.facts["first"], widget.split
    assert f"the first (number {number})" in widget.text
    assert split.y_test[number] == widget.state["label"] != widget.state["guess"]
    assert int(widget.guesses[number]) == widget.state["guess"]


@pytest.mark.parametrize(("label", "guess", "columns", "rows"), [(1, 8, 2, 1), (4, 4, 4, 3)])
def test_few_mistakes_are_drawn_large_each_with_the_probabilities_of_both_classes(
    label, guess, columns, rows, digits
):
    widget = MistakeExplorer(split=digits, label=label, guess=guess)
    panel = widget.scene.panels[1]
    images = [mark for mark in panel.marks if isinstance(mark, Heatmap)]
    words = [text for mark in panel.marks if isinstance(mark, Text) for text in mark.text]
    count = min(widget.facts["count"], columns * rows)
    assert len(images) == count and panel.x.high - panel.x.low == columns * 9 - 1
    kinds = {guess, label}
    assert len(words) == 2 * len(kinds) * count  # a name and a share for each class
    assert words[0] == f"{100 * widget.facts['confidence']:.0f} %"
    first = widget.p[widget.facts["first"]]
    bars = [mark for mark in panel.marks if isinstance(mark, Region) and mark.color != "grid"]
    full = next(mark for mark in panel.marks if isinstance(mark, Region) and mark.color == "grid")
    drawn = [(bar.x1 - bar.x0) / (full.x1 - full.x0) for bar in bars[::count]]
    asked = [guess] if label == guess else [guess, label]
    assert drawn == pytest.approx([first[kind] for kind in asked])


def test_they_open_with_digits_of_28_pixels():
    assert EvidenceExplorer().split.x_test.shape[2:] == (28, 28)
    assert MistakeExplorer().split.x_test.shape[2:] == (28, 28)


@pytest.mark.parametrize("size", [3, 4])
def test_the_map_of_costs_lies_over_its_image_and_each_value_in_the_middle_of_its_square(digits, size):
    widget = EvidenceExplorer(split=digits, image=7, size=size)
    panels = {panel.name: panel for panel in widget.scene.panels}
    for name in ("falls", "covered", "saliency"):
        ends = panels[name].x, panels[name].y
        assert [(axis.low, axis.high) for axis in ends] == [(-0.5, 7.5), (7.5, -0.5)]
    assert all(
        mark_of(panels[name], Line).color == "grid" for name in ("falls", "covered", "image", "saliency")
    )
    falls = mark_of(panels["falls"], Heatmap)
    row, col = np.unravel_index(np.nanargmax(falls.z), falls.z.shape)
    left, right, top, bottom = falls.extent
    middle = (size - 1) / 2
    assert (left + col + 0.5, top + row + 0.5) == (widget.facts["col"] + middle, widget.facts["row"] + middle)
    assert (right - left, bottom - top) == falls.z.shape[::-1] == (10, 10)
    assert min(left, top) < -0.5 and max(right, bottom) > 7.5, "it can be dragged to everywhere"


def test_the_augmentation_opens_with_a_few_wrong_and_the_least_bent_first():
    widget = AugmentationExplorer()
    panel = widget.scene.panels[1]
    wrong = [word for mark in panel.marks if isinstance(mark, Text) for word in mark.text if "→" in word]
    assert 2 <= len(wrong) <= 9
    around = [mark.color for mark in panel.marks if isinstance(mark, Region)]
    assert around == ["bad"] * len(wrong)  # the colour of trouble
    turned = AugmentationExplorer(shift=0, rotate=180, scale=0, shear=0, elastic=0)
    z, plain = mark_of(turned.scene.panels[1], Heatmap).z, turned.x[3, 0]
    first, last = z[:8, :8], z[-8:, -8:]
    assert np.abs(first - plain).mean() < 0.7 * np.abs(last - plain).mean()


def test_each_of_a_hundred_images_is_a_dot_by_how_far_it_moved_and_whether_it_is_read(digits):
    widget = AugmentationExplorer(rotate=60)
    panel = next(panel for panel in widget.scene.panels if panel.name == "moved")
    read, misread = (mark for mark in panel.marks if isinstance(mark, Points))
    assert (len(read.x), len(misread.x)) == (round(100 * widget.facts["read"]), 100 - len(read.x))
    assert (read.y > 0).all() and (misread.y < 0).all()
    every = np.concatenate([read.x, misread.x])
    assert every.mean() == pytest.approx(widget.facts["moved"], abs=0.05)
    assert len(set(zip(every, np.concatenate([read.y, misread.y]), strict=True))) == 100, (
        "no dot hides another"
    )
    assert misread.x.mean() > read.x.mean()


@pytest.mark.parametrize(
    "state", [{}, {"rotate": 180}, dict.fromkeys(("shift", "rotate", "scale", "shear", "elastic"), 0)]
)
def test_the_words_of_the_dots_lie_beside_them(state):
    panel = next(panel for panel in AugmentationExplorer(**state).scene.panels if panel.name == "moved")
    lowest = min(mark.y.min() for mark in panel.marks if isinstance(mark, Points) and len(mark.y))
    words = [mark for mark in panel.marks if isinstance(mark, Text)]
    (mean,) = (mark for mark in words if mark.text[0].startswith("mean"))
    assert mean.y[0] == panel.y.low and mean.baseline == "bottom"
    assert (lowest - panel.y.low) / (panel.y.high - panel.y.low) > 0.29, "room for the mean under the dots"
    for mark in words:
        if "read" in mark.text[0]:  # 345 pixels on a narrow page, a letter 6.7
            assert (panel.x.high - mark.x[0]) / panel.x.high * 345 > mark.shift[0] + 6.7 * len(mark.text[0])


def test_a_square_is_told_with_a_sign_of_times_and_one_pixel_as_a_pixel():
    assert "No other place of 7×7 pixels costs class 9 more" in EvidenceExplorer().text
    assert "No other pixel costs class 9 more" in EvidenceExplorer(size=1).text
    assert "No pixel costs class 7 a whole point" in EvidenceExplorer(size=1, image=0).text


def test_the_image_is_told_by_its_label():
    assert AugmentationExplorer(image=28).scene.panels[0].subtitle == "its label: 8"


def test_names_of_clothes_are_said_whole():
    digits = load_digits()
    clothes = digits._replace(class_names=FASHION)
    scene = MistakeExplorer(split=clothes).scene
    mistakes = scene.panels[0]
    assert scene.title == "Which classes does it mix up?"
    assert MistakeExplorer().scene.title == "Which digits does it mix up?"
    assert mistakes.x.names == mistakes.y.names == FASHION
    assert mistakes.x.staggered and not MistakeExplorer().scene.panels[0].x.staggered
    evidence = EvidenceExplorer(split=clothes, image=0)
    (shown,) = (panel for panel in evidence.scene.panels if panel.name == "after")
    words = [mark for mark in shown.marks if isinstance(mark, Text) and mark.align == "left"]
    assert {name for mark in words for name in mark.text} <= set(FASHION)
    gallery = ImageGallery(clothes)
    assert gallery.scene.title == "Would you name every one of these?"
    assert ImageGallery().scene.title == "Would you read every one of these?"


@pytest.mark.parametrize(
    "name, row, col, place", [("covered", 4, 5, (3, 4)), ("covered", 7, 0, (5, 0)), ("falls", 5, 1, (3, 0))]
)
def test_the_square_goes_where_it_is_dragged_and_back_with_another_image(digits, name, row, col, place):
    widget = EvidenceExplorer(split=digits, image=7, size=3)
    costly = widget.place()

    def send(kind):
        event = {"name": name, "kind": kind, "row": row, "col": col}
        widget.live.receive({"type": "event", "event": event})

    send("hover")
    assert widget.place() == costly and "row" not in repr(widget)
    send("drag")
    covered = digits.x_test[7:8].copy()
    covered[..., place[0] : place[0] + 3, place[1] : place[1] + 3] = 0
    p = load_digits_cnn().predict_proba(covered)[0]
    shown = mark_of(next(panel for panel in widget.scene.panels if panel.name == "covered"), Heatmap).z
    assert widget.place() == place and f"row={place[0]}" in repr(widget)
    assert np.array_equal(shown, covered[0, 0])
    assert (widget.facts["then"], widget.facts["then_sure"]) == (p.argmax(), pytest.approx(p.max(), rel=1e-5))
    guess = widget.facts["guess"]
    told = re.search(
        r"The probability of (\d) (?:goes from \d+ % to|stays at) (\d+) % \((.*)\)\.", widget.text
    )
    assert told.groups() == (str(guess), f"{100 * p[guess]:.0f}", f"row {place[0]}, column {place[1]}")
    assert (widget.facts["row"], widget.facts["col"]) == costly  # still where covering costs most
    widget.set_state(image=8)
    assert widget.place() == (widget.facts["row"], widget.facts["col"]) and "No other place" in widget.text
    widget.set_state(row=0, col=1)
    widget.set_state(size=4)
    assert widget.place() == (widget.facts["row"], widget.facts["col"])


def test_each_mistake_stands_in_its_cell_as_its_surest_image_and_several_are_counted(made):
    widget = made[MistakeExplorer]
    wrong = widget.matrix - np.diag(np.diag(widget.matrix))
    marks = widget.scene.panels[0].marks
    (tiles,) = (mark for mark in marks if isinstance(mark, Tiles))
    assert len(tiles.x) == (wrong > 0).sum()
    for x, y, z in zip(tiles.x.astype(int), tiles.y.astype(int), tiles.z, strict=True):
        there = np.flatnonzero((widget.split.y_test == y) & (widget.guesses == x))
        surest = there[np.argmax(widget.confidence[there])]
        np.testing.assert_array_equal(z, widget.split.x_test[surest, 0])
    right, counted = (mark for mark in marks if isinstance(mark, Text))
    assert right.text == tuple(str(count) for count in np.diag(widget.matrix))
    assert counted.text == tuple(str(count) for count in wrong[wrong > 1])
