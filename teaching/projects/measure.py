"""The numbers of the projects' samples, measured: one function a project, what each of three learners found.

    .venv/bin/python teaching/projects/measure.py             measure: results.json and the pages' tables
    .venv/bin/python teaching/projects/measure.py --check     only compare the pages with results.json

A table stands in a page between two marks and is written from results.json; nobody types a number.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))

from cnnlib import SGD, Conv2d, CrossEntropyLoss, Flatten, Linear, ReLU, Sequential, load_digits, networks  # noqa: E402  # noqa: E402
from cnnlib.data.augment import Distort, sample  # noqa: E402
from cnnlib.nn.gradcheck import check_gradients  # noqa: E402
from cnnlib.nn.layers.base import Layer  # noqa: E402
from cnnlib.nn.training import evaluate, train  # noqa: E402

RESULTS = FOLDER / "results.json"
MARK = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- end -->)", re.S)
DIGITS = load_digits()
LOSS = CrossEntropyLoss()


def trained(x, y, seed=0, epochs=10, augment=None, rate=0.05, model=None):
    """Return a network trained on images, and its test accuracy after each epoch."""
    rng = np.random.default_rng(seed)
    model = model(rng) if model else networks.digits_cnn(rng)
    options = {"epochs": 1, "batch_size": 32, "augment": augment, "rng": rng}
    optimizer, curve = SGD(rate, momentum=0.9), []
    for _ in range(epochs):
        for _ in train(model, LOSS, optimizer, x, y, **options):
            pass
        curve.append(evaluate(model, LOSS, DIGITS.x_test, DIGITS.y_test).accuracy)
    return model, np.array(curve)


def percent(shares):
    """A mean in per cent with its spread over seeds; without a spread of a single number."""
    shares = 100 * np.atleast_1d(shares)
    return f"{shares.mean():.1f}" + (f" ± {shares.std(ddof=1):.1f}" if len(shares) > 1 else "")


def turned(images, degrees):
    """Images turned about their centre."""
    size = images.shape[-1]
    row, column = np.mgrid[:size, :size] - (size - 1) / 2
    angle = np.deg2rad(degrees)
    down = np.cos(angle) * row - np.sin(angle) * column - row
    right = np.sin(angle) * row + np.cos(angle) * column - column
    count = len(images)
    return sample(
        images, np.broadcast_to(down, (count, size, size)), np.broadcast_to(right, (count, size, size))
    )


def turned_digits():
    """How far may a digit be turned?"""
    angles = (0, 15, 30, 45, 60, 90)
    tests = {angle: turned(DIGITS.x_test, angle).astype(np.float32) for angle in angles}

    def read(model):
        return [evaluate(model, LOSS, tests[angle], DIGITS.y_test).accuracy for angle in angles]

    x, y = DIGITS.x_train, DIGITS.y_train
    plain = np.array([read(trained(x, y, seed)[0]) for seed in range(5)])
    helped = np.array([read(trained(x, y, seed, 20, Distort(rotate=45))[0]) for seed in range(5)])
    control = np.array([read(trained(x, y, seed, 20)[0]) for seed in range(5)])
    rows = [["turned by"] + [f"{angle}°" for angle in angles]]
    rows.append(["weak: one seed, two angles", percent(plain[0, 0]), "", "", "", "", percent(plain[0, 5])])
    rows.append(["middling: one seed", *(percent(share) for share in plain[0])])
    rows.append(["good: five seeds", *(percent(plain[:, k]) for k in range(6))])
    rows.append(["good: turned while training, 20 epochs", *(percent(helped[:, k]) for k in range(6))])
    rows.append(["good: control, 20 epochs, not turned", *(percent(control[:, k]) for k in range(6))])
    return rows


def how_many_images():
    """How many images are enough?"""
    sizes, shares = (45, 90, 180, 360, 720, 1437), []
    for size in sizes:
        for seed in range(5):
            chosen = np.random.default_rng(100 + seed).permutation(1437)[:size]
            epochs = max(
                10, round(10 * 1437 / size / 2)
            )  # small sets get more epochs, so that all have learned
            shares.append(trained(DIGITS.x_train[chosen], DIGITS.y_train[chosen], seed, epochs)[1][-1])
    wrong = 1 - np.array(shares).reshape(len(sizes), 5)
    fit = np.polyfit(np.log(sizes[:4]), np.log(wrong[:4].mean(1)), 1)
    told = np.exp(np.polyval(fit, np.log(sizes)))
    rows = [["images", *map(str, sizes)]]
    rows.append(
        ["weak: wrong %, one seed, two sizes", percent(wrong[0, 0]), "", "", "", "", percent(wrong[5, 0])]
    )
    rows.append(["middling: wrong %, one seed", *(percent(w[0]) for w in wrong)])
    rows.append(["good: wrong %, five seeds", *(percent(w) for w in wrong)])
    rows.append(["good: foretold from the first four", *(percent(t) for t in told)])
    return rows


def wrong_labels():
    """What do wrong labels do?"""
    shares, rows = (0.0, 0.1, 0.2, 0.4), [["labels wrong", "0 %", "10 %", "20 %", "40 %"]]
    last, best, known = [], [], []
    for share in shares:
        for seed in range(5):
            rng = np.random.default_rng(200 + seed)
            labels = DIGITS.y_train.copy()
            hit = rng.permutation(1437)[: round(share * 1437)]
            labels[hit] = (labels[hit] + rng.integers(1, 10, len(hit))) % 10
            model, curve = trained(DIGITS.x_train, labels, seed, epochs=40)
            last.append(curve[-1])
            best.append(curve[7])  # after 8 epochs, a number that was chosen before the test images were seen
            known.append(evaluate(model, LOSS, DIGITS.x_train, labels).accuracy)
    last, best, known = (np.array(values).reshape(4, 5) for values in (last, best, known))
    rows.append(["weak: test %, one seed, 40 epochs", percent(last[0, 0]), "", "", percent(last[3, 0])])
    rows.append(["middling: test %, one seed, 40 epochs", *(percent(v[0]) for v in last)])
    rows.append(["good: test %, five seeds, 40 epochs", *(percent(v) for v in last)])
    rows.append(["good: test %, stopped after 8 epochs", *(percent(v) for v in best)])
    rows.append(["good: the given labels learned, %", *(percent(v) for v in known)])
    return rows


class AveragePool(Layer):
    """The mean of each 2x2 window; `fault` is the mistake of the sample: the whole gradient to each pixel."""

    def __init__(self, fault=False):
        super().__init__()
        self.share = 1.0 if fault else 0.25

    def _forward(self, x, training):
        n, c, h, w = x.shape
        return x.reshape(n, c, h // 2, 2, w // 2, 2).mean((3, 5)), None

    def _backward(self, dy, cache):
        return self.share * dy.repeat(2, 2).repeat(2, 3)


def with_average(fault):
    """A small network with two average poolings."""

    def make(rng):
        layers = [
            Conv2d(1, 8, 3, padding=1, rng=rng),
            ReLU(),
            AveragePool(fault),
            Conv2d(8, 16, 3, padding=1, rng=rng),
        ]
        return Sequential([*layers, ReLU(), AveragePool(fault), Flatten(), Linear(64, 10, rng=rng)])

    return make


def own_layer():
    """A layer of one's own, with its backward."""
    x, y = DIGITS.x_train, DIGITS.y_train
    image = np.random.default_rng(0).normal(size=(2, 3, 4, 6))
    rows = [["", "relative error of the gradient", "test % after 10 epochs"]]
    for words, fault, seeds, rate in (
        ("weak: never compared, one seed (all of the gradient to each pixel)", True, 1, 0.02),
        ("middling: compared for one input, one seed", False, 1, 0.02),
        ("good: compared, five seeds", False, 5, 0.02),
        ("good: the fault planted, five seeds", True, 5, 0.02),
        ("good: the right layer at a rate of 0.1, five seeds", False, 5, 0.1),
    ):
        error = check_gradients(AveragePool(fault), image, np.random.default_rng(1))["x"]
        shares = [trained(x, y, seed, rate=rate, model=with_average(fault))[1][-1] for seed in range(seeds)]
        rows.append([words, f"{error:.0e}" if error < 0.01 else f"{error:.2f}", percent(shares)])
    return rows


