# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Can I watch a network learn a shape?
#
# A picture has thousands of pixels, and nobody sees what a network makes of them. A point of the plane has
# two coordinates. So here the input is a point, the question is "which spiral?", and everything the network
# believes fits into one coloured square.
#
# When you have worked through it, you can
#
# - read every part of a small network while it trains: features, maps of nodes, weights, losses;
# - say what a published number such as "0.106 after 1531 epochs" tells and what it leaves out;
# - measure what a map is made of, instead of trusting an impression;
# - keep a run, settings and weights, in one line and take it elsewhere.
#
# You need: gradient descent and batches from [Which way is down?](04_gradient_descent.ipynb), first weights
# from [Where do we start?](07_initialization.ipynb). Time: 50 minutes.
#
# Back: [07 Initialization](07_initialization.ipynb) · On: [09 Train a CNN](09_train_a_cnn.ipynb)
# <!-- source: the chapter that the course grew from: its run on the spirals -->

# %%
import numpy as np

from cnnlib.checks import check
from cnnlib.playground import FEATURES, Ensemble, model_inputs
from cnnlib.playground import Playground as Run
from cnnlib.playground.features import feature_rows
from cnnlib.playground.naive import NaiveNetwork
from cnnlib.widgets import Challenge, Playground, PlaygroundSeeds, PlaygroundSnapshots

# %% [markdown]
# ## Everything on one page
#
# [TensorFlow Playground](https://playground.tensorflow.org) is a network in a web page, and the one below is
# the same: from the same seed it makes the same points, the same first weights and the same losses, to nine
# decimals. Features enter at the left. Each small square is the *map* of a node: its output at every point
# of the plane, red above zero, blue below. A line is a weight, a little square at a node's corner is its
# bias. Click a feature, a node, a line.
#
# **Predict.** The red disc within its blue ring needs a closed border. How many straight cuts make one, at the least?
# Set that many neurons in a single layer, press Play, and see whether the test loss falls below 0.02.

# %%
Playground(
    seed=0.50001,
    challenge=Challenge(
        "the circle with one hidden layer of three neurons: a test loss below 0.02",
        lambda f: not f["spiral"] and f["neurons"] == 3 and f["test_loss"] < 0.02,
    ),
)

# %% [markdown]
# Three cuts make a triangle, and a triangle with soft edges is round enough. (Not from every start: with
# the seed 0.5 three neurons get stuck. Try it.) Hold a node's map beside the
# output's: each hidden node of the first layer is one soft cut, the output adds them up. *Rewind* returns to
# the same first weights, the slider to any epoch in between, and *New weights* throws the dice again, as
# the page's own button does. Choose a run to look at from the first list; half of them are bad ones, and a
# sentence says why.
#
# ## Nothing hidden: one epoch with loops
#
# What happens in one epoch? The points are visited one by one, in a fixed order. Each adds its gradients to
# sums; after every ten points the weights step by the *mean* of the sums. That is all. In plain Python it
# is a loop over points, layers and links, and in NumPy a few products of matrices. Both must agree:

# %%
run = Run(dataset="spiral", network_shape=[8, 8], seed="0.50025")
loops = NaiveNetwork(run.weights, run.biases, "tanh", "tanh")
inputs = feature_rows(["x", "y"], run.train[:, :2]).T.tolist()
loops.epoch(inputs, run.train[:, 2].tolist(), batch_size=10, lr=0.03)
run.step()
np.testing.assert_allclose(run.weights[1], loops.weights[1], atol=1e-12)
print(f"training loss after one epoch: {run.train_loss:.6f} and {loops.loss(inputs, run.train[:, 2]):.6f}")

# %% [markdown]
# The loss is half the squared distance from the label, averaged over the points: 0.5 for a network that
# always says 0, and 2 for one that is wrong everywhere with full confidence.
# <!-- computed: 0.5 * 1 * 1 = 0.5 -->
#
# The second half of the points is never trained on. Its loss is the *test loss*.
#
# ## The chapter's run
#
# The chapter shows this page on two spirals: loss 0.425 in the first picture, 0.106 after 1531 epochs. It
# does not say which features, layers, rate or seed. We searched: these two runs of the original page show
# exactly those numbers.
# <!-- source: the chapter that the course grew from: its run on the spirals -->
#
# **Predict.** The chapter says the loss is heaviest at the start. Is 0.425 the loss of fresh weights?

# %%
first = Run(dataset="spiral", network_shape=[8, 8], learning_rate=0.03, seed="0.50025")
for epoch in (0, 147, 148, 1531):
    first.step(epoch - first.epoch)
    print(f"epoch {epoch:4d}: test loss {first.test_loss:.3f}, training loss {first.train_loss:.3f}")

# %% [markdown]
# This is the *test* loss. Another seed and a smaller rate show the same two numbers as the *training* loss:

