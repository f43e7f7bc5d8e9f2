"""A network with its images, laid out for a widget: which pictures there are, and what feeds a unit."""

from __future__ import annotations

from cnnlib.experiments.layer_sizes import unit_field
from cnnlib.experiments.specimen import specimen
from cnnlib.nn.layers import Conv2d, Linear
from cnnlib.runtime.language import say
from cnnlib.widgets.forward_pass.network_layout import LayerOutput, drawn, layer_outputs


class OpenedNetwork:
    """What the widgets that open a network keep of it.

    Parameters
    ----------
    model, images, class_names
        As for `cnnlib.experiments.specimen.specimen`; if both `model` and `images` are None, those that
        `default` returns.
    default : callable
        ``default() -> (model, images)``.
    rows : int
        How many rows of pictures there are, see `layer_outputs`.

    Attributes
    ----------
    specimen : Specimen
    model : Sequential
        A copy of the network.
    every : list of LayerOutput
        The outputs of all layers but Flatten and Dropout.
    outputs : dict of str to LayerOutput
        Those with a picture, by name, in their order.
    height, width : int
        Of an image.

    >>> from cnnlib import load_digits, small_cnn
    >>> list(OpenedNetwork(small_cnn(rng=0), load_digits()).outputs)[-2:]
    ['pooling 2', 'scores']
    """

    def __init__(self, model, images, class_names=None, default=None, rows: int = 1) -> None:
        if (model is None) != (images is None):
            raise TypeError("model, images: got one without the other, expected both or neither")
        if model is None:
            model, images = default()
        self.specimen = specimen(model, images, class_names)
        self.model = self.specimen.model
        self.every = layer_outputs(self.model, self.specimen.shape, self.specimen.images, rows)
        self.outputs = {output.name: output for output in drawn(self.every)}
        _, self.height, self.width = self.specimen.shape

    def laid_out(self, state: dict) -> dict[str, LayerOutput]:
        """The pictures of a state: the map of the chosen unit is among those shown."""
        output = self.outputs[state["layer"]]
        unit = output.clip(state["channel"], state["row"], state["column"])
        return self.outputs | {output.name: output.showing(unit)}

    def before(self, output: LayerOutput) -> LayerOutput | None:
        """The output that a convolution or linear layer reads; None for what works number by number."""
        if output.place == 0 or not isinstance(self.model[output.place - 1], Conv2d | Linear):
            return None
        return [other for other in self.every if other.place < output.place][-1]

    def convolutions(self) -> list[LayerOutput]:
        """The outputs of all convolutions, drawn or not."""
        return [o for o in self.every if o.place and isinstance(self.model[o.place - 1], Conv2d)]

    def field(self, output: LayerOutput, unit: tuple) -> tuple:
        """Rows and columns of the image that feed a unit; all of it for a unit of a vector."""
        if len(unit) == 1:
            return (0, self.height - 1), (0, self.width - 1)
        return unit_field(self.model.layers[: output.place], unit[1], unit[2], self.height, self.width)

    def name_of(self, output: LayerOutput, unit: tuple) -> str:
        """A unit in words, at the beginning of a sentence."""
        name = output.name[0].upper() + output.name[1:]
        if output.name == "scores":
            return say("Score of the {named}", named=self.named(unit[0]))
        if len(unit) == 1:
            return say("{name}, number {unit}", name=name, unit=unit[0])
        return say(
            "{name}, map {unit}, row {unit2}, column {unit3}",
            name=name,
            unit=unit[0],
            unit2=unit[1],
            unit3=unit[2],
        )

    def named(self, label: int) -> str:
        """A class in a sentence: a digit is called one."""
        name = self.specimen.class_names[label]
        return say("digit {name}", name=name) if name.isdigit() else say("class {name}", name=name)
