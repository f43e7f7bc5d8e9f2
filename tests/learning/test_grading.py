"""How near is near: on a plain axis, by powers of ten, in an order, between two lines; and nothing typed."""

import ast
import importlib
import inspect
from pathlib import Path

import numpy as np
import pytest

from cnnlib.learning import find, grade, items
from cnnlib.learning.items import Belief, Item
from cnnlib.widgets.cards import faces
from cnnlib.widgets.spirals import PlaygroundSnapshots

TRUTHS = Path(importlib.import_module("cnnlib.learning.truths").__file__).parent


def number(**more):
    return Item("01.x", "prediction", "number", "How many of them?", truth="f", axis=(0, 100), **more)


@pytest.mark.parametrize(("said", "distance"), [(50, 0), (54, 0.8), (55, 1), (45, 1), (55.1, 1.02), (0, 10)])
def test_a_number_is_near_up_to_its_tolerance_on_either_side(said, distance):
    found = grade(number(near=5), said, 50)
    assert found.near == (distance <= 1) and found.distance == pytest.approx(distance)


@pytest.mark.parametrize(("said", "distance"), [(0.01, 0), (0.1, 1), (0.001, 1), (1, 2), (1e-5, 3)])
def test_a_number_over_decades_is_near_up_to_a_factor(said, distance):
    found = grade(number(near=10, log=True), said, 0.01)
    assert found.near == (distance <= 1) and found.distance == pytest.approx(distance)


@pytest.mark.parametrize("said", [0, -3])
def test_on_a_logarithmic_axis_nothing_below_zero_is_near(said):
    assert not grade(number(near=10, log=True), said, 0.01).near


def test_a_number_that_is_computed_exactly_allows_for_rounding_alone():
    assert grade(number(), 0.1 + 0.2, 0.3).near and not grade(number(), 0.301, 0.3).near


@pytest.mark.parametrize(("said", "turned"), [("abcd", 0), ("bacd", 1), ("badc", 2), ("dcba", 6)])
def test_an_order_is_near_up_to_so_many_pairs_that_stand_the_other_way_round(said, turned):
    belief = Belief(("d", "a"), "the last comes first", "Look at a.")
    item = Item("01.x", "prediction", "order", "?", truth="f", things=tuple("dcab"), near=1, wrong=(belief,))
    found = grade(item, list(said), list("abcd"))
    assert found.near == (turned <= 1) and bool(found.says) == (said.index("d") < said.index("a"))


@pytest.mark.parametrize(
    ("said", "near"), [("abcd", True), ("acbd", True), ("bacd", False), ("acdb", False), ("dbca", False)]
)
def test_things_that_are_free_may_stand_in_any_order_among_themselves(said, near):
    belief = Belief(("b", "a"), "b first", "Look at a.")
    item = Item("01.x", "question", "order", "?", right=list("abcd"), free=(("b", "c"),), wrong=(belief,))
    found = grade(item, list(said), item.right)
    assert found.near == near and bool(found.says) == (said.index("b") < said.index("a"))


@pytest.mark.parametrize(
    ("name", "moves"),
    [
        ("13.order", [(0, 1)]),  # the old gradients may be forgotten before the forward pass
        ("03.worked-linear", [(1, 2), (1, 3), (2, 3)]),  # dX, dW and db do not wait for each other
    ],
)
def test_every_right_order_is_taken_and_a_wrong_one_is_not(name, moves):
    item = find(name)
    for first, second in moves:
        said = list(item.right)
        said[first], said[second] = said[second], said[first]
        assert grade(item, said, item.right).near, said
    assert not grade(item, list(reversed(item.right)), item.right).near


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(("off", "near"), [(0.0, True), (9.0, True), (11.0, False), (-11.0, False)])
def test_a_sketch_is_near_up_to_a_share_of_the_height_on_the_picture_s_own_axis(log, off, near):
    wrong = (Belief("above", "too much", "Less."), Belief("below", "too little", "More."))
    item = Item(
        "01.x",
        "prediction",
        "sketch",
        "?",
        truth="f",
        near=0.1,
        log=log,
        x=(1, 1000),
        y=(0, 100),
        wrong=wrong,
    )
    places = (np.geomspace if log else np.linspace)(1, 1000, 50)
    curve = 20 + 60 * np.linspace(0, 1, 50)
    found = grade(item, (20 + 60 * np.linspace(0, 1, 25) + off).tolist(), (places, curve))
    assert found.near == near and found.belief == ("" if near else "too much" if off > 0 else "too little")


def test_what_spans_decades_is_asked_on_a_logarithmic_scale():
    for item in items("prediction"):
        if item.kind == "number" and item.axis[0] > 0 and item.axis[1] / item.axis[0] >= 1000:
            assert item.log, item.id
        if item.log and item.kind == "number":
            assert item.near > 1 and item.axis[0] > 0, f"{item.id}: near is a factor"


def test_a_sketch_is_drawn_on_the_axes_of_the_picture_that_follows():
    followed = {"10.height": (PlaygroundSnapshots(last=6), "shares")}
    for item in items("prediction"):
        if item.kind != "sketch":
            continue
        widget, name = followed[item.id]
        panel = next(panel for panel in widget.scene.panels if panel.name == name)
        shape = faces.curves_of(item, [0.0, 1.0], ([1, 2], [0, 1]))
        assert (item.x[0], item.x[1], item.log) == (panel.x.low, panel.x.high, panel.x.log)
        assert (item.y[0], item.y[1]) == (panel.y.low, panel.y.high) and not panel.y.log
        assert shape["log"] == item.log and shape["x"][:2] == list(item.x[:2])


@pytest.mark.parametrize("path", sorted(TRUTHS.glob("nb*.py")), ids=lambda path: path.stem)
def test_no_truth_is_typed(path):
    """Whatever a function of the truths returns is worked out: it calls, calculates or compares something."""
    module = importlib.import_module(f"cnnlib.learning.truths.{path.stem}")
    own = {name: inspect.unwrap(value) for name, value in vars(module).items() if callable(value)}
    for name, function in own.items():
        if not inspect.isfunction(function) or function.__module__ != module.__name__:
            continue
        tree = ast.parse(inspect.getsource(function))
        worked = [
            n for n in ast.walk(tree) if isinstance(n, (ast.Call, ast.BinOp, ast.Compare, ast.Attribute))
        ]
        arguments = inspect.signature(function).parameters
        assert worked or arguments, f"{path.stem}.{name} returns what was typed"
