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
# thousand weights had a hand in it. Which of them should move, which way, how strongly? *Backpropagation* answers
# for all of them at once, at the price of about two forward passes. It is the chain rule, applied from the back to
# the front, with one addition for numbers that are used more than once. Every backward pass that you meet here is put
# on trial: its gradient against one that is measured.
#
# **After this notebook you can**
#
# 1. carry gradients backwards through any graph of small operations, by hand;
# 2. write the backward of linear, ReLU, max-pooling and convolution, and say why each looks as it does;
# 3. measure a gradient, and choose the step with which to measure;
# 4. find a fault in a backward pass that a falling loss would never have told you about;
# 5. train a network with backward functions of your own.
#
# **You need** notebooks 01 and 02, the derivatives of sums, products and squares, and the chain rule from school.
#
# **Time** 75 minutes, and as much again for the exercises.
# **Back** [02: How wrong is the guess, in one number?](02_loss.ipynb)
# **On** [04: Which way is down?](04_gradient_descent.ipynb)

# %%
from timeit import timeit

import numpy as np

from cnnlib import CrossEntropyLoss, Linear, MaxPool2d, ReLU, load_digits, small_cnn
from cnnlib.checks import check
from cnnlib.nn import functional as F
from cnnlib.nn import naive
from cnnlib.nn.gradcheck import check_gradients, numerical_gradient, relative_error
from cnnlib.widgets import BlameMicroscope, BrokenBackward, ChainRule, Challenge, GradientCheckExplorer
from cnnlib.widgets.cards import predict, quiz, worked

digits = load_digits()
network = small_cnn(rng=0, dtype=np.float64)
x, y = digits.x_train[:4].astype(np.float64), digits.y_train[:4]
print(f"loss {CrossEntropyLoss().forward(network.forward(x), y):.4f}, {network.num_parameters} weights")

# %% [markdown] minutes=4
# ## Blame by nudging
#
# Here is a way that needs no theory. Nudge one weight up a little, look at the loss; nudge it down, look again.
# The difference, divided by the way between, is that weight's *partial derivative*: how fast the loss moves
# with it. All of them together are the *gradient*. How many forward passes does that take for the whole network, and
# how many for one of a million weights?

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

# %% [markdown] minutes=9
# <details><summary>What came out</summary>
#
# Two passes for each weight: millions of passes for millions of weights, and that for a *single* step of
# training.
#
# </details>
#
# We keep nudging as a judge. For the work itself we need something better.
#
# ## The chain rule, on four nodes
#
# Cut the computation into steps so small that each has an obvious derivative. Take one weight, one input, one
# constant, and half the squared error, $E = \tfrac12 (w x + b - t)^2$:
#
# $$p = w x, \qquad z = p + b, \qquad r = z - t, \qquad E = \tfrac12 r^2 .$$
#
# Forwards, numbers flow through the nodes. Backwards, the question is always the same: *if the number here grew by
# a little, how would E move?* At E itself the answer is 1. One step back: the node multiplies what arrives by its
# own slope. With $x = 2,\ w = 1.5,\ b = -1,\ t = 0.5$:
#
# $$\frac{dE}{dr} = r = 1.5, \qquad \frac{dE}{dz} = 1.5 \cdot 1, \qquad \frac{dE}{dp} = 1.5 \cdot 1, \qquad
# \frac{dE}{dw} = 1.5 \cdot x = 3 .$$
#
# A plus hands the gradient on to both inputs. A product hands it on *crosswise*: w gets it times x, and x gets it
# times w. Step through it: Play, Step, Rewind, or drag the upright line.
#
# Say what dE/dx is before step 8. Then choose *one weight used twice*: what does a number get that two nodes use?
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
# dE/dx is 1.5 · w = 2.25. A number used twice gets *both* shares, added up. And dE/dw is zero when x is zero: a
# weight that multiplied nothing carries no blame, however wrong the guess. Through a ReLU there is a second way: a
# closed gate.
# <!-- computed: 1.5 * 1.5 = 2.25 -->
#
# </details>
#
# **Why both shares?** Nudge w by a little ε, and each of the places where it is used moves; small moves add. School
# agrees. Let w be both factors of a product, $E = \tfrac12 (w \cdot w - t)^2$. The chain rule from school gives
# $(w^2 - t) \cdot 2w$. On the graph, $r = w^2 - t$ arrives at the product, which hands r · w to its first factor and
# r · w to its second: together r · 2w. This sum is the whole secret of a convolution, whose weights are used at every
# place.
#
# Back to one weight, in code, one line a node, in reverse order. Here and from now on `dw` is short for dE/dw:

