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
from cnnlib.runtime.language import marked
from cnnlib.widgets.base import Button, Choice, Grid, LogSlider, Number, Slider, Toggle
from cnnlib.widgets.spirals.node_maps import FEATURE_NAMES
from cnnlib.widgets.spirals.presets import OWN, PRESETS, Seed
from cnnlib.widgets.spirals.share import ShareLine

HIDDEN = [f"node {layer}.{node}" for layer in range(1, 7) for node in range(1, 9)]
NODES = ("output", *FEATURE_NAMES, *HIDDEN)
CAP = 100.0  # largest weight that can be typed

DATA_WORDS = dict(zip(DATASETS, marked("circle", "xor", "clouds", "spirals"), strict=True))
REG_WORDS = dict(zip(REG_DATASETS, marked("plane", "hills"), strict=True))
marked("classification", "regression", "node {number}", "Node {number}", "output", "Output")
marked("playground", "zero", "same", "normal", "large")  # first weights; others are called after people
marked("One neuron more in layer {number}", "One neuron fewer in layer {number}")

CONTROLS = (
    Choice("preset", (OWN, *PRESETS), label="Runs worth seeing", words=("choose one", *PRESETS)),
    Choice("problem", PROBLEMS, "classification", label="Problem"),
    Choice(
        "dataset",
        DATASETS,
        "circle",
        label="Which points?",
        picker="thumbnails",
        words=[DATA_WORDS[name] for name in DATASETS],
    ),
    Choice(
        "reg_dataset",
        REG_DATASETS,
        "reg-plane",
        label="Points with a number each",
        picker="thumbnails",
        words=[REG_WORDS[name] for name in REG_DATASETS],
    ),
    Slider("noise", 0, 80, 0, step=5, label="Noise", unit="%"),
    Slider("perc_train_data", 10, 90, 50, step=10, integer=True, label="Trained on", unit="%"),
    Seed("seed", "0.50000", label="Seed"),
    Button("points", label="New points"),
    Grid("neurons", ((4, 2, 0, 0, 0, 0),), 0, 8, label="Neurons of the hidden layers (0: no layer)"),
    Button("more layers", label="+", help="Add a layer"),
    Button("fewer layers", label="−", help="Remove a layer"),
    *(Button(f"more {k}", label="+", help=f"One neuron more in layer {k}") for k in range(1, 7)),
    *(Button(f"fewer {k}", label="−", help=f"One neuron fewer in layer {k}") for k in range(1, 7)),
    Choice("activation", ACTIVATIONS, "tanh", label="Activation"),
    Choice("init", tuple(INITIALIZATIONS), label="First weights"),
    Button("weights", label="New weights"),
    *(
        Toggle(name, name in ("x", "y"), label=label)
        for name, label in zip(FEATURES, FEATURE_NAMES, strict=True)
    ),
    LogSlider("learning_rate", 1e-5, 10, 0.03, label="Learning rate"),
    Slider("batch_size", 1, 30, 10, integer=True, label="Batch size"),
    Choice("regularization", REGULARIZATIONS, label="Penalty on large weights"),
    Number("regularization_rate", 0, 10, 0, step=0.001, label="Penalty rate"),
    Slider("epoch", 0, 1_000_000, 0, integer=True, label="Rewind to epoch"),
    Choice("node", NODES, label="Large map"),
    Choice("links", ("weights", "gradients"), label="Lines show"),
    Toggle("show_test_data", label="Test points"),
    Toggle("discretize", label="Only the sign"),
    Slider("edit_layer", 1, 7, 1, integer=True, label="Change: layer of links"),
    Slider("edit_to", 1, 8, 1, integer=True, label="to node"),
    Slider("edit_from", 0, 8, 1, integer=True, label="from (0: bias)"),
    ShareLine("share", "#", longest=20000, label="Share: copy this line, or paste another one"),
    Number("value", -CAP, CAP, 0, step=0.1, label="Value"),
)

SLOTS = {
    "bar": ("learning_rate", "activation", "weights"),
    "data": ("dataset", "noise", "points"),
    "output": ("time",),
    "says": ("text", "show_test_data", "discretize"),
    "handle": ("epoch",),
    "anchored": (
        "more layers",
        "fewer layers",
        *(f"{word} {k}" for k in range(1, 7) for word in ("fewer", "more")),
        *FEATURES,
        "value",
    ),
    "more": (
        "preset",
        "links",
        "speed",
        "regularization",
        "regularization_rate",
        "problem",
        "reg_dataset",
        "perc_train_data",
        "seed",
        "batch_size",
        "init",
        "node",
        "edit_layer",
        "edit_to",
        "edit_from",
        "neurons",
        "share",
        "reset",
        "save",
        "copy",
    ),
}
