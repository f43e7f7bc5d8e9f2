"""What one update shows: sums that add up as they are printed, and one count of the weights that move."""

import re
from decimal import Decimal

import numpy as np
import pytest

from cnnlib.nn.functional import softmax
from cnnlib.viz import Arrows, Bars, Line, Maps, Points, Region, Text, mosaic
from cnnlib.widgets import OneUpdate
from cnnlib.widgets.backpropagation.update_again import BASE, COLORS, COUNT, TOLD, TOP, UpdateAgain
from cnnlib.widgets.backpropagation.update_flow import STAGES
from cnnlib.widgets.backpropagation.update_picture import sum_that_adds_up


def marks_of(update, kind, name="flow"):
    (panel,) = (panel for panel in update.scene.panels if panel.name == name)
    return [mark for mark in panel.marks if isinstance(mark, kind)]


def words_of(update, name="flow"):
    return [str(word) for mark in marks_of(update, Text, name) for word in mark.text]


def chances(update):
    """The probabilities of the image's classes before the update and after it."""
    seen, again, _ = update.kept[1]
    return [softmax(one.activations[-1])[0] for one in (seen, again)]


def test_a_worked_weight_adds_up_as_it_is_printed():
    rng = np.random.default_rng(0)
    for _ in range(200):
        old, gradient, rate = rng.normal(0, 0.3), rng.normal(0, 1), float(f"{10 ** rng.uniform(-4, 1):.6g}")
        first, step, times, new = sum_that_adds_up(old, rate, gradient)
        made = Decimal(first) - Decimal(step) * Decimal(times)
        assert f"{made:z.{len(new.partition('.')[2])}f}" == new != first
        assert float(new) == pytest.approx(old - rate * gradient, abs=2e-3 * rate * abs(gradient) + 1e-4)


def test_a_weight_that_moves_by_less_than_its_digits_tell_has_its_move_said():
    (said,) = (
        word for word in words_of(OneUpdate(network="trained", rate=1e-4)) if word.startswith("framed")
    )
    assert "moves by" in said and "=" not in said and len(said) < 40


def test_it_opens_with_the_question_and_the_next_step_answers_it():
    update = OneUpdate()
    assert update.state["step"] == update.facts["steps"] - 1
    for name in ("this", "others"):
        assert "?" in words_of(update, name) and len(marks_of(update, Line, name)) == 1  # of the loss before
    assert [figure.value for figure in update.scene.figures] == ["?"]
    assert "Press Play for the losses now." in update.text
    update.advance(1)
    assert [figure.value for figure in update.scene.figures] == ["worse"]
    assert "again: this image gets better, the others get worse." in update.text
    assert not [word for name in ("this", "others") for word in words_of(update, name) if word == "?"]


@pytest.mark.parametrize(
    ("state", "own", "theirs"),
    [
        ({}, "better", "worse"),
        ({"rate": 1e-4}, "better", "better"),
        ({"network": "trained", "rate": 1e-4}, "no change", "no change"),
    ],
)
def test_a_line_has_the_colour_of_what_becomes_of_its_loss_and_so_has_its_ground(state, own, theirs):
    update = OneUpdate(step=18, **state)
    for name, found in (("this", own), ("others", theirs)):
        assert [mark.color for mark in marks_of(update, Line, name) if mark.width > 3] == [COLORS[found]]
        strong = [mark.color for mark in marks_of(update, Region, name) if mark.alpha > 0.1]
        assert strong == [COLORS[found]] * (found != "no change")
        bold = [mark.text[0] for mark in marks_of(update, Text, name) if mark.bold and " " in mark.text[0]]
        assert [word.split(" ", 1)[1] for word in bold] == [found] * (found != "no change")
    assert [figure.value for figure in update.scene.figures] == [theirs]


