"""What the playground draws, mark by mark: the right numbers in the right place."""

import numpy as np
import pytest

from cnnlib.playground import FEATURES, feature_maps
from cnnlib.viz import Cursor, Heatmap, Line, Links, Note, Points, Reference, Text, Tiles
from cnnlib.viz.static_layout import boxes
from cnnlib.widgets.base import Challenge
from cnnlib.widgets.spirals.columns import DEPTH, SIDE, WIDEST
from cnnlib.widgets.spirals.explorer import OWN, Playground
from cnnlib.widgets.spirals.node_maps import FEATURE_NAMES, THUMB
from cnnlib.widgets.spirals.presets import neurons
from cnnlib.widgets.spirals.surface import loss_axis, timeline


def marks(view, panel, kind, emits=None):
    """Marks of a kind in a panel: 0 the network, 1 the large map."""
    found = [m for m in view.scene.panels[panel].marks if isinstance(m, kind)]
    return found if emits is None else [m for m in found if m.emits == emits]


def tiles(view, emits):
    return marks(view, 0, Tiles, emits)[0]


def curves(view, ghost=False):
    """The lines of training and test loss in the timeline: lived, or still to come."""
    lines = [m for m in view.scene.timeline.marks if isinstance(m, Line) and (m.alpha < 1) == ghost]
    assert len(lines) == 2
    return lines


def test_both_curves_hold_the_losses_of_every_epoch():
    view = Playground(seed=0.3, noise=30, epoch=20)
    training, test = curves(view)
    view.run.rewind(0)
    for epoch in range(21):
        assert (training.y[epoch], test.y[epoch]) == pytest.approx((view.run.train_loss, view.run.test_loss))
        view.run.step()


def test_the_future_stays_as_a_ghost_until_the_run_goes_another_way():
    view = Playground(seed=0.3, epoch=30)
    whole = curves(view)[1].y
    view.set_state(epoch=10)
    assert [len(curves(view, ghost)[1].y) for ghost in (False, True)] == [11, 21]
    np.testing.assert_array_equal(curves(view, ghost=True)[1].y, whole[10:])
    (cursor,) = (m for m in view.scene.timeline.marks if isinstance(m, Cursor))
    assert cursor.x == 10 and cursor.sets == {"x": "epoch"}
    view.set_state(learning_rate=1.0)
    view.advance(1)
    assert [len(curves(view, ghost)[1].y) for ghost in (False, True)] == [12, 1]


def test_after_a_rewind_the_curve_is_that_of_the_new_way():
    view = Playground(seed=0.3, epoch=30)
    view.set_state(epoch=10)
    view.set_state(learning_rate=1.0)
    view.advance(5)
    assert len(view.curve) == 16 and view.curve[15] == (view.run.train_loss, view.run.test_loss)
    assert view.curve[15] != Playground(seed=0.3, epoch=15).curve[15]


def test_labels_of_regression_have_full_colour_at_the_largest():
    view = Playground(problem="regression", reg_dataset="reg-gauss", seed=0.3)
    assert np.abs(view.run.train[:, 2]).max() < 0.999
    assert np.abs(marks(view, 1, Points)[0].values).max() == pytest.approx(1)


def test_links_are_wide_as_their_weights_are_large():
    view = Playground(seed=0.3)
    for weight, width in ((0, 1.0), (2.5, 4.5), (-5, 5.0), (50, 5.0)):
        view.set_state(value=weight)
        assert marks(view, 0, Links, "link 0")[0].widths[0] == pytest.approx(width)


def test_the_scale_of_the_colours_stands_beside_the_map():
    scene = Playground().scene
    panels = {panel.name: panel for panel in scene.panels}
    for places in ({name: panel.at for name, panel in panels.items()}, scene.narrow.at):
        (row, column, _, _), (beside, next_to, _, _) = places["map"], places["ramp"]
        assert (beside, next_to) == (row, column + 1)
    bar, surface = (next(m for m in panels[name].marks if isinstance(m, Heatmap)) for name in ("ramp", "map"))
    assert (bar.vmin, bar.vmax) == (surface.vmin, surface.vmax) and (bar.z[0], bar.z[-1]) == (-1, 1)
    assert panels["ramp"].group == panels["map"].group and panels["ramp"].y.high == 1
    for width in (460, 700, 1020):
        drawn = dict(zip((panel.name for panel in scene.panels), boxes(scene, width), strict=True))
        square, scale = drawn["map"], drawn["ramp"]
        assert scale.top == square.top
        side = min(square.bottom - square.top, square.right - square.left)
        assert scale.bottom - scale.top == pytest.approx(side)


