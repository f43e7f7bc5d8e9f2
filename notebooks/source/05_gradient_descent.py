# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] minutes=2
# # Which way is down?
#
# Backpropagation ended with a number for every weight: how the error changes if that weight grows a little.
# This notebook spends those numbers.
#
# **After this notebook you can**
#
# 1. take a step of gradient descent by hand and say what it will do to the error;
# 2. read a map of an error of two weights, and say why the steepest way down rarely points at the minimum;
# 3. weigh the noise of a small batch against its cost;
# 4. write SGD and momentum, and say what Nesterov, RMSprop and Adam change.
#
# **You need** the gradient from [Whose fault is it?](03_backpropagation.ipynb).
#
# **Time** 45 minutes.
# **Back** [04: How does blame go through a convolution?](04_convolution_backward.ipynb)
# **On** [06: How big a step?](06_learning_rate.ipynb)

# %%
import numpy as np

from cnnlib import CrossEntropyLoss, load_digits, small_cnn
from cnnlib.checks import check
from cnnlib.experiments.error_curves import METHODS, Quadratic, descend
from cnnlib.experiments.error_surfaces import Bowl, Ripples, Rosenbrock, Saddle
from cnnlib.experiments.hessian import Hessian
from cnnlib.experiments.races import race
from cnnlib.runtime import in_short
from cnnlib.widgets import BatchNoise, Challenge, ContourExplorer, DescentExplorer, OptimizerRace
from cnnlib.widgets.cards import predict, quiz

# %% [markdown] minutes=10
# ## One weight, one rule
#
# Stand on a hillside in fog. You cannot see the valley, but your feet feel the slope. If the ground rises
# to the right, step left; if it rises steeply, step further. In symbols: let $E$ be the error, $w$ a weight before the step
# and $w'$ after it, and $\eta$ (the Greek letter eta) the *learning rate*, `lr` in code. Then
#
# $$w' = w - \eta \, \frac{\partial E}{\partial w} .$$
#
# New weight is old weight minus learning rate times the slope of the error. The minus sign gives the direction, and
# the rate the length of the step. Why does the error fall? Near $w$ the error is nearly a straight line of slope $g$: going
# by a small $\Delta$ changes it by about $g\,\Delta$. The step is $\Delta = -\eta\,g$, so the error changes by about
# $-\eta\,g^2$. A square is never negative, so a step that is small enough always goes down.
#
# Here are three steps on the simplest error there is, the parabola $E = \tfrac{c}{2} w^2$ with $c = 1$. Its slope is
# $c\,w$. The number $c$ is its **curvature**: how fast the slope itself changes, the second derivative. A large $c$
# makes a narrow valley.

# %%
curve, w, lr = Quadratic(1.0), -2.5, 0.4
for step in range(1, 4):
    w = w - lr * curve.gradient(w)
    print(f"after step {step}: weight {w:+.3f}, error {curve.error(w):.4f}")

# %% [markdown]
# With a rate of 0.1 from the same start: how many steps until the error is below 0.02? Commit yourself, then
# press Play. After that, meet the challenge: choose a rate that needs no more than 15 steps. The start can be
# dragged along the curve; the sliders answer to the arrow keys.

# %%
predict("05.steps")

# %% answers="05.steps"
DescentExplorer(
    rate=0.1,
    steps=0,
    challenge=Challenge(
        "From -2.5: an error below 0.02 in 15 steps",
        lambda f: f["error"] < 0.02 and 0 < f["steps"] <= 15 and f["start"] == -2.5,
        lambda f: (
            f"now {f['needed']:.0f} steps" if f["needed"] <= 100 else "now never",
            15 / max(15, f["needed"]),
        ),
    ),
)

# %% [markdown]
# Look at the right-hand picture, whose axis is logarithmic: the error falls along a straight line. Each
# step removes the same *share* of what is left. Nothing more is needed to explain it than the rule itself:
# on the parabola the slope is $c\,w$, so one step turns $w$ into $w - \eta\,c\,w = (1 - \eta\,c)\,w$. The weight shrinks
# by that factor and the error by its square. The cell compares this with the steps themselves:

