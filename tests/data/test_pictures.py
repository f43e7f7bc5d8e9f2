"""Pictures of one's own: centred and scaled like MNIST's, read from files, damage told."""

import numpy as np
import pytest
from PIL import Image

from cnnlib.data import centred, load_mnist_sample, read_digit, read_picture
from cnnlib.data.pictures import MOST_PIXELS
from cnnlib.networks import load_mnist_cnn


def centre(image):
    weights = image / image.sum()
    return [float((weights.sum(axis=1 - axis) * np.arange(len(image))).sum()) for axis in (0, 1)]


@pytest.mark.parametrize("seed", range(5))
def test_the_ink_fills_a_box_of_20_and_its_mass_is_in_the_middle(seed):
    rng = np.random.default_rng(seed)
    drawing = np.zeros((60, 90))
    top, left, height, width = (int(v) for v in rng.integers((0, 0, 10, 5), (20, 40, 40, 50)))
    drawing[top : top + height, left : left + width] = rng.random((height, width)) + 0.5
    image = centred(drawing)
    rows, columns = (np.flatnonzero(image.max(axis=axis) > 0) for axis in (1, 0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20 and image.dtype == np.float32 and image.max() == 1
    assert np.abs(np.array(centre(image)) - 14).max() <= 0.51


def test_mnists_own_images_stay_nearly_where_they_are():
    """What the makers did once, done again, changes little."""
    x = load_mnist_sample().x_test[:200, 0]
    again = np.stack([centred(image) for image in x])
    assert np.abs(again - x).mean() < 0.01
    guesses = [load_mnist_cnn().predict(images[:, None]) for images in (x, again)]
    assert (guesses[0] == guesses[1]).mean() > 0.98


def test_no_ink_is_an_empty_image_and_nonsense_is_told():
    assert not centred(np.zeros((5, 5))).any()
    for bad in (np.zeros(5), np.full((3, 3), np.nan)):
        with pytest.raises(ValueError, match="drawing: got shape"):
            centred(bad)


def picture_of(image, ink, paper, path, size=200, **options):
    """A file that shows a digit in the right half of a larger sheet."""
    big = np.kron(image, np.ones((size // 28, size // 28)))
    sheet = np.full((size + 40, size + 120), float(paper))
    sheet[20 : 20 + len(big), 100 : 100 + len(big)] += (ink - paper) * big
    Image.fromarray(sheet.astype(np.uint8)).save(path, **options)
    return path


@pytest.mark.parametrize(("ink", "paper"), [(20, 230), (240, 30)])
@pytest.mark.parametrize("name", ["digit.png", "digit.jpg"])
def test_digits_are_read_from_files_dark_on_bright_and_the_other_way_round(tmp_path, name, ink, paper):
    split, model = load_mnist_sample(), load_mnist_cnn()
    for i in range(20):
        x = read_digit(picture_of(split.x_test[i, 0], ink, paper, tmp_path / name))
        assert x.shape == (1, 1, 28, 28) and x.dtype == np.float32
        assert model.predict(x)[0] == split.y_test[i]


def test_colours_sizes_and_transparency(tmp_path):
    pixels = np.zeros((40, 60, 4), np.uint8)
    pixels[..., 0], pixels[..., 3], pixels[:20, ..., 3] = 255, 255, 0
    Image.fromarray(pixels).save(tmp_path / "a.png")
    x = read_picture(tmp_path / "a.png", color=True)
    assert x.shape == (1, 3, 40, 60)
    np.testing.assert_array_equal(x[0, :, 30, 0], [1, 0, 0])
    np.testing.assert_array_equal(x[0, :, 0, 0], [1, 1, 1])
    assert read_picture(tmp_path / "a.png", (32, 32), color=True).shape == (1, 3, 32, 32)
    assert read_picture(tmp_path / "a.png").shape == (1, 1, 40, 60)


def test_what_is_no_picture_is_told(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"^a.png: is no PNG or JPEG picture, or is damaged"):
        read_picture(path)
    Image.new("L", (8, 8)).save(path, format="GIF")
    with pytest.raises(ValueError, match=r"^a.png: is no PNG or JPEG"):
        read_picture(path)
    with pytest.raises(FileNotFoundError):
        read_digit(tmp_path / "none.png")
    Image.new("L", (50, 50), 128).save(path)
    with pytest.raises(ValueError, match=r"^a.png: is all of one brightness"):
        read_digit(path)


def test_a_picture_that_unpacks_to_too_much_is_left_alone(tmp_path):
    side = int(MOST_PIXELS**0.5) + 1
    Image.new("1", (side, side)).save(tmp_path / "large.png")
    assert (tmp_path / "large.png").stat().st_size < 2**20
    with pytest.raises(ValueError, match=r"^large.png: .*expected at most 50,000,000"):
        read_picture(tmp_path / "large.png")


def test_mutated_files_end_in_an_image_or_a_sentence(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("a.png", "a.jpg"):
        path = picture_of(load_mnist_sample().x_test[0, 0], 20, 230, tmp_path / name, size=56)
        whole = path.read_bytes()
        for _ in range(500):
            damaged = bytearray(whole)
            for _ in range(rng.integers(1, 5)):
                damaged[rng.integers(len(damaged))] = rng.integers(256)
            path.write_bytes(damaged[: rng.integers(len(damaged)) + 1] if rng.random() < 0.2 else damaged)
            try:
                read_digit(path)
            except ValueError as error:
                assert str(error).startswith(f"{name}: ")
