"""A table of loss curves: for each a small picture of a real run, what is seen, and where to look."""

from __future__ import annotations

import base64
import html
import io

import numpy as np

from cnnlib.experiments.loss_symptoms import SYMPTOMS, Curve, symptom_curves
from cnnlib.viz.colors import OKABE_ITO, THEMES

LIGHT = THEMES["light"]
STYLE = (
    "<style>.cnn-losses td,.cnn-losses th{text-align:left!important;vertical-align:middle;"
    "white-space:normal;max-width:22em;padding:6px 10px}"
    ".cnn-losses img{border-radius:6px;max-width:none}</style>"
)


class LossTable:
    """The table as a notebook shows it; its ``repr`` is the same in plain words.

    Examples
    --------
    >>> print(str(LossTable()).partition(" -> ")[0])
    Falls fast, then slower; both curves stay together.
    """

    def __repr__(self) -> str:
        return "\n".join(f"{symptom.seen} -> {symptom.look}" for symptom in SYMPTOMS.values())

    def _repr_html_(self) -> str:
        curves, rows = symptom_curves(), []
        for name, symptom in SYMPTOMS.items():
            picture = base64.b64encode(draw(curves[name], symptom.bottom, symptom.top)).decode("ascii")
            seen, look = html.escape(symptom.seen), html.escape(symptom.look)
            image = f'<img width="220" height="110" alt="{seen}" src="data:image/png;base64,{picture}">'
            said = f"<details><summary>What is the matter?</summary>{look}</details>"
            rows.append(f"<tr><td>{image}</td><td>{seen}</td><td>{said}</td></tr>")
        head = "<tr><th>grey: each batch; blue: validation</th><th>The loss …</th><th>Where to look</th></tr>"
        return f'{STYLE}<table class="cnn-losses"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table>'


def draw(curve: Curve, bottom: float, top: float) -> bytes:
    """One curve as a PNG, to be shown at 220x110 pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2.2, 1.1), dpi=150, facecolor=LIGHT["paper"], layout="constrained")
    ax = figure.add_subplot()
    with np.errstate(invalid="ignore"):
        ax.plot(curve.steps, np.minimum(curve.train, 1.5 * top), color="#8a94a0", linewidth=0.9)
        ax.plot(
            curve.seen,
            np.minimum(curve.validation, 1.5 * top),
            color=OKABE_ITO["blue"],
            linewidth=1.4,
            dashes=(3, 1),
        )
    ax.axhline(np.log(10), color=LIGHT["muted"], linewidth=0.7, linestyle=":")
    ticks = sorted({bottom, np.log(10), round(top)} if top > 5 else {bottom, np.log(10)})
    ax.set(xlim=(curve.steps[0], curve.steps[-1]), ylim=(bottom, top), xticks=())
    ax.set_yticks(ticks, [f"{tick:.2f}" if tick == np.log(10) else f"{tick:g}" for tick in ticks])
    ax.tick_params(labelsize=6, length=2, colors=LIGHT["muted"], width=0.5)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set(color=LIGHT["muted"], linewidth=0.5)
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer)
    return buffer.getvalue()
