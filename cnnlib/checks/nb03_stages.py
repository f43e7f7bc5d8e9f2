"""Exercise of notebook 03, backpropagation: an expression of nine stages, with three forks."""

from cnnlib.checks.exercise import Exercise, Misconception, register


def stage_cases(rng):
    """Whole numbers first; then both signs of x + v, sums near zero, and numbers of every size."""
    for x, v in ((1, 1), (2, 1), (1, -2), (0, 3), (-1, -1), (3, -2), (-2, 3), (0, -1)):
        yield float(x), float(v)
    for number in range(40):
        x, v = rng.normal(0, 1 + number % 3, 2)
        yield float(x), float(v)
    for size in (0.01, 0.1, 5, 20):
        x, v = size * rng.normal(size=2)
        yield float(x), float(v)
        yield float(x), float(-x * 1.1)


def stages_backward(x, v, **slips):
    """Both gradients; each of `slips` replaces one line of the way back, by its name."""
    s, p = x + v, x * v
    n, d = max(s, 0.0) + p**2, 1 + s**2
    put = {"x": x, "v": v, "s": s, "p": p, "n": n, "d": d, "k": 1 / d}
    for name, rule in (RULES | slips).items():
        put[name] = rule(put)
    return put["dx"], put["dv"]


RULES = {
    "dn": lambda at: at["k"],
    "dk": lambda at: at["n"],
    "dd": lambda at: -at["dk"] / at["d"] ** 2,
    "dg": lambda at: at["dn"],
    "dq": lambda at: at["dn"],
    "gated": lambda at: at["dg"] * (at["s"] > 0),
    "squared": lambda at: at["dd"] * 2 * at["s"],
    "ds": lambda at: at["gated"] + at["squared"],
    "dp": lambda at: at["dq"] * 2 * at["p"],
    "dx": lambda at: at["dp"] * at["v"] + at["ds"],
    "dv": lambda at: at["dp"] * at["x"] + at["ds"],
}


def slip(**rules):
    """The way back with some of its lines replaced."""
    return lambda x, v: stages_backward(x, v, **rules)


register(
    Exercise(
        name="03.stages_backward",
        signature="stages_backward(x, v) -> dx, dv",
        inputs=("x", "v"),
        outputs=("dx", "dv"),
        oracle=stages_backward,
        cases=stage_cases,
        probed=False,
        hints=(
            "The last line first: E = n * k is a product. Which two numbers get a gradient from it, and what "
            "is it for each? Then take the line above it.",
            "x, v and s stand in two lines each. So each of the three gets a share from each of its two "
            "lines: = for the first share, += for the second.",
        ),
        misconceptions=(
            Misconception(
                "s gets its last share alone",
                "s is used in two lines, in max(s, 0) and in 1 + s**2; one of the two shares is missing.",
                slip(ds=lambda at: at["gated"]),
                (slip(ds=lambda at: at["squared"]),),
            ),
            Misconception(
                "x and v get the product's share alone",
                "x and v stand in s = x + v as well as in p = x * v; the share from the sum is missing.",
                slip(dx=lambda at: at["dp"] * at["v"], dv=lambda at: at["dp"] * at["x"]),
            ),
            Misconception(
                "x and v get the sum's share alone",
                "x and v stand in p = x * v as well as in s = x + v; the share from the product is missing.",
                slip(dx=lambda at: at["ds"], dv=lambda at: at["ds"]),
            ),
            Misconception(
                "a factor gets what arrives times itself",
                "A product hands on crosswise: x gets what arrives at p times v, and v gets it times x. "
                "Here it is the other way round.",
                slip(
                    dx=lambda at: at["dp"] * at["x"] + at["ds"], dv=lambda at: at["dp"] * at["v"] + at["ds"]
                ),
                (slip(dn=lambda at: at["n"], dk=lambda at: at["k"]),),
            ),
            Misconception(
                "the gate left open",
                "max(s, 0) hands nothing on where s is negative.",
                slip(gated=lambda at: at["dg"]),
            ),
            Misconception(
                "the slope of 1/d without its sign",
                "1/d falls when d grows: its slope is -1/d**2, and the minus is missing.",
                slip(dd=lambda at: at["dk"] / at["d"] ** 2),
            ),
            Misconception(
                "the slope of 1/d is -1/d",
                "The slope of 1/d is -1/d**2; here d was not squared.",
                slip(dd=lambda at: -at["dk"] / at["d"]),
            ),
            Misconception(
                "the 2 of a square forgotten",
                "The slope of a square is twice the number; a factor 2 is missing.",
                slip(dp=lambda at: at["dq"] * at["p"], squared=lambda at: at["dd"] * at["s"]),
                (slip(dp=lambda at: at["dq"] * at["p"]), slip(squared=lambda at: at["dd"] * at["s"])),
            ),
            Misconception(
                "slopes without what arrives",
                "A local slope is handed on alone somewhere; it is multiplied by the gradient that arrives.",
                slip(dp=lambda at: 2 * at["p"]),
                (
                    slip(squared=lambda at: 2 * at["s"]),
                    slip(gated=lambda at: float(at["s"] > 0)),
                    slip(dd=lambda at: -1 / at["d"] ** 2),
                ),
            ),
        ),
    )
)
