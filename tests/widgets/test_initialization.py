"""The widgets of the first weights: the numbers that notebook 08 takes from them."""

import numpy as np
import pytest

from cnnlib.experiments.starting_networks import study_images
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.training import evaluate
from cnnlib.widgets import InitExplorer
from cnnlib.widgets.initialization.init_explorer import SCALES, learned_from, trained_networks


def test_the_scales_that_learn_are_those_that_the_notebook_names():
    facts = InitExplorer(depth=10, trained=True).facts
    assert facts["learning"] == 2
    assert facts["least_scale"] == pytest.approx(1) and facts["largest_scale"] == pytest.approx(
        1.47, abs=0.01
    )
    assert learned_from(np.full(13, 2.3)) == {"learning": 0, "least_scale": 0.0, "largest_scale": 0.0}


def test_at_a_large_scale_a_whole_layer_dies():
    digits = study_images()
    networks = trained_networks(6, "ReLU", 0.02, 0)
    model = networks.model(int(np.argmin(np.abs(SCALES - 3.16))))
    scores = model.infer(digits.x_train[:360])
    assert np.abs(scores - scores[0]).max() < 1e-6, "all images get the same scores"
    loss = evaluate(model, CrossEntropyLoss(), digits.x_train[:360], digits.y_train[:360]).loss
    assert loss == pytest.approx(np.log(10), abs=0.02)
