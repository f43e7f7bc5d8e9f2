"""The playground's controls: those of the original page, and what it lacks."""

from __future__ import annotations

from cnnlib.playground import (
    ACTIVATIONS,
    DATASETS,
    FEATURES,
    INITIALIZATIONS,
    PROBLEMS,
    REG_DATASETS,
    REGULARIZATIONS,
)
from cnnlib.widgets.base import Button, Choice, Grid, LogSlider, Number, Slider, Toggle
from cnnlib.widgets.spirals.presets import OWN, PRESETS, Seed
from cnnlib.widgets.spirals.scene import FEATURE_NAMES

HIDDEN = [f"node {layer}.{node}" for layer in range(1, 7) for node in range(1, 9)]
NODES = ("output", *FEATURE_NAMES, *HIDDEN)
CAP = 100.0  # largest weight that can be typed

CONTROLS = (
    Choice("preset", (OWN, *PRESETS), label="Run to look at"),
    Choice("problem", PROBLEMS, "classification", label="Problem"),
    Choice("dataset", DATASETS, "circle", label="Data"),
    Choice("reg_dataset", REG_DATASETS, "reg-plane", label="Data for regression"),
    Slider("noise", 0, 80, 0, step=5, label="Noise", unit="%"),
    Slider("perc_train_data", 10, 90, 50, step=10, integer=True, label="Points trained on", unit="%"),
    Seed("seed", "0.50000", label="Seed"),
    Button("points", label="New points"),
    Grid("neurons", ((4, 2, 0, 0, 0, 0),), 0, 8, label="Neurons of the hidden layers (0: no layer)"),
    Button("more layers", label="Add a layer"),
    Button("fewer layers", label="Remove a layer"),
    Choice("activation", ACTIVATIONS, "tanh", label="Activation"),
    Choice("init", tuple(INITIALIZATIONS), label="First weights"),
    Button("weights", label="New weights"),
    *(
        Toggle(name, name in ("x", "y"), label=label)
        for name, label in zip(FEATURES, FEATURE_NAMES, strict=True)
    ),
    LogSlider("learning_rate", 1e-5, 10, 0.03, label="Learning rate"),
    Slider("batch_size", 1, 30, 10, integer=True, label="Batch size"),
    Choice("regularization", REGULARIZATIONS, label="Regularization"),
    Number("regularization_rate", 0, 10, 0, step=0.001, label="Regularization rate"),
    Slider("epoch", 0, 1_000_000, 0, integer=True, label="Rewind to epoch"),
    Choice("node", NODES, label="Large map"),
    Choice("links", ("weights", "gradients"), label="Links show"),
    Toggle("show_test_data", label="Show test data"),
    Toggle("discretize", label="Discretize output"),
    Slider("edit_layer", 1, 7, 1, integer=True, label="Change: layer of links"),
    Slider("edit_to", 1, 8, 1, integer=True, label="to node"),
    Slider("edit_from", 0, 8, 1, integer=True, label="from (0: bias)"),
    Number("value", -CAP, CAP, 0, step=0.1, label="Value"),
)
