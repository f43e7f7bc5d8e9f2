"""A whole run in one line of text: an address of the original page with a few keys behind it.

The page ignores keys that it does not know, so the line opens there too, with the same points and
first weights.

=========== =======================================================================================
epoch       passes over the training points
skip        numbers of the seed's stream that lie between the points and the first weights
initial     first weights and biases, where the seed does not give them (new points, values by hand)
now         present weights and biases
dead        the links that L1 has removed
leftover    gradient sums of the samples that wait for the next update, and their number in leftovers
=========== =======================================================================================

Arrays are the bytes of little-endian float64 in URL-safe base 64, so nothing is rounded.
"""

import base64
import binascii

import numpy as np

from cnnlib.playground.history import Snapshot

MOST_SKIPPED = 10**6  # two seconds, as a seed's numbers are drawn one by one
MOST_WORK = (
    5 * 10**9
)  # some five seconds of training: multiply-adds, and what each layer and point cost beside
KEYS = ("epoch", "skip", "initial", "now", "dead", "leftover", "leftovers")


def _pack(values):
    raw = np.asarray(values, dtype="<f8").tobytes()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _unpack(text, size, key):
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        values = np.frombuffer(raw, dtype="<f8").astype(np.float64)
    except (binascii.Error, ValueError):
        raise ValueError(f"{key} is damaged: the line of text was cut or changed") from None
    if values.size != size:
        raise ValueError(f"{key} must hold {size} numbers for these settings, got {values.size}")
    return values


def _whole(text, key):
    if not (text.isascii() and text.isdigit() and len(text) <= 7):
        raise ValueError(f"{key} must be a whole number from 0 to 9999999, got {text!r}")
    return int(text)


def to_text(playground, weights=True):
    """Write a playground as one line; see :meth:`Playground.to_text`."""
    network, words = playground.network, [playground.to_url_hash()]
    start = playground.history.latest_until(0).parameters
    if playground.from_elsewhere or not np.array_equal(start, playground.drawn):
        words.append(f"initial={_pack(start)}")
    elif playground.skipped:
        words.append(f"skip={playground.skipped}")
    if playground.epoch:
        words.append(f"epoch={playground.epoch}")
    if not weights:
        return "&".join(words)
    if playground.epoch or not np.array_equal(start, network.parameters.flat):
        words.append(f"now={_pack(network.parameters.flat)}")
    if network.dead.any():
        words.append("dead=" + ".".join(str(i) for i in np.flatnonzero(network.dead)))
    if network.leftover_count:
        words += [f"leftover={_pack(network.leftover)}", f"leftovers={network.leftover_count}"]
    return "&".join(words)


def restore(kind, text):
    """Make a playground of class `kind` from one line.

    Rewinding it to its start is exact; epochs in between are trained again from there. A line with an
    epoch and without weights is trained to that epoch.
    """
    found = _read(text)
    playground = kind.from_url_hash(text)
    network = playground.network
    if "initial" in found:
        first = _unpack(found["initial"], network.parameters.flat.size, "initial")
        first = network.parameters.like(first)
        playground.rebuild(initial=(first.weights, first.biases))
    elif "skip" in found:
        skip = _whole(found["skip"], "skip")
        if skip > MOST_SKIPPED:
            raise ValueError(f"skip must be at most {MOST_SKIPPED}, got {skip}")
        playground.rebuild(skip=skip)
    epoch = _whole(found.get("epoch", "0"), "epoch")
    _check_work(playground, epoch, "now" in found)
    if "now" in found:
        playground.take(_snapshot(found, playground.network, epoch))
    else:
        playground.step(epoch)
    return playground


def _check_work(playground, epoch, has_weights):
    """Refuse a line whose epochs take long to train: all of them at once, or on the way back to one."""
    samples, parameters = (
        len(playground.train) + len(playground.test),
        playground.network.parameters.flat.size,
    )
    each = max(samples, 1) * (parameters + 400 + 60 * len(playground.weights))
    most = MOST_WORK * (20 if has_weights else 1) // each
    if epoch > most:
        how = "" if has_weights else "; a line with its weights may tell of more"
        raise ValueError(f"epoch must be at most {most} for these points and this network, got {epoch}{how}")


def _read(text):
    """Return the keys of this module that a line of text holds."""
    pairs = (piece.partition("=") for piece in text.strip().partition("#")[2].split("&"))
    return {name: value for name, _, value in pairs if name in KEYS and value}


def _snapshot(found, network, epoch):
    size, dead = network.parameters.flat.size, np.zeros(network.dead.shape, dtype=bool)
    places = [_whole(i, "dead") for i in found["dead"].split(".")] if "dead" in found else []
    if max(places, default=0) >= size:
        raise ValueError(f"dead must name parameters below {size}, got {max(places)}")
    dead[places] = True
    leftover = _unpack(found["leftover"], size, "leftover") if "leftover" in found else None
    count = _whole(found.get("leftovers", "0"), "leftovers")
    now = _unpack(found["now"], size, "now")
    return Snapshot(epoch, now, dead, leftover, count, network.lr, kept=True)
