# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] minutes=1
# # Does it know, or has it memorised?
#
# A network that is right on all of its training images may have learned what a digit looks like, or it may have learned
# those images one by one. This notebook measures which of the two it did. Then it tries six remedies: stopping early, weight
# decay, dropout, augmentation, label smoothing, and more images. In the end it asks how far the network's own confidence
# can be trusted.
#
# **After this notebook you can**
#
# 1. measure how much a network has learned by heart: the gap;
# 2. write dropout's backward, and say how Adam changes weight decay;
# 3. tell what each remedy is worth on images that had no part in the training, and how much that differs from seed to seed;
# 4. stop a training at the right epoch;
# 5. measure whether a network's confidence can be believed, and correct it with one number.
#
# **You need** notebooks [00](00_start_here.ipynb) to [06](06_learning_rate.ipynb), and [11](11_train_a_cnn.ipynb) for the
# training loop and the three parts of a data set.
#
# **Time** 60 minutes, and almost two hours for the exercises.
# **Back** [11: Does it all work on real images?](11_train_a_cnn.ipynb)
# **On** [13: What does a framework add?](13_where_next.ipynb)

# %%
import numpy as np

from cnnlib import Adam, AdamW, CrossEntropyLoss, evaluate
from cnnlib.checks import check
from cnnlib.experiments.comparisons import Variant, compare
from cnnlib.experiments.memorising import (
    BEND, WAYS, chosen_images, few_digits, memorise, reader, train_few,
    validation_logits,
)
from cnnlib.nn import functional
from cnnlib.nn.functional import softmax
from cnnlib.nn.gradcheck import numerical_gradient
from cnnlib.nn.optim import Parameter
from cnnlib.training import (
    EarlyStopping, expected_calibration_error, fit_temperature,
)
from cnnlib.widgets import (
    AugmentationExplorer, CalibrationExplorer, MemoriseExplorer,
)
from cnnlib.widgets.cards import predict, quiz, worked

# %% [markdown] minutes=2
# ## Images, and how they are used
#
# Everything here is repeated with several *seeds*; a seed is the number from which all random numbers of a training are
# drawn. They decide which images it gets, in which order, and its first weights. So each training has to be short. The
# images are digits of MNIST, shrunk to 14x14 pixels, and the network is small: one hidden layer of 100 units. We train on a
# few hundred images at most, because few images are easily learned by heart.
#
# The images that are held back are *validation* images: remedies and epochs are chosen on them. (`few_digits` calls them
# `x_test` and `y_test`, as every data set of the course does.) The test images of MNIST are not used in this notebook. If we
# chose a remedy by the test images, how would we ever know how good it is on images that had no part in the choice?

# %%
digits = few_digits()
x, y = digits.x_train, digits.y_train
validation = digits.x_test, digits.y_test
print(
    f"{len(x):,} to take training images from, {len(validation[0]):,} to "
    "validate on"
)
print(
    f"{reader(0).num_parameters:,} weights and biases, images of "
    f"{digits.x_train.shape[1:]}"
)

# %% [markdown] minutes=5
# ## Labels that mean nothing
#
# Here is a strict test of learning by heart. Take 200 training images and throw their labels away. Draw a new label for
# each, at random from 0 to 9. Now nothing in an image tells its label any more. A network that gets these labels right
# can only have learned them one by one.
#
# We train as usual, 60 epochs, with three seeds. What share of the 200 made-up labels will the network get right at the
# end?

# %%
predict("12.random-labels")

# %% answers="12.random-labels"
made_up = memorise(200, share=1.0, epochs=60)
known, unseen = made_up.train[:, -1], made_up.validation[:, -1]
print(
    f"training images, by their made-up labels: {known.mean():.0%} right, "
    f"loss {made_up.train_loss[:, -1].mean():.2f}"
)
print(
    f"validation images, by their true labels: {unseen.mean():.0%} right, "
    f"loss {made_up.validation_loss[:, -1].mean():.2f}"
)
print(f"difference: {100 * (known - unseen).mean():.0f} percentage points")

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What it means</summary>
#
# It learns them all, and its training loss is nearly zero. On unseen images it guesses: about one in ten is right. So a
# training loss near zero proves nothing about unseen images. The same network, trained in the same way, can learn what digits
# look like, and it can learn images by heart. Only images that it has not seen can tell which of the two it did. Chiyuan
# Zhang and others showed this in 2017 with networks of millions of weights, on a million
# photographs<!-- source: Zhang et al. 2017 -->.
#
# </details>
#
# How much was learned by heart is measured by the **gap**: the share of the training images that the network gets right,
# minus the share of the validation images that it gets right. It is counted in percentage points (in short *points*). For
# the made-up labels it is the difference that is printed above. With true labels it is much smaller. And it depends on the
# network. Here are four sizes, with 2 to 1,000 hidden units, each trained on 200 images with true labels for 20 epochs, with
# three seeds. Behind the ± stands the *spread* of the three results, their standard deviation (divided by one less than their
# number, as is usual for a few values: `ddof=1`).

