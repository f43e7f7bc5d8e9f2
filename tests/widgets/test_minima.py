"""The widgets of minima: the basin map, noisy walks, slices of a real network, lines, seeds."""

import numpy as np
import pytest

from cnnlib.experiments.basins import BEST, CELLS, CODES, CURVE, HIGH_RATE, LOW_RATE, MINIMA, basins, ends
from cnnlib.experiments.error_curves import METHODS, descend
from cnnlib.networks import small_cnn
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.training import evaluate
from cnnlib.viz import Band, Heatmap, Line, Note, Points, Text
from cnnlib.widgets.minima.basin_map import COLORS, BasinMap, restless_note
from cnnlib.widgets.minima.escape import EscapeExplorer, walk_ends
from cnnlib.widgets.minima.line_between import LineBetween
from cnnlib.widgets.minima.loss_slice import PLANES, LossSlice, few_images, path_losses, plane, trained_path
from cnnlib.widgets.minima.seed_histogram import SEEDS, SeedHistogram
from cnnlib.widgets.minima.seed_swarm import swarm
from cnnlib.widgets.minima.slice_picture import HIGH, LEAN, PIXELS, Relief, finer
from tests.widgets.sweep import assert_refuses, assert_sound


@pytest.mark.parametrize(
    ("kind", "name"),
    [(BasinMap, "rate"), (EscapeExplorer, "noise"), (LossSlice, "seed"), (LineBetween, "share")],
)
def test_bad_values_get_a_sentence(kind, name):
    for wrong in (-1, "", "far", float("nan"), 99):
        assert_refuses(kind(), **{name: wrong})


@pytest.mark.parametrize("optimizer", METHODS)
def test_the_map_holds_the_single_descents(optimizer):
    codes = basins(optimizer)
    starts, rates = np.linspace(CURVE.low, CURVE.high, 100), np.geomspace(0.01, 3.0, 100)
    for row, column in np.random.default_rng(0).integers(0, 100, (30, 2)):
        end = descend(CURVE, starts[column], rates[row], 100, optimizer)[-1]
        assert codes[row, column] == ends(np.array([end]))[0]


def test_ends_are_told_apart():
    places = np.array([*MINIMA, MINIMA[0] + 0.1, 1e6, np.inf, np.nan])
    expected = [CODES[name] for name in ("A", "B", "C", "none", "out", "out", "out")]
    assert ends(places).tolist() == expected and MINIMA[2] == BEST


def test_a_click_on_the_map_runs_that_descent():
    widget = BasinMap()
    widget.set_state(**widget.event({"name": "map", "kind": "click", "x": 2.0, "y": -1.0}))
    assert widget.state["start"] == 2.0 and widget.state["rate"] == pytest.approx(0.1)
    assert "it is in the global minimum C" in widget.text and widget.facts["global"] == 1
    widget.set_state(**widget.event({"name": "map", "kind": "drag", "x": 99.0, "y": 99.0}))
    assert widget.state["start"] == CURVE.high and not widget.message


def test_one_start_falls_into_each_minimum():
    for start, words in (
        (-2.5, "the false minimum A"),
        (-0.3, "the false minimum B"),
        (1.0, "the global minimum C"),
    ):
        assert words in BasinMap(start=start, rate=0.1).text


def test_momentum_carries_over_a_low_hill():
    low = BasinMap(start=-0.8, rate=0.05, optimizer="SGD").facts
    rolling = BasinMap(start=-0.8, rate=0.05, optimizer="Momentum").facts
    assert low["false"] == 1 and rolling["global"] == 1


def test_walks_without_noise_are_plain_descents():
    w = walk_ends(-2.5, 0.1, 0.0, False)[0]
    assert (w == descend(CURVE, -2.5, 0.1, 400)[-1]).all()


def test_the_walkers_move_and_stand_on_the_curve():
    widget = EscapeExplorer(rate=0.2, noise=4, steps=0)
    assert widget.facts["chance"] == 0 and widget.text.startswith("After 0 steps of 400")
    assert widget.advance(50) == 50
    assert widget.facts["steps"] == 100 and widget.facts["chance"] > 0
    (dots,) = (m for m in widget.scene.panels[0].marks if isinstance(m, Points) and len(m.x) > 200)
    above = dots.y - CURVE.error(dots.x)
    assert (above > 0).all() and (above < 0.2).all()


