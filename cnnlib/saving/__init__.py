"""Networks in files, and on their way to PyTorch and ONNX."""

from cnnlib.saving.networks import load, save
from cnnlib.saving.to_onnx import to_onnx
from cnnlib.saving.to_torch import state_dict, to_torch

__all__ = ["load", "save", "state_dict", "to_onnx", "to_torch"]
