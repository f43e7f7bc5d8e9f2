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
(its second one spends it on waiting, so `--only` leaves that out). `--write` keeps the run in
results/mnist.json, in the place of the last one on this family of processors, and writes results/mnist.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
sys.path.insert(0, str(ROOT))

from benchmarks import processors  # noqa: E402

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
    environment = processors.clean(os.environ)
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


def summary(found, epochs):
    """What is kept of a run: the machine, and of each contestant the seconds and the shares right."""
    rows = {}
    for name, runs in found.items():
        seconds, processor, right = zip(*runs, strict=True)
        rows[name] = {
            "seconds": median(seconds),
            "from": min(seconds),
            "to": max(seconds),
            "processor": median(processor),
            "right": right,
        }
    machine = processors.here(processors.clean(os.environ))
    return {"machine": machine, "epochs": epochs, "load": round(os.getloadavg()[0], 1), "rows": rows}


def tables(runs):
    """The runs of all families as Markdown."""
    return "\n".join(
        [
            "# From nothing to 99 % of MNIST\n\nWritten by `python benchmarks/mnist.py --write`; do not edit."
            " LeNet-5-like network, batches of 64.",
            *(line for family, run in runs.items() for line in table(family, run)),
        ]
    )


def table(family, run):
    """The lines about one family of processors."""
    yield f"\n## {family}\n\n{processors.in_words(run['machine'])} Load average at the end {run['load']:.1f}."
    heads = "seconds, median | from to | of processor time, median | test images right"
    yield f"\n| {run['epochs']} epochs | {heads} |"
    yield "|---|---|---|---|---|"
    for name, row in run["rows"].items():
        right = ", ".join(f"{share:.2%}" for share in row["right"])
        times = f"{row['seconds']:.2f} | {row['from']:.2f} to {row['to']:.2f} | {row['processor']:.2f}"
        yield f"| {name} | {times} | {right} |"
    yield ""
    yield from ratios(run["rows"])


def ratios(rows):
    """Our seconds over those of PyTorch's better number of threads; our processor time over one thread's."""
    best = min((name for name in rows if name != OURS), key=lambda name: rows[name]["seconds"], default=None)
    if best is None:
        return
    yield f"Ratio to {best}: **{rows[OURS]['seconds'] / rows[best]['seconds']:.2f}**."
    if ONE in rows:
        ratio = rows[OURS]["processor"] / rows[ONE]["processor"]
        yield f"Ratio of processor time, our two threads together, to {ONE}: **{ratio:.2f}**."


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
    run = summary(measure(options.only, options.seeds, options.epochs), options.epochs)
    print("\n".join(table(run["machine"]["family"], run)))
    if options.write:
        runs = processors.keep(RESULTS / "mnist.json", run)
        (RESULTS / "mnist.md").write_text(tables(runs) + "\n", "utf-8")


if __name__ == "__main__":
    main()
