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
from cnnlib.checks.nb04_line import line_backward
from cnnlib.checks.nb05 import momentum_step
from cnnlib.checks.nb11 import loop, train_epoch
from cnnlib.checks.nb13 import last_to_first
from cnnlib.nn import functional, naive
from cnnlib.nn.initializers import fans


@pytest.fixture(autouse=True)
def no_progress(monkeypatch):
    """Keep these answers out of the learner's progress."""
    monkeypatch.setenv("CNNLIB_PROGRESS", "off")


def oracle(name):
    """The true function of an exercise, as an answer gives it."""
    return exercises()[name].oracle


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
    "the library's loop": lambda *arguments: naive.conv2d_forward(*arguments)[0],
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


def still_without_momentum(w, dw, velocity, lr, momentum):
    if momentum == 0:
        return w - lr * dw, velocity
    return momentum_step(w, dw, velocity, lr, momentum)


def emptied_without_momentum(w, dw, velocity, lr, momentum):
    w, velocity = momentum_step(w, dw, velocity, lr, momentum)
    return w, velocity * (momentum > 0)


def with_small_gradients_dropped(w, dw, velocity, lr, momentum):
    return momentum_step(w, np.where(np.abs(dw) < 1e-6, 0, dw), velocity, lr, momentum)


def with_a_rate_of_one_at_most(w, dw, velocity, lr, momentum):
    return momentum_step(w, dw, velocity, min(lr, 1), momentum)


def with_a_momentum_of_less_than_one(w, dw, velocity, lr, momentum):
    return momentum_step(w, dw, velocity, lr, min(momentum, 0.99))


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


def rate_lowered_at_the_end(model, loss, optimizer, x, y, batch_size, rng):
    train_epoch(model, loss, optimizer, x, y, batch_size, rng)
    optimizer.lr *= 0.95


def settings_changed(model, loss, optimizer, x, y, batch_size, rng):
    train_epoch(model, loss, optimizer, x, y, batch_size, rng)
    optimizer.momentum = 0.9


def on_a_copy_of_the_network(model, *others):
    train_epoch(copy.deepcopy(model), *others)


def judged_in_training(model, loss, optimizer, x, y, batch_size, rng):
    train_epoch(model, loss, optimizer, x, y, batch_size, rng)
    model.forward(x, training=True)


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
        (rate_lowered_at_the_end, "optimizer"),
        (settings_changed, "momentum"),
        (on_a_copy_of_the_network, "No batch went through the network"),
        (judged_in_training, "into the loss"),
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


# Right up to a size


def conv(x, w, b, stride, padding):
    return functional.conv2d_forward(x, w, b, stride, padding)[0]


def shifted_by(shift, name):
    """An exercise of notebook 02 whose powers are taken of the scores less `shift` of them."""

    def probabilities(logits):
        powers = np.exp(logits - shift(logits))
        return powers / powers.sum(axis=1, keepdims=True)

    def loss(logits, labels):
        lifted = logits - shift(logits)
        return (np.log(np.exp(lifted).sum(axis=1)) - lifted[np.arange(len(labels)), labels]).mean()

    def gradient(logits, labels):
        return (probabilities(logits) - np.eye(logits.shape[1])[labels]) / len(labels)

    return {"softmax": probabilities, "cross_entropy": loss, "cross_entropy_gradient": gradient}[name[3:]]


SHIFTS = {
    "the first ten": lambda z: z[:, :10].max(axis=1, keepdims=True),
    "the last three": lambda z: z[:, -3:].max(axis=1, keepdims=True),
    "the first": lambda z: z[:, :1],
    "the last": lambda z: z[:, -1:],
    "no one, in long double": lambda z: np.zeros((len(z), 1), np.longdouble),
}


@pytest.mark.parametrize("name", ["02.softmax", "02.cross_entropy", "02.cross_entropy_gradient"])
@pytest.mark.parametrize("shift", SHIFTS)
def test_scores_are_shifted_by_the_largest_wherever_it_stands(name, shift):
    answer = shifted_by(SHIFTS[shift], name)
    report = check(name, lambda *arguments: np.asarray(answer(*arguments), float))
    assert report.outcome == "wrong" and "float32" not in report.finding.sentence