# %% answers="03.dx"
x1, w1, b1, t1 = 2.0, 1.5, -1.0, 0.5
r = w1 * x1 + b1 - t1
dr = r  # slope of r²/2
dz = dp = db = dr  # sums hand on what arrives
dw, dx = dp * x1, dp * w1  # a product hands it on crosswise
print(f"dw {dw}, dx {dx}, db {db}")

# %% [markdown] minutes=6
# ## A judge: the measured slope
#
# Before we trust any formula we need to measure well. The slope of f at x is about $(f(x+ε) - f(x-ε)) / 2ε$. A large
# ε cuts across the curve (*truncation*): for $x^3$ this quotient is exactly $3x^2 + ε^2$, too large by ε². A tiny ε
# subtracts two numbers that agree in almost all their digits, and divides by ε what was lost in *rounding* them,
# about 1e-16 with the 16 digits of float64. Which ε is best? And with the 7 digits of float32? The *relative error* is the difference as a share of the true slope.
# <!-- source: IEEE 754: 53 and 24 binary digits are about 16 and 7 decimal ones -->
#
# **Challenge.** A relative error below 1e-10 in float64. Then choose *ReLU*, x = 0.1, and find the ε from which on the
# measurement is wrong. Why there?

# %%
predict("03.step")

# %% answers="03.step"
near = lambda f: (f"now {f['error64']:.0e}", -np.log10(f["error64"] + 1e-16) / 10)
exact = Challenge("Relative error below 1e-10", lambda f: f["error64"] < 1e-10, near)
GradientCheckExplorer(challenge=exact)

# %% [markdown] minutes=3
# <details><summary>Where the valley lies</summary>
#
# Truncation grows with ε², rounding with 1/ε. Their sum is least near 1e-5 in float64, and between 1e-3 and 1e-2 in
# float32, where a good choice is worth about five digits: so gradient checks are done in float64. At ReLU's kink the
# two points lie on different sides as soon as ε reaches 0.1; what is measured then is a mixture of two slopes.
# <!-- test: tests/experiments/test_scalar_graph_and_difference_quotients.py::test_the_best_step_lies_in_the_valley_where_theory_puts_it -->
#
# </details>
#
# ## Linear: two matrix products
#
# Forwards, $Y = X W + b$ with shapes (N, M) = (N, D) (D, M) + (M). Let $dY$ be the gradient that arrives, dE/dY, with
# the shape of Y. One number $y_{nm} = \sum_d x_{nd} w_{dm} + b_m$ is a sum of products, so each product hands on
# crosswise, and whatever is used often adds up:
#
# $$dX_{nd} = \sum_m dY_{nm}\, w_{dm} \;\Rightarrow\; dX = dY\, W^T \quad (N, M)(M, D) = (N, D)$$
# $$dW_{dm} = \sum_n x_{nd}\, dY_{nm} \;\Rightarrow\; dW = X^T dY \quad (D, N)(N, M) = (D, M)$$
# $$db_m = \sum_n dY_{nm} \quad (M)$$
#
# ($W^T$ is W with rows and columns exchanged.) If N, D and M all differ, the shapes alone leave no other choice.
# **By hand** before you run: the numbers below are small on purpose. `cache` is what the forward pass has
# kept.

# %% tags=["nbval-ignore-output"]
X, W, dY = np.array([[1.0, 2]]), np.array([[3.0, 0], [1, -1]]), np.array([[2.0, -1]])
_, cache = naive.linear_forward(X, W, np.zeros(2))
by_loops, by_products = naive.linear_backward(dY, cache), (dY @ W.T, X.T @ dY, dY.sum(axis=0))
for name, slow, fast in zip(("dX", "dW", "db"), by_loops, by_products, strict=True):
    np.testing.assert_allclose(slow, fast)
    print(name, fast.tolist())
