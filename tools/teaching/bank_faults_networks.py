"""The teacher's questions about code with a planted fault, for the notebooks on whole networks: 09 to 13."""

from tools.teaching.bank_templates import Faults

NETWORKS = (
    Faults(
        "09.fault-norm",
        "The backward of batch normalization; dy has the shape (N, C, H, W).",
        (
            "dbeta = dy.sum(axis=(0, 2, 3))",
            "dgamma = (dy * x_hat).sum(axis=(0, 2, 3))",
            "mean = dy.mean(axis=(0, 2, 3), keepdims=True)",
            "along = x_hat * (dy * x_hat).mean(axis=(0, 2, 3), keepdims=True)",
            "dx = gamma * inv_std * (dy - mean - along)",
        ),
        (
            (2, "dgamma = dy.sum(axis=(0, 2, 3))", "gamma multiplied x_hat."),
            (3, "mean = dy.mean(axis=(2, 3), keepdims=True)", "The images shared one mean: axis 0 too."),
            (
                4,
                "along = (dy * x_hat).mean(axis=(0, 2, 3), keepdims=True)",
                "x_hat times this mean is taken off.",
            ),
            (5, "dx = gamma * inv_std * (dy - mean + along)", "Both shares are taken off."),
            (5, "dx = gamma * (dy - mean - along)", "Forwards the spread divided; backwards too."),
        ),
        "rng = np.random.default_rng(0)\n"
        "x_hat, dy = rng.normal(size=(2, 4, 2, 3, 3))\n"
        "gamma, inv_std = np.array([[2.0, 3], [0.5, 4]])[:, None, :, None, None]",
        "(dx, dgamma, dbeta)",
    ),
    Faults(
        "09.fault-judge",
        "A network with batch normalization is judged on its test images, in batches.",
        (
            "right = 0",
            "for start in range(0, len(x), size):",
            "    scores = forward(x[start : start + size], training=False)",
            "    right += (scores.argmax(axis=1) == y[start : start + size]).sum()",
            "accuracy = right / len(x)",
        ),
        (
            (2, "for start in range(0, len(x) - size, size):", "The last images are left out."),
            (
                3,
                "    scores = forward(x[start : start + size], training=True)",
                "Then each image is normalised by its neighbours in the batch.",
            ),
            (
                4,
                "    right += (scores.argmax(axis=1) == y[:size]).sum()",
                "The labels are always the first ones.",
            ),
            (5, "accuracy = right / size", "All images were judged, not one batch."),
        ),
        "x = np.array([[3.0, 1], [9, 2], [1, 8], [2, 6], [4, 1], [7, 5]])\n"
        "y, size = np.array([0, 0, 1, 1, 0, 0]), 2\n"
        "def forward(x, training): return x - x.mean(axis=0) if training else x",
        "accuracy",
    ),
    Faults(
        "11.fault-epoch",
        "One epoch of training: shuffled, in batches.",
        (
            "order = rng.permutation(len(x))",
            "for start in range(0, len(x), size):",
            "    batch = order[start : start + size]",
            "    seen += [(float(a), int(b)) for a, b in zip(x[batch], y[batch])]",
        ),
        (
            (
                1,
                "order = rng.integers(0, len(x), len(x))",
                "Drawn with replacement: some images come twice, others never.",
            ),
            (2, "for start in range(0, len(x) - size, size):", "The last images are left out."),
            (3, "    batch = order[start : start + size - 1]", "One image of each batch is lost."),
            (
                4,
                "    seen += [(float(a), int(b)) for a, b in zip(x[batch], y)]",
                "Labels must be put in the same order as images.",
            ),
        ),
        "rng, x, y, size, seen = np.random.default_rng(1), np.arange(10.0), np.arange(10), 4, []",
        "sorted(seen)",
    ),
    Faults(
        "12.fault-calibration",
        "The expected calibration error; `place` says in which bin each image lies.",
        (
            "error = 0.0",
            "for b in range(bins):",
            "    inside = place == b",
            "    if inside.any():",
            "        gap = abs(right[inside].mean() - sure[inside].mean())",
            "        error += inside.mean() * gap",
        ),
        (
            (2, "for b in range(1, bins):", "The bins are counted from 0; the first one is left out."),
            (4, "    if inside.all():", "A bin counts as soon as one image lies in it."),
            (5, "        gap = right[inside].mean() - sure[inside].mean()", "With signs the gaps cancel."),
            (
                5,
                "        gap = abs(right[inside].mean() - sure.mean())",
                "The bin's own confidence, not that of all images.",
            ),
            (6, "        error += gap / bins", "A bin weighs as many images as lie in it."),
        ),
        "sure, right = np.array([0.3, 0.6, 0.7, 0.9, 0.95]), np.array([0, 1, 1, 0, 1])\n"
        "place, bins = np.array([0, 2, 2, 3, 3]), 4",
        "round(error, 6)",
    ),
    Faults(
        "12.fault-dropout",
        "Dropout in training, forwards and backwards: a share p is dropped, the rest made larger.",
        ("kept = rng.random(x.shape) >= p", "factor = kept / (1 - p)", "y = x * factor", "dx = dy * factor"),
        (
            (1, "kept = rng.random(x.shape) >= 1 - p", "p is the share that is dropped."),
            (2, "factor = kept * (1 - p)", "It is made larger, to make up for what is gone."),
            (2, "factor = kept / p", "1 - p is kept, and that divides."),
            (4, "dx = dy * (rng.random(x.shape) >= p) / (1 - p)", "The same units, not a fresh draw."),
            (4, "dx = dy * kept", "What multiplied x multiplies the gradient too."),
        ),
        "rng, p = np.random.default_rng(0), 0.25\nx, dy = np.arange(1.0, 9), np.ones(8)",
        "(y, dx)",
    ),
)
