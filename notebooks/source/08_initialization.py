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
# Every training begins with some first weights, and until now they were simply random. But not every start will do: from
# some of them a network cannot learn at all, and one can tell beforehand which these are.
#
# **After this notebook you can**
#
# 1. say why weights that start alike stay alike, and what breaks the spell;
# 2. follow the size of a signal through the layers, forwards and backwards, and predict where it dies or
#    explodes;
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

from cnnlib import SGD, Conv2d, CrossEntropyLoss, evaluate, fit, load_digits
from cnnlib.checks import check
from cnnlib.experiments.signals import dead_units, distinct_filters, layer_signals
from cnnlib.experiments.starting_networks import STARTS, deep_network, starting_network, study_images
from cnnlib.nn.initializers import he, xavier
from cnnlib.widgets import Challenge, FilterWatch, InitExplorer
from cnnlib.widgets.cards import predict, quiz

digits = load_digits()
x, y = digits.x_train, digits.y_train
mnist = study_images()  # of 28x28

# %% [markdown] minutes=13
# ## All alike
#
# Could all weights start equal? It would be the simplest choice. Give every weight of the small CNN for digits of 28x28 the value 0.02
# and train it. The picture shows its eight first filters.
#
# After eight epochs: how many *different* filters are there among the eight? And how many digits does the
# network read: none, half, most? Press Play and see.

# %%
predict("08.different")

# %% tags=["nbval-ignore-output"]
goal = "Eight different filters and more than 93 % of the validation images right"
won = Challenge(
    goal,
    lambda f: f["distinct"] == 8 and f["accuracy"] > 0.93,
    lambda f: (
        f"now {f['distinct']} filters, {100 * f['accuracy']:.0f} % right",
        f["distinct"] * f["accuracy"] / 8,
    ),
)
FilterWatch(challenge=won)

# %% [markdown]
# <details><summary>What came out</summary>
#
# The filters did change; they learned something. But they all learned *the same*. The network has eight
# first filters, all of them equal, so they do the work of one. It reads most of the digits all the same, as one filter
# and a linear layer can. But it gets twice as many wrong as a network whose filters differ.
# <!-- test: tests/experiments/test_signals.py::test_identical_filters_stay_identical_and_random_ones_do_not -->
#
# </details>
#
# Choose other first weights, and press Play, to meet the challenge.
#
# Two filters with equal weights see the same image, so they answer with the same
# map. If the next layer reads both maps with equal weights, both get the same blame. Equal blame, equal
# step: equal weights again. The same holds at the next step, and at every later one. Look at the
# gradients of the first two steps:

# %%
model, loss = starting_network("all identical"), CrossEntropyLoss()
for step in range(2):
    loss.forward(model.forward(mnist.x_train[:64]), mnist.y_train[:64])
    model.backward(loss.backward())
    grad = model[0].grads["weight"]
    apart = np.abs(grad - grad[:1]).max()
    print(f"step {step + 1}: largest gradient {np.abs(grad).max():.3f}, apart by at most {apart:.0e}")
    SGD(0.1).step(model.parameters())

# %% [markdown]
# At the very first step the first layer gets no gradient at all: all ten classes read its maps alike, so
# their blames cancel. The last layer moves first, and by class; from the second step on there is something
# to pass back.
#
# Three more starts: all weights zero; all random, by He's rule; and identical filters in both layers, but a
# *random last layer* that reads them.

# %%
predict("08.reader")

# %% tags=["nbval-ignore-output"] answers="08.reader"
for start in STARTS:
    f = FilterWatch(start=start, trained=True).facts
    different = f"{f['distinct']} of 8 and {f['distinct_second']:2d} of 16 filters differ"
    print(f"{start:37s}{different}, {f['accuracy']:.0%} right")

