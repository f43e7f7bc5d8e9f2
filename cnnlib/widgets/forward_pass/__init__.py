"""Widgets of the forward pass: the convolution, sizes, and a whole network under the X-ray."""

from cnnlib.widgets.forward_pass.convolution import ConvolutionMicroscope
from cnnlib.widgets.forward_pass.network_xray import NetworkXRay
from cnnlib.widgets.forward_pass.size_explorer import SizeExplorer

__all__ = ["ConvolutionMicroscope", "NetworkXRay", "SizeExplorer"]
