"""JupyterLite, the course in the browser: its files, kernel and packages, and a widget in it."""

import base64
import json

import pytest

import cnnlib
from cnnlib.widgets import LossExplorer
from tools.site import settings

EXECUTE = """async (code) => {
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const future = kernel.requestExecute({code});
  let said = "";
  future.onIOPub = ({header, content}) => {
    if (header.msg_type === "stream") said += content.text;
    if (header.msg_type === "execute_result") said += content.data["text/plain"];
    if (header.msg_type === "error") said += `${content.ename}: ${content.evalue}`;
  };
  await future.done;
  return said.trim();
}"""
FIRST = """jupyterapp.shell.currentWidget.content.model.toJSON().cells
  .filter(({ id }) => id === "in-the-browser").map(({ source }) => source)"""
IDLE = "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"


@pytest.fixture(scope="module")
def lite(browser, server):
    """Notebook 00 open in JupyterLite, its kernel idle; `lite.away` notes what is asked of other servers."""
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    opened = context.new_page()
    opened.away = []
    local = (server, "data:", "blob:")
    context.on("request", lambda r: None if r.url.startswith(local) else opened.away.append(r.url))
    opened.goto(server + "lite/lab/index.html?path=notebooks/00_start_here.ipynb")
    opened.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    opened.wait_for_function(IDLE, timeout=120_000)
    yield opened
    context.close()


def test_the_course_lies_in_the_file_browser(lite):
    names = lite.locator(".jp-DirListing-item .jp-DirListing-itemText").all_inner_texts()
    assert {"solutions", "00_start_here.ipynb", "13_where_next.ipynb"} <= set(names)
    assert "What does training look like?" in lite.locator(".jp-Notebook h1").first.inner_text()


def test_python_runs_in_the_browser_from_this_server_alone(lite):
    assert lite.evaluate(EXECUTE, "1 + 1") == "2"
    code = "import os, sys; print(sys.platform, os.getcwd(), os.environ['CNNLIB_PROGRESS'])"
    assert lite.evaluate(EXECUTE, code) == "emscripten /drive/notebooks /drive/progress.json"
    packages = "anywidget, ipywidgets, psygnal, requests, threadpoolctl, tqdm, comm"
    assert lite.evaluate(EXECUTE, f"import {packages}; print('all')") == "all"
    assert lite.away == []


def test_the_course_s_wheel_is_found_on_this_server(lite):
    code = "import piplite; await piplite.install('cnnlib', deps=False)\n"
    code += "import importlib.metadata; print(importlib.metadata.version('cnnlib'))"
    assert lite.evaluate(EXECUTE, code) == cnnlib.__version__


def test_what_is_kept_between_visits_can_be_written(lite):
    code = "from pathlib import Path\nPath('/drive/probe.part').write_text('{}')\n"
    code += "import os; os.replace('/drive/probe.part', '/drive/probe.json'); print(os.listdir('/drive'))"
    said = lite.evaluate(EXECUTE, code)
    assert "probe.json" in said and "probe.part" not in said


def run_cell(page, code):
    """Run code in a new cell beneath the active one; return the cell."""
    page.evaluate(
        """async (code) => {
          const { commands, shell } = jupyterapp;
          await commands.execute("notebook:insert-cell-below");
          shell.currentWidget.content.activeCell.model.sharedModel.setSource(code);
          await commands.execute("notebook:run-cell");
        }""",
        code,
    )
    return page.locator(".jp-Cell.jp-mod-active")


WIDGET = """
import base64, importlib.util, json, sysconfig
path = sysconfig.get_path("purelib") + "/cnnlib/widgets/base/page.py"
found = importlib.util.spec_from_file_location("page_of_the_course", path)
module = importlib.util.module_from_spec(found)
found.loader.exec_module(module)
spec, frame, arrays = json.loads({recorded!r})
received, cell = [], module.current_cell()
def answer(message):
    received.append(message)
    if message["type"] == "ready":
        page.send(frame, [base64.b64decode(array) for array in arrays])
page = module.Page(spec, answer, lambda: None)
page
"""


class Recorder:
    """Stands for the page in this process and keeps what is sent to it."""

    def __init__(self, sent):
        self.sent = sent

    def send(self, message, buffers):
        self.sent.append((message, buffers))

    def close(self):
        pass


def recorded(widget):
    """What a widget of the course sends to its page, as JSON: specification, one frame, arrays in base64."""
    sent = []
    live = widget.live
    live.page = Recorder(sent)
    live.changed()
    ((frame, buffers),) = sent
    return json.dumps([live.spec(), frame, [base64.b64encode(buffer).decode() for buffer in buffers]])