# %% answers="05.steps"
steps = np.arange(6)
predicted = Quadratic(1.0).error((1 - 0.1 * 1.0) ** steps * -2.5)
walked = Quadratic(1.0).error(descend(Quadratic(1.0), start=-2.5, rate=0.1, steps=5))
np.testing.assert_allclose(walked, predicted)
print("error after 0 to 5 steps:", walked.round(3))
errors = Quadratic(1.0).error(descend(Quadratic(1.0), start=-2.5, rate=0.1, steps=50))
print("below 0.02 for the first time after", np.argmax(errors < 0.02), "steps")

# %% [markdown]
# Why then not always a larger rate? The next notebook is about that question. What happens when the stride
# is far too long you may see at once: at a rate of 3 the factor is $1 - 3 = -2$. The weight jumps across
# the valley to a place twice as far out and four times as high, and from there again. Doubling never takes
# long to leave any range of numbers. We ask NumPy to stop at the first overflow, so that it cannot go
# unseen. **This cell is meant to fail.**

# %% tags=["raises-exception"]
with np.errstate(over="raise"), in_short():  # of the error only its last line
    w = np.float64(-2.5)
    for _ in range(2000):
        w = w - 3.0 * curve.gradient(w)
        error = curve.error(w)

# %% [markdown] minutes=9
# ## Two weights: the map
#
# A network has thousands of weights, and two are the most that fit on a map. Grey ground is high. Each thin
# line joins places of equal error, as on a hiking map. The arrow is the steepest way down, minus the
# gradient.
#
# Does the arrow point at the cross, the lowest point? When would it? Drag the start about and read the sentence below
# the picture. Then turn the condition number down to 1 and look again.

# %%
predict("05.arrow")

# %% answers="05.arrow"
ContourExplorer(
    challenge=Challenge(
        "Condition number 10 or more: an error below 0.000001 in 20 steps",
        lambda f: f["condition"] > 9.9 and f["error"] < 1e-6 and 0 < f["steps"] <= 20 and f["slope"] > 1,
        lambda f: (
            f"now {f['error']:.1g} after {f['steps']} steps",
            np.log10(10 / max(f["error"], 1e-99)) / 7,
        ),
    )
)

# %% [markdown]
# The arrow crosses the contour lines at a right angle: along a contour the error does not change, so all of
# the change is across it.
#
# <details style="margin-bottom: 1em"><summary>And does it point at the cross?</summary>
#
# In a round bowl, straight across is the way to the middle. In a long valley it is the way to the *other slope*: there
# the arrow meets the cross only from a start that lies exactly on one of its two axes.
#
# </details>
#
# Two lines of arithmetic check the right angle: a tiny walk along the
# contour, at right angles to the gradient, must leave the error as it is.

# %%
bowl, place = Bowl(condition=10, angle=30), np.array([-2.5, 2.0])
down = -bowl.gradient(place)
along = np.array([-down[1], down[0]]) / np.linalg.norm(down)
change = (bowl.error(place + 1e-6 * along) - bowl.error(place)) / 1e-6
print(f"slope along the contour {change:.5f}, slope along the gradient {np.linalg.norm(down):.3f}")

# %% [markdown]
# The **condition number** $\kappa$ (kappa) says how long the valley is: its curvature across, the largest, divided by
# its curvature along, the smallest. One rate has to serve both directions. In a direction of curvature $c$ a step leaves
# the share $1 - \eta\,c$ of the distance. Along the valley, where $c$ is small, this share is near 1: slow. A larger rate
# helps there, until across the valley the share becomes negative and the weight jumps to the other side, further and
# further. The best rate is the one at which both directions shrink equally fast: $1 - \eta\,c_{\min} = \eta\,c_{\max} - 1$,
# so $\eta = 2 / (c_{\min} + c_{\max})$.
#
# Ten times the condition number, each at its best rate: how many times the steps?

