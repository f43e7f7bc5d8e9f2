"""How the views of two weights keep calm: one strong path, words that do not touch, numbers of one form."""

import numpy as np
import pytest

from cnnlib.experiments.error_curves import METHODS
from cnnlib.viz import Line, Note, Points, Text
from cnnlib.widgets.gradient_descent.contours import ContourExplorer
from cnnlib.widgets.gradient_descent.error_words import alike
from cnnlib.widgets.gradient_descent.map_labels import joined
from cnnlib.widgets.gradient_descent.missed_way import MissedWay
from cnnlib.widgets.gradient_descent.optimizer_race import OptimizerRace
from cnnlib.widgets.gradient_descent.surface_picture import COLORS, SHAPES, SURFACES


def errors_of(widget):
    """The curves of a widget, and its words beside them."""
    (panel,) = (panel for panel in widget.scene.panels if panel.name == "errors")
    lines = [mark for mark in panel.marks if isinstance(mark, Line)]
    return lines, [mark for mark in panel.marks if isinstance(mark, Note)]


def test_what_is_to_come_is_said_to_be_and_drawn_in_a_race_for_the_chosen_one_alone():
    lines, notes = errors_of(ContourExplorer())
    assert [note.text for note in notes] == ["the next steps"] and len(lines) == 2
    assert lines[0].alpha < 0.5 and lines[0].x[0] == 20
    lines, notes = errors_of(ContourExplorer(optimizer="Momentum"))  # at its last step
    assert {note.text: note.color for note in notes} == {"Momentum": "path", "SGD": "rival"}
    lines, notes = errors_of(OptimizerRace())
    assert len(lines) == 5 and not notes
    lines, notes = errors_of(OptimizerRace(alone="Adam"))
    assert len(lines) == 6 and [note.text for note in notes] == ["the next steps"]


def test_a_race_has_its_names_at_the_curves_ends_and_no_line_runs_on_along_the_floor():
    lines, _ = errors_of(OptimizerRace())
    assert sorted(line.label for line in lines) == sorted(METHODS)
    (panel,) = (panel for panel in OptimizerRace().scene.panels if panel.name == "errors")
    assert panel.legend == "inside" and panel.x.high > 1.2 * panel.x.ticks[-1]  # room beyond the last step
    for line in errors_of(OptimizerRace(steps=100))[0]:  # one of them below what is drawn
        assert np.isfinite(line.y[-1]) and line.x[-1] == 100
    for line in errors_of(ContourExplorer())[0]:
        assert (np.diff(line.y[np.isfinite(line.y)]) < 0).all()


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("optimizer", METHODS[1:])
@pytest.mark.parametrize("steps", [10, 40, 60])
def test_the_names_of_two_curves_do_not_touch(surface, optimizer, steps):
    widget = ContourExplorer(surface=surface, optimizer=optimizer, steps=steps)
    (panel,) = (panel for panel in widget.scene.panels if panel.name == "errors")
    notes = [note for note in errors_of(widget)[1] if note.tag]
    assert {optimizer, "SGD"} <= {note.text for note in notes}
    line = 0.1 * np.log(panel.y.high / panel.y.low)
    heights = sorted(np.log(note.y) for note in notes)
    assert (np.diff(heights) > line).all() and heights[0] - line > np.log(panel.y.low)


def test_one_path_of_a_race_is_strong_the_first_or_the_chosen_one():
    def strong(**state):
        panel = OptimizerRace(surface="saddle", **state).scene.panels[0]
        lines = [mark for mark in panel.marks if isinstance(mark, Line) and mark.color in COLORS.values()]
        return {line.color for line in lines if line.width > 2 and line.alpha == 1}

    assert strong(steps=40) == {COLORS["RMSprop"]} and strong(steps=0) == set()
    assert strong(steps=40, alone="SGD") == {COLORS["SGD"]}


