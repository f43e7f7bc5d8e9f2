"""How fast cnnlib trains, beside PyTorch, im2col, loops and the machine's own peak.

``python benchmarks/engine.py`` takes about five minutes, keeps what it found in ``results/engine.json`` in
the place of the last run on this family of processors, and writes ``results/engine.md`` and a picture of all
of them. Needs PyTorch (``pip install torch``, the CPU build).

Every contestant lives in a process of its own and stays; all take turns in short slices, so that whatever
else happens on the machine happens to all of them. A ratio is formed within each turn, to PyTorch with the
number of threads that is the better one for the case; what is reported is its median and quartiles over the
turns. On Linux a turn in which other programs took more than a tenth of a core is done again, for as long as
patience lasts. Before anything is timed, outputs, losses and all gradients must agree.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from engine_cases import BUILT, LAYERS
from processors import clean, here

HERE = Path(__file__).parent
PYTORCH = ["PyTorch, 2 threads", "PyTorch, 1 thread"]
NAMES = [*PYTORCH, "cnnlib, fast", "cnnlib, readable", "im2col (CS231n manner)"]
STEPS = ["step/W1", "step/W2", "step/W3"]
CASES = [*STEPS, "inference/W2", "epoch/W1", *(f"layer/{name}" for name in (*LAYERS, *BUILT))]


def variables(keep_environment):
    """Those of a contestant: OpenBLAS finds out the processor by itself, as it does on a reader's machine."""
    return dict(os.environ if keep_environment else clean(os.environ), PYTHONPATH=str(HERE.parent))


class Worker:
    """A contestant's process."""

    def __init__(self, name, keep_environment=False):
        self.name = name
        environment = variables(keep_environment)
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "engine_worker.py"), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def ask(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended in {order}")
        return json.loads(line)

    def cpu_seconds(self):
        """Processor time of the process so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Quiet:
    """Tells whether a turn was disturbed by other programs; always content where /proc is not to be had."""

    def __init__(self, workers, patience):
        self.workers, self.end = workers, time.monotonic() + patience
        self.works = Path("/proc/stat").exists()

    def _state(self):
        busy = [int(v) for v in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
        everybody = (sum(busy[:8]) - busy[3] - busy[4]) / os.sysconf("SC_CLK_TCK")
        own = sum(os.times()[:2])
        return time.monotonic(), everybody - own - sum(worker.cpu_seconds() for worker in self.workers)

    def start(self):
        """Begin a turn, as soon as other programs leave the processor alone."""
        self.before = self._state() if self.works else None
        while self.works:
            time.sleep(0.2)
            if self.was():
                break
            self.before = self._state()
        self.before = self._state() if self.works else None

    def was(self):
        """Whether the time since `start` was quiet, or patience is at its end."""
        return self.silent() or time.monotonic() > self.end

    def silent(self):
        """Whether other programs took less than a tenth of a core."""
        if not self.works:
            return True
        (start, before), (now, after) = self.before, self._state()
        return after - before < 0.1 * (now - start) + 0.03


def check_agreement(case, workers, folder):
    """Prepare a case everywhere and compare outputs, losses and gradients; raises if any are apart.

    With dropout everybody draws masks of their own: there only the shapes are compared.
    """
    answers = {}
    for worker in workers:
        path = str(Path(folder) / "answers.npz")
        worker.ask(do="prepare", case=case, path=path)
        with np.load(path) as file:
            answers[worker.name] = [file[name] for name in file.files]
    first = next(iter(answers))
    for name, found in answers.items():
        for ours, theirs in zip(found, answers[first], strict=True):
            # by length, not number by number: where two pixels of a window are all but equal, the rounding
            # decides which is the maximum, and one gradient of thousands goes another way
            apart = np.linalg.norm(ours - theirs) / max(np.linalg.norm(theirs), 1e-6)
            if not apart < 1e-3 and "dropout" not in case:
                raise SystemExit(f"{case}: {name} and {first} are {apart:.1e} apart")


def measure(case, workers, folder, options, notes):
    """Median durations and, turn by turn, ratios to the reference: {name: {ms, cpu, quartiles of ratio}}."""
    quiet = Quiet(workers, options.patience)
    workers = [w for w in workers if can(w.name, case)]
    check_agreement(case, workers, folder)
    for worker in workers:
        worker.ask(do="time", seconds=options.seconds)  # not counted
    times, done = {worker.name: [] for worker in workers}, 0
    while done < options.turns:
        quiet.start()
        turn = {w.name: np.median(w.ask(do="time", seconds=options.seconds), axis=0) * 1e3 for w in workers}
        silent = quiet.silent()
        if silent or quiet.was():
            done += 1
            notes["quiet"].append(silent)
            for name, duration in turn.items():
                times[name].append(duration)
    times = {name: np.array(turns) for name, turns in times.items()}
    counts = int(options.processor_time)  # 0: wall clock, 1: processor time
    reference = min((times[name][:, counts] for name in PYTORCH if name in times), key=np.median)
    return {
        name: {
            "ms": float(np.median(wall)),
            "cpu": float(np.median(cpu)),
            "ratio": np.percentile((wall, cpu)[counts] / reference, [25, 50, 75]).tolist(),
        }
        for name, (wall, cpu) in ((name, turns.T) for name, turns in times.items())
    }


def can(name, case):
    """Whether a contestant takes part in a case."""
    if "CS231n" in name:
        described = case.startswith("layer/conv") and case.partition("/")[2] in LAYERS
        return case in STEPS or described or case == "inference/W2"
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
    """Processor milliseconds that ``import cnnlib`` takes beyond NumPy's own: the median of 15 processes."""
    code = "import time, numpy; t = time.process_time(); import cnnlib;print((time.process_time() - t) * 1e3)"
    environment = dict(os.environ, PYTHONPATH=str(HERE.parent))
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
        for _ in range(15)
    ]
    return float(np.median([float(run.stdout) for run in runs]))


