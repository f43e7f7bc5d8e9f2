"""Each layer of the course on the fast path: against numerical gradients, loops, PyTorch, readable layers."""

import numpy as np
import pytest

from cnnlib.fast import Sequential, engine, normalization, winograd_stage
from cnnlib.nn import naive
from cnnlib.nn.gradcheck import check_gradients
from cnnlib.nn.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    LayerNorm,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    Sigmoid,
    Tanh,
)
from cnnlib.runtime import threads
from tests.fast.test_fast import compare
from tests.fast.twins import F32, F64, close, twins


def dilated(*sizes, **options):
    return lambda dtype: [Conv2d(*sizes, **options, rng=0, dtype=dtype), ReLU()]


def transposed(*sizes, **options):
    return lambda dtype: [ConvTranspose2d(*sizes, **options, rng=0, dtype=dtype), ReLU()]


def after_a_convolution(*kinds):
    """A network needs a product to take the fast path; the layers follow it."""
    return lambda dtype: [Conv2d(2, 4, 3, padding=1, rng=0, dtype=dtype), *(kind(dtype) for kind in kinds)]


def same(channels, dtype):
    return Conv2d(channels, channels, 3, padding=1, rng=2, dtype=dtype)


# Of layers: what makes them for a dtype; all take images of 2 channels
LAYERS = {
    "dilated": dilated(2, 3, 3, padding=2, dilation=2),
    "dilated, without bias": dilated(2, 3, (2, 3), padding=(1, 3), dilation=(3, 2), bias=False),
    "dilated one way": dilated(2, 3, 3, padding=1, dilation=(1, 2)),
    "dilated with the step": dilated(2, 3, 3, stride=2, padding=2, dilation=2),
    "dilated with another step": dilated(2, 3, (3, 2), stride=(2, 3), padding=(3, 1), dilation=(3, 4)),
    "dilated beyond the image": dilated(2, 3, 2, padding=4, dilation=(9, 8)),
    "transposed": transposed(2, 3, 2, stride=2),
    "transposed, without bias": transposed(2, 3, 3, stride=2, padding=1, bias=False),
    "transposed with gaps": transposed(2, 3, (1, 2), stride=(2, 3)),
    "transposed without a step": transposed(2, 3, (3, 4), padding=(1, 2)),
    "transposed and cut": transposed(2, 3, (4, 3), stride=(3, 1), padding=(5, 3)),
    "batch normalization": after_a_convolution(lambda dtype: BatchNorm2d(4, dtype=dtype)),
    "the same with ReLU": after_a_convolution(
        lambda dtype: BatchNorm2d(4, dtype=dtype), lambda dtype: ReLU()
    ),
    "layer normalization": after_a_convolution(lambda dtype: LayerNorm((4, 7, 6), dtype=dtype)),
    "layer normalization of features": after_a_convolution(
        lambda dtype: Flatten(),
        lambda dtype: Linear(168, 5, rng=1, dtype=dtype),
        lambda dtype: LayerNorm(5, dtype=dtype),
    ),
    "residual": after_a_convolution(
        lambda dtype: Residual([same(4, dtype), BatchNorm2d(4, dtype=dtype), ReLU()]), lambda dtype: ReLU()
    ),
    "average of windows": after_a_convolution(lambda dtype: AvgPool2d((2, 4)), lambda dtype: ReLU()),
    "average of windows that overlap": after_a_convolution(lambda dtype: AvgPool2d(3, 2)),
    "pooling and curves": after_a_convolution(
        lambda dtype: Tanh(),
        lambda dtype: MaxPool2d(3, 2),
        lambda dtype: Sigmoid(),
        lambda dtype: AvgPool2d(2),
    ),
}
each_layer = pytest.mark.parametrize("name", LAYERS)
each_dtype = pytest.mark.parametrize("dtype", [F32, F64])


