"""Layers: thin classes that remember, between forward and backward, what the backward needs.

Each class calls one pair of `cnnlib.nn.functional` and keeps its cache. ``params`` and ``grads`` are
dicts of arrays of equal shapes. Gradients are overwritten by each backward; they are not added up
(PyTorch adds them up until ``zero_grad``).
"""

from cnnlib.nn.layers.activations import Flatten, ReLU, Sigmoid, Tanh
from cnnlib.nn.layers.base import Layer
from cnnlib.nn.layers.normalization import BatchNorm2d, Dropout, LayerNorm
from cnnlib.nn.layers.pooling import AvgPool2d, MaxPool2d
from cnnlib.nn.layers.residual import Residual
from cnnlib.nn.layers.weighted import Conv2d, ConvTranspose2d, Linear

__all__ = [
    "AvgPool2d",
    "BatchNorm2d",
    "Conv2d",
    "ConvTranspose2d",
    "Dropout",
    "Flatten",
    "Layer",
    "LayerNorm",
    "Linear",
    "MaxPool2d",
    "ReLU",
    "Residual",
    "Sigmoid",
    "Tanh",
]
