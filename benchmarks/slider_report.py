"""The report of `slider_response.py`: results as tables, and the goals."""

from __future__ import annotations

import json
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "sliders.json"
USUAL = "speed, usual server"
NAMES = {
    "a label": "a: bare round trip, an ipywidgets slider to a Label",
    "b ours": "b: a widget of this course",
    "c interact": "c: `interact` and `plt.show()`",
    "d ipympl": "d: ipympl, `draw_idle`",
}


def keep(part: str, found: dict) -> None:
    """Put what was measured beside the other parts, and write the page anew."""
    parts = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    parts[part] = found
    RESULTS.write_text(json.dumps(parts, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    RESULTS.with_suffix(".md").write_text(page(parts), encoding="utf-8")


def page(parts: dict) -> str:
    """All that was measured, in Markdown."""
    lines = [
        "# How fast the sliders answer",
        "",
        "Written by `python benchmarks/slider_response.py --write`; do not edit. A real JupyterLab, started "
        "with the settings that `course.py` starts it with, in headless Chromium without a graphics card. "
        "The processor is shared by kernel, server, browser and the script that presses the keys: 2 cores. "
        "Milliseconds are this machine's; ratios are of one run, in which the four ways take turns.",
        "",
    ]
    writers = [
        ("speed", _speed),
        (USUAL, _usual),
        ("training", _training),
        ("playground", _playground),
        ("memory", _memory),
    ]
    for part, writer in writers:
        if part in parts:
            lines += [*writer(parts[part]), _machine(parts[part]), ""]
    return "\n".join([*lines, *_goals(parts)]) + "\n"


def _machine(found: dict) -> str:
    return f"Load of the machine over the last minute when this part ended: {found['load']:.1f}."


def _speed(found: dict) -> list[str]:
    lines = [
        "## From the key to the pixels, and in a drag",
        "",
        "The same picture: a 400-point curve, a 30-point path, a 100x100 heat map. "
        f"{found['presses']} key presses each; a drag of {found['seconds']:g} s with 30 events a second.",
        "",
        "| | median ms | 95th percentile ms | of the bare median | of the bare 95th | blank frames "
        "| frames/s in the drag | last position after ms | kernel ms a frame |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    base = found["ways"]["a label"]
    for way, row in found["ways"].items():
        lines.append(
            f"| {NAMES[way]} | {row['median']:.0f} | {row['p95']:.0f} | {row['median'] / base['median']:.2f} "
            f"| {row['p95'] / base['p95']:.2f} | {row['blank']} | {row['frames']:.1f} | {row['last']:.0f} "
            f"| {row['kernel']:.1f} |"
        )
    return [
        *lines,
        "",
        f"Kernel time is that of the whole process; of it a widget of this course computes and sends for "
        f"{found['computes']:.1f} ms a frame.",
        "",
    ]


def _usual(found: dict) -> list[str]:
    return [
        "## The same from a server without the course's settings",
        "",
        "Jupyter by itself lets the system hold small packets back until the last one is acknowledged.",
        "",
        *_speed(found)[4:-2],
    ]


def _training(found: dict) -> list[str]:
    return [
        "## While a network trains in the same kernel",
        "",
        f"`TrainingView`: {found['frames']:.1f} frames/s, 95 % of the gaps below {found['gap']:.0f} ms; "
        f"training does {found['wall']:.2f} of the steps a second that it does alone ({found['cpu']:.2f} of "
        f"those a second of the kernel's processor time); Pause answers within {found['pause']:.0f} ms. "
        "Medians of three turns, the longest of three pauses.",
        "",
    ]


def _playground(found: dict) -> list[str]:
    return [
        "## While the playground trains",
        "",
        f"`Playground`, spirals, two layers of eight: {found['frames']:.1f} frames/s of network, maps and "
        f"loss curves, 95 % of the gaps below {found['gap']:.0f} ms; {found['steps']:.0f} epochs/s, "
        f"{found['wall']:.2f} of those alone. A key press in a text box beside it is painted after "
        f"{found['key']:.0f} ms (median; 95th percentile {found['key95']:.0f} ms), and the page's own frames "
        f"come at {found['page']:.0f} a second. "
        f"Pause answers within {found['pause']:.0f} ms.",
        "",
    ]


def _memory(found: dict) -> list[str]:
    lines = [f"## What {found['updates']} updates leave behind", "", "| | before | after |", "|---|---|---|"]
    for name, before, after in found["rows"]:
        lines.append(f"| {name} | {before:.1f} | {after:.1f} |")
    return [*lines, ""]


def _floor(parts: dict) -> list[str]:
    """Why no widget that asks the kernel can be so many times faster than the others here."""
    ways = parts.get("speed", {}).get("ways", {})
    if not {"a label", "c interact", "d ipympl"} <= set(ways):
        return []
    bare, *others = (ways[way]["median"] for way in ("a label", "c interact", "d ipympl"))
    return [
        f"The bare round trip is the floor of all that asks the kernel: {bare:.0f} ms. Followed step by step "
        "once, the kernel had answered 5 ms after the key, the page's script received the answer 17 ms after "
        "it, when the browser had painted its next frame, and the frame after that showed it. `interact` "
        f"takes {others[0] / bare:.1f} and ipympl {others[1] / bare:.1f} times as long: a widget as fast as "
        "the floor is faster by no more than that. Of the kernel's time a frame it needs "
        f"1/{ways['c interact']['kernel'] / ways['b ours']['kernel']:.0f} of what `interact` needs and "
        f"1/{ways['d ipympl']['kernel'] / ways['b ours']['kernel']:.0f} of ipympl's.",
        "",
    ]


def _goals(parts: dict) -> list[str]:
    rows = []
    if "speed" in parts and {"a label", "b ours"} <= set(parts["speed"]["ways"]):
        ways = parts["speed"]["ways"]
        ours, bare = ways["b ours"], ways["a label"]
        rows += [
            ("median, of the bare round trip", "at most 1.2", ours["median"] / bare["median"], 1.2, -1),
            ("95th percentile, of the bare one", "at most 1.2", ours["p95"] / bare["p95"], 1.2, -1),
        ]
        for way, name, goal in (("c interact", "`interact`", 5), ("d ipympl", "ipympl", 4)):
            if way in ways:
                times = ways[way]["median"] / ours["median"]
                rows.append((f"times faster than {name}", f"at least {goal}", times, goal, 1))
        rows += [
            ("blank frames", "none", ours["blank"], 0, -1),
            ("frames/s in a drag", "at least 25", ours["frames"], 25, 1),
            ("last position shown, ms after the last event", "at most 100", ours["last"], 100, -1),
            ("kernel ms a frame", "at most 5", ours["kernel"], 5, -1),
        ]
    if "training" in parts:
        found = parts["training"]
        rows += [
            ("frames/s while a network trains", "at least 25", found["frames"], 25, 1),
            ("training live, of training alone", "at least 0.75", found["wall"], 0.75, 1),
            ("Pause, ms", "at most 100", found["pause"], 100, -1),
        ]
    if "playground" in parts:
        rows.append(("playground, frames/s", "at least 15", parts["playground"]["frames"], 15, 1))
    if "memory" in parts:
        _, before, after = parts["memory"]["rows"][0]
        rows.append(("kernel MB more after the updates", "at most 10", after - before, 10, -1))
    lines = ["## Goals", "", *_floor(parts), "| | goal | measured | |", "|---|---|---|---|"]
    for name, goal, value, limit, sign in rows:
        reached = "reached" if sign * value >= sign * limit else "missed"
        lines.append(f"| {name} | {goal} | {value:.3g} | {reached} |")
    return lines
