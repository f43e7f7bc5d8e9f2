"""Drive a widget over the whole range of all its controls: what a notebook test cannot see."""

import random

import numpy as np
from hypothesis import strategies as st

from cnnlib.widgets.base.controls import Choice, Grid, LogSlider, Slider, TextField, Toggle

GARBAGE = ("", "abc", None, float("nan"), float("inf"), -1e300, [], "1e999", True, {}, "999999")


def values_of(control):
    """A strategy for every value that a control takes, its two ends among them."""
    if isinstance(control, Choice):
        return st.sampled_from(control.options)
    if isinstance(control, Toggle):
        return st.booleans()
    if isinstance(control, TextField):
        return st.from_regex(r"[A-Za-z0-9._+-]{1,40}", fullmatch=True)
    if isinstance(control, Grid):
        rows, columns = control.shape
        number = st.sampled_from([control.low, control.high, 0.0, 0.5])
        return st.lists(st.lists(number, min_size=columns, max_size=columns), min_size=rows, max_size=rows)
    if isinstance(control, LogSlider):
        between = st.floats(np.log(control.low), np.log(control.high)).map(
            lambda v: float(np.clip(np.exp(v), control.low, control.high))
        )
        return st.one_of(st.sampled_from([control.low, control.high]), between)
    ends = st.sampled_from([control.low, control.high])
    whole = st.integers(int(control.low), int(control.high))
    return st.one_of(ends, whole if control.integer else st.floats(control.low, control.high))


def moves_of(widget):
    """A strategy for one move of a widget, or of a class: the name of a control and a value for it."""
    controls = [c for c in widget.controls if isinstance(c, Slider | TextField | Choice | Toggle | Grid)]
    return st.sampled_from(controls).flatmap(lambda c: st.tuples(st.just(c.name), values_of(c)))


def assert_sound(widget):
    """What holds for every state: a sentence with no broken number in it, finite facts, sane marks."""
    assert widget.failure is None
    text = widget.text
    assert text.endswith((".", ")", "?")) and "nan" not in text.lower().split() and len(text) < 600, text
    for name, value in widget.facts.items():
        assert isinstance(value, float | int) and not np.isnan(value), (name, value)
    assert eval_line(widget) == widget.state


def eval_line(widget):
    """The state of the widget that the printed line recreates."""
    options = repr(widget).partition("(")[2].removesuffix(")")
    changed = eval(f"dict({options})", {"__builtins__": {"dict": dict}})
    return {c.name: c.default for c in widget._controls.values()} | changed


def sweep_garbage(widget):
    """Every control gets every kind of nonsense; each must end in a sentence, none in another state."""
    choice = random.Random(0)
    for name in widget._controls:
        for value in choice.sample(GARBAGE, len(GARBAGE)):
            before = widget.state[name]
            widget.set_state(**{name: value})
            if widget.message:
                assert widget.state[name] == before and widget.message.endswith(".")
            assert_sound(widget)
