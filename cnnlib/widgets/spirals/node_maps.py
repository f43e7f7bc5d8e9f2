"""The playground's maps: what a feature, a neuron or the output answers over the square, small and large."""

from __future__ import annotations

from functools import cache

import numpy as np

from cnnlib.playground import feature_maps

FEATURE_NAMES = ("X₁", "X₂", "X₁²", "X₂²", "X₁X₂", "sin X₁", "sin X₂")
READ = {"means": "output", "places": FEATURE_NAMES[:2]}  # what the pointer reads from a map of the square
THUMB = 20  # cells along the side of a node's small map
PALE = 1.65  # value of full colour in maps: 1 stays paler than a point
MOST = 1e38  # what the page can still draw: its numbers have 32 bits


def shrink(maps: np.ndarray) -> np.ndarray:
    """Maps (n, 100, 100) as means over cells, (n, THUMB, THUMB)."""
    size = maps.shape[-1] // THUMB
    return maps.reshape(len(maps), THUMB, size, THUMB, size).mean(axis=(2, 4))


@cache
def feature_thumbs(discretize: bool) -> np.ndarray:
    """Small maps of all features."""
    return signs(shrink(feature_maps()), discretize)


def signs(maps: np.ndarray, discretize: bool) -> np.ndarray:
    """The maps, or only their signs; what is no number stays none."""
    return np.where(np.isnan(maps), np.nan, np.where(maps >= 0, 1.0, -1.0)) if discretize else maps


def drawable(values: np.ndarray) -> np.ndarray:
    """Numbers that the page can draw: 0 for what is none, and not beyond its largest."""
    return np.clip(np.nan_to_num(values), -MOST, MOST)