# %%
predict("05.condition")

# %% answers="05.condition"
for condition in (1, 10, 100):
    bowl = Bowl(condition, angle=30)
    best = 2 / bowl.curvatures(np.zeros(2)).sum()
    errors = bowl.error(descend(bowl, [-2.5, 2.0], best, 2000))
    print(f"condition number {condition:3d}: {np.argmax(errors < 1e-4):4d} steps to an error below 0.0001")

# %% [markdown] minutes=9 cut=1
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# From 10 to 100 the number of steps grows about in proportion. Put the best rate into $1 - \eta\,c_{\min}$: a step leaves
# the share $(\kappa - 1) / (\kappa + 1)$ of the distance, that is nearly $1 - 2 / \kappa$. Ten times the condition number
# takes away a tenth as much at each step. (The round bowl, $\kappa = 1$, is a special case: one step.)
#
# </details>
#
# Real
# networks are worse off than these bowls: notebook 06 measures the largest curvature of one, and most of
# its directions are nearly flat.
#
# ## A batch is a guess at the gradient
#
# The gradient is a mean over the training set. A mean over a *few* images is nearly the same and much
# cheaper. "Stochastic" gradient descent, SGD, is nothing else. The next picture does a real task with two
# weights: from two pixels of a handwritten digit, is it a 3 or a 5? The coloured points in the middle are the
# steps that different batches of one size propose.
#
# You may look at 1,500 images, some of them several times. Which batch size comes furthest?
# <!-- computed: 3 * 500 = 1500 -->

# %%
predict("05.batch")

# %% answers="05.batch"
BatchNoise(
    batch="64",
    challenge=Challenge(
        "An error below 0.001 above the smallest, as a mean of the 21 runs, at a cost of 400 images",
        lambda f: f["mean_error"] < 1e-3 and f["samples"] <= 400,
        lambda f: (
            f"now {f['mean_error']:.2g} for {f['samples']} images",
            np.log10(10 / max(f["mean_error"], 1e-99)) / 4,
        ),
    ),
)

# %% [markdown]
# Here it is in numbers, at one rate and one cost. The error is a mean over 21 runs, each with its own order of the images:
# one run alone can be lucky.

# %% answers="05.batch"
batch_errors = {}
for batch in ("1", "4", "16", "64", "all"):
    facts = BatchNoise(batch=batch, samples=1500).facts
    batch_errors[batch] = facts["mean_error"]
    spread = f"spread of the gradient {facts['spread']:.2f}, predicted {facts['predicted']:.2f}"
    print(
        f"batch {batch:>3}: {facts['steps']:4d} steps, error above the smallest {batch_errors[batch]:.4f}, {spread}"
    )

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# All images at each step give a smooth path, and after 1,500 images it has hardly begun. One image at a
# time gives many steps that go astray: every step is a guess, and the guesses do not shrink.
# Something in between does best. And many bad steps get further here than five good ones.
# <!-- computed: 3 * 500 = 1500 -->
#
# </details>
#
# The
# predicted column is the statistician's rule: the mean of $B$ guesses spreads $\sqrt B$ times less than one
# guess (somewhat less still when a batch is a good part of all images, and not at all when it is all of
# them). Four times the images buy half the noise, so large batches are poor value, until hardware that
# works on many images at once makes them nearly free.
#
# Does the rule hold in a network with all its weights? Take the small CNN of this course, fresh, and
# measure how far the gradient of a batch lies from the gradient of all training images.

# %%
digits, model, rng = load_digits(), small_cnn(rng=0), np.random.default_rng(0)
x, y = digits.x_train, digits.y_train
# Hessian is an object of notebook 06; here it only hands out the gradient of all weights as one vector.
full = Hessian(model, CrossEntropyLoss(), x, y).gradient
for size in (8, 32, 128):
    picks = [rng.choice(len(x), size, replace=False) for _ in range(60)]
    noise = [Hessian(model, CrossEntropyLoss(), x[p], y[p]).gradient - full for p in picks]
    share = np.linalg.norm(noise, axis=1).mean() / np.linalg.norm(full)
    print(f"batch {size:3d}: noise {share:.1f} times the length of the gradient")

