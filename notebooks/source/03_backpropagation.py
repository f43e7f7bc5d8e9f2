# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] minutes=4
# # Whose fault is it?
#
# The network guessed wrong, and [notebook 02](02_loss.ipynb) put the error into one number, the loss. Nearly two
# thousand weights had a hand in it. For each of them we want to know: if this weight grew a little, how would the loss
# move? That number is the weight's *derivative*, and all derivatives together are the *gradient*. *Backpropagation*
# computes all of them in one go. It is the chain rule from school, applied step by step from the back to the front.
#
# **After this notebook you can**
#
# 1. carry gradients backwards through any graph of small operations, by hand;
# 2. write the backward pass of a linear layer, of ReLU and of max-pooling, and say why each looks as it does;
# 3. measure a gradient, and choose the step with which to measure;
# 4. train a network with backward functions of your own.
#
# **You need** notebooks 01 and 02, the derivatives of sums, products and squares, and the chain rule from school.
#
# **Time** 45 minutes, and as much again for the exercises.
# **Back** [02: How wrong is the guess, in one number?](02_loss.ipynb)
# **On** [04: How does blame go through a convolution?](04_convolution_backward.ipynb)

# %%
import numpy as np

from cnnlib import CrossEntropyLoss, Linear, MaxPool2d, ReLU, load_digits, small_cnn
from cnnlib.checks import check
from cnnlib.nn import functional as F
from cnnlib.nn import naive
from cnnlib.nn.gradcheck import check_gradients
from cnnlib.runtime import in_short
from cnnlib.widgets import ChainRule, Challenge, GradientCheckExplorer
from cnnlib.widgets.cards import predict, quiz, worked

digits = load_digits()
network = small_cnn(rng=0, dtype=np.float64)
x, y = digits.x_train[:4].astype(np.float64), digits.y_train[:4]
print(f"loss {CrossEntropyLoss().forward(network.forward(x), y):.4f}, {network.num_parameters} weights")

# %% [markdown] minutes=4
# ## A way that needs no theory: nudging
#
# Move one weight up a little and look at the loss. Move it down by the same little, and look again. The difference of
# the two losses, divided by the way between them, is that weight's derivative. How many forward passes does
# this take, if it is done for every weight of the network?

# %%
predict("03.passes")

# %% answers="03.passes"
weight = network[0].params["weight"]  # of the first convolution: (F, C, kH, kW)


def loss_with(nudge):
    """The loss with one weight moved: kernel 3, channel 0, the middle of the window."""
    weight[3, 0, 1, 1] += nudge
    loss = CrossEntropyLoss().forward(network.forward(x), y)
    weight[3, 0, 1, 1] -= nudge
    return loss


measured = (loss_with(1e-5) - loss_with(-1e-5)) / 2e-5
print(f"the loss moves by {measured:.6f} per unit of this weight")
print(f"forward passes for all weights: {2 * network.num_parameters}")

# %% [markdown] minutes=2
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# Two passes for each weight. A network of a million weights would need two million passes for a *single* step of
# training.
#
# </details>
#
# So nudging is too slow for training. But it needs no formula, so it makes a good judge of formulas, and we keep it for
# that.
#
# ## One product
#
# Take the smallest computation that has something to blame: $p = w \cdot x$, with $w = 1.5$ and $x = 2$. If $w$
# grows by 0.01, $p$ grows by 0.02: twice as much, because $x$ is 2. So the slope of $p$ by $w$ is $x$. In the same way the slope
# of $p$ by $x$ is $w$, 1.5. These are *local slopes*: they belong to this one product, and you can write them beside it
# without knowing what is done with $p$ afterwards.
#
# Now suppose that somebody who knows the rest tells us: "if $p$ grew a little, the error $E$ would grow 1.5 times as much."
# Then we know both answers. If $w$ grows by 0.01, $p$ grows by 0.02, and $E$ grows by $1.5 \cdot 0.02 = 0.03$. So the slope of
# $E$ by $w$ is $1.5 \cdot 2 = 3$: what was told, times the local slope. This is all of backpropagation in one sentence:
#
# > **The gradient of an input is the gradient that arrives from upstream, times the local slope.**
#
# "Upstream" is the side of the error, from where the gradients come.

