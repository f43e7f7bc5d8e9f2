"""Numbers that the prose of notebooks 01 to 03 states and no cell computes."""

import numpy as np

from cnnlib.data import load_digits
from cnnlib.pretrained import load_digits_cnn


def test_the_two_confident_mistakes():
    digits, p = load_digits(), load_digits_cnn().predict_proba(load_digits().x_test)
    sure = (p.max(axis=1) > 0.7) & (p.argmax(axis=1) != digits.y_test)
    assert np.flatnonzero(sure).tolist() == [143, 184]
