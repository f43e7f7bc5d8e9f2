"""What the playground's engine is measured against: loops, plain NumPy, and engines in JavaScript."""

import json
import subprocess
from pathlib import Path

import numpy as np

from cnnlib.playground.features import feature_rows, grid_points
from cnnlib.playground.naive import NaiveNetwork

SIDE = 100  # the page's maps are squares of this many points a side


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


class JavaScript:
    """An engine in a Node process: `playground_objects.mjs`, or the original's own by its driver."""

    def __init__(self, playground, script, *arguments):
        config = playground.config

        def part(points):
            return points[:, :2].tolist(), points[:, 2].tolist()

        self.job = {
            "weights": [w.tolist() for w in playground.weights],
            "biases": [b.tolist() for b in playground.biases],
            "activations": playground.network.activations,
            "train": part(playground.train),
            "test": part(playground.test),
            "grid": grid_points(SIDE).tolist(),
            "side": SIDE,
            "on": dict.fromkeys(config.inputs, True),
            "batch": config.batch_size,
            "rate": config.learning_rate,
            "warm": 200,
        }
        command = ["node", str(Path(__file__).with_name(script)), *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()

    def ask(self, **more):
        print(json.dumps(self.job | more), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def rate(self, seconds, after):
        """Epochs a second, with what is computed `after` each: "training" alone, "losses" or the "page"."""
        answer = self.ask(seconds=seconds, after=after)
        return answer["epochs"] / answer["seconds"]

    def losses(self, epochs):
        """Training and test loss after some epochs."""
        return self.ask(epochs=epochs)["losses"]
