"""Make ``cnnlib/assets/mnist_cnn.npz`` again, the small trained network for images of 28x28 pixels.

    python -m tools.train_mnist_cnn

Trained with Nesterov's momentum for 10 passes over MNIST's 60,000 training images, each moved, turned and
resized a little at random. The test images took no part. The same seed gives the same network up to the
rounding of the machine's matrix products.
"""

from pathlib import Path

import numpy as np

from cnnlib.data import Distort, load_mnist
from cnnlib.networks import mnist_cnn
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.schedules import one_cycle
from cnnlib.nn.training import evaluate
from cnnlib.saving import save
from cnnlib.training import fit

PATH = Path(__file__).parents[1] / "cnnlib" / "assets" / "mnist_cnn.npz"
EPOCHS, BATCH = 10, 64


def train_network(seed=0):
    """Train it; the learning rate rises to 0.05 and falls to nothing."""
    rng, mnist = np.random.default_rng(seed), load_mnist()
    model = mnist_cnn(rng)
    steps = EPOCHS * -(-len(mnist.x_train) // BATCH)
    fit(
        model,
        CrossEntropyLoss(),
        SGD(0.05, momentum=0.9, nesterov=True, weight_decay=1e-4),
        mnist.x_train,
        mnist.y_train,
        batch_size=BATCH,
        epochs=EPOCHS,
        rng=rng,
        schedule=one_cycle(0.05, steps),
        augment=Distort(shift=1.5, rotate=8, scale=0.1, shear=0.1),
    )
    return model


def accuracy_on_tests(model):
    """Share of the 10,000 test images that are classified right."""
    mnist = load_mnist()
    return evaluate(model, CrossEntropyLoss(), mnist.x_test, mnist.y_test).accuracy


if __name__ == "__main__":
    network = train_network()
    save(network, PATH)
    print(f"{PATH.name}: {network.num_parameters} weights, test accuracy {accuracy_on_tests(network):.2%}")
