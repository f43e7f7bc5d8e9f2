"""The convolution microscope: one window of an image, the kernel, the products and their sum as numbers."""

from __future__ import annotations

import numpy as np

from cnnlib.data import load_digits, load_photo
from cnnlib.nn.functional import conv2d_forward
from cnnlib.viz import Axis, Heatmap, Panel, Region, Scene
from cnnlib.widgets.base import Choice, Grid, Slider, Toggle, Widget

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


class ConvolutionMicroscope(Widget):
    """Slide a 3x3 kernel over an image and watch each sum being made.

    Parameters
    ----------
    images : dict of str to array (H, W), optional
        Images to choose from, values in [0, 1]; by default a photograph and a handwritten digit.
    **options
        As for `Widget`.

    Facts: ``row``, ``col`` (of the output), ``sum``, ``height``, ``width`` (of the output), ``stride``,
    ``padding``, ``multiplications`` (for the whole map).

    >>> ConvolutionMicroscope(image="digit", kernel_name="identity", row=0, col=2).text
    'Row 0, column 2 of the output: the nine products add up to 0.938. Output map: 6 rows, 6 columns.'
    """

    title = "Convolution under the microscope"
    speed = "25 steps a second"

    def __init__(self, images: dict[str, np.ndarray] | None = None, **options) -> None:
        if images is None:
            images = {"photograph": load_photo()[0, 0], "digit": load_digits().x_train[0, 0]}
        self.images = {name: np.asarray(image, dtype=float) for name, image in images.items()}
        for name, image in self.images.items():
            if image.ndim != 2 or min(image.shape) < 3:
                raise ValueError(f"images: {name!r} has shape {image.shape}; expected (H, W), at least 3x3")
        longest = max(max(image.shape) for image in self.images.values()) + 6
        self.controls = (
            Choice("image", tuple(self.images), label="Image"),
            Choice("kernel_name", (*KERNELS, OWN), "Sobel x", label="Kernel"),
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
            place = round((event[key] + state["padding"] - 1) / state["stride"])
            places[name] = int(np.clip(place, low, high))
        return places

    # The picture.

    def compute(self, state: dict) -> Scene:
        kernel = np.array(state["kernel"], dtype=float)
        if state["flip"]:
            kernel = kernel[::-1, ::-1]
        image, pad, stride = self.images[state["image"]], state["padding"], state["stride"]
        height, width = self.output_shape(state)
        output = conv2d_forward(image[None, None], kernel[None, None], None, stride, pad)[0][0, 0]
        row, col = state["row"], state["col"]
        top, left = row * stride, col * stride
        patch = np.pad(image, pad)[top : top + 3, left : left + 3]
        total = float(output[row, col])
        facts = {
            "row": row,
            "col": col,
            "sum": total,
            "height": height,
            "width": width,
            "stride": stride,
            "padding": pad,
            "multiplications": 9 * height * width,
        }
        text = (
            f"Row {row}, column {col} of the output: the nine products add up to {total:.3f}. "
            f"Output map: {height} rows, {width} columns."
        )
        panels = [
            self.image_panel(image, pad, top - pad, left - pad),
            self.output_panel(output, state),
            numbers_panel(patch, "Window", (1, 0, 1, 4), "gray", 0, 1),
            numbers_panel(kernel, "times kernel", (1, 4, 1, 4)),
            numbers_panel(patch * kernel + 0.0, f"nine products, sum {total:.3f}", (1, 8, 1, 4)),
        ]
        return Scene(panels, text, facts, rows=(3, 2), columns=(1,) * 12, height=540, arrows=("col", "row"))

    def image_panel(self, image: np.ndarray, pad: int, top: int, left: int) -> Panel:
        """The image in its frame of padding, with the window; pixel (0, 0) is the image's own."""
        height, width = image.shape
        edge = pad + 0.5
        extent = (-edge, width + edge - 1, -edge, height + edge - 1)
        numbers = ".2f" if (height + 2 * pad) * (width + 2 * pad) <= 100 else ""  # as many as can be read
        marks = [
            Heatmap(np.pad(image, pad), extent, "gray", 0, 1, numbers=numbers, emits="image"),
            Region(left - 0.5, left + 2.5, top - 0.5, top + 2.5, color="vermilion", filled=False, width=3),
        ]
        if pad:
            marks.insert(1, Region(-0.5, width - 0.5, -0.5, height - 0.5, color="sky", filled=False, width=1))
        x = Axis(-edge, width + edge - 1, visible=False)
        y = Axis(height + edge - 1, -edge, visible=False)
        title = f"Image, {height} x {width}" + (
            f", with {pad} pixel{'s' * (pad > 1)} of zeros around it" if pad else ""
        )
        return Panel(marks, x, y, title=title, at=(0, 0, 1, 6), equal=True, grid=False)

    def output_panel(self, output: np.ndarray, state: dict) -> Panel:
        height, width = output.shape
        row, col = state["row"], state["col"]
        reach = {"cmap": "gray", "vmin": 0, "vmax": 1}
        if output.min() < 0 or output.max() > 1:
            largest = float(np.abs(output).max())
            reach = {"cmap": "diverging", "vmin": -largest, "vmax": largest}
        shown = output.copy()
        if not state["whole"]:
            shown.reshape(-1)[row * width + col + 1 :] = np.nan
        marks = [
            Heatmap(
                shown, sets={"row": "row", "col": "col"}, numbers=".2f" if output.size <= 100 else "", **reach
            ),
            Region(col - 0.5, col + 0.5, row - 0.5, row + 0.5, color="vermilion", filled=False, width=3),
        ]
        x, y = Axis(-0.5, width - 0.5, visible=False), Axis(height - 0.5, -0.5, visible=False)
        title = f"Output map, {height} x {width}"
        if reach["cmap"] == "diverging":
            title += f" (orange {-reach['vmax']:.2g}, blue {reach['vmax']:.2g})"
        return Panel(marks, x, y, title=title, at=(0, 6, 1, 6), equal=True, grid=False)


def numbers_panel(values, title, at, cmap="diverging", vmin=None, vmax=None) -> Panel:
    """A 3x3 matrix as coloured cells with their numbers."""
    marks = [Heatmap(values, cmap=cmap, vmin=vmin, vmax=vmax, numbers=".2f", hover=False)]
    x, y = Axis(-0.5, 2.5, visible=False), Axis(2.5, -0.5, visible=False)
    return Panel(marks, x, y, title=title, at=at, equal=True, grid=False)
