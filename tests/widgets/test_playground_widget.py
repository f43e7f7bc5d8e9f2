"""The playground widget: every control, every click, every preset, state kept and restored."""

import math

import numpy as np
import pytest

from cnnlib.playground import FEATURES
from cnnlib.playground import Playground as Run
from cnnlib.runtime.powers import raised
from cnnlib.viz import Heatmap, Links, Points, Text, Tiles
from cnnlib.viz.static import to_png
from cnnlib.widgets.base import BadValue, Challenge
from cnnlib.widgets.spirals.controls import NODES
from cnnlib.widgets.spirals.explorer import Playground
from cnnlib.widgets.spirals.presets import OWN, PRESETS, neurons
from tests.widgets.sweep import assert_refuses, assert_sound, sweep


@pytest.mark.parametrize("preset", [OWN, "spirals, the chapter's run", "L1 removes every link", "divergence"])
def test_every_control_over_its_whole_range(preset):
    view = Playground(preset=preset)
    view.advance(5)
    sweep(view, seed=len(preset))


@pytest.mark.parametrize("shape", [(), (1,), (8, 8, 8, 8, 8, 8), (3, 1, 5)])
def test_any_shape_can_be_drawn_trained_and_clicked(shape):
    view = Playground(**neurons(*shape))
    view.advance(2)
    assert_sound(view)
    assert view.facts["neurons"] == sum(shape) and view.facts["epoch"] == 2
    for node in NODES:
        view.set_state(node=node)
        assert_sound(view)


def test_the_chosen_link_is_always_one_of_the_network():
    view = Playground(**neurons(8, 8, 8), edit_layer=4, edit_to=1, edit_from=8)
    view.set_state(preset="exclusive or without hidden layer")
    for name, (low, high) in view.limits(view.state).items():
        if name.startswith("edit_"):
            assert low <= view.state[name] <= high, name
    assert view.state["edit_layer"] == 1


def test_wrong_values_end_in_a_sentence():
    view = Playground()
    assert_refuses(view, neurons=[[2.5, 0, 0, 0, 0, 0]])
    assert_refuses(view, neurons=[[9, 0, 0, 0, 0, 0]])
    assert_refuses(view, noise="loud")
    for wrong in ("", 10**400, float("nan"), float("inf"), 1e300):
        assert_refuses(view, seed=wrong)
    view.set_state(epoch=50)
    assert view.state["epoch"] == 0


def click(view, name, **event):
    view.live.receive({"type": "event", "event": {"name": name, "kind": "click", **event}})
    assert view.failure is None, view.failure


def press(view, name):
    view.live.receive({"type": "press", "name": name})
    assert view.failure is None, view.failure


def test_clicking_features_nodes_and_signs():
    view = Playground()
    click(view, "feature", index=2)
    assert view.run.config.inputs == ("x", "y", "xSquared") and view.state["xSquared"]
    click(view, "feature", index=0)
    assert view.run.config.inputs == ("y", "xSquared")
    click(view, "layer 1", index=3)
    assert view.state["node"] == "node 1.4" and view.scene.panels[1].title.startswith("Node 1.4")
    click(view, "layer 1", index=3)
    assert view.state["node"] == "output"
    press(view, "more 2")
    assert view.run.config.network_shape == (4, 3)
    press(view, "fewer 1")
    assert view.run.config.network_shape == (3, 3)
    press(view, "more layers")
    assert view.run.config.network_shape == (3, 3, 2)
    press(view, "fewer layers")
    press(view, "fewer layers")
    assert view.run.config.network_shape == (3,)
    for _ in range(9):
        press(view, "more 1")
        press(view, "more layers")
    assert view.run.config.network_shape == (8, 2, 2, 2, 2, 2)


def hover(view, kind, name="", **event):
    view.live.receive({"type": "event", "event": {"name": name, "kind": kind, **event}})
    assert view.failure is None, view.failure


