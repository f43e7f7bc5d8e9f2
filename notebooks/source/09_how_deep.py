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
# The networks that were trained in this course so far have two or three layers with weights, some in notebook 08 up to ten.
# Networks that recognise photographs have fifty, or a hundred and fifty. More layers can compute more; is it enough to
# stack them? In this notebook you stack fifty layers and measure what becomes of them. Then you build the two parts with
# which deep networks are trained today: *batch normalization* and the *residual block*. You measure what each of them does
# alone, and what both do together.
#
# **After this notebook you can**
#
# 1. follow the sizes of signal and gradient through many layers, and say where they vanish or explode;
# 2. compute batch normalization forwards and backwards, by hand and in code, for images too;
# 3. say what batch normalization does in training and what it does when the network is judged;
# 4. build a residual block, and explain how the gradient gets past it;
# 5. tell which explanations of these two are measured and which are not.
#
# **You need** the sizes of signals and He's rule from [Where do we start?](08_initialization.ipynb), and the chain
# rule on a graph from [Whose fault is it?](03_backpropagation.ipynb).
#
# **Time** 60 minutes, and about 50 for the exercises.
# <!-- computed: 8 + 15 + 8 + 8 + 12 = 51 -->
# **Back** [08: Where do we start?](08_initialization.ipynb)
# **On** [10: Can I watch a network learn a shape?](10_spirals.ipynb)

# %%
import numpy as np

from cnnlib import (
    SGD, BatchNorm2d, Conv2d, CrossEntropyLoss, ReLU, Residual, evaluate,
    fit,
)
from cnnlib.checks import check
from cnnlib.experiments.depth import (
    accuracy_among, deep_cnn, profile, spread_among,
)
from cnnlib.experiments.depth_study import (
    STUDIED, accuracy_by_depth, accuracy_by_rate,
)
from cnnlib.experiments.starting_networks import study_images
from cnnlib.nn import functional as F
from cnnlib.nn.gradcheck import numerical_gradient, relative_error
from cnnlib.runtime import in_short
from cnnlib.widgets import Challenge, DepthExplorer, NormalizationSteps
from cnnlib.widgets.cards import predict, quiz, worked

# MNIST's of 28x28: 1,440 to learn from, 1,000 held back for validation
digits = study_images()
x, y = digits.x_train, digits.y_train
few, labels = x[:60], y[:60]

# %% [markdown] minutes=3
# ## Stack more layers
#
# All networks of this notebook are built alike. First comes a convolution whose windows have 4x4 pixels and lie four pixels
# apart: it turns the 28x28 digit into eight maps of 7x7 numbers. Then come more convolutions, each with a ReLU in front of
# it, from eight maps to eight maps. At the end a linear layer reads the ten scores. When this notebook says *50 layers*, it
# counts the convolutions in the middle. Nothing but their number is changed.
#
# An *epoch* is one pass through all training images; here these are 1,440 of MNIST's digits. The share that is right is taken
# over 1,000 others, held back for *validation*. Each network is trained five times, with five *seeds*; a seed is the number
# from which the first weights and the order of the images are drawn. With 4 such layers the network reads most digits after
# three epochs. What do you expect of 50?

# %%
predict("09.plain")

# %% answers="09.plain"
for depth, found in accuracy_by_depth("plain").items():
    spread = f"from {found.low:4.0%} to {found.high:4.0%} over five seeds"
    right = f"{found.mean:4.0%} of the validation digits right, {spread}"
    print(f"{depth:2d} layers: {right}; training loss {found.loss:.2f}")

# %% [markdown] minutes=9
# These numbers were computed beforehand, because 90 trainings take a while. The program is `tools/measure_depth.py`.
#
# - Each training took three epochs, in batches of 32 images, with *momentum*: a step is the present gradient plus 0.9 times
#   the step before.
# - Three learning rates were tried: 0.005, 0.02 and 0.05. The table shows the one with the lowest training loss.
# - *He's rule* says how large the first weights should be: drawn at random with the spread $\sqrt{2/n}$, where $n$ is the
#   number of inputs of a unit, so that a layer with a ReLU keeps the size of its signal. Here the weights are 1.1 times as
#   large, in all networks of this table; the reason for this factor comes below.
# <!-- source: cnnlib.experiments.depth.KEEPING: 1.1; cnnlib.experiments.depth_study.run: momentum 0.9, batches of 32 -->
#
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# The more layers, the worse, and with fifty the network hardly does better than guessing. Is this *over-fitting*? A network
# is over-fitted if it knows its training images nearly by heart and does badly on others; its training loss is low. The
# training loss of this one is nearly that of guessing, 2.30. So it is not over-fitted: it has learned nothing.
# <!-- source: ln 10, notebook 02 -->
#
# </details>
#
# ## What reaches the other end?
#
# A network learns if two things arrive: the *signal*, which carries the image forwards to the loss, and the
# *gradient*, which carries the blame back to the weights. So let us measure both, behind every second layer, before
# any training. As the size of many numbers we take their *root mean square*: square them all, take the mean of the
# squares, and then the root of this mean.
#
# The large picture below shows the size of the gradient behind the same layers. It starts at the loss, at the right end, and
# travels to the left, through the blocks that are drawn beneath it, to the image. The small picture above at the right shows
# the size of the signal, from the first layer to the last. Each is drawn as a multiple of the size that it sets out with, so
# every line begins at × 1, and a flat line is good: in the grey band a size has changed by less than a factor of 3. The
# vertical axes of both are logarithmic.
#
# The first weights follow He's rule, without the factor, and fifty layers are stacked. How large is the gradient when it
# arrives at the first layer?

# %%
predict("09.back")

