"""On a narrow page: the kernels as lines from the maps above to those beneath."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnlib.viz import Links, Maps
from cnnlib.widgets.forward_pass.network_layout import LayerOutput
from cnnlib.widgets.forward_pass.network_picture import STRONGEST

NEEDS = 336.0  # pixels of width below which eight maps beside one another become smaller
ROOM = 30.0  # pixels of height that lines take
QUIET = 0.35  # strength of what does not lead into the chosen map


@dataclass(frozen=True)
class Row:
    """One output as it is drawn: its mark, and its upper and lower edge in pixels."""

    output: LayerOutput
    mark: Maps
    top: float
    bottom: float

    def offsets(self) -> np.ndarray:
        """Pixels from the middle of the page to the middle of each map."""
        height, width, _ = self.mark.tile
        step = (self.mark.pitch - self.mark.gap) * width / max(height, width) + self.mark.gap
        place = np.arange(self.mark.count) % self.mark.across
        return (place - (self.mark.across - 1) / 2) * step


def kernel_lines(above: Row, below: Row, weight: np.ndarray, chosen: int | None) -> Links:
    """The strongest kernels into each map, all into the chosen one; `weight` (F, C, kH, kW)."""
    kernels, inputs = weight.shape[:2]
    norms = np.linalg.norm(weight.reshape(kernels, inputs, -1), axis=2)
    signs = np.where(weight.sum(axis=(2, 3)) >= 0, 1.0, -1.0)
    rank = np.argsort(np.argsort(-norms, axis=1), axis=1)
    f, c = (a.ravel() for a in np.indices(norms.shape))
    start = above.offsets()
    if inputs == 1:  # from the lower edge of the image
        begin = 10.0 * (f - (kernels - 1) / 2)
    else:
        begin = start[c]
    reach = float(norms.max()) or 1.0
    into = f == (-1 if chosen is None else chosen)
    drawn = (rank.ravel() < STRONGEST) | into
    count = int(drawn.sum())
    return Links(
        np.full(count, 0.5),
        np.full(count, above.bottom),
        np.full(count, 0.5),
        np.full(count, below.top),
        values=((signs * norms).ravel() * np.where(into, 1.0, QUIET))[drawn],  # the less, the fainter
        widths=(0.6 + 1.6 * norms.ravel() / reach)[drawn],
        dx0=begin[drawn],
        dx1=below.offsets()[f][drawn],
        needs=NEEDS,
        vmin=-reach,
        vmax=reach,
    )
