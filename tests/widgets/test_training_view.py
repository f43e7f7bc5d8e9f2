"""The training view's life: rewinding, its last epoch, its goal."""

import json

import numpy as np
import pytest

from cnnlib.data import Split, load_digits
from cnnlib.networks import small_cnn
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.training import fit
from cnnlib.viz import Bars, Cursor, Line, Points, Reference, Text, Tiles
from cnnlib.widgets import TrainingView
from cnnlib.widgets.base import Challenge
from cnnlib.widgets.base.packer import Packer
from cnnlib.widgets.base.play_loop import PlayLoop
from cnnlib.widgets.start_here import wall
from cnnlib.widgets.start_here.training_view import EARLY
from tests.widgets.toy_widget import shown, small_view


def panel(view, name):
    return next(one for one in view.scene.panels if one.name == name)


def marks(view, name, kind):
    return [mark for mark in panel(view, name).marks if isinstance(mark, kind)]


def test_training_rewound_and_brought_forward_again_tells_of_the_same_step():
    view = small_view()
    view.advance(20 * 45)
    at_twenty, losses = view.text, list(view.losses)
    view.set_state(step=90)
    assert view.steps == 90 and list(view.losses) == losses  # the future stays, as a ghost
    view.set_state(step=900)
    assert (view.text, list(view.losses)) == (at_twenty, losses)
    view.set_state(step=90)
    view.advance(45)
    assert "After 135 steps (4,311 images, 3 epochs)" in view.text
    assert view.limits(view.state)["step"] == (0, 135) and list(view.losses) == losses[:135]


def test_what_came_after_a_step_is_forgotten_where_training_goes_on_at_another_rate():
    view = small_view()
    view.advance(90)
    losses = list(view.losses)
    view.set_state(step=45, rate=0.001)
    view.advance(10)
    assert list(view.losses[:45]) == losses[:45] and list(view.losses[46:]) != losses[46:55]
    assert max(step for step, _, _ in view.course) <= view.steps == 55


def test_training_says_that_its_epochs_are_done_and_which_loss_it_means():
    view = shown(small_view(epochs=2))
    view.advance(90)
    assert "test images are right, with a loss of " in view.text and "rewind to train anew" in view.text
    view.set_state(rate=0.1)
    assert "rewind to train anew" in view.text
    view.live.receive({"type": "step"})
    assert "All epochs are done" in view.live.page.frames[-1][0]["message"]
    view.live.receive({"type": "rewind"})
    assert view.message == "" and "anew" not in view.text


def test_a_goal_that_was_rewound_or_lost_is_not_said_to_be_reached():
    goal = Challenge("half of them right", lambda facts: facts["accuracy"] > 0.5)
    view = shown(small_view(challenge=goal))

    def said():
        return view.live.page.frames[-1][0]["challenge"]

    view.advance(45)
    assert said() == "reached"
    view.put(rate=1e3)
    view.advance(5)
    assert said() == "reached earlier"
    view.set_state(step=0)
    assert said() == ""
    view.advance(45)
    view.live.receive({"type": "rewind"})
    assert said() == ""


def test_the_axis_counts_images_seen_in_round_numbers():
    rng = np.random.default_rng(0)
    x, y = rng.random((6000, 1, 8, 8), np.float32), rng.integers(0, 10, 6000)
    names = tuple("0123456789")
    view = small_view(Split(x, y, x[:2500], y[:2500], names), batch_size=64)
    time = panel(view, "loss").x
    assert time.names == ("0", "2,000", "4,000", "6,000", "8,000", "10,000")
    assert time.label == "training images seen, 64 a step" and not panel(view, "accuracy").x.label
    assert time.ticks[-1] == pytest.approx(10_000 / 6000 * view.epoch_steps)
    assert time.high == pytest.approx(1.05 * time.ticks[-1])  # room for half of its word
    assert view.facts["judged"] == 2000 and len(view.examiner.x) == 2000
    view.advance(2)
    assert "(128 images, 0 epochs)" in view.text and view.facts["seen"] == 128


