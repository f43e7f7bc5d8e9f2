"""Record frames of widgets, from the widgets themselves: they move on a page before any Python has come.

Two kinds. A widget with few enough positions of its controls is recorded whole: one frame for each. A
training run is recorded as the frames that playing it would show. A recording is one compressed file: the
length of a list in JSON, the list, and the arrays that its frames share, each as `packing` lays it.
"""

from __future__ import annotations

import ast
import contextlib
import gzip
import hashlib
import io
import itertools
import json
import shutil
from collections.abc import Collection
from pathlib import Path

import nbformat
import numpy as np

from tools.site import settings
from tools.site.live.cells import plan
from tools.site.live.packing import Tiles, item, packed

#: Widgets that are recorded whole where a notebook shows them, and the pixels that a page keeps free for it:
#: the heights of their views on a wide page and on a phone of 360 to 400 pixels.
WHOLE = {
    "ImageGallery": (690, 1180),
    "LineBetween": (630, 1014),
    "LossSlice": (707, 1304),
    "MistakeExplorer": (644, 1030),
}
MOST_STATES, MOST_BYTES = 2000, 1_000_000
WIRE = ("type", "frame", "asks", "answers", "message", "playing", "speed")  # what the page's own model adds
GREYS = 32  # levels of the small images in a run, which are seen for a moment: a third less to load
KEPT_BITS = 12  # of the 23 of a float32: a screen shows no more, and the rest does not compress


class Recorder:
    """Stands where a widget keeps its page, and keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list = []

    def send(self, message: dict, buffers) -> None:
        self.sent.append((message, list(buffers)))

    def close(self) -> None:
        """Nothing is open."""


class Recording:
    """Frames of one widget, their arrays kept once; small images in so many levels, if they are given."""

    def __init__(self, widget, levels: int | None = None) -> None:
        self.widget, self.page, self.levels = widget, Recorder(), levels
        widget.live.page = self.page
        self.arrays: dict[str, int] = {}
        self.data: list[bytes] = []
        self.tiles = Tiles()
        self.spec = {"picture": "", **widget.live.spec()}

    def frame(self) -> dict:
        """Return the widget's present frame, its arrays as ``[number, shape]``."""
        self.page.sent.clear()
        self.widget.live.receive({"type": "ready"})
        message, buffers = self.page.sent[-1]
        scene = dict(message["scene"])
        shared = scene["shared"]
        marks = [{**shared.get(m["kind"], {}), **m} for p in scene["panels"] for m in p["marks"]]
        laid = {mark["z"]["array"]: mark["tile"] for mark in marks if mark.get("tile")}
        small = {m["z"]["array"] for m in marks if m["kind"] == "tiles"} if self.levels else ()
        arrays = scene["arrays"] = [
            entry
            if isinstance(entry, float)
            else [self._array(entry, buffers[entry[2]], place in small), entry[1]]
            for place, entry in enumerate(scene["arrays"])
        ]
        for place, tile in laid.items():
            number, shape = arrays[place]
            self.tiles.take(number, self.data[number], shape, tile)
        return {**{name: value for name, value in message.items() if name not in WIRE}, "scene": scene}

    def _array(self, entry: list, data: bytes, small: bool) -> int:
        name, shape, _ = entry
        if name not in self.arrays:
            self.arrays[name] = len(self.data)
            data = levelled(data, int(np.prod(shape)), self.levels) if small and item(data) > 1 else data
            self.data.append(data if len(data) % 4 else shortened(data))  # float16 is short already
        return self.arrays[name]

    def file(self, **content) -> bytes:
        """Return the compressed recording."""
        told = {"spec": self.spec, "mosaics": self.tiles.mosaics, **content}
        kept = [b"" if str(number) in self.tiles.mosaics else data for number, data in enumerate(self.data)]
        pieces = [packed(data) for data in [*kept, self.tiles.data()]]
        told["sizes"] = [
            [len(data), palette]
            for data, (palette, _) in zip([*kept, self.tiles.data()], pieces, strict=True)
        ]
        head = json.dumps(told, default=lambda value: value.tolist(), separators=(",", ":")).encode()
        whole = len(head).to_bytes(4, "little") + head + b"".join(piece for _, piece in pieces)
        return gzip.compress(whole, 9, mtime=0)


