"""The functions of `cnnlib.nn.functional` again, as plain loops: to be read, and to test against.

Every loop writes out one sum of the mathematics. Arguments and results are those of `cnnlib.nn.functional`;
arguments are not checked here, and nothing is fast: about a thousand times slower, for small arrays only.

>>> import numpy as np
>>> x = np.arange(9.0).reshape(1, 1, 3, 3)
>>> conv2d_forward(x, np.ones((1, 1, 2, 2)), None)[0][0, 0]
array([[ 8., 12.],
       [20., 24.]])
"""

from cnnlib.nn.naive.activations import (
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
from cnnlib.nn.naive.convolution import (
    conv2d_backward,
    conv2d_forward,
    conv_transpose2d_backward,
    conv_transpose2d_forward,
)
from cnnlib.nn.naive.dense import flatten_backward, flatten_forward, linear_backward, linear_forward
from cnnlib.nn.naive.normalization import (
    batchnorm2d_backward,
    batchnorm2d_forward,
    layernorm_backward,
    layernorm_forward,
)
from cnnlib.nn.naive.pooling import (
    avgpool2d_backward,
    avgpool2d_forward,
    maxpool2d_backward,
    maxpool2d_forward,
)

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
