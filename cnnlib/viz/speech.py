"""A scene as the learner reads it: every word that is seen passes here, whichever painter draws it.

A widget writes its words in English. Those with values come through `cnnlib.runtime.language.say` and are in
the language already; all others, ``Panel(title="Loss")``, are looked up by the names of the fields below.
Negative numbers get their minus here, in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

from cnnlib.runtime.language import SPEECH, shown

#: Fields of scenes, panels, marks, figures, slots, anchors, zones and strips that a learner reads.
SEEN = (
    *("title", "subtitle", "label", "text", "value", "unit", "means", "popover", "border"),
    *("words", "names", "captions", "places", "tile_names", "numbered"),
)
#: Fields that hold parts of a scene, and so further words.
PARTS = (
    *("panels", "marks", "x", "y", "figures", "slots", "anchors"),
    *("timeline", "pictures", "zones", "strip"),
)


def in_language(part: Any) -> Any:
    """A scene, or a part of one, with its words in the learner's language and the minus of its numbers.

    >>> from cnnlib.runtime.language import spoken
    >>> from cnnlib.viz import Axis, Panel, Scene
    >>> scene = Scene([Panel([], Axis(0, 1), Axis(0, 1), title="Loss at -1")], "None is wrong.")
    >>> in_language(scene).panels[0].title
    'Loss at −1'
    >>> scene = Scene([Panel([], Axis(0, 1), Axis(0, 1), title="Loss")], "None is wrong.")
    >>> with spoken("de"):
    ...     in_language(scene).panels[0].title, in_language(scene).text
    ('Verlust', 'Keines ist falsch.')
    """
    if isinstance(part, Mapping):
        return {name: in_language(value) for name, value in part.items()}
    if isinstance(part, (list, tuple)):
        return tuple(in_language(item) for item in part)
    if not is_dataclass(part) or getattr(part, "literal", False):
        return part
    said = object.__new__(type(part))  # no second look at its arrays
    fields = vars(said)
    fields.update(vars(part))
    for name in SEEN:
        value = fields.get(name)
        if isinstance(value, str):
            fields[name] = shown(value)
        elif isinstance(value, (list, tuple)) and value and isinstance(value[0], str):
            fields[name] = tuple(map(shown, value))
    for name in PARTS:
        if name in fields:
            fields[name] = _kept(fields[name]) if name == "pictures" else in_language(fields[name])
    return said


_mappings: dict[tuple[int, str], tuple[Mapping, Mapping]] = {}


def _kept(part: Mapping) -> Mapping:
    """The pictures of a scene; the same mapping gives the same one again, so that a page keeps them."""
    if not part:
        return part
    key = id(part), SPEECH.language
    if key not in _mappings or _mappings[key][0] is not part:
        while len(_mappings) >= 8:
            del _mappings[next(iter(_mappings))]
        _mappings[key] = part, in_language(part)
    return _mappings[key][1]
