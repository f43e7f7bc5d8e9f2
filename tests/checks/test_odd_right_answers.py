"""Right answers in styles that nobody expects: other types, other routes, 32 bits, code beside the stub."""

import collections
import functools
import math
from fractions import Fraction

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from cnnlib import fit
from cnnlib.checks import check, exercises
from cnnlib.checks.nb04 import conv_backward
from cnnlib.checks.nb04_line import line_backward
from cnnlib.checks.nb09_residual import through
from cnnlib.checks.nb11 import loop
from cnnlib.experiments.error_curves import descend
from cnnlib.nn import functional, naive
from cnnlib.nn.initializers import fans


@pytest.fixture(autouse=True)
def no_progress(monkeypatch):
    """Keep these answers out of the learner's progress."""
    monkeypatch.setenv("CNNLIB_PROGRESS", "off")


def framed(x, padding):
    return np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])


Step = collections.namedtuple("Step", "w velocity")
Line = collections.namedtuple("Line", "dx dw")
Gradients = collections.namedtuple("Gradients", "dx dw db")


def size_by_recursion(size, kernel_size, stride, padding):
    """One window, and those of what lies behind it."""
    size += 2 * padding
    return 0 if size < kernel_size else 1 + size_by_recursion(size - stride, kernel_size, stride, 0)


places = {}


def conv_by_remembered_places(x, w, b, stride, padding):
    """im2col, the places of all windows worked out by loops once for each size."""
    x = framed(x, padding)
    (n, c, height, width), (f, _, kh, kw) = x.shape, w.shape
    rows, columns = (height - kh) // stride + 1, (width - kw) // stride + 1
    key = (c, height, width, kh, kw, stride)
    if key not in places:
        places[key] = np.array(
            [
                [
                    k * height * width + (i * stride + p) * width + j * stride + q
                    for k in range(c)
                    for p in range(kh)
                    for q in range(kw)
                ]
                for i in range(rows)
                for j in range(columns)
            ]
        )
    windows = x.reshape(n, -1)[:, places[key]]
    return (windows @ w.reshape(f, -1).T + b).transpose(0, 2, 1).reshape(n, f, rows, columns)


