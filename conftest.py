"""How pytest runs the notebooks (kernels import the course, texts are compared, pictures counted), and CI.

nbval compares every text an output holds. It leaves pictures and widget views out altogether, so that one
that is no longer drawn goes unnoticed. Here a picture stands for itself by its kind: there must be as many as
are saved, whatever their bytes. Widget views stay out (their ids change in every run).

In CI, where the variable CI is set, everything that a test needs is installed: a skipped test fails the run.
"""

import os
from functools import partial
from pathlib import Path

import pytest

collect_ignore_glob = ["notebooks/source/*"]  # what the notebooks are built from; not modules to import
BROWSER = "tests/browser/"
OF_THE_SITE = ("test_site.py", "test_lite.py", "test_live_pages.py", "test_python_comes.py")
OF_THE_SITE += ("test_recorded_pages.py", "test_browsers.py")
#: Neither the site nor the JupyterLab of the others: any process may take them.
ALONE = ("test_face.py", "test_first_notebook.py", "test_notebook7.py", "test_pictures.py")
ALONE += ("test_texts_fit.py", "test_tooltips.py")
PICTURES = ("image/png", "image/jpeg", "image/svg+xml")


def pytest_configure(config):
    """Let the kernels that nbval starts import this repository, and record no learner's progress."""
    here = str(Path(__file__).parent)
    if not config.option.nbval_sanitize_with:  # nbval looks from the folder in which pytest is called
        config.option.nbval_sanitize_with = os.path.join(here, "tests", "nbval_sanitize.cfg")
    path = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry and entry != here]
    os.environ["PYTHONPATH"] = os.pathsep.join([here, *path])
    os.environ["CNNLIB_PROGRESS"] = "off"


def pytest_collection_modifyitems(items):
    """Put the longest first, so that no process is left with them at the end while the others stand idle."""
    items.sort(key=lambda item: [not item.nodeid.startswith(folder) for folder in (BROWSER, "notebooks/")])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """One process more than there are cores: a third of the time a test waits, for a page or for a kernel."""
    chosen = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS")
    every = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return int(chosen) if chosen else len(every) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Run the files of tests side by side, but those that share a JupyterLab, or the site, in one process."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            if not file.startswith(BROWSER) or file.endswith(ALONE):
                return file
            return "the site's pages" if file.endswith(OF_THE_SITE) else "JupyterLab"

    config.option.loadscopereorder = False  # keeps the order of above
    return ByFile(config, log)


def pytest_itemcollected(item):
    """Have a notebook's cell compare its outputs as described above."""
    if type(item).__name__ == "IPyNbCell":
        item.compare_outputs = partial(compare_outputs, item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """Start a notebook's kernel on its process's share of the cores.

    Two kernels of two threads each on two cores: every step waits for a thread that the other holds up.
    """
    if type(item).__name__ != "IPyNbCell" or not hasattr(os, "sched_setaffinity"):  # Linux has it
        return (yield)
    every = os.sched_getaffinity(0)
    os.sched_setaffinity(0, share_of_cores(sorted(every), getattr(item.config, "workerinput", {})))
    try:
        return (yield)
    finally:
        os.sched_setaffinity(0, every)


def share_of_cores(cores, process):
    """The cores for one of the processes that run files side by side; all of them if there is one.

    >>> share_of_cores([0, 1, 2, 3, 4], {"workerid": "gw1", "workercount": 2})
    [1, 3]
    >>> share_of_cores([4, 5], {"workerid": "gw2", "workercount": 3})
    [4]
    """
    if not process:
        return cores
    number, count = int(process["workerid"].removeprefix("gw")), process["workercount"]
    return cores[number::count] or [cores[number % len(cores)]]


def compare_outputs(item, test, reference):
    """Compare as nbval does, with every picture replaced by the name of its kind."""
    skip = tuple(key for key in item.parent.skip_compare if key not in PICTURES)
    test, reference = blank_pictures(test), blank_pictures(reference)
    return type(item).compare_outputs(item, test, reference, skip_compare=skip)


def blank_pictures(outputs):
    """Return outputs whose pictures hold only the name of their kind."""
    blanked = []
    for output in outputs:
        data = output.get("data", {})
        if any(kind in data for kind in PICTURES):
            blank = {key: key if key in PICTURES else value for key, value in data.items()}
            output = type(output)({**output, "data": blank})
        blanked.append(output)
    return blanked


@pytest.fixture
def repository():
    """The folder that holds the course."""
    return Path(__file__).parent


def pytest_sessionfinish(session):
    """Fail a run in CI in which a test was skipped."""
    if skipped_in_ci(session.config) and session.exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter, config):
    """Say why, just above pytest's last line."""
    count = skipped_in_ci(config)
    if count:
        terminalreporter.section("skipped in CI", red=True)
        terminalreporter.line(f"{count} skipped: in CI (the variable CI is set) a skipped test is a failure.")


def skipped_in_ci(config):
    """Count the skipped tests and modules; 0 outside CI."""
    if os.environ.get("CI", "").lower() in ("", "0", "false") or hasattr(config, "workerinput"):
        return 0  # where files run side by side, the process that hands them out counts
    return len(config.pluginmanager.get_plugin("terminalreporter").stats.get("skipped", []))
