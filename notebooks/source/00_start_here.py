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
# twenty. <!-- computed: 19 / 20 = 0.95 --> Here you watch those seconds, stop them, and run them backwards. Nothing is
# explained yet: each later notebook takes apart one thing that you see.
#
# **After this notebook you can**
#
# 1. start, pause, step and rewind the training of a real convolutional network;
# 2. read its four signs of life: loss, accuracy, filters, and the images that it still gets wrong;
# 3. say which notebook explains which of them;
# 4. tell that your set-up works, and what to do if it does not.
#
# **You need** some Python. No mathematics, but for one logarithm that you may skip.
#
# **Time** 20 minutes.
#
# **Next** [01: How does an image become a guess?](01_forward_pass.ipynb)

# %% [markdown] minutes=3
# ## Before it has learned anything
#
# A cell runs when you click on it and press Shift+Enter. The first fetches handwritten digits and makes a *network*, the
# program that will learn. It looks at an image and gives ten numbers, one for each digit; the largest is its guess. What
# it does is decided by some ten thousand other numbers, its *weights*, and at first those are drawn at random.

# %%
import numpy as np

from cnnlib import (
    SGD,
    CrossEntropyLoss,
    evaluate,
    fit,
    load_mnist,
    load_mnist_sample,
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
# Random weights know nothing about digits, so the guesses are about as good as those of a ten-sided die: about
# one in ten. The *loss* is a number for *how* wrong the guesses are. It starts near the natural logarithm of ten;
# [notebook 02](02_loss.ipynb) shows why.
#
# </details>

# %% [markdown] minutes=4
# ## Watch it learn
#
# Now the network looks at images together with the right answers, a *batch* of 64 at a time. After each batch it puts the
# error of its guesses into one number, works out for every weight whether this number would grow or fall if the weight
# grew, and changes the weight a little so that it falls. One such change is a *step*. An *epoch* is one pass over all of
# these images.
#
# Some images it never learns from. They tell whether it has understood digits, or only remembers pictures. The *validation
# images* are for choosing: how long to train, how large a step. The *test images* are kept for the end: if you choose a
# setting because it does well on them, they are no longer unseen. The cell sets one twelfth of the training images aside as
# validation images, then opens a window. Press **Play**. Four things change at once:
#
# - the **loss** falls: how wrong the network is on the images it learns from, and on those it does not;
# - the **accuracy** climbs: the share of validation images that it gets right (while it plays, counted on the last thousand
#   validation images tried; when you pause, on 2,000);
# - the **filters**, eight small pictures of 5x5 weights, move away from their random start;
# - the **wrong** images become few: under each stands the true digit, then the guess.
#
# Pause it, take one step at a time, rewind it and play it again. **Challenge:** more than 98 % of the validation images
# right.

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
# Nothing in that window is hidden. The next cell trains the network that we made above: the same first weights, the
# same batches. An *optimizer* says how a step is taken (`lr` is the learning rate, the size of the steps; momentum is a
# matter for notebook 05), and `fit` takes all the steps and returns their history.
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
# Both curves of the loss fall: that of the images it learned from, and that of the validation images. So what it learned is
# about digits and not about the training images alone. Now the test images. (The first look at them, before the training,
# chose nothing.)

# %% tags=["nbval-ignore-output"] answers="00.images-seen"
after = evaluate(network, CrossEntropyLoss(), mnist.x_test, mnist.y_test)
print(f"right: {100 * after.accuracy:.1f} % of the test images")
assert after.accuracy > 0.95

# %% [markdown] minutes=4
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
# Nearly, so always guessing the same digit earns about one right answer in ten. Leaf through the images. The label
# above each says which digit was meant. Choose the *test* images of class 9 or 5 and look for one that you would
# get wrong yourself. Nobody can ask a network to do better than that.

# %%
ImageGallery(mnist)

# %% [markdown]
# To the network an image is a table of numbers between 0 (paper) and 1 (ink). The first
# image, in ninths so that each number has one digit:

# %%
print(
    "\n".join(
        " ".join(map(str, row))
        for row in (9 * mnist.x_train[0, 0]).round().astype(int)
    )
)

# %% [markdown]
# And the network is a *convolutional network* of eight layers. Read the table downwards: an image goes in, is turned into
# smaller and smaller maps, and ten numbers come out. The last column counts all the numbers that are learned, here called
# parameters.

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
# ## Spoil it
#
# The learning rate says how far each step goes. What will a rate of 1 do, and what one of 0.0001? Commit yourself, then try
# both in the view: set the rate, rewind, play. The cell below trains three new networks, each at a rate of its own, on
# 10,000 images, and judges them by the validation images. (A data set calls its second half `x_test`; in `parts` that half
# holds the validation images.)

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
    assert (share > 0.8) == (rate == 0.03)

# %% [markdown]
# <details><summary>What happened?</summary>
#
# At 0.0001 the steps are tiny: the network crawls. At 1 they are so large that they overshoot: the network ends
# by giving every image the same guess. Rates that work lie between the two. What decides where they begin and end?
# [Notebook 06](06_learning_rate.ipynb) asks.
#
# </details>

# %% [markdown] minutes=2
# ## Is everything here?
#
# If the window above has moved, all is here. The cell below lists the packages that the course needs and shows a button.
# Press the button. If the sentence under the table changes, the page and Python talk to each other, and every slider of
# the course will work. If nothing appears, or nothing changes, read "When it does not start" in the
# [README](../README.md).

# %%
SetupCheck()

# %% [markdown] minutes=2
# ## What you saw, and where it is explained
#
# | you saw | the question behind it | notebook |
# |---|---|---|
# | an image go in, ten numbers come out | How does an image become a guess? | 01 |
# | the loss | How wrong is the guess, in one number? | 02 |
# | weights that change so that the loss falls | Whose fault is it? | 03 |
# | layers named convolution | How does blame go through a convolution? | 04 |
# | a loss that falls at most steps, and rises at some | Which way is down? | 05 |
# | a rate that is too small and one that is too large | How big a step? | 06 |
# | a training that gets no better | Is this the bottom? | 07 |
# | random filters at the start | Where do we start? | 08 |
# | eight layers and no more | How deep can it go? | 09 |
# | only numbers, and no idea what the network makes of them | Can I watch a network learn a shape? | 10 |
# | images that stay wrong | Does it all work on real images? | 11 |
# | images that it never learned from | Does it know, or has it memorised? | 12 |
# | `fit`, and nothing of its inside | What does a framework add? | 13 |
#
# The course grew from a textbook chapter on training such networks, and puts each of its [fourteen
# claims](../docs/claims.md) to an experiment. <!-- test: tests/course/test_docs.py::test_every_claim_has_a_verdict -->
# Take the notebooks in this order: each uses what the one before has built. Exercises check themselves; the cell below
# shows what you have done so far. It is kept in a file on this computer and nowhere else.

# %% tags=["nbval-ignore-output"]
from cnnlib.checks import progress

progress()

# %% [markdown]
# And this is your record: how near your predictions were, where you were most surprised, what is due in
# [review](review.ipynb) today. *Save* writes it into one file; *Bring in* adds such a file, from another computer, say,
# to what is here.

# %%
my_course()

# %% [markdown]
# ## Exercises
#
# 1. *Warm-up, 10 minutes.* Find the largest learning rate at which the window above reaches 95 % within 20,000 images,
#    to one digit. Does it stay the same with other first weights? Add `seed=1` to the call of `TrainingView`.
# 2. *Warm-up, 5 minutes.* Look at the images that are wrong after an epoch. For each, say whether you would have got it
#    right.
# 3. *Core, 10 minutes.* Give `fit` five times as many epochs, on a fresh network (a minute or two). The loss on the
#    training images goes on falling. Does the accuracy on the validation images go on growing?

# %% [markdown]
# ## Summary
#
# 1. A network is a list of numbers, and training changes them a little after each batch of images.
# 2. The loss says how wrong it is; the accuracy on images that it never learned from says what that is worth.
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
