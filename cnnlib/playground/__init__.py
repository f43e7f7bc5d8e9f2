"""The spiral playground's numerics: data, network, training, state. No drawing.

>>> from cnnlib.playground import Playground
>>> playground = Playground(dataset="circle", seed="0.12345")
>>> playground.step(200)
>>> round(playground.test_loss, 4)
0.003
"""

from cnnlib.playground.address import ACTIVATIONS, DATASETS, FEATURES, PROBLEMS, REG_DATASETS, REGULARIZATIONS
from cnnlib.playground.config import Config
from cnnlib.playground.engine import Playground
from cnnlib.playground.ensemble import Ensemble
from cnnlib.playground.export import model_inputs
from cnnlib.playground.initial import INITIALIZATIONS
from cnnlib.playground.observe import feature_maps, main_effects

__all__ = [
    "ACTIVATIONS",
    "DATASETS",
    "FEATURES",
    "INITIALIZATIONS",
    "PROBLEMS",
    "REGULARIZATIONS",
    "REG_DATASETS",
    "Config",
    "Ensemble",
    "Playground",
    "feature_maps",
    "main_effects",
    "model_inputs",
]
