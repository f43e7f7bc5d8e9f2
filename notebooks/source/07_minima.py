# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] minutes=3
# # Is this the bottom?
#
# The gradient is zero and nothing moves any more, but the error is not small. Is that the best there is?
#
# **After this notebook you can**
#
# 1. say from the start and the rate which minimum a descent will fall into, and where that stops being
#    possible;
# 2. get out of a false minimum in four ways, and say what each costs;
# 3. tell a saddle from a minimum;
# 4. look at slices of a real network's loss surface without being deceived by them;
# 5. judge from your own thirty networks whether bad minima are common.
#
# **You need** rates and their border from [How big a step?](06_learning_rate.ipynb).
#
# **Time** 50 minutes.
# **Back** [06: How big a step?](06_learning_rate.ipynb)
# **On** [08: Where do we start?](08_initialization.ipynb)

# %%
import numpy as np

from cnnlib import (
    SGD, CrossEntropyLoss, evaluate, fit, load_digits, small_cnn,
)
from cnnlib.checks import check
from cnnlib.experiments.basins import basins
from cnnlib.experiments.ensemble import NetworkEnsemble, train_ensemble
from cnnlib.experiments.error_curves import METHODS, Wells, descend
from cnnlib.experiments.error_surfaces import Saddle
from cnnlib.experiments.unit_matching import match_units
from cnnlib.runtime import in_short
from cnnlib.widgets import (
    BasinMap, Challenge, ContourExplorer, EscapeExplorer, LineBetween,
    LossSlice, SeedHistogram,
)
from cnnlib.widgets.cards import predict, quiz

# %% [markdown] minutes=11
# ## Three valleys
#
# The curve below is the error of one weight, with three valleys. C is the deepest: the **global minimum**.
# A and B are **local minima**: lower than everything near them, and yet not the lowest. Here they are also called
# *false*, since a descent that ends there looks finished. Between A and B rises the highest hill, the **global
# maximum** of the part that is drawn, from weight -3 to 3. A descent knows none of this. It sees one slope at a time.

# %%
curve = Wells()
minima, maxima = curve.stationary()
for name, w in zip("ABC", minima, strict=True):
    print(f"minimum {name} at weight {w:+.2f}, error {curve.error(w):.2f}")
for w in maxima:
    print(f"maximum   at weight {w:+.2f}, error {curve.error(w):.2f}")

# %% [markdown]
# A descent starts at weight -2.5. In which valley does it end? Does the learning rate matter? Commit yourself,
# then look at the lower picture: it shows the answer for ten thousand descents, one for each pair of
# start and rate, worked out while you move. Click anywhere on it, or drag across it, to run that one
# above.

# %%
predict("07.valley")

# %% answers="07.valley"
goal = (
    "Start right of 1, in the valley of C, and end in a false minimum all "
    "the same"
)
BasinMap(
    start=0.0,
    challenge=Challenge(
        goal,
        lambda f: f["start"] > 1 and f["false"] == 1 and f["steps"] == 100,
    ),
)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>Where does it end from -2.5?</summary>
#
# In A, at all rates up to 0.42, apart from the two lowest, which have not arrived after a hundred steps. The ground falls
# towards A, and the steps are too short to pass the hill behind it. At higher rates nearly every descent from -2.5 still
# moves after the hundred steps.
# <!-- test: tests/widgets/test_minima.py::test_from_minus_two_and_a_half_a_descent_ends_in_a_up_to_a_rate -->
#
# </details>
#
# At low rates the map has straight borders: only the start counts, and the borders lie at the two maxima. Left of a maximum
# a descent rolls to the left, right of it to the right. At high rates the areas break up into single dots. There a step can
# cross a hill. Whether it does depends on the fourth or fifth digit of the start and of the rate, which nobody chooses on
# purpose. A pair that works there works by luck. The straight borders can be checked:

# %%
starts = np.linspace(-3, 3, 100)
# one row of the map: all starts at one low rate
low_rate = basins("SGD")[50]
change = np.flatnonzero(np.diff(low_rate))
print(
    "the outcome changes between",
    [f"{starts[i]:.2f} and {starts[i + 1]:.2f}" for i in change],
)
print("the maxima lie at          ", maxima.round(2))

