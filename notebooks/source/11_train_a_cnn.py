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
# The notebooks before this one took every piece apart: the forward pass, the loss, the gradients, the step, its rate, the
# first weights. Here the pieces are put together, and the network is judged on handwriting that it has never seen.
#
# **After this notebook you can**
#
# 1. write the training loop yourself, and test it before you trust it;
# 2. read a loss curve: what is wrong, and where to look;
# 3. look into a trained network: its filters, its mistakes, the pixels that a guess depends on;
# 4. ask of every success whether something simpler would have done as well;
# 5. save a network, resume a training that was broken off, and take the weights to PyTorch.
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

from cnnlib import (
    SGD,
    CrossEntropyLoss,
    data,
    evaluate,
    fit,
    networks,
    saving,
)
from cnnlib.checks import capstone, check
from cnnlib.experiments.comparisons import Variant, compare
from cnnlib.networks import recipes
from cnnlib.runtime import in_short
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
# Fashion-MNIST and CIFAR-10 do not come with the course; you must have them on your disk. Nothing is fetched without being
# asked: `data.load_fashion_mnist(download=True)` does it once, checks every file against its published check sum, and goes
# on where a broken connection stopped it.


# %%
def load_mnist():
    """All of MNIST, or the fifth of it that comes with the package alone, as
    in Colab and in the browser.
    """
    try:
        return data.load_mnist()
    except FileNotFoundError:
        return data.load_mnist_sample()


DATA = "mnist"
load = {
    "mnist": load_mnist,
    "digits": data.load_digits,
    "fashion_mnist": data.load_fashion_mnist,
    "cifar10": data.load_cifar10,
}
recipe = {"digits": recipes.DIGITS, "cifar10": recipes.COLOR}.get(
    DATA, recipes.MNIST_CNN
)
# with momentum 0.9 and no warm-up, 0.05 is too much for the larger images
rate = 0.05 if DATA == "digits" else 0.02
images = load[DATA]()
images

# %% [markdown]
# What happens if the files are not there? A sentence says what to do. **This cell is meant to fail.**

# %% tags=["raises-exception"]
with in_short():  # of an error only its last line
    data.load_fashion_mnist("no_such_folder")

# %% [markdown]
# Look at the images before you train. Leaf through forty test images without their labels, write down what you read, then
# switch *Show the labels* on and count how many you got wrong. With this number you can compare the network later on.

# %%
ImageGallery(images, half="test", labels=False)

# %% [markdown]
# **Three parts, not two.** Suppose that somebody tries ten settings and reports the best *test* result. Then the test images
# have chosen the setting. A part of its success is luck with just these images, and on new ones it will be less good. So
# a part of the training images is held back for such choices, the *validation* set. In a real project
# the test images are looked at once, at the end. Here we look at them more often, to learn something. Count how often.

