"""Live widgets for notebooks. See `cnnlib.widgets.base` for how to write one."""

from .base import BadValue, Button, Challenge, Choice, Grid, LogSlider, Number, Slider, Toggle, Widget
from .descent import DescentExplorer
from .gallery import ImageGallery
from .setup_check import SetupCheck
from .training import TrainingView

__all__ = [
    "BadValue", "Button", "Challenge", "Choice", "DescentExplorer", "Grid", "ImageGallery", "LogSlider",
    "Number", "SetupCheck", "Slider", "Toggle", "TrainingView", "Widget",
]  # fmt: skip
