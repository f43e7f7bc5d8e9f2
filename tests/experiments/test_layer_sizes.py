"""Sizes and receptive fields, against the layers themselves."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnnlib.experiments import layer_sizes
from cnnlib.fast import Sequential
from cnnlib.nn.layers import AvgPool2d, Conv2d, ReLU

window = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(0, 2))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), window)
def test_output_size_is_that_of_the_layer(size, spec):
    kernel, stride, padding = spec
    assume(kernel <= size + 2 * padding)
    y = Conv2d(1, 1, kernel, stride, padding, rng=0).forward(np.zeros((1, 1, size, size), np.float32))
    assert y.shape[2] == layer_sizes.output_size(size, kernel, stride, padding)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((0, 1), "size"),
        ((3, 0), "kernel_size"),
        ((3, 4), "kernel_size"),
        ((3, 1, 0), "stride"),
        ((3, 1, 1, -1), "padding"),
    ],
)
def test_impossible_sizes_are_named(arguments, name):
    with pytest.raises(ValueError, match=f"^{name} must be"):
        layer_sizes.output_size(*arguments)


@pytest.mark.parametrize("bias", [True, False])
def test_parameters_are_those_of_the_layer(bias):
    layer = Conv2d(3, 5, 4, bias=bias, rng=0)
    assert layer_sizes.conv2d_parameters(3, 5, 4, bias) == sum(v.size for v in layer.params.values())


@settings(max_examples=60, deadline=None)
@given(st.lists(window, min_size=1, max_size=3), st.data())
def test_the_field_holds_exactly_the_pixels_that_move_the_unit(specs, data):
    size, length = 14, 14
    for kernel, stride, padding in specs:
        assume(kernel <= size + 2 * padding)
        assume(kernel >= stride and padding < kernel)  # gaps between windows, or units in pure padding
        size = layer_sizes.output_size(size, kernel, stride, padding)
    layers = [
        Conv2d(1, 1, k, s, p, init=lambda shape, rng: np.ones(shape), dtype=np.float64) for k, s, p in specs
    ]
    model = Sequential([*layers, ReLU()])
    unit = data.draw(st.integers(0, size - 1))
    x = np.ones((1, 1, length, length))
    dy = np.zeros_like(model.forward(x))
    dy[0, 0, unit, unit] = 1
    moved = np.flatnonzero(model.backward(dy)[0, 0].any(axis=1))
    assume(len(moved))
    assert (moved[0], moved[-1]) == layer_sizes.pixels_seen(specs, unit, length)


def test_padding_of_a_deeper_layer_sees_no_pixel():
    """Unit 2 of the second layer reaches over units 4, 5 and one place of padding: pixels 8 to 12 of 14."""
    assert layer_sizes.pixels_seen([(3, 2, 0), (3, 3, 2)], 2, 14) == (8, 12)


def test_windows_are_read_from_layers_along_each_axis():
    layers = [Conv2d(1, 2, (3, 5), stride=(1, 2), padding=(0, 2), rng=0), ReLU(), AvgPool2d((2, 1))]
    assert layer_sizes.windows_of(layers, 0) == [(3, 1, 0), (2, 2, 0)]
    assert layer_sizes.windows_of(layers, 1) == [(5, 2, 2), (1, 1, 0)]
    assert layer_sizes.unit_field(layers, 1, 1, 12, 12) == ((2, 5), (0, 4))


@pytest.mark.parametrize(
    "specs",
    [
        [(3, 2, 1), (3, 2, 1), (3, 1, 1)],
        [(3, 1, 1), (2, 2, 0), (3, 1, 1)],
        [(5, 2, 2), (3, 1, 1)],
        [(2, 2, 0), (3, 1, 2)],
    ],
)
def test_the_field_of_every_unit_behind_strides_and_paddings(specs):
    ones = {"init": lambda shape, rng: np.ones(shape), "dtype": np.float64}
    model = Sequential([Conv2d(1, 1, k, s, p, **ones) for k, s, p in specs])
    x = np.ones((1, 1, 16, 16))
    for unit in range(model.forward(x).shape[2]):
        dy = np.zeros_like(model.forward(x))
        dy[0, 0, unit] = 1
        moved = np.flatnonzero(model.backward(dy)[0, 0].any(axis=1))
        if len(moved):  # a unit may lie in the padding alone
            assert (moved[0], moved[-1]) == layer_sizes.pixels_seen(specs, unit, 16)


def test_fields_inside_the_image_start_where_size_and_jump_say():
    specs = [(3, 2, 1), (3, 2, 1), (3, 1, 1)]
    field = layer_sizes.receptive_field(specs)
    assert field == (15, 4, -7)
    first = field.start + 2 * field.jump
    assert layer_sizes.pixels_seen(specs, 2, 32) == (first, first + field.size - 1)
