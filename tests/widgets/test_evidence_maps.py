"""The maps of the evidence are made once for an image, however often its square is moved."""

import numpy as np

from cnnlib.widgets import EvidenceExplorer
from cnnlib.widgets.train_a_cnn import evidence


def drag(widget, row, col):
    widget.live.receive(
        {"type": "event", "event": {"kind": "drag", "name": "covered", "row": row, "col": col}}
    )


def test_a_dragged_square_leaves_the_maps_as_they_are_and_other_weights_make_new_ones(monkeypatch):
    made, slow = [], evidence.occlusion
    widget = EvidenceExplorer()
    monkeypatch.setattr(evidence, "occlusion", lambda *args, **how: made.append(1) or slow(*args, **how))
    for place in range(4, 8):
        drag(widget, place, place)
    assert not made and widget.place() == (4, 4)
    fall = widget.facts["fall"]
    widget.model = widget.model.copy()  # the course's own is shared
    for weights in widget.model.arrays().values():
        weights *= np.float32(0.9)
    drag(widget, 8, 8)
    assert made == [1] and widget.facts["fall"] != fall
    widget.set_state(size=widget.state["size"] + 1)
    assert len(made) == 2