def shortened(data: bytes) -> bytes:
    """Round float32 numbers to fewer bits, so that they compress.

    >>> [float(one) for one in np.frombuffer(shortened(np.float32([1, 0.25, np.nan]).tobytes()), "<f4")]
    [1.0, 0.25, nan]
    """
    bits = np.frombuffer(data, "<u4")
    half = np.uint32(1 << (22 - KEPT_BITS))
    finite = np.isfinite(np.frombuffer(data, "<f4"))
    rounded = (bits + half) & ~np.uint32(2 * half - 1)
    return np.where(finite, rounded, bits).astype("<u4").tobytes()


def levelled(data: bytes, count: int, levels: int) -> bytes:
    """Round the first numbers of an array, float32 or float16, to so many levels between their extremes.

    >>> np.frombuffer(levelled(np.float32([0, 0.3, 1]).tobytes(), 3, 3), "<f4").tolist()
    [0.0, 0.5, 1.0]
    """
    kind = "<f4" if item(data) == 4 else "<f2"
    values = np.frombuffer(data, kind).copy()
    head = values[:count].astype(np.float64)
    low, span = head.min(), np.ptp(head) or 1.0
    values[:count] = low + np.round((head - low) / span * (levels - 1)) * span / (levels - 1)
    return values.tobytes()


def positions(control: dict) -> list:
    """Return the values that a control can take."""
    if control["kind"] == "choice":
        return list(control["options"])
    if control["kind"] == "toggle":
        return [False, True]
    count = round((control["high"] - control["low"]) / control["step"])
    values = [control["low"] + index * control["step"] for index in range(count + 1)]
    return [round(value) for value in values] if control["integer"] else values


def whole(widget) -> bytes | None:
    """Record every position of a widget's controls; None if there are too many, or they take too much room.

    A frame's key is the positions of the controls in their order, such as ``"0/3/12"``. What a volatile
    control does, such as an answer, only Python knows: it is left out.
    """
    recording = Recording(widget)
    leave_out(recording.spec, widget.volatile)
    controls = [control for control in recording.spec["controls"] if control["valued"]]
    choices = [positions(control) for control in controls]
    if np.prod([len(values) for values in choices]) > MOST_STATES:
        return None
    frames, first = {}, widget.state
    for place in itertools.product(*(range(len(values)) for values in choices)):
        wanted = {c["name"]: values[i] for c, values, i in zip(controls, choices, place, strict=True)}
        widget.challenge_reached = False
        widget.set_state(**wanted)
        if all(widget.state[name] == value for name, value in wanted.items()):  # not held back by a limit
            frames["/".join(map(str, place))] = recording.frame()
    start = "/".join(str(v.index(first[c["name"]])) for c, v in zip(controls, choices, strict=True))
    file = recording.file(frames=frames, start=start, advances=widget.advances, speed=widget.live.speed)
    return file if len(file) <= MOST_BYTES else None


def leave_out(spec: dict, names: Collection[str]) -> None:
    """Take controls out of what a page is told.

    >>> spec = {"controls": [{"name": "page"}, {"name": "answer"}], "slots": {"bar": ("page", "answer")}}
    >>> leave_out(spec, ("answer",))
    >>> spec
    {'controls': [{'name': 'page'}], 'slots': {'bar': ('page',)}}
    """
    spec["controls"] = [control for control in spec["controls"] if control["name"] not in names]
    slots = spec["slots"].items()
    spec["slots"] = {slot: tuple(name for name in held if name not in names) for slot, held in slots}


