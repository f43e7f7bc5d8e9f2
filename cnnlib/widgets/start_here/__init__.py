"""Widgets of notebook 00: the check of the set-up, a network that trains, a gallery of images."""

from cnnlib.widgets.start_here.gallery import ImageGallery
from cnnlib.widgets.start_here.setup_check import SetupCheck
from cnnlib.widgets.start_here.training_view import TrainingView

__all__ = ["ImageGallery", "SetupCheck", "TrainingView"]
