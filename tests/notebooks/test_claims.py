"""Numbers that the prose of the notebooks states and no cell computes."""

import re
from pathlib import Path

import nbformat
import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.error_curves import descend
from cnnlib.experiments.error_surfaces import Rosenbrock
from cnnlib.experiments.hessian import Hessian
from cnnlib.networks import load_digits_cnn, small_cnn
from cnnlib.nn import naive
from cnnlib.nn.gradcheck import check_gradients
from cnnlib.nn.layers import Linear
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.widgets import OneUpdate

SOLVED = Path(__file__).parents[2] / "notebooks" / "solutions"


def test_of_patches_with_one_sum_of_squares_the_kernel_s_own_pattern_wins():
    kernel = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    patches = np.random.default_rng(0).normal(size=(1000, 3, 3))
    length = np.sqrt((kernel**2).sum())
    patches *= length / np.sqrt((patches**2).sum(axis=(1, 2), keepdims=True))
    assert (patches * kernel).sum(axis=(1, 2)).max() < (kernel * kernel).sum()
    assert (9 * np.ones((3, 3)) * np.abs(kernel)).sum() > (kernel * np.abs(kernel)).sum()


def test_the_two_confident_mistakes():
    digits, p = load_digits(), load_digits_cnn().predict_proba(load_digits().x_test)
    sure = (p.max(axis=1) > 0.7) & (p.argmax(axis=1) != digits.y_test)
    assert np.flatnonzero(sure).tolist() == [143, 184]


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
