"""Rules about the code cells of a notebook: how much stands in one, and how wide its lines are."""

from __future__ import annotations

import ast
import statistics

MEDIAN_STATEMENTS, MOST_STATEMENTS, MOST_LINES = 5, 25, 25
WIDEST = 77  # characters of a line of code in JupyterLab, in a window 800 pixels wide


def lines_of_code(page):
    """Code cells have 5 statements in the median, at most 25, on 25 lines: the rest lives in cnnlib."""
    counts, faults = [], []
    for number, cell in page.experiments:
        lines = [line for line in cell.source.splitlines() if _is_code(line)]
        counts.append(_statements(cell.source, lines))
        if counts[-1] > MOST_STATEMENTS:
            faults.append(f"cell {number}: {counts[-1]} statements; at most {MOST_STATEMENTS}")
        if len(lines) > MOST_LINES:
            faults.append(f"cell {number}: {len(lines)} lines of code; at most {MOST_LINES}")
    median = statistics.median(counts) if counts else 0
    if median > MEDIAN_STATEMENTS and not page.is_twin:
        faults.append(f"a code cell has {median:g} statements in the median; at most {MEDIAN_STATEMENTS}")
    return faults


def _is_code(line):
    """Whether a line is more than a blank or the mark of a solution."""
    return line.strip() and not line.strip().startswith("###")


def _statements(source, lines):
    """How many statements a cell has, those within others too; its lines, if it is no plain Python."""
    try:
        return sum(isinstance(node, ast.stmt) for node in ast.walk(ast.parse(source)))
    except SyntaxError:
        return len(lines)


def lines_fit(page):
    """No line of code is wider than a cell in a window 800 pixels wide: 77 characters."""
    return [
        f"cell {number}: a line of {len(line)} characters; at most {WIDEST}: {line.strip()[:40]!r}"
        for number, cell in page.code
        for line in cell.source.splitlines()
        if len(line) > WIDEST
    ]
