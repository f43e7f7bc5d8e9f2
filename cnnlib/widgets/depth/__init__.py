"""Widgets of deep networks: what reaches their ends, and batch normalization step by step."""

from cnnlib.widgets.depth.depth_explorer import DepthExplorer
from cnnlib.widgets.depth.normalization_steps import NormalizationSteps

__all__ = ["DepthExplorer", "NormalizationSteps"]
