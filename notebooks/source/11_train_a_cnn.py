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
# **You need** notebooks [00](00_start_here.ipynb) to [06](06_learning_rate.ipynb), and first weights and dead units from
# [08](08_initialization.ipynb).
#
# **Time** 60 minutes, and about two hours for the exercises, an hour of them for the project at the end.
# <!-- computed: 15 + 20 + 20 + 15 + 60 = 130 -->
# **Back** [10: Can I watch a network learn a shape?](10_spirals.ipynb)
# **On** [12: Does it know, or has it memorised?](12_generalization.ipynb)

# %%
import math
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from cnnlib import (
    SGD, CrossEntropyLoss, data, evaluate, fit, networks, saving,
)
from cnnlib.checks import capstone, check
from cnnlib.experiments.comparisons import Variant, compare
from cnnlib.networks import recipes
from cnnlib.runtime import in_short
from cnnlib.viz.color_maps import color_map
from cnnlib.viz.loss_table import LossTable
from cnnlib.widgets import EvidenceExplorer, ImageGallery, TrainingView
from cnnlib.widgets.cards import predict, quiz

# %% [markdown] minutes=6
# ## The images
#
# MNIST has 70,000 handwritten digits of 28x28 pixels. Networks have been compared on it since 1998. All digits were brought
# to one size, and moved until their ink lay around the middle of the image.
# <!-- source: LeCun, Bottou, Bengio and Haffner 1998, section III.A -->
# All of them come with the course; the package alone, as in Colab and in the browser, has a fifth of them. The numbers in the text are those of all of MNIST.
# <!-- test: tests/data/test_bundled.py::test_the_whole_set_is_the_published_one -->
#
# All cells run on other images too: write `"digits"` below for the 8x8 digits, and run everything again. Near the end,
# under *Other images*, you find two more sets.


# %%
def load_mnist():
    """All of MNIST; where the package alone is installed, a fifth of it."""
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
# the share to get right in the view below: clothes are harder than digits
goal = {"fashion_mnist": 0.88, "cifar10": 0.5}.get(DATA, 0.98)
images = load[DATA]()
images

# %% [markdown]
# Look at the images before you train. Read forty test images: say what the large one shows, and the view counts how often you
# agree with the label. (Of clothes it does not ask: write down what you see, then switch *Show the labels* on.) With this
# number you can compare the network later on.

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
# **Exercise.** Write it. Three things are forgotten most often. The labels must be put in the same new order as their
# images. The last batch may be short. And `forward` must be told `training=True`: some layers compute something else in
# training than in use, such as batch normalization in [09](09_how_deep.ipynb). The network of this notebook has no such
# layer, but your loop should serve for others too, and the check gives it one that has.


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
# The cell below calls your loop forty times on the same twenty images. (If your loop has not passed its check, the
# library's takes its place.) What share of the images that it has *not* seen will the network get right at the end?

# %%
predict("11.unseen")


# %% tags=["nbval-ignore-output"] answers="11.unseen"
def library_epoch(model, loss, optimizer, x, y, batch_size, rng):
    """The same by the library's function."""
    how = {"batch_size": batch_size, "rng": rng, "progress": False}
    fit(model, loss, optimizer, x, y, epochs=1, **how)


def learn_by_heart(one_epoch):
    """A network after forty passes over twenty images, and the share of
    them that was right after each pass.
    """
    model, rng = recipe.make_model(0), np.random.default_rng(0)
    loss, optimizer = CrossEntropyLoss(), SGD(rate, momentum=0.9)
    right = []
    for _ in range(40):
        one_epoch(model, loss, optimizer, x[:20], y[:20], 32, rng)
        right.append(evaluate(model, loss, x[:20], y[:20]).accuracy)
    return model, right