@pytest.fixture(params=["one thread", "two threads"], autouse=True)
def sharing(request, monkeypatch):
    """Once as it is, once with two threads, small chunks and blocks, and Winograd's products throughout."""
    if request.param == "two threads":
        monkeypatch.setattr(engine, "CHUNK", 3)
        monkeypatch.setattr(engine, "THREADS_PAY", 0)
        monkeypatch.setattr(threads, "cores", lambda: 2)
        monkeypatch.setattr(winograd_stage, "CHANNELS", 1)
        monkeypatch.setattr(normalization, "BLOCK", 500)


def made(name, dtype):
    """The layers, with weights that are all different from what they start with."""
    rng, layers = np.random.default_rng(0), LAYERS[name](dtype)
    for layer in layers:
        for value in layer.params.values():
            value += rng.normal(0, 0.2, value.shape).astype(dtype)
    return layers


def images(n, dtype, seed=0):
    return np.random.default_rng(seed).standard_normal((n, 2, 7, 6)).astype(dtype)


def passes(layers, x):
    """The fast network's output, a gradient of it, and those by the input and the weights."""
    model = Sequential(layers)
    y = model.forward(x, training=True)
    assert model._engine.last, "these layers should take the fast path"
    dy = np.random.default_rng(1).standard_normal(y.shape).astype(x.dtype)
    return y, dy, model.backward(dy), [gradient for _, _, gradient in model.parameters()]


@each_layer
@each_dtype
@pytest.mark.parametrize("training", [True, False])
def test_it_gives_the_readable_numbers(name, dtype, training):
    fast, slow = twins(made(name, dtype))
    rng = np.random.default_rng(0)
    for n in (5, 5, 2, 9):  # whole batches, a last smaller one, one in several pieces
        assert compare(fast, slow, images(n, dtype, n), rng, training)
    many = images(150, dtype)
    close(fast.infer(many), slow.infer(many), dtype)
    assert fast._engine.recent[0][0], "a rolling plan should have inferred"


@each_layer
@pytest.mark.parametrize("training", [True, False])
def test_its_gradients_are_the_numerical_ones(name, training):
    model, rng = Sequential(made(name, F64)), np.random.default_rng(1)
    errors = check_gradients(model, images(3, F64), rng, training)
    assert model._engine.plans and max(errors.values()) < 1e-6


@each_layer
@each_dtype
def test_it_agrees_with_pytorch(name, dtype):
    torch = pytest.importorskip("torch")
    from cnnlib.saving import to_torch

    layers = made(name, dtype)
    theirs, x = to_torch(Sequential(layers)).train(), images(5, dtype)
    tensor = torch.tensor(x, requires_grad=True)
    expected = theirs(tensor)
    y, dy, dx, gradients = passes(layers, x)
    close(y, expected.detach().numpy(), dtype)
    expected.backward(torch.tensor(dy))
    close(dx, tensor.grad.numpy(), dtype)
    for ours, parameter in zip(gradients, theirs.parameters(), strict=True):
        close(ours, (parameter.grad.T if ours.ndim == 2 else parameter.grad).numpy(), dtype)


# Of each class: the loops' name, and what they take besides the input
LOOPS = {
    Conv2d: ("conv2d", "stride padding dilation"),
    ConvTranspose2d: ("conv_transpose2d", "stride padding"),
    Linear: ("linear", ""),
    BatchNorm2d: ("batchnorm2d", ""),
    LayerNorm: ("layernorm", ""),
    MaxPool2d: ("maxpool2d", "kernel_size stride"),
    AvgPool2d: ("avgpool2d", "kernel_size stride"),
    **{kind: (kind.__name__.lower(), "") for kind in (ReLU, Tanh, Sigmoid, Flatten)},
}


