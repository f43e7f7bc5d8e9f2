"""From nothing to 99 % of MNIST's test images: seconds, here and in PyTorch, in one run.

A network like LeNet-5, today's way (ReLU, max-pooling; 61,706 weights), batches of 64, stochastic gradient
descent with Nesterov's momentum 0.9, a rate that rises to 0.08 over 200 steps and falls in a straight line to
nothing at the end of the second epoch. Timed are the two epochs: shuffling, gathering of batches, training;
here through `fit`, with its history. Not timed: loading, and judging on the 10,000 test images.

    python benchmarks/mnist.py [--seeds 3] [--epochs 2] [--write]

Every run is a process of its own, and the contestants take turns: ours, PyTorch eager on one thread and on
two, with the same first weights. The ratio is that of the medians, to PyTorch's better number of threads.
`--write` keeps the table as results/mnist.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
sys.path.insert(0, str(ROOT))

BATCH, PEAK, RISE = 64, 0.08, 200
CONTESTANTS = {"cnnlib": None, "PyTorch, 1 thread": 1, "PyTorch, 2 threads": 2}


def network(seed):
    """LeNet-5 with ReLU and max-pooling in place of tanh and means."""
    from cnnlib.fast import Sequential
    from cnnlib.nn.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU

    rng = np.random.default_rng(seed)
    first = [Conv2d(1, 6, 5, padding=2, rng=rng), ReLU(), MaxPool2d(2)]
    second = [Conv2d(6, 16, 5, rng=rng), ReLU(), MaxPool2d(2), Flatten()]
    end = [Linear(400, 120, init="he", rng=rng), ReLU(), Linear(120, 84, init="he", rng=rng), ReLU()]
    return Sequential([*first, *second, *end, Linear(84, 10, rng=rng)])


def schedule(samples, epochs):
    """The rate of each step."""
    total = epochs * -(-samples // BATCH)
    return lambda step: PEAK * min((step + 1) / RISE, (total - step) / (total - RISE))


def train_here(split, seed, epochs):
    """Seconds, and the trained network."""
    from cnnlib import SGD, CrossEntropyLoss, fit

    model, rates = network(seed), schedule(len(split.x_train), epochs)
    optimizer = SGD(PEAK, momentum=0.9, nesterov=True)
    options = {"batch_size": BATCH, "epochs": epochs, "rng": seed, "schedule": rates, "progress": False}
    begin = time.perf_counter()
    fit(model, CrossEntropyLoss(), optimizer, split.x_train, split.y_train, **options)
    return time.perf_counter() - begin, model.predict(split.x_test)


def train_there(split, seed, epochs, threads):
    """The same in PyTorch, eager."""
    import torch

    from cnnlib.saving import to_torch

    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    model, rates = to_torch(network(seed)).train(), schedule(len(split.x_train), epochs)
    optimizer = torch.optim.SGD(model.parameters(), lr=PEAK, momentum=0.9, nesterov=True)
    loss, x, y, step = torch.nn.CrossEntropyLoss(), *map(torch.from_numpy, (split.x_train, split.y_train)), 0
    begin = time.perf_counter()
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(BATCH):
            optimizer.param_groups[0]["lr"] = rates(step)
            optimizer.zero_grad()
            loss(model(x[batch]), y[batch]).backward()
            optimizer.step()
            step += 1
    seconds = time.perf_counter() - begin
    with torch.no_grad():
        return seconds, model.eval()(torch.from_numpy(split.x_test)).argmax(1).numpy()


def work(contestant, seed, epochs):
    """One run in this process; prints seconds and the share of test images right."""
    from cnnlib import load_mnist

    split, threads = load_mnist(), CONTESTANTS[contestant]
    run = (split, seed, epochs)
    seconds, guesses = train_here(*run) if threads is None else train_there(*run, threads)
    print(json.dumps([seconds, float(np.mean(guesses == split.y_test))]))


def measure(seeds, epochs):
    """Run everything; return seconds and shares by contestant."""
    found = {name: [] for name in CONTESTANTS}
    for seed in range(seeds):
        for name in CONTESTANTS:
            command = [
                sys.executable,
                __file__,
                "--worker",
                name,
                "--seed",
                str(seed),
                "--epochs",
                str(epochs),
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[name].append(json.loads(done.stdout.splitlines()[-1]))
            seconds, share = found[name][-1]
            print(f"seed {seed}: {name:<20} {seconds:6.2f} s  {share:.2%}", flush=True)
    return found


def table(found, epochs):
    """The results as Markdown."""
    best = min((name for name in found if name != "cnnlib"), key=lambda name: _seconds(found, name))
    rows = []
    for name, runs in found.items():
        seconds, shares = zip(*runs, strict=True)
        right = ", ".join(f"{share:.2%}" for share in shares)
        rows.append(
            f"| {name} | {median(seconds):.2f} | {min(seconds):.2f} to {max(seconds):.2f} | {right} |"
        )
    ratio = _seconds(found, "cnnlib") / _seconds(found, best)
    return "\n".join(
        [
            f"LeNet-5-like network, {epochs} epochs of MNIST, {len(found['cnnlib'])} seeds;"
            f" {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}.",
            "",
            "| | seconds, median | from to | test images right |",
            "|---|---|---|---|",
            *rows,
            "",
            f"Ratio to {best}: **{ratio:.2f}**.",
        ]
    )


def _seconds(found, name):
    return median(seconds for seconds, _ in found[name])


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--worker", choices=tuple(CONTESTANTS), help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return work(options.worker, options.seed, options.epochs)
    text = table(measure(options.seeds, options.epochs), options.epochs)
    print(text)
    if options.write:
        (RESULTS / "mnist.md").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
