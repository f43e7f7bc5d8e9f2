"""Convolutional networks in plain NumPy, written to be read.

The names that notebooks use most stand here; everything else is one module further:

`cnnlib.functional`, `cnnlib.naive`
    The mathematics: pairs of forward and backward, vectorised and as loops.
`cnnlib.layers`, `cnnlib.losses`, `cnnlib.optim`, `cnnlib.initializers`, `cnnlib.schedules`
    What a network and its training are made of.
`cnnlib.model`, `cnnlib.training`, `cnnlib.data`, `cnnlib.networks`
    Networks, the training loop, real images.
`cnnlib.gradcheck`
    Numerical gradients, the judge of every backward.
`cnnlib.widgets`, `cnnlib.viz`
    Live pictures. They alone need matplotlib and ipywidgets, so ``import cnnlib`` does not load them.

>>> import cnnlib
>>> cnnlib.Sequential([cnnlib.Linear(64, 10, rng=0)]).num_parameters
650
"""

from cnnlib.data import load_digits, load_photo
from cnnlib.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Sigmoid,
    Tanh,
)
from cnnlib.losses import CrossEntropyLoss, HalfSquaredError
from cnnlib.model import Sequential
from cnnlib.networks import small_cnn
from cnnlib.optim import SGD, Adam, RMSprop
from cnnlib.training import evaluate, fit, train

__version__ = "1.0.0"

__all__ = [
    "SGD",
    "Adam",
    "AvgPool2d",
    "BatchNorm2d",
    "Conv2d",
    "CrossEntropyLoss",
    "Dropout",
    "Flatten",
    "HalfSquaredError",
    "Linear",
    "MaxPool2d",
    "RMSprop",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "evaluate",
    "fit",
    "load_digits",
    "load_photo",
    "small_cnn",
    "train",
]
