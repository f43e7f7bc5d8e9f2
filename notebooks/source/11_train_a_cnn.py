# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] minutes=3
# # Does it all work on real images?
#
# Every piece has been taken apart: the forward pass, the loss, the blame carried backwards, the step, the
# rate, the start. Here they are put together and judged on handwriting that the network has never seen.
#
# **After this notebook you can**
#
# 1. write the training loop yourself, and test it before you trust it;
# 2. read a loss curve: what is the matter, and where to look;
# 3. look into a trained network: its filters, its mistakes, the pixels that a guess rests on;
# 4. ask the control question of every success: would something simpler have done as well?
# 5. save a network, resume a training as if nothing had happened, and take the weights to PyTorch.
#
# **You need** notebooks [00](00_start_here.ipynb) to [06](06_learning_rate.ipynb).
#
# **Time** 60 minutes.
# **Back** [10: Can I watch a network learn a shape?](10_spirals.ipynb)
# **On** [12: Does it know, or has it memorised?](12_generalization.ipynb)

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from cnnlib import SGD, CrossEntropyLoss, data, evaluate, fit, networks, saving
from cnnlib.checks import capstone, check
from cnnlib.experiments.comparisons import Variant, compare
from cnnlib.networks import recipes
from cnnlib.viz.color_maps import color_map
from cnnlib.viz.loss_table import LossTable
from cnnlib.widgets import EvidenceExplorer, ImageGallery, TrainingView
from cnnlib.widgets.cards import predict, quiz

# %% [markdown] minutes=7
# ## The images
#
# MNIST: 70,000 digits of 28x28 pixels, the set on which networks have been compared since 1998. It comes with the
# course.<!-- test: tests/data/test_bundled.py::test_the_whole_set_is_the_published_one --> All cells run on other
# images too: write `"digits"` below for the 8x8 digits, or `"fashion_mnist"` (clothes) or `"cifar10"` (32x32, in colour)
# and run everything again. The text speaks of MNIST. <!-- source: Xiao, Rasul and Vollgraf 2017 -->
#
# Those two you must have on your disk. Nothing is fetched without being asked: `data.load_fashion_mnist(download=True)`
# does it once, checks every file against its published check sum, and goes on where a broken connection stopped it.

# %%
def load_mnist():
    """All of MNIST, or the fifth of it that comes with the package alone, as in Colab and in the browser."""
    try:
        return data.load_mnist()
    except FileNotFoundError:
        return data.load_mnist_sample()


DATA = "mnist"
load = {
    "mnist": load_mnist, "digits": data.load_digits, "fashion_mnist": data.load_fashion_mnist, "cifar10": data.load_cifar10,
}
recipe = {"digits": recipes.DIGITS, "cifar10": recipes.COLOR}.get(DATA, recipes.MNIST_CNN)
rate = 0.05 if DATA == "digits" else 0.02  # with momentum 0.9 and no warm-up, 0.05 is too much for the larger images
images = load[DATA]()
images

# %% [markdown]
# Without the files, a sentence says what to do. **This cell is meant to fail**; read its last lines.

# %% tags=["raises-exception"]
data.load_fashion_mnist("no_such_folder")

# %% [markdown]
# Look before you train. Leaf through forty test images without their labels, write down what you read, then
# switch *Show the labels* on and count how many you got wrong. That is the first figure to compare a network with, and the one that most reports leave out.

# %%
ImageGallery(images, half="test", labels=False)

# %% [markdown]
# **Three parts, not two.** Whoever tries ten settings and reports the best *test* result has let the test
# images choose: their error is no longer that of unseen images. So part of the training images is held back
# for choosing. It is called the *validation* set. In a real project the test images are
# looked at once, at the end; here we look oftener, to learn. Count how often.

