"""The widgets of learning rates on a real network: sweeps, fates, schedules."""

import numpy as np
import pytest

from cnnlib.networks import small_cnn
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import train
from cnnlib.viz import Line, Note, Points, Region, Text
from cnnlib.widgets.learning_rate import first_schedules, schedule_runs
from cnnlib.widgets.learning_rate.range_test import turns
from cnnlib.widgets.learning_rate.rate_sweep import BEYOND, RateSweep, fate, starting_curvature
from cnnlib.widgets.learning_rate.schedule_explorer import ScheduleExplorer
from cnnlib.widgets.learning_rate.schedule_runs import (
    RANGE_TEST,
    RUNS,
    Row,
    row_of,
    running_mean,
    schedule_of,
    trained,
)
from cnnlib.widgets.learning_rate.sweep_picture import GHOST, SHORT, ZONES, SweepPicture, zones_of
from tests.widgets.sweep import assert_refuses, sweep


@pytest.fixture(scope="module")
def done():
    """A sweep of 12 rates over one epoch."""
    widget = RateSweep(copies=12, epochs=1, opening=0)
    assert widget.advance(1000) == 45
    return widget


def test_every_control_over_its_whole_range():
    widget = RateSweep(copies=5, epochs=1, opening=0)
    widget.advance(10)
    sweep(widget)
    before = widget.state["step"]
    widget.advance(7)
    assert widget.facts["steps"] == widget.state["step"] == before + 7


def test_play_goes_on_from_where_it_was_rewound_to():
    widget = RateSweep(copies=3, epochs=1, opening=0)
    assert widget.advance(5) == 5
    record = widget.losses.copy()
    widget.rewind()
    assert widget.advance(2) == 2 and widget.facts["steps"] == 2  # the record, played again
    np.testing.assert_array_equal(widget.losses, record)
    assert widget.advance(100) == 43 and widget.facts["steps"] == 45  # and on, to the end
    np.testing.assert_array_equal(widget.losses[:5], record)
    widget.set_state(step=40)
    assert widget.advance(100) == 5 and len(widget.losses) == 45


def marks_of(widget, name, kind):
    panel = next(panel for panel in widget.scene.panels if panel.name == name)
    return [mark for mark in panel.marks if isinstance(mark, kind)]


def test_it_opens_with_a_part_of_the_run_and_reset_brings_that_back():
    widget = RateSweep(copies=3, epochs=2, opening=7)
    opened = widget.losses.copy()
    assert widget.facts["steps"] == 7 and "RateSweep()" == repr(widget)
    assert widget.advance(1000) == 2 * 45 - 7
    widget.set_state(optimizer="Adam")
    widget.reset()
    np.testing.assert_array_equal(widget.losses, opened)
    assert widget.facts["steps"] == 7 and widget.state["optimizer"] == "SGD" and widget.earlier is None


def test_what_comes_later_is_pale_and_another_optimizers_end_stays_dashed():
    widget = RateSweep(copies=4, epochs=1, opening=20)
    assert not [line for line in marks_of(widget, "strips", Line) if line.alpha == GHOST]
    widget.rewind()
    widget.refresh()
    assert len([line for line in marks_of(widget, "strips", Line) if line.alpha == GHOST]) == 1
    widget.set_state(optimizer="Adam")
    (before,) = [m for m in marks_of(widget, "strips", Line) if m.dash == "dashed" and len(m.x) > 2]
    assert "SGD, 20 steps" in words_of(widget)
    assert len(before.x) == 4 and widget.facts["steps"] == 0
    assert not [line for line in marks_of(widget, "strips", Line) if line.alpha == GHOST]


def test_a_curve_is_filled_by_all_that_is_recorded_and_ends_at_its_rate():
    widget = RateSweep(copies=2, epochs=3, opening=10)
    assert widget.drawn == 45, "at least an epoch, so that it does not begin all stretched"
    assert widget.advance(50) == 50 and widget.drawn == 60
    signs = [m for m in marks_of(widget, "strips", Points) if m.outline or m.shape == "cross"]
    assert sorted(float(x) for mark in signs for x in mark.x) == pytest.approx([-4, 1])
    widget.set_state(step=30)
    assert widget.drawn == 60, "what comes later stays where it was"


def words_of(widget, name="strips"):
    return [text for mark in marks_of(widget, name, Text) for text in mark.text]


