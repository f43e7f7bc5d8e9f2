"""The base of the widgets: values, faults, states, frames, playing; all without a browser."""

import gc
import importlib
import pkgutil
import sys
import tracemalloc

import numpy as np
import pytest

import cnnlib.widgets
from cnnlib.viz import Axis, Heatmap, Panel, Scene
from cnnlib.widgets.base import BadValue, Challenge, Choice, Grid, Widget
from cnnlib.widgets.base.packer import Packer
from cnnlib.widgets.base.page import CellRegistry
from tests.widgets.sweep import make, moves, sweep
from tests.widgets.toy_widget import Toy, shown


def test_state_is_a_plain_dict_of_the_values():
    toy = Toy(rate=0.5, rule="Adam")
    assert toy.state == {
        "start": 0,
        "rate": 0.5,
        "steps": 5,
        "rule": "Adam",
        "grid": False,
        "kernel": ((0.0, 1.0), (2.0, 3.0)),
    }
    toy.state["rate"] = 7
    assert toy.state["rate"] == 0.5


def test_one_line_recreates_the_widget():
    toy = Toy(rate=0.25, grid=True, kernel=[[1, 2], [3, 4]])
    assert repr(toy) == "Toy(rate=0.25, grid=True, kernel=((1.0, 2.0), (3.0, 4.0)))"
    again = eval(repr(toy))
    assert again.state == toy.state and again.text == toy.text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"rate": 11}, "Rate: expected a number from 0.0001 to 10, received 11. It stays 0.1."),
        ({"rate": ""}, "received nothing"),
        ({"rate": "fast"}, "received 'fast'"),
        ({"rate": float("nan")}, "received nan"),
        ({"rate": True}, "received True"),
        ({"steps": 2.5}, "expected a whole number from 0 to 20, received 2.5"),
        ({"rule": "Newton"}, "expected one of SGD, Adam, received 'Newton'"),
        ({"grid": "yes"}, "expected True or False"),
        ({"kernel": [[1, 2, 3]]}, "expected 2 rows of 2 numbers"),
        ({"kernel": [[1, 2], [3, "x"]]}, "row 2, column 2: expected a number from -9 to 9, received 'x'"),
        ({"speed": 3}, "no control named 'speed'; there are: start, rate, steps, rule, grid, kernel."),
    ],
)
def test_a_wrong_value_gives_a_sentence_and_changes_nothing(values, words):
    toy = Toy()
    before = toy.state
    toy.set_state(**values)
    assert words in toy.message and toy.state == before
    toy.set_state(rate=0.2)
    assert toy.message == ""


@pytest.mark.parametrize(
    ("control", "given", "kept"),
    [
        (
            Choice("ground", ("Rosenbrock's valley", "bowl"), words=("valley", "bowl")),
            "valley",
            "Rosenbrock's valley",
        ),
        (Choice("batch", ("1", "all"), words=("1 image", "all 291")), 1, "1"),
        (Choice("batch", ("1", "all"), words=("1 image", "all 291")), "all 291", "all"),
        (Choice("pair", ("a", "b"), words=("b", "a")), "a", "a"),
        (Grid("layers", ((4, 2, 0),)), (8, 6, 0), ((8.0, 6.0, 0.0),)),
        (Grid("layers", ((4, 2, 0),)), np.array([8, 6, 0]), ((8.0, 6.0, 0.0),)),
        (Grid("kernel", ((1,), (2,))), [3, "4,5"], ((3.0,), (4.5,))),
    ],
)
def test_what_the_sentence_names_is_accepted(control, given, kept):
    assert control.clean(given) == kept


@pytest.mark.parametrize(
    "given", [(1, 2), "123", [[1, 2, 3], [4, 5, 6]], 3, None, [[1, 2], [3]], [1, [2, 3], 4]]
)
def test_a_row_of_another_length_is_refused_in_words(given):
    with pytest.raises(ValueError, match="Layers: expected 3 numbers, received"):
        Grid("layers", ((4, 2, 0),)).clean(given)


def every_widget(base=Widget):
    """All classes of widgets."""
    for kind in base.__subclasses__():
        yield kind
        yield from every_widget(kind)


