"""The points on the playground's large map: where they are, and which of them are on the wrong side."""

import numpy as np
import pytest

from cnnlib.viz import Points
from cnnlib.widgets.spirals.explorer import Playground
from cnnlib.widgets.spirals.surface import FEW


def marks(view, panel, kind):
    """Marks of a kind in a panel: 0 the network, 1 the large map."""
    return [m for m in view.scene.panels[panel].marks if isinstance(m, kind)]


def test_points_are_those_of_the_run_and_only_those_inside_the_square():
    view = Playground(dataset="gauss", noise=50, seed=0.3, show_test_data=True)
    drawn = [m for m in marks(view, 1, Points) if m.outline == "paper"]
    assert [(m.shape, m.color) for m in drawn] == [
        ("circle", "neg"), ("circle", "pos"), ("square", "neg"), ("square", "pos"),
    ]  # fmt: skip
    for at, points in ((0, view.run.train), (2, view.run.test)):
        inside = points[(np.abs(points[:, :2]) <= 6).all(axis=1)]
        assert 0 < len(inside) < len(points)
        for mark, sign in zip(drawn[at : at + 2], (-1, 1), strict=True):
            np.testing.assert_allclose(np.column_stack([mark.x, mark.y]), inside[inside[:, 2] == sign, :2])


def ringed(view):
    """Places and sizes of the points with a rim of ink; each has a hole of the same shape."""
    found = [m for m in marks(view, 1, Points) if m.color == "ink"]
    holes = [m for m in marks(view, 1, Points) if m.color == "paper"]
    for rim, hole in zip(found, holes, strict=True):
        assert rim.shape == hole.shape and hole.size < 0.55 * rim.size
        np.testing.assert_array_equal((rim.x, rim.y), (hole.x, hole.y))
    places = np.concatenate([np.column_stack([m.x, m.y]) for m in found])
    return places[np.lexsort(places.T)], {m.size for m in found}


@pytest.mark.parametrize("shown", [False, True])
def test_of_the_points_drawn_those_on_the_wrong_side_have_a_ring(shown):
    view = Playground(seed=0.3, epoch=10, show_test_data=shown)
    drawn = [view.run.train, view.run.test][: 1 + shown]
    wrong = [points[np.sign(view.run.predict(points[:, :2])) != points[:, 2]][:, :2] for points in drawn]
    assert all(len(points) for points in wrong)
    wrong = np.concatenate(wrong)
    np.testing.assert_allclose(ringed(view)[0], wrong[np.lexsort(wrong.T)], rtol=1e-6)
    assert view.scene.panels[1].subtitle == "hollow: on the wrong side"


def test_no_ring_lies_outside_the_map():
    view = Playground(dataset="gauss", noise=80, seed=0.3, epoch=1, show_test_data=True)
    places = ringed(view)[0]
    assert 0 < len(places) and np.abs(places).max() <= 6


def test_few_wrong_points_are_drawn_larger_than_many():
    many, few = Playground(seed=0.12345, epoch=1), Playground(seed=0.12345, epoch=1)
    while len(ringed(few)[0]) > FEW:
        few.advance(1)
    assert 0 < len(ringed(few)[0]) <= FEW < len(ringed(many)[0])
    assert min(ringed(few)[1]) > max(ringed(many)[1])
    *_, rim, minus, plus, hole = marks(many, 1, Points)
    assert [m.color for m in (rim, minus, plus, hole)] == ["ink", "neg", "pos", "paper"]
    assert rim.size > minus.size == plus.size > 1.8 * hole.size  # thick, in the colour of its class
    right = [m.size for m in marks(many, 1, Points) if m.outline == "paper"]
    assert minus.size > 1.2 * max(right)


def test_nothing_is_called_wrong_in_the_map_before_the_first_step():
    view = Playground(seed=0.12345)
    assert view.facts["wrong"] > 0 and "hollow" not in view.scene.panels[1].subtitle
    assert {m.outline for m in marks(view, 1, Points)} == {"paper"}
    here, wrong = view.facts["wrong_trained"], view.facts["wrong"]
    assert view.text == (
        f"Epoch 0, before the first step: {here} of 250 training points and {wrong} of 250 test points are "
        "wrong. Press Play."
    )


def test_the_number_of_hollow_points_is_the_first_in_the_sentence():
    view = Playground(seed=0.12345, epoch=3)
    count = len(ringed(view)[0])
    assert 0 < count == view.facts["wrong_trained"]
    assert view.text.startswith(f"Epoch 3: {count} of 250 training points and {view.facts['wrong']} of 250")


def test_where_nothing_is_wrong_no_ring_is_explained():
    for view in (Playground(seed=0.12345, epoch=100), Playground(problem="regression")):
        assert view.facts["wrong"] == 0 and "hollow" not in view.scene.panels[1].subtitle
        assert {m.outline for m in marks(view, 1, Points)} == {"paper"}
