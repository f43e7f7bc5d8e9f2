"""How losses are written: one alone, and one after the other."""

from __future__ import annotations

from math import isfinite

from cnnlib.runtime.language import localised, say


def moved(before: float, after: float, verb: str) -> str:
    """From one loss to another, in as many decimals as tell them apart, three at least and seven at most.

    >>> moved(2.0, 1.5, "fell"), moved(0.39312, 0.39308, "fell")
    ('fell from 2.000 to 1.500', 'fell from 0.39312 to 0.39308')
    >>> moved(0.5, 0.5, "rose")
    'hardly moved from 0.50'
    """
    first, second = pair(before, after, least=3)
    if first != second:
        return say("{verb} from {before} to {after}", verb=verb, before=first, after=second)
    return say("hardly moved from {loss}", loss=localised(short(before)))


def pair(before: float, after: float, least: int = 2) -> tuple[str, str]:
    """Two losses in one number of decimals, as many as tell them apart, seven at most; huge ones are short.

    >>> pair(2.374, 0.0213), pair(0.39312, 0.39308), pair(2.3, 123456.0)
    (('2.37', '0.02'), ('0.39312', '0.39308'), ('2.30', '123,000'))
    """
    for digits in range(least, 8):
        found = [f"{loss:.{digits}f}" for loss in (before, after)]
        if found[0] != found[1]:
            break
    every = zip((before, after), found, strict=True)
    words = [text if loss < 1000 else f"{loss:.3g}" for loss, text in every]
    return localised(words[0]), localised(words[1])


def shown(before: float, after: float) -> tuple[str, str]:
    """Two losses as they stand large in the picture: alike if they can't be told apart; no number is a dash.

    >>> shown(2.374, 0.0213), shown(0.5, 0.5), shown(2.3, float("nan"))
    (('2.37', '0.02'), ('0.50', '0.50'), ('2.30', '–'))
    """
    words = pair(before, after)
    if words[0] == words[1]:
        return (localised(short(before)),) * 2
    return words[0], words[1] if isfinite(after) else "–"


def short(loss: float) -> str:
    """A loss to two decimals, a small or a huge one to three digits.

    >>> short(2.0), short(0.01234), short(1234567.0)
    ('2.00', '0.0123', '1.23e+06')
    """
    return f"{loss:.2f}" if 0.095 <= loss < 1000 else f"{loss:.3g}"


def boxed(loss: float) -> str:
    """A loss for a narrow box: two decimals, of a tiny one a digit and a power of ten.

    >>> boxed(4.7467), boxed(1.5), boxed(2.38e-7)
    ('4.75', '1.50', '2e-07')
    """
    return short(loss) if loss >= 1e-3 else f"{loss:.1g}"