passed = check("11.train_epoch", train_epoch).passed
model, right = learn_by_heart(train_epoch if passed else library_epoch)
unseen = evaluate(model, CrossEntropyLoss(), *validation)
print(f"all twenty right after {1 + right.index(1)} passes")
print(f"of the unseen images {unseen.accuracy:.0%}")

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What it means</summary>
#
# The loop works: it gets all twenty images right. About half of the others are right too, far more than one in ten, since
# two images of each digit already tell something of what it looks like. How to make the second share as large as the first
# is the subject of [the next notebook](12_generalization.ipynb).
#
# </details>
#
# From here on the library's `fit` trains. It is your loop, with a progress bar and a record of the losses. You need not
# believe that: this cell trains two networks alike, one with your loop and one with `fit`, and compares all their weights.

# %% tags=["nbval-ignore-output"] answers="11.unseen"
by_fit, _ = learn_by_heart(library_epoch)
largest = max(
    np.abs(value - by_fit.arrays()[name]).max()
    for name, value in model.arrays().items()
)
print(f"largest difference of two weights: {largest:.1g}")
assert largest < 0.01

# %% [markdown] minutes=6
# ## My loss does this: where do I look?
#
# Now comes the real training. Sooner or later the loss does something odd, and you ask: what is wrong? Two curves tell a
# lot. The *training loss* is that of the batches from which the steps are made. The *validation loss* is that of the
# held-back images, computed now and then. Here is a run in which nothing is wrong. Look at the two points after the first
# epoch: why does the validation loss lie so far below the training loss?

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
# <details style="margin-bottom: 1em"><summary>Why</summary>
#
# The two points do not belong to the same network. The training point is the mean over all batches of the epoch, and at
# the beginning of the epoch the network knew nothing yet. The validation point is measured at the end of the epoch.
#
# </details>
#
# Here are ten runs: first one in which nothing is wrong, then nine with one thing changed in each. They are real: a small
# network on the 8x8 digits, in four epochs of 36 batches, if nothing else is said.
# <!-- computed: (1437 - 300 + 15) / 32 = 36 -->
# The dotted line is 2.30, the loss of a network that gives each of ten classes the same probability.
# <!-- test: tests/experiments/test_loss_symptoms.py::test_what_is_flat_stays_at_guessing -->
# For each curve say first what may have been changed, and then open the words beside it.

# %% tags=["nbval-ignore-output"]
LossTable()

# %% [markdown] minutes=8
# **Question.** Two of the curves stay at 2.30. What would you print to find out which of the two it is?
#
# <details style="margin-bottom: 1em"><summary>Answer</summary>
#
# The size of the gradients: after a step print `np.abs(parameter.grad).mean()` for each `parameter` of
# `model.parameters()`. If they are all zero or tiny, no gradient arrives at the weights: look at the first weights and at
# dead units ([08](08_initialization.ipynb)). If their size is ordinary, the steps of different batches contradict each
# other: look at images and labels side by side.
#
# </details>
#
# ## Watch it
#
# The same network once more, live, on all 55,000 training images. At first the axis has room for 20,000 of them; it grows
# as the training goes on. <!-- source: FIRST_HORIZON in cnnlib/widgets/start_here/training_picture.py -->
# Sixty of the validation images stand in columns, one for each digit, with its guesses beneath; *Still wrong* shows those
# that it still gets wrong in their place. Which digits will be among these longest?
#
# **Challenge:** more than 98 % of the *validation* images right. (So that judging does not hold up the training, the view
# judges by 2,000 of the 5,000.) You may rewind and try other rates. That is choosing, and validation images are there for
# it.

# %%
predict("11.longest")

# %%
TrainingView(
    parts,
    judged="validation images",
    make_model=recipe.make_model,
    batch_size=64,
    rate=rate,
    goal=goal,
)

