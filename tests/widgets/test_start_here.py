"""The first cells of notebook 00: the set-up check and the gallery of images."""

import numpy as np
import pytest
from packaging.requirements import Requirement

from cnnlib.data import load_digits, load_mnist_sample
from cnnlib.viz import Text
from cnnlib.widgets.start_here import setup_check
from cnnlib.widgets.start_here.gallery import ImageGallery
from cnnlib.widgets.start_here.setup_check import SetupCheck


def test_the_check_counts_presses():
    widget = SetupCheck()
    assert widget.facts["faults"] == 0
    for _ in range(2):
        widget.live.receive({"type": "press", "name": "answer"})
    assert widget.text.endswith("The page and Python talk to each other: 2 presses have arrived.")
    widget.reset()
    assert widget.text.endswith("Now press the button.")


def test_the_check_names_what_is_missing_or_old(monkeypatch):
    needed = [Requirement("numpy>=99"), Requirement("no-such-package"), Requirement("matplotlib>=3")]
    monkeypatch.setattr(setup_check, "requirements", lambda: needed)
    widget = SetupCheck()
    assert widget.facts["faults"] == 2
    assert widget.text.startswith("numpy is too old; no-such-package is missing: see README.md.")


def test_a_narrow_table_of_packages_leaves_out_what_has_no_room():
    scene = SetupCheck().scene
    words = {p.name: [w for m in p.marks if isinstance(m, Text) for w in m.text] for p in scene.panels}
    assert set(words["table"]) - set(words["short"]) == {"needed", *(w for w in words["table"] if ">=" in w)}
    assert scene.narrow.only == ("short",) and list(scene.narrow.at) == ["short"]


def test_the_check_knows_the_course_without_an_installation(monkeypatch):
    def missing(name):
        raise setup_check.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(setup_check.metadata, "requires", missing)
    assert {"numpy", "ipywidgets"} <= {requirement.name for requirement in setup_check.requirements()}


@pytest.mark.parametrize("half", ["training", "test"])
@pytest.mark.parametrize("label", ["any", *"0123456789"])
def test_the_gallery_shows_every_image_once(half, label):
    digits = load_digits()
    labels = digits.y_train if half == "training" else digits.y_test
    expected = len(labels) if label == "any" else int((labels == int(label)).sum())
    widget = ImageGallery(half=half, label=label)
    pages = widget.limits(widget.state)["page"][1]
    seen = 0
    for page in range(1, pages + 1):
        widget.set_state(page=page)
        seen += widget.facts["shown"]
        assert widget.message == "" and (
            f"of {expected:,} " in widget.text or f"All {expected} " in widget.text
        )
        labels_shown = widget.scene.panels[0].marks[1].text
        assert label == "any" or set(labels_shown) == {label}
    assert seen == expected


def test_the_gallery_draws_the_image_beneath_its_label():
    digits = load_digits()
    widget = ImageGallery()
    heat, words, numbers = widget.scene.panels[0].marks
    np.testing.assert_array_equal(heat.z[11:19, 22:30], digits.x_train[12, 0])
    assert words.text[12] == str(digits.y_train[12]) and numbers.text[12] == "12"


def test_between_two_images_of_the_gallery_is_room_for_a_label_on_a_phone():
    for split in (load_digits(), load_mnist_sample()):
        few = ImageGallery(split).scene.panels[1]
        size = split.x_train.shape[-1]
        scale = 362 / (few.x.high - few.x.low)
        labels, numbers = few.marks[1:]
        assert (labels.y[5] - labels.y[0] - size) * scale >= labels.size  # the gap, in pixels
        assert numbers.needs <= 362
        assert len(numbers.text[0]) * 7 + 12 < size * scale


def test_the_gallery_names_the_numbers_that_the_images_have():
    digits = load_digits()
    widget = ImageGallery(half="test", label="7", page=1)
    numbers = [int(word) for word in widget.scene.panels[0].marks[2].text]
    assert (digits.y_test[numbers] == 7).all()
    assert widget.text.endswith(f"numbers {numbers[0]} to {numbers[-1]}.")
    np.testing.assert_array_equal(widget.scene.panels[0].marks[0].z[:8, 11:19], digits.x_test[numbers[1], 0])


def test_the_labels_of_the_gallery_can_be_hidden():
    widget = ImageGallery(labels=False)
    assert set(widget.scene.panels[0].marks[1].text) == {""}
    assert "numbers 0 to 39" in widget.text


def test_the_gallery_stays_on_a_page_that_exists():
    widget = ImageGallery(page=36)
    widget.set_state(label="7")
    assert widget.state["page"] == 4 and widget.message == ""
    widget.set_state(page=5)
    assert widget.message == "Page: expected a whole number from 1 to 4, received 5. It stays 4."
    widget.set_state(page=99)
    assert "Page: expected a whole number from 1 to" in widget.message
