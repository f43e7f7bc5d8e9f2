"""What the outputs of a network's layers are called above their columns, and how large they are."""

from __future__ import annotations

from cnnlib.runtime.language import say
from cnnlib.widgets.forward_pass.network_layout import LayerOutput

WORD = {"convolution": "conv", "pooling": "pool", "normalization": "norm"}


def short_name(output: LayerOutput) -> str:
    """The name as it stands above a column."""
    word, _, number = output.name.partition(" ")
    return f"{WORD.get(word, word)} {number}".strip()


def size_words(output: LayerOutput) -> str:
    """The maps' size, "28×28"; below a convolution how many there are where not all are shown, "4 of 20"."""
    if len(output.shape) == 1:
        return f"{output.shape[0]}"
    size = "×".join(map(str, output.shape[1:]))
    hidden = len(output.maps) < output.shape[0]
    return (
        say("{maps} of {shape}", maps=len(output.maps), shape=output.shape[0])
        if hidden and output.name.startswith("conv")
        else size
    )