def through_loops(layers, x):
    """The output, and what leads a gradient back to the input, putting those of weights into a list."""
    backs = []
    for layer in layers:
        if isinstance(layer, Residual):
            y, back = through_loops(layer.layers, x)
            backs.append(lambda dy, found, back=back: dy + back(dy, found))
            x = x + y
            continue
        loops, sizes = LOOPS[type(layer)]
        weights = [layer.params.get(key) for key in ("weight", "bias")] if layer.params else []
        arguments = weights + [getattr(layer, size) for size in sizes.split()]
        x, cache = getattr(naive, f"{loops}_forward")(x, *arguments)
        backs.append(lambda dy, found, loops=loops, cache=cache: one_back(loops, dy, cache, found))

    def back(dy, found):
        for step in reversed(backs):
            dy = step(dy, found)
        return dy

    return x, back


def one_back(loops, dy, cache, found):
    result = getattr(naive, f"{loops}_backward")(dy, cache)
    if isinstance(result, tuple):
        dy, *gradients = result
        found[:0] = [gradient for gradient in gradients if gradient is not None]
        return dy
    return result


@each_layer
@each_dtype
def test_it_agrees_with_the_loops(name, dtype):
    layers, x, found = made(name, dtype), images(4, dtype), []
    expected, back = through_loops(layers, x)
    y, dy, dx, gradients = passes(layers, x)
    close(y, expected, dtype)
    close(dx, back(dy, found), dtype)
    for ours, theirs in zip(gradients, found, strict=True):
        close(ours, theirs, dtype)


@each_layer
def test_a_convolution_may_come_before_and_after(name):
    """Then its input gradient goes on, and its output into an image between zeros."""
    layers = [same(2, F64), ReLU(), *made(name, F64)]
    shape = Sequential(layers).infer(images(1, F64)).shape
    layers += [same(shape[1], F64)] if len(shape) == 4 else []
    fast, slow = twins(layers)
    for n in (5, 2):
        assert compare(fast, slow, images(n, F64), np.random.default_rng(0))


@each_layer
@pytest.mark.parametrize("n", [5, 150])
def test_its_layers_can_be_run_backwards_by_themselves(name, n):
    fast, slow = twins(made(name, F64))
    dys = [model.forward(images(n, F64)) for model in (fast, slow)]
    for model in (fast, slow):
        for layer in model:
            for value in layer.params.values():
                value[...] = 7  # the pass has been with those before
    for ours, theirs in zip(reversed(fast.layers), reversed(slow.layers), strict=True):
        dys = ours.backward(dys[0]), theirs.backward(dys[1])
        close(*dys, F64)
        for gradient, twin in zip(ours.grads.values(), theirs.grads.values(), strict=True):
            close(gradient, twin, F64)


def test_dropout_within_a_block_draws_the_same_numbers():
    shared = np.random.default_rng(7)
    inner = [same(2, F64), Dropout(0.5, rng=shared), Residual([same(2, F64), Dropout(0.3, rng=shared)])]
    layers = [Dropout(0.2, rng=shared), Residual(inner, [same(2, F64), Dropout(0.4, rng=3)]), Flatten()]
    rows = Residual([Dropout(0.5, rng=shared), Linear(84, 84, rng=0, dtype=F64)])
    fast, slow = twins([*layers, rows, Linear(84, 3, rng=0, dtype=F64)])
    for n in (5, 5, 2, 9):
        assert compare(fast, slow, images(n, F64), np.random.default_rng(0))
        assert fast._engine.last


def test_padding_wider_than_a_dilated_kernel_and_a_shape_that_does_not_fit():
    """These are for the readable passes, and their errors."""
    model = Sequential([Conv2d(2, 3, 2, padding=4, dilation=2, rng=0)])
    assert model.forward(images(2, F32)).shape == (2, 3, 13, 12) and not model._engine.plans
    for layer, words in (
        (Conv2d(2, 3, 3, dilation=4, rng=0), "must fit into the image"),
        (ConvTranspose2d(2, 3, 3, padding=9, rng=0), "padding must leave some of the output"),
        (ConvTranspose2d(3, 3, 3, rng=0), "w must have shape"),
    ):
        with pytest.raises(ValueError, match=words):
            Sequential([layer]).forward(images(2, F32))
