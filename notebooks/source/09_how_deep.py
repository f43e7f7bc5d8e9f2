# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] minutes=3
# # How deep can it go?
#
# The networks of this course so far have two or three layers. Networks that recognise photographs have fifty, or a
# hundred and fifty. If more layers can compute more, why not simply stack them? In this notebook you stack fifty, see
# them fail, and find out why. Then you build the two parts with which deep networks are trained today: *batch
# normalization* and the *residual block*. Each of them turns out to repair one thing and to break another.
#
# **After this notebook you can**
#
# 1. follow the sizes of signal and gradient through many layers, and say where they vanish or explode;
# 2. compute batch normalization forwards and backwards, by hand and in code, for images too;
# 3. say what batch normalization does in training, what it does when the network is judged, and what goes wrong when
#    the two are mixed up;
# 4. build a residual block, and explain why the gradient passes it;
# 5. tell which explanations of these two are measured and which are not.
#
# **You need** the sizes of signals and He's rule from [Where do we start?](08_initialization.ipynb), and the chain
# rule on a graph from [Whose fault is it?](03_backpropagation.ipynb).
#
# **Time** 60 minutes, and about 40 for the exercises.
# <!-- computed: 8 + 15 + 5 + 12 = 40 -->
# **Back** [08: Where do we start?](08_initialization.ipynb)
# **On** [10: Can I watch a network learn a shape?](10_spirals.ipynb)

# %%
import numpy as np

from cnnlib import SGD, CrossEntropyLoss, LayerNorm, Residual, evaluate, fit, load_digits
from cnnlib.checks import check
from cnnlib.experiments.depth import accuracy_among, deep_cnn, profile, spread_among
from cnnlib.experiments.depth_study import STUDIED, accuracy_by_depth, accuracy_by_rate
from cnnlib.nn import functional as F
from cnnlib.nn.gradcheck import numerical_gradient, relative_error
from cnnlib.widgets import Challenge, DepthExplorer, NormalizationSteps
from cnnlib.widgets.cards import predict, quiz, worked

digits = load_digits()
x, y = digits.x_train, digits.y_train
few, labels = x[:60], y[:60]

# %% [markdown] minutes=3
# ## Stack more layers
#
# All networks of this notebook are built alike. First one convolution and one pooling turn the 8x8 digit into eight
# maps of 4x4 numbers. Then come more convolutions, each with a ReLU in front of it, from eight maps to eight maps. At
# the end a linear layer reads the ten scores. When this notebook says *50 layers*, it counts the convolutions in the
# middle. Nothing but their number is changed.
#
# With 4 such layers the network reads most digits after three epochs. What do you expect of 50?

# %%
predict("09.plain")

# %% answers="09.plain"
for depth, found in accuracy_by_depth("plain").items():
    spread = f"from {found.low:4.0%} to {found.high:4.0%} over five seeds"
    right = f"{found.mean:4.0%} of the test digits right, {spread}"
    print(f"{depth:2d} layers: {right}; training loss {found.loss:.2f}")

# %% [markdown] minutes=9
# These numbers were computed beforehand, because fifty layers take a while: five seeds, three epochs, and of three
# learning rates the one with the lowest training loss. (The program is `tools/measure_depth.py`.)
#
# <details><summary>What came out</summary>
#
# The more layers, the worse, and with fifty the network hardly does better than guessing. Is this over-fitting? No: an
# over-fitted network has a low loss on its training images. The loss of this one is nearly that of guessing, 2.30, on
# these too. It does not learn.
# <!-- source: ln 10, notebook 02 -->
#
# </details>
#
# ## What reaches the other end?
#
# A network learns if two things arrive: the *signal*, which carries the image forwards to the loss, and the
# *gradient*, which carries the blame back to the weights. So let us measure both, behind every second layer, before
# any training. The size of a set of numbers is here their *root mean square*: square them all, take the mean, take the
# root.
#
# The picture below shows four networks. Look at the one called *plain* first; *norm*, *residual* and *both* are explained
# later. The left picture shows the size of its signal, from the first layer to the last. The middle picture shows the size of the
# gradient. It starts at the right end, at the loss, and travels to the left. Both axes upwards are logarithmic.
#
# The first weights follow He's rule, and fifty layers are stacked. How much of the gradient arrives?

# %%
predict("09.back")

