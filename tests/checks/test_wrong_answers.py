"""Answers that are wrong for what they do besides or beyond the tame cases: each is refused, and told why.

They give the right numbers on the cases that come to mind first. Slips that learners make are registered with
the exercises; here stand those made on purpose, and those that spoil what they are given.
"""

import copy
import functools

import numpy as np
import pytest

from cnnlib.checks import check, exercises
from cnnlib.checks.nb04 import conv_backward
from cnnlib.checks.nb05 import momentum_step
from cnnlib.checks.nb09_backward import backward
from cnnlib.checks.nb10 import l1_update
from cnnlib.checks.nb11 import loop, train_epoch
from cnnlib.checks.nb11_confusion import count_pairs
from cnnlib.checks.nb13 import last_to_first, sigmoid
from cnnlib.nn import functional, naive
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


# Loops that hide


def conv_image_by_image(x, w, b, stride, padding):
    return np.stack([functional.conv2d_forward(i[None], w, b, stride, padding)[0][0] for i in x])


class Loops:
    """A callable object around the loop."""

    def __call__(self, *arguments):
        return conv_image_by_image(*arguments)


def row_by_row(x, w, b, stride, padding):
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    tops = range(0, x.shape[2] - w.shape[2] + 1, stride)
    rows = [functional.conv2d_forward(x[:, :, t : t + w.shape[2]], w, b, stride, 0)[0] for t in tops]
    return np.concatenate(rows, axis=2)


HIDDEN_LOOPS = {
    "the library's loop": lambda *arguments: naive.conv2d_forward(*arguments),
    "a partial": functools.partial(conv_image_by_image),
    "a callable object": Loops(),
    "map": lambda x, *rest: np.concatenate(
        list(map(lambda i: functional.conv2d_forward(i[None], *rest)[0], x))
    ),
    "row by row": row_by_row,
}


@pytest.mark.parametrize("name", HIDDEN_LOOPS)
def test_a_loop_is_found_wherever_it_is(name):
    finding = check("01.conv2d_vectorized", HIDDEN_LOOPS[name]).finding
    assert "loop over images or pixels" in finding.sentence


# Steps, epochs, walks


def dw_overwritten(w, dw, velocity, lr, momentum):
    dw += momentum * velocity
    return w - lr * dw, dw.copy()


def old_velocity_emptied(w, dw, velocity, lr, momentum):
    results = momentum_step(w, dw, velocity, lr, momentum)
    velocity[...] = 0
    return results


def velocity_in_a_global(kept={}):  # noqa: B006
    def step(w, dw, velocity, lr, momentum):
        old = kept.get(w.shape, 0) if np.any(velocity) else 0
        kept[w.shape] = momentum * old + dw
        return w - lr * kept[w.shape], kept[w.shape].copy()

    return step


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (dw_overwritten, "dw was changed"),
        (old_velocity_emptied, "velocity was changed without being returned"),
        (velocity_in_a_global(), "second array"),
        (lambda *a: (*momentum_step(*a), 0), "expected two arrays"),
        (lambda *a: (momentum_step(*a)[0].ravel()[:1], 0), "has the shape"),
    ],
)
def test_a_step_that_spoils_what_it_is_given_is_told_so(answer, sentence):
    assert sentence in check("05.momentum", answer).finding.sentence


def pieces(order, size):
    return [order[start : start + size] for start in range(0, len(order), size)]


def shuffled_where_they_lie(model, loss, optimizer, x, y, batch_size, rng):
    rng.shuffle(x)
    train_epoch(model, loss, optimizer, x, y, batch_size, rng)


def one_swap(n, size, rng):
    order, (i, j) = np.arange(n), rng.choice(n, 2, replace=False)
    order[[i, j]] = order[[j, i]]
    return pieces(order, size)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (loop(lambda n, size, rng: pieces(np.random.permutation(n), size)), "the same rng"),  # noqa: NPY002
        (loop(lambda n, size, rng: pieces(np.random.default_rng().permutation(n), size)), "the same rng"),
        (loop(lambda n, size, rng: pieces(copy.deepcopy(rng).permutation(n), size)), "the next epoch"),
        (loop(lambda n, size, rng: pieces(np.random.default_rng(1).permutation(n), size)), "another rng"),
        (
            loop(lambda n, size, rng: np.array_split(rng.permutation(n), -(-n // size))),
            "images in each batch",
        ),
        (loop(one_swap), "neighbours are parted"),
        (loop(lambda n, size, rng: pieces(np.roll(np.arange(n), rng.integers(n)), size)), "neighbours"),
        (shuffled_where_they_lie, "x was changed"),
    ],
)
def test_an_epoch_is_judged_by_its_orders_and_by_what_it_leaves(answer, sentence):
    assert sentence in check("11.train_epoch", answer).finding.sentence


def popped(steps, dy):
    while steps:
        dy = steps.pop()(dy)
    return dy


def turned_round(steps, dy):
    steps.reverse()
    for step in steps:
        dy = step(dy)
    return dy


def written_into_dy(steps, dy):
    dy[...] = last_to_first(steps, dy)
    return dy


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (popped, "steps were changed"),
        (turned_round, "steps were changed"),
        (written_into_dy, "dy was changed"),
    ],
)
def test_a_walk_leaves_its_steps_as_they_were(answer, what):
    assert what in check("13.replay", answer).finding.sentence


# Single ones


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
        ("09.residual_backward", lambda dy, branch: dy + np.maximum(branch(dy), 0)),
        ("09.residual_backward", lambda dy, branch: dy + branch(dy[:1])),
    ],
)
def test_what_only_the_odd_cases_show_is_refused(name, answer):
    assert check(name, answer).outcome == "wrong"


def test_a_float_where_a_whole_number_is_asked_is_told_so():
    finding = check("01.output_size", lambda s, k, t, p: np.floor((s + 2 * p - k) / t) + 1).finding
    assert finding.sentence == "size is 3.0, a float; an int is asked for: // gives one, / does not."


def test_a_comma_after_return_is_named():
    sentence = check("03.relu_backward", lambda dy, x: (dy * (x > 0),)).finding.sentence
    assert "is there a comma at the end of the return?" in sentence
