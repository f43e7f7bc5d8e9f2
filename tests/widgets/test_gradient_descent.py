"""The widgets of gradient descent on two weights and by batches."""

import numpy as np
import pytest

from cnnlib.experiments.error_curves import METHODS, descend
from cnnlib.viz import Arrows, Cursor, Line, Note, Points, Text
from cnnlib.widgets.gradient_descent.batch_noise import BatchNoise
from cnnlib.widgets.gradient_descent.batch_noise_panels import APART, error_ends
from cnnlib.widgets.gradient_descent.batch_noise_runs import SIZES, fate, fates, regression
from cnnlib.widgets.gradient_descent.contours import MAP_HIGH, ContourExplorer
from cnnlib.widgets.gradient_descent.descent import DescentExplorer
from cnnlib.widgets.gradient_descent.error_words import plain
from cnnlib.widgets.gradient_descent.finish import finish_of
from cnnlib.widgets.gradient_descent.map_labels import LETTER, LINE, apart
from cnnlib.widgets.gradient_descent.missed_way import MissedWay
from cnnlib.widgets.gradient_descent.optimizer_race import RACES, OptimizerRace
from cnnlib.widgets.gradient_descent.surface_picture import SURFACES, map_marks, surface_of, window
from tests.widgets.sweep import assert_refuses


@pytest.mark.parametrize("kind", [ContourExplorer, OptimizerRace, BatchNoise])
def test_bad_values_get_a_sentence(kind):
    for wrong in (0, -1, "", "fast", float("nan"), 1e9):
        assert_refuses(kind(), rate=wrong)


def test_the_map_tells_what_the_path_does():
    widget = ContourExplorer(condition=10, angle=0, start_1=1, start_2=0, rate=1, steps=3)
    assert widget.text == (
        "After 3 steps the error is 0.0266 at (0.729, 0.000). "
        "The arrow at the start points straight at the minimum."
    )
    widget.set_state(start_2=1)
    assert "misses the minimum by 39 degrees" in widget.text
    assert widget.facts["condition"] == pytest.approx(10) and widget.facts["limit"] == pytest.approx(2)
    widget.set_state(rate=10, steps=200)
    assert widget.text == (
        "After 200 steps the path has left the map: the error grows without bound. It diverges."
    )


def test_a_small_error_has_a_power_of_ten():
    said = (0.0266, "0.027"), (4.583e-5, "4.6\u00a0×\u00a010⁻⁵"), (1e-9, "less than 10⁻⁸"), (0.0, "0")
    for error, words in said:
        assert plain(error, 2) == words
    widget = ContourExplorer(steps=20)
    (figure,) = (f for f in widget.scene.figures if f.large)
    assert "e-" not in widget.text + figure.value
    small = ContourExplorer(optimizer="Momentum", surface="curved valley")
    (figure,) = (f for f in small.scene.figures if f.large)
    assert figure.value == "4.7\u00a0×\u00a010⁻⁶" and f"the error is {figure.value} at" in small.text
    assert small.text.endswith("It is about 3,600 times smaller than SGD's 0.017 at the same rate.")


def test_the_title_asks_what_the_optimizer_changes():
    assert ContourExplorer().scene.title == "Which way is down?"
    assert ContourExplorer(optimizer="Momentum").scene.title == "What does momentum change?"
    assert ContourExplorer(optimizer="Adam").scene.title == "What does Adam change?"


def test_the_race_tells_rates_only_where_they_differ_and_why_near_is_not_low():
    for best in (False, True):
        scene = OptimizerRace(surface="bowl", best_rates=best).scene
        table = next(panel for panel in scene.panels if panel.name == "table")
        words = [str(mark.text) for mark in table.marks if isinstance(mark, Text)]
        assert any("rate" in text for text in words) == best and not scene.figures
    (slot,) = OptimizerRace(surface="bowl").scene.slots
    assert "grows 50 times as fast" in slot.text
    assert OptimizerRace(surface="bowl", condition=1).scene.slots == ()