def test_while_it_plays_a_few_images_are_judged_and_it_says_how_many(monkeypatch):
    digits = load_digits()
    x, y = np.tile(digits.x_test, (2, 1, 1, 1)), np.tile(digits.y_test, 2)
    split = Split(digits.x_train, digits.y_train, x, y, digits.class_names)
    view = small_view(split, judged="validation images", goal=0.2)
    assert view.challenge.text == "more than 20 % of the validation images right"
    asked = []
    infer = view.model.infer
    view.model.infer = lambda images: asked.append(len(images)) or infer(images)
    playing = [True]
    monkeypatch.setattr(PlayLoop, "running", property(lambda loop: bool(playing)))
    view.live.advance(40)
    view.refresh()
    early = sum(step <= 40 for step in EARLY)
    assert len(asked) == early + 2 and max(asked) <= 300 + 60
    assert view.facts["judged"] == 400 and view.text.startswith(
        "After 40 steps"
    )  # 300 after 32, 100 after 40
    assert "of the last 400 validation images that it was shown are right" in view.text
    assert view.scene.figures[0].label == "Validation images right"
    view.live.advance(20)
    view.refresh()
    assert [step for step, _, _ in view.course] == [0, *sorted({*EARLY[:-1], 20, 40})]
    assert view.facts["judged"] == 100
    playing.clear()
    view.refresh()
    assert view.facts["judged"] == 720 and view.challenge_reached and "last" not in view.text


def test_the_view_trains_as_fit_does():
    """Notebook 00 says so: the same first weights, the same batches, the same weights in the end."""
    split = load_digits()
    view = small_view(split, batch_size=64, rate=0.03, seed=0)
    view.advance(2 * view.epoch_steps)
    rng = np.random.default_rng(0)
    model = small_cnn(rng=rng)
    fit(
        model,
        CrossEntropyLoss(),
        SGD(lr=0.03, momentum=0.9),
        split.x_train,
        split.y_train,
        batch_size=64,
        epochs=2,
        rng=rng,
        progress=False,
    )
    for name, values in model.arrays().items():
        np.testing.assert_array_equal(values, view.model.arrays()[name])


def test_without_images_it_opens_mnist_and_judges_by_images_held_back():
    view = TrainingView()
    assert view.split.x_train.shape == (8000, 1, 28, 28) and view.facts["judged"] == 2000
    assert view.judged == "validation images" and "validation images" in view.text


def test_the_charts_are_mostly_filled_and_leave_room_for_the_words_at_the_end():
    view = small_view()
    for _ in range(40):
        view.advance(25)
        if not 300 < view.steps:
            continue
        share = view.steps / panel(view, "loss").x.high
        assert 0.6 <= share <= 0.71, (view.steps, share)


@pytest.mark.parametrize(("seen", "most"), [("sample", 20_000), ("wrong", 80_000)])
def test_a_frame_sends_images_that_were_there_before_no_more(seen, most):
    view, packer = TrainingView(wall=seen), Packer()

    def size():
        head, buffers = packer.pack(view.scene)
        return len(json.dumps(head)) + sum(map(len, buffers))

    assert 60 * 28 * 28 < size() <= 130_000  # all of them, once
    view.advance(150)
    size()
    for _ in range(6):
        view.advance(5)
        assert size() <= most


def test_the_axis_of_the_loss_is_filled_and_a_log_one_too():
    view = small_view()
    view.advance(200)
    judged = [loss for _, loss, _ in view.course] + [view.facts["loss"]]
    for scale, share in (("linear", 0.9), ("log", 0.85)):
        view.set_state(scale=scale)
        axis = panel(view, "loss").y
        low, high, most = axis.low, axis.high, max(judged[0], np.log(10), *view.losses[:20])
        if axis.log:
            low, high, most, least = (np.log10(v) for v in (low, high, most, min(judged)))
            assert low < least < low + 0.72
        assert low < most < high and (most - low) / (high - low) >= share


