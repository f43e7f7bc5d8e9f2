"""Random numbers, elementary functions, number texts and data sets of the playground."""

import math

import numpy as np
import pytest

from cnnlib.playground import Playground, fdlibm, features
from cnnlib.playground.datasets import draw_thumbnails, make_points
from cnnlib.playground.initial import INITIALIZATIONS, initial_parameters
from cnnlib.playground.jsnumber import format_number, parse_number
from cnnlib.playground.seedrandom import SeedRandom

# Made with seedrandom 2.4.4 in Node 20.
STREAMS = {
    "0.12345": [0.9152007406557323, 0.4702753218035592, 0.2736265229359467],
    "é漢": [0.44369346291406697],
}


@pytest.mark.parametrize("seed", STREAMS)
def test_random_numbers_equal_those_of_the_javascript_library(seed):
    stream = SeedRandom(seed)
    assert [stream.random() for _ in STREAMS[seed]] == STREAMS[seed]
    assert stream.draws == len(STREAMS[seed])


def test_long_seeds_fold_into_the_key():
    assert SeedRandom("a" * 300).random() != SeedRandom("a" * 256).random()
    assert SeedRandom("").random() == SeedRandom("\0").random()


def test_a_seed_must_be_text():
    with pytest.raises(TypeError, match=r"seed must be a str, got float: 0\.5"):
        SeedRandom(0.5)


def test_seed_text_has_five_decimals():
    stream = SeedRandom("0.12345")
    assert [stream.seed_text() for _ in range(3)] == ["0.91520", "0.47028", "0.27363"]


# Made with Math.sin, Math.cos and Math.log in Node 20; glibc 2.36 differs in the last bit of each.
NODE = [
    (fdlibm.sin, 9.000538594293154, 0.4116276959316618),
    (fdlibm.sin, -14.869987958884167, -0.743290188676543),
    (fdlibm.sin, 1.0607993673937486, 0.8727459919928934),
    (fdlibm.cos, 13.323000670246532, 0.7271535173100264),
    (fdlibm.cos, -5.0626587821077305, 0.34315123934860525),
    (fdlibm.cos, 11.99576318704852, 0.8415730326210933),
    (fdlibm.log, 0.6026902629699427, -0.5063518743064992),
    (fdlibm.log, 0.19029736536398753, -1.6591673494212338),
    (fdlibm.log, 0.3498268133733682, -1.0503170658951997),
]


@pytest.mark.parametrize(("function", "x", "value"), NODE)
def test_elementary_functions_equal_those_of_the_page(function, x, value):
    assert function(x) == value


def test_sine_cosine_logarithm_agree_with_the_c_library_to_one_unit():
    rng = np.random.default_rng(0)
    for x in rng.uniform(-15, 15, 3000).tolist():
        assert abs(fdlibm.sin(x) - math.sin(x)) <= math.ulp(math.sin(x))
        assert abs(fdlibm.cos(x) - math.cos(x)) <= math.ulp(math.cos(x))
    for x in (10.0 ** rng.uniform(-300, 300, 3000)).tolist():
        assert abs(fdlibm.log(x) - math.log(x)) <= math.ulp(math.log(x))
    assert fdlibm.sin(1e-9) == 1e-9 and fdlibm.cos(1e-9) == 1.0
    assert math.isnan(fdlibm.sin(math.inf)) and math.isnan(fdlibm.cos(math.nan))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00001, "0.00001"), (1e-6, "0.000001"), (1.5e-7, "1.5e-7"), (1e21, "1e+21"), (-2.50, "-2.5"),
        (123456789012345680000.0, "123456789012345680000"), (-0.0, "0"), (3, "3"),
        (math.inf, "Infinity"), (-math.inf, "-Infinity"),
    ],
)  # fmt: skip
def test_number_texts(value, text):
    assert format_number(value) == text
    assert parse_number(text) == value