# %%
parts = images.hold_back(len(images.x_train) // 12)
x, y = parts.x_train, parts.y_train
validation = parts.x_test, parts.y_test
print(f"{len(x):,} to train on, {len(validation[0]):,} to choose by, {len(images.x_test):,} to judge by")

# %% [markdown] minutes=2
# ## The loop, written out once
#
# All notebooks before this one lead to these lines. In each epoch the images are put in a new order and cut into batches.
# For each batch: forward, loss, backward through the loss, backward through the network, one step.
#
# **Exercise.** Write it. Three things are forgotten most often: labels must be reordered with their
# images, the network must know that it is training, and the last batch may be short.

# %%
def train_epoch(model, loss, optimizer, x, y, batch_size, rng):
    """One pass over the images in a random order, one step for each batch."""
    ### BEGIN SOLUTION
    # Why: one order for the whole epoch, so that every image is seen once; images and labels by the same index.
    order = rng.permutation(len(x))
    for start in range(0, len(x), batch_size):
        batch = order[start : start + batch_size]
        loss.forward(model.forward(x[batch], training=True), y[batch])
        model.backward(loss.backward())
        optimizer.step(model.parameters())
    ### END SOLUTION


# %% minutes=7
check("11.train_epoch", train_epoch)

# %% [markdown] minutes=3
# ## First, learn twenty images by heart
#
# Before a long training, ask for something easy. A network with thousands of weights must be able to learn
# twenty images completely. If it cannot, there is a fault in the code, and no amount of data will mend it.
# This test takes a second and has saved many days.
#
# The course's `fit` is your loop with a progress bar and a history of the losses. How many passes over the twenty until
# all are right? And what share of the images it has not seen will the network get right then? (The gap between the two shares
# is what [the next notebook](12_generalization.ipynb) is about.)

# %%
predict("11.unseen")

# %% tags=["nbval-ignore-output"] answers="11.unseen"
model = recipe.make_model(0)
history = fit(model, CrossEntropyLoss(), SGD(rate, momentum=0.9), x[:20], y[:20], epochs=40, rng=0, progress=False)
passes = 1 + next(i for i, share in enumerate(history.epoch_accuracy) if share == 1)
unseen = evaluate(model, CrossEntropyLoss(), *validation)
print(f"all twenty right after {passes} passes; of the unseen images {unseen.accuracy:.0%}")
assert history.epoch_accuracy[-1] == 1 and history.epoch_loss[-1] < 0.05 and unseen.accuracy < 0.85

# %% [markdown] minutes=6
# ## My loss does this: where do I look?
#
# Twenty images were learned. Now comes the real training, and with it the question that everybody who trains networks asks most
# often: the loss does something odd; what is the matter? Two curves tell a lot. The *training loss* is that of the batches
# that the steps are made for. The *validation loss* is that of the held-back images, looked at now and then. Here is a run in which
# nothing is the matter.

# %% alt="Left: training loss and validation loss fall together, fast at first, then slower. Right: the shares of right answers of both climb together." tags=["nbval-ignore-output"]
student = recipe.make_model(0)
history = fit(
    student, CrossEntropyLoss(), SGD(rate, momentum=0.9), x[:3000], y[:3000], epochs=4, rng=0, validation=validation, progress=False,
)
history.plot()
print(f"validation loss after each epoch: {', '.join(f'{loss:.2f}' for loss in history.validation_loss)}")

# %% [markdown]
# And here are ten runs with one thing changed in each. They are real: a small network on the 8x8 digits, four
# epochs of 36 batches<!-- computed: (1437 - 300 + 15) / 32 = 36 --> (the last but one: 60 epochs on few images)<!-- test: tests/experiments/test_loss_symptoms.py::test_the_two_part_where_images_are_learned_by_heart -->.
# The dotted line is 2.30, the loss of a network that gives each of ten classes the same probability<!-- test: tests/experiments/test_loss_symptoms.py::test_what_is_flat_stays_at_guessing -->.
# Cover the right column, guess what was changed in each, and then compare.

# %% tags=["nbval-ignore-output"]
LossTable()

# %% [markdown] minutes=8
# **Question.** Two of the curves stay at 2.30. What would you print to tell which of the two it is?
#
# <details><summary>Answer</summary>
#
# The size of the gradients, layer by layer: `np.abs(grad).mean()` for each of `model.parameters()` after a step. If they are
# all zero or tiny, nothing arrives: look at the first weights and at dead units. If they are of an ordinary size, the network
# is pulled, but each batch pulls elsewhere: look at images and labels side by side.
#
# </details>
#
# ## Watch it
#
# The same network, live, on all of the images that are left for training. The filters stand in the middle, the images
# it still gets wrong on the right. Which digits will stay longest in that corner? **Challenge:** more than
# 98 % of the *validation* images right: rewind and try other rates, that is choosing. The recipe further down needs no
# luck.

# %%
predict("11.longest")

# %%
TrainingView(
    parts, judged="validation images", make_model=recipe.make_model, batch_size=64, rate=rate, goal=0.98
)

# %% [markdown] minutes=5
# <details><summary>Which digits stay longest?</summary>
#
# Nines taken for fours, sevens for twos, eights with a gap in their loop: each of them shares most of its ink with
# another digit.
#
# </details>
#
# ## One number is no result
#
# Another seed gives other first weights, another order of images, and another accuracy. So a result is a
# mean over several seeds with its spread. The recipe is SGD with Nesterov's momentum, one cycle of the learning rate, a
# little weight decay, and images distorted anew in each epoch. One epoch a seed here, some ten seconds each.
#
# By how much will three seeds differ?

# %%
predict("11.seeds")

# %% tags=["nbval-ignore-output"] answers="11.seeds"
shares = []
for seed in range(3):
    reader, history = recipe.fit(parts, seed, epochs=10 if DATA == "digits" else 1)
    shares.append(evaluate(reader, CrossEntropyLoss(), images.x_test, images.y_test).accuracy)
print("test images right:", ", ".join(f"{share:.2%}" for share in shares))
print(f"mean {np.mean(shares):.2%}, standard deviation {np.std(shares, ddof=1):.2%}")
assert np.mean(shares) > 0.97 or DATA not in ("mnist", "digits")

# %% [markdown]
# How much of a difference is luck of the draw? Of 10,000 test images, a network that errs on 1.5 % of all digits gets
# 150 wrong<!-- computed: 0.015 * 10000 = 150 -->, give or take the square root, 12: that is 0.12 points<!-- computed: (0.015 * 0.985 / 10000) ** 0.5 * 100 = 0.12 -->.
# Differences of that size between two seeds, or between two methods, mean nothing. That is the first question to ask
# of any table of results, this one included.
#
# A long training is worth its time only now that the short one works. Ten epochs, on all of the training images, take
# two to three minutes on two cores: set `LONG = True` and have a tea. They make the network that notebook 01 opened, with
# 99.3 % of the test images right.

# %% tags=["nbval-ignore-output"]
LONG = False
if LONG:
    reader, history = recipe.fit(images, seed=0, epochs=10)
    print(f"{evaluate(reader, CrossEntropyLoss(), images.x_test, images.y_test).accuracy:.2%} of the test images right")

# %% [markdown] minutes=3
# ## What did it learn?
#
# The eight filters of the first layer of `reader`: above before training, below after it, on one scale, blue positive
# and orange negative. Did they really move? The correlation of each with its own start says how far: 1 is not at all. The
# assertion says that gradients arrived there. After a single epoch some filters have hardly moved, and much of the work
# is done by the layers behind them. A network can look trained while its first layer has never changed.

# %% alt="Two rows of small 3x3 filters. Above: random weights. Below: after training, with stronger and smoother patterns such as edges."
start = recipe.make_model(np.random.default_rng(seed))
rows = [m[0].params["weight"].mean(axis=1) for m in (start, reader)]
reach, (figure, axes) = np.abs(rows[1]).max(), plt.subplots(2, 8, figsize=(9, 2.6), layout="constrained")
for ax, kernel in zip(axes.ravel(), [*rows[0][:8], *rows[1][:8]], strict=True):
    ax.imshow(kernel, cmap=color_map("diverging"), vmin=-reach, vmax=reach)
    ax.set_axis_off()
alike = [np.corrcoef(before.ravel(), after.ravel())[0, 1] for before, after in zip(*rows, strict=True)]
print("correlation of each filter with its start:", ", ".join(f"{value:.2f}" for value in alike[:8]))
assert np.abs(rows[1] - rows[0]).max() > 0.1 and np.abs(reader[0].grads["weight"]).max() > 0

# %% [markdown] minutes=5
# ## Where is it wrong?
#
# A single share hides which digits are confused. The *confusion matrix* counts them: row, the true class;
# column, the guess.
#
# **Exercise.** Write it. There is a trap in NumPy on the way, and the check knows it.

# %%
def confusion_matrix(labels, guesses, num_classes):
    """How often each class (row) was taken for each class (column)."""
    ### BEGIN SOLUTION
    # Why: `matrix[labels, guesses] += 1` would count a pair once however often it occurs; np.add.at adds up.
    matrix = np.zeros((num_classes, num_classes), int)
    np.add.at(matrix, (labels, guesses), 1)
    return matrix
    ### END SOLUTION


# %% minutes=8
check("11.confusion_matrix", confusion_matrix)

# %% [markdown]
# The widget shows the matrix of `reader`, the last network of the recipe, and the images behind each of its numbers,
# the most confident first. Click a cell, or use the arrow keys. **Question.** Are its worst mistakes images
# that you would have got right? (Give it `student`, which saw 3,000 images, and compare.)
#
# <details><summary>What to look for</summary>
#
# There is no answer for all: some are blots that you would get wrong too, some plain digits with one unusual stroke. Note
# the confidence. It is often near 100 %: a network is trained to be sure, not to know when it should not be.
#
# </details>

# %% tags=["nbval-ignore-output"] page="from cnnlib.widgets import MistakeExplorer\nMistakeExplorer(networks.load_mnist_cnn(), data.load_mnist_sample())"
from cnnlib.widgets import MistakeExplorer

MistakeExplorer(reader, images)

# %% [markdown] minutes=5
# ## What does a guess rest on?
#
# Two questions to a network. *Saliency*: how much does the logit change if this pixel changes a little? That
# is a gradient, carried back one layer further than training needs it, to the image itself. *Occlusion*: how
# far does the probability fall if these pixels are covered? That is an experiment.
#
# Which pixels decide for a 7? Commit yourself, look, and then ask the wrong class (why is this 7 no 1?). The two maps
# often disagree: a tiny change and a removed stroke are different questions.

# %%
predict("11.seven")

# %% tags=["nbval-ignore-output"] answers="11.seven" page="EvidenceExplorer(networks.load_mnist_cnn(), data.load_mnist_sample())"
EvidenceExplorer(reader, images)

# %% [markdown] minutes=4
# ## The honest control
#
# Over 98 % sounds like a triumph of learned filters. It is one only if simpler things fail:
#
# - the same network with its filters **frozen** at their first, random values;
# - a network without convolutions (**MLP**) with as many weights;
# - **logistic regression**: one linear layer on bare pixels.
#
# `compare` trains each of them with three seeds for the same number of steps. In its table ± is the standard deviation of the
# seeds, in points of accuracy; should it say ± 0.0, then it is below a twentieth of a point. How good can filters be that have never
# learned anything?

# %%
predict("11.frozen")

# %% tags=["nbval-ignore-output"] answers="11.frozen"
weights, pixels = recipe.make_model(0).num_parameters, images.x_train[0].size
controls = {
    "learned filters": Variant(recipe.make_model),
    "frozen random filters": Variant(lambda rng: networks.FrozenConvolutions(recipe.make_model(rng).layers)),
    "MLP of equal size": Variant(lambda rng: networks.mlp(weights, pixels, rng)),
    "logistic regression": Variant(lambda rng: networks.logistic_regression(pixels, rng)),
}
control = compare(controls, images, steps=450, lr=rate)
assert control.mean("learned filters") == control.test.mean(axis=1).max()
print(control)

# %% [markdown] minutes=1 cut=1
# <details><summary>What came out</summary>
#
# Learning the filters wins, far beyond the spread. But look at the other rows: one linear layer on bare pixels gets nine
# of ten right, random filters with a trained layer on top a little more (all might still gain with more steps). An MLP of
# as many weights, spent on fourteen hidden units, is no better than no hidden layer at all, and errs three times as
# often as the convolutions.
#
# </details>
#
# On centred digits much of the success is cheap. Whoever reports only the first row has not lied, and has not told the
# truth.
#
# ## Against published figures
#
# MNIST is the measure that allows a comparison across decades. The course's engine trained four networks on
# it; the table is written by a program and not by hand. LeNet-5 had an error of 0.95 % in 1998, and 0.8 %
# with distorted images<!-- source: LeCun, Bottou, Bengio and Haffner 1998 -->.

# %%
from IPython.display import Markdown

from cnnlib.networks.recipes import accuracy_table

Markdown(accuracy_table())

# %% [markdown] minutes=5 cut=3
# ## Keep it, break it off, go on
#
# `saving.save(model, path)` keeps a network: its layers by name, and its arrays. No pickle: loading a file from a
# stranger runs no code of theirs.
#
# A *training* is more than its weights. Below, one is broken off after two of four epochs and called again
# to finish all four. With the weights alone in the file, would the result be the same as if it had never
# stopped? List all that must be kept besides them for the two to agree *to the bit*, then run it.

# %%
predict("11.resumed")


# %% answers="11.resumed"
def run(epochs, checkpoint=None):
    few = x[:2000], y[:2000]
    rates = np.linspace(rate, rate / 5, 4 * -(-len(few[0]) // 32))  # one for each step of four epochs
    how = {"schedule": lambda step: float(rates[step]), "augment": recipe.augment, "rng": 1, "progress": False}
    net = networks.add_dropout(recipe.make_model(1), p=0.3, rng=2)
    fit(net, CrossEntropyLoss(), SGD(rate, momentum=0.9), *few, epochs=epochs, checkpoint=checkpoint, **how)
    return net


folder = Path(tempfile.mkdtemp())
run(2, folder / "run.npz")  # "the power fails"
resumed, whole = run(4, folder / "run.npz"), run(4)
print("to the bit:", all((value == whole.arrays()[name]).all() for name, value in resumed.arrays().items()))
saving.save(resumed, folder / "reader.npz")
again = saving.load(folder / "reader.npz")
print("saved and loaded:", (again.forward(validation[0]) == resumed.forward(validation[0])).all())

# %% [markdown] minutes=2 cut=2
# <details><summary>What must be kept?</summary>
#
# Kept are, besides the weights: what the optimizer remembers, the place in the schedule and in the epoch, running
# averages, and the state of every random generator (the order of the images, the dropout, the distortions). Leave out
# one of them, and the two networks drift apart.
#
# </details>
#
# It survives worse: in the course's tests the process is killed again and again, even in the middle of
# writing the file.
# <!-- test: tests/training/test_checkpoint.py::test_a_process_killed_while_it_writes_leaves_the_checkpoint_before -->
#
# ## Take it to PyTorch
#
# The arithmetic is the same everywhere; only the layout of one array differs. PyTorch keeps a linear layer's
# weights as (out, in), this course as (in, out). If PyTorch is installed, the cell builds the same network
# there and compares all outputs; if not, it says so. (For everything else there is
# `cnnlib.saving.to_onnx.to_onnx`.)

# %% tags=["nbval-ignore-output"]
from cnnlib.saving import state_dict, to_torch

print({name: array.shape for name, array in state_dict(reader).items()})
try:
    import torch

    theirs = to_torch(reader)(torch.from_numpy(images.x_test)).detach().numpy()
    np.testing.assert_allclose(theirs, reader.infer(images.x_test), atol=1e-3, rtol=1e-4)
    print("PyTorch gives the same outputs")
except ImportError:
    print("PyTorch is not installed; pip install torch, then run this cell again")

# %% [markdown] minutes=1
# ## Capstone
#
# Build the best reader of the 8x8 digits within 20,000 weights and 10 epochs. `capstone.score` trains your
# network with three seeds, scores it on the fixed test images, and keeps the result in a file on this
# computer. Layers, optimizer, schedule, batch size and augmentation are yours. Each entry is a look at the
# test images, and the table counts them: choose on validation images, score rarely.

# %% alt="A point for each result: test images right in per cent against the number of weights, with the limit of 20,000 weights as a dashed line." tags=["nbval-ignore-output"]
def my_network(rng):
    return networks.digits_cnn(rng)


table = capstone.score("first try", my_network, lambda: SGD(0.05, momentum=0.9))
print(table)
axes = table.plot()

# %% [markdown]
# ## Exercises
#
# 1. *Core, 15 minutes.* The two above, checked by their cells.
# 2. *Core, 20 minutes.* Repeat the study of controls with fewer images. Which of them loses least, and why?
#    (Hint: `Variant(..., images=500)`; without `images` a variant gets all of them.)
# 3. *Stretch, 20 minutes.* Freeze only the first convolution. Which of the two layers is it worth to learn? (Hint: a subclass of
#    `Sequential` whose `parameters()` leaves out the names that begin with `"0."`; see
#    `networks.FrozenConvolutions??`.)
# 4. *Core, 15 minutes.* Find an image that the network gets wrong with more than 90 % confidence, and cover pixels until it is
#    right. What had misled it? (Hint: `MistakeExplorer` tells its number i; `x = images.x_test[i:i+1].copy()`, then set
#    pixels to 0 and call `reader.predict_proba(x)`.)
# 5. *Stretch, 60 minutes.* Capstone: beat the first try by more than the spread. (Hint: begin with more images, made by
#    `recipe.augment` and a rate that falls.)

# %% [markdown]
# ## Summary
#
# 1. A training loop is six lines; trust it after it has learned twenty images by heart.
# 2. A result is a mean over seeds with its spread, on images that had no part in any choice, beside a control.
# 3. A training is more than its weights: kept whole, it goes on after a break as if there had been none.

# %% [markdown]
# ## Questions
#
# Five of a pool, on a card that answers back; they come back another day, in [review](review.ipynb).

# %%
quiz("11")

# %% [markdown]
# ## References
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner,
#   [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791) (1998)
# - P. Simard, D. Steinkraus, J. Platt,
#   [Best practices for convolutional neural networks](https://doi.org/10.1109/ICDAR.2003.1227801) (2003)
# - K. Simonyan, A. Vedaldi, A. Zisserman,
#   [Deep inside convolutional networks](https://arxiv.org/abs/1312.6034) (2014)
# - M. Zeiler, R. Fergus,
#   [Visualizing and understanding convolutional networks](https://arxiv.org/abs/1311.2901) (2014)
# - H. Xiao, K. Rasul, R. Vollgraf, [Fashion-MNIST](https://arxiv.org/abs/1708.07747) (2017)
# - E. Alpaydin, C. Kaynak,
#   [Optical Recognition of Handwritten Digits](https://doi.org/10.24432/C50P49) (1998)
#
# Next: [Does it know, or has it memorised?](12_generalization.ipynb)
