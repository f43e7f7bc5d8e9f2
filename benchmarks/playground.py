"""Speed of the playground's engine beside loops, plain NumPy and a graph of JavaScript objects.

    python -m benchmarks.playground [--write]

Epochs a second of four ways to train the same network by the same rules, for the page's default (a:
2-4-2-1), the spirals with 8,8 (b) and all seven features with 8,8,8 (c), batches of 10 from 250 points.
Rounds alternate between the ways, and what counts is the median of the ratios within a round: the
machine may be busy. All ways must first agree in their losses. The JavaScript yardstick needs ``node``;
without it the rest is still measured. With `--write` the tables replace those in `results/playground.md`.
"""

import argparse
import json
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np

from cnnlib.playground import FEATURES, Ensemble, Playground
from cnnlib.playground.features import feature_rows, grid_points
from cnnlib.playground.naive import NaiveNetwork

CASES = {
    "a": {"seed": "0.12345"},
    "b": {"dataset": "spiral", "network_shape": (8, 8), "seed": "0.50025"},
    "c": {"dataset": "spiral", "network_shape": (8, 8, 8), "features": FEATURES, "seed": "0.50025"},
}
SEEDS = [f"{0.5 + i / 1e5:.5f}" for i in range(30)]


class Loop:
    """One sample and one link at a time, in plain Python."""

    def __init__(self, playground):
        config = playground.config
        self.network = NaiveNetwork(
            playground.weights, playground.biases, config.activation, config.output_activation
        )
        rows = feature_rows(config.inputs, playground.train[:, :2], exact=True)
        self.data, self.config = (rows.T.tolist(), playground.train[:, 2].tolist()), config

    def step(self):
        self.network.epoch(*self.data, self.config.batch_size, self.config.learning_rate)

    def train_loss(self):
        return self.network.loss(*self.data)


class Vectorised:
    """A mini-batch at a time, as one writes it first in NumPy (tanh throughout)."""

    def __init__(self, playground):
        config = playground.config
        self.weights = [w.T.copy() for w in playground.weights]
        self.biases = [b.copy() for b in playground.biases]
        self.x = feature_rows(config.inputs, playground.train[:, :2], exact=True).T.copy()
        self.y, self.batch, self.lr = playground.train[:, 2:], config.batch_size, config.learning_rate

    def forward(self, x):
        outputs = [x]
        for w, b in zip(self.weights, self.biases, strict=True):
            outputs.append(np.tanh(outputs[-1] @ w + b))
        return outputs

    def step(self):
        for start in range(0, len(self.x), self.batch):
            x, y = self.x[start : start + self.batch], self.y[start : start + self.batch]
            outputs = self.forward(x)
            delta = (outputs[-1] - y) * (1 - outputs[-1] ** 2)
            for k in range(len(self.weights) - 1, -1, -1):
                dw, db = outputs[k].T @ delta / len(x), delta.mean(axis=0)
                if k:
                    delta = delta @ self.weights[k].T * (1 - outputs[k] ** 2)
                self.weights[k] -= self.lr * dw
                self.biases[k] -= self.lr * db

    def train_loss(self):
        return float(np.mean(0.5 * (self.forward(self.x)[-1] - self.y) ** 2))


