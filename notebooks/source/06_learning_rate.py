# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] minutes=2
# # How big a step?
#
# The gradient says which way to change the weights. It does not say how far. The learning rate does, and more
# often than any other number it decides whether a network learns at all.
#
# **After this notebook you can**
#
# 1. predict the rate at which a descent turns into an explosion, from the curvature alone;
# 2. read what a real network does at many learning rates: where it crawls, where it learns, where it is lost, and why;
# 3. say how far that prediction carries over to a network, and where it ends;
# 4. choose a schedule and a rate that reach a target accuracy in few epochs.
#
# **You need** gradient descent from [Which way is down?](05_gradient_descent.ipynb).
#
# **Time** 50 minutes.
# **Back** [05: Which way is down?](05_gradient_descent.ipynb)
# **On** [07: Is this the bottom?](07_minima.ipynb)

# %%
import math

import numpy as np

from cnnlib import (
    SGD, CrossEntropyLoss, HalfSquaredError, ReLU, load_digits, small_cnn,
    train,
)
from cnnlib.checks import check
from cnnlib.experiments.curvature import largest_curvature
from cnnlib.experiments.ensemble import NetworkEnsemble, train_ensemble
from cnnlib.experiments.error_curves import Quadratic, Wells, descend
from cnnlib.experiments.hessian import Hessian
from cnnlib.experiments.landscape import get_weights, set_weights
from cnnlib.experiments.rates import border_along, shares_right
from cnnlib.runtime import in_short
from cnnlib.widgets import (
    BatchNoise, Challenge, DescentExplorer, RateSweep, ScheduleExplorer,
)
from cnnlib.widgets.cards import predict, quiz

# %% [markdown] minutes=5
# ## One curve, one slider
#
# The curve below has the curvature 2.5. Move the learning rate slowly from left to right, from a
# ten-thousandth to ten. You will meet five kinds of walk: crawling, going down one side, jumping from side
# to side, never settling, exploding.
#
# At which rate does the walk stop converging? Commit yourself, then find the border by hand, to the nearest
# hundredth.
# <!-- computed: 5 / 2 = 2.5 -->

# %%
predict("06.border")

# %%
DescentExplorer(
    curvature=2.5,
    steps=50,
    challenge=Challenge(
        "Within one per cent of the border, after 50 steps or more, at a "
        "curvature other than 1",
        lambda f: (
            abs(f["rate"] / f["limit"] - 1) < 0.01
            and f["steps"] >= 50
            and f["curvature"] != 1
        ),
        lambda f: (
            f"now {f['rate'] / f['limit']:.2f} times the border",
            1 - abs(np.log10(f["rate"] / f["limit"])) / 4,
        ),
    ),
)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>One line explains all five, and where the border is</summary>
#
# On the parabola $E = \tfrac{c}{2}w^2$ of curvature $c$ a step with the learning rate $\eta$
# turns $w$ into $(1 - \eta\,c)\,w$. The walk converges while that factor lies between $-1$ and $1$, that is while
#
# $$\eta < \frac{2}{c}.$$
#
# Below $1/c$ the factor is positive and the walk stays on its side. Between $1/c$ and $2/c$ it is negative:
# the walk jumps across the valley at every step and still comes down. Twice the curvature halves the
# border. Whether a rate is above or below 1 plays no part in it.
#
# </details>

# %% answers="06.border"
for share in (0.01, 0.5, 1.0, 1.5, 1.99, 2.0, 2.01):
    # of the weight, in one step, at rate share / curvature
    factor = 1 - share
    end = descend(Quadratic(2.5), 1.0, share / 2.5, 100)[-1]
    print(
        f"rate {share:4.2f} / curvature: factor {factor:+.2f}, after 100 "
        f"steps the weight is {end:+.3g}"
    )