# %% [markdown]
# So "step size and starting point decide which" is true, with a refinement: at low rates the starting point
# alone decides. Does a cleverer optimizer choose better?

# %%
predict("07.methods")

# %% answers="07.methods"
# the lower part of the map, up to a rate of 0.3
low_rates, in_a = slice(0, 60), starts < maxima[0]
for method in METHODS:
    codes = basins(method)
    low, high = (
        np.mean(codes[rates, in_a] == 2)
        for rates in (low_rates, slice(60, None))
    )
    print(
        f"{method:9s} ends in C {np.mean(codes == 2):4.0%}, in none yet "
        f"{np.mean(codes == 4):4.0%};",
        end="",
    )
    few = f"{high:.0%}" if high > 0.05 else "hardly any"
    print(f"  in C from A's valley {low:.0%} at low rates, {few} at high")
left = np.mean(basins("Adam")[60:, starts > maxima[1]] != 2)
print(f"Adam at high rates, from C's own valley: {left:.0%} end elsewhere")

# %% [markdown] minutes=9
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# Adam reaches C from half of this map, mainly because it still converges at high rates, where the others do not. But from
# inside the valley of A, at rates below 0.3, not one of the five crosses to C; even momentum does not carry the weight over
# the hill. At high rates Adam's long steps lead out of A, and the last line shows that they lead out of C as well: steps that
# are long enough for one hill are long enough for the next.
#
# </details>
#
# The shares are
# those of *this* map, with its rates and its hundred steps. No method here searches for the deepest valley;
# each just rolls.
#
# ## Four ways out
#
# At the bottom of A the slope is zero, so gradient descent stays for ever. What could help? **Long steps with memory**: at
# high rates one in five of Adam's descents from A's valley ended in C, and of SGD's hardly any. **Noise**, such
# as small batches make, that kicks the weight about. **Noise that fades**: kicks first, rest later, as a falling learning
# rate brings it. (This is called *simulated annealing*, after a metal that is cooled slowly and so finds a better order;
# Kirkpatrick and others 1983.)<!-- source: Kirkpatrick, Gelatt and Vecchi 1983 --> And **restarts** from somewhere else.
# Does the chance of escape grow with the noise, without end?

# %%
predict("07.noise")

# %% answers="07.noise"
goal = (
    "From -2.5: more than 65 % in the global valley, and a median error "
    "below 0.01"
)
won = Challenge(
    goal,
    lambda f: (
        f["start"] == -2.5
        and f["chance"] > 0.65
        and f["typical_error"] < 0.01
    ),
    lambda f: (
        f"now {f['chance']:.0%}, error {f['typical_error']:.2g}",
        f["chance"] / 0.65 * 0.9,
    ),
)
EscapeExplorer(rate=0.2, noise=2.0, challenge=won)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# Noise that stays has a best size. What is enough to leave A is, with a little more, enough to leave C as well: at 2 nearly
# half of the walks are in C at the end, at 4 one in eight, at 6 hardly any. With very much of it most walks are high up on
# the slopes when they stop, near no minimum, and some are outside the part drawn.
#
# </details>
#
# (The noise is a random number that is added to each slope. 2 is its typical size; the steepest slopes of the curve are
# about as large.) Noise that fades does better, if it is strong enough at first: more walks reach C, and their error is
# smaller. So small batches go well with a rate that starts high and falls. In numbers, four hundred walks each:

# %% answers="07.noise"
for noise in (0, 2, 4, 6):
    stays, fades = (
        EscapeExplorer(rate=0.2, noise=noise, cooling=c).facts
        for c in (False, True)
    )
    stays, fades = (
        f"{f['chance']:3.0%} reach C, error {f['typical_error']:.2f}"
        for f in (stays, fades)
    )
    print(f"noise {noise}: stays, {stays};  fades, {fades}")