# %% tags=["nbval-ignore-output"] answers="09.back"
kept = Challenge(
    "50 layers: a scale at which the plain gradient changes by less than a "
    "factor of 3",
    lambda f: f["depth"] == 50 and 1 / 3 < f["gradient_plain"] < 3,
    lambda f: (
        f"now × {f['gradient_plain']:.2g}, {f['depth']} layers",
        f["depth"] / 60,
    ),
)
shown = ("shows", "depth", "scale", "rate", "seed")
DepthExplorer(depth=50, kinds=("plain",), show=shown, challenge=kept)

# %% [markdown]
# Move *Layers* from 2 to 50 and watch both lines tilt. Then meet the challenge with *Scale*: all first weights are
# multiplied by it.
#
# Why do the lines tilt? Let $h_l$ be the output of layer number $l$, and $dh_l$ the gradient of the loss $E$ by this
# output. On its way back through layer $l$ the gradient is multiplied by the slopes of that layer, and its size changes
# by a factor; call this factor $g_l$. Bars stand for sizes. For $L$ layers
#
# $$ |dh_0| = g_1 \cdot g_2 \cdots g_L \cdot |dh_L| . $$
#
# When fifty factors are multiplied, it matters much whether they are a little below or a little above one:

# %%
for g in (0.8, 0.9, 1.0, 1.1, 1.2):
    print(f"fifty factors of {g}: {g**50:.2g}")

# %% [markdown]
# If the factors are a little below one, the gradient *vanishes*. If they are a little above one, it *explodes*.
#
# Why are they below one here, although He's rule is made to keep the size? The rule counts on windows that are full of
# numbers. Our maps have only 7x7 pixels, and all windows at their edges reach over them and read zeros there. Take the mean
# over all windows: only 0.82 of their inputs are pixels. A sum of 0.82 times as many products has a mean square 0.82 times
# as large, and its size, the root of that, is 0.90 times as large. The gradient, as measured in the picture, becomes about
# 0.92 times as large in each layer. Fifty such factors leave about a fiftieth.
# <!-- computed: (19 * 19) / (7 * 7 * 9) = 0.82 -->
# <!-- computed: ((19 * 19) / (7 * 7 * 9)) ** 0.5 = 0.90 -->
# <!-- computed: 0.019 ** (1 / 50) = 0.92 -->
#
# Larger first weights make up for this. For the gradient a scale of 1 / 0.92, about 1.09, would be right, and that is what
# the challenge asks for. For the signal it is 1 / 0.90, about 1.1. (The two factors need not be equal. Of the signal a ReLU
# keeps what is positive; of the gradient it keeps what belongs to a kept number, whatever the gradient's own sign.) This
# notebook takes 1.1 from here on. Then signal and gradient keep their size up to a small factor, which differs from one draw
# of the weights to the next.
# <!-- computed: 1 / 0.92 = 1.09 -->
# <!-- computed: 1 / 0.90 = 1.1 -->

# %%
found = profile(deep_cnn("plain", 50, seed=0, scale=1.1), few, labels)
print(
    f"signal × {found.size[-1] / found.size[0]:.2g}, "
    f"gradient back × {found.gradient[0] / found.gradient[-1]:.2g}"
)

# %% [markdown]
# Does the network learn now? Set *Layers* to 50 and *Scale* to 1.1, press Play, and watch the loss. Then choose *how alike*
# under *More*. The small picture above now compares images: what a layer makes of an
# image is a list of numbers, a vector, and the picture shows the cosine of the angle between the vectors of two
# *different* images, averaged over many pairs. At 1 both vectors point in the same direction, and the layers behind can
# hardly tell the two images apart.

# %%
for depth in (4, 20, 50):
    found = [
        profile(deep_cnn("plain", depth, seed, scale=1.1), few, labels)
        for seed in range(3)
    ]
    alike = ", ".join(f"{one.alike[-1]:.2f}" for one in found)
    print(
        f"{depth:2d} layers, three seeds: cosine of different images behind "
        f"the last layer {alike}"
    )

# %% [markdown] minutes=3
# So there is a second trouble. With four layers two images have a cosine of about 0.5, with fifty of 0.8 and more, and the
# more alike their vectors are, the harder it is for the last layer to tell them apart. (Balduzzi and others found in 2017 a
# further one: the deeper a plain network is, the less the gradients of similar inputs have in common; in the end they look
# like noise.) The table at the beginning was already made with a scale of 1.1. So for this plain network it is not enough
# that the sizes are right at the start.
# <!-- source: Balduzzi et al. 2017, "The shattered gradients problem", abstract -->
#
# ## Batch normalization: the idea
#
# The first weights can set the sizes at the start only. The weights change with every step, and the sizes with them. In 2015
# Ioffe and Szegedy proposed another way: put a layer between the others that *measures* the size and sets it right, in every
# step anew. That is batch normalization.
# <!-- source: Ioffe and Szegedy 2015, arXiv:1502.03167 -->
#
# It looks at one channel of all images of the batch. Take the smallest example: one channel, one pixel, four images.
# Their numbers are 1, 2, 3 and 6.
#
# 1. Take their *mean* $m$, which is 3, and subtract it: $c = x - m$ is −2, −1, 0, 3.
# 2. Take the mean of the squares of $c$. This is the *variance* $v$: (4 + 1 + 0 + 9) / 4 = 3.5.
# 3. Divide $c$ by the root of $v$, which is the *standard deviation*, or spread. Then the spread becomes 1. With
#    $u = 1/\sqrt{v + \varepsilon}$ the result is $\hat x = c \cdot u$, read "x hat". Here $\varepsilon$, `eps` in
#    code, is a tiny number, 0.00001. It is there for channels whose numbers are all equal: their variance is zero, and
#    one must not divide by zero.
# 4. Perhaps the next layer needs another mean than 0 and another spread than 1. So the network may choose both:
#    $y = \gamma \hat x + \beta$. The scale $\gamma$ (gamma) and the shift $\beta$ (beta) are learned like weights,
#    one pair for each channel. They start at 1 and 0.
# <!-- computed: (4 + 1 + 0 + 9) / 4 = 3.5 -->
# <!-- source: cnnlib.nn.functional.batchnorm2d_forward: eps=1e-5 -->

