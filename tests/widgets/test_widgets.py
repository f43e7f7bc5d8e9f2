"""Every widget of the package: swept over all its controls, and held to what all of them promise."""

import gc
import inspect

import numpy as np
import pytest

import cnnlib.widgets
from cnnlib.experiments import planted_faults
from cnnlib.viz.static import to_png
from cnnlib.widgets.base import Button, Widget
from cnnlib.widgets.learning_rate import schedule_runs
from tests.less_training import few_images
from tests.widgets.sweep import assert_sound, sweep
from tests.widgets.toy_widget import small_view

CLASSES = [
    cls
    for cls in (getattr(cnnlib.widgets, name) for name in cnnlib.widgets.__all__)
    if inspect.isclass(cls) and issubclass(cls, Widget) and cls is not Widget
]
every = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)


#: How often each move is made, and from which seeds the order is drawn, where once is not enough.
ORDERS = dict.fromkeys(("ContourExplorer", "OptimizerRace", "BatchNoise"), ((0, 2), (1, 2)))
ORDERS |= {"FilterWatch": ((0, 2),)}
#: What keeps the results of those whose moves are dear.
DEAR = {"BrokenBackward": planted_faults.curve_on_mnist, "ScheduleExplorer": schedule_runs.trained}
#: How many texts are seen at least, where the text tells what the picture shows.
TEXTS = dict.fromkeys(("ContourExplorer", "OptimizerRace", "BatchNoise"), 21)
TEXTS |= dict.fromkeys(("BasinMap", "EscapeExplorer", "LossSlice", "LineBetween"), 11)


@pytest.fixture
def short(monkeypatch, cls):
    """Less work where a move is dear, for the widgets of `DEAR`; nothing of it is kept for other tests."""
    kept = DEAR.get(cls.__name__)
    if kept is not None:
        few_images(monkeypatch)
        monkeypatch.setattr(schedule_runs, "NETWORKS", 2)
        kept.cache_clear()
    yield
    if kept is not None:
        kept.cache_clear()


@every
def test_no_move_in_any_order_breaks_it(cls, short):
    for seed, rounds in ORDERS.get(cls.__name__, ((0, 1),)):
        widget = cls()
        texts = sweep(widget, seed, rounds)
        assert len(set(texts)) >= TEXTS.get(cls.__name__, 1)
        assert cls.__name__ != "ScheduleExplorer" or any("range test" in text for text in texts)
    again = eval(repr(widget), vars(cnnlib.widgets))
    for name in set(widget.state) - set(widget.volatile):
        assert again.state[name] == widget.state[name], "the printed line does not recreate it"


@every
def test_default_state(cls):
    widget = cls()
    assert_sound(widget)
    assert widget.title and widget.message == ""
    assert cls().text == widget.text, "the default text differs from one time to the next"
    assert cls.__doc__
    for control in widget.controls:
        assert control.title, control
        if not isinstance(control, Button):
            assert control.clean(widget.state[control.name]) == widget.state[control.name]


@every
def test_state_round_trip(cls):
    widget = cls()
    again = cls(**widget.state)
    assert again.state == widget.state and again.text == widget.text


@every
def test_static_picture(cls):
    assert len(to_png(cls().scene)) < 70_000, "the saved picture is large: ten of them fill a notebook"


@every
def test_moves_leave_no_objects_behind(cls):
    widget = cls()
    number = next((c for c in widget.controls if hasattr(c, "low")), None)
    if number is None:
        return
    ends = (number.low, number.high)

    def move(times):
        for i in range(times):
            widget.set_state(**{number.name: ends[i % 2]})
        gc.collect()
        return len(gc.get_objects())

    before = move(6)
    assert move(20) - before < 20  # less than one object a move


def test_descent_text_tells_what_the_picture_shows():
    from cnnlib.widgets import DescentExplorer

    widget = DescentExplorer(curvature=1, start=-2, steps=30)
    for rate, words in [
        (0.0001, "it crawls"),
        (0.5, "it glides down"),
        (1.9, "from side to side"),
        (2.05, "the rate is too high"),
        (10, "It diverges"),
        (1, "at the minimum"),
    ]:
        widget.set_state(rate=rate)
        assert words in widget.text, (rate, widget.text)
    widget.set_state(start=0)
    assert "began at the minimum" in widget.text
    widget.set_state(curve="several minima", start=-2.5, rate=0.05, steps=100)
    assert "false minimum at −1.67" in widget.text and widget.facts["at_global_minimum"] == 0
    widget.set_state(start=2.5)
    assert "global minimum at 1.47" in widget.text and widget.facts["at_global_minimum"] == 1


