"""Several seeds side by side."""

from itertools import pairwise

import numpy as np
import pytest

from cnnlib.playground import Playground as Run
from cnnlib.playground import main_effects
from cnnlib.playground.features import grid_points
from cnnlib.viz import Heatmap, Line, Note, Points, Text, Tiles
from cnnlib.viz.static_layout import boxes
from cnnlib.widgets.spirals.seeds import SIDE, TOLD, PlaygroundSeeds
from cnnlib.widgets.spirals.snapshots import LAST, ROWS, RUNS, PlaygroundSnapshots, trained
from cnnlib.widgets.spirals.stripes import patterns
from tests.widgets.sweep import assert_refuses, sweep


def test_every_control_over_its_whole_range():
    view = PlaygroundSeeds(count=3, neurons=[[3, 0, 0, 0]])
    view.advance(3)
    sweep(view)


@pytest.mark.parametrize("shape", [(0, 0, 0, 0), (8, 8, 8, 8), (0, 5, 0, 0)])
def test_any_shape(shape):
    view = PlaygroundSeeds(neurons=[shape], count=2, inputs="all seven")
    view.advance(2)
    assert view.ensemble.epoch == 2
    assert_refuses(view, neurons=[[1.5, 0, 0, 0]])


def test_each_map_and_loss_is_that_of_the_network_alone():
    view = PlaygroundSeeds(seed=0.50024, count=2)
    view.advance(147)
    alone = Run(dataset="spiral", network_shape=(8, 8), seed="0.50025")
    alone.step(147)
    assert f"{alone.test_loss:.3f}" == "0.425"
    assert view.curves[-1][1] == pytest.approx(alone.test_loss, abs=1e-9)
    second = view.scene.panels[1]
    assert (second.title, second.subtitle) == ("0.425", "start 2")
    lowest = int(np.argmin(view.curves[-1]))
    assert f"The lowest is start {1 + lowest}, seed 0.5002{4 + lowest}." in view.text
    heat = next(m for m in second.marks if isinstance(m, Heatmap))
    axis = np.linspace(-6, 6, SIDE)
    assert heat.z[3, 30] == pytest.approx(alone.predict([[axis[30], axis[3]]])[0], abs=1e-9)


def test_maps_carry_their_points_and_the_losses_lie_beneath_them_all():
    view = PlaygroundSeeds(count=8)
    scene = view.scene
    *maps, losses, narrow = scene.panels
    for index, panel in enumerate(maps):
        drawn = np.concatenate([m.x for m in panel.marks if isinstance(m, Points)])
        assert len(drawn) == len(view.ensemble.train[index][::2])
    assert [panel.at[:2] for panel in maps] == [*((0, k) for k in range(6)), (1, 0), (1, 1)]
    assert losses.at == (2, 0, 1, 6), "as wide as six maps"
    assert scene.narrow.only == (narrow.name,) and "losses" not in scene.narrow.at


def test_lines_are_named_once_they_are_long_enough():
    view = PlaygroundSeeds(count=8)
    for steps, named in ((0, False), (TOLD - 1, False), (1, True)):
        view.advance(steps)
        best, worst = (1 + int(f(view.curves[-1])) for f in (np.argmin, np.argmax))
        wanted = {"median", f"lowest: start {best}", f"highest: start {worst}"} if named else set()
        for panel in view.scene.panels[-2:]:
            assert {m.label for m in panel.marks if isinstance(m, Line) and m.label} == wanted


@pytest.mark.parametrize("steps", [0, 500])
def test_a_dot_is_where_each_network_is(steps):
    view = PlaygroundSeeds(count=3, neurons=[[2, 0, 0, 0]])
    view.advance(steps)
    dots, middle = (m for m in view.scene.panels[-1].marks if isinstance(m, Points))
    assert dots.x.tolist() == [steps] * 3 and middle.x.tolist() == [steps]
    np.testing.assert_allclose(dots.y, view.curves[-1])
    assert middle.y[0] == pytest.approx(np.median(view.curves[-1]))