def test_the_end_of_a_path_does_not_hide_its_minimum():
    marks = BasinMap().scene.panels[0].marks
    diamonds = [i for i, mark in enumerate(marks) if isinstance(mark, Points) and mark.shape == "diamond"]
    path = max(i for i, mark in enumerate(marks) if getattr(mark, "color", "") == "path")
    assert len(diamonds) == 3 and min(diamonds) > path
    words = [word for mark in marks if isinstance(mark, Text) for word in mark.text]
    assert words == ["false minimum A", "false minimum B", "global minimum C"]


@pytest.mark.parametrize("kind", [BasinMap, EscapeExplorer])
def test_the_ground_of_each_valley_has_its_colour_and_ends_on_the_hills(kind):
    panel = kind().scene.panels[0]
    bands = [mark for mark in panel.marks if isinstance(mark, Band)]
    assert [band.color for band in bands] == list(COLORS)
    for band, minimum in zip(bands, MINIMA, strict=True):
        assert band.x[0] < minimum < band.x[-1] and (band.low == panel.y.low).all()
        np.testing.assert_allclose(band.high, CURVE.error(band.x))
    assert [bands[0].x[-1], bands[1].x[-1]] == pytest.approx(CURVE.stationary()[1])
    assert (bands[0].x[0], bands[-1].x[-1]) == (panel.x.low, panel.x.high)


@pytest.mark.parametrize("optimizer", METHODS[:3])
@pytest.mark.parametrize("right", [False, True])
def test_the_words_about_a_rate_too_large_hide_hardly_any_cell(optimizer, right):
    (note,) = restless_note(optimizer, right)
    starts = np.linspace(CURVE.low, CURVE.high, CELLS)
    rates = np.linspace(*np.log10([LOW_RATE, HIGH_RATE]), CELLS)
    rows, columns = (rates < note.y) & (rates > note.y - 0.2), np.abs(starts - note.x) < 0.4
    hidden = (basins(optimizer) != CODES["none"])[np.ix_(rows, columns)]
    assert hidden.sum() <= 4 and (note.x > 0) == right


@pytest.mark.parametrize("noise", [0, 2, 6])
def test_all_walkers_are_counted(noise):
    words = [
        w for m in EscapeExplorer(noise=noise).scene.panels[0].marks if isinstance(m, Text) for w in m.text
    ]
    shares = [int(word.removeprefix("elsewhere: ").removesuffix(" %")) for word in words if "%" in word]
    assert len(shares) == 4 and sum(shares) == 100


def test_a_finer_slice_keeps_what_was_computed():
    z = np.random.default_rng(0).normal(size=(5, 7))
    np.testing.assert_allclose(finer(z, 9, 13)[::2, ::2], z, atol=1e-12)
    plane_of = np.add.outer(np.arange(5.0), 2 * np.arange(7.0))
    inner = finer(plane_of, 17, 25)[4:13, 4:21]  # a plane stays one, away from its edges
    np.testing.assert_allclose(np.diff(inner, axis=0), 0.25, atol=1e-12)


def test_of_a_relief_is_seen_what_nothing_stands_before():
    ground = np.zeros((121, 221))
    ground[60] = 0.5  # a ridge from left to right
    relief = Relief(ground)
    column = PIXELS[1] // 2
    y = np.linspace(0, HIGH, PIXELS[0])

    def seen(v):
        """The height that is seen where the ground of a place in the middle would be."""
        return relief.image[np.searchsorted(y, relief.place(0.4, np.array(v))[1]) - 1, column]

    assert [seen(v) for v in (0.2, 0.5, 0.95)] == [0, 0.5, 0]
    assert seen(0.55) == 0.5, "the ridge hides what is close behind it"
    assert np.isnan(relief.image[-1]).all(), "above the ground is nothing"
    lines, flat = relief.mesh()[1], Relief(np.zeros((121, 221))).mesh()[1]
    assert np.isnan(lines).sum() > np.isnan(flat).sum() == 20, "and the lines there, and no others"


def test_the_wall_in_front_of_a_relief_ends_at_its_ground():
    relief = Relief(np.linspace(0.2, 0.9, 121)[:, None] + np.linspace(0, 0.1, 221))
    front, right = relief.walls()
    np.testing.assert_allclose(front.high, relief.place(front.x, np.zeros(221))[1])
    np.testing.assert_allclose(right.high, relief.place(np.ones(121), np.linspace(0, 1, 121))[1])