# %% [markdown] minutes=10
# ## A graph of small steps
#
# Cut a computation into steps so small that each local slope is obvious. Here is half the squared error of one
# weight, one input and a constant:
#
# $$E = \tfrac12 (w x + b - t)^2$$
#
# with $x = 2,\ w = 1.5,\ b = -1$ and the wanted number $t = 0.5$. One step a line, forwards on the left, the local slopes on the right:
#
# | step | value | local slopes |
# |---|---|---|
# | $p = w x$ | 3 | by $w$: $x = 2$; by $x$: $w = 1.5$ |
# | $z = p + b$ | 2 | by $p$: 1; by $b$: 1 |
# | $r = z - t$ | 1.5 | by $z$: 1; by $t$: −1 |
# | $E = \tfrac12 r^2$ | 1.125 | by $r$: $r = 1.5$ |
#
# <!-- computed: 0.5 * 1.5 * 1.5 = 1.125 -->
#
# Now backwards. At $E$ itself the gradient is 1: if $E$ grows by a little, $E$ grows by exactly that. Then one line at a
# time, upstream times local:
#
# $$\frac{dE}{dr} = 1 \cdot 1.5 = 1.5, \qquad \frac{dE}{dz} = 1.5 \cdot 1, \qquad \frac{dE}{dp} = 1.5 \cdot 1, \qquad
# \frac{dE}{dw} = 1.5 \cdot x = 3 .$$
#
# Two rules are worth keeping. A **sum** hands on to each of its inputs what arrives, because its local slopes are 1. A **product**
# hands on *crosswise*: $w$ gets what arrives times $x$, and $x$ gets what arrives times $w$.
#
# Press Play, or drag the upright line. Local slopes stand on the arrows. Say what dE/dx is before step 8.
#
# **Challenge.** At the last step, make dE/dw zero while the error E stays above 0.5.

# %%
predict("03.dx")

# %%
now = lambda f: (f"now step {f['step']} of {f['steps']}, E = {f['E']:.3g}", f["step"] / f["steps"] - 0.1)
stuck = Challenge("dE/dw = 0 and E > 0.5", lambda f: f["step"] == f["steps"] and f["dw"] == 0 and f["E"] > 0.5, now)
ChainRule(challenge=stuck, step=6)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What you should have found</summary>
#
# dE/dx is 1.5 · w = 2.25. dE/dw is zero when x is zero: the weight was multiplied by nothing, so moving it changes
# nothing, however wrong the guess is. Through a ReLU there is a second way, a negative sum.
# <!-- computed: 1.5 * 1.5 = 2.25 -->
#
# </details>
#
# **A number that is used twice.** Choose *used twice* in the view. There the weight is both factors of a product. It gets
# a share from each of them, and the shares are *added up*. The reason is plain: when $w$ moves, both places move, and the error
# feels both. School agrees. For $E = \tfrac12 (w \cdot w - t)^2$ the chain rule gives $(w^2 - t) \cdot 2w$. On the graph,
# $r = w^2 - t$ arrives at the product. It hands $r \cdot w$ to the first factor and $r \cdot w$ to the second, together $r \cdot 2w$.
#
# In code it is one line for each node, in reverse order. From here on `dw` is short for dE/dw, and so for every
# other letter:

# %% answers="03.dx"
x1, w1, b1, t1 = 2.0, 1.5, -1.0, 0.5
r = w1 * x1 + b1 - t1
dr = r  # upstream 1, local slope r
dz = dp = db = dr  # sums hand on what arrives
dw, dx = dp * x1, dp * w1  # a product hands on crosswise
print(f"dw {dw}, dx {dx}, db {db}")

# %% [markdown] minutes=6 cut=1
# ## A judge: the measured slope
#
# Before we trust a formula we compare it with a measurement. The slope of a function $f$ at $x$ is about
#
# $$\frac{f(x + ε) - f(x - ε)}{2ε}$$
#
# for a small step $ε$. How small? There are two errors, and they pull in opposite directions.
#
# *Truncation.* The two points lie on a curve, and the line between them cuts across it. For $f(x) = x^3$ the quotient is exactly
# $3x^2 + ε^2$, too large by $ε^2$. So ε should be small.
#
# *Rounding.* A computer keeps about 16 digits of a number (float64). If ε is tiny, $f(x + ε)$ and $f(x - ε)$ agree in nearly all of
# them. The difference has only the few digits that are left, and dividing by the tiny ε makes their error large. So ε
# should not be too small.
# <!-- source: IEEE 754: 53 binary digits are about 16 decimal ones -->
#
# The view shows both numbers: the measured slope and its *relative error*, which is the difference to the true slope as a share of it.
#
# **Challenge.** A relative error below 1e-10 in float64. Then choose *ReLU* and x = 0.1, and find the ε above which the
# measurement is wrong. Why there?

# %%
predict("03.step")

