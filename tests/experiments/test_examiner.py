"""Judging while training: which images, with which weights, and how many answers count."""

import numpy as np
import pytest

from cnnlib import CrossEntropyLoss, evaluate, load_digits, small_cnn
from cnnlib.experiments.examiner import Examiner


@pytest.fixture
def digits():
    return load_digits()


def test_all_judged_is_what_evaluate_says(digits):
    model = small_cnn(rng=0)
    examiner = Examiner(digits.x_test, digits.y_test)
    examiner.judge_all(model)
    found = examiner.judgement()
    right = evaluate(model, CrossEntropyLoss(), digits.x_test, digits.y_test)
    assert found.count == 360 and found.accuracy == pytest.approx(right.accuracy)
    assert found.loss == pytest.approx(right.loss, rel=1e-5)
    guesses = model.predict(digits.x_test)
    np.testing.assert_array_equal(found.wrong, np.flatnonzero(guesses != digits.y_test))
    np.testing.assert_array_equal(found.guesses, guesses[found.wrong])


class Seer:
    """A network that knows how often it was asked, and about which images."""

    def __init__(self):
        self.asked = []

    def infer(self, x):
        self.asked.append(x[:, 0, 0, 0].astype(int).tolist())
        return np.eye(10)[np.zeros(len(x), int)]


def numbered(n):
    return np.arange(n, dtype=float).reshape(n, 1, 1, 1), np.arange(n) % 2


def test_the_next_images_in_turn_after_every_so_many_learned():
    seer, (x, y) = Seer(), numbered(10)
    examiner = Examiner(x, y, every=64, part=4, window=6)
    judged = [examiner.learned(seer, 32) for _ in range(6)]
    assert judged == [False, True] * 3
    assert seer.asked == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1]]
    found = examiner.judgement()
    assert found.count == 6 and found.wrong.tolist() == [1, 7, 9] and found.accuracy == 0.5


def test_after_all_were_judged_only_newer_answers_count():
    seer, (x, y) = Seer(), numbered(10)
    examiner = Examiner(x, y, every=1, part=3, window=10)
    examiner.judge_all(seer)
    assert examiner.judgement().count == 10
    examiner.learned(seer, 1)
    assert examiner.judgement().count == 3
    examiner.forget()
    assert examiner.judgement().count == 0 and np.isnan(examiner.judgement().loss)


def test_no_more_than_there_are():
    seer, (x, y) = Seer(), numbered(3)
    examiner = Examiner(x, y)
    for _ in range(5):
        examiner.learned(seer, 640)
    assert examiner.judgement().count == 3


def test_outputs_that_are_no_numbers_give_no_loss():
    class Broken:
        def infer(self, x):
            return np.full((len(x), 10), np.nan)

    x, y = numbered(4)
    examiner = Examiner(x, y)
    examiner.judge_all(Broken())
    assert np.isnan(examiner.judgement().loss)


def test_images_that_are_watched_are_shown_each_time_and_counted_in_their_turn():
    seer, (x, y) = Seer(), numbered(10)
    examiner = Examiner(x, y, every=1, part=3, window=10, always=[1, 8])
    for _ in range(2):
        examiner.learned(seer, 1)
    assert seer.asked == [[0, 1, 2, 8], [3, 4, 5, 1, 8]]
    assert examiner.judgement().count == 6 and examiner.guesses[8] == 0


def test_a_look_at_many_images_forgets_the_earlier_answers():
    seer, (x, y) = Seer(), numbered(10)
    examiner = Examiner(x, y, every=1, part=3, window=10)
    examiner.learned(seer, 1)
    examiner.look(seer, 5)
    assert seer.asked == [[0, 1, 2], [3, 4, 5, 6, 7]] and examiner.judgement().count == 5
    examiner.learned(seer, 1)
    assert examiner.judgement().count == 8
    examiner.look(seer, 50)
    assert examiner.judgement().count == 10