NOTES = {"start: drag me", "lowest point"}


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("optimizer", ["SGD", "Momentum"])
def test_each_place_on_the_map_has_its_word_and_none_hides_another(surface, optimizer):
    widget = ContourExplorer(surface=surface, optimizer=optimizer, rate=0.1, steps=20, momentum=0.8)
    panel = widget.scene.panels[0]
    notes = [mark for mark in panel.marks if isinstance(mark, Note)]
    more = {"SGD, same rate", optimizer} if optimizer != "SGD" else set()
    if optimizer == "SGD" and surface != "saddle":  # of one lowest point
        more = {f"{widget.facts['aside']:.0f}° off"}
    assert {note.text for note in notes} == NOTES | more | ({"saddle"} if surface == "saddle" else set())
    unit = (panel.y.high - panel.y.low) / MAP_HIGH
    boxes = [box_of(note, unit) for note in notes]
    for i, (left, right, bottom, top) in enumerate(boxes):
        assert panel.x.low < left and right < panel.x.high and panel.y.low < bottom and top < panel.y.high
        for other in boxes[:i]:
            beside = right <= other[0] or other[1] <= left
            assert beside or abs(top - other[3]) >= LINE * unit * 0.999, (notes[i].text, other)


def box_of(note, unit):
    """Left, right, lower and upper end of a note's words."""
    wide = LETTER * len(note.text) * unit
    left = note.x - wide if note.align == "right" else note.x
    return left, left + wide, note.y - LINE * unit, note.y


def test_the_words_of_the_start_do_not_hide_the_first_step():
    widget = ContourExplorer(start_1=-2.5, start_2=2.0, rate=0.5, steps=5)
    first = widget.scene.panels[0]
    (note,) = (m for m in first.marks if isinstance(m, Note) and m.text.startswith("start"))
    (line,) = (m for m in first.marks if isinstance(m, Line) and m.color == "path")
    unit = (first.y.high - first.y.low) / MAP_HIGH
    x, y = (
        np.interp(np.linspace(0, 1, 50), [0, 1], line.x[:2]),
        np.interp(np.linspace(0, 1, 50), [0, 1], line.y[:2]),
    )
    inside = (
        (note.x < x)
        & (x < note.x + LETTER * len(note.text) * unit)
        & (note.y - LINE * unit < y)
        & (y < note.y)
    )
    assert not inside.any()


def test_slow_steps_make_no_heap_of_points():
    path = np.column_stack([1 - 0.5 ** np.arange(30), np.zeros(30)])
    kept = apart(path, 0.02)
    assert (np.linalg.norm(np.diff(kept, axis=0), axis=1) >= 0.02).all() and len(kept) < 8


def test_the_map_is_wider_than_the_range_of_its_surface_and_as_fine_within_it():
    surface = surface_of("bowl", 10.0, 30.0)
    low, high = window(surface, 1.5)
    assert (high - low).tolist() == [9, 6] and (low + high).tolist() == [0, 0]
    narrow, wide = (map_marks(surface, w)[0].z for w in (1.0, 1.5))
    assert len(np.unique(wide)) > len(np.unique(narrow))


def test_on_the_ridge_of_a_saddle_there_is_no_way_down():
    widget = ContourExplorer(surface="saddle", start_1=0, start_2=0)
    assert "the gradient is zero: there is no way down to follow" in widget.text
    assert widget.facts["weight_1"] == 0 and widget.facts["weight_2"] == 0


@pytest.mark.parametrize("name", SURFACES)
def test_a_start_keeps_to_the_map_of_its_surface(name):
    widget = ContourExplorer(start_1=-3, start_2=-3)
    widget.set_state(surface=name)
    surface = surface_of(name, 10.0, 30.0)
    assert surface.low[0] <= widget.state["start_1"] and surface.low[1] <= widget.state["start_2"]


