# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] minutes=1
# # What does training look like?
#
# A computer program that has never seen a handwritten digit learns, in a few seconds, to read more than nineteen of
# twenty. <!-- computed: 19 / 20 = 0.95 --> Here you watch those seconds, stop them, and go back to any moment of them.
# Each later notebook explains one thing that you see.
#
# **After this notebook you can**
#
# 1. start, pause, step and rewind the training of a real convolutional network;
# 2. read its four signs of life: loss, accuracy, filters, and the images that it still gets wrong;
# 3. say which notebook explains which of them;
# 4. tell that your set-up works, and what to do if it does not.
#
# **You need** some Python, and to have met the natural logarithm.
#
# **Time** 20 minutes, and 25 minutes for the exercises.
#
# **Next** [01: How does an image become a guess?](01_forward_pass.ipynb)

# %% [markdown] minutes=3
# ## Before it has learned anything
#
# A cell runs when you click on it and press Shift+Enter. The first fetches handwritten digits and makes a *network*, the
# program that will learn. It looks at an image and gives ten numbers, one for each *class*, that is, for each digit from 0
# to 9. The class with the largest number is its guess. Which numbers it gives depends on 11,274 other numbers, its
# *weights*. Training will change these and nothing else in the program. At first they are drawn at random: `rng` is NumPy's
# source of random numbers. The number in its brackets, the *seed*, settles all that it will draw, so whoever runs this
# cell gets the same weights.

# %%
import numpy as np

from cnnlib import (
    SGD, CrossEntropyLoss, evaluate, fit, load_mnist, load_mnist_sample,
)
from cnnlib.networks import mnist_cnn
from cnnlib.widgets import ImageGallery, SetupCheck, TrainingView
from cnnlib.widgets.cards import my_course, predict, quiz

try:
    mnist = load_mnist()
# the package alone, as in Colab and in the browser, brings a fifth of them
except FileNotFoundError:
    mnist = load_mnist_sample()
rng = np.random.default_rng(0)
network = mnist_cnn(rng=rng)

# %% [markdown]
# Before an experiment a card asks you to **predict** what will come out. *Commit* keeps what you said, and the card
# sets it beside what came out. It is kept on this computer and nowhere else; you may also look without a guess.

# %%
predict("00.untrained")

# %% answers="00.untrained"
before = evaluate(network, CrossEntropyLoss(), mnist.x_test, mnist.y_test)
print(f"right: {100 * before.accuracy:.1f} % of the test images")
print(
    f"loss: {before.loss:.2f}; the natural logarithm of 10 is "
    f"{np.log(10):.2f}"
)

# %% [markdown]
# <details><summary>Why these numbers?</summary>
#
# Random weights know nothing about digits, so the guesses are about as good as those of a ten-sided die: one in ten is
# right. Random weights of another seed give a little less, or a little more.
#
# The *loss* says *how* wrong the guesses are. The network turns its ten numbers into ten probabilities, and the
# loss is small if the right digit has got a large one. A network that gives all ten the same probability has the loss
# ln 10 = 2.30; [notebook 02](02_loss.ipynb) shows why. This one is at 2.45, because it prefers some digits to others
# without a reason.
#
# </details>