# %%
for hidden in (2, 10, 100, 1000):
    found = memorise(200, share=0.0, epochs=20, hidden=hidden)
    known, unseen = found.train[:, -1], found.validation[:, -1]
    spread = f"{unseen.mean():.0%} ± {unseen.std(ddof=1):.0%}"
    gap = 100 * (known - unseen).mean()
    print(
        f"{hidden:5,} units: training {known.mean():4.0%} right, validation "
        f"{spread} right, gap {gap:.0f} points"
    )

# %% [markdown]
# Two hidden units are too few: the network cannot even learn what it is shown. Ten learn nearly all of it. More units than
# that do no harm here, although the network with a thousand units has about a thousand weights for every training image. What
# one sees in such a table has names:
#
# | training images right | validation images right | name |
# |---|---|---|
# | few | few | **under-fitting** (underfitting): it has not learned what it was shown |
# | nearly all | clearly fewer: a large gap | **over-fitting** (overfitting): part of it was learned by heart |
# | nearly all | nearly as many | what is wanted |
#
# In most data a few of the labels are mistakes. Let a fifth of the labels of 200 images be drawn anew, and follow the
# share of the *validation* images that the network gets right, over the 60 epochs. How will this share change? (The cell also
# prints how many of the *training* labels the network gives by then, of the true and of the mistaken ones.)

# %%
predict("12.turns")

# %% answers="12.turns"
noisy = memorise(200, share=0.2, epochs=60)
for epoch in (0, 3, 6, 9, 12, 20, 40, 60):
    seen = noisy.validation[:, epoch]
    print(
        f"epoch {epoch:2}: true labels {noisy.true[:, epoch].mean():4.0%} "
        f"learned, mistaken {noisy.mistaken[:, epoch].mean():4.0%}; "
        f"validation {seen.mean():.0%} ± {seen.std(ddof=1):.0%} right"
    )

# %% [markdown] minutes=6
# The view shows the shares of training and of validation images. Dashed: the share of the training images that get the
# label they were given. Solid: the share of the validation images that get their true label. A frame on the left marks
# an image with a mistaken label (*0, not 1*: its label is 0, and it shows a 1). Choose how many images there are and how many
# of their labels are replaced at random, press Play, and drag the line to go back. It opens with a fifth of the labels drawn
# anew.
# **Challenge:** a gap of more than 80 points.
# <!-- test: tests/widgets/test_generalization.py::test_only_random_labels_make_such_a_gap_and_only_late -->
#
# <details style="margin-bottom: 1em"><summary>A way</summary>
#
# All labels drawn anew, and enough epochs to learn them. With true labels the gap stays far below 80, however long you
# train. <!-- test: tests/widgets/test_generalization.py::test_only_random_labels_make_such_a_gap_and_only_late -->
#
# </details>

# %% answers="12.turns"
MemoriseExplorer(share="20", epoch=60)

# %% [markdown] minutes=4
# **Question.** With a fifth of the labels drawn anew the network passes through two phases. What does it learn in the
# first, and what in the second?
#
# <details style="margin-bottom: 1em"><summary>Answer</summary>
#
# First it learns what many images have in common: that lowers the loss of most of them at once, and helps on unseen images
# too. At epoch 9, where the validation loss is lowest, it gives nine in ten of the true labels, and about a quarter of the
# mistaken ones. Nearly all that is left are mistaken labels, and each has to be learned by itself. Most of them are learned
# between epochs 9 and 20. To fit them the network changes what it had learned before, and on unseen images it becomes worse:
# it over-fits.
#
# </details>
#
# ## Stop in time
#
# If the second phase does harm, stop before it. *Early stopping* looks at the validation loss after each epoch, keeps a
# copy of the weights whenever it is the lowest so far, and ends the training when there has been no new lowest for some
# epochs in a row. That number of epochs is called the *patience*. It is needed because the curve is not smooth: it may rise
# for two epochs and then fall further. <!-- source: Prechelt 1998 -->
#
# ```
# lowest, waited = infinity, 0
# after each epoch:
#     if the validation loss is below lowest:  lowest = it; keep a copy of the weights; waited = 0
#     else:                                    waited = waited + 1; stop if waited is the patience
# at the end: put the copy back
# ```
#
# Somebody who has only 200 labelled images does not have 2,000 more to watch. So here only 100 validation images are watched,
# and the other 1,900 judge what came out. (In the picture above the first 1,000 judge, so its numbers differ a little.)
# `train_few` trains on the same images and labels as above.
# <!-- computed: 2000 - 100 = 1900 -->
# <!-- test: tests/experiments/test_memorising.py::test_one_training_is_that_of_the_curves -->


