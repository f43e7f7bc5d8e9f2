"""What the playground draws, mark by mark: the right numbers in the right place."""

import numpy as np
import pytest

from cnnlib.playground import feature_maps
from cnnlib.viz import Heatmap, Line, Links, Points, Region, Text
from cnnlib.widgets.spirals.explorer import OWN, Playground
from cnnlib.widgets.spirals.presets import neurons
from cnnlib.widgets.spirals.scene import CELLS, PITCH, THUMB


def marks(view, panel, kind, emits=None):
    """Marks of a kind in a panel: 0 the network, 1 the large map, 2 the losses."""
    found = [m for m in view.scene.panels[panel].marks if isinstance(m, kind)]
    return found if emits is None else [m for m in found if m.emits == emits]


def column_left(view, layer):
    return marks(view, 0, Heatmap, f"layer {layer}")[0].extent[0]


def test_both_curves_hold_the_losses_of_every_epoch():
    view = Playground(seed=0.3, noise=30, epoch=20)
    training, test = marks(view, 2, Line)
    assert (training.label, test.label) == ("training", "test")
    view.run.rewind(0)
    for epoch in range(21):
        assert (training.y[epoch], test.y[epoch]) == pytest.approx((view.run.train_loss, view.run.test_loss))
        view.run.step()


def test_after_a_rewind_the_curve_is_that_of_the_new_way():
    view = Playground(seed=0.3, epoch=30)
    view.set_state(epoch=10)
    view.set_state(learning_rate=1.0)
    view.advance(5)
    assert len(view.curve) == 16 and view.curve[15] == (view.run.train_loss, view.run.test_loss)
    assert view.curve[15] != Playground(seed=0.3, epoch=15).curve[15]


def test_points_are_those_of_the_run_and_only_those_inside_the_square():
    view = Playground(dataset="gauss", noise=50, seed=0.3, show_test_data=True)
    for mark, points in zip(marks(view, 1, Points), (view.run.train, view.run.test), strict=True):
        inside = points[(np.abs(points[:, :2]) <= 6).all(axis=1)]
        assert 0 < len(inside) < len(points)
        np.testing.assert_allclose(np.column_stack([mark.x, mark.y, mark.values]), inside, atol=1e-6)


def test_labels_of_regression_have_full_colour_at_the_largest():
    view = Playground(problem="regression", reg_dataset="reg-gauss", seed=0.3)
    assert np.abs(view.run.train[:, 2]).max() < 0.999
    assert np.abs(marks(view, 1, Points)[0].values).max() == pytest.approx(1)


def test_width_of_links_is_the_original_page_s():
    view = Playground(seed=0.3)
    for weight, width in ((0, 1), (2.5, 5.5), (-5, 10), (50, 10)):
        view.set_state(value=weight)
        assert marks(view, 0, Links, "link")[0].widths[0] == pytest.approx(width)


def test_squares_at_the_corners_have_the_colours_of_the_biases():
    view = Playground(**neurons(3, 2), seed=0.3, epoch=30)
    (squares,) = marks(view, 0, Points, "bias")
    np.testing.assert_allclose(squares.values, np.concatenate(view.run.biases), rtol=1e-6)
    assert squares.y[1] - squares.y[0] == pytest.approx(PITCH)
    for at, layer, row in ((0, 1, 0), (2, 1, 2), (3, 2, 0)):
        left = column_left(view, layer)
        assert left - 0.2 < squares.x[at] < left and 1 < squares.y[at] - row * PITCH < 1.2


@pytest.mark.parametrize("discretize", [False, True])
def test_small_maps_of_features_and_nodes(discretize):
    view = Playground(**neurons(2), seed=0.3, xSquared=True, discretize=discretize)
    cells = (2, THUMB, 100 // THUMB, THUMB, 100 // THUMB)
    hidden = view.run.node_maps()[0].reshape(cells).mean(axis=(2, 4))
    hidden = np.where(hidden >= 0, 1, -1) if discretize else hidden  # after the mean, as on the page
    drawn = marks(view, 0, Heatmap, "layer 1")[0].z
    for row in range(2):
        part = drawn[row * CELLS : row * CELLS + THUMB]
        np.testing.assert_allclose(part, hidden[row][::-1], atol=1e-6)
    means = feature_maps().reshape(7, *cells[1:]).mean(axis=(2, 4))
    means = np.where(means >= 0, 1, -1) if discretize else means
    pale, full = sorted(marks(view, 0, Heatmap, "feature"), key=lambda mark: mark.alpha)
    assert (pale.alpha, full.alpha) == (0.3, 1.0)
    for row in range(7):
        part = slice(row * CELLS, row * CELLS + THUMB)
        here, other = (full, pale) if row < 3 else (pale, full)
        np.testing.assert_allclose(here.z[part], means[row][::-1], rtol=1e-6)
        assert np.isnan(other.z[part]).all()


def test_the_frame_stands_around_the_node_at_large():
    view = Playground(**neurons(4, 2), node="node 2.2")
    (frame,) = marks(view, 0, Region)
    left = column_left(view, 2)
    assert frame.x0 < left < left + 1 < frame.x1 and frame.y0 < PITCH < PITCH + 1 < frame.y1
    assert max(frame.x1 - frame.x0, frame.y1 - frame.y0) < 1.2


def test_plus_stands_at_the_right_and_adds():
    view = Playground()
    (fewer,), (more,) = (marks(view, 0, Points, name) for name in ("fewer", "more"))
    assert (fewer.x < more.x).all()
    signs = {word: m for m in marks(view, 0, Text) for word in m.text}
    np.testing.assert_allclose(signs["+"].x, more.x)
    np.testing.assert_allclose(signs["−"].x, fewer.x)
    for _ in range(9):
        view.live.receive({"type": "event", "event": {"name": "more", "kind": "click", "index": 0}})
        assert not view.message
    assert view.run.config.network_shape == (8, 2)


def test_any_change_of_the_settings_makes_the_run_one_s_own():
    for change in ({"learning_rate": 0.1}, {"noise": 5}, {"sinX": True}, neurons(3)):
        view = Playground(preset="circle, solved")
        view.set_state(**change)
        assert view.state["preset"] == OWN, change
    view = Playground(preset="circle, solved")
    view.set_state(discretize=True, node="X₁", links="gradients", edit_to=2)
    assert view.state["preset"] == "circle, solved"


def test_a_diverged_run_trains_again_after_new_weights():
    view = Playground(preset="divergence")
    assert view.advance(5000) < 5000 and view.advance(1) == 0
    view.live.receive({"type": "press", "name": "weights"})
    assert view.facts["diverged"] == 0 and view.advance(3) == 3
