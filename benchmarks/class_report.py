"""Writes what `class_server.py` measured as a page in markdown."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "results"
RESULTS, PAGE = FOLDER / "class_server.json", FOLDER / "class_server.md"
MOODS = {
    "alone": "the others look, nobody else moves",
    "class": "the others drag a slider for 1.5 s, look for 0 to 8 s, and so on",
    "storm": "all others drag without a pause",
}

QUIET = 1.0  # load of a machine that does nothing else


def write_report(kept: dict) -> None:
    """Write ``class_server.md``."""
    PAGE.write_text(report(kept), encoding="utf-8", newline="\n")


def report(kept: dict) -> str:
    """Return the page.

    Parameters
    ----------
    kept : dict
        Results by part: ``load``, ``restart``, ``alone``; and ``cores``, those of the machine.
    """
    load = kept["load"]
    return "\n".join(
        [
            "# A class on one server\n",
            "Written by `python benchmarks/class_server.py`; do not edit.\n",
            f"A JupyterHub on a machine with {kept['cores']} cores, with the settings of"
            f" `docs/jupyterhub_config.py`, and {load['learners']} learners, each with a server of their own,"
            f" notebook {load['notebook']} open and all of it run. The learners' side (network clients, one"
            " Chromium) ran on the same machine. Memory is proportional: a page shared by n processes counts"
            " as one nth to each.\n",
            "## Memory\n",
            _memory(load, kept["alone"]),
            *(
                ["## With all of MNIST, mapped once for all\n", _mnist(kept["mnist"])]
                if "mnist" in kept
                else []
            ),
            *(
                ["## With all of MNIST, each their own\n", _mnist(kept["mnist_alone"])]
                if "mnist_alone" in kept
                else []
            ),
            "## Time and cores\n",
            _time(load, kept["cores"]),
            "## A moved slider\n",
            "One learner, in turns of some seconds. *Frame*: from sending the move to the whole answer, over"
            " the hub's proxy. *Page*: from a key press to changed pixels in Chromium.\n",
            _sliders(load),
            "## A server stopped in the middle of a training\n",
            f"Stopped at: *{kept['restart']['it was stopped at']}* The server was back after"
            f" {kept['restart']['seconds until the server is back']} s. What lives in the kernel alone, the"
            " network in training, begins again.\n",
            _restart(kept["restart"]),
        ]
    )


def _table(head: list[str], rows: list[list]) -> str:
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in [head, ["---"] * len(head), *rows]]
    return "\n".join(lines) + "\n"


def _memory(load: dict, alone: dict) -> str:
    one, all_of_them = load["memory_of_one"], load["memory"]
    rows = [
        ["`python3 course.py` on a laptop", alone["server_mb"], alone["kernel_mb"], alone["all_mb"], ""],
        [
            "the first learner of the hub",
            one["server_mb"],
            one["kernel_mb"],
            one["learner_mb"],
            one["all_mb"],
        ],
        [
            f"each of {load['learners']}",
            all_of_them["server_mb"],
            all_of_them["kernel_mb"],
            all_of_them["learner_mb"],
            all_of_them["all_mb"],
        ],
    ]
    head = ["MB", "server", "kernel", "together", "all, with hub and proxy"]
    return _table(head, rows)


def _mnist(kept: dict) -> str:
    """Notebook 00, which loads 70,000 images and trains on them."""
    held, slider = kept["memory"], kept["slider"]
    rows = [
        ["a learner's server, MB", held["server_mb"]],
        ["a learner's kernel, MB", held["kernel_mb"]],
        ["the most that a process held at once, MB", kept["peak_mb"]],
        [f"all {kept['learners']} with hub and proxy, MB", held["all_mb"]],
        ["processor time a learner until all of it has run, s", kept["cpu_to_ready_s"]],
        *([f"a moved slider, {MOODS[mood]}: frame, median, ms", slider[mood]["median_ms"]] for mood in MOODS),
    ]
    words = f"{kept['learners']} learners with notebook 00 open and all of it run, who came two at a time."
    if kept["busy_before"] > QUIET:
        words += (
            f" The machine was busy with other work (load {kept['busy_before']:.0f} before,"
            f" {kept['busy_after']:.0f} after): memory and processor time hold, the times of the slider are"
            " upper bounds."
        )
    words += "\n"
    return words + "\n" + _table(["", ""], rows)


def _time(load: dict, cores: int) -> str:
    others = load["learners"] - 1
    rows = [
        ["first learner, from Start to a notebook that has run", f"{load['first_ready_s']} s"],
        [
            f"{others} learners who press Start together, until the last has run it",
            f"{load['others_ready_s']} s",
        ],
        ["of these, until the last server answered", f"{load['last_server_s']} s"],
        ["processor time a learner for that", f"{load['cpu_to_ready_s']} s"],
        [f"cores busy while {load['learners']} have it open and do nothing", load["idle_cores"]],
        [f"cores busy while {others} work (drag 1.5 s, look 0 to 8 s)", load["cores"]["class"]],
        [f"cores busy while {others} drag without a pause", f"{load['cores']['storm']} of {cores}"],
    ]
    return _table(["", ""], rows)


def _sliders(load: dict) -> str:
    rows = []
    for mood, words in MOODS.items():
        row = [words]
        for way in ("slider", "page"):
            found, alone = load[way][mood], load[way]["alone"]
            ratio = found["median_ms"] / alone["median_ms"]
            row += [f"{found['median_ms']:.0f} / {found['p95_ms']:.0f}", f"{ratio:.2f}"]
        rows.append(row)
    head = ["meanwhile", "frame, median / p95 ms", "ratio", "page, median / p95 ms", "ratio"]
    return _table(head, rows)


def _restart(kept: dict) -> str:
    rows = [[what, "yes" if held else "NO"] for what, held in kept.items() if isinstance(held, bool)]
    return _table(["kept", ""], rows)
