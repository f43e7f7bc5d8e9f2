"""Convolutional networks in plain NumPy, written to be read.

The names that notebooks use most stand here. Everything else is in a room of its own:

`cnnlib.nn`
    The core, and the only room one has to know: layers, losses, optimizers, networks, the training loop.
`cnnlib.fast`, `cnnlib.training`, `cnnlib.data`, `cnnlib.networks`, `cnnlib.saving`, `cnnlib.autodiff`
    The same networks on kept buffers; `fit`; real images; the course's networks; files; other designs.
`cnnlib.experiments`, `cnnlib.playground`, `cnnlib.checks`
    What single notebooks try, the spirals, and what judges the exercises.
`cnnlib.widgets`, `cnnlib.viz`
    Live pictures. They alone need matplotlib and ipywidgets, so ``import cnnlib`` does not load them.

>>> import cnnlib
>>> cnnlib.Sequential([cnnlib.Linear(64, 10, rng=0)]).num_parameters
650
"""

from cnnlib.data import load_digits, load_mnist, load_mnist_sample, load_photo
from cnnlib.fast import Sequential
from cnnlib.networks import small_cnn
from cnnlib.nn import functional, naive
from cnnlib.nn.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    LayerNorm,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    Sigmoid,
    Tanh,
)
from cnnlib.nn.losses import CrossEntropyLoss, HalfSquaredError
from cnnlib.nn.optim import SGD, Adam, AdamW, RMSprop
from cnnlib.nn.training import evaluate, train
from cnnlib.training import fit

__version__ = "2.0.0"

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "AvgPool2d",
    "BatchNorm2d",
    "Conv2d",
    "ConvTranspose2d",
    "CrossEntropyLoss",
    "Dropout",
    "Flatten",
    "HalfSquaredError",
    "LayerNorm",
    "Linear",
    "MaxPool2d",
    "RMSprop",
    "ReLU",
    "Residual",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "evaluate",
    "fit",
    "functional",
    "load_digits",
    "load_mnist",
    "load_mnist_sample",
    "load_photo",
    "naive",
    "small_cnn",
    "train",
]
