"""How fast cnnlib trains, beside PyTorch, im2col, loops and the machine's own peak.

``python benchmarks/engine.py`` takes about five minutes and writes ``results/engine.md`` and a picture.
Needs PyTorch (``pip install torch``, the CPU build) for the comparison; without it the rest is measured.

Every contestant lives in a process of its own and stays; all take turns in short slices, so that
whatever else happens on the machine happens to all of them. A ratio is formed within each turn; what
is reported is its median and quartiles over the turns. Before anything is timed, outputs, losses and all
gradients must agree.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from engine_cases import LAYERS

HERE = Path(__file__).parent
REFERENCE = "PyTorch, 2 threads"
NAMES = [REFERENCE, "PyTorch, 1 thread", "cnnlib, fast", "cnnlib, readable", "im2col (CS231n manner)"]
STEPS = ["step/W1", "step/W2", "step/W3"]
CASES = [*STEPS, "inference/W2", "epoch/W1", *(f"layer/{name}" for name in LAYERS)]


class Worker:
    """A contestant's process."""

    def __init__(self, name, keep_environment=False):
        self.name = name
        environment = dict(os.environ, PYTHONPATH=str(HERE.parent))
        if not keep_environment:
            # let OpenBLAS find out the processor by itself, as it does on a reader's machine
            environment.pop("OPENBLAS_CORETYPE", None)
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "engine_worker.py"), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip

    def ask(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended in {order}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def check_agreement(case, workers, folder):
    """Prepare a case everywhere and compare outputs, losses and gradients; raises if any are apart."""
    answers = {}
    for worker in workers:
        path = str(Path(folder) / "answers.npz")
        worker.ask(do="prepare", case=case, path=path)
        with np.load(path) as file:
            answers[worker.name] = [file[name] for name in file.files]
    first = next(iter(answers))
    for name, found in answers.items():
        for ours, theirs in zip(found, answers[first], strict=True):
            apart = np.abs(ours - theirs).max() / max(np.abs(theirs).max(), 1e-6)
            if not apart < 1e-3:
                raise SystemExit(f"{case}: {name} and {first} are {apart:.1e} apart")


def measure(case, workers, turns, seconds, folder):
    """Median durations and, turn by turn, ratios to the reference: {name: (ms, quartiles of the ratio)}."""
    workers = [w for w in workers if can(w.name, case)]
    check_agreement(case, workers, folder)
    for worker in workers:
        worker.ask(do="time", seconds=seconds)  # not counted
    times = {worker.name: [] for worker in workers}
    for _ in range(turns):
        for worker in workers:
            times[worker.name].append(np.median(worker.ask(do="time", seconds=seconds)) * 1e3)
    reference = np.array(times.get(REFERENCE, times["cnnlib, readable"]))
    return {
        name: {"ms": float(np.median(t)), "ratio": np.percentile(t / reference, [25, 50, 75]).tolist()}
        for name, t in times.items()
    }


def can(name, case):
    """Whether a contestant takes part in a case."""
    if "CS231n" in name:
        return case in STEPS or case.startswith("layer/conv") or case == "inference/W2"
    return name != "loops" or case == "step/W1"


def memory(names, keep_environment):
    """Growth of the peak memory over five steps, in MB, each in a fresh process."""
    found = {}
    for case in STEPS:
        for name in names:
            worker = Worker(name, keep_environment)
            found[f"{case} {name}"] = worker.ask(do="memory", case=case) / 1e6
            worker.close()
    return found


def peaks(keep_environment):
    """GFLOP/s of NumPy's BLAS on one and two threads."""
    worker = Worker("cnnlib, readable", keep_environment)
    found = [worker.ask(do="peak", threads=threads) for threads in (1, 2)]
    worker.close()
    return found


def import_cost():
    """Milliseconds that ``import cnnlib`` takes beyond NumPy's own import: the median of 15 processes."""
    code = ("import time, numpy; t = time.perf_counter(); import cnnlib;"
            "print((time.perf_counter() - t) * 1e3)")  # fmt: skip
    environment = dict(os.environ, PYTHONPATH=str(HERE.parent))
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
            for _ in range(15)]  # fmt: skip
    return float(np.median([float(run.stdout) for run in runs]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=25, help="turns of each case")
    parser.add_argument("--seconds", type=float, default=0.1, help="length of a slice")
    parser.add_argument("--only", nargs="*", default=[""], help="only cases whose names contain one of these")
    parser.add_argument("--keep-environment", action="store_true", help="do not unset OPENBLAS_CORETYPE")
    parser.add_argument("--results", type=Path, default=HERE / "results")
    options = parser.parse_args()
    names = NAMES if importlib.util.find_spec("torch") else NAMES[2:]
    keep = options.keep_environment
    workers = [Worker(name, keep) for name in names]
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            if not any(part in case for part in options.only):
                continue
            found[case] = measure(case, workers, options.turns, options.seconds, folder)
            row = ", ".join(f"{n} {v['ms']:.2f} ms ({v['ratio'][1]:.2f})" for n, v in found[case].items())
            print(f"{case}: {row}", flush=True)
    for worker in workers:
        worker.close()
    if options.only == [""]:
        import engine_report

        extra = {"memory": memory(names, keep), "peaks": peaks(keep), "import": import_cost()}
        engine_report.write(found, extra, options.results)


if __name__ == "__main__":
    main()
