"""Numbers that the prose of the notebooks states and no cell computes."""

import re
from pathlib import Path

import nbformat
import numpy as np

from cnnlib.data import load_digits, load_mnist_sample, load_photo
from cnnlib.experiments.error_curves import descend
from cnnlib.experiments.error_surfaces import Rosenbrock
from cnnlib.experiments.first_losses import first_losses
from cnnlib.experiments.hessian import Hessian
from cnnlib.learning.truths.nb00 import share_after
from cnnlib.networks import load_digits_cnn, load_mnist_cnn, mnist_cnn, small_cnn
from cnnlib.nn import naive
from cnnlib.nn.gradcheck import check_gradients
from cnnlib.nn.layers import Linear
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.widgets import OneUpdate

SOLVED = Path(__file__).parents[2] / "notebooks" / "solutions"


def test_ten_thousand_images_are_enough_for_95_per_cent():
    shares = [share_after(0.03, seen, judged=10_000) for seen in (5_000, 10_000)]
    assert 0.89 < shares[0] < 0.93 and 0.95 < shares[1] < 0.96


def test_of_patches_with_one_sum_of_squares_the_kernel_s_own_pattern_wins():
    kernel = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    patches = np.random.default_rng(0).normal(size=(1000, 3, 3))
    length = np.sqrt((kernel**2).sum())
    patches *= length / np.sqrt((patches**2).sum(axis=(1, 2), keepdims=True))
    assert (patches * kernel).sum(axis=(1, 2)).max() < (kernel * kernel).sum()
    assert (9 * np.ones((3, 3)) * np.abs(kernel)).sum() > (kernel * np.abs(kernel)).sum()


def test_how_much_red_green_and_blue_is_in_the_suit():
    red, green, blue = load_photo(color=True)[0]
    suit = (red > 0.6) & (red - blue > 0.4) & (green < 0.75 * red)
    assert [round(float(channel[suit].mean()), 2) for channel in (red, green, blue)] == [0.84, 0.40, 0.25]


def edges(images):
    """Where the ink begins and ends from left to right and from above downwards, and the ink itself."""
    ink, across, down = images[:, 0], np.zeros_like(images[:, 0]), np.zeros_like(images[:, 0])
    across[:, :, 1:-1] = ink[:, :, 2:] - ink[:, :, :-2]
    down[:, 1:-1] = ink[:, 2:] - ink[:, :-2]
    signs = {"left": across, "right": -across, "upper": down, "lower": -down}
    return {side: np.maximum(found, 0) for side, found in signs.items()} | {"ink": ink}


def likeness(network, images):
    """For each map of the first convolution, after ReLU: its correlation with each of `edges`."""
    maps = np.maximum(network[0].forward(images), 0)
    found = edges(images)
    return [
        {side: np.corrcoef(maps[:, f].ravel(), there.ravel())[0, 1] for side, there in found.items()}
        for f in range(maps.shape[1])
    ]


def test_which_learned_kernels_look_for_an_edge():
    model, sobel = load_digits_cnn(), np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    kernels = model[0].params["weight"][:, 0]
    alike = [
        [(kernel * s).sum() / np.linalg.norm(kernel) / np.linalg.norm(s) for s in (sobel, sobel.T)]
        for kernel in kernels
    ]
    assert alike[3][1] > 0.6 and alike[4][1] > 0.6 and alike[6][0] > 0.5 and alike[2][0] < -0.5
    maps = likeness(model, load_digits().x_test)
    largest = [max(found, key=found.get) for found in maps]
    assert [largest[f] for f in (2, 3, 4, 5, 6, 7)] == ["right", "upper", "upper", "ink", "left", "ink"]
    assert maps[1]["ink"] < -0.5
    strongest = [kernel.flat[np.argmax(np.abs(kernel))] for kernel in kernels]
    assert strongest[5] > 0 and strongest[7] > 0 > strongest[1]


def test_at_which_edges_three_maps_of_the_larger_network_are_large():
    maps = likeness(load_mnist_cnn(), load_mnist_sample().x_test[:200])
    sides = [{s for s in ("left", "right", "upper", "lower") if maps[f][s] > 0.4} for f in (1, 3, 6)]
    assert sides == [{"left", "upper"}, {"right", "lower"}, {"upper"}]


def test_the_two_confident_mistakes():
    digits, p = load_digits(), load_digits_cnn().predict_proba(load_digits().x_test)
    sure = (p.max(axis=1) > 0.7) & (p.argmax(axis=1) != digits.y_test)
    assert np.flatnonzero(sure).tolist() == [143, 184]


def test_more_than_nine_of_ten_new_networks_begin_above_ln_10():
    assert 180 < (first_losses() > np.log(10)).sum() <= 190


