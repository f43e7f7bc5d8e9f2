"""The mathematics of every layer as pairs of pure functions, vectorised.

``name_forward(x, …)`` returns ``y, cache``; ``name_backward(dy, cache)`` returns the gradients of the inputs,
in their order. Images have the shape (N, C, H, W), and float32 comes out where float32 went in. The same
functions as plain loops are in `cnnlib.nn.naive`.

>>> import numpy as np
>>> y, cache = relu_forward(np.array([-1.0, 2.0]))
>>> relu_backward(np.array([5.0, 5.0]), cache)
array([0., 5.])
"""

from cnnlib.nn.functional.activations import (
    dropout_backward,
    dropout_forward,
    log_softmax,
    relu_backward,
    relu_forward,
    sigmoid_backward,
    sigmoid_forward,
    softmax,
    tanh_backward,
    tanh_forward,
)
from cnnlib.nn.functional.convolution import conv2d_backward, conv2d_forward
from cnnlib.nn.functional.dense import flatten_backward, flatten_forward, linear_backward, linear_forward
from cnnlib.nn.functional.normalization import (
    batchnorm2d_backward,
    batchnorm2d_forward,
    layernorm_backward,
    layernorm_forward,
)
from cnnlib.nn.functional.pooling import (
    avgpool2d_backward,
    avgpool2d_forward,
    maxpool2d_backward,
    maxpool2d_forward,
)
from cnnlib.nn.functional.transposed_convolution import conv_transpose2d_backward, conv_transpose2d_forward

__all__ = [
    "avgpool2d_backward",
    "avgpool2d_forward",
    "batchnorm2d_backward",
    "batchnorm2d_forward",
    "conv2d_backward",
    "conv2d_forward",
    "conv_transpose2d_backward",
    "conv_transpose2d_forward",
    "dropout_backward",
    "dropout_forward",
    "flatten_backward",
    "flatten_forward",
    "layernorm_backward",
    "layernorm_forward",
    "linear_backward",
    "linear_forward",
    "log_softmax",
    "maxpool2d_backward",
    "maxpool2d_forward",
    "relu_backward",
    "relu_forward",
    "sigmoid_backward",
    "sigmoid_forward",
    "softmax",
    "tanh_backward",
    "tanh_forward",
]
