"""The tables and the picture of `felt.py`."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt

HEADS = {
    "seconds": "whole run, s",
    "silent": "longest silence of a cell, s",
    "silent cells": "cells silent for more than 2 s",
    "late": "a view after its cell, s",
    "scrolled": "a view after scrolling to it, s",
    "views": "views",
    "MB": "kernel's memory, MB",
}


def middle(runs: list[dict]) -> dict:
    """The medians of a notebook's turns."""
    return {name: median(run[name] for run in runs) for name in HEADS}


def table(found: dict) -> str:
    """One row a notebook, and their sum."""
    rows = {name: middle(runs) for name, runs in found["notebooks"].items()}
    lines = [
        f"| {name} | "
        + " | ".join(f"{row[head]:.{0 if head in ('views', 'MB') else 1}f}" for head in HEADS)
        + " |"
        for name, row in rows.items()
    ]
    total = sum(row["seconds"] for row in rows.values())
    return "\n".join(
        [
            f"| notebook | {' | '.join(HEADS.values())} |",
            "| --- " * (len(HEADS) + 1) + "|",
            *lines,
            f"| all | {total:.1f} |" + " |" * (len(HEADS) - 1),
        ]
    )


def draw(found: dict, path: Path) -> None:
    """Whole runs as bars, the longest silence of a cell within each."""
    rows = {name: middle(runs) for name, runs in found["notebooks"].items()}
    figure, axes = plt.subplots(figsize=(8, 0.35 * len(rows) + 1.2), layout="constrained")
    names = list(rows)[::-1]
    axes.barh(names, [rows[name]["seconds"] for name in names], color="#c8d6e8", label="whole run")
    axes.barh(
        names, [rows[name]["silent"] for name in names], height=0.4, color="#d9642c", label="longest silence"
    )
    axes.axvline(2, color="#555555", linewidth=0.8, linestyle=":")
    axes.set_xlabel("seconds")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def write_report(found: dict, folder: Path) -> None:
    """Write felt.md and felt.png into `folder`."""
    draw(found, folder / "felt.png")
    starts = ", ".join(f"{seconds:.1f}" for seconds in found["start"])
    text = f"""# What a learner waits for in JupyterLab

Written by `python benchmarks/felt.py --write`; do not edit. {found["date"]}, {found["machine"]},
JupyterLab and Chromium on the same machine, of which {found["used"]:.0%} was in use.
Medians of {len(found["start"])} turns.

From the start of the server to the first view of the first notebook, not for the first time:
**{median(found["start"]):.1f} s** ({starts}).

{table(found)}

A cell is silent while it runs and sends neither output nor anything to a widget. JupyterLab draws a cell when
it comes into sight: views below are timed from scrolling to them, after the whole run. Both are the longest.

![Seconds of each notebook's whole run, and of the longest silence of a cell in it](felt.png)
"""
    (folder / "felt.md").write_text(text, "utf-8")
