"""New values of a widget's controls: set as far as they are right, a sentence about each of the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnnlib.runtime.language import say
from cnnlib.widgets.base.controls import Control, Slider


def cleaned(widget, values: Mapping[str, Any]) -> tuple[dict, list[str]]:
    """The widget's state with `values` set as far as they are right, and sentences about the others.

    Controls whose range depends on the state come last, in order: one may depend on those before it. What
    nobody has moved follows the widget's first values.
    """
    state, problems, controls = dict(widget.state), [], widget._controls
    ranged = widget.limits(dict(state))
    for name in values:
        if name not in controls:
            known = ", ".join(controls)
            words = say("There is no control named {name!r}; there are: {known}.", name=name, known=known)
            problems.append(words)
        elif name not in ranged:
            _put(state, controls[name], values, problems)
    for name in {**ranged, **widget.limits(dict(state))}:
        control, ends = controls[name], widget.limits(dict(state)).get(name)
        if ends is not None:
            control = control.with_range(*ends)
        if name in ranged:
            _put(state, control, values, problems)
        state[name] = control.clamp(state[name])
    before = widget.first_values(widget.state)
    for name, value in widget.first_values(dict(state)).items():
        if name not in values and widget.state[name] == before[name]:
            state[name] = value
    return state, problems


def _put(state: dict, control: Control, values: Mapping[str, Any], problems: list[str]) -> None:
    """Set a control, if `values` has it, or note what is wrong about the value."""
    if control.name not in values:
        return
    try:
        state[control.name] = control.clean(values[control.name])
    except ValueError as problem:
        stays = state[control.name]
        stays = control.clamp(stays) if isinstance(control, Slider) else stays
        words = say("{problem}. It stays {short}.", problem=problem, short=control.shown(stays))
        problems.append(words)