# %% answers="12.turns"
watched, judging = [
    [part[n] for part in validation] for n in (slice(100), slice(100, None))
]


def share_right(seed, stopping=None):
    """Train on 200 images, a fifth of the labels drawn anew; of the other
    1,900 images the share that is right.
    """
    how = {"validation": watched, "early_stopping": stopping}
    student = train_few(200, 0.2, seed, **how)
    return evaluate(student, CrossEntropyLoss(), *judging).accuracy


gains = []
for seed in range(3):
    stopping = EarlyStopping(patience=5)
    stopped, whole = share_right(seed, stopping), share_right(seed)
    gains.append(100 * (stopped - whole))
    print(
        f"seed {seed}: weights of epoch {stopping.best_epoch:2}, "
        f"{stopped:.1%} right; after all 60, {whole:.1%}"
    )
spread = np.std(gains, ddof=1)
print(f"stopping gains {np.mean(gains):.1f} ± {spread:.1f} points")

# %% [markdown] minutes=7
# Stopping puts back the weights of the epoch whose loss on the 100 watched images is lowest. So the epoch was chosen to
# suit just these images, and the share of them that is right would look a little too good. That is why other validation
# images judge here. The final number of a project comes from test images, which are looked at once.
#
# (Could the 100 watched images have been used for training instead? That is worth a try.)
#
# ## Pull the weights towards zero
#
# Suppose that two images look almost alike, and one of them has a mistaken label. To get both right, the scores must differ
# much, although the pixels differ little. Only large weights make a large difference out of a small one. So let large
# weights cost something. Add to the loss $E$ a penalty that grows with the weights, where the number $\rho$ (rho; `decay` in
# code) says how much it counts:
#
# $$E' = E + \frac{\rho}{2} \sum w^2$$
#
# The derivative of $\frac{\rho}{2} w^2$ by $w$ is $\rho w$. So the gradient of each weight, $dw$, gets one term more:
# $dw + \rho w$. This is called **L2**. With SGD at the rate $\eta$ the step becomes
#
# $$w \leftarrow w - \eta\,(dw + \rho w) = (1 - \eta\rho)\,w - \eta\,dw .$$
#
# Read the right side: first the weight loses the share $\eta\rho$ of itself, then comes the usual step. That is why the same
# thing is also called **weight decay**. With SGD both names mean the same. (What it does to the weights
# and to the gap is measured further below.)
#
# **With Adam** ([notebook 05](05_gradient_descent.ipynb)) the two are not the same. Adam remembers a mean $m$ of the gradients
# and a mean $q$ of their squares. It corrects both for their start at zero, and divides one by the root of the other: its
# step is $\eta\, \hat m / \sqrt{\hat q}$. So it divides by the size that the gradient usually has. At the first step $\hat m$
# is the gradient $g$, and $\hat q$ is $g^2$. So the first step is $\eta$ for every positive gradient, be it large or small.
#
# Compute this first step by hand for two weights that are both 1. The gradient of the first is 5, that of the second 0.05.
# The rate is 0.01, the decay 0.1. There are three ways: without any decay, with L2, and with a decay that is not added to the
# gradient but subtracted from the weight directly.
#
# | | first weight | second weight |
# |---|---|---|
# | no decay: Adam's step, rate · gradient / size | 0.01 · 5/5 = 0.01 | 0.01 · 0.05/0.05 = 0.01 |
# | new weight | 1 − 0.01 = 0.99 | 0.99 |
# | L2: gradient $dw + \rho w$ | 5 + 0.1 = 5.1 | 0.05 + 0.1 = 0.15 |
# | Adam's step | 0.01 · 5.1/5.1 = 0.01 | 0.01 · 0.15/0.15 = 0.01 |
# | new weight | 1 − 0.01 = 0.99 | 0.99 |
# | decay by itself: $\eta\rho w$ | 0.01 · 0.1 · 1 = 0.001 | 0.001 |
# | new weight | 1 − 0.001 − 0.01 = 0.989 | 0.989 |
#
# <!-- computed: 5 + 0.1 = 5.1 -->
# <!-- computed: 0.05 + 0.1 = 0.15 -->
# <!-- computed: 0.01 * 0.1 * 1 = 0.001 -->
#
# With L2 the new weights are the same as without any decay: Adam divides the decay away together with the gradient. A
# decay that is kept out of the gradient is called *decoupled*, and Adam with decoupled decay **AdamW**. The code gives the
# same numbers:

# %% slideshow={"slide_type": "subslide"}
rules = {
    "Adam, no decay": Adam(0.01),
    "Adam with L2": Adam(0.01, weight_decay=0.1),
    "AdamW": AdamW(0.01, weight_decay=0.1),
}
for name, rule in rules.items():
    w, dw = np.array([1.0, 1.0]), np.array([5.0, 0.05])
    rule.step([Parameter("w", w, dw)])
    print(f"{name:15} new weights {w.round(4)}")