# %% tags=["nbval-ignore-output"] answers="09.back"
kept = Challenge(
    "50 layers: a scale at which the plain gradient changes by less than a factor of 3",
    lambda f: f["depth"] == 50 and 1 / 3 < f["gradient_plain"] < 3,
    lambda f: (f"now × {f['gradient_plain']:.2g}, {f['depth']} layers", f["depth"] / 60),
)
DepthExplorer(depth=50, challenge=kept)

# %% [markdown]
# Move *Layers* from 2 to 50 and watch the line *plain* tilt. Then meet the challenge with *Scale*: it multiplies all
# first weights.
#
# Why do the lines tilt? Call what comes out of layer number $l$ $h_l$, and the gradient of the loss $E$ by it $dh_l$.
# One layer back the gradient is multiplied by that layer's slopes; call the factor by which its size changes $a_l$.
# After $L$ layers the sizes, written with bars, are
#
# $$ |dh_0| = a_1 \cdot a_2 \cdots a_L \cdot |dh_L| . $$
#
# A product of fifty factors is a touchy thing:

# %%
for a in (0.8, 0.9, 1.0, 1.1, 1.2):
    print(f"fifty factors of {a}: {a**50:.2g}")

# %% [markdown]
# If the factors are a little below one, the gradient *vanishes*. If they are a little above one, it *explodes*. He's
# rule makes the factor one for a layer whose windows are full. Our maps have 4x4 pixels, so part of each window hangs
# over the frame and reads zeros. On average only 0.69 of its inputs are pixels, which makes the mean square 0.69 times
# and the size 0.83 times as large. Fifty such factors leave less than a thousandth.
# <!-- computed: (10 * 10) / (4 * 4 * 9) = 0.69 -->
# <!-- computed: ((10 * 10) / (4 * 4 * 9)) ** 0.5 = 0.83 -->
#
# A scale of about 1.2 makes up for this. Does the network learn now? Set *Layers* to 50 and *Scale* to 1.2, press Play,
# and watch the loss of *plain*. Then choose *how alike* at the top: the left picture now shows the cosine
# between what two *different* images have become, averaged over many pairs. At 1 the two can no longer be told apart.

# %%
for depth in (4, 20, 50):
    found = [profile(deep_cnn("plain", depth, seed, scale=1.2), few, labels) for seed in range(3)]
    alike = ", ".join(f"{one.alike[-1]:.2f}" for one in found)
    print(f"{depth:2d} layers, three seeds: cosine of different images behind the last layer {alike}")

# %% [markdown] minutes=3
# So there is a second trouble. With fifty layers all images look nearly the same at the end, and the loss has little
# to tell them apart by. With twenty they do not yet, and still that network learned badly; there must be more to it.
# (Balduzzi and others found in 2017 that in deep plain networks the gradient changes from image to image as
# irregularly as noise.) The table at the beginning was made with the scale of 1.2: right sizes at the
# start were not enough.
# <!-- source: Balduzzi et al. 2017, "The shattered gradients problem", abstract -->
#
# ## Batch normalization: the idea
#
# If the sizes must be right, one could choose the first weights very carefully. But the weights change with every
# step, and the sizes with them. In 2015 Ioffe and Szegedy proposed another way: put a layer between the others that
# *measures* the size and sets it right, in every step anew. That is batch normalization.
# <!-- source: Ioffe and Szegedy 2015, arXiv:1502.03167 -->
#
# It looks at one channel of all images of the batch. Take the smallest example: one channel, one pixel, four images.
# Their numbers are 1, 2, 3 and 6.
#
# 1. Take their *mean* $m$, which is 3, and subtract it: $c = x - m$ is −2, −1, 0, 3.
# 2. Take the mean of the squares of $c$. This is the *variance* $v$: (4 + 1 + 0 + 9) / 4 = 3.5.
# 3. Divide by its root, so that the spread becomes 1. With $s = 1/\sqrt{v + \varepsilon}$ the result is $\hat x = c
#    \cdot s$, read "x hat". Here $\varepsilon$, `eps` in code, is a tiny number, 0.00001. It is there for channels
#    whose numbers are all equal: their variance is zero, and one must not divide by zero.
# 4. Perhaps mean 0 and spread 1 is not what the next layer needs. So the network may choose another: $y = \gamma \hat x
#    + \beta$. The scale $\gamma$ (gamma) and the shift $\beta$ (beta) are learned like weights, one pair for each
#    channel. They start at 1 and 0.
# <!-- computed: (4 + 1 + 0 + 9) / 4 = 3.5 -->
# <!-- source: cnnlib.nn.functional.batchnorm2d_forward: eps=1e-5 -->

