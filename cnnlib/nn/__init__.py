"""The core: everything a convolutional network is made of and trained with, in NumPy alone.

Read it in this order. `functional` holds the mathematics, pairs of forward and backward; `naive` the same
with loops; `layers` thin classes around the pairs, with `initializers` for their first weights; `model` the
network, a list of layers; `losses`, `optim` and `schedules` what is minimised, and how; `training` the loop;
`gradcheck` measures gradients, against which every backward is checked; `arguments` checks all arguments.
"""

from cnnlib.nn.model import Sequential

__all__ = ["Sequential"]
