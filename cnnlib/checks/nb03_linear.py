"""Exercise of notebook 03, backpropagation: a linear layer."""

import numpy as np

from cnnlib.checks import cases
from cnnlib.checks.comparing import largest
from cnnlib.checks.exercise import Exercise, Misconception, register


def linear_cases(rng):
    """One product first; then two outputs, two inputs, two images; then every size, some of them square."""
    yield np.array([[5.0]]), np.array([[2.0]]), np.array([[3.0]])
    yield np.array([[2.0, -1.0]]), np.array([[3.0]]), np.array([[1.0, 4.0]])
    yield np.array([[2.0]]), np.array([[3.0, 1.0]]), np.array([[1.0], [4.0]])
    yield np.array([[2.0, -1.0]]), np.array([[1.0, 2.0]]), np.array([[3.0, 0.0], [1.0, -1.0]])
    yield np.array([[2.0], [-1.0]]), np.array([[3.0], [4.0]]), np.array([[5.0]])
    for number in range(40):
        images, inputs, outputs = (int(size) for size in rng.integers(1, 3 + number // 8, 3))
        if number % 4 == 3:
            images = inputs = outputs
        yield made(rng, images, inputs, outputs)
    for images, inputs, outputs in ((7, 2, 3), (2, 9, 4), (3, 4, 11), (16, 5, 5), (1, 6, 8)):
        yield made(rng, images, inputs, outputs)


def made(rng, images, inputs, outputs):
    """A case: gradients, inputs and weights of a layer of a size."""
    x, w = rng.normal(size=(images, inputs)), rng.normal(size=(inputs, outputs))
    return cases.gradient(rng, (images, outputs)), x, w


def linear_backward(dY, X, W):
    """The three gradients of Y = X W + b."""
    return dY @ W.T, X.T @ dY, dY.sum(axis=0)


def results(dX=None, dW=None, db=None):
    """A backward some of whose results are ``change(dY, X, W)``."""

    def backward(dY, X, W):
        pairs = zip(linear_backward(dY, X, W), (dX, dW, db), strict=True)
        return tuple(right if change is None else change(dY, X, W) for right, change in pairs)

    return backward


register(
    Exercise(
        name="03.linear_backward",
        signature="linear_backward(dY, X, W) -> dX, dW, db",
        inputs=("dY", "X", "W"),
        outputs=("dX", "dW", "db"),
        oracle=linear_backward,
        cases=linear_cases,
        unit=lambda dY, X, W: largest(dY) * max(1.0, largest(X), largest(W)) * sum(dY.shape),
        hints=(
            "Begin with one image, two inputs and two outputs, and write what x0, w10 and b0 get. The "
            "letters are in the section on the linear layer.",
            "A gradient has the shape of what it belongs to: (N, D) for X, (D, M) for W, (M,) for b. dY has "
            "(N, M). Which product of two of the three matrices has the shape that is wanted, and over what "
            "does it add up?",
        ),
        misconceptions=(
            Misconception(
                "W not transposed",
                "dX is dY times W as it stands; an input collects along its row of W, so W is transposed.",
                results(dX=lambda dY, X, W: dY @ W),
            ),
            Misconception(
                "slopes without what arrives",
                "dX is made of the weights alone; each of them is multiplied by what arrives at its output.",
                results(dX=lambda dY, X, W: np.ones_like(dY) @ W.T),
                (results(dX=lambda dY, X, W: np.tile(W.sum(axis=1), (len(X), 1))),),
            ),
            Misconception(
                "inputs without what arrives",
                "dW is made of the inputs alone; each input is multiplied by what arrives at the output.",
                results(dW=lambda dY, X, W: X.T @ np.ones_like(dY)),
            ),
            Misconception(
                "dW transposed",
                "dW has a row for each output; it should have the shape of W, with a row for each input.",
                results(dW=lambda dY, X, W: dY.T @ X),
            ),
            Misconception(
                "mean over the images",
                "dW or db is divided by the number of images; a weight adds up its shares, and the division "
                "belongs to the loss.",
                results(dW=lambda dY, X, W: X.T @ dY / len(X), db=lambda dY, X, W: dY.mean(axis=0)),
                (
                    results(dW=lambda dY, X, W: X.T @ dY / len(X)),
                    results(db=lambda dY, X, W: dY.mean(axis=0)),
                ),
            ),
            Misconception(
                "one image alone",
                "dW or db comes from one image; each weight and each bias is used for every image.",
                results(dW=lambda dY, X, W: np.outer(X[0], dY[0]), db=lambda dY, X, W: dY[0]),
                (
                    results(dW=lambda dY, X, W: np.outer(X[-1], dY[-1]), db=lambda dY, X, W: dY[-1]),
                    results(dW=lambda dY, X, W: np.outer(X[-1], dY[-1])),
                    results(dW=lambda dY, X, W: np.outer(X[0], dY[0])),
                    results(db=lambda dY, X, W: dY[0]),
                    results(db=lambda dY, X, W: dY[-1]),
                ),
            ),
            Misconception(
                "bias summed over the outputs",
                "db has one number for each image; a bias belongs to an output, and the images are added up.",
                results(db=lambda dY, X, W: dY.sum(axis=1)),
            ),
            Misconception(
                "one number for all biases",
                "db is a single number; each output has a bias of its own.",
                results(db=lambda dY, X, W: dY.sum()),
            ),
            Misconception(
                "the images kept apart",
                "db has a row for each image; a bias is used for all of them, so their rows are added up.",
                results(db=lambda dY, X, W: dY),
                (results(db=lambda dY, X, W: dY.sum(axis=0, keepdims=True)),),
            ),
            Misconception(
                "opposite sign",
                "Every gradient has the opposite sign: the minus belongs to the step that is taken later.",
                lambda dY, X, W: tuple(-part for part in linear_backward(dY, X, W)),
            ),
        ),
    )
)