def test_filters_at_the_start_and_now_have_one_grid_and_scale_and_say_how_far_they_have_changed():
    view = small_view()
    first = view.start.copy()
    view.advance(200)
    rows = start, now = marks(view, "filters", Tiles)
    np.testing.assert_array_equal(start.z, first)
    np.testing.assert_array_equal(now.z, view.first_filters())
    assert len({(row.size, row.vmin, row.vmax, tuple(row.x)) for row in rows}) == 1, "one grid, one scale"
    assert start.size % 5 == 0
    assert words_of(panel(view, "filters")) == ["at first", "now"]
    moved = [np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in zip(now.z, first, strict=True)]
    assert (start.names[3], now.names[3]) == (
        "filter 3 at the start",
        f"filter 3 now: changed by {100 * moved[3]:.0f} %",
    )
    strong = np.abs(np.concatenate([row.z for row in rows])) >= now.vmax - 0.1
    assert 0.02 <= strong.mean() <= 0.5


def test_it_is_said_at_the_dots_what_they_are_once_there_are_many():
    view = small_view()
    view.advance(3)
    assert not words_of(panel(view, "loss"))
    for scale in ("linear", "log"):
        view.advance(300)
        view.set_state(scale=scale)
        part = panel(view, "loss")
        assert words_of(part) == ["each dot: one batch"] and "dot" not in part.subtitle
        (text,) = marks(view, "loss", Text)
        (dots,) = (mark for mark in marks(view, "loss", Points) if len(mark.x) > 1)
        assert (text.x[0], text.y[0]) in set(zip(dots.x, dots.y, strict=True))
        assert 0.25 < text.x[0] / view.steps < 0.65 and text.y[0] < part.y.high


def words_of(part):
    return [word for mark in part.marks if isinstance(mark, Text) for word in mark.text]


def test_both_plots_have_one_time_whose_cursor_has_its_pill_at_the_lower_one():
    view = small_view()
    view.advance(45)
    upper, lower = (panel(view, name) for name in ("accuracy", "loss"))
    assert (upper.x.low, upper.x.high, upper.x.ticks) == (lower.x.low, lower.x.high, lower.x.ticks)
    assert upper.group == lower.group == "time" and upper.at[0] < lower.at[0]
    (bare,), (pill,) = (marks(view, name, Cursor) for name in ("accuracy", "loss"))
    assert bare.bare and bare.x == pill.x == 45 and pill.text == "1,437"
    solid, dashed = (
        next(m for m in marks(view, "loss", Line) if m.label == one) for one in ("test", "training")
    )
    assert (solid.dash, dashed.dash) == ("solid", "dashed")


def test_the_share_of_right_answers_now_is_said_at_the_goal():
    view = small_view()
    view.advance(45)
    share = view.scene.figures[0].value
    assert share == f"{100 * view.facts['accuracy']:.1f} %" and share in view.text
    assert view.goal()["text"] == f"now {share}"
    assert not any(mark.label for mark in marks(view, "accuracy", Line))


def test_the_goal_and_guessing_are_named_at_their_lines():
    view = small_view(goal=0.9)
    view.advance(45)
    levels = {mark.text: mark.y for mark in marks(view, "accuracy", Reference)}
    assert levels == {"90 % goal": 90, "10 % = guessing": 10}
    assert panel(view, "accuracy").y.high > 110, "room for words above a goal near 100"