def test_pointing_at_a_node_shows_its_map_until_the_pointer_leaves():
    view = Playground()
    hover(view, "hover", "layer 1", index=2)
    assert view.scene.panels[1].title.startswith("Node 1.3") and view.state["node"] == "output"
    hover(view, "hover", "feature", index=4)
    assert view.scene.panels[1].title.startswith("X₁X₂")
    hover(view, "hover", "layer 1", index=7)  # there is no such node
    assert view.scene.panels[1].title.startswith("Output")
    hover(view, "leave")
    assert view.scene.panels[1].title.startswith("Output")
    view.set_state(node="node 1.1")
    hover(view, "hover", "layer 3", index=0)  # of an earlier picture
    assert view.scene.panels[1].title.startswith("Output")
    hover(view, "leave")
    assert view.scene.panels[1].title.startswith("Node 1.1")


def test_links_and_biases_are_chosen_by_a_click_and_changed_by_a_value():
    view = Playground(seed=0.3)
    click(view, "link 1", index=5)
    assert view.selected() == (1, 1, 1)
    assert view.state["value"] == pytest.approx(view.run.weights[1][1, 1], rel=0.005)
    view.set_state(value=-3)
    assert view.run.weights[1][1, 1] == -3 and "the weight from node 1.2 to node 2.2 is −3." in view.text
    assert (
        view.scene.anchors[-1].popover == "node 1.2 → node 2.2" and "Gradient" in view.scene.anchors[-1].text
    )
    click(view, "bias", index=5)
    view.set_state(value=1.5)
    assert view.run.biases[1][1] == 1.5 and "the bias of node 2.2 is 1.5." in view.text
    shown = view.run.train_loss
    view.advance(1)
    assert view.run.train_loss != shown
    assert view.state["value"] == pytest.approx(view.run.biases[1][1], rel=0.005)
    assert "Chosen" not in view.text  # playing closes the card


def test_clicks_on_an_earlier_picture_do_nothing():
    view = Playground(**neurons(1))
    before = view.state
    for name in ("link 0", "link 7", "dead 0", "bias"):
        click(view, name, index=77)
    click(view, "feature", index=7)
    press(view, "more 6")
    assert view.state == before


def test_dead_links_are_drawn_apart_counted_and_can_be_chosen():
    view = Playground(preset="L1 removes every link")
    view.advance(3)
    dead = np.concatenate([d.ravel() for d in view.run.dead])
    marks = [m for m in view.scene.panels[0].marks if isinstance(m, Links)]
    apart = [len(m.x0) for m in marks if m.emits.startswith("dead")]
    assert sum(apart) == dead.sum() == view.facts["dead"] > 20
    assert sum(len(m.x0) for m in marks if m.emits.startswith("link")) == (~dead).sum()
    first = next(m.emits for m in marks if m.emits.startswith("dead"))
    click(view, first, index=0)
    assert "links are dead." in view.text and "is 0, dead." in view.text
    layer, destination, source = view.selected()
    view.set_state(value=4)
    view.advance(2)
    assert view.run.weights[layer][destination, source] == 4


def test_the_picture_holds_what_the_network_says():
    view = Playground(dataset="spiral", **neurons(8, 8), seed=0.50025, epoch=20, show_test_data=True)
    _, large, _ = view.scene.panels
    heat = next(m for m in large.marks if isinstance(m, Heatmap))
    np.testing.assert_allclose(heat.z, view.run.node_maps()[-1][0], atol=1e-6)
    points = [m for m in large.marks if isinstance(m, Points)]
    wrong = [
        np.count_nonzero(np.sign(view.run.predict(drawn[:, :2])) != drawn[:, 2])
        for drawn in (view.run.train, view.run.test)
    ]
    counts = [len(a.x) + len(b.x) for a, b in zip(points[::2], points[1::2], strict=True)]
    assert counts == [250, 250, sum(wrong), *wrong, sum(wrong)]  # all points; rims, rings, holes
    for links, weights in zip(live_links(view), view.run.weights, strict=True):
        np.testing.assert_array_equal(links.values, weights.ravel())
        assert links.widths.min() >= 0.75 and links.widths.max() <= 8
    test = next(mark for mark in view.scene.timeline.marks if getattr(mark, "label", "") == "test")
    assert test.y[-1] == pytest.approx(view.run.test_loss)
    view.set_state(discretize=True, links="gradients")
    heat = next(m for m in view.scene.panels[1].marks if isinstance(m, Heatmap))
    assert set(np.unique(heat.z)) <= {-1.0, 1.0}
    for links, gradients in zip(live_links(view), view.run.gradients()[0], strict=True):
        np.testing.assert_allclose(links.values, gradients.ravel())


