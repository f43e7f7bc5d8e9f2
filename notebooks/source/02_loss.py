# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] minutes=2
# # How wrong is the guess, in one number?
#
# At the end of the forward pass, in [notebook 01](01_forward_pass.ipynb), the network gave ten probabilities. To learn, it
# must be told how wrong they are, by one number, the *loss*. Learning means to change the weights a little, again and again,
# so that the loss gets smaller. There are several ways to compute a loss. Here you compare two of them, and see how much the
# choice matters. You also see what can be read off the loss of a network that has not learned anything yet. (*Weights*
# means the biases too in this notebook.)
#
# **After this notebook you can**
#
# 1. say what a training set is, and how a network depends on it;
# 2. compute two losses by hand, half squared error and cross-entropy, and their *gradients*: how fast each loss changes with
#    each score;
# 3. say how strongly each of the two corrects a confident wrong answer, and derive it from their gradients;
# 4. tell from the first loss whether the weights or the pixels are out of order;
# 5. write a softmax and a cross-entropy that work for scores of any size.
#
# **You need** notebook 01, logarithms and the exponential function, derivatives of both.
#
# **Time** 35 minutes. **Back** [01: How does an image become a guess?](01_forward_pass.ipynb)
# **On** [03: Whose fault is it?](03_backpropagation.ipynb)

# %%
import numpy as np

from cnnlib import (
    SGD,
    CrossEntropyLoss,
    evaluate,
    fit,
    load_digits,
    small_cnn,
)
from cnnlib.checks import check
from cnnlib.data import Distort
from cnnlib.experiments.first_losses import loss_and_gradient
from cnnlib.nn import functional as F
from cnnlib.nn.gradcheck import numerical_gradient, relative_error
from cnnlib.nn.losses import one_hot
from cnnlib.runtime import in_short
from cnnlib.widgets import Challenge, FirstLoss, ImageGallery, LossExplorer
from cnnlib.widgets.cards import predict, quiz

digits = load_digits()
parts = digits.hold_back(300)  # its second half: 300 validation images
digits

# %% [markdown] minutes=4
# ## Images with known labels
#
# A network learns from images whose right answers, the *labels*, are known. As in notebook 00, the images are divided into
# three parts, and the network learns from the *training* images alone. Whoever tries several ways to train and keeps the best
# one compares them on the *validation* images. The *test* images only show how well a network reads digits that are new to
# it; nothing is chosen by them. Here `digits` holds all training images and the test images. In `parts` 300 of the training
# images are kept apart for validation. (A data set calls its second half `x_test`; in `parts` that half holds the validation
# images.)
#
# The labels were given by people. Choose the eights of the training images, and find one to which you would have given
# another label.

# %%
ImageGallery(digits)

# %% [markdown]
# All ten digits are nearly equally frequent. What happens if one digit is far more frequent than the others? The cell below
# makes a training set of 150 images in which nine of ten are ones, and another of 150 images in which all digits are about
# equally frequent. A new network is trained on each, for five passes over its images.
#
# (`small_cnn` makes a network with the layers of notebook 01 and random weights, and `fit` trains it, as in notebook 00.
# `SGD(…)` is the rule by which the weights are changed; its numbers `lr` and `momentum` are explained in notebooks 05
# and 06.)

# %%
predict("02.frequent")

# %% tags=["nbval-ignore-output"] answers="02.frequent"
ones, others = (
    np.flatnonzero(digits.y_train == 1),
    np.flatnonzero(digits.y_train != 1),
)
for name, pick in (
    ("mostly ones", np.append(ones[:135], others[:15])),
    ("all digits", np.arange(150)),
):
    network, how = (
        small_cnn(rng=0),
        {"epochs": 5, "rng": 0, "progress": False},
    )
    x, y = digits.x_train[pick], digits.y_train[pick]
    fit(network, CrossEntropyLoss(), SGD(lr=0.05, momentum=0.9), x, y, **how)
    own, guesses = (
        (network.predict(x) == y).mean(),
        network.predict(digits.x_test),
    )
    print(f"{name:11}: right on {own:.0%} of its training images", end=", ")
    print(
        f"{(guesses == digits.y_test).mean():.0%} of the test images",
        end="; ",
    )
    print(f"says 'one' to {(guesses == 1).mean():.0%} of the test images")

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# The first network says "one" to every image. On its own training images that is right nine times in ten, and it is the
# quickest way to make the loss small.
#
# </details>
#
# At each step of training the network sees a *batch* of a few dozen images. One pass over all training images is called an
# *epoch*.
#
# A label such as 3 is a name and no quantity: for the network, 3 is not between 2 and 4. So what we want from it is written
# as ten numbers: a 1 in the place of the label, and 0 everywhere else. This is called *one-hot*. They are the probabilities
# of a network that is always right and quite sure.