def test_all_maps_are_of_one_size():
    view = PlaygroundSeeds(count=12)
    sizes = {(round(b.right - b.left, 1), round(b.bottom - b.top, 1)) for b in boxes(view.scene, 1018)[:12]}
    assert len(sizes) == 1 and min(sizes.pop()) > 145


def test_a_network_that_has_solved_the_spirals_has_a_tick():
    view = PlaygroundSeeds(count=2)
    view.curves[-1][:] = (0.1, 0.2)
    view.refresh()
    assert [panel.title for panel in view.scene.panels[:2]] == ["0.100 ✓", "0.200"]
    view.set_state(dataset="circle")
    view.curves[-1][:] = (0.1, 0.2)
    view.refresh()
    assert view.scene.panels[0].title == "0.100"


def test_learning_rate_acts_at_once_and_rewind_begins_again():
    view = PlaygroundSeeds(count=2)
    view.advance(2)
    view.set_state(learning_rate=0.3)
    assert view.ensemble.epoch == 2
    view.advance(1)
    assert (view.ensemble.trainer.lr == 0.3).all()
    view.live.receive({"type": "rewind"})
    assert view.facts["epoch"] == 0 and view.text.startswith("Epoch 0, 2 seeds: ")


def test_no_loss_leaves_the_plot_whose_axis_grows_with_what_was_reached():
    view = PlaygroundSeeds(count=3)
    view.advance(5)
    assert {panel.y.high for panel in view.scene.panels[-2:]} == {0.7}
    view = PlaygroundSeeds(learning_rate=3)
    view.advance(20)
    for panel in view.scene.panels[-2:]:
        drawn = np.concatenate([m.y for m in panel.marks if isinstance(m, Line | Points)])
        assert 0.7 < np.nanmax(drawn) < panel.y.high and max(panel.y.ticks) <= panel.y.high
    view.curves[3][0], view.curves[4][0] = 7.0, np.inf
    view.refresh()
    assert view.scene.panels[-1].y.high == 10


def test_overflow_is_named():
    view = PlaygroundSeeds(activation="relu", learning_rate=10, count=2, inputs="all seven", dataset="gauss")
    view.advance(40)
    if view.facts["diverged"]:
        assert "the learning rate is too large" in view.text
    view.ensemble.trainer.parameters.flat[0] = np.inf
    view.remember()
    view.refresh()
    assert view.facts["worst"] == np.inf and "1 overflowed" in view.text


def test_snapshots_are_those_of_the_run():
    view = PlaygroundSnapshots(last=LAST)
    assert view.facts["wrong"] == 16 and f"{view.facts['test_loss']:.3f}" == "0.106"
    first, second = view.scene.panels[:2]
    assert (first.title, first.subtitle) == ("epoch 1", "")
    again = Run(dataset="spiral", network_shape=(8, 8), seed="0.50025")
    again.step(int(second.title.replace(",", "")))
    (early,) = (mark for mark in second.marks if isinstance(mark, Heatmap))
    np.testing.assert_array_equal(early.z, again.node_maps(50)[-1][0])
    holes = [m for m in view.scene.panels[5].marks if isinstance(m, Points) and m.color == "paper"]
    assert sum(len(m.x) for m in holes) == 16, "wrong points are hollow"
    view.set_state(last=147)
    assert f"{view.facts['test_loss']:.3f}" == "0.425" and view.facts["epoch"] == 147
    sweep(view)


def test_the_present_map_is_large_and_play_goes_on_to_the_last_epoch():
    view = PlaygroundSnapshots(last=1400)
    *small, large = view.scene.panels[:6]
    assert large.at == (0, 0, 2, 1) and large.title == "epoch 1,400"
    assert view.text.startswith("At epoch 1,400 ")
    assert [panel.at for panel in small] == [(0, column, 1, 1) for column in range(1, 6)]
    sides = [
        mark.z.shape[0]
        for panel in view.scene.panels[:6]
        for mark in panel.marks
        if isinstance(mark, Heatmap)
    ]
    assert sides == [50] * 5 + [100]
    epochs = []
    while view.advance():
        epochs.append(view.facts["epoch"])
    assert epochs == sorted(set(epochs)) and epochs[-1] == LAST and 2 <= len(epochs) < 9
    view.rewind()
    view.refresh()
    assert view.facts["epoch"] == 6
    view.set_state(last=20)
    view.advance()
    assert 20 < view.facts["epoch"] < 25, "from where the line was dragged to"