# %% [markdown] minutes=5
# ## Is a rate above 1 too high?
#
# A rule of thumb says: a rate over 1 may be fast or may never converge, a rate below 0.01 is slow and may be more accurate.
# First answer the card. Then: which rate comes closer to the minimum, 0.005 or 0.3? Answer once for a parabola with its
# exact gradient, and once for the two-pixel task of notebook 05 with batches of 1.

# %%
predict("06.rule")

# %% answers="06.rule"
for rate, curvature in ((3.0, 0.5), (0.9, 3.0)):
    error = Quadratic(curvature).error(
        descend(Quadratic(curvature), 1.0, rate, 40)[-1]
    )
    print(
        f"rate {rate} on curvature {curvature}: error after 40 steps "
        f"{error:.2g}"
    )
for rate in (0.005, 0.3):
    clean = Quadratic(1.0).error(descend(Quadratic(1.0), 1.0, rate, 300)[-1])
    batches_of_1 = BatchNoise(batch="1", rate=rate, samples=3000)
    noisy = batches_of_1.facts["mean_error"]
    print(
        f"rate {rate}: exact gradient on the parabola {clean:.2g}; batches "
        f"of 1 in the task {noisy:.2g}"
    )

# %% [markdown] minutes=3
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# Three is a fine rate on flat ground, and 0.9 explodes on curved ground. (In the last two lines, compare the upper number
# with the lower one, for each of the two problems by itself.) A low rate is no more accurate when the gradient is exact: it
# has simply not arrived. With noisy gradients it *is* more accurate, because each guess moves the weight less, and errors
# average out.
#
# </details>
#
# So the rule holds for typical curvatures and small batches. What decides is $2/c$, and the noise.
#
# ## Above the border on another curve
#
# On a parabola a rate that is too high explodes. On other curves it need not. Here is the curve with several minima that
# the explorer offers too (and notebook 07 is about), started near its lowest, and rates a little above $2/c$ at its bottom.
# Where is the weight after 400 steps?
# <!-- computed: 4 * 100 = 400 -->

# %%
predict("06.hollow")

# %% answers="06.hollow"
wells, bottom = Wells(), Wells().global_minimum()
border = 2 / float(wells.curvature(np.array(bottom)))
for share in (0.9, 1.05, 1.2):
    path = descend(wells, 1.2, share * border, 400)
    print(
        f"rate {share:.2f} x border: last four weights "
        f"{path[-4:].round(3)}, bottom at {bottom:.3f}"
    )

# %% [markdown] minutes=6
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# Above the border the weight never reaches the bottom and never leaves the hollow either. It jumps for ever
# between two places, one on each side: further out the walls are less curved, so a jump that grows meets a
# wall that sends it back. If you look at every second step only, it seems to have settled on one side of the bottom.
#
# </details>
#
# ## A real network: many rates at once
#
# Now we train the same small convolutional network again and again, with the same first weights and the same batches. Only
# the rate differs, from 0.0001 to 10. (To try many values of one number in this way is called a *sweep*.) All are trained
# together, since NumPy works on many small networks as on one larger one. Each has its own weights and its
# own products; they share only the images, so one that overflows leaves the others as they are.
#
# Two epochs are done when it opens. Press Play and let it run to the end of the sixth, 270 steps. Which share of these
# rates gives a network that reads digits? And will the best one lie below or above the dashed line, $2/c$ with the
# largest curvature of this network's loss at its first weights? <!-- computed: 6 * 45 = 270 -->

# %%
predict("06.share")

# %% tags=["nbval-ignore-output"]
sweep = RateSweep(
    challenge=Challenge(
        "Another optimizer: its best rate at least four times smaller than "
        "that of SGD",
        lambda f: (
            f["steps"] >= 200
            and f["best_rate"] < 0.13
            and f["best_loss"] < 0.3
        ),
        lambda f: (
            f"best now: {f.get('best_rate', 0):.2g}, after {f['steps']} "
            "steps",
            f["steps"] / 270 / 2,
        ),
    )
)
sweep