def run(widget, steps: int, every: int, speed: str) -> bytes:
    """Record a training run: a frame after every so many steps."""
    recording = Recording(widget, GREYS)
    frames = [recording.frame()]
    for _ in range(steps // every):
        widget.advance(every)
        frames.append(recording.frame())
    return recording.file(run=frames, speed=speed)


def front_page() -> bytes:
    """Record the run of the front page: a network learns to read digits, two epochs long."""
    from cnnlib.widgets import TrainingView

    widget = TrainingView(show=())
    return run(widget, steps=500, every=20, speed="5 steps a second")


def of_notebook(path: Path) -> dict[int, bytes]:
    """Record what can be recorded whole of a notebook's widgets, by the index of the code cell."""
    notebook = nbformat.read(path, as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    told = plan(notebook)
    found = {}
    for index in whole_cells(notebook):
        names: dict = {"__name__": "__main__"}
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            for needed in told[index]["needs"]:
                exec(compile(cells[needed], f"<cell {needed}>", "exec"), names)
            widget = value_of(cells[index], names)
        file = whole(widget)
        if file is not None:
            found[index] = file
    return found


def whole_cells(notebook) -> list[int]:
    """Return the code cells whose last line makes a widget that is recorded whole."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return [index for index, source in enumerate(cells) if widget_of(source)]


def widget_of(source: str) -> str:
    """Return which widget that is recorded whole a cell makes; empty for none.

    >>> widget_of("digits = load_digits()\\nImageGallery(digits)"), widget_of("LossExplorer()")
    ('ImageGallery', '')
    """
    made = [line.partition("(")[0] for line in source.splitlines() if "(" in line]
    return next((name for name in made if name in WHOLE), "")


def make_room(notebook, recorded: dict[int, str]) -> None:
    """Give the still pictures of recorded cells (`tools.site.staging`) the room of what replaces them."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for index in recorded:
        wide, narrow = WHOLE[widget_of(cells[index].source)]
        room = f'class="cnn-picture cnn-room" style="--cnn-wide: {wide}px; --cnn-narrow: {narrow}px"'
        shown = [one.data for one in cells[index].outputs if "text/html" in one.get("data", {})]
        if shown and "cnn-answer" not in shown[-1]["text/html"]:  # not what lies in a fold
            shown[-1]["text/html"] = shown[-1]["text/html"].replace('class="cnn-picture"', room)


def value_of(source: str, names: dict):
    """Run a cell; return the value of its last expression."""
    tree = ast.parse(source)
    exec(compile(ast.Module(tree.body[:-1], []), "<cell>", "exec"), names)
    return eval(compile(ast.Expression(tree.body[-1].value), "<cell>", "eval"), names)


def build_recordings(folder: Path, root: Path = settings.ROOT) -> None:
    """Record everything into `folder`, anew if the course has changed.

    A file is named by its notebook and its code cell; the front page's run is ``front-0.bin``, a notebook's
    cover ``NOTEBOOK-cover.bin``.
    """
    from tools.site.live.covers import COVERS, record

    digest = hashlib.sha256()
    paths = sorted((root / "notebooks").glob("*.ipynb"))
    tools = (Path(__file__), Path(__file__).with_name("covers.py"))
    for path in (*sorted((root / "cnnlib").rglob("*.py")), *paths, *tools):
        digest.update(path.read_bytes())
    stamp = folder / "sources"
    if stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "front-0.bin").write_bytes(front_page())
    for name, cover in COVERS.items():
        (folder / f"{name}-cover.bin").write_bytes(record(cover))
    for path in paths:
        for index, file in of_notebook(path).items():
            (folder / f"{path.stem}-{index}.bin").write_bytes(file)
    stamp.write_text(digest.hexdigest())


def recorded_cells(folder: Path, notebook: str) -> dict[int, str]:
    """Return the recordings of a notebook by code cell."""
    files = sorted(folder.glob(f"{notebook}-[0-9]*.bin"))
    return {int(file.stem.rpartition("-")[2]): file.name for file in files}
