"""The sum behind a unit of the X-ray: window times kernel, and the sum over all maps before."""

from __future__ import annotations

from cnnlib.nn.layers import Conv2d, Linear, ReLU
from cnnlib.runtime.language import say
from cnnlib.viz import Panel
from cnnlib.widgets.forward_pass.network_layout import LayerOutput
from cnnlib.widgets.forward_pass.opened_network import OpenedNetwork
from cnnlib.widgets.forward_pass.output_names import short_name
from cnnlib.widgets.forward_pass.unit_detail import (
    matrix_panel,
    parts_and_bias,
    source_panel,
    sum_panel,
    to_row,
)
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
    if isinstance(layer, Conv2d):
        image = values[below.place][0, shown]
        panels.append(
            source_panel(
                title, image, window_of(layer, unit, image.shape), (1, 0, 1, 4), ink=below.place == 0
            )
        )
        title = "window"
    part = parts_and_bias(products.sum(axis=(1, 2)), terms.bias)[shown]
    after = relu_after(opened.model, output)
    panels += [
        matrix_panel(title, inputs[shown], (1, 4, 1, 5), sign="×", name="window"),
        matrix_panel(
            kernel_title(output, unit, shown, window[0]),
            factors[shown],
            (1, 9, 1, 5),
            sign="=",
            name="kernel",
            subtitle="the teal line" if isinstance(layer, Conv2d) else "",
        ),
        matrix_panel(
            say("products, sum {part}", part=f"{part:.2f}".replace("-", "−")),
            products[shown],
            (1, 14, 1, 5),
            name="products",
            marks=to_row(products[shown].shape, terms, window, shown),
        ),
        sum_panel(terms, window, shown, after, (1, 19, 1, 5)),
    ]
    return panels


def relu_after(model, output: LayerOutput) -> str:
    """ "ReLU" if one comes next."""
    layers = list(model)
    return "ReLU" if output.place < len(layers) and isinstance(layers[output.place], ReLU) else ""