# %% answers="03.step"
near = lambda f: (f"now {f['error64']:.0e}", -np.log10(f["error64"] + 1e-16) / 10)
exact = Challenge("Relative error below 1e-10", lambda f: f["error64"] < 1e-10, near)
GradientCheckExplorer(challenge=exact)

# %% [markdown] minutes=7
# <details style="margin-bottom: 1em"><summary>Where the valley lies</summary>
#
# Truncation grows with ε², rounding with 1/ε. Their sum is least near 1e-5. At x = 0.1 the measurement of ReLU's slope is right up
# to a step of 0.1, and wrong above it: then one of the two points lies on the other side of zero, where the slope is another one.
# <!-- test: tests/experiments/test_scalar_graph_and_difference_quotients.py::test_the_best_step_lies_in_the_valley_where_theory_puts_it -->
#
# </details>
#
# > **In a box: float32.** Networks are trained with about 7 digits (float32), because that is faster. A gradient cannot be
# > measured well with so few: the valley lies between 1e-3 and 1e-2 and is about five digits less deep. So gradients are checked
# > in float64, even if the network is trained in float32 afterwards.
# > <!-- test: tests/experiments/test_scalar_graph_and_difference_quotients.py::test_the_best_step_lies_in_the_valley_where_theory_puts_it -->
#
# ## A linear layer
#
# **Two inputs, two outputs, written out.** A linear layer with a matrix of 2×2 weights computes, for one image,
#
# $$y_0 = x_0\,w_{00} + x_1\,w_{10} + b_0$$
# $$y_1 = x_0\,w_{01} + x_1\,w_{11} + b_1$$
#
# Everything is counted from 0. The first number at a weight says which input it belongs to, the second which output. Let
# $dy_0$ and $dy_1$ arrive. The two rules are enough. Look for $x_0$: it stands in both lines, beside $w_{00}$ and beside
# $w_{01}$. It gets a share from each, and the shares add up. The same for $x_1$:
#
# $$dx_0 = dy_0\,w_{00} + dy_1\,w_{01}, \qquad dx_1 = dy_0\,w_{10} + dy_1\,w_{11} .$$
#
# Look for a weight: $w_{10}$ stands in one line, beside $x_1$. So $dw_{10} = x_1\,dy_0$, and the other three likewise. A
# bias is added: $db_0 = dy_0$.
#
# **As matrices.** Write the two inputs as a row $X = (x_0, x_1)$, and $Y$, $b$ and $dY$ as rows too. Then the two lines
# are $Y = X\,W + b$. Compare the weights of the two pairs of lines. In the line of $y_0$ stand $w_{00}$ and $w_{10}$, a *column*
# of $W$. In the line of $dx_0$ stand $w_{00}$ and $w_{01}$, a *row* of $W$. So on the way back rows and columns have changed places. The
# matrix with rows and columns exchanged is called the transposed matrix, $W^T$:
#
# $$dX = dY\; W^T, \qquad dW = X^T\, dY .$$
#
# With several images, $X$ has a row for each of them, of shape (N, D); $Y$ has the shape (N, M), $W$ the shape (D, M). The formulas stay
# the same. The weights are used for every image, so $dW$ adds up over the images, which the product $X^T dY$ does by itself; and $db$ is the sum of the
# rows of $dY$. If you forget which matrix to transpose, the shapes tell you: a gradient has the shape of what it belongs to.
#
# Do it by hand once, then compare: dX and dW for $X = (1, 2)$, $W = \begin{pmatrix} 3 & 0 \\ 1 & -1 \end{pmatrix}$ and $dY = (2, -1)$.

# %%
X, W, dY = np.array([[1.0, 2]]), np.array([[3.0, 0], [1, -1]]), np.array([[2.0, -1]])
dX, dW, db = dY @ W.T, X.T @ dY, dY.sum(axis=0)
print("dX", dX.tolist(), "dW", dW.tolist(), "db", db.tolist())

_, cache = naive.linear_forward(X, W, np.zeros(2))  # the same in loops, one product after the other
for loops, products in zip(naive.linear_backward(dY, cache), (dX, dW, db), strict=True):
    np.testing.assert_allclose(loops, products)

# %% [markdown]
# `cache` is what the forward pass has kept for the way back: here X, W and b.
#
# **The comparison with a measurement.** To measure, we need *one number* that depends on the layer's output. A layer alone has no loss.
# So we play the layer behind it: we choose numbers dY at random, multiply each entry of Y by the entry of dY in the same place, and
# add all of it up. If one entry of Y grows by a little, this sum grows by dY times as much. So the gradient of the sum by Y is dY:
# from the layer's point of view, exactly these numbers have arrived. `check_gradients` nudges every entry of X, W and
# b, measures how that sum moves, and compares with what the layer's `backward` returns.

