"""How wrong the outputs are, in one number, and the gradient of that number by the outputs.

A loss is used as a layer is: ``forward(outputs, targets)`` gives the number and remembers what
``backward()`` needs. Both losses are means over the batch, so the gradient carries a factor 1/N.
"""

import numpy as np


def one_hot(labels, num_classes, dtype=np.float32):
    """Labels as rows with a single 1.

    Parameters
    ----------
    labels : array of int, shape (N,)
        Values from 0 to ``num_classes - 1``.
    num_classes : int
        Length of a row.

    Returns
    -------
    array, shape (N, num_classes)

    Raises
    ------
    TypeError, ValueError
        If the labels are not integers of that range.

    Examples
    --------
    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    labels = check_labels(labels, num_classes)
    rows = np.zeros((len(labels), num_classes), dtype)
    rows[np.arange(len(labels)), labels] = 1
    return rows


def check_labels(labels, num_classes, name="labels"):
    """Return `labels` as an integer vector, or say what is wrong with them."""
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise ValueError(f"{name} must have shape (N,), got {labels.shape}")
    if labels.size and labels.dtype.kind not in "iu":
        raise TypeError(f"{name} must be integers from 0 to {num_classes - 1}, got {labels.dtype}")
    indices = labels.astype(np.intp, copy=False)
    if labels.size and np.maximum.reduce(indices.view(np.uintp)) >= num_classes:  # below 0 counts as huge
        raise ValueError(
            f"{name} must be 0 to {num_classes - 1}, got values from {labels.min()} to {labels.max()}"
        )
    return indices


class Loss:
    """The base class of the losses; ``backward`` gives the gradient of the last ``forward``."""

    _gradient = None

    def forward(self, outputs, targets):
        """Return the mean loss of a batch as a float."""
        raise NotImplementedError

    def backward(self):
        """Return ``dE/doutputs`` of the last ``forward``, of the outputs' shape.

        Raises
        ------
        RuntimeError
            If ``forward`` has not been called.
        """
        if self._gradient is None:
            raise RuntimeError(f"{type(self).__name__}.backward: call forward(outputs, targets) first")
        return self._gradient()

    def __getstate__(self):
        """What copies and pickles hold: not what the last forward left behind."""
        return {**vars(self), "_gradient": None}


def _check_outputs(outputs):
    outputs = np.asarray(outputs)
    if outputs.ndim != 2:
        raise ValueError(f"outputs must have shape (N, K), got {outputs.shape}")
    if not len(outputs):
        raise ValueError(
            f"outputs must hold at least one sample, got an empty batch of shape {outputs.shape}"
        )
    if outputs.dtype.char not in "fd":
        raise TypeError(f"outputs must be float32 or float64, got {outputs.dtype}")
    return outputs


def _check_length(outputs, targets):
    if len(targets) != len(outputs):
        raise ValueError(f"targets must be {len(outputs)} in number, one an output, got {len(targets)}")


class CrossEntropyLoss(Loss):
    """Mean of ``-log p[label]`` with ``p = softmax(outputs)``.

    The outputs are logits: softmax is part of the loss, computed as log-sum-exp so that no logit
    overflows. Gradient: ``(p - one_hot(labels)) / N``.

    Parameters
    ----------
    label_smoothing : float
        From 0 (none) to below 1: the wanted probabilities are ``1 - label_smoothing`` for the label, and
        ``label_smoothing / K`` more for each of the K classes. Source: Szegedy et al., "Rethinking the
        Inception architecture", 2016, arXiv:1512.00567.

    Examples
    --------
    >>> loss = CrossEntropyLoss()
    >>> print(f"{loss.forward(np.zeros((4, 10)), [0, 1, 2, 3]):.4f}")  # no opinion: ln 10
    2.3026
    """

    def __init__(self, label_smoothing=0.0):
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing must be from 0 to below 1, got {label_smoothing!r}")
        self.label_smoothing = label_smoothing

    def forward(self, outputs, targets):
        """Return the mean cross-entropy.

        Parameters
        ----------
        outputs : array, shape (N, K)
            Logits, any real numbers.
        targets : array of int, shape (N,)
            Labels from 0 to K - 1.
        """
        outputs = _check_outputs(outputs)
        targets = check_labels(targets, outputs.shape[1], "targets")
        _check_length(outputs, targets)
        n, labelled = len(targets), (np.arange(len(targets)), targets)
        shifted = outputs - np.maximum.reduce(outputs, axis=1, keepdims=True)
        e = np.exp(shifted)
        sums = np.add.reduce(e, axis=1, keepdims=True)
        log_p = shifted[labelled] - np.log(sums[:, 0])
        smooth = outputs.dtype.type(self.label_smoothing)

        def gradient():
            p = e / (n * sums)
            p[labelled] = np.expm1(log_p) / n  # (p - 1) / n, without cancellation where p is nearly 1
            if smooth:
                p[labelled] += smooth / n
                p -= smooth / (n * p.shape[1])
            return p

        self._gradient = gradient
        loss = 0.0 - float(np.add.reduce(log_p)) / n  # with a minus sign alone, no error at all were -0.0
        if not smooth:
            return loss
        spread = -float(np.add.reduce(shifted - np.log(sums), axis=None)) / outputs.size
        return float((1 - smooth) * loss + smooth * spread)


class HalfSquaredError(Loss):
    """Half the squared distance of the outputs from their targets, averaged over the batch.

    ``E = 1/N * sum_n 1/2 * sum_k (outputs[n, k] - targets[n, k])**2``; the half cancels the 2 of the
    derivative, so the gradient is ``(outputs - targets) / N``.

    Examples
    --------
    >>> HalfSquaredError().forward(np.array([[1.0, 3.0]]), np.array([[1.0, 1.0]]))
    2.0
    """

    def forward(self, outputs, targets):
        """Return the mean half squared error.

        Parameters
        ----------
        outputs : array, shape (N, K)
        targets : array, shape (N, K), or of int, shape (N,)
            Wanted outputs; integer labels are made one-hot first.
        """
        outputs = _check_outputs(outputs)
        targets = np.asarray(targets)
        _check_length(outputs, targets if targets.ndim else [])
        if targets.ndim == 1 and np.issubdtype(targets.dtype, np.integer):
            targets = one_hot(targets, outputs.shape[1], outputs.dtype)
        if targets.shape != outputs.shape:
            raise ValueError(
                f"targets must be integer labels or have shape {outputs.shape}, got shape {targets.shape}"
            )
        difference = outputs - targets.astype(outputs.dtype, copy=False)
        self._gradient = lambda: difference / len(outputs)
        return 0.5 * float(np.vdot(difference, difference)) / len(outputs)