# %% [markdown]
# The plainest way out is to start again. Suppose that one start, drawn anywhere from -3 to 3 at a low rate, ends in C with
# probability $p$. All of $k$ independent starts miss C with probability $(1-p)^k$, so at least one of them reaches it with
# $1 - (1-p)^k$.
#
# What do the four ways cost? A higher rate costs nothing more than a low one. Noise comes with small batches. If it stays,
# the price is the error at the end, since the weight is kicked about to the last. If it fades, the price is time: it is one
# run, but a long one, since it must first be strong and then come to rest. $k$ starts cost $k$ runs; in return they need no
# idea of the landscape.

# %%
p = np.mean(low_rate == 2)
for k in (1, 2, 4, 8):
    print(
        f"{k} starts: {1 - (1 - p) ** k:.0%} chance that at least one ends "
        "in C"
    )

# %% [markdown] minutes=6 cut=1
# ## Two weights: saddles
#
# With two weights there is a new kind of place: a minimum along one direction and a maximum along another. On the map below
# the descent comes down along a line towards the centre, slows down as if it had arrived, and then leaves sideways. Walk
# along the line: the ground falls to the centre and rises again. Step off it to either side: the ground falls. So the line
# is the crest of a ridge. Starting ten times closer to the line, does it take ten times as long to leave?

# %%
predict("07.saddle")

# %%
goal = (
    "From weight 2 between 0 and 0.01: an error below 0.01 within 40 steps"
)
won = Challenge(
    goal,
    lambda f: (
        f["error"] < 0.01 and 0 < f["steps"] <= 40 and f["slope"] > 0.5
    ),
    lambda f: (
        f"now {f['error']:.2g} at step {f['steps']}",
        np.log10(10 / max(f["error"], 1e-99)) / 3,
    ),
)
ContourExplorer(
    surface="saddle",
    start_1=1.5,
    start_2=0.01,
    rate=0.2,
    steps=0,
    challenge=won,
)

# %% answers="07.saddle"
saddle = Saddle()
for distance in (0.1, 0.01, 0.001):
    path = descend(saddle, [1.5, distance], 0.2, 400)
    print(
        f"start {distance} beside the ridge: "
        f"{np.argmax(np.abs(path[:, 1]) > 0.7)} steps until it has left"
    )
print(
    "curvatures at the saddle",
    saddle.curvatures([0, 0]),
    "and at a minimum",
    saddle.curvatures([0, 2**0.5]),
)

# %% [markdown] minutes=8
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# Each factor of ten costs the same number of steps, twenty-five or so: the distance grows by an equal
# factor at each step.
#
# </details>
#
# Only a start exactly on the ridge never leaves, and noise takes care of that. What tells a saddle from a minimum is the
# sign of the curvatures: all positive at a minimum, some positive and some negative at a saddle. (All negative would be a
# maximum.) In a space of thousands of directions it is unlikely that *all* of them bend upwards at one place by chance. So
# most places of zero slope and high error should be saddles; Dauphin et al. (2014) argued so, and found it in small
# networks.
#
# ## A real network
#
# The picture shows a plane through the weights of a trained convolutional network, as a ground whose height is the loss
# at each point, and beside it the same plane from above. The line is the path of its training, from the first weights
# to the last. The weights of the path do not lie in the plane, so each point is moved straight onto it, as the sun
# moves a point onto the floor: the line is a *shadow* of the path. What is lost so? Take the distance of each point of
# the path from the trained weights, and the same for its shadow. If the sum of the squared distances of the shadows is
# 90 % of that of the points, the plane *holds* 90 % of the path (*shows*, says the picture). The plane here is the one
# that holds most. How much would a *random* plane hold?

# %%
predict("07.plane")

# %% tags=["nbval-ignore-output"]
goal = "Find the first point of the path at which the loss is below 0.5"
found = Challenge(
    goal,
    lambda f: f["loss"] < 0.5 and f["steps"] <= 54 and f["share"] > 0.5,
    lambda f: (
        f"now {f['loss']:.2f} at step {f['steps']}",
        54 / max(54, f["steps"]),
    ),
)
LossSlice(challenge=found)

# %% tags=["nbval-ignore-output"] answers="07.plane"
held = {
    name: LossSlice(plane=name).facts["share"]
    for name in ("along the training path", "random, filter-normalised")
}
for name, share in held.items():
    print(f"{name:28s} holds {share:.1%} of the path")