# %%
numbers = np.array([1.0, 2.0, 3.0, 6.0])
m = numbers.mean()
c = numbers - m
v = (c**2).mean()
u = 1 / np.sqrt(v + 1e-5)
x_hat = c * u
print(f"m {m}, c {c}, v {v}, u {u:.4f}")
print(
    f"x hat {x_hat.round(2)}, its mean {abs(x_hat.mean()):.2f}, its mean "
    f"square {(x_hat**2).mean():.3f}"
)

# %% [markdown] minutes=12 cut=2
# With real images a channel has many pixels, and all of them share the mean and the variance. For images of the shape
# `(N, C, H, W)` the mean is taken over N, H and W, and there are C means. In code this is `axis=(0, 2, 3)`.
#
# Where does the layer stand? The order in this notebook is *normalization, ReLU, convolution*, and again from the
# beginning.
#
# ## Batch normalization, backwards
#
# Now the gradient. It arrives as $dy$, one number for each of the four outputs, and we want $dx$. Suppose that the loss
# depends on the first output alone: $dy$ = (1, 0, 0, 0). Let $\gamma = 1$. Which inputs get a gradient?

# %%
predict("09.others")

# %% [markdown]
# Below is the same computation as a picture. Each of the four numbers is a line: it runs from $x$ to $c$, $\hat x$ and $y$.
# What all four share stands between the columns: the mean, the spread, $\gamma$ and $\beta$. Below, the gradient comes back
# from right to left, and the bars of $dx$ are laid end to end. There are six steps forwards, then eleven backwards, and the
# picture opens between them: all values are known, and no gradient yet. Press Step for the other eleven. First $dy$
# arrives; from then on the rule is the one of notebook 03: *upstream gradient times local slope, and where a number was
# used twice, both shares add up*.
#
# **Challenge.** Keep the gradient that arrives, $dy$, at *1, 0, 0, 0*, go to the last step, and find four numbers for which
# *all* of $dx$ is zero: drag the dots of $x$, or set them behind *More*.
# (Why does the loss not change then, whichever of the four you move a little?)


# %% tags=["nbval-ignore-output"] answers="09.others"
def nothing_moves(f):
    """The first output alone is blamed, the numbers differ, and no input
    gets a gradient.
    """
    end = f["step"] == f["steps"] and f["upstream"] == 0
    return end and f["variance"] > 0.1 and f["largest_dx"] < 0.005


words = "dy blames the first number alone, and dx is 0 everywhere"
largest = lambda f: (
    f"{f['largest_dx']:.3f}" if f["step"] == f["steps"] else "not known yet"
)
now = lambda f: (
    f"now step {f['step']}, largest |dx| {largest(f)}",
    f["step"] / 20,
)
zero = Challenge(words, nothing_moves, now)
NormalizationSteps(challenge=zero)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# All four inputs get a gradient, although $dy$ is zero for three of the outputs. All four inputs make the mean and the
# variance, and the first output is computed with both. The challenge is met when the last three numbers are equal and
# the first is another one, say 6, 2, 2 and 2. If the first is moved further away, its distance from the mean grows, and the
# spread by which this distance is divided grows by the same factor, so $\hat x$ does not change. And if one of the three
# others is moved a little? No four numbers give a first $\hat x$ that is larger than this one. So a move up cannot make it
# larger, and neither can a move down. If the slope were not zero, one of the two would. So the slope is zero, as at the top
# of a hill. (If the first number is the smallest of the four, $\hat x$ is at its lowest, and the same holds.)
#
# </details>
#
# Here is the way back in words and numbers, one line for each formula of the way forwards, the last one first. Take the
# numbers 1, 2, 3 and 6 again, and $\gamma = 1$. $M$ is how many numbers share a mean, here 4. The sign $\sum$ means the sum
# over these four.
#
# - *Through* $y = \gamma \hat x + \beta$. The shift was added to all four numbers, so its gradient is a sum: $d\beta =
#   \sum dy = 1$. The scale was multiplied with $\hat x$, so $d\gamma = \sum dy \cdot \hat x = -1.07$. And $d\hat x =
#   \gamma \cdot dy = (1, 0, 0, 0)$.
# - *Through* $\hat x = c \cdot u$. In a product each factor gets the gradient times the other factor. So $c$ gets
#   $d\hat x \cdot u = (0.53, 0, 0, 0)$. The one number $u$ was used four times, so its four shares add up: $du = \sum
#   d\hat x \cdot c = -2$.
# - *Through* $u = v^{-1/2}$ (without the tiny $\varepsilon$). The derivative from school is $-\tfrac12 v^{-3/2}$, which
#   is $-\tfrac12 u^3$. So $dv = -\tfrac12 u^3 \cdot du = 0.153$.
# - *Through* $v$, the mean of $c^2$. Each $c$ was squared and divided by $M$, so it gets $2 c / M \cdot dv = (-0.15,
#   -0.08, 0, 0.23)$ on top of what it has: $dc = (0.38, -0.08, 0, 0.23)$.
# - *Through* $c = x - m$. $x$ gets $dc$ as it is. The mean was subtracted from all four: $dm = -\sum dc = -0.53$.
# - *Through* $m$, the mean of $x$. Each $x$ gets $dm / M = -0.134$ on top of what it has: $dx = (0.248, -0.210,
#   -0.134, 0.095)$.
#
# The same in code:

