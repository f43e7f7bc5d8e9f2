"""Training many copies at once against one after the other, and the redrawing of the basin map.

    python -m benchmarks.ensemble [--save]

Runs alternate, so that a busy machine slows both; what counts are the ratios and their median. With --save
the result is written to benchmarks/results/ensemble.md.
"""

import argparse
import platform
import time
from pathlib import Path

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.basins import basins
from cnnlib.experiments.ensemble import NetworkEnsemble, train_ensemble
from cnnlib.experiments.error_curves import METHODS
from cnnlib.networks import small_cnn
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import train
from cnnlib.runtime.threads import cores
from cnnlib.widgets.minima.basin_map import BasinMap

RESULT = Path(__file__).parent / "results" / "ensemble.md"
TEXT = """# Many networks at once

Made by `python -m benchmarks.ensemble --save` on {cores} cores, Python {python}, NumPy {numpy}.
Medians of {repeats} runs that alternate.

| what | measured | goal |
|---|---|---|
| {copies} copies of the small CNN, {epochs} epochs, at once, against one after the other by `train` | \
{wall:.1f} times as fast | 3 |
| the same in processor time, both cores added up | {cpu:.1f} times as little | |
| a sweep over {copies} learning rates, 10 epochs | {took:.1f} s | 20 s |
| the basin map, 10,000 descents of 100 steps | {maps} | 100 ms |
"""


def seconds(run):
    """Wall-clock and processor seconds that a generator takes to its end."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in run:
        pass
    return time.perf_counter() - wall, time.process_time() - cpu


def compare(copies, epochs, repeats):
    """Ratios (wall, processor) of `copies` trainings one after the other to the same at once."""
    digits = load_digits()
    x, y, rates = digits.x_train, digits.y_train, np.geomspace(0.001, 0.3, copies)
    how, ratios = {"epochs": epochs, "rng": 0}, []
    for _ in range(repeats):
        single = seconds(train(small_cnn(0), CrossEntropyLoss(), SGD(0.1), x, y, **how))
        ensemble = NetworkEnsemble(small_cnn(0), copies)
        together = seconds(train_ensemble(ensemble, SGD(1.0), x, y, lr=rates, **how))
        ratios.append([copies * one / all_ for one, all_ in zip(single, together, strict=True)])
        print(
            f"  one {single[0] * 1e3:6.0f} ms, {copies} at once {together[0] * 1e3:6.0f} ms:"
            f" {ratios[-1][0]:.2f} times as fast (processor time {ratios[-1][1]:.2f})"
        )
    return np.median(ratios, axis=0)


def sweep(copies, epochs):
    """Seconds of a sweep over learning rates as a notebook runs it, rates up to divergence."""
    digits = load_digits()
    ensemble = NetworkEnsemble(small_cnn(0), copies)
    run = train_ensemble(
        ensemble,
        SGD(1.0),
        digits.x_train,
        digits.y_train,
        lr=np.geomspace(1e-4, 10, copies),
        epochs=epochs,
        rng=0,
    )
    return seconds(run)[0]


def basin_map(repeats):
    """Milliseconds from a changed optimizer to the new scene: 10,000 descents of 100 steps each."""
    widget, times = BasinMap(), {}
    for method in METHODS * repeats:
        basins.cache_clear()
        widget.set_state(optimizer="SGD" if method != "SGD" else "Adam")
        basins.cache_clear()
        start = time.perf_counter()
        widget.set_state(optimizer=method)
        times.setdefault(method, []).append(1e3 * (time.perf_counter() - start))
    return {method: float(np.median(values)) for method, values in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--copies", type=int, default=24)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    print(f"{options.copies} copies of the small CNN, {options.epochs} epochs of 45 steps of 32 images")
    wall, cpu = compare(options.copies, options.epochs, options.repeats)
    took = sweep(options.copies, 10)
    maps = ", ".join(f"{method} {ms:.0f} ms" for method, ms in basin_map(options.repeats).items())
    report = TEXT.format(
        repeats=options.repeats,
        copies=options.copies,
        epochs=options.epochs,
        wall=wall,
        cpu=cpu,
        took=took,
        maps=maps,
        numpy=np.__version__,
        python=platform.python_version(),
        cores=cores(),
    )
    print(report)
    if options.save:
        RESULT.write_text(report, encoding="utf-8")


if __name__ == "__main__":
    main()
