"""What surrounds the training loop: `fit`, the history it returns, early stopping, checkpoints."""

from cnnlib.training.checkpoint import load_checkpoint, save_checkpoint
from cnnlib.training.early_stopping import EarlyStopping
from cnnlib.training.fit import fit
from cnnlib.training.history import History

__all__ = ["EarlyStopping", "History", "fit", "load_checkpoint", "save_checkpoint"]