# %%
print("training images of each digit:", np.bincount(digits.y_train))
print("first labels:", digits.y_train[:3])
one_hot(digits.y_train[:3], 10)

# %% [markdown] minutes=4
# ## Normalising the pixels
#
# To *normalise* the pixels means to subtract their mean from all of them, and then to divide by their *standard deviation*.
# The standard deviation says how far the pixels are from their mean: it is the square root of the mean of the squared
# distances. Both numbers are computed **from the training images alone**, and then used for all three parts. The test images
# are meant to show what the network does with images it knows nothing about. If the test images had a part in the mean and
# the deviation, the network would know something about them.
#
# What mean and what standard deviation do the test pixels have when they are normalised in this way?

# %%
predict("02.peek")

# %% answers="02.peek"
mean, deviation = parts.x_train.mean(), parts.x_train.std()
for name, part in (
    ("training", parts.x_train),
    ("validation", parts.x_test),
    ("test", digits.x_test),
):
    normalised = (part - mean) / deviation
    print(
        f"{name:10} mean {abs(normalised.mean()):.3f} from 0, deviation "
        f"{normalised.std():.3f}"
    )

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# The training pixels have the mean 0 and the deviation 1 exactly. Those of the test images come near to it, because they
# show the same kind of digits, but they had no part in computing the two numbers.
#
# </details>
#
# How much does normalising help? Five new networks are trained with pixels from 0 to 255, as a camera gives them, five with
# pixels from 0 to 1, and five with normalised ones. All of them are trained for one epoch at a small *learning rate* (the
# factor that decides how far the weights move at a step). Then the same is done once more, for five epochs at a rate five
# times as large. This compares several ways, so it is judged by the validation images. The percentages are means over the
# five networks.
# <!-- source: a byte holds 0 to 255 -->

# %% tags=["nbval-ignore-output"]
ways = {
    "0 to 255": lambda x: 255 * x,
    "0 to 1": lambda x: x,
    "normalised": lambda x: (x - mean) / deviation,
}


def share_right(prepare, lr, epochs):
    """Share of the validation images that five new networks get right."""
    shares = []
    for seed in range(5):
        net, rule = small_cnn(rng=seed), SGD(lr=lr, momentum=0.9)
        train = prepare(parts.x_train), parts.y_train
        how = {"epochs": epochs, "rng": seed, "progress": False}
        fit(net, CrossEntropyLoss(), rule, *train, **how)
        guesses = net.predict(prepare(parts.x_test))
        shares.append(np.mean(guesses == parts.y_test))
    return np.mean(shares)


few, more = (
    {name: share_right(way, lr, epochs) for name, way in ways.items()}
    for lr, epochs in ((0.01, 1), (0.05, 5))
)
for name in ways:
    at_once = f"rate 0.01, 1 epoch: {few[name]:.0%} right"
    print(f"{name:10} {at_once};   rate 0.05, 5 epochs: {more[name]:.0%}")
assert few["0 to 255"] < 0.2 < few["0 to 1"] < few["normalised"] - 0.1
assert abs(more["0 to 1"] - more["normalised"]) < 0.03

# %% [markdown] minutes=6 cut=2
# With pixels up to 255 every step is far too large, and the network learns nothing. In one epoch at the small rate the networks
# with normalised pixels learn far more than those with pixels from 0 to 1. In five epochs at the larger rate the two are
# equally good, so for digits the course leaves the pixels between 0 and 1. Colour photographs are usually normalised, because
# their channels differ in mean and deviation.
#
# ## What depends on the training set?
#
# How much does a network depend on its training images? Two experiments. In the first, a network never sees a 7 in training.
# Then it is shown the sevens among the test images. What will it say, and how sure will it be? (The *confidence* of a guess is
# the largest of its ten probabilities. The cell prints its *median*: half of the sevens have a larger one, half a smaller
# one.)

# %%
predict("02.sevens")