# %% [markdown] minutes=5 cut=1
# <details style="margin-bottom: 1em"><summary>What the picture says to both predictions</summary>
#
# Of the twenty-four rates 11 crawl (their loss is above half of the first) and 5 are lost, so 8 learn: a third. The best
# lies above the line, at 0.5; the line, 0.185, is where the parabola of the very first step would begin to explode.
#
# The largest rate that learns is little more than thirty times the smallest, while the largest rate that was tried is a
# hundred thousand times the smallest. Within the span that learns a higher rate is better, nearly up to its end; just beyond
# that end all networks are lost.
#
# </details>
#
# Press Rewind and Play, or pull the step slider: both move all networks together. Change the optimizer
# and press Play to train them again; what the one before had reached stays as a dashed line.
#
# ## What is a lost network?
#
# The lost ones have not overflowed. Their losses all end at the same value, near 2.3, the logarithm of ten. You know it
# from the [notebook on the loss](02_loss.ipynb): it is the loss of a network with no opinion. Train one of them alone and
# look inside.

# %%
digits, model = load_digits(), small_cnn(rng=0)
x, y = digits.x_train, digits.y_train
losses = [
    r.loss for r in train(model, CrossEntropyLoss(), SGD(3.0), x, y, rng=0)
]
h = x
for layer in model.layers:
    h = layer.forward(h)
    if isinstance(layer, ReLU):
        active = (h > 0).any(axis=(0, 2, 3)).sum()
        print(
            f"ReLU maps with a unit that is active for any image: {active} "
            f"of {h.shape[1]}"
        )
print(
    f"highest loss {max(losses):.0f}, different outputs among all images: "
    f"{len(np.unique(h, axis=0))}"
)
print(f"loss of no opinion: ln 10 = {np.log(10):.4f}")

# %% [markdown]
# The first steps threw the weights so far that every ReLU is off for every image. A ReLU that is off hands no gradient
# back, so nothing can ever switch it on again: these networks are dead. Only the last biases still learn, and they learn
# how frequent each digit is.
#
# Divergence can also end in numbers too large to hold. With half the squared error of the scores themselves, without
# softmax, the gradient grows with the error. The next cell trains so, at a rate of 30, beyond the sweep: the loss explodes.
# After how many steps is it too large to be held? The assertion at the end of the cell shows how a loop of your own should
# guard itself. **The cell is meant to fail.**

# %%
predict("06.infinite")

# %% tags=["raises-exception", "nbval-ignore-output"] answers="06.infinite"
# no warnings, and of the error only its last line
with np.errstate(all="ignore"), in_short():
    records = list(
        train(small_cnn(rng=0), HalfSquaredError(), SGD(30.0), x, y, rng=0)
    )
    growing = [record.loss for record in records]
    print(
        " ".join(f"{loss:.0e}" for loss in growing[:12]),
        "...",
        *growing[-3:],
    )
    assert np.isfinite(growing).all(), (
        f"the loss is {growing[-1]}: start afresh with a smaller rate"
    )

