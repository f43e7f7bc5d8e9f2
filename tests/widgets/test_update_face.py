"""What one update shows: sums that add up as they are printed, and one count of the weights that move."""

import re
from decimal import Decimal

import numpy as np
import pytest

from cnnlib.nn.functional import softmax
from cnnlib.viz import Arrows, Bars, Maps, Points, Text, mosaic
from cnnlib.widgets import OneUpdate
from cnnlib.widgets.backpropagation.update_again import COUNT, HELPED, MOST, RISES, THIS, TOLD, losses_of
from cnnlib.widgets.backpropagation.update_picture import sum_that_adds_up


def marks_of(update, kind, name="stage 4"):
    (panel,) = (panel for panel in update.scene.panels if panel.name == name)
    return [mark for mark in panel.marks if isinstance(mark, kind)]


def words_of(update, name="stage 4"):
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


def test_the_sentence_counts_the_weights_that_move_as_the_picture_does():
    update = OneUpdate(step=17)
    (said,) = (word for word in words_of(update) if word.startswith("Of "))
    every, up, down, _ = (int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", said))
    assert f"{up + down:,} of the {every:,} weights move" in update.text
    assert "every one" not in update.text


def test_each_weight_of_the_new_kernel_shows_which_way_it_went():
    words = words_of(OneUpdate(step=17))
    signs = [word for word in words if word in ("▲", "▼")]
    assert len(signs) == 25 and signs.count("▲") == 1  # the gradient is negative at one place alone


def test_it_opens_on_the_answer_to_the_question_of_its_title():
    def answer(**state):
        return words_of(OneUpdate(**state), "stage 5")

    update = OneUpdate()
    assert update.state["step"] == update.facts["steps"]
    assert "Does it help the others? No." in answer()
    assert "This image gets better, the others get worse." in " ".join(answer())
    assert {"▼ falls", "▲ rises"} <= set(answer())
    assert "Does it help the others? Yes." in answer(rate=1e-4)
    assert "Does it help the others? Hardly." in answer(network="trained", rate=1e-4)
    assert "?" in words_of(OneUpdate(step=17), "stage 5")


@pytest.mark.parametrize("rate", [1e-3, 0.01, 0.1])
def test_the_bars_of_the_losses_have_one_scale_and_their_numbers_as_many_decimals(rate):
    update = OneUpdate(rate=rate)
    (panel,) = (panel for panel in update.scene.panels if panel.name == "stage 5")
    heights = np.array([-float(mark.height[0]) for mark in panel.marks if isinstance(mark, Bars)])
    losses = [update.facts[key] for key in ("before", "after", "others_before", "others_after")]
    np.testing.assert_allclose(heights / heights.max(), np.array(losses) / max(losses))
    numbers = [word for word in words_of(update, "stage 5") if re.fullmatch(r"\d+\.\d+", word)]
    assert [float(number) for number in numbers] == pytest.approx(losses, abs=0.005)
    assert [figure.value for figure in update.scene.figures] == numbers[:2]
    assert {len(number.partition(".")[2]) for number in numbers} == {2}


def test_what_both_losses_do_is_said_for_every_case():
    assert set(TOLD) == {(one, other) for one in HELPED for other in HELPED}


def test_the_weight_whose_sum_is_shown_is_framed_in_all_three_pictures():
    (panel,) = (panel for panel in OneUpdate(step=17).scene.panels if panel.name == "stage 4")
    framed = [{(int(b[1]), int(b[3])) for b in m.boxes} for m in panel.marks if isinstance(m, Maps)]
    (said,) = (word for word in words_of(OneUpdate(step=17)) if word.startswith("the framed weight"))
    assert framed == [{tuple(map(int, re.findall(r"\d+", said)))}] * 3
    assert [figure.value for figure in OneUpdate(step=0).scene.figures] == ["?", "?"]


def test_arrows_stand_in_the_middle_of_cells_that_have_no_digits():
    (panel,) = (panel for panel in OneUpdate(step=17).scene.panels if panel.name == "stage 4")
    assert [mark.numbers for mark in panel.marks if isinstance(mark, Maps)] == [".2f", ".2f", ""]


@pytest.mark.parametrize("rate", [0.01, 1e-4])
def test_what_the_image_is_taken_for_before_and_after_stands_beside_it(rate):
    update = OneUpdate(rate=rate)
    before, after = chances(update)
    label = update.facts["label"]
    said = words_of(update, "stage 5")
    at = said.index("guess")
    assert said[at - 2 : at] == [str(before.argmax()), str(after.argmax())]
    assert f"probability of {label}: {before[label]:.0%} → {after[label]:.0%}" in said
    assert (before.argmax() != after.argmax()) == (rate == 0.01) and (after.argmax() == label) == (
        rate == 0.01
    )


def test_some_of_the_images_that_took_no_part_are_shown():
    update = OneUpdate()
    (shown,) = (mark for mark in marks_of(update, Maps, "stage 5") if mark.means == "pixel")
    others = update.specimen.images[-update.others :]
    np.testing.assert_array_equal(shown.z, mosaic(others[:COUNT, 0], 8))
    assert (shown.count, COUNT) == (16, 16)


def test_a_loss_that_is_no_number_is_a_pale_bar_of_full_height():
    before, after = (m for m in losses_of(THIS, [1.0, np.nan], 2.0, "ink", RISES) if isinstance(m, Bars))
    assert (before.height[0], after.height[0]) == (-MOST / 2, -MOST) and after.alpha < before.alpha


def test_the_three_kernels_of_a_step_are_its_sum():
    update = OneUpdate(step=17)
    old, gradient, new = (mark.z for mark in marks_of(update, Maps))
    np.testing.assert_allclose(old - 0.01 * gradient, new, rtol=1e-6)
    assert np.abs(old - new).max() > 1e-4
    old, change, new = (mark.z for mark in marks_of(OneUpdate(), Maps))  # small, when it is done
    np.testing.assert_allclose(old - change, new, rtol=1e-6)


def test_small_bars_of_the_gradient_at_the_scores_are_probability_less_label():
    update = OneUpdate()
    wanted = chances(update)[0] - np.eye(10)[update.facts["label"]]
    bars = {mark.color: mark for mark in marks_of(update, Bars, "stage 3")}
    up, down = wanted[wanted > 0], wanted[wanted < 0]
    for mark, values in ((bars["pos"], up), (bars["neg"], down)):
        np.testing.assert_allclose(-np.array(mark.height) / 28, values, rtol=1e-5)


@pytest.mark.parametrize("step", [17, 18])
def test_the_values_are_those_of_the_first_way_forwards_as_are_the_guess_and_the_loss_beneath(step):
    update = OneUpdate(step=step)
    seen, _, _ = update.kept[1]
    maps = [one for output in update.outputs if output.maps for one in seen.activations[output.place][0]]
    shown = marks_of(update, Maps, "stage 1")
    assert len(shown) == 3 and all(any(np.array_equal(mark.z, one) for one in maps) for mark in shown)


def test_nothing_is_shown_before_it_is_known():
    known = []
    for step in (6, 7, 8, 17, 18):
        update = OneUpdate(step=step)
        labels = {mark.label for mark in marks_of(update, Bars | Points, "guess")}
        known.append(
            [*("?" not in figure.value for figure in update.scene.figures), *sorted(labels - {"wanted"})]
        )
    assert known[:2] == [[False, False], [False, False, "before"]]
    assert known[2:] == [[True, False, "before"], [True, False, "before"], [True, True, "after", "before"]]


def test_what_is_done_keeps_the_guess_and_the_loss_of_the_first_way_and_arrows_lead_its_way():
    update = OneUpdate()
    before, _ = chances(update)
    assert before.argmax() != update.facts["label"]
    assert f"{before.max():.0%} sure" in words_of(update, "stage 1")
    said = words_of(update, "stage 2")
    assert said[said.index("loss before") + 1] == f"{update.facts['before']:.2f}"
    for step, name, sign in ((3, "stage 1", 1), (12, "stage 3", -1)):
        arrows = marks_of(OneUpdate(step=step), Arrows, name)
        assert arrows and {float(np.sign(mark.dx[0])) for mark in arrows} == {sign}
