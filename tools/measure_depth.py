"""Measure how well networks of several depths learn, and keep it in ``cnnlib/assets/depth.json``.

    python -m tools.measure_depth            the whole study, some five minutes

What is measured, and what is made of it, stands in `cnnlib.experiments.depth_study`.
"""

import json
from pathlib import Path

import cnnlib
from cnnlib.experiments import depth_study as study


def depths():
    """Every kind, depth, rate and seed, with momentum."""
    for kind in study.STUDIED:
        for depth in study.DEPTHS:
            for rate in study.RATES:
                for seed in study.SEEDS:
                    yield study.run(kind, depth, rate, seed)
            print(f"{kind}, {depth} layers: done", flush=True)


def rates():
    """Plain and batch-normalised, every rate and seed, without momentum."""
    for kind in study.KINDS[:2]:
        for rate in study.ALL_RATES:
            for seed in study.SEEDS:
                yield study.run(kind, study.RATE_DEPTH, rate, seed, momentum=0.0)
        print(f"{kind}, all rates: done", flush=True)


def main():
    found = {"rates": list(rates()), "depths": list(depths())}
    path = Path(cnnlib.__file__).parent / "assets" / study.FILE
    lines = [
        f' "{name}": [\n' + ",\n".join(f"  {json.dumps(row)}" for row in rows) + "\n ]"
        for name, rows in found.items()
    ]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