# %% [markdown] minutes=9 cut=2
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# The first step throws the loss up by nine powers of ten; from then on each step makes it about a thousand times larger.
# The twelfth loss, after eleven steps, is the first that is infinite.
#
# </details>
#
# A float32 ends near 3e38; what is larger becomes `inf`, *infinite*. Then comes $\infty - \infty$ or $0 \cdot \infty$,
# which is no number at all: `nan`. Whatever a `nan` meets becomes `nan`, every weight in the end, and training goes on,
# computing nothing.
# <!-- source: IEEE 754 single precision, largest finite number 3.4e38 -->
#
# ## The border, predicted for a network
#
# The bowl of notebook 05 had two curvatures, across the valley and along it, and the larger one limited the rate. A
# network's loss has one for each weight. They belong to the **Hessian**, the matrix of all second derivatives, and are
# called its eigenvalues; the largest is $\lambda_{\max}$. Each eigenvalue has a direction of its own, as along and across
# had in the bowl. How is the largest found in a matrix of millions of entries? Take any direction. It is a sum of parts
# along those special directions. Multiply it by the matrix: each part is multiplied by its own curvature. Do it again and
# again, and bring the result back to length one each time. The part along the most curved direction outgrows all others,
# and the factor by which a product stretches it is $\lambda_{\max}$. This is **power iteration**. (It finds the eigenvalue
# that is largest in absolute value. Where the surface bends down, that may be a negative one; then the library's function
# adds the same number to all eigenvalues, so that none is negative, and runs again.) The matrix is never written down. What
# is needed is only its product with a direction, and this product says how the gradient changes if the weights move along
# that direction. One more forward and backward pass computes it (Pearlmutter 1994).
# <!-- source: Pearlmutter 1994 -->
#
# We take 360 images as the whole training set here, and full batches, so that there is no noise to blame.
# <!-- computed: 1437 // 4 + 1 = 360 -->

# %%
few_x, few_y = x[:360], y[:360]
fresh = largest_curvature(
    small_cnn(rng=0), CrossEntropyLoss(), few_x, few_y, rng=0
)
print(
    f"at the first weights: curvature {fresh.value:.1f}, so the border is "
    f"{fresh.lr_limit:.3f}"
)
print(f"found with {fresh.iterations} products of Hessian and vector")

# %% [markdown]
# The sweep lost its networks only from a rate of 1.35 on, about seven times higher. Before we ask why, test the
# prediction where it has its best chance: at the bottom, where a network hardly moves. Train on the few
# images until the loss is near zero, measure the curvature *there*, and set copies of this network going at
# rates around $2/\lambda_{\max}$.
# <!-- source: RateSweep, the lowest rate whose network is lost, 1.35 -->
#
# Which of them stay at the bottom?
# <!-- computed: 1.35 / 0.185 = 7.3 -->

# %%
predict("06.bottom")

# %% tags=["nbval-ignore-output"] answers="06.bottom"
model = small_cnn(rng=0)
full = {"batch_size": 360, "rng": 0}
for _ in train(
    model,
    CrossEntropyLoss(),
    SGD(0.1, momentum=0.9),
    few_x,
    few_y,
    epochs=250,
    **full,
):
    pass  # it only has to arrive
there = largest_curvature(
    model, CrossEntropyLoss(), few_x, few_y, rng=0, tolerance=1e-4
)
shares = np.array([0.5, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.5, 2.0])
copies = NetworkEnsemble(model, copies=len(shares))
rates = shares * there.lr_limit
run = train_ensemble(
    copies, SGD(1.0), few_x, few_y, lr=rates, epochs=40, **full
)
worst = np.max([record.loss for record in run], axis=0)
print(f"curvature {there.value:.2f}, border {there.lr_limit:.2f}")
for share, loss in zip(shares, worst, strict=True):
    print(f"rate {share:.1f} x border: highest loss in 40 steps {loss:.3g}")

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# The prediction holds, to within a fifth: below the border all stay, clearly above it all fly off. The one a tenth above
# stays as well. While it trains its loss goes on falling a little, and the curvature with it, so that the border moves up.
#
# </details>
#
# (Four hundred steps instead of forty give the same picture.) It can be checked
# more sharply. Move the weights a millionth along the most curved direction, take
# one step from there and one from the old place. The parabola says that the distance is multiplied by $1 -
# \eta\,\lambda_{\max}$.

# %%
exact = small_cnn(rng=0, dtype=np.float64)
start, v = get_weights(model).astype(float), there.direction.astype(float)


def step(weights, rate):
    set_weights(exact, weights)
    images = few_x.astype(float)
    here = Hessian(exact, CrossEntropyLoss(), images, few_y)
    return weights - rate * here.gradient