errors = check_gradients(Linear(5, 3, rng=0, dtype=np.float64), np.ones((4, 5)), np.random.default_rng(0))
print({name: f"{error:.0e}" for name, error in errors.items()})

# %% [markdown] minutes=4
# The last line is the trial. A layer alone has no loss, so one is made up: with random numbers dY, *the sum of dY · Y
# over all entries*. Its slope by each entry of Y is that entry of dY, so to the layer it is as good as any loss
# from which dY might have arrived. `check_gradients` nudges every entry of X, W and b, and gives the largest error,
# as a share of the largest number: about 1e-11. A wrong formula gives 0.1 or 1.
# <!-- test: tests/notebooks/test_claims.py::test_a_right_backward_errs_by_less_than_a_billionth -->
#
# ## ReLU and max-pooling: who was let through?
#
# Neither has weights; they only decide where the gradient may go. ReLU is a **gate**: where x was above zero, y
# moved as x did, slope 1; below zero y did not move at all, slope 0. (At exactly 0 there is a kink and no slope; one
# takes 0.) What decided is the number on the way
# *forwards*, not the gradient. Max-pooling is a **switch**: only the winner of the window could have moved the
# output (a little), so the winner gets the whole gradient and the others get nothing.
#
# Write down the gradient of both inputs below. The window 6, 6, 1, 0 has two equal winners: who gets it? (Who was it in notebook 01?)

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

# %% [markdown] minutes=8 part=2
# <details><summary>What came out</summary>
#
# A tie goes to the first in reading order; any rule would do, as long as the gradient is handed on once.
#
# </details>
#
# Note the
# -20 that passes: a negative gradient is a message like any other. A gate that asks for the *gradient's* sign is
# one of the faults you will hunt below.
#
# ## Convolution: three sums
#
# Forwards (one channel, no padding): $y_{ij} = b + \sum_{pq} x_{i+p,\,j+q}\, w_{pq}$. A sum of products again. Each
# product hands on crosswise, each number collects from wherever it was used:
#
# $$db = \sum_{ij} dy_{ij} \qquad \text{the bias is in every output}$$
# $$dw_{pq} = \sum_{ij} x_{i+p,\,j+q}\; dy_{ij} \qquad \text{a correlation of the input with } dy$$
# $$dx_{rs} = \sum_{pq} dy_{r-p,\,s-q}\; w_{pq} \qquad \text{the signs have turned round!}$$
#
# The pixel $x_{rs}$ was met by $w_{pq}$ when the window stood at $(r-p, s-q)$. With a minus in place of the plus, the
# kernel is run through from its end; where a window would stand outside, dy counts as 0. So pad $dy$ with a frame of
# zeros, one less than the kernel wide, and correlate it with the kernel **turned by half a turn**. There is the half
# turn of notebook 01: the way back is a convolution in the strict sense.
#
# English first: *for every output, hand dy times the kernel to the patch, and dy times the patch to the kernel.*


# %% slideshow={"slide_type": "subslide"}
def conv_backward_loops(dy, x, w):
    """One image, one channel, stride 1: scatter every output's gradient."""
    dx, dw, k = np.zeros(x.shape), np.zeros(w.shape), len(w)
    for i, j in np.ndindex(dy.shape):
        dx[i : i + k, j : j + k] += dy[i, j] * w
        dw += dy[i, j] * x[i : i + k, j : j + k]
    return dx, dw, dy.sum()


x3, w2 = np.array([[1.0, 2, 0], [0, 1, 3], [2, 1, 1]]), np.array([[1.0, 0], [2, -1]])
dy2 = np.array([[1.0, -1], [2, 0]])
for name, gradient in zip(("dx", "dw", "db"), conv_backward_loops(dy2, x3, w2), strict=True):
    print(name, gradient.tolist())

# %% [markdown]
# Do the corner numbers by hand: $dw_{00} = 1·1 + 2·(-1) + 0·2 + 1·0 = -1$, and $dx_{00} = dy_{00}\,w_{00} = 1$, since
# the corner pixel is in a single window. Which pixel of the nine collects most products, and how many?

# %%
predict("03.collects")

# %% [markdown]
# Now without loops, as the formulae say it: both gradients are correlations themselves. Then the trial: loops against
# no loops, and all three gradients against measured ones, with the sum of dy · y in the place of the loss.


