"""Scenes: pictures as plain data, and their static drawing with matplotlib (`cnnlib.viz.static`)."""

from .marks import Arrows, Band, Bars, Handle, Heatmap, Line, Links, Mark, Points, Region, Text
from .scene import Axis, Panel, Scene, image_panel, mosaic

__all__ = [
    "Arrows", "Axis", "Band", "Bars", "Handle", "Heatmap", "Line", "Links", "Mark", "Panel", "Points",
    "Region", "Scene", "Text", "image_panel", "mosaic",
]  # fmt: skip
