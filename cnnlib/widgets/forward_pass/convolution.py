"""The convolution microscope: one window of an image, the kernel, the products and their sum as numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnnlib.data import load_digits, load_photo
from cnnlib.runtime.language import marked, say
from cnnlib.viz import Scene
from cnnlib.widgets.base import Choice, Grid, Slider, Toggle, Widget
from cnnlib.widgets.forward_pass import convolution_picture as picture
from cnnlib.widgets.forward_pass import convolution_sum as arithmetic
from cnnlib.widgets.forward_pass.convolution_picture import Place

_NINTH = 1 / 9
#: Kernels by name. The Sobel kernels follow I. Sobel and G. Feldman (1968), read as cross-correlation.
KERNELS = {
    "identity": ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
    "blur": ((_NINTH, _NINTH, _NINTH), (_NINTH, _NINTH, _NINTH), (_NINTH, _NINTH, _NINTH)),
    "sharpen": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    "Sobel x": ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    "Sobel y": ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
    "Laplace": ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
    "random": tuple(map(tuple, np.random.default_rng(0).normal(0, 1, (3, 3)).round(2).tolist())),
}
OWN = "my own"
EYE = (38, 70)  # row and column of the photograph where much happens
SIGNS = "blue: above zero, orange: below"
BRIGHT = "white: 1 or more; black: 0 or less"
#: What kernels do, in two short lines.
DOES = {
    "identity": ("the pixel itself", "copies the image"),
    "blur": ("the mean of nine", "smooths what changes from pixel to pixel"),
    "sharpen": ("five times the middle minus its neighbours", "makes edges stronger"),
    "Sobel x": ("right minus left", "finds upright edges"),
    "Sobel y": ("below minus above", "finds level edges"),
    "Laplace": ("the neighbours minus four times the middle", "answers at dots and thin lines"),
    "random": ("drawn by chance", "answers to no pattern that has a name"),
    OWN: ("your own nine weights", "answers most to a window that looks like it"),
}
FLIPPED = "turned by half a circle", "answers to the same pattern turned round"
#: What the colours of the output stand for.
MEANINGS = {
    "Sobel x": "blue: brighter to the right",
    "Sobel y": "blue: brighter below",
    "Laplace": "blue: darker than around",
}


def simple_images() -> dict[str, np.ndarray]:
    """A photograph, a handwritten digit, stripes, and a single bright pixel."""
    columns = np.indices((24, 36))[1]
    dot = np.zeros((15, 21))
    dot[7, 10] = 1.0
    stripes = (columns // 6 % 2).astype(float)
    digit = load_digits().x_train[0, 0]
    names = marked("photograph", "digit", "stripes", "one dot")
    return dict(zip(names, (load_photo()[0, 0], digit, stripes, dot), strict=True))


class ConvolutionMicroscope(Widget):
    """Slide a 3x3 kernel over an image and watch each sum being made.

    Parameters
    ----------
    images : dict of str to array (H, W), optional
        Images to choose from, values in [0, 1]; by default a photograph, a
        handwritten digit, stripes, and a single bright pixel.
    **options
        As for `Widget`.

    Facts: ``row``, ``col`` (of the output), ``sum``, ``height``, ``width`` (of the output), ``stride``,
    ``padding``, ``multiplications`` (for the whole map).

    >>> ConvolutionMicroscope(image="digit", kernel_name="identity", row=0, col=2).text
    'Row 0, column 2 of the output: the nine products add up to 0.94. Output map: 6 rows, 6 columns.'
    """

    title = "Slide the window: 9 pixels × 9 weights make 1 number"
    slots: Mapping[str, tuple[str, ...]] = {
        "head": ("image",),
        "bar": ("kernel_name", "stride", "padding"),
        "handle": ("row", "col"),
        "more": ("whole", "kernel", "flip"),
    }
    speed = "25 steps a second"

    def __init__(self, images: dict[str, np.ndarray] | None = None, **options) -> None:
        if images is None:
            images = simple_images()
            if not {"image", "row", "col"} & set(options):
                stride, padding = options.get("stride", 1), options.get("padding", 0)
                options |= {n: (at + padding) // stride for n, at in zip(("row", "col"), EYE, strict=True)}
        self.images = {name: np.asarray(image, dtype=float) for name, image in images.items()}
        for name, image in self.images.items():
            if image.ndim != 2 or min(image.shape) < 3:
                raise ValueError(f"images: {name!r} has shape {image.shape}; expected (H, W), at least 3x3")
        self.made: dict[str, dict] = {}
        picker = "segments" if len(self.images) <= 4 else "list"  # as many as have room
        longest = max(max(image.shape) for image in self.images.values()) + 6
        self.controls = (
            Choice("image", tuple(self.images), picker=picker, label="Image"),
            Choice(
                "kernel_name",
                (*KERNELS, OWN),
                "Sobel x",
                picker="thumbnails",
                label="Kernel: what it makes of the image",
            ),
            Grid("kernel", KERNELS["Sobel x"], -100, 100, label="Kernel's numbers"),
            Slider("stride", 1, 4, 1, integer=True, label="Stride", unit="pixels"),
            Slider("padding", 0, 3, 0, integer=True, label="Padding", unit="pixels"),
            Slider("row", 0, longest, 0, integer=True, label="Output row"),
            Slider("col", 0, longest, 0, integer=True, label="Output column"),
            Toggle("flip", label="Flip the kernel (convolution in the strict sense)"),
            Toggle("whole", True, label="Whole output map"),
        )
        super().__init__(**options)

    # How the controls hang together.

    def changed(self, before: dict, after: dict) -> None:
        if after["kernel"] != before["kernel"]:
            known = [name for name, kernel in KERNELS.items() if kernel == after["kernel"]]
            self.put(kernel_name=known[0] if known else OWN)
        elif after["kernel_name"] != before["kernel_name"] and after["kernel_name"] in KERNELS:
            self.put(kernel=KERNELS[after["kernel_name"]])

    def limits(self, state: dict) -> dict:
        height, width = self.output_shape(state)
        return {"row": (0, height - 1), "col": (0, width - 1)}

    def output_shape(self, state: dict) -> tuple[int, int]:
        """Rows and columns of the output: (size + 2 * padding - 3) // stride + 1."""
        sizes = self.images[state["image"]].shape
        return tuple((size + 2 * state["padding"] - 3) // state["stride"] + 1 for size in sizes)

    def train(self):
        """Play: the window moves along the rows, one place a step."""
        height, width = self.output_shape(self.state)
        while self.state["row"] * width + self.state["col"] + 1 < height * width:
            row, col = divmod(self.state["row"] * width + self.state["col"] + 1, width)
            self.put(row=row, col=col)
            yield
            height, width = self.output_shape(self.state)

    def rewind(self) -> None:
        self.put(row=0, col=0)

    def event(self, event: dict) -> dict | None:
        """A place of the image was touched: bring the window's centre there."""
        state = self.state
        if event["kind"] == "hover" or event["name"] != "image":
            return None
        places = {}
        for name, key, (low, high) in zip(
            ("row", "col"), ("y", "x"), self.limits(state).values(), strict=True
        ):
            place = round((event[key] - 1) / state["stride"])
            places[name] = int(np.clip(place, low, high))
        return places

    # The picture.

    def compute(self, state: dict) -> Scene:
        kernel = np.array(state["kernel"], dtype=float)
        if state["flip"]:
            kernel = kernel[::-1, ::-1]
        image = self.images[state["image"]]
        place = Place(image, kernel, state["stride"], state["padding"], state["row"], state["col"])
        height, width = place.output.shape
        facts = {
            "row": place.row,
            "col": place.col,
            "sum": place.total,
            "height": height,
            "width": width,
            "stride": place.stride,
            "padding": place.padding,
            "multiplications": 9 * height * width,
        }
        text = say(
            "Row {row}, column {col} of the output: the nine products add up to "
            "{total}. Output map: {height} rows, {width} columns.",
            row=place.row,
            col=place.col,
            total=arithmetic.sum_words(place),
            height=height,
            width=width,
        )
        name = state["kernel_name"]
        how = MEANINGS.get(name, SIGNS) if not state["flip"] else SIGNS
        if abs(kernel.sum() - 1) < 1e-6:
            how = BRIGHT
        panels = [
            picture.image_panel(place),
            picture.output_panel(place, state["whole"], how),
            picture.scale_panel(place, upright=True),
            picture.scale_panel(place, upright=False),
            *arithmetic.sum_panels(place),
            arithmetic.words_panel(place, name, FLIPPED if state["flip"] else DOES[name]),
        ]
        return Scene(
            panels,
            text,
            facts,
            **picture.frame(place),
            arrows=("col", "row"),
            pictures=self.thumbnails(state["image"]),
        )

    def thumbnails(self, name: str) -> dict:
        """Small pictures of what every kernel makes of an image: made once."""
        if name not in self.made:
            kernels = [np.array(kernel, float) for kernel in KERNELS.values()]
            makes = [arithmetic.made_of(self.images[name], kernel) for kernel in kernels]
            self.made[name] = {"kernel_name": [*makes, arithmetic.own_panel()]}
        return self.made[name]
