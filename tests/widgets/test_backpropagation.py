"""How the gradient check opens, and what the broken backward passes keep to themselves."""

import pytest

from cnnlib.viz import Line, Points
from cnnlib.widgets.backpropagation.blame_microscope import BlameMicroscope
from cnnlib.widgets.backpropagation.broken_backward import BrokenBackward
from cnnlib.widgets.backpropagation.gradient_check import GradientCheckExplorer
from cnnlib.widgets.backpropagation.suspect_panels import LETTERS


def test_the_gradient_check_opens_on_one_step_and_keeps_those_tried():
    def dots(widget):
        return max(len(m.x) for m in widget.scene.panels[1].marks if isinstance(m, Points))

    widget = GradientCheckExplorer()
    assert dots(widget) == 1 and not any(isinstance(m, Line) for m in widget.scene.panels[1].marks)
    for step in (0.1, 1e-3):
        widget.set_state(step=step)
    assert dots(widget) == 3
    widget.set_state(shown="every ε")
    assert any(isinstance(m, Line) for m in widget.scene.panels[1].marks)
    widget.set_state(x=1, shown="those tried")
    assert dots(widget) == 1
    widget.set_state(step=0.5)
    widget.reset()
    assert dots(widget) == 1


@pytest.mark.parametrize("letter", LETTERS)
def test_the_sentence_does_not_give_the_fault_away(letter):
    texts = {BrokenBackward(suspect=letter, part="loss: scores").text}
    texts |= {BrokenBackward(suspect=letter, part="loss: scores", **{letter: LETTERS[letter]}).text}
    assert not any("rightly" in text or "fails at" in text for text in texts)


def test_a_click_on_a_letter_chooses_the_suspect_whose_fault_stands_beside_it():
    widget = BrokenBackward()
    assert [anchor.control for anchor in widget.scene.anchors] == list(LETTERS)
    event = {"name": "suspects", "kind": "click", "index": 2, "x": 0.1, "y": 2}
    assert widget.event(event) == {"suspect": "C"}
    assert "5 of 5 faults are named rightly" in BrokenBackward(**LETTERS).text


def test_one_weight_and_one_window_are_said_in_the_singular():
    words = BlameMicroscope(layer="convolution 1").text
    assert "; so does 1 weight." in words, words
    seen = {
        BlameMicroscope(layer="pooling 1", row=row, channel=map_).text for row in range(3) for map_ in (0, 3)
    }
    assert any(" 1 pooling window passes it on, to its winner alone." in text for text in seen), seen
    assert not any(" 1 pooling windows" in text or " 1 weights" in text for text in seen)
