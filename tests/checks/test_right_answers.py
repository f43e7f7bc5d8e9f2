"""Right answers of two styles for every exercise: loops beside vectors, one convention beside another."""

import functools
import math

import numpy as np
import pytest

from cnnlib.checks import check, exercises
from cnnlib.checks.nb04 import conv_backward
from cnnlib.checks.nb04_line import line_backward
from cnnlib.checks.nb11 import train_epoch
from cnnlib.checks.nb12 import adamw_step
from cnnlib.nn import functional, naive
from cnnlib.nn.initializers import fans


@pytest.fixture(autouse=True)
def no_progress(monkeypatch):
    """Keep these answers out of the learner's progress."""
    monkeypatch.setenv("CNNLIB_PROGRESS", "off")


def conv_loops(x, w, b, stride, padding):
    """As a beginner writes it: pad, walk, multiply, add."""
    padded = np.zeros((x.shape[0], x.shape[1], x.shape[2] + 2 * padding, x.shape[3] + 2 * padding))
    padded[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]] = x
    rows = (padded.shape[2] - w.shape[2]) // stride + 1
    columns = (padded.shape[3] - w.shape[3]) // stride + 1
    y = np.zeros((len(x), len(w), rows, columns))
    for n, f, i, j in np.ndindex(y.shape):
        top, left = i * stride, j * stride
        window = padded[n, :, top : top + w.shape[2], left : left + w.shape[3]]
        y[n, f, i, j] = (window * w[f]).sum() + b[f]
    return y


def map_by_counting(image, kernel, stride, padding):
    """As a beginner writes it, in lists."""
    (height, width), (kh, kw) = image.shape, kernel.shape
    padded = np.zeros((height + 2 * padding, width + 2 * padding))
    padded[padding : padding + height, padding : padding + width] = image
    rows = []
    for top in range(0, len(padded) - kh + 1, stride):
        lefts = range(0, len(padded[0]) - kw + 1, stride)
        rows.append([(padded[top : top + kh, left : left + kw] * kernel).sum() for left in lefts])
    return rows


def map_through_the_library(image, kernel, stride, padding):
    """As a batch of one."""
    return functional.conv2d_forward(image[None, None], kernel[None, None], np.zeros(1), stride, padding)[0][
        0, 0
    ]


def size_by_counting(size, kernel_size, stride, padding):
    """Counts the places."""
    return len(range(0, size + 2 * padding - kernel_size + 1, stride))


def epoch_in_pieces(model, loss, optimizer, x, y, batch_size, rng):
    """Puts images and labels in a new order first; asks for the length instead of slicing past the end."""
    order = rng.permutation(len(x))
    x, y, start = x[order], y[order], 0
    while start < len(x):
        end = min(start + batch_size, len(x))
        outputs = model.forward(x[start:end], training=True)
        loss.forward(outputs, y[start:end])
        dy = loss.backward()
        model.backward(dy)
        optimizer.step(model.parameters())
        start = end


def epoch_by_choice(model, loss, optimizer, x, y, batch_size, rng):
    """Draws the order another way; every order is as good."""
    order = list(rng.choice(len(x), size=len(x), replace=False))
    while order:
        batch, order = order[:batch_size], order[batch_size:]
        loss.forward(model.forward(x[batch], training=True), list(y[batch]))
        model.backward(loss.backward())
        optimizer.step(model.parameters())


def confusion_loops(labels, guesses, num_classes):
    """One image at a time, in lists."""
    matrix = [[0] * num_classes for _ in range(num_classes)]
    for label, guess in zip(labels, guesses, strict=True):
        matrix[label][guess] += 1
    return matrix


def confusion_added(labels, guesses, num_classes):
    """All at once, repeats added up."""
    matrix = np.zeros((num_classes, num_classes))
    np.add.at(matrix, (labels, guesses), 1)
    return matrix


def softmax_rows(logits):
    """Row by row, with a list at the end."""
    rows = []
    for row in logits:
        powers = [math.exp(value - max(row)) for value in row]
        rows.append([power / sum(powers) for power in powers])
    return rows


