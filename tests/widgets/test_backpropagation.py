"""How the gradient check opens, and what the broken backward passes keep to themselves."""

import re
from itertools import product

import numpy as np
import pytest

from cnnlib.data import load_digits, load_mnist_sample
from cnnlib.experiments.planted_faults import own
from cnnlib.networks import load_digits_cnn, load_mnist_cnn
from cnnlib.viz import Bars, Heatmap, Lens, Line, Maps, Note, Points, Region, Text
from cnnlib.widgets.backpropagation.blame_microscope import BlameMicroscope
from cnnlib.widgets.backpropagation.broken_backward import BrokenBackward
from cnnlib.widgets.backpropagation.convolution_backward import ConvolutionBackward
from cnnlib.widgets.backpropagation.gradient_check import GradientCheckExplorer
from cnnlib.widgets.backpropagation.one_update import OneUpdate
from cnnlib.widgets.backpropagation.pixel_in_windows import PixelInWindows
from cnnlib.widgets.backpropagation.readings_picture import READINGS
from cnnlib.widgets.backpropagation.suspect_panels import LETTERS, NAMES


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


def card_words(widget):
    """What stands on each of the seven cards."""
    found = {place: [] for place in range(7)}
    for mark in widget.scene.timeline.marks:
        if isinstance(mark, Text):
            for x, word in zip(mark.x, mark.text, strict=True):
                found[int(x)].append(word)
    return [" ".join(words) for words in found.values()]


def test_a_click_on_a_card_chooses_the_suspect_and_the_guess_beside_the_picture_is_its_own():
    widget = BrokenBackward()
    event = {"name": "suspects", "kind": "click", "row": 0, "col": 2, "x": 2.1, "y": 0.5}
    assert widget.event(event) == {"suspect": "C"}
    widget.set_state(suspect="C")
    widget.set_state(fault="half turn left out")
    assert widget.state["C"] == "half turn left out" and widget.state["A"] == "?"
    widget.set_state(suspect="B")
    assert widget.state["fault"] == "?"
    widget.set_state(B="divided by the batch twice")
    assert widget.state["fault"] == "divided by the batch twice"
    widget.set_state(suspect="C")
    assert widget.state["fault"] == "half turn left out" and "fault=" not in repr(widget)
    assert eval(repr(widget)).state == widget.state
    widget.set_state(suspect="sound")
    assert widget.scene.idle == ("fault",) and widget.state["fault"] == "?"
    assert widget.scene.slots[0].text.startswith("Nothing to name here")
    assert widget.event(event | {"col": 6}) == {"suspect": "yours"}
    bar = {"name": "errors", "kind": "click", "row": 3, "col": 0, "x": 2, "y": 3}
    assert widget.event(bar) == {"part": "pool: input"}
    (named,) = (c for c in widget.controls if c.name == "A")
    assert named.shown("= in place of +=") == "“=” in place of “+=”" and named.shown("?") == "no guess yet"
    assert "5 of 5 faults are named rightly" in BrokenBackward(**LETTERS).text


@pytest.mark.parametrize("letter", LETTERS)
def test_a_suspect_that_is_chosen_is_looked_at_where_it_fails(letter):
    for widget in (BrokenBackward(), BrokenBackward(part="pool: input")):
        widget.set_state(suspect="E" if letter == "A" else "A")
        widget.set_state(suspect=letter)
        assert widget.facts["error"] > 1e-6 and "is off by up to" in widget.text
        assert eval(repr(widget)).state == widget.state
    assert BrokenBackward(suspect=letter).facts["error"] > 1e-6
    asked = BrokenBackward(suspect=letter, part="pool: input")
    assert asked.facts["error"] < 1e-6 and eval(repr(asked)).state == asked.state
    widget.set_state(part="pool: input")
    assert "pool: input" in widget.text, "a bar that is clicked stays"


