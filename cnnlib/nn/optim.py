"""Rules that turn gradients into steps. All follow PyTorch's definitions, step for step.

An optimizer works on ``model.parameters()``, changes the values in place, and keeps what it
remembers (velocities, mean squares) by parameter name in ``optimizer.state``.
"""

from typing import NamedTuple

import numpy as np

from cnnlib.nn.arguments import number


class Parameter(NamedTuple):
    """One weight array of a network with its gradient, as ``Sequential.parameters`` lists them."""

    name: str
    value: np.ndarray
    grad: np.ndarray


class Optimizer:
    """The base class of the optimizers: checks, then one ``update`` a parameter.

    Parameters
    ----------
    lr : float
        Learning rate, above or equal to zero. May be changed between steps: ``optimizer.lr = 0.01``.
    weight_decay : float
        Adds ``weight_decay * value`` to each gradient (an L2 penalty), biases included.
    """

    slots = ()

    def __init__(self, lr, weight_decay=0.0):
        self.lr = number("lr", lr, 0.0)
        self.weight_decay = number("weight_decay", weight_decay, 0.0)
        self.reset()

    def reset(self):
        """Forget all steps: start afresh, for another network or the same; the settings stay."""
        self.steps = 0
        self.state = {}
        self._values = {}  # the arrays that the state belongs to, by name

    def step(self, parameters):
        """Change every value by one step against its gradient.

        Parameters
        ----------
        parameters : iterable of Parameter
            As ``model.parameters()`` gives them, after ``model.backward``.

        Raises
        ------
        ValueError
            If a gradient is missing, a shape differs, or what the optimizer remembers is of another network's
            steps; then nothing has been changed.
        """
        parameters = list(parameters)
        if any(self._values.get(name) is not value for name, value, _ in parameters):
            self._meet(parameters)
        for parameter in parameters:
            if parameter.grad is None or parameter.grad.shape != parameter.value.shape:
                self._check(parameter)
        self.steps += 1
        lr = np.asarray(self.lr, parameters[0].value.dtype) if parameters else None
        for name, value, grad in parameters:
            if lr.dtype != value.dtype:  # else it would turn float32 weights into float64 on the way
                lr = np.asarray(self.lr, value.dtype)
            if self.weight_decay:
                grad = grad + self.weight_decay * value
            state = self.state.get(name)
            if state is None:
                state = self.state[name] = {slot: np.zeros_like(value) for slot in self.slots}
            self.update(value, grad, state, lr)

    def _meet(self, parameters):
        """Note whose arrays these are; refuse those of another network than the last steps'."""
        for parameter in parameters:
            self._check(parameter)
        known = [self._values[name] is value for name, value, _ in parameters if name in self._values]
        remembers = any(self.state.get(name) for name, *_ in parameters)
        if known and not any(known) and remembers:
            raise ValueError(
                f"parameters: these are of another network than the {self.steps} steps that this"
                f" {type(self).__name__} remembers; make a new optimizer, or call its reset() first"
            )
        self._values |= {name: value for name, value, _ in parameters}

    def __getstate__(self):
        """What copies and pickles hold: a copy may go on with a copy of the network."""
        return {**vars(self), "_values": {}}

    def _check(self, parameter):
        name, value, grad = parameter
        if grad is None:
            raise ValueError(
                f"parameters: {name} has no gradient yet, expected model.backward(...) before step"
            )
        if grad.shape != value.shape:
            raise ValueError(
                f"parameters: {name} has a gradient of shape {grad.shape}, expected {value.shape}"
            )
        state = self.state.get(name)
        for slot, array in state.items() if state else ():
            if array.shape != value.shape:
                raise ValueError(
                    f"parameters: {name} has shape {value.shape}, but this optimizer remembers a {slot} of"
                    f" shape {array.shape}; expected one optimizer a network"
                )

    def update(self, value, grad, state, lr):
        """Change `value` in place by one step; ``state`` holds what is remembered of it, by slot.

        All arrays have one shape, and each number moves by itself; ``lr`` may be an array too. ``self.steps``
        counts the steps, this one included.
        """
        raise NotImplementedError


