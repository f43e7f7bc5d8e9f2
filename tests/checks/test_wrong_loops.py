"""Training loops right but for one thing: the check of notebook 11 must refuse each by that thing."""

import numpy as np
import pytest

from cnnlib.checks import check


def loop(*, times=1, factor=1, by_hand=False, training=True):
    """A training loop; with `times` forwards a batch, gradients times `factor`, steps without optimizer."""

    def train_epoch(model, loss, optimizer, x, y, batch_size, rng):
        order = rng.permutation(len(x))
        for start in range(0, len(x), batch_size):
            batch = order[start : start + batch_size]
            for _ in range(times):
                outputs = model.forward(x[batch], training=training)
            loss.forward(outputs, y[batch])
            model.backward(factor * loss.backward())
            if by_hand:
                for _, value, gradient in model.parameters():
                    value -= optimizer.lr * gradient
            else:
                optimizer.step(model.parameters())

    return train_epoch


def test_the_loop_itself_is_right():
    assert check("11.train_epoch", loop()).outcome == "right"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (loop(factor=2), "weights, minus those of the same batches trained rightly"),
        (loop(factor=-1), "weights, minus those of the same batches trained rightly"),
        (loop(times=2), "4 batches went through the network, 2 into the loss"),
        (loop(by_hand=True), "steps taken"),
        (loop(training=False), "every forward in training"),
    ],
    ids=["doubled gradients", "uphill", "two forwards", "no optimizer", "inference"],
)
def test_one_thing_wrong_is_named(answer, sentence):
    report = check("11.train_epoch", answer)
    assert report.outcome == "wrong"
    assert sentence in report.finding.sentence


def test_one_value_is_told_in_the_singular():
    finding = check("02.cross_entropy", lambda logits, labels: (np.float64(1.0), 2)).finding
    assert finding.sentence.startswith("It returned 2 values, expected 1")
    finding = check("04.conv2d_backward", lambda dy, cache: (dy,)).finding
    assert finding.sentence.startswith("It returned 1 value, expected 3")
