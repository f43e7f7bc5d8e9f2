"""What travels with a widget and what its page is told: first frame, running cells, ranges that depend."""

from types import SimpleNamespace

import numpy as np
import pytest

from cnnlib.viz import Axis, Panel, Points, Scene, Tiles
from cnnlib.widgets.base import packer
from cnnlib.widgets.base.packer import Packer
from cnnlib.widgets.base.running_cell import RunningCell
from tests.widgets.toy_widget import Toy, shown


def test_the_first_frame_travels_with_the_widget_and_is_never_old(monkeypatch):
    monkeypatch.setattr("IPython.display.publish_display_data", lambda *output: None)
    toy = Toy(steps=3)
    toy._ipython_display_()
    for steps in (3, 7):
        toy.set_state(steps=steps)
        state = toy.live.page.get_state()
        frame, buffers = state["first"]["frame"], state["first"]["buffers"]
        assert frame["state"] == toy.state and frame["text"] == toy.text and frame["ranges"] == {}
        assert len(buffers) == len(frame["scene"]["arrays"]) == 3
        assert state["spec"]["model"] == toy.live.page.model_id
    toy.close()


def test_a_page_that_has_the_newest_frame_is_not_sent_it_again():
    toy = shown(Toy())
    toy.set_state(steps=6)
    (newest, _), *_ = toy.live.page.frames[::-1]
    toy.live.receive({"type": "ready", "frame": newest["frame"]})
    assert toy.live.page.frames[-1] == ({"type": "cell", "cell": False}, [])
    toy.live.receive({"type": "ready", "frame": newest["frame"] - 1})
    message, buffers = toy.live.page.frames[-1]
    assert message["type"] == "frame" and len(buffers) == 3


def test_the_page_is_told_when_a_cell_begins_and_ends(monkeypatch):
    heard = {}
    events = SimpleNamespace(register=lambda name, call: heard.__setitem__(name, call))
    shell = SimpleNamespace(events=events, kernel=object())
    monkeypatch.setattr("cnnlib.widgets.base.running_cell._shell", lambda: shell)
    cell, toy = RunningCell(), shown(Toy())
    monkeypatch.setattr("cnnlib.widgets.base.session.CELL", cell)
    cell.tell(toy.live)
    assert toy.live.first()["frame"]["cell"]
    heard["post_run_cell"](SimpleNamespace(error_in_exec=None))
    heard["pre_run_cell"](None)
    assert [message["cell"] for message, _ in toy.live.page.frames] == [False, True]
    toy.close()
    heard["pre_run_cell"](None)  # nobody is there to tell


class Dependent(Toy):
    """Its steps end earlier, or later than declared, with the rule."""

    def limits(self, state):
        return {"steps": (0, 30 if state["rule"] == "SGD" else 4)}

    def options(self, state):
        return {"rule": ("SGD",) if state["grid"] else ("SGD", "Adam")}


@pytest.mark.parametrize(("rule", "steps", "end"), [("SGD", 31, 30), ("Adam", 5, 4), ("Adam", -1, 4)])
def test_a_typed_number_is_held_to_the_range_that_is_there(rule, steps, end):
    toy = Dependent(rule=rule, steps=3)
    toy.set_state(steps=steps)
    assert toy.message == f"Steps: expected a whole number from 0 to {end}, received {steps}. It stays 3."
    toy.set_state(steps=end)
    assert toy.state["steps"] == end and toy.message == ""


def test_a_range_is_that_of_the_values_set_beside_it():
    toy = Dependent(rule="Adam")
    toy.set_state(steps=25, rule="SGD")
    assert toy.state["steps"] == 25 and toy.message == ""
    toy.set_state(rule="Adam")
    assert toy.state["steps"] == 4 and toy.message == ""


def test_the_page_is_told_which_words_are_there():
    toy = shown(Dependent())
    toy.set_state(grid=True)
    assert toy.live.page.frames[-1][0]["options"] == {"rule": ["SGD"]}


def test_zero_and_minus_zero_are_one_array_to_a_page():
    """The page names an array of one number by it, and both are 0 there."""
    marks = [Points([0.0], [1.0]), Points([-0.0], [1.0])]
    head, _ = Packer().pack(Scene([Panel(marks, Axis(0, 1), Axis(0, 2))], "", {}))
    assert head["arrays"] == [0.0, 1.0]


def test_the_bytes_of_an_array_that_cannot_be_written_to_are_made_once(monkeypatch):
    made = []
    monkeypatch.setattr(packer, "_halves", lambda array: made.append(len(array)) or b"12")
    fixed, free = np.ones((30, 5, 5)), np.ones((20, 5, 5))
    fixed.setflags(write=False)
    one = Packer()
    for _ in range(3):
        tiles = [Tiles(np.zeros(len(z)), np.zeros(len(z)), z) for z in (fixed, free)]
        one.pack(Scene([Panel(tiles, Axis(0, 1), Axis(0, 1))], ""))
    assert sorted(made) == [20, 20, 20, 30]
    for k in range(30):
        array = np.full((30, 5, 5), k)
        array.setflags(write=False)
        one.pack(Scene([Panel([Tiles(np.zeros(30), np.zeros(30), array)], Axis(0, 1), Axis(0, 1))], ""))
    assert len(one._lasting) <= packer.LASTING
