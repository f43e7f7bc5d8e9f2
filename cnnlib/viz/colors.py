"""Colours that hold for the colour-blind, on paper, and on a dark screen.

Blue is plus, orange is minus, and zero is the paper of the theme: in marks the names ``pos`` and ``neg``,
in colour maps ``diverging``. Teal (``you``) is the learner: what they chose, hold or press; it never means
data. Categories take the eight colours of Okabe and Ito (2008, "Color Universal Design"); magnitudes take
viridis or cividis; images of ink (digits) take ``ink``, from paper to ink, and photographs ``gray``, from
black to white in both themes; ``shade`` darkens from the paper on. A landscape of an error is ``height``,
pale on the heights and deep only towards the floor, a descent on it is ``path``, and the descent that it is
compared with ``rival``. The names in `THEMES` have no fixed value, since they follow the page's theme.
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

#: Colours by theme. ``pos`` and ``neg`` are lines and bars of a sign, ``pos-text`` and ``neg-text`` numbers.
THEMES = {
    "light": {
        "paper": "#ffffff",
        "panel": "#f5f7f9",
        "ink": "#1b232d",
        "muted": "#566170",
        "grid": "#d5dbe2",
        "link": "#c4ccd6",
        "shut": "#d9dee4",
        "you": "#00695c",
        "you-soft": "#dff1ee",
        "on-you": "#ffffff",
        "pos": "#0072b2",
        "neg": "#d46f05",
        "pos-text": "#00649c",
        "neg-text": "#a04a00",
        "bad": "#9a3412",
        "path": "#c2105c",
        "rival": "#6a35c9",
    },
    "dark": {
        "paper": "#14171c",
        "panel": "#1d2229",
        "ink": "#e9edf2",
        "muted": "#a3aebb",
        "grid": "#39424d",
        "link": "#465260",
        "shut": "#3a424c",
        "you": "#5fd4bf",
        "you-soft": "#173a36",
        "on-you": "#06231e",
        "pos": "#56b4e9",
        "neg": "#f39a1f",
        "pos-text": "#79bdf7",
        "neg-text": "#f3a94a",
        "bad": "#ffb08a",
        "path": "#ff7ab2",
        "rival": "#c9b0ff",
    },
}

_MINUS = {
    "light": ("#ffffff", "#fbd0a0", "#ee922f", "#b65200"),
    "dark": ("#14171c", "#683a04", "#d07d18", "#ffd08c"),
}
_PLUS = {
    "light": ("#ffffff", "#a3d0ec", "#3a96d0", "#005a92"),
    "dark": ("#14171c", "#00486f", "#3192d0", "#a8dafa"),
}

#: Colour maps by theme as evenly spaced stops, mixed in squared RGB.
RAMPS = {
    "diverging": {theme: (*reversed(_MINUS[theme]), *_PLUS[theme][1:]) for theme in THEMES},
    "ink": {"light": ("#ffffff", "#1b232d"), "dark": ("#14171c", "#e9edf2")},
    "height": {
        "light": ("#6b94c0", "#9dbbd8", "#c4d5e6", "#e0e9f1", "#f4f7fa"),
        "dark": ("#060d2c", "#14305c", "#2c5274", "#456a7c", "#5b7779"),
    },
    "shade": {"light": ("#ffffff", "#aab4c0"), "dark": ("#14171c", "#4f5b69")},
}

#: Names of the colour maps, and the matplotlib map that each is; None: of stops or categories.
COLOR_MAPS = {
    "viridis": "viridis",
    "cividis": "cividis",
    "gray": "gray",
    "category": None,
    **dict.fromkeys(RAMPS),
}

#: Colour maps whose middle stands for zero.
SIGNED = ("diverging",)

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
    ('#d55e00', '#e9edf2')
    """
    return OKABE_ITO.get(color) or THEMES[theme].get(color) or color


def check_color_map(cmap: str) -> str:
    """Return `cmap` if it is one of `COLOR_MAPS`; raise a ValueError otherwise."""
    if cmap not in COLOR_MAPS:
        raise ValueError(f"cmap is {cmap!r}; expected one of {', '.join(COLOR_MAPS)}")
    return cmap