def test_the_race_is_run_by_the_optimizers_themselves():
    widget = OptimizerRace(surface="bowl", condition=20, rate=0.05, steps=30)
    surface = surface_of("bowl", 20, 30.0)
    for method in METHODS:
        end = descend(surface, [-2.5, 2.0], 0.05, 30, method)[-1]
        assert widget.facts[f"error_{method}"] == pytest.approx(float(surface.error(end)), rel=1e-9)
    leader = min(METHODS, key=lambda method: widget.facts[f"error_{method}"])
    assert widget.text.startswith(f"After 30 steps {leader} leads")


def test_the_race_tells_who_is_first_and_why_and_what_the_last_one_does():
    assert OptimizerRace().text == (
        "After 40 steps RMSprop leads: each weight has a rate of its own, so little slope does not slow it. "
        "SGD is last: where there is little slope, it creeps."
    )
    widget = OptimizerRace(surface="bowl")
    assert widget.text.endswith("Momentum is last: it swings to and fro.")


def test_best_rates_are_no_worse_than_any_other():
    best = OptimizerRace(best_rates=True, steps=100).facts
    for rate in (0.01, 0.1, 0.5):
        others = OptimizerRace(rate=rate, steps=100).facts
        for method in METHODS:  # the rates tried do not hold this very one, but one close by
            assert best[f"error_{method}"] <= others[f"error_{method}"] * 2


@pytest.mark.parametrize("surface", SURFACES)
def test_best_rates_stay_on_the_map(surface):
    ground = surface_of(surface, 50.0, 30.0)
    facts, (start, _) = OptimizerRace(surface=surface, best_rates=True).facts, RACES[surface]
    for method in METHODS:
        path = descend(ground, start, facts[f"rate_{method}"], OptimizerRace.length, method)
        assert ((ground.low <= path) & (path <= ground.high)).all()


def test_the_table_shows_one_alone_and_all_again():
    widget = OptimizerRace(steps=40)
    widget.set_state(**widget.event({"name": "table", "kind": "click", "row": 0}))
    leader = min(METHODS, key=lambda method: widget.facts[f"error_{method}"])
    assert widget.state["alone"] == leader
    widget.set_state(**widget.event({"name": "table", "kind": "click", "row": 0}))
    assert widget.state["alone"] == "all five"


def test_momentum_counts_for_the_rules_that_remember():
    for optimizer, counts in (("SGD", False), ("Adam", False), ("Momentum", True), ("RMSprop", True)):
        errors = {ContourExplorer(optimizer=optimizer, momentum=m).facts["error"] for m in (0.5, 0.9)}
        assert (len(errors) == 2) == counts
        assert ("momentum" in ContourExplorer(optimizer=optimizer).scene.idle) != counts


def test_the_angle_between_directions():
    assert MissedWay.degrees(np.array([1.0, 0.0]), np.array([-2.0, 0.0])) == pytest.approx(180)
    assert MissedWay.degrees(np.zeros(2), np.array([1.0, 0.0])) == 0


def test_the_run_drawn_is_one_descent_and_the_mean_is_over_all_seeds():
    surface, errors = regression(), []
    for seed in range(21):
        path = surface.descend((-2.5, 2.5), 0.1, 16, 800, np.random.default_rng(seed))
        errors.append(float(surface.error(path[-1]) - surface.floor))
    facts = BatchNoise(batch="16", samples=800, seed=3).facts
    assert facts["error"] == pytest.approx(errors[3], rel=1e-9)
    assert facts["mean_error"] == pytest.approx(np.mean(errors), rel=1e-9)


def test_the_noise_of_the_lowest_is_told_of_where_there_is_some():
    assert "lowest at this cost" in BatchNoise().text and "their noise cancels" in BatchNoise().text
    exact = BatchNoise(batch="all", rate=0.7, samples=3000).text
    assert "lowest at this cost" in exact and "none of which goes astray" in exact
    single = BatchNoise(batch="1", rate=0.001, samples=3000).text  # nothing cancels in a batch of one
    assert "lowest at this cost" in single and "their noise cancels" not in single
    assert "at so small a rate what is wrong in them cancels" in single


