"""Python's half of a live page: runs the page's cells and joins their widgets to the page.

It is loaded in a Web Worker, where `tell(text, buffers)` takes a message to the page. What a notebook finds
in IPython is here as far as cells use it: the last value is shown, `display`, `Markdown`, `HTML`, and a shell
that knows the notebook's variables and tells when a cell has run.
"""

from __future__ import annotations

import ast
import base64
import inspect
import io
import json
import linecache
import os
import sys
import traceback
from pathlib import Path

from .shell import Later, Postponing, Shell, stand_ins

RECORD = "CNNLIB_PROGRESS"  # the variable that names the file of the learner's record


class Stream(io.TextIOBase):
    """Standard output or error of the running cell."""

    def __init__(self, host: Host, name: str) -> None:
        self.host, self.name = host, name

    def write(self, text: str) -> int:
        if text:
            self.host.say("stream", name=self.name, text=text)
        return len(text)


class Link:
    """Stands where a widget keeps its page: frames go through it."""

    def __init__(self, host: Host, key: str) -> None:
        self.host, self.key = host, key

    def send(self, message: dict, buffers=()) -> None:
        text = json.dumps({"type": "widget", "key": self.key, "message": message}, default=_plain)
        self.host.tell(text, [bytes(buffer) for buffer in buffers])

    def close(self) -> None:
        """The page closes its views itself, when their cell runs again."""


