# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] minutes=3
# # Where do we start?
#
# Before the first step of a training the weights have some values already. Until now these were random numbers, and nobody
# asked how they were drawn. But it matters: from some first weights a network cannot learn at all. Here you see two
# reasons for that, and a rule that avoids both.
#
# **After this notebook you can**
#
# 1. say what becomes of weights that start equal, and what makes them differ;
# 2. follow the size of the numbers through the layers, forwards and backwards, and say when they vanish or explode;
# 3. derive Xavier's and He's rule in four lines, and say which belongs to which activation;
# 4. recognise a network that started badly, and restart it.
#
# **You need** minima and rates from [Is this the bottom?](07_minima.ipynb), gradients from [Whose fault is
# it?](03_backpropagation.ipynb).
#
# **Time** 40 minutes.
# **Back** [07: Is this the bottom?](07_minima.ipynb)
# **On** [09: How deep can it go?](09_how_deep.ipynb)

# %%
import numpy as np

from cnnlib import SGD, Conv2d, CrossEntropyLoss, evaluate, fit
from cnnlib.checks import check
from cnnlib.experiments.signals import (
    dead_units, distinct_filters, layer_signals,
)
from cnnlib.experiments.starting_networks import (
    STARTS, deep_network, starting_network, study_images,
)
from cnnlib.nn.initializers import he, xavier
from cnnlib.runtime import in_short
from cnnlib.widgets import Challenge, FilterWatch, InitExplorer
from cnnlib.widgets.cards import predict, quiz

digits = study_images()  # 1,440 of 28x28 to train on, 1,000 to validate on
x, y = digits.x_train, digits.y_train
exact = study_images(
    np.float64
)  # the same in more digits, for filters that are to stay equal
how = {
    "rng": 0,
    "progress": False,
}  # the same order of images each time, and no bar

# %% [markdown] minutes=13
# ## All equal
#
# The simplest choice would be the same value for all weights. Let us try it with the small convolutional network for digits of 28x28: two
# convolutions with 8 and 16 filters, then a linear layer. All its weights start at 0.02, its biases at 0, and it is
# trained for eight epochs. It is judged on 1,000 *validation images*, which it is not trained on.
#
# How many *different* filters will there be among the eight of the first layer at the end? And how many digits will the
# network read: none, half of them, most?

# %%
predict("08.different")

# %% [markdown]
# The picture shows the eight filters of the first layer after sixty steps. Press Play to train on, or Rewind to see
# how they began.
#
# **Challenge.** Choose other first weights above the picture and press Play again, until all eight filters differ and the
# network reads nearly all digits.

# %% tags=["nbval-ignore-output"]
goal = (
    "Eight different filters and more than 93 % of the validation images "
    "right"
)
won = Challenge(
    goal,
    lambda f: f["distinct"] == 8 and f["accuracy"] > 0.93,
    lambda f: (
        f"now {f['distinct']} of 8, {100 * f['accuracy']:.0f} % right",
        f["distinct"] * f["accuracy"] / 8,
    ),
)
FilterWatch(challenge=won)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# The filters did change, so the network learned something. But all eight changed in the same way and are still equal. Eight
# equal filters tell the next layer no more than one filter would. Even so the network reads most of the digits: one filter
# and a linear layer are enough for that. But it gets twice as many wrong as a network whose filters differ.
# <!-- test: tests/experiments/test_signals.py::test_identical_filters_stay_identical_and_random_ones_do_not -->
#
# </details>
#
# Why do they stay equal? Take two filters of the first layer with the same weights. They look at the same image, so they
# make the same map. Each filter of the second layer reads both maps, and reads them with equal weights. A small change of
# the first map changes the loss exactly as much as the same change of the second map. So both maps get the same gradient.
# With the same image and the same gradient the two filters take the same step. After the step they are equal again, and the
# same argument holds for the next step, and for all later ones.
#
# The next cell looks at the gradients of the first layer in the first two steps. It prints the largest of them, and
# by how much the gradients of the eight filters differ.

