"""Learning by heart: what is drawn anew, what the curves hold, and the numbers that the notebook states."""

import numpy as np
import pytest

from cnnlib.experiments.comparisons import Variant, compare
from cnnlib.experiments.memorising import (
    BEND,
    WAYS,
    chosen_images,
    few_digits,
    memorise,
    reader,
    redraw_labels,
    train_few,
    validation_logits,
)
from cnnlib.nn.functional import softmax
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.training import evaluate
from cnnlib.training import expected_calibration_error, fit_temperature


def test_the_images_are_means_of_two_by_two_and_none_is_a_test_image():
    from cnnlib.data import load_mnist_sample

    parts, split = load_mnist_sample().hold_back(2000), few_digits()
    assert split.x_train[3, 0, 5, 7] == pytest.approx(parts.x_train[3, 0, 10:12, 14:16].mean())
    np.testing.assert_array_equal(split.y_test, parts.y_test)
    assert split.x_test.dtype == np.float32


@pytest.mark.parametrize("share", [0, 0.25, 1])
def test_as_many_labels_are_drawn_as_were_asked_for(share):
    labels = np.arange(1000) % 10
    before = labels.copy()
    drawn = redraw_labels(labels, share, 0)
    np.testing.assert_array_equal(labels, before)
    assert np.mean(drawn != labels) == pytest.approx(0.9 * share, abs=0.03)
    assert set(drawn) <= set(range(10))


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_beyond_its_limits_is_refused(share):
    with pytest.raises(ValueError, match="from 0 to 1"):
        redraw_labels([1, 2], share, 0)


def test_the_same_seed_gives_the_same_images_whatever_the_labels():
    (x, y), (same, other) = chosen_images(50, 0.0, 3), chosen_images(50, 1.0, 3)
    np.testing.assert_array_equal(x, same)
    assert 30 < np.sum(y != other) < 50


def test_random_labels_are_learned_by_heart_and_teach_nothing():
    curves = memorise(200, share=1.0)
    assert curves.train.shape == (3, 61)
    assert curves.train[:, -1].min() > 0.99
    assert abs(curves.validation[:, -1].mean() - 0.1) < 0.04
    assert curves.validation_loss[:, -1].min() > 2 * curves.validation_loss[:, 0].max()


def test_with_wrong_labels_the_best_epoch_comes_early():
    curves = memorise(200, share=0.2)
    best = curves.best_epoch
    assert 4 <= best <= 15
    assert (curves.validation[:, best] - curves.validation[:, -1]).mean() > 0.03
    assert curves.train[:, -1].min() > 0.99


def test_each_way_errs_to_its_side_and_a_temperature_mends_it():
    too_sure = {"trained long", "a fifth wrong labels"}
    for way in WAYS:
        logits, labels = validation_logits(way)
        temperature = fit_temperature(logits[:1000], labels[:1000])
        assert (temperature > 1) == (way in too_sure), way
        before, after = (
            expected_calibration_error(softmax(logits[1000:] / t), labels[1000:]) for t in (1, temperature)
        )
        assert after < before and after < 0.05, way


def test_dropout_stands_before_the_last_layer():
    assert [type(layer).__name__ for layer in reader(0, dropout=0.5).layers][-2:] == ["Dropout", "Linear"]


def test_what_the_notebook_says_of_the_remedies():
    variants = {
        "nothing": Variant(reader, images=100),
        "dropout": Variant(lambda rng: reader(rng, dropout=0.5), images=100),
        "decay": Variant(reader, images=100, weight_decay=0.005),
        "smooth": Variant(reader, images=100, loss=lambda: CrossEntropyLoss(label_smoothing=0.1)),
        "bent": Variant(reader, images=100, augment=BEND),
        "more": Variant(reader, images=400),
    }
    study = compare(variants, few_digits(), steps=300, seeds=range(5), judged="validation", redraw=True)
    gap = {name: study.test[i] - study.test[0] for i, name in enumerate(study.names)}
    assert gap["more"].min() > gap["bent"].mean() > 0.02, "more images first, bent ones next"
    for name in ("dropout", "decay"):
        assert abs(gap[name].mean()) < gap[name].std(ddof=1), name
    assert -0.025 < gap["smooth"].mean() < -0.005, "about one point lost"
    losses = dict(zip(study.names, study.test_loss, strict=True))
    assert (losses["decay"] < losses["nothing"]).all(), "a lower loss on every seed"


def test_one_training_is_that_of_the_curves():
    split, curves = few_digits(), memorise(50, share=0.2, epochs=5, seeds=(1,))
    found = evaluate(
        train_few(50, 0.2, 1, epochs=5), CrossEntropyLoss(), split.x_test[:1000], split.y_test[:1000]
    )
    assert found.loss == pytest.approx(curves.validation_loss[0, -1])