def test_a_fault_that_two_suspects_are_said_to_have_counts_once():
    widget = BrokenBackward(A=LETTERS["B"], B=LETTERS["B"])
    assert "1 of 5 faults are named." in widget.text and widget.scene.figures[0].value == "1"
    widget = BrokenBackward(**dict.fromkeys(LETTERS, LETTERS["B"]))
    assert "1 of 5 faults are named rightly." in widget.text


def test_a_card_says_what_its_suspect_is_named_but_not_whether_rightly():
    widget = BrokenBackward()
    assert card_words(widget) == [*(f"{letter} ?" for letter in LETTERS), "correct", "yours"]
    for fault in (LETTERS["A"], LETTERS["B"]):  # the right one, and a wrong one
        widget.set_state(A=fault)
        assert card_words(widget)[:2] == [f"A {NAMES[fault]}", "B ?"]
        assert (widget.scene.figures[0].label, widget.scene.figures[0].value) == ("Named", "1")
    widget.set_state(B=LETTERS["B"], C=LETTERS["C"], D=LETTERS["D"], E=LETTERS["E"])
    assert (widget.scene.figures[0].label, widget.scene.figures[0].value) == ("Named rightly", "4")


def test_the_bars_that_fail_are_dark_and_called_wrong_and_the_card_of_the_suspect_is_marked():
    widget = BrokenBackward(suspect="D")
    panels = {panel.name: panel for panel in widget.scene.panels}
    bars = {mark.color: mark for mark in panels["errors"].marks if isinstance(mark, Bars)}
    assert len(bars["ink"].x) == widget.facts["failing"] > 0
    assert min(bars["ink"].height) > 6 > max(bars["link"].height)  # powers of ten above 1e-12
    border, wrong = (mark for mark in panels["errors"].marks if isinstance(mark, Text))
    assert list(border.text) == ["wrong past 10⁻⁶"] and border.y[0] < 0
    assert set(wrong.text) == {"wrong"} and wrong.y.tolist() == bars["ink"].x.tolist()
    (marked,) = (m for m in widget.scene.timeline.marks if isinstance(m, Region) and m.color == "you-soft")
    assert int(marked.x0) == list(LETTERS).index("D")
    (none,) = (p for p in BrokenBackward(suspect="sound").scene.panels if p.name == "errors")
    assert [list(mark.text) for mark in none.marks if isinstance(mark, Text)] == [["wrong past 10⁻⁶"]]


@pytest.mark.parametrize("letter", LETTERS)
def test_the_difference_is_the_one_of_what_would_be_printed_and_its_fault_is_not_given_away(letter):
    scene = BrokenBackward(suspect=letter).scene
    panels = {panel.name: [m for m in panel.marks if isinstance(m, Heatmap)] for panel in scene.panels}
    printed = {name: panels[name][0].z.round(1) for name in ("suspect", "measured")}
    (shown,) = (heat.z for heat in panels["difference"] if heat.numbers) if letter in "ACE" else (None,)
    if shown is not None:
        apart = printed["suspect"] - printed["measured"]
        assert np.nan_to_num(shown) == pytest.approx(apart, abs=1e-9)
        assert np.isnan(shown).sum() == (apart.round(1) == 0).sum()  # zeros are left blank
    words = [text for p in scene.panels for m in p.marks if isinstance(m, Text) for text in m.text]
    assert not set(words) & set(NAMES.values()), "a fault beside a suspect that nobody has named"
    choices = next(c for c in BrokenBackward().controls if c.name == letter).options[1:]
    assert list(choices) != list(LETTERS.values()) and set(choices) == set(LETTERS.values())


