"""A class on one JupyterHub: memory and cores a learner, sliders under load, nothing lost by a stop.

Starts a JupyterHub on this machine alone (`docs/jupyterhub_config.py`, learners that are folders) and gives
it a class. Each learner opens notebook 04, runs all of it and moves its sliders. Most learners have no page:
they speak the page's protocol (`class_learner.py`). One has a real Chromium.

    python benchmarks/class_server.py load      memory, time until all are ready, sliders under load
    python benchmarks/class_server.py mnist     the same with notebook 00, which trains on all of MNIST
    python benchmarks/class_server.py mnist --alone      the same, each kernel with images of its own
    python benchmarks/class_server.py restart   a server stopped in the middle of a training
    python benchmarks/class_server.py alone     one learner with `python3 course.py`
    python benchmarks/class_server.py report    write results/class_server.md from what was measured

`--hub PYTHON` names a Python that has JupyterHub and the course, `--proxy PROGRAM` the
configurable-http-proxy (from npm). Each part takes at most some minutes and ends everything it started.
Linux only: memory is read from /proc. The learners run on the same machine as the hub and take some of its
time, so that a real class server does rather better.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT), str(ROOT / "tests" / "browser")]

from class_hub import Hub, cpu_seconds, free_port, pss_mb, tree  # noqa: E402
from class_learner import Learner  # noqa: E402
from class_lessons import GALLERY, NOTEBOOK, ROUNDS, Class, paced, summary, turns  # noqa: E402
from class_report import RESULTS, write_report  # noqa: E402

from cnnlib.data.shared import write_shared  # noqa: E402


def memory(hub: Hub, names: list[str]) -> dict:
    """What servers and kernels hold, in MB."""
    trees = [hub.processes(name) for name in names]
    servers = [pss_mb(pids[0]) for pids in trees]
    kernels = [sum(pss_mb(pid) for pid in pids[1:]) for pids in trees]
    mine = set(tree(hub.process.pid)) - {pid for pids in trees for pid in pids}
    return {
        "server_mb": round(statistics.mean(servers), 1),
        "kernel_mb": round(statistics.mean(kernels), 1),
        "learner_mb": round(statistics.mean(s + k for s, k in zip(servers, kernels, strict=True)), 1),
        "most_mb": round(max(s + k for s, k in zip(servers, kernels, strict=True)), 1),
        "hub_and_proxy_mb": round(sum(pss_mb(pid) for pid in mine), 1),
        "all_mb": round(sum(servers) + sum(kernels) + sum(pss_mb(pid) for pid in mine)),
    }


def arrive(hub: Hub, name: str, notebook: str = NOTEBOOK) -> tuple[Learner, list[str], float]:
    """One learner from the press on Start to a notebook that has run."""
    begin = time.monotonic()
    hub.start(name)
    served = time.monotonic() - begin
    learner = Learner(hub.server_of(name), hub.token, f"course/{notebook}")
    learner.open()
    return learner, learner.run(), served


def load(arguments, folder: Path) -> dict:
    """Twenty learners at once."""
    names = [f"learner{i:02}" for i in range(1, arguments.learners + 1)]
    with Hub(folder, arguments.hub, arguments.proxy) as hub:
        for name in names:
            hub.enrol(name)
        begin = time.monotonic()
        first, _, _ = arrive(hub, names[0])
        result = {"learners": len(names), "notebook": Path(NOTEBOOK).stem}
        result["first_ready_s"] = round(time.monotonic() - begin, 1)
        result["memory_of_one"] = memory(hub, names[:1])
        say("one learner", result)
        before, begin = cpu_seconds(tree(hub.process.pid)), time.monotonic()
        with ThreadPoolExecutor(len(names)) as pool:
            arrived = list(pool.map(lambda name: arrive(hub, name), names[1:]))
        spent = time.monotonic() - begin
        everything = tree(hub.process.pid)
        result |= {
            "others_ready_s": round(spent, 1),
            "last_server_s": round(max(served for _, _, served in arrived), 1),
            "errors": sorted({tuple(errors) for _, errors, _ in arrived}),
            "cpu_to_ready_s": round((cpu_seconds(everything) - before) / len(arrived), 2),
            "memory": memory(hub, names),
        }
        say("all ready", result)
        others = Class([learner for learner, _, _ in arrived])
        result["idle_cores"] = cores(hub, 8)
        result["cores"] = {}
        for mood in ROUNDS[1:]:
            others.mood = mood
            result["cores"][mood] = cores(hub, 8)
        first.connect()  # it was silent while the others came
        place = iter(range(10**9))
        times = turns(others, 5, lambda: paced(first, next(place)))
        result["slider"] = {mood: summary(found) for mood, found in times.items()}
        result["others_slider"] = {
            mood: summary([spent for m, spent in others.times if m == mood]) for mood in ROUNDS[1:]
        }
        say("sliders", result)
        result["page"] = in_a_page(hub, names[0], others)
        result["memory_after"] = memory(hub, names[1:])
        others.over()
    return result


def cores(hub: Hub, seconds: float) -> float:
    """Processor cores that hub, servers and kernels keep busy together."""
    pids = tree(hub.process.pid)
    before, begin = cpu_seconds(pids), time.monotonic()
    time.sleep(seconds)
    return round((cpu_seconds(pids) - before) / (time.monotonic() - begin), 2)


def in_a_page(hub: Hub, name: str, others: Class) -> dict:
    """From key press to changed pixels in a Chromium, alone and under load."""
    from class_page import Page

    with Page(hub, name) as page:
        page.open(NOTEBOOK)
        page.run_all()
        page.look_at("One update, step by step", "Step")
        times = turns(others, 5, page.press)
        return {mood: summary(found) for mood, found in times.items()}


def peak_mb(pid: int) -> int:
    """The most memory that a process has had at once, shared pages counted whole."""
    status = Path(f"/proc/{pid}/status").read_text()
    return round(int(status.partition("VmHWM:")[2].split()[0]) / 1024)


MOST = 0.9  # of the machine's memory; beyond it the class is sent home


class Guard:
    """Stops a hub before the machine's memory is used up; `full` says whether it did."""

    def __init__(self, hub: Hub) -> None:
        self.hub, self.full, self.highest = hub, False, 0.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Guard:
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.over.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.over.wait(0.2):
            self.highest = max(self.highest, used_share())
            if self.highest > MOST:
                self.full = True
                self.hub.kill()
                return