# %% tags=["nbval-ignore-output"] answers="02.sevens"
def trained_on(x, y, augment=None):
    """A fresh network after 20 epochs."""
    network, how = (
        small_cnn(rng=0),
        {"epochs": 20, "augment": augment, "rng": 0, "progress": False},
    )
    fit(network, CrossEntropyLoss(), SGD(lr=0.05, momentum=0.9), x, y, **how)
    return network


others, sevens = digits.y_train != 7, digits.x_test[digits.y_test == 7]
blind = trained_on(digits.x_train[others], digits.y_train[others])
p = blind.predict_proba(sevens)
said = p.argmax(axis=1)
print(
    "said for the sevens, how often 0, 1, ... 9:",
    np.bincount(said, minlength=10),
)
print(
    f"right: {(said == 7).sum()} of {len(sevens)}; median confidence "
    f"{np.median(p.max(axis=1)):.0%}"
)
assert not (said == 7).any()

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# It reads none of them right, and yet it gives most of its guesses a high probability. Its ten probabilities add up to 1 for
# every image: it has no way to say "I have never seen anything like this".
#
# </details>
#
# In the second experiment the network learns from all digits. They are in the middle of their images. What happens
# when the test digits are moved one pixel to the right? (As in notebook 01, a column of zeros comes in on the left, and the
# last column is lost.) And when the training digits have been moved at random, by up to one pixel? In the code
# `Distort(shift=1)` does that, for every image anew whenever it is learned from.

# %%
predict("02.moved")

# %% tags=["nbval-ignore-output"] answers="02.moved"
framed = np.pad(digits.x_test, [(0, 0), (0, 0), (0, 0), (1, 0)])
moved, moved_shares = framed[..., :8], {}
for name, augment in (("centred", None), ("moved about", Distort(shift=1))):
    network = trained_on(digits.x_train, digits.y_train, augment)
    right = [
        (network.predict(x) == digits.y_test).mean()
        for x in (digits.x_test, moved)
    ]
    print(
        f"trained on {name:11}  test images as they are {right[0]:.0%}, "
        f"moved {right[1]:.0%}"
    )
    moved_shares[name] = right[1]
    assert right[0] > 0.9 and (right[1] < 0.8) == (augment is None)

# %% [markdown] minutes=5
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# Both networks have the same layers; only the training images differ. The first gets about a quarter fewer digits right when
# they are moved by one pixel, the second hardly any fewer.
#
# A network cannot be expected to handle images of a kind that is missing in its training set.
#
# </details>
#
# ## Two ways to count
#
# For an example by hand, take three classes, numbered 0, 1 and 2. The network gives the probabilities $p = (0.7, 0.2, 0.1)$, and
# the label is class 0, so we want $t = (1, 0, 0)$.
#
# The **half squared error** is half the sum of the squared differences, $E = \tfrac12 \sum_k (p_k - t_k)^2$.
# The half is there for convenience: in the derivative it cancels the 2.
#
# The **cross-entropy** is minus the logarithm of the probability that the network gives to the label,
# $E = -\ln p_{\text{label}}$. It depends on no other probability. It is 0 if the label gets the probability 1, and grows
# without bound as that probability goes to 0.
#
# **Work out both by hand** before you run the cell, with a calculator for the logarithm. (The loss of a batch is the mean over
# its images.)

# %%
predict("02.by-hand")

# %% answers="02.by-hand"
p, t = np.array([0.7, 0.2, 0.1]), np.array([1, 0, 0])
print(
    f"half squared error {0.5 * ((p - t) ** 2).sum():.3f}, cross-entropy "
    f"{-np.log(p[0]):.3f}"
)

# %% [markdown]
# In the next view you drag the scores of three classes, *cat*, *dog* and *bird*; softmax makes probabilities of them. The
# picture of both losses shows how they depend on the score of the true class. A loss has a *slope* by each score: how
# fast it changes when that score changes a little and the others stay the same. All the slopes of a
# loss together are its *gradient*. Training changes the weights so that each score moves against its slope. Where the slope is
# steep, the score moves far; where the slope is near 0, it hardly moves. So we call minus the slope the *pull* of the
# loss at that score. Two arrows at each score are the pulls: a thick one of cross-entropy, a thin one of the half squared error.
# A score whose arrow points to the right is pulled up.
#
# Suppose the picture shows a cat, and the network gives *cat* a score of −6, *dog* one of 6 and *bird* one of 0: it is nearly
# certain of the dog. Both losses are large then. How hard does each of them pull at the score of the cat?
#
# **Challenge.** Find scores for which the half squared error is above 0.99. (It cannot be larger than 1: if a wrong class had
# all the probability, two differences would be 1, and ½·(1² + 1²) = 1.) How hard does it pull there?
# <!-- computed: 0.5 * (1 + 1) = 1 -->

