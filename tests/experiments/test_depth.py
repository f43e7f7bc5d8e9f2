"""Deep networks of four kinds: the same first weights, what flows through them, and the kept study."""

import numpy as np
import pytest

from cnnlib.experiments import depth_study as study
from cnnlib.experiments.depth import KINDS, accuracy_among, block_ends, deep_cnn, profile, spread_among
from cnnlib.experiments.starting_networks import study_images
from cnnlib.nn.gradcheck import numerical_gradient
from cnnlib.nn.layers import Conv2d, LayerNorm, Residual
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import train

digits = study_images()
X, Y = digits.x_train[:60], digits.y_train[:60]


def kernels(model):
    return [layer.params["weight"] for top in model for layer in top.walk() if isinstance(layer, Conv2d)]


@pytest.mark.parametrize("kind", KINDS)
def test_all_kinds_have_the_same_first_weights_and_as_many_convolutions(kind):
    plain, other = (kernels(deep_cnn(k, 6, seed=3)) for k in ("plain", kind))
    assert len(other) == 7
    for one, two in zip(plain, other, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(("kind", "depth"), [("deep", 4), ("plain", 3), ("plain", 0)])
def test_an_unknown_kind_or_odd_depth_is_refused(kind, depth):
    with pytest.raises(ValueError, match=r"(kind|depth) must be"):
        deep_cnn(kind, depth, seed=0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_profile_measures_what_comes_behind_each_block(kind):
    model = deep_cnn(kind, 6, seed=0)
    found, h = profile(model, X, Y), X
    assert found.layers.tolist() == [0, 2, 4, 6]
    for place, layer in enumerate(model):
        h = layer.forward(h, training=True)
        if place in block_ends(model):
            row = block_ends(model).index(place)
            assert found.size[row] == pytest.approx(np.sqrt((h.astype(float) ** 2).mean()), rel=1e-5)


def test_the_gradient_of_a_profile_is_that_of_the_loss_by_what_the_blocks_begin_with():
    model = deep_cnn("residual + batch norm", 2, seed=0)
    h, rest = X[:5].astype(np.float64), list(model)
    for layer in rest[:1]:
        h = layer.forward(h, training=True)

    def loss(start):
        for layer in rest[1:]:
            start = layer.forward(start, training=True)
        return CrossEntropyLoss().forward(start, Y[:5])

    measured = numerical_gradient(loss, h)
    assert profile(model, X[:5].astype(np.float64), Y[:5]).gradient[0] == pytest.approx(
        np.sqrt((measured**2).mean()), rel=1e-3
    )


def test_alikeness_is_the_mean_cosine_of_pairs():
    model, h = deep_cnn("plain", 2, seed=0), X[:6].astype(np.float64)
    for layer in list(model)[:1]:
        h = layer.forward(h)
    rows = h.reshape(6, -1)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    pairs = [rows[i] @ rows[j] for i in range(6) for j in range(6) if i != j]
    assert profile(model, X[:6], Y[:6]).alike[0] == pytest.approx(np.mean(pairs), rel=1e-5)


def test_branches_that_start_at_zero_change_nothing_at_first():
    model = deep_cnn("residual", 10, seed=0, zero_branches=True)
    found = profile(model, X, Y)
    np.testing.assert_allclose(found.size, found.size[0], rtol=1e-6)
    np.testing.assert_allclose(found.gradient, found.gradient[0], rtol=1e-6)
    assert sum(isinstance(layer, Residual) for layer in model) == 5


def test_what_the_notebook_says_of_fresh_networks_of_fifty_layers_holds_for_several_seeds():
    for seed in range(3):
        at_he = profile(deep_cnn("plain", 50, seed, scale=1), X, Y)
        assert 5e-3 < at_he.gradient[0] / at_he.gradient[-1] < 0.1
        normed = profile(deep_cnn("batch norm", 50, seed), X, Y)
        assert 0.3 < normed.size[-1] / normed.size[0] < 6 and normed.gradient[0] > 1000 * normed.gradient[-1]
        assert profile(deep_cnn("plain", 50, seed), X, Y).alike[-1] > 0.8
        assert profile(deep_cnn("residual", 50, seed), X, Y).size[-1] > 1000
        both = profile(deep_cnn("residual + batch norm", 50, seed), X, Y)
        assert both.size[-1] < 20 * both.size[0] and both.gradient[0] < 100 * both.gradient[-1]


def test_the_study_is_complete_and_one_of_its_runs_comes_out_again():
    rows = study._kept()
    wanted = len(study.STUDIED) * len(study.DEPTHS) * len(study.RATES) * len(study.SEEDS)
    assert len(rows["depths"]) == wanted
    assert len(rows["rates"]) == 2 * len(study.ALL_RATES) * len(study.SEEDS)
    kept = next(
        r for r in rows["depths"] if r["kind"] == "batch norm" and r["depth"] == 4 and r["rate"] == 0.02
    )
    again = study.run("batch norm", 4, 0.02, kept["seed"])
    assert again["loss"] == pytest.approx(kept["loss"], rel=0.1)
    assert again["accuracy"] == pytest.approx(kept["accuracy"], abs=0.04)


def test_what_the_notebook_says_of_the_study():
    by = {kind: study.accuracy_by_depth(kind) for kind in study.STUDIED}
    assert all(by[kind][4].mean > 0.87 for kind in by)
    assert by["plain"][50].high < 0.3 and by["batch norm"][50].high < 0.5 and by["residual"][50].high < 0.3
    assert all(by["residual"][depth].mean > by["plain"][depth].mean for depth in (2, 4, 10))
    assert by["residual"][20].mean < 0.3 and by["residual"][30].mean < 0.3
    assert by["residual + batch norm"][50].low > 0.85 and by[study.FROM_ZERO][50].low > 0.84
    assert by["plain"][50].loss > 2.1  # on the training images
    assert by["batch norm"][10].mean > by["plain"][10].mean + by["plain"][10].deviation
    rates = {kind: study.accuracy_by_rate(kind) for kind in KINDS[:2]}
    assert rates["plain"][0.3].deviation > 0.2 and rates["batch norm"][0.3].low > 0.8
    assert all(found[1.0].high < 0.2 for found in rates.values())


def test_a_batch_of_one_digit_is_judged_worse_by_its_own_statistics_whatever_the_seed():
    order = np.argsort(digits.y_test, kind="stable")
    for seed in range(3):
        model = deep_cnn("batch norm", 6, seed)
        for _ in train(
            model, CrossEntropyLoss(), SGD(0.1), digits.x_train, digits.y_train, epochs=3, rng=seed
        ):
            pass
        mixed = accuracy_among(model, digits.x_test, digits.y_test, 32)
        by_digit = accuracy_among(model, digits.x_test[order], digits.y_test[order], 32)
        assert mixed - by_digit > 0.03
        scatter = [spread_among(model, digits.x_test, n, np.random.default_rng(0)) for n in (2, 8, 32)]
        assert scatter[0] > scatter[1] > 1.4 * scatter[2] > 0
        layered = deep_cnn("batch norm", 6, seed, norm=lambda channels: LayerNorm((channels, 7, 7)))
        assert accuracy_among(layered, digits.x_test[:60], digits.y_test[:60], 1) == pytest.approx(
            float((layered.predict(digits.x_test[:60]) == digits.y_test[:60]).mean())
        )


def test_residual_blocks_alone_learn_with_twenty_layers_at_hes_scale():
    twenty = [study.run("residual", 20, 0.005, seed, scale=1)["accuracy"] for seed in range(3)]
    assert sum(share > 0.8 for share in twenty) == 2, twenty
    assert study.run("residual", 50, 0.005, 0, scale=1)["accuracy"] < 0.2
    assert study.accuracy_by_depth("residual")[20].mean < 0.3, "at 1.1 times that scale"
