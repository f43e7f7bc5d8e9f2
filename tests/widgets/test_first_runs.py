"""The run that each method begins with: over all surfaces and methods it arrives, or says where it stops."""

import numpy as np
import pytest

from cnnlib.experiments.error_curves import METHODS, descend
from cnnlib.viz import Line, Note
from cnnlib.widgets.gradient_descent.contours import WIDE, ContourExplorer
from cnnlib.widgets.gradient_descent.first_runs import RUNS, STARTS, first_run, left_at, outcome
from cnnlib.widgets.gradient_descent.surface_picture import SURFACES, WORDS, surface_of, window

#: Where a run cannot arrive, and that is its lesson.
STOPS = {("Rosenbrock's valley", "SGD"): "it crawls"} | {
    ("ripples", method): "stuck in a hollow" for method in METHODS if method != "Adam"
}
#: Where its mark on the map stands beside that of the lowest point.
NEAR = {("Rosenbrock's valley", method) for method in METHODS if method != "SGD"}
NEAR |= {("bowl", "Nesterov"), ("bowl", "RMSprop"), ("bowl", "Adam"), ("saddle", "RMSprop")}


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("method", METHODS)
def test_every_first_run_arrives_or_says_where_it_stops(surface, method):
    made, turned = ContourExplorer(surface=surface, optimizer=method), ContourExplorer()
    turned.set_state(optimizer=method)
    turned.set_state(surface=surface)
    end = STOPS.get((surface, method), "near the lowest point" if (surface, method) in NEAR else "arrived")
    for widget in (made, turned):
        assert f": {end}. " in widget.text
        assert {name: widget.state[name] for name in first_run(surface, method)} == first_run(surface, method)
        assert eval(repr(widget)).state == widget.state
    assert made.state == turned.state
    low, high = window(surface_of(surface, 10.0, 30.0), WIDE, close=True)
    path = descend(
        surface_of(surface, 10.0, 30.0),
        np.array(STARTS[surface]),
        made.state["rate"],
        made.state["steps"],
        method,
        made.state["momentum"],
    )
    assert ((path > low) & (path < high)).all(), "it stays on the map"


def test_there_is_a_first_run_for_every_surface_and_method():
    assert set(RUNS) == set(STARTS) == set(SURFACES)
    assert all(len(runs) == len(METHODS) for runs in RUNS.values())


@pytest.mark.parametrize("surface", [name for name in SURFACES if name != "ripples"])
@pytest.mark.parametrize("method", ["Momentum", "Nesterov"])
def test_memory_is_ahead_of_sgd_at_the_same_rate(surface, method):
    facts = ContourExplorer(surface=surface, optimizer=method).facts
    assert facts["error"] < 0.1 * facts["plain_error"]


def test_what_was_moved_stays_and_the_rest_follows():
    widget = ContourExplorer()
    widget.set_state(rate=0.5)
    widget.set_state(optimizer="Momentum")
    assert widget.state["rate"] == 0.5 and widget.state["steps"] == first_run("bowl", "Momentum")["steps"]
    assert eval(repr(widget)).state == widget.state
    widget.set_state(start_1=1.0, steps=7)
    widget.set_state(surface="curved valley")
    assert (widget.state["start_1"], widget.state["steps"], widget.state["rate"]) == (1.0, 7, 0.5)
    assert widget.state["start_2"] == STARTS[SURFACES[1]][1]


def test_a_value_that_is_the_usual_one_elsewhere_is_copied_as_well():
    widget = ContourExplorer(optimizer="Momentum", rate=1.7)
    assert widget.state["rate"] == 1.7 and eval(repr(widget)).state == widget.state


@pytest.mark.parametrize("word", [WORDS[1], SURFACES[1]])
def test_the_curved_valley_opens_with_a_path_that_runs_through_it(word):
    widget = ContourExplorer(surface=word)
    assert widget.state["steps"] == 200 and widget.facts["error"] < 1e-3
    own = ContourExplorer(surface=word, start_1=1, start_2=2, steps=20)
    assert own.state["start_1"] == 1 and eval(repr(own)).state == own.state


def test_the_chart_ends_where_the_run_leaves_the_map():
    widget = ContourExplorer(surface="curved valley", optimizer="Nesterov", rate=1.7)
    assert widget.text.endswith("the path has left the map: the error grows without bound. It diverges.")
    chart = next(panel for panel in widget.scene.panels if panel.name == "errors")
    (words,) = (m.text for m in chart.marks if isinstance(m, Note) and m.text.startswith("leaves"))
    left = int(words.split()[-1])
    path = descend(surface_of(SURFACES[1], 10.0, 30.0), np.array([-1.0, 1.5]), 1.7, 120, "Nesterov", 0.9)
    assert left == left_at(path, *window(surface_of(SURFACES[1], 10.0, 30.0), WIDE, close=True))
    assert left <= chart.x.high <= 2 * left + 5
    lines = [m for m in chart.marks if isinstance(m, Line) and m.color == "path"]
    assert max(line.x.max() for line in lines if len(line.x)) == left
    back = ContourExplorer(surface="curved valley", optimizer="Nesterov")
    assert next(p for p in back.scene.panels if p.name == "errors").x.high == 120


def test_the_path_of_sgd_lies_behind_that_of_another_method():
    widget = ContourExplorer(optimizer="Momentum")
    state = widget.state
    plain = descend(surface_of("bowl", 10.0, 30.0), np.array(STARTS["bowl"]), state["rate"], state["steps"])
    lines = [m for m in widget.scene.panels[0].marks if isinstance(m, Line)]
    ghost = next(i for i, m in enumerate(lines) if m.color == "rival" and len(m.x) == len(plain))
    assert np.allclose(lines[ghost].x, plain[:, 0])
    assert ghost < next(i for i, m in enumerate(lines) if m.color == "path")
    assert "times smaller than SGD's 0.02 at the same rate." in widget.text
    assert "SGD" not in ContourExplorer().text


def test_what_becomes_of_a_run():
    saddle, bowl = surface_of("saddle", 1.0, 0.0), surface_of("bowl", 10.0, 30.0)
    on_ridge = descend(saddle, np.array([2.0, 0.0]), 0.3, 60)
    assert outcome(saddle, on_ridge) == "saddle"
    assert "on level ground, a saddle." in ContourExplorer(surface="saddle", start_2=0).text
    assert outcome(bowl, descend(bowl, np.array([2.0, 1.0]), 3.0, 60)) == "left"
    assert outcome(bowl, descend(bowl, np.array([2.0, 1.0]), 0.001, 60)) == "crawls"
    assert outcome(bowl, descend(bowl, np.array([2.0, 1.0]), 0.1, 5)) == "under way"
