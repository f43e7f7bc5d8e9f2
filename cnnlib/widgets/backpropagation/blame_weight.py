"""One weight's gradient: the products that it adds up, and where the weight stands among all kernels."""

from __future__ import annotations

import math

import numpy as np

from cnnlib.experiments.dissect import full_pass, weight_gradient_terms
from cnnlib.nn.layers import Conv2d
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.runtime.language import say, word
from cnnlib.viz import Axis, ColorScale, Figure, Heatmap, Panel, Region, Scene, Text, mosaic
from cnnlib.widgets.backpropagation.signed_numbers import signed_sum
from cnnlib.widgets.forward_pass.network_layout import LayerOutput, reach_of

TITLE = "What adds up to the gradient of one weight?"
TITLES = "what the weight met", "gradient that arrived", "products"
HEIGHT = 340
MOST_KERNELS = 128  # kernels, one an input map, whose gradients are shown at once


def weight_scene(model, output: LayerOutput, x: np.ndarray, label: np.ndarray, state: dict) -> Scene:
    """What met the chosen weight of a convolution, what arrived, and the products of both, added up."""
    layer = model[output.place - 1]
    assert isinstance(layer, Conv2d)
    kernels = layer.params["weight"]
    limits = (state["channel"], state["input_map"], state["row"], state["column"])
    index = tuple(min(i, size - 1) for i, size in zip(limits, kernels.shape, strict=True))
    seen = full_pass(model, CrossEntropyLoss(), x, label)
    before, after = seen.activations[output.place - 1], seen.gradients[output.place]
    terms = weight_gradient_terms(layer, before, after, index)
    facts = {"gradient": terms.total, "terms": int(np.count_nonzero(terms.products)), "loss": seen.loss}
    size = max(terms.inputs.shape[1:])
    shown = ".3f" if size <= 4 else ".2f" if size <= 8 else ""
    arrays = (terms.inputs[0], terms.factors[0], terms.products[0])
    panels = [
        square(array, title, (0, i), shown, sign)
        for i, (array, title, sign) in enumerate(zip(arrays, TITLES, ("×", "=", ""), strict=True))
    ]
    gradients = seen.weight_gradients[output.place - 1]["weight"]
    panels.append(kernels_panel(gradients, index))
    text = weight_sentence(output, index, facts, terms)
    total = Figure("Its gradient: their sum", signed_sum(terms.total), large=True)
    look = {"title": TITLE, "columns": (1.4, 1.4, 1.4, 1), "height": HEIGHT, "idle": ("shown", "acts")}
    return Scene(panels, text, facts, figures=[total], **look)


def kernels_panel(gradients: np.ndarray, index: tuple) -> Panel:
    """The gradients of all kernels: one row a kernel, one column an input map; the weight is marked."""
    kernels, inputs, height, width = gradients.shape
    names = [say("kernel {k}, input map {m}", k=k, m=m) for k, m in np.ndindex(kernels, inputs)]
    if kernels * inputs <= MOST_KERNELS:
        picture, (down, right) = mosaic(gradients.reshape(-1, height, width), inputs), index[:2]
        title = "all gradients"
    else:
        side = square_side(inputs)
        picture, (down, right) = mosaic(gradients[index[0]], side), divmod(index[1], side)
        title, names = (
            say("gradients of kernel {index}", index=index[0]),
            names[index[0] * inputs :][:inputs],
        )
    tiles = {"tile": (height, width, 1), "tile_names": names, "means": "gradient"}
    marks = [Heatmap(picture, cmap="diverging", emits="weight:", **tiles)]
    row, column = down * (height + 1) + index[2], right * (width + 1) + index[3]
    edges = (column - 0.6, column + 0.6, row - 0.6, row + 0.6)
    marks.append(Region(*edges, color="you", filled=False, width=3))
    rows, columns = picture.shape
    x, y = Axis(-0.5, columns - 0.5, visible=False), Axis(rows - 0.5, -0.5, visible=False)
    look = {"title": title, "subtitle": "click one", "at": (0, 3), "equal": True, "grid": False}
    return Panel(marks, x, y, **look)


def weight_sentence(output: LayerOutput, index: tuple, facts: dict, terms) -> str:
    f, c, p, q = index
    return say(
        "{layer}, kernel {f}, input map {c}, row {p}, column {q}: the weight is "
        "used at {size} places; {terms} products are not zero, and all add up to its "
        "gradient, {signed_sum}.",
        layer=output.name[0].upper() + output.name[1:],
        f=f,
        c=c,
        p=p,
        q=q,
        size=terms.inputs.size,
        terms=facts["terms"],
        signed_sum=signed_sum(facts["gradient"]),
    )


def weight_at(shape: tuple, row: int, column: int) -> dict | None:
    """The weight under a cell of the picture of all gradients, of a convolution's shape; None in the gaps."""
    kernels, inputs, height, width = shape
    down, p = divmod(row, height + 1)
    right, q = divmod(column, width + 1)
    if p >= height or q >= width:
        return None
    if kernels * inputs <= MOST_KERNELS:
        return {"row": p, "column": q, "input_map": right, "channel": down}
    place = down * square_side(inputs) + right
    return {"row": p, "column": q, "input_map": place} if place < inputs else None


def square_side(count: int) -> int:
    """Columns of a mosaic of `count` pictures that is about square."""
    return math.ceil(math.sqrt(count))


def square(values: np.ndarray, title: str, at: tuple, numbers: str, sign: str) -> Panel:
    """A map with its numbers and scale, and a sign to its right; very small ones in a power of ten."""
    rows, columns = values.shape
    size = np.abs(values).max()
    power = int(np.floor(np.log10(size))) if 0 < size < 0.05 else 0
    values = values / 10.0**power + 0.0  # no negative zeros among the numbers shown
    right, middle = columns - 0.5, (rows - 1) / 2
    marks = [
        Heatmap(values, cmap="diverging", numbers=numbers),
        Region(-0.5, right, -0.5, rows - 0.5, color="grid", filled=False, width=1),
        ColorScale.both_ways((columns - 1) / 2, rows - 0.5, reach_of([values]), shift=(-8, 12)),
        *([Text([right], [middle], sign, bold=True, size=22, shift=(15, 0))] if sign else []),
    ]
    x, y = Axis(-0.5, 1.12 * columns - 0.5, visible=False), Axis(1.12 * rows - 0.5, -0.5, visible=False)
    name = title if not power else say("{title} (×1e{power})", title=word(title), power=power)
    return Panel(marks, x, y, title=name, at=at, equal=True, grid=False)
