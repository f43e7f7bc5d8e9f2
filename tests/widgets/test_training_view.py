"""The training view's life: rewinding, its last epoch, its goal."""

import json
import re

import numpy as np
import pytest

from cnnlib.data import Split, load_digits
from cnnlib.networks import small_cnn
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.training import fit
from cnnlib.viz import Line, Note, Points, Reference, Region, Text, Tiles
from cnnlib.widgets import TrainingView
from cnnlib.widgets.base import Challenge
from cnnlib.widgets.base.packer import Packer
from cnnlib.widgets.base.play_loop import PlayLoop
from tests.widgets.toy_widget import shown, small_view


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
    assert "the loss on the test images" in view.text and "rewind to train anew" in view.text
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
    time = view.scene.panels[1].x
    assert time.names == ("0", "2,000", "4,000", "6,000", "8,000", "10,000")
    assert time.label == "training images seen, 64 a step" and not view.scene.panels[0].x.label
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
    assert asked == [100, 100] and view.facts["judged"] == 200 and not view.challenge_reached
    assert "of the last 200 validation images that it was shown are right" in view.text
    assert view.scene.figures[0].label == "Validation images right"
    view.live.advance(20)
    view.refresh()
    assert [step for step, _, _ in view.course] == [0, 45] and view.facts["judged"] == 100
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
        share = view.steps / view.scene.panels[1].x.high
        assert 0.69 <= share <= 0.81, (view.steps, share)


def test_a_frame_is_at_most_40_kilobytes():
    view = TrainingView()
    view.advance(20)
    head, buffers = Packer().pack(view.scene)
    assert len(json.dumps(head)) + sum(map(len, buffers)) <= 40_000


def test_the_axis_of_the_loss_is_filled_and_a_log_one_too():
    view = small_view()
    view.advance(200)
    judged = [loss for _, loss, _ in view.course] + [view.facts["loss"]]
    for scale, share in (("linear", 0.9), ("log", 0.85)):
        view.set_state(scale=scale)
        axis = view.scene.panels[0].y
        low, high, most = axis.low, axis.high, max(judged[0], np.log(10), *view.losses[:20])
        if axis.log:
            low, high, most, least = (np.log10(v) for v in (low, high, most, min(judged)))
            assert low < least < low + 0.72
        assert low < most < high and (most - low) / (high - low) >= share


def test_before_the_first_step_the_row_of_changes_says_that_there_is_nothing_yet():
    view = small_view()

    def seen():
        marks = view.scene.panels[2].marks
        return len([mark for mark in marks if isinstance(mark, Tiles)]), "nothing yet" in [
            word for mark in marks if isinstance(mark, Text) for word in mark.text
        ]

    assert seen() == (2, True)
    view.advance(1)
    assert seen() == (3, False)


def test_filters_at_the_start_and_what_training_changed_add_up_to_those_now():
    view = small_view()
    first = view.start.copy()
    view.advance(200)
    part = view.scene.panels[2]
    rows = start, changed, now = [mark for mark in part.marks if isinstance(mark, Tiles)]
    np.testing.assert_array_equal(start.z, first)
    np.testing.assert_allclose(start.z + changed.z, now.z, atol=1e-6)
    assert len({(row.size, row.vmin, row.vmax, tuple(row.x)) for row in rows}) == 1, "one grid, one scale"
    assert start.size % 5 == 0 and np.ptp(np.diff([row.y[0] for row in rows])) < 1e-9
    said = [word for mark in part.marks if isinstance(mark, Text) for word in mark.text]
    assert said == ["", "at the start", "+", "what training", "changed", "=", "now"]
    assert not [word for word in said if "%" in word]
    moved = [np.linalg.norm(a) / np.linalg.norm(b) for a, b in zip(changed.z, first, strict=True)]
    assert changed.names[3] == f"filter 3: changed by {100 * moved[3]:.0f} %"
    assert (start.names[3], now.names[3]) == ("filter 3 at the start", "filter 3 now")
    strong = np.abs(np.concatenate([row.z for row in rows])) >= now.vmax - 0.1
    assert 0.02 <= strong.mean() <= 0.5


