"""Each curve does what is said of it, and the table shows all of them."""

import numpy as np
import pytest

from cnnlib.experiments.loss_symptoms import SYMPTOMS, run_with, symptom_curves

GUESSING = np.log(10)


@pytest.fixture(scope="module")
def curves():
    return symptom_curves()


def test_the_healthy_run_falls_and_both_curves_stay_together(curves):
    curve = curves["healthy"]
    assert curve.train[:3].mean() > 2.2 and curve.train[-20:].mean() < 0.3
    assert abs(curve.validation[-5:].mean() - curve.train[-20:].mean()) < 0.3


@pytest.mark.parametrize("name", ["flat", "labels moved"])
def test_what_is_flat_stays_at_guessing(curves, name):
    assert np.abs(curves[name].train[-30:].mean() - GUESSING) < 0.06
    wide = curves["labels moved"].train.std() > 2 * curves["flat"].train.std()
    assert wide, "the one trembles more than the other"


def test_creeping_falls_and_has_not_arrived(curves):
    train = curves["creeps"].train
    assert 1.0 < train[-20:].mean() < train[:20].mean() - 0.2


def test_the_restless_one_had_been_lower(curves):
    train = curves["restless"].train
    assert train.min() < 0.7 and train[-40:].max() > 1.3


def test_what_is_thrown_up_stays_above_guessing(curves):
    assert curves["thrown"].train.max() > 10 and curves["thrown"].train[-20:].mean() > GUESSING


def test_pixels_up_to_16_begin_high(curves):
    assert curves["starts high"].train[0] > 8 and curves["starts high"].train[-10:].mean() < 2


def test_teeth_come_back_with_every_epoch(curves):
    train = curves["teeth"].train
    epochs = train.reshape(4, -1)[2:]
    shuffled = curves["healthy"].train.reshape(4, -1)[2:]
    assert np.corrcoef(epochs)[0, 1] > 0.8 > 0.5 > np.corrcoef(shuffled)[0, 1]


def test_the_two_part_where_images_are_learned_by_heart(curves):
    curve = curves["apart"]
    assert curve.validation[-1] > curve.validation.min() + 0.3 and curve.train[-1] < 0.1


def test_dropout_puts_the_training_loss_above(curves):
    assert curves["below"].validation[-6:].mean() < curves["below"].train[-36:].mean() - 0.1


def test_the_same_run_twice_is_the_same():
    np.testing.assert_array_equal(run_with(rate=0.2).train, run_with(rate=0.2).train)


def test_the_table_has_a_picture_with_words_for_each():
    from cnnlib.viz.loss_table import LossTable

    text, page = repr(LossTable()), LossTable()._repr_html_()
    assert page.count("<img") == page.count('alt="') == len(SYMPTOMS) == 10
    assert all(symptom.look in text for symptom in SYMPTOMS.values())
    assert len(page) < 180_000 and "http" not in page