# %%
predict("02.pull")

# %% answers="02.pull"
hopeless = Challenge(
    "A squared error above 0.99",
    lambda f: f["squared"] > 0.99,
    lambda f: (f"now {f['squared']:.3f}", f["squared"]),
)
LossExplorer(challenge=hopeless)

# %% [markdown] minutes=5
# <details style="margin-bottom: 1em"><summary>What happened</summary>
#
# With these scores cross-entropy pulls with nearly 1, the half squared error with about 0.00001. Look at the picture of both
# losses: at the left, where the guess is worst, the curve of the half squared error is flat. The loss is large there, but
# its slope is almost 0. Since the scores move by their slopes, they hardly move.
# <!-- test: tests/widgets/test_network_widgets.py::test_the_squared_error_stalls_where_cross_entropy_pulls -->
#
# </details>
#
# ## Why: the gradients, in a few lines
#
# We want the slope of each loss with respect to one score $z_k$, while the other scores stay the same. It is written
# $\partial E / \partial z_k$ and called a *partial derivative*; it is computed like any derivative, with the other scores as
# constants. Let $S = \sum_j e^{z_j}$ be the sum over all classes, and $p_k = e^{z_k} / S$ the probability of class $k$. Only one
# term of $S$ contains $z_k$, so $\partial S / \partial z_k = e^{z_k}$.
#
# **Cross-entropy.** The logarithm of a quotient is a difference: $E = -\ln p_\text{label} = -z_\text{label} + \ln S$. The
# slope of the first part is −1 if $k$ is the label, and 0 if not: that is $-t_k$. The slope of $\ln S$ is the slope of $S$
# divided by $S$, that is $e^{z_k} / S = p_k$. Together
#
# $$\frac{\partial E}{\partial z_k} = p_k - t_k .$$
#
# In words: the probability minus what it should be. If the network gives the label a probability near 0, the slope
# for the label is nearly −1. It cannot get any steeper.
#
# **Half squared error.** Here we first need how each probability changes with $z_k$. By the rule for quotients
#
# $$\frac{\partial p_k}{\partial z_k} = \frac{e^{z_k} S - e^{z_k} e^{z_k}}{S^2} = p_k - p_k\, p_k , \qquad
# \frac{\partial p_j}{\partial z_k} = -\frac{e^{z_j} e^{z_k}}{S^2} = -p_j\, p_k \quad (j \ne k) .$$
#
# So the term $-p_j\, p_k$ is there for every class $j$, and for the class $k$ itself there is $p_k$ in addition.
#
# $E$ is the sum of $\tfrac12 (p_j - t_j)^2$ over all classes $j$. The derivative of such a term is $(p_j - t_j)$ times the
# derivative of $p_j$. We add these up. The additional $p_k$ gives the first part, and the terms $-p_j\, p_k$ give the sum:
#
# $$\frac{\partial E}{\partial z_k} = (p_k - t_k)\, p_k - \sum_j (p_j - t_j)\, p_j\, p_k
# = p_k \Bigl( (p_k - t_k) - \sum_j p_j (p_j - t_j) \Bigr) .$$
#
# With the numbers from above, $p - t$ is $(-0.3, 0.2, 0.1)$, and the sum is $0.7 \cdot (-0.3) + 0.2 \cdot 0.2 + 0.1 \cdot 0.1 =
# -0.16$. So the three slopes are $0.7\,(-0.3 + 0.16) = -0.098$, $0.2\,(0.2 + 0.16) = 0.072$ and $0.1\,(0.1 + 0.16) = 0.026$.
# <!-- computed: 0.7 * (-0.3) + 0.2 * 0.2 + 0.1 * 0.1 = -0.16 --> <!-- computed: 0.7 * (-0.3 + 0.16) = -0.098 -->
# <!-- computed: 0.2 * (0.2 + 0.16) = 0.072 --> <!-- computed: 0.1 * (0.1 + 0.16) = 0.026 --> <!-- computed: 0.7 - 1 = -0.3 -->
#
# These formulas explain what you saw. When the network is nearly certain of a wrong class, the true class has a $p_k$ near
# 0, and this is a factor of its slope. For the wrong class, the dog in our example, $p_k$ is nearly 1 and $t_k$ is 0, so
# $p_k - t_k$ is nearly 1. From this the sum is subtracted. The dog's own term in the sum is $p_k (p_k - t_k)$, which is nearly
# 1 as well, and the terms of the other classes are nearly 0, because their probabilities are. So the bracket is nearly
# $1 - 1 = 0$. All slopes of the half squared error are near 0. One can also say: when one class has nearly all the
# probability, a small change of a score changes the probabilities very little, and so it changes the half squared error very
# little too.
#
# Are the formulas right? The next cell compares them with slopes that are measured: `numerical_gradient` moves each score a
# little up and down, and divides the change of the loss by the change of the score. `relative_error` is the largest
# difference between two arrays, divided by the largest number in them.

