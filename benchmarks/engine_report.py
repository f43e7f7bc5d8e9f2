"""Writes what `engine.py` measured as a table in markdown and a picture."""

import platform
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from engine_cases import NETWORKS, multiply_adds

REFERENCE = "PyTorch, 2 threads"
GOALS = {
    ("step/W1", "cnnlib, readable"): 0.45,
    ("step/W2", "cnnlib, readable"): 1.2,
    ("step/W3", "cnnlib, readable"): 2.0,
    ("step/W1", "cnnlib, fast"): 0.20,
    ("step/W2", "cnnlib, fast"): 0.60,
    ("step/W3", "cnnlib, fast"): 0.85,
    ("inference/W2", "cnnlib, fast"): 0.35,
}
TITLES = {
    "step": "One training step",
    "inference": "Inference, 1,000 images",
    "epoch": "One epoch, 1,437 images",
}


def write(found, extra, folder):
    """Write ``engine.md`` and ``engine.png`` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    processor_time = extra["processor_time"]
    name = "engine_processor_time" if processor_time else "engine"
    parts = [
        "# How fast cnnlib trains\n",
        _introduction(processor_time),
        "" if processor_time else _quiet(extra["quiet"]),
        _machine(extra["machine"]),
        "## Whole networks\n",
        _table([case for case in found if not case.startswith("layer/")], found),
        "" if processor_time else "## Goals\n\n" + _goals(found),
        "## How near to the machine's peak\n",
        _efficiency(found, extra["machine"], processor_time),
        "## Single layers, forward and backward with input gradient\n\nEverybody gets the images in the"
        " memory order that they have inside a network of theirs.\n",
        _table([case for case in found if case.startswith("layer/")], found),
        "## Memory, import, overhead\n",
        _rest(extra),
    ]
    (folder / f"{name}.md").write_text("\n".join(filter(None, parts)), encoding="utf-8")
    plot(found, folder / f"{name}.png", processor_time)


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
        " brackets is the median, over the turns, of the ratio to PyTorch with two threads in the same turn,"
        " with its quartiles: below 1 is faster than PyTorch. Then the processor time of one step, all"
        " threads together, which other programs on the machine disturb least. float32 throughout.\n"
    )


def _machine(machine):
    def of(name):
        try:
            return version(name)
        except PackageNotFoundError:
            return "not there"

    return (
        f"Python {platform.python_version()}, NumPy {np.__version__} with {machine['blas']},"
        f" PyTorch {of('torch')}; {machine['cores']} cores; sgemm peak of that BLAS, measured:"
        f" {machine['peaks'][0]:.0f} GFLOP/s on one thread, {machine['peaks'][1]:.0f} on two.\n"
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


def _goals(found):
    lines = ["| | goal | measured | |", "|---|---|---|---|"]
    for (case, name), goal in GOALS.items():
        measured = found[case][name]["ratio"][1]
        lines.append(f"| {name}, {case} | {goal:.2f} | {measured:.2f} | {_verdict(measured <= goal)} |")
    for case in ("step/W2", "step/W3"):
        times = found[case]["im2col (CS231n manner)"]["ms"] / found[case]["cnnlib, fast"]["ms"]
        lines.append(f"| times faster than im2col, {case} | 12 | {times:.1f} | {_verdict(times >= 12)} |")
    return "\n".join(lines) + "\n"


def _verdict(reached):
    return "reached" if reached else "missed"


def _efficiency(found, machine, processor_time):
    key, threads = ("cpu", 1) if processor_time else ("ms", 2)
    who = ["PyTorch, 1 thread" if processor_time else REFERENCE, "cnnlib, fast", "cnnlib, readable"]
    who = [name for name in who if name in found["step/W1"]]
    lines = [f"| | multiply-adds of a step | {' | '.join(who)} |", "|---" * (len(who) + 2) + "|"]
    for name, (shape, rows) in NETWORKS.items():
        work, row = multiply_adds(shape, rows), found[f"step/{name}"]
        speeds = [2 * work / row[name][key] / 1e6 for name in who]
        cells = [
            f"{speed:.0f} GFLOP/s, {100 * speed / machine['peaks'][threads - 1]:.0f} %" for speed in speeds
        ]
        lines.append(f"| {name} | {work / 1e6:.1f} million | {' | '.join(cells)} |")
    return (
        "\n".join(lines)
        + "\n\nPer cent of the measured peak. What bounds the rest: W1 is some fifty calls of NumPy of a"
        " microsecond or two each, and a third of the step is what Python does around them, the loss and the"
        " step of the optimizer; its products, far too small for any peak, take another third. W2 has six"
        " output channels in its first layer: the many small products that make the gradient of its kernels"
        " run at a third of the peak; its second thread waits a few microseconds for Python's lock at each"
        " call. W3 is bound by the products, and by what surrounds them: laying rows side by side before"
        " each, and the transforms that save half of the multiplications in the backward pass of layers"
        " with 16 channels and more (Winograd's). These are counted here as if they were all done.\n"
    )


def _rest(extra):
    lines = [
        "| growth of the peak memory over five steps, MB | " + " | ".join(NETWORKS) + " |",
        "|---|---|---|---|",
    ]
    names = list(dict.fromkeys(key.split(" ", 1)[1] for key in extra["memory"]))
    for name in names:
        cells = [f"{extra['memory'][f'step/{network} {name}']:.1f}" for network in NETWORKS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    fit, threads = extra["fit"], extra["threads"]
    return (
        "\n".join(lines)
        + f"\n\n`import cnnlib` takes {extra['import']:.0f} ms of processor time beyond NumPy's (median of"
        f" 15 processes). On W2, a step inside `fit` (five epochs a call) takes {fit['fit']:.3f} ms and the"
        f" bare step {fit['bare']:.3f} ms: shuffling, cutting out batches, records and progress cost"
        f" {fit['overhead']:.1f} %.\n\n"
        "Two threads of one process share a batch from 20 million multiply-adds of its forward pass on;"
        " below that, handing over costs more than it gains. Milliseconds of a step with one thread and with"
        f" two: W2 {threads['step/W2'][0]:.2f} and {threads['step/W2'][1]:.2f},"
        f" W3 {threads['step/W3'][0]:.1f} and {threads['step/W3'][1]:.1f}. So `fit` has no option for"
        " worker processes: they could at best halve the first number of each pair, and would bring copies of"
        " the data, a start-up on every call and the rules of three operating systems.\n\n"
        "A network without any product of matrices, such as the ReLU and the pooling alone above, takes"
        " the readable path: copying into buffers would cost more than it saves.\n"
    )


def plot(found, path, processor_time):
    """Ratios of the whole networks and of the layers to PyTorch, on a logarithmic axis."""
    import matplotlib.pyplot as plt

    colours = {
        "cnnlib, fast": "#0072B2",
        "cnnlib, readable": "#56B4E9",
        "PyTorch, 1 thread": "#E69F00",
        "im2col (CS231n manner)": "#999999",
        "loops": "#CC79A7",
    }
    cases = list(found)[::-1]
    figure, axis = plt.subplots(figsize=(9, 0.42 * len(cases) + 1.6), layout="constrained")
    for i, case in enumerate(cases):
        for name, colour in colours.items():
            if name in found[case] and found[case][name]["ratio"] != [1.0, 1.0, 1.0]:
                low, middle, high = found[case][name]["ratio"]
                axis.plot([low, high], [i, i], color=colour, alpha=0.5, lw=2)
                axis.plot(middle, i, "o", color=colour, label=name)
    axis.axvline(1, color="black", lw=1)
    labels = [case.replace("layer/", "").replace("/", " ") for case in cases]
    axis.set_yticks(range(len(cases)), labels)
    axis.set_xscale("log")
    axis.set_xlabel(
        "processor time, relative to PyTorch with 1 thread (left is cheaper)"
        if processor_time
        else "time, relative to PyTorch with 2 threads (left is faster)"
    )
    handles, names = axis.get_legend_handles_labels()
    unique = dict(zip(names, handles, strict=True))
    axis.legend(
        unique.values(), unique.keys(), loc="upper center", bbox_to_anchor=(0.5, 1.12), ncols=3, frameon=False
    )
    axis.grid(axis="x", alpha=0.3)
    figure.savefig(path, dpi=120)
    plt.close(figure)
