"""The convolution microscope: one window of an image, the kernel, the products and their sum as numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnnlib.data import load_digits, load_photo
from cnnlib.nn.functional import conv2d_forward
from cnnlib.runtime.language import marked, say, say_many
from cnnlib.viz import Axis, ColorScale, Figure, Heatmap, Lens, Line, Narrow, Panel, Region, Scene, Slot, Text
from cnnlib.widgets.base import Choice, Grid, Slider, Toggle, Widget
from cnnlib.widgets.forward_pass.unit_detail import matrix_panel, value_panel

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
MAKES = "Kernel: what it makes of the image"
EYE = {"row": 38, "col": 70}  # a place of the photograph where much happens
THUMB = 28  # pixels along a side of a kernel's picture of what it makes


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
    'Row 0, column 2 of the output: the nine products add up to 0.938. Output map: 6 rows, 6 columns.'
    """

    title = "Nine pixels × nine weights make one number. Which?"
    slots: Mapping[str, tuple[str, ...]] = {
        "head": ("whole",),
        "bar": ("kernel_name",),
        "side": ("image", "stride", "padding"),
        "handle": ("row", "col"),
        "more": ("kernel", "flip"),
    }
    speed = "25 steps a second"

    def __init__(self, images: dict[str, np.ndarray] | None = None, **options) -> None:
        if images is None:
            images = simple_images()
            if not {"image", "row", "col"} & set(options):
                options |= EYE
        self.images = {name: np.asarray(image, dtype=float) for name, image in images.items()}
        for name, image in self.images.items():
            if image.ndim != 2 or min(image.shape) < 3:
                raise ValueError(f"images: {name!r} has shape {image.shape}; expected (H, W), at least 3x3")
        self.made: dict[str, dict] = {}
        picker = "thumbnails" if len(self.images) <= 4 else "list"  # as many as have room
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
        text = say(
            "Row {row}, column {col} of the output: the nine products add up to "
            "{total:.3f}. Output map: {height} rows, {width} columns.",
            row=row,
            col=col,
            total=total,
            height=height,
            width=width,
        )
        products = patch * kernel + 0.0
        panels = [
            self.image_panel(image, pad, top - pad, left - pad),
            self.output_panel(output, state),
            matrix_panel("window", patch, (1, 1, 1, 4), least=3.0, colors=INK, sign="×", name="window"),
            matrix_panel("kernel", kernel, (1, 5, 1, 4), least=3.0, sign="=", name="kernel"),
            matrix_panel("nine products", products, (1, 9, 1, 4), least=3.0, sign="→", name="products"),
            value_panel(total, "add all nine", (1, 14, 1, 6)),
        ]
        places = ("image", 0, 0, 1, 2), ("side", 1, 0, 1, 2), ("map", 2, 0, 1, 2), ("window", 3, 0)
        places += ("kernel", 3, 1), ("products", 4, 0), ("answer", 4, 1)
        sizes = ("270px", "300px", "270px", "190px", "190px")
        narrow = Narrow(sizes, (1, 1), 1220, at={name: at for name, *at in places}, below=720)
        return Scene(
            panels,
            text,
            facts,
            rows=("282px", "156px"),
            columns=(*(1,) * 10, *("46px",) * 3, *(1,) * 11),
            height=438,
            arrows=("col", "row"),
            narrow=narrow,
            slots=[Slot("side", (0, 10, 1, 3))],
            pictures=self.thumbnails(state["image"]),
            figures=[Figure("sum of nine", f"{total:.2f}".replace("-", "−"), large=True)],
        )

    def thumbnails(self, name: str) -> dict:
        """Small pictures of the images, and of what every kernel makes of this one: made once."""
        if name not in self.made:
            image = self.images[name]
            makes = [made_of(image, np.array(kernel, float)) for kernel in KERNELS.values()]
            kernels = [small_panel(made, "gray" if made.min() >= 0 else "diverging") for made in makes]
            blank = Axis(-1, 1, visible=False)
            kernels.append(Panel([Text([0], [0], "✎", size=26)], blank, blank, grid=False))
            images = [small_panel(centre(other), "gray") for other in self.images.values()]
            few = {"image": images} if len(images) <= 4 else {}
            self.made[name] = few | {"kernel_name": kernels}
        return self.made[name]

    def image_panel(self, image: np.ndarray, pad: int, top: int, left: int) -> Panel:
        """The image in its frame of padding, with the window; pixel (0, 0) is the image's own."""
        height, width = image.shape
        edge = pad + 0.5
        extent = (-edge, width + edge - 1, -edge, height + edge - 1)
        numbers = ".2f" if (height + 2 * pad) * (width + 2 * pad) <= 100 else ""  # as many as can be read
        marks = [
            Heatmap(np.pad(image, pad), extent, "gray", 0, 1, numbers=numbers, emits="image", means="image"),
            Lens([left - 0.5, left + 2.5], [top + 2.5] * 2, [-0.5, 2.5], [-0.5] * 2, to="window"),
            *ring(left + 1, top + 1, width + 2 * pad),
            Region(left - 0.5, left + 2.5, top - 0.5, top + 2.5, color="you", filled=False, width=3),
        ]
        if pad:
            marks.insert(
                1, Region(-0.5, width - 0.5, -0.5, height - 0.5, color="muted", filled=False, width=1)
            )
        x = Axis(-edge, width + edge - 1, visible=False)
        y = Axis(height + edge - 1, -edge, visible=False)
        title = say("Image, {height} x {width}", height=height, width=width)
        if pad:
            title = say_many(
                "Image, {height} x {width}, with {number} pixel of zeros around it",
                "Image, {height} x {width}, with {number} pixels of zeros around it",
                pad,
                height=height,
                width=width,
            )
        return Panel(marks, x, y, title=title, at=(0, 0, 1, 10), equal=True, grid=False, name="image")

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
                shown,
                sets={"row": "row", "col": "col"},
                numbers=".2f" if output.size <= 100 else "",
                means="output",
                **reach,
            ),
            Lens([col - 0.5, col + 0.5], [row + 0.5] * 2, [0, 1], [0, 0], to="answer"),
            *ring(col, row, width),
            Region(col - 0.5, col + 0.5, row - 0.5, row + 0.5, color="you", filled=False, width=3),
        ]
        x, y = Axis(-0.5, width - 0.5, visible=False), Axis(height - 0.5, -0.5, visible=False)
        title = say("Output map, {height} x {width}", height=height, width=width)
        ends = reach["vmin"], reach["vmax"], reach["cmap"]
        marks.append(ColorScale(width - 0.5, -0.5, *ends, shift=(-58, -14)))
        return Panel(marks, x, y, title=title, at=(0, 13, 1, 11), equal=True, grid=False, name="map")


