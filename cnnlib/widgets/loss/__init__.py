"""Widgets of the loss: one guess and its loss, and the first losses of fresh networks."""

from cnnlib.widgets.loss.first_loss import FirstLoss
from cnnlib.widgets.loss.loss_explorer import LossExplorer

__all__ = ["FirstLoss", "LossExplorer"]