def test_a_slice_names_the_ends_that_are_reached_its_colours_and_how_much_of_the_path_it_shows():
    for name, hardly in zip(PLANES, (False, True), strict=True):
        for point, reached in ((30, ["first weights"]), (45, ["first weights", "trained"])):
            widget = LossSlice(plane=name, point=point)
            relief, bar, *_ = widget.scene.panels
            assert [mark.text for mark in relief.marks if isinstance(mark, Note)] == reached
            assert relief.subtitle.startswith("the path hardly lies in this plane") == hardly
            assert widget.scene.figures[1].value == f"{100 * widget.facts['share']:.1f} %"
        assert len(bar.y.ticks) > 1
        assert [float(said) for said in bar.y.names] == pytest.approx([10**tick for tick in bar.y.ticks])


def test_the_path_of_a_slice_lies_on_its_ground():
    (relief,) = (panel for panel in LossSlice(point=45).scene.panels if panel.name == "relief")
    (ground,) = (mark for mark in relief.marks if isinstance(mark, Heatmap))
    x0, x1, y0, y1 = ground.extent
    path = next(mark for mark in relief.marks if isinstance(mark, Line) and mark.color == "path")
    columns = ((path.x - x0) / (x1 - x0) * ground.z.shape[1]).astype(int)
    rows = ((path.y - y0) / (y1 - y0) * ground.z.shape[0]).astype(int)
    _, _, _, _, losses = plane(PLANES[0], 0)
    shade = np.log10(losses)
    drawn = ground.z[rows, columns] * (shade.max() - shade.min()) + shade.min()
    points, _, a, b, _ = plane(PLANES[0], 0)
    near = [shade[np.abs(b - v).argmin(), np.abs(a - u).argmin()] for u, v in points]
    np.testing.assert_allclose(drawn, near, atol=0.25)


