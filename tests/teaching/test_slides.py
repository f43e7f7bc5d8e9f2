"""Decks: a slide for each thought, everything that is asked and projected, nothing fetched from elsewhere."""

import re

import pytest
from nbformat.v4 import new_output

from tools.teaching import slides
from tools.teaching.left_out import left_out
from tools.teaching.left_out import main as left_out_command
from tools.teaching.lessons import find, lessons, widget_lines
from tools.teaching.slide_text import notes, section_slides
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
    assert titles == [lesson.title, *(s.title for s in lesson.timed[1:]), "Summary", "Exercises"]
    linear = [markup for markup in shown(deck) if "A linear layer" in markup and "ask" not in markup]
    assert sum(markup.count('class="katex-display"') for markup in linear) >= 4
    assert any("is called" in words for words in shown(deck, "notes"))


PROSE = """## Heading

A short one. The slope is about

$$a = b$$

and so on.

> **Rule.** What arrives times the slope.

| x | y |
|--|--|
| 1 | $y_2$ |

- a list is for reading

- **Sum.** Each gets what
  arrives. And more.
- **Max.** The winner gets all.

<details><summary>folded</summary>

$$g = h$$

</details>

In a row: the sum is

$$c = d$$
"""


def test_what_stands_out_is_on_the_slides_with_the_words_that_lead_to_it():
    ((slide,),) = section_slides("Heading", [PROSE])
    assert "A short one. The slope is about:</p>" in slide and slide.count("katex-display") == 2
    assert 'class="rule"' in slide and "<td>1</td>" in slide and "In a row: the sum is:" in slide
    assert "<li><strong>Sum.</strong> Each gets what arrives. And more.</li><li><strong>Max" in slide
    assert "for reading" not in slide and "folded" not in slide
    assert [part for part in ("Heading", "The slope", "Rule", "<table", "sum is") if part in slide] == sorted(
        ("Heading", "The slope", "Rule", "<table", "sum is"), key=slide.index
    )


def test_what_one_slide_does_not_hold_goes_on_a_second():
    (slides,) = section_slides("Heading", [PROSE + "\n\nAnd again it is\n\n$$e = f$$" * 5])
    assert len(slides) == 2 and "<h2>" not in slides[1] and "kicker" in slides[1]


def test_the_speaker_reads_lists_and_tables_as_such():
    read = notes("## Head\n\n1. one\n2. two\n\n| a | b |\n|--|--|\n| 1 | $x^2$ |\n\n[link](page.html)")
    assert "<li>two</li>" in read and "<td>1</td>" in read and "katex" in read
    assert ">link<" in read and "##" not in read and "href" not in read


def test_every_prediction_shows_its_answer_one_click_later(lesson, deck):
    asked = [markup for markup in shown(deck) if 'class="ask"' in markup]
    assert len(asked) == sum(len(section.predictions) for section in lesson.sections)
    assert all('class="answer fragment"' in markup for markup in asked)
    assert any("Usual wrong answer: 1,898 passes" in words for words in shown(deck, "notes"))


def test_every_widget_is_a_still_with_both_ways_to_have_it_live(lesson, deck):
    stills = [markup for markup in shown(deck) if "A still. Live:" in markup]
    cells = [cell.source for section in lesson.timed for cell in section.cells if cell.cell_type == "code"]
    assert len(stills) == sum(bool(widget_lines(cell)) for cell in cells) > 1
    assert all("data:image/png" in markup for markup in stills)
    chain = next(markup for markup in stills if "ChainRule(w=2.5, step=6)" in markup)
    assert f'href="{SITE}/notebooks/03_backpropagation.html#a-graph-of-small-steps"' in chain


def test_slides_follow_the_notebooks_order(deck):
    """The four lines forwards and backwards between their texts; the verdict on the claims at the end."""
    speaker = shown(deck, "notes")
    markup = [cell.source for cell in deck.cells if cell.source not in speaker]
    place = {words: next(i for i, text in enumerate(markup) if words in text) for words in ORDER}
    assert sorted(ORDER, key=place.get) == ORDER
    asked = markup[place["How many forward passes is that?"]]
    assert re.search(r"<pre>loss [\d.]+, 1898 weights and biases</pre>", asked), "what the question is about"
    assert "dW2, db2, dH = H.T @ dY" in markup[place["dW1, db1, dX ="]]
    assert "Z = X @ W1 + b1" in markup[place["def there():"]]


ORDER = [
    "How many forward passes is that?",
    "Used several times.",
    "def there():",
    "<strong>The loss.</strong>",
    "dW1, db1, dX =",
    "Which two?",
    "What the chapter says.",
]


def test_what_a_cell_prints_is_shown_beside_it_or_alone(deck):
    code = {cell.source: cell.outputs for cell in deck.cells if cell.cell_type == "code"}
    assert any(source.startswith("x1, v1, w1, t1 = ") and outputs for source, outputs in code.items())
    kept = slides._text_outputs(
        [
            new_output("stream", text="22"),
            new_output("execute_result", {"text/plain": "array([1])"}),
            new_output("execute_result", {"text/plain": "Figure", "image/png": ""}),
            new_output("error", ename="ValueError", evalue="no"),
        ]
    )
    assert [output.text for output in kept] == ["22", "array([1])\n", "ValueError: no\n"]
    long, printed = "x = 1\n" * 40, [new_output("stream", text="1\n\n2\n")]
    (alone,) = slides._code("", long, printed, None)
    assert (
        alone.cell_type == "markdown" and "<pre>1<br><br>2</pre>" in alone.source and "prints" in alone.source
    )
    assert [cell.cell_type for cell in slides._code("", long, printed, "subslide")] == [
        "markdown",
        "code",
        "markdown",
    ]


@pytest.mark.parametrize("topic", list(lessons()))
def test_a_deck_leaves_out_no_rule_no_formula_and_no_section(topic):
    """Of the cells only those stay out that are too high for a slide with all that they print."""
    found = left_out(find(topic))
    assert [(each.section.title, each.parts) for each in found if each.parts or each.bare] == []
    assert len([cell for each in found for cell in each.cells]) <= 2


def test_what_is_left_out_is_told(lesson, monkeypatch, capsys):
    assert left_out_command(["03"]) == 0
    said = capsys.readouterr().out
    assert "03_backpropagation" in said and "left out" not in said
    monkeypatch.setattr(
        slides, "section_slides", lambda title, texts: [["<h2></h2>"], *[[] for _ in texts[1:]]]
    )
    product = next(each for each in left_out(lesson) if each.section.title == "One product")
    assert product.bare and "Gradient of an input" in product.parts[0]


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
