"""The training view's life: rewinding, its last epoch, its goal."""

from cnnlib.widgets import TrainingView
from cnnlib.widgets.base import Challenge
from tests.widgets.toy_widget import shown


def test_training_rewound_and_brought_forward_again_tells_of_the_same_epoch():
    view = TrainingView()
    view.advance(20 * 45)
    at_twenty = view.text, list(view.losses)
    view.set_state(epoch=2)
    assert len(view.losses) == 90
    view.set_state(epoch=20)
    assert (view.text, list(view.losses)) == at_twenty
    view.set_state(epoch=2)
    view.advance(45)
    assert "After 135 steps (4,311 images, 3 epochs)" in view.text and view.limits(view.state)["epoch"] == (
        0,
        3,
    )


def test_training_says_that_its_epochs_are_done_and_which_loss_it_means():
    view = shown(TrainingView(epochs=2))
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
    view = shown(TrainingView(challenge=goal))

    def said():
        return view.live.page.frames[-1][0]["challenge"]

    view.advance(45)
    assert said() == "reached"
    view.put(rate=1e3)
    view.advance(5)
    assert said() == "reached earlier"
    view.set_state(epoch=0)
    assert said() == ""
    view.advance(45)
    view.live.receive({"type": "rewind"})
    assert said() == ""
