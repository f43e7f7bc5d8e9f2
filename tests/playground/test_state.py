"""Settings, addresses of the original page, and runs kept in one line of text."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlib.playground import FEATURES, Config, Playground
from cnnlib.playground.address import ACTIVATIONS, DATASETS, PROBLEMS, REG_DATASETS, REGULARIZATIONS

DEFAULT = (
    "#activation=tanh&batchSize=10&dataset=circle&regDataset=reg-plane&learningRate=0.03&regularizationRate=0"
    "&noise=0&networkShape=4,2&seed=0.12345&showTestData=false&discretize=false&percTrainData=50&x=true&y=true"
    "&xTimesY=false&xSquared=false&ySquared=false&cosX=false&sinX=false&cosY=false&sinY=false"
    "&collectStats=false&problem=classification&initZero=false&hideText=false"
)

configs = st.builds(
    Config,
    activation=st.sampled_from(ACTIVATIONS),
    regularization=st.sampled_from(REGULARIZATIONS),
    batch_size=st.integers(0, 300) | st.floats(0.5, 40),
    dataset=st.sampled_from(DATASETS),
    reg_dataset=st.sampled_from(REG_DATASETS),
    learning_rate=st.floats(1e-9, 1e9),
    regularization_rate=st.floats(0, 10),
    noise=st.floats(0, 80),
    network_shape=st.lists(st.integers(0, 8), max_size=6).map(tuple),
    seed=st.text(st.characters(codec="utf-8", exclude_characters="&=#"), min_size=1).filter(str.strip)
    | st.floats(0, 1).map(lambda u: f"{u:.5f}"),
    show_test_data=st.booleans(),
    discretize=st.booleans(),
    perc_train_data=st.integers(0, 100),
    features=st.sets(st.sampled_from((*FEATURES, "cosX", "cosY"))).map(tuple),
    collect_stats=st.booleans(),
    tutorial=st.none() | st.just("dp"),
    problem=st.sampled_from(PROBLEMS),
    init_zero=st.booleans(),
    hide_text=st.booleans(),
    hidden=st.lists(
        st.tuples(st.sampled_from(["playButton", "x", "sinX"]), st.booleans()), unique_by=lambda p: p[0]
    ).map(tuple),
)


def test_defaults_are_the_page_s():
    assert Config(seed="0.12345").to_url_hash() == DEFAULT
    assert Config.from_url_hash(DEFAULT) == Config(seed="0.12345")


@given(configs)
def test_address_round_trip(config):
    address = config.to_url_hash()
    seed = config.seed.strip() == config.seed  # an address has no white space around its end
    again = Config.from_url_hash("https://playground.tensorflow.org/" + address)
    if seed:
        assert again == config
        assert again.to_url_hash() == address


def test_an_empty_address_is_the_default_with_a_random_seed():
    config = Config.from_url_hash("")
    assert config.replace(seed="0.1") == Config(seed="0.1")
    assert len(config.seed) == 7 and 0 <= float(config.seed) <= 1


@pytest.mark.parametrize(
    ("piece", "name", "value"),
    [
        ("activation=swish", "activation", "tanh"),
        ("dataset=moons", "dataset", "circle"),
        ("regDataset=reg-plane2", "reg_dataset", "reg-plane"),
        ("problem=ranking", "problem", "classification"),
        ("regularization=L3", "regularization", "none"),
        ("batchSize=", "batch_size", 10),
        ("batchSize=0", "batch_size", 0),
        ("batchSize=0x10", "batch_size", 16),
        ("noise=90", "noise", 50),
        ("noise=80", "noise", 80),
        ("noise=-5", "noise", 0),
        ("networkShape=", "network_shape", ()),
        ("networkShape=8,8,", "network_shape", (8, 8, 0)),
        ("initZero=no", "init_zero", True),
        ("initZero=false", "init_zero", False),
        ("tutorial=dp", "tutorial", "dp"),
        ("x=false&sinY=1", "features", ("y", "sinY")),
        ("x=false&y=false", "features", ()),
        ("seed=a=b", "seed", "a"),
        ("unknown=5&&=", "batch_size", 10),
        ("activation=relu&activation=sigmoid", "activation", "sigmoid"),
    ],
)
def test_odd_addresses_are_read_as_the_page_reads_them(piece, name, value):
    assert getattr(Config.from_url_hash("#" + piece), name) == value


def test_what_is_no_number_stays_none():
    config = Config.from_url_hash("#learningRate=fast&networkShape=8,many&seed=1")
    assert math.isnan(config.learning_rate)
    assert config.layer_sizes == (2, 8, 0, 1)
    assert "learningRate=NaN" in config.to_url_hash()


def test_a_hidden_feature_is_no_input_and_its_key_comes_last():
    config = Config.from_url_hash("#x_hide=true&playButton_hide=false&seed=1")
    assert config.features == ("x", "y") and config.inputs == ("y",)
    assert config.layer_sizes == (1, 4, 2, 1)
    assert config.to_url_hash().endswith("&hideText=false&x_hide=true&playButton_hide=false")


def test_cosines_exist_only_as_keys():
    config = Config.from_url_hash("#cosX=true&seed=1")
    assert config.inputs == ("x", "y") and "cosX=true" in config.to_url_hash()


def test_mappings_in_both_spellings():
    first = Config.of({"batchSize": 5, "networkShape": [3], "xSquared": True, "seed": 0.5})
    second = Config.of(
        {"batch_size": 5, "network_shape": "3", "features": ["xSquared", "y", "x"]}, seed="0.5"
    )
    assert first == second
    assert first.features == ("x", "y", "xSquared") and first.seed == "0.5"
    assert Config.of(first, ySquared=True, x_hide=True).inputs == ("y", "xSquared", "ySquared")
    assert Config.of(first, regularization=None).regularization == "none"


def test_a_regression_data_set_brings_its_problem():
    config = Config.of({"dataset": "reg-gauss"})
    assert (config.problem, config.active_dataset, config.output_activation) == (
        "regression",
        "reg-gauss",
        "linear",
    )


def test_mistakes_are_named():
    with pytest.raises(
        ValueError, match="activation must be one of relu, tanh, sigmoid, linear; got 'swish'"
    ):
        Config(activation="swish")
    with pytest.raises(ValueError, match=r"features must be among x, .*got 'z'"):
        Config(features=("x", "z"))
    with pytest.raises(TypeError, match="batch_size must be a number, got 'ten'"):
        Config(batch_size="ten")
    with pytest.raises(TypeError, match="network_shape must list the neurons"):
        Config(network_shape=8)
    with pytest.raises(TypeError, match="no setting of the playground is called learing_rate"):
        Playground(learing_rate=0.1)
    with pytest.raises(TypeError, match="settings must be a Config, a mapping or an address"):
        Config.of(7)
    with pytest.warns(UserWarning, match="setting 'colour' is not one of the playground's"):
        Config.of({"colour": "blue"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Config.of({"layerSizes": [2, 1], "error": "…", "numSamples": 500, "extraEpochs": [1]})


def same_state(a, b):
    for p in (a, b):
        p.step(3)
    np.testing.assert_array_equal(a.network.parameters.flat, b.network.parameters.flat)
    np.testing.assert_array_equal(a.train, b.train)
    assert a.to_text() == b.to_text() and a.epoch == b.epoch and a.dead_links == b.dead_links


RUNS = {
    "fresh": ({}, lambda p: None),
    "trained": ({"dataset": "spiral"}, lambda p: p.step(7)),
    "leftovers": ({"batch_size": 30}, lambda p: p.step(2)),
    "dead links": (
        {"activation": "relu", "regularization": "L1", "regularization_rate": 0.1, "batch_size": 7},
        lambda p: p.step(5),
    ),
    "reset": ({}, lambda p: (p.step(2), p.reset(), p.step(4))),
    "new points": ({}, lambda p: (p.step(2), p.regenerate(), p.step(4))),
    "new points, then new weights": ({}, lambda p: (p.regenerate(), p.reset())),
    "other problem": ({}, lambda p: (p.change(problem="regression"), p.step(1))),
    "by hand": ({}, lambda p: p.set_weight(0, 1, 1, -3.5)),
    "by hand, then trained": ({"init_zero": True}, lambda p: (p.set_bias(0, 1, -3.5), p.step(4))),
    "diverged": (
        {"learning_rate": 1e300, "activation": "relu", "problem": "regression"},
        lambda p: p.step(3),
    ),
    "other start": ({"init": "xavier"}, lambda p: p.step(3)),
}


@pytest.mark.parametrize("name", RUNS)
def test_one_line_restores_a_run_to_the_last_bit(name):
    options, play = RUNS[name]
    playground = Playground(seed="0.4", **options)
    play(playground)
    line = playground.to_text()
    assert "\n" not in line and " " not in line
    again = Playground.from_text(line)
    assert again.to_text() == line
    rewound = Playground.from_text(line)
    rewound.rewind(0)
    first = playground.history.latest_until(0).parameters
    np.testing.assert_array_equal(rewound.network.parameters.flat, first)
    same_state(playground, again)


def test_a_short_line_trains_again():
    playground = Playground(seed="0.4", batch_size=30)
    playground.step(12)
    line = playground.to_text(weights=False)
    assert line.endswith("&hideText=false&epoch=12")
    same_state(playground, Playground.from_text(line))


def test_the_original_page_would_ignore_the_added_keys():
    playground = Playground(seed="0.4")
    playground.step(2)
    assert Playground.from_url_hash(playground.to_text()).to_url_hash() == playground.to_url_hash()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t[:-9], "now is damaged|now must hold"),
        (
            lambda t: t.replace("epoch=2", "epoch=-2"),
            "epoch must be a whole number from 0 to 9999999, got '-2'",
        ),
        (lambda t: t.replace("networkShape=4,2", "networkShape=4"), "now must hold 17 numbers"),
        (lambda t: t + "&dead=99", "dead must name parameters below 25, got 99"),
    ],
)
def test_damaged_lines_are_refused_in_a_sentence(change, message):
    playground = Playground(seed="0.4")
    playground.step(2)
    with pytest.raises(ValueError, match=message):
        Playground.from_text(change(playground.to_text()))


@settings(max_examples=15, deadline=None)
@given(configs.map(lambda c: c.replace(seed="0.3")))
def test_any_configuration_can_be_made_trained_and_kept(config):
    playground = Playground(config)
    playground.step(1)
    again = Playground.from_text(playground.to_text())
    np.testing.assert_array_equal(again.network.parameters.flat, playground.network.parameters.flat)
    assert playground.predict([[0.0, 0.0]]).shape == (1,)
    assert isinstance(playground.status, str)