# %% [markdown] minutes=5
# <details style="margin-bottom: 1em"><summary>Which digits stay longest?</summary>
#
# It depends on the moment, and on the *seed*, the number from which the first weights and the order of the images are drawn. We
# let this network train for one epoch with five seeds, and counted the validation images that it then got wrong. Eights were wrong most often, then nines and fives; noughts, ones and sixes least
# often. An eight or a nine can be turned into another digit by a little ink: a nine with a gap looks like a four.
# <!-- source: counted, seeds 0 to 4, by 2,000 validation images: wrong 54 eights, 39 nines, 36 fives; 19 sixes, 14 ones, 12 noughts -->
#
# </details>
#
# ## One number is no result
#
# Another seed gives other first weights and another order of the images, and so another accuracy. A result is therefore a
# mean over several seeds, together with their *spread*: the standard deviation of the seeds. (With `ddof=1`, `np.std`
# divides the sum of the squares by the number of seeds less one. The mean was computed from the same few numbers, so they
# lie a little too close to it.)
#
# Until now the network was trained as simply as possible. The next cell trains it as well as we know how, by `recipe`, which the
# first section has chosen: SGD with Nesterov's momentum ([05](05_gradient_descent.ipynb)), and a rate that first climbs and
# then falls, *one cycle* ([06](06_learning_rate.ipynb)). The recipe has two more ingredients, which [the next
# notebook](12_generalization.ipynb) explains. Each time an image is used, it is first shifted, rotated and resized a little
# (Simard and others, 2003), which is called *augmentation*. And every step makes all weights a tiny bit smaller, which is
# called *weight decay*. Each seed gets one epoch, some ten seconds.
# <!-- source: Simard, Steinkraus and Platt 2003: training images expanded by distortions -->
#
# By how much will three seeds differ?

# %%
predict("11.seeds")

# %% tags=["nbval-ignore-output"] answers="11.seeds"
test, shares, chosen_by = (images.x_test, images.y_test), [], []
for seed in range(3):
    reader, history = recipe.fit(
        parts, seed, epochs=10 if DATA == "digits" else 1
    )
    shares.append(evaluate(reader, CrossEntropyLoss(), *test).accuracy)
    chosen_by.append(
        evaluate(reader, CrossEntropyLoss(), *validation).accuracy
    )
print(
    "validation images right:",
    ", ".join(f"{share:.2%}" for share in chosen_by),
)
print("test images right:", ", ".join(f"{share:.2%}" for share in shares))
print(
    f"mean {np.mean(shares):.2%}, standard deviation "
    f"{np.std(shares, ddof=1):.2%}"
)
assert np.mean(shares) > 0.97 or DATA not in ("mnist", "digits")

# %% [markdown]
# (So the recipe meets the challenge of the view above with each of the three seeds.)
#
# Such a number holds two kinds of luck.
#
# *Luck with the seed.* This is what the standard deviation shows: 0.06 points. (A *point* is one per cent of the images. With
# 97 % right in place of 98 %, one point is lost.) All three networks were judged by the same
# 10,000 test images, so luck with these images is not in it.
#
# *Luck with the test images.* Suppose that a network gets 1.2 % of all digits wrong that people could ever write. Of 10,000
# digits drawn at random it then gets 120 wrong on average<!-- computed: 0.012 * 10000 = 120 -->. But it is like tossing a
# coin 10,000 times: the number of mistakes changes from one draw to the next. Of $n$ images, each wrong with probability
# $p$, the number of mistakes has the standard deviation $\sqrt{n\,p\,(1 - p)}$. That is the rule for tosses of a coin that
# falls on one side with probability $p$. Here it is 10.9<!-- computed: (10000 * 0.012 * 0.988) ** 0.5 = 10.9 -->. So the accuracy on *one* set of 10,000 test
# images is typically 0.11 points above or below the accuracy on all digits.
# <!-- computed: (0.012 * 0.988 / 10000) ** 0.5 * 100 = 0.11 -->
#
# With which of the two should a difference be compared? If two methods are judged by the *same* test images, both meet the
# same difficult ones, and most of the luck with the images is the same for both. Then compare with the spread of the seeds:
# a difference of a tenth of a point between two methods, each trained once, says little. If the images are others, or if you
# promise something about digits that nobody has seen yet, the second kind of luck is to be added. So ask of every table of
# results, those below too: is the difference larger than luck would make it?
#
# Now that the short training works, a long one is worth its time. Ten epochs on all 60,000 training images take two to
# three minutes on two cores; set `LONG = True` for them. They make the network that notebook 01 opened, with 99.3 % of the
# test images right.
# <!-- test: tests/networks/test_pretrained.py::test_the_network_for_mnist_reads_as_many_as_the_notebooks_say -->