def live_links(view):
    """Links of every layer, without those that are dead."""
    marks = view.scene.panels[0].marks
    return [m for m in marks if isinstance(m, Links) and m.emits.startswith("link")]


def test_small_maps_stand_with_their_node_and_upright():
    view = Playground(**neurons(2))
    layer = next(m for m in view.scene.panels[0].marks if getattr(m, "emits", "") == "layer 1")
    full = view.run.node_maps()[0][1]
    assert isinstance(layer, Tiles) and layer.z[1, 0, 0] == pytest.approx(full[-5:, :5].mean(), abs=1e-6)


def test_rewind_and_the_epoch_slider():
    view = Playground(seed=0.3)
    first = view.run.weights[0]
    view.advance(30)
    at_30 = view.run.train_loss
    view.set_state(epoch=12)
    assert view.run.epoch == 12 and view.facts["epoch"] == 12
    view.set_state(epoch=30)
    assert view.run.train_loss == at_30
    view.live.receive({"type": "rewind"})
    assert view.state["epoch"] == 0
    np.testing.assert_array_equal(view.run.weights[0], first)
    view.advance(4)
    assert view.limits(view.state)["epoch"] == (0, 4)


def test_learning_rate_acts_without_a_rebuild_and_other_settings_with_one():
    view = Playground(seed=0.3)
    view.advance(3)
    view.set_state(learning_rate=0.1)
    assert view.run.epoch == 3 and view.run.network.lr == 0.1
    view.set_state(show_test_data=True, discretize=True, node="X₁")
    assert view.run.epoch == 3
    view.set_state(activation="relu")
    assert view.run.epoch == 0 and view.run.network.activations == ["relu", "relu", "tanh"]
    np.testing.assert_array_equal(view.run.weights[0], Run(seed="0.30000").weights[0])


def test_new_weights_and_new_points():
    view = Playground(seed=0.3)
    view.advance(3)
    points, weights = view.run.train.copy(), view.run.weights[0]
    press(view, "weights")
    assert view.run.epoch == 0 and (view.run.weights[0] != weights).all()
    np.testing.assert_array_equal(view.run.train, points)
    press(view, "points")
    assert view.state["seed"] != "0.30000" and view.state["seed"] == view.run.config.seed
    assert (view.run.train != points).any()
    view.advance(1)
    assert view.run.epoch == 1


def test_a_line_recreates_the_run():
    view = Playground(dataset="xor", **neurons(3, 2), seed=0.3, xTimesY=True, learning_rate=0.1)
    view.advance(12)
    again = eval(repr(view))
    assert again.run.to_text() == view.run.to_text() and again.state == view.state
    assert Playground().url.startswith("https://playground.tensorflow.org/#activation=tanh&")
    opened = Playground.from_url_hash(view.url)
    assert opened.run.to_url_hash() == view.run.to_url_hash()


def test_the_whole_state_in_one_line_after_changes_by_hand():
    view = Playground(seed=0.3, epoch=5)
    view.set_state(value=2.5)
    press(view, "points")
    view.advance(3)
    again = Playground.from_text(view.to_text())
    assert again.to_text() == view.to_text() and again.facts == view.facts
    view.set_state(links="gradients")
    printed = eval(repr(view))
    assert printed.to_text() == view.to_text() and printed.state["links"] == "gradients"
    view.set_state(activation="relu")
    assert repr(view).startswith("Playground(seed=") and not view.altered