# %% [markdown]
# There is no trap to be seen on this plane, nor on the random one (choose it with *Plane* in the picture). Be careful with
# that: a plane shows two directions of nearly two thousand, and a random one hardly sees where the training went. (The
# sentence below the picture says 0.09 for the end of the path and the loss there is 0.08: the plane's loss is computed on a
# grid, and the nearest point of it counts.) Now think of the first weights on the *random* plane. Their own loss is about
# 2.4. Their shadow, like that of the whole path, lies near the middle of the plane. What is the loss of the plane at that
# place?

# %%
predict("07.shadow")

# %% tags=["nbval-ignore-output"] answers="07.shadow"
first = LossSlice(plane="random, filter-normalised", point=0).facts
print(
    f"loss of the first weights {first['loss']:.2f}, loss of the plane at "
    f"their shadow {first['shadow']:.2f}"
)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# The shadow of the worst weights falls into the lowest part of the bowl. A shadow shows where something lies along
# two directions, and says nothing about all others.
#
# </details>
#
# And the other plane, that holds nearly all of the path? Even that impresses less than it seems. Let a point walk *at
# random* through as many dimensions, for 45 steps (the path of the training above is stored at every sixth of its 270
# steps), and take the best plane for its path:

# %%
steps, weights = 45, small_cnn(0).num_parameters
walk = np.cumsum(
    np.random.default_rng(0).normal(size=(steps, weights)), axis=0
)
sizes = np.linalg.svd(walk - walk[-1], compute_uv=False) ** 2
print(
    f"the best plane holds {(sizes[:2] / sizes.sum()).sum():.0%} of a "
    f"random walk of {steps} steps in {weights} dimensions"
)

# %% [markdown] minutes=6 cut=2
# So a path that nearly fits into a plane is nothing special (Antognini and Sohl-Dickstein 2018). A slice can *show* a wall;
# that it shows none proves little. One detail of the random plane: its directions are *filter-normalised* (Li et al. 2018).
# Each filter's part of a direction is made as long as the filter itself. Otherwise one unit of distance would be a large
# change for a filter with small weights and hardly any for one with large weights, and pictures of different networks could
# not be compared.
# <!-- computed: 1898 + 102 = 2000 -->
#
# ## From one solution to another
#
# Goodfellow, Vinyals and Saxe walked in 2015 from the first weights of a network to the trained ones, in a straight line.
# The loss fell nearly all the way; they met no hill worth mentioning. Now take two networks, trained from different seeds
# and equally good, and walk from one to the other. What is the loss half way: as low as at the ends? Near guessing? Press
# Play to walk. The *barrier* in the sentence below the picture is the largest difference between the loss on the way and
# the straight line that joins the losses of the two ends. (*Matching* is explained below.)
# <!-- source: Goodfellow, Vinyals and Saxe 2015, abstract -->

# %%
predict("07.between")

# %% tags=["nbval-ignore-output"] answers="07.between"
goal = (
    "Two different seeds for which matching removes three quarters of the "
    "barrier"
)
lower = Challenge(
    goal,
    lambda f: 0 < f["barrier_matched"] < f["barrier"] / 4,
    lambda f: (
        f"now {f['barrier_matched']:.2f} of {f['barrier']:.2f}",
        1 - f["barrier_matched"] / max(f["barrier"], 1e-9),
    ),
)
LineBetween(share=0, challenge=lower)

# %% [markdown]
# The two ends are equally good, and yet a wall stands between them. A part of it comes from the order of the filters alone.
# The filters of a layer can stand in any order without changing the network; eight and sixteen filters can be ordered in about $8 \cdot 10^{17}$ ways. The
# second network may have learned the first one's filters in another order. Pair the units by the similarity of their
# outputs, and put those of the second network into the order of the first (Ainsworth and others 2023); the picture says
# *renumbered*. The barrier shrinks to a third: from the solid line to the dashed one. It does not vanish. The two networks have not learned quite the same
# filters, and half of one filter plus half of another is often a good filter of neither.
#
# Pairing needs networks of one shape. **This cell is meant to fail**: 4 filters cannot be paired with 8.
# <!-- source: 8! times 16! is 8.4e17 -->

