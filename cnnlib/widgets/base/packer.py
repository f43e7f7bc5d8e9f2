"""Scenes on the wire: a small JSON head, and arrays as binary, of which only the changed ones travel.

Arrays become float32 (a screen shows less) and are named by a hash of bytes and shape. The sender remembers
which names the page holds after the last message, so an unchanged curve costs twenty bytes a frame; the bytes
of an array that cannot be written to are made once. Large heatmaps without numbers, and tiles, travel as
float16, three decimal digits of a colour; the page tells them by their length, no multiple of four bytes.
What most marks of a kind say alike stands once, under ``shared``.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from hashlib import blake2b

import numpy as np

from cnnlib.viz.links import Links
from cnnlib.viz.maps import Maps
from cnnlib.viz.marks import Heatmap, Mark
from cnnlib.viz.scene import Axis, Panel, Scene
from cnnlib.viz.tiles import Tiles
from cnnlib.widgets.base.shared import shared_out

NO_SHIFT = (0.0, 0.0)  # pixels
#: Left out where empty.
OPTIONAL = ("emits", "sets", "label", "hovers", "type_size", "means", "tile", "tile_names", "literal")
#: Of an axis: the page takes what is absent as none.
ABSENT = ("log", "ticks", "names", "whole")
LASTING = 8  # arrays that cannot be written to, whose bytes are kept
LARGE = 100  # cells of a heatmap from which on it pays to halve them
#: Of many links: what a pixel more or less leaves as it is.
HALVED, MANY = ("x0", "y0", "x1", "y1", "values", "widths"), 20


class Packer:
    """Turns scenes into messages and knows what the page already has.

    >>> from cnnlib.viz import Line
    >>> panel = Panel([Line([0, 1], [2, 3])], Axis(0, 1), Axis(0, 1))
    >>> packer = Packer()
    >>> [len(packer.pack(Scene([panel], ""))[1]) for _ in range(2)]
    [2, 0]
    """

    def __init__(self) -> None:
        self._held: set[str] = set()
        self._pictures: object = None
        self._lasting: dict[tuple[int, str], tuple[np.ndarray, str, bytes]] = {}

    def forget(self) -> None:
        """The page has nothing any more (it was reloaded): the next message holds everything."""
        self._held.clear()
        self._pictures = None

    def pack(self, scene: Scene) -> tuple[dict, list[bytes]]:
        """Return the scene as JSON-ready dict, and the bytes of the arrays that the page lacks.

        The dict's ``arrays`` lists ``[name, shape, index]`` for every array of the scene, where `index` is
        its place among the bytes or -1; an array of one number stands there as that number. A mark refers to
        an array by ``{"array": position in the list}``.
        """
        self._arrays: dict[str, tuple[int, list | float]] = {}
        self._buffers: list[bytes] = []
        with np.errstate(over="ignore"):  # in float32
            head = {
                "panels": [self._panel(panel) for panel in scene.panels],
                "rows": list(scene.rows),
                "columns": list(scene.columns),
                "height": scene.height,
                "arrows": list(scene.arrows),
                **self._frame(scene),
            }
        head["shared"] = shared_out(head["panels"])
        head["arrays"] = [entry for _, entry in self._arrays.values()]
        self._held = set(self._arrays)
        return head, self._buffers

    def _frame(self, scene: Scene) -> dict:
        """What stands around the panels; thumbnails only when they are others than in the last message."""
        head = {
            "title": scene.title,
            "figures": [vars(figure) for figure in scene.figures],
            "slots": [vars(slot) for slot in scene.slots],
            "anchors": [vars(anchor) for anchor in scene.anchors],
            "timeline": self._panel(scene.timeline) if scene.timeline else None,
            "zones": {name: [vars(zone) for zone in zones] for name, zones in scene.zones.items()},
            "narrow": {**vars(scene.narrow), "at": dict(scene.narrow.at)} if scene.narrow else None,
            "idle": list(scene.idle),
            "strip": vars(scene.strip) if scene.strip else None,
        }
        if scene.pictures is not self._pictures:
            self._pictures = scene.pictures
            head["pictures"] = {
                name: [self._panel(panel) for panel in panels] for name, panels in scene.pictures.items()
            }
        return head

    def _panel(self, panel: Panel) -> dict:
        return {
            **vars(panel),
            "at": list(panel.at),
            "x": _axis(panel.x),
            "y": _axis(panel.y),
            "marks": [self._mark(mark) for mark in panel.marks],
        }

    def _mark(self, mark: Mark) -> dict:
        packed = {"kind": type(mark).__name__.lower()}
        for name, optional in _names(type(mark)):
            value = getattr(mark, name)
            if isinstance(value, np.ndarray):
                half = name == "z" and isinstance(mark, Heatmap | Tiles) and not getattr(mark, "numbers", "")
                half = half or (isinstance(mark, Links) and name in HALVED and value.size >= MANY)
                kind = "bytes" if isinstance(mark, Maps) and half else "halves" if half else ""
                value = {"array": self._array(value, kind)}
            elif (optional or mark.sparse) and (
                _empty(value) or (name in ("hovers", "type_size", "needs") and not value)
            ):
                continue
            elif isinstance(value, np.generic):
                value = value.item()
            if isinstance(value, float):
                value = float(f"{value:.7g}")
            packed[name] = value
        return packed

    def _array(self, array: np.ndarray, form: str = "") -> int:
        if array.shape == (1,) and np.isfinite(array[0]):
            number = float(f"{array[0]:.7g}") + 0.0  # −0 is 0: to a page both have one name
            return self._arrays.setdefault(f"= {number}", (len(self._arrays), number))[0]
        name, data = self._named(array, form)
        entry = self._arrays.get(name)
        if entry is None:
            index = -1
            if name not in self._held:
                index = len(self._buffers)
                self._buffers.append(data)
            entry = self._arrays[name] = len(self._arrays), [name, list(array.shape), index]
        return entry[0]

    def _named(self, array: np.ndarray, form: str) -> tuple[str, bytes]:
        """The name of an array and its bytes."""
        key = id(array), form
        if key in self._lasting and self._lasting[key][0] is array:
            return self._lasting[key][1:]
        if form and array.size >= (LARGE if array.ndim > 1 else MANY):
            data = _bytes(array) if form == "bytes" else _halves(array)
        else:
            data = np.ascontiguousarray(array, dtype="<f4").tobytes()
        name = f"{blake2b(data, digest_size=5).hexdigest()}{'x'.join(map(str, array.shape))}"
        if not array.flags.writeable:
            while len(self._lasting) >= LASTING:
                del self._lasting[next(iter(self._lasting))]
            self._lasting[key] = array, name, data
        return name, data


@cache
def _names(kind: type) -> tuple[tuple[str, bool], ...]:
    """What a kind of mark holds, and whether that is left out where it is empty."""
    return tuple((item.name, item.name in OPTIONAL) for item in fields(kind))


def _empty(value: object) -> bool:
    """Whether a page may assume the value where a mark says nothing: None, False, no words, no shift."""
    if value is None or value is False:
        return True
    return isinstance(value, str | tuple | dict) and (not value or value == NO_SHIFT)


def _halves(array: np.ndarray) -> bytes:
    """The array in float16, scaled by the power of two that comes last, at a length that tells of it.

    >>> data = _halves(np.array([3e-7, 1e-7]))
    >>> len(data), int.from_bytes(data[4:], "little", signed=True)
    (6, -21)
    """
    largest = np.abs(array[np.isfinite(array)]).max(initial=0)
    exponent = int(np.clip(np.frexp(largest)[1], -1000, 1000)) if largest else 0
    scaled = np.where(np.isfinite(array), array, np.nan) * 2.0**-exponent
    filling = b"\0\x7e" if array.size % 2 else b""  # NaN
    return scaled.astype("<f2").tobytes() + filling + np.int16(exponent).astype("<i2").tobytes()


def _bytes(array: np.ndarray) -> bytes:
    """The array in steps of a 127th of its largest number, last, at an odd length that tells of it.

    >>> list(_bytes(np.array([-1.0, 0.5, np.nan]))[:3])
    [129, 64, 128]
    """
    finite = np.isfinite(array)
    largest = np.float32(np.abs(array[finite]).max(initial=0) or 1.0)
    steps = np.where(finite, np.round(np.where(finite, array, 0) / largest * 127), -128).astype(np.int8)
    filling = b"\x80" if array.size % 2 == 0 else b""
    return steps.tobytes() + filling + largest.astype("<f4").tobytes()


def _axis(axis: Axis) -> dict:
    told = {key: list(value) if isinstance(value, tuple) else value for key, value in vars(axis).items()}
    return {key: value for key, value in told.items() if key not in ABSENT or value or value == []}
