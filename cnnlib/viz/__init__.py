"""Scenes: pictures as plain data, and their static drawing with matplotlib (`cnnlib.viz.static`)."""

from cnnlib.viz.annotations import Cursor, Handle, Lens, Note, Reference
from cnnlib.viz.frame import Anchor, Figure, Narrow, Slot, Strip, Zone
from cnnlib.viz.links import Links
from cnnlib.viz.maps import ColorScale, Maps
from cnnlib.viz.marks import Arrows, Band, Bars, Heatmap, Line, Mark, Points, Region, Text
from cnnlib.viz.outlines import frames, hairlines, outline
from cnnlib.viz.scene import Axis, Panel, Scene, image_panel, mosaic
from cnnlib.viz.tiles import Tiles

__all__ = [
    "Anchor",
    "Arrows",
    "Axis",
    "Band",
    "Bars",
    "ColorScale",
    "Cursor",
    "Figure",
    "Handle",
    "Heatmap",
    "Lens",
    "Line",
    "Links",
    "Maps",
    "Mark",
    "Narrow",
    "Note",
    "Panel",
    "Points",
    "Reference",
    "Region",
    "Scene",
    "Slot",
    "Strip",
    "Text",
    "Tiles",
    "Zone",
    "frames",
    "hairlines",
    "image_panel",
    "mosaic",
    "outline",
]
