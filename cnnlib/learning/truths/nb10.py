"""What is right in notebook 10."""

from functools import cache

import numpy as np

from cnnlib.playground import Ensemble, main_effects
from cnnlib.playground import Playground as Run
from cnnlib.playground.features import grid_points

SPIRAL = {"dataset": "spiral", "network_shape": [8, 8]}
TURN = np.array([[1, 1], [-1, 1]]) / np.sqrt(2)


def fewest_cuts():
    """The fewest straight cuts that enclose an area."""
    directions = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    for cuts in range(1, 8):
        normals = 2 * np.pi * np.arange(cuts) / cuts
        if np.cos(directions[:, None] - normals).max(axis=1).min() > 1e-9:  # no direction is open
            return cuts
    raise AssertionError("some number of cuts encloses an area")


def fresh_loss():
    """Whether fresh weights have a loss of 0.425: the place of the choice."""
    loss = Run(dataset="spiral", network_shape=[8, 8], learning_rate=0.03, seed="0.50025").test_loss
    return 0 if loss < 0.415 else 1 if loss < 0.435 else 2


@cache
def leader_stays():
    """Whether the best of twelve seeds at epoch 300 is the best at the end: the place of the choice."""
    networks = Ensemble(SPIRAL, seeds=[f"{0.5 + i / 1e5:.5f}" for i in range(12)])
    networks.step(300)
    early = np.argsort(networks.test_loss)
    networks.step(1231)
    late = np.argsort(networks.test_loss)
    return 0 if early[0] == late[0] else 1 if early[0] in late[:6] else 2


def order_of_medians(medians):
    """The three settings by their median loss, the lowest first, from the cell below."""
    return sorted(medians, key=medians.get)


@cache
def height_over_time():
    """What the height alone explains of the map, in per cent, over the epochs of the chapter's run."""
    run, epochs, shares = Run(**SPIRAL, learning_rate=0.03, seed="0.50025"), [], []
    for epoch in (1, 2, 5, 20, 50, 100, 200, 300, 400, 600, 800, 1100, 1531):
        run.step(epoch - run.epoch)
        z = run.predict(grid_points(50)).reshape(50, 50)
        epochs.append(epoch)
        shares.append(100 * float(np.ravel(main_effects(z[None]))[1]))
    return np.array(epochs), np.array(shares)


@cache
def axes_that_win():
    """Which axes are ahead at epoch 5 once the spirals are turned by 45 degrees: the place."""
    networks = Ensemble(SPIRAL, seeds=[f"{0.5 + i / 1e5:.5f}" for i in range(20)])
    networks.turn(45)
    networks.step(5)
    maps = [networks.predict(g).reshape(20, 50, 50) for g in (grid_points(50), grid_points(50) @ TURN)]
    upright, turned = (main_effects(z).max(axis=1) for z in maps)
    ahead = float((upright > turned).mean())
    return 0 if ahead > 0.7 else 1 if ahead < 0.3 else 2


def where_points_stay(wrong, radius):
    """Where test points stay on the far side: the place of the choice, from the cell below."""
    share = [
        wrong[(radius >= low) & (radius < high)].mean() for low, high in ((0, 0.1), (0.1, 2.5), (2.5, 5.1))
    ]
    return 0 if share[1] >= share[2] else 2 if share[0] > share[2] else 1


def loss_of(says, label):
    """Half the squared distance from the label."""
    return 0.5 * (says - label) ** 2


def links(a, b):
    """Weights between the inputs, two hidden layers and the output, biases apart."""
    return 2 * a + a * b + b


def pulled(lr, rate, updates):
    """How far L1 pulls a weight in some updates."""
    return lr * rate * updates
