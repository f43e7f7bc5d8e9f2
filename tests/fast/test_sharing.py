"""How the fast path divides its work: a batch among threads, and products by rows or by places."""

import numpy as np
import pytest

from cnnlib.fast import correlation, engine, kernel_gradient
from cnnlib.nn.layers import BatchNorm2d, Conv2d, MaxPool2d, ReLU
from cnnlib.runtime import threads
from tests.fast.twins import F32, F64, close, course_network, twins


def test_parts_share_the_statistics_of_batch_normalization_or_an_error(monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 2)
    monkeypatch.setattr(engine, "THREADS_PAY", 0)
    fast, slow = twins([Conv2d(1, 4, 3, rng=0, dtype=F64), BatchNorm2d(4, dtype=F64), ReLU()])
    x = np.random.default_rng(0).random((101, 1, 8, 8)) + np.arange(101)[:, None, None, None]
    close(fast.forward(x, training=True), slow.forward(x, training=True), F64)
    parts = [stages[1] for stages in (program.stages for program in fast._engine.last.programs)]
    assert [stage.place for stage in parts] == [0, 1] and parts[0].total == 101 * 36

    def fail(*given):
        raise KeyError("planted")

    for stage in parts:  # the other one waits for it
        with monkeypatch.context() as patch, pytest.raises(KeyError, match="planted"):
            patch.setattr(stage, "_measure", fail)
            fast.forward(x, training=True)
        close(fast.forward(x, training=True), slow.forward(x, training=True), F64)
    dy = np.ones((101, 4, 6, 6))
    close(fast.backward(dy), slow.backward(dy), F64)
    for name, value in fast.arrays().items():
        close(value, slow.arrays()[name], F64)


def test_small_layers_at_the_end_run_for_the_whole_batch(monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 2)
    monkeypatch.setattr(engine, "THREADS_PAY", 0)
    model, x = course_network(), np.ones((12, 1, 8, 8), F32)
    model.forward(x)
    plan = model._engine.last
    assert [program.n for program in plan.programs] == [6, 6] and plan.end.n == 12
    assert [len(stages) for stages in plan.twins()] == [2, 2, 2, 1]
    assert model[-1].backward(np.ones((12, 10), F32)).shape == (12, 32)
    monkeypatch.setattr(engine, "END_PAYS", 12 * 320)
    model = course_network()
    model.forward(x)
    assert model._engine.last.end is None


@pytest.mark.parametrize(
    "sizes, others, avx2",
    [
        ((1, 6, 5, 1, 32), 1, 4),
        ((1, 6, 5, (2, 1), 32), 1, 2),
        ((1, 2, 5, 1, 7), 1, 12),
        ((3, 5, 3, 1, 3), 1, 3),
        ((6, 8, 5, 1, 32), 1, 2),
        ((6, 16, 5, (2, 1), 32), 1, None),
        ((6, 16, 5, (1, 2), 32), None, None),  # a step to the right by more than a column
        ((6, 17, 5, 1, 32), None, None),  # many filters
        ((1, 6, 5, 1, 33), None, 4),  # more images
        ((1, 6, 5, 1, 65), None, None),  # many images
        ((2, 8, 3, 1, 32), None, None),  # a small window
    ],
)
@pytest.mark.parametrize("with_avx2", [True, False])
@pytest.mark.parametrize("pool", [True, False])
def test_the_gradient_of_kernels_by_rows_and_by_places(sizes, others, avx2, with_avx2, pool, monkeypatch):
    monkeypatch.setattr(threads, "has_avx2_kernels", lambda: with_avx2)
    monkeypatch.setattr(engine, "CHUNK", 100)
    channels, filters, kernel, stride, n = sizes
    conv = Conv2d(channels, filters, kernel, stride, padding=(1, 0), rng=0, dtype=F64)
    fast, slow = twins([conv, ReLU(), *([MaxPool2d(2)] if pool else [])])
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, channels, 13, 11))
    y = fast.forward(x, training=True)
    gradient = fast._engine.last.programs[0].stages[0].gradient
    by_row = isinstance(gradient, kernel_gradient.RowGradient)
    assert (gradient._band() if by_row else None) == (avx2 if with_avx2 else others)
    close(y, slow.forward(x, training=True), F64)
    dy = rng.standard_normal(y.shape)
    close(fast.backward(dy), slow.backward(dy), F64)
    for (_, _, a), (_, _, b) in zip(fast.parameters(), slow.parameters(), strict=True):
        close(a, b, F64)


@pytest.mark.parametrize("cache", [1, 5000, 2**20])  # one row of the source at a time, a few, all
@pytest.mark.parametrize(
    "channels, kernel, stride, padding, together",
    [
        (6, 5, 1, 0, True),
        (6, 5, 1, 2, True),
        (3, (3, 5), 2, (1, 0), True),
        (4, (4, 2), (3, 1), (2, 1), True),
        (15, (2, 1), 1, 0, True),
        (5, (3, 3), (4, 1), 2, True),  # steps over rows of the image that nothing meets
        (6, (1, 3), 1, 0, False),  # a kernel of a single row
        (8, 3, 1, 1, False),
        (12, 3, 1, 1, False),
    ],
)
def test_the_input_gradient_by_all_rows_of_the_kernel(
    channels, kernel, stride, padding, together, cache, monkeypatch
):
    monkeypatch.setattr(threads, "has_avx2_kernels", lambda: True)
    monkeypatch.setattr(correlation, "CACHE", cache)
    first = Conv2d(2, channels, 3, padding=1, rng=0, dtype=F64)
    fast, slow = twins([first, Conv2d(channels, 7, kernel, stride, padding, rng=1, dtype=F64), ReLU()])
    rng = np.random.default_rng(0)
    x = rng.standard_normal((5, 2, 11, 9))
    dy = rng.standard_normal(slow.forward(x, training=True).shape)
    for _ in range(2):  # twice: nothing stays from the first time
        fast.forward(x, training=True)
        close(fast.backward(dy), slow.backward(dy), F64)
    plan = fast._engine.last
    back = plan.programs[0].stages[1]._back(np.empty((11, 9, channels, plan.programs[0].n)))
    assert isinstance(back, correlation.TurnedTogether) == together
    for (_, _, a), (_, _, b) in zip(fast.parameters(), slow.parameters(), strict=True):
        close(a, b, F64)


@pytest.mark.parametrize("n", [12, 13])
@pytest.mark.parametrize("chunk", [64, 3])
def test_the_end_begun_with_its_own_parts_is_the_whole_end(n, chunk, monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 2)
    monkeypatch.setattr(engine, "THREADS_PAY", 0)
    monkeypatch.setattr(engine, "CHUNK", chunk)
    fast, slow = twins(course_network(F64).layers)
    rng = np.random.default_rng(0)
    for _ in range(2):  # with other weights the second time: the first ones must not stay
        x, dy = rng.random((n, 1, 8, 8)), rng.random((n, 10))
        close(fast.forward(x, training=True), slow.forward(x, training=True), F64)
        assert fast._engine.last.end is not None
        close(fast.backward(dy), slow.backward(dy), F64)
        for (_, value, a), (_, twin, b) in zip(fast.parameters(), slow.parameters(), strict=True):
            close(a, b, F64)
            value -= 0.1 * b
            twin -= 0.1 * b
