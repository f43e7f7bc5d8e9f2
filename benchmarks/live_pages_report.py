"""The report of `live_pages.py`: what was measured beside what is to be reached."""

from __future__ import annotations

import datetime
import os
import platform
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "live_pages.md"
HEAD = """# How soon a page of the site is live

Written by `python -m benchmarks.live_pages --write`; do not edit. {date}, {machine}, {cores} cores, headless
Chromium {version} without a graphics card; browser, server and the script that measures share the processor.
*Compute* is the processor time of the threads that a picture waits for, the page's and Python's: on a machine
with other work the seconds on the clock are longer than on a quiet one, and the frames fewer. *All* adds what
the browser does beside them, such as compiling WebAssembly a second time for speed.

Notebook 05, its first widget; the playground is that of notebook 10.
"""
READING = """Without Python. A picture comes when it is near, and so does a widget's recording: of the latter
notebook 07 has two, 690 kB together, for whoever reads that far."""


def page(runs: list[dict], pages: dict, version: str) -> str:
    """Return all that was measured, in Markdown."""
    machine = {
        "date": datetime.date.today().isoformat(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }
    head = [_line(run) for run in runs]
    rows = [("", "to reach", *head), ("---",) * (2 + len(runs))]
    rows += [(name, goal, *(show(run) for run in runs)) for name, goal, show in ROWS]
    lines = [HEAD.format(version=version, **machine), *map(_row, rows), "", *_pages(pages)]
    return "\n".join(lines) + "\n"


def _line(run: dict) -> str:
    speed = f"{run['mbit']:g} Mbit/s" if run["mbit"] else "loopback"
    return f"{speed}, {run['width']} px"


def _row(cells) -> str:
    return f"| {' | '.join(cells)} |"


def _visit(which: str, show):
    return lambda run: show(run[which])


ROWS = [
    ("first paint, ms", "1000", lambda run: f"{run['paint']:.0f}"),
    ("page without Python, kB", "400", lambda run: f"{run['weight'] / 1000:.0f}"),
    ("Python, MB", "9.5", _visit("first", lambda one: f"{one['megabytes']:.2f}")),
    (
        "click to live picture: compute, s",
        "3",
        _visit("first", lambda one: f"{one['processor']['waited']:.2f}"),
    ),
    ("… all, s", "", _visit("first", lambda one: f"{one['processor']['all']:.2f}")),
    ("… on the clock, s", "", _visit("first", lambda one: f"{one['seconds']:.2f}")),
    ("second visit: compute, s", "1", _visit("second", lambda one: f"{one['processor']['waited']:.2f}")),
    ("… all, s", "", _visit("second", lambda one: f"{one['processor']['all']:.2f}")),
    ("… on the clock, s", "", _visit("second", lambda one: f"{one['seconds']:.2f}")),
    ("… fetched, MB", "", _visit("second", lambda one: f"{one['megabytes']:.2f}")),
    ("slider to frame, median ms", "20", _visit("slider", lambda one: f"{one['median']:.1f}")),
    ("… 95 % within, ms", "", _visit("slider", lambda one: f"{one['late']:.1f}")),
    ("… compute, ms", "", _visit("slider", lambda one: f"{one['processor']:.1f}")),
    ("playground, frames a second", "20", lambda run: f"{run['frames']:.1f}"),
    ("… compute a frame, ms", "", lambda run: f"{run['frame_processor']:.1f}"),
    ("layout shift", "0.05", lambda run: f"{max(run[one]['shift'] for one in ('first', 'second')):.3f}"),
    ("load of the machine", "", lambda run: f"{run['load']:.1f}"),
]


def _pages(pages: dict) -> list[str]:
    """Weight and layout shift of every page, read from top to end."""
    rows = [("page", "kB when opened", "kB read to its end", "shift, 1300 px", "shift, 390 px"), ("---",) * 5]
    for name, one in pages.items():
        weights = (f"{one[when] / 1000:.0f}" for when in ("weight", "read"))
        rows.append((name, *weights, *(f"{one[width]:.3f}" for width in ("1300", "390"))))
    return ["## Every page, read from top to end", "", READING, "", *map(_row, rows)]