INK = {"cmap": "gray", "vmin": 0, "vmax": 1}
LARGE = 60  # columns of a picture on which a window is hard to find


def ring(x: float, y: float, columns: int) -> list[Line]:
    """A circle around a place of a large picture, on any ground."""
    if columns < LARGE:
        return []
    turn = np.linspace(0, 2 * np.pi, 41)
    circle = x + 0.033 * columns * np.cos(turn), y + 0.033 * columns * np.sin(turn)
    return [Line(*circle, color=color, width=width) for color, width in (("paper", 4.5), ("you", 2.0))]


def centre(image: np.ndarray) -> np.ndarray:
    """The middle of an image as a small square one, every second pixel of a large one."""
    step = 2 if min(image.shape) >= 2 * THUMB else 1
    side = min(step * THUMB, *image.shape)
    top, left = ((size - side) // 2 for size in image.shape)
    return image[top : top + side : step, left : left + side : step]


def made_of(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """The middle of what a kernel makes of an image."""
    return centre(conv2d_forward(image[None, None], kernel[None, None], None, 1, 1)[0][0, 0])


def small_panel(values: np.ndarray, cmap: str) -> Panel:
    """A thumbnail."""
    ends = {"vmin": 0, "vmax": 1} if cmap == "gray" else {}
    rows, columns = values.shape
    x, y = Axis(-0.5, columns - 0.5, visible=False), Axis(rows - 0.5, -0.5, visible=False)
    return Panel([Heatmap(values, cmap=cmap, hover=False, **ends)], x, y, grid=False)