# %% [markdown] minutes=4
# ## Watch it learn
#
# Training repeats one *step*. The network guesses the digits of a *batch*: 64 training images, drawn at random. Their
# right digits are known, and one number, the *loss*, says how wrong the guesses are. Then the step finds out for every
# weight whether the loss would grow or fall if that weight grew a little, and changes the weight a little, in the
# direction in which the loss falls. Once every training image has been in a batch, one *epoch* is over. The next one goes
# through the same images in another order.
#
# Some images it never learns from. They tell whether it has understood digits, or only remembers pictures. The *validation
# images* are for choosing: how long to train, how large a step. The *test images* are kept for the end: if you choose a
# setting because it does well on them, they are no longer unseen. The cell sets one twelfth of the training images aside as
# validation images. In the code they are `parts.x_test`, and the others are `parts.x_train`: every data set of the course
# calls the images to learn from `x_train` and those to be judged by `x_test`.
#
# Then the cell opens a window. Press **Play**. Four things change at once:
#
# - **The wall of digits.** Always the same sixty validation images, six of each digit in a column of their own, with the
#   network's guess beneath. Wrong ones stand on a ground of rust: watch the wall become clear. *Still wrong* puts there
#   what it gets wrong of all the images that it is judged by. A click on an image says how sure the network is of its guess.
# - **Correct answers.** This is the *accuracy*, the share of validation images that it guesses right, from guessing up to
#   the goal. (Judging takes time. So the window uses 2,000 of the validation images, and while it plays only its last
#   thousand answers.)
# - **Loss.** Each dot is the loss of one batch. The dots jump up and down, because every batch holds other images, some of
#   them harder. The line is the loss of the validation images. The dotted line at 2.30 is the loss of giving
#   all ten digits the same probability. The accuracy counts guesses only, while the loss also asks how sure the network was
#   of the right digit. So the loss can fall although the accuracy stays: the same guesses are right, and the network is
#   surer of them.
# - **First-layer filters.** Eight tables of 5x5 weights that the network slides over the image, drawn as small pictures.
#   The upper row shows them at the start, drawn at random, the lower row as they are now: look for a blue side beside an
#   orange one. Point at one of the lower row to read how far training has changed it.
#
# Pause it and take one step at a time. Rewind it to an earlier step: that puts the weights of this step back, and *Play*
# trains anew from there. If you change nothing, it takes the same steps once more, because the first weights and the order
# of the batches both come from a seed. The slider *Learning rate* says how far each step goes; leave it for later.
# **Challenge:** more than 98 % of the validation images right.

# %%
predict("00.images-seen")