@pytest.mark.parametrize("change", ["rate", "weights", "value"])
def test_the_printed_line_is_true_after_any_change(change):
    view = Playground(seed=0.3, epoch=3)
    if change == "rate":
        view.set_state(learning_rate=0.3)
    elif change == "weights":
        press(view, "weights")
    else:
        view.set_state(value=1)
    view.advance(4)
    assert eval(repr(view)).run.weights[0].tolist() == view.run.weights[0].tolist()


@pytest.mark.parametrize("seed", ["0.50025", "0.3", "0.30000", "hello", "0.1234567890123", "7"])
def test_any_seed_of_an_address_makes_the_way_there_and_back(seed):
    run = Run(seed=seed)
    view = Playground.from_url_hash(run.to_url_hash())
    assert view.run.config.seed == seed and f"seed={seed}&" in view.url
    np.testing.assert_array_equal(view.run.train, run.train)
    assert eval(repr(view)).run.to_text() == run.to_text()
    assert Playground.from_text(view.to_text()).state["seed"] == seed
    view.set_state(seed="0.7")
    view.set_state(seed=seed)
    assert view.run.to_text() == run.to_text()


def test_a_seed_given_as_a_number_loses_nothing():
    for number, text in ((0.5, "0.50000"), (0.50025, "0.50025"), (0.123456, "0.123456"), (3, "3.00000")):
        view = Playground(seed=number)
        assert view.state["seed"] == view.run.config.seed == text and not view.message


def test_addresses_beyond_the_widget_are_refused_in_a_sentence():
    with pytest.raises(BadValue, match="Seed: expected up to 40 letters"):
        Playground.from_url_hash("#seed=a%20b")
    with pytest.raises(BadValue, match="up to 6 layers of 1 to 8 neurons"):
        Playground.from_url_hash("#seed=0.50000&networkShape=9")


def test_divergence_stops_play_and_is_named():
    view = Playground(preset="divergence")
    taken = view.advance(5000)
    assert 0 < taken < 5000 and view.facts["diverged"] == 1 and view.facts["train_loss"] == math.inf
    assert view.text.startswith("Diverged: at epoch ") and "too large" in view.text
    view.set_state(links="gradients")
    assert view.failure is None
    view.live.receive({"type": "rewind"})
    assert view.facts["diverged"] == 0


def test_challenge_is_reached_by_the_spirals_alone():
    view = Playground(preset="spirals, all features")
    assert view.advance(300) == 300 and view.challenge_reached
    easy = Playground(seed=0.12345, epoch=100)
    assert easy.facts["test_loss"] < 0.106 and not easy.challenge_reached


def test_the_goal_is_shown_where_it_fits_the_data_chosen():
    view = Playground()
    assert view.goal() == {"text": "", "share": 0.0, "fits": False}
    view.set_state(dataset="spiral")
    goal = view.goal()
    assert "fits" not in goal and goal["text"].startswith("now 0.")


CLAIMS = {
    "circle, solved": (100, lambda f: f["test_loss"] < 0.02),
    "spirals, the chapter's run": (1531, lambda f: round(f["test_loss"], 3) == 0.106 and f["wrong"] == 16),
    "spirals, all features": (500, lambda f: f["test_loss"] < 0.03),
    "spirals, too small": (3000, lambda f: f["test_loss"] > 0.27),
    "exclusive or without hidden layer": (500, lambda f: f["test_loss"] > 0.4),
    "all weights zero": (200, lambda f: f["test_loss"] > 0.49),
    "all nodes the same": (200, lambda f: f["test_loss"] > 0.2),
    "L1 removes every link": (50, lambda f: f["dead"] == f["links"] == 88),
    "learning by heart": (1000, lambda f: f["train_loss"] < 0.1 and f["test_loss"] > 0.5),
    "learning rate too large": (200, lambda f: f["train_loss"] > 0.3),
    "divergence": (5000, lambda f: f["diverged"]),
}


