"""What lets each layer be run backwards by itself after a pass of the fast network.

The fast passes leave no caches behind, only the input of each stage and the weights it worked with. A layer
whose own ``backward`` is called needs its cache: it is made then, from these, by the readable forward.
"""

import copy

import numpy as np

from cnnlib.nn.layers import Residual
from cnnlib.nn.layers.base import Memory


class LazyMemory:
    """A `cnnlib.nn.layers.base.Memory` that is worked out when it is first read.

    Parameters
    ----------
    memories : Memories
        Those of the whole network.
    place : int
        Number of the layer.
    """

    __slots__ = ("_memories", "_place")

    def __init__(self, memories, place):
        self._memories, self._place = memories, place

    @property
    def shape(self):
        return self._memories[self._place].shape

    @property
    def cache(self):
        return self._memories[self._place].cache


class Memories:
    """The base class of what a pass remembers, layer by layer: ``memories[place] -> Memory``."""

    def __init__(self, layers):
        self.layers = layers
        self.lazy = [LazyMemory(self, place) for place in range(len(layers))]
        self.found = {}

    def __getitem__(self, place):
        if place not in self.found:
            self._find(place)
        return self.found[place]

    def hand_out(self):
        """Give every layer its memory; what earlier passes left is forgotten."""
        self.found.clear()
        for layer, memory in zip(self.layers, self.lazy, strict=True):
            layer.memory = memory


class PlanMemories(Memories):
    """From the buffers of a `cnnlib.fast.engine.Plan`, good until its next forward."""

    def __init__(self, plan, layers):
        super().__init__(layers)
        self.plan = plan

    def _find(self, place):
        """Work through the layers of the stage that holds the layer, from the stage's input."""
        first = 0
        for stages in self.plan.twins():
            last = first + len(stages[0].layers)
            if place < last:
                break
            first = last
        x = np.concatenate([stage.logical_input() for stage in stages])
        y, cache = stages[0].readable(x, stages)
        self.found[first] = Memory(y.shape, cache)
        for i, layer in enumerate(stages[0].layers[1:], start=first + 1):
            y, cache = layer._forward(y, False)
            self.found[i] = Memory(y.shape, cache)


class ReplayMemories(Memories):
    """From a large batch outside training, of which only a copy was kept, and copies of the layers."""

    def __init__(self, layers, x):
        super().__init__(layers)
        self.x = x.copy()
        self.copies = [as_it_is(layer) for layer in layers]

    def _find(self, place):
        x = self.x
        for i, layer in enumerate(self.copies):
            x, cache = layer._forward(x, False)
            self.found[i] = Memory(x.shape, cache)


def as_it_is(layer):
    """The layer with copies of its weights, also of those within a residual block."""
    if not isinstance(layer, Residual):
        return with_weights(layer, copied(layer.params), copied(layer.buffers))
    twin = copy.copy(layer)
    twin.layers, twin.shortcut = (
        [as_it_is(part) for part in kept] for kept in (layer.layers, layer.shortcut)
    )
    return twin


def copied(arrays):
    return {name: array.copy() for name, array in arrays.items()}


def with_weights(layer, params, buffers):
    """The layer as it was when its weights were these."""
    twin = copy.copy(layer)
    twin.params, twin.buffers = params, buffers
    return twin
