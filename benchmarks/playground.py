"""Speed of the playground's engine beside loops, plain NumPy and JavaScript, the original's own among it.

    python -m benchmarks.playground [--original nn.js] [--write]

Epochs a second of several ways to train the same network by the same rules, for the page's default (a:
2-4-2-1), the spirals with 8,8 (b) and all seven features with 8,8,8 (c), batches of 10 from 250 points.
Rounds alternate between the ways, and what counts is the median of the ratios within a round: the
machine may be busy. All ways must first agree in their losses, to 1e-12. JavaScript needs ``node``;
without it the rest is still measured. With `--write` the tables replace those in `results/playground.md`.

The engine of the original page is no part of this project. To measure it too, compile it from a copy
(complaints about types do no harm, the file is written nevertheless), and name the file::

    git clone https://github.com/tensorflow/playground
    npx --package typescript tsc --target ES2016 --module commonjs --outDir js playground/src/nn.ts
    python -m benchmarks.playground --original js/nn.js
"""

import argparse
import contextlib
import shutil
import time
from pathlib import Path

import numpy as np

from benchmarks.playground_report import pages, report
from benchmarks.playground_ways import JavaScript, Loop, Vectorised
from cnnlib.playground import FEATURES, Ensemble, Playground

CASES = {
    "a": {"seed": "0.12345"},
    "b": {"dataset": "spiral", "network_shape": (8, 8), "seed": "0.50025"},
    "c": {"dataset": "spiral", "network_shape": (8, 8, 8), "features": FEATURES, "seed": "0.50025"},
}
SEEDS = [f"{0.5 + i / 1e5:.5f}" for i in range(30)]
AFTER = {
    "training": "",
    "losses": ", losses",
    "page": ", page",
}  # what each epoch computes: end of a row's name


def rate(step, seconds):
    """Calls of `step` a second, after one to warm up."""
    step()
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        step()
        count += 1
    return count / (time.perf_counter() - start)


def stepper(playground, after):
    """One epoch and what is computed after it: nothing, both losses, or the map of every node as well."""

    def with_losses():
        playground.step()
        playground.evaluate()

    def with_page():
        with_losses()
        playground.node_maps()

    return {"training": playground.step, "losses": with_losses, "page": with_page}[after]


def check(case, engines):
    """All ways must agree before any is timed."""
    ours = Playground(CASES[case])
    others = [Loop(ours), Vectorised(ours)]
    ours.step(5)
    for other in others:
        for _ in range(5):
            other.step()
        assert abs(other.train_loss() - ours.train_loss) < 1e-12, (case, type(other).__name__)
    for name, engine in engines.items():
        found = engine.losses(5)
        assert np.allclose(found, [ours.train_loss, ours.test_loss], rtol=0, atol=1e-12), (case, name)


def measure_round(case, engines, seconds):
    """Epochs a second by way, each measured once."""
    fresh = Playground(CASES[case])
    found = {"loop": rate(Loop(fresh).step, seconds), "plain NumPy": rate(Vectorised(fresh).step, seconds)}
    for after, ending in AFTER.items():
        found["engine" + ending] = rate(stepper(Playground(CASES[case]), after), seconds)
        for name, engine in engines.items():
            found[name + ending] = engine.rate(seconds, after)
    found["30 seeds"] = 30 * rate(Ensemble(CASES[case], seeds=SEEDS).step, seconds)
    return found


def measure(case, original, rounds, seconds):
    """Rounds of one case; the JavaScript engines live as long as they are asked."""
    playground = Playground(CASES[case])
    with contextlib.ExitStack() as stack:
        engines = {}
        if shutil.which("node"):
            engines["objects"] = stack.enter_context(JavaScript(playground, "playground_objects.mjs"))
            if original:
                driven = JavaScript(playground, "playground_original.mjs", original)
                engines["original"] = stack.enter_context(driven)
        check(case, engines)
        return [measure_round(case, engines, seconds) for _ in range(rounds)]


def title(case):
    return f"{case}: " + "-".join(map(str, Playground(CASES[case]).config.layer_sizes))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--original", type=Path, metavar="NN.JS", help="the original's engine, compiled")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.4, help="of each way in each round")
    parser.add_argument("--write", action="store_true", help="keep the results in results/playground.md")
    options, found = parser.parse_args(), {}
    if options.original and not options.original.is_file():
        parser.error(f"--original must name a compiled nn.js, got {options.original}")
    for case in CASES:
        found[title(case)] = measure(case, options.original, options.rounds, options.seconds)
        report(title(case), found[title(case)])
    if options.write:
        Path(__file__).with_name("results").joinpath("playground.md").write_text(pages(found), "utf-8")


if __name__ == "__main__":
    main()