def test_the_others_of_a_race_are_seen_in_their_colours_unless_one_is_chosen():
    def faintest(**state):
        panel = OptimizerRace(surface="saddle", steps=40, **state).scene.panels[0]
        paths = [m for m in panel.marks if isinstance(m, Line) and len(m.x) == 41 and m.color != "paper"]
        assert len(paths) >= len(METHODS)
        return min(path.alpha for path in paths)

    assert faintest() > 0.8 and faintest(alone="SGD") < 0.3


def test_signs_in_a_knot_are_small_and_large_where_the_knot_is_drawn_larger():
    panel = OptimizerRace(larger=True).scene.panels[0]
    signs = [mark for mark in panel.marks if isinstance(mark, Points) and mark.shape == SHAPES["Adam"]]
    on_map, larger = (mark.size for mark in signs)
    assert on_map < larger
    (alone,) = (m for m in panel.marks if isinstance(m, Points) and m.color == COLORS["SGD"] and m.size > 3)
    assert alone.size == larger  # it is away from the knot


def test_errors_in_a_table_have_one_form():
    assert alike([0.02, 0.045, 12.0]) == ["0.020", "0.045", "12.000"]
    told = alike([0.0, 3e-9, 1.9e-5, 0.22, 1.0, np.inf])
    plain_spaces = [text.replace("\u00a0", " ") for text in told]
    assert plain_spaces == ["0", "< 10⁻⁸", "1.9 × 10⁻⁵", "2.2 × 10⁻¹", "1.0 × 10⁰", "beyond measure"]
    (table,) = (panel for panel in OptimizerRace().scene.panels if panel.name == "table")
    errors = [mark.text[0] for mark in table.marks if isinstance(mark, Text) and mark.align == "right"]
    assert len(errors) == 5 and all("× 10" in error.replace("\u00a0", " ") for error in errors)


def test_the_map_shows_by_how_much_the_steepest_way_misses_the_lowest_point():
    def shown(**state):
        widget = ContourExplorer(**state)
        marks = widget.scene.panels[0].marks
        words = [m for m in marks if isinstance(m, Note) and "° off" in m.text]
        return widget, [m for m in marks if isinstance(m, Line) and m.dash == "dashed"], words, marks

    widget, (straight,), (words,), marks = shown()
    assert words.text == f"{widget.facts['aside']:.0f}° off" == "19° off"
    assert (straight.x[1], straight.y[1]) == (0, 0)
    arc = marks[marks.index(straight) + 1]
    ends = np.stack([arc.x, arc.y], axis=1)[[0, -1]] - [straight.x[0], straight.y[0]]
    assert MissedWay.degrees(*ends) == pytest.approx(widget.facts["aside"])
    assert MissedWay.degrees(ends[1], -np.array([straight.x[0], straight.y[0]])) < 1e-3
    assert not any(shown(surface="saddle")[1:3]), "two lowest points"
    assert not any(shown(optimizer="Adam")[1:3]), "no arrow of the steepest way"
    assert not any(shown(start_1=0.4, start_2=0.2)[1:3]), "no room"
    assert not any(shown(condition=1)[1:3]), "the steepest way leads there"


@pytest.mark.parametrize("start", [(-2.5, 2.0), (2.8, -2.0), (0.2, 1.3), (-2.0, -2.8), (2.9, 2.0)])
def test_the_words_about_the_missed_way_lie_on_no_path(start):
    widget = ContourExplorer(start_1=start[0], start_2=start[1], rate=0.1)
    panel = widget.scene.panels[0]
    pixel = (panel.y.high - panel.y.low) / 440
    lines = [m for m in panel.marks if isinstance(m, Line) and m.width > 1 and m.color in ("path", "ink")]
    assert len(lines) == 3
    for note in (m for m in panel.marks if isinstance(m, Note)):
        wide = 6 * len(note.text) * pixel
        low = np.array([note.x - wide * (note.align == "right"), note.y - 15 * pixel])
        high = low + np.array([wide, 15 * pixel])
        for line in lines:
            places = joined(np.stack([line.x, line.y], axis=1))
            assert not ((places > low) & (places < high)).all(axis=1).any(), note.text
