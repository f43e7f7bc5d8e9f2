"""Widgets of gradient descent: one weight, two weights, five optimizers, the noise of batches."""

from cnnlib.widgets.gradient_descent.batch_noise import BatchNoise
from cnnlib.widgets.gradient_descent.contours import ContourExplorer
from cnnlib.widgets.gradient_descent.descent import DescentExplorer
from cnnlib.widgets.gradient_descent.optimizer_race import OptimizerRace

__all__ = ["BatchNoise", "ContourExplorer", "DescentExplorer", "OptimizerRace"]