# %% slideshow={"slide_type": "subslide"}
dy, gamma, M = np.array([1.0, 0.0, 0.0, 0.0]), 1.0, 4
dbeta, dgamma, dx_hat = dy.sum(), (dy * x_hat).sum(), gamma * dy
first, du = dx_hat * u, (dx_hat * c).sum()
dv = -0.5 * u**3 * du
second = 2 * c / M * dv
dc = first + second
dm = -dc.sum()
dx = dc + dm / M
print(
    f"dbeta {dbeta}, dgamma {dgamma:.2f}, du {du:.0f}, dv {dv:.3f}, dm "
    f"{dm:.2f}, dm / M {dm / M:.3f}"
)
print(
    "dc",
    first.round(2),
    "+",
    second.round(2),
    "=",
    dc.round(2),
    " dx",
    dx.round(3),
)

# %% [markdown]
# As in every notebook with a new backward pass, we compare with measured slopes. `first_output` computes the first $y$ from
# the four inputs, and `numerical_gradient` nudges them one by one:


# %%
def first_output(numbers):
    return ((numbers - numbers.mean()) / np.sqrt(numbers.var() + 1e-5))[0]


measured = numerical_gradient(first_output, numbers.copy())
print(
    f"measured {measured.round(3)}, relative error "
    f"{relative_error(dx, measured):.0e}"
)

# %% [markdown]
# All this can be written in one line. Three steps lead to it.
#
# - The last two steps together subtract the mean of dc: $dx = dc + dm / M = dc - \mathrm{mean}(dc)$.
# - $dc$ is the sum of two shares. The first is $\gamma u \cdot dy$. The second is $\frac{2c}{M} \cdot dv$. Insert $dv =
#   -\tfrac12 u^3 \cdot \gamma \sum dy \cdot c$. The 2 and the $\tfrac12$ go away, and the sum divided by $M$ is a mean:
#   $-\gamma u^3 \cdot c \cdot \mathrm{mean}(dy \cdot c)$. Here $c$ stands twice. Since $\hat x = c \cdot u$, each $c$ is
#   $\hat x / u$. Written so, $u^3$ is divided by $u$ twice, and one $u$ is left. The second share is $-\gamma u \cdot \hat x
#   \cdot \mathrm{mean}(dy \cdot \hat x)$.
# - The mean of $\hat x$ is zero, so the second share has the mean zero. The mean of $dc$ is therefore that of the first
#   share, $\gamma u \cdot \mathrm{mean}(dy)$.
#
# Together:
#
# $$ dx = \gamma\, u\, \Big( dy \;-\; \mathrm{mean}(dy) \;-\; \hat x \cdot \mathrm{mean}(dy \cdot \hat x) \Big) . $$
#
# $\gamma u$ is the slope that the layer would have if mean and variance were constants. Then two things are subtracted
# from $dy$. The first is its mean: if the same number is added to all inputs, the mean grows by that number, and no
# output changes. The second is the part of $dy$ that is proportional to $\hat x$: if the distances of all inputs from
# their mean grow by the same factor, the spread grows by that factor too, and again no output changes.
#
# This can be seen in the result. Add a tiny number to all inputs: the loss changes by that number times the sum of all $dx$.
# It must not change, so the sum of $dx$ must be zero. Let all distances grow by a tiny share: each input moves in proportion
# to its $\hat x$, so the sum of $dx \cdot \hat x$ must be zero as well.

# %%
in_one_line = gamma * u * (dy - dy.mean() - x_hat * (dy * x_hat).mean())
print(
    "largest difference from the way box by box: "
    f"{np.abs(in_one_line - dx).max():.0e}"
)
print(
    f"sum of dx {abs(dx.sum()):.5f}, sum of dx times x hat "
    f"{abs((dx * x_hat).sum()):.5f}"
)

# %% [markdown] minutes=7
# ## What it does for a network
#
# Multiply all weights of a convolution by ten. Apart from the bias, everything that it computes becomes ten times as
# large: the mean, and the spread too. The normalization behind it subtracts that mean, and the bias with it, and divides by
# that spread. What becomes of the loss, and of the gradient by these weights?

# %%
predict("09.ten")

# %% answers="09.ten"
for factor in (1, 10):
    model, loss = deep_cnn("batch norm", 6, seed=0), CrossEntropyLoss()
    # a convolution with a BatchNorm2d behind it
    model[4].params["weight"] *= factor
    value = loss.forward(model.forward(few, training=True), labels)
    model.backward(loss.backward())
    size = np.abs(model[4].grads["weight"]).mean()
    print(
        f"weights times {factor:2d}: loss {value:.3f}, mean size of their "
        f"gradient {size:.2e}"
    )

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# The loss is the same, and the gradient is a tenth: to change the loss as much as before, a ten times larger weight must
# move ten times as far. So the scale of the first weights, which decided so much in notebook 08, hardly matters here. This
# also corrects steps that are too long: they make the weights larger, larger weights have smaller gradients, and so the
# following steps change the network less.
#
# </details>
#
# **Which learning rates are possible?** Ioffe and Szegedy wrote that batch normalization allows larger ones, and what
# you have just seen makes it plausible. How much larger? Six layers were trained without momentum (each step is the rate
# times the gradient and no more), with five seeds for each rate:

# %%
predict("09.rate")

