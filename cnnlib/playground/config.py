"""Settings of the spiral playground, and the address of the original page that holds them."""

import itertools
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np

from cnnlib.playground.address import (
    ADDRESS_KEYS,
    CHOICES,
    FEATURES,
    NUMBERS,
    PAGE_SWITCHES,
    SWITCHES,
    arguments,
    read_address,
    snake,
    word,
)
from cnnlib.playground.datasets import N_CLASSIFICATION, N_REGRESSION
from cnnlib.playground.jsnumber import format_number, parse_number, tidy

# What a network may be so that it still answers. The page's own buttons end at 6 layers of 8.
MOST_SAMPLES, MOST_LAYERS, MOST_NODES, MOST_WEIGHTS, MOST_LETTERS = 10_000, 20, 1000, 50_000, 1000


@dataclass(frozen=True)
class Config:
    """All settings of one playground; the defaults are the page's.

    Parameters
    ----------
    activation, regularization, dataset, reg_dataset, problem : str
        As listed in ``ACTIVATIONS``, ``REGULARIZATIONS``, ``DATASETS``, ``REG_DATASETS``, ``PROBLEMS``.
    batch_size, learning_rate, regularization_rate : float
        Not checked for their range, as on the page: a batch size of 0 never updates.
    noise : float
        Percent. Above 80 it becomes 50 and below 0 it becomes 0, as on the page.
    network_shape : tuple of int
        Neurons of each hidden layer; ``()`` for none.
    num_samples : int, optional
        Points in all, 1 to 10,000; the page's 500 or 1200 unless given.
    seed : str
        Fixes the points, their order and the first weights; a random five-decimal one unless given.
    perc_train_data : float
        Percent of the points that are trained on.
    features : tuple of str
        Inputs, always in the order of ``FEATURES``.
    init : str
        Initialization: ``"playground"`` (the page's) or another of ``INITIALIZATIONS``.
    hidden : tuple of (str, bool)
        The ``NAME_hide`` keys of the address. A hidden feature is no input.

    Examples
    --------
    >>> config = Config(dataset="spiral", network_shape=(8, 8), seed="0.50025")
    >>> config.layer_sizes, config.output_activation
    ((2, 8, 8, 1), 'tanh')
    """

    activation: str = "tanh"
    regularization: str = "none"
    batch_size: float = 10
    dataset: str = "circle"
    reg_dataset: str = "reg-plane"
    learning_rate: float = 0.03
    regularization_rate: float = 0
    noise: float = 0
    network_shape: tuple = (4, 2)
    seed: str | None = None
    show_test_data: bool = False
    discretize: bool = False
    perc_train_data: float = 50
    features: tuple = ("x", "y")
    collect_stats: bool = False
    tutorial: str | None = None
    problem: str = "classification"
    init_zero: bool = False
    hide_text: bool = False
    init: str = "playground"
    num_samples: int | None = None
    hidden: tuple = ()

    def __post_init__(self):
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}; got {getattr(self, name)!r}")
        for name in NUMBERS:
            self._set(name, _number(name, getattr(self, name)))
        for name in PAGE_SWITCHES:
            self._set(name, bool(getattr(self, name)))
        self._set("noise", 50 if self.noise > 80 else 0 if self.noise < 0 else self.noise)
        self._set("network_shape", _shape(self.network_shape))
        self._set("features", _features(self.features))
        self._set("seed", _seed(self.seed))
        if self.num_samples is not None:
            count = _samples(self.num_samples)
            self._set("num_samples", None if count == self._usual_samples else count)
        _check_size(self.layer_sizes)

    def _set(self, name, value):
        object.__setattr__(self, name, value)

    @property
    def _usual_samples(self):
        return N_REGRESSION if self.problem == "regression" else N_CLASSIFICATION

    @property
    def initialization(self):
        """Name of the initialization in force: ``init_zero`` goes before ``init``."""
        return "zero" if self.init_zero else self.init

    @property
    def inputs(self):
        """Names of the input nodes: the features that are on and not hidden, in their order."""
        hidden = {name for name, off in self.hidden if off}
        return tuple(name for name in FEATURES if name in self.features and name not in hidden)

    @property
    def layer_sizes(self):
        """Nodes of every layer, inputs and output included."""
        counts = (
            0 if math.isnan(n) else math.ceil(min(max(n, 0), MOST_NODES + 1)) for n in self.network_shape
        )
        return (len(self.inputs), *counts, 1)

    @property
    def output_activation(self):
        """Activation of the output node: tanh for classification, linear for regression."""
        return "linear" if self.problem == "regression" else "tanh"

    @property
    def active_dataset(self):
        """Name of the data set in use for the current problem."""
        return self.reg_dataset if self.problem == "regression" else self.dataset

    def replace(self, **changes):
        """Return a copy with some settings changed.

        >>> Config(seed="0.1").replace(noise=25).noise
        25
        """
        _refuse_unknown(changes)
        return replace(self, **changes)

    @classmethod
    def of(cls, settings=None, **changes):
        """Make a `Config` from whatever holds settings.

        Parameters
        ----------
        settings : Config, Mapping, str or None
            A mapping may use the page's names (``batchSize``) or Python's (``batch_size``), list
            its ``features`` or switch them (``xSquared=True``); a str is an address or its hash.
        **changes
            Settings that replace those, in either spelling.

        Examples
        --------
        >>> Config.of({"networkShape": [8], "dataset": "reg-gauss", "seed": "1"}).problem
        'regression'
        """
        if isinstance(settings, str):
            settings = cls.from_url_hash(settings)
        if settings is None:
            settings = {}
        if isinstance(settings, Mapping):
            settings = cls(**_known_only(arguments(settings)))
        if not isinstance(settings, cls):
            kind = type(settings).__name__
            raise TypeError(f"settings must be a Config, a mapping or an address (str); got {kind}")
        return settings.replace(**arguments(changes, settings)) if changes else settings

    @classmethod
    def from_url_hash(cls, text):
        """Read an address of the original page, or only the part behind its ``#``.

        Unknown keys and unknown names are ignored, as the page does.

        >>> Config.from_url_hash("#activation=relu&networkShape=&dataset=moon&seed=1").network_shape
        ()
        """
        pairs = {}
        for piece in text.strip().split("#", 1)[-1].split("&"):
            name, *values = piece.split("=")
            pairs[name] = values[0] if values else None
        return cls(**read_address(pairs))

    def to_url_hash(self):
        """Write the settings as the page writes them, so that they open there.

        >>> Config(seed="0.1").to_url_hash()[:34]
        '#activation=tanh&batchSize=10&data'
        """
        words = []
        for key in ADDRESS_KEYS:
            value = key in self.features if key in SWITCHES else getattr(self, snake(key))
            if value is None or (key, value) in (("regularization", "none"), ("init", "playground")):
                continue
            words.append(f"{key}={word(value)}")
        words += [f"{name}_hide={word(off)}" for name, off in self.hidden]
        return "#" + "&".join(words)