def test_one_image_is_not_images():
    assert "one batch needs 1 image and 0 have" in BatchNoise(batch="1", samples=0).text


def test_batches_of_all_images_are_the_gradient_itself():
    widget = BatchNoise(batch="all", samples=3000)
    n = len(regression().x)
    assert widget.facts["steps"] == 3000 // n and widget.facts["spread"] == pytest.approx(0, abs=1e-12)


def test_the_cost_that_is_said_is_that_of_whole_steps():
    widget = BatchNoise(batch="16", samples=1500)
    assert "1,488 images buy 93 steps" in widget.text
    (errors,) = (panel for panel in widget.scene.panels if panel.name == "errors")
    assert [mark.text for mark in errors.marks if isinstance(mark, Cursor)] == ["1,488"]


def test_the_start_lies_on_no_axis_name_and_every_line_of_the_cost_has_its_number():
    widget = BatchNoise()
    (ground,) = (panel for panel in widget.scene.panels if panel.name == "map")
    names = [mark for mark in ground.marks if isinstance(mark, Text) and "weight" in mark.text[0]]
    assert len(names) == 2 and all(mark.y[0] == ground.y.low for mark in names)
    for samples in (0, 480, 1000, 1488, 3000):
        widget.set_state(samples=samples)
        (errors,) = (panel for panel in widget.scene.panels if panel.name == "errors")
        assert errors.x.ticks == (0, 1000, 2000, 3000)


def errors_of(**state):
    widget = BatchNoise(**state)
    return widget, next(panel for panel in widget.scene.panels if panel.name == "errors")


def test_the_mean_errors_of_all_sizes_stand_side_by_side_at_one_cost():
    _, errors = errors_of(batch="16", samples=1500)
    means = [mark for mark in errors.marks if isinstance(mark, Line) and mark.color in ("ink", "rival")]
    ends = sorted(mark.y[-1] for mark in means if mark.dash == "solid")
    facts = [BatchNoise(batch=name, samples=1500).facts for name in SIZES]
    assert ends == pytest.approx(sorted(one["mean_error"] for one in facts))
    assert all(mark.x[-1] == 1500 for mark in means if mark.dash == "solid"), "as it is since the last step"
    thick = [mark for mark in means if mark.width > 2]
    assert [mark.y[-1] for mark in thick] == pytest.approx([facts[2]["mean_error"]])
    _, errors = errors_of(samples=10)
    assert not any(isinstance(mark, Text) for mark in errors.marks), "none before the first step"


@pytest.mark.parametrize("samples", [20, 300, 1000, 1500, 2200, 3000])
@pytest.mark.parametrize("rate", [0.001, 0.1, 0.7, 3])
def test_each_line_has_its_name_and_what_it_does_and_no_two_of_them_touch(samples, rate):
    _, errors = errors_of(samples=samples, rate=rate, batch="4")
    texts = [mark for mark in errors.marks if isinstance(mark, Text) and mark.align == "left" and mark.y[0]]
    labels = {mark.text[0]: mark.y[0] for mark in texts if mark.text[0] in SIZES}
    assert set(labels) == set(SIZES)
    heights = np.sort(np.log(list(labels.values()))) / np.log(errors.y.high / errors.y.low)
    assert np.diff(heights).min() > 0.99 * APART
    told = fates(rate, samples)
    assert sum(how == "lowest" for how, _ in told.values()) <= 1
    assert [mark.color for mark in texts if mark.text[0] == "4"] == ["ink"]


def test_what_a_line_does_is_read_from_its_course():
    assert [how for how, _ in fates(0.1, 1500).values()] == ["stuck", "stuck", "lowest", "falling", "begun"]
    assert fates(0.1, 200)["all"][0] == "" and fates(3, 3000)["1"][0] == "diverged"
    falls, noise = 8 * 0.9 ** np.arange(60), 1 + 0.2 * np.sin(np.arange(60) * 2.5)
    assert fate(falls)[0] == "falling" and fate(falls[:12])[0] == "begun"
    assert "lowest" not in [how for how, _ in fates(1.5, 2000).values()], "all are worse than at first"
    how, level = fate(np.maximum(falls, 0.4) * noise)
    assert how == "stuck" and level == pytest.approx(0.4, rel=0.1)
    assert fate(np.append(8.0, 4 * noise))[0] == "stuck", "it jumps about, which is no beginning"


