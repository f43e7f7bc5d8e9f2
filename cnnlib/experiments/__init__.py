"""Experiments of single notebooks: error curves, many networks at once, what a network looks at."""