def test_a_loss_stands_once_and_the_handle_says_which_epoch_it_is():
    view = Playground(seed=0.3, noise=30, epoch=20)
    assert [line.label for line in curves(view)] == ["training", "test"]
    shown = {figure.label: (figure.value, figure.mark) for figure in view.scene.figures}
    assert shown["Test loss"] == (f"{view.facts['test_loss']:.3f}", "solid")
    assert shown["Training loss"] == (f"{view.facts['train_loss']:.3f}", "dashed")
    assert "loss" not in view.text
    (cursor,) = (m for m in view.scene.timeline.marks if isinstance(m, Cursor))
    assert cursor.text == "20"


@pytest.mark.parametrize("peak", [0.011, 0.155, 0.31, 0.547, 0.9, 1.7, 99.0, 5e3])
def test_at_most_a_third_of_the_plot_of_losses_is_empty(peak):
    axis = loss_axis(np.array([[peak, peak / 3], [np.nan, peak / 2]]))
    assert peak <= axis.high <= 1.51 * peak and axis.ticks == (axis.high / 2, axis.high)


def test_before_the_first_epoch_words_stand_where_the_losses_will():
    view = Playground()
    timeline = view.scene.timeline
    assert any("Press Play" in m.text[0] for m in timeline.marks if isinstance(m, Text))
    assert not timeline.grid and not timeline.subtitle  # nothing yet to read or to drag
    assert not any(isinstance(m, (Cursor, Points)) for m in timeline.marks)
    losses = [view.facts["train_loss"], view.facts["test_loss"]]
    view.advance(1)
    begins = [(line.x[0], line.y[0]) for line in curves(view)]
    assert begins == [(0, pytest.approx(loss)) for loss in losses]
    assert view.scene.timeline.grid and any(isinstance(m, Cursor) for m in view.scene.timeline.marks)


def test_the_loss_that_a_challenge_asks_for_is_a_line_where_it_fits_the_data():
    def levels(**options):
        timeline = Playground(**options).scene.timeline
        return [(m.y, m.text) for m in timeline.marks if isinstance(m, Reference)]

    assert levels(dataset="spiral") == [(0.106, "goal 0.106")] and levels() == []
    asked = Challenge("below 0.02", lambda facts: facts["test_loss"] < 0.02, level=0.02)
    assert levels(challenge=asked) == [(0.02, "goal 0.02")]


def test_what_is_pale_is_explained_only_where_something_is():
    def said(**options):
        return [m.text for m in marks(Playground(**options), 0, Note) if m.text.startswith("Pale")]

    assert said() == ["Pale: off. Click to feed it in."]
    assert said(**dict.fromkeys(FEATURES, True)) == []


def test_no_note_lies_on_its_own_arrow():
    """An arrow leaves beside the words; it must not run along them."""
    for shape in ((4, 2), (8, 8), (8, 6), (2, 8, 3)):
        view = Playground(**neurons(*shape))
        for note in marks(view, 0, Note):
            assert note.to is None or (note.to[0] < note.x and note.to[1] < note.y)


def test_dots_at_the_corners_have_the_colours_of_the_biases():
    view = Playground(**neurons(3, 2), seed=0.3, epoch=30)
    squares = tiles(view, "bias")
    np.testing.assert_allclose(squares.z.ravel(), np.concatenate(view.run.biases[:-1]), rtol=1e-6)
    nodes = np.concatenate([tiles(view, "layer 1").y, tiles(view, "layer 2").y])
    np.testing.assert_allclose(squares.y, nodes)
    assert squares.y[1] - squares.y[0] == WIDEST and squares.shift[0] < -SIDE / 2 < 0 < squares.shift[1]
    assert squares.names[4] == f"bias of node 2.2: {view.run.biases[1][1]:.3g}"