def conv_by_strides(x, w, b, stride, padding):
    """A view made by hand, and tensordot."""
    x = np.ascontiguousarray(framed(x, padding))
    (n, c, height, width), (kh, kw), (sn, sc, si, sj) = x.shape, w.shape[2:], x.strides
    shape = (n, c, (height - kh) // stride + 1, (width - kw) // stride + 1, kh, kw)
    windows = as_strided(x, shape, (sn, sc, si * stride, sj * stride, si, sj))
    return np.tensordot(windows, w, axes=([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2) + b[:, None, None]


class Convolution:
    """A method, with einsum looking for the best way by itself."""

    def forward(self, x, w, b, stride, padding):
        windows = sliding_window_view(framed(x, padding), w.shape[2:], axis=(2, 3))
        windows = windows[:, :, ::stride, ::stride]
        return np.einsum("ncijpq,fcpq->nfij", windows, w, optimize=True) + b[None, :, None, None]


def conv_without_a_frame(x, w, b, stride, padding):
    """In lists, asking of each pixel whether it is there."""
    (n, c, height, width), (f, _, kh, kw) = x.shape, w.shape

    def pixel(image, channel, i, j):
        return x[image, channel, i, j] if 0 <= i < height and 0 <= j < width else 0.0

    y = np.zeros((n, f, (height + 2 * padding - kh) // stride + 1, (width + 2 * padding - kw) // stride + 1))
    for m, k, i, j in np.ndindex(y.shape):
        window = [
            pixel(m, channel, i * stride + p - padding, j * stride + q - padding) * w[k, channel, p, q]
            for channel, p, q in np.ndindex(c, kh, kw)
        ]
        y[m, k, i, j] = math.fsum(window) + b[k]
    return y.tolist()


def single(function):
    """The same in 32 bits, from beginning to end."""

    def answer(*arguments):
        few = [np.float32(one) if np.ndim(one) and one.dtype.kind == "f" else one for one in arguments]
        value = function(*few)
        return value.astype(np.float32) if isinstance(value, np.ndarray) else value

    return answer


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def cross_entropy(logits, labels):
    true = np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    return np.mean(np.logaddexp.reduce(logits, axis=1) - true)


def cross_entropy_gradient(logits, labels):
    gradient = softmax(logits)
    np.subtract.at(gradient, (range(len(labels)), labels), 1)
    return gradient / gradient.shape[0]


def relu_backward(dy, x):
    dx = dy.copy()
    dx[x <= 0] = 0
    return dx


def pool_at_once(dy, cache):
    """All windows at once, np.add.at for the winners."""
    x, size, stride = cache
    windows = sliding_window_view(x, (size, size), axis=(2, 3))[:, :, ::stride, ::stride]
    winner = windows.reshape(*dy.shape, -1).argmax(axis=-1)
    n, c, i, j = np.indices(dy.shape)
    dx = np.zeros(x.shape)
    np.add.at(dx, (n, c, i * stride + winner // size, j * stride + winner % size), dy)
    return dx


def conv_backward_dilated(dy, cache):
    """The gradients set apart by the stride, then two convolutions."""
    x, w, _, stride, padding = cache
    (kh, kw), x = w.shape[2:], framed(x, padding)
    height, width = x.shape[2:]
    apart = np.zeros((*dy.shape[:2], height - kh + 1, width - kw + 1))
    apart[:, :, ::stride, ::stride] = dy
    wide = np.pad(apart, [(0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)])
    turned = w[:, :, ::-1, ::-1]
    dx = np.einsum("nfijpq,fcpq->ncij", sliding_window_view(wide, (kh, kw), axis=(2, 3)), turned)
    windows = sliding_window_view(x, apart.shape[2:], axis=(2, 3))
    dw = np.einsum("ncpqij,nfij->fcpq", windows, apart)
    return dx[:, :, padding : height - padding, padding : width - padding], dw, apart.sum((0, 2, 3))


def step_with_velocity_in_place(w, dw, velocity, lr, momentum):
    velocity *= momentum
    velocity += dw
    return w - lr * velocity, velocity


def l1_by_sides(w, dw, lr, rate):
    """Each sign of the old weight by itself."""
    stepped, pull = w - lr * dw, lr * rate
    right = np.where(stepped > 0, np.maximum(stepped - pull, 0), stepped - pull)
    left = np.where(stepped < 0, np.minimum(stepped + pull, 0), stepped + pull)
    return np.select([w > 0, w < 0], [right, left], stepped)


def effects_by_sums(z):
    """Sums of squares, as statisticians write them."""
    middle = z.mean()
    whole = ((z - middle) ** 2).sum()
    columns, rows = z.mean(axis=0) - middle, z.mean(axis=1) - middle
    return (columns**2).sum() * len(z) / whole, (rows**2).sum() * z.shape[1] / whole


def best_pair(curve, starts, rate, steps):
    """The smallest of pairs (error, weight)."""
    ends = [functools.reduce(lambda w, _: w - rate * curve.gradient(w), range(steps), w) for w in starts]
    return float(min((curve.error(w), w) for w in ends)[1])


def counted(labels, guesses, num_classes):
    pairs = collections.Counter(zip(labels.tolist(), guesses.tolist(), strict=True))
    return [[pairs[i, j] for j in range(num_classes)] for i in range(num_classes)]


def he_by_filters(shape, rng):
    """One filter after the other."""
    return np.stack([rng.normal(0, math.sqrt(2 / fans(shape)[0]), shape[1:]) for _ in range(shape[0])])


def popped_from_a_copy(steps, dy):
    steps = list(steps)
    while steps:
        dy = steps.pop()(dy)
    return dy


def pieces(order, size):
    return [order[start : start + size] for start in range(0, len(order), size)]


def order_from_a_seed(n, size, rng):
    return pieces(np.random.default_rng(rng.integers(2**32)).permutation(n), size)


def sigmoid_by_signs(x):
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


def line_by_matrix(dy, cache):
    """The whole convolution as one matrix, transposed."""
    x, w, stride, padding = cache
    matrix, row = np.zeros((len(dy), len(x) + 2 * padding)), np.pad(x, padding)
    for i in range(len(dy)):
        matrix[i, i * stride : i * stride + len(w)] = w
    windows = np.array([row[i * stride : i * stride + len(w)] for i in range(len(dy))])
    return (matrix.T @ dy)[padding : padding + len(x)], windows.T @ dy


def line_without_a_frame(dy, cache):
    """Plain Python, asking of each number whether it is there."""
    x, w, stride, padding = cache
    dx, dw = [0.0] * len(x), [0.0] * len(w)
    for i in range(len(dy)):
        for q in range(len(w)):
            place = i * stride + q - padding
            if 0 <= place < len(x):
                dx[place] += float(dy[i] * w[q])
                dw[q] += float(dy[i] * x[place])
    return dx, dw


def line_as_an_image(dy, cache):
    """An image of one row, through the library."""
    x, w, stride, padding = cache
    images = x[None, None, None], w[None, None, None], None
    kept = functional.conv2d_forward(*images, (1, stride), (0, padding))[1]
    dx, dw, _ = functional.conv2d_backward(dy[None, None, None], kept)
    return dx[0, 0, 0], dw[0, 0, 0]


def norm_by_standardizing(x, gamma, beta):
    """Rows of a reshaped array, var by the mean of squares."""
    rows = np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)
    rows = rows - rows.mean(axis=1, keepdims=True)
    rows *= (gamma / np.sqrt((rows**2).mean(axis=1) + 1e-5))[:, None]
    return np.moveaxis((rows + beta[:, None]).reshape(x.shape[1], len(x), *x.shape[2:]), 0, 1)


def norm_backward_by_a_projection(dy, cache):
    """The matrix that takes the mean and the share along x_hat off, channel by channel; a list comes back."""
    x_hat, inv_std, gamma = cache
    dx, dgamma, dbeta = np.empty(dy.shape), [], []
    for c in range(dy.shape[1]):
        d, v = dy[:, c].ravel(), x_hat[:, c].ravel()
        one = np.ones(len(d))
        matrix = np.eye(len(d)) - (np.outer(one, one) + np.outer(v, v)) / len(d)
        dx[:, c] = (gamma[c] * inv_std[c] * (matrix @ d)).reshape(dx[:, c].shape)
        dgamma.append(d @ v)
        dbeta.append(d @ one)
    return [dx, np.array(dgamma), np.array(dbeta)]


def norm_backward_by_einsum(dy, cache):
    """All sums by einsum."""
    x_hat, inv_std, gamma = cache
    dgamma, dbeta = np.einsum("ncij,ncij->c", dy, x_hat), np.einsum("ncij->c", dy)
    count = dy.shape[0] * dy.shape[2] * dy.shape[3]
    shares = dbeta[:, None, None] + x_hat * dgamma[:, None, None]
    return (gamma * inv_std)[:, None, None] * (dy - shares / count), dgamma, dbeta


def norm_backward_by_three_ways(dy, cache):
    """Each way by itself, as the figure of the chain rule has them."""
    x_hat, inv_std, gamma = (np.asarray(part) for part in cache)
    axes, count, s = (0, 2, 3), dy.size // dy.shape[1], inv_std[:, None, None]
    centred, dx_hat = x_hat / s, dy * gamma[:, None, None]
    dvar = -0.5 * (dx_hat * centred).sum(axes, keepdims=True) * s**3
    dmean = -(dx_hat * s).sum(axes, keepdims=True)
    dx = dx_hat * s + (2 * dvar * centred + dmean) / count
    return dx - dx.mean(axes, keepdims=True), (dy * x_hat).sum(axes), dy.sum(axes)


def norm_by_two_means(x, gamma, beta):
    """The variance as the mean of the squares minus the square of the mean."""
    axes = (0, 2, 3)
    mean, square = x.mean(axis=axes, keepdims=True), (x**2).mean(axis=axes, keepdims=True)
    y = (x - mean) / np.sqrt(np.maximum(square - mean**2, 0) + 1e-5)
    return gamma[:, None, None] * y + beta[:, None, None]


Updated = collections.namedtuple("Updated", "w mean square")


def restarts_in_single(curve, starts, rate, steps):
    """All in 32 bits."""
    w = np.array(starts, np.float32)
    for _ in range(steps):
        w -= np.float32(rate) * np.asarray(curve.gradient(w), np.float32)
    return w[np.argmin(curve.error(w))]


def epoch_that_counts(model, loss, optimizer, x, y, batch_size, rng):
    """A loop that looks at its guesses at the end, and says how many are right."""
    loop(lambda n, size, rng: np.split(rng.permutation(n), range(size, n, size)))(
        model, loss, optimizer, x, y, batch_size, rng
    )
    return (model.forward(x, training=False).argmax(axis=1) == y).mean()


def epoch_that_reports(model, loss, optimizer, x, y, batch_size, rng):
    """A loop that gives the loss on all images at its end."""
    loop(lambda n, size, rng: np.split(rng.permutation(n), range(size, n, size)))(
        model, loss, optimizer, x, y, batch_size, rng
    )
    return loss.forward(model.infer(x), y)


def adamw_as_a_list(w, dw, mean, square, t, lr, decay):
    """With lerp, in a list."""
    mean, square = mean + 0.1 * (dw - mean), square + 0.001 * (dw**2 - square)
    step = np.divide(mean / (1 - 0.9**t), 1e-8 + (square / (1 - 0.999**t)) ** 0.5)
    return [w - lr * decay * w - lr * step, mean, square]


def ece_sorted(probabilities, labels, bins):
    """Sorted by confidence and cut at the edges; a NumPy number at the end."""
    order = probabilities.max(axis=1).argsort()
    sure, right = probabilities.max(axis=1)[order], (probabilities.argmax(axis=1) == labels)[order]
    cuts = np.searchsorted(sure, np.arange(1, bins) / bins, side="right")
    pieces = zip(np.split(right, cuts), np.split(sure, cuts), strict=True)
    return np.float32(sum(abs(a.sum() - b.sum()) for a, b in pieces) / len(sure))


def stages_nudged(x, y, step=1e-6):
    """Measured, not worked out: as good, as long as nobody stands on the kink."""

    def error(x, y):
        return (max(x + y, 0) + (x * y) ** 2) / (1 + (x + y) ** 2)

    return (
        (error(x + step, y) - error(x - step, y)) / (2 * step),
        (error(x, y + step) - error(x, y - step)) / (2 * step),
    )


def map_by_windows(image, kernel, stride, padding):
    """All windows of the padded image, every stride-th of them."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, padding), kernel.shape)
    return np.tensordot(windows[::stride, ::stride], kernel, 2)


CONV = [conv_by_remembered_places, conv_by_strides, Convolution().forward, single(conv_by_strides)]
RIGHT = {
    "01.output_size": [
        lambda size, kernel_size, stride, padding: np.int64((size + 2 * padding - kernel_size) // stride + 1),
        lambda s, k, t, p: divmod(s + 2 * p - k, t)[0] + 1,
        size_by_recursion,
    ],
    "01.conv_map": [map_by_windows, lambda *given: np.asfortranarray(np.float32(map_by_windows(*given)))],
    "01.conv2d_forward": [*CONV, conv_without_a_frame],
    "01.conv2d_vectorized": CONV,
    "02.softmax": [single(softmax), lambda z: np.exp(z - np.logaddexp.reduce(z, axis=1, keepdims=True))],
    "02.cross_entropy": [cross_entropy, single(cross_entropy)],
    "02.cross_entropy_gradient": [cross_entropy_gradient, single(cross_entropy_gradient)],
    "03.relu_backward": [relu_backward, single(relu_backward), lambda dy, x: dy * np.heaviside(x, 0)],
    "03.maxpool2d_backward": [
        pool_at_once,
        lambda dy, cache: naive.maxpool2d_backward(dy, cache).astype(np.float32),
    ],
    "03.linear_backward": [
        lambda dY, X, W: (dY.dot(W.T), np.einsum("nd,nm->dm", X, dY), np.ones(len(dY)) @ dY),
        lambda dY, X, W: tuple(
            part.astype(np.float32) for part in (dY @ W.T, X.T @ dY, np.add.reduce(dY, axis=0))
        ),
    ],
    "03.stages_backward": [
        stages_nudged,
        lambda x, y: np.array(exercises()["03.stages_backward"].oracle(x, y)).tolist(),
    ],
    "04.conv1d_backward": [
        line_by_matrix,
        line_without_a_frame,
        lambda dy, cache: [part.astype(np.float32) for part in line_backward(dy, cache)],
        line_as_an_image,
        lambda dy, cache: Line(*line_backward(dy, cache)),
    ],
    "04.conv2d_backward": [
        conv_backward_dilated,
        lambda dy, cache: Gradients(*conv_backward(dy, cache)),
        lambda dy, cache: tuple(part.astype(np.float32) for part in conv_backward(dy, cache)),
    ],
    "05.sgd": [single(lambda w, dw, lr: w - lr * dw), lambda w, dw, lr: (w + (-lr) * dw).tolist()],
    "05.fit_line": [
        lambda x, t, w, lr, batches: functools.reduce(
            lambda w, b: w - lr * np.array([x[b], np.ones(len(b))]) @ (np.polyval(w, x[b]) - t[b]) / len(b),
            batches,
            w,
        ),
        lambda *given: exercises()["05.fit_line"].oracle(*given).astype(np.float32),
    ],
    "05.momentum": [
        step_with_velocity_in_place,
        lambda w, dw, v, lr, m: np.stack([w - lr * (m * v + dw), m * v + dw]),
        lambda w, dw, v, lr, m: ((w - lr * (m * v + dw)).tolist(), (m * v + dw).tolist()),
        lambda w, dw, v, lr, m: Step(w - lr * (m * v + dw), m * v + dw),
        lambda w, dw, v, lr, m: [np.float32(w - lr * (m * v + dw)), np.float32(m * v + dw)],
    ],
    "06.cosine_schedule": [
        lambda step, steps, lr: np.float32(lr) * (1 + np.cos(np.float32(np.pi * step / steps))) / 2,
        lambda step, steps, lr: lr - lr * math.sin(math.pi * step / steps / 2) ** 2,
    ],
    "06.largest_rate": [lambda c: np.divide(2, c), lambda c: 2 * c**-1, lambda c: 2 / Fraction(c)],
    "07.false_minimum": [(-1.67, 0.1), [np.float32(0.1), np.float32(0.05)], lambda: (-2.2, 0.08)],
    "07.momentum_escape": [np.array([0.02, 0.9]), lambda: [0.05, 0.85]],
    "07.best_of_restarts": [
        best_pair,
        restarts_in_single,
        lambda c, s, r, n: sorted(descend(c, s, r, n)[-1], key=c.error)[0],
    ],
    "08.he_init": [
        he_by_filters,
        lambda shape, rng: np.asfortranarray(rng.normal(size=shape) * math.sqrt(2 / fans(shape)[0])),
        lambda shape, rng: rng.normal(0, math.sqrt(2 / fans(shape)[0]), shape).tolist(),
    ],
    "10.l1_update": [l1_by_sides, single(l1_by_sides)],
    "10.main_effects": [effects_by_sums, single(effects_by_sums)],
    "11.train_epoch": [
        loop(order_from_a_seed),
        epoch_that_counts,
        lambda m, loss, o, x, y, size, rng: fit(
            m, loss, o, x, y, epochs=1, batch_size=size, rng=rng, progress=False
        ),
        epoch_that_reports,
        loop(lambda n, size, rng: np.split(np.argsort(rng.random(n)), range(size, n, size))),
    ],
    "11.confusion_matrix": [counted, lambda a, b, k: (np.eye(k)[a].T @ np.eye(k)[b]).astype(np.uint32)],
    "12.dropout_backward": [
        single(lambda dy, kept, p: dy * np.where(kept, 1 / (1 - p), 0)),
        lambda dy, kept, p: (np.asarray(kept, float) * dy / (1 - p)).tolist(),
    ],
    "12.adamw_step": [
        adamw_as_a_list,
        lambda *a: np.stack(exercises()["12.adamw_step"].oracle(*a)),
        lambda *a: Updated(*exercises()["12.adamw_step"].oracle(*a)),
        lambda *a: tuple(part.astype(np.float32) for part in exercises()["12.adamw_step"].oracle(*a)),
    ],
    "12.expected_calibration_error": [
        ece_sorted,
        lambda p, y, b: (
            math.fsum(
                abs(
                    sum(
                        float(i == j) - r.max()
                        for r, i, j, k in zip(p, p.argmax(1), y, p.max(1), strict=True)
                        if math.ceil(k * b) == n
                    )
                )
                for n in range(1, b + 1)
            )
            / len(p)
        ),
    ],
    "13.softplus_backward": [
        single(lambda dy, x: dy * sigmoid_by_signs(x)),
        lambda dy, x: dy * (1 + np.tanh(x / 2)) / 2,
        lambda dy, x: functional.sigmoid_forward(x)[0] * dy,
    ],
    "13.replay": [
        popped_from_a_copy,
        lambda steps, dy: functools.reduce(lambda f, g: lambda d: f(g(d)), steps)(dy),
    ],
    "09.batchnorm_forward": [norm_by_standardizing, single(norm_by_standardizing), norm_by_two_means],
    "09.batchnorm_backward": [
        norm_backward_by_a_projection,
        norm_backward_by_einsum,
        norm_backward_by_three_ways,
        lambda dy, cache: tuple(part.astype(np.float32) for part in norm_backward_by_einsum(dy, cache)),
    ],
    "09.residual_backward": [
        lambda dy, layers: np.add(through(dy, layers), dy).tolist(),
        lambda dy, layers: dy - through(-dy, layers),
    ],
}
PAIRS = [(name, number) for name in RIGHT for number in range(len(RIGHT[name]))]


def test_every_exercise_has_two_of_them():
    assert set(RIGHT) == set(exercises())
    assert all(len(answers) >= 2 for answers in RIGHT.values())


@pytest.mark.parametrize(("name", "number"), PAIRS)
def test_a_right_answer_is_accepted_however_odd(name, number):
    report = check(name, RIGHT[name][number])
    assert report.passed, report