def first_classes(name, many):
    """An exercise of notebook 02 which knows of the first classes only."""
    return lambda logits, *labels: oracle(name)(logits, *labels) * (np.arange(logits.shape[1]) < many)


def pool_searched(search):
    """Max-pooling's backward that finds the place of the winner in a flat window by ``search(window)``."""

    def backward(dy, cache):
        x, size, stride = cache
        dx = np.zeros_like(x)
        for n, c, i, j in np.ndindex(dy.shape):
            window = x[n, c, i * stride : i * stride + size, j * stride : j * stride + size]
            p, q = divmod(search(window.ravel()), window.shape[1])
            dx[n, c, i * stride + p, j * stride + q] += dy[n, c, i, j]
        return dx

    return backward


def begun_at(lowest):
    """A search for the maximum that begins at a number."""

    def search(window):
        best, place = lowest, 0
        for number, value in enumerate(window):
            if value > best:
                best, place = value, number
        return place

    return pool_searched(search)


nearly = pool_searched(lambda window: np.flatnonzero(np.isclose(window, window.max()))[0])
rounded = pool_searched(lambda window: window.round(3).argmax())
no_zeros = pool_searched(lambda window: np.where(window == 0, -np.inf, window).argmax())


def pool_up_to(size, dy, cache):
    x, kernel_size, stride = cache
    return functional.maxpool2d_backward(dy, functional.maxpool2d_forward(x, kernel_size, stride)[1]) * (
        kernel_size <= size
    )


def within(weights, *sizes):
    """Gradients of weights, those past a size along an axis left at zero."""
    inside = np.zeros(weights.shape, bool)
    inside[tuple(slice(size) for size in sizes)] = True
    return weights * inside


def line_of(dy, cache, kernel=99, stride=99, padding=99):
    dx, dw = line_backward(dy, cache)
    right = cache[2] <= stride and cache[3] <= padding
    return dx * right, within(dw, kernel) * right


def image_of(dy, cache, *sizes):
    dx, dw, db = conv_backward(dy, cache)
    return dx, within(dw, None, None, *sizes), db


# Single ones


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("01.conv2d_forward", lambda x, *rest: conv(np.maximum(x, 0), *rest)),
        ("01.conv2d_forward", lambda *a: conv(*a).astype(np.float16)),
        ("01.conv2d_forward", lambda x, w, *rest: conv(x, w[:, :, :3, :3], *rest)),
        ("01.conv2d_forward", lambda x, w, *rest: conv(x, w[:, :, :5], *rest)),
        ("01.conv2d_forward", lambda x, w, *rest: conv(x, w[..., :5], *rest)),
        ("01.conv2d_forward", lambda x, w, b, s, p: conv(x, w, b, s, min(p, 3))),
        ("01.conv2d_forward", lambda *a: functional.conv2d_forward(*a)),
        ("01.conv2d_forward", lambda *a: (conv(*a), None)),
        ("01.conv2d_vectorized", lambda *a: (conv(*a), None)),
        ("01.conv2d_vectorized", lambda x, w, *rest: conv(x, w[:, :, :3, :3], *rest)),
        ("02.softmax", first_classes("02.softmax", 12)),
        ("02.cross_entropy", lambda a, b: oracle("02.cross_entropy")(a, b % 10)),
        ("02.cross_entropy", lambda a, b: oracle("02.cross_entropy")(a, b) * (a.shape[1] <= 10)),
        ("02.cross_entropy_gradient", first_classes("02.cross_entropy_gradient", 12)),
        ("03.relu_backward", lambda dy, x: dy * (x > 1e-12)),
        ("03.relu_backward", lambda dy, x: dy * ((x > 0) & (x < 1000))),
        *(("03.maxpool2d_backward", begun_at(lowest)) for lowest in (-1, -999, -1e6)),
        ("03.maxpool2d_backward", nearly),
        ("03.maxpool2d_backward", rounded),
        ("03.maxpool2d_backward", no_zeros),
        ("03.maxpool2d_backward", functools.partial(pool_up_to, 4)),
        ("05.sgd", lambda w, dw, lr: np.where(np.abs(dw) < 1e-6, w, w - lr * dw)),
        ("05.sgd", lambda w, dw, lr: np.where(np.abs(dw) < 1e-8, w, w - lr * dw)),
        ("05.sgd", lambda w, dw, lr: w - lr * np.clip(dw, -1000, 1000)),
        ("05.sgd", lambda w, dw, lr: w - min(lr, 10) * dw),
        ("05.sgd", lambda w, dw, lr: w - max(lr, 1e-4) * dw),
        ("05.sgd", lambda w, dw, lr: w - (lr or 0.01) * dw),
        ("05.momentum", still_without_momentum),
        ("05.momentum", emptied_without_momentum),
        ("05.momentum", with_small_gradients_dropped),
        ("05.momentum", with_a_rate_of_one_at_most),
        ("05.momentum", with_a_momentum_of_less_than_one),
        ("04.conv1d_backward", functools.partial(line_of, kernel=6)),
        ("04.conv1d_backward", functools.partial(line_of, stride=6)),
        ("04.conv1d_backward", functools.partial(line_of, padding=3)),
        ("04.conv2d_backward", lambda dy, cache: image_of(dy, cache, 5)),
        ("04.conv2d_backward", lambda dy, cache: image_of(dy, cache, None, 5)),
        ("08.he_init", lambda shape, rng: np.random.normal(0, np.sqrt(2 / fans(shape)[0]), shape)),  # noqa: NPY002
    ],
)
def test_what_only_the_odd_cases_show_is_refused(name, answer):
    assert check(name, answer).outcome == "wrong"