@pytest.mark.parametrize("last", [6, 7, 20, 147, 1531])
def test_the_six_epochs_are_those_between_which_the_map_changes_about_as_much(last):
    view = PlaygroundSnapshots(last=last)
    epochs = [int(panel.title.split()[-1].replace(",", "")) for panel in view.scene.panels[:6]]
    assert epochs[0] == 1 and epochs[-1] == last and sorted(set(epochs)) == epochs
    if last == LAST:
        maps = []
        for epoch in epochs:
            run = Run(dataset="spiral", network_shape=(8, 8), seed="0.50025")
            run.step(epoch)
            maps.append(np.sign(run.predict(grid_points(40))))
        changed = [np.mean(before != after) for before, after in pairwise(maps)]
        assert max(changed) < 0.6 and sum(share > 0.04 for share in changed) >= 4, changed


def test_it_opens_without_training_to_the_end_and_tells_the_kinds_of_cut_by_pictures():
    trained.cache_clear()
    view = PlaygroundSnapshots(last=6)
    assert trained("test loss 0.425, then 0.106").run.epoch <= 6
    stripes = next(panel for panel in view.scene.panels if panel.name == "stripes")
    (pictures,) = (mark for mark in stripes.marks if isinstance(mark, Tiles))
    names, shares_now = (mark.text for mark in stripes.marks if isinstance(mark, Text))
    assert main_effects(pictures.z).round(2).tolist() == [[0, 1], [0.5, 0.5], [1, 0]]
    assert names == ("by height", "diagonal", "by width")
    facts = [view.facts[f"share_{name}"] for name in ("y", "turned", "x")]
    assert shares_now == tuple(f"{100 * fact:.0f} %" for fact in facts)
    shares = next(panel for panel in view.scene.panels if panel.name == "shares")
    assert shares.x.label == "epoch (log axis: each line × 10)"


def test_a_curve_and_its_stripes_have_one_dash():
    view = PlaygroundSnapshots(last=147)
    panels = {panel.name: panel for panel in view.scene.panels}
    curves, stubs, keys = (
        [mark for mark in panels[name].marks if isinstance(mark, Line)]
        for name in ("shares", "stripes", "key")
    )
    ends = {curve.dash: curve.y[-1] for curve in curves}
    facts = [100 * view.facts[f"share_{name}"] for name in ("y", "turned", "x")]
    assert [ends[stub.dash] for stub in stubs] == pytest.approx(facts)
    assert [stub.dash for stub in stubs] == [key.dash for key in keys]


def test_each_picture_of_stripes_is_made_of_its_coordinate_and_dragging_on_is_asked_for_early_on_alone():
    by_height, diagonal, by_width = patterns()
    assert (by_height[0] == 1).all() and (by_height[-1] == -1).all(), "blue where X2 is large, above"
    assert (by_width[:, 0] == -1).all() and (by_width[:, -1] == 1).all()
    assert diagonal.argmax() == 24 and main_effects(by_height).tolist() == pytest.approx([0, 1])
    asked = []
    for last in (20, 147):
        (shares,) = (panel for panel in PlaygroundSnapshots(last=last).scene.panels if panel.name == "shares")
        asked.append(any(isinstance(mark, Note) and "Drag the line" in mark.text for mark in shares.marks))
    assert asked == [True, False]


def test_how_far_a_map_has_changed_is_measured_in_the_colours_that_are_seen():
    course = trained(next(iter(RUNS)))
    maps = [np.clip(course.go(epoch).node_maps(50)[-1][0], -1, 1) for epoch in range(1, 8)]
    _, _, way = course.measure(7)
    steps = [np.sqrt(np.mean((after - before) ** 2)) for before, after in pairwise(maps)]
    np.testing.assert_allclose(np.diff(way), steps, rtol=1e-6)


