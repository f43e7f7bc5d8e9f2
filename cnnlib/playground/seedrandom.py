"""The random numbers of the page: seedrandom 2.4.4, an RC4 stream keyed by a string.

TensorFlow Playground replaces ``Math.random`` by this generator, so a seed in its address fixes
the points, their order and the first weights. The same bytes come out here, in plain Python.
Source of the algorithm: D. Bau, seedrandom 2.4.4 (MIT licence).
"""

from decimal import ROUND_HALF_UP, Decimal

_TWO_52, _TWO_53 = 1 << 52, 1 << 53


def _key_of(seed):
    """Fold the UTF-16 code units of a string into at most 256 key bytes."""
    raw = seed.encode("utf-16-le", "surrogatepass")
    units = [raw[i] | raw[i + 1] << 8 for i in range(0, len(raw), 2)]
    key, smear = [], 0
    for position, unit in enumerate(units):
        slot = position & 255
        if position < 256:
            key.append(unit & 255)
            continue
        smear ^= key[slot] * 19
        key[slot] = (smear + unit) & 255
    return key or [0]


class SeedRandom:
    """Uniform numbers in [0, 1) with 52 or 53 random bits each, from a string seed.

    Parameters
    ----------
    seed : str
        Any text; the page writes five decimals, such as ``"0.50025"``.

    Attributes
    ----------
    draws : int
        How many numbers have been handed out since the seed was set.

    Examples
    --------
    >>> stream = SeedRandom("0.12345")
    >>> [stream.random() for _ in range(2)]
    [0.9152007406557323, 0.4702753218035592]
    """

    def __init__(self, seed):
        if not isinstance(seed, str):
            raise TypeError(f"seed must be a str, got {type(seed).__name__}: {seed!r}")
        key = _key_of(seed)
        box, j = list(range(256)), 0
        for i in range(256):
            j = (j + key[i % len(key)] + box[i]) & 255
            box[i], box[j] = box[j], box[i]
        self._box, self._i, self._j, self.draws = box, 0, 0, 0
        self._number(256)  # the first 256 bytes of RC4 are weak and thrown away

    def _number(self, n_bytes):
        """Return the next `n_bytes` bytes as one big-endian integer."""
        box, i, j, value = self._box, self._i, self._j, 0
        for _ in range(n_bytes):
            i = (i + 1) & 255
            a = box[i]
            j = (j + a) & 255
            b = box[j]
            box[i], box[j] = b, a
            value = value << 8 | box[(a + b) & 255]
        self._i, self._j = i, j
        return value

    def random(self):
        """Return the next number in [0, 1)."""
        numerator, denominator, last = self._number(6), 1 << 48, 0
        while numerator < _TWO_52:
            numerator = (numerator + last) << 8
            denominator <<= 8
            last = self._number(1)
        while numerator >= _TWO_53:
            numerator >>= 1
            denominator >>= 1
            last >>= 1
        self.draws += 1
        return (numerator + last) / denominator

    def uniform(self, low, high):
        """Return the next number scaled to [low, high), rounded as the page rounds it."""
        return self.random() * (high - low) + low

    def skip(self, count):
        """Throw `count` numbers away."""
        for _ in range(count):
            self.random()

    def seed_text(self):
        """Return the next number as the page's own five-decimal seed text."""
        exact = Decimal(self.random())
        return str(exact.quantize(Decimal("0.00001"), rounding=ROUND_HALF_UP))
