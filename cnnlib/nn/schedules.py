"""Schedules: how the learning rate changes from step to step.

A schedule is a function ``f(step) -> lr`` of the number of steps already done, counted from 0, and is handed
to training as ``train(..., schedule=f)``. Each function here makes one. The formulas are those of PyTorch's
``lr_scheduler`` module, in closed form, so that any step can be asked for in any order.
"""

import math

from cnnlib.nn.arguments import count, number, positive


def constant(lr):
    """Always `lr`.

    >>> constant(0.1)(999)
    0.1
    """
    lr = positive("lr", lr)
    return lambda step: lr


def step_decay(lr, every, factor=0.1):
    """Multiply the rate by `factor` after each `every` steps: ``lr * factor ** (step // every)``.

    Parameters
    ----------
    lr : float
        The first rate, above zero.
    every : int
        Number of steps that share one rate.
    factor : float
        From above 0 to 1.

    Returns
    -------
    callable
        ``f(step) -> lr``

    Examples
    --------
    >>> f = step_decay(0.5, every=100, factor=0.5)
    >>> f(0), f(99), f(100), f(200)
    (0.5, 0.5, 0.25, 0.125)
    """
    lr = positive("lr", lr)
    every = count("every", every)
    factor = number("factor", factor)
    if not 0 < factor <= 1:
        raise ValueError(f"factor must be a number above 0 and at most 1, got {factor}")
    return lambda step: lr * factor ** (step // every)


def cosine(lr, total_steps, lr_min=0.0):
    """Half a wave of a cosine down from `lr` to `lr_min`, reached at `total_steps` and kept.

    ``lr_min + (lr - lr_min) * (1 + cos(pi * step / total_steps)) / 2``. Source: Loshchilov and Hutter,
    "SGDR: stochastic gradient descent with warm restarts", 2017, arXiv:1608.03983.

    Examples
    --------
    >>> f = cosine(0.4, total_steps=100)
    >>> round(f(0), 3), round(f(50), 3), round(f(100), 3)
    (0.4, 0.2, 0.0)
    """
    lr = positive("lr", lr)
    total_steps = count("total_steps", total_steps)
    lr_min = number("lr_min", lr_min)
    if not 0 <= lr_min <= lr:
        raise ValueError(f"lr_min must be a number from 0 to lr, which is {lr}, got {lr_min}")
    return lambda step: _cosine(lr, lr_min, min(step / total_steps, 1.0))


def warm_up(schedule, steps, start_factor=0.1):
    """Grow in a straight line to the first rate of another schedule in `steps` steps, then follow that one.

    The first steps are taken where the gradient is large and the curvature high; a small rate there avoids
    being thrown far away. Source: Goyal et al., "Accurate, large minibatch SGD", 2017, arXiv:1706.02677.

    Parameters
    ----------
    schedule : callable or float
        What follows, ``f(step) -> lr``; it is asked for steps from 0. A number stands for a constant rate.
    steps : int
        Length of the growth.
    start_factor : float
        The rate at step 0 as a share of the first rate of `schedule`; above 0, at most 1.

    Examples
    --------
    >>> f = warm_up(0.2, steps=10, start_factor=0.5)
    >>> [round(f(step), 2) for step in (0, 5, 10, 500)]
    [0.1, 0.15, 0.2, 0.2]
    """
    follow = schedule if callable(schedule) else constant(schedule)
    steps = count("steps", steps)
    start_factor = number("start_factor", start_factor)
    if not 0 < start_factor <= 1:
        raise ValueError(f"start_factor must be a number above 0 and at most 1, got {start_factor}")

    def rate(step):
        if step >= steps:
            return follow(step - steps)
        return follow(0) * (start_factor + (1 - start_factor) * step / steps)

    return rate


def one_cycle(lr_max, total_steps, warm_share=0.3, div_factor=25.0, final_div_factor=1e4):
    """Up from ``lr_max / div_factor`` to `lr_max` and down to almost nothing, each half a cosine.

    It ends at ``lr_max / div_factor / final_div_factor`` at step ``total_steps - 1`` and stays there. Source:
    Smith and Topin, "Super-convergence", 2018, arXiv:1708.07120.

    Parameters
    ----------
    lr_max : float
        The highest rate.
    total_steps : int
        Number of steps of the whole cycle.
    warm_share : float
        Share of the steps spent growing, above 0 and below 1; at least one whole step.
    div_factor, final_div_factor : float
        How far below `lr_max` the cycle starts, and how far below its start it ends.

    Examples
    --------
    >>> f = one_cycle(1.0, total_steps=101, warm_share=0.3)
    >>> round(f(0), 3), round(f(29), 3), round(f(100), 6)
    (0.04, 1.0, 4e-06)
    """
    lr_max = positive("lr_max", lr_max)
    total_steps = count("total_steps", total_steps)
    div_factor = positive("div_factor", div_factor)
    final_div_factor = positive("final_div_factor", final_div_factor)
    warm_share = number("warm_share", warm_share)
    top = warm_share * total_steps - 1
    if not (0 < warm_share < 1 and top > 0):
        raise ValueError(
            f"warm_share must be a share of the {total_steps} steps that is longer than one step and shorter"
            f" than all, got {warm_share}"
        )
    low, last = lr_max / div_factor, lr_max / div_factor / final_div_factor

    def rate(step):
        if step <= top:
            return _cosine(low, lr_max, step / top)
        return _cosine(lr_max, last, min((step - top) / (total_steps - 1 - top), 1.0))

    return rate


def range_test(lr_low, lr_high, total_steps):
    """Grow by one equal factor a step from `lr_low` to `lr_high`: not to train with, but to find a rate.

    Plot the loss of each step against its rate: it falls fastest well below the rate at which it explodes.
    Source: Smith, "Cyclical learning rates for training neural networks", 2017, arXiv:1506.01186.

    Examples
    --------
    >>> f = range_test(0.001, 1.0, total_steps=4)
    >>> [round(f(step), 4) for step in range(4)]
    [0.001, 0.01, 0.1, 1.0]
    """
    lr_low = positive("lr_low", lr_low)
    lr_high = number("lr_high", lr_high)
    if not lr_low < lr_high:
        raise ValueError(f"lr_high must be a finite number above lr_low, which is {lr_low}, got {lr_high}")
    total_steps = count("total_steps", total_steps, least=2)
    return lambda step: lr_low * (lr_high / lr_low) ** (step / (total_steps - 1))


def _cosine(first, last, share):
    """Half a cosine wave from `first` (share 0) to `last` (share 1)."""
    return last + (first - last) * (1 + math.cos(math.pi * share)) / 2