def _known_only(found):
    known = {field.name for field in fields(Config)}
    for name in set(found) - known:
        warnings.warn(f"setting {name!r} is not one of the playground's and is ignored", stacklevel=4)
    return {name: value for name, value in found.items() if name in known}


def _refuse_unknown(changes):
    unknown = sorted(set(changes) - {field.name for field in fields(Config)})
    if unknown:
        raise TypeError(f"no setting of the playground is called {', '.join(unknown)}")


def _number(name, value):
    try:
        return tidy(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number, got {value!r}") from None


def _samples(value):
    count = _number("num_samples", value)
    if not (1 <= count <= MOST_SAMPLES and count == int(count)):
        raise ValueError(f"num_samples must be a whole number from 1 to {MOST_SAMPLES}, got {count}")
    return int(count)


def _check_size(sizes):
    """Refuse networks that would not answer: an address may come from anybody."""
    weights = sum(a * b for a, b in itertools.pairwise(sizes))
    if len(sizes) - 2 > MOST_LAYERS or max(sizes) > MOST_NODES or weights > MOST_WEIGHTS:
        largest = max(sizes) if max(sizes) <= MOST_NODES else f"more than {MOST_NODES}"
        raise ValueError(
            f"network_shape must list up to {MOST_LAYERS} layers of up to {MOST_NODES} neurons with up to"
            f" {MOST_WEIGHTS} weights in all, got {len(sizes) - 2} layers, the largest of {largest}, with"
            f" {weights} weights"
        )


def _shape(value):
    if isinstance(value, str):
        value = [parse_number(piece) for piece in value.split(",")] if value.strip() else []
    if not np.iterable(value):
        raise TypeError(f"network_shape must list the neurons of each hidden layer, got {value!r}")
    return tuple(_number("network_shape", n) for n in value)


def _features(value):
    names = (value,) if isinstance(value, str) else tuple(value)
    unknown = [name for name in names if name not in SWITCHES]
    if unknown:
        raise ValueError(f"features must be among {', '.join(FEATURES)}; got {unknown[0]!r}")
    return tuple(name for name in (*FEATURES, "cosX", "cosY") if name in names)


def _seed(value):
    if value is None:
        return f"{np.random.default_rng().random():.5f}"
    value = value if isinstance(value, str) else format_number(value)
    if len(value) > MOST_LETTERS:
        raise ValueError(f"seed must be at most {MOST_LETTERS} characters long, got {len(value)}")
    return value