# %%
second = Run(dataset="spiral", network_shape=[8, 8], learning_rate=0.01, seed="0.50139")
for epoch in (0, 553, 558, 1531):
    second.step(epoch - second.epoch)
    print(f"epoch {epoch:4d}: training loss {second.train_loss:.3f}, test loss {second.test_loss:.3f}")

# %% [markdown]
# Known: the two numbers and the epoch. Inferred: everything else. We picked these two among 840 seeds
# *because* they fit, and other settings would fit as well. Nor is 0.425 where they start. Fresh networks lie
# about one half; here are 300 of them:
# <!-- source: our search for these runs went through 840 seeds -->

# %%
seeds = [f"{0.5 + i / 1e5:.5f}" for i in range(300)]
fresh = np.array([Run(dataset="spiral", network_shape=[8, 8], seed=seed).evaluate() for seed in seeds])
print("lowest loss of fresh weights: training {:.3f}, test {:.3f}".format(*fresh.min(axis=0)))

# %% [markdown]
# So the chapter's "first" picture was taken some epochs in. Does it matter? For the claim, little: the
# loss does fall most in the first part of the run. For whoever wants to repeat it, a lot. A number without
# its seed and settings is an anecdote. What the spread over seeds looks like is quickly computed, since many
# networks can be trained in one go:

# %%
spread = Ensemble({"dataset": "spiral", "network_shape": [8, 8]}, seeds=seeds[:30])
spread.step(1531)
quartiles = np.percentile(spread.test_loss, [0, 25, 50, 75, 100])
print(
    "test loss of 30 seeds: lowest {:.3f}, quartiles {:.3f} {:.3f} {:.3f}, highest {:.3f}".format(*quartiles)
)
print(f"below 0.106: {(spread.test_loss < 0.106).sum()} of 30")

# %% [markdown]
# The same settings, nothing but the seed changed, and the final loss differs by a factor of ten or more.
# The chapter's 0.106 lies between the median and the upper quartile: an ordinary run.
#
# **Predict** which of these twelve will be first and which last, from their maps at epoch 300. Press Play,
# pause, guess, go on. The challenge asks for more than luck: find settings with which *every* seed gets
# there.

# %%
PlaygroundSeeds()

# %% [markdown]
# ## Room to turn
#
# The page opens with layers of 4 and 2 neurons, and many a visitor has watched those fail at the spirals
# for a long time. Others switch all seven features on and are done in a minute. **Predict** the median
# loss of each before you run the cell.

# %%
settings = {
    "4,2 neurons, X1 and X2": {},
    "8,8 neurons, X1 and X2": {"network_shape": [8, 8]},
    "8 neurons, all features": {"network_shape": [8], "features": FEATURES},
}
for name, changes in settings.items():
    some = Ensemble({"dataset": "spiral", **changes}, seeds=seeds[:30])
    some.step(1531)
    best, middle = some.test_loss.min(), np.median(some.test_loss)
    print(f"{name}: best {best:.3f}, median {middle:.3f}, below 0.106: {(some.test_loss < 0.106).sum()}")

# %% [markdown]
# No seed of the small one comes near; 0.324 is its best, and two neurons in the last layer hardly hold a
# shape with that many turns. With sines among the features nearly every seed succeeds, though there is
# one layer only. The features do a part of the work that layers would otherwise have to learn.
#
# ## From left to right
#
# The chapter says that at first the picture is dominated by horizontal and vertical primitives, and bends
# to the true shape later. That is an impression; can it be measured? Take a map and ask how much of its
# variance is explained by the height alone, by *any* function of $X_2$, and how much by the width alone.
# **Predict** both curves: where do they start, when do they fall?

# %%
PlaygroundSnapshots()

# %% [markdown]
# In this run the height explains nine tenths of the map in the first fifty epochs, the width nearly
# nothing. Then the map bends, and single coordinates explain less and less of it. Is this the rule? Here is
# the same for the thirty seeds of before: the share that either coordinate explains by itself.

# %%
axis = np.linspace(-6, 6, 50)
grid = np.column_stack([part.ravel() for part in np.meshgrid(axis, axis)])
again = Ensemble({"dataset": "spiral", "network_shape": [8, 8]}, seeds=seeds[:30])
for epoch in (1, 20, 100, 300, 600, 1000, 1531):
    again.step(epoch - again.epoch)
    maps = again.predict(grid).reshape(30, 50, 50)
    parts = [maps.mean(axis=a).var(axis=1) / maps.var(axis=(1, 2)) for a in (1, 2)]
    low, middle, high = np.percentile(100 * (parts[0] + parts[1]), [10, 50, 90])
    print(
        f"epoch {epoch:4d}: median {middle:3.0f} %, eight of ten seeds between {low:3.0f} and {high:3.0f} %"
    )

