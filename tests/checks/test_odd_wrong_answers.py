"""Answers right on every tame case and wrong on others; and what is said of wrong answers fits them."""

import copy

import numpy as np
import pytest

from cnnlib.checks import check, exercises
from cnnlib.checks.nb04 import conv_backward
from cnnlib.checks.nb09_backward import backward
from cnnlib.checks.nb09_residual import through
from cnnlib.checks.nb10 import l1_update
from cnnlib.checks.nb11_confusion import count_pairs
from cnnlib.checks.nb13 import last_to_first, sigmoid
from cnnlib.experiments.error_curves import descend
from cnnlib.nn import functional
from cnnlib.nn.initializers import fans
from cnnlib.playground import main_effects


@pytest.fixture(autouse=True)
def no_progress(monkeypatch):
    """Keep these answers out of the learner's progress."""
    monkeypatch.setenv("CNNLIB_PROGRESS", "off")


def oracle(name):
    """The true function of an exercise, as an answer gives it."""
    exercise = exercises()[name]
    if name.startswith("01.conv"):
        return lambda *arguments: exercise.oracle(*arguments)[0]
    return exercise.oracle


def lowest_on_the_way(curve, starts, rate, steps):
    way = descend(curve, starts, rate, steps)[1:].ravel()
    return way[np.argmin(curve.error(way))]


def kept_on_the_map(curve, starts, rate, steps):
    w = np.array(starts, float)
    for _ in range(steps):
        w = np.clip(w - rate * curve.gradient(w), curve.low, curve.high)
    return w[np.argmin(curve.error(w))]


def standardized(shape, rng):
    z = rng.normal(size=shape)
    return (z - z.mean()) / z.std() * np.sqrt(2 / fans(shape)[0])


def pulled_unless_near_zero(w, dw, lr, rate):
    stepped = w - lr * dw
    shrunk = stepped - lr * rate * np.where(np.isclose(w, 0), 0, np.sign(w))
    return np.where(stepped * shrunk < 0, 0.0, shrunk)


def dead_below_a_limit(w, dw, lr, rate):
    stepped = w - lr * dw
    shrunk = stepped - lr * rate * np.sign(w)
    return np.where(stepped * shrunk < -1e-6, 0.0, shrunk)


def counted_by_bytes(labels, guesses, k):
    places = labels.astype(np.uint8) * np.uint8(k) + guesses.astype(np.uint8)
    return np.bincount(places, minlength=k * k)[: k * k].reshape(k, k)


def branch_overwritten(dy, layers):
    dx = through(dy, layers)
    dx += dy
    return dx


def ece_of_places(place):
    """The error with bins by another rule, ``place(confidences, bins)``."""

    def ece(probabilities, labels, bins):
        sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
        places = place(sure, bins)
        return sum(abs((right[places == b] - sure[places == b]).sum()) for b in set(places)) / len(sure)

    return ece