@pytest.mark.parametrize("text", ["ten", "1,5", "1e", "--1", "+-Infinity", "infinity", "1_000", "0x", "nan"])
def test_what_is_no_number(text):
    assert math.isnan(parse_number(text))


def fresh(dataset, **options):
    return make_points(SeedRandom("0.3"), dataset, percent_train=100, **options)[0]


def test_spiral_without_noise_is_fixed_and_meets_at_the_origin():
    points = fresh("spiral")
    assert len(points) == 500 and np.hypot(points[:, 0], points[:, 1]).max() == pytest.approx(4.98)
    at_origin = points[np.abs(points[:, :2]).sum(1) < 1e-12]
    assert sorted(at_origin[:, 2]) == [-1, 1]
    again = make_points(SeedRandom("other"), "spiral", percent_train=100)[0]
    np.testing.assert_array_equal(points[np.lexsort(points.T)], again[np.lexsort(again.T)])


def test_noise_moves_labels_of_circle_and_xor_but_not_their_points():
    for dataset in ("circle", "xor"):
        quiet, loud = fresh(dataset), fresh(dataset, noise=50)
        np.testing.assert_array_equal(quiet[:, :2], loud[:, :2])
        assert (quiet[:, 2] != loud[:, 2]).any()


def test_circle_rings_and_xor_gap():
    circle, xor = fresh("circle"), fresh("xor")
    radius = np.hypot(circle[:, 0], circle[:, 1])
    assert (radius[circle[:, 2] > 0] < 2.5).all() and (radius[circle[:, 2] < 0] >= 3.5).all()
    assert np.abs(xor[:, :2]).min() >= 0.3
    np.testing.assert_array_equal(xor[:, 2], np.sign(xor[:, 0] * xor[:, 1]))


@pytest.mark.parametrize(("noise", "variance"), [(0, 0.5), (25, 2.25), (50, 4), (80, 6.1)])
def test_gauss_spreads_with_noise(noise, variance):
    points = fresh("gauss", noise=noise, n_points=8000)
    inner = points[points[:, 2] > 0, :2]
    assert inner.mean() == pytest.approx(2, abs=0.1)
    assert inner.var() == pytest.approx(variance, rel=0.06)


def test_plane_and_bumps():
    plane, bumps = fresh("reg-plane"), fresh("reg-gauss")
    assert len(plane) == len(bumps) == 1200
    np.testing.assert_allclose(plane[:, 2], (plane[:, 0] + plane[:, 1]) / 10, atol=1e-15)
    centres = np.array([(-4, 2.5), (0, 2.5), (4, 2.5), (-4, -2.5), (0, -2.5), (4, -2.5)])
    signs = np.array([1, -1, 1, -1, 1, -1])
    distances = np.linalg.norm(bumps[:, None, :2] - centres, axis=2)
    heights = signs * np.clip(1 - distances / 2, 0, None)
    strongest = heights[np.arange(1200), np.abs(heights).argmax(1)]
    np.testing.assert_allclose(bumps[:, 2], strongest, atol=1e-14)


@pytest.mark.parametrize(
    ("percent", "sizes"), [(50, (250, 250)), (10, (50, 450)), (0, (0, 500)), (100, (500, 0)), (130, (500, 0)),
                           (-20, (400, 100)), (33.3, (166, 334)), (math.nan, (0, 500)), (math.inf, (500, 0))],
)  # fmt: skip
def test_split_as_slices_of_the_page(percent, sizes):
    train, test = make_points(SeedRandom("1"), "xor", percent_train=percent)
    assert (len(train), len(test)) == sizes


def test_unknown_dataset_is_named():
    with pytest.raises(ValueError, match=r"dataset must be one of circle, .*got 'moons'"):
        make_points(SeedRandom("1"), "moons")