def rare_digit():
    """A digit that is rare while training."""
    keep = np.flatnonzero(DIGITS.y_train != 8)
    eights = np.flatnonzero(DIGITS.y_train == 8)
    test8 = DIGITS.y_test == 8
    found = {name: [] for name in ("plain", "more often", "distorted")}
    for seed in range(5):
        few = np.random.default_rng(300 + seed).permutation(eights)[:7]
        sets = {"plain": few, "more often": np.tile(few, 20), "distorted": np.tile(few, 20)}
        for name, chosen in sets.items():
            order = np.concatenate([keep, chosen])
            augment = Distort(shift=0.5, rotate=10, scale=0.1) if name == "distorted" else None
            model, curve = trained(DIGITS.x_train[order], DIGITS.y_train[order], seed, 15, augment)
            guesses = model.predict(DIGITS.x_test)
            called = guesses == 8
            found[name].append(
                [curve[-1], (guesses[test8] == 8).mean(), test8[called].mean() if called.any() else 0]
            )
    found = {name: np.array(values) for name, values in found.items()}
    rows = [["", "all test images right %", "eights found %", "right when it says 8 %"]]
    rows.append(["weak: one seed", percent(found["plain"][0, 0]), "", ""])
    rows.append(["middling: one seed", *(percent(v) for v in found["plain"][0])])
    for name, words in (
        ("plain", "seven eights"),
        ("more often", "each shown 20 times"),
        ("distorted", "20 times, distorted"),
    ):
        rows.append([f"good: five seeds, {words}", *(percent(found[name][:, k]) for k in range(3))])
    return rows


PROJECTS = {
    each.__name__: each for each in (turned_digits, how_many_images, wrong_labels, own_layer, rare_digit)
}


def table(rows):
    """Rows as a Markdown table, the first one its head."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]) + "\n"


def filled(text, results):
    """Return a page with its tables as measured."""
    return MARK.sub(lambda m: m[1] + table(results[m[2]]) + m[3], text)


def main(arguments):
    """Measure and write, or compare; return 1 if a page differs."""
    if "--check" not in arguments:
        results = {name: measure() for name, measure in PROJECTS.items()}
        RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    results, differ = json.loads(RESULTS.read_text("utf-8")), []
    for path in sorted(FOLDER.glob("[0-9]*.md")):
        text = path.read_text("utf-8")
        if filled(text, results) != text:
            differ.append(path.name)
            if "--check" not in arguments:
                path.write_text(filled(text, results), encoding="utf-8", newline="\n")
    print(f"{'differ' if '--check' in arguments else 'written'}: {', '.join(differ) or 'none'}")
    return int("--check" in arguments and bool(differ))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
