"""Addresses and lines of text from anybody: an answer or a sentence, and soon."""

import numpy as np
import pytest

from cnnlib.playground import Config, Playground
from cnnlib.playground.config import MOST_SAMPLES, MOST_WEIGHTS

ADDRESS = "#dataset=spiral&seed=0.5&networkShape=4,2"
REFUSED = [
    ("numSamples=1e7", "num_samples must be a whole number from 1 to 10000, got 10000000"),
    ("numSamples=10001", "num_samples must"),
    ("numSamples=0", "num_samples must .* got 0"),
    ("numSamples=-5", "num_samples must"),
    ("numSamples=2.5", "num_samples must"),
    ("numSamples=Infinity", "num_samples must"),
    ("numSamples=many", "num_samples must"),
    ("networkShape=30000", "network_shape must"),
    ("networkShape=30000,30000", "network_shape must"),
    ("networkShape=Infinity", "network_shape must"),
    ("networkShape=1e300", "network_shape must"),
    ("networkShape=400,400", "161200 weights"),
    ("networkShape=" + "1," * 30, "network_shape must"),
    ("networkShape=" + "0," * 3000, "network_shape must"),
    ("seed=" + "9" * 10**6, "seed must be at most"),
]


@pytest.mark.parametrize(("words", "sentence"), REFUSED, ids=[words[:30] for words, _ in REFUSED])
def test_what_would_not_answer_is_refused_with_a_sentence(words, sentence):
    for call in (Config.from_url_hash, Playground.from_url_hash, Playground.from_text):
        with pytest.raises(ValueError, match=sentence):
            call(f"{ADDRESS}&{words}")


@pytest.mark.parametrize("words", ["epoch=9999999", "epoch=100000", "skip=9999999", "skip=1000001"])
def test_a_line_of_text_that_would_train_or_draw_for_ever_is_refused(words):
    with pytest.raises(ValueError, match=f"^{words.partition('=')[0]} must be at most"):
        Playground.from_text(f"{ADDRESS}&{words}")


def test_with_weights_more_epochs_may_lie_behind_but_not_so_many_that_no_way_leads_back():
    playground = Playground(seed="0.5")
    playground.step(2)
    line = playground.to_text()
    assert Playground.from_text(line.replace("epoch=2", "epoch=100000")).epoch == 100_000
    with pytest.raises(ValueError, match="epoch must be at most"):
        Playground.from_text(line.replace("epoch=2", "epoch=9999999"))


def test_the_larger_the_network_the_fewer_epochs():
    small, large = f"{ADDRESS}&epoch=5000", "#networkShape=200,200&numSamples=10000&epoch=5000"
    with pytest.raises(ValueError, match="epoch must be at most 1"):
        Playground.from_text(large)
    assert Playground.from_text(small).epoch == 5000


ODD = [
    "batchSize=0",
    "batchSize=-1",
    "batchSize=NaN",
    "batchSize=Infinity",
    "batchSize=0.001",
    "batchSize=1e300",
    "learningRate=Infinity",
    "learningRate=NaN",
    "noise=NaN",
    "noise=Infinity",
    "percTrainData=NaN",
    "percTrainData=0",
    "percTrainData=1e300",
    "percTrainData=-50",
    "regularizationRate=NaN&regularization=L1",
    "networkShape=NaN",
    "networkShape=0",
    "networkShape=-3",
    "numSamples=1",
    "numSamples=2",
    "numSamples=3",
    "x=false&y=false",
    "activation=%00",
    "problem=regression&numSamples=1",
    "seed=",
    "seed=%F0%9F%92%A5",
]


@pytest.mark.parametrize("dataset", ["circle", "xor", "gauss", "spiral"])
@pytest.mark.parametrize("words", ODD)
def test_odd_but_small_settings_run(words, dataset):
    playground = Playground.from_url_hash(f"#seed=0.5&{words}&dataset={dataset}")
    with np.errstate(all="ignore"):
        playground.step(2)
        assert playground.epoch == 2 and isinstance(playground.status, str)
        playground.node_maps(10)


def test_the_limits_leave_room_for_all_that_the_page_makes():
    Playground.from_url_hash(
        "#networkShape=8,8,8,8,8,8&x=true&y=true&xSquared=true&sinX=true&seed=0.5"
    ).step()
    assert Config(num_samples=MOST_SAMPLES, network_shape=[220, 220], seed="1").num_samples == MOST_SAMPLES
    assert 220 * 220 < MOST_WEIGHTS


def test_records_every_so_many_epochs_need_a_number():
    for bad in (0, -1):
        with pytest.raises(ValueError, match="every must be"):
            next(Playground(seed="0.5").run(3, every=bad))