def ask_fast(what, keep_environment):
    """What a process with the fast path answers: "overhead" of `fit`, or "threads", one beside two."""
    worker = Worker("cnnlib, fast", keep_environment)
    found = worker.ask(do=what)
    worker.close()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=25, help="turns of each case")
    parser.add_argument("--seconds", type=float, default=0.1, help="length of a slice")
    parser.add_argument("--patience", type=float, default=60, help="seconds to wait for quiet, each case")
    parser.add_argument("--only", nargs="*", default=[""], help="only cases whose names contain one of these")
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="compare processor time with PyTorch on one thread, for a machine that is never quiet",
    )
    parser.add_argument("--keep-environment", action="store_true", help="do not unset OPENBLAS_CORETYPE")
    parser.add_argument("--results", type=Path, default=HERE / "results")
    options = parser.parse_args()
    names = [name for name in NAMES if not (options.processor_time and name == PYTORCH[0])]
    keep = options.keep_environment
    workers = [Worker(name, keep) for name in names]
    found, notes = {}, {"quiet": []}
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            if not any(part in case for part in options.only):
                continue
            found[case] = measure(case, workers, folder, options, notes)
            row = ", ".join(
                f"{n} {v['ms']:.3f} ms ({v['ratio'][1]:.2f}; cpu {v['cpu']:.3f})"
                for n, v in found[case].items()
            )
            print(f"{case}: {row}", flush=True)
    for worker in workers:
        worker.close()
    if options.only == [""]:
        import engine_report

        run = {
            "machine": here(variables(keep)) | {"torch": version("torch"), "peaks": peaks(keep)},
            "found": found,
            "memory": memory(names, keep),
            "import": import_cost(),
            "fit": ask_fast("overhead", keep),
            "threads": ask_fast("threads", keep),
            "quiet": float(np.mean(notes["quiet"])),
        }
        engine_report.keep_and_write(run, options.processor_time, options.results)


if __name__ == "__main__":
    main()
