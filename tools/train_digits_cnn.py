"""Make ``cnnlib/assets/digits_cnn.npz`` again, the small trained network of the course's first notebooks.

    python -m tools.train_digits_cnn

Two convolutions, two poolings and one linear layer, trained with Adam for 60 passes over the bundled 8x8
digits, each image moved by up to one pixel at random. The same seed gives the same network up to the
rounding of the machine's matrix products.
"""

from pathlib import Path

import numpy as np

from cnnlib.data import Distort, load_digits
from cnnlib.networks import small_cnn
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import Adam
from cnnlib.nn.training import evaluate, train
from cnnlib.saving import save

PATH = Path(__file__).parents[1] / "cnnlib" / "assets" / "digits_cnn.npz"
EPOCHS = 60


def train_network(seed=0):
    """Train it; the learning rate falls in a straight line from 0.005 to nothing."""
    rng, digits = np.random.default_rng(seed), load_digits()
    model, batch_size = small_cnn(rng), 32
    steps = EPOCHS * -(-len(digits.x_train) // batch_size)
    options = {"batch_size": batch_size, "epochs": EPOCHS, "rng": rng, "augment": Distort(shift=1)}
    options["schedule"] = lambda step: 0.005 * (1 - step / steps)
    for _ in train(model, CrossEntropyLoss(), Adam(lr=0.005), digits.x_train, digits.y_train, **options):
        pass
    return model


def accuracy_on_tests(model):
    """Share of the 360 test images that are classified right."""
    digits = load_digits()
    return evaluate(model, CrossEntropyLoss(), digits.x_test, digits.y_test).accuracy


if __name__ == "__main__":
    network = train_network()
    save(network, PATH)
    print(f"{PATH.name}: {network.num_parameters} weights, test accuracy {accuracy_on_tests(network):.1%}")
