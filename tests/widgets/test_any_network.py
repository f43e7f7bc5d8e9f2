"""The widgets that open a network, on networks and images of one's own."""

import json

import numpy as np
import pytest

from cnnlib import AvgPool2d, Conv2d, Dropout, Flatten, Linear, ReLU, Sequential, Sigmoid, load_mnist_sample
from cnnlib.data import Split
from cnnlib.networks import compact_cnn, lenet5, load_mnist_cnn, mlp, mnist_cnn, two_conv
from cnnlib.viz import Heatmap, Maps, static
from cnnlib.widgets import BlameMicroscope, BrokenBackward, NetworkXRay, OneUpdate
from cnnlib.widgets.base.packer import Packer
from tests.widgets.sweep import assert_sound, sweep

CLASSES = ("cat", "dog", "bird")


def colour_split(n=12, side=(14, 11)):
    rng = np.random.default_rng(0)
    x, y = rng.random((n, 3, *side), np.float32), rng.integers(0, 3, n)
    return Split(x, y, x[: n // 2], y[: n // 2], CLASSES)


def colour_cnn():
    """Strides, oblong windows, mean pooling, a sigmoid, dropout, no convolution at the end."""
    rng = np.random.default_rng(0)
    first = Conv2d(3, 20, (3, 2), stride=(1, 2), padding=(1, 0), rng=rng)
    end = [Flatten(), Dropout(0.3, rng=0), Linear(20 * 7 * 2, 30, rng=rng), Sigmoid(), Linear(30, 3, rng=rng)]
    return Sequential([first, ReLU(), AvgPool2d((2, 2)), *end])


NETWORKS = {
    "mnist_cnn": lambda: (load_mnist_cnn(), load_mnist_sample()),
    "lenet5": lambda: (lenet5(rng=0), load_mnist_sample()),
    "two_conv": lambda: (two_conv(rng=0), load_mnist_sample()),
    "compact_cnn": lambda: (compact_cnn(rng=0), load_mnist_sample()),
    "mlp": lambda: (mlp(20_000, 784, rng=0), load_mnist_sample()),
    "colour": lambda: (colour_cnn(), colour_split()),
}
WIDGETS = (NetworkXRay, BlameMicroscope, OneUpdate)


@pytest.fixture(scope="module")
def made():
    return {(name, kind): kind(*make()) for name, make in NETWORKS.items() for kind in WIDGETS}


@pytest.mark.parametrize("kind", WIDGETS)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_control_over_its_whole_range(name, kind):
    """Every control at its ends and between, and every button, in random order; nonsense is refused."""
    assert len(sweep(kind(*NETWORKS[name]()))) > 5


@pytest.mark.parametrize("kind", [NetworkXRay, BlameMicroscope])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_click_anywhere_is_answered_and_chooses_what_was_touched(name, kind, made):
    widget, rng = made[name, kind], np.random.default_rng(0)
    for panel in widget.scene.panels:
        for heat in (m for m in panel.marks if isinstance(m, Heatmap) and m.emits):
            for _ in range(3):
                row, column = (int(rng.integers(0, size)) for size in heat.z.shape)
                event = {
                    "name": heat.emits,
                    "kind": "click",
                    "x": column,
                    "y": row,
                    "row": row,
                    "col": column,
                }
                values = widget.event(event)
                if values:
                    widget.set_state(**values)
                    assert not widget.message
                    assert_sound(widget)


@pytest.mark.parametrize("kind", WIDGETS)
@pytest.mark.parametrize("name", NETWORKS)
def test_the_picture_can_be_drawn(name, kind, made):
    assert static.to_png(made[name, kind].scene)[1:4] == b"PNG"


@pytest.mark.parametrize("kind", WIDGETS)
def test_a_frame_of_the_mnist_network_is_at_most_40_kilobytes(kind):
    """Every array of another image, and the description; a click sends less, since maps stay."""
    widget, packer = kind(*NETWORKS["mnist_cnn"]()), Packer()
    if kind is OneUpdate:
        widget.set_state(step=widget.steps - 1)
    for image in (0, 1, 2, 3):  # the first is the picture that a notebook opens with
        widget.set_state(image=image)
        head, buffers = packer.pack(widget.scene)
        assert len(json.dumps(head)) + sum(map(len, buffers)) <= 40_000


@pytest.mark.parametrize("kind", [NetworkXRay, BlameMicroscope])
def test_every_move_on_the_mnist_network_sends_at_most_40_kilobytes(kind):
    """Whatever is blamed or opened: another layer, another map, another image; all maps are new then."""
    widget, packer = kind(*NETWORKS["mnist_cnn"]()), Packer()
    packer.pack(widget.scene)
    for what in widget._controls["what"].options if kind is BlameMicroscope else ("",):
        for layer in widget._controls["layer"].options:
            for number, move in enumerate(("layer", "channel", "image")):
                values = {"layer": layer} if move == "layer" else {move: number}
                widget.set_state(**values, **({"what": what} if what else {}))
                head, buffers = packer.pack(widget.scene)
                assert len(json.dumps(head)) + sum(map(len, buffers)) <= 40_000, (what, layer, move)
            widget.set_state(image=5, channel=0)
            packer.pack(widget.scene)


def test_a_hidden_map_comes_into_view_when_it_is_chosen():
    widget = NetworkXRay(*NETWORKS["colour"](), layer="convolution 1")
    hidden = next(i for i in range(20) if i not in widget.outputs["convolution 1"].maps)
    widget.set_state(channel=hidden, row=5, column=4)
    shown = widget.opened.laid_out(widget.state)["convolution 1"]
    assert hidden in shown.maps and shown.unit_at(*shown.cell((hidden, 5, 4))) == (hidden, 5, 4)
    (panel,) = (p for p in widget.scene.panels if p.name == "network")
    (mark,) = (m for m in panel.marks if isinstance(m, Maps) and m.emits == "convolution 1")
    assert mark.z[shown.cell((hidden, 5, 4))] == pytest.approx(widget.facts["value"])


def test_classes_have_their_names():
    widget = NetworkXRay(colour_cnn(), colour_split(), layer="scores", channel=2)
    assert widget.text.startswith("Score of the class bird: ")
    assert [figure.value in CLASSES for figure in widget.scene.figures] == [True, True]
    assert any(name in OneUpdate(colour_cnn(), colour_split(), step=0).text for name in CLASSES)


def test_pixels_are_counted_once_whatever_their_channels():
    facts = BlameMicroscope(colour_cnn(), colour_split(), layer="pooling 1", row=2, column=1).facts
    assert 0 < facts["pixels"] <= facts["field"]


def test_steps_of_one_update_show_the_same_update():
    widget = OneUpdate(*NETWORKS["mnist_cnn"](), step=3)
    kept = widget.kept
    widget.set_state(step=4)
    assert widget.kept is kept
    widget.set_state(image=1)
    assert widget.kept is not kept


def test_the_network_opened_is_a_copy():
    model, images = NETWORKS["mnist_cnn"]()
    widget = NetworkXRay(model, images)
    before = widget.facts["confidence"]
    model[0].params["weight"][:] = 0
    widget.set_state(image=1)
    widget.set_state(image=0)
    assert widget.facts["confidence"] == before


@pytest.mark.parametrize("kind", WIDGETS)
def test_bad_arguments_get_a_sentence(kind):
    split = load_mnist_sample()
    with pytest.raises(TypeError, match="model, images: got one without the other"):
        kind(mnist_cnn(rng=0))
    with pytest.raises(ValueError, match=r"images: the network does not take images of shape \(3, 14, 11\)"):
        kind(mnist_cnn(rng=0), colour_split())
    with pytest.raises(TypeError, match="model: got type, expected a Sequential"):
        kind(Sequential, split)
    with pytest.raises(ValueError, match="class_names: got 2 names, expected 10"):
        kind(mnist_cnn(rng=0), split, class_names=("a", "b"))


def test_images_without_labels():
    x = load_mnist_sample().x_test[:5]
    assert NetworkXRay(load_mnist_cnn(), x).facts["label"] == -1
    assert BlameMicroscope(load_mnist_cnn(), x)._controls["what"].options == ("a unit",)
    with pytest.raises(ValueError, match="images: got no labels or one image"):
        OneUpdate(load_mnist_cnn(), x)


def test_a_drawing_is_centred_and_scaled_and_read():
    """A small seven in a corner: beside the raw stroke stands what the network gets."""
    widget = NetworkXRay(*NETWORKS["mnist_cnn"](), source="your drawing", layer="input")
    for stroke in ([(2, 3), (10, 3)], [(10, 3), (5, 15)]):
        for i, (x, y) in enumerate(stroke):
            event = {"name": "input", "kind": "drag" if i else "click", "x": x, "y": y, "row": y, "col": x}
            widget.set_state(**widget.event(event))
    assert widget.facts["guess"] == 7 and widget.facts["confidence"] > 0.9
    titles = [panel.title for panel in widget.scene.panels]
    assert "draw here" in titles and "centred and scaled, as the network gets it" in titles
    assert static.to_png(widget.scene)[1:4] == b"PNG"


def test_faults_are_learned_with_on_other_images():
    widget = BrokenBackward(split=load_mnist_sample(), make_model=mnist_cnn, suspect="A", rate=0.05)
    assert widget.facts["last_sound"] < 1
    with pytest.raises(TypeError, match="split, make_model: got one without the other"):
        BrokenBackward(split=load_mnist_sample())
    with pytest.raises(ValueError, match="does not take images"):
        BrokenBackward(split=colour_split(), make_model=mnist_cnn)
