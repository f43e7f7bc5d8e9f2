"""Test error on MNIST of the course's networks, beside published figures and PyTorch's speed.

    python -m benchmarks.accuracy --folder data/mnist          train what is missing, then write the table
    python -m benchmarks.accuracy --folder data/mnist --only lenet5 --seeds 0
    python -m benchmarks.accuracy --folder data/mnist --speed  measure the speed of all again

Every network is trained anew for each seed, for a fixed number of epochs; the test images are looked at once,
after the last step. An interrupted run goes on from its checkpoint. Results are kept in
``benchmarks/results/accuracy.json``, the table in ``accuracy.md`` beside it.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np

from cnnlib.data import ASSETS, load_mnist
from cnnlib.networks import recipes
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import evaluate, train_step

RESULTS = Path(__file__).parent / "results"
SEEDS = (0, 1, 2)
LECUN = "LeCun et al., Proc. IEEE 1998"
RUNS = {  # name: (recipe, what it is, published test error in %, where)
    "lenet5": (recipes.LENET5, "LeNet-5", 0.95, LECUN),
    "lenet5_distorted": (recipes.LENET5_DISTORTED, "LeNet-5, distorted images", 0.8, LECUN),
    "two_conv": (recipes.TWO_CONV, "2 convolutions, below 100,000", 0.8, "99.2 %, the aim set here"),
    "compact_cnn": (recipes.COMPACT_CNN, "below 20,000 weights", 0.7, "99.3 %, the aim set here"),
}


def run(name, seed, split, checkpoint):
    """Train one network with one seed; return its row of results."""
    recipe = RUNS[name][0]
    model, history = recipe.fit(split, seed, checkpoint=checkpoint, progress=False)
    result = evaluate(model, CrossEntropyLoss(), split.x_test, split.y_test)
    checkpoint.unlink()
    return {
        "error": round(100 * (1 - result.accuracy), 2),
        "loss": round(result.loss, 5),
        "training_loss": round(history.epoch_loss[-1], 5),
        "epochs": recipe.epochs,
        "parameters": model.num_parameters,
    }


def speed(name, split, blocks=10, steps=6, warm=2):
    """Seconds of a training step in blocks of steps, in turn with PyTorch's on one and on two threads.

    The first steps of a block are not counted: they wake threads, and another library's have to fall asleep.
    """
    import torch

    from cnnlib.saving import to_torch

    recipe = RUNS[name][0]
    x, y = split.x_train[: recipe.batch_size], split.y_train[: recipe.batch_size]
    model, loss, optimizer = recipe.make_model(0), CrossEntropyLoss(), SGD(0.01, momentum=0.9)
    network = to_torch(model).train()
    theirs = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    xt, yt = torch.from_numpy(x), torch.from_numpy(y)

    def torch_step():
        theirs.zero_grad()
        torch.nn.functional.cross_entropy(network(xt), yt).backward()
        theirs.step()

    ways = {"cnnlib": lambda: train_step(model, loss, optimizer, x, y), "torch_1": torch_step}
    ways["torch_2"] = torch_step
    times = {way: [] for way in ways}
    for _ in range(blocks):
        for way, step in ways.items():
            torch.set_num_threads(2 if way == "torch_2" else 1)
            times[way].append(statistics.median([_seconds(step) for _ in range(steps)][warm:]))
    return _speed_row(times, -(-len(split.x_train) // recipe.batch_size))


def _seconds(step):
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def _speed_row(times, steps_an_epoch):
    """Seconds an epoch of each, and the median ratio of blocks taken one right after the other."""
    ours = np.array(times["cnnlib"])
    best = np.minimum(times["torch_1"], times["torch_2"])
    row = {f"epoch_{name}": round(statistics.median(t) * steps_an_epoch, 2) for name, t in times.items()}
    return row | {"ratio_to_faster_torch": round(float(np.median(ours / best)), 2)}


def table(results):
    """The Markdown table of all results; error as mean and standard deviation over the seeds."""
    lines = [
        "| network | weights | epochs | test error % (3 seeds) | published % | s an epoch: cnnlib"
        " | PyTorch, 1 and 2 threads | ratio to the faster |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, (_, title, published, where) in RUNS.items():
        rows = [row for key, row in results["runs"].items() if key.rsplit("-", 1)[0] == name]
        if not rows:
            continue
        errors, pace = [row["error"] for row in rows], results["speed"].get(name)
        spread = f" ± {statistics.stdev(errors):.2f}" if len(errors) > 1 else ""
        each = ", ".join(f"{error:.2f}" for error in errors)
        seconds = (
            f"{pace['epoch_cnnlib']:.1f} | {pace['epoch_torch_1']:.1f} and {pace['epoch_torch_2']:.1f}"
            f" | {pace['ratio_to_faster_torch']:.2f}"
            if pace
            else "- | - | -"
        )
        lines.append(
            f"| {title} | {rows[0]['parameters']:,} | {rows[0]['epochs']}"
            f" | **{statistics.mean(errors):.2f}{spread}** ({each}) | {published} ({where}) | {seconds} |"
        )
    return "\n".join(lines) + "\n\n" + NOTE


NOTE = """\
Written by `python -m benchmarks.accuracy`. Error: share of the 10,000 test images, at the end of the last
epoch; mean and standard deviation over the seeds, in brackets each of them. The settings were fixed after
trial runs, which showed test errors too; no later run was left out.
Seconds an epoch: median training step (forward, loss, backward,
SGD with momentum, batch 64) times the steps of an epoch, in blocks taken in turn with PyTorch's in one
process; distortion and loading are not in it. The ratio is the median over neighbouring blocks, to PyTorch
with the number of threads that was faster; below 1 is faster than PyTorch. Measured on a machine that was
busy with other work: the seconds are not the best possible, and the ratio is worth more than they are.
"""


def load_results(path):
    return json.loads(path.read_text()) if path.is_file() else {"runs": {}, "speed": {}}


def keep(path, kind, name, row):
    """Add one row to the file of results, which other processes may write to as well."""
    results = load_results(path)
    results[kind][name] = row
    results[kind] = dict(sorted(results[kind].items()))
    path.write_text(json.dumps(results, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", help="where MNIST's four files lie")
    parser.add_argument("--only", nargs="*", default=list(RUNS), choices=list(RUNS))
    parser.add_argument("--seeds", nargs="*", type=int, default=list(SEEDS))
    parser.add_argument("--speed", action="store_true", help="measure the speed again")
    options = parser.parse_args()
    split, path = load_mnist(options.folder), RESULTS / "accuracy.json"
    RESULTS.mkdir(exist_ok=True)
    for name in options.only:
        for seed in options.seeds:
            if f"{name}-{seed}" not in load_results(path)["runs"]:
                row = run(name, seed, split, RESULTS / f"{name}-{seed}.checkpoint.npz")
                print(name, seed, row, flush=True)
                keep(path, "runs", f"{name}-{seed}", row)
        if options.speed or name not in load_results(path)["speed"]:
            keep(path, "speed", name, speed(name, split))
    for folder in (RESULTS, ASSETS):  # notebook 11 shows the second, which comes along with the package
        (folder / "accuracy.md").write_text(table(load_results(path)), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