# %% answers="09.rate"
plain, normed = accuracy_by_rate("plain"), accuracy_by_rate("batch norm")
for rate in plain:
    row = [
        f"{one[rate].mean:4.0%} ± {one[rate].deviation:4.0%}"
        for one in (plain, normed)
    ]
    print(f"rate {rate:5}: plain {row[0]}, batch norm {row[1]}")

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# The number behind ± is the standard deviation over the seeds. Without normalization 0.1 is the largest rate with a mean
# above 80 %, and with it 0.3. That is three times as large. At 0.3 the plain networks of some seeds learn and those of
# others do not; at 1 none of the networks learns. At its own best rate the normalised network is the better one, too.
# <!-- source: notebook's own limit: 80 % -->
#
# </details>
#
# **And more layers?** We take fresh networks with batch normalization. Every layer sets the size of the signal anew, so
# it keeps its size. But the gradient grows on its way back, in each layer by a factor of about 1.2 or 1.3:

# %% tags=["nbval-ignore-output"]
for depth in (10, 20, 50):
    found = [
        profile(deep_cnn("batch norm", depth, seed), few, labels)
        for seed in range(3)
    ]
    growth = [one.gradient[0] / one.gradient[-1] for one in found]
    each = np.mean(growth) ** (1 / depth)
    times = ", ".join(f"× {g:,.0f}" for g in growth)
    print(
        f"{depth:2d} layers: gradient back {times}; each layer × {each:.2f}"
    )

# %% [markdown] minutes=9
# Why? Forwards, each normalization sets the size to 1. Backwards nothing sets the size of the gradient. Yang and others
# proved in 2019, for very wide networks, that normalization itself makes the gradient grow from layer to layer, whatever
# the first weights are. With fifty layers the gradient is several thousand times as large at the first layer as at the
# last, and it is hard to find a learning rate that suits both. What this does to the accuracy is measured further below,
# for all networks in one table.
# <!-- source: Yang et al. 2019, "A mean field theory of batch normalization", abstract -->
#
# ## In training, and in use
#
# In training, an image is normalised together with 31 others. When the network is *judged*, or used, this must not
# happen: the guess for a digit should not depend on which other digits are looked at. So `BatchNorm2d` does two
# different things.
#
# - `training=True`: mean and variance are those of the batch. In addition the layer keeps *running averages* of both: at
#   each step the new average is 90 % of the old one plus 10 % of what the batch has.
# - `training=False`: the running averages are used, as constants. Then the layer is only a scaling and a shift.
# <!-- source: cnnlib.nn.layers.BatchNorm2d: momentum=0.1 -->
#
# Suppose somebody forgets to switch. We train a network, then judge the validation digits as in training, with the mean and
# the variance of their own batch. First the digits come in mixed order. Then they come sorted: all zeros, then all ones,
# and so on.

# %%
predict("09.sorted")

# %% tags=["nbval-ignore-output"] answers="09.sorted"
model = deep_cnn("batch norm", 6, seed=0)
fit(
    model,
    CrossEntropyLoss(),
    SGD(0.1),
    x,
    y,
    epochs=3,
    rng=0,
    progress=False,
)
order = np.argsort(digits.y_test, kind="stable")
mixed = accuracy_among(model, digits.x_test, digits.y_test, batch_size=32)
by_digit = accuracy_among(
    model, digits.x_test[order], digits.y_test[order], batch_size=32
)
judged = evaluate(
    model, CrossEntropyLoss(), digits.x_test, digits.y_test
).accuracy
print(
    f"judged as it should be: {judged:.1%}; in training mode: mixed "
    f"{mixed:.1%}, sorted {by_digit:.1%}"
)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# In mixed order nobody would notice the mistake. In sorted order the network loses several points. In a batch that holds
# only images of the digit 0, the mean holds what all zeros have in common. When it is subtracted, part of what tells a zero
# from other digits is lost.
#
# </details>
#
# The smaller the batch, the more the scores of an image depend on the other images in it. We put the first validation digit
# into thirty batches, each time with other digits, and print how far its ten scores scatter from batch to batch (their
# standard deviation). To compare: how far the best of its ten scores lies above the second best, when it is judged.

# %% tags=["nbval-ignore-output"]
second, best = np.sort(model.forward(digits.x_test[:1])[0])[-2:]
print(
    f"judged, its best score lies {best - second:.2f} above the second best"
)
for size in (2, 8, 32, 128):
    scatter = spread_among(
        model, digits.x_test, size, np.random.default_rng(0)
    )
    print(f"batches of {size:3d}: its scores scatter by {scatter:.2f}")

# %% [markdown]
# For this digit that is little: its best score is far ahead. But for a digit whose two best scores lie close together, the
# other images of its batch can decide which of the two is larger. In training this scatter acts like noise, and small
# batches bring more of it. The extreme is a batch of one image. If its maps have several pixels, there is still something to
# average over. But a channel may hold a single number. That number is its own mean, so subtracting the mean leaves zero.
# By the formula the output would be $\gamma \cdot 0 + \beta = \beta$, whatever the number was, and nothing could be learned
# from it. So the library, as PyTorch does, refuses to normalise it. **This cell is meant to fail.**

# %% tags=["raises-exception"]
with in_short():  # of an error only its last line
    F.batchnorm2d_forward(
        np.full((1, 8, 1, 1), 5.0), np.ones(8), np.zeros(8)
    )

# %% [markdown]
# A second mistake is to judge too early. The running averages begin at mean 0 and variance 1, and only after some tens
# of steps these starting values no longer count. Until then a network may look worse than it is:

# %% tags=["nbval-ignore-output"]
young = deep_cnn("batch norm", 6, seed=0)
for steps in (5, 5, 35):
    some = 32 * steps
    fit(
        young,
        CrossEntropyLoss(),
        SGD(0.3),
        x[:some],
        y[:some],
        rng=0,
        progress=False,
    )
    running = evaluate(
        young, CrossEntropyLoss(), digits.x_test, digits.y_test
    ).accuracy
    among = accuracy_among(
        young, digits.x_test, digits.y_test, batch_size=250
    )
    print(
        f"{steps:2d} steps more: by running averages {running:.0%}, by the "
        f"batch's own {among:.0%}"
    )

