"""What most marks of a kind have in common travels once a frame, not with each of them."""

from __future__ import annotations

from collections import Counter

FEW = 3  # marks of a kind from which on it pays


def shared_out(panels: list[dict]) -> dict[str, dict]:
    """Take from packed panels what marks of one kind have in common; the page puts it back.

    Only what every mark of the kind says can be in common: a mark that leaves a field out means its default.

    Parameters
    ----------
    panels : list of dict
        As `Packer` packs them; their marks lose what is returned.

    Returns
    -------
    dict of str to dict
        By kind of mark, the most frequent value of every field that can be shared.

    Examples
    --------
    >>> panels = [{"marks": [{"kind": "text", "size": 11, "at": i} for i in range(3)]}]
    >>> shared_out(panels), panels[0]["marks"][2]
    ({'text': {'size': 11}}, {'kind': 'text', 'at': 2})
    """
    kinds: dict[str, list[dict]] = {}
    for panel in panels:
        for mark in panel["marks"]:
            kinds.setdefault(mark["kind"], []).append(mark)
    return {kind: _common(marks) for kind, marks in kinds.items() if len(marks) >= FEW}


def _common(marks: list[dict]) -> dict:
    found = {}
    for name in set.intersection(*(set(mark) for mark in marks)) - {"kind"}:
        written = [repr(mark[name]) for mark in marks]
        common, times = Counter(written).most_common(1)[0]
        if times < FEW:
            continue
        found[name] = marks[written.index(common)][name]
        for mark, one in zip(marks, written, strict=True):
            if one == common:
                del mark[name]
    return dict(sorted(found.items()))