# %% tags=["nbval-ignore-output"] answers="03.collects"
def correlate(image, kernel):
    """All windows times the kernel, as in notebook 01."""
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("ijpq,pq->ij", windows, kernel)


def conv_backward_fast(dy, x, w):
    """The same as two correlations."""
    return correlate(np.pad(dy, len(w) - 1), w[::-1, ::-1]), correlate(x, dy), dy.sum()


gradients, b2 = conv_backward_fast(dy2, x3, w2), np.zeros(1)
for slow, fast in zip(conv_backward_loops(dy2, x3, w2), gradients, strict=True):
    np.testing.assert_allclose(slow, fast)
for name, value, gradient in zip(("dx", "dw", "db"), (x3, w2, b2), gradients, strict=True):
    # numerical_gradient nudges the numbers of x3, w2 or b2 themselves, one by one
    judge = numerical_gradient(lambda _: (dy2 * (correlate(x3, w2) + b2)).sum(), value)
    print(f"error of {name}: {relative_error(np.atleast_1d(gradient), judge):.0e}")
large = np.random.default_rng(0).normal(size=(64, 64))
ways = conv_backward_loops, conv_backward_fast
slow, fast = (timeit(lambda f=f: f(correlate(large, w2), large, w2), number=3) for f in ways)
print(f"{slow / fast:.0f} times faster")

# %% [markdown] minutes=17
# <details><summary>Which pixel?</summary>
#
# The pixel in the middle: it lies in all four windows.
#
# </details>
#
# Batches and channels give the sums two more indices. With a
# stride s the patch of output (i, j) begins at row $i s$ and column $j s$, on the way back as on the way out; and what
# arrives at a padding of zeros is cut off. That is exercise 3.
#
# ## The blame microscope
#
# Now on a trained network. Click any unit. The lower row shows its gradient by everything before it: which
# numbers would move it, and how much. Look for three things:
#
# - the *field*: nothing outside of it ever gets blame;
# - the *gates and switches*: inside the field most numbers get none either;
# - from pooling 2 back to ReLU 2, one square lights up and stays one; then a convolution spreads it out.
#
# A corner unit of convolution 1 has a padded window: how many pixels get blame?
# **Challenge:** find a unit that *no* pixel can move.

# %%
predict("03.corner")

# %%
BlameMicroscope(challenge=Challenge("A unit that no pixel moves", lambda f: f.get("pixels") == 0))

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>Answers</summary>
#
# Four: five of the nine lie in the padding, and nobody blames a zero that was added. A unit that no pixel moves is
# easy to find in a ReLU layer: any empty one. Its gate is closed, so a small nudge changes nothing. For *this*
# image it teaches nobody anything; for another image it may be open. One that is closed for all images is called
# dead; [notebook 07](07_initialization.ipynb) counts them.
#
# </details>
#
# The same in the network for digits of 28x28. How many pixels lie in the field of a unit of convolution 2, and what
# shape does the blame of a score have on the image?

# %%
predict("03.field-28")

# %% answers="03.field-28"
from cnnlib import load_mnist_sample
from cnnlib.networks import load_mnist_cnn

mnist = load_mnist_sample()
BlameMicroscope(load_mnist_cnn(), mnist, layer="convolution 2", channel=7, row=7, column=7)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>Answer</summary>
#
# Five units of pooling 1 side by side see 2·5 = 10 columns of convolution 1, and these 10 + 4 = 14 of the image: 196
# pixels, of which only those count whose way is open. The blame of a score lies along the strokes: there the gates are
# open. It says which ink speaks for the digit (blue) and which against it (orange).
# <!-- computed: 14 * 14 = 196 -->
#
# </details>
#
# A weight works the other way round: it is used at many places, so its gradient is a sum over all of them: *what it
# met there, times the gradient that arrived there*. The view shows one slice of a kernel of convolution 2.
# If the map that it reads is zero everywhere, what are its nine gradients? Look for such an input map.

# %%
predict("03.zeros")

# %% answers="03.zeros"
BlameMicroscope(what="a weight", layer="convolution 2", image=143, channel=3, input_map=5)