# %% [markdown]
# The first mistake is possible because an image is normalised together with others, the second because the running averages
# start at values that are not those of the data. **Layer normalization** (Ba and others 2016) has neither a batch nor running
# averages. It computes the same formula, but takes the mean and the variance over all numbers of *one image* instead of one
# channel of all images. So no image has an influence on another, training and judging are the same, and a batch of one is
# enough. That is why it is used where batches are small, or where inputs differ in length, as sentences do: above all in
# *transformers*, the networks behind today's language models.

# %% [markdown] minutes=12
# ## A way past: the residual block
#
# Batch normalization left one trouble: the gradient is still multiplied by fifty factors. In 2015 He and others proposed
# a small change. Take a few layers as a *block*, and call what they compute $f$. Instead of $f(x)$, let the block put
# out $y = x + f(x)$.
# <!-- source: He et al. 2015, "Deep residual learning for image recognition" -->
#
# The input also goes *past* the layers, and what they compute is added to it. This is a **residual block**. Its layers
# have to learn only the residual: the difference between the wanted output and the input. If nothing should be changed,
# it is enough that they put out zero. (The layers of the plain network would have to learn to pass a digit on
# unchanged.) In the networks of this notebook two layers are a block:
#
# ```
#  plain                      residual
#
#    x                          x ────────────┐
#    │                          │             │
#  (normalization)            (normalization) │
#  ReLU                       ReLU            │
#  convolution                convolution     │  past
#  (normalization)            (normalization) │
#  ReLU                       ReLU            │
#  convolution                convolution     │
#    │                          │             │
#    ▼                          + ◄───────────┘
#  f(x)                       x + f(x)
# ```
#
# The sum needs an $f(x)$ of the same shape as $x$. Where a block changes the number of maps, or makes them smaller by a
# stride, He and others put a convolution of 1x1 with the same stride on the way past, which gives $x$ the shape of $f(x)$.
# (In `cnnlib`: `Residual([...], shortcut=[Conv2d(...)])`.)
# <!-- source: He et al. 2015, section 3.3, option B -->
#
# Backwards, $x$ was used twice, so it gets two shares:
#
# $$ dx = dy + \text{what the backward of } f \text{ makes of } dy . $$
#
# The first share is $dy$ itself, not multiplied by anything. In a chain of three blocks the gradient can go through or
# past each of them, so there are 2 · 2 · 2 ways. The share that goes past all three arrives unchanged, so the gradient cannot
# vanish by being multiplied. But the shares of the seven other ways are added to it. What arrives in all may be larger, and
# below you will measure how much. In `cnnlib` the block is `Residual([...])`:
# <!-- computed: 2 * 2 * 2 - 1 = 7 -->

# %% slideshow={"slide_type": "subslide"}
branch = deep_cnn("plain", 2, seed=1)[
    1:5
]  # ReLU, convolution, ReLU, convolution
block = Residual(branch)
h = np.random.default_rng(0).normal(size=(4, 8, 7, 7)).astype(np.float32)
dy = np.random.default_rng(1).normal(size=h.shape).astype(np.float32)
block.forward(h)
dx = block.backward(dy)
through = dy
for layer in branch:
    h = layer.forward(h)
for layer in reversed(branch):
    through = layer.backward(through)
print(
    "largest difference of dx and dy + share through f: "
    f"{np.abs(dx - (dy + through)).max():.0e}"
)

# %% [markdown]
# Now fifty layers are 25 such blocks, first without batch normalization, and with He's rule as it is, without the factor
# 1.1. What becomes of the size of the signal?

# %%
predict("09.growth")

# %% answers="09.growth"
for kind in ("plain", "residual", "residual + batch norm"):
    found = profile(deep_cnn(kind, 50, seed=0, scale=1), few, labels)
    print(
        f"{kind:21s}: signal × {found.size[-1] / found.size[0]:.2g}",
        end=", ",
    )
    print(f"gradient back × {found.gradient[0] / found.gradient[-1]:.2g}")
    block = found.gradient[:-1] / found.gradient[1:]
    print(
        f"    gradient back in the last two layers × {block[-1]:.2f}, "
        f"in the first two × {block[0]:.2f}"
    )

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# In the plain network signal and gradient vanish, as before. (It has no blocks; its factors are those of two layers. The
# gradient keeps its size in the last two and is halved in the first two, as these layers have other weights and other
# signals.) In the residual network without normalization the signal grows a few hundredfold, and the gradient on its way
# back even more. In $x + f(x)$ the signal does not vanish, because $x$ is kept. But $f(x)$ is nearly as large as $x$, so each
# block multiplies the size by a factor above one. So the way past cures the vanishing, and by itself it brings the opposite
# trouble.
#
# In the network with both parts each block begins with a normalization: it sets the size of its input before its layers see
# it. So each block adds about the same amount, and the size of the signal grows much more slowly: amounts are added up, not
# factors multiplied. And the gradient? A normalization multiplies it by about $\gamma u$. At the start $\gamma$ is 1, and $u$
# is one over the spread of the signal; so on the way back the gradient is divided by that spread, too. The larger the signal
# has become, the smaller is the share that comes through $f$. In the last block the gradient hardly grows at all, in the
# first it becomes about 2.6 times as large. All factors together make 34, where fifty normalised layers without a way past
# made several thousand.
#
# </details>
#
# Does the network with both parts learn?

# %%
predict("09.fifty")

