"""Numbers in cells: what is multiplied gives what is shown, with one number of decimals in each matrix."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest

from cnnlib.viz import Heatmap
from cnnlib.widgets import ConvolutionMicroscope, NetworkXRay
from cnnlib.widgets.forward_pass.convolution import KERNELS
from cnnlib.widgets.forward_pass.shown_numbers import decimals_for, rounded

MATRICES = "window", "kernel", "products"


def printed(widget, name):
    """What stands in the cells of a matrix, by row and column."""
    (part,) = (part for part in widget.scene.panels if part.name == name)
    found = {}
    for mark in part.marks:
        if isinstance(mark, Heatmap) and mark.numbers:
            for place, value in np.ndenumerate(mark.z):
                if np.isfinite(value):
                    assert place not in found
                    found[place] = format(value, "z" + mark.numbers.partition("|")[0])
    return found


def decimals(words):
    """The numbers of decimals in a matrix, but for a plain zero."""
    return {len(word.partition(".")[2]) for word in words if word != "0"}


def made_of(one, other):
    """The product of two printed numbers in two decimals."""
    return (Decimal(one) * Decimal(other)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def assert_comes_out(widget):
    window, kernel, products = (printed(widget, name) for name in MATRICES)
    assert set(window) == set(kernel) == set(products)
    for cell, shown in products.items():
        assert made_of(window[cell], kernel[cell]) == Decimal(shown), (
            cell,
            window[cell],
            kernel[cell],
            shown,
        )
    for numbers in (window, kernel, products):
        assert len(decimals(numbers.values())) <= 1, numbers
        assert max(decimals(numbers.values()), default=0) <= 3


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("image", ["photograph", "digit", "stripes"])
def test_the_microscopes_products_come_out(image, kernel):
    widget = ConvolutionMicroscope(image=image, kernel_name=kernel)
    rng = np.random.default_rng(3)
    for _ in range(12):
        rows, columns = widget.output_shape(widget.state)
        widget.set_state(row=int(rng.integers(rows)), col=int(rng.integers(columns)))
        assert_comes_out(widget)


def test_the_microscopes_products_come_out_with_weights_of_ones_own():
    rng = np.random.default_rng(5)
    widget = ConvolutionMicroscope()
    for _ in range(12):
        widget.set_state(kernel=rng.normal(0, 1, (3, 3)).tolist(), row=int(rng.integers(90)))
        assert_comes_out(widget)


@pytest.mark.parametrize("layer", ["convolution 1", "convolution 2"])
def test_the_xrays_products_come_out(layer):
    widget = NetworkXRay(layer=layer)
    rng = np.random.default_rng(4)
    for _ in range(12):
        place = {"channel": rng.integers(16), "row": rng.integers(28), "column": rng.integers(28)}
        place |= {"image": rng.integers(100), "input_map": rng.integers(8)}
        widget.set_state(**{name: int(value) for name, value in place.items()})
        assert_comes_out(widget)


def test_the_decimals_are_no_more_than_needed_and_products_are_the_true_ones():
    rng = np.random.default_rng(6)
    for scale in (0.2, 1.0, 3.0):
        for _ in range(50):
            inputs, factors = scale * rng.random((5, 5)), rng.normal(0, 0.3, (5, 5))
            window, kernel, products = decimals_for(inputs, factors)
            assert {window.places, kernel.places} <= {2, 3} and products.places == 2
            off = np.abs(products.values - inputs * factors)
            most = 0.005 + 0.0005 * (np.abs(inputs) + np.abs(factors) + 0.001)
            assert (off <= most).all()
            two = [rounded(part).words() for part in (inputs, factors, inputs * factors)]
            enough = all(
                made_of(one, other) == Decimal(product) for one, other, product in zip(*two, strict=True)
            )
            assert (window.places + kernel.places == 4) == enough


def test_whole_numbers_have_no_decimals_and_nothing_is_a_plain_zero():
    widget = ConvolutionMicroscope(image="stripes", col=4, row=3)
    assert {*printed(widget, "window").values()} == {"0", "1"}
    assert {*printed(widget, "products").values()} == {"0", "1", "2"}
    assert "add up to 4." in widget.text
    photograph = ConvolutionMicroscope()
    for name in ("kernel", "products"):
        cells = printed(photograph, name)
        assert {cells[row, 1] for row in range(3)} == {"0"}, "a weight of 0 gives exactly 0"