# %% [markdown] minutes=4
# That was the first step only. Now take many steps, with the same rate and the same decay. Two weights begin at 1. The
# gradient of the first swings between 10 and −10, that of the second between 0.1 and −0.1. On average both gradients are
# zero, so it is the decay that decides where the weights go. After 1,000 steps of Adam with L2, which of the two will be
# nearer to zero?

# %%
predict("12.decay")


# %% answers="12.decay"
def after(rule, steps=1000):
    """Two weights that begin at 1 and whose gradients swing, a hundred times
    as wide for the first.
    """
    w, dw = np.array([1.0, 1.0]), np.array([10.0, 0.1])
    for step in range(steps):
        rule.step([Parameter("w", w, dw * (-1) ** step)])
    return w


for name, rule in {
    "Adam with L2": Adam(0.01, weight_decay=0.1),
    "AdamW": AdamW(0.01, weight_decay=0.1),
}.items():
    print(f"{name:13} {after(rule).round(3)}")

# %% [markdown] minutes=4 cut=2
# <details style="margin-bottom: 1em"><summary>Why</summary>
#
# At the first step Adam knew a single gradient, and dividing it by its own size took the decay out altogether. Over many
# steps it knows two averages. In the mean, $m$, the swings cancel, and the steady pull $\rho w$ is left. In the root of the
# mean square, $\sqrt{q}$, they do not cancel. So the pull is divided by the usual size of the gradient: by about 10 for the
# first weight, by about 0.1 for the second. Weights with large gradients are hardly pulled, and weights with small gradients
# go to zero. With AdamW each weight loses the same share. Loshchilov and Hutter pointed this out in 2019. The course's
# `AdamW` takes the same steps as PyTorch's.
# <!-- test: tests/nn/test_losses_and_optimizers.py::test_optimizer_takes_pytorchs_steps -->
#
# </details>
#
# ## Switch units off
#
# The next layer can come to rely on one hidden unit that happens to recognise a single training image. *Dropout* (Srivastava
# and others 2014) works against that: in each training step every unit is set to zero with the probability $p_\text{drop}$
# (`p` in code), drawn anew each time. So the next layer cannot rely on any one of its inputs being there.
#
# When the network is used, nothing is dropped: we want its best answer. Yet the next layer should then receive about as much
# as it was trained with. Dropout sees to that in training, not in use.
#
# A thousand ones go through dropout with $p_\text{drop} = 0.5$, in training. What does it make of a one that it keeps?

# %%
predict("12.dropped")

# %% answers="12.dropped"
ones = np.ones(1000)
dropped, factors = functional.dropout_forward(
    ones, 0.5, np.random.default_rng(0)
)
print(
    f"{np.count_nonzero(dropped == 0)} of 1000 are zero, the others are "
    f"{dropped.max():.0f}, the sum is {dropped.sum():.0f}"
)

# %% [markdown] minutes=3
# In training each unit is kept with the probability $1 - p_\text{drop}$. So on average the next layer would receive only
# this share of what it receives in use. To make both equal, training divides what is kept by this share. From $x$ dropout
# makes
#
# $$y = \frac{x}{1 - p_\text{drop}} \text{ where a unit is kept}, \qquad y = 0 \text{ where it is dropped}.$$
#
# The switch `training` is off when the network is used:


# %% slideshow={"slide_type": "subslide"} answers="12.dropped"
def dropout(x, p, rng, training):
    if not training:
        return x
    kept = rng.random(x.shape) >= p  # True with the probability 1 - p
    return x * kept / (1 - p)


print(
    "in training",
    dropout(np.ones(6), 0.5, np.random.default_rng(0), training=True),
)
print(
    "in use     ",
    dropout(np.ones(6), 0.5, np.random.default_rng(0), training=False),
)

# %% [markdown]
# **Backwards.** Dropout multiplies each number by a factor that is either 0 or $1/(1-p_\text{drop})$, and that does not
# depend on $x$. The derivative of factor times $x$ by $x$ is the factor. So the gradient $dy$ that arrives is multiplied
# by the *same* factors: what was dropped gets the gradient zero, what was kept gets $1/(1-p_\text{drop})$ times $dy$. The
# backward pass must therefore use the factors of the forward pass. Newly drawn ones would be wrong.
#
# As always, we compare with the measured gradient, for which each input is moved a little. So that the same units are dropped
# each time, each run begins with the same seed.

# %%
rng = np.random.default_rng(1)
values, dy = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))


def forward(x):
    return functional.dropout_forward(x, 0.5, np.random.default_rng(2))