for share in (0.5, 1.5, 2.5):
    rate = share / there.value
    factor = (step(start + 1e-6 * v, rate) - step(start, rate)) @ v / 1e-6
    print(
        f"rate {share} / curvature: predicted factor {1 - share:+.2f}, "
        f"measured {factor:+.2f}"
    )
    assert abs(factor - (1 - share)) < 0.01

# %% [markdown]
# So $2/\lambda_{\max}$ is exact, *for one step near a bottom*. Why then did fresh networks survive rates far above it?
# Because the curvature changes while the network learns. The next cell follows it for three rates. It prints the rate
# divided by the border of that moment, $\eta\,\lambda_{\max} / 2$. Above 1, a parabola of that curvature would explode.

# %% tags=["nbval-ignore-output"]
steps = (1, 20, 50, 100, 150, 200, 300)
print("step     ", *(f"{step:5d}" for step in steps))
for rate in (0.05, 0.1, 0.2):
    along = border_along(small_cnn(rng=0), few_x, few_y, rate, steps)
    print(f"rate {rate:4.2f}", *(f"{value:5.2f}" for value in along))

# %% [markdown] minutes=5
# Look at the column of step 1, which is measured after the first step: at every rate the number is below 1, so the ground
# there is flat enough. Then the curvature *rises*, and at every rate the number goes above 1, the later the lower the rate.
# For a hundred steps or so it stays there, and yet the training goes on. This is called the **edge of stability** (Cohen et
# al. 2021). Why do the jumps not explode? While they grow, they also move the weights, a little with each jump, to places
# where the curvature is smaller. When it has fallen below the border, the jumps become smaller again (Damian et al. 2023).
# In the end the curvature falls for another reason: where every image is right with certainty, cross-entropy is flat.
#
# So rates well above the border of the first step can be survived. Lewkowycz et al. (2020) looked at where such long first
# steps lead: to flatter places, and networks that started so were often the best in the end.
# <!-- source: Damian, Nichani and Lee 2023, abstract; Lewkowycz et al. 2020, abstract -->
#
# So how far can $2 / \lambda_{\max}$ be trusted? For one step near a bottom it is exact. For staying at a bottom it is
# right to within a fifth. For a whole training, measured at the first weights, it is only a hint: here it was too low by a
# factor of seven.
#
# ## A larger batch, a larger rate?
#
# A larger batch makes fewer steps of one pass over the images, and each step is less noisy. So let each step go further: a
# batch twice as large, a rate twice as large. This is the rule of *linear scaling* (Goyal et al. 2017). Five passes, five
# networks each; does it hold?

# %% tags=["nbval-ignore-output"]
for batch in (16, 32, 64, 128, 256):
    for name, rate in (
        ("same rate", 0.05),
        ("rate scaled", 0.05 * batch / 16),
    ):
        shares = shares_right(
            small_cnn, digits, rate, batch_size=batch, epochs=5
        )
        print(
            f"batch {batch:3d}, {name:11s} {rate:4.2f}: "
            f"{shares.mean():.0%}, from {shares.min():.0%} to "
            f"{shares.max():.0%}"
        )

# %% [markdown]
# After five passes a larger batch at the same rate gets fewer images right, because it has taken fewer steps. With the rate
# scaled up, batches of 32 and 64 do as well as one of 16. At 128 the network falls behind, and at 256 far behind. Is the
# rate of 0.8 too high? Or are there too few steps? The cell tries the batch of 256 with lower rates, and then with more
# passes.

# %% tags=["nbval-ignore-output"]
for rate, epochs in ((0.2, 5), (0.4, 5), (0.6, 5), (0.8, 5), (0.8, 20)):
    shares = shares_right(
        small_cnn, digits, rate, batch_size=256, epochs=epochs
    )
    print(
        f"rate {rate}, {epochs:2d} passes: {shares.mean():.0%}, from "
        f"{shares.min():.0%} to {shares.max():.0%}"
    )

