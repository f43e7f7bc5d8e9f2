"""What the tests share."""

import matplotlib
import pytest

from cnnlib.data import load_digits

matplotlib.use("Agg")


@pytest.fixture(scope="session")
def digits():
    """The bundled digits."""
    return load_digits()
