"""Convolutional networks in plain NumPy, written to be read.

>>> import cnnlib
>>> cnnlib.__version__
'0.1.0'
"""

__version__ = "0.1.0"