@pytest.mark.parametrize("letter", LETTERS)
def test_the_largest_cell_of_the_difference_is_framed_and_is_the_number_of_the_sentence(letter):
    widget = BrokenBackward(suspect=letter, part="conv: kernel" if letter in "BD" else "conv: input")
    (panel,) = (p for p in widget.scene.panels if p.name == "difference")
    (frame,) = (m for m in panel.marks if isinstance(m, Region) and m.color == "ink")
    numbers = next(m.z for m in panel.marks if isinstance(m, Heatmap) and m.numbers)
    row, column = round((frame.y0 + frame.y1) / 2), round((frame.x0 + frame.x1) / 2)
    assert abs(numbers[row, column]) == np.nanmax(np.abs(numbers))
    assert f"off by up to {abs(numbers[row, column]):.1f}." in widget.text


def test_a_part_that_is_right_has_no_difference_and_says_so():
    scene = BrokenBackward(suspect="B", part="conv: input").scene
    (panel,) = (p for p in scene.panels if p.name == "difference")
    assert [text for m in panel.marks if isinstance(m, Text) for text in m.text] == ["no difference"]
    assert not any(isinstance(m, Region) and m.color == "ink" for m in panel.marks)


@pytest.mark.parametrize(
    ("suspect", "said"), [("A", "hardly shows it"), ("D", "shows it a little"), ("sound", "goes right")]
)
def test_the_strip_of_training_says_what_the_losses_mean(suspect, said):
    widget = BrokenBackward(suspect=suspect)
    (panel,) = (p for p in widget.scene.panels if p.name == "learning")
    assert panel.title.endswith(said)
    sound = f"{widget.facts['last_sound']:.2f}"
    both = f"{widget.facts['last']:.2f} against {sound}"
    assert panel.subtitle == (f"down to {sound}" if suspect == "sound" else both)


def test_where_not_even_the_correct_pass_learns_no_fault_is_said_to_do_no_harm():
    widget = BrokenBackward(suspect="C", rate=1)
    (panel,) = (p for p in widget.scene.panels if p.name == "learning")
    assert panel.title == "At this rate none learns" and "not even the correct pass" in widget.text
    assert "nearly as well" not in widget.text


SIZES = [
    {"kernel": k, "stride": s, "padding": p, "dilation": d}
    for k, s, p, d in product(*[(1, 2, 3)] * 2, (0, 2), (1, 2))
]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("reading", ["scatter", "gather", "matrix", "weight by weight"])
def test_every_reading_ends_at_the_same_gradient_and_says_so(reading, sizes):
    widget = ConvolutionBackward(reading=reading, channels=2, kernels=2, **sizes)
    widget.set_state(step=widget.limits(widget.state)["step"][1])
    assert widget.text.endswith("Finished: the four readings differ by 0.")
    assert widget.facts["made"] == widget.facts["products"] and widget.facts["apart"] == 0
    shown = [panel.marks[0].z for panel in widget.scene.panels[-4:]]
    assert all(np.array_equal(shown[0], other, equal_nan=True) for other in shown[1:])


def test_the_way_back_through_a_convolution_is_told_step_by_step():
    widget = ConvolutionBackward(step=0)
    assert widget.text == "Step 0 of 9: nothing has gone back yet. Press Play to go output by output."
    widget.set_state(step=1, padding=1)
    assert "Times the kernel it goes to 4 pixels of its window; 5 more lie in the padding" in widget.text
    widget.set_state(reading="gather", stride=2, padding=0, step=1)
    assert widget.text.endswith("pixel by pixel: pixel row 0, column 0 gets 2·2 = 4.")
    widget.set_state(kernel=2, stride=3, numbers="all ones")
    assert widget.facts["unreached"] == 9 and "9 pixels were in no window" in widget.text
    widget = ConvolutionBackward(kernel=3, stride=2, numbers="all ones")
    assert widget.facts["most"] == 4
    widget.set_state(reading="weight by weight", step=5)
    assert "is 0. A copy of dy, times 0, is added, its numbers 2 pixels apart." in widget.text


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("reading", ["scatter", "gather", "matrix", "weight by weight"])
def test_it_opens_in_the_middle_and_no_panel_stands_on_another(reading, channels):
    widget = ConvolutionBackward(reading=reading, channels=channels)
    assert 0 < widget.facts["step"] < widget.facts["steps"] and widget.facts["now_apart"] > 0
    scene, taken = widget.scene, set()
    for panel in scene.panels:
        row, column, rows, columns = panel.at
        cells = {(r, c) for r in range(row, row + rows) for c in range(column, column + columns)}
        assert cells and not cells & taken and max(c for _, c in cells) < len(scene.columns)
        taken |= cells
    assert sum(scene.columns) == pytest.approx(1)


