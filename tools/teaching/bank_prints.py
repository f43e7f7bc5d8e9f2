"""The teacher's questions about code that prints a number: what does it print?"""

from tools.teaching.bank_prints_networks import NETWORKS
from tools.teaching.bank_templates import Prints, chosen, whole

PRINTS = (
    Prints(
        "00.code-steps",
        "steps = 0\n"
        "for epoch in range({epochs}):\n"
        "    for start in range(0, {images}, {batch}):\n"
        "        steps += 1\n"
        "print(steps)",
        chosen(epochs=(2, 3, 4, 5), images=(90, 130, 210, 330), batch=(20, 32, 40)),
        (
            (
                lambda epochs, images, batch: epochs * (images // batch),
                "the rest is dropped",
                "The last, smaller batch is a step too.",
            ),
            (
                lambda epochs, images, batch: -(-images // batch),
                "one epoch",
                "The outer loop goes over the images several times.",
            ),
        ),
        "An epoch has as many steps as batches, the last one smaller.",
    ),
    Prints(
        "01.code-conv",
        "x, w = [{a}, {b}, {c}, {d}], [1, -{k}]\n"
        "y = [x[i] * w[0] + x[i + 1] * w[1] for i in range(3)]\n"
        "print(sum(y))",
        whole(a=(1, 6), b=(1, 6), c=(1, 6), d=(1, 6), k=(2, 4)),
        (
            (
                lambda a, b, c, d, k: a + b + c + d - k * (a + b + c + d),
                "every pixel in every window",
                "The first pixel meets the first weight alone, the last one the second.",
            ),
            (lambda a, b, c, d, k: a - k * b, "one window", "Three windows fit into four pixels."),
        ),
        "Three windows fit: the first weight meets the first three pixels, the second the last three.",
    ),
    Prints(
        "01.code-shape",
        "import numpy as np\n"
        "x = np.zeros(({n}, {c}, {size}, {size}))\n"
        "x = x[:, :, ::2, ::2]  # every second row and column\n"
        "print(x.reshape({n}, -1).shape[1])",
        whole(n=(2, 9), c=(2, 8), size=(5, 12)),
        (
            (
                lambda n, c, size: c * size * size,
                "nothing left out",
                "Of each axis every second place is kept.",
            ),
            (
                lambda n, c, size: n * c * (-(-size // 2)) ** 2,
                "the batch counts",
                "The batch stays an axis of its own.",
            ),
            (
                lambda n, c, size: c * (-(-size // 2)),
                "one axis",
                "Rows and columns are halved, and both count.",
            ),
        ),
        "Channels times rows times columns, half as many of each, rounded up.",
    ),
    Prints(
        "02.code-softmax",
        "import numpy as np\n"
        "logits = np.log(np.array([{a}.0, {b}.0, {c}.0]))\n"
        "p = np.exp(logits) / np.exp(logits).sum()\n"
        "print(round(float(p[0]), 3))",
        whole(a=(1, 9), b=(1, 9), c=(2, 9)),
        (
            (lambda a, b, c: a, "no quotient", "It is divided by the sum, so that all sum to 1."),
            (lambda a, b, c: round(1 / 3, 3), "equal shares", "The shares are those of the powers."),
        ),
        "exp and log cancel: the first number over the sum of the three.",
    ),
    Prints(
        "03.code-shares",
        "w, x1, x2 = {w}, {x1}, {x2}\n"
        "y1, y2 = w * x1, w * x2\n"
        "dy1, dy2 = {d1}, {d2}  # gradients that arrive\n"
        "dw = dy1 * x1\n"
        "dw += dy2 * x2\n"
        "print(dw)",
        whole(w=(2, 5), x1=(1, 6), x2=(1, 6), d1=(-4, 4), d2=(1, 4)),
        (
            (lambda w, x1, x2, d1, d2: d2 * x2, "the last use counts", "`+=`: both uses give their share."),
            (
                lambda w, x1, x2, d1, d2: (d1 + d2) * w,
                "a factor gets what arrives times itself",
                "Crosswise: w gets what arrives times x.",
            ),
            (lambda w, x1, x2, d1, d2: d1 + d2, "the slope left out", "What arrives is multiplied by x."),
        ),
        "w is used twice: the shares d1·x1 and d2·x2 are added.",
    ),
    Prints(
        "03.code-relu",
        "x, dy = [{x0}, -{x1}, {x2}, -{x3}], [{d0}, {d1}, -{d2}, -{d3}]\n"
        "dx = [d if v > 0 else 0 for v, d in zip(x, dy)]\n"
        "print(sum(dx))",
        whole(x0=(1, 5), x1=(1, 5), x2=(1, 5), x3=(1, 5), d0=(1, 9), d1=(1, 9), d2=(1, 9), d3=(1, 9)),
        (
            (lambda d0, d1, **_: d0 + d1, "gate on the gradient's sign", "The gate asks for the sign of x."),
            (lambda d0, **_: d0, "gate on both signs", "A negative gradient gets through as well."),
            (
                lambda d0, d1, d2, d3, **_: d0 + d1 - d2 - d3,
                "no gate",
                "Where x was below zero nothing goes back.",
            ),
        ),
        "x is positive at the first and the third place: those gradients get through, with their signs.",
    ),
    Prints(
        "03.code-pool",
        "window, dy = [{a}, {b}, {c}, {d}], {dy}\n"
        "winner = window.index(max(window))\n"
        "dx = [0, 0, 0, 0]\n"
        "dx[winner] += dy\n"
        "print(dx[0] + 10 * dx[1] + 100 * dx[2] + 1000 * dx[3])",
        lambda rng: dict(zip("abcd", rng.sample(range(1, 10), 4), strict=True)) | {"dy": rng.randint(2, 9)},
        ((lambda dy, **_: 1111 * dy, "to every pixel", "Only the winner moved the output."),),
        "Only the place of the largest number gets the gradient.",
    ),
    Prints(
        "04.code-row",
        "w, dy, dx = [{a}, {b}], [{c}, {d}, {e}], [0, 0, 0, 0]\n"
        "for i in range(3):\n"
        "    for p in range(2):\n"
        "        dx[i + p] += dy[i] * w[p]\n"
        "print(dx[1])",
        whole(a=(1, 6), b=(-5, 6), c=(1, 6), d=(-4, 6), e=(1, 6)),
        (
            (
                lambda a, b, c, d, e: a * c + b * d,
                "the kernel as it stands",
                "The first output met this pixel with its second weight.",
            ),
            (lambda a, b, c, d, e: d * a, "one window alone", "The pixel lies in two windows: `+=`."),
            (
                lambda a, b, c, d, e: d * (a + b),
                "its own output alone",
                "The first output reaches it too, with its second weight.",
            ),
        ),
        "Two outputs reach it: the first with its second weight, the second with its first.",
    ),
    Prints(
        "05.code-descent",
        "w = {w}.0\n"
        "for step in range({n}):\n"
        "    w -= {lr} * 2 * w  # the slope of w squared\n"
        "print(round(w, 4))",
        chosen(w=(1, 2, 4, 8), n=(2, 3), lr=(0.1, 0.2, 0.25, 0.3, 0.75)),
        (
            (lambda w, n, lr: round(w * (1 - lr) ** n, 4), "the slope is w", "The slope of w² is 2w."),
            (
                lambda w, n, lr: round(w - n * lr * 2 * w, 4),
                "equal steps",
                "The slope shrinks with w: each step is a share of what is left.",
            ),
        ),
        "Each step leaves the share 1 - 2·rate of w.",
    ),
    Prints(
        "05.code-momentum",
        "velocity = 0.0\n"
        "for gradient in ({g1}, {g2}):\n"
        "    velocity = {m} * velocity + gradient\n"
        "print(round(velocity, 3))",
        chosen(g1=(1, 2, 4, -2), g2=(1, 3, -1, 5), m=(0.5, 0.8, 0.9)),
        (
            (lambda g1, g2, m: g1 + g2, "nothing is forgotten", "The old velocity is multiplied first."),
            (
                lambda g1, g2, m: round(m * g1 + (1 - m) * g2, 3),
                "the gradient comes in by a share",
                "The new gradient comes in whole.",
            ),
            (lambda g1, g2, m: g2, "the velocity is the gradient", "A part of the old one is kept."),
        ),
        "momentum times the first gradient, plus the second.",
    ),
    Prints(
        "06.code-schedule",
        "lr = {lr}\n"
        "for epoch in range({epochs}):\n"
        "    if epoch and epoch % {every} == 0:\n"
        "        lr /= 2\n"
        "print(lr)",
        chosen(lr=(0.8, 0.4, 1.6), epochs=(9, 10, 12, 13), every=(2, 3, 4)),
        (
            (
                lambda lr, epochs, every: lr / 2 ** (epochs // every),
                "the border counted once more",
                "Epochs run from 0 to one below: at the number itself the loop has ended.",
            ),
            (lambda lr, epochs, every: lr / 2, "halved once", "It is halved each time."),
        ),
        "Count the multiples of the period below the number of epochs, 0 left out.",
    ),
    Prints(
        "07.code-restarts",
        "ends = [({w1}, {e1}), ({w2}, {e2}), ({w3}, {e3})]  # weight, error\n"
        "best = min(ends, key=lambda end: end[1])\n"
        "print(best[0])",
        lambda rng: (
            dict(zip(("w1", "w2", "w3"), rng.sample(range(-9, 10), 3), strict=True))
            | dict(zip(("e1", "e2", "e3"), rng.sample(range(1, 10), 3), strict=True))
        ),
        (
            (
                lambda w1, w2, w3, **_: min(w1, w2, w3),
                "smallest weight",
                "The errors are compared, the weight is told.",
            ),
            (
                lambda e1, e2, e3, **_: min(e1, e2, e3),
                "the error for the weight",
                "Asked for is where, not how low.",
            ),
        ),
        "The weight whose error is the smallest.",
    ),
    Prints(
        "08.code-he",
        "kernels, channels, size = {f}, {c}, {k}\n"
        "fan_in = channels * size * size\n"
        "variance = 2 / fan_in\n"
        "print(round(variance, 4))",
        chosen(f=(4, 8, 16, 32), c=(2, 4, 8), k=(3, 5)),
        (
            (
                lambda f, c, k: round(2 / (f * k * k), 4),
                "fan-out for fan-in",
                "What a unit reads counts: its channels.",
            ),
            (
                lambda f, c, k: round(2 / c, 4),
                "only channels count",
                "Each output is a sum over the window as well.",
            ),
            (
                lambda f, c, k: round((2 / (c * k * k)) ** 0.5, 4),
                "deviation for variance",
                "The variance is printed, not its root.",
            ),
        ),
        "2 over channels times window.",
    ),
    *NETWORKS,
)