# %%
numbers = np.array([1.0, 2.0, 3.0, 6.0])
m = numbers.mean()
c = numbers - m
v = (c**2).mean()
s = 1 / np.sqrt(v + 1e-5)
x_hat = c * s
print(f"m {m}, c {c}, v {v}, s {s:.4f}")
print(f"x hat {x_hat.round(2)}, its mean {abs(x_hat.mean()):.2f}, its mean square {(x_hat**2).mean():.3f}")

# %% [markdown] minutes=12 cut=2
# With real images a channel has many pixels, and all of them share the mean and the variance. For images of the shape
# `(N, C, H, W)` the mean is taken over N, H and W, and there are C means. In code this is `axis=(0, 2, 3)`.
#
# ## Batch normalization, backwards
#
# Now the gradient. It arrives as $dy$, one number for each of the four, and we want $dx$. Suppose that only the first
# output is to blame: $dy$ = (1, 0, 0, 0), and $\gamma = 1$. Which inputs get a gradient?

# %%
predict("09.others")

# %% [markdown]
# Below is the same computation as a graph. Boxes with four numbers belong to the four images, boxes with one number are
# shared by them. Press Step: six steps forwards, then eleven backwards. At each step back the rule is the one of
# notebook 03: *upstream gradient times local slope, and where a number was used twice, both shares add up*.
#
# **Challenge.** With only the first output to blame, find four numbers for which *all* of $dx$ is zero. (Why can the
# loss not be changed then by any of the four?)


# %% tags=["nbval-ignore-output"] answers="09.others"
def nothing_moves(f):
    """The first output alone is blamed, the numbers differ, and no input gets a gradient."""
    end = f["step"] == f["steps"] and f["upstream"] == 0
    return end and f["variance"] > 0.1 and f["largest_dx"] < 0.005


words = "dy blames the first number alone, and dx is 0 everywhere"
now = lambda f: (f"now step {f['step']}, largest |dx| {f['largest_dx']:.3f}", f["step"] / 20)
zero = Challenge(words, nothing_moves, now)
NormalizationSteps(step=6, challenge=zero)

# %% [markdown]
# <details><summary>What came out</summary>
#
# All four inputs get a gradient, although three of the outputs are not to blame. They share the mean, and the mean is
# in the first output. The challenge is met when the first number is far off and the other three are equal. Then it
# lies as far from the mean, measured in spreads, as one of four numbers can, and moving it further changes nothing: its
# distance grows, and the spread by which it is divided grows as much.
#
# </details>
#
# Here is the way back in words and numbers, one line for each box on the way. $M$ is how many numbers share a mean,
# here 4. The sign $\sum$ means the sum over these four.
#
# - *Through* $y = \gamma \hat x + \beta$. The shift was added to all four numbers, so its gradient is a sum: $d\beta =
#   \sum dy = 1$. The scale was multiplied with $\hat x$, so $d\gamma = \sum dy \cdot \hat x = -1.07$. And $d\hat x =
#   \gamma \cdot dy = (1, 0, 0, 0)$.
# - *Through* $\hat x = c \cdot s$. A product hands the gradient on crosswise: $c$ gets $d\hat x \cdot s = (0.53, 0, 0,
#   0)$. The one number $s$ was used four times, so it gets a sum: $ds = \sum d\hat x \cdot c = -2$.
# - *Through* $s = v^{-1/2}$. The derivative from school is $-\tfrac12 v^{-3/2}$, which is $-\tfrac12 s^3$. So $dv =
#   -\tfrac12 s^3 \cdot ds = 0.153$.
# - *Through* $v$, the mean of $c^2$. Each $c$ was squared and divided by $M$, so it gets $2 c / M \cdot dv = (-0.15,
#   -0.08, 0, 0.23)$ on top of what it has: $dc = (0.38, -0.08, 0, 0.23)$.
# - *Through* $c = x - m$. $x$ gets $dc$ as it is. The mean was subtracted from all four: $dm = -\sum dc = -0.53$.
# - *Through* $m$, the mean of $x$. Each $x$ gets $dm / M = -0.13$ on top of what it has: $dx = (0.25, -0.21, -0.13,
#   0.10)$.
#
# The same in code:

# %% slideshow={"slide_type": "subslide"}
dy, gamma, M = np.array([1.0, 0.0, 0.0, 0.0]), 1.0, 4
dbeta, dgamma, dx_hat = dy.sum(), (dy * x_hat).sum(), gamma * dy
first, ds = dx_hat * s, (dx_hat * c).sum()
dv = -0.5 * s**3 * ds
second = 2 * c / M * dv
dc = first + second
dm = -dc.sum()
dx = dc + dm / M
print(f"dbeta {dbeta}, dgamma {dgamma:.2f}, ds {ds:.0f}, dv {dv:.3f}, dm {dm:.2f}, dm / M {dm / M:.2f}")
print("dc", first.round(2), "+", second.round(2), "=", dc.round(2), " dx", dx.round(2))

# %% [markdown]
# As in every notebook that has a new backward pass, we measure. `first_output` computes the first $y$ from the four
# inputs, and `numerical_gradient` nudges them one by one:


# %%
def first_output(numbers):
    return ((numbers - numbers.mean()) / np.sqrt(numbers.var() + 1e-5))[0]


measured = numerical_gradient(first_output, numbers.copy())
print(f"measured {measured.round(3)}, relative error {relative_error(dx, measured):.0e}")

# %% [markdown]
# All this can be put together into one line. Three observations do it.
#
# - The last two steps subtract a mean: $dx = dc + dm / M = dc - \mathrm{mean}(dc)$.
# - In $dc$ stand two shares, $\gamma s \cdot dy$ and $2c/M \cdot dv$. Insert $dv = -\tfrac12 s^3 \cdot \gamma \sum dy
#   \cdot c$ into the second and write $\hat x / s$ for $c$. It becomes $-\gamma s \cdot \hat x \cdot
#   \mathrm{mean}(dy \cdot \hat x)$.
# - The mean of $\hat x$ is zero. So the mean of $dc$ is $\gamma s \cdot \mathrm{mean}(dy)$ alone.
#
# What is left is
#
# $$ dx = \gamma\, s\, \Big( dy \;-\; \mathrm{mean}(dy) \;-\; \hat x \cdot \mathrm{mean}(dy \cdot \hat x) \Big) . $$
#
# Read it from the left. $\gamma s$ is the plain slope of a scaling. Then two things are taken off. The first is the
# mean of $dy$, because adding the same number to all inputs changes nothing: the mean would go up by it. The
# second is the part of $dy$ that lies along $\hat x$, because stretching all inputs away from their mean changes
# nothing either: the spread would grow as much. A gradient cannot point in a direction in which nothing changes.

# %%
in_one_line = gamma * s * (dy - dy.mean() - x_hat * (dy * x_hat).mean())
print(f"largest difference from the way box by box: {np.abs(in_one_line - dx).max():.0e}")

# %% [markdown] minutes=7
# ## What it does for a network
#
# **It takes the size of the weights away.** Multiply all weights of a convolution by ten, and everything that it
# computes becomes ten times as large: the mean, and the spread too. Then the normalization behind it divides by that
# spread. What becomes of the loss, and of the gradient by these weights?

# %%
predict("09.ten")

# %% answers="09.ten"
for factor in (1, 10):
    model, loss = deep_cnn("batch norm", 6, seed=0), CrossEntropyLoss()
    model[4].params["weight"] *= factor  # a convolution with a BatchNorm2d behind it
    value = loss.forward(model.forward(few, training=True), labels)
    model.backward(loss.backward())
    size = np.abs(model[4].grads["weight"]).mean()
    print(f"weights times {factor:2d}: loss {value:.3f}, mean size of their gradient {size:.2e}")

# %% [markdown]
# <details><summary>What came out</summary>
#
# The loss is the same, and the gradient is a tenth. So the scale of the first weights, which decided everything in
# notebook 08, hardly matters here. And there is a brake built in: too long a step makes weights large, and large
# weights have small gradients, so that the next steps change less.
#
# </details>
#
# **It stands a larger learning rate.** This is what Ioffe and Szegedy wrote, and what the brake makes plausible. Six
# layers, plain steps without momentum, five seeds each:

# %%
predict("09.rate")

