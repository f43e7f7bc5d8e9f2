"""From nothing to 99 % of MNIST's test images: seconds, here and in PyTorch, in one run.

A network like LeNet-5, today's way (ReLU, max-pooling; 61,706 weights), batches of 64, stochastic gradient
descent with Nesterov's momentum 0.9 and weight decay 0.0005, a rate that rises to 0.12 over 400 steps and
falls in a straight line to nothing at the end of the second epoch, labels smoothed by 0.05. These settings
were chosen on 10,000 of the training images, with other seeds. Timed are the two epochs: shuffling, gathering
of batches, training; here through `fit`, with its history. Not timed: loading, and judging on the 10,000 test
images.

    python benchmarks/mnist.py [--seeds 3] [--epochs 2] [--only NAME ...] [--write]

Every run is a process of its own, and the contestants take turns: ours, PyTorch eager on one thread and on
two, with the same first weights. The ratio is that of the medians, to PyTorch's better number of threads. On
a machine that other programs use, processor time is what can be compared, ours and PyTorch's on one thread
(its second one spends it on waiting, so `--only` leaves that out). `--write` keeps the table as
results/mnist.md.
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

BATCH, PEAK, RISE, DECAY, SMOOTHING = 64, 0.12, 400, 5e-4, 0.05
OURS, ONE = "cnnlib", "PyTorch, 1 thread"
CONTESTANTS = {OURS: None, ONE: 1, "PyTorch, 2 threads": 2}


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


class Watch:
    """Seconds since it was made: of the clock, and of the processor, all threads together."""

    def __init__(self):
        self.begin = time.perf_counter(), time.process_time()

    def read(self):
        clock, processor = self.begin
        return time.perf_counter() - clock, time.process_time() - processor


def train_here(split, seed, epochs):
    """Seconds, of the clock and of the processor, and the guesses for the test images."""
    from cnnlib import SGD, CrossEntropyLoss, fit

    model, rates = network(seed), schedule(len(split.x_train), epochs)
    optimizer = SGD(PEAK, momentum=0.9, nesterov=True, weight_decay=DECAY)
    options = {"batch_size": BATCH, "epochs": epochs, "rng": seed, "schedule": rates, "progress": False}
    watch = Watch()
    fit(model, CrossEntropyLoss(SMOOTHING), optimizer, split.x_train, split.y_train, **options)
    return watch.read(), model.predict(split.x_test)


def train_there(split, seed, epochs, threads):
    """The same in PyTorch, eager."""
    import torch

    from cnnlib.saving import to_torch

    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    model, rates = to_torch(network(seed)).train(), schedule(len(split.x_train), epochs)
    settings = {"lr": PEAK, "momentum": 0.9, "nesterov": True, "weight_decay": DECAY}
    optimizer = torch.optim.SGD(model.parameters(), **settings)
    loss = torch.nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    x, y, step = *map(torch.from_numpy, (split.x_train, split.y_train)), 0
    watch = Watch()
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(BATCH):
            optimizer.param_groups[0]["lr"] = rates(step)
            optimizer.zero_grad()
            loss(model(x[batch]), y[batch]).backward()
            optimizer.step()
            step += 1
    seconds = watch.read()
    with torch.no_grad():
        return seconds, model.eval()(torch.from_numpy(split.x_test)).argmax(1).numpy()


def work(contestant, seed, epochs):
    """One run in this process; prints both kinds of seconds and the share of test images right."""
    from cnnlib import load_mnist

    split, threads = load_mnist(), CONTESTANTS[contestant]
    run = (split, seed, epochs)
    seconds, guesses = train_here(*run) if threads is None else train_there(*run, threads)
    print(json.dumps([*seconds, float(np.mean(guesses == split.y_test))]))


def measure(names, seeds, epochs):
    """Run everything; return the two kinds of seconds and the share right of each run, by contestant."""
    found = {name: [] for name in names}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    for seed in range(seeds):
        for name in names:
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
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
            found[name].append(json.loads(done.stdout.splitlines()[-1]))
            seconds, processor, share = found[name][-1]
            print(
                f"seed {seed}: {name:<20} {seconds:6.2f} s, cpu {processor:6.2f} s  {share:.2%}", flush=True
            )
    return found


def table(found, epochs):
    """The results as Markdown."""
    rows = []
    for name, runs in found.items():
        seconds, processor, shares = zip(*runs, strict=True)
        right = ", ".join(f"{share:.2%}" for share in shares)
        times = f"{median(seconds):.2f} | {min(seconds):.2f} to {max(seconds):.2f} | {median(processor):.2f}"
        rows.append(f"| {name} | {times} | {right} |")
    return "\n".join(
        [
            "# From nothing to 99 % of MNIST\n\n"
            f"LeNet-5-like network, {epochs} epochs of MNIST, {len(found[OURS])} seeds;"
            f" {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()},"
            f" load average at the end {os.getloadavg()[0]:.1f}.",
            "",
            "| | seconds, median | from to | of processor time, median | test images right |",
            "|---|---|---|---|---|",
            *rows,
            "",
            *ratios(found),
        ]
    )


def ratios(found):
    """Our seconds over those of PyTorch's better number of threads; our processor time over one thread's."""
    others = [name for name in found if name != OURS]
    if not others:
        return
    best = min(others, key=lambda name: _median(found, name, 0))
    yield f"Ratio to {best}: **{_median(found, OURS, 0) / _median(found, best, 0):.2f}**."
    if ONE in found:
        ratio = _median(found, OURS, 1) / _median(found, ONE, 1)
        yield f"Ratio of processor time, our two threads together, to {ONE}: **{ratio:.2f}**."


def _median(found, name, column):
    return median(run[column] for run in found[name])


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=tuple(CONTESTANTS), default=tuple(CONTESTANTS))
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--worker", choices=tuple(CONTESTANTS), help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return work(options.worker, options.seed, options.epochs)
    text = table(measure(options.only, options.seeds, options.epochs), options.epochs)
    print(text)
    if options.write:
        (RESULTS / "mnist.md").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