def test_every_choice_of_every_widget_accepts_each_word_that_its_refusal_names():
    for module in pkgutil.walk_packages(cnnlib.widgets.__path__, "cnnlib.widgets."):
        importlib.import_module(module.name)
    choices = [c for kind in every_widget() for c in kind.controls if isinstance(c, Choice)]
    assert len(choices) > 20
    for choice in choices:
        with pytest.raises(ValueError, match="received") as refused:
            choice.clean("no such word")
        for option, words in zip(choice.options, choice.words or choice.options, strict=True):
            assert words in str(refused.value)
            assert choice.clean(option) == choice.clean(words) == option


def test_right_values_beside_wrong_ones_are_set():
    toy = Toy()
    toy.set_state(rate="0,5", steps="many", start=1)
    assert (toy.state["rate"], toy.state["start"], toy.state["steps"]) == (0.5, 1, 5)


class Planted(Toy):
    """Fails for some values of a control, far from its default: what nbval cannot see."""

    def compute(self, state):
        if state["rate"] > 3:
            np.zeros(3) + np.zeros(2)
        return super().compute(state)


def test_nbval_would_miss_the_planted_fault_and_the_sweep_finds_it():
    Planted()  # the default state shows nothing of it
    with pytest.raises(AssertionError, match="operands could not be broadcast"):
        sweep(Planted())


def test_a_fault_reaches_code_and_becomes_a_sentence_on_the_page():
    planted = shown(Planted())
    with pytest.raises(ValueError, match="broadcast"):
        planted.set_state(rate=5)
    assert planted.state["rate"] == 0.1
    planted.live.receive({"type": "state", "id": 4, "values": {"rate": 5}})
    message, _ = planted.live.page.frames[-1]
    assert "cannot be shown" in message["message"] and message["answers"] == 4
    assert message["state"]["rate"] == 0.1
    planted.live.receive({"type": "state", "id": 5, "values": {"rate": 2}})
    assert planted.state["rate"] == 2 and planted.message == "" and planted.failure is None


def test_compute_may_refuse_a_value():
    class Picky(Toy):
        def compute(self, state):
            if state["steps"] == 13:
                raise BadValue("Thirteen steps are not shown.")
            return super().compute(state)

    picky = Picky(steps=12)
    picky.set_state(steps=13)
    assert picky.message == "Thirteen steps are not shown." and picky.state["steps"] == 12


def test_limits_hold_values_within():
    class Limited(Toy):
        def limits(self, state):
            return {"steps": (0, 10 if state["rule"] == "SGD" else 4)}

    limited = Limited(steps=9)
    limited.set_state(rule="Adam")
    assert limited.state["steps"] == 4


def test_challenge_stays_reached_until_reset():
    toy = Toy(challenge=Challenge("ten steps", lambda facts: facts["steps"] >= 10))
    assert not toy.challenge_reached
    toy.set_state(steps=11)
    toy.set_state(steps=1)
    assert toy.challenge_reached and shown(toy).live.first()["frame"]["challenge"] == "reached earlier"
    toy.reset()
    assert not toy.challenge_reached and toy.state["steps"] == 5


def test_frames_hold_changed_arrays_alone():
    toy = shown(Toy())
    toy.live.receive({"type": "ready"})
    assert len(toy.live.page.frames[-1][1]) == 3
    toy.set_state(steps=6)
    assert len(toy.live.page.frames[-1][1]) == 0
    toy.set_state(rate=1)
    assert len(toy.live.page.frames[-1][1]) == 1
    toy.live.receive({"type": "ready"})
    assert len(toy.live.page.frames[-1][1]) == 3


def test_packed_arrays_are_float32_in_row_order():
    z = np.arange(6.0).reshape(2, 3).T
    scene = Scene([Panel([Heatmap(z)], Axis(0, 1), Axis(0, 1))], "")
    head, buffers = Packer().pack(scene)
    assert head["arrays"][0][1:] == [[3, 2], 0]
    np.testing.assert_array_equal(np.frombuffer(buffers[0], "<f4").reshape(3, 2), z)


@pytest.mark.parametrize("scale", [1e-30, 1e-6, 1, 1e8])
@pytest.mark.parametrize("cells", [(20, 20), (19, 21)])
def test_large_heatmaps_are_halved_where_that_cannot_be_seen(cells, scale):
    """Three digits, NaN among them; their length is no multiple of four. Those with numbers stay float32."""
    z = scale * np.random.default_rng(0).normal(size=cells)
    z[3] = np.nan
    _, (data,) = Packer().pack(Scene([Panel([Heatmap(z)], Axis(0, 1), Axis(0, 1))], ""))
    assert len(data) % 4 == 2
    got = np.frombuffer(data, "<f2")[: z.size].reshape(cells) * 2.0 ** np.frombuffer(data[-2:], "<i2")
    np.testing.assert_allclose(got, z, rtol=1e-3, atol=1e-6 * scale)
    _, (data,) = Packer().pack(Scene([Panel([Heatmap(z, numbers=".1f")], Axis(0, 1), Axis(0, 1))], ""))
    np.testing.assert_array_equal(np.frombuffer(data, "<f4").reshape(cells), z.astype("<f4"))