# %%
model, loss = starting_network("all identical"), CrossEntropyLoss()
for step in range(2):
    loss.forward(model.forward(exact.x_train[:64]), exact.y_train[:64])
    model.backward(loss.backward())
    grad = model[0].grads["weight"]
    apart = np.abs(grad - grad[:1]).max()
    print(
        f"step {step + 1}: largest gradient {np.abs(grad).max():.3f}, apart "
        f"by at most {apart:.0e}"
    )
    SGD(0.1).step(model.parameters())

# %% [markdown]
# As expected, the eight gradients are equal. In the first step they are even zero. At first all ten classes read the maps
# with equal weights. So when a map changes, all ten scores change by the same amount. Softmax gives the same probabilities
# when the same number is added to all scores, so the loss does not change, and the gradient is zero. The weights of
# the last layer do get a gradient, a different one for each class. After the first step they differ from class to class, so
# in the second step a gradient arrives at the first layer.
#
# Now the other three starts: all weights zero; all weights random (of a size that the next section is about; the cell calls
# it He's); and equal filters in both convolutions, but a *random last layer*, which reads the maps of the second one.

# %%
predict("08.reader")

# %% tags=["nbval-ignore-output"] answers="08.reader"
for start in STARTS:
    f = FilterWatch(start=start, trained=True).facts
    different = (
        f"{f['distinct']} of 8 and {f['distinct_second']:2d} of 16 filters "
        "differ"
    )
    print(f"{start:37s}{different}, {f['accuracy']:.0%} right")

# %% [markdown]
# *All zero* is even worse than all equal. If the weights are zero, all maps are zero. The gradient of a weight is a product
# with the number that came in, and the gradient of a map is a product with the weights that read it: so both are zero too.
# Only the ten biases of the last layer get a gradient. They learn how frequent each digit is, and nothing else.
#
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# Look at the last line. The sixteen filters of the second layer became different, because the random last layer reads
# their maps with different weights. The eight filters of the first layer are still equal. They make eight equal maps. A
# filter of the second layer has weights for each of these maps. They start equal, and because the maps are equal, they
# get equal gradients. So each filter of the second layer goes on reading the eight maps with equal weights, and the eight
# first filters get equal gradients, as before.
#
# So equal filters become different only if the layer that reads their maps reads them with different weights. If all
# weights are random, that is so in every layer.
#
# </details>
#
# The biases may all start at zero: random weights are enough to make the filters different. All biases of this
# notebook start at zero.
#
# Does a network whose weights start at zero learn if it is given more time? **This cell is meant to fail.**

# %% tags=["raises-exception"]
patient = starting_network("all zero")
fit(
    patient,
    CrossEntropyLoss(),
    SGD(0.05, momentum=0.9),
    exact.x_train,
    exact.y_train,
    epochs=10,
    **how,
)
right = evaluate(
    patient, CrossEntropyLoss(), exact.x_test, exact.y_test
).accuracy
with in_short():  # of an error only its last line
    assert right > 0.5, (
        f"after ten epochs {right:.0%} of the validation images are right"
    )

# %% [markdown] minutes=10
# It does not. Every gradient but that of the ten last biases is zero in each step, so the weights stay zero, however long
# the training is.
#
# ## Random, but how large?
#
# So the first weights are drawn at random. But how large should they be? There is a rule, named after Kaiming He, that says
# how large; it is derived below. For now, take the weights of that rule in all hidden layers (those between the input and
# the last layer) and multiply them by one number, the **scale**. At scale 1 they are those of He's rule, at scale 0.3
# each of them is 0.3 times as large. The last layer keeps its weights as they are.
#
# The network of the next picture has six hidden layers. Each is a convolution with a ReLU. The first turns the 28x28 image
# into maps of 7x7 (its windows have 4x4 pixels and lie four pixels apart), the others keep this size. The picture shows
#
# - large, the losses of thirteen such networks that differ in nothing but the scale. A loss above 100, or one that is no
#   number any more, is drawn at 100. The dotted line marks a second rule, Xavier's, which is derived below too;
# - above at the right, how large the *activations* are, the numbers that a hidden layer gives: for each layer an upright
#   shape, wide where there are many numbers of that size. Its axis is logarithmic. The dots mark the *spread*, the
#   standard deviation of a layer's activations. At the end of the line stands by how much it changes from the first layer
#   to the last;
# - beneath it, the same for the *gradients* of the loss with respect to these activations. They come from the loss, so
#   they travel from right to left.
#
# The activations are also called the *signal*, because they carry the image through the network. How much of it is left
# at a small scale? Answer the card, then move the scale and watch both small pictures.
#
# **Challenge.** Ten hidden layers: find a scale at which the spread of the last activations is within a factor of three of
# that of the first.

