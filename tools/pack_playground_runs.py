"""Pack recorded runs of TensorFlow Playground into the small file that the tests read.

    python tools/pack_playground_runs.py FOLDER tests/playground/runs.npz

FOLDER holds one JSON file a run, recorded from the unmodified engine of TensorFlow Playground
(https://github.com/tensorflow/playground, commit 02469bd, Apache-2.0): settings, points, weights and
losses by epoch. Of each run this keeps what the tests compare, in full precision.
"""

import json
import sys
from pathlib import Path

import numpy as np


def flat(network):
    """Weights, layer by layer and row by row, then biases, as one array."""
    parts = [np.ravel(part) for part in (*network["weights"], *network["biases"])]
    return np.concatenate(parts).astype(np.float64)


def pack(run):
    """Return the arrays of one run."""
    steps, last = run["first_steps"], run["final"]
    left = steps["leftover_after_epoch_1"]
    first = steps["sample_0"]
    columns = ("epoch", "train_loss", "test_loss", "dead_links")
    return {
        "config": np.array(json.dumps(run["config"])),
        "url_hash": np.array(run["url_hash"]),
        "train": np.array(run["train"], dtype=np.float64),
        "test": np.array(run["test"], dtype=np.float64),
        "initial": flat(run["initial"]),
        "gradient_of_sample_0": flat({"weights": first["dE_dw"], "biases": first["dE_db"]}),
        "after_first_update": flat(steps["after_first_update"]),
        "after_epoch_1": flat(steps["after_epoch_1"]),
        "leftover": flat({"weights": left["acc_w"], "biases": left["acc_b"]}),
        "leftover_count": np.array(left["count"]),
        "after_first_update_of_epoch_2": flat(steps["after_first_update_of_epoch_2"]),
        "trajectory": np.array([[row[name] for name in columns] for row in run["trajectory"]]),
        "final": flat(last),
        "final_dead": np.concatenate([np.ravel(layer) for layer in last["dead"]]).astype(bool),
        "grid_axis": np.array(run["grid_axis"], dtype=np.float64),
        "initial_grid": np.array(run["initial_grid"], dtype=np.float64),
        "final_grid": np.array(run["final_grid"], dtype=np.float64),
    }


def main(folder, target):
    """Pack every run of `folder` into `target`."""
    arrays = {}
    for path in sorted(Path(folder).glob("*.json")):
        run = json.loads(path.read_text(encoding="utf-8"))
        arrays |= {f"{path.stem}/{key}": value for key, value in pack(run).items()}
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(target, **arrays)
    print(f"{target}: {len(arrays)} arrays, {Path(target).stat().st_size} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
