"""Losses by the scores against measured slopes; first losses against networks really made so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlib.data import load_digits
from cnnlib.experiments.first_losses import IMAGES, LOSSES, first_losses, loss_and_gradient
from cnnlib.networks import small_cnn
from cnnlib.nn.gradcheck import numerical_gradient
from cnnlib.nn.losses import CrossEntropyLoss

score = st.floats(-8, 8).map(lambda v: round(v, 3))


@given(st.lists(score, min_size=3, max_size=5), st.integers(0, 2), st.sampled_from(LOSSES))
def test_gradients_by_the_scores_are_the_measured_ones(scores, label, kind):
    _, gradient = loss_and_gradient(scores, label, kind)
    measured = numerical_gradient(lambda z: loss_and_gradient(z, label, kind)[0], np.array(scores, float))
    np.testing.assert_allclose(gradient, measured, atol=1e-8)


@pytest.mark.parametrize(("scale", "brightness"), [(1, 1), (2, 1), (0.5, 16), (1.5, 255)])
def test_the_first_loss_is_that_of_a_network_with_scaled_weights_and_pixels(scale, brightness):
    digits, model = load_digits(), small_cnn(np.random.default_rng(0), dtype=np.float64)
    for parameter in model.parameters():
        parameter.value[...] *= scale
    x = digits.x_train[:IMAGES].astype(np.float64) * brightness
    loss = CrossEntropyLoss().forward(model.forward(x), digits.y_train[:IMAGES])
    assert first_losses(scale=scale, brightness=brightness, networks=1)[0] == pytest.approx(loss, rel=1e-4)
