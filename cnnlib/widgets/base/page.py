"""The page's half of a widget: the anywidget model, its display, and the cells that widgets live in."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import anywidget
import traitlets

if TYPE_CHECKING:
    from cnnlib.widgets.base.fallback import Still

_STATIC = Path(__file__).parents[1] / "static"

MEND = (
    "Live controls appear when this cell runs in JupyterLab, Jupyter Notebook 7, VS Code or Colab. "
    "If they do not, `pip install ipywidgets anywidget`, restart Jupyter and reload the page."
)


STILL = (
    "A still picture: run the cell for the live one. If none appears, "
    "pip install ipywidgets anywidget, restart Jupyter and reload the page."
)


class Page(anywidget.AnyWidget):
    """The model that the front end attaches to: what never changes is synchronised, the rest is sent.

    `first`, the frame that travels with the model, is made anew whenever a page asks for the model, so a page
    that is reloaded starts with the present picture. `whole` makes it: `Live.first`.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)
    first = traitlets.Any().tag(sync=True, to_json=lambda _value, page: page._whole())

    def __init__(self, spec: dict, receive: Callable[[dict], None], whole: Callable[[], dict]) -> None:
        self._whole = whole
        script = (_STATIC / "page.js").read_text("utf-8")
        style = (_STATIC / "page.css").read_text("utf-8")
        name = uuid4().hex
        super().__init__(_esm=script, _css=style, spec={**spec, "model": name}, model_id=name)
        self.on_msg(lambda _page, content, _buffers: receive(content))

    def close(self) -> None:
        """Take the view off the page; ipywidgets would leave the layout model behind."""
        if self.layout is not None:
            self.layout.close()
        super().close()

    def view(self, text: str) -> tuple[dict, dict]:
        """Data and metadata (Colab needs some) of an output that is a live view, or else `text`."""
        data, metadata = self._repr_mimebundle_()
        return {**data, "text/plain": text}, metadata


class Mailbox:
    """Brings messages from the page to the kernel's main event loop, whichever thread they arrive in.

    JupyterLab may deliver widget messages in a thread of their own (a kernel subshell). Everything that
    touches a widget's state runs in one thread, so a message is handed over, and states that arrive while
    that thread is busy replace each other.
    """

    def __init__(self, handle: Callable[[dict], None]) -> None:
        self._handle = handle
        self._newest: dict | None = None
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None

    def put(self, message: dict) -> None:
        """Handle `message` now if this is the main thread, otherwise as soon as that thread is free."""
        if self._loop is None or self._loop is _running_loop():
            self._handle(message)
        elif message.get("type") == "state":
            earlier = self._newest
            self._newest = {**message, "values": {**(earlier or {}).get("values", {}), **message["values"]}}
            if earlier is None:
                self._loop.call_soon_threadsafe(self._take_newest)
        else:
            self._loop.call_soon_threadsafe(self._handle, message)

    def _take_newest(self) -> None:
        message, self._newest = self._newest, None
        if message is not None:
            self._handle(message)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def current_cell() -> tuple[str, str] | None:
    """(cell, execution) of the notebook cell being run; None outside a notebook.

    The cell is the front end's own name for it, or a hash of its text where there is none.
    """
    try:
        from IPython import get_ipython

        parent = _parent(get_ipython().kernel)
    except (ImportError, AttributeError):
        return None
    code = parent.get("content", {}).get("code", "")
    cell = parent.get("metadata", {}).get("cellId") or hashlib.sha256(code.encode()).hexdigest()
    return str(cell), str(parent.get("header", {}).get("msg_id", ""))


def _parent(kernel) -> dict:
    """The message that a kernel answers; JupyterLite's kernel has one channel and takes no name of it."""
    try:
        return kernel.get_parent("shell")
    except TypeError:
        return kernel.get_parent()


class CellRegistry:
    """Which widgets each cell made, so that running the cell again closes the earlier ones."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], tuple[str, list]] = {}

    def enter(self, widget) -> None:
        """Note `widget` as made by the running cell; close those that an earlier run of it made."""
        place = current_cell()
        if place is None:
            return
        cell, execution = place
        key = (type(widget).__name__, cell)
        earlier, widgets = self._made.get(key, (execution, []))
        if earlier != execution:
            for old in widgets:
                old.close()
            widgets = []
        self._made[key] = (execution, [*widgets, widget])


CELLS = CellRegistry()


def show(page: Page, line: str, text: str, picture: Still) -> None:
    """Display the live view, and beneath it the static picture, which the live view hides.

    The picture is what remains in the saved notebook. Both outputs carry text that is the same in every
    run: `line` recreates the widget, `text` says what the picture shows. Without a picture the view's own
    text gives the reason, which a reader sees only where there is no view.
    """
    from IPython.display import publish_display_data

    from cnnlib.runtime.language import word
    from cnnlib.widgets.base.fallback import publish_picture

    end = base64.b64encode(picture.png).decode("ascii").rstrip("=")[-48:]
    page.spec = {**page.spec, "picture": end}
    words = (line, text, word(MEND), *([] if picture.png else [picture.why]))
    publish_display_data(*page.view("\n".join(words)))
    if picture.png:
        publish_picture(text, picture)