# %% [markdown]
# Zero is identical and worse: where all weights are zero, so is every activation and every gradient but
# that of the last biases. They learn how frequent the digits are, and that is all.
#
# <details><summary>What came out</summary>
#
# The last line is the interesting one. The sixteen filters of the second layer became different, because
# they are read by weights that differ. The eight of the first layer did not: they are read by filters that
# treat all eight alike, and go on doing so. **Symmetry is broken by the reader.** Two
# filters part only if the layer directly above reads them with different weights; random weights everywhere see to that.
#
# </details>
#
# Zero weights cannot be repaired by patience. **This cell is meant to fail.**

# %% tags=["raises-exception"]
patient = starting_network("all zero")
how = {"rng": 0, "progress": False}
fit(patient, CrossEntropyLoss(), SGD(0.05, momentum=0.9), mnist.x_train, mnist.y_train, epochs=10, **how)
right = evaluate(patient, CrossEntropyLoss(), mnist.x_test, mnist.y_test).accuracy
assert right > 0.5, f"after ten epochs {right:.0%} of the validation images are right"

# %% [markdown] minutes=10
# ## Random, but how large?
#
# So first weights are drawn at random. One number is left to choose: the spread of the random weights. It is called the **scale** here, and 1 is He's
# rule, which comes below; at scale 0.3 every first weight is 0.3 times as large. The network below has six hidden
# layers. Left: how large its activations are, layer by layer, as histograms standing upright (long is frequent, the
# axis is logarithmic). Middle: the gradients of the loss by these same activations, which travel from right to left.
# Right: the losses of thirteen such networks, equal but for the scale.
#
# Where is the gradient smallest, at a small scale? Commit yourself, then move the scale slider and watch both pictures
# tilt.

# %%
predict("08.power")

# %% tags=["nbval-ignore-output"] answers="08.power"
goal = "Ten hidden layers: a scale whose activations keep their size within a factor of three"
won = Challenge(goal, lambda f: f["units"] == 80 and 1 / 3 < f["act_last"] / f["act_first"] < 3)
InitExplorer(trained=True, challenge=won)

# %% [markdown]
# Each layer multiplies the signal by about the same factor, forwards and backwards.
#
# <details><summary>What came out</summary>
#
# Six times the same
# factor is a power: a factor of a third becomes a thousandth, and the gradient, which comes from behind, is smallest
# at the first layer.
#
# </details>
#
# Too small a scale, and all images look alike
# to the last layer while the first layer gets no gradient: the loss stays at 2.30, the logarithm of ten.
# Too large, and the first loss is enormous and the first step explodes. Between lies a valley. How wide is
# it?

# %% tags=["nbval-ignore-output"]
print(f"loss of no opinion: ln 10 = {np.log(10):.2f}")
for depth in (2, 4, 6, 10):
    f = InitExplorer(depth=depth, trained=True).facts
    learn = f"{f['learning']:2d} of 13 scales reach a loss below 1"
    print(f"{depth:2d} hidden layers: {learn}, the best is scale {f['best_scale']:.2f}")

# %% [markdown] minutes=9
# With two hidden layers nearly any scale will do. With four or six about a third of them do, and with ten only one of the
# thirteen learns. It lies within a factor of two of He's rule. (The thirteen scales are half again as large from one to
# the next, so the best of all may lie between two of them.)
#
# ## The rule, in four lines
#
# One output is a sum of $n$ products, $y = \sum_{i=1}^{n} w_i x_i$, with $n$ the number of inputs, the
# *fan-in*. Weights are independent of each other and of the inputs, with mean zero, so that their mean square is what
# statistics calls their variance. A bar stands for a mean.
#
# 1. The mean square of a sum of independent terms of mean zero is the sum of theirs: $\overline{y^2} = n
#    \cdot \overline{w^2} \cdot \overline{x^2}$.
# 2. Without an activation between, size is kept if $n \cdot \overline{w^2} = 1$: variance $1/n$.
# 3. Backwards the same sum runs over the outputs that read one input; their number is the *fan-out*. **Xavier** takes the mean of both: variance $2/(n_{in}
#    + n_{out})$.
# 4. ReLU sets half of $y$ to zero, and with it half of the mean square. **He** puts it back: variance
#    $2/n_{in}$.
#
# Does the derivation hold when the layers are many? Ten linear layers of 300 units with ReLU between, the
# mean square after each:
# <!-- computed: 3 * 100 = 300 -->