# %%
predict("08.power")

# %% tags=["nbval-ignore-output"] answers="08.power"
goal = (
    "Ten hidden layers: a scale whose activations keep their size within a "
    "factor of three"
)
won = Challenge(
    goal,
    lambda f: (
        f["units"] == 80 and 1 / 3 < f["act_last"] / f["act_first"] < 3
    ),
)
InitExplorer(trained=True, challenge=won)

# %% [markdown]
# Each layer multiplies the signal by its weights on the way forwards, and the gradient by the same weights on the way back.
# With weights 0.3 times as large, each layer makes both 0.3 times as large as it did before.
#
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# At scale 0.3 the signal behind six layers is $0.3^6$ times what it is at scale 1, less than a thousandth. The gradient at
# the sixth layer hardly depends on the scale, since it came through the last layer alone. From there it passes five
# layers on its way to the first, where it is $0.3^5$ times what it is at scale 1.
# <!-- computed: 0.3 ** 6 = 0.000729 -->
#
# </details>
#
# If the scale is too small, hardly anything of the image arrives at the last layer, and hardly any gradient arrives at the
# first. The loss stays at 2.30, the logarithm of ten: all ten classes keep the same probability. If the scale is
# too large, the first loss is enormous, and the first step is so long that the network is lost: its loss becomes
# no number at all, or it returns to 2.30 and stays there (the end of this notebook tells why). Between these two
# there are scales from which the network learns. How many of the thirteen are they, and does the number of layers matter?

# %% tags=["nbval-ignore-output"]
print(f"loss of no opinion: ln 10 = {np.log(10):.2f}")
for depth in (2, 4, 6, 10):
    f = InitExplorer(depth=depth, trained=True).facts
    learn = f"{f['learning']:2d} of 13 scales reach a loss below 1"
    print(
        f"{depth:2d} hidden layers: {learn}, from {f['least_scale']:.2f} to "
        f"{f['largest_scale']:.2f}"
    )