# %% [markdown] minutes=14
# Each four-fold batch halves the noise here as well. Look at its size: with the customary batch of 32
# the noise is as long as the gradient itself, with 8 it is twice as long. Training works all the same,
# since the errors of many steps cancel and the slope does not.
#
# ## Five rules for a step
#
# Five rules use the same gradient $g$ and differ in what they remember. All memories start at zero.
#
# | rule | its idea | remembers | one step |
# |---|---|---|---|
# | SGD | go downhill | nothing | $w' = w - \eta\, g$ |
# | Momentum | a heavy ball keeps rolling | velocity $v' = \mu\, v + g$ | $w' = w - \eta\, v'$ |
# | Nesterov | the same ball, with a look at where it will be | the same $v'$ | $w' = w - \eta\, (g + \mu\, v')$ |
# | RMSprop | steps of one size, steep or flat | mean square $q' = 0.9\, q + 0.1\, g^2$ | $w' = w - \eta\, g / \sqrt{q'}$ |
# | Adam | both: a smoothed direction, steps of one size | $m' = 0.9\, m + 0.1\, g$, $q' = 0.999\, q + 0.001\, g^2$ | $w' = w - \eta\, \hat m / \sqrt{\hat q}$ |
#
# $\mu$ (mu) is the momentum, usually 0.9. (RMSprop and Adam also add a tiny number to the root, so that nothing is divided by
# zero.)
#
# **Momentum.** Across the valley the gradient changes its sign at each step, and in the velocity these cancel. Along the
# valley it keeps its sign, and there they add up. So the ball runs along the valley. Where the ground is round it
# swings past the bottom. **Nesterov** takes the gradient's part and the velocity's part as if it stood already one step
# further, so it brakes earlier.
#
# **RMSprop** (Tieleman and Hinton 2012) divides each weight's step by the usual size of its own gradient: flat and steep
# directions move alike.
# **Adam** (Kingma and Ba 2015) does both. Its two memories start at zero and are much too small at first, so it scales them
# up: after $t$ steps $\hat m = m' / (1 - 0.9^t)$ and $\hat q = q' / (1 - 0.999^t)$. By hand, the first step with a gradient
# of 4: $m' = 0.4$ and $q' = 0.016$; scaled up $\hat m = 0.4 / 0.1 = 4$ and $\hat q = 0.016 / 0.001 = 16$. The step is
# $\eta \cdot 4 / \sqrt{16} = \eta$. With any other gradient it is the same: the first step of Adam is as long as the
# learning rate.
# <!-- computed: 0.1 * 4 = 0.4 --> <!-- computed: 0.001 * 4 ** 2 = 0.016 --> <!-- computed: 0.4 / 0.1 = 4 -->
# <!-- computed: 0.016 / 0.001 = 16 --> <!-- computed: 4 ** 2 = 16 -->
#
# How much does momentum help in a long valley? For a bowl the best rate and the best momentum are known; the cell counts
# steps until the error stays below 0.0001, without momentum and with.

# %%
for condition in (10, 100, 1000):
    bowl = Bowl(condition, angle=30)
    low, high = np.sort(bowl.curvatures(np.zeros(2)))
    rate = (2 / (np.sqrt(low) + np.sqrt(high))) ** 2
    momentum = ((np.sqrt(high) - np.sqrt(low)) / (np.sqrt(high) + np.sqrt(low))) ** 2
    paths = [descend(bowl, [-2.5, 2.0], 2 / (low + high), 4000)]
    paths.append(descend(bowl, [-2.5, 2.0], rate, 4000, "Momentum", momentum))
    plain, heavy = (np.flatnonzero(bowl.error(path) >= 1e-4)[-1] + 1 for path in paths)
    print(f"condition number {condition:4d}: {plain:4d} steps, with momentum {momentum:.2f} {heavy:3d} steps")

