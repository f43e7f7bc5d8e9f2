"""What lies behind the live pages, without a browser: which cells are needed, Python's half, recordings."""

import ast
import asyncio
import base64
import gzip
import json
import lzma
import subprocess
import sys
import zipfile

import jupytext
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest

from cnnlib.data import load_digits
from cnnlib.widgets import DescentExplorer, ImageGallery, LineBetween, MistakeExplorer, TrainingView
from tools.site import settings
from tools.site.live import packing, python, record
from tools.site.live.cells import names, needs, plan
from tools.site.live.course_page import Host
from tools.site.live.course_page.shell import absent
from tools.site.live.record import Recording
from tools.site.staging import twin_of

LEARNERS = sorted((settings.ROOT / "notebooks").glob("[0-9]*.ipynb"))


@pytest.mark.parametrize(
    "sources, wanted",
    [
        (["import numpy as np", "np.zeros(3)"], [0]),
        (["x = 1", "x = 2", "print(x)"], [1]),
        (["x = []", "x.append(1)", "len(x)", "print(x)"], [0, 1]),
        (["model = make()", "fit(model)", "evaluate(model)"], [0, 1]),
        (["model = make()", "Widget(model)", "model"], [0]),
        (["f = 1", "g = lambda f: f + 1\ng"], []),
        (["i = 1", "[i for i in range(3)]"], []),
        (["goal = 'a'", "goal = 'b'\ngoal"], []),
        (["n = 1", "n += 1", "n"], [0, 1]),
        (["a = 1", "def f():\n    return a", "f()"], [0, 1]),
        (["x = {}", "x['a'] = 1", "x"], [0, 1]),
        (["x = 1", "this is no Python", "x"], [0]),
        (["a = load()", "b = a.hold_back(2)", "np.bincount(a.y)", "evaluate(m, a.x)", "a"], [0]),
        (["x = np.zeros((2, 2))", "np.fill_diagonal(x, 1)", "x"], [0, 1]),
        (["x = np.zeros(3)", "np.add.at(x, [0], 1)", "x"], [0, 1]),
    ],
)
def test_a_cell_needs_what_binds_and_what_changes_its_names(sources, wanted):
    assert needs(sources)[-1] == wanted


def test_what_a_function_keeps_to_itself_is_not_read():
    found = names("def f(a, *, b=c):\n    d = a + b\n    return d + e")
    assert found.binds == {"f"} and found.reads == {"c", "e"}


