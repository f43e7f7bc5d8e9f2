"""A small matrix of number boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnlib.runtime.language import say
from cnnlib.widgets.base.controls import Control, Slider, show_value


@dataclass(frozen=True)
class Grid(Control):
    """A small matrix of number boxes, such as a convolution kernel. Its value is a tuple of tuples.

    Where it has one row or one column, its numbers alone are enough.

    >>> Grid("neurons", ((4, 2, 0),)).clean((8, 6, 0))
    ((8.0, 6.0, 0.0),)
    """

    default: tuple[tuple[float, ...], ...]
    low: float = -100.0
    high: float = 100.0
    label: str = ""
    help: str = ""

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.default), len(self.default[0])

    def clean(self, value: Any) -> tuple[tuple[float, ...], ...]:
        rows, columns = self.shape
        table = self._table(value)
        if len(table) != rows or any(len(row) != columns for row in table):
            expected = "{title}: expected {rows} rows of {columns} numbers, received {show}"
            if rows == 1:
                expected = "{title}: expected {columns} numbers, received {show}"
            shown = show_value(value)
            raise ValueError(say(expected, title=self.title, rows=rows, columns=columns, show=shown))
        return tuple(
            tuple(self._cell(cell, r + 1, c + 1) for c, cell in enumerate(row)) for r, row in enumerate(table)
        )

    def _table(self, value: Any) -> list[list]:
        """`value` as rows; those of one row or one column may come without brackets of their own."""
        rows, columns = self.shape
        try:
            parts = [] if isinstance(value, str) else list(value)
            if 1 in (rows, columns) and all(isinstance(part, str) or np.ndim(part) == 0 for part in parts):
                return [parts] if rows == 1 else [[part] for part in parts]
            return [list(row) for row in parts]
        except (TypeError, ValueError):
            return []

    def _cell(self, value: Any, row: int, column: int) -> float:
        box = Slider(
            self.name,
            self.low,
            self.high,
            0,
            label=say("{title}, row {row}, column {column}", title=self.title, row=row, column=column),
        )
        return float(box.clean(value))
