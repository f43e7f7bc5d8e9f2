"""What notebook 06 says of the edge of stability and of linear scaling, over other seeds than its own."""

import numpy as np
import pytest

from cnnlib.data import load_digits
from cnnlib.experiments.rates import border_along, shares_right
from cnnlib.networks import small_cnn


@pytest.mark.parametrize("seed", [1, 2])
def test_the_curvature_rises_to_the_border_and_comes_back_from_beyond(seed):
    digits = load_digits()
    x, y = digits.x_train[:360], digits.y_train[:360]
    for rate in (0.1, 0.2):
        along = border_along(small_cnn(rng=seed), x, y, rate, (1, 20, 50, 100, 150, 300))
        assert along[0] < 1 < max(along) and along[-1] < 1.3


def test_the_rate_grows_with_the_batch_until_it_meets_the_border():
    digits = load_digits()
    plain, scaled, far = (
        np.mean(shares_right(small_cnn, digits, rate, batch_size=batch, epochs=5))
        for rate, batch in ((0.05, 64), (0.2, 64), (0.8, 256))
    )
    assert scaled > plain + 0.05 and far < scaled - 0.1
