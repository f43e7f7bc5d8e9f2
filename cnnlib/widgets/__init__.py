"""Live widgets for notebooks, by subject. See `cnnlib.widgets.base` for how to write one."""

from cnnlib.widgets.backpropagation import (
    BlameMicroscope,
    BrokenBackward,
    ChainRule,
    GradientCheckExplorer,
    OneUpdate,
)
from cnnlib.widgets.base import (
    BadValue,
    Button,
    Challenge,
    Choice,
    Grid,
    LogSlider,
    Number,
    Slider,
    TextField,
    Toggle,
    Widget,
)
from cnnlib.widgets.forward_pass import ConvolutionMicroscope, NetworkXRay, SizeExplorer
from cnnlib.widgets.gradient_descent import BatchNoise, ContourExplorer, DescentExplorer, OptimizerRace
from cnnlib.widgets.initialization import FilterWatch, InitExplorer
from cnnlib.widgets.learning_rate import RateSweep, ScheduleExplorer
from cnnlib.widgets.loss import FirstLoss, LossExplorer
from cnnlib.widgets.minima import BasinMap, EscapeExplorer, LineBetween, LossSlice, SeedHistogram
from cnnlib.widgets.spirals import Playground, PlaygroundSeeds, PlaygroundSnapshots
from cnnlib.widgets.start_here import ImageGallery, SetupCheck, TrainingView
from cnnlib.widgets.train_a_cnn import AugmentationExplorer, EvidenceExplorer, MistakeExplorer

__all__ = [
    "AugmentationExplorer",
    "BadValue",
    "BasinMap",
    "BatchNoise",
    "BlameMicroscope",
    "BrokenBackward",
    "Button",
    "ChainRule",
    "Challenge",
    "Choice",
    "ContourExplorer",
    "ConvolutionMicroscope",
    "DescentExplorer",
    "EscapeExplorer",
    "EvidenceExplorer",
    "FilterWatch",
    "FirstLoss",
    "GradientCheckExplorer",
    "Grid",
    "ImageGallery",
    "InitExplorer",
    "LineBetween",
    "LogSlider",
    "LossExplorer",
    "LossSlice",
    "MistakeExplorer",
    "NetworkXRay",
    "Number",
    "OneUpdate",
    "OptimizerRace",
    "Playground",
    "PlaygroundSeeds",
    "PlaygroundSnapshots",
    "RateSweep",
    "ScheduleExplorer",
    "SeedHistogram",
    "SetupCheck",
    "SizeExplorer",
    "Slider",
    "TextField",
    "Toggle",
    "TrainingView",
    "Widget",
]