# %% [markdown]
# Without momentum the steps grow with the condition number, with it about with its square root. This is why momentum is
# worth having in valleys that are long (Polyak 1964 proved it; Goh 2017 explains it with moving pictures). The best momentum
# depends on the valley; in a network nobody knows the condition number, and 0.9 is a guess that serves well.
# <!-- source: Polyak 1964; Goh 2017 -->
#
# Which is first after 40 steps, all at the same rate? Press Play; then give each its best.
# <!-- computed: 4 * 10 = 40 -->

# %%
predict("05.race")

# %% answers="05.race"
OptimizerRace(
    steps=0,
    challenge=Challenge(
        "A start from which Adam at its best rate beats SGD at its best, after 60 steps or more",
        lambda f: f["steps"] >= 60 and f["error_Adam"] < f["error_SGD"] and f["best_rates"] == 1,
        lambda f: (f"now SGD {f['error_SGD']:.1g}, Adam {f['error_Adam']:.1g}", f["steps"] / 100),
    ),
)

# %% [markdown]
# A race at one rate for all is unfair, since a rate means something else in each rule: to RMSprop and Adam
# it is nearly the length of the step, to the others a factor. So give each rule the best of sixty rates, and change the
# ground: two more surfaces, a saddle (down in one direction, up in the other) and ripples (many small hollows). One start
# proves little, so each rule runs from 100 starts. (A rate counts only if its path stays on the map.) The cell counts
# how often each rule ends lowest; equal errors count for both. Will one of them win everywhere?

# %%
predict("05.everywhere")

# %% answers="05.everywhere"
winners, rng = [], np.random.default_rng(0)
for surface in (Bowl(50, angle=30), Rosenbrock(), Saddle(), Ripples()):
    starts = rng.uniform(surface.low, surface.high, (100, 2))
    found = race(surface, starts, steps=100)
    winners.append(max(found, key=lambda method: found[method][0]))
    wins = "  ".join(f"{method} {won:3d}" for method, (won, _) in found.items())
    print(f"{type(surface).__name__:10s} wins of 100:  {wins}")

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# No rule wins everywhere. Nesterov wins nearly always in the long bowl and most often in the curved valley. On the saddle
# it and plain SGD both arrive exactly, from nearly every start. On the ripples Adam ends lowest most often, because it
# leaves small hollows; but there every rule wins sometimes. Momentum in its plain form rarely wins: it is still swinging
# when the race ends.
# <!-- test: tests/experiments/test_races.py::test_what_the_notebook_says_of_the_four_surfaces -->
#
# </details>
#
# Here is one step of each on the same gradient, the first step from rest at a rate of 0.1. The first three
# move in proportion to the slope; Nesterov steps by $g + 0.9\,g$. RMSprop and Adam do not: a large and a
# small gradient give the same first step. RMSprop's is $\eta / \sqrt{0.1}$, longer than the rate, because its
# mean square has only begun to fill; Adam corrects that.

# %%
for method in METHODS:
    first = [float(descend(Quadratic(c), 1.0, 0.1, 1, method)[1] - 1) for c in (4.0, 0.04)]
    print(f"{method:9s} slope 4: {first[0]:+.3f}   slope 0.04: {first[1]:+.3f}")

# %% [markdown]
# ## Exercises
#
# **1. One step of SGD.** *Warm-up, 3 minutes.* Write the rule of this notebook. The arguments are arrays of any one shape and a
# rate; return a new array, do not change the old one.


# %%
def sgd_step(w, dw, lr):
    ### BEGIN SOLUTION
    # Why: the gradient points uphill, so the step goes against it, as far as the rate says.
    return w - lr * dw
    ### END SOLUTION


# %%
check("05.sgd", sgd_step)

