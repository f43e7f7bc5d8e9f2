"""Unpack MNIST once for a whole class: ``python -m cnnlib.data FOLDER``; see `cnnlib.data.shared`."""

import argparse
from pathlib import Path

from cnnlib.data.shared import write_shared

parser = argparse.ArgumentParser(prog="python -m cnnlib.data", description=__doc__)
parser.add_argument("folder", type=Path, help="what CNNLIB_DATA will name, such as /srv/cnnlib-data")
print("Written:", write_shared(parser.parse_args().folder))
