"""What notebook 08 says of scales that it does not train."""

import numpy as np
import pytest

from cnnlib.experiments.ensemble import NetworkEnsemble, train_ensemble
from cnnlib.experiments.starting_networks import deep_network, study_images
from cnnlib.nn.optim import SGD


@pytest.mark.parametrize("seed", range(3))
def test_ten_layers_learn_from_scales_near_he_s_rule(seed):
    digits, scales = study_images(), (0.5, 0.68, 0.9, 1.0, 1.1, 1.2, 1.3, 10 ** (1 / 6), 2.15, 2.5)
    networks = NetworkEnsemble([deep_network(10, scale, "ReLU", seed) for scale in scales])
    for _ in train_ensemble(
        networks, SGD(0.02, momentum=0.9), digits.x_train, digits.y_train, epochs=3, rng=seed
    ):
        pass
    losses, _ = networks.evaluate(digits.x_train[:360], digits.y_train[:360])
    losses = np.where(np.isfinite(losses), losses, np.inf)
    assert (losses[2:-3] < 1).all() and losses[[0, 1, -2, -1]].min() > 1
    if seed != 1:  # there it ends near 1
        assert (losses[-3] < 1) == (seed == 0), "at scale 1.47 it depends on the seed"
