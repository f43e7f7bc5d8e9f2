"""How many machines a lecture needs, from what was measured with twenty learners on one server."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from tools.teaching.lessons import ROOT

MEASURED = ROOT / "benchmarks" / "results" / "class_server.json"
GUARANTEE_GB = 0.5  # as in teaching/jupyterhub/values.yaml: a server and a kernel, and a second notebook's
SYSTEM_GB, SYSTEM_CORES = 4, 0.5  # what Kubernetes and the system keep of a machine; planned, not measured


@dataclass(frozen=True)
class Need:
    """What so many learners need.

    Attributes
    ----------
    machines : int
        Machines for the learners, the hub's own apart.
    by_memory, by_cores : int
        How many machines memory alone would ask for, and cores alone when all drag without a pause.
    start_s : float
        Seconds of work for all cores together when everybody presses Start at once.
    """

    machines: int
    by_memory: int
    by_cores: int
    start_s: float


def need(learners: int, cores: int = 8, memory_gb: float = 32) -> Need:
    """Return what a lecture needs on machines of some cores and memory.

    >>> need(500).machines
    9
    """
    load = json.loads(MEASURED.read_text("utf-8"))["load"]
    a_learner = load["cores"]["storm"] / (load["learners"] - 1)
    by_memory = math.ceil(learners / math.floor((memory_gb - SYSTEM_GB) / GUARANTEE_GB))
    by_cores = math.ceil(learners * a_learner / (cores - SYSTEM_CORES))
    machines = max(by_memory, by_cores)
    return Need(
        machines, by_memory, by_cores, learners * load["cpu_to_ready_s"] / (machines * (cores - SYSTEM_CORES))
    )