@pytest.mark.parametrize("name", PLANES)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_map_shows_the_ground_of_the_relief_from_above(name, seed):
    """In the same colours, its front below, with the same path up to the same point."""
    panels = {panel.name: panel for panel in LossSlice(plane=name, seed=seed, point=30).scene.panels}
    (ground,) = (mark for mark in panels["map"].marks if isinstance(mark, Heatmap))
    shade = np.log10(plane(name, seed)[4])
    assert (ground.cmap, ground.vmin, ground.vmax) == ("height", shade.min(), shade.max())
    rows = ground.z.mean(axis=1)
    assert rows[: len(rows) // 2].mean() <= rows[len(rows) // 2 :].mean(), "low in front, as in the relief"
    for kind in (Line, Points):
        looks, places = [], []
        for panel in (panels["relief"], panels["map"]):
            marks = [m for m in panel.marks if isinstance(m, kind) and m.color in ("path", "paper")]
            looks.append([(len(m.x), m.color, getattr(m, "shape", "")) for m in marks])
            places.append([m.x.size and (m.x[0], m.y[0]) for m in marks])
        assert looks[0] == looks[1] and {31, 46} >= {n for n, *_ in looks[0] if n > 1}
        for (x, _), (u, v) in zip(*places, strict=True):
            assert 0 <= u <= 1 and 0 <= v <= 1 and x == pytest.approx(u + LEAN * v), "at the same place"
    joined = next(m for m in panels["map"].marks if isinstance(m, Line) and m.color == "ink")
    parts = np.split(np.c_[joined.x, joined.y], np.flatnonzero(np.isnan(joined.x)) + 1)
    size = len(ground.z) - 1
    lengths = [len(part) for part in parts]
    longest = parts[int(np.argmax(lengths))][:-1]
    column, row = (longest * size).round().astype(int).T
    assert np.ptp(ground.z[row, column]) < 0.12 * np.ptp(ground.z), "a line joins equal losses"


def test_noise_that_fades_finds_the_bottom_and_noise_that_stays_does_not():
    fading = EscapeExplorer(rate=0.2, noise=4, cooling=True).facts
    staying = EscapeExplorer(rate=0.2, noise=4).facts
    assert fading["chance"] > 0.6 > 0.3 > staying["chance"]
    assert fading["typical_error"] < 0.01 < staying["typical_error"]
    assert EscapeExplorer(noise=0).facts["chance"] == 0


@pytest.mark.parametrize("name", PLANES)
def test_a_slice_passes_through_the_trained_network(name):
    model, _ = trained_path(0)
    points, share, a, b, losses = plane(name, 0)
    assert points.shape == (46, 2) and np.abs(points[-1]).max() < 1e-8 and 0 < share <= 1
    assert (a[0] < points[:, 0].min()) and (points[:, 1].max() < b[-1]) and losses.shape == (25, 25)
    trained = evaluate(model, CrossEntropyLoss(), *few_images()).loss
    assert path_losses(0)[-1] == pytest.approx(trained, rel=1e-4)
    widget = LossSlice(plane=name)
    assert widget.facts["shadow"] == pytest.approx(trained, rel=0.5)


def test_the_path_lies_in_its_own_plane_and_hardly_in_a_random_one():
    shares = [LossSlice(plane=name).facts["share"] for name in PLANES]
    assert shares[0] > 0.9 and shares[1] < 0.1


def test_the_line_ends_in_the_networks_and_matching_lowers_its_barrier():
    widget = LineBetween(share=0)
    assert widget.facts["loss"] == pytest.approx(path_losses(0)[-1], rel=1e-4)
    widget.set_state(share=1)
    assert widget.facts["loss"] == pytest.approx(path_losses(1)[-1], rel=1e-4)
    assert widget.facts["matched"] == pytest.approx(widget.facts["loss"], rel=1e-3)
    for other in (1, 2, 3):
        facts = LineBetween(second=other).facts
        assert facts["barrier_matched"] < facts["barrier"]


def test_seeds_train_and_stay_beside_the_other_widths():
    widget = SeedHistogram(width="1", opening=0)
    assert widget.advance(30) == 30
    assert_sound(widget)
    assert widget.facts["steps"] == 30 and widget.facts["finished"] == 0
    widget.advance(1000)
    assert widget.facts["steps"] == 270 and widget.facts["finished"] == 1
    widget.set_state(width="2")
    assert widget.text.startswith("No step yet: 30 networks with 2 filters in the first layer and 4 in the")
    assert_refuses(widget, width="3")
    widget.advance(1000)
    assert set(widget.finished) == {1, 2} and len(widget.finished[1]) == SEEDS
    assert np.median(widget.finished[2]) < np.median(widget.finished[1])


def marks_of(panel, kind):
    return [mark for mark in panel.marks if isinstance(mark, kind)]


def test_seeds_are_one_picture_with_a_dot_a_network_and_an_axis_that_fits():
    widget = SeedHistogram(width="1", opening=0)
    panel, narrow = widget.scene.panels
    assert panel.y.low == 0.2 and not panel.grid
    (dots,) = marks_of(panel, Points)
    assert len(dots.x) == SEEDS and dots.color == "bad"
    assert len(set(zip(dots.x.tolist(), dots.y.tolist(), strict=True))) == SEEDS, "none hides another"
    assert widget.scene.narrow.only == (narrow.name,)
    (note,) = marks_of(panel, Note)
    assert note.text.startswith("Press Play")
    widget.finished[4] = np.full(SEEDS, 0.03)
    widget.refresh()
    assert {panel.y.low for panel in widget.scene.panels} == {0.02}
    widget.advance(1)
    assert "above 1." in widget.text
    assert panel.y.ticks == (0.2, 0.5, 1, 2)


def test_a_width_that_was_not_tried_is_a_slim_box_with_a_question_which_a_click_chooses():
    widget = SeedHistogram()
    panel, _ = widget.scene.panels
    words = [text for mark in marks_of(panel, Text) for text in mark.text]
    assert words.count("?") == words.count("not tried") == 4 and "1 of 30" in words
    boxes = marks_of(panel, Heatmap)
    assert [box.emits for box in boxes] == [f"width {width}" for width in (1, 2, 8, 16)]
    assert all(box.extent[1] - box.extent[0] < 1.2 for box in boxes)
    chosen = widget.event({"name": "width 16", "kind": "click"})
    assert chosen == {"width": "16"} and widget.event({"name": "", "kind": "leave"}) is None
    widget.set_state(**chosen)
    assert widget.facts["width"] == 16 and widget.facts["steps"] == 0


def test_a_width_that_is_left_before_its_end_is_pale_and_goes_on_from_there():
    widget = SeedHistogram(opening=3)
    before = widget.facts
    widget.set_state(width="2")
    for panel, said in zip(widget.scene.panels, ("not finished", "unfinished"), strict=True):
        pale = [mark for mark in marks_of(panel, Points) if mark.alpha < 0.5]
        left = [mark for mark in marks_of(panel, Points) if mark.alpha == 1]
        assert sum(len(mark.x) for mark in pale) == sum(len(mark.x) for mark in left) == SEEDS
        words = [text for mark in marks_of(panel, Text) for text in mark.text]
        assert words.count(said) == 1 and words.count("?") == 3
    widget.set_state(width="4")
    assert widget.facts == before
    words = [text for mark in marks_of(widget.scene.panels[0], Text) for text in mark.text]
    assert words.count("?") == 4, "what has no step yet was not tried"
    widget.advance(2)
    at_once = SeedHistogram(opening=5)
    np.testing.assert_array_equal(widget.losses(), at_once.losses())
    widget.rewind()
    widget.refresh()
    assert widget.facts["steps"] == 0
    widget.set_state(width="1")
    widget.reset()
    assert widget.state["width"] == "4" and widget.facts == before


def test_a_width_that_was_finished_is_still_so_when_it_is_chosen_again():
    widget = SeedHistogram(width="1", opening=0)
    widget.advance(1000)
    before = widget.facts
    widget.set_state(width="2")
    widget.set_state(width="1")
    assert widget.facts == before and widget.advance(1) == 0


@pytest.mark.parametrize("steps", [0, 5, 65])
def test_no_line_runs_through_the_word_of_the_median(steps):
    widget = SeedHistogram(width="1", opening=steps)
    for panel, tall in zip(widget.scene.panels, (365, 265), strict=True):
        per_log = tall / np.log(panel.y.high / panel.y.low)
        (words,) = (mark for mark in marks_of(panel, Text) if f"{widget.facts['median']:.2f}" in mark.text[0])
        height = np.log(words.y[0] / panel.y.low) * per_log - words.shift[1]
        levels = np.log(np.array([1, np.log(10)]) / panel.y.low) * per_log
        assert (np.abs(levels - height) > 9).all()


def test_dots_of_a_swarm_keep_their_heights_and_touch_no_other():
    rng = np.random.default_rng(0)
    heights = rng.normal(100, 25, SEEDS)
    x = np.array(swarm(tuple(heights), 15.0))
    apart = np.hypot(x[:, None] - x, heights[:, None] - heights) + 99 * np.eye(SEEDS)
    assert apart.min() > 15 - 1e-3
    losses = SeedHistogram().losses()
    dots = marks_of(SeedHistogram().scene.panels[0], Points)
    np.testing.assert_allclose(np.sort(np.concatenate([mark.y for mark in dots])), np.sort(losses), rtol=1e-9)
    assert sorted((mark.color, len(mark.y)) for mark in dots) == [("bad", 1), ("purple", 29)]


def test_a_network_of_width_8_is_the_course_s_own():
    assert small_cnn(0, width=8).num_parameters == small_cnn(0).num_parameters == 1898


def test_from_minus_two_and_a_half_a_descent_ends_in_a_up_to_a_rate():
    starts, rates = np.linspace(-3, 3, 100), np.geomspace(0.01, 3, 100)
    ends = basins("SGD")[:, np.argmin(np.abs(starts + 2.5))]
    in_a = ends == CODES["A"]
    assert not in_a[:2].any() and in_a[2:66].all() and rates[65] == pytest.approx(0.42, abs=0.005)
    elsewhere = len(ends[66:]) - (ends[66:] == CODES["none"]).sum()
    assert elsewhere <= 2  # by chance: there the last bit of a number, which processors differ in, decides


def test_adam_leaves_the_deepest_valley_as_well():
    starts, (_, right) = np.linspace(-3, 3, 100), CURVE.stationary()[1]
    assert np.mean(basins("Adam")[60:, starts > right] != CODES["C"]) == pytest.approx(0.14, abs=0.005)


def test_each_wall_is_filled_from_the_straight_line_up_to_its_curve():
    panel = next(panel for panel in LineBetween().scene.panels if panel.name == "loss")
    fills = [mark for mark in panel.marks if isinstance(mark, Band)]
    lines = {mark.color: mark for mark in panel.marks if isinstance(mark, Line) and mark.width == 2.5}
    straight = next(mark for mark in panel.marks if isinstance(mark, Line) and mark.dash == "dotted")
    assert [fill.color for fill in fills] == ["ink", "path"]
    for fill in fills:
        np.testing.assert_allclose(fill.low, straight.y)
        np.testing.assert_allclose(fill.high, np.maximum(lines[fill.color].y, straight.y))
