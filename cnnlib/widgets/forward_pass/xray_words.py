"""What the X-ray says about a unit, in words."""

from __future__ import annotations

from cnnlib.experiments.dissect import Terms
from cnnlib.widgets.forward_pass.network_layout import LayerOutput


def kernel_title(output: LayerOutput, unit: tuple, shown: int) -> str:
    """What the middle matrix of a sum is."""
    return (
        f"weights to {output.name} {unit[0]}"
        if len(output.shape) == 1
        else f"kernel {unit[0]}, for map {shown}"
    )


def sum_words(terms: Terms) -> str:
    total, bias = round(float(terms.total), 2), round(float(terms.bias), 2)  # as in the picture; they add up
    return (
        f"{terms.inputs.size} products add up to {total - bias:.2f}, plus the bias {bias:.2f}"
        f" makes {total:.2f}."
    )


def single_words(kind: str, before: float, after: float) -> str:
    """A sentence on a layer that works number by number."""
    if kind == "ReLU":
        return f"max(0, {before:.2f}) = {after:.2f}."
    if kind == "normalization":
        return f"{before:.2f}, moved and scaled by the map's running mean and deviation, is {after:.2f}."
    return f"{kind} of {before:.2f} is {after:.2f}."


def seen(field: tuple) -> str:
    (top, bottom), (left, right) = field
    return f"It sees rows {top} to {bottom} and columns {left} to {right} of the image."
