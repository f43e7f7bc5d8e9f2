"""The base of all widgets, and how a new one is written.

A widget is one class: its controls, declared, and a pure function from their values to a scene.

>>> import numpy as np
>>> from cnnlib.viz import Axis, Line, Panel, Scene
>>> from cnnlib.widgets.base.widget import Slider, Widget
>>> class Parabola(Widget):
...     title = "A parabola"
...     controls = (Slider("curvature", 0.1, 4, 1, label="Curvature"),)
...
...     def compute(self, state):
...         w = np.linspace(-2, 2, 200)
...         line = Line(w, state["curvature"] / 2 * w**2)
...         panel = Panel([line], Axis(-2, 2, "weight"), Axis(0, 8, "error"))
...         text = f"The curvature is {state['curvature']:.2f}."
...         return Scene([panel], text, facts={"curvature": state["curvature"]})
>>> widget = Parabola(curvature=2)
>>> widget.text
'The curvature is 2.00.'
>>> widget.set_state(curvature=9)
>>> widget.message
'Curvature: expected a number from 0.1 to 4, received 9. It stays 2.'

At the end of a cell it shows itself. What else a class may have:

`advances = "steps"`
    Play, Step and Rewind move this control by its step, up to its end. From there Play begins again.
`train(self)`
    A generator instead: Play and Step run it, one ``yield`` a step. It reads ``self.state`` as it goes, so
    a learning rate can change on the way. `begin(self)` prepares a fresh run and is called first, on
    Reset, and whenever a control named in `restarts` changes; `compute` reads what both keep in ``self``.
`at_end`
    What is said when Step is pressed, or the Play of a `train`, and there is no further step.
`speed`
    How fast Play goes at first: a key of `cnnlib.widgets.base.play_loop.SPEEDS`.
`rewind(self)`
    What Rewind does: by default the advancing control's start, or `begin`.
`changed(self, before, after)`
    Controls were moved; for widgets that keep more than their state, such as a network to rewind. `put`
    sets controls from within; those named in `volatile` are left out of the line that recreates the widget.
`limits(self, state)`, `options(self, state)`
    Ranges that depend on other controls, as ``{"row": (0, 61)}``, and the words that a `Choice` offers at the
    moment, as ``{"node": ("output", "node 1.1")}``.
`first_values(self, state)`
    Values that controls begin with, depending on others, as ``{"rate": 0.3}``: each holds until it is moved.
`press(self, name)`, `event(self, event)`
    A `Button` was pressed; a mark that `emits` was clicked or dragged, in data coordinates. Both may
    return a dict of values to set. (A mark that `sets` controls needs neither.)
`challenge`
    A `Challenge`, decided on the scene's `facts`; also an argument of the constructor.
`slots`
    Which control lives where. This, large numbers, notes, thumbnails and the timeline: README.md beside this.

A wrong value from a learner ends as a sentence in ``widget.message``; `compute` may raise `BadValue` for
what only it can see. Any other exception is a fault of the widget: code sees it as usual, the page shows a
sentence, ``widget.failure`` keeps it, and the state goes back to what it was.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cnnlib.runtime.language import say, shown, word
from cnnlib.runtime.progress_bar import progress_bar
from cnnlib.viz.scene import Scene
from cnnlib.viz.speech import in_language
from cnnlib.widgets.base.challenge import Challenge
from cnnlib.widgets.base.controls import Button, Choice, Control, LogSlider, Number, Slider, TextField, Toggle
from cnnlib.widgets.base.grid_control import Grid
from cnnlib.widgets.base.new_values import cleaned
from cnnlib.widgets.base.session import Live

__all__ = [
    "BadValue",
    "Button",
    "Challenge",
    "Choice",
    "Control",
    "Grid",
    "LogSlider",
    "Number",
    "Slider",
    "TextField",
    "Toggle",
    "Widget",
]


class BadValue(ValueError):
    """A value that a learner may try and that has no picture; its message is a sentence for them."""


class Widget:
    """A live picture with controls. See the module's text for how to write one.

    Parameters
    ----------
    challenge : Challenge, optional
        Instead of the class's own.
    show : sequence of str, optional
        Names of the controls to show; by default all. Hidden ones keep their values.
    **state
        Values of controls that differ from their defaults.

    Attributes
    ----------
    state : dict
        A copy of the values of all controls.
    scene : Scene
        The picture as data; `text` and `facts` are its own.
    message : str
        The last complaint about a value, or empty.
    challenge_reached : bool
        Whether the challenge was reached at some time since the run began.
    """

    title: str = ""
    controls: tuple[Control, ...] = ()
    slots: Mapping[str, tuple[str, ...]] = {}
    challenge: Challenge | None = None
    advances: str = ""
    restarts: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()
    speed: str = ""
    at_end: str = "There is no further step. Press Rewind to begin again."
    train = None

    def __init__(self, *, challenge: Challenge | None = None, show=None, **state: Any) -> None:
        if challenge is not None:
            self.challenge = challenge
        self.show = tuple(show) if show is not None else tuple(c.name for c in self.controls)
        self._controls = {c.name: c for c in self.controls if c.valued}
        self._state = {name: control.default for name, control in self._controls.items()}
        self.message = ""
        self.failure: Exception | None = None
        self.challenge_reached = False
        self.scene: Scene | None = None
        self.live = Live(self)
        self.begin()
        self.set_state(**state)
        self._initial = dict(self._state)
        if self.scene is None:
            self.refresh()

    # What a widget defines.

    def compute(self, state: dict) -> Scene:
        """The picture of a state: no side effects."""
        raise NotImplementedError(f"{type(self).__name__} needs compute(state) -> Scene")

    def begin(self) -> None:
        """Prepare a fresh run of `train`."""

    def rewind(self) -> None:
        """Go back to the first step."""
        if self.advances:
            self._state[self.advances] = self._controls[self.advances].low
        else:
            self.restart()

    def limits(self, state: dict) -> dict[str, tuple[float, float]]:
        """Ranges of controls that depend on the state."""
        return {}

    def options(self, state: dict) -> dict[str, tuple[str, ...]]:
        """Of choices whose words depend on the state, those that are there now; the others stay allowed."""
        return {}

    def first_values(self, state: dict) -> dict[str, Any]:
        """Values that controls take with the others of a state, as long as nobody has moved them.

        For the defaults of all controls these are the defaults themselves.
        """
        return {}

    def changed(self, before: dict, after: dict) -> None:
        """Controls were moved, by the page or by code, and the scene is not yet computed."""

    def pace(self, speed: float) -> float:
        """Steps a second where the page asks for `speed`: fewer while there is more to see in each."""
        return speed

    def press(self, name: str) -> dict | None:
        """A button was pressed."""

    def event(self, event: dict) -> dict | None:
        """A mark that emits was touched; `event` has name, kind, x, y and perhaps row, col, index."""

    # What everyone uses.

    @property
    def state(self) -> dict:
        return dict(self._state)

    @property
    def text(self) -> str:
        return self.scene.text

    @property
    def facts(self) -> Mapping[str, float]:
        return self.scene.facts

    @property
    def playable(self) -> bool:
        return bool(self.advances) or self.train is not None

    def __repr__(self) -> str:
        """One line that recreates the widget."""
        usual = {name: control.default for name, control in self._controls.items()}
        usual |= self.first_values(dict(self._state))
        changed = {
            name: value
            for name, value in self._state.items()
            if value != usual[name] and name not in self.volatile
        }
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in changed.items())})"

    def set_state(self, **values: Any) -> None:
        """Set controls by name; what is wrong about a value is said in `message`, and the rest is set."""
        before = dict(self._state)
        self.failure = None
        state, problems = cleaned(self, values)
        self._state = state
        try:
            if any(state[name] != before[name] for name in self.restarts):
                self.restart()
            self.changed(before, dict(state))
            self.refresh()
        except BadValue as problem:
            self._state = before
            problems.append(word(str(problem)))
        except Exception as failure:
            self._state, self.failure = before, failure
            self.message = say(
                "This cannot be shown ({kind}: {failure}). The values stay as they were.",
                kind=type(failure).__name__,
                failure=failure,
            )
            raise
        finally:
            if self.failure is None:
                self.message = " ".join(problems)
            self.live.changed()

    def put(self, **values: Any) -> None:
        """Set controls from within `train`, `begin` or `changed`: no check, no new picture."""
        self._state.update(values)

    def advance(self, steps: int = 1, progress: bool = False) -> int:
        """Take up to `steps` steps, as Step does, with a bar if wished for; return how many were taken."""
        if progress:
            with progress_bar(True, total=steps, unit="step", leave=False) as bar:
                done = self.live.advance(steps, bar.update)
        else:  # where no bar is shown, none is loaded: pages in a browser go without
            done = self.live.advance(steps)
        self.refresh()
        self.live.changed()
        return done

    def reset(self) -> None:
        """Back to the state the widget was made with, its run begun afresh."""
        self._state = dict(self._initial)
        self.message = ""
        self.restart()
        self.refresh()
        self.live.changed()

    def restart(self) -> None:
        """Begin the run afresh, and its challenge with it."""
        self.challenge_reached = False
        self.live.forget_run()
        self.begin()

    def refresh(self) -> None:
        """Compute the scene of the present state."""
        self.scene = in_language(self.compute(dict(self._state)))
        if self.challenge is not None and not self.challenge_reached:
            self.challenge_reached = self.challenge.reached(self.scene.facts)

    def goal(self) -> dict | None:
        """How far the challenge is: words for the present value, and the share of the way."""
        if self.challenge is None or self.challenge.progress is None:
            return None
        progress = self.challenge.progress(self.scene.facts)
        if progress is None:
            return {"text": "", "share": 0.0, "fits": False}
        words, share = progress
        return {"text": shown(words), "share": min(1.0, max(0.0, share)) if math.isfinite(share) else 0.0}

    def close(self) -> None:
        """Stop playing and release what the page holds."""
        self.live.close()

    def _ipython_display_(self) -> None:
        self.live.display()
