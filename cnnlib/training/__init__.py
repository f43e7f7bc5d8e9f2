"""What surrounds the training loop: `fit`, history, early stopping, checkpoints, and how sure to be."""

from cnnlib.training.calibration import expected_calibration_error, fit_temperature, reliability_bins
from cnnlib.training.checkpoint import load_checkpoint, save_checkpoint
from cnnlib.training.early_stopping import EarlyStopping
from cnnlib.training.fit import fit
from cnnlib.training.history import History

__all__ = [
    "EarlyStopping",
    "History",
    "expected_calibration_error",
    "fit",
    "fit_temperature",
    "load_checkpoint",
    "reliability_bins",
    "save_checkpoint",
]