# %% tags=["nbval-ignore-output"]
errors = check_gradients(Linear(5, 3, rng=0, dtype=np.float64), np.ones((4, 5)), np.random.default_rng(0))
print({name: f"{error:.0e}" for name, error in errors.items()})

# %% [markdown] minutes=5
# The largest difference, as a share of the largest number, is about 1e-11: rounding. A wrong formula gives 0.1 or 1.
# <!-- test: tests/notebooks/test_claims.py::test_a_right_backward_errs_by_less_than_a_billionth -->
#
# ## ReLU and max-pooling
#
# Neither has weights. Each has very simple local slopes.
#
# **ReLU**, $y = \max(x, 0)$: where x is above zero, y moves exactly as x does, slope 1. Where x is below zero, y stays 0, slope
# 0. So ReLU is a *gate*: it hands on all of what arrives, or nothing. Which of the two was decided on the way *forwards*, by the
# sign of x. (At exactly 0 there is a kink and no slope. One takes 0.)
#
# **Max-pooling** gives the largest number of a window. If the largest one grows a little, the output grows with it, slope 1. If
# another one grows a little, the output stays, slope 0. So pooling is a *switch*: the winner of the window gets the whole
# gradient, and the others get nothing.
#
# Write down the gradient of both inputs below before you run. In one window, 6, 6, 1, 0, two are equal.

# %%
predict("03.tie")

# %% answers="03.tie"
z, arriving = np.array([[-1.0, 3], [0, 2]]), np.array([[10.0, -20], [30, 40]])
_, gate = F.relu_forward(z)
print("ReLU:", F.relu_backward(arriving, gate).tolist())
image = np.array([[6.0, 6, 2, 1], [1, 0, 3, 4]])[None, None]
_, switches = F.maxpool2d_forward(image, 2)
print("pool:", F.maxpool2d_backward(np.array([[[[10.0, -20]]]]), switches)[0, 0].tolist())

# %%
rng = np.random.default_rng(0)
for layer in (ReLU(), MaxPool2d(2)):
    assert check_gradients(layer, rng.normal(size=(2, 3, 4, 4)), rng)["x"] < 1e-9
print("on random numbers both agree with the measured gradient")

# %% [markdown] minutes=7
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# Of two equal ones the first in reading order gets the gradient. Another rule would do as well, as long as the gradient is handed on
# once and not twice.
#
# </details>
#
# Note the −20 that ReLU hands on. A negative gradient says "the error would fall if this number grew", and that is as useful as its opposite. ReLU
# asks for the sign of x, never for the sign of the gradient.
#
# ## The whole network: the loop, reversed
#
# Forwards, each layer's output is the next one's input. Backwards, each layer's dx is the dy of the layer before it. Each
# layer keeps what it needs for the way back, and puts the gradients of its weights into `grads`. One layer in this network we have not
# opened: the convolution. The next notebook does. It is called like all the others.

# %% slideshow={"slide_type": "subslide"}
loss, outputs = CrossEntropyLoss(), x
for layer in network.layers:
    outputs = layer.forward(outputs)
loss.forward(outputs, y)
dy = loss.backward()
for layer in reversed(network.layers):
    dy = layer.backward(dy)
    shapes = [f"d{name} {gradient.shape}" for name, gradient in layer.grads.items()]
    print(f"{type(layer).__name__:10} dx {dy.shape!s:15}", *shapes)
print(f"the nudged weight: {network[0].grads['weight'][3, 0, 1, 1]:.6f}, measured {measured:.6f}")

# %% [markdown]
# One pass backwards, and there is the derivative that we had nudged for, and all the others with it.
#
# What if somebody goes backwards first?

# %% tags=["raises-exception"]
with in_short():  # of an error only its last line
    Linear(3, 2, rng=0).backward(np.ones((1, 2)))

# %% [markdown]
# Without a forward pass nothing was kept, and there is nothing to multiply with.
#
# Now the strictest comparison: every gradient of the network, the weights' and the pixels', against measured ones. In the first
# line all biases are random numbers. In the second the network is fresh, and its biases are exactly zero.

# %%
predict("03.kink")

# %% tags=["nbval-ignore-output"] answers="03.kink"
tried, rng = small_cnn(rng=0, dtype=np.float64), np.random.default_rng(0)
for layer in (tried[0], tried[3], tried[7]):
    layer.params["bias"][:] = rng.normal(0, 0.1, layer.params["bias"].shape)
errors, at_the_kink = (check_gradients(net, x[:1], np.random.default_rng(0)) for net in (tried, network))
for found in (errors, at_the_kink):  # x is the image, 0.weight the weights of layer 0
    print("   ".join(f"{name} {error:.0e}" for name, error in found.items()))