def test_the_zones_are_named_and_the_best_rate_stands_at_its_curve():
    widget = RateSweep()
    words = words_of(widget)
    assert {ZONES["crawls"], ZONES["learns"], ZONES["lost"]} <= set(words)
    assert "best" in words and f"{widget.facts['best_rate']:.2g}" in words
    tints = {mark.color: (mark.x0, mark.x1) for mark in marks_of(widget, "strips", Region)}
    assert tints["muted"][1] < np.log10(widget.facts["best_rate"]) < tints["bad"][0]
    assert tints["bad"][0] < np.log10(widget.facts["border"]) < tints["bad"][1]
    widget.set_state(step=1)
    assert not {"best", *ZONES.values()} & set(words_of(widget)), "after one step nobody can say"
    widget.set_state(step=90, rate=0.001)
    height = {text: float(m.y[0]) for m in marks_of(widget, "strips", Text) for text in m.text}
    assert height[f"{widget.facts['chosen']:.2g}"] == height["best"], "at the top, where no curve is"
    widget.set_state(rate=10)
    height = {text: float(m.y[0]) for m in marks_of(widget, "strips", Text) for text in m.text}
    assert height["10"] < height["best"], "such a curve was thrown up there"


@pytest.mark.parametrize("chosen", range(24))
def test_what_jumps_is_named_beside_the_lost_ones_and_beside_no_other_name(chosen):
    fates = ["crawls"] * 13 + ["learns"] * 5 + ["jumps"] + ["lost"] * 5
    for best in (14, 16, 17):
        picture = SweepPicture(np.logspace(-4, 1, 24), chosen, 0.2, 90)
        recent = np.ones(24)
        recent[best] = 0.3
        found = picture.names(recent, fates)
        (jumps,) = (mark for mark in found if mark.text[0] == SHORT["jumps"])
        lost = next(low for kind, low, _ in zones_of(fates) if kind == "lost")
        assert jumps.align == "right" and jumps.x[0] <= picture.columns(lost, lost)[0] + 1e-9
        lines = [mark.shift[1] for mark in found if mark is not jumps and abs(mark.x[0] - jumps.x[0]) < 0.6]
        assert fates[chosen] == "lost" or jumps.shift[1] not in lines


def test_a_click_chooses_the_network_of_its_column():
    widget = RateSweep(copies=6, epochs=1)
    widget.set_state(**widget.event({"name": "rates", "kind": "click", "x": -0.9}))
    assert widget.state["rate"] == pytest.approx(0.1)
    widget.set_state(**widget.event({"name": "rates", "kind": "drag", "x": 99.0}))
    assert widget.state["rate"] == 10 and not widget.message


@pytest.mark.parametrize("step", [2, 12, 20])
def test_in_the_first_steps_no_rate_is_judged(step):
    widget = RateSweep()
    widget.set_state(step=step)
    facts = widget.facts
    assert (facts["lost"], facts["crawling"], facts["jumping"], facts["border"]) == (0, 0, 0, np.inf)
    assert f"After {step} steps it is too early to say" in widget.text
    assert "lost" not in widget.text and "crawl" not in widget.text
    for name in ("strips", "strips narrow"):
        assert not {"best", *ZONES.values(), *SHORT.values()} & set(words_of(widget, name))
        assert {m.shape for m in marks_of(widget, name, Points)} == {"circle"}
    assert all(panel.subtitle == "one curve a rate" for panel in widget.scene.panels)
    assert not widget.scene.figures[0].mark, "no ring without a ring in the picture"
    widget.set_state(step=21)
    assert widget.scene.figures[0].mark and widget.facts["lost"] and "After 21 steps:" in widget.text
    assert widget.facts["best_rate"] < widget.facts["border"], "the best rate is not among the lost"


@pytest.mark.parametrize("kind", [RateSweep, ScheduleExplorer])
def test_bad_values_get_a_sentence(kind):
    options = {"copies": 2, "opening": 0} if kind is RateSweep else {"epochs": 1}
    for wrong in (0, "", "fast", float("inf"), 99):
        assert_refuses(kind(**options), rate=wrong)


def test_the_rewind_shows_what_was_recorded(done):
    record = done.losses.copy()
    done.set_state(step=10, rate=0.1)
    assert done.facts["steps"] == 10
    assert done.facts["loss"] == pytest.approx(
        record[:10, np.argmin(abs(done.rates - done.facts["chosen"]))].mean()
    )
    done.rewind()
    done.refresh()
    assert done.text.startswith("No step yet")
    done.set_state(step=45)
    np.testing.assert_array_equal(done.losses, record)
    assert done.facts["limit"] == pytest.approx(2 / starting_curvature(0))


