"""The first cells of notebook 00: the set-up check and the gallery of images."""

import numpy as np
import pytest
from packaging.requirements import Requirement

from cnnlib.data import load_digits, load_mnist_sample
from cnnlib.viz import Arrows, Heatmap, Line, Points, Text
from cnnlib.widgets.start_here import setup_check
from cnnlib.widgets.start_here.gallery import ImageGallery
from cnnlib.widgets.start_here.setup_check import SetupCheck
from tests.widgets.toy_widget import shown


def test_the_check_counts_presses():
    widget = SetupCheck()
    assert widget.facts["faults"] == 0
    for _ in range(2):
        widget.live.receive({"type": "press", "name": "answer"})
    assert widget.text.endswith("The page and Python talk to each other: 2 presses have arrived.")
    widget.reset()
    assert widget.text.endswith("Now press the button.")


def test_each_press_arrives_as_a_dot_and_is_counted():
    widget = SetupCheck()
    marks = widget.scene.panels[0].marks
    assert widget.scene.panels[0].name == "way" and [m.size for m in marks if isinstance(m, Points)] == [8], (
        "it waits"
    )
    assert widget.scene.anchors[0].control == "answer" and widget.slots == {"anchored": ("answer",)}
    for presses, seen in ((1, 1), (12, 12), (40, 12)):
        way = setup_check.way(presses)
        (dots,) = [mark for mark in way.marks if isinstance(mark, Points)]
        assert len(dots.x) == seen and setup_check.RIGHT < dots.x.min() and dots.x.max() < 100
        assert any(isinstance(mark, Arrows) for mark in way.marks)
        assert str(presses) in [word for mark in way.marks if isinstance(mark, Text) for word in mark.text]


def test_a_dot_travels_there_and_back_and_is_counted_when_it_arrives(monkeypatch):
    widget, pauses = shown(SetupCheck()), []
    monkeypatch.setattr(setup_check.time, "sleep", pauses.append)
    places = []
    compute = widget.compute

    def watched(state):
        scene = compute(state)
        way = scene.panels[0]
        moving = [m for m in way.marks if isinstance(m, Points) and m.size == 8]
        counted = next(m.text[0] for m in way.marks if isinstance(m, Text) and m.size == 34)
        places.append((float(moving[0].x[0]) if moving else None, counted))
        return scene

    widget.compute = watched
    frames = len(widget.live.page.frames)
    widget.live.receive({"type": "press", "name": "answer"})
    x = [place for place, _ in places if place is not None]
    turn = int(np.argmax(x))
    assert 0 < turn < len(x) - 1 and (np.diff(x[: turn + 1]) > 0).all() and (np.diff(x[turn + 1 :]) < 0).all()
    assert places[0][1] == "0" and places[-1] == (None, "1")
    assert len(pauses) == setup_check.TRAVELS == len(widget.live.page.frames) - frames - 1
    assert sum(pauses) < 0.6, "the kernel is soon free"


def test_packages_that_will_do_are_ticks_and_others_say_how_to_mend_them(monkeypatch):
    needed = [Requirement("numpy>=99"), Requirement("matplotlib>=3"), Requirement("no-such-package<2,>=1")]
    monkeypatch.setattr(setup_check, "requirements", lambda: needed)
    scene = SetupCheck().scene
    for panel in scene.panels[1:]:
        texts = [mark for mark in panel.marks if isinstance(mark, Text)]
        signs = {mark.text[0]: (mark.color, len(mark.text)) for mark in texts if mark.size == 15}
        assert signs == {"✗": ("bad", 1), "✓": ("green", 1)}
        said = [word for mark in texts for word in mark.text]
        assert panel.title == "1 of 3 packages are fine"
        assert f"numpy {np.__version__} is too old; needed: >=99" in said
        assert "no-such-package is missing; needed: >=1, <2" in said
        assert {'pip install "numpy>=99"', 'pip install "no-such-package<2,>=1"'} <= set(said)
        assert all(0 <= level <= panel.y.low for mark in texts for level in mark.y)


def test_the_check_names_what_is_missing_or_old(monkeypatch):
    needed = [Requirement("numpy>=99"), Requirement("no-such-package"), Requirement("matplotlib>=3")]
    monkeypatch.setattr(setup_check, "requirements", lambda: needed)
    widget = SetupCheck()
    assert widget.facts["faults"] == 2
    assert widget.text.startswith("numpy is too old; no-such-package is missing: see README.md.")