# %% answers="09.fifty"
print(
    "layers               "
    + "".join(f"{depth:>12d}" for depth in accuracy_by_depth("plain"))
)
for kind in STUDIED:
    row = [
        f"{one.mean:.0%} ± {one.deviation:.0%}"
        for one in accuracy_by_depth(kind).values()
    ]
    print(f"{kind:21s}" + "".join(f"{cell:>12s}" for cell in row))

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# As in the first table, all first weights are 1.1 times those of He's rule, and of the three learning rates the best one is
# shown. With both parts, fifty layers learn nearly as well as four. Neither part gets there alone, if all layers start with
# such weights. Batch normalization alone is better than plain at every depth, but at fifty layers, where its gradient
# explodes, it fails too. Residual blocks alone are better than plain up to ten layers; from twenty on, where their signal
# explodes, most of them do not learn at all. (With He's rule as it is, without the factor, most of those with twenty layers
# still learn, but none with fifty.)
# <!-- test: tests/experiments/test_depth.py::test_residual_blocks_alone_learn_with_twenty_layers_at_hes_scale -->
#
# The table does *not* show that depth makes anything better. The digits are easy, and four layers are enough
# for them. It shows that depth no longer does harm. On harder images deeper networks are better: He and others went from
# 18 to 152 layers on photographs, and each step made fewer mistakes.
# <!-- source: He et al. 2016, tables 2 to 4: 18 and 34 layers, then 50, 101 and 152 -->
#
# </details>
#
# **A third way.** In the last line of the table, *residual from zero*, there is no normalization. Instead the last
# convolution of each block starts at zero. Every block then passes its input on unchanged, as if the fifty layers were not
# there, and during the training its layers begin to count. (*Fixup*, by Zhang and others 2019, is a start of this kind, with
# which they trained very deep networks.) So normalization is not the only way. Here the sizes are set at the start alone, and
# that is enough: with the way past, the layers can grow from zero to what the training makes of them.
# <!-- source: Zhang, Dauphin and Ma 2019, abstract -->
#
# Try all this in the picture, which now shows four networks: *plain*, *norm* with batch normalization, *residual* with
# residual blocks, and *both*. Each line of the gradient has its name at its left end; click a name, and you follow that network.
# The picture opens after one epoch.
# *Overflow* says that a network's numbers have become too large to be stored; it has stopped. A cross marks the end of its
# line: here that is after two steps, in the upper left corner of the plot of losses. For the third way, tick *Residual
# blocks start at 0* under *More*.

# %% tags=["nbval-ignore-output"] answers="09.fifty"
goal = Challenge(
    "50 layers: residual and both below a loss of 0.8",
    lambda f: (
        f["depth"] == 50
        and f["steps"]
        and max(f["loss_residual"], f["loss_both"]) < 0.8
    ),
    lambda f: (
        f"now {f['loss_residual']:.2f} and {f['loss_both']:.2f}"
        if f["steps"]
        else "not trained yet",
        f["steps"] / 100,
    ),
)
explorer = DepthExplorer(depth=50, scale=1.1, challenge=goal)
explorer.advance(45, progress=True)  # an epoch; Play for a second
explorer

# %% [markdown] minutes=2 cut=1
# ## What is known of why, and what is not
#
# That these two parts work was measured here and in many papers. *Why* they work is less well known.
#
# - **The first explanation of batch normalization did not hold.** Ioffe and Szegedy called the trouble *internal
#   covariate shift*: each layer's inputs keep changing while the layers before it learn. Santurkar and others tested
#   this in 2018. They added noise behind every normalization, so that the inputs shifted more than in a plain network.
#   The network trained about as well as without the noise. <!-- source: Santurkar et al. 2018, section 2 -->
# - **The loss becomes smoother.** The same paper measured that with batch normalization the gradient changes less along
#   a step, so that a longer step still goes down. That fits the larger rates. Why the loss becomes smoother is proved
#   for simple cases only.
# - **Larger weights get smaller gradients.** You saw it with the ten times larger weights, and it follows from the
#   formula. How much of the gain is due to it is not known.
# - **Images stay different.** In plain networks of fifty layers all images become alike, with a cosine of 0.8 and more. With
#   normalization they become less so; the cell below measures it. Whether this is what helps is not known.
# - **Residual blocks.** That the gradient has a way past the layers follows from the derivative of a sum. He and others
#   found in 2016 that deep networks become worse when something is put into this way (a factor, a ReLU, a convolution).
#   Then the share that goes past all blocks is multiplied by something in each of them. So their finding agrees with this
#   explanation; it does not prove that there is no other reason.
# <!-- source: Ioffe and Szegedy 2015; Santurkar et al. 2018; He et al. 2016, "Identity mappings in deep residual networks" -->

# %%
for kind in ("plain", "batch norm", "residual + batch norm"):
    found = [
        profile(deep_cnn(kind, 50, seed), few, labels) for seed in range(3)
    ]
    alike = ", ".join(f"{one.alike[-1]:.2f}" for one in found)
    print(
        f"{kind:21s}: 50 layers, three seeds, cosine of different images "
        f"{alike}"
    )

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
    # Why: one mean a channel, so the sum runs over all other axes; keepdims
    # lets it stand beside x.
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
# `inv_std`, which is the $u$ above, of shape `(C,)`; and `gamma`. Return `dx`, `dgamma` and `dbeta`. The formula in one line is
# all you need; take care over which axes the means and sums run.


# %%
def batchnorm_backward(dy, cache):
    """Gradients by x, gamma and beta of batch normalization in training
    mode.
    """
    x_hat, inv_std, gamma = cache
    ### BEGIN SOLUTION
    # Why: what all numbers of the channel have in common, and what lies
    # along x_hat, cannot change y.
    channel = (0, 2, 3)
    mean = dy.mean(axis=channel, keepdims=True)
    along = x_hat * (dy * x_hat).mean(axis=channel, keepdims=True)
    dx = (gamma * inv_std)[:, None, None] * (dy - mean - along)
    return dx, (dy * x_hat).sum(axis=channel), dy.sum(axis=channel)
    ### END SOLUTION


