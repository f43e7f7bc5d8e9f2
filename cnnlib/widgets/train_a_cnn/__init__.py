"""Widgets of training on real images: distortions, mistakes, and what a network looks at."""

from cnnlib.widgets.train_a_cnn.augmentation import AugmentationExplorer
from cnnlib.widgets.train_a_cnn.evidence import EvidenceExplorer
from cnnlib.widgets.train_a_cnn.mistakes import MistakeExplorer

__all__ = ["AugmentationExplorer", "EvidenceExplorer", "MistakeExplorer"]
