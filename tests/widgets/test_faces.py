"""What the face of each of these widgets owes a reader: a question, large numbers, a place for everything."""

import pytest

from cnnlib.viz import static
from cnnlib.widgets import (
    AugmentationExplorer,
    BrokenBackward,
    ChainRule,
    EvidenceExplorer,
    FilterWatch,
    FirstLoss,
    GradientCheckExplorer,
    ImageGallery,
    InitExplorer,
    KernelSlices,
    LossExplorer,
    MistakeExplorer,
    PlaygroundSeeds,
    PlaygroundSnapshots,
    SetupCheck,
    SizeExplorer,
)

KINDS = (
    AugmentationExplorer,
    BrokenBackward,
    ChainRule,
    EvidenceExplorer,
    FilterWatch,
    FirstLoss,
    GradientCheckExplorer,
    ImageGallery,
    InitExplorer,
    KernelSlices,
    LossExplorer,
    MistakeExplorer,
    PlaygroundSeeds,
    PlaygroundSnapshots,
    SetupCheck,
    SizeExplorer,
)
PARTS = {"speed", "reset", "save", "text", "copy"}  # of the frame, which slots may name like controls
SIGNED = {"blue", "orange", "vermilion"}  # colours that look like a sign and mean none


@pytest.fixture(scope="module")
def made():
    return {kind: kind() for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_the_title_is_a_question_and_numbers_stand_large(kind, made):
    widget = made[kind]
    assert (widget.scene.title or widget.title).endswith("?")
    counted = kind is SetupCheck  # its number stands in the picture
    assert any(figure.large for figure in widget.scene.figures) or counted
    slim = {BrokenBackward: 484, EvidenceExplorer: 484, PlaygroundSeeds: 490}  # one row of controls
    most = slim.get(kind, 440)
    assert widget.scene.height <= most  # with head, bar and sentence it fits 690 pixels


@pytest.mark.parametrize("kind", KINDS)
def test_every_name_in_a_slot_is_a_control_and_stands_once(kind, made):
    widget = made[kind]
    named = [name for names in widget.slots.values() for name in names]
    assert set(named) <= {control.name for control in widget.controls} | PARTS
    assert len(named) == len(set(named))
    anchored = {anchor.control for anchor in widget.scene.anchors}
    slot = set(widget.slots.get("anchored", ()))
    assert anchored <= slot and bool(anchored) == bool(slot)  # some only beside what they are about


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost_in_a_narrow_place(kind, made):
    scene = made[kind].scene
    names = [panel.name for panel in scene.panels]
    if len(names) > 1:
        assert all(names) and len(set(names)) == len(names)
    if scene.narrow is not None:
        there = {*names, *(slot.name for slot in scene.slots)}
        lost = there - set(scene.narrow.at)  # a panel may have a narrow one in its place, drawn only there
        assert set(scene.narrow.at) <= there and len(lost) <= len(scene.narrow.only)
        if scene.narrow.height is not None:
            assert sum(float(row[:-2]) for row in scene.narrow.rows) == scene.narrow.height
    else:
        assert len(names) <= 4  # more are not put beneath one another


@pytest.mark.parametrize("kind", KINDS)
def test_blue_and_orange_mean_a_sign_alone(kind, made):
    for panel in made[kind].scene.panels:
        for mark in panel.marks:
            assert getattr(mark, "color", "") not in SIGNED, (panel.title, mark)
            assert getattr(mark, "cmap", "") != "viridis" or getattr(mark, "values", 0) is None


@pytest.mark.parametrize("kind", KINDS)
def test_the_still_picture_can_be_drawn(kind, made):
    assert static.to_png(made[kind].scene)[1:4] == b"PNG"
