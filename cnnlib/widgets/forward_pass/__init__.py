"""Widgets of the forward pass: the convolution, its kernels, sizes, and a whole network under the X-ray."""

from cnnlib.widgets.forward_pass.convolution import ConvolutionMicroscope
from cnnlib.widgets.forward_pass.kernel_slices import KernelSlices
from cnnlib.widgets.forward_pass.network_xray import NetworkXRay
from cnnlib.widgets.forward_pass.size_explorer import SizeExplorer

__all__ = ["ConvolutionMicroscope", "KernelSlices", "NetworkXRay", "SizeExplorer"]