# %%
parts = images.hold_back(len(images.x_train) // 12)
x, y = parts.x_train, parts.y_train
validation = parts.x_test, parts.y_test
print(
    f"{len(x):,} to train on, {len(validation[0]):,} to choose by, "
    f"{len(images.x_test):,} to judge by"
)

# %% [markdown] minutes=2
# ## The loop, written out once
#
# All notebooks before this one lead to these few lines. In each epoch the images are put in a new order and cut into batches.
# For each batch: forward, loss, backward through the loss, backward through the network, one step.
#
# **Exercise.** Write it. Three things are forgotten most often: labels must be reordered with their
# images, the network must know that it is training, and the last batch may be short.


# %%
def train_epoch(model, loss, optimizer, x, y, batch_size, rng):
    """One pass over the images in a random order, a step a batch."""
    ### BEGIN SOLUTION
    # Why: one order for the whole epoch, so that every image is seen once;
    # images and labels by the same index.
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
# Before a long training, try an easy one. A network with thousands of weights must be able to learn twenty images
# completely. If it cannot, there is a mistake in the code, and more images or more time will not help. The test takes a
# second.
#
# The course's `fit` is your loop with a progress bar and a history of the losses. How many passes over the twenty does it
# take until all of them are right? And what share of the images that it has not seen will the network get right then? (The
# difference of the two shares is the subject of [the next notebook](12_generalization.ipynb).)

# %%
predict("11.unseen")

# %% tags=["nbval-ignore-output"] answers="11.unseen"
model = recipe.make_model(0)
history = fit(
    model,
    CrossEntropyLoss(),
    SGD(rate, momentum=0.9),
    x[:20],
    y[:20],
    epochs=40,
    rng=0,
    progress=False,
)
passes = 1 + next(
    i for i, share in enumerate(history.epoch_accuracy) if share == 1
)
unseen = evaluate(model, CrossEntropyLoss(), *validation)
print(
    f"all twenty right after {passes} passes; of the unseen images "
    f"{unseen.accuracy:.0%}"
)
assert (
    history.epoch_accuracy[-1] == 1
    and history.epoch_loss[-1] < 0.05
    and unseen.accuracy < 0.85
)

# %% [markdown] minutes=6
# ## My loss does this: where do I look?
#
# Now comes the real training. Sooner or later the loss does something odd, and you ask: what is wrong? Two curves tell a
# lot. The *training loss* is that of the batches from which the steps are made. The *validation loss* is that of the
# held-back images, computed now and then. Here is a run in which nothing is wrong.

# %% alt="Left: training loss and validation loss fall together, fast at first, then slower. Right: the shares of right answers of both climb together." tags=["nbval-ignore-output"]
student = recipe.make_model(0)
history = fit(
    student,
    CrossEntropyLoss(),
    SGD(rate, momentum=0.9),
    x[:3000],
    y[:3000],
    epochs=4,
    rng=0,
    validation=validation,
    progress=False,
)
history.plot()
print(
    "validation loss after each epoch: "
    f"{', '.join(f'{loss:.2f}' for loss in history.validation_loss)}"
)

# %% [markdown]
# Here are ten runs: first one in which nothing is wrong, then nine with one thing changed in each. They are real: a small
# network on the 8x8 digits, in four epochs of 36 batches<!-- computed: (1437 - 300 + 15) / 32 = 36 --> (the last but one:
# 60 epochs on few images)
# <!-- test: tests/experiments/test_loss_symptoms.py::test_the_two_part_where_images_are_learned_by_heart -->
# . The dotted line is 2.30,
# the loss of a network that gives each of ten classes the same probability
# <!-- test: tests/experiments/test_loss_symptoms.py::test_what_is_flat_stays_at_guessing -->
# . Cover the right column, guess what was
# changed in each, and then compare.

# %% tags=["nbval-ignore-output"]
LossTable()

# %% [markdown] minutes=8
# **Question.** Two of the curves stay at 2.30. What would you print to find out which of the two it is?
#
# <details style="margin-bottom: 1em"><summary>Answer</summary>
#
# The size of the gradients, layer by layer: `np.abs(grad).mean()` for each of `model.parameters()` after a step. If they are
# all zero or tiny, no gradient arrives at the weights: look at the first weights and at dead units. If their size is
# ordinary, the steps of different batches contradict each other: look at images and labels side by side.
#
# </details>
#
# ## Watch it
#
# The same network once more, live, on all of the images that are left for training. Beside the curves you see its filters,
# and beneath them some images that it still gets wrong. Which digits will be among these longest?
#
# **Challenge:** more than 98 % of the *validation* images right. You may rewind and try other rates. That is choosing, and
# validation images are there for it. (The recipe further down gets there from each of three seeds.)

# %%
predict("11.longest")

# %%
TrainingView(
    parts,
    judged="validation images",
    make_model=recipe.make_model,
    batch_size=64,
    rate=rate,
    goal=0.98,
)

# %% [markdown] minutes=5
# <details style="margin-bottom: 1em"><summary>Which digits stay longest?</summary>
#
# It depends on the seed and on the moment. Fives, sevens, eights and nines are there most often, and each of them can be
# turned into another digit by a little ink: a nine with a gap looks like a four, and a seven with a foot like a two.
# Noughts, ones and sixes are there rarely.
#
# </details>
#
# ## One number is no result
#
# Another seed gives other first weights and another order of the images, and so another accuracy. A result is therefore a
# mean over several seeds, together with their spread.
#
# The recipe here is SGD with Nesterov's momentum, and a rate that follows *one cycle* ([06](06_learning_rate.ipynb)). Two
# more parts are explained in the next notebook: the images are distorted a little, anew in each epoch (Simard and others,
# 2003), and every step makes all weights a tiny bit smaller, which is called *weight decay*. Each seed gets one epoch, some
# ten seconds.
# <!-- source: Simard, Steinkraus and Platt 2003: training images expanded by distortions -->
#
# By how much will three seeds differ?

# %%
predict("11.seeds")

# %% tags=["nbval-ignore-output"] answers="11.seeds"
shares = []
for seed in range(3):
    reader, history = recipe.fit(
        parts, seed, epochs=10 if DATA == "digits" else 1
    )
    shares.append(
        evaluate(
            reader, CrossEntropyLoss(), images.x_test, images.y_test
        ).accuracy
    )
print("test images right:", ", ".join(f"{share:.2%}" for share in shares))
print(
    f"mean {np.mean(shares):.2%}, standard deviation "
    f"{np.std(shares, ddof=1):.2%}"
)
assert np.mean(shares) > 0.97 or DATA not in ("mnist", "digits")

# %% [markdown]
# A part of such a difference is luck with the test images. Take a network that errs on 1.5 % of all digits. Of 10,000
# digits it gets 150 wrong<!-- computed: 0.015 * 10000 = 150 -->; of another 10,000 it gets somewhat more or fewer wrong;
# the difference is typically the square root of the number of its mistakes, here 12. These are 0.12 points
# <!-- computed: (0.015 * 0.985 / 10000) ** 0.5 * 100 = 0.12 -->
# of accuracy. So a difference of a tenth of a point between two methods,
# measured once, says little. So ask first of every table of results, those below too: is the difference larger than chance
# would make it?
#
# Now that the short training works, a long one is worth its time. Ten epochs on all of the training images take two to
# three minutes on two cores; set `LONG = True` for them. They make the network that notebook 01 opened, with 99.3 % of the
# test images right.
# <!-- test: tests/networks/test_pretrained.py::test_the_network_for_mnist_reads_as_many_as_the_notebooks_say -->

# %% tags=["nbval-ignore-output"]
LONG = False
if LONG:
    reader, history = recipe.fit(images, seed=0, epochs=10)
    judged = evaluate(
        reader, CrossEntropyLoss(), images.x_test, images.y_test
    )
    print(f"{judged.accuracy:.2%} of the test images right")

# %% [markdown] minutes=3
# ## What did it learn?
#
# Here are the eight filters of the first layer of `reader`, the last network of the recipe: above before its training,
# below after it. Blue is positive, orange negative, and both rows have the same scale. How far did the filters move? The
# cell prints the correlation of each filter with its own start: 1 means that its pattern is still the same.

# %% alt="Two rows of eight filters of 5x5 weights. Above: random weights. Below: after one epoch; most of them still look like their start."
start = recipe.make_model(np.random.default_rng(seed))
rows = [m[0].params["weight"].mean(axis=1) for m in (start, reader)]
reach, (figure, axes) = (
    np.abs(rows[1]).max(),
    plt.subplots(2, 8, figsize=(9, 2.6), layout="constrained"),
)
for ax, kernel in zip(
    axes.ravel(), [*rows[0][:8], *rows[1][:8]], strict=True
):
    ax.imshow(kernel, cmap=color_map("diverging"), vmin=-reach, vmax=reach)
    ax.set_axis_off()
alike = [
    np.corrcoef(before.ravel(), after.ravel())[0, 1]
    for before, after in zip(*rows, strict=True)
]
print(
    "correlation of each filter with its start:",
    ", ".join(f"{value:.2f}" for value in alike[:8]),
)
assert (
    np.abs(rows[1] - rows[0]).max() > 0.1
    and np.abs(reader[0].grads["weight"]).max() > 0
)

# %% [markdown] minutes=5
# After one epoch the filters still look much like their random start; some have hardly moved. And yet the network reads
# nearly all digits: much of the work is done by the layers behind. So a good accuracy does not show that the first layer
# has learned anything. (The last line of the cell checks that gradients do arrive there.) How much learned filters are
# worth is measured further down.
#
# ## Where is it wrong?
#
# One number for all digits hides which of them are confused. The *confusion matrix* counts them: in row $i$ and column $j$
# stands how often a digit of class $i$ was taken for class $j$.
#
# **Exercise.** Write it. NumPy has a trap on the way; if you step into it, the check says so.


# %%
def confusion_matrix(labels, guesses, num_classes):
    """How often each class (row) was taken for each class (column)."""
    ### BEGIN SOLUTION
    # Why: `matrix[labels, guesses] += 1` would count a pair once however
    # often it occurs; np.add.at adds up.
    matrix = np.zeros((num_classes, num_classes), int)
    np.add.at(matrix, (labels, guesses), 1)
    return matrix
    ### END SOLUTION


# %% minutes=8
check("11.confusion_matrix", confusion_matrix)

# %% [markdown]
# The view shows the matrix of `reader`, and the images behind each of its numbers, those with the highest confidence first.
# Click a cell, or use the arrow keys. **Question.** Would you have got its worst mistakes right? (Then give the view
# `student`, which saw only 3,000 images, and compare.)
#
# <details style="margin-bottom: 1em"><summary>What to look for</summary>
#
# There is no one answer. Some of these images you would get wrong too, others are plain digits with one unusual stroke. Look at
# the confidence: it is often near 100 %, although the guess is wrong. Nothing in the training tells a network when it should
# be less sure.
#
# </details>

# %% tags=["nbval-ignore-output"] page="from cnnlib.widgets import MistakeExplorer\nMistakeExplorer(networks.load_mnist_cnn(), data.load_mnist_sample())"
from cnnlib.widgets import MistakeExplorer

MistakeExplorer(reader, images)

# %% [markdown] minutes=5
# ## What does a guess rest on?
#
# On which pixels does a guess depend? There are two ways to ask.
#
# - *Saliency*: by how much does a logit (the score of a class) change if this pixel changes a little? That is a gradient.
#   It is carried back one step further than training needs it, to the pixels themselves (Simonyan and others, 2014).
# - *Occlusion*: by how much does the probability fall if these pixels are covered? That is an experiment (Zeiler and Fergus,
#   2014).
#
# Which pixels decide for a 7? Always the same ones? Answer the card and look at several sevens. Then ask for the wrong class,
# for instance what in this 7 speaks for a 1. The two maps often disagree, because a tiny change and a covered stroke are different questions.

# %%
predict("11.seven")

# %% tags=["nbval-ignore-output"] answers="11.seven" page="EvidenceExplorer(networks.load_mnist_cnn(), data.load_mnist_sample())"
EvidenceExplorer(reader, images)

# %% tags=["nbval-ignore-output"] answers="11.seven"
sevens = images.x_test[images.y_test == 7][:60]
size = sevens.shape[-1]
patch, places, left = size // 4, [], []
for row in range(0, size - patch + 1, patch // 2):
    for column in range(0, size - patch + 1, patch // 2):
        covered = sevens.copy()
        covered[..., row : row + patch, column : column + patch] = 0
        places.append(row + patch / 2)  # the row of the middle
        left.append(reader.predict_proba(covered)[:, 7])
# for each seven, where covering costs most
middles = np.array(places)[np.argmin(left, axis=0)]
print(
    f"of {len(sevens)} sevens: upper half {(middles <= size / 2).sum()}, "
    f"lower half {(middles > size / 2).sum()}"
)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# It differs from seven to seven. The cell moves a patch over each of sixty sevens and notes where covering costs the 7 most
# of its probability. For some that is in the upper half, on the bar, for others in the lower half, on the stem, and neither
# group is much larger than the other. So one image does not show what a network looks for in a digit.
#
# </details>

# %% [markdown] minutes=4
# ## Would something simpler do as well?
#
# More than 98 % of the test images are right. Is that because the filters have learned? We can say so only if simpler
# networks do worse. Here are three of them:
#
# - the same network with its filters **frozen** at their first, random values, so that only the last layer learns;
# - a network without convolutions (**MLP**, a linear layer, ReLU and a second linear layer), with as many weights;
# - **logistic regression**: one linear layer on the bare pixels, with softmax.
#
# `compare` trains each of them with three seeds for the same number of steps, 450. In its table ± is the
# standard deviation of the seeds, in points of accuracy. (Where it says ± 0.0, it is below a twentieth of a point.) How
# well can filters do that have never learned anything?

# %%
predict("11.frozen")

# %% tags=["nbval-ignore-output"] answers="11.frozen"
weights, pixels = recipe.make_model(0).num_parameters, images.x_train[0].size
controls = {
    "learned filters": Variant(recipe.make_model),
    "frozen random filters": Variant(
        lambda rng: networks.FrozenConvolutions(
            recipe.make_model(rng).layers
        )
    ),
    "MLP of equal size": Variant(
        lambda rng: networks.mlp(weights, pixels, rng)
    ),
    "logistic regression": Variant(
        lambda rng: networks.logistic_regression(pixels, rng)
    ),
}
control = compare(controls, images, steps=450, lr=rate)
assert control.mean("learned filters") == control.test.mean(axis=1).max()
print(control)

# %% [markdown] minutes=1 cut=1
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# The network with learned filters is the best, and its lead is much larger than the spread. (It is not yet where the recipe
# brought it, since 450 steps are about half an epoch.) But look at the other rows. One
# linear layer on bare pixels gets nine of ten right, and random filters with a trained layer on top a little more. (With
# more steps all of them might still gain.) The MLP spends its weights on fourteen hidden units. It is no better than
# logistic regression, which has no hidden layer at all, and it errs three times as often as the network with learned
# filters.
#
# </details>
#
# So on centred digits a large part of the success comes without learned filters. Somebody who reported only the first row
# would leave that out.
#
# ## Against published figures
#
# On MNIST results can be compared over decades. The course's engine trained four networks on it, with three seeds each; the
# table was written by a program, not by hand. LeNet-5 had an error of 0.95 % in 1998, and 0.8 % when it was trained on
# distorted images too<!-- source: LeCun, Bottou, Bengio and Haffner 1998 -->. For the last two rows no figure was
# published; the column has the error that we aimed at instead.

# %%
from IPython.display import Markdown

from cnnlib.networks.recipes import accuracy_table

Markdown(accuracy_table())

# %% [markdown] minutes=5 cut=3
# ## Keep it, break it off, go on
#
# `saving.save(model, path)` writes a network into a file: its layers by name, and its arrays. A *pickle*, a Python format,
# can contain any code. This file is no pickle: if you load one from a stranger, no code of theirs is run.
#
# A *training* is more than its weights. The cell below breaks one off after two of four epochs, and calls it again to
# finish all four. If the file held the weights alone, would the result be the same as without the break? Make a list of all
# that must be kept besides the weights, if the two results are to be equal *to the last bit*. Then run the cell. (The
# network has dropout, a layer that draws random numbers in training; the next notebook explains it.)

# %%
predict("11.resumed")


# %% answers="11.resumed"
def run(epochs, checkpoint=None):
    few = x[:2000], y[:2000]
    # one for each step of four epochs
    rates = np.linspace(rate, rate / 5, 4 * -(-len(few[0]) // 32))
    how = {
        "schedule": lambda step: float(rates[step]),
        "augment": recipe.augment,
        "rng": 1,
        "progress": False,
    }
    net = networks.add_dropout(recipe.make_model(1), p=0.3, rng=2)
    fit(
        net,
        CrossEntropyLoss(),
        SGD(rate, momentum=0.9),
        *few,
        epochs=epochs,
        checkpoint=checkpoint,
        **how,
    )
    return net


folder = Path(tempfile.mkdtemp())
run(2, folder / "run.npz")  # "the power fails"
resumed, whole = run(4, folder / "run.npz"), run(4)
print(
    "to the bit:",
    all(
        (value == whole.arrays()[name]).all()
        for name, value in resumed.arrays().items()
    ),
)
saving.save(resumed, folder / "reader.npz")
again = saving.load(folder / "reader.npz")
print(
    "saved and loaded:",
    (again.forward(validation[0]) == resumed.forward(validation[0])).all(),
)

# %% [markdown] minutes=2 cut=2
# <details style="margin-bottom: 1em"><summary>What must be kept?</summary>
#
# The weights; what the optimizer remembers; the place in the schedule and in the epoch; running averages, where there are
# any; and the state of every random generator (for the order of the images, the dropout and the distortions). If one of these
# is left out, the two networks become different.
#
# </details>
#
# In the course's tests the process is killed again and again, even while it writes the file, and the training still goes on
# as it should.
# <!-- test: tests/training/test_checkpoint.py::test_a_process_killed_while_it_writes_leaves_the_checkpoint_before -->
#
# ## Take it to PyTorch
#
# PyTorch computes the same things; only one array is stored in another way. PyTorch keeps a linear layer's weights as
# (out, in), this course as (in, out). If PyTorch is installed, the cell builds the same network there and compares all
# outputs; if not, it says so. (Other programs read ONNX files, which `cnnlib.saving.to_onnx.to_onnx` writes.)

# %% tags=["nbval-ignore-output"]
from cnnlib.saving import state_dict, to_torch

print({name: array.shape for name, array in state_dict(reader).items()})
try:
    import torch

    theirs = (
        to_torch(reader)(torch.from_numpy(images.x_test)).detach().numpy()
    )
    np.testing.assert_allclose(
        theirs, reader.infer(images.x_test), atol=1e-3, rtol=1e-4
    )
    print("PyTorch gives the same outputs")
except ImportError:
    print(
        "PyTorch is not installed; pip install torch, then run this cell "
        "again"
    )

# %% [markdown] minutes=1
# ## Capstone
#
# Build the best network you can for the 8x8 digits (Alpaydin and Kaynak, 1998), with at most 20,000 weights and 10 epochs.
# You choose layers, optimizer, schedule, batch size and distortions. `capstone.score` trains your network with three seeds,
# judges it on the test images, and keeps the result in a file on this computer. Each result is a look at the test images,
# and the table counts them: choose on validation images, and score rarely.


# %% alt="A point for each result: test images right in per cent against the number of weights, with the limit of 20,000 weights as a dashed line." tags=["nbval-ignore-output"]
def my_network(rng):
    return networks.digits_cnn(rng)


table = capstone.score(
    "first try", my_network, lambda: SGD(0.05, momentum=0.9)
)
print(table)
axes = table.plot()

# %% [markdown]
# ## Exercises
#
# 1. *Core, 15 minutes.* The two above, checked by their cells.
# 2. *Core, 20 minutes.* Repeat the comparison with the three controls on fewer images. Which of the four loses least, and why?
#    (Hint: `Variant(..., images=500)`; without `images` a variant gets all of them.)
# 3. *Stretch, 20 minutes.* Freeze only the first convolution. Is learning worth more in the first convolution or in the
#    second? (Hint: a subclass of `Sequential` whose `parameters()` leaves out the names that begin with `"0."`; see
#    `networks.FrozenConvolutions??`.)
# 4. *Core, 15 minutes.* Find an image that the network gets wrong with more than 90 % confidence, and cover pixels until it is
#    right. What had been misleading? (Hint: `MistakeExplorer` tells its number i; `x = images.x_test[i:i+1].copy()`, then set
#    pixels to 0 and call `reader.predict_proba(x)`.)
# 5. *Stretch, 60 minutes.* Capstone: beat the first try by more than the spread. (Hint: begin with more images, made by
#    `recipe.augment` and a rate that falls.)

# %% [markdown]
# ## Summary
#
# 1. A training loop is six lines; trust it after it has learned twenty images by heart.
# 2. A result is a mean over seeds with its spread, on images that had no part in any choice, beside a control.
# 3. A training is more than its weights; if everything is kept, it goes on after a break as if there had been none.

# %% [markdown]
# ## Questions

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
