"""The networks and layers that `benchmarks/engine.py` measures, described once for all contestants."""

import numpy as np

CONV, RELU, POOL, FLATTEN, LINEAR = "conv", "relu", "pool", "flatten", "linear"


def conv(filters, size, padding=0):
    return [(CONV, filters, size, padding), (RELU,)]


NETWORKS = {
    "W1": ((32, 1, 8, 8), [*conv(8, 3, 1), (POOL,), *conv(16, 3, 1), (POOL,), (FLATTEN,), (LINEAR, 10)]),
    "W2": (
        (64, 1, 28, 28),
        [*conv(6, 5, 2), (POOL,), *conv(16, 5), (POOL,), (FLATTEN,), (LINEAR, 120), (RELU,), (LINEAR, 84),
         (RELU,), (LINEAR, 10)],
    ),
    "W3": (
        (64, 1, 28, 28),
        [*conv(32, 3, 1), *conv(32, 3, 1), (POOL,), *conv(64, 3, 1), (POOL,), (FLATTEN,), (LINEAR, 128),
         (RELU,), (LINEAR, 10)],
    ),
}  # fmt: skip

# Single layers, forward and backward: name -> (input shape, layers)
LAYERS = {
    "conv 1->8 3x3, 8x8, batch 32": ((32, 1, 8, 8), [(CONV, 8, 3, 1)]),
    "conv 8->16 3x3, 14x14, batch 64": ((64, 8, 14, 14), [(CONV, 16, 3, 1)]),
    "conv 6->16 5x5, 14x14, batch 64": ((64, 6, 14, 14), [(CONV, 16, 5, 0)]),
    "conv 32->32 3x3, 28x28, batch 64": ((64, 32, 28, 28), [(CONV, 32, 3, 1)]),
    "conv 64->64 3x3, 14x14, batch 64": ((64, 64, 14, 14), [(CONV, 64, 3, 1)]),
    "conv 64->64 1x1, 28x28, batch 64": ((64, 64, 28, 28), [(CONV, 64, 1, 0)]),
    "max-pool 2x2, 32 channels, 28x28, batch 64": ((64, 32, 28, 28), [(POOL,)]),
    "ReLU, 32 channels, 28x28, batch 64": ((64, 32, 28, 28), [(RELU,)]),
    "linear 3136->128, batch 64": ((64, 3136), [(LINEAR, 128)]),
}


def _normalized(channels, rng):
    from cnnlib.nn.layers import BatchNorm2d, Conv2d, ReLU

    return [Conv2d(channels, channels, 3, padding=1, bias=False, rng=rng), BatchNorm2d(channels), ReLU()]


def _residual(rng):
    from cnnlib.nn.layers import ReLU, Residual

    return [Residual([*_normalized(32, rng), *_normalized(32, rng)[:-1]]), ReLU()]


def _dropout(rng):
    from cnnlib.nn.layers import Dropout, Linear, ReLU

    return [Linear(784, 256, init="he", rng=rng), ReLU(), Dropout(0.5, rng=rng), Linear(256, 10, rng=rng)]


def _transposed(rng):
    from cnnlib.nn.layers import ConvTranspose2d

    return [ConvTranspose2d(16, 8, 2, stride=2, rng=rng)]


def _dilated(rng):
    from cnnlib.nn.layers import Conv2d

    return [Conv2d(16, 16, 3, padding=2, dilation=2, rng=rng)]


# What the descriptions above have no word for: the layers themselves, PyTorch's made from them
BUILT = {
    "conv 16->16 3x3, batch norm, 28x28, batch 64": ((64, 16, 28, 28), lambda rng: _normalized(16, rng)[:2]),
    "residual block, 32 channels, 14x14, batch 64": ((64, 32, 14, 14), _residual),
    "linear 784->256->10 with dropout, batch 64": ((64, 784), _dropout),
    "transposed conv 16->8 2x2 by 2, 14x14, batch 64": ((64, 16, 14, 14), _transposed),
    "dilated conv 16->16 3x3 by 2, 14x14, batch 64": ((64, 16, 14, 14), _dilated),
}
INFERENCE = 1000
LR = 0.01


def weights(shape, rows, rng):
    """He-normal weights of a description: kernels (F, C, k, k) or matrices (in, out), each with its bias."""
    arrays, shape = [], shape[1:]
    for kind, *arguments in rows:
        if kind == CONV:
            filters, size, padding = arguments
            fan_in = shape[0] * size * size
            arrays += [rng.normal(0, (2 / fan_in) ** 0.5, (filters, shape[0], size, size)), np.zeros(filters)]
            shape = (filters, *(side + 2 * padding - size + 1 for side in shape[1:]))
        elif kind == LINEAR:
            arrays += [rng.normal(0, (2 / shape[0]) ** 0.5, (shape[0], arguments[0])), np.zeros(arguments[0])]
            shape = (arguments[0],)
        elif kind == POOL:
            shape = (shape[0], shape[1] // 2, shape[2] // 2)
        elif kind == FLATTEN:
            shape = (int(np.prod(shape)),)
    return [array.astype(np.float32) for array in arrays], shape


def multiply_adds(shape, rows):
    """Multiply-adds of one forward and backward pass, input gradient of the first layer left out."""
    total, first = 0, True
    n, shape = shape[0], shape[1:]
    for kind, *arguments in rows:
        if kind == CONV:
            filters, size, padding = arguments
            places = [side + 2 * padding - size + 1 for side in shape[1:]]
            work = filters * shape[0] * size * size * places[0] * places[1]
            shape = (filters, *places)
        elif kind == LINEAR:
            work, shape = shape[0] * arguments[0], (arguments[0],)
        else:
            if kind == POOL:
                shape = (shape[0], shape[1] // 2, shape[2] // 2)
            elif kind == FLATTEN:
                shape = (int(np.prod(shape)),)
            continue
        total += work * n * (2 if first else 3)
        first = False
    return total


def _output_shape(layers, shape):
    from cnnlib.nn import Sequential

    return Sequential(layers).infer(np.zeros(shape, np.float32)).shape


def make(name):
    """Everything a contestant needs for one case: description, data, weights; the same for all of them."""
    rng = np.random.default_rng(0)
    case, _, what = name.partition("/")
    if what in BUILT:
        shape, build = BUILT[what]
        out = _output_shape(build(np.random.default_rng(1)), shape)
        return {
            "build": lambda: build(np.random.default_rng(1)),
            "x": rng.standard_normal(shape, np.float32),
            "dy": rng.standard_normal(out, np.float32),
        }
    if case == "layer":
        shape, rows = LAYERS[what]
        arrays, out = weights(shape, rows, rng)
        return {
            "rows": rows,
            "weights": arrays,
            "x": rng.standard_normal(shape, np.float32),
            "dy": rng.standard_normal((shape[0], *out), np.float32),
        }
    shape, rows = NETWORKS[what]
    arrays, _ = weights(shape, rows, rng)
    n = INFERENCE if case == "inference" else shape[0]
    if case == "epoch":
        n = 1437
    return {
        "rows": rows,
        "weights": arrays,
        "x": rng.random((n, *shape[1:]), np.float32),
        "y": rng.integers(0, 10, n),
        "batch_size": shape[0],
    }
