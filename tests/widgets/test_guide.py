"""The example of the guide in cnnlib/widgets/base/README.md runs, and shows what it says."""

import re
from pathlib import Path

import numpy as np

import cnnlib.widgets.base
from cnnlib.viz.static import to_png
from cnnlib.widgets.base.packer import Packer
from tests.widgets.sweep import sweep

GUIDE = Path(cnnlib.widgets.base.__file__).parent / "README.md"


def parabola():
    names: dict = {}
    exec(re.search(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)[1], names)
    return names["Parabola"]()


def test_the_example_of_the_guide_runs():
    view = parabola()
    assert view.facts["needed"] == 16 and view.goal() == {"text": "now 16 steps", "share": 15 / 16}
    view.set_state(rate=1.1)
    assert view.challenge_reached
    sweep(view)
    assert to_png(view.scene)


def test_what_stands_around_the_panels_travels_with_them():
    view = parabola()
    head, _ = Packer().pack(view.scene)
    assert head["figures"][0]["value"] == "90 %" and head["zones"]["rate"][1]["border"] == "2.00"
    assert view.live.spec()["slots"] == {
        "bar": ("rate",), "head": ("start",), "handle": ("steps",), "more": ("seed",),
    }  # fmt: skip


def test_thumbnails_travel_once():
    from dataclasses import replace

    from cnnlib.viz import Axis, Heatmap, Panel

    packer, scene = Packer(), parabola().scene
    panel = Panel([Heatmap(np.eye(3))], Axis(0, 3), Axis(0, 3))
    scene = replace(scene, pictures={"start": (panel, panel)})
    assert [("pictures" in packer.pack(scene)[0]) for _ in range(3)] == [True, False, False]
    packer.forget()
    assert "pictures" in packer.pack(scene)[0]