@pytest.mark.parametrize("reading", ["scatter", "gather", "weight by weight"])
def test_the_products_of_a_step_are_what_it_adds(reading):
    def shown(step, name):
        widget = ConvolutionBackward(reading=reading, stride=2, padding=1, step=step)
        panel = next(p for p in widget.scene.panels if p.name == name)
        return np.nan_to_num(next(m for m in panel.marks if isinstance(m, Heatmap)).z)

    signs = [
        m.text[0]
        for p in ConvolutionBackward(reading=reading).scene.panels[:3]
        for m in p.marks[::-1]
        if isinstance(m, Text)
    ]
    assert [sign for sign in signs if sign in "×=→"] == ["×", "=", "→"]
    assert not shown(0, "products").any()
    for step in range(1, 9):
        added = shown(step, "dx") - shown(step - 1, "dx")
        assert added.sum() == shown(step, "products").sum() and (
            reading == "gather" or np.abs(added).sum() == np.abs(shown(step, "products")).sum()
        )


@pytest.mark.parametrize("reading", ["scatter", "gather", "matrix", "weight by weight"])
def test_all_numbers_of_the_four_readings_have_one_scale_and_what_they_do_is_said_from_left_to_right(reading):
    for channels in (1, 2):
        scene = ConvolutionBackward(reading=reading, channels=channels).scene
        ends = {m.vmax for panel in scene.panels for m in panel.marks if isinstance(m, Heatmap)}
        assert len(ends) == 1, "a 3 that is darker than a 9"
        notes = [m.text for panel in scene.panels for m in panel.marks if isinstance(m, Note)]
        assert any(words in note for note in notes for words in ("added", "sum", "adds up")), notes
        below = [panel for panel in scene.panels if panel.at[0] == 1]
        assert len(below) == 4 and all(panel.at[0] == 0 for panel in scene.panels if panel not in below)


def test_a_wedge_leads_from_what_a_step_takes_to_where_it_goes():
    def wedges(**state):
        panels = ConvolutionBackward(**state).scene.panels
        return [(panel.name, m) for panel in panels for m in panel.marks if isinstance(m, Lens)]

    ((name, lens),) = wedges(step=6)  # dy at row 1, column 2: its window begins at pixel row 1, column 2
    assert (name, lens.to) == ("products", "dx")
    assert list(lens.far_x) == [1.5, 1.5] and list(lens.far_y) == [0.5, 3.5]
    ((name, lens),) = wedges(reading="gather", step=1)
    assert (name, lens.to) == ("first", "second") and list(lens.y) == [-0.5, 2.5]
    ((name, lens),) = wedges(reading="weight by weight", step=1, stride=2)
    assert (name, list(lens.y)) == ("products", [-0.5, 1.5]) and list(lens.far_y) == [-0.5, 2.5]
    assert wedges(step=0) == [] == wedges(reading="matrix", step=3)


def test_another_reading_goes_on_where_this_one_stood():
    widget = ConvolutionBackward(step=9)
    widget.set_state(reading="matrix")
    assert widget.state["step"] == 25
    widget.set_state(reading="gather", step=3)
    assert widget.state["step"] == 3
    assert ConvolutionBackward(reading="gather", step=4).state["step"] == 4  # asked for, not left
    widget.set_state(kernel=1, padding=0, reading="weight by weight")
    assert widget.state["step"] in (0, 1)