@pytest.mark.parametrize("rate", [1e-3, 0.01, 0.1])
def test_both_lines_have_one_scale_and_their_numbers_as_many_decimals(rate):
    update, found, heights = OneUpdate(rate=rate, step=18), [], []
    losses = [update.facts[key] for key in ("before", "after", "others_before", "others_after")]
    top = 1.6 * max(losses[0], losses[2])
    for name in ("this", "others"):
        (line,) = (mark for mark in marks_of(update, Line, name) if mark.width > 3)
        heights += [*(BASE - line.y)]
        found += [word for word in words_of(update, name) if re.fullmatch(r"\d+\.\d+", word)][::-1]
    heights, shares = np.array(heights) / (BASE - TOP), np.array(losses) / top
    np.testing.assert_allclose(heights[shares <= 1], shares[shares <= 1], atol=1e-9)
    assert (np.abs(heights[shares > 1] - 1) < 0.06).all()
    assert [float(number) for number in found] == pytest.approx(losses, abs=0.005)
    assert {len(number.partition(".")[2]) for number in found} == {2}
    shapes = [mark.shape for mark in marks_of(update, Points, "others") if mark.size > 6]
    assert shapes == ["triangle" if losses[3] > top else "circle"]


def test_the_scale_does_not_tell_what_will_come():
    for rate in (1e-3, 0.1):
        asked, answered = (marks_of(OneUpdate(rate=rate, step=step), Points, "others") for step in (17, 18))
        assert asked[-1].y == answered[-1].y  # of the loss before


def test_what_both_losses_do_is_said_for_every_case():
    assert set(TOLD) == {(one, other) for one in COLORS for other in COLORS}


def test_the_weight_whose_sum_is_shown_is_framed_in_the_kernel_its_gradient_and_the_new_one():
    update = OneUpdate()
    kernels = [mark for mark in marks_of(update, Maps) if mark.boxes is not None]
    (place,) = {(int(mark.boxes[0][1]), int(mark.boxes[0][3])) for mark in kernels}
    assert len(kernels) == 4  # and the gradient that came with the way back
    (said,) = (word for word in words_of(update) if word.startswith("framed: "))
    old, rate, times, new = (float(number) for number in re.findall(r"-?\d+\.\d+", said))
    assert (old, rate, new) == (
        pytest.approx(kernels[1].z[place], abs=1e-3),
        0.01,
        pytest.approx(old - rate * times),
    )


@pytest.mark.parametrize("rate", [0.01, 1e-4])
def test_what_the_image_is_taken_for_before_and_after_stands_beside_it(rate):
    update = OneUpdate(rate=rate, step=18)
    before, after = chances(update)
    label = update.facts["label"]
    said = words_of(update, "this")
    at = said.index("guess")
    assert said[at - 2 : at] == [str(before.argmax()), str(after.argmax())]
    assert (before.argmax() != after.argmax()) == (rate == 0.01) and (after.argmax() == label) == (
        rate == 0.01
    )


def test_some_of_the_images_that_took_no_part_are_shown():
    update = OneUpdate()
    (shown,) = marks_of(update, Maps, "others")
    others = update.specimen.images[-update.others :]
    np.testing.assert_array_equal(shown.z, mosaic(others[:COUNT, 0], 8))
    assert (shown.count, COUNT) == (16, 16)


def test_a_loss_that_is_no_number_is_a_triangle_near_the_upper_edge():
    update = OneUpdate(step=18)
    again = UpdateAgain(*[None] * 5, update.facts | {"after": np.nan}, None, asked=False)
    now = again.line(1.0, np.nan, "worse")[1]
    assert (now.shape, float(now.y[0])) == ("triangle", TOP + 16)


def test_the_three_kernels_of_a_step_are_its_sum():
    old, change, new = (mark.z for mark in marks_of(OneUpdate(), Maps)[-3:])
    np.testing.assert_allclose(old - change, new, rtol=1e-6)
    assert np.abs(old - new).max() > 1e-4