def flipped(dy, cache):
    x, w, *rest = cache
    return conv_backward(dy, (x, w[:, :, ::-1, ::-1], *rest))[0], *conv_backward(dy, cache)[1:]


def weights_flipped(dy, cache):
    dx, dw, db = conv_backward(dy, cache)
    return dx, dw[:, :, ::-1, ::-1], db


def strides_of_c_order(x, w, b, stride, padding):
    if not x.flags.c_contiguous:
        x = np.frombuffer(x.tobytes(order="A"), x.dtype).reshape(x.shape)
    return conv(x, w, b, stride, padding)


@pytest.mark.parametrize(
    ("name", "answer", "said", "unsaid"),
    [
        ("01.output_size", lambda s, k, t, p: max(2, (s + 2 * p - k) // t + 1), "", "Every number"),
        ("01.conv2d_forward", strides_of_c_order, "made by hand", "  "),
        ("01.conv2d_forward", lambda *a: np.random.default_rng().random() + conv(*a), "np.empty", "  "),
        ("02.softmax", shifted_by(SHIFTS["the first"], "02.softmax"), "may overflow", "float32"),
        *(
            (name, shifted_by(lambda z: z.max(axis=1, keepdims=True, initial=0), name), "below zero", "batch")
            for name in ("02.softmax", "02.cross_entropy", "02.cross_entropy_gradient")
        ),
        *(
            ("02.cross_entropy", shifted_by(shift, "02.cross_entropy"), "exp overflows", "batch")
            for shift in (SHIFTS["the first"], lambda z: 0, lambda z: z.min(axis=1, keepdims=True))
        ),
        (
            "02.cross_entropy",
            lambda a, b: -np.log(oracle("02.softmax")(a)[np.arange(len(b)), b]).mean(),
            "its logarithm is gone",
            "batch",
        ),
        ("06.largest_rate", lambda c: np.log(2) / c, "0.3466 times", "  "),
        ("06.largest_rate", lambda c: 2.001 / c, "1.0005 times", "  "),
        ("06.largest_rate", lambda c: (r for r in [2 / c]), "is a generator", "Asked twice"),
        ("05.sgd", lambda w, dw, lr: w - lr * np.abs(dw), "without its sign", "  "),
        ("05.momentum", lambda w, dw, v, lr, m: (w, v, lr), "3 values, expected two arrays", "tuple"),
        ("06.largest_rate", lambda c: lambda: 2 / c, "", "Asked twice"),
        ("06.largest_rate", lambda c: 2 / c > 0, "", "rate of 1"),
        ("04.conv2d_backward", flipped, "only gathering turns it", "dw"),
        ("04.conv2d_backward", weights_flipped, "dw comes out the wrong way round", "dx"),
    ],
)
def test_what_is_told_fits_the_answer(name, answer, said, unsaid):
    finding = check(name, answer).finding
    told = f"{finding.sentence} {finding.likely}"
    assert said in told and unsaid not in told
