"""Which programs run for a batch, and in how many threads."""

from collections import OrderedDict
from functools import partial
from itertools import pairwise

import numpy as np

from cnnlib.fast.memory import PlanMemories, ReplayMemories
from cnnlib.fast.normalization import Normalization
from cnnlib.fast.program import Program
from cnnlib.fast.signature import Unsupported, signature
from cnnlib.fast.stages import Dropping, as_logical, memory_shape
from cnnlib.nn.functional._arrays import FLOATS
from cnnlib.nn.functional.activations import dropout_factors
from cnnlib.nn.layers import BatchNorm2d, Flatten
from cnnlib.runtime import threads

CHUNK = 64  # samples that go through a network together at most: more would not stay in the cache
THREADS_PAY = 20_000_000  # multiply-adds of a forward pass from which on a second thread pays: measured
END_PAYS = 5_000_000  # the same for fully connected layers at the end: fewer, but short calls
KEPT = 4  # plans that are kept: for the batches, the last smaller one, an evaluation, one to spare


class Engine:
    """Which plan runs a batch: plans are kept for the shapes of batches that came lately."""

    def __init__(self):
        self.plans = OrderedDict()
        self.last = None  # the plan of the last forward, if it can be run backwards
        self.recent = None, None  # key and plan of the last call: mostly the next one's too

    def forward(self, layers, x, training=False):
        """The outputs for a batch, or None if this network or input is for the readable passes."""
        self.last = None
        rolling = not training and len(x) > CHUNK if np.ndim(x) else False
        plan = self._plan(layers, x, rolling)
        if plan is None:
            return None
        y = limited(plan, plan.forward, x, training)
        if rolling:
            ReplayMemories(layers, x).hand_out()
        else:
            plan.memories.hand_out()
            total = np.add.reduce(y, axis=None)
            self.last = plan if total == total else None  # with NaN the readable passes know whom to blame
        return y

    def infer(self, layers, x):
        """The outputs outside training, with nothing remembered; or None as above."""
        plan = self._plan(layers, x, rolling=True)
        return None if plan is None else limited(plan, plan.forward, x)

    def backward(self, dy, input_gradient=True):
        """Fill the layers' ``grads`` after a `forward`; the gradient by the input, if asked for."""
        plan = self.last
        found, dx = limited(plan, plan.backward, plan.checked(dy), input_gradient)
        for layer, gradients in found:
            layer.grads.update(gradients)
        return dx

    def _plan(self, layers, x, rolling):
        if not isinstance(x, np.ndarray) or x.dtype not in FLOATS or x.ndim not in (2, 4) or not x.size:
            return None
        try:
            key = (rolling, x.shape[rolling:], x.dtype, signature(layers, x.dtype))
            if key == self.recent[0]:
                return self.recent[1]
            if key not in self.plans:
                self.plans[key] = (Rolling if rolling else Plan)(list(layers), x.shape, x.dtype)
                while len(self.plans) > KEPT:
                    self.plans.popitem(last=False)
        except Unsupported:
            return None
        self.plans.move_to_end(key)
        self.recent = key, self.plans[key]
        return self.recent[1]


