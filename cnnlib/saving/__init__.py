"""Networks in files, and on their way to and from PyTorch and ONNX."""

from cnnlib.saving.from_onnx import from_onnx
from cnnlib.saving.from_torch import from_torch
from cnnlib.saving.networks import load, save
from cnnlib.saving.to_onnx import to_onnx
from cnnlib.saving.to_torch import state_dict, to_torch

__all__ = ["from_onnx", "from_torch", "load", "save", "state_dict", "to_onnx", "to_torch"]
