"""A belief's name, its number and the remark to it say one thing: the number is computed from the belief."""

from math import log

import pytest

from cnnlib.learning import find
from cnnlib.learning.grading import number_of

#: What each belief leads to, worked out from its name. One line a belief; a prediction has no other forms.
LEADS_TO = {
    "00.untrained": {"an untrained network is always off": 0, "right or not, so one half": 100 / 2},
    "01.window": {
        "weights of the side column taken as 1": 5 + 6 + 5,
        "the kernel turned before it is laid on": -(5 * 1 + 6 * 2 + 5 * 1),
        "the weights cancel on any patch": 0,
    },
    "01.weights": {
        "biases forgotten": 16 * 8 * 9,
        "one slice for all channels": 16 * 9 + 16,
        "one slice and eight biases": 16 * 9 + 8,
        "a bias for each slice": 16 * 8 * (9 + 1),
    },
    "01.field": {
        "windows side by side": 2 * 5,
        "fields multiply": 5 * 5,
        "a unit sees its own window alone": 5,
        "the field is the map's size": 28 - 4 - 4,
    },
    "01.shapes": {
        "one number a map": 16,
        "halved once": 16 * 4 * 4,
        "8 maps reach flatten": 8 * 2 * 2,
        "pooling forgotten": 16 * 8 * 8,
    },
    "01.products": {"one slice alone": 9, "all kernels": 9 * 16, "channels times kernels": 8 * 16},
    "01.score": {
        "a score is a unit of convolution 2": 25 * 8,
        "one map alone": 7 * 7,
        "halved once": 16 * 14 * 14,
        "pooling forgotten": 16 * 28 * 28,
        "a window of each map": 25 * 16,
    },
    "02.by-hand": {
        "the half forgotten": 0.3**2 + 0.2**2 + 0.1**2,
        "true class only": 0.3**2 / 2,
        "differences not squared": (0.3 + 0.2 + 0.1) / 2,
        "probabilities squared": (0.7**2 + 0.2**2 + 0.1**2) / 2,
        "cross-entropy": -log(0.7),
    },
    "03.passes": {"one pass for each weight": 1898, "all weights at once": 2},
    "03.dx": {
        "a factor gets what arrives times itself": 3.5 * 2,
        "a product hands on like a sum": 3.5,
        "the slopes without what arrives": 2.5,
        "the error itself": 3.5**2 / 2,
        "w as it was in the table": 1.5 * 1.5,
    },
    "03.by-hand": {
        "W is not transposed": 2 * 0 + (-1) * (-1),
        "one output alone": 2 * 1,
        "the slopes without what arrives": 1 + (-1),
        "the first number of dX": 2 * 3 + (-1) * 0,
    },
    "04.middle": {
        "the kernel as it stands": 3 * 2 + 1 * 1 + (-2) * (-1),
        "the gradients without the weights": 3 + 1 - 2,
        "one window alone": 1 * 1,
    },
    "04.collects": {
        "four windows, as with a kernel of two": 2 * 2,
        "every pixel meets every window's weight": 5 * 5,
        "each pixel is used once": 1,
        "one direction alone": 3,
    },
    "04.nothing": {
        "every pixel is in a window": 0,
        "one window alone": 25 - 2 * 2,
        "the missing row alone": 5,
    },
    "04.transposed-size": {"it undoes the size": 6, "size times stride": 2 * 2, "the size stays": 2},
    "04.corner": {"padding is blamed too": 3 * 3, "one row hangs over": 2 * 3, "the unit's own pixel": 1},
    "04.field-28": {
        "a unit sees its own window alone": 5 * 5,
        "the pooling forgotten": (5 + 4) ** 2,
        "the first convolution forgotten": (2 * 5) ** 2,
    },
    "05.steps": {"a tenth at a time, ten steps": 10, "the error shrinks like the weight": 48},
    "05.condition": {"by the root": 10**0.5, "by the square": 10**2, "the best rate makes up for it": 1},
    "06.border": {
        "a rate above 1 diverges": 1,
        "the border is 1 over the curvature": 1 / 2.5,
        "the border is 2": 2,
    },
    "06.bottom": {"half the border, to be safe": 0.5, "networks forgive a lot": 2},
    "08.power": {"the scale counts once": 0.3, "a third divided by six": 0.3 / 6},
    "09.others": {
        "blame stays in its row": 1,
        "a mean forgets who made it": 0,
        "the one at the mean is free": 3,
    },
    "12.dropped": {"what is kept stays as it is": 1, "multiplied by p": 1 * 0.5},
}


@pytest.mark.parametrize("name", LEADS_TO)
def test_a_belief_leads_to_the_number_it_stands_beside(name):
    item = find(name)
    said = {belief.name: number_of(belief.answer, item.values()) for belief in item.wrong}
    for belief, value in LEADS_TO[name].items():
        assert said[belief] == pytest.approx(value, rel=0.01, abs=1e-9), belief


@pytest.mark.parametrize("name", ["03.product", "test.11A", "test.11B"])
def test_whoever_multiplies_w_by_itself_is_told_that_it_is_the_other_gradient(name):
    item = find(name)
    (belief,) = [b for b in item.wrong if b.name == "a factor gets what arrives times itself"]
    for form in range(len(item.given)):
        values = item.values(form)
        w, x, t = values["w"], values["x"], values["t"]
        assert number_of(belief.answer, values) == (w * x - t) * w  # dE/dx
    assert belief.says.startswith("That is dE/dx")


def test_what_is_said_of_the_broken_passes_is_what_was_found():
    item = find("test.12B")
    (belief,) = [b for b in item.wrong if b.name == "a falling loss proves the gradients"]
    assert "all learn" in belief.says and "All five." in find("04.broken").why