# %% [markdown] minutes=9
# With two hidden layers the network learns from eleven of the thirteen scales. With more layers there are fewer of
# them, and with ten layers only two are left, He's and the next one above. (Each of these scales is 1.5 times the one below.
# In finer steps and with three seeds, a network of ten layers learns from every scale between 0.9 and 1.3. At 1.47 it
# depends on the seed whether its loss gets below 1.)
# <!-- test: tests/experiments/test_starting_networks.py::test_ten_layers_learn_from_scales_near_he_s_rule -->
#
# ## The rule, in four lines
#
# We want first weights with which each layer keeps the size of the signal. As the *size* of many numbers we take their
# *mean square*: square all of them, and take the mean. A bar over a letter stands for a mean, so $\overline{x^2}$ is the
# mean square of the inputs. (The picture shows the spread. When all numbers become 0.3 times as large, so does the spread,
# and the mean square becomes 0.09 times as large.) The weights are drawn with mean zero. For such numbers statistics calls
# the mean square the *variance*; its root is the standard deviation.
# <!-- computed: 0.3 ** 2 = 0.09 -->
#
# A *unit* is what makes one number of a layer. It adds up $n$ products, $y = \sum_{i=1}^{n} w_i x_i$; the number $n$ of
# its inputs is called its **fan-in**. Its bias starts at zero.
#
# 1. *One sum.* If you square it, you get the squares $w_i^2 x_i^2$ and the mixed products $w_i x_i w_j x_j$. Now imagine
#    that the weights are drawn again and again, and take the mean over all these draws. Each weight is drawn without regard to
#    the others: whatever $w_j$ is, $w_i$ is zero on average. So the mean of a mixed product is zero. The $n$ squares are left:
#    $\overline{y^2} = n \cdot \overline{w^2} \cdot \overline{x^2}$.
# 2. *Forwards.* Without an activation the size stays the same if $n \cdot \overline{w^2} = 1$. So the variance of the
#    weights must be $1/n$.
# 3. *Backwards.* The gradient of an input is such a sum as well. It runs over all units that read this input; their number
#    is called the **fan-out**. So to keep the gradient's size on the way back, the variance must be 1/fan-out. **Xavier's
#    rule** (Xavier Glorot and Yoshua Bengio, 2010) takes the mean of fan-in and fan-out in place of either: variance
#    $2/(n_\text{in} + n_\text{out})$, where $n_\text{in}$ is the fan-in and $n_\text{out}$ the fan-out.
# 4. *With ReLU.* A weight is as likely to be $w$ as $-w$, so a sum is as likely to be $y$ as $-y$. ReLU keeps one of the two
#    and sets the other to zero, so it halves the mean square. **He's rule** (He and others, 2015) makes up for that:
#    variance $2/n_\text{in}$.
#
# Where a layer has as many inputs as outputs, fan-in and fan-out are equal, and Xavier's variance is half of He's. The
# standard deviation is its root, so Xavier's rule is the scale 0.71: the dotted line of the picture.
# <!-- computed: 0.5 ** 0.5 = 0.71 -->
#
# Four lines for one layer; does it come true in ten? The next cell has ten linear layers of 300 units, each with a ReLU, and
# prints the mean square behind some of them. The inputs have a mean square of 1.
# <!-- computed: 3 * 100 = 300 -->

# %%
rng = np.random.default_rng(0)
for name, rule in (("Xavier", xavier), ("He", he)):
    h, sizes = rng.normal(size=(2000, 300)), []
    for _ in range(10):
        h = np.maximum(h @ rule((300, 300), rng), 0)
        sizes.append((h**2).mean())
    print(
        f"{name:6s} mean square after layers 1, 5, 10: {sizes[0]:.3f}, "
        f"{sizes[4]:.3f}, {sizes[9]:.4f}"
    )

# %% [markdown]
# With Xavier's rule the mean square is halved in each layer, and ten halvings leave about a thousandth. With He's rule it
# stays near 1. (It is not exactly 1, since the rule holds on average and each layer is one draw.) Xavier's rule leaves the
# activation out. It suits an activation that is nearly a straight line of slope 1 where its inputs are small.
# <!-- computed: 0.5 ** 10 = 0.00098 -->
#
# For a convolution, the fan-in is the number of products in one sum: channels times height times width of the window.
#
# <details style="margin-bottom: 1em"><summary>Why do the activations of the picture become smaller at scale 1?</summary>
#
# One reason is the padding. The maps have 7x7 pixels, and the windows at their edges lie partly in the frame of zeros: on
# average only 0.82 of the inputs of a window are pixels, so the mean square is multiplied by 0.82 in each layer. To make
# up for that, the variance has to be 1.22 times as large, and the scale is the root of that, 1.1. The other reason is
# chance: the rule holds on average, and eight filters are few. Set the scale to 1.1 and move *Seed*: the activations become
# smaller in some networks and larger in others.
# <!-- computed: (19 * 19) / (7 * 7 * 9) = 0.82 --> <!-- computed: (7 * 7 * 9 / (19 * 19)) = 1.22 -->
# <!-- computed: (7 * 7 * 9 / (19 * 19)) ** 0.5 = 1.1 -->
#
# </details>
#
# Now take another activation in place of ReLU: *tanh*. It is nearly $x$ for small $x$, and for large ones it comes close to
# 1 or −1, without reaching it. At a large scale, what becomes of the activations, and of the gradients at the first layer?