def test_descent_start_follows_the_handle():
    from cnnlib.viz import Handle
    from cnnlib.widgets import DescentExplorer

    widget = DescentExplorer(start=1.25)
    handles = [mark for panel in widget.scene.panels for mark in panel.marks if isinstance(mark, Handle)]
    assert [(handle.x, handle.sets) for handle in handles] == [(1.25, {"x": "start"})]


def test_microscope_against_the_sum_written_out():
    from cnnlib.data import load_photo
    from cnnlib.widgets import ConvolutionMicroscope

    image = load_photo()[0, 0]
    widget = ConvolutionMicroscope(kernel_name="sharpen", stride=2, padding=1, row=3, col=5)
    kernel = np.array(widget.state["kernel"])
    patch = np.pad(image, 1)[6:9, 10:13]
    assert widget.facts["sum"] == pytest.approx(float((patch * kernel).sum()), abs=1e-5)
    assert (widget.facts["height"], widget.facts["width"]) == (50, 75)
    assert "Row 3, column 5" in widget.text and "50 rows, 75 columns" in widget.text


def test_microscope_kernel_names_and_numbers_go_together():
    from cnnlib.widgets import ConvolutionMicroscope
    from cnnlib.widgets.forward_pass.convolution import KERNELS

    widget = ConvolutionMicroscope(image="digit")
    widget.set_state(kernel_name="Laplace")
    assert widget.state["kernel"] == KERNELS["Laplace"]
    widget.set_state(kernel=((1, 0, 0),) * 3)
    assert widget.state["kernel_name"] == "my own"
    widget.set_state(kernel=KERNELS["sharpen"])
    assert widget.state["kernel_name"] == "sharpen"


def test_microscope_window_stays_on_the_map_and_plays_along_the_rows():
    from cnnlib.widgets import ConvolutionMicroscope

    widget = ConvolutionMicroscope(image="digit", row=5, col=5)
    widget.set_state(stride=3)
    assert (widget.state["row"], widget.state["col"]) == (1, 1)
    widget.rewind()
    assert widget.advance(3) == 3 and (widget.state["row"], widget.state["col"]) == (1, 1)
    assert widget.advance(1) == 0
    widget.set_state(**widget.event({"name": "image", "kind": "click", "x": 3.9, "y": 1.2}))
    assert (widget.state["row"], widget.state["col"]) == (0, 1)


def test_training_reaches_its_goal_and_rewinds_to_the_same_numbers():
    view = small_view()
    first = view.model.arrays()["0.weight"].copy()
    view.advance(7 * 45)
    assert view.facts["accuracy"] > 0.95 and view.challenge_reached and view.facts["epochs"] == 7
    begin, _, loss = view.text.partition(" test images are right, with a loss of 0.")
    assert begin.startswith("After 315 steps (10,059 images, 7 epochs) 9") and loss
    assert "of the 360 test images are right" in view.text
    text = view.text
    for step, images in ((135, 4311), (35, 1120), (2, 64)):  # ends of epochs, and steps within one
        view.set_state(step=step)
        assert f"After {step} steps ({images:,} images, " in view.text
        view.advance(315 - step)
        assert view.text == text
    view.rewind()
    view.refresh()
    np.testing.assert_array_equal(view.model.arrays()["0.weight"], first)
    assert view.text.startswith("Before the first step")


def test_training_goes_to_the_step_that_was_kept_nearest_and_shows_what_came_after():
    from cnnlib.viz import Cursor, Line

    view = small_view()
    view.advance(2 * 45)
    kept = [snapshot.step for snapshot in view.snapshots]
    assert kept[:5] == [0, 1, 2, 4, 5] and kept[-4:] == [67, 78, 89, 90] and len(kept) < 20
    view.set_state(step=44)
    assert view.state["step"] == view.facts["steps"] == 40
    view.set_state(step=41)
    assert view.state["step"] == 45  # forwards: an arrow key is never stuck between two
    view.set_state(step=33)
    assert view.limits(view.state)["step"] == (0, 90)
    accuracy, loss = view.scene.panels[1:3]
    ghosts = [m for m in loss.marks if isinstance(m, Line) and m.alpha < 1]
    assert all(m.x[-1] > 80 for m in ghosts)
    cursors = [m for panel in (loss, accuracy) for m in panel.marks if isinstance(m, Cursor)]
    assert [(m.x, m.sets) for m in cursors] == [(view.steps, {"x": "step"})] * 2
    view.advance(1)
    assert view.limits(view.state)["step"] == (0, view.steps)


def test_training_shows_divergence_instead_of_failing():
    from cnnlib.nn.optim import SGD

    view = small_view(make_optimizer=lambda lr: SGD(lr=1e6))
    view.put(rate=1e6)  # beyond its slider
    view.advance(20)
    assert "no number any more" in view.text
    assert to_png(view.scene)