# %% tags=["raises-exception"]
with in_short():  # of an error only its last line
    match_units(
        small_cnn(0, width=4), small_cnn(0, width=8), load_digits().x_train
    )

# %% [markdown] minutes=7
# ## Are bad minima common?
#
# For curves of one weight, false minima are everywhere. For networks, do not take it from anyone; train
# thirty. Each dot below is a network with its own seed, all trained for the same six epochs. The width is the number
# of filters of the first layer; the second has twice as many, so 8 is the network of this course. Press Play to see
# a width train.
#
# How far apart are the best and the worst of thirty with one filter? And with sixteen?

# %%
predict("07.spread")

# %% tags=["nbval-ignore-output"] answers="07.spread" page="SeedHistogram(width='1')"
seeds = SeedHistogram(width="1")
for width in ("1", "2", "4", "8", "16"):
    seeds.set_state(width=width)
    seeds.advance(6 * 45)
    f = seeds.facts
    losses = (
        f"best {f['best']:.2f}, median {f['median']:.2f}, worst "
        f"{f['worst']:.2f}"
    )
    print(f"width {width:>2}: {losses}, {f['stuck']} above 1")
seeds

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# The spread from best to worst falls from nearly two to a few hundredths. At width 1 the seed decides. The count at the end
# of a line says how many are above a loss of 1; some of them are stuck at the loss of guessing, about 2.3. At width 16
# every one of thirty is good.
#
# </details>
#
# Choromanska et al. (2015) expect this from a simplified model of networks: bad ends exist, and become rare as the width
# grows. But be careful with the picture. On the logarithmic axis the dots stay about as scattered as before: the worst
# network still has several times the loss of the best. What shrinks is the difference between the two losses. And it
# compares all widths after the same six epochs, in which a wide network gets further than a narrow one. Is a high loss a
# bad *minimum*, or only a slow training? Train the thirty narrowest on:

# %% tags=["nbval-ignore-output"]
x, y = load_digits().x_train, load_digits().y_train
narrow = NetworkEnsemble([small_cnn(seed, width=1) for seed in range(30)])
for record in train_ensemble(
    narrow, SGD(0.05, momentum=0.9), x, y, epochs=40, rng=0
):
    if record.last_of_epoch and record.epoch in (6, 12, 24, 40):
        # the images on which the list above is judged
        losses, _ = narrow.evaluate(x[:360], y[:360])
        print(
            f"after {record.epoch:2d} epochs: median "
            f"{np.median(losses):.2f}, {(losses > 1).sum()} of 30 above 1"
        )

# %% [markdown]
# More than half of those that were above 1 were only slow. Nearly all of the others stand exactly at the loss of guessing.
# Their units are dead, so their gradient is zero: they stand on level ground, a *plateau*; whether it is a minimum, nothing
# here shows. (Notebook 06 met such networks, and notebook 08 counts them.) And the worst one of width 4?

# %% tags=["nbval-ignore-output"]
worst = int(np.argmax(seeds.finished[4]))
model = small_cnn(worst, width=4)
for more, total in ((6, 6), (12, 18), (24, 42)):
    fit(
        model,
        CrossEntropyLoss(),
        SGD(0.05, momentum=0.9),
        x,
        y,
        epochs=more,
        rng=0,
        progress=False,
    )
    print(
        f"seed {worst}, after {total} epochs: loss "
        f"{evaluate(model, CrossEntropyLoss(), x, y).loss:.3f}"
    )

# %% [markdown]
# It was slow as well. (The first number is not that of the list: here the images came in another order, and the loss is that of
# all training images, not of 360.) So these
# experiments show no bad minimum in any of the networks: some are slow, some are dead, and with more filters both become
# rare.
#
# ## Exercises
#
# **1. Into a false minimum.** *Warm-up, 5 minutes.* Choose a start from -3 to 3 and a rate, so that gradient descent *comes to
# rest* in A or B within 300 steps. Say beforehand in which.
# <!-- computed: 3 * 100 = 300 -->