@pytest.mark.parametrize(
    "path", sorted((settings.ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem
)
def test_the_needed_cells_of_every_widget_come_before_it(path):
    notebook = nbformat.read(path, as_version=4)
    told = plan(notebook)
    assert len(told) == sum(cell.cell_type == "code" for cell in notebook.cells)
    for index, one in enumerate(told):
        assert all(needed < index for needed in one["needs"])
        closed = {deeper for needed in one["needs"] for deeper in told[needed]["needs"]}
        assert closed <= set(one["needs"])
    assert any(one["live"] for one in told)


def kinds(name):
    (path,) = (settings.ROOT / "notebooks").glob(f"{name}_*.ipynb")
    return path, plan(nbformat.read(path, as_version=4), twin=twin_of(path))


def test_what_answers_a_prediction_and_cards_are_live_too():
    path, told = kinds("03")
    sources = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    for source, one in zip(sources, told, strict=True):
        asked = source.lstrip().startswith(("predict(", "quiz(", "worked("))
        assert (one["live"] == "card") == asked, source
        if "GradientCheckExplorer(" in source.splitlines()[-1]:
            assert one["live"] == "widget" and one["answers"] == ["03.step"]


def test_what_no_page_can_run_is_not_offered():
    path, told = kinds("13")
    sources = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    (index,) = [index for index, source in enumerate(sources) if "NetworkXRay(from_torch" in source]
    assert told[index]["live"] == ""


def test_a_cell_that_works_for_minutes_has_a_short_way_to_its_widget():
    long = nbformat.v4.new_code_cell("model = train()\nView(model)", metadata={"page": "View(trained())"})
    cells = ["import cnnlib", "from cnnlib import View, train, trained", long]
    cells = [nbformat.v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    told = plan(nbformat.v4.new_notebook(cells=cells))
    assert told[2]["short"] == {"source": "View(trained())", "needs": [1]}
    assert told[0]["short"] is None


@pytest.mark.parametrize("path", LEARNERS, ids=lambda path: path.stem)
def test_a_short_way_shows_the_widget_of_its_cell(path):
    """By the first word of its last line, from names that the cells it needs have bound."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    for cell, one in zip(cells, plan(nbformat.read(path, as_version=4), twin=twin_of(path)), strict=True):
        if one["short"]:
            assert one["live"] == "widget"
            shown = ast.parse(one["short"]["source"]).body[-1].value.func.id
            assert f"{shown}(" in cell.source


def test_a_twin_s_page_tells_all():
    path, _ = kinds("03")
    assert all(one["answers"] == [] for one in plan(twin_of(path)))


class Page:
    """Takes what Python's half says."""

    def __init__(self):
        self.said = []

    def __call__(self, text, buffers):
        self.said.append({**json.loads(text), "buffers": buffers})

    def outputs(self):
        return [(one["kind"], one.get("text", "")) for one in self.said if one["type"] == "output"]


@pytest.fixture
def told(monkeypatch, tmp_path):
    monkeypatch.setenv("CNNLIB_PROGRESS", str(tmp_path / "progress.json"))
    plt.close("all")  # a figure that another test has left would be shown by the first cell
    for name in ("IPython", "IPython.display"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    return Page()


def run(host, source, cell="1"):
    return asyncio.run(host.run(cell, source))


def test_the_last_value_is_shown_and_names_stay(told):
    host = Host(told)
    assert run(host, "x = 2\nx + 1") and run(host, "print('two')\nx;", "2") and run(host, "x * 2", "3")
    assert told.outputs() == [("text", "3"), ("stream", "two"), ("stream", "\n"), ("text", "4")]


def test_html_markdown_and_display(told):
    host = Host(told)
    run(host, "from IPython.display import Markdown, HTML\ndisplay(HTML('<b>a</b>'))\nMarkdown('**b**')")
    assert told.outputs() == [("html", "<b>a</b>"), ("markdown", "**b**")]


def test_an_error_ends_the_cell_and_not_the_page(told):
    host = Host(told)
    assert not run(host, "def f():\n    return 1 / 0\nf()")
    assert not run(host, "raise SystemExit")
    assert not run(host, "1 +")
    first, second, third = (text for _, text in told.outputs())
    assert "ZeroDivisionError" in first and "line 2, in f" in first and "return 1 / 0" in first
    assert "course_page" not in first and "SystemExit" in second and "SyntaxError" in third


def test_a_stub_is_recognised_by_its_text(told):
    """The checks read the learner's function as it stands in the cell."""
    host = Host(told)
    source = "from cnnlib.checks import check\ndef relu_backward(dy, x):\n    # YOUR CODE HERE\n    ...\n"
    run(host, source + "print(check('03.relu_backward', relu_backward).outcome)")
    assert ("stream", "not attempted") in told.outputs()


def test_await_at_the_top_of_a_cell(told):
    host = Host(told)
    assert run(host, "import asyncio\nawait asyncio.sleep(0)\n7")
    assert told.outputs() == [("text", "7")]


def test_a_widget_gets_a_place_and_answers(told):
    host = Host(told)
    run(host, "from cnnlib.widgets import DescentExplorer\nDescentExplorer(rate=0.1)")
    (shown,) = [one for one in told.said if one.get("kind") == "widget"]
    assert shown["key"] == "1/1" and shown["spec"]["title"] == DescentExplorer.title
    assert shown["text"] == DescentExplorer(rate=0.1).text
    host.receive("1/1", json.dumps({"type": "ready"}))
    frame = told.said[-1]
    assert frame["type"] == "widget" and frame["message"]["type"] == "frame"
    assert all(isinstance(buffer, bytes) for buffer in frame["buffers"])
    host.receive("1/1", json.dumps({"type": "state", "id": 1, "values": {"rate": 0.2}}))
    assert told.said[-1]["message"]["state"]["rate"] == 0.2
    widget = host.widgets["1/1"]
    run(host, "2")
    assert host.widgets == {} and widget.live.page is None, "the cell ran again: its widget is closed"


def test_the_record_is_given_to_the_page_and_taken_from_it(told):
    host = Host(told)
    source = "from cnnlib.checks import check\ncheck('03.relu_backward', lambda dy, x: dy)"
    run(host, source)
    (said,) = [one for one in told.said if one["type"] == "record"]
    (event,) = json.loads(said["text"])["events"]
    assert (event["id"], event["outcome"]) == ("03.relu_backward", "wrong")
    run(host, "1")
    assert len([one for one in told.said if one["type"] == "record"]) == 1, "nothing new, nothing said"
    count = "from cnnlib.checks import progress\nprint(progress().done)"
    host.write_record(json.dumps({"version": 1, "key": "a", "events": [event | {"outcome": "right"}]}))
    run(host, count, "8")
    host.write_record("")
    run(host, count, "9")
    assert [text for kind, text in told.outputs() if kind == "stream" and text.strip()] == ["1", "0"]


def faces(told):
    return [one["message"]["face"] for one in told.said if one["type"] == "widget"]


def test_a_card_asks_keeps_what_was_said_and_tells_only_afterwards(told):
    host = Host(told)
    run(host, "from cnnlib.widgets.cards import predict\npredict('01.window')")
    (shown,) = [one for one in told.said if one.get("kind") == "widget"]
    assert shown["spec"]["card"] and shown["spec"]["still"] == "cnn-still-01-window"
    host.receive("1/1", json.dumps({"type": "ready"}))
    run(host, "answer = 22", "2")
    (open_,) = faces(told)
    assert open_["cover"] and "22" not in json.dumps(open_["input"]) and not open_.get("figures")
    host.receive("1/1", json.dumps({"type": "commit", "value": "18", "sure": "certain"}))
    (said,) = [one for one in told.said if one["type"] == "record"]
    assert json.loads(said["text"])["events"][0]["value"] == 18
    run(host, "answer = 22", "2")
    assert [figure["value"] for figure in faces(told)[-1]["figures"]] == ["18", "22"]
    host.write_record("")
    assert faces(told)[-1]["cover"], "another record was brought: nothing is said in it"
    run(host, "1")
    assert host.widgets == {}


def test_matplotlib_waits_until_it_is_used(told):
    code = "import sys; before = 'matplotlib' in sys.modules\nimport matplotlib.pyplot as plt\n"
    host = Host(told)
    assert run(host, code + "type(plt).__name__")
    assert ("text", "'Later'") in told.outputs()
    assert run(host, "plt.Figure.__name__") and ("text", "'Figure'") in told.outputs()
    assert run(host, "import IPython\nbool(IPython.get_ipython())") and ("text", "False") in told.outputs()


@pytest.mark.parametrize("path", LEARNERS, ids=lambda path: path.stem)
def test_what_a_notebook_imports_of_the_course_loads_no_matplotlib(path):
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    statements = [node for source in cells for node in parsed(source) if isinstance(node, ast.ImportFrom)]
    lines = [ast.unparse(node) for node in statements if node.module.startswith("cnnlib")]
    script = "\n".join(["import sys", "sys.modules['matplotlib'] = None", *lines])
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=settings.ROOT)
    assert done.returncode == 0, done.stderr


def parsed(source):
    try:
        return ast.walk(ast.parse(source))
    except SyntaxError:  # a magic of IPython
        return []


@pytest.mark.parametrize("path", LEARNERS, ids=lambda path: path.stem)
def test_no_widget_needs_a_cell_that_draws_with_matplotlib(path):
    source = (settings.ROOT / "notebooks/source" / f"{path.stem}.py").read_text("utf-8")
    notebook = jupytext.reads(source, fmt="py:percent")
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    saved = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    told = plan(nbformat.read(path, as_version=4), twin=twin_of(path))
    assert len(sources) == len(saved)
    for wanted, one in zip(needs(sources), told, strict=True):
        drawing = [index for index in wanted if told[index]["draws"]]
        trained_there = path.stem.startswith("11") and any("history.plot" in sources[i] for i in drawing)
        assert trained_there or not (one["live"] and drawing), (one, drawing)


READ = """
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { pathToFileURL } from "node:url";
const { readRecording } = await import(pathToFileURL(process.argv[1]).href);
const { arrays, ...told } = readRecording(new Uint8Array(gunzipSync(readFileSync(0))).buffer);
console.log(JSON.stringify({ told, arrays: arrays.map((one) => Buffer.from(one).toString("base64")) }));
"""


def read(file):
    """A recording as the page reads it, by the page's own script."""
    script = settings.HERE / "live" / "src" / "unpacking.js"
    command = ["node", "--input-type=module", "--eval", READ, str(script)]
    found = json.loads(subprocess.run(command, input=file, capture_output=True, check=True).stdout)
    return found["told"], [base64.b64decode(array) for array in found["arrays"]]


def numbers(array):
    """An array of a recording; its length tells how many bytes a number has."""
    return np.frombuffer(array, {4: "<f4", 2: "<f2", 1: "u1"}[packing.item(array)])


@pytest.mark.parametrize("widget", [MistakeExplorer(), ImageGallery(load_digits(), half="test")])
def test_what_is_packed_comes_out_as_it_went_in(widget, monkeypatch):
    recordings = []
    monkeypatch.setattr(record, "Recording", lambda one: recordings.append(Recording(one)) or recordings[0])
    _, arrays = read(record.whole(widget))
    assert arrays == recordings[0].data


def test_an_image_is_taken_apart_only_into_tiles_that_leave_nothing_behind():
    image, tiles = np.zeros((5, 5), np.float16), packing.Tiles()
    image[2, :] = image[:, 2] = np.nan
    data = image.tobytes() + b"rest"
    tiles.take(0, data, [5, 5], [2, 2, 1])
    tiles.take(1, data, [5, 5], [5, 5, 0])
    image[2, 2] = 1.0
    tiles.take(2, image.tobytes() + b"rest", [5, 5], [2, 2, 1])
    assert list(tiles.mosaics) == ["0"] and len(tiles.numbers) == 1


def test_a_recording_holds_every_position_and_its_sentence():
    told, arrays = read(record.whole(MistakeExplorer()))
    assert len(told["frames"]) == 100
    for place, frame in list(told["frames"].items())[::17]:
        label, guess = map(int, place.split("/"))
        assert frame["text"] == MistakeExplorer(label=label, guess=guess).text
        for number, shape in (entry for entry in frame["scene"]["arrays"] if isinstance(entry, list)):
            beyond = len(numbers(arrays[number])) - np.prod(shape)
            assert 0 <= beyond <= 2, "float16 tells of itself by its length"
    assert told["start"] in told["frames"]


def test_a_widget_with_too_many_positions_is_not_recorded_whole():
    assert record.whole(DescentExplorer()) is None


def test_a_run_is_recorded_as_it_is_played():
    told, _ = read(record.run(TrainingView(show=()), steps=6, every=3, speed="25 steps a second"))
    view = TrainingView()
    assert told["run"][0]["text"] == view.text
    view.advance(6)
    assert told["run"][-1]["text"] == view.text and len(told["run"]) == 3


def test_small_images_of_a_run_have_few_levels_and_are_near_the_true_ones():
    view = TrainingView(show=())
    recordings = [record.Recording(view, levels) for levels in (None, record.GREYS)]
    for recording in recordings:
        recording.widget.live.page = recording.page
        recording.frame()
    seen, pixels = 0, 60 * 28 * 28  # of the wall
    for true, rounded in zip(*(recording.data for recording in recordings), strict=True):
        kind = {4 * pixels: "<f4", 2 * pixels + 2: "<f2", 2 * pixels + 4: "<f2"}.get(len(true))
        if kind:
            whole, few = (np.frombuffer(data, kind)[:pixels].astype(float) for data in (true, rounded))
            assert len(np.unique(whole)) > record.GREYS >= len(np.unique(few))
            assert np.abs(whole - few).max() <= np.ptp(whole) / (record.GREYS - 1) / 2 + 1e-3
            assert true[2 * pixels :] == rounded[2 * pixels :] or kind == "<f4"
            seen += 1
    assert seen == 1


def test_recorded_numbers_are_right_to_four_digits():
    values = np.float32([0, 1, -3.14159, 1e-20, 6.02e23, np.inf, -np.inf])
    short = np.frombuffer(record.shortened(values.tobytes()), "<f4")
    assert np.allclose(short, values, rtol=2**-13, atol=0) and np.isnan(
        np.frombuffer(record.shortened(np.float32([np.nan]).tobytes()), "<f4")
    )


def test_recorded_whole_are_widgets_of_the_notebooks():
    found = {}
    for path in sorted((settings.ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for index in record.whole_cells(notebook):
            answers = "answers" in cells[index].metadata  # saved without outputs
            assert answers or plan(notebook)[index]["live"] == "widget", (path.stem, index)
            found.setdefault(path.stem[:2], []).append(index)
    assert set(found) >= {"00", "07", "11"}


def test_line_between_keeps_its_challenge_from_one_frame_to_the_next_apart():
    from cnnlib.widgets import Challenge

    goal = Challenge("half way", lambda facts: facts["share"] == 0.5)
    widget = LineBetween(first=0, second=0, share=0.4, challenge=goal)
    recording = record.Recording(widget)
    widget.set_state(share=0.5)
    assert recording.frame()["challenge"] == "reached"


def test_a_pack_is_a_list_and_the_contents(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.py").write_bytes(b"x = 1")
    (tmp_path / "c.txt").write_bytes(b"")
    whole = python.pack(tmp_path)
    length = int.from_bytes(whole[:4], "little")
    assert json.loads(whole[4 : 4 + length]) == [["a/b.py", 5], ["c.txt", 0]]
    assert whole[4 + length :] == b"x = 1"


def sample_on_a_page(tmp_path, monkeypatch, fetch):
    """The module that stands for lzma on a page, and the file that stands for the sample of MNIST."""
    packed, unpacked = tmp_path / "course" / "x.xz", tmp_path / "sample.bin"
    packed.parent.mkdir()
    packed.write_bytes(lzma.compress(b"pixels"))
    python.set_sample_apart(packed, unpacked)
    assert unpacked.read_bytes() == b"pixels"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    there = absent(fetch)["lzma"]
    return there.LZMADecompressor(there.FORMAT_XZ, memlimit=1), packed.read_bytes()


def test_mnist_is_set_apart_and_fetched_when_it_is_unpacked(tmp_path, monkeypatch):
    site = {"x.xz": gzip.compress(b"pixels")}
    unpacker, there = sample_on_a_page(tmp_path, monkeypatch, site.__getitem__)
    assert unpacker.decompress(there, 7) == b"pixels"


def test_without_a_network_mnist_lacks_with_a_sentence(tmp_path, monkeypatch):
    def fetch(name):
        raise RuntimeError("NetworkError: failed to execute 'send'")

    unpacker, there = sample_on_a_page(tmp_path, monkeypatch, fetch)
    with pytest.raises(ConnectionError, match=r"x\.xz .* cannot be had .* try again when you are online"):
        unpacker.decompress(there, 7)


def test_only_files_with_the_published_check_sum_are_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "PYODIDE_FOLDER", str(tmp_path))
    monkeypatch.setattr(python, "BESIDE", tmp_path / "none")
    monkeypatch.setattr(python, "version", lambda: "0")
    monkeypatch.setattr(settings, "PYODIDE_PAGES", "http://127.0.0.1:9/{version}/")
    lock = {"packages": {"numpy": {"file_name": "numpy.whl", "sha256": "0" * 64}}}
    (tmp_path / "numpy.whl").write_bytes(b"something else")
    with pytest.raises(python.PythonMissing, match="numpy for the browser"):
        python.find("numpy", lock, tmp_path / "work")


def test_a_page_s_metadata_asks_for_what_a_page_brings(tmp_path):
    folder = tmp_path / "cnnlib-2.dist-info"
    folder.mkdir()
    lines = ["Name: cnnlib", "Requires-Dist: numpy>=2.0", "Requires-Dist: matplotlib>=3.9", "", "Text"]
    (folder / "METADATA").write_text("\n".join(lines))
    python.require_what_is_there(tmp_path)
    assert (folder / "METADATA").read_text() == "Name: cnnlib\nRequires-Dist: numpy>=2.0\n\nText"


def test_what_no_page_needs_stays_away(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.whl", "w") as archive:
        for name in (
            "numpy/__init__.py",
            "numpy/f2py/x.py",
            "numpy/ma/tests/x.py",
            "numpy/a.pyi",
            "smtplib.py",
        ):
            archive.writestr(name, "")
    python.unpack(tmp_path / "x.whl", tmp_path / "out")
    assert [path.name for path in python.files_of(tmp_path / "out")] == ["__init__.py"]


def test_the_lowest_numpy_that_is_allowed_is_the_one_that_the_pages_run():
    lock = (
        json.loads((python.PYODIDE / "pyodide-lock.json").read_text("utf-8"))
        if python.PYODIDE.is_dir()
        else None
    )
    if lock is None:
        pytest.skip("npm's packages are missing: run `npm ci` in tools/site")
    text = (settings.ROOT / "pyproject.toml").read_text("utf-8")
    assert '"numpy>=2.0"' in text and lock["packages"]["numpy"]["version"].startswith("2.0.")


def test_what_shows_a_widget_in_another_language_needs_the_cell_that_sets_it():
    path = settings.ROOT / "notebooks" / "de" / "00_start_here.ipynb"
    told = plan(nbformat.read(path, as_version=4), twin=twin_of(path))
    english = settings.ROOT / "notebooks" / path.name
    live = [one["live"] for one in plan(nbformat.read(english, as_version=4), twin=twin_of(english))]
    assert [one["live"] for one in told] == ["", *live]
    assert all(0 in one["needs"] for one in told[1:]) and told[0]["needs"] == []
    assert all(0 in one["short"]["needs"] for one in told if one["short"])
