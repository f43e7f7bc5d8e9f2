"""What is right in each notebook, from its own cells, computed once for all tests.

On fewer images of MNIST and with fewer steps and seeds of a comparison than a learner's; what the cells
assert of the full ones nbval holds.
"""

from functools import cache

import pytest

from cnnlib import data, playground
from cnnlib.experiments import comparisons
from cnnlib.learning import compute, find
from cnnlib.learning.truths import needs
from tools import notebook_variables


def truth_of(item, form=0):
    """What is right, with the notebook's variables where it needs them."""
    return _truth_of(item.id, form)


@cache
def _truth_of(name, form):
    item = find(name)
    return compute(item, form, run(item.notebook)[name] if needs(item) else {})


@cache
def run(notebook):
    """The variables of all predictions of a notebook, with less work."""
    with pytest.MonkeyPatch.context() as patch:
        _make_smaller(patch)
        return notebook_variables.run.__wrapped__(notebook)


def _make_smaller(patch):
    """Give the notebooks 2,200 training images of MNIST, a third of each comparison's work, twelve seeds."""
    mnist, compare, ensemble = data.load_mnist_sample(), comparisons.compare, playground.Ensemble
    patch.setattr(playground, "Ensemble", lambda settings, seeds: ensemble(settings, seeds=seeds[:12]))
    few = mnist._replace(x_train=mnist.x_train[:2_200], y_train=mnist.y_train[:2_200])
    patch.setattr(data, "load_mnist", lambda: few)
    patch.setattr(
        comparisons,
        "compare",
        lambda *a, steps, **how: compare(*a, steps=steps // 2, **how | {"seeds": (0, 1)}),
    )