# %% answers="09.rate"
plain, normed = accuracy_by_rate("plain"), accuracy_by_rate("batch norm")
for rate in plain:
    row = [f"{one[rate].mean:4.0%} ± {one[rate].deviation:4.0%}" for one in (plain, normed)]
    print(f"rate {rate:5}: plain {row[0]}, batch norm {row[1]}")

# %% [markdown]
# The number behind ± is the standard deviation over the seeds. At its own best rate the normalised network is the
# better one, too.
#
# **It does not make a network as deep as you like.** Look at the line *norm* in the picture above, at 50 layers. Its
# signal keeps its size, as it must. But the gradient is larger at the first layer than at the last, by about a fifth
# for each layer:

# %%
for depth in (10, 20, 50):
    found = [profile(deep_cnn("batch norm", depth, seed), few, labels) for seed in range(3)]
    growth = [one.gradient[0] / one.gradient[-1] for one in found]
    each = np.mean(growth) ** (1 / depth)
    times = ", ".join(f"× {g:,.0f}" for g in growth)
    print(f"{depth:2d} layers: gradient back {times}; each layer × {each:.2f}")

# %% [markdown] minutes=9
# Why? Forwards, the normalization holds the size by force. Backwards, nothing holds it. Yang and others proved in 2019,
# for very wide networks, that normalization itself makes the gradient grow from layer to layer, whatever the first
# weights are. With fifty layers the first gradient is some thousand times as large as the last, and it is hard to find
# a learning rate that suits both. What that does to the accuracy comes below, in one table with the others.
# <!-- source: Yang et al. 2019, "A mean field theory of batch normalization", abstract -->
#
# ## The trap: training is not judging
#
# In training, an image is normalised together with 31 others. When the network is *judged*, or used, this must not
# happen: the guess for a digit should not depend on which other digits are looked at. So `BatchNorm2d` does two
# different things.
#
# - `training=True`: mean and variance are those of the batch. On the side, running averages of both are kept: at each
#   step the old average counts 90 %, the new batch 10 %.
# - `training=False`: the running averages are used, as constants. Then it is a mere scaling and shifting.
# <!-- source: cnnlib.nn.layers.BatchNorm2d: momentum=0.1 -->
#
# What happens when somebody forgets to switch? We train a network, then judge the test digits with the statistics of
# their own batch. First the digits come in mixed order. Then they come sorted: all zeros, then all ones, and so on.

# %%
predict("09.sorted")

# %% answers="09.sorted"
model = deep_cnn("batch norm", 6, seed=0)
fit(model, CrossEntropyLoss(), SGD(0.1), x, y, epochs=3, rng=0, progress=False)
order = np.argsort(digits.y_test, kind="stable")
mixed = accuracy_among(model, digits.x_test, digits.y_test, batch_size=32)
by_digit = accuracy_among(model, digits.x_test[order], digits.y_test[order], batch_size=32)
judged = evaluate(model, CrossEntropyLoss(), digits.x_test, digits.y_test).accuracy
print(f"judged as it should be: {judged:.1%}; in training mode: mixed {mixed:.1%}, sorted {by_digit:.1%}")

# %% [markdown]
# <details><summary>What came out</summary>
#
# Mixed, nobody would notice the mistake. Sorted, the network loses several points: in a batch of nothing but zeros,
# what all zeros have in common *is* the mean, and the mean is taken off.
#
# </details>
#
# The smaller the batch, the more an image depends on its company. We put the first test digit into thirty batches, each
# time with other digits, and look at how far its ten scores scatter from batch to batch (their standard deviation):

# %%
for size in (2, 8, 32, 128):
    scatter = spread_among(model, digits.x_test, size, np.random.default_rng(0))
    print(f"batches of {size:3d}: its scores scatter by {scatter:.2f}")

# %% [markdown]
# In training this scatter is a noise that small batches have more of. The extreme is a batch of one. A convolution then
# still has the pixels of its maps to average over; a channel that has only one number has nothing. What is left of a
# number when its own mean is subtracted? **This cell is meant to fail.**

# %% tags=["raises-exception"]
F.batchnorm2d_forward(np.full((1, 8, 1, 1), 5.0), np.ones(8), np.zeros(8))

# %% [markdown]
# The other trap is the start. The running averages begin at mean 0 and variance 1, and need some tens of steps to forget
# that. Judged too early, a network looks worse than it is:

# %%
young = deep_cnn("batch norm", 6, seed=0)
for steps in (5, 5, 35):
    some = 32 * steps
    fit(young, CrossEntropyLoss(), SGD(0.1), x[:some], y[:some], rng=0, progress=False)
    running = evaluate(young, CrossEntropyLoss(), digits.x_test, digits.y_test).accuracy
    among = accuracy_among(young, digits.x_test, digits.y_test, batch_size=360)
    print(f"{steps:2d} steps more: by running averages {running:.0%}, by the batch's own {among:.0%}")

# %% [markdown]
# **Layer normalization** avoids both traps. It computes the same formula, but takes the mean and the variance over all
# numbers of *one image* instead of one channel of all images. No image sees another, so training and judging
# are the same, and a batch of one will do. That is why it is used where batches are small or lengths differ, above all
# in transformers.

# %%
layered = deep_cnn("batch norm", 6, seed=0, norm=lambda channels: LayerNorm((channels, 4, 4)))
fit(layered, CrossEntropyLoss(), SGD(0.1), x, y, epochs=3, rng=0, progress=False)
alone = accuracy_among(layered, digits.x_test, digits.y_test, batch_size=1)
judged = evaluate(layered, CrossEntropyLoss(), digits.x_test, digits.y_test).accuracy
print(f"layer normalization, judged {judged:.1%}; in training mode, one by one {alone:.1%}")

# %% [markdown] minutes=12
# ## A way past: the residual block
#
# Batch normalization left one trouble: the gradient still goes through a product of fifty factors. In 2015 He and
# others had a simple idea. Take a few layers and call what they compute $f$. Instead of $f(x)$, let the block put out
# $y = x + f(x)$.
# <!-- source: He et al. 2015, "Deep residual learning for image recognition" -->
#
# The input goes *past* the layers, and what they compute is added. This is a **residual block**: the layers
# only have to learn the rest, the residual, by which the output should differ from the input. If nothing should be
# changed, they need only put out zero. (In the plain network above, fifty layers would have to learn to pass a digit on
# unchanged.)
#
# Backwards, $x$ was used twice, so it gets two shares:
#
# $$ dx = dy + \text{what the backward of } f \text{ makes of } dy . $$
#
# The first share is $dy$ itself. It is not multiplied by anything. In a chain of three blocks the gradient can go
# through or past each of them, so there are 2 · 2 · 2 ways; on one of these, past all three, it arrives whole. In
# `cnnlib` the block is `Residual([...])`, and its input and output have the same shape:

# %% slideshow={"slide_type": "subslide"}
branch = deep_cnn("plain", 2, seed=1)[2:6]  # ReLU, convolution, ReLU, convolution
block = Residual(branch)
h = np.random.default_rng(0).normal(size=(4, 8, 4, 4)).astype(np.float32)
dy = np.random.default_rng(1).normal(size=h.shape).astype(np.float32)
block.forward(h)
dx = block.backward(dy)
through = dy
for layer in branch:
    h = layer.forward(h)
for layer in reversed(branch):
    through = layer.backward(through)
print(f"largest difference of dx and dy + share through f: {np.abs(dx - (dy + through)).max():.0e}")

# %% [markdown]
# Now fifty layers are 25 such blocks. First without batch normalization. The gradient can no longer vanish. What about
# the signal?

# %%
predict("09.growth")

# %% answers="09.growth"
for kind in ("plain", "residual", "residual + batch norm"):
    found = profile(deep_cnn(kind, 50, seed=0, scale=1), few, labels)
    print(f"{kind:21s}: signal × {found.size[-1] / found.size[0]:.2g}", end=", ")
    print(f"gradient back × {found.gradient[0] / found.gradient[-1]:.2g}")

# %% [markdown]
# <details><summary>What came out</summary>
#
# Without normalization the signal grows a few hundredfold, and the gradient on its way back grows too. The identity
# never lets a signal vanish, but each block adds something of about its own size, and sums of that kind grow by a
# factor in each block. The network with both parts is different: in front of each block's layers the size is set to 1
# again, so each block adds about the same amount. The growth is a sum, not a product.
#
# </details>
#
# And does it learn?

# %%
predict("09.fifty")

# %% answers="09.fifty"
print("layers               " + "".join(f"{depth:>12d}" for depth in accuracy_by_depth("plain")))
for kind in STUDIED:
    row = [f"{one.mean:.0%} ± {one.deviation:.0%}" for one in accuracy_by_depth(kind).values()]
    print(f"{kind:21s}" + "".join(f"{cell:>12s}" for cell in row))

