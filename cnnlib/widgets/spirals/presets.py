"""Runs of the playground that are worth seeing, good and bad, and how settings become controls."""

from __future__ import annotations

from cnnlib.playground import FEATURES, Config
from cnnlib.runtime.language import say
from cnnlib.widgets.base import BadValue, TextField
from cnnlib.widgets.base.controls import parse_number

OWN = "your own"
SETTINGS = (
    "problem",
    "dataset",
    "reg_dataset",
    "noise",
    "perc_train_data",
    "batch_size",
    "activation",
    "regularization",
    "regularization_rate",
    "init",
    "seed",
    "neurons",
    *FEATURES,
)

_PLAIN = {
    "problem": "classification",
    "dataset": "circle",
    "reg_dataset": "reg-plane",
    "noise": 0.0,
    "batch_size": 10,
    "perc_train_data": 50,
    "learning_rate": 0.03,
    "activation": "tanh",
    "regularization": "none",
    "regularization_rate": 0.0,
    "init": "playground",
    "neurons": (4, 2),
    "features": ("x", "y"),
}

# name: (what differs from the plain settings, what to see)
PRESETS = {
    "circle, solved": (
        {"seed": 0.12345},
        "Good: four and two neurons fold the plane around the disc; the loss is below 0.02 after 100 epochs.",
    ),
    "spirals, the chapter's run": (
        {"dataset": "spiral", "neurons": (8, 8), "seed": 0.50025},
        "Good in the end: test loss 0.425 at epoch 147, 0.106 at 1531, 16 of 250 test points wrong.",
    ),
    "spirals, all features": (
        {
            "dataset": "spiral", "neurons": (8,), "features": FEATURES, "seed": 0.20012,
        },
        "Good: with all seven features one layer of eight neurons is enough.",
    ),
    "spirals, too small": (
        {"dataset": "spiral", "seed": 0.5},
        "Bad: four and two neurons cannot wind around the spirals, however long they train.",
    ),
    "exclusive or without hidden layer": (
        {"dataset": "xor", "neurons": (), "seed": 0.5},
        "Bad: without a hidden layer the border is one straight line. Switch X₁X₂ on.",
    ),
    "all weights zero": (
        {"init": "zero", "learning_rate": 0.3, "seed": 0.20015},
        "Bad: with tanh and zeros only the output's bias ever receives a gradient.",
    ),
    "all nodes the same": (
        {"init": "same", "neurons": (8,), "seed": 0.5},
        "Bad: nodes that start equal stay equal, so eight neurons do the work of one.",
    ),
    "L1 removes every link": (
        {
            "activation": "relu", "neurons": (8, 8), "regularization": "L1", "regularization_rate": 0.1,
            "learning_rate": 0.1, "batch_size": 30, "seed": 0.20006,
        },
        "Bad: the penalty is stronger than the data; all 88 links die and the output is one constant.",
    ),
    "learning by heart": (
        {"noise": 50.0, "perc_train_data": 10, "neurons": (8, 8, 8), "seed": 0.5},
        "Bad: 50 noisy points are learned by heart; the training loss falls while the test loss rises.",
    ),
    "learning rate too large": (
        {"learning_rate": 3.0, "dataset": "spiral", "neurons": (8, 8), "seed": 0.5},
        "Bad: steps of rate 3 throw the neurons into saturation, where the gradient vanishes.",
    ),
    "divergence": (
        {
            "problem": "regression", "neurons": (), "learning_rate": 0.3, "batch_size": 30,
            "perc_train_data": 10, "seed": 0.5,
        },
        "Bad: a linear output and a large rate; every step overshoots more, until the numbers overflow.",
    ),
}  # fmt: skip


class Seed(TextField):
    """The seed as the address of the original page spells it: any short text; a number gets five decimals.

    In an address "0.5" and "0.50000" are two seeds, and so they are in code. What is typed in the box as a
    number is that number.

    >>> [Seed("seed", "0.50000").clean(value) for value in (0.3, "0.3", 0.123456)]
    ['0.30000', '0.3', '0.123456']
    >>> [Seed("seed", "0.50000").typed(value) for value in ("0.3", "0,3", "hello", "0.123456")]
    ['0.30000', '0.30000', 'hello', '0.123456']
    """

    def typed(self, value):
        try:
            return self.clean(parse_number(value))
        except ValueError:
            return value

    def clean(self, value) -> str:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300:
            value = f"{value:.5f}" if float(f"{value:.5f}") == value else repr(value)
        return super().clean(value)


def neurons(*shape: int) -> dict:
    """The state of the boxes for a network shape."""
    return {"neurons": ((*map(float, shape), *[0.0] * (6 - len(shape))),)}


def preset_state(name: str) -> dict:
    """Controls for a preset."""
    settings = _PLAIN | PRESETS[name][0]
    settings["seed"] = f"{settings['seed']:.5f}"
    on = settings.pop("features")
    return settings | neurons(*settings.pop("neurons")) | {f: f in on for f in FEATURES}


def state_of(config: Config) -> dict:
    """Controls for settings of an address; BadValue where the widget has no such setting."""
    try:
        seed = Seed("seed", "0.50000", label="Seed").clean(config.seed)
    except ValueError as problem:
        raise BadValue(f"{problem}.") from None
    if len(config.network_shape) > 6 or any(n not in range(1, 9) for n in config.network_shape):
        raise BadValue(
            say(
                "The widget has up to 6 layers of 1 to 8 neurons; got {network_shape}.",
                network_shape=config.network_shape,
            )
        )
    names = set(SETTINGS) - {"neurons", "seed", "init", *FEATURES}
    values = {
        name: getattr(config, name) for name in (*names, "learning_rate", "show_test_data", "discretize")
    }
    features = {name: name in config.inputs for name in FEATURES}
    return values | features | neurons(*config.network_shape) | {"seed": seed, "init": config.initialization}