def test_buttons_steps_and_rewind_come_from_the_page():
    toy = shown(Toy())
    for kind in ({"type": "press", "name": "shuffle"}, {"type": "step"}, {"type": "step"}):
        toy.live.receive(kind)
    assert toy.state["start"] == 1.5 and toy.state["steps"] == 7
    toy.live.receive({"type": "rewind"})
    assert toy.state["steps"] == 0
    toy.live.receive({"type": "reset"})
    assert toy.state == Toy().state


STRANGE = [{}, {"type": "_on"}, {"type": "speed", "value": "warp"}, {"type": "event"}]


@pytest.mark.parametrize("message", STRANGE)
def test_unknown_messages_harm_nothing(message):
    toy = shown(Toy())
    toy.live.receive(message)
    toy.set_state(rate=1)
    assert toy.state["rate"] == 1


def test_running_a_cell_again_closes_the_earlier_widgets(monkeypatch):
    place = ("cell", "run 1")
    monkeypatch.setattr("cnnlib.widgets.base.page.current_cell", lambda: place)
    registry, toys = CellRegistry(), [shown(Toy()) for _ in range(4)]
    pages = [toy.live.page for toy in toys]
    registry.enter(toys[0])
    registry.enter(toys[1])
    assert not hasattr(pages[0], "closed")
    place = ("cell", "run 2")
    registry.enter(toys[2])
    assert pages[0].closed and pages[1].closed and toys[0].live.page is None
    place = ("other cell", "run 3")
    registry.enter(toys[3])
    assert not hasattr(pages[2], "closed")


def test_the_page_has_the_state_after_every_move():
    toy = shown(Toy())
    for move in moves(toy, np.random.default_rng(0)):
        make(toy, *move)
        assert toy.live.page.frames[-1][0]["state"] == toy.state


def test_a_thousand_moves_leave_no_memory_behind():
    toy = shown(Toy())
    toy.live.page.send = lambda message, buffers: None

    def move(count):
        for i in range(count):
            toy.live.receive({"type": "state", "id": i, "values": {"rate": 0.1 + i / 1000, "steps": i % 20}})
        gc.collect()

    move(200)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    move(1000)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 100_000


def test_an_output_is_a_view_with_its_text_and_a_picture_with_its_words(monkeypatch):
    shown_outputs = []
    monkeypatch.setattr("IPython.display.publish_display_data", lambda *output: shown_outputs.append(output))
    toy = Toy()
    toy._ipython_display_()
    (view, _), (picture, about) = shown_outputs
    assert view["application/vnd.jupyter.widget-view+json"]["model_id"] == toy.live.page.model_id
    assert view["text/plain"].startswith("Toy()\nAfter 5 steps with rate 0.1.\n")
    assert picture["text/plain"] == toy.text and about["image/png"]["alt"] == toy.text
    assert picture["image/png"].rstrip("=").endswith(toy.live.page.spec["picture"])
    toy.close()


@pytest.mark.parametrize("package", ["anywidget", "ipywidgets", "traitlets"])
def test_without_a_package_of_the_live_view_one_sentence_mends_it_and_the_picture_stays(package, monkeypatch):
    shown_outputs = []
    for name in list(sys.modules):
        if name.partition(".")[0] == "anywidget" or name == "cnnlib.widgets.base.page":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(
        "IPython.display.publish_display_data",
        lambda data, metadata=None: shown_outputs.append((data, metadata)),
    )
    toy = Toy(steps=3)
    toy._ipython_display_()
    (sentence, _), (picture, metadata) = shown_outputs
    assert list(sentence) == ["text/plain"] and sentence["text/plain"].count(".") == 1
    assert package in sentence["text/plain"] and "pip install ipywidgets anywidget" in sentence["text/plain"]
    assert picture["image/png"].startswith("iVBOR") and metadata["image/png"]["alt"] == toy.text
    toy.set_state(steps=4)
    assert "4 steps" in toy.text