def _plain(value):
    """A NumPy scalar or array as JSON."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


class Host:
    """The cells' common namespace, and the widgets they have shown.

    Parameters
    ----------
    tell : (str, list of bytes) -> None
        Takes a message to the page.
    fetch : (str) -> bytes
        Gets one of the site's files for Python by its name, while Python waits.
    """

    def __init__(self, tell, fetch=None) -> None:
        self.tell, self.fetch = tell, fetch
        self.cell, self.count = "", 0
        self.names = {"__name__": "__main__", "display": self.display, Later.__name__: Later}
        self.widgets: dict[str, object] = {}
        self.shell = Shell(self.names)
        self.record = self.read_record()
        self.write_progress()
        sys.modules |= dict(stand_ins(self))

    def say(self, kind: str, **content) -> None:
        """Send one output of the running cell."""
        self.tell(json.dumps({"type": "output", "cell": self.cell, "kind": kind, **content}), [])

    # Cells.

    async def run(self, cell: str, source: str) -> bool:
        """Run a cell; return whether it ended without an error."""
        self.cell = cell
        self.forget(cell)
        self.tell_busy(True)
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = Stream(self, "stdout"), Stream(self, "stderr")
        try:
            value = await self.evaluate(source, f"<cell {cell}>")
            if value is not None:
                self.display(value)
            self.show_figures()
        except BaseException as error:  # also SystemExit: nothing a learner writes ends the page's Python
            self.fail(error)
            return False
        finally:
            sys.stdout, sys.stderr = before
            self.tell_busy(False)
            self.shell.has_run(source)
            self.send_record()
        return True

    async def evaluate(self, source: str, name: str):
        """Run a cell's text; return the value of its last expression, None after a semicolon."""
        linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name
        tree = Postponing().visit(ast.parse(source, name))
        last = tree.body[-1] if tree.body else None
        shown = isinstance(last, ast.Expr) and not source.rstrip().endswith(";")
        body = ast.Module(tree.body[:-1] if shown else tree.body, [])
        await self._execute(compile(body, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT))
        if not shown:
            return None
        return await self._execute(
            compile(ast.Expression(last.value), name, "eval", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        )

    async def _execute(self, code):
        value = eval(code, self.names)
        return await value if code.co_flags & inspect.CO_COROUTINE else value

    def fail(self, error: BaseException) -> None:
        """Show an error with the lines of the learner's own cells and whatever they called.

        One that is meant, as by `cnnlib.runtime.in_short`, says itself what is shown.
        """
        if hasattr(error, "_render_traceback_"):
            self.say("error", text="\n".join(error._render_traceback_()))
            return
        own = Path(__file__).parent.name
        frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).parent.name != own]
        lines = [*traceback.format_list(frames), *traceback.format_exception_only(error)]
        self.say("error", text="".join(lines).rstrip())

    # Outputs.

    def display(self, *values) -> None:
        """Show values as a notebook does."""
        for value in values:
            if hasattr(value, "face") or (hasattr(value, "live") and hasattr(value, "compute")):
                self.show_widget(value)
            elif hasattr(value, "savefig"):
                self.show_picture(value)
            else:
                kind, text = _shown(value)
                self.say(kind, text=text)

    def show_widget(self, widget) -> None:
        """Give a widget or a card a place on the page; frames follow when the page asks."""
        live = live_of(widget)
        if getattr(live.page, "key", None) in self.widgets:
            self.widgets.pop(live.page.key)
        self.count += 1
        key = f"{self.cell}/{self.count}"
        self.widgets[key] = widget
        live.page = Link(self, key)
        spec = {"picture": "", **live.spec()}
        text = getattr(widget, "text", "")
        self.say("widget", key=key, spec=json.loads(json.dumps(spec, default=_plain)), text=text)

    def show_picture(self, figure) -> None:
        """Show a matplotlib figure, and close it."""
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=110)
        self.say("image", data=base64.b64encode(file.getvalue()).decode("ascii"))
        sys.modules["matplotlib.pyplot"].close(figure)

    def show_figures(self) -> None:
        """Show what a cell has drawn with pyplot."""
        plt = sys.modules.get("matplotlib.pyplot")
        for number in plt.get_fignums() if plt else ():
            self.show_picture(plt.figure(number))

    # Widgets.

    def forget(self, cell: str) -> None:
        """Close the widgets that an earlier run of a cell has shown."""
        for key in [key for key in self.widgets if key.rpartition("/")[0] == cell]:
            live_of(self.widgets.pop(key)).close()

    def tell_busy(self, busy: bool) -> None:
        """Have the widgets say that a cell runs: until it ends they get no answers."""
        for live in map(live_of, self.widgets.values()):
            if hasattr(live, "tell_cell"):
                live.tell_cell(busy)

    def receive(self, key: str, text: str) -> None:
        """Hand a message of the page to its widget; what a card has kept is given to the page."""
        live = live_of(self.widgets[key]) if key in self.widgets else None
        if live is not None:
            live.receive(json.loads(text))
        if hasattr(live, "face"):
            self.send_record()

    # The learner's record.

    def record_file(self) -> Path:
        """Where the course keeps the record: beside the file of the exercises."""
        path = Path(os.environ.get(RECORD, ""))
        return path.with_name(f"{path.stem}.learning.json") if path.name else path

    def read_record(self) -> str:
        """The text of the record's file; empty where there is none."""
        path = self.record_file()
        return path.read_text("utf-8") if path.is_file() else ""

    def write_record(self, text: str) -> None:
        """Take over a record that the page has kept or a learner has brought."""
        self.record = text
        if text:
            self.record_file().write_text(text, "utf-8")
        else:
            self.record_file().unlink(missing_ok=True)
        self.write_progress()
        for widget in self.widgets.values():
            if hasattr(widget, "face"):
                widget.changed()

    def write_progress(self) -> None:
        """Write the file of the exercises anew from the record, which holds every try."""
        path = Path(os.environ.get(RECORD, ""))
        if self.record:
            path.write_text(json.dumps(progress_of(json.loads(self.record))), "utf-8")
        elif path.name:
            path.unlink(missing_ok=True)

    def send_record(self) -> None:
        """Give the record to the page if it has changed."""
        now = self.read_record()
        if now != self.record:
            self.record = now
            self.tell(json.dumps({"type": "record", "text": now}), [])


def live_of(widget):
    """What answers the page: a widget's live side, or a card itself."""
    return getattr(widget, "live", widget)


def progress_of(record: dict) -> dict:
    """Return which exercises are done, as the course keeps it, from the events of a record.

    >>> once = {"what": "exercise", "id": "03.gap", "when": "today"}
    >>> progress_of({"events": [once | {"outcome": "wrong"}, once | {"outcome": "right"}]})["exercises"]
    {'03.gap': {'outcome': 'right', 'tries': 2, 'right_since': 'today'}}
    """
    done: dict[str, dict] = {}
    for event in record.get("events", ()):
        if event.get("what") != "exercise":
            continue
        entry = done.setdefault(event["id"], {"outcome": event["outcome"], "tries": 0})
        entry["tries"] += 1
        if event["outcome"] == "right":
            entry["outcome"] = "right"
            entry.setdefault("right_since", event["when"])
    return {"version": record.get("version", 1), "exercises": done}


def _shown(value) -> tuple[str, str]:
    """How a value is shown: as ``html``, ``markdown`` or ``text``, and the text."""
    for kind in ("html", "markdown"):
        draw = getattr(value, f"_repr_{kind}_", None)
        text = draw() if callable(draw) else None
        if isinstance(text, str):
            return kind, text
    return "text", repr(value)