# %% [markdown]
# <details><summary>What came out</summary>
#
# With both parts, fifty layers learn nearly as well as four. Neither part alone gets there, with the three learning
# rates that were tried: batch normalization helps up to ten or twenty layers and fails at fifty, where its gradient
# explodes; the residual network without it fails from twenty on, where its signal does.
#
# Note what the table does *not* say: that depth made anything better. The digits are small and easy, and four layers
# are enough for them. What is shown is that depth no longer does harm. Where images are hard, the deeper networks win:
# He and others went from 18 to 152 layers on photographs and gained with each step.
# <!-- source: He et al. 2016, tables 2 to 4: 18 and 34 layers, then 50, 101 and 152 -->
#
# </details>
#
# **A third way.** The last line of the table has no normalization. There the last convolution of each block
# starts at zero. Every block then passes its input on, the fifty layers start as if they were not there, and each block
# grows only as far as it helps. So normalization is not the only way to hold the sizes. Try all this in the
# picture: tick *Residual blocks start at 0*.

# %% tags=["nbval-ignore-output"]
goal = Challenge(
    "50 layers: residual and both below a loss of 0.6",
    lambda f: f["depth"] == 50 and f["steps"] and max(f["loss_residual"], f["loss_both"]) < 0.6,
    lambda f: (f"now {f['loss_residual']:.2f} and {f['loss_both']:.2f}", f["steps"] / 100),
)
DepthExplorer(depth=30, scale=1.2, challenge=goal)

# %% [markdown] minutes=2 cut=1
# ## What is known of why, and what is not
#
# That these two parts work was measured here and in many papers. *Why* is less settled.
#
# - **The first explanation of batch normalization did not hold.** Ioffe and Szegedy called the trouble *internal
#   covariate shift*: each layer's inputs keep changing while the layers before it learn. Santurkar and others tested
#   this in 2018. They added noise behind every normalization, so that the inputs shifted more than in a plain network.
#   It trained about as well as without the noise. <!-- source: Santurkar et al. 2018, section 2 -->
# - **The loss becomes smoother.** The same paper measured that with batch normalization the gradient changes less along
#   a step, so that a longer step can be trusted. That fits the larger rates. Why the surface becomes smoother is
#   proved for simple cases only.
# - **The built-in brake** that you saw with the ten times larger weights is plain algebra. How much of the gain is due
#   to it is not known.
# - **Images stay different.** In plain deep networks all images become alike; with normalization they do not, as the
#   picture *how alike* shows. That this is what decides is a guess.
# - **Residual blocks.** That the gradient has a way past is algebra. He and others found in 2016 that anything put
#   into this way (a factor, a ReLU, a convolution) makes deep networks worse, which fits.
# <!-- source: Ioffe and Szegedy 2015; Santurkar et al. 2018; He et al. 2016, "Identity mappings in deep residual networks" -->

# %% [markdown]
# ## Exercises
#
# The cards between the exercises have worked examples whose lines are to be put in order.
#
# **1. Forwards, for images.** *Warm-up, 8 minutes.* `x` has the shape `(N, C, H, W)`, `gamma` and `beta` the shape
# `(C,)`. Every channel gets a mean and a variance of its own. Add 0.00001 to the variance.
# <!-- source: the default eps=1e-5 of PyTorch's BatchNorm2d -->


# %%
def batchnorm_forward(x, gamma, beta):
    """Give each channel mean 0 and variance 1, then scale and shift it."""
    ### BEGIN SOLUTION
    # Why: one mean a channel, so the sum runs over all other axes; keepdims lets it stand beside x.
    mean = x.mean(axis=(0, 2, 3), keepdims=True)
    var = x.var(axis=(0, 2, 3), keepdims=True)
    x_hat = (x - mean) / np.sqrt(var + 1e-5)
    return gamma[:, None, None] * x_hat + beta[:, None, None]
    ### END SOLUTION


# %%
check("09.batchnorm_forward", batchnorm_forward)

# %%
worked("09.worked-ways", "09.gap")

# %% [markdown]
# **2. Backwards, for images.** *Core, 15 minutes.* The forward kept three things: `x_hat`, of the shape of the images;
# `inv_std`, which is the $s$ above, of shape `(C,)`; and `gamma`. Return `dx`, `dgamma` and `dbeta`. The formula in one line is
# all you need; take care over which axes the means and sums run.


