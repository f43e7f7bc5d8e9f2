"""On which family of processors something was measured; results of several of them in one file.

NumPy's BLAS chooses its kernels by what the processor can do. Those with AVX-512 multiply up to twice as many
numbers at once as those with AVX2, so what holds on one family need not hold on the other. A benchmark's file
of results therefore keeps the last run of each family, and its table shows them all, each with its date.
"""

import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

FAMILIES = {
    "SkylakeX": "AVX-512",
    "Cooperlake": "AVX-512",
    "SapphireRapids": "AVX-512",
    "Haswell": "AVX2",
    "Zen": "AVX2",
}


def clean(environment):
    """A copy of the variables without those that tell OpenBLAS which processor it has."""
    return {name: value for name, value in environment.items() if not name.startswith("OPENBLAS_")}


def here(environment):
    """This machine, as a process with these variables sees it.

    Returns
    -------
    dict
        ``family``, a value of FAMILIES or the name of other kernels; ``processor``, ``cores``, ``python``,
        ``numpy``, ``blas`` in words; ``date``, that of today.
    """
    command = [sys.executable, __file__]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout)


def keep(path, run):
    """Put a run, a dict whose ``machine`` is what `here` gave, in the place of its family's last; return all.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for family, seconds in [("AVX2", 3), ("AVX-512", 2), ("AVX2", 4)]:
    ...         runs = keep(Path(folder) / "runs.json", {"machine": {"family": family}, "seconds": seconds})
    >>> [(family, run["seconds"]) for family, run in runs.items()]
    [('AVX-512', 2), ('AVX2', 4)]
    """
    runs = json.loads(path.read_text("utf-8")) if path.exists() else {}
    runs[run["machine"]["family"]] = run
    runs = dict(sorted(runs.items()))
    path.write_text(json.dumps(runs, indent=1) + "\n", "utf-8")
    return runs


def in_words(machine):
    """One sentence about the machine of a run.

    >>> in_words({"processor": "Some CPU", "cores": 2, "python": "3.11.7", "numpy": "2.4.6",
    ...           "blas": "openblas 0.3 (Zen kernels)", "date": "2026-11-27"})
    'Measured on 2026-11-27: Some CPU, 2 cores; Python 3.11.7, NumPy 2.4.6 with openblas 0.3 (Zen kernels).'
    """
    return (
        "Measured on {date}: {processor}, {cores} cores; Python {python}, NumPy {numpy} with {blas}.".format(
            **machine
        )
    )


def _processor():
    """The processor's name for itself."""
    described = Path("/proc/cpuinfo")
    for line in described.read_text("utf-8").splitlines() if described.exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _this_process():
    import numpy as np
    from threadpoolctl import threadpool_info

    blas = [found for found in threadpool_info() if found["user_api"] == "blas"]
    kernels = blas[0].get("architecture") if blas else None
    named = [f"{b['internal_api']} {b['version']} ({b.get('architecture')} kernels)" for b in blas]
    return {
        "family": FAMILIES.get(kernels, str(kernels)),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": ", ".join(named) or "its BLAS",
        "date": datetime.date.today().isoformat(),
    }


if __name__ == "__main__":
    print(json.dumps(_this_process()))