# %% [markdown] minutes=6 cut=2
# <details><summary>Answer</summary>
#
# Zero: it met only zeros. (As did w with $x = 0$ on the graph.)
#
# </details>
#
# ## The whole network: the loop, reversed
#
# Forwards, each layer's output is the next one's input. Backwards, each layer's $dx$ is the $dy$ of the layer before
# it. Each layer has kept what it needs, and puts the gradients of its weights into `grads`.

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
# One pass, and there is the derivative that we had nudged for, and all the others with it. [**Claim
# 2**](../docs/claims.md) of the textbook chapter that this course tries says: *Backpropagation is the gradient of an
# error function with respect to the weights, forced backwards through the hidden layers.* Tried without
# mercy: all gradients of the network, the weights' and the pixels', against measured ones: for a network
# with random biases (first line), and for the fresh one, whose biases are all exactly zero (second line).

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
# <details><summary>What came out</summary>
#
# Under black pixels a convolution without bias gives exactly 0: it sits on ReLU's kink, where the measurement takes the
# mean of two slopes, as you saw with the slider.
#
# </details>
#
# A kink has no derivative: the formula picks one of its slopes, the
# measurement mixes them, and neither convicts the other.
#
# **Verdict on claim 2: it holds**, for every one of the weights. And **claim 1**, *Training uses the same network,
# pooling, activations and matrices, run backwards*? Holds as well, if one says how: the same matrices, transposed;
# the same kernels, turned by half a turn; the same ReLUs, as gates; the same poolings, as switches. Nothing is
# inverted: the way back carries blame, it does not restore the image.
#
# The order matters. What if the way back comes first?

# %% tags=["raises-exception"]
Linear(3, 2, rng=0).backward(np.ones((1, 2)))

# %% [markdown] minutes=8 cut=1
# No forward pass, nothing kept, nothing to send back.
#
# ## One update, step by step
#
# Gradients in hand, each weight takes a small step against its own: *New weight = old weight minus learning rate
# times the partial derivative of the error by the weight.* That is **claim 6**. The view takes one training image
# through all of it: maps forwards (above), the loss, gradients backwards (below), the step, and the same image once
# more.
#
# How much should the loss fall? A weight with derivative g moves by $-\text{rate} \cdot g$, and each unit of its way is worth g:
# so the loss changes by $-\text{rate} \cdot g^2$. All weights together: rate times the sum of all squared derivatives.
# Does it fall by that much at a rate of 0.001? At 0.1?
#
# **Challenge.** At the last step: a rate with which this image's loss falls, while the mean loss of a hundred other
# training images (grey bars) *rises*.

# %%
predict("03.promise")

# %% answers="03.promise"
from cnnlib.widgets import OneUpdate

selfish = Challenge(
    "Better here, worse elsewhere",
    lambda f: f["step"] == f["steps"] and f["fell"] > 0 and f["others_after"] > f["others_before"],
)
OneUpdate(challenge=selfish, rate=0.001, step=12)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What the last step shows</summary>
#
# At 0.001 the gradient promises 0.041, and 0.041 it is. At 0.1 it promises 4.1, more than the whole loss of 2.6, which
# falls by 2.4: on so long a way the slopes change. And the hundred others pay: their mean rises from 2.4 to 3.9.
# <!-- test: tests/notebooks/test_claims.py::test_what_one_update_promises_and_what_it_keeps -->
#
# </details>
#
# The rule itself, for every weight of the network:

# %%
from cnnlib import SGD

before = [p.value.copy() for p in network.parameters()]
SGD(lr=0.1).step(network.parameters())
for old, (_, new, gradient) in zip(before, network.parameters(), strict=True):
    np.testing.assert_array_equal(new, old - 0.1 * gradient)
print("new weight = old weight - 0.1 * derivative, for all of them")

# %% [markdown] minutes=6
# **Verdict on claim 6: it holds** to the last bit, for plain gradient descent. Better rules use more than the present
# gradient; [notebook 04](04_gradient_descent.ipynb) races them. And the view has shown what the rule does *not*
# promise: a long step serves one image at the cost of the others. Hence batches, and small rates.
#
# ## Five broken backward passes
#
# Five suspects, A to E. Each has exactly one of these faults: the kernel is not turned; the mean over the batch is
# forgotten; pooling hands its gradient to every pixel; the bias gets none; ReLU's gate looks at the gradient's sign.
#
# How many of the five will still learn to read digits? Commit yourself, then investigate. The bars show which part fails
# the gradient check; *Look at* shows that part's gradient beside the measured one, and where they differ. Put your
# verdict into the five lists. **Challenge:** name all five.

