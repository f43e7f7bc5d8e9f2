"""The numbers in the cells of matrices: as many decimals as it takes for what is multiplied to come out.

>>> window, kernel, products = decimals_for(np.array([0.5529, 0.375]), np.array([2.0, -1.0]))
>>> [part.words() for part in (window, kernel, products)]
[['0.553', '0.375'], ['2', '-1'], ['1.11', '-0.38']]
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from cnnlib.viz import Heatmap

FEWEST, MOST = 2, 3  # decimals of numbers that are not whole


@dataclass(frozen=True)
class Shown:
    """Numbers as they are printed, all with the same decimals."""

    values: np.ndarray
    places: int

    def words(self) -> list[str]:
        return [format(value, f"z.{self.places}f") for value in self.values.ravel()]


def in_places(value: float, places: int = 2) -> str:
    """A number with some decimals, halves away from zero as the page rounds them.

    >>> in_places(1.625), in_places(-0.125), in_places(-0.001), in_places(4, 0)
    ('1.63', '-0.13', '0.00', '4')
    """
    rounded = Decimal(float(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{rounded + 0:.{places}f}"


def units(values: np.ndarray, places: int) -> np.ndarray:
    """Numbers as whole multiples of their last decimal, halves away from zero.

    >>> units(np.array([0.125, -0.125, 2.0]), 2).tolist()
    [13.0, -13.0, 200.0]
    """
    values = np.asarray(values, dtype=float)
    return np.sign(values) * np.floor(np.abs(values) * 10.0**places + 0.5)


def rounded(values: np.ndarray, places: int = FEWEST) -> Shown:
    """Numbers as they are printed with some decimals; no zero has a sign."""
    return Shown(units(values, places) / 10.0**places + 0.0, places)


def shorter(values: np.ndarray, by: int) -> np.ndarray:
    """Whole numbers without their last `by` digits, rounded, halves away from zero."""
    return np.sign(values) * ((np.abs(values) + 10**by // 2) // 10**by)


def decimals_for(inputs: np.ndarray, factors: np.ndarray) -> tuple[Shown, Shown, Shown]:
    """Inputs, factors and products as printed: what is multiplied, rounded, is what is shown.

    Inputs and factors have the fewest decimals, two or three, with which the printed products are the exact
    ones rounded; whole numbers have none. Where three are not enough, an exact product is so near to halfway
    between two printed ones that the product of what is printed is taken.
    """
    inputs, factors = np.asarray(inputs, dtype=float), np.asarray(factors, dtype=float)
    first, second = (enough(values) for values in (inputs, factors))
    product_places = FEWEST if first[0] + second[0] else 0
    exact = units(inputs * factors, product_places)
    pairs = sorted(((one, other) for one in first for other in second), key=sum)
    for one, other in pairs:
        made = units(inputs, one) * units(factors, other)
        printed = shorter(made, one + other - product_places)
        if (printed == exact).all():
            break
    products = Shown(printed / 10.0**product_places + 0.0, product_places)
    return rounded(inputs, one), rounded(factors, other), products


def enough(values: np.ndarray) -> tuple[int, ...]:
    """The decimals that may be needed for some numbers."""
    return (0,) if (values % 1 == 0).all() else tuple(range(FEWEST, MOST + 1))


def numbers_in(shown: Shown, colors: dict, size: float) -> list[Heatmap]:
    """The numbers of a matrix in its cells, a faint 0 for what is nothing; `size` in pixels.

    Where a third decimal has no room the page leaves it out, in all cells.
    """
    look = {"type_size": size, "hover": False, **colors}
    nothing, marks = shown.values == 0, []
    forms = "|".join(f".{places}f" for places in range(shown.places, min(FEWEST, shown.places) - 1, -1))
    for mine, form in ((~nothing, forms), (nothing, ".0f")):
        part = np.where(mine, shown.values, np.nan)
        if np.isfinite(part).any():
            marks.append(Heatmap(part, numbers=form, **look))
    return marks
