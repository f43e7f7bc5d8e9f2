"""The capstone of notebook 11: the best network within 20,000 weights and 10 epochs, scored by oneself.

Everybody trains on the same 1,437 digits and is scored on the same 360. Results are kept in one JSON file on
this computer and sent nowhere.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from cnnlib.checks.progress import progress_file
from cnnlib.data import load_digits
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.training import evaluate, train

MOST_WEIGHTS, EPOCHS, SEEDS = 20_000, 10, (0, 1, 2)


class Table:
    """Results so far, best first; shows itself as text, and as a picture by ``plot()``."""

    def __init__(self, rows):
        self.rows = sorted(rows, key=lambda row: (-row["mean"], row["weights"]))

    def __repr__(self):
        if not self.rows:
            return "no result yet"
        lines = [f"{'':<24}{'weights':>8}{'test %':>16}"]
        for row in self.rows:
            share = f"{100 * row['mean']:.2f} ± {100 * row['spread']:.2f}"
            lines.append(f"{row['name'][:23]:<24}{row['weights']:>8,}{share:>16}")
        looks = "1 look" if len(self.rows) == 1 else f"{len(self.rows)} looks"
        return "\n".join([*lines, f"{looks} at the test images"])

    def plot(self, ax=None):
        """Draw mean and spread of the test accuracy against the number of weights."""
        import matplotlib.pyplot as plt  # loaded here: the numerics of cnnlib know of no picture

        if ax is None:
            _, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
        for row in self.rows:
            ax.errorbar(row["weights"], 100 * row["mean"], 100 * row["spread"], fmt="o", color="#0072B2")
            ax.annotate(row["name"], (row["weights"], 100 * row["mean"]), (6, 4), textcoords="offset points")
        ax.axvline(MOST_WEIGHTS, color="#D55E00", linestyle="--", label="most weights allowed")
        ax.set(xlabel="weights", ylabel="test images right (%)", title="Capstone", xscale="log")
        ax.legend(loc="upper center")  # the points stand left of the line, and have error bars
        return ax


def results_file():
    """Where results are kept, beside the exercises' progress; None if that is switched off."""
    path = progress_file()
    return None if path is None else path.with_name(".capstone.json")


def results():
    """All results kept on this computer.

    Returns
    -------
    Table

    Examples
    --------
    >>> Table([])
    no result yet
    """
    try:
        return Table(json.loads(results_file().read_text(encoding="utf-8"))["results"])
    except (AttributeError, OSError, ValueError, KeyError, TypeError):
        return Table([])


def score(name, make_model, make_optimizer, *, batch_size=32, schedule=None, augment=None):
    """Train a network for the fixed 10 epochs with three seeds and score it on the fixed test images.

    Parameters
    ----------
    name : str
        What to call it in the table; a result of that name is replaced.
    make_model : callable
        ``make_model(rng) -> Sequential`` of at most 20,000 weights.
    make_optimizer : callable
        ``make_optimizer() -> Optimizer``
    batch_size, schedule, augment
        As for `cnnlib.nn.training.train`.

    Returns
    -------
    Table
        All results, this one included.

    Raises
    ------
    ValueError
        If the network has too many weights.
    """
    digits, loss, accuracies = load_digits(), CrossEntropyLoss(), []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        model = make_model(rng)
        if model.num_parameters > MOST_WEIGHTS:
            raise ValueError(
                f"make_model must give at most {MOST_WEIGHTS:,} weights, got {model.num_parameters:,}"
            )
        options = {"batch_size": batch_size, "schedule": schedule, "augment": augment, "rng": rng}
        for _ in train(
            model, loss, make_optimizer(), digits.x_train, digits.y_train, epochs=EPOCHS, **options
        ):
            pass
        accuracies.append(evaluate(model, loss, digits.x_test, digits.y_test).accuracy)
    row = {
        "name": str(name),
        "weights": model.num_parameters,
        "mean": float(np.mean(accuracies)),
        "spread": float(np.std(accuracies, ddof=1)),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return _keep(row)


def _keep(row):
    """Add a row to the file, if one is kept, and return the table."""
    rows = [other for other in results().rows if other["name"] != row["name"]] + [row]
    path = results_file()
    if path is not None and Path.cwd().name != "solutions":
        beside = path.with_name(f"{path.name}.{os.getpid()}.part")
        beside.write_text(json.dumps({"version": 1, "results": rows}, indent=1), encoding="utf-8")
        os.replace(beside, path)
    return Table(rows)