# %% tags=["nbval-ignore-output"]
LONG = False
if LONG:
    seed = 0
    reader, history = recipe.fit(images, seed, epochs=10)
    judged = evaluate(reader, CrossEntropyLoss(), *test)
    print(f"{judged.accuracy:.2%} of the test images right")

# %% [markdown] minutes=3
# ## What did it learn?
#
# Here are the eight filters of the first layer of `reader`, the network of the last seed: above now, below at the start, as
# in the view. (`recipe.fit` makes its network from the seed by the first line of the cell, so the same seed gives the same
# first weights again.) Blue is positive, orange negative, and both rows have the same scale. How far did the filters move?
#
# The cell prints the *correlation* of each filter with its own start. It compares the patterns of two tables of numbers. At
# 1 they are the same, perhaps stronger or weaker; at −1 light and dark are exchanged; near 0 they have nothing to do with
# each other. Even two random filters of 25 weights are a little alike by chance: their correlation is typically 0.2 or −0.2.
# <!-- computed: 1 / (25 - 1) ** 0.5 = 0.2 -->

# %% tags=["nbval-ignore-output"] alt="Two rows of eight filters of 5x5 weights. Above: after one epoch. Below: their random start. Some are nearly the same in both rows, others have clearly changed."
start = recipe.make_model(np.random.default_rng(seed))
# axis 1 is that of the input channels; of a grey image there is only one
rows = [m[0].params["weight"].mean(axis=1) for m in (reader, start)]
reach = np.abs(rows[0]).max()
figure, axes = plt.subplots(2, 8, figsize=(9, 2.6), layout="constrained")
for ax, kernel in zip(
    axes.ravel(), [*rows[0][:8], *rows[1][:8]], strict=True
):
    ax.imshow(kernel, cmap=color_map("diverging"), vmin=-reach, vmax=reach)
    ax.set_axis_off()
alike = [
    np.corrcoef(now.ravel(), before.ravel())[0, 1]
    for now, before in zip(*rows, strict=True)
]
print(
    "correlation of each filter with its start:",
    ", ".join(f"{value:.2f}" for value in alike[:8]),
)

# %% [markdown] minutes=5
# The first filter has hardly moved, with a correlation of 0.98. The third and the eighth have clearly changed, but even at
# about three quarters the pattern of the start can be recognised. So after one epoch each filter is its own random start and something
# learned. Does the network read nearly all digits because of what was learned, or would the random filters have done as
# well? That is measured further down.
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
# Here your function counts for `reader`, on the test images. (If it has not passed, the library's counts.) All that stands in
# a row beside the diagonal are mistakes with that digit. Are these the digits that stayed longest in the view above?

# %% tags=["nbval-ignore-output"]
from cnnlib.experiments import inspection

passed = check("11.confusion_matrix", confusion_matrix).passed
count = confusion_matrix if passed else inspection.confusion_matrix
guesses = reader.predict(images.x_test)
matrix = count(images.y_test, guesses, len(images.class_names))
missed = matrix.sum(axis=1) - np.diag(matrix)
for name, number in zip(images.class_names, missed, strict=True):
    print(f"{name}: {number} wrong")
assert missed.sum() == (guesses != images.y_test).sum()

# %% [markdown]
# Only in part. Nines are wrong most often, but ones are wrong about as often as sevens or eights, and in the view above
# they were nearly always right. `reader` has learned from shifted, rotated and resized images, and it is judged by other
# ones. So which digits are difficult depends on the training and on the images too.
#
# The view shows the same matrix, and beside it the images that the chosen number has counted. Those come first of which the
# network is most confident. (Its *confidence* is the largest of its ten probabilities, that of its guess.) Click a cell, or
# use the arrow keys. **Question.** Would you have got its worst mistakes right? (Then give the view `student`, which saw
# only 3,000 images, and compare.)
#
# <details style="margin-bottom: 1em"><summary>What to look for</summary>
#
# There is no one answer. Some of these images you would get wrong too, others are plain digits with one unusual stroke. Look at
# the confidence: it is often near 100 %, although the guess is wrong. The loss does punish a guess that is sure and wrong,
# but only on training images, and there nearly all guesses are right in the end. For those the loss falls further the surer
# the network becomes. So it becomes very sure, and it is so on images that it gets wrong, too. ([12](12_generalization.ipynb)
# measures how far confidence can be trusted, and corrects it.)
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
# A 7 has a bar at the top and a stem that leads down. On which of the two does the guess depend more? Answer the card first.
# Then leaf through some sevens in the view. You can also ask for a wrong class, for instance what in this 7 speaks for a 1.