def test_a_network_of_the_sweep_is_the_one_trained_alone(done, digits):
    chosen = int(np.argmin(abs(np.log(done.rates / 0.05))))
    alone = train(
        small_cnn(0),
        CrossEntropyLoss(),
        SGD(float(done.rates[chosen])),
        digits.x_train,
        digits.y_train,
        rng=0,
    )
    losses = [record.loss for record in alone]
    np.testing.assert_allclose(done.losses[:, chosen], losses, rtol=1e-3)


def test_high_rates_are_lost_and_low_ones_crawl(done):
    done.set_state(step=45)
    facts = done.facts
    assert facts["lost"] >= 2 and facts["crawling"] >= 5
    assert facts["limit"] < facts["border"] < 10
    assert facts["best_loss"] < done.losses[0, 0]
    assert facts["jumping"] >= 1 and facts["crawling"] + facts["jumping"] + facts["lost"] <= 12
    assert (
        f"crawling: {facts['crawling']}, jumping: {facts['jumping']}, lost: {facts['lost']}, from "
        in done.text
    )
    assert done.text.startswith("With too small a rate training crawls, with too large a one it is lost: ")


def test_what_becomes_of_a_network():
    assert fate(np.array([2.3, 9.0, 2.3]), 2.3) == "lost"
    assert fate(np.array([2.3, np.nan]), np.nan) == "lost"
    assert fate(np.array([2.3, 2.3]), 2.3) == "crawls"
    assert fate(np.array([2.3, 9.0, 0.5]), 0.5) == "learns"
    assert fate(np.array([2.3, 3.0, 1.4]), 1.4) == "jumps", "it does not crawl: it was thrown up"


def test_why_the_best_rate_lies_beyond_the_line_is_said_at_the_end_and_not_before():
    widget = RateSweep()
    assert widget.facts["best_rate"] > widget.facts["limit"] and BEYOND not in widget.text
    widget.advance(1000)
    assert widget.facts["best_rate"] > widget.facts["limit"] and BEYOND in widget.text


def test_overflow_is_a_sentence_not_a_crash(done):
    widget = RateSweep(copies=12, epochs=1, opening=0)
    widget.losses = np.where(np.arange(12) > 8, np.nan, done.losses)
    widget.put(step=45)
    widget.set_state(rate=10)
    assert "At rate 10 the loss is no number any more" in widget.text
    assert widget.facts["lost"] >= 3


@pytest.mark.parametrize("name", (*RUNS, RANGE_TEST))
def test_a_schedule_never_goes_above_its_rate(name):
    for total in (45, 180):
        rates = [schedule_of(name, 0.5, total)(step) for step in range(total)]
        assert max(rates) == pytest.approx(0.5, rel=0.02) and min(rates) >= 0


def test_a_falling_rate_saves_a_rate_that_is_too_high():
    constant = ScheduleExplorer(schedule="constant", rate=0.8).facts["accuracy"]
    falling = ScheduleExplorer(schedule="cosine", rate=0.8).facts["accuracy"]
    assert falling > constant + 0.05


def test_running_means_of_what_overflows():
    assert np.isnan(running_mean(np.array([1.0, np.nan, 1.0]), 2)[1:]).all()


def test_the_dashed_line_of_the_sweep_says_what_it_is():
    widget = RateSweep(copies=12)
    (line,) = (m for m in marks_of(widget, "strips", Line) if m.dash == "dashed" and len(m.x) == 2)
    assert line.x[0] == pytest.approx(np.log10(2 / starting_curvature(0)))
    assert {"a parabola explodes from 0.19 on", "2/curvature at the start"} <= set(words_of(widget))


@pytest.fixture
def two(monkeypatch):
    """Two networks a schedule, so that a test takes less time."""
    monkeypatch.setattr(schedule_runs, "NETWORKS", 2)
    trained.cache_clear()
    yield
    trained.cache_clear()


