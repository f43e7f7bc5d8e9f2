"""Graphs of single numbers, and difference quotients."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlib import chain, differences

leaf = st.floats(-3, 3).map(lambda v: round(v, 2))


@given(st.sampled_from(list(chain.GRAPHS)), leaf, leaf, leaf, leaf)
def test_gradients_of_graphs_are_the_numerical_ones(name, x, w, b, t):
    graph, leaves = chain.GRAPHS[name], {"x": x, "w": w, "b": b, "t": t}
    values, gradients = chain.run(graph, leaves)
    if abs(values["z"]) < 1e-3:
        return  # at the kink of the ReLU
    for key in leaves:
        above, below = (chain.forward(graph, {**leaves, key: leaves[key] + e})["E"] for e in (1e-5, -1e-5))
        assert gradients[key] == pytest.approx((above - below) / 2e-5, abs=1e-6)


def test_the_worked_example_of_the_text():
    values, gradients = chain.run(chain.GRAPHS["one weight"], {"x": 2.0, "w": 1.5, "b": -1.0, "t": 0.5})
    assert values == {"x": 2, "w": 1.5, "b": -1, "t": 0.5, "p": 3, "z": 2, "r": 1.5, "E": 1.125}
    assert {k: gradients[k] for k in "wxbt"} == {"w": 3.0, "x": 2.25, "b": 1.5, "t": -1.5}


def test_every_name_of_a_graph_has_a_place():
    for graph in chain.GRAPHS.values():
        assert set(graph.places) == {*graph.leaves, *(node.name for node in graph.nodes)}


@pytest.mark.parametrize("name", ["cubic", "exponential", "logistic loss"])
@pytest.mark.parametrize(("dtype", "step", "error"), [(np.float64, 1e-5, 1e-9), (np.float32, 1e-2, 1e-3)])
def test_the_best_step_lies_in_the_valley_where_theory_puts_it(name, dtype, step, error):
    best, least = differences.best_epsilon(differences.FUNCTIONS[name], 0.7, dtype)
    assert step / 30 < best < step * 30 and least < error


@pytest.mark.parametrize("name", list(differences.FUNCTIONS))
def test_slopes_are_true(name):
    curve = differences.FUNCTIONS[name]
    assert differences.quotient(curve, 0.7, 1e-5, np.float64) == pytest.approx(curve.slope(np.float64(0.7)))


def test_a_quotient_across_the_kink_is_wrong_by_half():
    relu = differences.FUNCTIONS["ReLU"]
    assert differences.quotient(relu, 0.0, 1e-5, np.float64) == 0.5
    assert differences.quotient_error(relu, 1e-6, 1e-5, np.float64) == pytest.approx(0.45)
    assert differences.quotient_error(relu, 1e-4, 1e-5, np.float64) < 1e-9


def test_both_ends_of_the_valley_rise_as_theory_says():
    curve = differences.FUNCTIONS["cubic"]
    far, farther = differences.quotient_error(curve, 1.0, [1e-3, 1e-2], np.float64)
    assert farther / far == pytest.approx(100, rel=1e-3)
    assert differences.quotient_error(curve, 1.0, 1e-14, np.float64) > 1e-4
