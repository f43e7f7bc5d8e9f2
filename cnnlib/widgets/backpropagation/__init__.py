"""Widgets of the backward pass: the chain rule, the gradient check, blame, one update, planted faults."""

from cnnlib.widgets.backpropagation.blame_microscope import BlameMicroscope
from cnnlib.widgets.backpropagation.broken_backward import BrokenBackward
from cnnlib.widgets.backpropagation.chain_rule import ChainRule
from cnnlib.widgets.backpropagation.gradient_check import GradientCheckExplorer
from cnnlib.widgets.backpropagation.one_update import OneUpdate

__all__ = ["BlameMicroscope", "BrokenBackward", "ChainRule", "GradientCheckExplorer", "OneUpdate"]
