"""Live widgets for notebooks, by subject. See `cnnlib.widgets.base` for how to write one.

A subject is loaded when the first of its widgets is asked for: a notebook that shows two widgets, and a page
that runs in a browser, need not wait for all of them.

>>> from cnnlib.widgets import LossExplorer
>>> LossExplorer.__module__
'cnnlib.widgets.loss.loss_explorer'

Every widget is listed, loaded or not, once.

>>> import cnnlib.widgets
>>> [name for name in dir(cnnlib.widgets) if name.startswith("Loss")]
['LossExplorer', 'LossSlice']
"""

from importlib import import_module

SUBJECTS = {
    "backpropagation": "BlameMicroscope BrokenBackward ChainRule ConvolutionBackward"
    " GradientCheckExplorer OneUpdate PixelInWindows",
    "base": "BadValue Button Challenge Choice Grid LogSlider Number Slider TextField Toggle Widget",
    "depth": "DepthExplorer NormalizationSteps",
    "generalization": "CalibrationExplorer MemoriseExplorer",
    "forward_pass": "ConvolutionMicroscope KernelSlices NetworkXRay SizeExplorer",
    "gradient_descent": "BatchNoise ContourExplorer DescentExplorer OptimizerRace",
    "initialization": "FilterWatch InitExplorer",
    "learning_rate": "RateSweep ScheduleExplorer",
    "loss": "FirstLoss LossExplorer",
    "minima": "BasinMap EscapeExplorer LineBetween LossSlice SeedHistogram",
    "spirals": "Playground PlaygroundSeeds PlaygroundSnapshots",
    "start_here": "ImageGallery SetupCheck TrainingView",
    "train_a_cnn": "AugmentationExplorer EvidenceExplorer MistakeExplorer",
}
_homes = {name: subject for subject, names in SUBJECTS.items() for name in names.split()}

__all__ = sorted(_homes)


def __getattr__(name):
    if name not in _homes:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_homes[name]}"), name)
    globals()[name] = found
    return found


def __dir__():
    return sorted({*globals(), *__all__})  # loaded or not, each name once