def test_it_is_said_at_the_dots_what_they_are_once_there_are_many():
    view = small_view()
    view.advance(3)
    assert not words_of(view.scene.panels[0])
    for scale in ("linear", "log"):
        view.advance(300)
        view.set_state(scale=scale)
        part = view.scene.panels[0]
        assert words_of(part) == ["each dot: one batch"] and "dot" not in part.subtitle
        (text,) = (mark for mark in part.marks if isinstance(mark, Text))
        (dots,) = (mark for mark in part.marks if isinstance(mark, Points) and len(mark.x) > 1)
        assert (text.x[0], text.y[0]) in set(zip(dots.x, dots.y, strict=True))
        assert 0.25 < text.x[0] / view.steps < 0.65 and text.y[0] < part.y.high


def words_of(part):
    return [word for mark in part.marks if isinstance(mark, Text) for word in mark.text]


def test_before_the_first_step_the_plots_say_what_will_be_seen():
    view = small_view()
    for part, first in zip(view.scene.panels[:2], ("Press Play", "Here the share"), strict=True):
        (note,) = (mark for mark in part.marks if isinstance(mark, Note))  # broken where there is no room
        assert note.text.startswith(first) and not part.grid
    view.advance(1)
    for part in view.scene.panels[:2]:
        notes = [mark.text for mark in part.marks if isinstance(mark, Note)]
        assert not [text for text in notes if text.startswith(("Press Play", "Here"))] and part.grid


def test_the_share_of_right_answers_now_is_said_at_the_goal():
    view = small_view()
    view.advance(45)
    share = view.scene.figures[0].value
    assert share == f"{100 * view.facts['accuracy']:.1f} %" and share in view.text
    assert view.goal()["text"] == f"now {share}"
    labels = [mark.label for mark in view.scene.panels[1].marks if isinstance(mark, Line)]
    assert not any(labels)


def test_the_goal_is_an_area_that_no_word_or_line_lies_in():
    view = small_view(goal=0.9)
    view.advance(45)
    part = view.scene.panels[1]
    (area,) = (mark for mark in part.marks if isinstance(mark, Region))
    assert (area.y0, area.y1) == (90, 100) and "over 90 %" in part.subtitle
    assert part.title == "Correct answers (%)"
    assert [mark.y for mark in part.marks if isinstance(mark, Reference)] == [10]


@pytest.mark.parametrize("long", [False, True])
def test_every_wrong_image_says_how_sure_it_was(long):
    split = load_digits()
    if long:
        names = tuple(f"digit {name}" for name in split.class_names)
        split = Split(split.x_train, split.y_train, split.x_test, split.y_test, names)
    view = small_view(split)
    view.advance(100)
    part = view.scene.panels[3]
    (tiles,) = (mark for mark in part.marks if isinstance(mark, Tiles))
    words = [mark for mark in part.marks if isinstance(mark, Text)]
    shares = words[-1].text
    assert all("→" in name for name in tiles.names)
    assert 0 < len(tiles.x) == len(shares) <= (12 if long else 15)
    if long:  # true class and guess have a line each
        assert set(tiles.captions) <= set(names)
        assert all(re.fullmatch(r"→ digit \d \d+ %", one) for one in shares)
        assert view.scene.title == "How does a network learn to tell images apart?"
    else:
        begin, end = words
        told = (f"{one} {other}, " for one, other in zip(begin.text, end.text, strict=True))
        assert all(name.startswith(start) for name, start in zip(tiles.names, told, strict=True))
        assert end.bold and not begin.bold
        empty, full = (mark.x.reshape(-1, 3) for mark in part.marks if isinstance(mark, Line))
        shares = (full[:, 1] - full[:, 0]) / (empty[:, 1] - empty[:, 0])
        assert [f"{100 * share:.0f}" for share in shares] == [
            re.search(r", (\d+) %$", name)[1] for name in tiles.names
        ]