def test_a_touched_cell_is_the_step_that_makes_it():
    def touch(widget, name, row, column):
        return widget.event({"name": name, "kind": "click", "row": row, "col": column, "x": 0, "y": 0})

    assert touch(ConvolutionBackward(), "dy", 1, 2) == {"step": 6}
    two = ConvolutionBackward(reading="gather", channels=2)
    assert touch(two, "dx", 0, 6) == {"step": 26} and touch(two, "dx", 0, 5) is None
    weights = ConvolutionBackward(reading="transposed", kernels=2)
    assert touch(weights, "weights", 4, 0) == {"step": 10}
    assert touch(weights, "reading:matrix", 0, 0) == {"reading": "matrix"}


def test_one_pixel_is_told_through_all_its_windows():
    assert "lies in 4 of the 4 windows. " in PixelInWindows().text
    panels = PixelInWindows().scene.panels
    said = [[m.text[0] for m in panel.marks if isinstance(m, Text)] for panel in panels]
    assert said == [
        ["3 × (−1)", "= −3"],
        ["1 × 2", "= 2"],
        ["2 × 3", "= 6"],
        ["4 × 1", "= 4"],
        ["−3 + 2 + 6 + 4 = 9"],
    ]
    corner = PixelInWindows(row=2, column=2).scene.panels[-1].marks
    assert [m.text for m in corner if isinstance(m, Text)] == [("−4",)]
    apart = [
        m.text[0] for panel in PixelInWindows(row=0).scene.panels for m in panel.marks if isinstance(m, Text)
    ]
    assert apart.count("not in it") == 2
    assert PixelInWindows().text.endswith("It gets 3·(−1) + 1·2 + 2·3 + 4·1 = 9.")
    widget = PixelInWindows(row=2, column=1)
    assert widget.facts == {"windows": 2, "gradient": 6.0}
    touched = {"name": "pixel", "kind": "click", "row": 0, "col": 2, "x": 2, "y": 0}
    assert widget.event(touched) == {"row": 0, "column": 2}


@pytest.mark.parametrize("reading", ["scatter", "gather", "matrix", "weight by weight"])
def test_halfway_the_large_picture_and_the_small_one_show_the_same(reading):
    widget, made = ConvolutionBackward(reading=reading, kernels=2, stride=2, padding=1), []
    for step in range(widget.limits(widget.state)["step"][1] + 1):
        widget.set_state(step=step)
        made.append(widget.facts["made"])
        large = next(panel for panel in widget.scene.panels if panel.name == "dx").marks[0].z
        large = large if large.shape == (5, 5) else large[1:-1, 1:-1]
        name = {"weight by weight": "weights"}.get(reading, reading)
        small = next(panel for panel in widget.scene.panels if panel.name == name).marks[0].z
        assert np.array_equal(large, small, equal_nan=True)
    assert made[0] == 0 and made[-1] == widget.facts["products"] and made == sorted(made)
    assert len(set(made)) == len(made), "a step that adds nothing"


def test_one_weight_and_one_window_are_said_in_the_singular():
    small = load_digits_cnn(), load_digits()
    words = BlameMicroscope(*small, layer="convolution 1", row=0, column=0).text
    assert "; so does 1 weight." in words, words
    seen = {
        BlameMicroscope(*small, layer="pooling 1", row=row, column=0, channel=map_).text
        for row in range(3)
        for map_ in (0, 3)
    }
    assert any(" In 1 pooling window it goes to the largest number alone." in text for text in seen), seen
    assert not any(" 1 pooling windows" in text or " 1 weights" in text for text in seen)


def test_the_fourth_reading_is_found_under_its_earlier_name():
    widget = ConvolutionBackward(reading="transposed", stride=2, step=9)
    assert widget.state["reading"] == "weight by weight" and widget.text.endswith("differ by 0.")
    widget.set_state(reading="scatter")
    widget.set_state(reading="transposed")
    assert widget.state["reading"] == "weight by weight"