@pytest.mark.parametrize("name", PRESETS)
def test_presets_do_what_their_sentence_says(name):
    epochs, holds = CLAIMS[name]
    view = Playground(preset=name)
    assert PRESETS[name][1] in view.text
    view.advance(epochs)
    assert holds(view.facts), view.text
    view.set_state(batch_size=3)
    assert view.state["preset"] == OWN and PRESETS[name][1] not in view.text


def test_presets_set_every_setting():
    view = Playground(preset="L1 removes every link", sinX=True)
    view.set_state(preset="circle, solved")
    assert view.run.to_url_hash() == Run(seed="0.12345").to_url_hash()
    assert [view.state[name] for name in FEATURES] == [True, True, False, False, False, False, False]


def test_choosing_data_of_the_other_problem_brings_the_problem():
    view = Playground()
    view.set_state(reg_dataset="reg-gauss")
    assert view.state["problem"] == view.run.config.problem == "regression" and len(view.run.train) == 600
    view.set_state(dataset="xor")
    assert view.state["problem"] == "classification" and view.run.config.active_dataset == "xor"
    view.set_state(problem="regression", dataset="gauss")
    assert view.run.config.active_dataset == "reg-gauss"


def axis_top(view):
    return view.scene.timeline.y.high


def test_the_axis_of_the_loss_fits_small_and_huge_losses():
    view = Playground(problem="regression", reg_dataset="reg-gauss", seed=0.3, epoch=5)
    assert axis_top(view) / 2 < max(max(pair) for pair in view.curve) <= axis_top(view)
    assert axis_top(Playground(epoch=5)) == 0.6
    still = Playground(problem="regression", epoch=1, init="zero", perc_train_data=10, noise=0)
    assert 0 < axis_top(still) <= 0.6
    for epoch in (3, 20, 500):
        view = Playground(preset="divergence", epoch=epoch)
        axis, curve = view.scene.timeline.y, view.scene.timeline.marks[2].y
        assert axis.log and axis.low <= view.curve[0][0] and np.nanmax(curve) <= axis.high <= 1e38
        assert np.isfinite(curve[: min(epoch, 9)]).all() and axis_top(view) / np.nanmax(curve) <= 1e4
        with np.errstate(all="raise"):
            assert to_png(view.scene)


def test_divergence_takes_its_time_and_is_told_in_short_numbers():
    view = Playground(preset="divergence", epoch=60)
    assert view.facts["diverged"] == 0 and view.facts["train_loss"] > 1e100
    assert len(view.text) < 400 and raised(f"loss is {view.facts['test_loss']:.2e}.") in view.text
    assert "Diverging" in view.text
    with np.errstate(all="raise"):
        view.advance(5000)
    assert view.facts["diverged"] == 1


def test_a_bar_tells_what_the_colors_mean():
    bar = Playground().scene.panels[2]
    z, places = bar.marks[0].z[:, 0], np.linspace(*bar.marks[0].extent[2:], len(bar.marks[0].z))
    np.testing.assert_allclose(z, places)
    words = {mark.text: mark.y[0] for mark in bar.marks if isinstance(mark, Text)}
    assert words == {("+1",): 1, ("0",): 0, ("−1",): -1}


def test_a_node_that_does_not_exist_is_said_to_be_missing():
    view = Playground(node="node 2.2")
    assert "There is no" not in view.text
    view.set_state(node="node 3.1")
    assert view.text.endswith("There is no node 3.1 here, so the large map is the output's.")
    hover(view, "hover", "feature", index=0)
    assert "There is no" not in view.text


def test_what_is_no_number_is_left_empty_not_shown_as_zero():
    view = Playground(preset="divergence", discretize=True)
    view.advance(5000)
    maps = [m for m in view.scene.panels[1].marks if isinstance(m, Heatmap)]
    maps += [m for m in view.scene.panels[0].marks if isinstance(m, Tiles) and m.emits.startswith("layer")]
    for heat in maps:
        assert np.isnan(heat.z).any() and set(heat.z[np.isfinite(heat.z)]) <= {-1.0, 1.0}
    assert view.text.startswith("Diverged")