# %%
z = np.array([1.0, 3.0, -1.0])
for kind in ("cross-entropy", "half squared error"):
    _, gradient = loss_and_gradient(z, 0, kind)
    measured = numerical_gradient(
        lambda z, kind=kind: loss_and_gradient(z, 0, kind)[0], z.copy()
    )
    print(
        f"{kind:18} {gradient.round(4)}  agrees: "
        f"{relative_error(gradient, measured) < 1e-8}"
    )
    assert relative_error(gradient, measured) < 1e-8

# %% [markdown]
# How long does it take to correct such a mistake? Start with the scores −6, 6 and 0. At each step, subtract from every score its
# slope, until the true class has a probability of one half. (For cross-entropy you can estimate in your head how many steps
# it takes.)

# %%
predict("02.steps")

# %% answers="02.steps"
for kind in ("cross-entropy", "half squared error"):
    z, steps = np.array([-6.0, 6.0, 0.0]), 0
    while F.softmax(z)[0] < 0.5:
        z -= loss_and_gradient(z, 0, kind)[1]
        steps += 1
    print(f"{kind:18} {steps} steps")

# %% [markdown] minutes=5
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# The two scores differ by 12. With cross-entropy both move by nearly 1 at each step, the one up and the other down. With
# the half squared error it takes about a thousand times as many steps, nearly all of them where the curve is flat.
#
# That is why networks that choose between classes are trained with cross-entropy. The squared error is used where the
# answer is a quantity, such as a price or an angle.
#
# </details>
#
# ## The first loss
#
# The first weights of a network are random. If a new network gave each of ten classes the same probability, its loss
# (cross-entropy) would be $-\ln \tfrac{1}{10} = \ln 10 \approx 2.30$. But random weights prefer some classes to others. Is the
# loss of a new network below this value, above it, or sometimes one and sometimes the other? Below are the losses of 200
# new networks, each with random weights of its own, on the same 64 digits. (Where the view says *no opinion*, it means a network
# that gives all classes the same probability.)
#
# Then try what happens to the first loss with
#
# - all weights two or three times as large;
# - pixels from 0 to 255, because somebody forgot to divide; <!-- source: a byte holds 0 to 255 -->
# - all weights zero.
#
# (*He* and *Xavier* are two rules for the size of the random weights; [notebook 08](08_initialization.ipynb) explains them.)
#
# **Challenge.** Find settings with a mean first loss between 7.5 and 8.5. Which mistake could be the reason?

# %%
predict("02.first")

# %% answers="02.first"
eight = Challenge(
    "A mean first loss of about 8",
    lambda f: 7.5 < f["mean"] < 8.5,
    lambda f: (f"now {f['mean']:.2f}", min(f["mean"] / 8, 8 / f["mean"])),
)
FirstLoss(challenge=eight)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>How to read a first loss</summary>
#
# - **About 2.4**: all is well. Why is it a little above ln 10 = 2.30? Suppose that the label of an image gets 0.05 in place
#   of 0.1: then its loss is −ln 0.05 = 3.00, that is 0.69 above ln 10. If the label gets 0.15, as much more as it was less
#   before, its loss is −ln 0.15 = 1.90, that is only 0.41 below ln 10. So the mean over many images is above ln 10, in more than
#   nine of ten networks. (The large picture shows the losses close up, the line beneath it where they lie from 0 on.)
#   <!-- source: -ln 0.05 = 2.996, -ln 0.15 = 1.897, ln 10 = 2.303 -->
#   <!-- test: tests/notebooks/test_claims.py::test_more_than_nine_of_ten_new_networks_begin_above_ln_10 -->
# - **ln 10 exactly, 2.30**, for every network: the output does not depend on the image. The weights are zero, or some layer gives
#   only zeros.
# - **About 6**: all weights are twice as large as they should be, and the network is sure of its random guesses.
# - **About 20**: all weights are three times as large. For the challenge, about 8, they are 2.2 times as large.
# <!-- test: tests/widgets/test_network_widgets.py::test_the_first_losses_that_the_text_names -->
# - **Above 100**: the pixels were not divided by their largest value.
# <!-- test: tests/widgets/test_network_widgets.py::test_the_first_losses_that_the_text_names -->
#
# A first loss between these can have either reason: pixels or weights that are too large. Look at the range of the pixels
# first, because that takes one line of code, and then at the size of the weights.
#
# So before a long training, look at the first loss: it takes one forward pass, and it shows such mistakes at once.
#
# </details>
#
# The next cell compares the loss of a new network with that of a trained one, the network that was trained above on digits
# moved about.

