"""Widgets of the first weights: their size, and weights that are all alike."""

from cnnlib.widgets.initialization.filter_watch import FilterWatch
from cnnlib.widgets.initialization.init_explorer import InitExplorer

__all__ = ["FilterWatch", "InitExplorer"]