class SGD(Optimizer):
    """Gradient descent: ``value -= lr * grad``, with momentum on request.

    With momentum: ``velocity = momentum * velocity + grad``, ``value -= lr * velocity``; Nesterov's
    form steps by ``grad + momentum * velocity`` instead. "Stochastic" is only the choice of batches.

    Parameters
    ----------
    lr : float
        Learning rate.
    momentum : float
        From 0 (none) to below 1.
    nesterov : bool
        Look ahead along the velocity; needs momentum above zero.
    weight_decay : float
        L2 penalty.

    Examples
    --------
    >>> w = np.array([1.0])
    >>> SGD(lr=0.1).step([Parameter("w", w, np.array([2.0]))])
    >>> w
    array([0.8])
    """

    def __init__(self, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
        super().__init__(lr, weight_decay)
        self.momentum = number("momentum", momentum, 0.0, 1.0)
        self.nesterov = bool(nesterov)
        if nesterov and not momentum:
            raise ValueError("nesterov must come with a momentum above 0, got momentum 0")
        self.slots = ("velocity",) if momentum else ()

    def update(self, value, grad, state, lr):
        if self.momentum:
            velocity = state["velocity"]
            velocity *= self.momentum
            velocity += grad
            grad = grad + self.momentum * velocity if self.nesterov else velocity
        value -= lr * grad


class RMSprop(Optimizer):
    """Divide each step by the running root mean square of its own gradient.

    ``square = alpha * square + (1 - alpha) * grad**2``; ``value -= lr * (grad / (sqrt(square) + eps))``.
    Source: Tieleman and Hinton, Neural Networks for Machine Learning, lecture 6e, 2012.

    Examples
    --------
    >>> w = np.array([1.0])
    >>> RMSprop(lr=0.01).step([Parameter("w", w, np.array([5.0]))])
    >>> w.round(6)  # the size of the gradient does not matter
    array([0.9])
    """

    slots = ("square",)

    def __init__(self, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0):
        super().__init__(lr, weight_decay)
        self.alpha = number("alpha", alpha, 0.0, 1.0)
        self.eps = number("eps", eps, 0.0)

    def update(self, value, grad, state, lr):
        square = state["square"]
        square *= self.alpha
        square += (1 - self.alpha) * grad**2
        value -= lr * (grad / (np.sqrt(square) + self.eps))


class Adam(Optimizer):
    """Momentum and RMSprop together, both corrected for their start at zero.

    ``mean = beta1 * mean + (1 - beta1) * grad``, ``square = beta2 * square + (1 - beta2) * grad**2``;
    ``value -= lr * (mean / (1 - beta1**t)) / (sqrt(square / (1 - beta2**t)) + eps)`` at step t = 1, 2, ...
    Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015, arXiv:1412.6980.

    Examples
    --------
    >>> w = np.array([1.0])
    >>> Adam(lr=0.01).step([Parameter("w", w, np.array([5.0]))])
    >>> w.round(6)  # the first step has the size of lr
    array([0.99])
    """

    slots = ("mean", "square")

    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(lr, weight_decay)
        self.betas = tuple(number("betas", beta, 0.0, 1.0) for beta in betas)
        if len(self.betas) != 2:
            raise ValueError(f"betas must be two numbers, got {betas!r}")
        self.eps = number("eps", eps, 0.0)

    def update(self, value, grad, state, lr):
        beta1, beta2 = self.betas
        mean, square = state["mean"], state["square"]
        mean *= beta1
        mean += (1 - beta1) * grad
        square *= beta2
        square += (1 - beta2) * grad**2
        root = np.sqrt(square / (1 - beta2**self.steps)) + self.eps
        value -= lr / (1 - beta1**self.steps) * mean / root


class AdamW(Adam):
    """Adam with decoupled weight decay: each step also shrinks every value by ``lr * weight_decay`` itself.

    ``value -= lr * weight_decay * value``, then Adam's step by the gradient. In `Adam` the penalty joins
    the gradient and is divided by its running root mean square, so that weights with large gradients hardly
    decay; here all decay alike. For plain SGD the two are the same. Source: Loshchilov and Hutter, "Decoupled
    weight decay regularization", 2019, arXiv:1711.05101.

    Examples
    --------
    >>> w = np.array([1.0])
    >>> AdamW(lr=0.01, weight_decay=0.1).step([Parameter("w", w, np.array([0.0]))])
    >>> w
    array([0.999])
    """

    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(lr, betas, eps)
        self.decoupled_decay = number("weight_decay", weight_decay, 0.0)

    def update(self, value, grad, state, lr):
        value *= 1 - lr * self.decoupled_decay
        super().update(value, grad, state, lr)
