"""The rules of the notebooks: a sound notebook passes, and each rule catches the notebook that breaks it."""

import copy
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import check_notebooks as rules
from tools import prose

ROOT = Path(__file__).parents[2]

OPENING = """# How wrong is the guess?

In 30 minutes you will be able to

- say what a loss is
- compute one
- read one

You need: notebook 01. Back: [the forward pass](01_forward_pass.ipynb), on: [blame](03_backpropagation.ipynb).
"""
FILLER = "A sentence of ten words stands here to be read. " * 5
CLOSING = """## Summary

- A loss is a number.
- It is small when the guess is good.
- It has a gradient.

## Exercises

Write it.

## Questions

<details><summary>Why?</summary>Because.</details>

## References

- [A book](https://example.org/book), 1234 pages
"""


def picture(alt="A falling curve"):
    """An output with a picture."""
    return new_output("display_data", {"image/png": "AAAA"}, metadata={"image/png": {"alt": alt}})


def sound():
    """A notebook that keeps every rule."""
    cells = [new_markdown_cell(OPENING)]
    for count in range(1, 11):
        cells.append(new_markdown_cell(FILLER))
        output = new_output("stream", name="stdout", text=f"loss {count / 7:.4f}\n")
        cells.append(new_code_cell("x = 1\nprint(x)", execution_count=count, outputs=[output]))
    cells[2].outputs.append(picture())
    asked = new_code_cell('quiz("02")', execution_count=11)
    return new_notebook(cells=[*cells, new_markdown_cell(CLOSING), asked])


def faults(notebook, tmp_path, name="02_loss.ipynb"):
    """The faults of a notebook put into an otherwise empty course."""
    path = tmp_path / "notebooks" / name
    path.parent.mkdir(exist_ok=True, parents=True)
    nbformat.write(notebook, path)
    return rules.check(path, tmp_path)


def test_a_sound_notebook_passes(tmp_path):
    assert faults(sound(), tmp_path) == []


def add(text):
    """Add a sentence to the prose."""
    return lambda notebook: notebook.cells[1].update(source=notebook.cells[1].source + "\n\n" + text)


def opening(old, new):
    """Change the opening cell."""
    return lambda notebook: notebook.cells[0].update(source=OPENING.replace(old, new))


def closing(old, new):
    """Change the closing cell."""
    return lambda notebook: notebook.cells[-2].update(source=CLOSING.replace(old, new))


def code(source, number=2):
    """Change a code cell."""
    return lambda notebook: notebook.cells[number].update(source=source)


def late_answer(notebook):
    """A card whose answer stands further down than its cover reaches."""
    code('predict("02.peek")')(notebook)
    notebook.cells[-1].metadata["answers"] = "02.peek"


def meant_to_fail(notebook):
    """A cell that fails on purpose, with all the lines that Python shows."""
    notebook.cells[2].metadata["tags"] = ["raises-exception"]


def prints(text, name="stdout", number=2):
    """Change what a code cell printed."""
    return lambda notebook: notebook.cells[number].outputs[0].update(text=text, name=name)


def each_code(source):
    """Change every code cell."""
    return lambda notebook: [
        cell.update(source=source) for cell in notebook.cells if cell.cell_type == "code"
    ]


def widget_view(notebook):
    notebook.cells[2].outputs[0] = new_output(
        "display_data", {"application/vnd.jupyter.widget-view+json": {}}
    )


