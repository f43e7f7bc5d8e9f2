"""Scenes: pictures as plain data, and their static drawing with matplotlib (`cnnlib.viz.static`)."""

from cnnlib.viz.marks import Arrows, Band, Bars, Handle, Heatmap, Line, Links, Mark, Points, Region, Text
from cnnlib.viz.scene import Axis, Panel, Scene, image_panel, mosaic

__all__ = [
    "Arrows",
    "Axis",
    "Band",
    "Bars",
    "Handle",
    "Heatmap",
    "Line",
    "Links",
    "Mark",
    "Panel",
    "Points",
    "Region",
    "Scene",
    "Text",
    "image_panel",
    "mosaic",
]
