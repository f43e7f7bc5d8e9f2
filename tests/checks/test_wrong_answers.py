"""Answers that are wrong for what they do besides or beyond the tame cases: each is refused, and told why.

They give the right numbers on the cases that come to mind first. Slips that learners make are registered with
the exercises; here stand those made on purpose, and those that spoil what they are given.
"""

import copy
import functools

import numpy as np
import pytest

from cnnlib.checks import check, exercises
from cnnlib.checks.nb03_convolution import conv_backward
from cnnlib.checks.nb04 import momentum_step
from cnnlib.checks.nb08 import l1_update
from cnnlib.checks.nb09 import loop, train_epoch
from cnnlib.checks.nb09_confusion import count_pairs
from cnnlib.checks.nb10 import last_to_first, sigmoid
from cnnlib.nn import functional, naive
from cnnlib.nn.initializers import fans
from cnnlib.playground import main_effects

CHANGED, COLUMNS, ANEW, KEEPS = "changed", "column after column", "by the next", "asked again"


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


def overwriting(name, number):
    """Right, but fills one of its arguments (or the first array of a cache) with 7 afterwards."""

    def answer(*arguments):
        result = copy.deepcopy(oracle(name)(*arguments))
        given = arguments[number]
        (given[0] if isinstance(given, tuple) else given)[...] = 7
        return result

    return answer


def reversing(name, number):
    """Right, but turns one of its arrays round afterwards."""

    def answer(*arguments):
        result = copy.deepcopy(oracle(name)(*arguments))
        arguments[number][...] = arguments[number][::-1].copy()
        return result

    return answer


def in_one_array(name):
    """Right, but results of one shape all lie in the same array."""
    kept = {}

    def answer(*arguments):
        result = np.asarray(oracle(name)(*arguments), float)
        array = kept.setdefault(result.shape, np.zeros(result.shape))
        array[...] = result
        return array

    return answer


def by_shape(name):
    """Remembers a result by the shapes it was asked for."""
    kept = {}

    def answer(*arguments):
        key = repr([np.shape(argument) if np.ndim(argument) else argument for argument in arguments])
        return kept.setdefault(key, oracle(name)(*arguments))

    return answer


def every_second_time(name):
    """Right at the first, third, … call."""
    calls = []

    def answer(*arguments):
        calls.append(0)
        result = oracle(name)(*arguments)
        return result if len(calls) % 2 else 1.5 * np.asarray(result)

    return answer


def through_ravel(name):
    """Writes through ravel() into an array laid out like the first argument."""

    def answer(*arguments):
        result = np.zeros_like(arguments[0])
        result.ravel()[...] = np.asarray(oracle(name)(*arguments)).ravel()
        return result

    return answer


def cut(name, limit):
    """Right as long as no number given is larger than a limit."""
    return lambda first, *rest: oracle(name)(np.clip(first, -limit, limit), *rest)


ARRAYS = {  # an argument to spoil
    "01.conv2d_forward": 0,
    "02.softmax": 0,
    "02.cross_entropy": 1,
    "02.cross_entropy_gradient": 0,
    "03.relu_backward": 1,
    "03.maxpool2d_backward": 1,
    "03.conv2d_backward": 0,
    "04.sgd": 1,
    "08.l1_update": 0,
    "08.main_effects": 0,
    "09.confusion_matrix": 0,
    "10.softplus_backward": 0,
    "06.best_of_restarts": 1,
}
ONE_ARRAY = [name for name in ARRAYS if name not in ("03.conv2d_backward", "08.main_effects")]
ONE_ARRAY = [name for name in ONE_ARRAY if name not in ("02.cross_entropy", "06.best_of_restarts")]
RAVELLED = ["02.softmax", "02.cross_entropy_gradient", "03.relu_backward", "04.sgd", "08.l1_update"]


@pytest.mark.parametrize("name", ARRAYS)
def test_an_argument_overwritten_is_seen(name):
    sentence = check(name, overwriting(name, ARRAYS[name])).finding.sentence
    assert CHANGED in sentence and "work on a copy" in sentence