# %% [markdown] minutes=10
# Lower rates help a little, but none of them comes near 90 %. The steps are too few. Five passes with a batch of 256 are 30
# steps, with a batch of 16 they are 450. Twenty passes are 120 steps, and after them the network with the rate of 0.8 gets
# more images right than the one with the batch of 16 did after its five. Linear scaling replaces several short steps by one
# long one. That is right as long as the gradient hardly changes between the short ones. Sixteen steps of this training are
# too many to be replaced by one.
# <!-- computed: 5 * 6 = 30 --> <!-- computed: 5 * 90 = 450 --> <!-- computed: 20 * 6 = 120 -->
#
# ## Schedules: fast first, careful later
#
# A high rate covers ground, a low one settles. So change it on the way: *step* keeps the rate for two thirds of the way and
# then divides it by ten, *cosine* lets it fall along half a cosine, *warm-up and cosine* climbs first, *one cycle* climbs
# for longer and ends below the rate it began with. Each is a row of the table: click one, and six
# networks are trained under it; move a slider, and they are trained anew. They learn from 1,137 images and are judged by
# 300 others, held back from the training images: choosing by the test images would be learning from them.
# <!-- computed: 1437 - 300 = 1137 -->
# At a constant rate of 0.8 some of the six fail; do they still, if it only comes first?

# %%
predict("06.cosine")

# %% tags=["nbval-ignore-output"] answers="06.cosine"
ScheduleExplorer(
    schedule="cosine",
    rate=0.8,
    challenge=Challenge(
        "Three epochs: more than 95 % of the validation images right, "
        "averaged over the six networks",
        lambda f: f["epochs"] <= 3 and f["accuracy"] > 0.95,
        lambda f: (
            f"now {f['accuracy']:.1%} at epoch {f['epochs']}",
            f["accuracy"] / 0.95 - 0.02,
        ),
    ),
)

# %% tags=["nbval-ignore-output"] answers="06.cosine"
lowest_shares = {}
for name in (
    "constant",
    "step",
    "cosine",
    "warm-up and cosine",
    "one cycle",
):
    results = [
        ScheduleExplorer(schedule=name, rate=rate).facts
        for rate in (0.2, 0.5, 0.8)
    ]
    lowest_shares[name] = results[2]["worst"]
    line = "   ".join(
        f"{f['accuracy']:.1%} ({f['worst']:.0%} to {f['best']:.0%})"
        for f in results
    )
    print(f"{name:19s} {line}")

# %% [markdown]
# The columns are the highest rates 0.2, 0.5 and 0.8. In each stands the mean of six networks, and in brackets the lowest
# and the highest of them.
#
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# At the highest rate the constant one fails, and so does the step, which keeps it for two thirds of the way. Those that
# fall all the time, or begin low, do not. At the low rate the four schedules hardly differ: six networks whose results
# spread by points cannot rank them. A schedule mostly widens the span of rates that work.
#
# </details>
#
# How is a rate found without a sweep? With one short run in which the rate grows all the time, the **range test** (Smith
# 2017). <!-- source: Smith 2017: LR range test --> At first the rate is so small that the loss stays where it is. Then the
# loss falls, faster and faster. At higher rates it falls less, and at last it climbs. Take the rate at which it falls
# fastest. There the steps are long enough to get on, and the rates that throw the network off are still some way above.
# Read this rate off the next picture. Was it one of those that learned in the sweep?

# %% tags=["nbval-ignore-output"]
ScheduleExplorer(shows="range test", rate=5, epochs=3)

# %% [markdown]
# It was: 0.25 lies within the span that learned, at about half of the best rate, 0.5.
#
# ## Exercises
#
# **1. The border.** *Warm-up, 3 minutes.* For the error $E = \tfrac{c}{2}w^2$ of curvature $c$, return the rate above which
# gradient descent does not converge.