# %%
rng = np.random.default_rng(0)
for name, rule in (("Xavier", xavier), ("He", he)):
    h, sizes = rng.normal(size=(2000, 300)), []
    for _ in range(10):
        h = np.maximum(h @ rule((300, 300), rng), 0)
        sizes.append((h**2).mean())
    print(f"{name:6s} mean square after layers 1, 5, 10: {sizes[0]:.3f}, {sizes[4]:.3f}, {sizes[9]:.4f}")

# %% [markdown]
# Xavier's rule, right for activations that pass both signs such as tanh, halves the mean square at each
# ReLU layer, and ten halvings are a thousandth. He's keeps it, up to chance. For convolutions the fan-in
# counts the whole window: channels times height times width. Even so the activations of the picture shrink at scale
# 1: on maps of 4x4 pixels a padded window hangs over the frame, on average only 0.69 of its inputs are pixels, and the
# rest are zeros. So the best scale there is not 1 exactly.
# <!-- computed: (10 * 10) / (4 * 4 * 9) = 0.69 -->
#
# With tanh in place of ReLU, does a large scale explode too?

# %%
predict("08.tanh")

# %% tags=["nbval-ignore-output"] answers="08.tanh"
for activation in ("ReLU", "tanh"):
    explorer = InitExplorer(activation=activation, trained=True)
    for scale in (0.3, 0.7, 1, 1.5, 3, 10):
        explorer.set_state(scale=scale)
        f = explorer.facts
        sizes = f"last activations {f['act_last']:.0e}, first gradients {f['grad_first']:.0e}"
        print(f"{activation:4s} scale {scale:4}: {sizes}, loss {f['loss']:.2f}")

# %% [markdown] minutes=5 cut=1
# <details><summary>What came out</summary>
#
# It cannot: tanh never exceeds 1. Its activations saturate instead, most near plus or minus one, where its
# slope is nearly zero.
#
# </details>
#
# And yet the first gradients *grow* with the scale. On the way back each layer multiplies them
# twice: by its weights, which grow with the scale, and by the slope, which is nearly zero for most units but not for
# all. The few units in between carry large gradients, and steps taken on those lead nowhere: the loss at scale 10 is
# that of guessing. Small scales fail alike for both. The valley of tanh is wider, and its bottom lies
# above Xavier's mark: Xavier's derivation takes tanh for a straight line, and the real one flattens what is
# large. PyTorch therefore recommends a factor of 5/3 on top for tanh.
# <!-- source: PyTorch documentation, torch.nn.init.calculate_gain -->
#
# ## Dead units
#
# A ReLU unit that is off for every image of the training set is **dead**: nothing flows through it, no
# gradient reaches its weights, and no training image wakes it unless the layers below change. A fresh network of zero biases has hardly any.
# They die in training, when a step is so long that a bias or filter ends far on the negative side. Which scales kill most?

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
    print(f"scale {scale:4}: {f['dead']:2d} of {f['units']} units dead in the end, loss {f['loss']:.2f}")

# %% [markdown]
# <details><summary>What came out</summary>
#
# Both ends kill, each in its way. Large weights make large gradients and long steps. Tiny weights make tiny
# activations, so that a small move of a bias outweighs all that the images contribute, and the unit is off
# for all of them alike. Near He's scale hardly a unit is lost.
#
# </details>
#
# ## Exercises
#
# **1. He's rule.** *Warm-up, 5 minutes.* `shape` is `(F, C, kH, kW)` for a convolution or `(in, out)` for a linear layer. Draw
# normal numbers from `rng`, with the spread (not the variance) that keeps the size of the signal through
# ReLU.