def softmax_vectors(logits):
    """All rows at once."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def loss_loops(logits, labels):
    """Image by image, in plain Python numbers."""
    total = 0.0
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        top = max(row)
        total += top + math.log(sum(math.exp(value - top) for value in row)) - row[label]
    return total / len(labels)


def loss_vectors(logits, labels):
    """With the log-sum-exp of all rows at once."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    return np.mean(log_sum - shifted[np.arange(len(labels)), labels])


def gradient_one_hot(logits, labels):
    """Probabilities minus one-hot rows."""
    return (softmax_vectors(logits) - np.eye(logits.shape[1])[labels]) / len(logits)


def gradient_loops(logits, labels):
    """One number at a time."""
    gradient = np.array(softmax_rows(logits))
    for number, label in enumerate(labels):
        gradient[number, label] -= 1.0
    return gradient / len(labels)


def relu_loops(dy, x):
    """One number at a time."""
    dx = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        if x[place] > 0:
            dx[place] = dy[place]
    return dx


def pool_vectors(dy, cache):
    """Through the library's own pair."""
    return functional.maxpool2d_backward(dy, functional.maxpool2d_forward(*cache)[1])


def linear_loops(dY, X, W):
    """Product after product, in a list of three."""
    dX, dW, db = np.zeros(X.shape), np.zeros(W.shape), np.zeros(W.shape[1])
    for n, i, j in np.ndindex(*X.shape, W.shape[1]):
        dX[n, i] += dY[n, j] * W[i, j]
        dW[i, j] += dY[n, j] * X[n, i]
    for n, j in np.ndindex(dY.shape):
        db[j] += dY[n, j]
    return [dX, dW, db]


def stages_by_lines(x, y):
    """As the notebook has it: the last line first, = for a first share, += for a second."""
    s, p = x + y, x * y
    n, d = max(s, 0) + p**2, 1 + s**2
    dn, dk = 1 / d, n
    dd = -dk / d**2
    dg = dq = dn
    ds = dd * 2 * s
    dp = dq * 2 * p
    ds += dg * (s > 0)
    dx, dy = dp * y, dp * x
    dx += ds
    dy += ds
    return dx, dy


def stages_by_quotients(x, y):
    """With the rule for quotients from school."""
    s, n, d = x + y, max(x + y, 0) + (x * y) ** 2, 1 + (x + y) ** 2
    slope = 1.0 if s > 0 else 0.0
    return [((slope + 2 * x * y * z) * d - n * 2 * s) / d**2 for z in (y, x)]


def line_by_points(x, t, w, lr, batches):
    """Point by point, in plain numbers; a list at the end."""
    slope, intercept = map(float, w)
    for batch in batches:
        by_slope = by_intercept = 0.0
        for i in batch:
            off = slope * x[i] + intercept - t[i]
            by_slope, by_intercept = by_slope + off * x[i], by_intercept + off
        slope -= lr * by_slope / len(batch)
        intercept -= lr * by_intercept / len(batch)
    return [slope, intercept]


def line_by_matrix(x, t, w, lr, batches):
    """As a linear layer with a column of ones, on a copy of w."""
    w, inputs = w.copy(), np.stack([x, np.ones_like(x)], axis=1)
    for batch in batches:
        w -= lr * inputs[batch].T @ (inputs[batch] @ w - t[batch]) / len(batch)
    return w


def conv_backward_loops(dy, cache):
    """Windows of the padded image, frame cut off at the end; a list of three comes back."""
    x, w, b, stride, padding = cache
    frame = [(0, 0), (0, 0), (padding, padding), (padding, padding)]
    padded = np.pad(x, frame)
    dpadded, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros_like(b)
    for n, f, i, j in np.ndindex(dy.shape):
        place = (
            n,
            slice(None),
            slice(i * stride, i * stride + w.shape[2]),
            slice(j * stride, j * stride + w.shape[3]),
        )
        dpadded[place] += dy[n, f, i, j] * w[f]
        dw[f] += dy[n, f, i, j] * padded[place]
        db[f] += dy[n, f, i, j]
    height, width = x.shape[2:]
    return [dpadded[:, :, padding : padding + height, padding : padding + width], dw, db]


