"""The fast door: the same numbers as the readable layers, on buffers that stay from step to step.

`Sequential` opens it by itself whenever it can, ``Sequential(layers, fast=False)`` keeps it closed. What
makes it fast: no memory is asked for during a step; every call of NumPy is prepared beforehand, with the
views it works on; the image is worked off in blocks of rows that stay in the processor's cache; the bias is
part of the product, ReLU and pooling are done on each block before it leaves the cache; the first layer's
input gradient is only computed for somebody who asks; and where it pays, two threads take half of the batch
each. Results agree with the readable path up to the rounding of sums in another order. A network without
convolutions or fully connected layers has nothing to gain here and takes the readable path.

What a network keeps: after ``backward`` every layer's ``grads`` holds new arrays, as always. Outputs and
input gradients are new arrays too. What lies between the layers stays in buffers that the next step
overwrites; whoever wants to look at it calls the layers one by one, which is the readable path.
"""

from ._blas import held
from ._door import Door

__all__ = ["Door", "held"]
