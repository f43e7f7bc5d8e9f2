"""Widgets of the backward pass: chain rule, gradient check, convolution, blame, one update, faults."""

from cnnlib.widgets.backpropagation.blame_microscope import BlameMicroscope
from cnnlib.widgets.backpropagation.broken_backward import BrokenBackward
from cnnlib.widgets.backpropagation.chain_rule import ChainRule
from cnnlib.widgets.backpropagation.convolution_backward import ConvolutionBackward
from cnnlib.widgets.backpropagation.gradient_check import GradientCheckExplorer
from cnnlib.widgets.backpropagation.one_update import OneUpdate
from cnnlib.widgets.backpropagation.pixel_in_windows import PixelInWindows

__all__ = [
    "BlameMicroscope",
    "BrokenBackward",
    "ChainRule",
    "ConvolutionBackward",
    "GradientCheckExplorer",
    "OneUpdate",
    "PixelInWindows",
]
