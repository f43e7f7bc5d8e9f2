"""What one update shows: sums that add up as they are printed, and one count of the weights that move."""

import re
from decimal import Decimal

import numpy as np
import pytest

from cnnlib.viz import Maps, Text
from cnnlib.widgets import OneUpdate
from cnnlib.widgets.backpropagation.update_picture import sum_that_adds_up


def words_of(update, name="stage 4"):
    (panel,) = (panel for panel in update.scene.panels if panel.name == name)
    return [str(word) for mark in panel.marks if isinstance(mark, Text) for word in mark.text]


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


def test_the_last_step_answers_the_question_of_the_title():
    def answer(**state):
        (panel,) = (panel for panel in OneUpdate(step=18, **state).scene.panels if panel.name == "now")
        return panel.subtitle

    assert answer(rate=0.01).endswith("No, their loss rises.")
    assert answer(rate=1e-4).endswith("Yes, their loss falls.")
    assert "?" in words_of(OneUpdate(step=17), "stage 5")


def test_the_weights_whose_sums_are_shown_are_framed_in_all_three_pictures():
    (panel,) = (panel for panel in OneUpdate(step=17).scene.panels if panel.name == "stage 4")
    framed = [{(int(b[1]), int(b[3])) for b in m.boxes} for m in panel.marks if isinstance(m, Maps)]
    said = [re.findall(r"\d+", word) for word in words_of(OneUpdate(step=17)) if word.startswith("framed")]
    assert framed == [{tuple(map(int, place)) for place in said}] * 3 and len(said) == 2
    assert [figure.value for figure in OneUpdate(step=0).scene.figures] == ["?", "?"]
