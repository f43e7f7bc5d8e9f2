"""Widgets of generalization: learning by heart, and how far a network's confidence can be believed."""

from cnnlib.widgets.generalization.calibration import CalibrationExplorer
from cnnlib.widgets.generalization.memorising import MemoriseExplorer

__all__ = ["CalibrationExplorer", "MemoriseExplorer"]