# %%
predict("08.tanh")

# %% tags=["nbval-ignore-output"] answers="08.tanh"
for activation in ("ReLU", "tanh"):
    explorer = InitExplorer(activation=activation, trained=True)
    for scale in (0.3, 1, 10):
        explorer.set_state(scale=scale)
        f = explorer.facts
        sizes = (
            f"last activations {f['act_last']:.0e}, first gradients "
            f"{f['grad_first']:.0e}"
        )
        print(
            f"{activation:4s} scale {scale:4}: {sizes}, loss {f['loss']:.2f}"
        )
    print(
        f"{activation:4s} learns from {f['learning']} of 13 scales, best "
        f"from {f['best_scale']:.2f}"
    )

# %% [markdown] minutes=5 cut=1
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# The activations stay below 1. At a large scale most of them lie near −1 or 1, where the curve of tanh is nearly flat. One
# says that these units are *saturated*: their slope is nearly zero.
#
# One might expect that slopes near zero make the gradient vanish. But at the first layer it *grows* with the scale. On its
# way back the gradient is multiplied twice in each layer: by the weights, which grow with the scale, and by the slope of
# tanh. That slope is nearly zero for most units. But a few are not saturated, and through them a large gradient comes
# back. The steps that it leads to are of no use: at scale 10 the loss is no better than that of guessing. (With ReLU it is
# `inf`, infinite: its numbers have become too large for the computer.)
#
# At small scales the network with tanh fails like the one with ReLU. But it learns from more of the thirteen scales. The
# best of them is about twice Xavier's 0.71. One reason is that tanh is no straight line: it makes large numbers smaller, and
# larger weights make up for that.
#
# </details>
#
# ## Dead units
#
# A ReLU gives 0 when its sum is negative, and then its slope is 0 too. A unit that gives 0 for *every* image of the
# training set is called **dead**. No gradient reaches its weights, so it stays dead unless the layers before it change. (In
# this section a filter with its whole map counts as one unit: six layers with 8 maps have 48 units.)
# <!-- computed: 6 * 8 = 48 -->
#
# In a new network like ours no unit is dead. Units die while they are trained. From which scales of the first
# weights do most of them die? (The learning rate is 0.01 here; it was 0.02 in the picture.)

# %%
predict("08.dead")

# %% tags=["nbval-ignore-output"] answers="08.dead"
dead_at = {}
dead, units = dead_units(deep_network(6, 1.0, "ReLU", 0), x)
print(f"at the start: {dead} of {units} units dead")
explorer = InitExplorer(rate=0.01, trained=True)
for scale in (0.15, 0.46, 1.0, 2.2, 3.2, 4.6):
    explorer.set_state(scale=scale)
    f = explorer.facts
    dead_at[scale] = f["dead"]
    print(
        f"scale {scale:4}: {f['dead']:2d} of {f['units']} units dead in the "
        f"end, loss {f['loss']:.2f}"
    )

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# Many units die at both ends, for different reasons. Large weights make large gradients, and so the steps are too long:
# after one of them a bias or a filter is so far on the negative side that the sum is negative for all images. Tiny
# weights make tiny activations. Then a bias that moves only a little below zero outweighs all that the image contributes,
# and the unit gives 0 for every image. Near He's scale hardly a unit is lost.
#
# If all units of one layer are dead, nothing of the image gets past it. Then all images get the same ten probabilities,
# those that the last biases give, and the loss stays at about 2.30. So a loss that stays at ln 10 has one of two causes:
# the weights are too small, or units are dead.
# <!-- test: tests/widgets/test_initialization.py::test_at_a_large_scale_a_whole_layer_dies -->
#
# </details>
#
# ## Exercises
#
# **1. He's rule.** *Warm-up, 5 minutes.* Draw first weights with `rng.normal` (small numbers often, large ones seldom). Their
# mean is 0, their standard deviation (not their variance) that of He's rule. `shape` is `(F, C, kH, kW)` for a
# convolution, and `(in, out)` for a linear layer.


