"""The site in a browser: accessible, alone with its server, answers that unfold, Python without a server."""

import base64
import functools
import http.server
import json
import threading

import pytest

import cnnlib
from cnnlib.widgets import LossExplorer
from tests.browser.test_widgets_look import AXE
from tests.course.site_built import built
from tools.site import settings, staging

#: What a formula shows is hidden from those who listen, in the colour of the text, and thousands of elements;
#: words of code that look as one before them, on the same ground, would be judged as that one was.
VIOLATIONS = """async (rules) => {
  const seen = new Set();
  for (const word of document.querySelectorAll(".highlight pre span")) {
    const [own, ground] = [word, word.closest("pre")].map((one) => getComputedStyle(one));
    const look = [own.color, own.backgroundColor, own.fontSize, own.fontWeight, own.opacity,
      ground.backgroundColor, ground.opacity].join();
    word.toggleAttribute("data-seen", seen.has(look));
    seen.add(look);
  }
  const { violations } = await axe.run(
    { exclude: [[".katex-html"], ["[data-seen]"]] },
    { preload: false, resultTypes: ["violations"], ...(rules && { runOnly: rules }) });
  return violations.filter(found => ["serious", "critical"].includes(found.impact))
    .map(found => [found.id, found.nodes[0].html.slice(0, 200), found.nodes[0].failureSummary.slice(0, 300)]);
}"""
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


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def server():
    """The address of the built site, served from this machine."""
    handler = functools.partial(Quiet, directory=built())
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}/"
        found.shutdown()


@pytest.fixture
def page(browser, server):
    """A page of a fresh browser; `page.away` notes what it asks other servers for, `page.said` its errors."""
    context = browser.new_context(viewport={"width": 1300, "height": 900}, color_scheme="light")
    opened = context.new_page()
    opened.away, opened.said = [], []
    local = (server, "data:", "blob:")
    context.on("request", lambda r: None if r.url.startswith(local) else opened.away.append(r.url))
    opened.on("pageerror", lambda error: opened.said.append(str(error)))
    opened.on("console", lambda m: opened.said.append((m.text, m.location)) if m.type == "error" else None)
    yield opened
    context.close()


def pages():
    """The readable pages by name; twins with answers are left out, whose pages are made the same way."""
    names = ["index.html", "search.html", "genindex.html"]
    names += [name.removesuffix(".md") + ".html" for name in staging.written_pages()]
    learner = [path for path in staging.notebooks() if path.parent.name == "notebooks"]
    return names + [path.relative_to(settings.ROOT).with_suffix(".html").as_posix() for path in learner]


#: Whether code that scrolls sideways can be reached by Tab, to be scrolled with the arrow keys.
REACHED = """() => [...document.querySelectorAll("pre[tabindex='-1']")]
  .every((one) => one.scrollWidth <= one.clientWidth)"""


#: Of written pages some of each kind: long text, wide tables, formulae, code.
WRITTEN = ("index", "search", "genindex", "README", "TEACHING", "docs/glossary", "docs/notation")
WRITTEN += ("docs/class_servers", "teaching/rubrics", "benchmarks/results/class_server")
LOOKED_AT = [name for name in pages() if name.removesuffix(".html") in WRITTEN]
LOOKED_AT += [name for name in pages() if name.startswith("notebooks/")][::2]


def test_no_page_of_a_phone_scrolls_sideways(page, server):
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(reduced_motion="reduce")
    for name in pages():
        page.goto(server + name)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    assert page.away == [] and page.said == []


@pytest.mark.parametrize("name", [*LOOKED_AT, "notebooks/solutions/03_backpropagation.html"])
def test_a_page_is_accessible_in_both_themes_and_asks_no_other_server(page, server, name):
    if not AXE.exists():
        pytest.skip("axe-core is missing: run `npm ci` in frontend/")
    page.emulate_media(reduced_motion="reduce")
    page.goto(server + name)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.add_script_tag(path=AXE)
    assert page.evaluate(VIOLATIONS, None) == []
    page.add_style_tag(content="* { transition: none !important; }")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    if not name.startswith("notebooks/"):  # side bars are the same there, and the text is looked at below
        assert page.evaluate(VIOLATIONS, ["color-contrast"]) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(600)  # the theme waits before it looks anew what is to be reached by Tab,
    page.wait_for_function(REACHED, timeout=10_000)  # and longer on a busy machine
    assert page.evaluate(VIOLATIONS, ["scrollable-region-focusable", "target-size", "color-contrast"]) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "a phone scrolls downwards only"
    assert page.away == [] and page.said == []


def test_the_theme_can_be_chosen_and_is_kept(page, server):
    page.goto(server + "notebooks/02_loss.html")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator(".bd-header button.theme-switch-button").click()
    page.locator(".bd-header button.theme-change-button[data-mode=dark]").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page.goto(server + "docs/glossary.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_answers_are_folded_and_unfold(page, server):
    page.goto(server + "notebooks/00_start_here.html")
    answers = page.locator("details").first
    inside = answers.locator("p").first
    assert not inside.is_visible()
    answers.locator("summary").focus()
    page.keyboard.press("Enter")
    assert inside.is_visible()


def test_search_finds_a_word(page, server):
    page.goto(server + "search.html?q=backpropagation")
    page.locator('#search-results a[href*="03_backpropagation"]').first.wait_for(timeout=20_000)
    assert page.away == []


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