# %% [markdown]
# The impression holds, and now it has a size. One more thing hides in it: early on it is mostly *one*
# coordinate, the height, whatever the seed. Are the spirals themselves to blame? Ask how well a label goes
# along with each coordinate, before any network:

# %%
every = np.vstack([first.train, first.test])
for name, coordinate in (("width X1", every[:, 0]), ("height X2", every[:, 1])):
    print(f"{name}: correlation with the label {np.corrcoef(coordinate, every[:, 2])[0, 1]:+.2f}")

# %% [markdown]
# The height alone says something about the arm, the width next to nothing: the outermost turns lie that way.
# A network takes what is cheapest first, and the cheapest is the one good straight cut.
#
# ## The points that stay wrong
#
# Some points stay wrong to the end (the chapter's third observation). Which? **Predict**: those in the
# crowded middle, or those at the ends of the arms?

# %%
points, labels = spread.test[:, :, :2], spread.test[:, :, 2]
wrong = np.sign(spread.outputs[:, spread.train.shape[1] :]) != labels
radius = np.hypot(points[:, :, 0], points[:, :, 1])
for low, high in ((0, 0.1), (0.1, 1), (1, 2), (2, 3), (3, 4), (4, 5)):
    ring = (radius >= low) & (radius < high)
    print(f"radius {low:3.1f} to {high:3.1f}: {100 * wrong[ring].mean():4.1f} % of the test points wrong")

# %% [markdown]
# Two different reasons. At the very centre the arms *meet*: both pass through the origin, so one point
# carries both labels, and no function can be right about both. Farther out the arms lie apart, but the
# points of an arm are rare there and the network has few of them to learn from; where an arm ends it has
# nothing to go on at all. In the chapter's run:

# %%
missed = np.sign(first.predict(first.test[:, :2])) != first.test[:, 2]
distances = np.sort(np.hypot(*first.test[missed, :2].T))
print(f"{missed.sum()} of {len(first.test)} test points wrong, at radius", distances.round(1))
both = np.vstack([first.train, first.test])
print("labels at the origin:", both[np.hypot(both[:, 0], both[:, 1]) < 1e-12, 2])

# %% [markdown]
# The labels at the origin are plus one and minus one. If both fall into the training half, the training loss
# cannot go below 0.004: half the squared distance is at least 0.5 for each of two points among 250.
# <!-- computed: 2 * 0.5 / 250 = 0.004 -->
#
# ## When it breaks
#
# On the page a too large rate ends in an empty picture and no word. Here the run says what happened. With
# linear neurons and a rate of 1 every step overshoots more than the one before, until the numbers overflow.
# **This cell is meant to fail.**

# %% tags=["raises-exception"]
broken = Run(problem="regression", activation="linear", learning_rate=1, seed="0.50000")
broken.step(5)
assert np.isfinite(broken.train_loss), broken.status

# %% [markdown]
# ## Keep it, share it, take it elsewhere
#
# A run is its settings, its seed and its weights. `to_url_hash` gives the part of the page's address, so
# that the run opens in the original too; `to_text` adds the epoch and the weights, to the last bit, in one
# line that you can send to a friend. Data and weights are plain NumPy arrays, and the network is also a
# `Sequential` of this course, whose input is the features:

# %%
line = first.to_text()
friend = Run.from_text(line)
print(len(line), "characters:", line[:60], "…")
assert friend.test_loss == first.test_loss
model = first.to_sequential()
outputs = model.forward(model_inputs(first, first.test[:, :2]))[:, 0]
np.testing.assert_allclose(outputs, first.predict(first.test[:, :2]), atol=1e-12)

# %% [markdown]
# ## The challenge
#
# The chapter reached 0.106 after 1531 epochs. Below that with fewer epochs, fewer neurons, fewer features:
# each is a game of its own. This is what our search found, seed and all; it is certainly not the last word.
# <!-- source: the chapter that the course grew from: its run on the spirals -->

# %%
ours = {
    "fewest epochs": {"features": FEATURES, "network_shape": [8, 8], "batch_size": 3, "seed": "0.50009"},
    "fewest neurons": {"features": FEATURES, "network_shape": [3], "learning_rate": 0.1, "seed": "0.50004"},
    "fewest neurons on X1, X2": {"network_shape": [8], "learning_rate": 0.1, "seed": "0.50006"},
}
for game, choice in ours.items():
    attempt = Run(dataset="spiral", **choice)
    while attempt.test_loss >= 0.106:
        attempt.step()
    sizes = attempt.config.layer_sizes
    print(
        f"{game}: {sizes[0]} features, {sum(sizes[1:-1])} neurons, epoch {attempt.epoch}, {attempt.test_loss:.3f}"
    )

# %% [markdown]
# Beat one of them. The line below the picture recreates what you found; the copy button takes it.