# %%
check("09.batchnorm_backward", batchnorm_backward)

# %% [markdown]
# **3. A residual block, backwards.** *Core, 8 minutes.* The block is $y = x + f(x)$. `layers` is the list of the layers of
# $f$, in the order of the way forwards. Written out with normalization, that is the list in the cell below. Each has been
# forwards already, and `layer.backward(d)` is what it makes of a gradient `d`.

# %%
layers = [BatchNorm2d(8), ReLU(), Conv2d(8, 8, 3, padding=1, rng=0)]
layers += [BatchNorm2d(8), ReLU(), Conv2d(8, 8, 3, padding=1, rng=1)]


def residual_backward(dy, layers):
    """Gradient by x of y = x + f(x), where f is made of layers."""
    ### BEGIN SOLUTION
    # Why: x is used twice, by the way past and by f, so both shares add up;
    # in f the last layer comes first.
    through = dy
    for layer in reversed(layers):
        through = layer.backward(through)
    return dy + through
    ### END SOLUTION


# %%
check("09.residual_backward", residual_backward)

# %% [markdown]
# If it passed, the next cell compares it with the library on the block above.

# %%
passed = check("09.residual_backward", residual_backward).passed
block, rng = Residual(layers), np.random.default_rng(0)
h, dy = (rng.normal(size=(4, 8, 7, 7)).astype(np.float32) for _ in range(2))
block.forward(h, training=True)
theirs, out = block.backward(dy), h
# f once more, layer by layer, so that each has been forwards
for layer in layers:
    out = layer.forward(out, training=True)
yours = residual_backward(dy, layers) if passed else theirs
np.testing.assert_allclose(yours, theirs, rtol=1e-4, atol=1e-5)
print("like the library's block" if passed else "not yet your function")

# %% [markdown]
# **4. The switch.** *Core, 8 minutes.* Extend your first function by the switch and the running averages. `running` is a pair:
# the running mean and the running variance, of shape `(C,)`. With `training=True` return `y` and a new pair: 0.9 times the old
# average plus 0.1 times that of the batch. (For the running average, PyTorch and `cnnlib` multiply the variance of the batch
# by $M / (M - 1)$, where $M$ is how many numbers a channel holds.) With `training=False` use the pair, and return it as it
# is. The next cell compares with the library's layer.
# <!-- source: cnnlib.nn.layers.BatchNorm2d: momentum=0.1 -->


# %%
def batchnorm_switched(x, gamma, beta, running, training):
    """Batch normalization with its switch: y, and the new pair of running
    averages.
    """
    ### BEGIN SOLUTION
    # Why: in training the batch's own numbers normalise, and the averages
    # follow them; in use they are constants.
    mean, var = (
        (x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3)))
        if training
        else running
    )
    u = 1 / np.sqrt(var + 1e-5)
    y = (gamma * u)[:, None, None] * (x - mean[:, None, None])
    y = y + beta[:, None, None]
    if training:
        M = x.size // len(gamma)
        running = (
            0.9 * running[0] + 0.1 * mean,
            0.9 * running[1] + 0.1 * var * M / (M - 1),
        )
    return y, running
    ### END SOLUTION


# %%
layer, running = BatchNorm2d(8, dtype=np.float64), (np.zeros(8), np.ones(8))
images = np.random.default_rng(0).normal(3, 2, size=(3, 5, 8, 4, 4))
for batch, training in zip(images, (True, True, False), strict=True):
    theirs = layer.forward(batch, training=training)
    found = batchnorm_switched(
        batch, np.ones(8), np.zeros(8), running, training
    )
    if found is None:
        print("not attempted yet")
        break
    running = found[1]
    print(
        f"training {training}: largest difference from the library "
        f"{np.abs(found[0] - theirs).max():.0e}"
    )

# %% [markdown]
# **5. Repair it without normalization.** *Stretch, 12 minutes.* This network has 30 residual layers, and its signal
# explodes. Change some of its weights before training, in one or two lines, so that it learns, without any normalization.
# (Its blocks are `deep[1]` to `deep[15]`. The layers of a block are `deep[1].layers`; the last of them is a convolution.)

# %%
deep = deep_cnn("residual", 30, seed=0)
### BEGIN SOLUTION
# Why: a block whose last convolution is zero passes its input on; a small
# factor instead of zero does it too.
for block in deep[1:16]:
    block.layers[-1].params["weight"][...] = 0
### END SOLUTION

# %% tags=["nbval-ignore-output"]
start = profile(deep, few, labels)
signal, gradient = (
    start.size[-1] / start.size[0],
    start.gradient[0] / start.gradient[-1],
)
print(f"signal × {signal:.3g}, gradient back × {gradient:.3g}")
with np.errstate(all="ignore"):
    fit(
        deep,
        CrossEntropyLoss(),
        SGD(0.02, momentum=0.9),
        x,
        y,
        epochs=2,
        rng=0,
        progress=False,
    )
    right = evaluate(
        deep, CrossEntropyLoss(), digits.x_test, digits.y_test
    ).accuracy
print(
    f"{right:.0%} of the validation digits right: "
    f"{'it learns' if right > 0.8 else 'it does not learn yet'}"
)

# %% [markdown]
# ## Questions

# %%
quiz("09")

# %% [markdown]
# ## Summary
#
# In many layers signal and gradient are multiplied by many factors: they vanish or explode, or all images become alike.
# Batch normalization sets the size of the signal, and uses running averages when judged. A residual block adds its input
# to its output, so the gradient gets past it. With both, fifty layers learn nearly as well as four.

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