# %% tags=["nbval-ignore-output"] answers="02.first"
for name, net in (("fresh", small_cnn(rng=0)), ("trained", network)):
    result = evaluate(net, CrossEntropyLoss(), digits.x_test, digits.y_test)
    print(f"{name:8} loss {result.loss:.2f}, right {result.accuracy:.0%}")
print(f"the same probability for all ten: loss {np.log(10):.2f}")

# %% [markdown] minutes=4 cut=1
# The first loss is many times the loss after training, and yet it should lie only a little above $\ln 10$: if it is far
# above, something is wrong.
#
# > **What the chapter says** (claims 3 and 5 of its [fourteen](../docs/claims.md)). *A training set is images with known
# > labels, and it decides how the system behaves in the field* (that is, in use): holds, as the missing sevens and the moved
# > digits showed. *The first forward pass gives a large error into the loss function*: the first loss is large if it is
# > compared with the loss after training. It is not large if it is compared with $\ln 10$, the loss of a network that gives
# > all classes the same probability. <!-- test: tests/course/test_docs.py::test_every_claim_has_a_verdict -->
#
# ## When numbers run over
#
# Softmax computes $e^{z}$, and a computer can store numbers only up to a certain size. The course's networks keep a number in
# 32 bits (`float32`, *single precision*), and the largest such number is about $10^{38}$: that is $e^{z}$ for a score of 88.
# NumPy alone keeps it in 64 bits (`float64`, *double precision*), up to about $10^{308}$, for a score of 709. Anything larger
# becomes `inf`, infinity: one says that it *overflows*. The second call below has such scores. (Usually NumPy would only warn;
# here it is told to raise an error.)
# <!-- source: IEEE 754, largest double 1.8e308, logarithm 709.78; largest single 3.4e38, logarithm 88.72 -->

# %%
predict("02.quotient")


# %% tags=["raises-exception"] answers="02.quotient"
def naive_softmax(z):
    """As it is written, and not to be used."""
    return np.exp(z) / np.exp(z).sum()


print(naive_softmax(np.array([700.0, 699.0])))
# of the error only its last line
with np.errstate(over="raise"), in_short():
    naive_softmax(np.array([1000.0, 999.0]))

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# If NumPy had only warned, the call would have gone on and computed `inf / inf`. The result is `nan`, which means *not a
# number*. If a loss is `nan`, so are its slopes, and after the next step so are all the weights.
#
# </details>
#
# This is easily avoided. The probabilities stay the same when the same number is subtracted from all scores, as you saw in
# notebook 01. So subtract the largest score, $m$, from every score: then the largest is 0, and no power of e is above 1.
#
# The cross-entropy was $-z_\text{label} + \ln \sum_j e^{z_j}$. It depends on the probabilities alone, so it stays the same too
# when every $z_j$ becomes $z_j - m$:
#
# $$-\ln p_\text{label} = -(z_\text{label} - m) + \ln \sum_j e^{z_j - m}, \qquad m = \max_j z_j .$$
#
# To compute the logarithm of the sum in this way is called *log-sum-exp*.
#
# Do not compute the probabilities first and their logarithms afterwards: a very small probability is rounded to 0, and 0 has no
# logarithm. The last line below shows it.

# %%
z = np.array([1000.0, 999.0, 0.0])
print("probabilities:   ", *F.softmax(z).round(4))
print("their logarithms:", *F.log_softmax(z).round(4))
with np.errstate(divide="ignore"):
    print("the careless way:", *np.log(F.softmax(z)).round(4))

