"""Writes what `playground.py` measured, on the screen and as tables in Markdown."""

import numpy as np

RATIOS = [
    ("engine", "loop"),
    ("engine", "plain NumPy"),
    ("30 seeds", "engine"),
    ("engine", "objects"),
    ("engine, losses", "objects, losses"),
    ("engine, page", "objects, page"),
    ("30 seeds", "objects"),
    ("plain NumPy", "objects"),
    ("engine", "original"),
    ("engine, losses", "original, losses"),
    ("engine, page", "original, page"),
    ("30 seeds", "original"),
    ("objects", "original"),
]

WAYS = {
    "loop": "one sample and one link at a time in plain Python; training alone",
    "plain NumPy": "a mini-batch at a time, as one writes it first in NumPy; training alone",
    "engine": "`cnnlib.playground` as the notebook uses it, one network; training alone",
    "30 seeds": "30 such networks at once, epochs of all of them together; training alone",
    "objects": "a graph of neurons and links in Node, one sample at a time, written for this comparison",
    "original": "the engine of the original page (its `nn.ts`, compiled), in Node, driven like *objects*",
}

INTRODUCTION = """\
# How fast the playground trains

Written by `python -m benchmarks.playground --write`; do not edit. Epochs a second, medians of the rounds,
then medians of the ratios within a round: above 1 the first of the two is the faster. All ways trained the
same networks to the same losses (within 1e-12) before they were timed. Data: 250 points to train on, in
batches of 10, and 250 to test.

What an epoch of each row holds:
"""

ENDINGS = """\
- *training alone* (no ending): the updates of the epoch and nothing else. No page does this: it is the bare
  engine. Ours prepares the inputs once; those in JavaScript compute them at every visit, as the page does;
- *losses*: the same, then the training and the test loss: what the page's own step computes before it draws;
- *page*: the same, then the output of every neuron at 100 x 100 places: all that the page computes for each
  epoch that it shows. Drawing is in no row.
"""


def ratio(seen, over, under):
    """Median over the rounds, or None where a way was not measured."""
    if not {over, under} <= seen[0].keys():
        return None
    return float(np.median([found[over] / found[under] for found in seen]))


def report(title, seen):
    """Print one case."""
    print(f"\n{title}   epochs a second (30 seeds: network-epochs)")
    print("   " + ",  ".join(f"{way} {np.median([one[way] for one in seen]):,.0f}" for way in seen[0]))
    for over, under in RATIOS:
        value = ratio(seen, over, under)
        if value is not None:
            print(f"   {over} / {under}: {value:.2f}")


def pages(found):
    """The results of all cases as Markdown; `found` maps a case, "a: 2-4-2-1", to its rounds."""
    measured = next(iter(found.values()))[0]
    meanings = [f"- *{way}*: {meaning};" for way, meaning in WAYS.items() if way in measured]
    head = ["| | " + " | ".join(found) + " |", "|---|" + "---|" * len(found)]
    rates = [
        row(way, (f"{np.median([one[way] for one in seen]):,.0f}" for seen in found.values()))
        for way in measured
    ]
    ratios = [
        row(f"{over} / {under}", (f"{ratio(seen, over, under):.2f}" for seen in found.values()))
        for over, under in RATIOS
        if {over, under} <= measured.keys()
    ]
    words = [
        line for rival in ("original", "objects") if rival in measured for line in in_words(found, rival)
    ]
    return "\n".join([INTRODUCTION, *meanings, ENDINGS, *head, *rates, *ratios, "", *words]).rstrip() + "\n"


def row(name, cells):
    return f"| {name} | " + " | ".join(cells) + " |"


def in_words(found, rival):
    """The comparison with a rival in sentences, its bad news too."""
    yield f"Beside the *{rival}*, our engine's epochs a second are:\n"
    for ending, name in {"": "training alone", ", losses": "losses", ", page": "page"}.items():
        values = {case[0]: ratio(seen, "engine" + ending, rival + ending) for case, seen in found.items()}
        slower = [case for case, value in values.items() if value < 1]
        yield (
            f"- {name}: "
            + ", ".join(f"{value:.2f} times on {case}" for case, value in values.items())
            + (
                f". It is slower on {' and '.join(slower)}:\n  there the time goes into the calls of NumPy."
                if slower
                else "."
            )
        )
    yield ""