dx = functional.dropout_backward(dy, forward(values)[1])
measured = numerical_gradient(lambda x: (dy * forward(x)[0]).sum(), values)
np.testing.assert_allclose(dx, measured, atol=1e-8)
print(dx.round(2))

# %% [markdown] minutes=3 cut=1
# ## More images out of the old ones
#
# If there are no further images, make new ones from the old: shift, turn, stretch and slant each a little, differently in
# every epoch. This is *augmentation*. The network then never sees exactly the same image twice. It is allowed as long as
# the label stays true, which means: as long as *you* can still read the digit.
#
# The picture below shows a limit. Each image is turned by any angle, up to half a turn. A 6 that is turned by half a turn
# *is* a 9, and its label 6 would be a mistake. Beneath each image stands what a network reads (framed, *→ 4*: it reads a 4, and
# the image is no 4). So the digits may be turned by a few degrees, and not by many.
#
# Set *Rotate* to 0, move the other sliders, and compare yourself with the network (it is that of notebook 01, on digits of
# 8x8 pixels). *Elastic* moves each place of the image differently; its number says by about how many pixels. The
# larger the *smoothness*, the more alike neighbouring places move. **Challenge:** distort so that it reads fewer than half
# of the images, while pixels move by less than 1.5 on average.
# <!-- test: tests/widgets/test_image_widgets.py::test_the_share_read_is_that_of_the_network_on_the_distorted_images -->
#
# <details style="margin-bottom: 1em"><summary>A way, and what it says</summary>
#
# Elastic 1.1 at smoothness 1, everything else 0. Count how many of those you can read yourself: they are hard for people
# too, so augmentation should not go that far.
# <!-- test: tests/widgets/test_image_widgets.py::test_the_share_read_is_that_of_the_network_on_the_distorted_images -->
#
# </details>

# %%
AugmentationExplorer(rotate=180)

# %% [markdown] minutes=2
# ## Label smoothing
#
# The *logits* are the scores before the softmax. The gradient of cross-entropy by the logit of the true class is its
# probability minus 1. At a probability of 99 % this is −0.01: small, but not zero. So each further step raises the logit, and
# the weights grow for it. *Label smoothing* changes what is asked for. With $K$ classes and a number $\alpha$ (alpha) between
# 0 and 1, the wanted probabilities $t_k$ are no longer 1 for the label and 0 for the others, but
# <!-- computed: 0.99 - 1 = -0.01 -->
#
# $$t_k = (1 - \alpha)\,[k = \text{label}] + \frac{\alpha}{K},$$
#
# where the bracket is 1 if $k$ is the label and 0 otherwise. For ten classes and $\alpha = 0.1$ the label is to get
# 0.91<!-- computed: 1 - 0.1 + 0.1 / 10 = 0.91 --> and each other class 0.01<!-- computed: 0.1 / 10 = 0.01 -->. The gradient
# by the logits is still "probability minus what is wanted", $p - t$. When $p$ has reached $t$ this is zero, and the
# weights need not grow any further.

# %% [markdown] minutes=4
# ## What each remedy is worth
#
# 100 training images, five seeds; each seed chooses its own hundred. All train for the same 300 steps, by gradient descent
# with momentum (each step adds 0.9 times the step before) at a rate of 0.05. *More data* stands for 400 images instead of
# 100. Augmentation is `BEND`: shifts up to 0.8 pixels, turns up to 8 degrees, and a tenth of stretch and slant. Order the
# remedies before you look. (Stopping early is left out, since it changes the number of steps.)
# <!-- source: cnnlib.experiments.comparisons.compare: momentum 0.9, lr=0.05; cnnlib.experiments.memorising.BEND -->

# %%
predict("12.remedies")


# %% tags=["nbval-ignore-output"] answers="12.remedies" slideshow={"slide_type": "subslide"}
def smoothed():
    return CrossEntropyLoss(label_smoothing=0.1)


remedies = {
    "nothing": Variant(reader, images=100),
    "dropout": Variant(lambda rng: reader(rng, dropout=0.5), images=100),
    "weight decay": Variant(reader, images=100, weight_decay=0.005),
    "label smoothing": Variant(reader, images=100, loss=smoothed),
    "augmentation": Variant(reader, images=100, augment=BEND),
    "more data": Variant(reader, images=400),
}
how = {"steps": 300, "seeds": range(5), "redraw": True}
study = compare(remedies, digits, judged="validation", **how)
print(study)
print(study.against("nothing"))
losses = dict(zip(study.names, study.test_loss, strict=True))
print(
    "weight decay, difference of the loss, seed by seed:",
    (losses["weight decay"] - losses["nothing"]).round(2),
)