def line_by_weights(dy, cache):
    """Weight by weight: each met every stride-th number of the padded row."""
    x, w, stride, padding = cache
    row = np.concatenate([np.zeros(padding), x, np.zeros(padding)])
    drow, dw = np.zeros(len(row)), []
    for q, weight in enumerate(w):
        met = slice(q, q + stride * len(dy), stride)
        drow[met] += weight * dy
        dw.append(row[met] @ dy)
    return drow[padding : len(row) - padding], dw


def momentum_with_rate_inside(w, dw, velocity, lr, momentum):
    """The other convention: the velocity is the step itself."""
    velocity = momentum * velocity - lr * dw
    return w + velocity, velocity


def momentum_in_place(w, dw, velocity, lr, momentum):
    """Changes the arrays it keeps."""
    velocity *= momentum
    velocity += dw
    w -= lr * velocity
    return w, velocity


def he_by_angles(shape, rng):
    """Normal numbers made of uniform ones, a length and an angle each (Box and Muller)."""
    length, angle = np.sqrt(-2 * np.log(1 - rng.random(shape))), 2 * np.pi * rng.random(shape)
    return math.sqrt(2 / fans(shape)[0]) * length * np.cos(angle)


def he_scaled(shape, rng):
    """Standard normal numbers, scaled; 32 bits."""
    fan_in = np.prod(shape[1:]) if len(shape) == 4 else shape[0]
    return (rng.standard_normal(shape) * np.sqrt(2 / fan_in)).astype(np.float32)


