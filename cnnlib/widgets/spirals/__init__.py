"""The playground of the spirals, its seeds and its snapshots."""

from cnnlib.widgets.spirals.explorer import Playground
from cnnlib.widgets.spirals.seeds import PlaygroundSeeds
from cnnlib.widgets.spirals.snapshots import PlaygroundSnapshots

__all__ = ["Playground", "PlaygroundSeeds", "PlaygroundSnapshots"]