# %% [markdown] minutes=3
# Some sets of a hundred images are easier to learn from than others, and an easy set makes every row of the first table
# better. To take this out, the second table compares on the same hundred: for each seed it subtracts the result of
# *nothing* from that of the remedy, and prints the mean and the standard deviation of these five differences. (Both tables are
# rounded, so they may disagree by 0.1.)
#
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# More images help most, by far more than the spread. Augmentation comes next. Dropout cannot be told from doing nothing:
# its difference is smaller than its spread. Label smoothing even costs about one point here. Weight decay does
# not get more images right, but its *loss* is lower on every seed (the last line).
# <!-- test: tests/experiments/test_memorising.py::test_what_the_notebook_says_of_the_remedies -->
#
# </details>
#
# That holds for this network, these images and these settings. Dropout works best in wide networks that are trained for long:
# its authors advise to widen a layer, since a part of it is always off, and found trainings two or three times as long. Here
# it meets one small hidden layer. Before you rely on a remedy, measure it on your own network.
# <!-- source: Srivastava et al. 2014, section 10 and appendix A.1 -->
#
# **Weight decay once more.** Does it do what it is for? We train on 100 images with and without it, as in the first half of
# this notebook: 60 epochs at a rate of 0.1 (the study above took 300 steps at 0.05). We look at the size of the weights (the
# root of the mean of their squares), at the gap, and at the loss, and count how many guesses stay the same.

# %% tags=["nbval-ignore-output"] answers="12.remedies"
guesses = {}
for decay in (0.0, 0.005):
    rows, guesses[decay] = [], []
    for seed in range(3):
        student = train_few(100, 0.0, seed, weight_decay=decay)
        known, unseen = [
            evaluate(student, CrossEntropyLoss(), *part)
            for part in (chosen_images(100, 0.0, seed), validation)
        ]
        weights = [w.value.ravel() for w in student.parameters()]
        size = np.sqrt(np.mean(np.concatenate(weights) ** 2))
        gap = 100 * (known.accuracy - unseen.accuracy)
        rows.append([size, gap, unseen.loss])
        guesses[decay].append(student.predict(validation[0]))
    size, gap, loss = np.mean(rows, axis=0)
    print(
        f"decay {decay}: size {size:.3f}, gap {gap:.0f} points, "
        f"loss {loss:.2f}"
    )
same = np.mean(np.array(guesses[0.0]) == np.array(guesses[0.005]))
print(f"the same guess on {same:.0%} of the validation images")

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# The weights become smaller, and the loss on unseen images falls. But the gap stays: nearly all guesses are the same. What
# changes is how *sure* the network is, and a wrong guess that is less sure costs less. The next section is about that.
#
# </details>
#
# ## How sure is it, and how right?
#
# A network gives a probability to each class. The largest of them is its *confidence* in its guess. Suppose it is 80 %
# confident on a thousand images. If about 800<!-- computed: 0.8 * 1000 = 800 --> of these guesses are right, then its
# confidence can be believed; such a network is called **calibrated**. If only 600<!-- computed: 0.6 * 1000 = 600 --> are
# right, it is too sure of itself.
#
# Here is a network that was trained for 100 epochs on 100 images, with true labels, until it knew all of them by heart.

# %%
logits, truth = validation_logits("trained long")
p = softmax(logits)
print(
    f"{(p.argmax(axis=1) == truth).mean():.0%} of the validation images "
    "right"
)

# %% [markdown]
# How confident will it be on these images, on average?

# %%
predict("12.sure")

# %% answers="12.sure"
print(f"confidence {p.max(axis=1).mean():.0%} on average")
print(
    f"and {p.max(axis=1)[p.argmax(axis=1) != truth].mean():.0%} on the "
    "images that it got wrong"
)

# %% [markdown] minutes=3
# To see more than the average, sort the guesses by confidence into ten bins: up to 10 %, up to 20 %, and so on. In each bin
# compare the mean confidence with the share that is right. Drawn as a picture this is the *reliability diagram*. The
# distance between the two, averaged over all images (each image counts with the distance of its bin), is the **expected
# calibration error** (ECE). There are $N$ images and $B$ bins. Bin $j$ holds $n_j$ images;
# $\text{right}_j$ is the share of them that is right, and $\text{sure}_j$ their mean confidence:
#
# $$\mathrm{ECE} = \sum_{j=1}^{B} \frac{n_j}{N}\, |\text{right}_j - \text{sure}_j| .$$
#
# Zero is perfect. But even a calibrated network does not get zero: of few guesses that are 80 % sure, seldom exactly 80 %
# are right. With a thousand images, this chance alone gives one or two per cent.
# <!-- test: tests/training/test_calibration.py::test_chance_alone_gives_one_or_two_per_cent -->

# %% answers="12.sure"
print(
    f"expected calibration error: {expected_calibration_error(p, truth):.1%}"
)

# %% [markdown] minutes=2
# ## One number that corrects it
#
# Softmax is so sure because the logits lie far apart. So bring them nearer together: divide all logits by one number, the
# *temperature* $T$, before the softmax:
#
# $$p = \mathrm{softmax}(z / T) .$$