def test_a_number_typed_as_seed_is_one_run_however_it_is_written():
    view = Playground()
    losses = set()
    for text in ("0.5", "0.50000", ".5", "0,5"):
        view.live.receive({"type": "state", "id": 1, "values": {"seed": text}})
        losses.add((view.state["seed"], view.facts["train_loss"]))
    assert len(losses) == 1
    view.live.receive({"type": "state", "id": 2, "values": {"seed": "mine"}})
    assert view.state["seed"] == "mine"
    assert Playground(seed="0.5").state["seed"] == "0.5"  # an address means what it says


def test_the_list_of_maps_holds_the_nodes_that_there_are():
    view = Playground(**neurons(4, 2))
    hidden = [word for word in view.options(view.state)["node"] if word.startswith("node")]
    assert hidden == ["node 1.1", "node 1.2", "node 1.3", "node 1.4", "node 2.1", "node 2.2"]
    view.set_state(**neurons())
    assert not any(word.startswith("node") for word in view.options(view.state)["node"])


def test_a_goal_left_behind_by_rewinding_is_no_longer_reached():
    view = Playground(challenge=Challenge("ten epochs", lambda facts: facts["epoch"] >= 10))
    view.advance(10)
    assert view.challenge_reached
    view.set_state(epoch=3)
    assert not view.challenge_reached


def test_the_curve_stays_when_it_is_rewound_and_brought_forward_again():
    view = Playground(seed="0.10000")
    view.advance(20)
    curve = list(view.curve)
    for epoch in (2, 20):
        view.set_state(epoch=epoch)
    assert view.curve == curve and np.isfinite(view.curve).all()
    view.set_state(epoch=2)
    view.advance(1)
    assert len(view.curve) == 4 and view.curve == curve[:4]


def test_the_share_line_opens_the_same_run_in_another_widget():
    view = Playground(dataset="spiral", **neurons(5, 3), seed=0.25, batch_size=7)
    view.advance(4)
    line = view.state["share"]
    assert line.startswith("https://playground.tensorflow.org/#") and line.endswith("&epoch=4")
    other = Playground()
    other.set_state(share=line)
    assert not other.message and other.facts == view.facts and other.state["share"] == line
    names = ("dataset", "seed", "batch_size", "epoch")
    assert [other.state[name] for name in names] == ["spiral", "0.25000", 7, 4]


def test_a_share_line_keeps_weights_that_were_set_by_hand():
    view = Playground(value=2.5)
    view.set_state(value=1.5)
    other = Playground()
    other.set_state(share=view.state["share"])
    assert other.run.weights[0][0, 0] == 1.5 and other.run.to_text() == view.run.to_text()


NONE = ("", "hello", "#networkShape=9", "#epoch=much", "#now=damaged&epoch=2", "#seed=" + 25_000 * "1")


@pytest.mark.parametrize("line", NONE)
def test_a_line_that_is_none_changes_nothing_and_says_why(line):
    view = Playground()
    before = view.state
    view.set_state(share=line)
    assert view.message.endswith(".") and view.state == before and view.failure is None


@pytest.mark.parametrize("change", ["weight", "bias", "points"])
def test_what_is_changed_by_hand_is_judged_at_once(change):
    view = Playground(dataset="spiral", seed=0.5, epoch=3)
    before = view.facts["train_loss"]
    if change == "points":
        press(view, "points")
    else:
        view.set_state(edit_layer=1, edit_to=1, edit_from=int(change == "weight"))
        view.set_state(value=4)
    now, _ = view.run.evaluate()
    assert view.facts["train_loss"] == now != before
    assert view.losses[3] == view.run.evaluate()
    assert f"{now:.3f}" in [figure.value for figure in view.scene.figures]