def conv_over_the_window(x, w, b, stride, padding):
    """A loop over the window alone, which is as long for every image."""
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    rows, columns = ((x.shape[a] - w.shape[a]) // stride + 1 for a in (2, 3))
    y = np.zeros((len(x), len(w), rows, columns)) + b[:, None, None]
    for p, q in np.ndindex(*w.shape[2:]):
        part = x[:, :, p : p + rows * stride : stride, q : q + columns * stride : stride]
        y += np.einsum("ncij,fc->nfij", part[:, :, :rows, :columns], w[:, :, p, q])
    return y


def conv_by_einsum(x, w, b, stride, padding):
    """All windows at once."""
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum("ncijpq,fcpq->nfij", windows, w) + b[:, None, None]


def conv_one_line(x, w, b, stride, padding):
    """A loop that hides in a comprehension."""
    return np.array([conv_by_einsum(image[None], w, b, stride, padding)[0] for image in x])


@pytest.mark.parametrize("looping", [conv_loops, conv_one_line])
def test_a_loop_over_images_or_pixels_is_no_vectorised_answer(looping):
    report = check("01.conv2d_vectorized", looping)
    assert report.outcome == "wrong" and "loop over images or pixels" in report.finding.sentence


def l1_loop(w, dw, lr, rate):
    """Weight by weight; each product with its sign spelt out."""
    new = np.zeros(w.shape)
    for place in np.ndindex(w.shape):
        stepped = w[place] - lr * dw[place]
        pull = lr * rate if w[place] > 0 else -lr * rate if w[place] < 0 else 0.0
        crossed = (stepped > 0 > stepped - pull) or (stepped < 0 < stepped - pull)
        new[place] = 0.0 if crossed else stepped - pull
    return new


def l1_vectors(w, dw, lr, rate):
    """Soft threshold where the penalty pulls towards zero."""
    stepped = w - lr * dw
    pulled = stepped - lr * rate * np.sign(w)
    return pulled * (np.sign(stepped) * np.sign(pulled) >= 0)


def effects_loop(z):
    """Means of columns and of rows one by one."""
    columns = [float(np.mean([row[j] for row in z])) for j in range(z.shape[1])]
    rows = [float(sum(row) / len(row)) for row in z]
    middle = float(np.mean(rows))
    whole = sum((v - middle) ** 2 for row in z for v in row) / z.size
    return tuple(sum((m - middle) ** 2 for m in means) / len(means) / whole for means in (columns, rows))


def effects_vectors(z):
    """Variances of means."""
    return [z.mean(axis=axis).var() / z.var() for axis in (0, 1)]


def softplus_by_sigmoid(dy, x):
    """With the library's sigmoid."""
    return dy * functional.sigmoid_forward(x)[0]


def softplus_by_cases(dy, x):
    """Divides by the larger of the two powers."""
    small = np.exp(-np.abs(x))
    return dy * np.where(x > 0, 1 / (1 + small), small / (1 + small))


def replay_recursive(steps, dy):
    """The last step first, then the rest in the same way."""
    return replay_recursive(steps[:-1], steps[-1](dy)) if steps else dy


def restarts_one_by_one(curve, starts, rate, steps):
    """One weight after the other, the best remembered."""
    best = None
    for w in starts:
        for _ in range(steps):
            w = w - rate * curve.gradient(w)
        if best is None or curve.error(w) < curve.error(best):
            best = w
    return best


def restarts_at_once(curve, starts, rate, steps):
    """All weights in one array."""
    w = starts.copy()
    for _ in range(steps):
        w -= rate * curve.gradient(w)
    return w[np.argmin(curve.error(w))]


def norm_forward_loops(x, gamma, beta):
    """Channel by channel, number by number."""
    y = np.zeros(x.shape)
    for c in range(x.shape[1]):
        values = [float(v) for v in x[:, c].ravel()]
        mean = sum(values) / len(values)
        var = sum((v - mean) ** 2 for v in values) / len(values)
        y[:, c] = gamma[c] * (x[:, c] - mean) / math.sqrt(var + 1e-5) + beta[c]
    return y


def norm_backward_by_ways(dy, cache):
    """The three ways one by one, with a standard deviation and a centred x made up again."""
    x_hat, inv_std, gamma = cache
    count = dy.size / dy.shape[1]
    std, d_hat = 1 / inv_std[:, None, None], dy * gamma[:, None, None]
    away = x_hat * std
    d_var = (d_hat * away).sum(axis=(0, 2, 3), keepdims=True) * -0.5 / std**3
    d_mean = -(d_hat / std).sum(axis=(0, 2, 3), keepdims=True)
    dx = d_hat / std + d_var * 2 * away / count + d_mean / count
    return dx, (dy * x_hat).sum(axis=(0, 2, 3)), dy.sum(axis=(0, 2, 3))


def norm_backward_in_rows(dy, cache):
    """One row a channel, the shares taken off at the end."""
    x_hat, inv_std, gamma = cache
    rows = [v.transpose(1, 0, 2, 3).reshape(dy.shape[1], -1) for v in (dy, x_hat)]
    dgamma, dbeta, count = (rows[0] * rows[1]).sum(axis=1), rows[0].sum(axis=1), rows[0].shape[1]
    dx = count * rows[0] - dbeta[:, None] - rows[1] * dgamma[:, None]
    dx = dx * (gamma * inv_std / count)[:, None]
    n, c, h, w = dy.shape
    return dx.reshape(c, n, h, w).transpose(1, 0, 2, 3), dgamma, dbeta


def dropout_loops(dy, kept, p):
    """One number at a time."""
    dx = np.zeros_like(dy)
    for place in np.ndindex(dy.shape):
        if kept[place]:
            dx[place] = dy[place] / (1 - p)
    return dx


def adamw_with_corrections_first(w, dw, mean, square, t, lr, decay):
    """As the paper writes it, with the decay at the end."""
    mean, square = 0.9 * mean + 0.1 * dw, 0.999 * square + 0.001 * dw * dw
    corrected, root = mean / (1 - 0.9**t), np.sqrt(square / (1 - 0.999**t))
    return w - lr * (corrected / (root + 1e-8) + decay * w), mean, square


def ece_loops(probabilities, labels, bins):
    """Bin by bin."""
    guesses, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    total = 0.0
    for b in range(bins):
        inside = (sure > b / bins) & (sure <= (b + 1) / bins)
        if inside.any():
            gap = abs((guesses == labels)[inside].mean() - sure[inside].mean())
            total += inside.mean() * gap
    return total


def ece_by_sums(probabilities, labels, bins):
    """With the bin's number of each image; the size of a bin cancels."""
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    place = np.ceil(sure * bins).astype(int) - 1
    return np.abs(np.bincount(place, right - sure, minlength=bins)).sum() / len(sure)


def residual_by_a_loop(dy, layers):
    dx = dy.copy()
    for place in range(len(layers) - 1, -1, -1):
        dy = layers[place].backward(dy)
    return dx + dy


RIGHT = {
    "12.dropout_backward": [dropout_loops, lambda dy, kept, p: np.where(kept, dy / (1 - p), 0.0)],
    "12.adamw_step": [adamw_step, adamw_with_corrections_first],
    "12.expected_calibration_error": [ece_loops, ece_by_sums],
    "01.conv_map": [map_by_counting, map_through_the_library],
    "01.conv2d_vectorized": [conv_by_einsum, conv_over_the_window],
    "01.conv2d_forward": [
        conv_loops,
        lambda *a: functional.conv2d_forward(*a)[0],
        lambda *a: naive.conv2d_forward(*a)[0],
    ],
    "01.output_size": [size_by_counting, lambda s, k, t, p: math.floor((s - k + 2 * p) / t + 1)],
    "02.softmax": [softmax_rows, softmax_vectors],
    "02.cross_entropy": [loss_loops, loss_vectors],
    "02.cross_entropy_gradient": [gradient_one_hot, gradient_loops],
    "03.relu_backward": [relu_loops, lambda dy, x: dy * (x > 0)],
    "03.maxpool2d_backward": [lambda dy, cache: naive.maxpool2d_backward(dy, cache), pool_vectors],
    "03.linear_backward": [linear_loops, lambda dY, X, W: (dY @ W.T, X.T @ dY, dY.sum(axis=0))],
    "03.stages_backward": [stages_by_lines, stages_by_quotients],
    "04.conv1d_backward": [line_backward, line_by_weights],
    "04.conv2d_backward": [conv_backward_loops, conv_backward],
    "05.sgd": [lambda w, dw, lr: w - lr * dw, lambda w, dw, lr: np.add(w, np.multiply(dw, -lr))],
    "05.fit_line": [line_by_points, line_by_matrix],
    "05.momentum": [momentum_with_rate_inside, momentum_in_place],
    "11.train_epoch": [train_epoch, epoch_in_pieces, epoch_by_choice],
    "11.confusion_matrix": [confusion_loops, confusion_added],
    "06.cosine_schedule": [
        lambda step, steps, lr: 0.5 * lr * (1 + np.cos(np.pi * step / steps)),
        lambda step, steps, lr: lr * math.cos(math.pi * step / steps / 2) ** 2,
    ],
    "06.largest_rate": [lambda c: 2.0 / c, lambda c: np.float32(2) / np.float32(c)],
    "07.false_minimum": [(-2.5, 0.1), [0.0, 0.3], np.array([-1.2, 0.05])],
    "07.momentum_escape": [(0.02, 0.9), [0.05, 0.85]],
    "07.best_of_restarts": [restarts_one_by_one, restarts_at_once],
    "08.he_init": [he_by_angles, he_scaled],
    "10.l1_update": [l1_loop, l1_vectors],
    "10.main_effects": [effects_loop, effects_vectors],
    "13.softplus_backward": [softplus_by_sigmoid, softplus_by_cases],
    "13.replay": [
        replay_recursive,
        lambda steps, dy: functools.reduce(lambda d, step: step(d), steps[::-1], dy),
    ],
    "09.batchnorm_forward": [
        norm_forward_loops,
        lambda x, gamma, beta: functional.batchnorm2d_forward(x, gamma, beta)[0],
    ],
    "09.batchnorm_backward": [norm_backward_by_ways, norm_backward_in_rows],
    "09.residual_backward": [
        residual_by_a_loop,
        lambda dy, layers: dy + functools.reduce(lambda d, layer: layer.backward(d), layers[::-1], dy),
    ],
}


def test_every_exercise_has_two_right_answers_here():
    assert set(RIGHT) == set(exercises())
    assert all(len(answers) >= 2 for answers in RIGHT.values())


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("name", RIGHT)
def test_right_answers_are_accepted_whatever_their_style(name, number):
    if number < len(RIGHT[name]):
        report = check(name, RIGHT[name][number])
        assert report.passed, report
