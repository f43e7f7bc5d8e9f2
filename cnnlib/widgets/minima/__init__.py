"""Widgets of minima: basins, ways out, slices through a loss surface, the line between two networks."""

from cnnlib.widgets.minima.basin_map import BasinMap
from cnnlib.widgets.minima.escape import EscapeExplorer
from cnnlib.widgets.minima.line_between import LineBetween
from cnnlib.widgets.minima.loss_slice import LossSlice
from cnnlib.widgets.minima.seed_histogram import SeedHistogram

__all__ = ["BasinMap", "EscapeExplorer", "LineBetween", "LossSlice", "SeedHistogram"]
