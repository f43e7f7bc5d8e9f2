"""A residual block as a stage of a fast network: two programs side by side, and their sum."""

import numpy as np

from cnnlib.fast.stages import Stage


class Residual(Stage):
    """Some layers and the way past them.

    Parameters
    ----------
    inner : Program
        The layers of the block; their buffer of inputs is that of the block.
    past : Program or None
        Those of the shortcut; None where the input itself goes past.
    """

    def __init__(self, inner, past):
        self.inner, self.past, self.out_shape = inner, past, inner.out_shape
        self.programs = [inner] if past is None else [inner, past]
        self.x = inner.stages[0].x

    def walk(self):
        yield self
        for program in self.programs:
            yield from program.walk()

    def forward(self, training):
        if self.past is not None:
            self.past.stages[0].x[...] = self.x
        for program in self.programs:
            program.run(training)
        np.add(self.inner.y, self.x if self.past is None else self.past.y, out=self.out)

    def backward(self):
        self.found = []
        for program in self.programs:
            program.stages[-1].dy[...] = self.dy
            program.run_back()
            self.found += program.gradients()
        if self.dx is not None:
            past = self.dy if self.past is None else self.past.input_gradient()
            np.add(self.inner.input_gradient(), past, out=self.dx)

    def gradients(self):
        return self.found

    def readable(self, x, stages):
        y, caches = _through([stage.inner for stage in stages], x)
        if self.past is None:
            return y + x, (caches, [])
        past, past_caches = _through([stage.past for stage in stages], x)
        return y + past, (caches, past_caches)


def _through(programs, x):
    """The readable output and caches of the layers of some programs, which had parts of the batch x."""
    caches = []
    for stages in zip(*(program.stages for program in programs), strict=True):
        x, cache = stages[0].readable(x, stages)
        caches.append(cache)
        for layer in stages[0].layers[1:]:
            x, cache = layer._forward(x, False)
            caches.append(cache)
    return x, caches