class Plan:
    """The programs that share one batch, for training: every part of the batch has its own buffers.

    With batch normalization all parts run side by side, and their threads meet for the statistics.
    Fully connected layers at the end that are too small to be shared run as one program for the whole batch;
    its buffers are what the others write into and read from.
    """

    def __init__(self, layers, shape, dtype):
        (self.n, *sample), self.dtype = shape, dtype
        self.in_shape = tuple(sample)
        parts, self.threads = -(-self.n // CHUNK), threads_for(layers, self.in_shape, self.n, dtype)
        if any(isinstance(part, BatchNorm2d) for layer in layers for part in layer.walk()):
            parts = self.threads  # its statistics are those of the whole batch: the parts run side by side
        elif self.threads == 2:
            parts += parts % 2
        cuts = [self.n * i // parts for i in range(parts + 1)]
        self.slices = [slice(a, b) for a, b in pairwise(cuts)]
        place, self.end = end_of(layers, self.in_shape, self.n, dtype) if parts > 1 else (len(layers), None)
        self.programs = [
            Program(layers[:place], self.in_shape, s.stop - s.start, dtype, self._exit(s))
            for s in self.slices
        ]
        last = self.programs[0] if self.end is None else self.end
        self.out_shape, self.largest = last.out_shape, max(last.largest, self.programs[0].largest)
        self.y_shape = (self.n, *self.out_shape)
        self.memories = PlanMemories(self, layers)
        inner = [*zip(*(program.walk() for program in self.programs), strict=True)]
        ends = [] if self.end is None else [(stage,) for stage in self.end.walk()]
        self.dropouts = [stages for stages in inner + ends if isinstance(stages[0], Dropping)]
        self._join([stages for stages in inner if isinstance(stages[0], Normalization)])

    def _join(self, normalizations):
        """Let batch normalizations have the statistics of all parts."""
        shared = normalizations and len(self.programs) > 1
        self.meeting = threads.Meeting(len(self.programs)) if shared else None
        for stages in normalizations:
            if sum(stage.count for stage in stages) == 1:
                raise Unsupported("a single value a channel has no variance")
            for place, stage in enumerate(stages if shared else ()):
                stage.join(place, self.meeting, self.n)

    def _exit(self, part):
        """Where a program's outputs go and their gradient comes from, if there is a common end."""
        return None if self.end is None else (self.end.stages[0].x[:, part], self.end.stages[0].dx[:, part])

    def twins(self):
        """The stages of the network, those side by side that have a part of the batch each."""
        yield from zip(*(program.stages for program in self.programs), strict=True)
        yield from () if self.end is None else ((stage,) for stage in self.end.stages)

    def _each(self, work, alone=lambda: None):
        """Do ``work(program, slice)`` for all parts, shared among the threads; the results in order.

        This thread also does what is to be done `alone`. It has the time: a helper begins later, when it has
        woken up, and a thread that is ready first and falls asleep would be as long in waking up.
        """
        pairs = list(zip(self.programs, self.slices, strict=True))

        def share(thread):
            try:
                found = [work(*pair) for pair in pairs[thread :: self.threads]]
            except BaseException as error:
                if self.meeting is not None:
                    self.meeting.leave(error)
                raise
            if thread == 0:
                alone()
            return found

        if self.meeting is not None:
            self.meeting.begin()
        shares = threads.run_all([partial(share, thread) for thread in range(self.threads)])
        return [shares[i % self.threads][i // self.threads] for i in range(len(pairs))]

    def forward(self, x, training):
        if self.dropouts:
            self._draw_dropout(training)
        if len(self.programs) == 1:
            return as_logical(self.programs[0].forward(x, training).copy())
        if self.end is not None:
            own, others = self.slices[:: self.threads], self.slices[1::2] if self.threads == 2 else []
            self._each(lambda program, part: program.forward(x[part], training), lambda: self.end.begin(own))
            return as_logical(self.end.finish(others, training).copy())
        y = np.empty(memory_shape(self.out_shape, self.n), self.dtype)

        def work(program, part):
            y[..., part] = program.forward(x[part], training)

        self._each(work)
        return as_logical(y)

    def checked(self, dy):
        """The gradient of the outputs, if it has their shape."""
        dy = np.asarray(dy)
        if dy.shape != self.y_shape:
            raise ValueError(
                f"dy must have shape {self.y_shape}, that of the last forward's output, got {dy.shape}"
            )
        return dy

    def backward(self, dy, input_gradient):
        if len(self.programs) == 1:
            found = self.programs[0].backward(dy)
            return found, as_logical(self.programs[0].input_gradient().copy()) if input_gradient else None
        dx = np.empty(memory_shape(self.in_shape, self.n), self.dtype) if input_gradient else None
        ends = []

        def work(program, part):
            if self.end is None:
                np.copyto(program.exit, dy[part])
            else:
                self.end.finish_back(part)
            program.run_back()
            if input_gradient:
                dx[..., part] = program.input_gradient()
            return program.gradients()

        if self.end is None:
            total, *others = self._each(work)
        else:
            np.copyto(self.end.exit, dy)
            self.end.begin_back()
            total, *others = self._each(work, lambda: ends.extend(self.end.gradients()))
        for found in others:
            for (_, sums), (_, more) in zip(total, found, strict=True):
                for name, gradient in more.items():
                    sums[name] += gradient
        return ends + total, None if dx is None else as_logical(dx)

    def _draw_dropout(self, training):
        """One draw for the whole batch, as on the readable path; every part gets its share."""
        for stages in self.dropouts:
            factors, layer = None, stages[0].layer
            if training:
                shape = (self.n, *stages[0].out_shape)
                logical = dropout_factors(shape, self.dtype, layer.p, layer.rng)
                factors = logical.transpose(2, 3, 1, 0) if len(shape) == 4 else logical.T
            for stage, part in zip(stages, self.slices if len(stages) > 1 else (slice(None),), strict=True):
                stage.factors = None if factors is None else factors[..., part]


class Rolling:
    """A program for each thread that all chunks of a large batch go through: for predictions."""

    def __init__(self, layers, shape, dtype):
        self.layers, self.in_shape, self.dtype = layers, shape[1:], dtype
        self.threads = threads_for(layers, self.in_shape, 2 * CHUNK, dtype)
        self.programs = [{} for _ in range(self.threads)]
        first = self._program(0, CHUNK)
        self.out_shape, self.largest = first.out_shape, first.largest

    def _program(self, thread, n):
        """The program of a thread for n samples; besides the usual chunk, the last smaller one is kept."""
        programs = self.programs[thread]
        if n not in programs:
            for other in [size for size in programs if size != CHUNK]:
                del programs[other]
            programs[n] = Program(self.layers, self.in_shape, n, self.dtype)
        return programs[n]

    def forward(self, x, training=False):
        y = np.empty(memory_shape(self.out_shape, len(x)), self.dtype)

        def share(thread):
            for start in range(thread * CHUNK, len(x), self.threads * CHUNK):
                part = slice(start, min(start + CHUNK, len(x)))
                y[..., part] = self._program(thread, part.stop - start).forward(x[part], False)

        threads.run_all([lambda i=i: share(i) for i in range(self.threads)])
        return as_logical(y)


def limited(plan, work, *arguments):
    """Call `work` with BLAS held to one thread, unless it would not take a second one anyway."""
    if plan.largest <= threads.SERIAL:
        return work(*arguments)
    with threads.single_threaded():
        return work(*arguments)


def end_of(layers, shape, n, dtype):
    """Where fully connected layers begin that are too small to be shared, and their program for n samples.

    Without such the number of layers, and None.
    """
    place = next((i for i, layer in enumerate(layers, start=1) if isinstance(layer, Flatten)), len(layers))
    if place < len(layers):
        features = Program(layers[:place], shape, 1, dtype).out_shape
        end = Program(layers[place:], features, n, dtype, joined=True)
        if n * end.work < END_PAYS:
            return place, end
    return len(layers), None


def threads_for(layers, shape, n, dtype):
    """How many threads should share a batch of n samples: as long as they are few, one is faster."""
    if threads.cores() < 2 or n < 2:
        return 1
    return 2 if n * Program(layers, shape, 1, dtype).work >= THREADS_PAY else 1
