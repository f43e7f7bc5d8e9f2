"""Maps beside one another and matrices, as the pictures of the readings show them; frames, and signs."""

from __future__ import annotations

from cnnlib.viz import Axis, Heatmap, Mark, Panel, Region, Text, mosaic

REACH = 12.0  # end of the colours: one scale for all, so that a larger number is never paler
MOST_COLUMNS = 15  # columns of a picture whose numbers can be read


def signed(value: float) -> str:
    """A whole number, no negative zero."""
    return f"{value + 0.0:g}"


def factor(value: float) -> str:
    """The same in a product: a negative one in brackets."""
    return f"({signed(value)})" if value < 0 else signed(value)


def box(
    column: int, row: int, size: tuple[int, int] = (1, 1), color: str = "you", width: float = 2
) -> Region:
    """A frame around cells: (columns, rows) from a corner."""
    edges = (column - 0.5, column + size[0] - 0.5, row - 0.5, row + size[1] - 0.5)
    return Region(*edges, color=color, filled=False, width=width)


def cell(shape: tuple[int, ...], number: int, row: int, column: int, width: float = 2) -> Region:
    """A frame around one cell of one of several maps that stand side by side."""
    return box(number * (shape[2] + 1) + column, row, width=width)


def outline(shape: tuple[int, ...], number: int) -> Region:
    """A frame around one of several maps."""
    return box(number * (shape[2] + 1), 0, (shape[2], shape[1]))


def maps_panel(maps, title, at, marks=(), emits="", sign="", name="", subtitle="", waits=False) -> Panel:
    """Several maps side by side, with their numbers where these can be read."""
    frames = [box(n * (maps.shape[2] + 1), 0, maps.shape[:0:-1], "grid", 1) for n in range(len(maps))]
    tiled = mosaic(maps, len(maps))
    return grid_panel(tiled, title, at, [*frames, *marks], emits, sign, name, subtitle, waits)


def grid_panel(tiled, title, at, marks=(), emits="", sign="", name="", subtitle="", waits=False) -> Panel:
    """A matrix in cells of one size, a sign to its right."""
    rows, columns = tiled.shape
    numbers = ".0f" if columns <= MOST_COLUMNS else ""
    heat = Heatmap(
        tiled, cmap="diverging", vmin=-REACH, vmax=REACH, numbers=numbers, emits=emits, means=title
    )
    drawn: list[Mark] = [heat, *marks]
    if sign:
        drawn.append(
            Text(
                columns - 0.5, (rows - 1) / 2, sign, bold=True, size=20, shift=(30 if columns <= 3 else 13, 0)
            )
        )
    if waits:
        drawn.append(Text((columns - 1) / 2, (rows - 1) / 2, "not yet", color="muted"))
    span, down = max(columns * (1.09 if sign else 1), 4.0), max(rows, 4.0)
    x, y = Axis(-0.5, span - 0.5, visible=False), Axis(down - 0.5, -0.5, visible=False)
    return Panel(drawn, x, y, title=title, subtitle=subtitle, at=at, equal=True, grid=False, name=name)