# %% [markdown]
# ## Exercises
#
# **1.** *Warm-up, 5 minutes.* Write a softmax that never overflows, for a batch: `logits`, another word for scores, has the
# shape (N, K), one row for each image.


# %%
def softmax(logits):
    """Probabilities of each row."""
    ### BEGIN SOLUTION
    # Why: shifting a row changes nothing in the quotient; with its maximum
    # at 0 no power exceeds 1.
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %%
check("02.softmax", softmax)

# %% [markdown]
# **2.** *Core, 10 minutes.* Write the mean cross-entropy of a batch, from its scores and its labels (whole numbers), with
# log-sum-exp.


# %%
def cross_entropy(logits, labels):
    """Mean of minus the log probability of the label."""
    ### BEGIN SOLUTION
    # Why: log p = shifted score - log of the sum of powers; rounding to p =
    # 0 never happens on the way.
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(labels)), labels].mean()
    ### END SOLUTION


# %%
check("02.cross_entropy", cross_entropy)

# %% [markdown]
# **3.** *Core, 10 minutes.* Write its gradient with respect to the scores. The loss is the mean over N images, so
# think about what that does to the slopes of each image.


# %%
def cross_entropy_gradient(logits, labels):
    """Gradient of the mean cross-entropy, shape (N, K)."""
    ### BEGIN SOLUTION
    # Why: probability minus one-hot for each image; the mean divides every
    # share by N.
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    gradient = powers / powers.sum(axis=1, keepdims=True)
    gradient[np.arange(len(labels)), labels] -= 1
    return gradient / len(labels)
    ### END SOLUTION


# %%
check("02.cross_entropy_gradient", cross_entropy_gradient)

# %% [markdown]
# **4. Learn with it.** *Warm-up, 3 minutes.* The simplest network for these digits is a single linear layer: ten weights for each
# of the 64 pixels. With your gradient it learns to read, from fifty images at each step. (Your function gives the
# gradient by the scores. The last line of the loop makes from it the gradient by the weights, and how it does that you will
# see in [notebook 03](03_backpropagation.ipynb). As long as your gradient is not right, the library's is used.)


# %%
def library_gradient(logits, labels):
    """What CrossEntropyLoss computes."""
    loss = CrossEntropyLoss()
    loss.forward(logits, labels)
    return loss.backward()


passed = check("02.cross_entropy_gradient", cross_entropy_gradient).passed
gradient = cross_entropy_gradient if passed else library_gradient
x, x_test, weights = (
    digits.x_train.reshape(-1, 64),
    digits.x_test.reshape(-1, 64),
    np.zeros((64, 10)),
)
for step in range(300):
    # the next 50; after the last the first again
    batch = np.arange(50 * step, 50 * step + 50) % len(x)
    dlogits = np.asarray(gradient(x[batch] @ weights, digits.y_train[batch]))
    weights -= 1.0 * x[batch].T @ dlogits  # learning rate 1
print(
    f"{((x_test @ weights).argmax(axis=1) == digits.y_test).mean():.0%} of "
    "the test images right"
)

# %% [markdown]
# ## Summary
#
# A loss is one number for how wrong the guesses on some images are. Cross-entropy has its steepest slopes where the network
# is confident and wrong; there the squared error is nearly flat, and learning almost stops. With ten classes the first loss
# should be a little above ln 10 = 2.30; if it is not, look at the range of the pixels, then at the size of the weights.

# %% [markdown]
# ## Questions
#
# The card asks five questions and explains each answer. You will see them again another day, in [review](review.ipynb).

# %%
quiz("02")

# %% [markdown]
# ## References
#
# - M. Nielsen, [Neural Networks and Deep Learning, chapter 3](http://neuralnetworksanddeeplearning.com/chap3.html), 2015: the slow-down of the squared error.
# - A. Karpathy, [A recipe for training neural networks](https://karpathy.github.io/2019/04/25/recipe/), 2019: "verify loss at init".
# - P. Blanchard, D. J. Higham and N. J. Higham, [Accurately computing the log-sum-exp and softmax functions](https://doi.org/10.1093/imanum/draa038), 2021.
# - I. Goodfellow, Y. Bengio and A. Courville, [Deep Learning, section 6.2](https://www.deeplearningbook.org/contents/mlp.html), 2016: losses and output units.