# %%
start_and_rate = None
### BEGIN SOLUTION
# Why: -2.5 lies on the slope of A, and 0.1 is below 2 over the curvature at
# its bottom.
start_and_rate = (-2.5, 0.1)
### END SOLUTION

# %%
check("07.false_minimum", start_and_rate)

# %% [markdown]
# **2. Over it, first way: momentum.** *Core, 10 minutes.* From -0.8 gradient descent rolls into B. Choose a rate and a momentum
# with which the weight comes to rest in C instead.

# %%
rate_and_momentum = None
### BEGIN SOLUTION
# Why: a small rate with a long memory brings enough velocity through B, and
# has lost it again in C.
rate_and_momentum = (0.02, 0.9)
### END SOLUTION

# %%
check("07.momentum_escape", rate_and_momentum)

# %% [markdown]
# **3. Second way: noise that fades.** *Core, 10 minutes.* From -2.5, in the valley of A, bring more than half of the walks
# to C. What stands below stays in A.

# %%
way = {"rate": 0.1, "noise": 0.0, "cooling": True}
### BEGIN SOLUTION
# Why: kicks cross the hill while they are strong; as they fade the deepest
# valley is the hardest to leave.
way = {"rate": 0.2, "noise": 4.0, "cooling": True}
### END SOLUTION
chance = EscapeExplorer(start=-2.5, **way).facts["chance"]
print(f"{chance:.0%} reach C, {'a way out' if chance > 0.5 else 'not yet'}")

# %% [markdown]
# **4. Third way: restarts.** *Stretch, 15 minutes.* Run gradient descent from every one of `starts` for so many steps at one
# rate, and return the final weight whose error is the smallest. A curve has `curve.gradient(w)` and `curve.error(w)`.


# %%
def best_of_restarts(curve, starts, rate, steps):
    ### BEGIN SOLUTION
    # Why: no start knows the landscape, so all of them run, and only the
    # ends are compared.
    w = np.array(starts, float)
    for _ in range(steps):
        w = w - rate * curve.gradient(w)
    return w[np.argmin(curve.error(w))]
    ### END SOLUTION


# %%
check("07.best_of_restarts", best_of_restarts)

# %% [markdown]
# > **What the chapter says** (claims 9 to 11 of its [fourteen](../docs/claims.md)). *The aim is the global minimum*: true of
# > the curve, and not needed in practice; no optimizer searches for it, and nearly every wide network ended about as low as
# > the best. *A local minimum can be taken for the global one and is hard to escape*: holds on curves of one weight. Plain
# > descent left A hardly ever; fading noise freed more than half of the walks. *Step size and starting point decide which*: holds;
# > at low rates the starting point alone, at high rates both, and so finely that it amounts to chance.
#
# ## Questions

# %%
quiz("07")

# %% [markdown]
# ## Summary
#
# The start decides into which minimum a descent falls, at high rates the rate as well. Noise that fades, long steps
# and restarts lead out of false minima. In a network more filters make bad ends rare, and most that look bad are slow or
# dead; a picture of a plane shows two directions of nearly two thousand.

# %% [markdown]
# ## References
#
# - S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, [Optimization by simulated
#   annealing](https://doi.org/10.1126/science.220.4598.671), 1983
# - J. Antognini, J. Sohl-Dickstein, [PCA of high dimensional random walks with comparison to neural network
#   training](https://arxiv.org/abs/1806.08805), 2018
# - Y. Dauphin et al., [Identifying and attacking the saddle point
#   problem](https://arxiv.org/abs/1406.2572), 2014
# - A. Choromanska et al., [The loss surfaces of multilayer networks](https://arxiv.org/abs/1412.0233), 2015
# - I. Goodfellow, O. Vinyals, A. Saxe, [Qualitatively characterizing neural network optimization
#   problems](https://arxiv.org/abs/1412.6544), 2015
# - H. Li et al., [Visualizing the loss landscape of neural nets](https://arxiv.org/abs/1712.09913), 2018
# - S. Ainsworth, J. Hayase, S. Srinivasa, [Git re-basin](https://arxiv.org/abs/2209.04836), 2023
#
# Next: [Where do we start?](08_initialization.ipynb)
