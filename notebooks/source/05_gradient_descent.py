# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] minutes=3
# # Which way is down?
#
# Backpropagation ended with a number for every weight: how the error changes if that weight grows a little.
# (The error is what is called the loss, $E$, in the notebooks before.) This notebook spends those numbers.
#
# **After this notebook you can**
#
# 1. take a step of gradient descent by hand and say what it will do to the error;
# 2. read a map of an error of two weights, and say why the steepest way down rarely points at the minimum;
# 3. weigh the noise of a small batch against its cost;
# 4. write SGD, a training loop on batches, and momentum, and say what Nesterov, RMSprop and Adam change.
#
# **You need** the gradient from [Whose fault is it?](03_backpropagation.ipynb).
#
# **Time** 48 minutes.
# **Back** [04: How does blame go through a convolution?](04_convolution_backward.ipynb)
# **On** [06: How big a step?](06_learning_rate.ipynb)

# %%
import matplotlib.pyplot as plt
import numpy as np

from cnnlib import CrossEntropyLoss, load_digits, small_cnn
from cnnlib.checks import check
from cnnlib.experiments.error_curves import METHODS, Quadratic, descend
from cnnlib.experiments.error_surfaces import (
    Bowl, Ripples, Rosenbrock, Saddle,
)
from cnnlib.experiments.races import race
from cnnlib.runtime import in_short
from cnnlib.widgets import (
    BatchNoise, Challenge, ContourExplorer, DescentExplorer, OptimizerRace,
)
from cnnlib.widgets.cards import predict, quiz

digits, loss, rng = (
    load_digits(),
    CrossEntropyLoss(),
    np.random.default_rng(0),
)

# %% [markdown]
# Is it worth computing the slope? Here are three ways to find good weights for the small network of this course, on 200
# images, with a hundred tries each. *Guess*: take new random weights each time, and keep the best. *Nudge*: move all
# weights a little at random, and take the move back if the error grew. *Use the slope*: move each weight against its own
# slope.


# %%
def error_of(model):
    scores = model.forward(digits.x_train[:200])
    return loss.forward(scores, digits.y_train[:200])


guessed = min(error_of(small_cnn(rng=seed)) for seed in range(100))

model, nudged = small_cnn(rng=0), np.inf
for _ in range(100):
    before = [weights.value.copy() for weights in model.parameters()]
    for weights in model.parameters():
        weights.value[...] += 0.01 * rng.normal(size=weights.value.shape)
    if error_of(model) < nudged:
        nudged = error_of(model)
    else:  # no better: back
        for weights, old in zip(model.parameters(), before, strict=True):
            weights.value[...] = old

model = small_cnn(rng=0)
for _ in range(100):
    error_of(model)
    model.backward(loss.backward())
    for weights in model.parameters():
        weights.value[...] -= 0.1 * weights.grad
print(
    f"guess {guessed:.2f}, nudge {nudged:.2f}, use the slope "
    f"{error_of(model):.2f}"
)

# %% [markdown] minutes=11
# Guessing and nudging hardly get below the error of a network that knows nothing. Among so many weights, nearly every
# random move makes some better and others worse. The slope says for each weight which way is better. The last line of the
# loop above is the rule of this notebook.
#
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
# press Play (the first five steps are drawn already). After that, meet the challenge: choose a rate that needs no more than
# 15 steps. The start can be dragged along the curve; the sliders answer to the arrow keys.

# %%
predict("05.steps")

