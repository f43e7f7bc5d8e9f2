"""Move every control of a widget over its whole range, in random order, and hold what must always hold."""

import warnings

import numpy as np

from cnnlib.widgets.base import Choice, LogSlider, Slider, TextField, Toggle


def values_of(control, rng):
    """Both ends, the middle, and values between; for a choice all options."""
    if isinstance(control, Choice):
        return list(control.options)
    if isinstance(control, Toggle):
        return [True, False]
    if isinstance(control, TextField):
        return ["0.50000", "0.3", "hello", "7"]
    if not isinstance(control, Slider):
        return [control.default]
    if isinstance(control, LogSlider):
        between = np.exp(rng.uniform(np.log(control.low), np.log(control.high), 6))
    else:
        between = rng.uniform(control.low, control.high, 6)
    values = [control.low, control.high, *between.tolist()]
    return [round(v) if getattr(control, "integer", False) else v for v in values]


def sweep(widget, seed=0, rounds=2):
    """Set each value of each control, in random order; return the texts that were seen."""
    rng, texts = np.random.default_rng(seed), []
    moves = [(c.name, v) for c in widget._controls.values() for v in values_of(c, rng)] * rounds
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for index in rng.permutation(len(moves)):
            name, value = moves[index]
            ranges = widget.limits(widget.state)
            if name in ranges:
                value = min(max(value, ranges[name][0]), ranges[name][1])
            widget.set_state(**{name: value})
            assert widget.failure is None and not widget.message, (name, value, widget.message)
            assert_sound(widget)
            texts.append(widget.text)
    return texts


def assert_sound(widget):
    """The sentence is one, facts are numbers, every mark can be drawn."""
    assert widget.text.endswith(".") and "nan" not in widget.text, widget.text
    assert len(widget.text) < 400
    for name, value in widget.facts.items():
        assert isinstance(value, (int, float)), (name, value)
    for panel in widget.scene.panels:
        assert np.isfinite([panel.x.low, panel.x.high, panel.y.low, panel.y.high]).all()


def assert_refuses(widget, **values):
    """A wrong value is answered with a sentence and changes nothing."""
    before = widget.state
    widget.set_state(**values)
    assert widget.message.endswith(".") and widget.state == before and widget.failure is None