# %% [markdown]
# **2. Momentum.** *Core, 5 minutes.* The velocity keeps its old self times `momentum` and takes in the new gradient whole;
# then the weight moves by minus rate times velocity. Return both. With a momentum of 0 it must be exercise
# 1.


# %%
def momentum_step(w, dw, velocity, lr, momentum):
    ### BEGIN SOLUTION
    # Why: gradients that keep their sign add up in the velocity, those that change sign cancel.
    velocity = momentum * velocity + dw
    return w - lr * velocity, velocity
    ### END SOLUTION


# %%
check("05.momentum", momentum_step)

# %% [markdown]
# **3. A target within a budget.** *Stretch, 15 minutes.* In Rosenbrock's valley, from (-1, 2): an error below 0.001 within 60
# steps. Choose rate and momentum; the first pair below is not good enough. (This cell uses the library's
# momentum, so it works whether or not you have solved exercise 2.)
# <!-- computed: 6 * 10 = 60 -->

# %%
rate, momentum = 0.2, 0.5
### BEGIN SOLUTION
# Why: along the valley floor the curvature is small, so memory has to carry the walk; too much swings past.
rate, momentum = 0.3, 0.8
### END SOLUTION
path = descend(Rosenbrock(), [-1.0, 2.0], rate, 60, "Momentum", momentum)
errors = Rosenbrock().error(path)
print(f"error after 60 steps {errors[-1]:.5f}: {'target reached' if errors[-1] < 1e-3 else 'not yet'}")

# %% [markdown] minutes=1
# ## Does the error fall for ever?
#
# With the full gradient on a parabola it does: each step takes the same share. With batches it cannot, because near the
# minimum hardly anything but noise is left of a step. The next lines follow the runs of the picture further; the errors
# are means over 21 runs.

# %%
for batch in ("1", "16"):
    errors = [
        BatchNoise(batch=batch, samples=samples).facts["mean_error"] for samples in range(1000, 3001, 500)
    ]
    print(f"batch {batch:>2}: error above the smallest", *[f"{error:.5f}" for error in errors])

# %% [markdown]
# With batches of one the mean error stays near one height however many images follow: that is a *floor*. Batches of 16 have a
# lower one. The floor falls with the rate, too: with half the rate it is about half as high (Bottou, Curtis and Nocedal 2018,
# section 4). So rates are turned down towards the end of a training, as the next notebook shows.
# <!-- source: Bottou, Curtis and Nocedal 2018, theorem 4.6 -->
#
# > **What the chapter says** (claims 6 and 9 of its [fourteen](../docs/claims.md)). *New weight = old weight minus learning
# > rate times the derivative*: this is the definition, and all five rules start from it. *Accuracy grows with the number
# > of steps*: down to a floor.
#
# ## Questions

# %%
quiz("05")

# %% [markdown]
# ## Summary
#
# The gradient says which way is up; minus the gradient, times a rate, is the step. In a long valley the steepest way down
# does not lead to the minimum, and the number of steps grows with the condition number; with momentum it grows with its
# square root only. Smaller batches make cheaper steps with more noise.

# %% [markdown]
# ## References
#
# - L. Bottou, F. Curtis, J. Nocedal, [Optimization methods for large-scale machine
#   learning](https://arxiv.org/abs/1606.04838), 2018
# - G. Goh, [Why momentum really works](https://distill.pub/2017/momentum/), Distill 2017: the bowl in full
#   detail
# - B. Polyak, [Some methods of speeding up the convergence of iteration
#   methods](https://doi.org/10.1016/0041-5553(64)90137-5), 1964: momentum, and its best value
# - D. Kingma, J. Ba, [Adam](https://arxiv.org/abs/1412.6980), 2015; T. Tieleman, G. Hinton, RMSprop,
#   lecture 6e, 2012
# - PyTorch, [torch.optim](https://pytorch.org/docs/stable/optim.html): the same five rules in a library
#
# Next: [How big a step?](06_learning_rate.ipynb)
