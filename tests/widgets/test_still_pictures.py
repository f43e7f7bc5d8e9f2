"""Whatever keeps matplotlib from drawing the still picture, the live widget appears all the same."""

import sys
import warnings

import matplotlib
import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.backends import backend_agg
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from tests.widgets.toy_widget import Toy


@pytest.fixture
def outputs(monkeypatch):
    """What is displayed, as (data, metadata) pairs."""
    shown = []
    monkeypatch.setattr(
        "IPython.display.publish_display_data", lambda data, metadata=None: shown.append((data, metadata))
    )
    return shown


def fails(failure):
    """A function that raises `failure`, whatever it is given."""

    def fail(*_args, **_kwargs):
        raise failure

    return fail


def no_memory(monkeypatch):
    monkeypatch.setattr(FigureCanvasAgg, "draw", fails(MemoryError("Unable to allocate 8.00 GiB")))


def no_latex(monkeypatch):
    """As with ``text.usetex`` where `latex` is missing."""
    monkeypatch.setattr(Text, "draw", fails(RuntimeError("Failed to process string with tex")))


def a_font_that_cannot_be_read(monkeypatch):
    monkeypatch.setattr(backend_agg, "get_font", fails(FileNotFoundError("DejaVuSans.ttf")))


def no_font(monkeypatch):
    monkeypatch.setattr(font_manager.fontManager, "findfont", fails(ValueError("Failed to find a font")))


def a_setting_that_is_refused(monkeypatch):
    monkeypatch.setattr(matplotlib.RcParams, "update", fails(ValueError("could not convert 'x' to float")))


def too_deep(monkeypatch):
    monkeypatch.setattr(FigureCanvasAgg, "draw", fails(RecursionError("maximum recursion depth exceeded")))


def warnings_are_errors(monkeypatch):
    def warn(*_args, **_kwargs):
        warnings.warn("Glyph 9670 missing from font(s)", UserWarning, stacklevel=2)

    monkeypatch.setattr(FigureCanvasAgg, "draw", warn)


def no_pillow(monkeypatch):
    monkeypatch.delitem(sys.modules, "cnnlib.viz.static", raising=False)
    monkeypatch.setitem(sys.modules, "PIL", None)


def no_matplotlib(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("cnnlib.viz.static")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)


def a_matplotlib_that_was_imported_by_half(monkeypatch):
    """As after a matplotlibrc that is no text, or an interrupt during the first import."""
    for name in [name for name in sys.modules if name.startswith("cnnlib.viz.static")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(matplotlib, "rcParamsDefault")


FAULTS = (
    no_memory,
    no_latex,
    a_font_that_cannot_be_read,
    no_font,
    a_setting_that_is_refused,
    too_deep,
    warnings_are_errors,
    no_pillow,
    no_matplotlib,
    a_matplotlib_that_was_imported_by_half,
)


@pytest.mark.parametrize("break_it", FAULTS, ids=lambda fault: fault.__name__)
def test_the_live_widget_appears_without_its_still_picture(break_it, monkeypatch, outputs):
    with monkeypatch.context() as broken, warnings.catch_warnings():
        warnings.simplefilter("error")
        break_it(broken)
        toy = Toy(steps=3)
        toy._ipython_display_()
    ((view, _),) = outputs
    assert view["application/vnd.jupyter.widget-view+json"]["model_id"] == toy.live.page.model_id
    assert toy.live.page.spec["picture"] == ""
    assert view["text/plain"].startswith("Toy(steps=3)\nAfter 3 steps with rate 0.1.\n")
    assert "no still picture" in view["text/plain"].lower() and toy.failure is None
    toy.set_state(steps=4)
    assert toy.live.page.get_state()["first"]["frame"]["state"]["steps"] == 4
    toy.close()


@pytest.mark.parametrize("break_it", FAULTS[:3], ids=lambda fault: fault.__name__)
def test_without_live_packages_and_without_a_picture_the_sentences_stay(break_it, monkeypatch, outputs):
    for name in list(sys.modules):
        if name.partition(".")[0] == "anywidget" or name == "cnnlib.widgets.base.page":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "anywidget", None)
    break_it(monkeypatch)
    toy = Toy(steps=3)
    toy._ipython_display_()
    words = "\n".join(data["text/plain"] for data, _ in outputs)
    assert "pip install ipywidgets anywidget" in words and toy.text in words and "no still picture" in words
    assert not any("image/png" in data for data, _ in outputs)


def test_after_a_failure_the_next_picture_is_drawn_and_no_setting_has_moved(monkeypatch, outputs):
    settings = dict(matplotlib.rcParams)
    with monkeypatch.context() as broken:
        no_memory(broken)
        Toy()._ipython_display_()
    assert dict(matplotlib.rcParams) == settings
    Toy()._ipython_display_()
    assert len(outputs) == 3 and outputs[-1][0]["image/png"].startswith("iVBOR")


def test_an_interrupt_while_the_picture_is_drawn_is_an_interrupt(monkeypatch, outputs):
    monkeypatch.setattr(FigureCanvasAgg, "draw", fails(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        Toy()._ipython_display_()


def test_the_picture_is_drawn_where_numpy_raises_on_its_warnings(outputs):
    with np.errstate(all="raise"):
        Toy()._ipython_display_()
    assert "image/png" in outputs[-1][0]