def test_the_course_s_live_drawing_works_there(lite):
    """The page's half of a widget, fed by the kernel in the browser with a frame that was recorded."""
    widget = LossExplorer()
    run_cell(lite, WIDGET.format(recorded=recorded(widget)))
    view = lite.locator(".cnn-widget").last
    view.locator(".cnn-text:not(:empty)").wait_for(timeout=60_000)
    assert view.locator(".cnn-text").inner_text() == widget.text
    assert view.locator("canvas").first.bounding_box()["width"] > 200
    view.locator("input[type=range]").first.focus()
    lite.keyboard.press("ArrowRight")
    lite.wait_for_timeout(500)
    assert "'state'" in lite.evaluate(EXECUTE, "received[-1]")
    cell, execution = eval(lite.evaluate(EXECUTE, "cell"))
    assert cell and execution


PLAYING = """
import importlib.util, sys, sysconfig
def load(name):  # by itself: the whole of cnnlib needs NumPy, which may be out of reach
    path = f"{sysconfig.get_path('purelib')}/cnnlib/widgets/base/{name}.py"
    found = importlib.util.spec_from_file_location(f"cnnlib.widgets.base.{name}", path)
    module = sys.modules[found.name] = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
load("interrupts")
module = load("play_loop")
steps = 0
def step():
    global steps
    steps += 1
    return True
loop = module.PlayLoop(step, frame=lambda: None, ready=lambda: True, speed=lambda: None)
loop.start()
"""


def test_play_runs_there_and_the_kernel_answers_meanwhile(lite):
    lite.evaluate(EXECUTE, PLAYING)
    seen = [int(lite.evaluate(EXECUTE, "steps")) for _ in range(3)]
    assert 0 < seen[0] < seen[1] < seen[2], "the loop goes on between two answers"
    stopped = int(lite.evaluate(EXECUTE, "loop.stop(); steps"))
    lite.wait_for_timeout(300)
    assert (
        int(lite.evaluate(EXECUTE, "steps")) == stopped and lite.evaluate(EXECUTE, "loop.running") == "False"
    )


def test_numpy_is_had_or_lacks_for_the_one_known_address_alone(lite):
    """Where the compiled packages are within reach the course trains; elsewhere nothing else is asked for."""
    (first,) = lite.evaluate(FIRST)
    said = lite.evaluate(EXECUTE, f"{first}\nprint('there')")
    if said.endswith("there"):
        assert lite.evaluate(EXECUTE, "from cnnlib import *; print('imported')").endswith("imported")
        code = "d = load_digits(); n = small_cnn(rng=0)\n"
        code += "fit(n, CrossEntropyLoss(), SGD(0.03, 0.9), d.x_train, d.y_train, epochs=3, rng=0)\n"
        code += "print(evaluate(n, CrossEntropyLoss(), d.x_test, d.y_test).accuracy > 0.8)"
        assert lite.evaluate(EXECUTE, code).endswith("True")
    else:
        assert "NumPy cannot be fetched from https://" in said
    start = settings.PYODIDE_PACKAGES.split("{")[0]
    assert all(address.startswith(start) for address in lite.away)
    assert {address.rsplit("/", 1)[1].split("-")[0] for address in lite.away} <= {
        "numpy",
        "matplotlib",
        "pillow",
        "kiwisolver",
    }


NEW = """async (cells) => {
  const { commands, serviceManager } = jupyterapp;
  const kernelspec = { name: "python", display_name: "Python (Pyodide)", language: "python" };
  const made = cells.map(([source, tags], index) =>
    ({ cell_type: "code", id: `c${index}`, source, metadata: { tags }, outputs: [], execution_count: null }));
  const content = { metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5, cells: made };
  await serviceManager.contents.save("fails.ipynb", { type: "notebook", format: "json", content });
  const opened = await commands.execute("docmanager:open", { path: "fails.ipynb" });
  await opened.context.ready;
}"""
OUTPUTS = """jupyterapp.shell.currentWidget.content.model.toJSON().cells.map(({ outputs }) =>
  outputs.map((one) => one.text ?? one.evalue).join("").trim())"""


def test_run_all_goes_on_past_a_cell_that_is_meant_to_fail_and_past_no_other(lite):
    cells = ["1 / 0", ["raises-exception"]], ["print('on')", []], ["[][0]", []], ["print('never')", []]
    lite.evaluate(NEW, cells)
    lite.wait_for_function(IDLE, timeout=120_000)
    lite.evaluate("jupyterapp.commands.execute('notebook:run-all-cells').then(() => 0)")
    lite.wait_for_function(f"({OUTPUTS})[2] !== ''", timeout=60_000)
    assert lite.evaluate(EXECUTE, "1 + 1") == "2"  # whatever was to run has run
    assert lite.evaluate(OUTPUTS) == ["division by zero", "on", "list index out of range", ""]
