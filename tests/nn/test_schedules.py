"""Schedules: PyTorch's rates at every step, use in training, bad arguments."""

import numpy as np
import pytest

from cnnlib.fast import Sequential
from cnnlib.nn import schedules
from cnnlib.nn.layers import Linear
from cnnlib.nn.losses import HalfSquaredError
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import train

STEPS = 60


def pytorch_rates(lr, make):
    """The rates of PyTorch's scheduler ``make(optimizer, module)`` at steps 0, 1, …"""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = make(optimizer, torch.optim.lr_scheduler)
    rates = []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


PAIRS = {
    "step": (
        schedules.step_decay(0.5, every=17, factor=0.3),
        lambda o, m: m.StepLR(o, step_size=17, gamma=0.3),
    ),
    "cosine": (
        schedules.cosine(0.5, STEPS, lr_min=0.01),
        lambda o, m: m.CosineAnnealingLR(o, T_max=STEPS, eta_min=0.01),
    ),
    "warm-up": (
        schedules.warm_up(0.5, steps=12, start_factor=0.2),
        lambda o, m: m.LinearLR(o, start_factor=0.2, total_iters=12),
    ),
    "warm-up, then cosine": (
        schedules.warm_up(schedules.cosine(0.5, 40), steps=12, start_factor=0.2),
        lambda o, m: m.SequentialLR(
            o,
            [m.LinearLR(o, start_factor=0.2, total_iters=12), m.CosineAnnealingLR(o, T_max=40)],
            milestones=[12],
        ),
    ),
    "one cycle": (
        schedules.one_cycle(0.5, STEPS, warm_share=0.25),
        lambda o, m: m.OneCycleLR(o, 0.5, total_steps=STEPS, pct_start=0.25),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_rates_are_pytorchs(name):
    ours, theirs = PAIRS[name]
    steps = 52 if name == "warm-up, then cosine" else STEPS  # after its end PyTorch's cosine rises again
    rates = [ours(step) for step in range(steps)]
    np.testing.assert_allclose(rates, pytorch_rates(0.5, theirs)[:steps], rtol=1e-12, atol=1e-15)


def test_after_the_end_the_rate_stays():
    for schedule in (schedules.cosine(0.5, 10, 0.1), schedules.one_cycle(0.5, 10)):
        assert schedule(10_000) == pytest.approx(schedule(10), abs=1e-15)


def test_range_test_grows_by_equal_factors():
    rates = np.array([schedules.range_test(1e-4, 10, 50)(step) for step in range(50)])
    np.testing.assert_allclose(rates[1:] / rates[:-1], (10 / 1e-4) ** (1 / 49))
    assert rates[0] == 1e-4 and rates[-1] == pytest.approx(10)


def test_training_follows_a_schedule():
    x, y = np.ones((8, 2), np.float32), np.ones((8, 1), np.float32)
    model = Sequential([Linear(2, 1, rng=0)])
    schedule = schedules.cosine(0.3, 6)
    records = train(
        model, HalfSquaredError(), SGD(1.0), x, y, batch_size=4, epochs=3, rng=0, schedule=schedule
    )
    assert [record.lr for record in records] == [schedule(step) for step in range(6)]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: schedules.constant(0), "lr must be a finite number above 0, got 0"),
        (lambda: schedules.constant(float("nan")), "lr must be .* got nan"),
        (lambda: schedules.step_decay(0.1, 0), "every must be a whole number of at least 1, got 0"),
        (lambda: schedules.step_decay(0.1, 5, 2.0), "factor must be .* got 2.0"),
        (lambda: schedules.cosine(0.1, 2.5), "total_steps must be a whole number .* got 2.5"),
        (
            lambda: schedules.cosine(0.1, 10, 0.2),
            "lr_min must be a number from 0 to lr, which is 0.1, got 0.2",
        ),
        (lambda: schedules.warm_up(0.1, 5, 0.0), "start_factor must be .* got 0.0"),
        (lambda: schedules.one_cycle(0.1, 3, 0.3), "warm_share must be .* got 0.3"),
        (lambda: schedules.range_test(0.1, 0.1, 5), "lr_high must be .* got 0.1"),
        (lambda: schedules.range_test(0.1, 1.0, 1), "total_steps must be .* got 1"),
    ],
)
def test_bad_arguments_are_named(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()