class Objects:
    """The JavaScript yardstick in a Node process."""

    def __init__(self, playground):
        config = playground.config

        def part(points):
            return points[:, :2].tolist(), points[:, 2].tolist()

        self.job = {
            "weights": [w.tolist() for w in playground.weights],
            "biases": [b.tolist() for b in playground.biases],
            "activations": playground.network.activations,
            "train": part(playground.train),
            "test": part(playground.test),
            "grid": grid_points().tolist(),
            "on": dict.fromkeys(config.inputs, True),
            "batch": config.batch_size,
            "rate": config.learning_rate,
            "warm": 200,
        }
        script = Path(__file__).with_name("playground_objects.mjs")
        self.process = subprocess.Popen(
            ["node", str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, **more):
        print(json.dumps(self.job | more), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def rate(self, seconds, with_page=False):
        answer = self.ask(seconds=seconds, withPage=with_page)
        return answer["epochs"] / answer["seconds"]

    def losses(self, epochs):
        return self.ask(epochs=epochs)["losses"]

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


def rate(step, seconds):
    """Calls of `step` a second, after one to warm up."""
    step()
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        step()
        count += 1
    return count / (time.perf_counter() - start)


def with_page(playground):
    """One epoch and all that the page computes after it: both losses, the map of every node."""

    def step():
        playground.step()
        playground.evaluate()
        playground.node_maps()

    return step


def check(case, objects):
    """All ways must agree before any is timed."""
    ours = Playground(CASES[case])
    others = [Loop(ours), Vectorised(ours)]
    ours.step(5)
    for other in others:
        for _ in range(5):
            other.step()
        assert abs(other.train_loss() - ours.train_loss) < 1e-12, (case, type(other).__name__)
    if objects:
        assert np.allclose(objects.losses(5), [ours.train_loss, ours.test_loss], rtol=0, atol=1e-12)


def measure(case, objects, rounds, seconds):
    """Median epochs a second by way, and median ratios to the JavaScript yardstick and to plain NumPy."""
    seen = []
    for _ in range(rounds):
        fresh = Playground(CASES[case])
        found = {
            "loop": rate(Loop(fresh).step, seconds),
            "plain NumPy": rate(Vectorised(fresh).step, seconds),
        }
        found["engine"] = rate(fresh.step, seconds)
        found["engine, page"] = rate(with_page(fresh), seconds)
        found["30 seeds"] = 30 * rate(Ensemble(CASES[case], seeds=SEEDS).step, seconds)
        if objects:
            found["objects"] = objects.rate(seconds)
            found["objects, page"] = objects.rate(seconds, with_page=True)
        seen.append(found)
    return seen


def ratio(seen, over, under):
    """Median over the rounds, or None where a way was not measured."""
    if under not in seen[0]:
        return None
    return float(np.median([found[over] / found[under] for found in seen]))


RATIOS = [
    ("engine", "loop"), ("engine", "plain NumPy"), ("engine", "objects"), ("plain NumPy", "objects"),
    ("engine, page", "objects, page"), ("30 seeds", "engine"), ("30 seeds", "objects"),
]  # fmt: skip


def report(case, seen):
    """Print one case."""
    medians = {way: np.median([found[way] for found in seen]) for way in seen[0]}
    print(f"\n{case}: {shape_of(case)}   epochs a second (30 seeds: network-epochs)")
    print("   " + ",  ".join(f"{way} {value:,.0f}" for way, value in medians.items()))
    for over, under in RATIOS:
        value = ratio(seen, over, under)
        if value is not None:
            print(f"   {over} / {under}: {value:.2f}")


def pages(found):
    """The results of all cases as Markdown; `found` maps a case to its rounds."""
    lines = [
        "# How fast the playground trains", "",
        "Written by `python -m benchmarks.playground --write`; do not edit. Epochs a second (30 seeds: "
        "epochs of all networks together), medians of the rounds, and medians of the ratios within a round. "
        "*Objects* is a graph of neurons and links in Node, one sample at a time, as the original page's "
        "engine works; *page* adds both losses and the map of every node after each epoch, as the page "
        "computes them. The default network (a) is so small that the time goes into the calls of NumPy.", "",
        "| | " + " | ".join(f"{case}: {shape_of(case)}" for case in found) + " |",
        "|---|" + "---|" * len(found),
    ]  # fmt: skip
    for way in next(iter(found.values()))[0]:
        row = (f"{np.median([one[way] for one in seen]):,.0f}" for seen in found.values())
        lines.append(f"| {way} | " + " | ".join(row) + " |")
    for over, under in RATIOS:
        values = [ratio(seen, over, under) for seen in found.values()]
        if None not in values:
            lines.append(f"| {over} / {under} | " + " | ".join(f"{value:.2f}" for value in values) + " |")
    return "\n".join(lines) + "\n"


def shape_of(case):
    return "-".join(map(str, Playground(CASES[case]).config.layer_sizes))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.4, help="of each way in each round")
    parser.add_argument("--write", action="store_true", help="keep the results in results/playground.md")
    options, found = parser.parse_args(), {}
    for case, settings in CASES.items():
        objects = Objects(Playground(settings)) if shutil.which("node") else None
        check(case, objects)
        found[case] = measure(case, objects, options.rounds, options.seconds)
        report(case, found[case])
        if objects:
            objects.close()
    if options.write:
        Path(__file__).with_name("results").joinpath("playground.md").write_text(pages(found), "utf-8")


if __name__ == "__main__":
    main()
