"""The sum behind a unit of the X-ray: window times kernel, and the sum over all maps before."""

from __future__ import annotations

import numpy as np

from cnnlib.nn.layers import Conv2d, Linear, ReLU
from cnnlib.runtime.language import localised, say
from cnnlib.viz import Panel
from cnnlib.widgets.forward_pass.network_headings import short_name
from cnnlib.widgets.forward_pass.network_layout import LayerOutput, reach_of
from cnnlib.widgets.forward_pass.opened_network import OpenedNetwork
from cnnlib.widgets.forward_pass.shown_numbers import Shown, decimals_for, in_places
from cnnlib.widgets.forward_pass.unit_detail import matrix_panel, source_panel, sum_panel, to_row
from cnnlib.widgets.forward_pass.weightless_detail import pool_panel, value_panel
from cnnlib.widgets.forward_pass.xray_overview import window_of
from cnnlib.widgets.forward_pass.xray_words import kernel_title


def sum_of(
    opened: OpenedNetwork, input_map: int, values, output: LayerOutput, unit: tuple, terms
) -> list[Panel]:
    """Window × kernel = products of one map before, and the sum over all of them."""
    below, layer = opened.before(output), opened.model[output.place - 1]
    window = (*below.shape, 1, 1)[:3] if isinstance(layer, Linear) else terms.inputs.shape
    inputs, factors, products = (a.reshape(window) for a in (terms.inputs, terms.factors, terms.products))
    shown = min(input_map, window[0] - 1)
    title = (
        say("{layer}, map {index}", layer=short_name(below), index=shown)
        if len(below.shape) == 3 and window[0] > 1
        else short_name(below)
    )
    panels = []
    seen: dict = {}
    if isinstance(layer, Conv2d):
        image = values[below.place][0, shown]
        inked = {"cmap": "ink", "vmin": 0, "vmax": 1}
        seen = {"colors": inked} if below.place == 0 else {"reach": reach_of([image])}
        short = say("map {i}", i=shown) if window[0] > 1 else title  # the strip above shows of which layer
        place = window_of(layer, unit, image.shape), (1, 0, 1, 4)
        panels.append(source_panel(short, image, *place, ink=below.place == 0, means=title))
        title = "window"
    numbers = decimals_for(inputs[shown], factors[shown])
    look = {"scale": False, "chosen": largest(numbers[2].values)}
    after = relu_after(opened.model, output)
    panels += [
        matrix_panel(
            title, inputs[shown], (1, 4, 1, 10), sign="×", name="window", **seen, **look, shown=numbers[0]
        ),
        matrix_panel(
            kernel_title(output, unit, shown, window[0]),
            factors[shown],
            (1, 14, 1, 10),
            sign="=",
            name="kernel",
            **look,
            shown=numbers[1],
        ),
        matrix_panel(
            say("{count} products", count=products[shown].size),
            products[shown],
            (1, 24, 1, 10),
            name="products",
            **look,
            foot=one_product(numbers, look["chosen"]),
            marks=to_row(products[shown].shape, terms, window, shown),
            shown=numbers[2],
        ),
        sum_panel(terms, window, shown, after, (1, 34, 1, 11)),
    ]
    return panels


def largest(products: np.ndarray) -> tuple[int, int] | None:
    """The cell of the largest product."""
    if products.size < 2 or not products.any():
        return None
    row, column = np.unravel_index(np.abs(products).argmax(), products.shape)
    return int(row), int(column)


def one_product(numbers: tuple[Shown, Shown, Shown], cell: tuple[int, int] | None) -> str:
    """The framed product written out."""
    if cell is None:
        return ""
    one, other, product = (localised(in_places(part.values[cell], part.places)) for part in numbers)
    return say("{one} × {other} = {product}", one=one, other=other, product=product)


def pool_of(opened: OpenedNetwork, values, output: LayerOutput, unit: tuple, terms) -> list[Panel]:
    """The map before with the window on it, the numbers in the window, and what becomes of them."""
    layer, below = opened.model[output.place - 1], [o for o in opened.every if o.place < output.place][-1]
    image = values[output.place - 1][0, unit[0]]
    title = say("{layer}, map {index}", layer=short_name(below), index=unit[0])
    words, reach = "the largest" if terms.winner is not None else "the mean", reach_of([image])
    return [
        source_panel(title, image, window_of(layer, unit, image.shape), (1, 0, 1, 8)),
        pool_panel(terms, reach, (1, 8, 1, 13)),
        value_panel(terms.total, words, reach, (1, 21, 1, 14)),
    ]


def relu_after(model, output: LayerOutput) -> str:
    """ "ReLU" if one comes next."""
    layers = list(model)
    return "ReLU" if output.place < len(layers) and isinstance(layers[output.place], ReLU) else ""