def test_the_figure_counts_the_pixels_on_which_all_four_agree():
    figures = [ConvolutionBackward(step=step).scene.figures[1] for step in (0, 4, 9)]
    assert [figure.value for figure in figures] == ["0", "6", "25"]
    assert [figure.unit for figure in figures[1:]] == ["of 25 pixels so far", "of 25 pixels"]


@pytest.mark.parametrize("reading", ["scatter", "gather", "matrix", "weight by weight"])
def test_of_the_four_small_results_that_of_the_reading_above_is_framed(reading):
    small = ConvolutionBackward(reading=reading).scene.panels[-4:]
    framed = [any(isinstance(m, Region) and m.color == "you" for m in panel.marks) for panel in small]
    assert [name for name, found in zip(READINGS, framed, strict=True) if found] == [reading]


@pytest.mark.parametrize("several", [1, 2])
def test_beneath_each_small_result_stands_how_many_steps_it_has_made(several):
    for step in (0, 4, 9):
        widget = ConvolutionBackward(step=step, channels=several, kernels=several)
        for panel in widget.scene.panels[-4:]:
            words = [text for m in panel.marks if isinstance(m, Text) for text in m.text]
            done, of = (int(word) for word in words[0].split(" of "))
            grey, dark = (m for m in panel.marks if isinstance(m, Region) and m.alpha == 1)
            assert (dark.x1 - dark.x0) / (grey.x1 - grey.x0) == pytest.approx(done / of)
            if panel.name in ("gather", "matrix"):
                assert np.isfinite(panel.marks[0].z).sum() == done
        assert "All four end with the same numbers." in widget.scene.slots[0].text
    widget = ConvolutionBackward(step=0)
    widget.set_state(reading="gather", step=11)
    told = {p.name: next(m for m in p.marks if isinstance(m, Text)).text[0] for p in widget.scene.panels[-4:]}
    assert told == {"scatter": "4 of 9", "gather": "11 of 25", "matrix": "11 of 25", "weights": "4 of 9"}


@pytest.mark.parametrize("kernel", [1, 2, 3])
def test_a_note_beneath_the_products_stays_clear_of_the_wedge(kernel):
    for reading in ("scatter", "weight by weight"):
        panels = ConvolutionBackward(reading=reading, kernel=kernel, step=1).scene.panels
        products = next(panel for panel in panels if panel.name == "products")
        lens, values = products.marks[:2]
        notes = [m for m in products.marks if isinstance(m, Note)]
        columns = values.z.shape[1]
        assert isinstance(lens, Lens) and bool(notes) == (columns > 1)
        assert all(note.width <= 36 * columns for note in notes)


def test_one_update_follows_one_map_from_a_convolution_to_its_pooling():
    panels = [panel for panel in OneUpdate(step=18).scene.panels if panel.name == "down"]
    shown = [np.asarray(mark.z) for panel in panels for mark in panel.marks if isinstance(mark, Maps)]
    values = shown[::2]  # each is followed by its gradient
    assert [len(each) for each in values] == [28, 28, 28, 14, 14, 14, 7, 10]
    for conv, relu, pool in (values[1:4], values[4:7]):
        np.testing.assert_array_equal(relu, np.maximum(conv, 0))
        rows = len(pool)
        np.testing.assert_array_equal(pool, relu.reshape(rows, 2, rows, 2).max(axis=(1, 3)))


@pytest.mark.parametrize("rate", [1e-4, 1e-3, 0.01])
def test_one_update_never_says_that_a_loss_moved_to_itself(rate):
    told = OneUpdate(network="trained", image=3, rate=rate, step=18).text
    moves = re.findall(r"from ([\d.]+\d) to ([\d.]+\d)", told)
    assert moves and all(before != after for before, after in moves), told
    still = OneUpdate(network="trained", rate=1e-4, step=18).text
    assert "hardly moved from 0.00939." in still and " to 0.009" not in still


