"""The teacher's questions about code that prints a number, for the notebooks on whole networks: 09 to 13."""

from tools.teaching.bank_templates import Prints, chosen, whole

NETWORKS = (
    Prints(
        "09.code-running",
        "running = {start}.0\n"
        "for mean in ({m1}, {m2}):  # of two batches\n"
        "    running = 0.9 * running + 0.1 * mean\n"
        "print(round(running, 4))",
        whole(start=(0, 4), m1=(2, 9), m2=(2, 9)),
        (
            (lambda start, m1, m2: (m1 + m2) / 2, "the plain mean", "A tenth of the way at each batch."),
            (lambda start, m1, m2: m2, "the last batch alone", "Nine tenths of the old value stay."),
            (
                lambda start, m1, m2: round(0.9 * start + 0.1 * (m1 + m2), 4),
                "both batches weigh the same",
                "The second step takes a tenth off what the first has made.",
            ),
        ),
        "0.81 of the start, 0.09 of the first mean, 0.1 of the second.",
    ),
    Prints(
        "09.code-residual",
        "x, dy = {x}, {dy}\ny = x + {w} * x  # past the block, and through it\ndx = dy + {w} * dy\nprint(dx)",
        whole(x=(2, 7), dy=(2, 6), w=(2, 6)),
        (
            (lambda x, dy, w: dy * w, "through the block alone", "What goes past the block hands on dy."),
            (lambda x, dy, w: dy, "past the block alone", "x was used twice; both shares are added."),
            (lambda x, dy, w: x + w * x, "y for dx", "That is y."),
        ),
        "x is used twice: dy comes back past the block, and dy times the factor through it.",
    ),
    Prints(
        "10.code-l1",
        "w = {w}\nfor update in range({n}):\n    w = max(w - {pull}, 0) if w > 0 else 0\nprint(round(w, 3))",
        chosen(w=(0.3, 0.5, 0.8), n=(3, 4, 6), pull=(0.05, 0.1, 0.2)),
        (
            (
                lambda w, n, pull: round(w * (1 - pull) ** n, 3),
                "a share each time",
                "L1 pulls by an amount, not by a share.",
            ),
            (lambda w, n, pull: round(w - pull, 3), "one update", "It is pulled at every update."),
        ),
        "It is pulled by the same amount each time, and stays at 0 once there.",
    ),
    Prints(
        "11.code-matrix",
        "matrix = [[{a}, {b}], [{c}, {d}]]  # rows: truth, columns: guess\n"
        "right = matrix[0][0] + matrix[1][1]\n"
        "total = sum(map(sum, matrix))\n"
        "print(round(right / total, 3))",
        whole(a=(5, 20), b=(1, 5), c=(1, 9), d=(5, 20)),
        (
            (lambda a, b, c, d: round(a / (a + b), 3), "one class", "That is the first class's share alone."),
            (
                lambda a, b, c, d: round((b + c) / (a + b + c + d), 3),
                "the wrong ones",
                "The diagonal is what was right.",
            ),
        ),
        "The diagonal over the sum of all.",
    ),
    Prints(
        "12.code-stop",
        "best, waited = 99, 0\n"
        "for epoch, loss in enumerate([{a}, {b}, {c}, {d}, {e}, {f}, {g}]):\n"
        "    if loss < best:\n"
        "        best, waited = loss, 0\n"
        "    else:\n"
        "        waited += 1\n"
        "    if waited == {patience}:\n"
        "        break\n"
        "print(epoch)",
        lambda rng: (
            dict(zip("abcdefg", rng.sample(range(10, 60), 7), strict=True)) | {"patience": rng.choice((2, 3))}
        ),
        (
            (
                lambda patience, **losses: min(range(7), key=list(losses.values()).__getitem__),
                "the best epoch",
                "It is known to be the best only after the patience is over.",
            ),
            (lambda patience, **_: 6, "to the end", "It stops as soon as it has waited long enough."),
            (
                lambda patience, **_: patience,
                "waiting begins at once",
                "Each new lowest loss sets the counter back to 0.",
            ),
        ),
        "The first epoch by which so many in a row have brought nothing lower.",
    ),
    Prints(
        "13.code-tape",
        "grad = {{'a': 0}}\n"
        "a = {a}\n"
        "for factor, arrives in (({p}, {q}), ({r}, {s})):  # a is used twice\n"
        "    grad['a'] += arrives * factor\n"
        "print(grad['a'])",
        whole(a=(1, 5), p=(2, 6), q=(1, 5), r=(2, 6), s=(1, 5)),
        (
            (lambda p, q, r, s, **_: r * s, "overwritten", "`+=` adds the share of each use."),
            (
                lambda p, q, r, s, **_: (p + r) * (q + s),
                "sums multiplied",
                "Each use multiplies its own two numbers.",
            ),
        ),
        "Each use gives what arrives times its factor; the shares are added.",
    ),
)