# %%
def largest_rate(curvature):
    ### BEGIN SOLUTION
    # Why: one step multiplies w by 1 - rate * curvature, which must stay
    # above -1.
    return 2 / curvature
    ### END SOLUTION


# %%
check("06.largest_rate", largest_rate)

# %% [markdown]
# **2. A cosine.** *Core, 10 minutes.* Half a wave from `lr` at step 0 down to 0 at step `steps`. `math.cos` and `math.pi` are
# all you need. Draw the curve on paper first and mark the middle.


# %%
def cosine_schedule(step, steps, lr):
    ### BEGIN SOLUTION
    # Why: the cosine runs from 1 to -1 over half a wave; lifted by 1 and
    # halved it runs from 1 to 0.
    return lr * (1 + math.cos(math.pi * step / steps)) / 2
    ### END SOLUTION


# %%
check("06.cosine_schedule", cosine_schedule)

# %% [markdown]
# **3. Few epochs.** *Stretch, 15 minutes.* Choose schedule, rate and momentum so that six networks read more than 95 % of the
# validation images on average after three epochs. What stands there is the plain choice, which does not.
# <!-- computed: 19 * 5 = 95 -->

# %% tags=["nbval-ignore-output"]
choice = {"schedule": "constant", "rate": 0.1, "momentum": 0}
### BEGIN SOLUTION
# Why: momentum makes each rate go further, so the rate is smaller; the last
# third is walked with a tenth of it.
choice = {"schedule": "step", "rate": 0.08, "momentum": 0.9}
### END SOLUTION
accuracy = ScheduleExplorer(epochs=3, **choice).facts["accuracy"]
print(
    f"{accuracy:.1%} on average: "
    f"{'target reached' if accuracy > 0.95 else 'not yet'}"
)

# %% [markdown]
# > **What the chapter says** (claims 7 to 9 of its [fourteen](../docs/claims.md)). *A rate over 1 may converge faster or
# > never; below 0.01 it is slow and may be more accurate*: true sometimes. The border is 2 over the curvature, not 1, and low
# > rates are more accurate only where gradients are noisy. *With too high a rate the bottom is never reached; it settles to
# > one side*: the first half holds where the curvature stays what it is. What comes instead depends on the curve: an
# > explosion on a parabola, an endless jump between two sides in a rounded hollow, and in a network dead units, or a flatter
# > place further on. *Accuracy grows with the number of steps*: the error falls to a floor, which the rate and the noise set.
#
# ## Questions

# %%
quiz("06")

# %% [markdown]
# ## Summary
#
# On a parabola, descent converges below 2 over the curvature: the border has nothing to do with 1. In a network that is
# exact for a step near a bottom, and right to within a fifth for staying there; on the way down the curvature itself
# changes. Start with the rate at which the loss falls fastest in a range test, and let it fall on the way.

# %% [markdown]
# ## References
#
# - I. Goodfellow, Y. Bengio, A. Courville, [Deep Learning, chapter
#   8](https://www.deeplearningbook.org/contents/optimization.html), 2016: more on all of this
# - A. Lewkowycz et al., [The large learning rate phase of deep learning](https://arxiv.org/abs/2003.02218),
#   2020
# - J. Cohen et al., [Gradient descent on neural networks typically occurs at the edge of
#   stability](https://arxiv.org/abs/2103.00065), 2021
# - A. Damian, E. Nichani, J. D. Lee, [Self-stabilization](https://arxiv.org/abs/2209.15594), 2023: why it does not explode
# - P. Goyal et al., [Accurate, large minibatch SGD](https://arxiv.org/abs/1706.02677), 2017: linear scaling
# - L. Smith, [Cyclical learning rates](https://arxiv.org/abs/1506.01186), 2017: the range test
# - B. Pearlmutter, [Fast exact multiplication by the Hessian](https://doi.org/10.1162/neco.1994.6.1.147), 1994
#
# Next: [Is this the bottom?](07_minima.ipynb)
