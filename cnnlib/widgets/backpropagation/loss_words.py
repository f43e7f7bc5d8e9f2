"""How losses are written: one alone, and one after the other."""

from __future__ import annotations

from cnnlib.runtime.language import localised, say


def moved(before: float, after: float, verb: str) -> str:
    """From one loss to another, in as many decimals as tell them apart, three at least and seven at most.

    >>> moved(2.0, 1.5, "fell"), moved(0.39312, 0.39308, "fell")
    ('fell from 2.000 to 1.500', 'fell from 0.39312 to 0.39308')
    >>> moved(0.5, 0.5, "rose")
    'hardly moved from 0.50'
    """
    for digits in range(3, 8):
        first, second = f"{before:.{digits}f}", f"{after:.{digits}f}"
        if first != second:
            ends = {"before": localised(first), "after": localised(second)}
            return say("{verb} from {before} to {after}", verb=verb, **ends)
    return say("hardly moved from {loss}", loss=localised(short(before)))


def short(loss: float) -> str:
    """A loss to two decimals, a small or a huge one to three digits.

    >>> short(2.0), short(0.01234), short(1234567.0)
    ('2.00', '0.0123', '1.23e+06')
    """
    return f"{loss:.2f}" if 0.095 <= loss < 1000 else f"{loss:.3g}"


def boxed(loss: float) -> str:
    """A loss for a narrow box: three digits, one of a tiny loss, which gets a power of ten.

    >>> boxed(4.7467), boxed(2.38e-7)
    ('4.75', '2e-07')
    """
    return f"{loss:.3g}" if loss >= 1e-3 else f"{loss:.1g}"