BROKEN = [
    ("lines_of_code", "cell 3: 26 statements", code("x = 1\n" * 26)),
    ("lines_of_code", "cell 3: 26 lines", code("x = [\n" + "    1,\n" * 24 + "]")),
    ("lines_of_code", "6 statements in the median", each_code("x = 1\n" * 6)),
    ("lines_fit", "cell 3: a line of 78 characters", code(f"x = {'1' * 74}")),
    ("opening_cell", "question", opening("guess?", "guess.")),
    ("opening_cell", "2 objectives", opening("- read one\n", "")),
    ("opening_cell", "6 objectives", opening("- read one\n", "- a\n- b\n- c\n- d\n")),
    ("opening_cell", "minutes", opening("30 minutes", "a while")),
    ("opening_cell", "must be known", opening("You need", "See")),
    (
        "opening_cell",
        "no link back to 01_forward_pass",
        opening("(01_forward_pass.ipynb)", "(03_backpropagation.ipynb)"),
    ),
    (
        "opening_cell",
        "no link on to 03_backpropagation",
        opening("(03_backpropagation.ipynb)", "(01_forward_pass.ipynb)"),
    ),
    ("opening_cell", "question", lambda n: n.cells.pop(0)),
    ("closing_parts", "found 2", closing("- It has a gradient.\n", "")),
    ("closing_parts", "found 0", closing("## Summary", "## End")),
    ("closing_parts", "Exercises", closing("## Exercises", "## Work")),
    ("closing_parts", "Questions", closing("## Questions", "## Why")),
    ("closing_parts", 'quiz("02")', lambda notebook: notebook.cells[-1].update(source='quiz("03")')),
    ("predictions_are_made", "no prediction of this notebook", code('predict("01.window")')),
    ("truths_can_be_read", "02.sevens reads said", code('predict("02.sevens")')),
    ("cover_reaches", "02.peek covers 1 code cells", late_answer),
    ("nothing_is_given_away", "prints what is to be predicted", code('predict("02.peek")')),
    ("exercises_climb", "without level and minutes", closing("Write it.", "1. Write it.")),
    ("closing_parts", "References", closing("[A book](https://example.org/book)", "A book")),
    ("saved_outputs", "one run", lambda n: n.cells[4].update(execution_count=7)),
    ("saved_outputs", "one run", lambda n: n.cells[4].update(execution_count=None)),
    (
        "saved_outputs",
        "no cell has an output",
        lambda n: [c.update(outputs=[]) for c in n.cells if "outputs" in c],
    ),
    ("saved_outputs", "absolute path '/home/ada'", prints("saved /home/ada/x.npz")),
    ("saved_outputs", "KB", prints("x" * 800_000)),
    ("saved_outputs", "widget state", lambda n: n.metadata.update(widgets={})),
    ("saved_outputs", "widget view", widget_view),
    ("warnings_shown", "overflow", prints("RuntimeWarning: overflow", "stderr")),
    ("nothing_but_dots", "cell 3: shows Ellipsis", prints("Ellipsis")),
    ("paths_in_sources", "'/Users/ada'", code("open('/Users/ada/x')")),
    ("paths_in_sources", "C:", add("Open `C:\\Users\\ada\\x` first.")),
    ("pictures_have_alt_text", "'pictures/a.png'", add("![](pictures/a.png)")),
    ("pictures_have_alt_text", "<img", add("<img src='a.png'>")),
    ("pictures_have_alt_text", "<img", add("<img src='a.png' alt=''>")),
    ("pictures_have_alt_text", "cell 3", lambda n: n.cells[2].outputs.append(picture(alt=""))),
    ("pictures_are_here", "https://example.org/a.png", add("![a](https://example.org/a.png)")),
    ("pictures_are_here", "//example.org/a.png", add("<img alt='a' src='//example.org/a.png'>")),
    ("pictures_are_here", "cell 3", prints("<img src='http://example.org/a.png'>")),
    ("links_resolve", "'missing.md'", add("[a](missing.md)")),
    ("links_resolve", "'../../outside.md'", add("[a](../../outside.md)")),
    ("links_resolve", "'pictures/a.png'", add("![a](pictures/a.png)")),
    ("links_resolve", "'#Nowhere'", add("[a](#Nowhere)")),
    ("links_resolve", "'missing.html'", add('<a href="missing.html">a</a>')),
    ("numbers_are_vouched_for", "the number 0.25", add("The loss is 0.25 then.")),
    ("numbers_are_vouched_for", "the number 0.15", add("The loss begins at 0.15 then.")),
    ("numbers_are_vouched_for", "the number 95 %", add("It reaches 95 % of them.")),
    ("numbers_are_vouched_for", "the number 60,000", add("It sees 60,000 images.")),
    ("numbers_are_vouched_for", "the number 1e-7", add("It is below 1e-7 then.")),
    (
        "numbers_are_vouched_for",
        "the number 17",
        add("There are 17 of them.\n\nAnd more. <!-- source: elsewhere -->"),
    ),
    ("numbers_are_vouched_for", "the number 17", add("There are 17. <!-- source: -->")),
    (
        "numbers_are_vouched_for",
        "does not exist",
        add("There are 17. <!-- test: tests/test_none.py::test_a -->"),
    ),
    ("numbers_are_vouched_for", "more than one line", add("There are 17. <!-- computed: 16\n+ 1 = 17 -->")),
    ("numbers_are_vouched_for", "computes wrongly", add("There are 17. <!-- computed: 4 * 4 = 17 -->")),
    ("numbers_are_vouched_for", "cannot be read", add("There are 17. <!-- computed: exit() = 17 -->")),
    (
        "numbers_are_vouched_for",
        "the number 42",
        add("<details><summary>How many?</summary>42 of them</details>"),
    ),
    ("randomness_is_seeded", "np.random.rand", code("np.random.rand(3)")),
    ("randomness_is_seeded", "default_rng", code("rng = np.random.default_rng()")),
    ("randomness_is_seeded", "import random", code("import random")),
    ("meant_errors_are_short", "not within in_short()", meant_to_fail),
    (
        "nothing_is_chosen_on_test_images",
        "a choice is judged by test images",
        add("**Challenge:** more than 95 % of the test images right."),
    ),
    (
        "nothing_is_chosen_on_test_images",
        "a challenge is judged by",
        code('Challenge("95 % of the test images", lambda f: f["a"] > 0.95)'),
    ),
    (
        "nothing_is_chosen_on_test_images",
        "the test images of mnist are called validation images; use mnist.hold_back",
        code("mnist = load_mnist()\nfit(model, loss, validation=(mnist.x_test, mnist.y_test))"),
    ),
    (
        "nothing_is_chosen_on_test_images",
        "the test images of parts are called",
        code('parts = data.load_digits()\nTrainingView(parts, judged="validation images")'),
    ),
]


