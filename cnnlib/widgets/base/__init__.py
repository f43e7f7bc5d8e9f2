"""What all widgets share: the base class and its controls."""

from cnnlib.widgets.base.controls import Button, Choice, LogSlider, Number, Slider, TextField, Toggle
from cnnlib.widgets.base.grid_control import Grid
from cnnlib.widgets.base.widget import BadValue, Challenge, Widget

__all__ = [
    "BadValue",
    "Button",
    "Challenge",
    "Choice",
    "Grid",
    "LogSlider",
    "Number",
    "Slider",
    "TextField",
    "Toggle",
    "Widget",
]
