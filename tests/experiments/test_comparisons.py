"""Studies and controls: equal steps for all, what is frozen stays, and the claims of notebook 11."""

import numpy as np
import pytest

from cnnlib.data import Distort
from cnnlib.experiments import comparisons
from cnnlib.experiments.comparisons import Variant, compare
from cnnlib.networks import (
    FrozenConvolutions,
    compact_cnn,
    digits_cnn,
    lenet5,
    logistic_regression,
    mlp,
    recipes,
    two_conv,
)
from cnnlib.nn.layers import Conv2d
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD, AdamW
from cnnlib.nn.training import evaluate, train


@pytest.mark.parametrize(
    ("make", "weights"), [(lenet5, 61_706), (two_conv, 28_986), (compact_cnn, 16_926), (digits_cnn, 6_090)]
)
def test_networks_have_the_weights_they_claim_and_fit_their_images(make, weights):
    model, side = make(rng=0), 8 if make is digits_cnn else 28
    assert model.num_parameters == weights
    x = np.random.default_rng(0).random((3, 1, side, side), np.float32)
    assert model.forward(x).shape == (3, 10)
    assert all(
        (a == b).all() for a, b in zip(model.arrays().values(), make(rng=0).arrays().values(), strict=True)
    )


def test_lenet5_counts_by_hand():
    sizes = [value.size for _, value, _ in lenet5(rng=0).parameters()]
    assert sizes == [6 * 25, 6, 16 * 6 * 25, 16, 400 * 120, 120, 120 * 84, 84, 84 * 10, 10]


@pytest.mark.parametrize("budget", [85, 1000, 6090, 20_000])
def test_mlp_spends_its_budget(budget):
    model = mlp(budget, in_features=64, rng=0)
    assert budget - 75 < model.num_parameters <= budget
    assert np.abs(model[1].params["weight"]).max() > 0.3  # He's rule: it is no output layer
    with pytest.raises(ValueError, match="num_parameters must allow one hidden unit, got 84"):
        mlp(84, in_features=64)


def test_frozen_filters_stay_and_the_rest_moves(digits):
    model = FrozenConvolutions(digits_cnn(rng=0).layers)
    before = {name: value.copy() for name, value in model.arrays().items()}
    x, y = digits.x_train[:200], digits.y_train[:200]
    list(train(model, CrossEntropyLoss(), SGD(0.1, weight_decay=0.1), x, y, rng=0, epochs=2))
    moved = {name for name, value in model.arrays().items() if (value != before[name]).any()}
    assert moved == {"7.weight", "7.bias"}


def test_filters_of_the_recipe_move_and_have_gradients(digits):
    model = digits_cnn(rng=0)
    before = {name: value.copy() for name, value in model.arrays().items()}
    x, y = digits.x_train, digits.y_train
    list(train(model, CrossEntropyLoss(), SGD(0.05, momentum=0.9), x, y, rng=0))
    filters = [p for p in model.parameters() if isinstance(model[int(p.name.split(".")[0])], Conv2d)]
    assert len(filters) == 4
    for name, value, grad in filters:
        assert np.abs(value - before[name]).max() > 0.01 and np.abs(grad).max() > 1e-4, name


def test_a_study_gives_every_variant_the_same_steps_and_seeds(digits):
    calls = []

    def note(batch, rng):
        calls.append(len(batch))
        return batch

    make = lambda rng: logistic_regression(64, rng)  # noqa: E731
    few, all_ = Variant(make, augment=note, images=50), Variant(make, augment=note)
    study = compare({"few": few, "all": all_}, digits, steps=10, seeds=(0, 1, 2))
    assert len(calls) == 2 * 3 * 10 and calls[:3] == [32, 18, 32]
    assert study.names == ("few", "all") and study.parameters == (650, 650)
    assert study.test.shape == study.train_loss.shape == (2, 3)
    assert len(set(study.test_loss.ravel().tolist())) == 6  # every run its own
    again = compare({"all": all_}, digits, steps=10, seeds=(2, 0))
    np.testing.assert_array_equal(again.test_loss[0], study.test_loss[1, [2, 0]])
    assert study.mean("all") == study.test[1].mean()


def test_a_study_measures_what_it_says(digits):
    study = compare(
        {"a": Variant(lambda rng: logistic_regression(64, rng), images=100)}, digits, steps=30, seeds=(0, 1)
    )
    rng = np.random.default_rng(1)
    model, loss = logistic_regression(64, rng), CrossEntropyLoss()
    chosen = np.random.default_rng(0).permutation(1437)[:100]
    x, y = digits.x_train[chosen], digits.y_train[chosen]
    records = train(model, loss, SGD(0.05, momentum=0.9), x, y, epochs=30, rng=rng)
    for _ in range(30):
        next(records)
    known, unknown = evaluate(model, loss, x, y), evaluate(model, loss, digits.x_test, digits.y_test)
    assert (study.train[0, 1], study.test[0, 1]) == (known.accuracy, unknown.accuracy)
    assert (study.train_loss[0, 1], study.test_loss[0, 1]) == (known.loss, unknown.loss)
    title, row = str(study).splitlines()
    assert "training %" in title and f"{100 * study.test[0].mean():.1f} ± " in row