def test_a_right_backward_errs_by_less_than_a_billionth():
    layer = Linear(5, 3, rng=0, dtype=np.float64)
    errors = check_gradients(layer, np.ones((4, 5)), np.random.default_rng(0))
    assert max(errors.values()) < 1e-9


def test_the_convolution_worked_by_hand():
    x, w = np.array([[1.0, 2, 0], [0, 1, 3], [2, 1, 1]]), np.array([[1.0, 0], [2, -1]])
    _, cache = naive.conv2d_forward(x[None, None], w[None, None], np.zeros(1))
    dx, dw, db = naive.conv2d_backward(np.array([[[[1.0, -1], [2, 0]]]]), cache)
    assert dw[0, 0].tolist() == [[-1, 4], [3, 0]] and db.tolist() == [2]
    assert dx[0, 0].tolist() == [[1, -1, 0], [4, -3, 1], [4, -2, 0]]


def test_the_linear_layer_worked_by_hand():
    _, cache = naive.linear_forward(np.array([[1.0, 2]]), np.array([[3.0, 0], [1, -1]]), np.zeros(2))
    dx, dw, db = naive.linear_backward(np.array([[2.0, -1]]), cache)
    assert dx.tolist() == [[6, 3]] and dw.tolist() == [[2, -1], [4, -2]] and db.tolist() == [2, -1]


def test_what_one_update_promises_and_what_it_keeps():
    small, large = (OneUpdate(rate=rate, step=18).facts for rate in (0.001, 0.1))
    assert round(small["predicted"], 2) == 0.57 and round(small["fell"], 2) == 0.55
    assert round(large["before"], 1) == round(large["fell"], 1) == 2.4 and round(large["predicted"]) == 57
    assert round(large["others_before"], 1) == 2.3 and round(large["others_after"]) == 25
    assert [round(squared_gradient(images)) for images in (1, 32)] == [567, 23]


def squared_gradient(images):
    """Sum of all squared derivatives of the mean loss of the first images, in a fresh network."""
    digits, model, loss = load_mnist_sample(), mnist_cnn(rng=0), CrossEntropyLoss()
    loss.forward(model.forward(digits.x_train[:images]), digits.y_train[:images])
    model.backward(loss.backward())
    return sum(float((gradient.astype(float) ** 2).sum()) for _, _, gradient in model.parameters())


def test_the_noise_of_a_batch_of_32_is_as_long_as_the_gradient():
    digits, model, rng = load_digits(), small_cnn(rng=0), np.random.default_rng(0)
    x, y = digits.x_train, digits.y_train
    full = Hessian(model, CrossEntropyLoss(), x, y).gradient
    shares = {}
    for size in (8, 32):
        picks = [rng.choice(len(x), size, replace=False) for _ in range(60)]
        noise = [Hessian(model, CrossEntropyLoss(), x[p], y[p]).gradient - full for p in picks]
        shares[size] = np.linalg.norm(noise, axis=1).mean() / np.linalg.norm(full)
    assert 0.8 < shares[32] < 1.25 and 1.8 < shares[8] / shares[32] < 2.2


def test_the_answer_to_the_target_within_a_budget_reaches_it_and_the_first_pair_does_not():
    source = Path(__file__).parents[2] / "notebooks" / "source" / "05_gradient_descent.py"
    pairs = re.findall(r"^within_60\(([\d.]+), ([\d.]+)\)$", source.read_text("utf-8"), re.MULTILINE)
    errors = [
        Rosenbrock().error(
            descend(Rosenbrock(), [-1.0, 2.0], float(rate), 60, "Momentum", float(momentum))[-1]
        )
        for rate, momentum in pairs
    ]
    assert [error < 1e-3 for error in errors] == [False, True]


def test_what_notebook_11_says_of_its_controls():
    cells = nbformat.read(SOLVED / "11_train_a_cnn.ipynb", 4).cells
    said = next(cell.outputs[-1].text for cell in cells if "control = compare(" in cell.source)
    row = r"^(\w.*?) {2,}[\d,]+ +[\d.]+ +([\d.]+) ± ([\d.]+)"
    found = {name: (float(mean), float(std)) for name, mean, std in re.findall(row, said, re.MULTILINE)}
    learned, frozen, mlp, plain = found.values()
    assert next(iter(found)) == "learned filters" and learned[0] - frozen[0] > 4 * frozen[1]
    assert 0 < frozen[0] - plain[0] < 4 and abs(plain[0] - 90) < 1 and mlp[0] < plain[0] + plain[1]
    assert 2.5 < (100 - mlp[0]) / (100 - learned[0]) < 3.5