# %%
predict("03.broken")

# %% tags=["nbval-ignore-output"] answers="03.broken"
BrokenBackward(challenge=Challenge("Name all five", lambda f: f["found"] == 5))

# %% [markdown]
# <details><summary>What the training curves show</summary>
#
# Four, if each may choose its rate. At 0.1 three learn about as well as the sound one: unflipped kernel, pooling to
# every pixel, forgotten bias. The lost mean makes every step 32 times too long, the size of the batch: at 0.1 it is
# lost, at 0.02 it is the *fastest of all*. The gate on the gradient learns nothing at any rate of the slider. So a
# falling loss proves nothing: networks learn around many faults, now a little worse, now even a little better. A
# gradient check takes a second. Do it.
# <!-- test: tests/experiments/test_planted_faults.py::test_the_lost_mean_learns_better_than_the_sound_one_at_a_small_rate -->
#
# </details>
#
# ## Exercises
#
# **1.** *Warm-up, 5 minutes.* ReLU: where may the gradient pass? **2.** *Core, 20 minutes.* Max-pooling: every window finds its winner again and hands over.
# Loop over images, channels and windows; mind that windows may overlap. **3.** *Stretch, 40 minutes.* Convolution with batches, channels,
# stride and padding. Advice for 3: pad x first; loop over the *outputs*, or, faster, over the places p, q of the
# kernel; cut the frame off dx at the end. Each takes `(dy, cache)`, as the library's own functions do: ReLU's cache
# is x itself, the others begin by unpacking theirs. Kernel size, stride and padding are whole numbers here. From 1 to 2
# is a step, from 2 to 3 a leap: the cards in between have worked examples whose lines are to be put in order.


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

# %%
worked("03.worked-stride", "03.gap")


# %%
def conv2d_backward(dy, cache):
    """Gradients by x, w and b of a convolution."""
    x, w, _, stride, padding = cache
    ### BEGIN SOLUTION
    # Why: weight (p, q) met one pixel for each output; those pixels are a slice. Products hand on crosswise.
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    rows, columns = dy.shape[2:]
    for p, q in np.ndindex(w.shape[2:]):
        met = np.s_[:, :, p : p + stride * rows : stride, q : q + stride * columns : stride]
        dw[:, :, p, q] = np.einsum("nfij,ncij->fc", dy, x[met])
        dx[met] += np.einsum("nfij,fc->ncij", dy, w[:, :, p, q])
    inner = slice(padding, -padding or None)
    return dx[:, :, inner, inner], dw, dy.sum(axis=(0, 2, 3))
    ### END SOLUTION


# %%
check("03.conv2d_backward", conv2d_backward)

# %% [markdown]
# **4. Train with your own functions.** *Warm-up, 3 minutes.* Those that passed take the library's place in every layer of the network; the
# loss must fall exactly as before. A function that did not pass can be looked at as a suspect:
# `BrokenBackward(yours=own(relu_backward=relu_backward), suspect="yours")`.

# %% tags=["nbval-ignore-output"]
from cnnlib.experiments.planted_faults import SOUND, learning_curve, own

answers = {
    "relu_backward": relu_backward,
    "maxpool2d_backward": maxpool2d_backward,
    "conv2d_backward": conv2d_backward,
}
mine = {name: f for name, f in answers.items() if check(f"03.{name}", f).passed}
data = digits.x_train, digits.y_train
yours, library = (learning_curve(backward, *data, steps=30)[0] for backward in (own(**mine), SOUND))
print(f"with {len(mine)} functions of yours: loss {yours[0]:.3f} to {yours[-1]:.3f}")
print(f"with the library's alone:    loss {library[0]:.3f} to {library[-1]:.3f}")
np.testing.assert_allclose(yours, library, rtol=1e-3)

# %% [markdown]
# ## Summary
#
# Backwards, every node multiplies what arrives by its own slope; what is used often adds up its shares.
# Linear and convolution hand on crosswise (transposed, turned), ReLU and pooling decide who gets anything.
# A gradient is believed when the measured one agrees; a falling loss proves nothing.
#
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
