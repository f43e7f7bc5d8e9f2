"""The fast network: the same numbers as the readable one, on buffers that stay from step to step.

`Sequential` is a subclass of `cnnlib.nn.Sequential` that overrides its passes; `cnnlib.Sequential` is it.
What makes it fast: no memory is asked for during a step; every call of NumPy is prepared beforehand, with the
views it works on; the image is worked off in blocks of rows that stay in the processor's cache; the bias is
part of the product, ReLU and pooling are done on each block before it leaves the cache; the first layer's
input gradient is computed on request only; and where it pays, two threads take half of the batch
each. Results agree with the readable network up to the rounding of sums in another order.

All layers of `cnnlib.nn.layers` are known here. A network without convolutions or fully connected layers has
nothing to gain and runs as the readable one does; so does one with a layer or a function of one's own, with
numbers of several precisions, or with a convolution whose padding is wider than it needs to be.

From above: `model` is the class, `engine` decides which plan runs a batch and in how many threads,
`signature` knows the layers, `program` lays a network out for one batch size, `stages`, `convolution`,
`rearranged` (dilated and transposed ones), `pooling`, `normalization`, `layer_normalization` and `residual`
are its parts, `correlation` and `kernel_gradient` multiply the matrices, `winograd` and `winograd_stage` do
so with fewer multiplications where there are many channels, and `memory` lets each layer be run backwards by
itself after a pass of the whole network.
"""

from cnnlib.fast.model import Sequential

__all__ = ["Sequential"]