@pytest.mark.parametrize("discretize", [False, True])
def test_small_maps_of_features_and_nodes(discretize):
    view = Playground(**neurons(2), seed=0.3, xSquared=True, discretize=discretize)
    cells = (2, THUMB, 100 // THUMB, THUMB, 100 // THUMB)
    hidden = view.run.node_maps()[0].reshape(cells).mean(axis=(2, 4))
    hidden = np.where(hidden >= 0, 1, -1) if discretize else hidden  # after the mean, as on the page
    np.testing.assert_allclose(tiles(view, "layer 1").z, hidden[:, ::-1], atol=1e-6)
    means = feature_maps().reshape(7, *cells[1:]).mean(axis=(2, 4))
    means = np.where(means >= 0, 1, -1) if discretize else np.clip(means, -1, 1)
    features = tiles(view, "feature")
    np.testing.assert_allclose(features.z, means[:, ::-1], rtol=1e-6)
    assert features.opacity.tolist() == [1, 1, 1, 0.3, 0.3, 0.3, 0.3]


def test_the_chosen_node_is_framed():
    view = Playground(**neurons(4, 2), node="node 2.2")
    assert (
        tiles(view, "layer 2").state.tolist() == [1, 2] and tiles(view, "layer 1").state.tolist() == [1] * 4
    )


def test_links_begin_and_end_at_the_tiles_that_they_join():
    view = Playground(**neurons(3, 2), seed=0.3)
    first, second, last = (marks(view, 0, Links, f"link {k}")[0] for k in range(3))
    assert second.sources.tolist() == [100, 101, 102] * 2 and second.targets.tolist() == [200] * 3 + [201] * 3
    assert set(first.sources) <= set(tiles(view, "feature").ids) and set(last.sources) == {200, 201}
    assert last.to == "map" and (last.x1 == -6).all() and (last.y1 == 0).all()
    assert 0 < last.port == last.inset[1]
    middles = np.tile(tiles(view, "layer 1").y, 2)
    assert (np.abs(second.y0 - middles) < SIDE / 3).all()  # they fan out, and begin within their nodes
    assert (second.y0[:3] < second.y0[3:]).all()  # in the order of the nodes to which they lead


@pytest.mark.parametrize("shape", [(8,), (4, 2), (8, 8, 8)])
def test_nodes_of_small_layers_stand_farther_apart_and_all_stay_in_the_picture(shape):
    y = tiles(Playground(**neurons(*shape)), "layer 1").y
    assert (np.diff(y) >= SIDE + 8).all() and y[-1] + SIDE / 2 < DEPTH
    assert (np.diff(y) == WIDEST).all() == (shape == (4, 2))


def test_every_feature_is_called_by_its_name_where_it_stands():
    view = Playground(x=False, sinX=True)
    found = {w: (m.bold, y) for m in marks(view, 0, Text) for w, y in zip(m.text, m.y, strict=True)}
    assert [name for name in FEATURE_NAMES if found[name][0]] == ["X₂", "sin X₁"]
    np.testing.assert_allclose([found[name][1] for name in FEATURE_NAMES], tiles(view, "feature").y)


def test_a_playground_without_controls_keeps_no_room_for_data():
    whole, bare = Playground().scene, Playground(show=()).scene
    assert [slot.name for slot in whole.slots] == ["data", "output"]
    assert [slot.name for slot in bare.slots] == ["output"] and "data" not in bare.narrow.at
    assert float(bare.narrow.rows[0][:-2]) < float(whole.narrow.rows[0][:-2]) - 100


def test_plus_stands_at_the_right_and_adds():
    view = Playground()
    at = {anchor.control: anchor for anchor in view.scene.anchors}
    assert at["fewer 1"].x == at["more 1"].x and at["fewer 1"].dx < 0 < at["more 1"].dx
    assert "more 3" not in at
    for _ in range(9):
        view.live.receive({"type": "press", "name": "more 1"})
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


def test_the_headings_of_the_features_need_room_beside_the_buttons_of_the_layers():
    view = Playground()
    words = {word: mark for mark in marks(view, 0, Text) for word in mark.text}
    (fewer,) = (anchor for anchor in view.scene.anchors if anchor.control == "fewer layers")
    assert fewer.x * words["Features"].needs + fewer.dx - 14 > 64  # pixels of the heading


def test_the_losses_are_named_once_there_are_curves():
    def names(losses):
        return [
            mark.label for mark in timeline(losses, len(losses) - 1, None).marks if isinstance(mark, Line)
        ]

    assert names([(0.5, 0.6)]) == []
    assert {"test", "training"} <= set(names([(0.5, 0.6), (0.4, 0.5)]))


def test_hints_stand_on_the_network_only_until_it_trains():
    view = Playground()
    assert marks(view, 0, Note)
    view.advance(1)
    assert not marks(view, 0, Note)
    view.rewind()
    view.refresh()
    assert marks(view, 0, Note)