def ece_of_closed_bins(probabilities, labels, bins):
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    inside = [(sure >= b / bins) & (sure <= (b + 1) / bins) for b in range(bins)]
    return sum(abs((right[one] - sure[one]).sum()) for one in inside) / len(sure)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("01.output_size", lambda s, k, t, p: (s + 2 * p - k) // t + 1 if k <= s else 0),
        ("01.output_size", lambda s, k, t, p: min((s + 2 * p - k) // t + 1, 500)),
        ("01.conv2d_forward", lambda x, *rest: functional.conv2d_forward(np.maximum(x, 0), *rest)),
        ("01.conv2d_forward", lambda *a: functional.conv2d_forward(*a)[0].astype(np.float16)),
        ("02.softmax", lambda logits: np.nan_to_num(np.exp(logits) / np.exp(logits).sum(1, keepdims=True))),
        ("02.cross_entropy", lambda a, b: oracle("02.cross_entropy")(a[:255], b[:255])),
        ("02.cross_entropy_gradient", lambda a, b: oracle("02.cross_entropy_gradient")(a, np.sort(b))),
        ("04.conv2d_backward", lambda dy, c: (*conv_backward(dy, c)[:2], dy.astype(int).sum(axis=(0, 2, 3)))),
        ("06.cosine_schedule", lambda s, n, lr: max(oracle("06.cosine_schedule")(s, n, lr), 1e-4)),
        ("06.cosine_schedule", lambda s, n, lr: round(oracle("06.cosine_schedule")(s, n, lr), 4)),
        ("06.largest_rate", lambda c: min(2 / c, 100.0)),
        ("06.largest_rate", lambda c: 2 // c),
        ("07.false_minimum", (-2.5, 1e-6)),
        ("07.false_minimum", "12"),
        ("07.false_minimum", {-2.5, 0.1}),
        ("07.momentum_escape", (1e-9, 0.9)),
        ("08.he_init", lambda shape, rng: rng.normal(0, np.sqrt(1.7 / fans(shape)[0]), shape)),
        ("08.he_init", lambda shape, rng: copy.deepcopy(rng).normal(0, np.sqrt(2 / fans(shape)[0]), shape)),
        ("08.he_init", lambda shape, rng: np.random.normal(0, np.sqrt(2 / fans(shape)[0]), shape)),  # noqa: NPY002
        ("10.l1_update", lambda w, dw, lr, rate: l1_update(w, np.clip(dw, -5, 5), lr, rate)),
        ("10.main_effects", lambda z: main_effects(z.T)),
        ("11.confusion_matrix", lambda a, b, k: np.minimum(count_pairs(a, b, k), 255)),
        ("13.softplus_backward", lambda dy, x: np.where(x > 700, 1, dy * sigmoid(x))),
        ("13.replay", lambda steps, dy: last_to_first(steps[-10:], dy)),
        ("09.batchnorm_forward", lambda x, g, b: functional.batchnorm2d_forward(x, g, b, eps=2e-5)[0]),
        ("09.batchnorm_forward", lambda x, g, b: functional.batchnorm2d_forward(x, np.abs(g), b)[0]),
        ("09.batchnorm_backward", lambda dy, c: (backward(dy, c)[0], *np.abs(backward(dy, c)[1:]))),
        ("09.batchnorm_backward", lambda dy, c: backward(dy, c, scale=lambda s, g: s * np.abs(g))),
        ("09.batchnorm_backward", lambda dy, c: backward(np.clip(dy, -5, 5), c)),
        ("09.residual_backward", lambda dy, layers: dy + np.maximum(through(dy, layers), 0)),
        ("09.residual_backward", lambda dy, layers: dy + through(dy[:1], layers)),
        ("07.false_minimum", ("-2.5", "0.1")),
        ("07.best_of_restarts", lowest_on_the_way),
        ("07.best_of_restarts", kept_on_the_map),
        ("08.he_init", lambda shape, rng: rng.uniform(-1, 1, shape) * np.sqrt(6 / fans(shape)[0])),
        ("08.he_init", lambda shape, rng: rng.laplace(0, np.sqrt(1 / fans(shape)[0]), shape)),
        ("08.he_init", standardized),
        ("08.he_init", lambda shape, rng: rng.normal(0, np.sqrt(2 / (fans(shape)[0] + 1)), shape)),
        ("08.he_init", lambda shape, rng: rng.normal(0, np.sqrt(2 / max(fans(shape)[0] - 1, 1)), shape)),
        ("10.l1_update", pulled_unless_near_zero),
        ("10.l1_update", dead_below_a_limit),
        ("11.confusion_matrix", counted_by_bytes),
        ("11.confusion_matrix", lambda a, b, k: count_pairs(a, b, k).astype(np.float16)),
        ("13.softplus_backward", lambda dy, x: np.where(x < -10, 0, dy * sigmoid(x))),
        ("13.replay", lambda steps, dy: last_to_first(steps, np.clip(dy, -1, 1))),
        ("13.replay", lambda steps, dy: last_to_first(steps, dy.ravel())),
        ("13.replay", lambda steps, dy: last_to_first(list(dict.fromkeys(steps)), dy)),
        ("09.batchnorm_forward", lambda x, g, b: np.clip(oracle("09.batchnorm_forward")(x, g, b), -10, 10)),
        ("09.residual_backward", branch_overwritten),
        ("12.dropout_backward", lambda dy, kept, p: dy * kept * min(1 / (1 - p), 10)),
        ("12.expected_calibration_error", ece_of_closed_bins),
        (
            "12.expected_calibration_error",
            ece_of_places(lambda sure, bins: np.minimum(np.floor(sure * bins), bins - 1)),
        ),
        (
            "12.expected_calibration_error",
            ece_of_places(lambda sure, bins: np.digitize(sure, np.linspace(0, 1, bins + 1))),
        ),
    ],
)
def test_what_only_the_odd_cases_show_is_refused(name, answer):
    assert check(name, answer).outcome == "wrong"


def ece_known_by_shape():
    """A table of errors by shape and bins."""
    known = {}
    return lambda p, labels, bins: known.setdefault(
        (p.shape, bins), oracle("12.expected_calibration_error")(p, labels, bins)
    )


def with_eps(eps):
    """Batch normalization with another number added to the variance."""
    return lambda x, gamma, beta: functional.batchnorm2d_forward(x, gamma, beta, eps=eps)[0]


@pytest.mark.parametrize(
    ("name", "answer", "belief"),
    [
        ("10.main_effects", lambda z: main_effects(z) * z.var() / (z.var() + 1e-8), ""),
        (
            "11.confusion_matrix",
            lambda a, b, k: count_pairs(a, b, k) / np.maximum(count_pairs(a, b, k).sum(0), 1),
            "each column",
        ),
        ("11.confusion_matrix", lambda a, b, k: count_pairs(a, b, k).astype(np.int16), "32,767"),
        ("07.best_of_restarts", lambda *a: abs(oracle("07.best_of_restarts")(*a)), ""),
        ("12.expected_calibration_error", ece_known_by_shape(), "earlier call"),
        ("09.batchnorm_forward", with_eps(0), "Nothing was added"),
        ("09.batchnorm_forward", with_eps(1e-3), "Another number"),
        ("09.batchnorm_forward", with_eps(1e-8), "Another number"),
        ("09.residual_backward", lambda dy, layers: lambda d: d + through(d, layers), ""),
        (
            "12.expected_calibration_error",
            lambda *a: 100 * oracle("12.expected_calibration_error")(*a),
            "100 times",
        ),
    ],
)
def test_what_is_said_of_a_wrong_answer_fits_it(name, answer, belief):
    likely = check(name, answer).finding.likely
    assert belief in likely if belief else not likely


def test_a_fault_on_other_numbers_alone_is_no_sign_of_a_memory():
    known = {case[1].tobytes() for case in exercises()["03.relu_backward"].all_cases()}

    def by_heart(dy, x):
        return dy * (x > 0) if x.tobytes() in known else dy * 0.5

    finding = check("03.relu_backward", by_heart).finding
    assert "earlier call" not in finding.likely


def test_what_cannot_be_read_is_named_not_told_as_an_error():
    for name, value, kind in (
        ("10.main_effects", {"x": 0.5, "y": 0.5}, "dict"),
        ("08.he_init", (np.ones((2, 2)), np.ones(2)), "tuple"),
    ):
        assert check(name, lambda *a, value=value: value).finding.sentence.startswith(f"It returned a {kind}")


def test_a_float_where_a_whole_number_is_asked_is_told_so():
    finding = check("01.output_size", lambda s, k, t, p: np.floor((s + 2 * p - k) / t) + 1).finding
    assert finding.sentence == "places is 3.0, a float; an int is asked for: // gives one, / does not."


def test_a_comma_after_return_is_named():
    sentence = check("03.relu_backward", lambda dy, x: (dy * (x > 0),)).finding.sentence
    assert "is there a comma at the end of the return?" in sentence