# %%
for T in (1, 2):
    divided = softmax(logits / T)
    print(
        f"T = {T}: {(divided.argmax(axis=1) == truth).mean():.1%} right, "
        f"{divided.max(axis=1).mean():.1%} sure"
    )

# %% [markdown] minutes=4
# The largest logit stays the largest, so no guess changes. The confidence does: with $T$ above 1 the network is less
# sure, with $T$ below 1 surer.
#
# The next picture holds five networks, trained in five ways: for long (100 epochs), for 8 epochs only, with a fifth of the
# labels drawn anew, with label smoothing ($\alpha = 0.2$, twice as much as in the table above), and with weight decay. Will
# the network with label smoothing be too sure, or too modest? (The picture judges the second thousand of the validation
# images; the cells above took all 2,000, so their numbers differ a little.)
# <!-- source: cnnlib.experiments.memorising.WAYS -->

# %%
predict("12.smooth")

# %% [markdown]
# Find the best temperature by hand. Left, the reliability diagram. Each bar is a bin, as high as the share of its guesses
# that is right. A black dot marks the mean confidence of the bin's guesses on both axes, so all dots lie on the dotted line.
# A bar that ends at its dot is right as often as it is sure. Where it ends below its dot, the network is too sure, and the
# distance is orange; where it ends above, it is too modest, and the distance is blue. Right, the calibration error at every
# temperature: drag the line. The sentence beneath tells the cross-entropy, too.
#
# It opens with the network that was trained long. **Challenge:** bring its calibration error below 3 %. Then look at the
# others: which ways of training make a network too sure, and which too modest?
# <!-- test: tests/widgets/test_generalization.py::test_the_challenge_wants_the_network_trained_long_at_about_the_fitted_temperature -->

# %% tags=["nbval-ignore-output"] answers="12.smooth"
CalibrationExplorer()

# %% [markdown] minutes=3
# In practice $T$ is found by a computation (Guo and others 2017): try many values, and take the one with the lowest
# cross-entropy on images that the network was not trained on. Why not on its training images? It gets all of them right, so
# the surer it is, the lower is their cross-entropy. Each smaller $T$ would be better than the one before, without end, and
# that would say nothing about other images.


# %% tags=["nbval-ignore-output"] answers="12.smooth"
def cross_entropy(z, t):
    return -np.log(softmax(z)[np.arange(len(t)), t]).mean()


values = np.linspace(0.5, 3, 251)  # 0.50, 0.51, 0.52, …
by_hand = min(
    values, key=lambda T: cross_entropy(logits[:1000] / T, truth[:1000])
)
print(f"trained long, seed 0: T = {by_hand:.2f}")

# %% [markdown]
# `fit_temperature` does the same with a finer search. Below, $T$ is fitted on the first thousand of the validation images and
# judged on the second, for the five ways of training and three seeds.


# %% tags=["nbval-ignore-output"] answers="12.smooth"
def calibrate(way, seed):
    """A fitted temperature, and the ECE without and with it."""
    z, labels = validation_logits(way, seed)
    T = fit_temperature(z[:1000], labels[:1000])
    plain, divided = softmax(z[1000:]), softmax(z[1000:] / T)
    before = expected_calibration_error(plain, labels[1000:])
    return T, before, expected_calibration_error(divided, labels[1000:])


# %% tags=["nbval-ignore-output"] answers="12.smooth"
temperatures = {}
for way in WAYS:
    T, before, fitted = np.array([calibrate(way, n) for n in range(3)]).T
    temperatures[way] = list(T)
    print(
        f"{way:21} T = {', '.join(f'{t:.2f}' for t in T)}; "
        f"ECE {before.mean():.1%} ± {before.std(ddof=1):.1%}, "
        f"then {fitted.mean():.1%} ± {fitted.std(ddof=1):.1%}"
    )

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# One number, fitted in a moment, brings the calibration error of every network down to between 2.6 and 4.2 %. Chance alone
# would leave one or two.
#
# - Long training and wrong labels make a network too sure ($T$ above 1). When all training images are right, larger logits
#   still lower their loss, so the logits keep growing, on other images too. No training image ever showed the network a sure
#   guess that is wrong. So it is far too sure of its mistakes: 74 % on average, as was printed above.
# - After 8 epochs the logits are still small, and the network is too modest ($T$ below 1).
# - With label smoothing the network was trained to stay below certainty, and with so much of it, it stays too far below.
#   Müller and others found in 2019: with less smoothing, 0.05, a network is about as well calibrated as after fitting a
#   temperature. <!-- source: Müller, Kornblith and Hinton 2019, section 3 -->
# - Weight decay is nearest to the truth from the start: small weights make small logits, and here it errs a little to
#   the modest side.
#
# <!-- test: tests/experiments/test_memorising.py::test_each_way_errs_to_its_side_and_a_temperature_mends_it -->
#
# </details>
#
# A temperature corrects the average over many images like these. It does not tell *which* guess is a mistake. And on
# images of another kind, a letter or a photograph, the confidence may be as misleading as before.
#
# ## Exercises
#
# **1.** *Warm-up, 8 minutes.* The backward of dropout. `kept` is True where a number was kept, `p` is the probability that a
# number is dropped.