# %%
def he_init(shape, rng):
    ### BEGIN SOLUTION
    # Why: fan_in numbers are summed for one output, and ReLU cuts half of the mean square off.
    fan_in = shape[0] if len(shape) == 2 else shape[1] * shape[2] * shape[3]
    return rng.normal(0.0, np.sqrt(2 / fan_in), shape)
    ### END SOLUTION


# %%
check("08.he_init", he_init)

# %% [markdown]
# **2. Restart.** *Core, 5 minutes.* This network of eight hidden layers does not learn. Look at the sizes of its signals, then
# change the scale of its first weights, nothing else, until the loss is below 1.

# %%
scale = 0.3
### BEGIN SOLUTION
# Why: at 0.3 each layer loses two thirds of the signal; He's rule, scale 1, keeps it.
scale = 1.0
### END SOLUTION

# %% tags=["nbval-ignore-output"]
stuck = deep_network(8, scale, "ReLU", seed=0)
signals = layer_signals(stuck, CrossEntropyLoss(), x[:100], y[:100], Conv2d)
print("spread of the signals:", " ".join(f"{signal.activation.std():.1g}" for signal in signals))
fit(stuck, CrossEntropyLoss(), SGD(0.02, momentum=0.9), x, y, epochs=4, rng=0, progress=False)
final = evaluate(stuck, CrossEntropyLoss(), x, y).loss
print(f"loss {final:.2f}: {'it learns' if final < 1 else 'it does not learn yet'}")

# %% [markdown]
# **3. Break the spell by hand.** *Stretch, 10 minutes.* In the network below all weights are identical. Without touching the first layer,
# `spell[0]`, change as few numbers as you can, before training, so that all eight first filters become different. One
# line is enough. (The layer that reads them is `spell[3]`; its weights are `spell[3].params["weight"]`.)

# %%
spell = starting_network("all identical")
### BEGIN SOLUTION
# Why: whoever reads the filters must read each of them differently; one number a channel does it.
spell[3].params["weight"][0, :, 0, 0] += np.linspace(0, 0.02, 8)
### END SOLUTION

# %% tags=["nbval-ignore-output"]
fit(spell, CrossEntropyLoss(), SGD(0.01, momentum=0.9), mnist.x_train, mnist.y_train, epochs=8, **how)
count = distinct_filters(spell[0].params["weight"])
print(f"{count} of 8 filters differ: {'the spell is broken' if count == 8 else 'not yet'}")

# %% [markdown]
# > **What the chapter says** (claim 4 of its [fourteen](../docs/claims.md)). *Weights start identical or random*: random
# > holds, identical fails. Eight identical filters did the work of one, and the network got twice as many digits wrong as
# > with random ones. And random is not enough: the spread decides whether a deep network learns at all.
#
# ## Questions
#
# Five of a pool, on a card that answers back; they come back another day, in [review](review.ipynb).

# %%
quiz("08")

# %% [markdown]
# ## Summary
#
# Units that start alike and are read alike stay alike, so weights start random. Each layer multiplies the
# signal by a factor, forwards and backwards: He's rule makes it 1 for ReLU, Xavier's for tanh. The deeper
# the network, the narrower the range of scales from which it learns.

# %% [markdown]
# ## References
#
# - X. Glorot, Y. Bengio, [Understanding the difficulty of training deep feedforward neural
#   networks](https://proceedings.mlr.press/v9/glorot10a.html), 2010
# - K. He et al., [Delving deep into rectifiers](https://arxiv.org/abs/1502.01852), 2015
# - D. Mishkin, J. Matas, [All you need is a good init](https://arxiv.org/abs/1511.06422), 2016
# - PyTorch, [torch.nn.init](https://pytorch.org/docs/stable/nn.init.html): the rules, and gains by
#   activation
# - L. Lu et al., [Dying ReLU and initialization](https://arxiv.org/abs/1903.06733), 2019
#
# Next: [How deep can it go?](09_how_deep.ipynb)
