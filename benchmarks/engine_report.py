"""Writes what `engine.py` measured, on each family of processors, as tables in markdown and a picture."""

import processors
from engine_cases import NETWORKS, multiply_adds

PYTORCH = ["PyTorch, 2 threads", "PyTorch, 1 thread"]
GOALS = {
    ("step/W1", "cnnlib, fast"): 0.17,
    ("step/W2", "cnnlib, fast"): 0.35,
    ("step/W3", "cnnlib, fast"): 0.60,
    ("step/W1", "cnnlib, readable"): 0.40,
    ("step/W2", "cnnlib, readable"): 0.75,
    ("step/W3", "cnnlib, readable"): 1.4,
    ("inference/W2", "cnnlib, fast"): 0.35,
}
TITLES = {
    "step": "One training step",
    "inference": "Inference, 1,000 images",
    "epoch": "One epoch, 1,437 images",
}
COLOURS = {
    "cnnlib, fast": "#0072B2",
    "cnnlib, readable": "#56B4E9",
    "PyTorch, 1 thread": "#E69F00",
    "im2col (CS231n manner)": "#999999",
    "loops": "#CC79A7",
}


def keep_and_write(run, processor_time, folder):
    """Keep a run in ``engine.json``; write ``engine.md`` and ``engine.png`` of each family's last run."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"engine{'_processor_time' if processor_time else ''}.json"
    write(processors.keep(path, run), processor_time, path)


def write(runs, processor_time, path):
    """Write the tables and the picture of some runs, by family, beside a path."""
    parts = [
        "# How fast cnnlib trains\n",
        _introduction(processor_time),
        "" if processor_time else "## Goals\n\n" + _goals(runs),
        *(_section(family, run, processor_time) for family, run in runs.items()),
        "## What bounds it\n\n" + BOUNDS,
    ]
    path.with_suffix(".md").write_text("\n".join(filter(None, parts)), encoding="utf-8")
    plot(runs, path.with_suffix(".png"), processor_time)


def _section(family, run, processor_time):
    found, machine = run["found"], run["machine"]
    peaks = "sgemm peak of that BLAS, measured: {:.0f} GFLOP/s on one thread, {:.0f} on two"
    parts = [
        f"## {family}\n",
        f"{processors.in_words(machine)} PyTorch {machine['torch']}; {peaks.format(*machine['peaks'])}.\n",
        "" if processor_time else _quiet(run["quiet"]),
        "### Whole networks\n",
        _table([case for case in found if not case.startswith("layer/")], found),
        "### How near to the machine's peak\n",
        _efficiency(found, machine, processor_time),
        "### Single layers, forward and backward with input gradient\n\nEverybody gets the images in the"
        " memory order that they have inside a network of theirs.\n",
        _table([case for case in found if case.startswith("layer/")], found),
        "### Memory, import, overhead\n",
        _rest(run),
    ]
    return "\n".join(filter(None, parts))


def _introduction(processor_time):
    if processor_time:
        return (
            "Written by `python benchmarks/engine.py --processor-time`; do not edit. For a machine on which"
            " other programs run: the number in brackets is the processor time of all threads together,"
            " relative to PyTorch on one thread in the same turn, median and quartiles over the turns; below"
            " 1 is cheaper than PyTorch. Times before the brackets are wall-clock. float32 throughout.\n"
        )
    return (
        "Written by `python benchmarks/engine.py`; do not edit. Times are medians of turns; the number in"
        " brackets is the median, over the turns, of the ratio to PyTorch in the same turn, with one thread"
        " or two, whichever is faster, with its quartiles: below 1 is faster than PyTorch. Then the processor"
        " time of one step, all threads together, which other programs on the machine disturb least. float32"
        " throughout.\n"
    )


def _quiet(share):
    if share > 0.9:
        return "The machine was quiet.\n"
    return (
        f"**The machine was busy: only {share:.0%} of the turns were undisturbed by other programs.** Threads"
        " that wait for each other suffer most from that, PyTorch's two above all; go by the processor times,"
        " beside PyTorch with one thread, and repeat the run on a quiet machine.\n"
    )


def _cell(result):
    low, middle, high = result["ratio"]
    return f"{result['ms']:.3g} ms ({middle:.2f}; {low:.2f} to {high:.2f}), cpu {result['cpu']:.3g} ms"


def _table(cases, found):
    names = list(dict.fromkeys(name for case in cases for name in found[case]))
    lines = [f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for case in cases:
        kind, _, what = case.partition("/")
        label = what if kind == "layer" else f"{TITLES[kind]}, {what}"
        cells = [_cell(found[case][name]) if name in found[case] else "" for name in names]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _goals(runs):
    lines = [f"| ratio to PyTorch | goal | {' | '.join(runs)} |", "|---" * (len(runs) + 2) + "|"]

    def row(what, goal, measured, reached):
        cells = [f"{value:.2f}, {_verdict(reached(value))}" for value in measured]
        lines.append(f"| {what} | {goal} | {' | '.join(cells)} |")

    all_found = [run["found"] for run in runs.values()]
    for (case, name), goal in GOALS.items():
        ratios = [found[case][name]["ratio"][1] for found in all_found]
        row(f"{name}, {case}", f"{goal:.2f}", ratios, lambda value, goal=goal: value <= goal)
    for case in ("step/W2", "step/W3"):
        pairs = [(found[case]["im2col (CS231n manner)"], found[case]["cnnlib, fast"]) for found in all_found]
        times = [slow["ms"] / fast["ms"] for slow, fast in pairs]
        row(f"times faster than im2col, {case}", 12, times, lambda value: value >= 12)
    return "\n".join(lines) + "\n"


def _verdict(reached):
    return "reached" if reached else "missed"


def _efficiency(found, machine, processor_time):
    key, threads = ("cpu", 1) if processor_time else ("ms", 2)
    who = [PYTORCH[processor_time], "cnnlib, fast", "cnnlib, readable"]
    lines = [f"| | multiply-adds of a step | {' | '.join(who)} |", "|---" * (len(who) + 2) + "|"]
    for name, (shape, rows) in NETWORKS.items():
        work, row = multiply_adds(shape, rows), found[f"step/{name}"]
        speeds = [2 * work / row[name][key] / 1e6 for name in who]
        cells = [
            f"{speed:.0f} GFLOP/s, {100 * speed / machine['peaks'][threads - 1]:.0f} %" for speed in speeds
        ]
        lines.append(f"| {name} | {work / 1e6:.1f} million | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n\nPer cent of the measured peak.\n"


def _rest(run):
    lines = [
        "| growth of the peak memory over five steps, MB | " + " | ".join(NETWORKS) + " |",
        "|---|---|---|---|",
    ]
    names = list(dict.fromkeys(key.split(" ", 1)[1] for key in run["memory"]))
    for name in names:
        cells = [f"{run['memory'][f'step/{network} {name}']:.1f}" for network in NETWORKS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    fit, threads = run["fit"], run["threads"]
    steps = ", ".join(
        f"{case.removeprefix('step/')} {one:.2f} and {two:.2f}" for case, (one, two) in threads.items()
    )
    return (
        "\n".join(lines)
        + f"\n\n`import cnnlib` takes {run['import']:.0f} ms of processor time beyond NumPy's (median of"
        f" 15 processes). On W2, a step inside `fit` (five epochs a call) takes {fit['fit']:.3f} ms and the"
        f" bare step {fit['bare']:.3f} ms: shuffling, cutting out batches, records and progress cost"
        f" {fit['overhead']:.1f} %.\n\n"
        f"Milliseconds of a step with one thread and with two: {steps}.\n"
    )


BOUNDS = """\
W1 is some fifty calls of NumPy of a microsecond or two each, and a third of the step is what Python does
around them, the loss and the step of the optimizer; its products, far too small for any peak, take another
third. W2 has six output channels in its first layer: the many small products that make the gradient of its
kernels run at a third of the peak; its second thread waits a few microseconds for Python's lock at each
call. W3 is bound by the products, and by what surrounds them: laying rows side by side before each, and the
transforms that save half of the multiplications in the backward pass of layers with 16 channels and more
(Winograd's). These are counted above as if they were all done.

Two threads of one process share a batch from 20 million multiply-adds of its forward pass on; below that,
handing over costs more than it gains. `fit` has no option for worker processes: they could at best halve the
milliseconds of a step with one thread, and would bring copies of the data, a start-up on every call and the
rules of three operating systems.

A network without any product of matrices, such as the ReLU and the pooling alone above, takes the readable
path: copying into buffers would cost more than it saves.
"""


def plot(runs, path, processor_time):
    """Ratios of the whole networks and of the layers to PyTorch, on a logarithmic axis, a column a family."""
    import matplotlib.pyplot as plt

    cases = list(dict.fromkeys(case for run in runs.values() for case in run["found"]))[::-1]
    size = (4 + 5 * len(runs), 0.42 * len(cases) + 1.6)
    figure, axes = plt.subplots(1, len(runs), figsize=size, layout="constrained", sharey=True, squeeze=False)
    for axis, (family, run) in zip(axes[0], runs.items(), strict=True):
        for i, case in enumerate(cases):
            for name, colour in COLOURS.items():
                low, middle, high = run["found"].get(case, {}).get(name, {"ratio": [1.0] * 3})["ratio"]
                if (low, middle, high) != (1, 1, 1):
                    axis.plot([low, high], [i, i], color=colour, alpha=0.5, lw=2)
                    axis.plot(middle, i, "o", color=colour, label=name)
        axis.axvline(1, color="black", lw=1)
        axis.set(title=family, xscale="log")
        axis.grid(axis="x", alpha=0.3)
    labels = [case.replace("layer/", "").replace("/", " ") for case in cases]
    axes[0, 0].set_yticks(range(len(cases)), labels)
    what = "processor time, relative to PyTorch with 1 thread (left is cheaper)"
    figure.supxlabel(what if processor_time else "time, relative to PyTorch (left is faster)")
    handles, names = axes[0, 0].get_legend_handles_labels()
    unique = dict(zip(names, handles, strict=True))
    figure.legend(unique.values(), unique.keys(), loc="outside upper center", ncols=3, frameon=False)
    figure.savefig(path, dpi=120)
    plt.close(figure)