def seen_on(view):
    """Numbers of the images on the wall, row by row, and where they are on a ground of rust."""
    index = getattr(view.wall, view.state["wall"])
    rust = np.zeros(index.shape, dtype=bool)
    for ground in marks(view, "wall", Bars):
        row = round((ground.base - wall.HEAD) // wall.PITCH)
        rust[row, (ground.x - 0.5).astype(int)] = True
    return index, rust


def test_the_sample_has_as_many_of_each_class_in_its_column_and_keeps_its_places():
    view = small_view()
    before, rust = seen_on(view)
    assert before.shape == (6, 10) and len(set(before.ravel())) == 60 and rust.mean() > 0.6
    assert (view.examiner.y[before] == np.arange(10)).all()
    assert all(ground.alpha < 0.1 for ground in marks(view, "wall", Bars)), (
        "the digits are what is seen first"
    )
    view.advance(200)
    after, rust = seen_on(view)
    np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(rust, view.examiner.guesses[after] != view.examiner.y[after])
    assert panel(view, "wall").title == f"{60 - rust.sum()} of these 60 are right" and rust.mean() < 0.4
    heads = marks(view, "wall", Text)[-1]
    assert heads.text == tuple("0123456789") and heads.x.tolist() == [k + 0.5 for k in range(10)]


def test_every_image_has_its_guess_beneath_it_bold_where_it_is_wrong():
    view = small_view()
    view.advance(60)
    index, rust = seen_on(view)
    right, wrong, _ = marks(view, "wall", Text)
    assert wrong.bold and not right.bold and len(wrong.text) == rust.sum()
    for text, where in ((right, ~rust), (wrong, rust)):
        assert text.text == tuple(str(k) for k in view.examiner.guesses[index[where]])
        assert text.x.tolist() == (np.nonzero(where)[1] + 0.5).tolist()


def test_images_that_are_still_wrong_keep_their_places_and_others_fill_the_gaps():
    view = small_view(wall="wrong")
    for _ in range(5):
        before = view.wall.wrong.copy()
        view.advance(15)
        after, rust = seen_on(view)
        still = (before >= 0) & (view.examiner.guesses[before] != view.examiner.y[before])
        np.testing.assert_array_equal(after[still], before[still])
        there = after[after >= 0]
        assert len(set(there)) == len(there) and rust.sum() == len(there)
        assert (view.examiner.y[after] == np.arange(10))[after >= 0].all()
    assert panel(view, "wall").title.startswith("Still wrong: ")
    view.examiner.guesses[:] = view.examiner.y
    view.current = True
    view.refresh()
    assert "None is wrong." in words_of(panel(view, "wall"))


def test_a_click_on_an_image_says_its_probabilities_and_a_second_one_leaves_it():
    view = small_view()
    click = {"type": "event", "event": {"name": "wall 0", "kind": "click", "index": 27}}
    view.live.receive(click)
    number = view.wall.sample[2, 7]
    assert f"Test image {number} is of class 7; the network says " in view.text
    (tiles,) = marks(view, "wall", Tiles)
    assert np.flatnonzero(tiles.state).tolist() == [27] and tiles.names[27].startswith("is 7, read as ")
    view.live.receive(click)
    assert view.chosen is None and "Test image" not in view.text
    view.set_state(wall="wrong")
    view.live.receive({"type": "event", "event": {"name": "wall 4", "kind": "click", "index": 1}})
    number = view.wall.wrong[1, 4]
    assert f"Test image {number} is of class 4; " in view.text


def test_the_first_steps_are_taken_slowly_and_judged_often():
    view = small_view()
    assert view.live._steps_a_second() == view.pace(100) == 8 and view.pace(5) == 5
    view.advance(200)
    assert view.pace(100) == 100
    assert view.live._steps_a_second() == 100
    view.live.speed = "as fast as possible"
    assert view.live._steps_a_second() is None
    gaps = np.diff((0, *EARLY)) / (8 + np.array((0, *EARLY))[:-1])  # seconds, about
    assert gaps.max() < 0.4 and 1.5 < gaps.sum() < 3.5


def test_images_on_the_wall_are_judged_each_time():
    digits = load_digits()
    x, y = np.tile(digits.x_test, (2, 1, 1, 1)), np.tile(digits.y_test, 2)
    view = small_view(Split(digits.x_train, digits.y_train, x, y, digits.class_names))
    sample = view.wall.sample.ravel()
    asked = []
    view.examiner._ask = lambda model, places: asked.append(set(places))
    for _ in range(3):
        view.examiner.learned(view.model, 640)
    assert len(asked) == 3 and all(set(sample) <= places for places in asked)


def test_long_names_are_cut_and_many_classes_have_no_columns():
    digits = load_digits()
    names = tuple(f"digit of {name}" for name in digits.class_names)
    view = small_view(Split(digits.x_train, digits.y_train, digits.x_test, digits.y_test, names))
    assert set(marks(view, "wall", Text)[-1].text) == {"digit…"}
    assert view.scene.title == "How does a network learn to tell images apart?"
    assert marks(view, "wall", Tiles)[0].names[4].startswith("is digit of 4, read as digit of ")
    many = wall.Wall(np.arange(100) % 20, 20)
    assert many.sample.ravel().tolist() == list(range(60))
    many.keep(np.zeros(100), np.array([3, 5, 9]))
    assert many.wrong[0, :4].tolist() == [3, 5, 9, -1]
