"""The course inside a browser's Python (Pyodide), as far as CPython can act it: no threads, one channel.

What is refused here was seen to be refused in Pyodide 314: `Thread.start` raises, `get_parent` of
JupyterLite's kernel takes no channel, tqdm warns that it has no thread to watch its bars.
tests/browser/test_site.py runs the real one.
"""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from cnnlib.runtime import threads

PYODIDE = """
    import sys, threading, warnings
    import numpy, matplotlib.dates, matplotlib.figure, anywidget, IPython.display, tqdm.auto, requests
    matplotlib.use("Agg")
    def refuse(thread):
        raise RuntimeError("can't start new thread")
    threading.Thread.start = refuse
    sys.platform = "emscripten"
    warnings.simplefilter("error")
    import cnnlib
    from cnnlib import *
    digits = load_digits()
"""
RUNS = {
    "training with a bar": """
        network = small_cnn(rng=0)
        x, y = digits.x_train, digits.y_train
        history = fit(network, CrossEntropyLoss(), SGD(0.03, 0.9), x, y, epochs=2, rng=0, progress=True)
        print(len(history.loss), history.loss[-1] < 1)
    """,
    "a network so large that two threads would share it": """
        rng = numpy.random.default_rng(0)
        convolution, linear = Conv2d(8, 32, 3, padding=1, rng=rng), Linear(32 * 784, 10, rng=rng)
        network = Sequential([convolution, ReLU(), Flatten(), linear])
        x = rng.normal(size=(256, 8, 28, 28)).astype("float32")
        y = rng.integers(10, size=256)
        loss = CrossEntropyLoss()
        loss.forward(network.forward(x, training=True), y)
        network.backward(loss.backward())
        print(network.predict(x).shape == (256,), cnnlib.runtime.threads.cores())
    """,
    "an ensemble": """
        from cnnlib.experiments.ensemble import NetworkEnsemble, train_ensemble
        ensemble = NetworkEnsemble(small_cnn(rng=0), copies=40)
        *_, last = train_ensemble(ensemble, SGD(0.1), digits.x_train[:64], digits.y_train[:64], rng=0)
        print(last.loss.shape, numpy.isfinite(last.loss).all())
    """,
    "a learner's endless loop": """
        from cnnlib.checks.running import call
        def forever():
            while True:
                pass
        print(call(forever, [], seconds=0.2).cut, call(len, [[1]]).value)
    """,
    "widgets, shown and moved": """
        from IPython.core.interactiveshell import InteractiveShell
        class Kernel:
            def get_parent(self):
                return {"content": {"code": ""}, "metadata": {"cellId": "c1"}, "header": {"msg_id": "m1"}}
        shell = InteractiveShell.instance()
        shell.kernel = Kernel()
        shown = []
        shell.display_pub.publish = lambda data, metadata=None, **more: shown.append((data, metadata))
        from cnnlib.widgets import LossExplorer, SetupCheck, TrainingView
        from cnnlib.widgets.base.page import current_cell
        for widget in (SetupCheck(), LossExplorer(), TrainingView()):
            widget._ipython_display_()
        widget.advance(3)
        kinds = sorted({kind for data, _ in shown for kind in data})
        print(current_cell(), len(shown), kinds, widget.text[:13])
    """,
}
PRINTED = {
    "training with a bar": "90 True",
    "a network so large that two threads would share it": "True 1",
    "an ensemble": "(40,) True",
    "a learner's endless loop": "True 1",
    "widgets, shown and moved": "('c1', 'm1') 6 "
    "['application/vnd.jupyter.widget-view+json', 'image/png', 'text/plain'] After 3 steps",
}


@pytest.mark.parametrize("name", RUNS)
def test_it_runs_where_no_thread_can_be_started(name):
    code = textwrap.dedent(PYODIDE) + textwrap.dedent(RUNS[name])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == PRINTED[name], done.stderr
    assert "Warning" not in done.stderr


def test_the_numbers_are_those_of_two_threads(monkeypatch):
    """The tasks run one after the other and in order, whatever each of them is."""
    tasks = [lambda i=i: np.full(3, i) for i in range(4)]
    beside = threads.run_all(tasks)
    monkeypatch.setattr(threads, "can_start_threads", lambda: False)
    alone = threads.run_all(tasks)
    np.testing.assert_array_equal(alone, beside)
    assert threads.cores() == 1


def test_an_ordinary_python_starts_threads():
    assert threads.can_start_threads() and threads.cores() >= 1
