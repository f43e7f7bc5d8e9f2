"""How the settings of the playground are spelt: in the page's address, in a mapping, in Python."""

from cnnlib.playground.initial import INITIALIZATIONS
from cnnlib.playground.jsnumber import format_number, parse_number

ACTIVATIONS = ("relu", "tanh", "sigmoid", "linear")
REGULARIZATIONS = ("none", "L1", "L2")
DATASETS = ("circle", "xor", "gauss", "spiral")
REG_DATASETS = ("reg-plane", "reg-gauss")
PROBLEMS = ("classification", "regression")
FEATURES = ("x", "y", "xSquared", "ySquared", "xTimesY", "sinX", "sinY")
SWITCHES = ("x", "y", "xTimesY", "xSquared", "ySquared", "cosX", "sinX", "cosY", "sinY")
CHOICES = {
    "activation": ACTIVATIONS,
    "regularization": REGULARIZATIONS,
    "dataset": DATASETS,
    "reg_dataset": REG_DATASETS,
    "problem": PROBLEMS,
    "init": tuple(INITIALIZATIONS),
}
NUMBERS = ("batch_size", "learning_rate", "regularization_rate", "noise", "perc_train_data")
PAGE_SWITCHES = ("show_test_data", "discretize", "collect_stats", "init_zero", "hide_text")
# The keys of the address in the order in which the page writes them.
ADDRESS_KEYS = (
    "activation regularization batchSize dataset regDataset learningRate regularizationRate noise "
    "networkShape seed showTestData discretize percTrainData x y xTimesY xSquared ySquared cosX sinX "
    "cosY sinY collectStats tutorial problem initZero hideText init numSamples"
).split()
# What a recorded run tells beside its settings; it follows from them.
DERIVED = {"layerSizes", "outputActivation", "error", "extraEpochs"}


def snake(name):
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def word(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ",".join(format_number(n) for n in value)
    return value if isinstance(value, str) else format_number(value)


def read_address(pairs):
    """Turn the text values of an address into arguments of `Config`."""
    given = {name: value for name, value in pairs.items() if value is not None and value.strip()}
    found, switches = {}, {"x": True, "y": True}
    for key in ADDRESS_KEYS:
        name, value = snake(key), given.get(key)
        if key == "networkShape" and pairs.get(key) is not None:
            pieces = pairs[key].split(",") if pairs[key].strip() else []
            found[name] = tuple(parse_number(piece) for piece in pieces)
        elif value is None:
            continue
        elif key in SWITCHES:
            switches[key] = value != "false"
        elif name in CHOICES:
            found.update({name: value} if value in CHOICES[name] else {})
        elif name in NUMBERS or name == "num_samples":
            found[name] = parse_number(value)
        else:
            found[name] = value if name in ("seed", "tutorial") else value != "false"
    found["features"] = tuple(name for name, on in switches.items() if on)
    found["hidden"] = tuple(
        (k[: -len("_hide")], v == "true") for k, v in pairs.items() if k.endswith("_hide")
    )
    return found


def arguments(mapping, base=None):
    """Bring the spellings of a mapping to the arguments of `Config`."""
    found, switches, hidden = {}, {}, dict(base.hidden) if base else {}
    for key, value in mapping.items():
        if key in SWITCHES:
            switches[key] = bool(value)
        elif key.endswith("_hide"):
            hidden[key.removesuffix("_hide")] = bool(value)
        elif key not in DERIVED:
            found[snake(key)] = value
    if switches:
        on = found.get("features", base.features if base else ("x", "y"))
        found["features"] = tuple(n for n in SWITCHES if switches.get(n, n in on))
    if hidden:
        found["hidden"] = tuple(hidden.items())
    if found.get("dataset") in REG_DATASETS:
        found["reg_dataset"] = found.pop("dataset")
        found.setdefault("problem", "regression")
    if found.get("regularization", "none") is None:
        found["regularization"] = "none"
    return found