# %%
def batchnorm_backward(dy, cache):
    """Gradients by x, gamma and beta of batch normalization in training mode."""
    x_hat, inv_std, gamma = cache
    ### BEGIN SOLUTION
    # Why: what all numbers of the channel have in common, and what lies along x_hat, cannot change y.
    channel = (0, 2, 3)
    mean = dy.mean(axis=channel, keepdims=True)
    along = x_hat * (dy * x_hat).mean(axis=channel, keepdims=True)
    dx = (gamma * inv_std)[:, None, None] * (dy - mean - along)
    return dx, (dy * x_hat).sum(axis=channel), dy.sum(axis=channel)
    ### END SOLUTION


# %%
check("09.batchnorm_backward", batchnorm_backward)

# %% [markdown]
# **3. Backwards through a residual block.** *Core, 5 minutes.* The block is $y = x + f(x)$. `branch` is the backward of
# $f$: `branch(d)` is what $f$'s layers make of a gradient `d`.


# %%
def residual_backward(dy, branch):
    """Gradient by x of y = x + f(x)."""
    ### BEGIN SOLUTION
    # Why: x is used twice, by the way past and by f, so both shares add up.
    return dy + branch(dy)
    ### END SOLUTION


# %%
check("09.residual_backward", residual_backward)

# %% [markdown]
# **4. Repair it without normalization.** *Stretch, 12 minutes.* This network has 30 residual layers, and its signal
# explodes. Change some of its weights before training, in one or two lines, so that it learns. Normalization is not
# allowed. (Its blocks are `deep[2]` to `deep[16]`. The layers of a block are `deep[2].layers`; the last of them is a convolution.)

# %%
deep = deep_cnn("residual", 30, seed=0)
### BEGIN SOLUTION
# Why: a block whose last convolution is zero passes its input on; a small factor instead of zero does it too.
for block in deep[2:17]:
    block.layers[-1].params["weight"][...] = 0
### END SOLUTION

# %% tags=["nbval-ignore-output"]
start = profile(deep, few, labels)
signal, gradient = start.size[-1] / start.size[0], start.gradient[0] / start.gradient[-1]
print(f"signal × {signal:.3g}, gradient back × {gradient:.3g}")
with np.errstate(all="ignore"):
    fit(deep, CrossEntropyLoss(), SGD(0.02, momentum=0.9), x, y, epochs=2, rng=0, progress=False)
    right = evaluate(deep, CrossEntropyLoss(), digits.x_test, digits.y_test).accuracy
print(f"{right:.0%} of the test digits right: {'it learns' if right > 0.8 else 'it does not learn yet'}")

# %% [markdown]
# ## Questions
#
# Five of a pool, on a card that answers back; they come back another day, in [review](review.ipynb).

# %%
quiz("09")

# %% [markdown]
# ## Summary
#
# Through many layers signal and gradient are multiplied many times: they vanish, explode, or images become alike. Batch
# normalization sets the size right in every step and stands larger rates; judged, it uses running averages. A residual
# block adds its input to its output, so that the gradient has a way past; with both, fifty layers train like four.

# %% [markdown]
# ## References
#
# - S. Ioffe, C. Szegedy, [Batch normalization](https://arxiv.org/abs/1502.03167), 2015
# - K. He et al., [Deep residual learning for image recognition](https://arxiv.org/abs/1512.03385), 2015, and [Identity
#   mappings in deep residual networks](https://arxiv.org/abs/1603.05027), 2016
# - S. Santurkar et al., [How does batch normalization help optimization?](https://arxiv.org/abs/1805.11604), 2018
# - J. L. Ba, J. R. Kiros, G. E. Hinton, [Layer normalization](https://arxiv.org/abs/1607.06450), 2016
# - D. Balduzzi et al., [The shattered gradients problem](https://arxiv.org/abs/1702.08591), 2017
# - G. Yang et al., [A mean field theory of batch normalization](https://arxiv.org/abs/1902.08129), 2019
# - H. Zhang, Y. N. Dauphin, T. Ma, [Fixup initialization: residual learning without
#   normalization](https://arxiv.org/abs/1901.09321), 2019
#
# Next: [Can I watch a network learn a shape?](10_spirals.ipynb)