@pytest.mark.parametrize("presses", [0, 1])
def test_the_ways_there_and_back_run_from_box_to_box_with_a_head_each(presses):
    marks = setup_check.way(presses).marks
    heads = [mark for mark in marks if isinstance(mark, Arrows)]
    tips = {(float(x), float(y)) for mark in heads for x, y in zip(mark.x + mark.dx, mark.y, strict=True)}
    near, far = setup_check.LEFT + setup_check.APART, setup_check.RIGHT - setup_check.APART
    assert tips == {(far, setup_check.THERE), (near, setup_check.BACK)}
    begins = [float(mark.x[0]) for mark in marks if isinstance(mark, Line) and mark.dash == "dashed"]
    assert begins == ([] if presses else [near, far]) and setup_check.APART < 1


def test_all_packages_stand_in_few_lines():
    scene = SetupCheck().scene
    whole, few = scene.panels[1:]
    count = len(setup_check.requirements())
    for panel, beside in ((whole, setup_check.BESIDE), (few, setup_check.FEW)):
        ticks = next(m for m in panel.marks if isinstance(m, Text) and m.text[0] == "✓")
        assert len(ticks.text) == count and len(set(ticks.y)) == -(-count // beside)
        assert len(set(zip(ticks.x, ticks.y, strict=True))) == count
    assert scene.narrow.only == ("few",) and list(scene.narrow.at) == ["way", "few"]
    assert scene.height < 270


def test_the_check_knows_the_course_without_an_installation(monkeypatch):
    def missing(name):
        raise setup_check.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(setup_check.metadata, "requires", missing)
    assert {"numpy", "ipywidgets"} <= {requirement.name for requirement in setup_check.requirements()}


def parts(widget):
    """Images, frames, labels and the numbers of the rows."""
    marks = widget.scene.panels[0].marks[:4]
    assert [type(mark) for mark in marks] == [Heatmap, Line, Text, Text]
    return marks


@pytest.mark.parametrize("half", ["training", "test"])
@pytest.mark.parametrize("label", ["any", *"0123456789"])
def test_the_gallery_shows_every_image_once(half, label):
    digits = load_digits()
    labels = digits.y_train if half == "training" else digits.y_test
    expected = len(labels) if label == "any" else int((labels == int(label)).sum())
    widget = ImageGallery(half=half, label=label, labels=True)
    pages = widget.limits(widget.state)["page"][1]
    seen = 0
    for page in range(1, pages + 1):
        widget.set_state(page=page)
        seen += widget.facts["shown"]
        assert widget.message == "" and (
            f"of {expected:,} " in widget.text or f"All {expected} " in widget.text
        )
        labels_shown = parts(widget)[2].text
        assert label == "any" or set(labels_shown) == {label}
    assert seen == expected


def test_the_gallery_draws_the_image_beneath_its_label():
    digits = load_digits()
    heat, rims, words, numbers = parts(ImageGallery(labels=True))
    np.testing.assert_array_equal(heat.z[11:19, 44:52], digits.x_train[12, 0])
    assert words.text[12] == str(digits.y_train[12]) and numbers.text == ("#0", "#8", "#16", "#24", "#32")
    edges = rims.x[12 * 6 : 12 * 6 + 5], rims.y[12 * 6 : 12 * 6 + 5]
    assert (min(edges[0]), max(edges[0]), min(edges[1]), max(edges[1])) == (43.5, 51.5, 10.5, 18.5)
    assert words.x[12] == 47.5 and words.y[12] > 18.5 and numbers.y[1] == 14.5


def test_between_two_images_of_the_gallery_is_room_for_a_label_on_a_phone():
    for split in (load_digits(), load_mnist_sample()):
        few = ImageGallery(split, labels=True).scene.panels[1]
        size = split.x_train.shape[-1]
        scale = 362 / (few.x.high - few.x.low)
        labels = few.marks[2]
        assert (labels.y[5] - labels.y[0] - size) * scale >= labels.size  # the gap, in pixels
        assert 6 * 6.5 + 7 < (-0.5 - few.x.low) * scale  # a number of five digits


def test_the_gallery_names_the_numbers_that_the_images_have():
    digits = load_digits()
    widget = ImageGallery(half="test", label="7", page=1)
    heat, _, _, starts = parts(widget)
    sevens = np.flatnonzero(digits.y_test == 7)
    assert [int(word[1:]) for word in starts.text] == sevens[:36:8].tolist()
    assert widget.text.endswith(f"numbers {sevens[0]} to {sevens[-1]}.")
    np.testing.assert_array_equal(heat.z[:8, 11:19], digits.x_test[sevens[1], 0])
    assert heat.tile_names[1] == f"image {sevens[1]}"


def test_the_labels_of_the_gallery_are_hidden_until_they_are_asked_for():
    widget = ImageGallery()
    assert set(parts(widget)[2].text) == {""}
    assert "numbers 0 to 39" in widget.text


def test_a_click_on_an_image_of_the_gallery_shows_its_label_and_another_hides_it():
    widget, digits = ImageGallery(), load_digits()

    def click(panel: str, row: int, col: int):
        event = {"name": panel, "kind": "click", "row": row, "col": col}
        widget.live.receive({"type": "event", "event": event})
        return [panel.marks[2].text for panel in widget.scene.panels[:2]]

    label = str(digits.y_train[12])
    for seen in click("images", 11 + 3, 4 * 11 + 3):  # in the rows of eight and in those of five
        assert [word for word in seen if word] == [label] and seen[12] == label
    assert set(click("few", 2 * 11 + 3, 2 * 11 + 3)[0]) == {""}
    click("images", 3, 3)
    widget.set_state(labels=True)
    assert "" not in parts(widget)[2].text  # the switch is about all of them
    assert click("images", 3, 3)[0][:2] == ("", str(digits.y_train[1]))
    widget.set_state(labels=False, half="test", label="7")
    assert set(parts(widget)[2].text) == {""} and "Click" not in widget.text
    click("images", 52, 7 * 11)  # no image is there
    assert set(parts(widget)[2].text) == {""} and widget.failure is None


def test_the_gallery_stays_on_a_page_that_exists():
    widget = ImageGallery(page=36)
    widget.set_state(label="7")
    assert widget.state["page"] == 4 and widget.message == ""
    widget.set_state(page=5)
    assert widget.message == "Page: expected a whole number from 1 to 4, received 5. It stays 4."
    widget.set_state(page=99)
    assert "Page: expected a whole number from 1 to" in widget.message


def test_the_gallery_says_above_its_images_what_a_click_does():
    widget = ImageGallery(load_digits())
    told = [[(panel.title, panel.subtitle) for panel in widget.scene.panels[:2]]]
    widget.set_state(labels=True)
    told.append([(panel.title, panel.subtitle) for panel in widget.scene.panels[:2]])
    assert told == [[("Click an image", f"to {does} its label")] * 2 for does in ("see", "hide")]


def test_what_the_learner_reads_is_counted_against_the_labels_and_the_next_unseen_image_is_asked_for():
    widget, digits = ImageGallery(half="test"), load_digits()
    labels = [str(label) for label in digits.y_test]
    asked = []

    def large():
        panel = widget.scene.panels[2]
        heats = [mark for mark in panel.marks if isinstance(mark, Heatmap)]
        return (panel.subtitle, heats[0].z) if heats else (panel.subtitle, None)

    def answer(reading):
        asked.append(large()[0])
        widget.set_state(reading=reading)
        assert widget.state["reading"] == "?" and widget.failure is None

    np.testing.assert_array_equal(large()[1], digits.x_test[0, 0])
    answer(labels[0])
    assert widget.text.startswith(f"#0: you read {labels[0]}, as it is labelled. 40 of")
    wrong = str((digits.y_test[1] + 1) % 10)
    answer(wrong)
    assert widget.text.startswith(f"#1: you read {wrong}, its label is {labels[1]}. 40 of")
    assert (widget.facts["read"], widget.facts["right"]) == (2, 1)
    figure = widget.scene.figures[-1]
    assert (figure.label, figure.value, figure.unit) == ("You read as labelled", "1", "of 2")
    event = {"name": "images", "kind": "click", "row": 3, "col": 2 * 11 + 3}
    widget.live.receive({"type": "event", "event": event})  # who sees a label is not asked for it
    answer(labels[3])
    assert asked == ["#0", "#1", "#3"]
    shown = parts(widget)[2].text
    assert shown[:5] == (labels[0], "", labels[2], labels[3], "")
    (instead,) = (m for m in widget.scene.panels[0].marks if isinstance(m, Text) and m.color == "bad")
    assert instead.text[1] == f"{labels[1]} ≠ {wrong}" and set(instead.text) == {"", instead.text[1]}
    widget.set_state(labels=True)
    assert large()[1] is None
    widget.set_state(labels=False)
    widget.set_state(page=2)
    assert large()[0] == "#40"
    widget.reset()
    assert (widget.facts["read"], large()[0]) == (0, "#0")


def test_only_digits_are_asked_for():
    digits = load_digits()
    named = ImageGallery(digits._replace(class_names=tuple("abcdefghij")))
    assert "reading" not in named.state and [panel.name for panel in named.scene.panels] == ["images", "few"]