assert max(errors.values()) < 1e-6

# %% [markdown]
# > **In a box: what happens at a kink.** Under black pixels a convolution without bias gives exactly 0, and 0 is where ReLU has its kink.
# > The measurement goes a step to each side and takes the mean of two slopes, 0 and 1. The formula takes one of them, 0. They differ, and neither
# > is a mistake: at a kink there is no slope. If a gradient check fails, look first whether some number sits on a kink.
#
# > **In a box: what the chapter says.** This course grew from a textbook chapter with [fourteen claims](../docs/claims.md).
# > Claim 2: *Backpropagation is the gradient of an error function with respect to the weights, forced backwards through the
# > hidden layers.* It holds, for every weight, as the first line above shows. Claim 1: *Training uses the same network, pooling, activations and
# > matrices, run backwards.* It holds if one says how: the matrices transposed, the ReLUs as gates, the
# > poolings as switches. Nothing is undone on the way back: a gradient is carried, the image is not restored.
#
# ## Exercises
#
# **1.** *Warm-up, 5 minutes.* ReLU: where may the gradient pass?
#
# **2.** *Core, 20 minutes.* Max-pooling: every window finds its winner again and hands over. Loop over images, channels
# and windows. Mind that windows may overlap.
# Each function takes `(dy, cache)`, as the library's own do. ReLU's cache is x itself; that of pooling is unpacked in the first line. The card
# between the two exercises holds worked examples whose lines are to be put in order.


# %%
def relu_backward(dy, x):
    """Gradient by x of y = max(x, 0)."""
    ### BEGIN SOLUTION
    # Why: y moved with x exactly where x was above zero; the sign of dy has no say.
    return dy * (x > 0)
    ### END SOLUTION


# %%
check("03.relu_backward", relu_backward)

# %%
worked("03.worked-linear", "03.worked-pool")


# %%
def maxpool2d_backward(dy, cache):
    """Gradient by x of max-pooling."""
    x, kernel_size, stride = cache
    ### BEGIN SOLUTION
    # Why: only the winner moved the output; += because a pixel can win in several overlapping windows.
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        top, left = i * stride, j * stride
        window = x[n, c, top : top + kernel_size, left : left + kernel_size]
        p, q = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, top + p, left + q] += dy[n, c, i, j]
    return dx
    ### END SOLUTION


# %%
check("03.maxpool2d_backward", maxpool2d_backward)

# %% [markdown]
# **3. Train with your own functions.** *Warm-up, 3 minutes.* Those that passed take the library's place in every layer of the network; the
# loss must fall exactly as before.

# %% tags=["nbval-ignore-output"]
from cnnlib.experiments.planted_faults import SOUND, learning_curve, own

answers = {"relu_backward": relu_backward, "maxpool2d_backward": maxpool2d_backward}
mine = {name: f for name, f in answers.items() if check(f"03.{name}", f).passed}
data = digits.x_train, digits.y_train
yours, library = (learning_curve(backward, *data, steps=30)[0] for backward in (own(**mine), SOUND))
print(f"with {len(mine)} functions of yours: loss {yours[0]:.3f} to {yours[-1]:.3f}")
print(f"with the library's alone:    loss {library[0]:.3f} to {library[-1]:.3f}")
np.testing.assert_allclose(yours, library, rtol=1e-3)

# %% [markdown]
# ## Summary
#
# Backwards, every node multiplies the gradient that arrives by its local slope; what is used several times adds up its shares.
# A linear layer hands on through the transposed matrix; ReLU hands on all or nothing, pooling to the winner alone.
# A backward pass is right when it agrees with measured gradients, in float64 and away from kinks.

# %% [markdown]
# ## Questions
#
# Five of a pool, on a card that answers back; they come back another day, in [review](review.ipynb).

# %%
quiz("03")

# %% [markdown]
# ## References
#
# - D. E. Rumelhart, G. E. Hinton and R. J. Williams, [Learning representations by back-propagating errors](https://doi.org/10.1038/323533a0), 1986.
# - A. Karpathy, [Yes you should understand backprop](https://karpathy.medium.com/yes-you-should-understand-backprop-e2f06eab496b), 2016.
# - Stanford CS231n, [Backpropagation, intuitions](https://cs231n.github.io/optimization-2/) and [gradient checks](https://cs231n.github.io/neural-networks-3/#gradcheck).
# - A. G. Baydin and others, [Automatic differentiation in machine learning: a survey](https://arxiv.org/abs/1502.05767), 2015.
