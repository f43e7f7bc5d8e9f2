"""A scene in another language: words and numbers change, data and keys do not, and English costs nothing."""

import numpy as np
import pytest

from cnnlib.runtime.language import say, spoken
from cnnlib.viz import Anchor, Axis, Figure, Heatmap, Line, Note, Panel, Scene, Text, Tiles, Zone
from cnnlib.viz.speech import in_language
from cnnlib.viz.static import Ticks

PICTURES = {"half": [Panel([], Axis(0, 1), Axis(0, 1), title="Loss")]}


@pytest.fixture
def scene():
    marks = [
        Line([0, 1], [0, 1], label="validation", color="blue"),
        Text([0, 1], [0, 1], ["0.5", "ink"]),
        Text([0], [0], ["24.2"], literal=True),
        Note(0, 0, "None is wrong."),
        Heatmap(np.zeros((2, 2)), means="ink", tile_names=["image"], emits="loss"),
        Tiles([0], [0], np.zeros((1, 2, 2)), names=["ink"]),
    ]
    x = Axis(0, 1, "loss", ticks=(0, 1), names=("0.5", "1,000"))
    panel = Panel(marks, x, Axis(0, 1), title="Loss", name="loss", group="time")
    return Scene(
        [panel],
        "None is wrong.",
        {"loss": 0.5},
        figures=[Figure("Wrong", "1,234", "steps")],
        anchors=[Anchor("scale", "loss", 0, 0)],
        zones={"rate": [Zone(1, "ink")]},
        pictures=PICTURES,
    )


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_is_read_has_a_minus_and_what_is_code_a_hyphen(language):
    marks = [Text([0, 1], [0, 0], ["-3", "x[-1]"]), Line([0], [0], label="from -0 to (-2, 1e-05)")]
    panel = Panel(marks, Axis(-1, 0, ticks=(-1,), names=("-1",)), Axis(0, 1), title="At -1", name="at -1")
    with spoken(language):
        said = in_language(Scene([panel], "`y[:, -1]` is -2.", facts={"y": -2}, zones={"a": [Zone(1, "-7")]}))
    (found,) = said.panels
    text, line = found.marks
    assert text.text == ("−3", "x[-1]") and line.label == "from −0 to (−2, 10⁻⁵)"
    assert (found.title, found.name, found.x.names, found.x.low) == ("At −1", "at -1", ("−1",), -1)
    assert said.text == "`y[:, -1]` is −2." and said.facts == {"y": -2} and said.zones["a"][0].text == "−7"


def test_words_and_numbers_are_the_languages(scene):
    with spoken("de"):
        said = in_language(scene)
    panel = said.panels[0]
    line, text, literal, note, heat, tiles = panel.marks
    assert said.text == note.text == "Keines ist falsch."
    assert (panel.title, line.label) == ("Verlust", "Validierung")
    assert text.text == ("0,5", "Tinte") and literal.text == ("24.2",)
    assert (heat.means, tiles.names) == ("Tinte", ("Tinte",))
    assert (panel.x.label, panel.x.names) == ("Verlust", ("0,5", "1.000"))
    assert vars(said.figures[0]) | {"mark": ""} == vars(Figure("Falsch", "1.234", "Schritte"))
    assert said.zones["rate"][0].text == "Tinte"


def test_keys_and_data_stay(scene):
    with spoken("de"):
        said = in_language(scene)
    panel = said.panels[0]
    assert (panel.name, panel.group) == ("loss", "time")
    assert (panel.marks[0].color, panel.marks[4].emits) == ("blue", "loss")
    assert panel.marks[0].x is scene.panels[0].marks[0].x and said.facts == scene.facts
    assert scene.panels[0].title == "Loss", "the scene that was given is as it was"


def test_the_same_pictures_are_the_same_again(scene):
    """A page keeps thumbnails as long as their mapping is the same object."""
    with spoken("de"):
        assert in_language(scene).pictures is in_language(scene).pictures
        assert in_language(scene).pictures["half"][0].title == "Verlust"


def test_a_sentence_that_was_said_stays_as_it_is():
    with spoken("de"):
        panel = Panel([Text([0], [0], [say("{x:,}", x=1168)])], Axis(0, 1), Axis(0, 1))
        assert in_language(Scene([panel], "x")).panels[0].marks[0].text == ("1.168",)


def test_a_still_pictures_numbers_are_the_languages():
    from matplotlib.figure import Figure as Drawing

    axes = Drawing().add_axes((0, 0, 1, 1))
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(Ticks())
    with spoken("de"):
        assert "0,2" in axes.xaxis.get_major_formatter().format_ticks([0, 0.2, 0.4])
    assert "0.2" in axes.xaxis.get_major_formatter().format_ticks([0, 0.2, 0.4])