def test_the_axis_of_errors_stays_while_the_images_are_looked_at_and_has_no_empty_decades():
    ends = {errors_of(batch=batch, samples=samples)[1].y.low for batch in SIZES for samples in (0, 700, 3000)}
    assert ends == {error_ends(0.1)[0]}
    low, high = error_ends(0.1)
    least = min(BatchNoise(batch=batch, samples=3000).facts["mean_error"] for batch in SIZES)
    assert low < least < 10 * low and high < 20


def test_the_first_steps_are_drawn_to_one_scale_and_most_of_them_lie_in_the_plot():
    shown = set()
    for batch in SIZES:
        (ways,) = (panel for panel in BatchNoise(batch=batch).scene.panels if panel.name == "ways")
        dots = next(mark for mark in ways.marks if isinstance(mark, Points))
        inside = (
            (dots.x > ways.x.low) & (dots.x < ways.x.high) & (dots.y > ways.y.low) & (dots.y < ways.y.high)
        )
        assert inside.mean() > 0.9
        shown.add((ways.x.low, ways.x.high, ways.y.low, ways.y.high))
    assert len(shown) == 1


def test_the_arrow_and_the_dots_lead_down_and_the_arrow_is_the_mean_way():
    (ways,) = (panel for panel in BatchNoise(batch="16").scene.panels if panel.name == "ways")
    (arrow,) = (mark for mark in ways.marks if isinstance(mark, Arrows))
    dots = next(mark for mark in ways.marks if isinstance(mark, Points))
    way = np.array([arrow.dx[0], arrow.dy[0]])
    np.testing.assert_allclose(way, -regression().gradient(np.array([-2.5, 2.5])))
    np.testing.assert_allclose([np.mean(dots.x), np.mean(dots.y)], way, atol=0.1 * np.linalg.norm(way))


@pytest.mark.parametrize("batch", SIZES[:-1])
def test_the_spread_is_the_predicted_one(batch):
    facts = BatchNoise(batch=batch).facts
    assert facts["spread"] == pytest.approx(facts["predicted"], rel=0.1)


def test_the_middle_sizes_win_at_equal_cost():
    errors = {batch: BatchNoise(batch=batch, samples=1500).facts["error"] for batch in SIZES}
    assert errors["16"] < errors["1"] < errors["64"] < errors["all"]


@pytest.mark.parametrize("widget", [DescentExplorer, ContourExplorer, OptimizerRace, BatchNoise])
@pytest.mark.parametrize("rate", [0.01, 0.1, 0.7, 2.5])
def test_the_axis_of_the_error_ends_where_the_errors_do(widget, rate):
    """Not a decade too high, not one too low; what has no end leaves at the top."""
    shown = widget(rate=rate)
    panel = next(panel for panel in shown.scene.panels if panel.name in ("error", "errors"))
    drawn = np.concatenate([mark.y for mark in panel.marks if isinstance(mark, Line)])
    drawn = drawn[np.isfinite(drawn)]
    assert drawn.max() > 0.099 * panel.y.high and (drawn.max() <= panel.y.high or panel.y.high == 100)
    assert panel.y.low <= max(drawn.min(), panel.y.low) < 0.3 * panel.y.high
    assert all(panel.y.low <= note.y <= panel.y.high for note in panel.marks if isinstance(note, Note))