def used_share() -> float:
    """The share of the machine's memory that is not to be had any more."""
    lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    total, free = (int(lines[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
    return 1 - free / total


def mnist(arguments, folder: Path) -> dict:
    """Learners with all of MNIST, who come as many at a time as there are cores; without a page.

    What each needs of the processor is counted, not the clock: that holds on a busy machine too. How busy it
    was with other work is part of the result.
    """
    names = [f"learner{i:02}" for i in range(1, arguments.learners + 1)]
    data = "" if arguments.alone else str(write_shared(folder / "data").parent)
    with Hub(folder, arguments.hub, arguments.proxy, data) as hub, Guard(hub) as guard:
        for name in names:
            hub.enrol(name)
        result = {"learners": len(names), "shared": bool(data), "busy_before": os.getloadavg()[0]}
        begin = cpu_seconds(tree(hub.process.pid))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            coming = [pool.submit(arrive, hub, name, GALLERY.notebook) for name in names]
            arrived = [one.result() for one in coming if one.exception() is None]
        if guard.full:
            raise SystemExit(
                f"stopped: {len(arrived)} learners filled {MOST:.0%} of the memory; nothing kept"
            )
        for one in coming:
            one.result()  # raises what went wrong
        spent = cpu_seconds(tree(hub.process.pid)) - begin
        result |= {
            "errors": sorted({tuple(errors) for _, errors, _ in arrived}),
            "cpu_to_ready_s": round(spent / len(names), 1),
            "memory": memory(hub, names),
            "peak_mb": max(peak_mb(pid) for name in names for pid in hub.processes(name)),
        }
        say("all ready", result)
        first, *rest = [learner for learner, _, _ in arrived]
        for learner in (first, *rest):
            learner.connect()  # those who came early were silent while the others came
        others, place = Class(rest, GALLERY), iter(range(10**9))
        times = turns(others, 4, lambda: paced(first, next(place), GALLERY))
        result["slider"] = {mood: summary(found) for mood, found in times.items()}
        result |= {"busy_after": os.getloadavg()[0], "memory_after": memory(hub, names)}
        result["machine_most"] = round(guard.highest, 2)
        others.over()
    return result


def restart(arguments, folder: Path) -> dict:
    """A server that is stopped while a network trains, and started again."""
    from class_page import lost_and_found

    with Hub(folder, arguments.hub, arguments.proxy) as hub:
        hub.enrol("learner01")
        hub.start("learner01")
        return lost_and_found(hub, "learner01")


def alone(arguments, folder: Path) -> dict:
    """Memory of one learner on a laptop: JupyterLab as course.py starts it, notebook 04 open and run."""
    from tests.course.test_course_server import started_lab, wait_for_address

    os.environ["CNNLIB_PROGRESS"] = "off"
    port = free_port()
    with started_lab(folder, f"--port={port}") as (process, log):
        page, _, token = wait_for_address(process, log, port).partition("?token=")
        learner = Learner(page.partition("/lab")[0], token, NOTEBOOK)
        learner.open()
        errors = learner.run()
        pids = tree(process.pid)
        return {
            "errors": errors,
            "server_mb": round(pss_mb(pids[0]), 1),
            "kernel_mb": round(sum(pss_mb(pid) for pid in pids[1:]), 1),
            "all_mb": round(sum(pss_mb(pid) for pid in pids), 1),
        }


def say(title: str, result) -> None:
    print(time.strftime("%H:%M:%S"), title, json.dumps(result), flush=True)


PARTS = {"load": load, "mnist": mnist, "restart": restart, "alone": alone}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part", choices=[*PARTS, "report"])
    parser.add_argument("--hub", default=sys.executable)
    parser.add_argument("--proxy", default="configurable-http-proxy")
    parser.add_argument("--alone", action="store_true", help="with mnist: images of one's own")
    parser.add_argument("--learners", type=int, default=20)
    arguments = parser.parse_args()
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if arguments.part != "report":
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            kept[arguments.part + "_alone" * arguments.alone] = PARTS[arguments.part](arguments, Path(folder))
        kept["cores"] = os.cpu_count()
        say(arguments.part, kept[arguments.part + "_alone" * arguments.alone])
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n")
    write_report(kept)


if __name__ == "__main__":
    main()
