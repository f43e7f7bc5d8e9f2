"""Decks: a slide for each thought, everything that is asked and projected, nothing fetched from elsewhere."""

import re

import pytest

from tools.teaching import slides
from tools.teaching.lessons import find, lessons, widget_lines
from tools.teaching.slides import NotBuilt, make_deck, write_deck

SITE = "https://course"


def shown(deck, kind=None):
    kinds = [(cell.source, cell.metadata.get("slideshow", {}).get("slide_type", "-")) for cell in deck.cells]
    return [source for source, found in kinds if kind in (None, found)]


@pytest.fixture(scope="module")
def lesson():
    return find("backpropagation")


@pytest.fixture(scope="module")
def deck(lesson):
    return make_deck(lesson, SITE)


def test_each_section_begins_a_slide_with_its_formulae_and_keeps_its_prose_for_the_speaker(lesson, deck):
    first = shown(deck, "slide")
    titles = [re.search(r"<h[12]>(.+?)</h", markup)[1] for markup in first]
    assert titles == [lesson.title, *(s.title for s in lesson.timed[1:]), "Summary"]
    linear = next(markup for markup in first if "A linear layer" in markup)
    assert linear.count('class="katex-display"') == 4
    assert any("which is called" in notes for notes in shown(deck, "notes"))


def test_every_prediction_shows_its_answer_one_click_later(lesson, deck):
    asked = [markup for markup in shown(deck) if 'class="ask"' in markup]
    assert len(asked) == sum(len(section.predictions) for section in lesson.sections)
    assert all('class="answer fragment"' in markup for markup in asked)
    assert any("Usual wrong answer: 1,898 passes" in notes for notes in shown(deck, "notes"))


def test_every_widget_is_a_still_with_both_ways_to_have_it_live(lesson, deck):
    stills = [markup for markup in shown(deck) if "A still. Live:" in markup]
    cells = [cell.source for section in lesson.timed for cell in section.cells if cell.cell_type == "code"]
    assert len(stills) == sum(bool(widget_lines(cell)) for cell in cells) > 1
    assert all("data:image/png" in markup for markup in stills)
    chain = next(markup for markup in stills if "ChainRule(step=6)" in markup)
    assert f'href="{SITE}/notebooks/03_backpropagation.html#a-graph-of-small-steps"' in chain


def test_a_cell_of_code_is_shown_where_the_source_marks_it(deck):
    code = [cell.source for cell in deck.cells if cell.cell_type == "code"]
    assert [source.split("(")[0] for source in code] == ["loss, outputs = CrossEntropyLoss"]
    assert all(cell.outputs for cell in deck.cells if cell.cell_type == "code")


def test_a_deck_needs_nothing_from_elsewhere(lesson, tmp_path):
    page = write_deck(lesson, tmp_path, SITE)
    text = page.read_text("utf-8")
    assert re.findall(r'(?:src|<link[^>]*href)="(?:https?:)?//[^"]+', text) == []
    beside = re.findall(r'(?:src|<link[^>]*href)="([^":#]+)"', text)
    assert len(beside) >= 4 and [name for name in beside if not (tmp_path / name).exists()] == []
    theme = tmp_path / "reveal.js" / "dist" / "theme"
    assert "http" not in (theme / "deck.css").read_text("utf-8")


def test_a_widget_without_its_built_cell_says_what_to_call(lesson, monkeypatch):
    monkeypatch.setattr(slides, "_outputs", lambda lesson: {})
    with pytest.raises(NotBuilt, match="build_notebooks"):
        make_deck(lesson, SITE)


@pytest.mark.parametrize("topic", list(lessons()))
def test_every_widget_that_a_notebook_shows_has_its_still(topic):
    found = find(topic)
    cells = [cell for section in found.timed for cell in section.cells if cell.cell_type == "code"]
    outputs = slides._outputs(found)
    assert [
        cell.source for cell in cells if widget_lines(cell.source) and not slides._still(cell, outputs)
    ] == []
