"""What is right in notebook 01."""

import numpy as np

from cnnlib.data import load_photo
from cnnlib.experiments.layer_sizes import output_size, receptive_field
from cnnlib.nn import functional as F
from cnnlib.nn.layers import Conv2d, Flatten, Linear

SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
PATCH = np.array([[0, 1, 5], [0, 2, 6], [0, 1, 5]])


def correlate(image, kernel):
    """Slide a kernel over one image."""
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("ijpq,pq->ij", windows, kernel)


def window_sum():
    """The patch times Sobel x."""
    return int((PATCH * SOBEL_X).sum())


def blurred_dot():
    """What blur makes of one bright pixel: the place of the choice."""
    dot = np.zeros((7, 7))
    dot[3, 3] = 1
    found = correlate(dot, np.full((3, 3), 1 / 9))
    touched = int((found > 0).sum())
    return {0: 0, 1: 1, 9: 2}[touched]


def turned_sobel():
    """What half a turn makes of Sobel x: the place of the choice."""
    turned = SOBEL_X[::-1, ::-1]
    rivals = (SOBEL_X, -SOBEL_X, SOBEL_X.T, -SOBEL_X.T)
    return next(place for place, rival in enumerate(rivals) if np.array_equal(turned, rival))


def map_of_a_brighter_image():
    """What adding 5 to every pixel does to a Sobel x map: the place of the choice."""
    image = np.arange(64).reshape(8, 8) % 7
    change = correlate(image + 5, SOBEL_X) - correlate(image, SOBEL_X)
    return [0, 5, 45, 20].index(int(change.min())) if np.ptp(change) == 0 else -1


def weights_of_a_layer(channels=8, kernels=16, size=3):
    """Weights and biases of a convolution."""
    return sum(array.size for array in Conv2d(channels, kernels, size, rng=0).params.values())


def field_of_two():
    """Pixels along an axis that a unit of the second layer of 5x5 sees."""
    return receptive_field([(5, 1, 0), (5, 1, 0)])[0]


def pooled_sum():
    """Sum of the four numbers left after ReLU and pooling of the notebook's map."""
    small = np.array([[1.0, -2, 3, 0], [5, 4, -1, -6], [-3, -3, 2, 2], [-1, -4, 2, 7]])[None, None]
    return float(F.maxpool2d_forward(np.maximum(small, 0), 2)[0].sum())


def softmax_shifted():
    """What adding 100 to all scores does to the probabilities: the place of the choice."""
    scores = np.array([2.0, 1.0, -1.0])
    before, after = F.softmax(scores), F.softmax(scores + 100)
    if np.allclose(before, after):
        return 0
    return 1 if after.max() > before.max() else 2


def flattened(model, digits):
    """How many numbers flatten hands on, for one image."""
    x = digits.x_test[:1]
    for layer in model:
        x = layer.forward(x)
        if isinstance(layer, Flatten):
            return x.shape[1]
    raise ValueError("model has no Flatten")


def products_of_the_second(model):
    """Products in one unit of the second convolution."""
    _, second = (layer for layer in model if isinstance(layer, Conv2d))
    return second.params["weight"][0].size


def layer_with_most_weights():
    """Which layer of the plan for 32x32 pixels has the most weights and biases: the place of the choice."""
    plan = Conv2d(3, 8, 5, rng=0), Conv2d(8, 16, 3, rng=0), Linear(3136, 10, rng=0)
    return int(np.argmax([sum(array.size for array in layer.params.values()) for layer in plan]))


def products_of_a_score(reader):
    """Products in one score of the larger network."""
    (last,) = (layer for layer in reader if isinstance(layer, Linear))
    return last.params["weight"].shape[0]


def channels_of_the_suit():
    """In which channel an orange suit is brightest and darkest: the place of the choice."""
    red, green, blue = load_photo(color=True)[0]
    suit = (red > 0.6) & (red - blue > 0.4) & (green < 0.75 * red)
    means = [channel[suit].mean() for channel in (red, green, blue)]
    order = int(np.argmax(means)), int(np.argmin(means))
    return [(0, 2), (0, 1), (1, 2)].index(order)


def memory_of_training(sizes):
    """How many times the memory of guessing it takes to keep every map."""
    return float(sum(sizes) / max(np.add(sizes[1:], sizes[:-1])))


def rows_of_stride_two(size):
    """Rows that a 3x3 window with a stride of 2 leaves."""
    return output_size(size, 3, stride=2)


def field_of(layers):
    """Pixels seen along an axis by a unit behind some 3x3 convolutions."""
    return receptive_field([(3, 1, 0)] * layers)[0]


def uniform_answer(brightness):
    """Sobel x on a patch of one brightness."""
    return float((np.full((3, 3), brightness) * SOBEL_X).sum())