def test_no_word_on_a_map_lies_on_the_name_of_an_axis():
    starts = ((-2.8, 2.9), (-2.5, 2.5), (2.7, -2.8), (2.9, -2.9))
    maps = [(ContourExplorer(start_1=start[0], start_2=start[1]), 440) for start in starts]
    for widget, height in (*maps, (BatchNoise(), 228)):
        panel = next(panel for panel in widget.scene.panels if panel.name == "map")
        pixel = (panel.y.high - panel.y.low) / height
        for note in (mark for mark in panel.marks if isinstance(mark, Note)):
            left, top = (note.x - panel.x.low) / pixel, (panel.y.high - note.y) / pixel
            right = (panel.x.high - note.x) / pixel - 6 * len(note.text)
            bottom = (note.y - panel.y.low) / pixel - 16
            assert not (left < 76 and top < 20) and not (right < 76 and bottom < 20), note


@pytest.mark.parametrize("kind", [ContourExplorer, OptimizerRace, BatchNoise])
def test_before_the_first_step_no_curve_shows_what_is_to_come(kind):
    def longest(widget):
        (errors,) = (panel for panel in widget.scene.panels if panel.name == "errors")
        lines = (mark for mark in errors.marks if isinstance(mark, Line) and mark.width > 1)
        return max((len(mark.x) for mark in lines), default=0)

    widget = kind()
    name = widget.advances
    widget.set_state(**{name: 0})
    assert longest(widget) <= 1
    widget.advance(2)
    if kind is BatchNoise:  # as many images for all
        assert longest(widget) == widget.state["samples"] + 2
    else:
        assert longest(widget) == 3 if kind is OptimizerRace else longest(widget) > 3


def test_a_race_names_every_minimum_once():
    def names(surface):
        marks = OptimizerRace(surface=surface, steps=0).scene.panels[0].marks
        return sorted(mark.text for mark in marks if isinstance(mark, Note))

    assert names("saddle") == ["a lowest point", "saddle", "start: drag me", "the other"]
    assert names("bowl") == ["lowest point", "start: drag me"]


def test_where_the_race_ends_in_a_knot_it_is_drawn_larger_on_request_in_a_free_corner():
    def words(larger=True, **state):
        scene = OptimizerRace(larger=larger, **state).scene
        texts = [word for mark in scene.panels[0].marks if isinstance(mark, Text) for word in mark.text]
        return [*texts, *scene.idle]

    assert not any("as large" in word for word in words(steps=5)) and "larger" in words(steps=5)
    assert not any("as large" in word or word == "larger" for word in words(larger=False, steps=40))
    assert "3 × as large" in words(steps=40) and "4 × as large" in words(steps=80)
    surface = surface_of("saddle", 1.0, 0.0)
    low, high = window(surface)
    paths = [np.array([start, surface.minima[1] + off]) for start, off in (((-2, 0), 0.1), ((2, 0), -0.1))]
    finish = finish_of(surface, low, high, paths)
    assert finish.times == 8 and np.allclose(finish.enlarged(surface.minima[1:]), np.mean(finish.box, axis=0))
    cut = finish.cut(paths[0])
    inside = cut[np.isfinite(cut[:, 0])]
    assert ((inside >= finish.box[0]) & (inside <= finish.box[1])).all() and len(inside) > 1
    assert finish_of(surface, low, high, [path[:1] for path in paths]) is None
    everywhere = np.stack(np.meshgrid(*np.linspace(low, high, 40).T), axis=-1).reshape(-1, 2)
    assert finish_of(surface, low, high, [np.vstack([everywhere, path[-1:]]) for path in paths]) is None


def test_equal_factors_of_the_error_are_equal_steps_of_the_ground():
    ground = map_marks(surface_of("bowl", 1.0, 0.0))[0]
    middle = ground.z[len(ground.z) // 2]  # from the border through the lowest point
    height = middle[: len(middle) // 2 + 1]
    places = np.linspace(3, 0, len(height))
    far, near = (np.interp(at, places[::-1], height[::-1]) for at in ((3.0, 1.5), (1.0, 0.5)))
    assert far[0] - far[1] == pytest.approx(near[0] - near[1], abs=0.6) and height[-1] < 0.5