@pytest.mark.parametrize(("rule", "message", "change"), BROKEN, ids=[f"{r}: {m}" for r, m, _ in BROKEN])
def test_each_rule_catches_what_breaks_it(tmp_path, rule, message, change):
    notebook = copy.deepcopy(sound())
    change(notebook)
    found = [fault for fault in faults(notebook, tmp_path) if fault.startswith(rule)]
    assert any(message in fault for fault in found), faults(notebook, tmp_path)


def test_every_rule_is_broken_at_least_once_above():
    assert {rule for rule, _, _ in BROKEN} == {rule.__name__ for rule in rules.RULES}


VOUCHED = [
    "The loss is 0.14 at first, 14 % in other words, and then 0.1429.",
    "Up to 12 of them, notebook 05, in 30 minutes, as found (LeCun et al., 1998), 100 % sure.",
    "With $x = 37$, `y = 38` and float64 on 28x28 pixels, [here](https://example.org/39).",
    "There are 99 of them. <!-- source: somebody, 1999 -->",
    "There are 156 of them. <!-- computed: 5 * 5 * 6 + 6 = 156 -->",
    "Two thirds are 66.67 %. <!-- computed: 200 / 3 = 66.67 -->",
    "There are 61,706 of them.\n<!-- source: the paper -->",
    "1. first\n2. second\n13. thirteenth",
    "## 2.1 A numbered heading",
    "```\n1234\n```",
]


@pytest.mark.parametrize("text", VOUCHED)
def test_numbers_that_are_vouched_for_pass(tmp_path, text):
    notebook = sound()
    add(text)(notebook)
    assert faults(notebook, tmp_path) == []


