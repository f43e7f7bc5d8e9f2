"""A sum, a product and a maximum of two numbers, and how each hands back the gradient that arrives."""

from __future__ import annotations


def handed_back(a: float, b: float, arrives: float) -> dict[str, tuple[float, float, float]]:
    """For each step its value, and what it hands back to a and to b: what arrives times the local slope.

    Of two equal numbers the maximum takes the first, as the course's pooling does.

    Examples
    --------
    >>> handed_back(3, -1, arrives=4)
    {'+': (2, 4, 4), '×': (-3, -4, 12), 'max': (3, 4, 0)}
    """
    steps = {"+": (a + b, 1, 1), "×": (a * b, b, a), "max": (max(a, b), int(a >= b), int(b > a))}
    return {name: (value, arrives * by_a, arrives * by_b) for name, (value, by_a, by_b) in steps.items()}


def draw_three_steps(a: float, b: float, arrives: float) -> None:
    """Draw the three steps side by side: values above the lines, gradients below, in red."""
    import matplotlib.pyplot as plt

    steps = handed_back(a, b, arrives)
    _, axes = plt.subplots(1, len(steps), figsize=(6.5, 1.8), layout="constrained")
    for ax, (name, (value, da, db)) in zip(axes, steps.items(), strict=True):
        for x, y, number, gradient in ((0, 1, a, da), (0, 0, b, db), (2, 0.5, value, arrives)):
            ax.plot([x, 1], [y, 0.5], color="0.6", zorder=0)
            side = -1 if x < 1 else 1  # numbers stand beside the end of their line
            how = {"ha": "right" if side < 0 else "left", "size": 13}
            ax.text(x + 0.1 * side, y + 0.02, number, va="bottom", **how)
            ax.text(x + 0.1 * side, y - 0.02, gradient, va="top", color="tab:red", **how)
        box = {"boxstyle": "circle", "fc": "w"}
        ax.text(1, 0.5, name, ha="center", va="center", size=15, bbox=box)
        ax.set(xlim=(-0.5, 2.5), ylim=(-0.4, 1.4))
        ax.set_axis_off()
