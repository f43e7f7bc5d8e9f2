"""Gradients as they are printed: with their sign, in as many digits as tell something."""

from __future__ import annotations


def signed(value: float) -> str:
    """A number with its sign, in three digits; a tiny one as a power of ten.

    >>> signed(-0.4321), signed(12.0), signed(2.38e-7)
    ('-0.43', '+12', '+2e-07')
    """
    if 0 < abs(value) < 5e-4:
        return f"{value:+.0e}"
    digits = 0 if abs(value) >= 10 else 2 if abs(value) >= 0.095 else 4
    return f"{value:+.{digits}f}"


def signed_sum(value: float) -> str:
    """A sum in four digits, no negative zero.

    >>> signed_sum(-1.69357)
    '-1.694'
    """
    return f"{value + 0.0:.4g}"
