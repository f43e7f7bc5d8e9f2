"""The widgets of learning rates on a real network: sweeps, fates, schedules."""

import numpy as np
import pytest

from cnnlib.networks import small_cnn
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import train
from cnnlib.viz import Line, Points, Text
from cnnlib.widgets.learning_rate import schedule_explorer
from cnnlib.widgets.learning_rate.rate_sweep import BEYOND, RateSweep, fate, starting_curvature
from cnnlib.widgets.learning_rate.schedule_explorer import (
    SCHEDULES,
    ScheduleExplorer,
    running_mean,
    schedule_of,
)
from cnnlib.widgets.learning_rate.sweep_picture import GHOST
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
    assert not [line for line in marks_of(widget, "now", Line) if line.alpha == GHOST]
    widget.rewind()
    widget.refresh()
    for name in ("strips", "now"):
        assert len([line for line in marks_of(widget, name, Line) if line.alpha == GHOST]) == 1
    widget.set_state(optimizer="Adam")
    (before,) = [m for m in marks_of(widget, "now", Line) if m.dash == "dashed" and len(m.x) > 2]
    assert "SGD, 20 steps" in [text for mark in marks_of(widget, "now", Text) for text in mark.text]
    assert len(before.x) == 4 and widget.facts["steps"] == 0
    assert not [line for line in marks_of(widget, "now", Line) if line.alpha == GHOST]


def test_a_strip_has_room_for_an_epoch_and_for_twice_as_much_when_that_is_full():
    widget = RateSweep(copies=2, epochs=3, opening=45)
    assert widget.drawn == 45
    assert widget.advance(1) == 1 and widget.drawn == 90
    assert widget.advance(50) == 50 and widget.drawn == 135  # no more than the run is long


def test_a_click_chooses_the_network_of_its_column():
    widget = RateSweep(copies=6, epochs=1)
    widget.set_state(**widget.event({"name": "rates", "kind": "click", "x": -0.9}))
    assert widget.state["rate"] == pytest.approx(0.1)
    widget.set_state(**widget.event({"name": "rates", "kind": "drag", "x": 99.0}))
    assert widget.state["rate"] == 10 and not widget.message


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
        f"Crawling: {facts['crawling']}; jumping about: {facts['jumping']}; lost: {facts['lost']},"
        in done.text
    )
    assert ", every rate from " in done.text


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


@pytest.mark.parametrize("name", SCHEDULES)
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


def test_the_dashed_line_of_the_sweep_crosses_no_word():
    (panel,) = (p for p in RateSweep(copies=12).scene.panels if p.name == "now")
    (line,) = (m for m in panel.marks if isinstance(m, Line) and m.dash == "dashed" and len(m.x) == 2)
    assert line.x[0] == pytest.approx(np.log10(2 / starting_curvature(0)))
    assert {word for mark in panel.marks if isinstance(mark, Text) for word in mark.text} == {
        "2/curvature at the start = 0.19"
    }, "what the signs mean stands above the plot, where nothing crosses it"
    assert panel.subtitle == "▲ crawls, ● learns, ■ jumps, ✕ lost; click a network"


def test_every_schedule_that_was_tried_stays_and_a_move_trains_one_alone(monkeypatch):
    monkeypatch.setattr(schedule_explorer, "NETWORKS", 2)
    schedule_explorer.trained.cache_clear()
    widget = ScheduleExplorer(epochs=1)
    assert widget.state["schedule"] == "cosine"

    def columns():
        panel = next(panel for panel in widget.scene.panels if panel.name == "right")
        assert len(panel.x.names) == 5
        return {round(float(m.x.mean())): m.color for m in panel.marks if isinstance(m, Points)}

    assert columns() == {2: "ink"} and schedule_explorer.trained.cache_info().misses == 1
    widget.set_state(schedule="step")
    assert columns() == {1: "ink", 2: "muted"} and schedule_explorer.trained.cache_info().misses == 2
    assert [len([m for m in panel.marks if isinstance(m, Line)]) for panel in widget.scene.panels[:2]] == [
        2,
        2,
    ]
    widget.set_state(rate=0.2)
    assert columns() == {1: "ink"}, "the others were not trained at this rate"
    rates, loss, _ = widget.scene.panels
    assert rates.group == loss.group == "steps", "one moment stands in one line"
    curve = next(m for m in loss.marks if isinstance(m, Line) and m.label == "this schedule")
    assert curve.y[-1] == pytest.approx(widget.facts["loss"], rel=1e-6), "it ends at the loss that is said"
    schedule_explorer.trained.cache_clear()