# %%
Playground(
    dataset="spiral",
    neurons=[[8, 8, 0, 0, 0, 0]],
    challenge=Challenge(
        "the spirals: a test loss below 0.106 within 200 epochs, with at most 12 neurons",
        lambda f: f["spiral"] and f["test_loss"] < 0.106 and f["epoch"] <= 200 and f["neurons"] <= 12,
    ),
)

# %% [markdown]
# ## Exercises
#
# **1. L1 with the death of links.** Under L1 the playground first steps by the data's gradient, then pulls
# each weight towards zero by `lr * rate`, in the direction given by the sign of the *old* weight. If that
# pull, and not the data, carries a weight across zero, the weight becomes 0 (and stays so). Write one
# update for an array of weights.


# %%
def l1_update(w, dw, lr, rate):
    ### BEGIN SOLUTION
    # Why: the data may carry a weight across zero, the penalty may not; so compare before and after the pull.
    stepped = w - lr * dw
    shrunk = stepped - lr * rate * np.sign(w)
    return np.where(stepped * shrunk < 0, 0.0, shrunk)
    ### END SOLUTION


# %%
check("08.l1_update", l1_update)

# %% [markdown]
# **2. What is a map made of?** `z[y, x]` is a map on a grid. Return two numbers: the share of its variance
# that $X_1$ (the columns) explains by itself, and the share that $X_2$ (the rows) explains.


# %%
def main_effects(z):
    ### BEGIN SOLUTION
    # Why: the best guess that knows only the column is the column's mean; its variance is what x explains.
    return z.mean(axis=0).var() / z.var(), z.mean(axis=1).var() / z.var()
    ### END SOLUTION


# %%
check("08.main_effects", main_effects)

# %% [markdown]
# **3. One more feature.** Solve the spirals (test loss below 0.106) with four features and 16 neurons in no
# more than 200 epochs. The three below are not enough.
# <!-- computed: 8 + 8 = 16 -->

# %%
chosen = ["x", "y", "sinX"]
### BEGIN SOLUTION
# Why: the arms come round again and again in both directions, and so do the two sines.
chosen = ["x", "y", "sinX", "sinY"]
### END SOLUTION
attempt = Run(dataset="spiral", network_shape=[8, 8], features=chosen, seed="0.50015")
attempt.step(200)
print(f"test loss {attempt.test_loss:.3f}: {'solved' if attempt.test_loss < 0.106 else 'not yet'}")

# %% [markdown]
# ## What the chapter claims, and what we found
#
# - *The loss is heaviest in the first runs: 0.425 at first, 0.106 after 1531 epochs* (claim 12): **holds**
#   as a description of two runs that we could find, in which 0.425 belongs to epoch 147 or 553 and not to
#   the start. Over 30 seeds the end varies tenfold.
# - *Some points stay wrong even then* (claim 13): **holds.** One of them must: the arms share the origin.
#   <!-- source: the list of the chapter's claims, by their numbers -->
# - *The early picture is dominated by horizontal and vertical primitives* (claim 14): **holds**, and on
#   these spirals it is mostly the horizontal cut. Later, single coordinates explain far less.
# <!-- source: the list of the chapter's claims, by their numbers -->
#
# ## Questions
#
# <details><summary>The training loss is near zero and the test loss is not. What would help, what would
# not?</summary>
#
# More points, or the same points with less noise, tell the network what it cannot know. More epochs or
# more neurons only learn the same points by heart. Look at the run "learning by heart" in the first list.
# </details>
#
# <details><summary>Why do all eight neurons of a layer stay equal for ever if they start equal?</summary>
#
# They receive the same inputs and pass the same gradient on, so they take the same step, every time. In the
# list this run is called "all nodes the same".
# </details>
#
# <details><summary>Halving the batch size doubles the pull of L1. Why?</summary>
#
# The penalty acts once at every update and is not divided by the batch. Half the batch means twice the
# updates in an epoch.
# </details>
#
# ## Summary
#
# A network of a hundred weights can be read whole: cuts at first, shapes later, wrong where points are few.
# A published loss is one draw from a wide spread; seeds and settings turn an anecdote into a measurement.
# What looks like "primitive shapes first" can be measured, and then it can be wrong, or right, by a number.
#
# ## References
#
# - D. Smilkov, S. Carter, D. Sculley, F. Viégas, M. Wattenberg, [Direct-Manipulation Visualization of Deep
#   Networks](https://arxiv.org/abs/1708.03788), 2017: the playground and why it was built
# - [TensorFlow Playground](https://playground.tensorflow.org) and its [source
#   code](https://github.com/tensorflow/playground)
# - K. Lang, M. Witbrock, Learning to tell two spirals apart, 1988: where the task comes from
# - A. Saltelli and others, Global sensitivity analysis: the primer, 2008: main effects
#
# Next: [Does it all work on real images?](09_train_a_cnn.ipynb)
