"""The network that `cnnlib.Sequential` names: the readable one, with passes on kept buffers."""

from threading import RLock, local

from cnnlib import nn
from cnnlib.fast.engine import Engine
from cnnlib.nn.arguments import count
from cnnlib.runtime.threads import one_blas_thread


class Sequential(nn.Sequential):
    """A `cnnlib.nn.Sequential` whose passes run on the kept buffers of `cnnlib.fast` wherever they can.

    It takes the same arguments and gives the same numbers, up to rounding, several times faster. Its layers
    can be used by themselves after its passes, as those of the readable network.

    Several threads may predict with one network while one of them trains it. Where two train it at once, a
    RuntimeError tells the one whose outputs or gradients the other has replaced.

    Examples
    --------
    >>> import numpy as np
    >>> from cnnlib.nn.layers import Linear, ReLU
    >>> model = Sequential([Linear(64, 16, rng=0), ReLU(), Linear(16, 10, rng=1)])
    >>> y = model.forward(np.ones((5, 64), np.float32))
    >>> model[-1].backward(np.ones_like(y)).shape
    (5, 16)
    """

    def __init__(self, layers):
        super().__init__(layers)
        self._start()

    def _start(self):
        self._engine, self._lock = Engine(), RLock()
        self._forwards = self._backwards = 0  # how many there were, by all threads
        self._own = local()  # of each thread: the numbers of its last ones

    def forward(self, x, training=False):
        """Return the outputs (logits) for a batch `x`; ``training`` is handed to every layer."""
        with self._lock:
            self._forwards += 1
            self._own.forward = self._forwards
            y = self._engine.forward(self.layers, x, training)
            if y is None:
                with one_blas_thread(self.layers, x):
                    return super().forward(x, training)
            self._memories = [layer.memory for layer in self.layers]
            return y

    def backward(self, dy, input_gradient=True):
        """Fill every layer's ``grads`` after a `forward`; see `cnnlib.nn.Sequential.backward`."""
        with self._lock:
            self._check_memories()
            if getattr(self._own, "forward", None) != self._forwards:
                raise RuntimeError(
                    "Sequential.backward: the last forward was run by another thread; train a model.copy() in"
                    " each thread"
                )
            self._backwards += 1
            self._own.backward = self._backwards
            if self._engine.last:
                return self._engine.backward(dy, input_gradient)
            with one_blas_thread(self.layers, dy):
                return super().backward(dy, input_gradient)

    def parameters(self):
        """List every weight array with its gradient; see `cnnlib.nn.Sequential.parameters`.

        Raises
        ------
        RuntimeError
            If since this thread's backward another thread has run one, so that the gradients are that one's.
        """
        with self._lock:
            if vars(self._own).pop("backward", self._backwards) != self._backwards:
                raise RuntimeError(
                    "Sequential.parameters: since this thread's backward another thread has run one; train a"
                    " model.copy() in each thread"
                )
            return super().parameters()

    def infer(self, x):
        """Return the outputs (logits) for a batch outside training; nothing is remembered or forgotten."""
        with self._lock:
            y = self._engine.infer(self.layers, x)
            if y is not None:
                return y
            with one_blas_thread(self.layers, x):
                return super().infer(x)

    def _infer_in_batches(self, x, batch_size):
        """A large batch is cut by the engine itself, into pieces that stay in the processor's cache."""
        count("batch_size", batch_size)
        with self._lock:
            y = self._engine.infer(self.layers, x)
            return super()._infer_in_batches(x, batch_size) if y is None else y

    def __getstate__(self):
        state = super().__getstate__()
        for name in ("_engine", "_lock", "_forwards", "_backwards", "_own"):
            del state[name]
        return state

    def __setstate__(self, state):
        vars(self).update(state)
        self._start()