# %%
def he_init(shape, rng):
    ### BEGIN SOLUTION
    # Why: fan_in numbers are summed for one output, and ReLU cuts half of
    # the mean square off.
    fan_in = shape[0] if len(shape) == 2 else shape[1] * shape[2] * shape[3]
    return rng.normal(0.0, np.sqrt(2 / fan_in), shape)
    ### END SOLUTION


# %%
check("08.he_init", he_init)

# %% [markdown]
# **2. Restart.** *Core, 5 minutes.* This network of eight hidden layers does not learn. Run both cells and look at the spread
# of its activations, layer by layer. Then change the scale of its first weights, and nothing else, until the loss is
# below 1.

# %%
scale = 0.3
### BEGIN SOLUTION
# Why: at 0.3 each layer loses more than two thirds of the signal; He's rule,
# scale 1, leaves about a fifth of it behind the eighth.
scale = 1.0
### END SOLUTION

# %% tags=["nbval-ignore-output"]
stuck = deep_network(8, scale, "ReLU", seed=0)
signals = layer_signals(stuck, CrossEntropyLoss(), x[:100], y[:100], Conv2d)
print(
    "spread of the activations:",
    " ".join(f"{signal.activation.std():.1g}" for signal in signals),
)
fit(
    stuck,
    CrossEntropyLoss(),
    SGD(0.02, momentum=0.9),
    x,
    y,
    epochs=4,
    rng=0,
    progress=False,
)
final = evaluate(stuck, CrossEntropyLoss(), x, y).loss
print(
    f"loss {final:.2f}: "
    f"{'it learns' if final < 1 else 'it does not learn yet'}"
)

# %% [markdown]
# **3. Make them differ.** *Stretch, 10 minutes.* In the network below all weights are equal again. Before it is trained,
# change as few numbers as you can, so that all eight filters of the first layer become different. The first layer itself,
# `equal[0]`, must not be touched. One line is enough. (The layer that reads its maps is `equal[3]`, with the weights
# `equal[3].params["weight"]`, of shape (16, 8, 5, 5).)

# %%
equal = starting_network("all identical")
### BEGIN SOLUTION
# Why: the layer that reads the maps must read each of them differently. One
# number for each map does it, and one of the eight may stay: seven changes.
equal[3].params["weight"][0, :, 0, 0] += np.linspace(0, 0.02, 8)
### END SOLUTION

# %% tags=["nbval-ignore-output"]
fit(
    equal,
    CrossEntropyLoss(),
    SGD(0.01, momentum=0.9),
    exact.x_train,
    exact.y_train,
    epochs=8,
    **how,
)
count = distinct_filters(equal[0].params["weight"])
print(f"{count} of 8 filters differ: {'done' if count == 8 else 'not yet'}")

# %% [markdown]
# > **What the chapter says** that this course grew from (claim 4 of its [fourteen](../docs/claims.md)). *Weights start
# > identical or random*: random holds, identical fails. Eight identical filters did the work of one, and the network got
# > twice as many digits wrong as with random ones. And random is not enough: the spread decides whether a deep network
# > learns at all.
#
# ## Summary
#
# Units that start equal and are read with equal weights stay equal, so the first weights are random. Each layer multiplies
# the size of the signal by a factor, forwards and backwards. He's rule makes it about 1 for ReLU, Xavier's without an
# activation. The deeper the network, the fewer scales there are from which it learns.
#
# ## Questions

# %%
quiz("08")

# %% [markdown]
# ## References
#
# - X. Glorot, Y. Bengio, [Understanding the difficulty of training deep feedforward neural
#   networks](https://proceedings.mlr.press/v9/glorot10a.html), 2010
# - K. He et al., [Delving deep into rectifiers](https://arxiv.org/abs/1502.01852), 2015
# - PyTorch, [torch.nn.init](https://pytorch.org/docs/stable/nn.init.html): the rules, and the factor that belongs to
#   each activation
#
# Next: [How deep can it go?](09_how_deep.ipynb)