# %%
def dropout_backward(dy, kept, p):
    """Gradient by x of y = x * kept / (1 - p)."""
    ### BEGIN SOLUTION
    # Why: forwards each number met one factor, 0 or 1 / (1 - p); backwards
    # it meets the same.
    return dy * kept / (1 - p)
    ### END SOLUTION


# %%
check("12.dropout_backward", dropout_backward)

# %% [markdown]
# **2.** *Core, 15 minutes.* One step of AdamW. `mean` and `square` are what Adam remembers, `t` counts the steps from 1.
# Return the new weights, the new mean and the new square; change none of the arrays that are handed over. The constants are
# Adam's usual ones. The card has an example first: a step of Adam with L2, in which one line is missing.

# %%
worked("12.worked-l2")


# %%
def adamw_step(w, dw, mean, square, t, lr, decay):
    """New weights, new mean, new square after one step of Adam with
    decoupled weight decay.
    """
    beta1, beta2, eps = 0.9, 0.999, 1e-8
    ### BEGIN SOLUTION
    # Why: mean and square see the gradient alone, so that nothing divides
    # the decay.
    mean = beta1 * mean + (1 - beta1) * dw
    square = beta2 * square + (1 - beta2) * dw**2
    step = mean / (1 - beta1**t) / (np.sqrt(square / (1 - beta2**t)) + eps)
    return w - lr * decay * w - lr * step, mean, square
    ### END SOLUTION


# %%
check("12.adamw_step", adamw_step)

# %% [markdown]
# **3.** *Core, 20 minutes.* The expected calibration error. Bin number b, counted from 0, holds the confidences above b /
# bins up to (b + 1) / bins. Bins without a guess are left out. The card has an example first: the lines for one bin, to be
# put in order.

# %%
worked("12.worked-bin")


# %%
def my_calibration_error(probabilities, labels, bins):
    """Mean distance between confidence and share of right guesses, over bins
    of confidence.
    """
    ### BEGIN SOLUTION
    # Why: each bin weighs as much as the share of images in it, and an empty
    # one has no mean.
    sure = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    total = 0.0
    for b in range(bins):
        inside = (sure > b / bins) & (sure <= (b + 1) / bins)
        if inside.any():
            total += inside.mean() * abs(
                right[inside].mean() - sure[inside].mean()
            )
    return total
    ### END SOLUTION


# %%
check("12.expected_calibration_error", my_calibration_error)

# %% [markdown]
# **4.** *Core, 20 minutes.* Repeat the study of remedies with 40 images and with 1,000 (`Variant(..., images=40)`; all else
# can stay). How much does augmentation gain in each?
#
# **5.** *Stretch, 20 minutes.* Use several remedies at once, with the same five seeds. What do they gain together? Say how
# many combinations you have tried.
#
# **6.** *Stretch, 25 minutes.* Is the convolutional network of [the notebook before](11_train_a_cnn.ipynb) calibrated? There,
# not here, it is called `reader`, and `reader.infer(images.x_test)` gives its logits.
#
# ## Summary
#
# 1. A network can learn any labels by heart. Only images that it has not seen tell whether it has learned more than that.
# 2. More images helped most, augmentation came next. What other remedies are worth has to be measured, with several seeds.
# 3. Confidence is not accuracy: a reliability diagram shows the difference, and one temperature corrects most of it.
#
# ## Questions

# %%
quiz("12")

# %% [markdown]
# ## References
#
# - C. Zhang, S. Bengio, M. Hardt, B. Recht, O. Vinyals,
#   [Understanding deep learning requires rethinking generalization](https://arxiv.org/abs/1611.03530) (2017)
# - N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov,
#   [Dropout: a simple way to prevent neural networks from overfitting](https://jmlr.org/papers/v15/srivastava14a.html) (2014)
# - I. Loshchilov, F. Hutter, [Decoupled weight decay regularization](https://arxiv.org/abs/1711.05101) (2019)
# - R. Müller, S. Kornblith, G. Hinton, [When does label smoothing help?](https://arxiv.org/abs/1906.02629) (2019)
# - L. Prechelt, [Early stopping - but when?](https://doi.org/10.1007/3-540-49430-8_3) (1998)
# - C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger,
#   [On calibration of modern neural networks](https://arxiv.org/abs/1706.04599) (2017)
#
# Next: [What does a framework add?](13_where_next.ipynb)