def rows_with(widget, kind, **looks):
    """Which rows of the table have such a mark, from the top."""
    found = set()
    for mark in marks_of(widget, "table", kind):
        if all(getattr(mark, name) == value for name, value in looks.items()):
            middle = (mark.y0 + mark.y1) / 2 if kind is Region else float(np.mean(mark.y))
            found.add(int((middle - 42) // 80))
    return found


def test_every_schedule_that_was_tried_stays_and_a_move_trains_one_alone(two):
    widget = ScheduleExplorer(epochs=1)
    assert widget.state["schedule"] == "cosine"
    assert rows_with(widget, Points) == {2} and trained.cache_info().misses == 1
    assert rows_with(widget, Region, filled=False) == {0, 1, 3, 4}, "the others wait to be pressed"
    widget.set_state(**widget.event({"name": "rows", "kind": "click", "row": 1}))
    assert widget.state["schedule"] == "step"
    assert rows_with(widget, Points) == {1, 2} and trained.cache_info().misses == 2
    assert rows_with(widget, Region, filled=True) == {1}, "the chosen row is tinted"
    assert not widget.event({"name": "rows", "kind": "hover", "row": 4})
    widget.set_state(rate=0.2)
    assert rows_with(widget, Points) == {1}, "the others were not trained at this rate"
    loss = f"{row_of('step', (0.2, 0, 1), True).curve[-1]:.2f}"
    assert loss == f"{widget.facts['loss']:.2f}" and loss in words_of(widget, "table")


def test_the_button_trains_all_five_and_goes_when_nothing_is_left(two):
    widget = ScheduleExplorer(epochs=1)
    assert widget.scene.idle == ()
    widget.press("all")
    widget.refresh()
    assert rows_with(widget, Points) == {0, 1, 2, 3, 4} and widget.scene.idle == ("all",)
    constant, cosine = (trained(name, 0.8, 0, 1)[1].mean() for name in ("constant", "cosine"))
    assert widget.facts["gain"] == pytest.approx(cosine - constant, abs=1e-3)
    widget.reset()
    assert rows_with(widget, Points) == {2}
    widget.set_state(shows=RANGE_TEST)
    assert widget.scene.idle == ("all",) and "range test" in widget.text
    assert widget.scene.title == "How high may the rate be?"


def test_it_opens_beside_a_constant_rate_that_is_recorded_as_it_is_trained():
    for settings in first_schedules.CONSTANT:
        row, truth = (row_of("constant", settings, train) for train in (False, True))
        assert row.shares.mean() == pytest.approx(truth.shares.mean(), abs=0.01)
        np.testing.assert_allclose(row.curve, truth.curve[row.steps - 1], rtol=0.05)
    widget = ScheduleExplorer(rate=0.3)
    assert rows_with(widget, Points) == {0, 2} and np.isfinite(widget.facts["gain"])
    saved = ScheduleExplorer()
    assert rows_with(saved, Points) == {0, 2}
    assert saved.text.startswith("With the constant rate ") and saved.facts["gain"] > 0.05


def test_the_gain_is_the_difference_of_the_numbers_in_the_table(monkeypatch):
    widget = ScheduleExplorer()
    rows = {  # 63.55 and 94.14: their difference is 30.6, that of what is printed 30.5
        name: Row(np.arange(2), np.ones(2), np.full(6, share))
        for name, share in (("constant", 0.6355001), ("cosine", 0.94141))
    }
    monkeypatch.setattr(widget, "rows", lambda state: rows)
    widget.refresh()
    assert {"63.6 %", "94.1 %"} <= set(words_of(widget, "table"))
    assert [figure.value for figure in widget.scene.figures] == ["+30.5"]


def test_a_range_test_names_no_rate_while_the_loss_is_noise():
    """From a fall it says where, from the noise of batches alone neither a fall nor a climb is read."""
    widget = ScheduleExplorer(shows="range test", rate=0.005, epochs=8)
    assert np.isnan(widget.facts["fastest"]) and "has not fallen clearly yet" in widget.text
    (panel,) = widget.scene.panels
    assert [mark.text for mark in panel.marks if isinstance(mark, Note)] == ["not fallen clearly yet"]
    found = ScheduleExplorer(shows="range test", rate=5, epochs=4).facts["fastest"]
    assert 0.1 < found < 0.6
    steps = np.arange(120.0)
    waves = 2.3 + 0.02 * np.sin(steps)[:, None]
    assert turns(waves)[1:] == (None, None)
    falls = np.where(steps < 60, 2.3, 2.3 - 0.02 * (steps - 60))[:, None]
    assert turns(falls)[1] > 60
    assert turns(np.where(steps < 90, falls[:, 0], 4.0)[:, None])[2] is not None