# %% answers="05.steps"
DescentExplorer(
    rate=0.1,
    steps=5,
    challenge=Challenge(
        "From -2.5: an error below 0.02 in 15 steps",
        lambda f: (
            f["error"] < 0.02 and 0 < f["steps"] <= 15 and f["start"] == -2.5
        ),
        lambda f: (
            f"now at step {f['needed']:.0f}"
            if f["needed"] <= 100
            else "now never",
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
walked = Quadratic(1.0).error(
    descend(Quadratic(1.0), start=-2.5, rate=0.1, steps=5)
)
np.testing.assert_allclose(walked, predicted)
print("error after 0 to 5 steps:", walked.round(3))
errors = Quadratic(1.0).error(
    descend(Quadratic(1.0), start=-2.5, rate=0.1, steps=50)
)
print(
    "below 0.02 for the first time after", np.argmax(errors < 0.02), "steps"
)

# %% [markdown]
# Why then not always a larger rate? Here is the factor $1 - \eta\,c$ for some rates, and what is left after ten steps of the
# error 3.125 at the start:

# %%
print("rate   factor   error after 10 steps")
for lr in (0.01, 0.1, 0.4, 1, 1.5, 1.9, 2, 2.1, 3):
    left = curve.error(descend(curve, start=-2.5, rate=lr, steps=10)[-1])
    print(f"{lr:<6} {1 - lr:+.2f}    {left:.4g}")

# %% [markdown]
# Up to a rate of 1 a larger rate is better: there the factor is 0, and one step leads to the bottom. Above 1 the factor is
# negative: each step leads to the other side of the valley. What counts then is the size of the factor. At 1.9 it is 0.9,
# as good as a rate of 0.1; at 2 nothing is gained; above 2 every step leads further out. The next notebook is about that
# border.
#
# At a rate of 3 the weight doubles at each step. Ten doublings make it about a thousand times as large, and after a few hundred
# its square is larger than any number that a float64 can hold. NumPy would go on with `inf`, for infinity. We ask it to raise
# an error instead. **This cell is meant to fail.** It also prints in which step.

# %% tags=["raises-exception"]
# of the error only its last line
with in_short(), np.errstate(over="raise"):
    w, step = np.float64(-2.5), 0
    try:
        while step < 2000:
            step += 1
            w = w - 3.0 * curve.gradient(w)
            error = curve.error(w)
    finally:
        print(f"stopped in step {step}, at a weight of {w:.0e}")

# %% [markdown] minutes=10
# ## Two weights: the map
#
# With two weights the rule is the same, for each of them: minus rate times the slope by this weight. Take
#
# $$E = \tfrac12 (w_1^2 + 10\, w_2^2)$$
# $$\text{gradient} = (w_1,\ 10\, w_2)$$
#
# a valley of curvature 1 along $w_1$ and of curvature 10 across it, along $w_2$. By hand, from (−2.5, 0.5) at a rate of 0.15:
# the gradient is (−2.5, 5), so the step is (+0.375, −0.75) and leads to (−2.125, −0.25).
# <!-- computed: 10 * 0.5 = 5 --> <!-- computed: 0.15 * 2.5 = 0.375 --> <!-- computed: 0.15 * 5 = 0.75 -->
# <!-- computed: -2.5 + 0.375 = -2.125 --> <!-- computed: 0.5 - 0.75 = -0.25 -->
#
# Work out the next step on paper, then run the cell.

# %%
w, curvatures = np.array([-2.5, 0.5]), np.array([1, 10])
for step in range(4):
    gradient = curvatures * w
    print(
        f"step {step}: w {w.round(4)}, gradient {gradient.round(4)}, error "
        f"{(gradient * w).sum() / 2:.3f}"
    )
    w = w - 0.15 * gradient

# %% [markdown]
# Across the valley, $w_2$ changes its sign at each step: the path is a *zigzag*. Along the valley, $w_1$ *crawls*: each step
# leaves 0.85 of it. How unlike the two directions are is told by the **condition number** $\kappa$ (kappa): the largest
# curvature divided by the smallest, here 10 / 1 = 10. In a round bowl it is 1; the larger it is, the longer and narrower is
# the valley. <!-- computed: 1 - 0.15 = 0.85 --> <!-- computed: 10 / 1 = 10 -->
#
# A network has thousands of weights, and two are the most that fit on a map. Below the next card is a map of such an error,
# seen from above. Darker ground is lower. Each thin line joins places of equal error, as on a hiking map; such a line
# is a *contour*. The arrow is the steepest way down, minus the gradient. It always crosses the contours at a right angle:
# along a contour the error does not change, so all of the change is across it.
#
# Does the arrow point at the lowest point? When would it? Drag the start about and read the sentence below
# the picture. Then turn the condition number (under *More*) down to 1 and look again.
# (In the list *Optimizer* the rule of this chapter so far is called *SGD*; why, and what the others do, comes later.)

# %%
predict("05.arrow")

# %% answers="05.arrow"
ContourExplorer(
    challenge=Challenge(
        "Condition number 10 or more: an error below 10⁻⁶ in 20 steps",
        lambda f: (
            f["condition"] > 9.9
            and f["error"] < 1e-6
            and 0 < f["steps"] <= 20
            and f["slope"] > 1
        ),
        lambda f: (
            f"now {f['error']:.2g} at step {f['steps']}",
            np.log10(10 / max(f["error"], 1e-99)) / 7,
        ),
    )
)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>Does it point at the lowest point?</summary>
#
# In a round bowl, straight across the contours is the way to the middle. In a long valley it is the way to the *slope on the
# other side*. There are exceptions: from a start on the line along the bottom of the valley, or on the line that
# crosses it at the lowest point, the arrow does point there.
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
print(
    f"slope along the contour {change:.5f}, slope along the gradient "
    f"{np.linalg.norm(down):.3f}"
)

# %% [markdown]
# One rate has to serve both directions. In a direction of curvature $c$ a step leaves the share $1 - \eta\,c$ of the
# distance. Along the valley, where $c$ is small, this share is near 1: slow. A larger rate helps there. But across the
# valley, where $c$ is large, the share then becomes negative: the weight jumps to the other side. What counts across is the
# size of this share, $\eta\,c_{\max} - 1$, and it grows with the rate. The best rate is the one at which both shares are
# equally large, $1 - \eta\,c_{\min} = \eta\,c_{\max} - 1$. Solved for the rate, it is $\eta = 2 / (c_{\min} + c_{\max})$.
#
# Ten times the condition number, each at its best rate: how many times the steps?

# %%
predict("05.condition")

# %% answers="05.condition"
for condition in (1, 10, 100):
    bowl = Bowl(condition, angle=30)
    best = 2 / bowl.curvatures(np.zeros(2)).sum()
    errors = bowl.error(descend(bowl, [-2.5, 2.0], best, 2000))
    print(
        f"condition number {condition:3d}: {np.argmax(errors < 1e-4):4d} "
        "steps to an error below 0.0001"
    )

# %% [markdown] minutes=8 cut=1
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# From 10 to 100 the number of steps grows about in proportion. Put the best rate into $1 - \eta\,c_{\min}$: a step leaves
# the share $(\kappa - 1) / (\kappa + 1)$ of the distance, so it takes away the share $2 / (\kappa + 1)$. For $\kappa = 10$
# this is 18 %, for $\kappa = 100$ it is 2 %, about a tenth of that. So about ten times as many steps are needed. (The round
# bowl, $\kappa = 1$, is a special case: one step.) <!-- computed: 100 * 2 / 11 = 18 --> <!-- computed: 100 * 2 / 101 = 2
# -->
#
# </details>
#
# Real networks are worse off than these bowls: notebook 06 measures the largest curvature of one, and most of
# its directions are nearly flat.
#
# ## A batch is a guess at the gradient
#
# The gradient is a mean over the training set. A mean over a *few* images, a *batch*, is nearly the same and much cheaper.
# Gradient descent with batches that are drawn at random is called *stochastic*, SGD. Here it is on a real task with two
# weights: from two pixels of a handwritten digit, is it a 3 (wanted: 1) or a 5 (wanted: −1)? The guess is $w_1 x_1 + w_2
# x_2$. For one image let $\text{off}$ be the guess minus what is wanted; its error is $\tfrac12\,\text{off}^2$. If $w_1$
# grows by a little, $\text{off}$ grows by $x_1$ times as much, so by the chain rule the slope of this error by $w_1$ is
# $\text{off} \cdot x_1$. The error of the task is the mean over all images, and so its slope is the mean of $\text{off}
# \cdot x_1$.

# %%
chosen = np.isin(digits.y_train, (3, 5))
# of each image the pixels (3, 2) and (2, 4)
pixels = digits.x_train[chosen, 0][:, (3, 2), (2, 4)]
pixels = (pixels - pixels.mean(axis=0)) / pixels.std(axis=0)
wanted = np.where(digits.y_train[chosen] == 3, 1.0, -1.0)

w, lr, rng = np.array([-2.5, 2.5]), 0.1, np.random.default_rng(0)
for step in range(61):
    batch = rng.choice(len(pixels), 16, replace=False)  # 16 different images
    off = pixels[batch] @ w - wanted[batch]
    gradient = pixels[batch].T @ off / len(batch)  # the mean over the batch
    if step % 15 == 0:
        error = ((pixels @ w - wanted) ** 2).mean() / 2
        print(
            f"step {step:2d}: error of all {len(pixels)} images {error:.3f}"
        )
    w = w - lr * gradient

# %% [markdown]
# Draw a batch, take its gradient, step: that is the whole of SGD. When does one stop? Here after a fixed number of steps;
# with a network one watches the error on images that are not trained on, and stops when it falls no more
# ([notebook 12](12_generalization.ipynb)).
#
# The picture below the card does the same task. The large part draws the mean error of every batch size at the same cost,
# the chosen one thick. At the lower left the coloured points stand for batches of that size: each point is the way down
# (minus the gradient) that one batch proposes at the start. You may look at 1,500 images, some of them several times. Which
# batch size comes furthest?
# <!-- computed: 3 * 500 = 1500 -->

# %%
predict("05.batch")

# %% answers="05.batch"
BatchNoise(
    batch="64",
    challenge=Challenge(
        "An error below 0.001 above the smallest, as a mean of the 21 "
        "runs, at a cost of 400 images",
        lambda f: f["mean_error"] < 1e-3 and f["samples"] <= 400,
        lambda f: (
            f"now {f['mean_error']:.2g} at a cost of {f['samples']:,}",
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
    spread = (
        f"spread of the gradient {facts['spread']:.2f}, predicted "
        f"{facts['predicted']:.2f}"
    )
    print(
        f"batch {batch:>3}: {facts['steps']:4d} steps, error above the "
        f"smallest {batch_errors[batch]:.4f}, {spread}"
    )

# %% [markdown] minutes=14
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# All images at each step give a smooth path, and after 1,500 images it has hardly begun. One image at a time gives many
# steps that go astray: every step is a guess, and the guesses do not shrink. Something in between does best. Even 1,500 bad
# steps get further here than five good ones. <!-- computed: 3 * 500 = 1500 -->
#
# </details>
#
# The column *predicted* follows a rule of statistics. The mean of $B$ guesses spreads $\sqrt B$ times less than a single
# guess: the mean of 4 half as much, the mean of 16 a quarter as much. (The prediction goes one step further, because no
# image is drawn twice for one batch: of $N$ images it multiplies the spread by $\sqrt{(N - B) / (N - 1)}$. For a small
# batch this is nearly 1. For the batch of all images it is 0, since such a batch *is* the whole.) Four times the images buy
# half the noise. So large batches are poor value, until hardware that works on many images at once makes them nearly free.
#
# The rule holds for a network with all its weights, too. Take the small network of this course, fresh. The gradient of all
# training images has some length. The gradient of a batch of 32 differs from it by an arrow that is about as long as the
# gradient itself: the noise is as large as what it disturbs. Training works all the same: over many steps the noise
# cancels, while the slope, which keeps its direction, adds up.
# <!-- test: tests/notebooks/test_claims.py::test_the_noise_of_a_batch_of_32_is_as_long_as_the_gradient -->
#
# ## Five rules for a step
#
# Five rules use the same gradient $g$ and differ in what they remember. All memories start at zero.
#
# | rule | its idea | remembers | one step |
# |---|---|---|---|
# | SGD | go downhill | nothing | $w' = w - \eta\, g$ |
# | Momentum | a heavy ball keeps rolling | velocity $v' = \mu\, v + g$ | $w' = w - \eta\, v'$ |
# | Nesterov | the same ball, which looks at the slope ahead | the same $v'$ | $w' = w - \eta\, (g + \mu\, v')$ |
# | RMSprop | steps of one size, steep or flat | mean square $q' = 0.9\, q + 0.1\, g^2$ | $w' = w - \eta\, g / \sqrt{q'}$ |
# | Adam | both: a smoothed direction, steps of one size | $m' = 0.9\, m + 0.1\, g$, $q' = 0.999\, q + 0.001\, g^2$ | $w' = w - \eta\, \hat m / \sqrt{\hat q}$ |
#
# $\mu$ (mu) is the momentum, usually 0.9. (RMSprop and Adam also add a tiny number to the root, so that nothing is divided by
# zero.) What follows takes the rules one by one, and writes three of them as a loop of a few lines: take the gradient, bring
# the memory up to date, take the step. Each loop is compared with the rule of the library. The loop for momentum is left to
# you, as exercise 3.
#
# **Momentum.** Across the valley the gradient changes its sign at each step, and in the velocity these cancel. Along the
# valley it keeps its sign, and there they add up. By hand, with $\mu = 0.5$: let the gradients across be 4, −4, 4 and those
# along 1, 1, 1. What are the three velocities of each? Then run the cell.

# %%
for where, gradients in {"across": (4, -4, 4), "along": (1, 1, 1)}.items():
    velocities = [0]
    for g in gradients:
        velocities.append(0.5 * velocities[-1] + g)
    print(f"{where:7} gradients {gradients}, velocities {velocities[1:]}")

# %% [markdown]
# Across, the velocity never becomes larger than the gradient; along, it grows. With the same gradient $g$ again and again
# it would come near $g / (1 - \mu)$, here twice the gradient, and ten times with $\mu = 0.9$. So along the valley it is as
# if the rate were $\eta / (1 - \mu)$. A rate that suits SGD may be too large with momentum. The price of rolling:
# where the ground is round, the ball swings past the bottom.
# The map above knows all five rules: choose *Momentum* there, then the curved valley. The violet path is that of SGD at the
# same rate.
#
# **Nesterov.** From $w$ the ball will roll on by $-\eta\mu\,v$ in any case. So the slope is taken at the place where this
# leads, $u = w - \eta\mu\,v$: first $v' = \mu\,v + g(u)$, then $w' = w - \eta\,v'$. If the ball is about to roll up the
# other side, $g(u)$ says so one step earlier, and it brakes earlier. A program stores $u$, because the slope is taken
# there. Its next value is $u' = w' - \eta\mu\,v'$. Replace $w'$ by $w - \eta\,v'$: it is $w - \eta\,v' - \eta\mu\,v'$. Now
# put in $w = u + \eta\mu\,v$: it is $u + \eta\mu\,v - \eta\,v' - \eta\mu\,v'$. And $\mu\,v$ is $v' - g$, so $\eta\mu\,v -
# \eta\,v' = -\eta\,g$, and what remains is $u' = u - \eta\,(g + \mu\,v')$. This is the line of the table. There, and in the
# program, the stored weight $u$ is called $w$:

# %%
valley, start, lr = Bowl(condition=10, angle=30), np.array([-2.5, 2.0]), 0.1

w, v = start, np.zeros(2)
for _ in range(40):
    g = valley.gradient(w)
    v = 0.9 * v + g
    w = w - lr * (g + 0.9 * v)
np.testing.assert_allclose(w, descend(valley, start, lr, 40, "Nesterov")[-1])
print(f"Nesterov after 40 steps: {w.round(3)}, error {valley.error(w):.4f}")

# %% [markdown]
# **RMSprop** (Tieleman and Hinton 2012) divides each weight's step by the usual size of its own gradient. So a weight with
# small gradients moves as far as one with large gradients. The usual size is the root of $q$, and $q$ is a mean of squares.
# As a program:

# %%
w, q = start, np.zeros(2)
for _ in range(40):
    g = valley.gradient(w)
    q = 0.9 * q + 0.1 * g**2
    w = w - lr * g / (np.sqrt(q) + 1e-8)
np.testing.assert_allclose(w, descend(valley, start, lr, 40, "RMSprop")[-1])
print(f"RMSprop after 40 steps: {w.round(3)}, error {valley.error(w):.4f}")

# %% [markdown]
# What kind of mean is $q$? In $q' = 0.9\,q + 0.1\,g^2$ the newest square counts 0.1, the one before
# it 0.09, the one before that 0.081: each older square a tenth less. After many steps these shares add up to 1, but after
# three steps to 0.271 only, which is $1 - 0.9^3$; after $t$ steps to $1 - 0.9^t$. So at first $q$ is too small.
# <!-- computed: 0.1 * 0.9 = 0.09 --> <!-- computed: 0.1 * 0.9 ** 2 = 0.081 --> <!-- computed: 0.1 + 0.09 + 0.081 = 0.271 -->
# <!-- computed: 1 - 0.9 ** 3 = 0.271 -->
#
# **Adam** (Kingma and Ba 2015) remembers two means: $m$, a mean of the gradients (the velocity of momentum is a sum of
# them), and $q$, a mean of their squares, as in RMSprop. Both are too small at first, so Adam divides each of them by what
# its shares add up to, $\hat m = m' / (1 - 0.9^t)$ and $\hat q = q' / (1 - 0.999^t)$. By hand, the first step with a
# gradient of 4: $m' = 0.4$ and $q' = 0.016$; divided, $\hat m = 0.4 / 0.1 = 4$ and $\hat q = 0.016 / 0.001 = 16$. The step
# is $\eta \cdot 4 / \sqrt{16} = \eta$. With any other gradient it is the same: the first step of Adam is as long as the
# learning rate.
# <!-- computed: 0.1 * 4 = 0.4 --> <!-- computed: 0.001 * 4 ** 2 = 0.016 --> <!-- computed: 0.4 / 0.1 = 4 -->
# <!-- computed: 0.016 / 0.001 = 16 --> <!-- computed: 4 ** 2 = 16 -->
# As a program, in which `t` counts the steps from 1:

# %%
w, m, q = start, np.zeros(2), np.zeros(2)
for t in range(1, 41):
    g = valley.gradient(w)
    m = 0.9 * m + 0.1 * g
    q = 0.999 * q + 0.001 * g**2
    m_hat, q_hat = m / (1 - 0.9**t), q / (1 - 0.999**t)
    w = w - lr * m_hat / (np.sqrt(q_hat) + 1e-8)
np.testing.assert_allclose(w, descend(valley, start, lr, 40, "Adam")[-1])
print(f"Adam after 40 steps: {w.round(3)}, error {valley.error(w):.4f}")

# %% [markdown]
# How much does momentum help in a long valley? For a bowl the best rate and the best momentum are known formulas (Polyak
# 1964; we take them as given). The cell uses them and counts steps until the error stays below 0.0001, without momentum and
# with.
# <!-- source: Polyak 1964 -->

# %%
for condition in (10, 100, 1000):
    bowl = Bowl(condition, angle=30)
    low, high = np.sort(bowl.curvatures(np.zeros(2)))
    rate = (2 / (np.sqrt(low) + np.sqrt(high))) ** 2
    momentum = (
        (np.sqrt(high) - np.sqrt(low)) / (np.sqrt(high) + np.sqrt(low))
    ) ** 2
    paths = [descend(bowl, [-2.5, 2.0], 2 / (low + high), 4000)]
    paths.append(
        descend(bowl, [-2.5, 2.0], rate, 4000, "Momentum", momentum)
    )
    plain, heavy = (
        np.flatnonzero(bowl.error(path) >= 1e-4)[-1] + 1 for path in paths
    )
    print(
        f"condition number {condition:4d}: {plain:4d} steps, with momentum "
        f"{momentum:.2f} {heavy:3d} steps"
    )

# %% [markdown]
# From line to line the condition number grows tenfold. Without momentum the steps grow tenfold too; with momentum they
# grow about as the square root of ten does, three to four times. The reason is in the share of the distance that one step
# leaves. SGD leaves $(\kappa - 1) / (\kappa + 1)$, as you saw above. With the best momentum it is, in the long run,
# $(\sqrt\kappa - 1) / (\sqrt\kappa + 1)$: the same with $\sqrt\kappa$ for $\kappa$ (Polyak 1964 proved it; Goh 2017 explains
# it with moving pictures). The best momentum depends on the valley. In a network nobody knows the condition number, and
# 0.9 is a guess that serves well. <!-- computed: 10 ** 0.5 = 3.16 -->
# <!-- source: Polyak 1964; Goh 2017 -->
#
# Now let the five rules race, in a bowl of condition number 50 and all at the same rate, 0.1. Which one is first after 40
# steps? Answer the card, then press Play. Under *More*, *Show* leaves one path alone; *Momentum* is the $\mu$ of momentum
# and Nesterov.
# <!-- computed: 4 * 10 = 40 -->

# %%
predict("05.race")

# %% answers="05.race"
OptimizerRace(
    surface="bowl",
    steps=0,
    challenge=Challenge(
        "A start from which Adam at its best rate beats SGD at its best, "
        "after 60 steps or more",
        lambda f: (
            f["steps"] >= 60
            and f["error_Adam"] < f["error_SGD"]
            and f["best_rates"] == 1
        ),
        lambda f: (
            f"now SGD {f['error_SGD']:.1g}, Adam {f['error_Adam']:.1g}",
            f["steps"] / 100,
        ),
    ),
)

# %% answers="05.race"
long_bowl = Bowl(50, angle=30)
for method in METHODS:
    errors = long_bowl.error(descend(long_bowl, start, 0.1, 100, method))
    print(
        f"{method:9s} error after 40 steps {errors[40]:.4f}, after 100 "
        f"steps {errors[100]:.5f}"
    )

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# RMSprop is first after 40 steps, then Nesterov, then SGD. At this rate SGD comes down into the valley quickly and then
# crawls along its floor. RMSprop does not slow down on the floor, because it divides by the small gradient there. Momentum
# still swings from one side of the valley to the other, and Adam has just swung across to the other side. After 100 steps
# all four have passed SGD, which still crawls.
#
# </details>
#
# A race at one rate for all is unfair, since a rate means something else in each rule: to RMSprop and Adam it is nearly the
# length of the step in each weight, to SGD a factor, and with momentum a factor that grows on the way. So give each rule
# the best of sixty rates. (A rate counts only if its path never leaves the ground that is drawn.) And change the ground.
# There are three more surfaces:
#
# - *Rosenbrock's valley*, long and bent like a banana; the lowest point lies on its nearly flat floor;
# - a *saddle*: from its middle the ground rises to left and right and falls in front and behind, to a lowest point on each side;
# - *ripples*: a bowl with many small hollows.
#
# One start proves little, so each rule runs from 100 starts, for 100 steps. The cell counts how often each rule ends lowest.
# If two rules end equally low, both have won; so the wins of a row can add up to more than 100. Will one of the rules win
# everywhere?

# %%
predict("05.everywhere")

# %% tags=["nbval-ignore-output"] answers="05.everywhere"
winners, rng = [], np.random.default_rng(0)
for surface in (Bowl(50, angle=30), Rosenbrock(), Saddle(), Ripples()):
    starts = rng.uniform(surface.low, surface.high, (100, 2))
    found = race(surface, starts, steps=100)
    winners.append(max(found, key=lambda method: found[method][0]))
    wins = "  ".join(
        f"{method} {won:3d}" for method, (won, _) in found.items()
    )
    print(f"{type(surface).__name__:10s} wins of 100:  {wins}")

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# No rule wins everywhere. Nesterov wins nearly always in the long bowl and most often in Rosenbrock's valley. On the saddle
# Nesterov and SGD reach one of the two lowest points to the last digit, from nearly every start, so both win. On the
# ripples Adam ends lowest most often: its first steps are as long as the rate, even where the floor of a small hollow is
# nearly flat, so it steps out of such hollows. (RMSprop steps out of them as well, but its steps stay that long, so at the
# end it cannot come to rest.) And there every rule wins sometimes. Momentum in its plain form rarely wins: it is still
# swinging when the race ends.
# <!-- test: tests/experiments/test_races.py::test_what_the_notebook_says_of_the_four_surfaces -->
#
# </details>
#
# Here is one step of each on the same gradient, the first step from rest at a rate of 0.1. The first three move in
# proportion to the slope; Nesterov steps by $g + 0.9\,g$. RMSprop and Adam do not: in each weight a large and a small
# gradient give the same first step. RMSprop's is $\eta / \sqrt{0.1}$, longer than the rate, because its mean square has
# only begun to fill; Adam corrects that.

# %%
for method in METHODS:
    first = [
        float(descend(Quadratic(c), 1.0, 0.1, 1, method)[1] - 1)
        for c in (4.0, 0.04)
    ]
    print(
        f"{method:9s} slope 4: {first[0]:+.3f}   slope 0.04: {first[1]:+.3f}"
    )

# %% [markdown]
# ## Exercises
#
# **1. One step of SGD.** *Warm-up, 3 minutes.* Write the rule of this notebook. The arguments are arrays of any one shape and a
# rate; return a new array, do not change the old one.


# %%
def sgd_step(w, dw, lr):
    ### BEGIN SOLUTION
    # Why: the gradient points uphill, so the step goes against it, as far as
    # the rate says.
    return w - lr * dw
    ### END SOLUTION


# %%
check("05.sgd", sgd_step)

# %% [markdown]
# **2. A training loop.** *Core, 15 minutes.* A straight line through points, trained on batches, with nothing from the library.
# The points have the coordinates in `x` and `t`. The line is `w[0] * x + w[1]`, its error for a point half the square of what
# it is off. `batches` is a table with a row for each step: the numbers of the points in its batch. For each row take
# the gradient of the *mean* error of these points, and one step. Return the last w; leave the first as it is.


# %%
def fit_line(x, t, w, lr, batches):
    """Slope and intercept after a step for each batch; w holds those at the
    start.
    """
    ### BEGIN SOLUTION
    # Why: the slope by w[0] is a mean of off times x, that by w[1] of off
    # alone; each step starts where the last one ended.
    for batch in batches:
        off = w[0] * x[batch] + w[1] - t[batch]
        w = w - lr * np.array([(off * x[batch]).mean(), off.mean()])
    return w
    ### END SOLUTION


# %%
check("05.fit_line", fit_line)

# %% [markdown]
# Here it is on real points: for each of the training digits the number of its dark pixels (brought to mean 0 and spread 1), and
# all its ink. The last column is the line that fits best.

# %%
dark = (digits.x_train[:, 0] > 0.5).sum(axis=(1, 2))
x, t = (
    (dark - dark.mean()) / dark.std(),
    digits.x_train[:, 0].sum(axis=(1, 2)),
)
batches = np.random.default_rng(0).integers(0, len(x), (200, 32))
best = np.polyfit(x, t, 1).round(2)
for steps in (0, 50, 200):
    line = fit_line(x, t, np.zeros(2), 0.1, batches[:steps])
    print(
        f"{steps:3d} steps:",
        "nothing yet" if line is None else np.round(line, 2),
        " best:",
        best,
    )

# %% [markdown]
# **3. Momentum.** *Core, 5 minutes.* The velocity keeps its old self times `momentum` and takes in the new gradient whole;
# then the weight moves by minus rate times velocity. Return both. With a momentum of 0 it must be exercise
# 1.


# %%
def momentum_step(w, dw, velocity, lr, momentum):
    ### BEGIN SOLUTION
    # Why: gradients that keep their sign add up in the velocity, those that
    # change sign cancel.
    velocity = momentum * velocity + dw
    return w - lr * velocity, velocity
    ### END SOLUTION


# %%
check("05.momentum", momentum_step)

# %% [markdown]
# **4. A target within a budget.** *Stretch, 15 minutes.* In Rosenbrock's valley, from (-1, 2): an error below 0.001 within 60
# steps. The first pair of rate and momentum below is not good enough. Try others with `within_60(…)` in the cell after it.
# (It uses the library's momentum, so it works whether or not you have solved exercise 3.)
# <!-- computed: 6 * 10 = 60 -->


# %%
def within_60(rate, momentum):
    path = descend(Rosenbrock(), [-1.0, 2.0], rate, 60, "Momentum", momentum)
    error = Rosenbrock().error(path[-1])
    print(
        f"rate {rate}, momentum {momentum}: {error:.5f}, "
        f"{'reached' if error < 1e-3 else 'not yet'}"
    )


within_60(0.2, 0.5)

# %%
### BEGIN SOLUTION
# Why: along the valley floor the curvature is small, so memory has to carry
# the walk; too much swings past.
within_60(1.0, 0.85)
### END SOLUTION

# %% [markdown] minutes=2
# ## Does the error fall for ever?
#
# With the full gradient on a parabola it does: each step takes the same share. With batches it cannot. Near the minimum the
# gradient of all images is nearly zero, but that of a single batch is not, because its images would like the weights a little
# elsewhere. So the steps there are almost nothing but noise. The next lines follow the runs of the picture further; the
# errors are means over 21 runs.

# %%
for batch in ("1", "16"):
    errors = [
        BatchNoise(batch=batch, samples=samples).facts["mean_error"]
        for samples in range(1000, 3001, 500)
    ]
    print(
        f"batch {batch:>2}: error above the smallest",
        *[f"{error:.5f}" for error in errors],
    )

# %% [markdown]
# With batches of one the mean error stays near one height however many images follow: that is a *floor*. Batches of 16 have a
# lower one. The floor falls with the rate, too: with half the rate it is about half as high (Bottou, Curtis and Nocedal 2018,
# section 4). So rates are turned down towards the end of a training, as the next notebook shows.
# <!-- source: Bottou, Curtis and Nocedal 2018, theorem 4.6 -->
#
# And does the descent find the lowest point? It only feels the slope under its feet. Here is an error with two hollows, and two
# starts that lie close together, one on each side of the hill between the hollows:


# %% alt="A curve with two hollows, the left one deeper, and a hill between them. From a start just left of the hill's top the dots run down into the left hollow, from a start just right of it into the right one."
def two_hollows(w):
    return (w**2 - 1) ** 2 + 0.3 * w


plt.figure(figsize=(6, 2.4), layout="constrained")
line = np.linspace(-1.5, 1.5, 200)
plt.plot(line, two_hollows(line), color="0.6")
for start in (0.0, 0.2):
    path = [start]
    for _ in range(40):
        slope = 4 * path[-1] * (path[-1] ** 2 - 1) + 0.3
        path.append(path[-1] - 0.05 * slope)
    errors, name = two_hollows(np.array(path)), f"from {start}"
    plt.plot(path, errors, "o--", markersize=4, label=name)
    print(f"{name}: to {path[-1]:+.2f}, error {errors[-1]:+.2f}")
plt.gca().set(xlabel="weight", ylabel="error")
plt.legend()
plt.show()

# %% [markdown]
# Each ends in its own hollow, a *local minimum*, and only one of these is the lowest point. The start decides, or noise,
# or momentum that rolls over a low hill. [Notebook 07](07_minima.ipynb) is about this.
#
# > **What the chapter says** (claims 6 and 9 of its [fourteen](../docs/claims.md)). *New weight = old weight minus learning
# > rate times the derivative*: this is the definition, and all five rules start from it. *Accuracy grows with the number
# > of steps*: the error falls, down to a floor.
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