@pytest.mark.parametrize("name", ["02.softmax", "04.sgd", "09.confusion_matrix", "06.best_of_restarts"])
def test_an_argument_turned_round_is_seen(name):
    assert CHANGED in check(name, reversing(name, ARRAYS[name])).finding.sentence


@pytest.mark.parametrize("name", ONE_ARRAY)
def test_results_that_share_one_array_are_seen(name):
    finding = check(name, in_one_array(name)).finding
    assert ANEW in finding.sentence and "make a new one" in finding.likely


@pytest.mark.parametrize("name", ARRAYS)
def test_an_answer_remembered_by_shapes_is_refused(name):
    assert check(name, by_shape(name)).outcome == "wrong"


@pytest.mark.parametrize("name", [name for name in ARRAYS if name != "03.conv2d_backward"])
def test_an_answer_is_asked_twice(name):
    finding = check(name, every_second_time(name)).finding
    assert KEEPS in finding.sentence and "from one call to the next" in finding.likely


@pytest.mark.parametrize("name", [*RAVELLED, "10.softplus_backward"])
def test_writing_through_ravel_is_lost_where_an_array_lies_otherwise_in_memory(name):
    finding = check(name, through_ravel(name)).finding
    assert COLUMNS in finding.sentence and "ravel()" in finding.likely


@pytest.mark.parametrize("name", ["03.relu_backward", "03.maxpool2d_backward", "10.softplus_backward"])
@pytest.mark.parametrize("limit", [1, 3, 10])
def test_gradients_far_from_one_are_tried(name, limit):
    assert check(name, cut(name, limit)).outcome == "wrong"


@pytest.mark.parametrize("kind", [np.trunc, np.round, lambda dy: dy.astype(np.float16).astype(float)])
def test_gradients_are_no_whole_numbers(kind):
    for name in ("03.relu_backward", "03.maxpool2d_backward", "03.conv2d_backward", "10.softplus_backward"):
        assert check(name, lambda dy, kept, name=name: oracle(name)(kind(dy), kept)).outcome == "wrong"


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
    assert sentence in check("04.momentum", answer).finding.sentence


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
    assert sentence in check("09.train_epoch", answer).finding.sentence


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
    ("answer", "what"), [(popped, "steps"), (turned_round, "steps"), (written_into_dy, "dy")]
)
def test_a_walk_leaves_its_steps_as_they_were(answer, what):
    assert f"{what} was changed" in check("10.replay", answer).finding.sentence


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
        ("03.conv2d_backward", lambda dy, c: (*conv_backward(dy, c)[:2], dy.astype(int).sum(axis=(0, 2, 3)))),
        ("05.cosine_schedule", lambda s, n, lr: max(oracle("05.cosine_schedule")(s, n, lr), 1e-4)),
        ("05.cosine_schedule", lambda s, n, lr: round(oracle("05.cosine_schedule")(s, n, lr), 4)),
        ("05.largest_rate", lambda c: min(2 / c, 100.0)),
        ("05.largest_rate", lambda c: 2 // c),
        ("06.false_minimum", (-2.5, 1e-6)),
        ("06.false_minimum", "12"),
        ("06.false_minimum", {-2.5, 0.1}),
        ("06.momentum_escape", (1e-9, 0.9)),
        ("07.he_init", lambda shape, rng: rng.normal(0, np.sqrt(1.7 / fans(shape)[0]), shape)),
        ("07.he_init", lambda shape, rng: copy.deepcopy(rng).normal(0, np.sqrt(2 / fans(shape)[0]), shape)),
        ("07.he_init", lambda shape, rng: np.random.normal(0, np.sqrt(2 / fans(shape)[0]), shape)),  # noqa: NPY002
        ("08.l1_update", lambda w, dw, lr, rate: l1_update(w, np.clip(dw, -5, 5), lr, rate)),
        ("08.main_effects", lambda z: main_effects(z.T)),
        ("09.confusion_matrix", lambda a, b, k: np.minimum(count_pairs(a, b, k), 255)),
        ("10.softplus_backward", lambda dy, x: np.where(x > 700, 1, dy * sigmoid(x))),
        ("10.replay", lambda steps, dy: last_to_first(steps[-10:], dy)),
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