# %% answers="00.untrained"
parts = mnist.hold_back(len(mnist.x_train) // 12)
TrainingView(
    parts,
    make_model=mnist_cnn,
    judged="validation images",
    batch_size=64,
    goal=0.98,
)

# %% [markdown] minutes=2 cut=1
# ## The same without a window
#
# The next cell does what the window did, without pictures: `fit` trains the network that we made above, with the same
# first weights and the same batches, and returns the history of all steps. `CrossEntropyLoss` computes the loss. `SGD` takes
# the steps; `lr` is the learning rate, and momentum is explained in notebook 05.
# <!-- test: tests/widgets/test_training_view.py::test_the_view_trains_as_fit_does -->

# %% tags=["nbval-ignore-output"] answers="00.images-seen"
history = fit(
    network,
    CrossEntropyLoss(),
    SGD(lr=0.03, momentum=0.9),
    parts.x_train,
    parts.y_train,
    batch_size=64,
    epochs=3,
    rng=rng,
    validation=(parts.x_test, parts.y_test),
)
history

# %% answers="00.images-seen" alt="Two curves over 3 epochs. The loss of the batches falls steeply and then slowly, for training and validation images alike; the accuracy climbs above 97 per cent."
axes = history.plot()

# %% [markdown]
# The grey line is the loss of each batch; it jumps like the dots in the window. The two marked lines lie close
# together, with one value for each epoch: the mean over the training images, and the loss of the validation images. In the
# first epoch the training images look worse, because their mean also counts the first batches, before the network had
# learned anything; the validation images are judged when the epoch is over.
#
# Both marked lines fall, so what it learns holds for digits that it has not seen. If the training loss went on
# falling while the other stopped or rose, it would be learning what is peculiar to the training images, and no more about
# digits. Now the test images:

# %% tags=["nbval-ignore-output"] answers="00.images-seen"
after = evaluate(network, CrossEntropyLoss(), mnist.x_test, mnist.y_test)
print(f"right: {100 * after.accuracy:.1f} % of the test images")

# %% [markdown] minutes=4
# <details><summary>How many images did it take?</summary>
#
# About 10,000, less than a fifth of one epoch. The few per cent that are missing take the rest of the three epochs.
# <!-- test: tests/notebooks/test_claims.py::test_ten_thousand_images_are_enough_for_95_per_cent -->
#
# </details>
#
# ## The images
#
# They are real handwriting: MNIST, 70,000 digits that some five hundred people wrote by hand, clerks of a census
# office and pupils of a high school, scanned and centred in 28x28 pixels (source below). 60,000 are for training; the
# 10,000 test images are by other writers. Is each of the ten digits there as often as the others? Counted from 0 to 9,
# among the training images:
# <!-- test: tests/data/test_bundled.py::test_the_whole_set_is_the_published_one -->

# %%
np.bincount(mnist.y_train)

# %% [markdown]
# Nearly. Read some yourself: say what the large image shows, and you see the digit that its writer meant. How many of twenty
# do you read as they are labelled? A click on a small image shows its digit, too; *Show the labels* does so for all. (A number
# at the left is that of the first image of its row.) Choose the *test* images of class 9 or 5 and look for one that you would
# get wrong yourself. What people cannot read, a network need not read either.

# %%
ImageGallery(mnist)

# %% [markdown]
# To the network an image is a table of 28x28 numbers between 0 (paper) and 1 (ink). Here is every second row and
# column of the first image, each number multiplied by 9 and rounded, so that it has one digit:

# %%
small = mnist.x_train[0, 0, ::2, ::2]
for row in (9 * small).round().astype(int):
    print(*row)

# %% [markdown]
# And the network is a *convolutional network* of eight *layers*. Each layer turns the numbers that it gets into others and
# hands them on. Read the table downwards: one image of 28x28 goes in, eight pictures of that size come out of the first
# `Conv2d` (one for each filter above), later ones are more and smaller, and ten numbers come out at the end. The last
# column counts the weights. Here they are called *parameters*; notebook 01 tells which of them are weights in the
# narrow sense.

# %%
print(network.summary(input_shape=(1, 28, 28)))

# %% [markdown]
# Which test images does the trained network still get wrong? Here are the first ten. Find some of them in the gallery
# above (test images, class *any*) and judge whether you would blame the network.

# %% tags=["nbval-ignore-output"] answers="00.images-seen"
guesses = network.predict(mnist.x_test)
for i in np.flatnonzero(guesses != mnist.y_test)[:10]:
    print(
        f"page {i // 40 + 1}, number {i}: a {mnist.y_test[i]}, taken for a "
        f"{guesses[i]}"
    )

# %% [markdown] minutes=2
# ## Three learning rates
#
# The learning rate says how far each step goes. So far it was 0.03. Commit yourself, then try other rates in the window: set
# the rate, rewind to the start, play. The cell below trains three new networks, each at a rate of its own, on 10,000
# images, and judges them by the validation images.

# %%
predict("00.rates")

# %% tags=["nbval-ignore-output"] answers="00.rates"
for rate in (0.0001, 0.03, 1.0):
    model, optimizer = mnist_cnn(rng=0), SGD(rate, momentum=0.9)
    x, y = parts.x_train[:10_000], parts.y_train[:10_000]
    fit(
        model,
        CrossEntropyLoss(),
        optimizer,
        x,
        y,
        batch_size=64,
        epochs=1,
        rng=0,
        progress=False,
    )
    guesses = model.predict(parts.x_test)
    share = np.mean(guesses == parts.y_test)
    print(
        f"rate {rate:<6}: {100 * share:3.0f} % right, {len(set(guesses))} "
        "different guesses"
    )

# %% [markdown]
# <details><summary>What happened?</summary>
#
# At 0.0001 the steps are tiny: the network crawls. At 1 they are so large that they overshoot: the network ends
# by giving every image the same guess. Rates that work lie between the two. What decides where they begin and end?
# [Notebook 06](06_learning_rate.ipynb) asks.
#
# </details>

# %% [markdown] minutes=2
# ## If a window does not move
#
# Then run the next cell and press its button. If a dot travels to Python and is counted there, the page and Python talk to
# each other, and every window of the course will work. If nothing appears, or nothing changes, read "When it does not start"
# in the [README](../README.md).

# %%
SetupCheck()

# %% [markdown] minutes=2
# ## What you saw, and where it is explained
#
# <details><summary>The thirteen notebooks and their questions</summary>
#
# | you saw | the question behind it | notebook |
# |---|---|---|
# | an image go in, ten numbers come out | How does an image become a guess? | 01 |
# | the loss | How wrong is the guess, in one number? | 02 |
# | every weight changed in a direction of its own | Whose fault is it? | 03 |
# | layers named `Conv2d` | How does blame go through a convolution? | 04 |
# | a loss that jumps up and down while it falls | Which way is down? | 05 |
# | a rate that crawls and a rate that spoils all | How big a step? | 06 |
# | a loss that hardly falls any more | Is this the bottom? | 07 |
# | random filters at the start | Where do we start? | 08 |
# | eight layers and no more | How deep can it go? | 09 |
# | 11,274 weights, too many to see what each does | Can I watch a network learn a shape? | 10 |
# | images that stay wrong | Does it all work on real images? | 11 |
# | images that it never learned from | Does it know, or has it memorised? | 12 |
# | `fit`, and nothing of its inside | What does a framework add? | 13 |
# <!-- source: the notebooks' own numbers -->
#
# </details>
#
# Take the notebooks in this order: each uses what the one before has built. The course grew from a chapter of a textbook,
# and puts each of the chapter's [fourteen claims](../docs/claims.md) about training to an experiment.
# <!-- test: tests/course/test_docs.py::test_every_claim_has_a_verdict -->
#
# The next cell shows your record: how near your predictions were, where you were most surprised, which exercises you have
# solved (from notebook 01 on they check themselves), and what is due in [review](review.ipynb) today. It is kept in a
# file on this computer and nowhere else. *Save* writes it into one file; *Bring in* adds such a file, from another computer,
# say, to what is here.

# %%
my_course()

# %% [markdown]
# ## Exercises
#
# Nothing checks these three; compare with somebody else's results.
#
# 1. *Warm-up, 10 minutes.* Which is the largest learning rate at which more than 95 % of the validation images are right
#    before the network has seen 20,000 images? Try `0.06`, `0.1`, `0.2` and so on in the window, each from the start. Is it the same
#    rate with other first weights? Add `seed=1` to the call of `TrainingView`.
# 2. *Warm-up, 5 minutes.* Look at the images that are *still wrong* after an epoch. For each, say whether you would have got it
#    right.
# 3. *Core, 10 minutes.* Give `fit` five times as many epochs, on a fresh network (a minute or two). The loss on the
#    training images goes on falling. Does the accuracy on the validation images go on growing?

# %% [markdown]
# ## Summary
#
# 1. What a network has learned is in its weights; training changes them a little after each batch of images.
# 2. The loss says how wrong its guesses are. Only images that it never learned from tell how it will read new ones.
# 3. How far each step goes decides whether it learns at all.
#
# %% [markdown]
# ## Questions
#
# Five of them, on a card that answers back; they come back another day, in [review](review.ipynb).

# %%
quiz("00")

# %% [markdown]
# ## References
#
# The digits: Y. LeCun, C. Cortes, C. J. C. Burges, *The MNIST database of handwritten digits*, made from databases
# of the National Institute of Standards and Technology (here the training images stand in another order). The idea of such
# networks: Y. LeCun et al., [Gradient-based learning applied to document
# recognition](https://doi.org/10.1109/5.726791) (Proceedings of the IEEE, 1998).
#
# **Next** [01: How does an image become a guess?](01_forward_pass.ipynb)