def test_small_bars_of_the_gradient_at_the_scores_are_probability_less_label():
    update = OneUpdate()
    wanted = chances(update)[0] - np.eye(10)[update.facts["label"]]
    bars = {mark.color: mark for mark in marks_of(update, Bars)}
    up, down = wanted[wanted > 0], wanted[wanted < 0]
    for mark, values in ((bars["pos"], up), (bars["neg"], down)):
        np.testing.assert_allclose(-np.array(mark.height) / 34, values, rtol=1e-5)


@pytest.mark.parametrize("step", [17, 18])
def test_the_values_are_those_of_the_first_way_forwards_as_are_the_guess_and_the_loss_beneath(step):
    update = OneUpdate(step=step)
    seen, _, _ = update.kept[1]
    before, _ = chances(update)
    maps = [one for output in update.outputs if output.maps for one in seen.activations[output.place][0]]
    shown = marks_of(update, Maps)[:3]
    assert all(any(np.array_equal(mark.z, one) for one in maps) for mark in shown)
    assert before.argmax() != update.facts["label"]
    assert {f"{100 * before.max():.0f} % sure", f"{update.facts['before']:.2f}"} <= set(words_of(update))


def test_nothing_is_shown_before_it_is_known():
    known = []
    for step in (6, 7, 8, 17, 18):
        update = OneUpdate(step=step)
        labels = {mark.label for mark in marks_of(update, Bars | Points, "guess")}
        loss = f"{update.facts['before']:.2f}" in words_of(update)
        known.append([loss, update.scene.figures[0].value != "?", *sorted(labels - {"wanted"})])
    assert known[:2] == [[False, False], [False, False, "before"]]
    assert known[2:] == [[True, False, "before"], [True, False, "before"], [True, True, "after", "before"]]


@pytest.mark.parametrize(("step", "there"), [(0, 1), (7, 1), (8, 2), (9, 3), (16, 3), (17, 4), (18, 4)])
def test_a_stage_is_there_when_it_is_reached_and_the_present_one_is_framed(step, there):
    update = OneUpdate(step=step)
    heads = [mark for mark in marks_of(update, Text) if mark.text[0] in STAGES]
    assert [mark.color for mark in heads] == ["ink"] * there + ["muted"] * (4 - there)
    framed = [mark.color == "you" for mark in marks_of(update, Region)]
    assert framed == [k == there - 1 and step < 18 for k in range(4)]


@pytest.mark.parametrize(("step", "sign"), [(3, 1), (12, -1)])
def test_the_present_way_is_the_large_picture_and_arrows_lead_along_it(step, sign):
    arrows = marks_of(OneUpdate(step=step), Arrows, "large")
    assert arrows and {float(np.sign(mark.dx[0])) for mark in arrows} == {sign}


def test_a_sum_needs_no_decimal_numbers_in_python_and_has_no_minus_zero():
    import sys

    from cnnlib.widgets.backpropagation.update_picture import sum_that_adds_up

    missing = {"_pydecimal": None}  # as in the Python of a page
    kept = {name: sys.modules.pop(name, None) for name in missing}
    sys.modules.update(missing)
    try:
        assert sum_that_adds_up(0.16437, 0.01, 0.2252) == ("0.1644", "0.01", "0.23", "0.1621")
        assert sum_that_adds_up(0.00008, 0.1, 0.0012) == ("0.0001", "0.1", "0.0012", "0.0000")
    finally:
        for name, module in kept.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module


def test_a_tiny_loss_is_the_same_number_in_the_box_the_plot_and_the_sentence():
    widget = OneUpdate(network="trained", rate=0.0001, step=18)
    words = {
        panel.name: [text for mark in panel.marks if isinstance(mark, Text) for text in mark.text]
        for panel in widget.scene.panels
    }
    assert "1.43\u00a0×\u00a010⁻⁶" in words["flow"] and "100 % sure" in words["flow"]
    assert "The loss of this image stays 1.43\u00a0×\u00a010⁻⁶; rate times" in widget.text
    assert "down by 0" not in widget.text
    widget.set_state(step=8)
    assert "100.0 %, and minus its logarithm is 1.43" in widget.text
    assert ", down by " in OneUpdate(step=18).text