def test_a_named_test_vouches(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_lenet.py").write_text("def test_count():\n    assert True\n")
    notebook = sound()
    add("There are 61,706 of them. <!-- test: tests/test_lenet.py::test_count -->")(notebook)
    assert faults(notebook, tmp_path) == []
    add("There are 99. <!-- test: tests/test_lenet.py::test_other -->")(notebook)
    assert "test_other" in " ".join(faults(notebook, tmp_path))


def test_links_that_lead_somewhere_pass(tmp_path):
    (tmp_path / "glossary.md").write_text("a")
    notebook = sound()
    text = "[a](../glossary.md#kernel) [b](#Summary) [c](https://example.org) [d](11_train_a_cnn.ipynb)"
    add(text + ' [e](#here) <a id="here"></a>')(notebook)
    assert faults(notebook, tmp_path) == []


def test_a_warning_that_is_meant_passes(tmp_path):
    notebook = sound()
    prints("RuntimeWarning: overflow", "stderr")(notebook)
    notebook.cells[2].metadata["tags"] = ["expects-warning"]
    assert faults(notebook, tmp_path) == []


def test_a_statement_over_several_lines_counts_once(tmp_path):
    notebook = sound()
    each_code("print(\n    1,\n    2,\n    3,\n    4,\n)")(notebook)
    assert not [fault for fault in faults(notebook, tmp_path) if fault.startswith("lines_of_code")]


def test_a_line_as_wide_as_a_cell_passes(tmp_path):
    notebook = sound()
    code(f"x = {'1' * 73}")(notebook)
    assert not [fault for fault in faults(notebook, tmp_path) if fault.startswith("lines_fit")]


def test_test_images_that_judge_and_validation_images_that_choose_pass(tmp_path):
    notebook = sound()
    add("It gets 0.14 of the test images right. **Challenge:** 100 % of the validation images.")(notebook)
    code("mnist = load_mnist()\nfit(m, validation=None, judged='test images')\nmnist.x_test")(notebook)
    code("mnist = mnist.hold_back(9)\nfit(m, validation=(mnist.x_test, mnist.y_test))", 4)(notebook)
    assert [f for f in faults(notebook, tmp_path) if f.startswith("nothing_is_chosen")] == []


def test_00_may_be_short_and_without_exercises(tmp_path):
    notebook = sound()
    opening("01_forward_pass.ipynb", "01_forward_pass.ipynb")(notebook)
    closing("## Exercises\n\nWrite it.\n", "")(notebook)
    del notebook.cells[3:19]
    notebook.cells[-3].execution_count = 2
    notebook.cells[-1].update(source='quiz("00")', execution_count=3)
    assert faults(notebook, tmp_path, "00_start_here.ipynb") == []


def test_words_and_paragraphs_are_counted_as_read():
    assert (
        prose.words("**Two** words, `code`, $x + y$ and [a link](https://example.org/a-b-c) <!-- no -->") == 5
    )
    assert prose.paragraphs("a\n\nb\n\n<!-- c -->\n- d\n- e") == ["a", "b\n<!-- c -->", "- d", "- e"]


def test_arithmetic_is_nothing_but_arithmetic():
    for text in ("__import__('os')", "x", "[1]", "'a' * 3"):
        with pytest.raises((ValueError, KeyError)):
            prose.arithmetic(text)


def test_the_command_says_what_is_wrong_and_fails(tmp_path, capsys):
    notebook = sound()
    code("np.random.rand(3)")(notebook)
    path = tmp_path / "02_loss.ipynb"
    nbformat.write(notebook, path)
    assert rules.main([str(path)]) == 1
    assert "randomness_is_seeded: cell 3" in capsys.readouterr().out


def test_the_notebooks_of_the_course_keep_the_rules():
    found = {str(path.relative_to(ROOT)): rules.check(path) for path in rules.all_notebooks()}
    assert {path: faults for path, faults in found.items() if faults} == {}