@pytest.mark.parametrize("last", [6, 147, 1531])
def test_stripes_stand_beside_the_ends_of_their_curves_and_hide_no_other(last):
    view = PlaygroundSnapshots(last=last)
    stripes = next(panel for panel in view.scene.panels if panel.name == "stripes")
    (pictures,) = (mark for mark in stripes.marks if isinstance(mark, Tiles))
    pixel = (stripes.y.high - stripes.y.low) / (float(ROWS[1][:-2]) - 6)
    ends = [100 * view.facts[f"share_{name}"] for name in ("y", "turned", "x")]
    assert np.argsort(pictures.y).tolist() == np.argsort(ends).tolist()
    assert min(np.diff(np.sort(pictures.y))) / pixel > pictures.size
    assert pictures.y.min() - pictures.size / 2 * pixel > stripes.y.low
    shares = next(panel for panel in view.scene.panels if panel.name == "shares")
    assert all(abs(np.log10(tick / last)) > 0.2 for tick in shares.x.ticks), "no line whose word is hidden"


def test_shares_are_those_of_the_last_map_upright_and_turned():
    view = PlaygroundSnapshots(last=20)
    run = Run(dataset="spiral", network_shape=(8, 8), seed="0.50025")
    run.step(20)
    x, y = np.meshgrid(*2 * [np.linspace(-6, 6, 50)])
    turned = np.column_stack([(x - y).ravel(), (x + y).ravel()]) / np.sqrt(2)
    upright = main_effects(run.predict(np.column_stack([x.ravel(), y.ravel()])).reshape(50, 50))
    oblique = main_effects(run.predict(turned).reshape(50, 50))
    shares = [view.facts[name] for name in ("share_x", "share_y", "share_turned")]
    np.testing.assert_allclose(shares, [*upright, oblique.max()], atol=1e-6)
    assert f"stripes by the better diagonal {100 * oblique.max():.0f} %." in view.text


def test_when_the_turned_axis_is_ahead():
    run = trained("test loss 0.425, then 0.106")
    effects = np.array([run.shares(epoch) for epoch in range(1, LAST + 1)])
    effects = np.concatenate([effects[:1], effects])  # by epoch
    height, turned = effects[:, 1], effects[:, 2]
    assert (turned[270:543] > height[270:543]).all()
    assert (turned[1:270] < height[1:270]).all() and (turned[543:] < height[543:]).all()
    assert [round(100 * share) for share in effects[300, 1:]] == [71, 75]
    assert 0.8 < height[1:101].min() and height[1:101].max() < 0.92 and effects[1:101, 0].max() < 0.06


@pytest.mark.parametrize(
    ("half", "seed", "rate", "epoch"),
    [("test_loss", "0.50025", 0.03, 147), ("train_loss", "0.50139", 0.01, 553)],
)
def test_how_much_of_the_fall_comes_before_the_chapter_s_first_picture(half, seed, rate, epoch):
    run = Run(dataset="spiral", network_shape=(8, 8), seed=seed, learning_rate=rate)
    losses = [getattr(run, half)]
    for until in (5, epoch, 1531):
        run.step(until - run.epoch)
        losses.append(getattr(run, half))
    start, soon, then, end = losses
    assert 0.04 < (start - soon) / (start - end) < 0.15  # quickly, but not far
    assert (start - then) / (start - end) < 0.25
    assert half == "test_loss" or epoch > 1531 / 3


def test_the_larger_share_tells_an_oblique_ramp_from_an_upright_one_and_the_sum_does_not():
    for degrees, larger in ((0, 1), (45, 0.5), (90, 1)):
        direction = np.radians(degrees)
        x, y = np.meshgrid(np.linspace(-6, 6, 50), np.linspace(-6, 6, 50))
        shares = main_effects(np.cos(direction) * x + np.sin(direction) * y)
        assert shares.sum() == pytest.approx(1) and shares.max() == pytest.approx(larger)


def test_main_effects_of_a_sum_and_of_a_product():
    x, y = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-2, 2, 7))
    np.testing.assert_allclose(main_effects(x + y).sum(), 1)
    np.testing.assert_allclose(main_effects(x * y), 0, atol=1e-30)
    np.testing.assert_allclose(main_effects(np.stack([x, y])), [[1, 0], [0, 1]], atol=1e-30)
    assert main_effects(np.ones((3, 3))).tolist() == [0, 0]