def test_the_products_shown_add_up_to_the_sum_shown():
    widget = BlameMicroscope(
        load_digits_cnn(),
        load_digits(),
        what="a weight",
        layer="convolution 2",
        image=143,
        channel=3,
        input_map=5,
        row=0,
        column=0,
    )
    products = widget.scene.panels[2]
    assert products.title == "products" and widget.scene.figures[0].value == "−1.694"
    assert not np.signbit(products.marks[0].z[products.marks[0].z == 0]).any(), "a minus before zero"
    assert round(products.marks[0].z.round(3).sum(), 3) == -1.694


def test_how_many_products_of_the_weight_in_notebook_04_are_not_zero():
    weight = {"what": "a weight", "layer": "convolution 2", "channel": 3, "input_map": 5}
    products = (
        BlameMicroscope(load_digits_cnn(), load_digits(), image=143, **weight).scene.panels[2].marks[0].z
    )
    assert products.size == 16 and (products != 0).sum() == 4 and (products.round(3) != 0).sum() == 2


def test_how_many_pixels_of_a_field_receive_a_gradient():
    small = BlameMicroscope(load_digits_cnn(), load_digits()).facts
    assert (small["pixels"], small["field"] - small["pixels"], small["field"]) == (25, 24, 49)
    asked = {"layer": "convolution 2", "channel": 7, "row": 7, "column": 7}
    large = BlameMicroscope(load_mnist_cnn(), load_mnist_sample(), **asked).facts
    assert (large["pixels"], large["field"]) == (174, 196)


def test_faults_are_tried_on_mnist_and_functions_of_ones_own_on_the_small_digits():
    assert BrokenBackward().split.x_train.shape[1:] == (1, 28, 28)
    assert BrokenBackward(yours=own()).split.x_train.shape[1:] == (1, 8, 8)


def test_where_both_precisions_err_alike_the_square_lies_on_a_larger_disc():
    (valley,) = (panel for panel in GradientCheckExplorer(step=0.3).scene.panels if panel.name == "valley")
    disc, square = (mark for mark in valley.marks if isinstance(mark, Points) and mark.outline)
    assert np.allclose(disc.y, square.y, rtol=1e-3)
    assert (disc.shape, square.shape) == ("circle", "square") and disc.size > 1.5 * square.size


@pytest.mark.parametrize("shown", ["those tried", "every ε"])
def test_an_error_too_small_for_the_plot_is_said_to_be_below_its_lowest_place(shown):
    widget = GradientCheckExplorer(x=0, step=1e-14, shown=shown)
    assert ": error below 10⁻¹⁶ in float64, below 10⁻¹⁶ in float32" in widget.text
    (valley,) = (panel for panel in widget.scene.panels if panel.name == "valley")
    assert valley.subtitle.endswith("lowest: below 10⁻¹⁶")
    assert min(y for mark in valley.marks if isinstance(mark, Points) for y in mark.y) == 1e-16
    (valley,) = (panel for panel in GradientCheckExplorer().scene.panels if panel.name == "valley")
    assert "below" not in valley.subtitle


def test_where_the_true_slope_is_0_no_error_is_relative_and_none_is_0():
    widget = GradientCheckExplorer(function="ReLU", x=-1, step=0.1)
    assert "true is 0: error 0 in float64, 0 in float32." in widget.text
    assert [figure.value for figure in widget.scene.figures] == ["0", "0", "0"]
    widget = GradientCheckExplorer(function="ReLU", x=0, step=1)
    assert "true is 0: error 0.5 in float64, 0.5 in float32." in widget.text
    (valley,) = (panel for panel in widget.scene.panels if panel.name == "valley")
    assert valley.title == "Error of the slope" and widget.scene.figures[1].label == "Error, float64"
    assert "relative error" in GradientCheckExplorer().text