def test_thumbnails_draw_each_data_set_of_the_problem():
    pictures = draw_thumbnails(SeedRandom("1"), "classification")
    assert {name: len(points) for name, points in pictures.items()} == dict.fromkeys(
        ("circle", "xor", "gauss", "spiral"), 200
    )
    assert list(draw_thumbnails(SeedRandom("1"), "regression")) == ["reg-plane", "reg-gauss"]


@pytest.mark.parametrize("init", INITIALIZATIONS)
def test_every_initialization_spends_the_same_numbers(init):
    stream = SeedRandom("0.7")
    weights, biases = initial_parameters(stream, [3, 5, 1], init)
    assert stream.draws == 20
    assert [w.shape for w in weights] == [(5, 3), (1, 5)] and [b.shape for b in biases] == [(5,), (1,)]


def test_initializations_have_their_variances():
    def spread(init):
        weights, _ = initial_parameters(SeedRandom("0.7"), [40, 60, 1], init)
        return weights[0].var()

    assert spread("playground") == pytest.approx(1 / 12, rel=0.06)
    assert spread("xavier") == pytest.approx(2 / 100, rel=0.06)
    assert spread("he") == pytest.approx(2 / 40, rel=0.06)
    assert spread("normal") == pytest.approx(1, rel=0.06)
    assert spread("zero") == spread("same") == 0


def test_features_in_their_order():
    rows = features.feature_rows(["x", "y", "xSquared", "ySquared", "xTimesY", "sinX", "sinY"], [[2.0, -3.0]])
    expected = [2, -3, 4, 9, -6, math.sin(2), math.sin(-3)]
    np.testing.assert_allclose(rows[:, 0], expected, rtol=1e-15)
    exact = features.feature_rows(["sinX"], [[2.0, -3.0]], exact=True)
    assert exact[0, 0] == fdlibm.sin(2.0)


def test_grid_ends_exactly_at_the_edges():
    points = features.grid_points(100)
    assert points.shape == (10_000, 2)
    assert points[0].tolist() == [-6, -6] and points[99].tolist() == [6, -6] and points[-1].tolist() == [6, 6]


def test_wrong_shape_of_points():
    with pytest.raises(ValueError, match=r"xy must have shape \(points, 2\), got \(3,\)"):
        features.feature_rows(["x"], [1.0, 2.0, 3.0])


# First and last point after the shuffle, and the sum of all labels, for the seed 0.31415 and 35 % of noise:
# made in Node 20 by the steps of the original page's generators, with seedrandom 2.4.4 and d3 3.5.16.
NOISY = {
    "circle": [
        (1.7076202470043436, -4.1839088089342855, -1),
        (-1.8564635119826203, -4.162265708989838, -1), -80,
    ],
    "xor": [
        (2.0931111811954546, -0.9167314562665105, -1),
        (2.3500777863736557, 0.9677205357267884, -1), -72,
    ],
    "gauss": [
        (0.06351662941952019, 1.6756056220681659, 1),
        (-1.2947751200723052, -3.5071479924161637, -1), 0,
    ],
    "spiral": [
        (-4.38536781817303, -1.184433179289615, 1),
        (2.175311410456075, -0.060109367415880036, -1), 0,
    ],
    "reg-plane": [
        (-4.73476025545653, -3.6368933629502243, -0.6713386162640607),
        (-1.6471565810409547, -2.470862656348511, -0.2761263698383638), -6.763243974887897,
    ],
    "reg-gauss": [
        (-4.73476025545653, -3.6368933629502243, -0.7702311597403544),
        (-1.6471565810409547, -2.470862656348511, 0.3336171704111076), -15.88120033216662,
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", NOISY)
def test_noisy_points_are_the_original_page_s_to_the_last_bit(name):
    first, last, labels = NOISY[name]
    playground = Playground(dataset=name, seed="0.31415", noise=35)
    assert (*playground.train[0],) == first and (*playground.test[-1],) == last
    assert playground.train[:, 2].sum() + playground.test[:, 2].sum() == pytest.approx(labels, abs=1e-11)