def test_weight_decay_reaches_the_optimizer(digits):
    make = lambda rng: logistic_regression(64, rng)  # noqa: E731
    variants = {"free": Variant(make), "held": Variant(make, weight_decay=0.5)}
    study = compare(variants, digits, steps=60, seeds=(0, 1))
    assert study.train_loss[1].min() > study.train_loss[0].max() + 0.5


def test_one_seed_is_refused(digits):
    with pytest.raises(ValueError, match="seeds must hold at least two"):
        compare({}, digits, steps=1, seeds=(0,))


def test_the_digits_recipe_reaches_98_percent(digits):
    accuracies = []
    for seed in range(5):
        model, history = recipes.DIGITS.fit(digits, seed, progress=False)
        accuracies.append(evaluate(model, CrossEntropyLoss(), digits.x_test, digits.y_test).accuracy)
        assert len(history.loss) == recipes.DIGITS.epochs * 45
    assert np.mean(accuracies) > 0.98 and min(accuracies) > 0.97


def test_few_images_are_learned_by_heart_and_distorting_them_helps(digits):
    shaken = recipes.DIGITS.augment
    variants = {
        "plain": Variant(digits_cnn, images=100),
        "distorted": Variant(digits_cnn, augment=shaken, images=100),
        "more": Variant(digits_cnn, images=400),
    }
    study = compare(variants, digits, steps=400, lr=0.03)
    assert study.train[0].min() == 1.0 and study.mean("plain") < 0.95
    assert study.mean("distorted") > study.mean("plain") + 0.01
    assert study.mean("more") > study.mean("plain") + 0.04


def test_learned_filters_beat_frozen_ones_and_pixels(digits):
    variants = {
        "learned": Variant(digits_cnn),
        "frozen": Variant(lambda rng: FrozenConvolutions(digits_cnn(rng).layers)),
        "mlp": Variant(lambda rng: mlp(6090, 64, rng)),
        "logistic": Variant(lambda rng: logistic_regression(64, rng)),
    }
    study = compare(variants, digits, steps=450)
    learned, frozen, dense, logistic = study.test
    assert learned.min() > max(frozen.max(), dense.max(), logistic.max())


def test_recipes_say_what_they_are():
    assert isinstance(recipes.DIGITS.augment, Distort) and recipes.DIGITS.epochs == 20


def test_loss_optimizer_and_choice_of_images_reach_the_training(digits):
    steps, seen = [], []

    class Counted(AdamW):
        def step(self, parameters):
            steps.append(self.lr)
            super().step(parameters)

    def note(x, rng):
        seen.append(x.sum())
        return x

    def make(rng):
        return logistic_regression(64, rng)

    smooth = Variant(make, images=40, loss=lambda: CrossEntropyLoss(label_smoothing=0.3), augment=note)
    variants = {"plain": Variant(make, images=40), "smooth": smooth}
    variants["adam"] = Variant(make, images=40, optimizer=lambda lr: Counted(lr))
    study = compare(variants, digits, steps=20, seeds=(0, 1), batch_size=40, judged="validation", redraw=True)
    assert steps == [0.05] * 40
    assert len(seen) == 40 and abs(seen[0] - seen[-1]) > 1e-3, "both seeds saw the same images"
    assert (study.train_loss[1] > study.train_loss[0]).all(), "smoothing keeps it from being sure"
    assert "validation %" in str(study) and "test" not in str(study)
    table = study.against("plain").splitlines()
    assert [line.split()[0] for line in table] == ["difference", "smooth", "adam"]
    gap = 100 * (study.test[1] - study.test[0])
    assert f"{gap.mean():+.1f} ± {gap.std(ddof=1):.1f}" in table[1]


def test_a_bar_counts_the_steps_of_all_variants_and_seeds(monkeypatch, digits):
    from contextlib import contextmanager

    told = {"steps": 0, "names": []}

    class Bar:
        def update(self):
            told["steps"] += 1

        def set_postfix_str(self, name, refresh):
            told["names"].append(name)

    @contextmanager
    def bar(show, total, **options):
        told["total"] = total if show else None
        yield Bar()

    monkeypatch.setattr(comparisons, "progress_bar", bar)
    make = Variant(lambda rng: logistic_regression(64, rng))
    compare({"one": make, "two": make}, digits, steps=5, seeds=(0, 1))
    assert told == {"steps": 20, "names": ["one", "two"], "total": 20}
