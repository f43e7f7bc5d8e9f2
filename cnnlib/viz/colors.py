"""Colours that hold for the colour-blind, on paper, and on a dark screen.

Categories take the eight colours of Okabe and Ito (2008, "Color Universal Design"); magnitudes take
viridis or cividis; signed values take a diverging map whose middle is zero: red and blue, or the
``orange-blue`` of the spiral playground, made of the eight colours. Three more names have no
fixed value, since they follow the page's theme: ``ink`` (text and axes), ``muted`` (grid, secondary
lines) and ``paper`` (the background).
"""

from __future__ import annotations

import re

OKABE_ITO = {
    "blue": "#0072b2",
    "orange": "#e69f00",
    "green": "#009e73",
    "vermilion": "#d55e00",
    "sky": "#56b4e9",
    "purple": "#cc79a7",
    "yellow": "#f0e442",
    "black": "#000000",
}

#: The order in which categories 0, 1, 2, … are coloured (colour map ``"category"``).
CATEGORIES = ("blue", "orange", "green", "vermilion", "sky", "purple", "yellow", "muted")

THEMES = {
    "light": {"ink": "#1f1f1f", "muted": "#757575", "paper": "#ffffff", "grid": "#e4e4e4"},
    "dark": {"ink": "#e8e8e8", "muted": "#b8b8b8", "paper": "#111111", "grid": "#303030"},
}

#: Names of the colour maps, and the matplotlib map that each is.
COLOR_MAPS = {
    "viridis": "viridis",
    "cividis": "cividis",
    "diverging": "RdBu_r",
    "orange-blue": None,
    "gray": "gray",
    "category": None,
}

#: Colour maps whose middle stands for zero.
SIGNED = ("diverging", "orange-blue")

#: Evenly spaced stops of the map ``orange-blue``: below zero orange, above it blue, zero nearly white. Equal
#: distances from zero have nearly equal luminance, and orange and blue stay apart for the colour-blind.
ORANGE_BLUE = ("vermilion", "orange", "#f7f7f7", "sky", "blue")

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def check_color(name: str, color: str) -> str:
    """Return `color` if it is a known name or ``#rrggbb``; a ValueError names the argument otherwise.

    >>> check_color("color", "blue")
    'blue'
    """
    known = (*OKABE_ITO, *THEMES["light"])
    if color in known or _HEX.fullmatch(str(color)):
        return color
    raise ValueError(f"{name} is {color!r}; expected '#rrggbb' or one of {', '.join(known)}")


def to_hex(color: str, theme: str = "light") -> str:
    """The colour as ``#rrggbb`` in a theme.

    >>> to_hex("vermilion"), to_hex("ink", "dark")
    ('#d55e00', '#e8e8e8')
    """
    return OKABE_ITO.get(color) or THEMES[theme].get(color) or color


def check_color_map(cmap: str) -> str:
    """Return `cmap` if it is one of `COLOR_MAPS`; raise a ValueError otherwise."""
    if cmap not in COLOR_MAPS:
        raise ValueError(f"cmap is {cmap!r}; expected one of {', '.join(COLOR_MAPS)}")
    return cmap
