"""Reliability, calibration error and temperature: against loops, PyTorch, and cases with a known answer."""

import numpy as np
import pytest

from cnnlib.nn.functional import softmax
from cnnlib.training.calibration import expected_calibration_error, fit_temperature, reliability_bins


def drawn(rng, n=500, k=5, scale=3.0):
    """Logits, and labels drawn from their own softmax: calibrated by construction."""
    logits = rng.normal(size=(n, k)) * scale
    cumulated = softmax(logits).cumsum(axis=1)
    labels = (cumulated < rng.random((n, 1))).sum(axis=1).clip(0, k - 1)
    return logits, labels


def loops(p, labels, bins):
    """The definition, bin by bin, image by image."""
    total = 0.0
    for b in range(bins):
        inside = [i for i in range(len(p)) if b / bins < max(p[i]) <= (b + 1) / bins]
        if inside:
            sure = sum(max(p[i]) for i in inside) / len(inside)
            right = sum(int(np.argmax(p[i]) == labels[i]) for i in inside) / len(inside)
            total += len(inside) / len(p) * abs(right - sure)
    return total


@pytest.mark.parametrize("bins", [1, 3, 10, 17])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_error_equals_its_loops(bins, dtype):
    logits, labels = drawn(np.random.default_rng(bins))
    p = softmax((2 * logits).astype(dtype))
    assert expected_calibration_error(p, labels, bins) == pytest.approx(loops(p, labels, bins), abs=1e-6)


def test_counts_hold_every_guess_and_full_confidence_is_in_the_last_bin():
    found = reliability_bins(np.array([[1.0, 0.0], [0.5, 0.5], [0.51, 0.49]]), [0, 0, 1], bins=10)
    assert found.counts.tolist() == [0, 0, 0, 0, 1, 1, 0, 0, 0, 1]
    assert found.confidence[9] == found.accuracy[9] == 1 and np.isnan(found.accuracy[0])


def test_a_softmax_sum_a_hair_above_one_is_taken():
    assert expected_calibration_error(np.array([[1 + 1e-7, 0.0]]), [0]) == 0


def test_what_is_calibrated_has_hardly_an_error_and_temperature_one():
    logits, labels = drawn(np.random.default_rng(0), n=40_000)
    assert expected_calibration_error(softmax(logits), labels) < 0.01
    assert fit_temperature(logits, labels) == pytest.approx(1, abs=0.02)
    assert fit_temperature(3 * logits, labels) == pytest.approx(3, abs=0.06)
    assert expected_calibration_error(softmax(3 * logits), labels) > 0.05


def test_the_temperature_is_the_lowest_of_many():
    logits, labels = drawn(np.random.default_rng(1), n=300)
    best = fit_temperature(2 * logits, labels)

    def loss(t):
        return -np.log(softmax(2 * logits / t)[np.arange(len(labels)), labels]).mean()

    assert all(loss(best) <= loss(best * factor) for factor in (0.9, 0.99, 1.01, 1.1))


def test_the_temperature_equals_that_of_pytorch():
    torch = pytest.importorskip("torch")
    logits, labels = drawn(np.random.default_rng(2))
    z, y = torch.tensor(2.5 * logits), torch.tensor(labels)
    log_t = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_t], max_iter=200, tolerance_grad=1e-10, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(z / log_t.exp(), y)
        loss.backward()
        return loss

    optimizer.step(closure)
    assert fit_temperature(2.5 * logits, labels) == pytest.approx(log_t.exp().item(), rel=1e-4)


def test_all_right_or_all_missed_end_at_the_limits():
    logits = np.array([[5.0, 0.0], [3.0, 0.0]])
    assert fit_temperature(logits, [0, 0]) == pytest.approx(0.01)
    assert fit_temperature(logits, [1, 1]) == pytest.approx(100)


def test_huge_logits_do_not_overflow():
    assert 0.01 <= fit_temperature(np.array([[1e6, -1e6], [1e6, 0.0]]), [0, 1]) <= 100


@pytest.mark.parametrize(
    ("p", "labels", "words"),
    [
        (np.zeros(3), [0], "shape"),
        (np.zeros((0, 3)), [], "at least one row"),
        (np.array([[np.nan, 1.0]]), [0], "finite"),
        (np.array([[1, 0]]), [0], "floats"),
        (np.array([[1.0, 0.0]]), [2], "0 to 1"),
        (np.array([[1.0, 0.0]]), [0, 1], "one a row"),
        (np.array([[4.0, 0.0]]), [0], "between 0 and 1"),
    ],
)
def test_what_does_not_fit_is_told(p, labels, words):
    with pytest.raises(ValueError, match=words):
        reliability_bins(p, labels)
    if "between" not in words:
        with pytest.raises(ValueError, match=words):
            fit_temperature(p, labels)


def test_chance_alone_gives_one_or_two_per_cent():
    errors = []
    for seed in range(20):
        logits, labels = drawn(np.random.default_rng(seed), n=1000, k=10, scale=2.0)
        errors.append(expected_calibration_error(softmax(logits), labels))
    assert 0.01 < min(errors) < np.mean(errors) < 0.035, "calibrated by construction, and yet not zero"
