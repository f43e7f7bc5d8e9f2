"""Live widgets for notebooks. See `cnnlib.widgets.base` for how to write one."""

from .augmentation import AugmentationExplorer
from .base import BadValue, Button, Challenge, Choice, Grid, LogSlider, Number, Slider, Toggle, Widget
from .blame_microscope import BlameMicroscope
from .broken_backward import BrokenBackward
from .chain_rule import ChainRule
from .convolution import ConvolutionMicroscope
from .descent import DescentExplorer
from .evidence import EvidenceExplorer
from .first_loss import FirstLoss
from .gallery import ImageGallery
from .gradient_check import GradientCheckExplorer
from .loss_explorer import LossExplorer
from .mistakes import MistakeExplorer
from .network_xray import NetworkXRay
from .one_update import OneUpdate
from .playground import Playground
from .playground_seeds import PlaygroundSeeds
from .playground_snapshots import PlaygroundSnapshots
from .setup_check import SetupCheck
from .size_explorer import SizeExplorer
from .training import TrainingView

__all__ = [
    "AugmentationExplorer",
    "BadValue",
    "BlameMicroscope",
    "BrokenBackward",
    "Button",
    "ChainRule",
    "Challenge",
    "Choice",
    "ConvolutionMicroscope",
    "DescentExplorer",
    "EvidenceExplorer",
    "FirstLoss",
    "GradientCheckExplorer",
    "Grid",
    "ImageGallery",
    "LogSlider",
    "LossExplorer",
    "MistakeExplorer",
    "NetworkXRay",
    "Number",
    "OneUpdate",
    "Playground",
    "PlaygroundSeeds",
    "PlaygroundSnapshots",
    "SetupCheck",
    "SizeExplorer",
    "Slider",
    "Toggle",
    "TrainingView",
    "Widget",
]