# %%
predict("11.seven")

# %% tags=["nbval-ignore-output"] answers="11.seven" page="EvidenceExplorer(networks.load_mnist_cnn(), data.load_mnist_sample())"
EvidenceExplorer(reader, images)

# %% tags=["nbval-ignore-output"] answers="11.seven"
sevens = images.x_test[images.y_test == 7][:60]
size = sevens.shape[-1]
patch, middle_rows, chances = size // 4, [], []
for row in range(0, size - patch + 1, patch // 2):
    for column in range(0, size - patch + 1, patch // 2):
        covered = sevens.copy()
        covered[..., row : row + patch, column : column + patch] = 0
        middle_rows.append(row + patch / 2)  # of the middle of the patch
        # the probability of the 7 that remains, for each seven
        chances.append(reader.predict_proba(covered)[:, 7])
# for each seven, where covering costs most
middles = np.array(middle_rows)[np.argmin(chances, axis=0)]
print(
    f"of {len(sevens)} images of class {images.class_names[7]}: "
    f"upper half {(middles <= size / 2).sum()}, "
    f"lower half {(middles > size / 2).sum()}"
)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# It differs from seven to seven. The cell moves a patch over each of sixty sevens and notes where covering costs the 7 most
# of its probability. (It moves by three pixels at a time, to be done soon; the view tries every place.) For some that is in
# the upper half, on the bar, for others in the lower half, on the stem, and neither group is much larger than the other. So
# one image does not show what a network looks for in a digit. <!-- computed: 28 // 4 // 2 = 3 -->
#
# The two maps of the view often disagree. Saliency tells what a tiny change of a pixel does. Covering a stroke is a large
# change, and a large change can do something quite different.
#
# </details>

# %% [markdown] minutes=4
# ## Would something simpler do as well?
#
# More than 98 % of the test images are right. Is that because the filters have learned? We can say so only if networks do
# worse that lack just this. Such a comparison is called a *control*. Here are three controls:
#
# - the same network with its filters **frozen** at their first, random values, so that only the last layer learns;
# - a network without convolutions, with as many weights: a linear layer, ReLU and a second linear layer. Such a network is
#   called **MLP**, short for *multi-layer perceptron*;
# - **logistic regression**: one linear layer on the bare pixels, with softmax.
#
# `compare` trains the four networks with three seeds each, for the same number of steps, 450. In its table ± is the standard
# deviation of the seeds, in points of accuracy. Under *weights* it counts those that are trained: of the frozen network
# only those of the last layer. How well can filters do that have never learned anything?

# %%
predict("11.frozen")

# %% tags=["nbval-ignore-output"] answers="11.frozen"
weights, pixels = recipe.make_model(0).num_parameters, images.x_train[0].size
variants = {
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
control = compare(variants, images, steps=450, lr=rate)
print(control)

# %% [markdown] minutes=1 cut=1
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# The network with learned filters is the best, and its lead is much larger than the spread. (It is not yet where the recipe
# brought it, since 450 steps are about a quarter of an epoch.) But look at the other rows. One
# linear layer on bare pixels gets nine of ten right, and random filters with a trained layer on top a little more. (With
# more steps all of them might still gain.) The MLP spends its weights on fourteen hidden units. It is no better than
# logistic regression, which has no hidden layer at all, and it errs three times as often as the network with learned
# filters. <!-- computed: 450 * 32 / 60000 = 0.24 -->
# <!-- test: tests/notebooks/test_claims.py::test_what_notebook_11_says_of_its_controls -->
#
# In MNIST all digits have one size and lie in the middle of the image, so every pixel by itself tells something of the
# digit. That makes it easy for a network without filters. So the high accuracy of `reader` alone does not show that its
# filters have learned anything. The distance from the best control does: it is what learning them was worth.
#
# </details>
#
# ## Against published figures
#
# On MNIST results can be compared over decades. LeNet-5, one of the first convolutional networks, erred on 0.95 % of the test
# images in 1998, and on 0.8 % when it was trained on distorted images too.
# <!-- source: LeCun, Bottou, Bengio and Haffner 1998 -->
# The course has trained it again, and two smaller networks with it: one with two convolutions and 28,986 weights, and one
# with 16,926. LeNet-5 has 61,706. (In tables of results *error* mostly means the share of the images that are wrong, and
# not the loss.)
# <!-- test: tests/training/test_accuracy_table.py::test_the_committed_table_is_that_of_the_committed_results -->
#
# Which of them makes the fewest mistakes?

# %%
predict("11.fewest")

# %% answers="11.fewest"
from IPython.display import Markdown

from cnnlib.networks.recipes import accuracy_table

Markdown(accuracy_table())

# %% [markdown] minutes=5 cut=3
# (For the last two rows there is no published error. The column *published %* has there the error that we wanted to reach.)
#
# **Question.** LeNet-5 errs on 0.84 % here and erred on 0.95 % in 1998. May one say that it is trained better here?
#
# <details style="margin-bottom: 1em"><summary>Answer</summary>
#
# Not yet. The test images are the same, and the difference, 0.11 points, is much larger than the spread of our three seeds.
# But the other number is from one training, and its spread is not known. And read the lines under the table: the
# settings here were fixed after trial runs that showed *test* errors. So the test images had a part in the choice, and our
# number is a little too good.
#
# </details>
#
# ## Keep it, break it off, go on
#
# `saving.save(model, path)` writes a network into a file: its layers by name, and its arrays. (The file is no *pickle*. A
# pickle is Python's own format for files, and can contain any code. If you load one of these files from a stranger, no
# code of theirs is run.)
#
# Suppose that the power fails in the middle of a long training. `fit(…, checkpoint=path)` writes a file after every epoch,
# a *checkpoint*. If the same call is made again, it finds the file and goes on from there. The function below trains for
# up to four epochs, with momentum, a rate that falls, distorted images and dropout. (*Dropout* is a layer that sets randomly
# chosen numbers to zero in training; the next notebook explains it.) What must the file hold, if the training that is
# broken off is to end with exactly the same weights as one that was not?

# %%
predict("11.resumed")


# %% answers="11.resumed"
def run(epochs, checkpoint=None, net=None):
    """Train for some of four epochs, a new network or a given one."""
    few = x[:2000], y[:2000]
    steps = 4 * math.ceil(len(few[0]) / 32)  # of four epochs
    rates = np.linspace(rate, rate / 5, steps)
    if net is None:
        net = networks.add_dropout(recipe.make_model(1), p=0.3, rng=2)
    how = {
        "schedule": lambda step: float(rates[step]),
        "augment": recipe.augment,
        "rng": 1,
        "progress": False,
    }
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


# %% answers="11.resumed"
folder = Path(tempfile.mkdtemp())
whole = run(4)  # never broken off
half = run(2, folder / "run.npz")  # after two epochs the power fails
resumed = run(4, folder / "run.npz")  # the same call finds the file
alone = run(2, net=half)  # only the network is still there
for words, net in (("checkpoint", resumed), ("network alone", alone)):
    same = all(
        (value == whole.arrays()[name]).all()
        for name, value in net.arrays().items()
    )
    print(f"{words}: all weights as without a break: {same}")
saving.save(resumed, folder / "reader.npz")
again = saving.load(folder / "reader.npz")
print(
    "saved and loaded, the outputs are the same:",
    (again.forward(validation[0]) == resumed.forward(validation[0])).all(),
)

# %% [markdown] minutes=2 cut=2
# <details style="margin-bottom: 1em"><summary>What must be kept?</summary>
#
# The weights; what the optimizer remembers; the place in the schedule and in the epoch; the
# [running averages](09_how_deep.ipynb) of batch normalization, where there is any; and the state of every random generator
# (for the order of the images, the dropout and the distortions). If one of these is left out, the two networks become
# different.
#
# In the course's tests the training is killed again and again, even while it writes the file, and it still goes on as it
# should.
# <!-- test: tests/training/test_checkpoint.py::test_a_process_killed_while_it_writes_leaves_the_checkpoint_before -->
#
# </details>
#
# ## Take it to PyTorch
#
# PyTorch computes the same things; only one array is stored in another way. PyTorch keeps a linear layer's weights as
# (out, in), this course as (in, out). If PyTorch is installed, the cell builds the same network there and compares all
# outputs; if not, it says so. (For other programs, `cnnlib.saving.to_onnx.to_onnx` writes a network in ONNX, a format for
# files of networks that many programs can read.)

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
# ## Other images
#
# With `DATA = "fashion_mnist"` in the first section you train on clothes, with `"cifar10"` on photographs of 32x32 pixels,
# in colour. The course does not bring these two sets along: `data.load_fashion_mnist(download=True)` and
# `data.load_cifar10(download=True)` fetch them once, and compare each file with the *check sum* that was published for it
# (a number computed from all of its bytes). Without `download=True` nothing is fetched. On Debian and Ubuntu
# `apt install dataset-fashion-mnist` brings the clothes too, and the course finds them there.
# <!-- source: Xiao, Rasul and Vollgraf 2017 -->
#
# All cells work on the clothes, but the text, the cards and their answers go on speaking of digits. Clothes are harder. After
# one epoch with the recipe, seeds 0 to 2, the network gets 86.4, 86.8 and 86.2 % of the test images right, and after ten
# epochs, seed 0, 89.6 %.
# <!-- source: measured with recipe.fit as in the cells above: 86.39, 86.80 and 86.17 %; ten epochs 89.63 % -->
# So the challenge of the view asks for 88 % of the validation images, in place of 98 %.
# <!-- source: seed 0 at the rate 0.02: 88.3 % after one and a half epochs, 89 % after two -->
# Shirts are missed most: they are taken for T-shirts, coats and pullovers. People without training in fashion gave 83.5 % of a
# thousand of the test images their label. <!-- source: README of Fashion-MNIST, Benchmark: human performance 0.835 -->
#
# If the files are not there, a sentence says what to do. **This cell is meant to fail.**

# %% tags=["raises-exception"]
with in_short():  # of an error only its last line
    data.load_fashion_mnist("no_such_folder")

# %% [markdown] minutes=1
# ## Capstone
#
# A *capstone* is a project at the end that needs everything before it. Build the best network you can for the 8x8 digits (Alpaydin and Kaynak, 1998), with at most 20,000 weights and 10 epochs.
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
# 2. *Core, 20 minutes.* Repeat the comparison with the three controls on fewer training images. Of which of the four
#    networks does the accuracy fall least, and why? (Hint: `Variant(..., images=500)`; without `images` a variant gets all
#    of them.)
# 3. *Stretch, 20 minutes.* Freeze only the first convolution. Is learning worth more in the first convolution or in the
#    second? (Hint: a subclass of `Sequential` whose `parameters()` leaves out the names that begin with `"0."`; see
#    `networks.FrozenConvolutions??`.)
# 4. *Core, 15 minutes.* Find an image that the network gets wrong with more than 90 % confidence, and cover pixels until it is
#    right. What had been misleading? (Hint: `MistakeExplorer` tells its number i; `x = images.x_test[i:i+1].copy()`, then set
#    pixels to 0 and call `reader.predict_proba(x)`.)
# 5. *Stretch, 60 minutes.* Capstone: beat the first try by more than the spread. (Hint: begin with two things that the recipe
#    above has: distorted images, such as `recipes.DIGITS.augment`, and a rate that falls.)

# %% [markdown]
# ## Summary
#
# 1. A training loop is six lines; trust it after it has learned twenty images by heart.
# 2. A result is a mean over seeds with its spread, on images that had no part in any choice, and beside controls.
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
