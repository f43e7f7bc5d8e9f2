"""A widget's live side: messages from the page, frames to it, playing, display."""

from __future__ import annotations

from collections.abc import Callable

from cnnlib.runtime.language import page_words, say, shown, word
from cnnlib.widgets.base.controls import Slider
from cnnlib.widgets.base.fallback import show_still, still
from cnnlib.widgets.base.pace import Pace
from cnnlib.widgets.base.packer import Packer
from cnnlib.widgets.base.play_loop import SPEEDS, PlayLoop, run_for
from cnnlib.widgets.base.running_cell import CELL


class Live:
    """Connects one `Widget` with its page. Does nothing, at no cost, until the widget is displayed."""

    def __init__(self, widget) -> None:
        self.widget = widget
        self.page = None
        self.speed = widget.speed or (
            "as fast as possible" if widget.train is not None else "5 steps a second"
        )
        self.pace = Pace()
        self.loop = PlayLoop(
            self._play_step,
            self._play_frame,
            self._page_ready,
            self._steps_a_second,
            self.pace.forgotten,
            self._tell,
        )
        self._run = None
        self._answers = 0
        self._played = False  # whether Play has taken a step since it was pressed
        self._packer = Packer()

    # Steps.

    def _steps_a_second(self) -> float | None:
        """How fast it plays at the moment; None is as fast as possible."""
        speed = SPEEDS[self.speed]
        return None if speed is None else self.widget.pace(speed)

    def forget_run(self) -> None:
        """Drop the generator of the present run."""
        self._run = None

    def advance(self, steps: int, tell: Callable[[], object] = lambda: None) -> int:
        """Take steps without showing them, `tell` after each; return how many there were."""

        def step() -> bool:
            more = self._one_step()
            if more:
                tell()
            return more

        return run_for(step, steps)

    def _one_step(self) -> bool:
        widget = self.widget
        if widget.train is not None:
            if self._run is None:
                self._run = widget.train()
            try:
                next(self._run)
            except StopIteration:
                self._run = None
                return False
            except BaseException:
                self._run = None  # a generator that has failed is at its end
                raise
            return True
        return bool(widget.advances) and self._advance_control()

    def _advance_control(self) -> bool:
        widget = self.widget
        control = self.control(widget.advances)
        value = widget.state[control.name]
        if value >= control.high:
            return False
        widget._state[control.name] = control.clamp(value + control.describe()["step"])
        return True

    def _at_end(self) -> bool:
        """Whether Play, which moves a control, has come to that control's end: it begins again."""
        widget = self.widget
        if widget.train is not None or not widget.advances:
            return False
        return widget.state[widget.advances] >= self.control(widget.advances).high

    def control(self, name: str) -> Slider:
        """A control with the range it has at the moment."""
        control = self.widget._controls[name]
        ranges = self.widget.limits(self.widget.state)
        return control.with_range(*ranges[name]) if name in ranges else control

    def _play_step(self) -> bool:
        try:
            more = self._one_step()
        except Exception as failure:
            self._fail(failure)
            return False
        if not more and not self._played:
            self._say_end()
        self._played = True
        return more

    def _say_end(self) -> None:
        """Play or Step was pressed, and nothing is left to do: say so, unless a fault was said."""
        self.widget.message = self.widget.message or word(self.widget.at_end)

    def _play_frame(self) -> None:
        try:
            self.widget.refresh()
        except Exception as failure:
            self._fail(failure)
        self.changed()

    def _fail(self, failure: Exception) -> None:
        self.widget.failure = failure
        self.widget.message = say(
            "It stopped ({kind}: {failure}).", kind=type(failure).__name__, failure=failure
        )

    def _page_ready(self) -> bool:
        return self.page is not None and self.pace.ready()

    def _tell(self, sentence: str) -> None:
        self.widget.message = word(sentence)

    # Messages from the page.

    def receive(self, message: dict) -> None:
        """Act on a message of the page; no exception leaves here."""
        handler = getattr(self, f"_on_{message.get('type')}", None)
        self._answers = message.get("id", self._answers)
        self.pace.heard()
        try:
            if handler is not None:
                handler(message)
        except Exception as failure:
            if self.widget.failure is not failure:
                self._fail(failure)
                self.changed()

    def _on_ready(self, message: dict) -> None:
        """A view was opened, or lost something: it has `frame` complete, or needs everything."""
        self._packer.forget()
        if message.get("frame") == self.pace.frame:
            self.tell_cell(CELL.running)
        else:
            self.changed()

    def _on_painted(self, message: dict) -> None:
        self.pace.painted(int(message["frame"]))

    def _on_state(self, message: dict) -> None:
        controls = self.widget._controls
        values = message["values"].items()
        self.widget.set_state(**{n: controls[n].typed(v) if n in controls else v for n, v in values})

    def _on_event(self, message: dict) -> None:
        self.widget.set_state(**(self.widget.event(message["event"]) or {}))

    def _on_press(self, message: dict) -> None:
        self.widget.set_state(**(self.widget.press(message["name"]) or {}))

    def _on_speed(self, message: dict) -> None:
        if message["value"] in SPEEDS:
            self.speed = message["value"]
        self.changed()

    def _on_play(self, message: dict) -> None:
        if self.widget.playable:
            self.widget.message = ""
            if self._at_end():
                self.widget.rewind()
            self._played = False
            self.loop.start()
        self.changed()

    def _on_pause(self, message: dict) -> None:
        self.loop.stop()
        self._play_frame()

    def _on_step(self, message: dict) -> None:
        self.loop.stop()
        self.widget.message = ""
        if not self.widget.advance(1):
            self._say_end()
            self.changed()

    def _on_rewind(self, message: dict) -> None:
        self.loop.stop()
        self.widget.message = ""
        self.widget.challenge_reached = False
        self.widget.rewind()
        self._play_frame()

    def _on_reset(self, message: dict) -> None:
        self.loop.stop()
        self.widget.reset()

    # Frames to the page.

    def changed(self) -> None:
        """Send the widget's present picture and state, if a page is there."""
        if self.page is None or self.widget.scene is None:
            return
        self.page.send(*self._message(self._packer, self.pace.send(self.loop.running)))

    def first(self) -> dict:
        """The present frame, complete: it travels with the widget, so that the page can draw at once."""
        message, buffers = self._message(Packer(), asks=False)
        return {"frame": message, "buffers": buffers}

    def _message(self, packer: Packer, asks: bool) -> tuple[dict, list[bytes]]:
        widget = self.widget
        scene, buffers = packer.pack(widget.scene)
        message = {
            "type": "frame",
            "frame": self.pace.frame,
            "asks": asks,
            "answers": self._answers,
            "scene": scene,
            "text": widget.text,
            "state": widget.state,
            "ranges": widget.limits(widget.state),
            "options": {name: list(words) for name, words in widget.options(widget.state).items()},
            "message": widget.message,
            "playing": self.loop.running,
            "speed": self.speed,
            "line": repr(widget),
            "challenge": self._challenge(),
            "goal": widget.goal(),
            "cell": CELL.running,
        }
        return message, buffers

    def _challenge(self) -> str:
        """How the challenge stands: reached, reached earlier in this run, or not."""
        widget = self.widget
        if not widget.challenge_reached:
            return ""
        return word("reached") if widget.challenge.reached(widget.facts) else word("reached earlier")

    def tell_cell(self, running: bool) -> None:
        """Tell the page whether a cell runs: until that has ended, it gets no answers."""
        if self.page is not None:
            self.page.send({"type": "cell", "cell": running}, [])

    def spec(self) -> dict:
        """What the page needs to know once: the controls, the buttons, the words."""
        widget = self.widget
        controls = [
            {**c.describe(), "shown": c.name in widget.show, "valued": c.valued} for c in widget.controls
        ]
        return {
            "title": word(widget.title),
            "controls": controls,
            "slots": dict(widget.slots),
            "playable": widget.playable,
            "speeds": list(SPEEDS),
            "speed_words": [word(name) for name in SPEEDS],
            "challenge": shown(widget.challenge.text) if widget.challenge else "",
            "speech": page_words(),
            "height": widget.scene.height,
        }

    # Life in a notebook.

    def display(self) -> None:
        """Show the widget in the notebook cell that runs now; without its packages, the picture alone."""
        try:
            from cnnlib.widgets.base.page import CELLS, STILL, Mailbox, Page, show
        except ImportError as missing:
            show_still(self.widget.text, still(self.widget.scene), missing)
            return
        if self.page is None:
            CELL.tell(self)
            self.page = Page(self.spec(), Mailbox(self.receive).put, self.first)
            CELLS.enter(self.widget)
        show(self.page, repr(self.widget), self.widget.text, still(self.widget.scene, note=word(STILL)))

    def close(self) -> None:
        """Stop, and take the view off the page."""
        self.loop.stop()
        if self.page is not None:
            self.page.close()
            self.page = None
