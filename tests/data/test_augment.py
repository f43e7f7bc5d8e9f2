"""Augmentation: known distortions by hand, what stays within limits, what is the same for the same seed."""

import numpy as np
import pytest

from cnnlib.data import Distort, sample


def field(dy, dx, shape):
    n, _, h, w = shape
    return np.broadcast_to(dy, (n, h, w)), np.broadcast_to(dx, (n, h, w))


def images(n=3, c=2, h=6, w=7, dtype=np.float32):
    return np.random.default_rng(0).random((n, c, h, w)).astype(dtype)


@pytest.mark.parametrize(("dy", "dx"), [(0, 0), (1, 0), (0, -2), (-3, 2), (100, -100)])
def test_whole_shifts_move_pixels_and_fill_the_rest(dy, dx):
    x = images()
    y = sample(x, *field(dy, dx, x.shape), fill=0.5)
    for i in range(6):
        for j in range(7):
            inside = 0 <= i + dy < 6 and 0 <= j + dx < 7
            np.testing.assert_array_equal(y[:, :, i, j], x[:, :, i + dy, j + dx] if inside else 0.5)


def test_between_pixels_values_are_weighted_by_distance():
    x = images(1, 1, 2, 2, np.float64)
    y = sample(x, *field(0.25, 0.5, x.shape))
    (a, b), (c, d) = x[0, 0]
    assert y[0, 0, 0, 0] == pytest.approx(0.75 * (a + b) / 2 + 0.25 * (c + d) / 2)
    assert y[0, 0, 1, 1] == pytest.approx(0.75 * 0.5 * d)  # half of the way out to the right, a quarter below


def test_sample_agrees_with_scipy_inside():
    ndimage = pytest.importorskip("scipy.ndimage")
    x, rng = images(2, 1, 12, 12, np.float64), np.random.default_rng(1)
    dy, dx = rng.uniform(-2, 2, (2, 2, 12, 12))
    ours = sample(x, dy, dx)
    for n in range(2):
        places = np.mgrid[:12, :12] + np.stack([dy[n], dx[n]])
        theirs = ndimage.map_coordinates(x[n, 0], places, order=1, mode="grid-constant")
        np.testing.assert_allclose(ours[n, 0], theirs, atol=1e-12)


def test_a_quarter_turn_and_a_slant_by_hand():
    class Fixed:
        """A generator whose uniform values are all the upper limit."""

        def uniform(self, low, high, shape):
            return np.full(shape, high)

    x = images(1, 1, 5, 5)
    turned = Distort(rotate=90)(x, Fixed())
    np.testing.assert_allclose(turned[0, 0], np.rot90(x[0, 0]), atol=1e-5)  # counter-clockwise
    slanted = Distort(shear=1)(x, Fixed())
    for i in range(5):  # rows above the centre look to the left, rows below to the right
        np.testing.assert_allclose(slanted[0, 0, i], np.pad(x[0, 0, i], 2)[i : i + 5], atol=1e-6)
    larger = Distort(scale=0.5)(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))), Fixed())
    assert larger[0, 0, 3, 3] == pytest.approx(x[0, 0, 2, 2], abs=1e-6)  # the centre stays
    assert larger[0, 0, 3, 6] == pytest.approx(
        x[0, 0, 2, 4], abs=1e-5
    )  # three pixels right of it: two before


def test_displacements_stay_within_their_limits():
    rng = np.random.default_rng(0)
    for options, limit in [
        ({"shift": 2}, 2),
        ({"rotate": 10}, 13.5 * (np.sin(np.radians(10)) + 1 - np.cos(np.radians(10))) + 1e-5),
        ({"scale": 0.1}, 1.51),
    ]:
        dy, dx = Distort(**options).field(2000, 28, 28, rng)
        assert 0.9 * limit < max(abs(dy).max(), abs(dx).max()) <= limit
        assert abs(dy.mean()) < 0.1 * limit and abs(dx.mean()) < 0.1 * limit


@pytest.mark.parametrize("smoothness", [1.0, 4.0])
def test_elastic_fields_have_the_size_asked_for_and_are_smooth(smoothness):
    dy, dx = Distort(elastic=1.5, smoothness=smoothness).field(3000, 28, 28, np.random.default_rng(0))
    for part in (dy, dx):
        np.testing.assert_allclose(part.std(axis=0), 1.5, rtol=0.1)
        step = (
            np.diff(part[:, 10:18], axis=1).std() / 1.5
        )  # of a Gaussian-smoothed field: about 1 / (sqrt 2 sigma)
        assert step == pytest.approx(1 / (np.sqrt(2) * smoothness), rel=0.15)
    assert abs(np.mean(dy * dx)) < 0.1


def test_same_seed_same_images_and_each_image_its_own():
    x = np.repeat(images(1), 5, axis=0)
    augment = Distort(shift=1, rotate=15, scale=0.1, shear=0.1, elastic=0.5)
    a, b = (augment(x, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(a, b)
    assert a.dtype == np.float32 and a.shape == x.shape
    assert all(not np.allclose(a[i], a[j]) for i in range(5) for j in range(i))
    assert 0 <= a.min() and a.max() <= x.max()


def test_channels_move_together_and_the_input_stays():
    x = images(4, 1)
    before = x.copy()
    both = Distort(shift=2, elastic=1)(np.concatenate([x, 2 * x], axis=1), np.random.default_rng(0))
    np.testing.assert_allclose(both[:, 1], 2 * both[:, 0], atol=1e-6)
    np.testing.assert_array_equal(x, before)


def test_nothing_asked_for_changes_nothing():
    x = images()
    np.testing.assert_allclose(Distort()(x, np.random.default_rng(0)), x, atol=1e-6)
    assert repr(Distort()) == "Distort()"
    assert repr(Distort(shift=2, elastic=0.5)) == "Distort(shift=2, elastic=0.5, smoothness=4.0)"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"shift": -1}, "shift must be a finite number of at least 0.0, got -1"),
        ({"rotate": np.nan}, "rotate must be a finite number .* got nan"),
        ({"scale": 1}, "scale: got 1, expected below 1"),
        ({"smoothness": 0}, "smoothness: got 0"),
    ],
)
def test_bad_options_are_named(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        Distort(**options)


def test_a_single_image_needs_its_batch_axis():
    with pytest.raises(ValueError, match=r"x must have shape \(N, C, H, W\), got \(8, 8\)"):
        Distort(shift=1)(np.zeros((8, 8)), np.random.default_rng(0))
