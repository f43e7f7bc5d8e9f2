"""The teacher's questions about code with a planted fault: which line is it?"""

from tools.teaching.bank_faults_networks import NETWORKS
from tools.teaching.bank_templates import Faults

FAULTS = (
    Faults(
        "01.fault-conv",
        "A kernel slides over an image, stride 1, no padding.",
        (
            "k = len(w)",
            "y = np.zeros((len(x) - k + 1, len(x) - k + 1))",
            "for i, j in np.ndindex(y.shape):",
            "    y[i, j] = (x[i : i + k, j : j + k] * w).sum()",
        ),
        (
            (
                2,
                "y = np.zeros((len(x) - k, len(x) - k))",
                "One place is missing along each axis: fence posts.",
            ),
            (
                4,
                "    y[i, j] = (x[i : i + k, j : j + k] * w).max()",
                "The products are summed; a maximum is pooling.",
            ),
            (
                4,
                "    y[i, j] = (x[i : i + k, j : j + k] + w).sum()",
                "Pixels are multiplied with weights, not added.",
            ),
        ),
        "x, w = np.arange(16.0).reshape(4, 4) ** 2, np.array([[1.0, -1], [2, 0]])",
        "y",
    ),
    Faults(
        "02.fault-softmax",
        "Softmax of a batch of scores, one row an image, safe for large scores.",
        (
            "shifted = logits - logits.max(axis=1, keepdims=True)",
            "powers = np.exp(shifted)",
            "p = powers / powers.sum(axis=1, keepdims=True)",
        ),
        (
            (
                1,
                "shifted = logits - logits.max()",
                "A row far below the largest of the batch underflows to 0 / 0.",
            ),
            (
                2,
                "powers = np.exp(-shifted)",
                "The sign is turned: the largest score gets the smallest share.",
            ),
            (
                3,
                "p = powers / powers.sum(axis=0, keepdims=True)",
                "Each row, not each column, is to sum to 1.",
            ),
        ),
        "logits = np.array([[1.0, 2.0, 3.0], [-2000.0, -2001.0, -2002.0]])",
        "p",
    ),
    Faults(
        "03.fault-linear",
        "The backward of a linear layer Y = X W + b.",
        ("X, W = cache", "dX = dY @ W.T", "dW = X.T @ dY", "db = dY.sum(axis=0)"),
        (
            (2, "dX = dY @ W", "W must be turned: dX has the shape of X."),
            (3, "dW = dY.T @ X", "That is the gradient turned: dW has the shape of W."),
            (4, "db = dY.mean(axis=0)", "The bias is used by every image, and uses add up."),
            (4, "db = dY.sum(axis=1)", "Summed over images, so that each unit keeps its own."),
        ),
        "rng = np.random.default_rng(0)\n"
        "cache = rng.normal(size=(4, 3)), rng.normal(size=(3, 3))\n"
        "dY = rng.normal(size=(4, 3))",
        "(dX, dW, db)",
    ),
    Faults(
        "03.fault-relu",
        "The backward of a linear layer that follows a ReLU.",
        ("H = np.maximum(Z, 0)", "dW = H.T @ dY", "dH = dY @ W.T", "dZ = dH * (Z > 0)"),
        (
            (2, "dW = Z.T @ dY", "What the linear layer read was H."),
            (3, "dH = dY @ W", "A number of H collects from all outputs: W turned."),
            (4, "dZ = dH * (dH > 0)", "The gate asks for the sign of Z, not for the gradient's."),
            (4, "dZ = dH * H", "The slope of ReLU is 1 or 0, not the output."),
        ),
        "rng = np.random.default_rng(0)\n"
        "Z, W, dY = rng.normal(size=(4, 3)), rng.normal(size=(3, 3)), rng.normal(size=(4, 3))",
        "(dW, dH, dZ)",
    ),
    Faults(
        "04.fault-conv",
        "The gradient by x and w of a convolution, one image, one channel, stride 1.",
        (
            "dx, dw = np.zeros(x.shape), np.zeros(w.shape)",
            "for i, j in np.ndindex(dy.shape):",
            "    dx[i : i + k, j : j + k] += dy[i, j] * w",
            "    dw += dy[i, j] * x[i : i + k, j : j + k]",
        ),
        (
            (
                3,
                "    dx[i : i + k, j : j + k] = dy[i, j] * w",
                "The last window overwrites what the others gave.",
            ),
            (
                3,
                "    dx[i : i + k, j : j + k] += dy[i, j] * w.T",
                "Each pixel met the weight that lay on it; nothing is turned here.",
            ),
            (
                4,
                "    dw = dy[i, j] * x[i : i + k, j : j + k]",
                "Every output gives its share to the kernel: `+=`.",
            ),
            (4, "    dw += dy[i, j] * w", "A weight gets what arrives times the pixel that it met."),
        ),
        "x, w, k = np.arange(16.0).reshape(4, 4), np.array([[1.0, -1], [2, 3]]), 2\n"
        "dy = np.arange(9.0).reshape(3, 3) + 1",
        "(dx, dw)",
    ),
    Faults(
        "05.fault-momentum",
        "One step of descent with momentum.",
        ("velocity = momentum * velocity + gradient", "w = w - lr * velocity"),
        (
            (1, "velocity = momentum * velocity - gradient", "Then the second line goes uphill."),
            (1, "velocity = momentum * velocity", "The new gradient does not come in."),
            (2, "w = w - lr * gradient", "The velocity is worked out and not used."),
            (2, "w = w + lr * velocity", "Against the gradient: minus."),
        ),
        "velocity, gradient, momentum, lr, w = 2.0, 3.0, 0.9, 0.1, 1.0",
        "(velocity, w)",
    ),
    *NETWORKS,
)
