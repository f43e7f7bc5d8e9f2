"""The convolution as a stage of a fast network, with Winograd's products in the backward pass."""

import math

from cnnlib.fast.convolution import Convolution
from cnnlib.fast.pooling import quarters
from cnnlib.fast.winograd import TurnedWinograd, WinogradGradient, blocks_of

HEIGHTS = (3, 5)  # rows of a kernel; of 3 half of the multiplications are saved, of 5 two fifths
CHANNELS = 16  # of inputs and of outputs from which on the transforms cost less than that saves: measured


def pays(layer):
    """Whether a layer is computed faster in this way."""
    least = min(layer.in_channels, layer.out_channels)
    return least >= CHANNELS and layer.kernel_size[0] in HEIGHTS and layer.stride == (1, 1)


def convolution(layer, shape, n, dtype, scratch, relu, pool=False):
    """The stage of a convolution that is the faster for its sizes; see `Convolution`."""
    kind = WinogradConvolution if pays(layer) else Convolution
    return kind(layer, shape, n, dtype, scratch, relu, pool)


class WinogradConvolution(Convolution):
    """The same convolution; its gradients are computed in blocks of m rows, see `cnnlib.fast.winograd`.

    The gradient of the outputs always lies between zeros: left, right, above and below. Buffers have as many
    rows as whole blocks need; those beyond the image stay zero.
    """

    largest = math.inf  # its long sums would be handed to a second thread too

    def _padded_rows(self, rows):
        return max(rows, blocks_of(self.places[0], self.layer.kernel_size[0])[1])

    def _rows_at_once(self):
        step = blocks_of(1, self.layer.kernel_size[0])[1] - self.layer.kernel_size[0] + 1
        return max(step, super()._rows_at_once() // step * step)

    def _make_d(self, n, dtype):
        (h, w), (rows, columns) = self.x.shape[:2], self.places
        (kh, kw), (ph, pw) = self.layer.kernel_size, self.layer.padding
        (top, left), covered = (kh - 1 - ph, kw - 1 - pw), blocks_of(rows, kh)[1] - kh + 1
        height = max(top + covered, blocks_of(h, kh)[1])
        shape = (height, w + kw - 1, self.layer.out_channels, n)
        self.wide = (
            self._between_zeros(shape, top, rows, left, columns) if self._separate() else self._zeroed(shape)
        )
        self.lines = self.wide[top : top + covered, left : left + columns]
        return quarters(self.lines[:rows]) if self.pool else self.lines[:rows]

    def _gradient(self):
        return WinogradGradient(self.correlation, self.layer.out_channels, self.scratch, self.lines)

    def _back(self, dx):
        return TurnedWinograd(self.wide, self.layer.kernel_size, dx, self.scratch)
