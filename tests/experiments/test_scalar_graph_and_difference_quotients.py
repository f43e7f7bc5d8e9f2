"""Graphs of single numbers, and difference quotients."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlib.autodiff import scalar_graph
from cnnlib.experiments import difference_quotients

leaf = st.floats(-3, 3).map(lambda v: round(v, 2))


@given(st.sampled_from(list(scalar_graph.GRAPHS)), leaf, leaf, leaf, leaf)
def test_gradients_of_graphs_are_the_numerical_ones(name, x, w, b, t):
    graph, leaves = scalar_graph.GRAPHS[name], {"x": x, "w": w, "b": b, "t": t}
    values, gradients = scalar_graph.run(graph, leaves)
    if abs(values["z"]) < 1e-3:
        return  # at the kink of the ReLU
    for key in leaves:
        above, below = (
            scalar_graph.forward(graph, {**leaves, key: leaves[key] + e})["E"] for e in (1e-5, -1e-5)
        )
        assert gradients[key] == pytest.approx((above - below) / 2e-5, abs=1e-6)


def test_the_worked_example_of_the_text():
    values, gradients = scalar_graph.run(
        scalar_graph.GRAPHS["one weight"], {"x": 2.0, "w": 1.5, "b": -1.0, "t": 0.5}
    )
    assert values == {"x": 2, "w": 1.5, "b": -1, "t": 0.5, "p": 3, "z": 2, "r": 1.5, "E": 1.125}
    assert {k: gradients[k] for k in "wxbt"} == {"w": 3.0, "x": 2.25, "b": 1.5, "t": -1.5}


def test_every_name_of_a_graph_has_a_place():
    for graph in scalar_graph.GRAPHS.values():
        assert set(graph.places) == {*graph.leaves, *(node.name for node in graph.nodes)}


@pytest.mark.parametrize("name", ["cubic", "exponential", "logistic loss"])
@pytest.mark.parametrize(("dtype", "step", "error"), [(np.float64, 1e-5, 1e-9), (np.float32, 1e-2, 1e-3)])
def test_the_best_step_lies_in_the_valley_where_theory_puts_it(name, dtype, step, error):
    steps = np.logspace(-14, 0, 57)
    errors = difference_quotients.quotient_error(difference_quotients.FUNCTIONS[name], 0.7, steps, dtype)
    best = steps[np.nanargmin(errors)]
    assert step / 30 < best < step * 30 and np.nanmin(errors) < error


@pytest.mark.parametrize("name", list(difference_quotients.FUNCTIONS))
def test_slopes_are_true(name):
    curve = difference_quotients.FUNCTIONS[name]
    assert difference_quotients.quotient(curve, 0.7, 1e-5, np.float64) == pytest.approx(
        curve.slope(np.float64(0.7))
    )


def test_a_quotient_across_the_kink_is_wrong_by_half():
    relu = difference_quotients.FUNCTIONS["ReLU"]
    assert difference_quotients.quotient(relu, 0.0, 1e-5, np.float64) == 0.5
    assert difference_quotients.quotient_error(relu, 1e-6, 1e-5, np.float64) == pytest.approx(0.45)
    assert difference_quotients.quotient_error(relu, 1e-4, 1e-5, np.float64) < 1e-9


def test_both_ends_of_the_valley_rise_as_theory_says():
    curve = difference_quotients.FUNCTIONS["cubic"]
    far, farther = difference_quotients.quotient_error(curve, 1.0, [1e-3, 1e-2], np.float64)
    assert farther / far == pytest.approx(100, rel=1e-3)
    assert difference_quotients.quotient_error(curve, 1.0, 1e-14, np.float64) > 1e-4
