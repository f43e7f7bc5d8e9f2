"""Many copies of one network, trained at once."""

from cnnlib.experiments.ensemble.ensemble import NetworkEnsemble, train_ensemble

__all__ = ["NetworkEnsemble", "train_ensemble"]
