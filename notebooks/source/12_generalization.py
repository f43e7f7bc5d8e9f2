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
# those images one by one. This notebook measures which of the two it did. Then it tries six remedies, and in the end it
# asks how far the network's own confidence can be trusted.
#
# **After this notebook you can**
#
# 1. measure how much a network has learned by heart: the gap;
# 2. write dropout's backward, and say how Adam changes weight decay;
# 3. tell what each remedy is worth, with its spread, on images that had no part in the training;
# 4. stop a training at the right epoch;
# 5. measure whether a network's confidence can be believed, and correct it with one number.
#
# **You need** notebooks [00](00_start_here.ipynb) to [06](06_learning_rate.ipynb), and
# [11](11_train_a_cnn.ipynb) for the training loop and the three parts of a data set.
#
# **Time** 60 minutes.
# **Back** [11: Does it all work on real images?](11_train_a_cnn.ipynb)
# **On** [13: What does a framework add?](13_where_next.ipynb)

# %%
import numpy as np

from cnnlib import SGD, Adam, AdamW, CrossEntropyLoss, evaluate, fit
from cnnlib.checks import check
from cnnlib.experiments.comparisons import Variant, compare
from cnnlib.experiments.memorising import BEND, few_digits, memorise, reader, redraw_labels, validation_logits
from cnnlib.nn import functional
from cnnlib.nn.functional import softmax
from cnnlib.nn.gradcheck import numerical_gradient
from cnnlib.nn.optim import Parameter
from cnnlib.training import EarlyStopping, expected_calibration_error, fit_temperature
from cnnlib.widgets import AugmentationExplorer, CalibrationExplorer, MemoriseExplorer
from cnnlib.widgets.cards import predict, quiz, worked

# %% [markdown] minutes=2
# ## Images, and how they are used
#
# Everything here is repeated with several seeds, so each training has to be short. The images are digits of MNIST,
# shrunk to 14x14 pixels, and the network is small: one hidden layer of 100 units. We train on a few hundred images at
# most, because few images are easily learned by heart.
#
# The images that are held back are *validation* images: remedies and epochs are chosen on them. (`few_digits` calls them
# `x_test` and `y_test`, as every data set of the course does.) The test images of MNIST are not used in this notebook. If
# something were chosen with their help, they could no longer judge it.

# %%
digits = few_digits()
x, y = digits.x_train, digits.y_train
validation = digits.x_test, digits.y_test
print(f"{len(x):,} to take training images from, {len(validation[0]):,} to validate on")
print(f"{reader(0).num_parameters:,} weights, images of {digits.x_train.shape[1:]}")

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
print(f"training images, by their made-up labels:  {made_up.train[:, -1].mean():.0%} right")
print(f"validation images, by their true labels:   {made_up.validation[:, -1].mean():.0%} right")
assert made_up.train[:, -1].min() > 0.98 and made_up.validation[:, -1].mean() < 0.15

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What it means</summary>
#
# It learns them all. On unseen images it guesses: about one in ten is right. So a training loss near zero proves nothing
# about unseen images. The same network, trained in the same way, can learn what digits look like, and it can learn images
# by heart. Only images that it has not seen can tell which of the two it did. Chiyuan Zhang and others showed this in
# 2017 with networks of millions of weights, on
# a million photographs<!-- source: Zhang et al. 2017 -->.
#
# </details>
#
# How much was learned by heart is measured by the **gap**: the share of the training images that the network gets right,
# minus the share of the validation images that it gets right. With made-up labels the gap is nearly 100 points. With true
# labels it is much smaller.
#
# In most data a few of the labels are mistakes. Let a fifth of the labels of 200 images be drawn anew, and follow the
# share of the *validation* images that the network gets right, over the 60 epochs. How will this share change?

# %%
predict("12.turns")

# %% answers="12.turns"
noisy = memorise(200, share=0.2, epochs=60)
for epoch in (0, 3, noisy.best_epoch, 20, 40, 60):
    known, unseen = noisy.train[:, epoch].mean(), noisy.validation[:, epoch]
    seen = f"{unseen.mean():.0%} ± {unseen.std(ddof=1):.0%}"
    print(f"epoch {epoch:2}: training images {known:4.0%} right, validation images {seen} right")

# %% [markdown] minutes=6
# The ± is the standard deviation of three seeds; each seed also chooses other images.
#
# Watch both at once. Orange and dashed: the share of the training images that get the label they were given. Blue: the
# share of the validation images that get their true label. A frame on the left marks an image whose label is not what it
# shows. Choose how many images there are and how many of their labels are drawn anew, press Play, and drag the line to go
# back.
# **Challenge:** a gap of more than 80 points. <!-- test: tests/widgets/test_generalization.py::test_only_random_labels_make_such_a_gap_and_only_late -->
#
# <details style="margin-bottom: 1em"><summary>A way</summary>
#
# All labels drawn anew, and enough epochs to learn them. With true labels the gap stays far below 80, however long you
# train. <!-- test: tests/widgets/test_generalization.py::test_only_random_labels_make_such_a_gap_and_only_late -->
#
# </details>

# %%
MemoriseExplorer()

# %% [markdown] minutes=4
# **Question.** With a fifth of the labels drawn anew the network passes through two phases. What does it learn in the
# first, and what in the second?
#
# <details style="margin-bottom: 1em"><summary>Answer</summary>
#
# First it learns what many images have in common: that lowers the loss of most of them at once, and helps on unseen
# images too. Later only the mistaken labels are left, and each has to be learned by itself. To fit them the network
# changes what it had learned before, and on unseen images it becomes worse. This is called *over-fitting*.
#
# </details>
#
# ## Stop in time
#
# If the second phase does harm, stop before it. *Early stopping* looks at the validation loss after each epoch, keeps a
# copy of the weights whenever it is the lowest so far, and ends the training when there has been no new lowest for some
# epochs in a row. That number of epochs is called the *patience*. It is needed because the curve is not smooth: it may rise
# for two epochs and then fall further. <!-- source: Prechelt 1998 -->

# %% answers="12.turns"
def train_on_200(seed, stopping=None):
    """Train on 200 images, 40 of the labels drawn anew; the share of the validation images that is right."""
    chosen = np.random.default_rng(seed).permutation(len(x))[:200]
    labels, student = redraw_labels(y[chosen], 0.2, rng=seed), reader(seed)
    how = {"batch_size": 50, "epochs": 60, "rng": seed, "validation": validation, "progress": False}
    fit(student, CrossEntropyLoss(), SGD(0.1, momentum=0.9), x[chosen], labels, early_stopping=stopping, **how)
    return evaluate(student, CrossEntropyLoss(), *validation).accuracy


gains = []
for seed in range(3):
    stopping = EarlyStopping(patience=5)
    stopped, whole = train_on_200(seed, stopping), train_on_200(seed)
    gains.append(stopped - whole)
    print(f"seed {seed}: weights of epoch {stopping.best_epoch:2}, {stopped:.1%} right; after all 60, {whole:.1%}")
print(f"stopping gains {100 * np.mean(gains):.1f} ± {100 * np.std(gains, ddof=1):.1f} points")

# %% [markdown] minutes=7
# The weights that are put back are those of the lowest validation loss. So the validation images had a part in choosing
# the epoch, and the share of them that is right is now a little too good. The final number of a project comes from test
# images, which are looked at once.
#
# ## Pull the weights towards zero
#
# To fit single images exactly, the output of a network has to change much between images that differ little, and that takes
# large weights. So let large weights cost something. Add to the loss $E$ a penalty that grows with the weights, where the
# number $\rho$ (rho; `decay` in code) says how much it counts:
#
# $$E' = E + \frac{\rho}{2} \sum w^2$$
#
# The derivative of $\frac{\rho}{2} w^2$ by $w$ is $\rho w$. So the gradient of each weight, $dw$, gets one term more:
# $dw + \rho w$. This is called **L2**.
# With plain gradient descent at the rate $\eta$ the step becomes
#
# $$w \leftarrow w - \eta\,(dw + \rho w) = (1 - \eta\rho)\,w - \eta\,dw .$$
#
# Read the right side: first the weight loses the share $\eta\rho$ of itself, then comes the usual step. That is why the same
# thing is also called **weight decay**. With plain gradient descent both names mean the same.
#
# With Adam they do not. Adam divides by the size that the gradient usually has. Take two weights, both 1. The gradient of
# the first is 5, that of the second 0.05. The rate is 0.01, the decay 0.5. Compute the first step of Adam by hand. In
# this step Adam's corrected mean is the gradient itself, and its corrected root of the mean square is the size of the
# gradient. So the step is the rate times the gradient over its size, and that is 0.01 for every positive gradient.
#
# | | first weight | second weight |
# |---|---|---|
# | gradient with L2, $dw + \rho w$ | 5 + 0.5 = 5.5 | 0.05 + 0.5 = 0.55 |
# | Adam's step, rate · gradient / size | 0.01 · 5.5/5.5 = 0.01 | 0.01 · 0.55/0.55 = 0.01 |
# | new weight, L2 | 1 − 0.01 = 0.99 | 0.99 |
# | decay by itself, $\eta\rho w$ | 0.01 · 0.5 · 1 = 0.005 | 0.005 |
# | new weight, decoupled | 1 − 0.005 − 0.01 = 0.985 | 0.985 |
#
# <!-- computed: 5 + 0.5 = 5.5 -->
#
# In the rows of L2 the decay was added to the gradient, and the division took it out again: without any decay the new
# weights would be 0.99 as well. *Decoupled* weight decay is kept out of the gradient: its share is subtracted from the
# weight directly. Adam with decoupled decay is called **AdamW**. The code gives the same numbers:

# %% slideshow={"slide_type": "subslide"}
rules = {
    "Adam, no decay": Adam(0.01),
    "Adam with L2": Adam(0.01, weight_decay=0.5),
    "AdamW": AdamW(0.01, weight_decay=0.5),
}
for name, rule in rules.items():
    w, dw = np.array([1.0, 1.0]), np.array([5.0, 0.05])
    rule.step([Parameter("w", w, dw)])
    print(f"{name:15} new weights {w.round(4)}")


# %% [markdown] minutes=4
# That was the first step only. Now take many steps. Two weights begin at 1. The gradient of the first swings between 10
# and −10, that of the second between 0.1 and −0.1. On average both gradients are zero, so it is the decay that decides
# where the weights go. After 1,000 steps of Adam with L2, which of the two will be nearer to zero?

# %%
predict("12.decay")


# %% answers="12.decay"
def after(rule, steps=1000):
    """Two weights that begin at 1 and whose gradients swing, a hundred times as wide for the first."""
    w, dw = np.array([1.0, 1.0]), np.array([10.0, 0.1])
    for step in range(steps):
        rule.step([Parameter("w", w, dw * (-1) ** step)])
    return w


for name, rule in {"Adam with L2": Adam(0.01, weight_decay=0.1), "AdamW": AdamW(0.01, weight_decay=0.1)}.items():
    print(f"{name:13} {after(rule).round(3)}")

# %% [markdown] minutes=4 cut=2
# <details style="margin-bottom: 1em"><summary>Why</summary>
#
# Adam divides the pull $\rho w$ by the usual size of the gradient: by about 10 for the first weight, by about 0.1 for
# the second. So weights with large gradients are hardly pulled, and weights with small gradients go to zero. With AdamW
# each weight loses the same share. Loshchilov and Hutter pointed this out in 2019; since then AdamW is the usual choice, for
# instance for language models. The course's `AdamW` takes the same steps as PyTorch's.
# <!-- test: tests/nn/test_losses_and_optimizers.py::test_optimizer_takes_pytorchs_steps -->
#
# </details>
#
# ## Switch units off
#
# A hidden unit can come to depend on one other unit that happens to recognise a single training image. *Dropout*
# (Srivastava and others 2014) prevents that: in each training step every unit is set to zero with the probability
# $p_\text{drop}$ (`p` in code), drawn anew each time. So no unit can depend on another one.
#
# When the network is used, nothing is dropped: we want its best answer. But then the next layer would receive more than
# in training. To make up for it, what is *kept* in training is made larger. From $x$ dropout makes
#
# $$y = \frac{x}{1 - p_\text{drop}} \text{ where a unit is kept}, \qquad y = 0 \text{ where it is dropped}.$$
#
# A thousand ones go through dropout with $p_\text{drop} = 0.5$, in training. What will the sum of the outputs be, about?

# %%
predict("12.dropped")

# %% answers="12.dropped"
ones = np.ones(1000)
dropped, factors = functional.dropout_forward(ones, 0.5, np.random.default_rng(0))
print(f"{np.count_nonzero(dropped == 0)} of 1000 are zero, the sum is {dropped.sum():.0f}")

# %% [markdown] minutes=3
# **Backwards.** Dropout multiplies each number by a factor that is either 0 or $1/(1-p_\text{drop})$, and that does not
# depend on $x$. The derivative of factor times $x$ by $x$ is the factor. So the gradient $dy$ that arrives is multiplied
# by the *same* factors: what was dropped gets the gradient zero, what was kept gets $1/(1-p_\text{drop})$ times $dy$. The
# backward pass must therefore use the factors of the forward pass. Newly drawn ones would be wrong.
#
# As always, we compare with the measured gradient. The factors stay as they were drawn, and each input is moved a little.

# %%
rng = np.random.default_rng(1)
values, dy = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
_, factors = functional.dropout_forward(values, 0.5, rng)
dx = functional.dropout_backward(dy, factors)
measured = numerical_gradient(lambda x: (dy * x * factors).sum(), values)
np.testing.assert_allclose(dx, measured, atol=1e-8)
print(dx.round(2))

# %% [markdown] minutes=3 cut=1
# ## More images out of the old ones
#
# If there are no further images, make new ones from the old: shift, turn, stretch and slant each a little, differently in
# every epoch. This is *augmentation*. The network then never sees exactly the same image twice. It is allowed as long as
# the label stays true, which means: as long as *you* can still read the digit.
#
# Move the sliders and compare yourself with a trained network (here the one of notebook 01, on digits of 8x8 pixels).
# **Challenge:** distort so that it reads fewer than half of the images, while pixels move by less than 1.5 on average.
# <!-- test: tests/widgets/test_image_widgets.py::test_the_share_read_is_that_of_the_network_on_the_distorted_images -->
#
# <details style="margin-bottom: 1em"><summary>A way, and what it says</summary>
#
# Elastic 1.1 at smoothness 1, everything else 0. Count how many of those you can read yourself: they are hard for people too,
# so augmentation should not go that far. <!-- test: tests/widgets/test_image_widgets.py::test_the_share_read_is_that_of_the_network_on_the_distorted_images -->
#
# </details>

# %%
AugmentationExplorer()

# %% [markdown] minutes=2
# ## Ask for less than certainty
#
# The gradient of cross-entropy does not become zero: at 99 % for the true class it still makes this probability larger,
# and the weights grow for it. *Label smoothing* asks for less. With $K$ classes and a number $\alpha$ (alpha) between 0
# and 1, the wanted probabilities $t_k$ are no longer 1 for the label and 0 for the others, but
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
# 100 training images, five seeds; each seed chooses its own hundred. All train for the same number of steps.
# *More data* stands for 400 images instead of 100. Order the remedies before you look.

# %%
predict("12.remedies")

# %% answers="12.remedies" slideshow={"slide_type": "subslide"}
remedies = {
    "nothing": Variant(reader, images=100),
    "dropout": Variant(lambda rng: reader(rng, dropout=0.5), images=100),
    "weight decay": Variant(reader, images=100, weight_decay=0.005),
    "label smoothing": Variant(reader, images=100, loss=lambda: CrossEntropyLoss(label_smoothing=0.1)),
    "augmentation": Variant(reader, images=100, augment=BEND),
    "more data": Variant(reader, images=400),
}
study = compare(remedies, digits, steps=300, seeds=range(5), judged="validation", redraw=True)
print(study)
print(study.against("nothing"))

# %% [markdown] minutes=3
# Some hundreds of images are easier to learn from than others, and an easy hundred makes every row of the first table
# better. So the second table compares each remedy with doing nothing *on the same seed*: it prints the mean and the
# standard deviation of those five differences. Its last column is explained in the next section.
#
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# More images help most, by far more than the spread. Augmentation comes next. Dropout cannot be told from doing nothing:
# its difference is smaller than its spread. Label smoothing even costs about one point here. Weight decay does
# not get more images right, but its *loss* is lower on every seed, and its calibration error (the last column) as well.
# <!-- test: tests/experiments/test_memorising.py::test_what_the_notebook_says_of_the_remedies -->
#
# </details>
#
# That holds for this network, these images and these settings. Dropout was made for wide networks and long trainings; with
# one small hidden layer it has little effect. Before you rely on a remedy, measure it on your own network.
#
# ## How sure is it, and how right?
#
# A network gives a probability to each class. The largest of them is its *confidence* in its guess. Suppose it is 80 %
# confident on a thousand images. If about 800<!-- computed: 0.8 * 1000 = 800 --> of these guesses are right, then its confidence can be believed; such a network
# is called **calibrated**. If only 600<!-- computed: 0.6 * 1000 = 600 --> are right, it is too sure of itself.
#
# Here is a network that was trained for 100 epochs on 100 images, with true labels, until it knew all of them by heart.

# %%
logits, truth = validation_logits("trained long")
p = softmax(logits)
print(f"{(p.argmax(axis=1) == truth).mean():.0%} of the validation images right")

# %% [markdown]
# How confident will it be on these images, on average?

# %%
predict("12.sure")

# %% answers="12.sure"
print(f"confidence {p.max(axis=1).mean():.0%} on average")
print(f"and {p.max(axis=1)[p.argmax(axis=1) != truth].mean():.0%} on the images that it got wrong")

# %% [markdown] minutes=3
# To see more than the average, sort the guesses by confidence into ten bins: up to 10 %, up to 20 %, and so on. In each bin
# compare the mean confidence with the share that is right. Drawn as a picture this is the *reliability diagram*. The mean
# distance over the bins, each weighted by the share of images in it, is the **expected calibration error** (ECE). There
# are $N$ images and $B$ bins. Bin $j$ holds $n_j$ images; $\text{right}_j$ is the share of them that is right, and
# $\text{sure}_j$ their mean confidence:
#
# $$\mathrm{ECE} = \sum_{j=1}^{B} \frac{n_j}{N}\, |\text{right}_j - \text{sure}_j| .$$
#
# Zero is perfect. Even a calibrated network gets one or two per cent by chance, when there are only a thousand images.
# <!-- test: tests/training/test_calibration.py::test_chance_alone_gives_one_or_two_per_cent -->

# %% answers="12.sure"
print(f"expected calibration error: {expected_calibration_error(p, truth):.1%}")

# %% [markdown] minutes=2
# ## One number that corrects it
#
# Softmax is so sure because the logits lie far apart. So bring them nearer together: divide all logits by one number, the
# *temperature* $T$, before the softmax:
#
# $$p = \mathrm{softmax}(z / T) .$$
#
# If all logits are divided by 2, what changes?

# %%
predict("12.temperature")

# %% answers="12.temperature"
for T in (1, 2):
    divided = softmax(logits / T)
    print(f"T = {T}: {(divided.argmax(axis=1) == truth).mean():.1%} right, {divided.max(axis=1).mean():.1%} sure")

# %% [markdown] minutes=4
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# The largest logit stays the largest, so no guess changes. The confidence does: with $T$ above 1 the network is less
# sure, with $T$ below 1 surer.
#
# </details>
#
# The next picture holds five networks that were trained in five ways, one of them with label smoothing ($\alpha = 0.2$).
# On which side will its confidence err?
# <!-- source: cnnlib.experiments.memorising.WAYS -->

# %%
predict("12.smooth")

# %% [markdown]
# Find the best temperature by hand. Left, the reliability diagram: orange is where the network is too sure, blue where it
# is too modest. Right, the calibration error and the cross-entropy at every temperature; drag the line.
# It opens with a network that was trained with weight decay. **Challenge:** choose the one that was trained long, and bring its
# calibration error below 3 %. Then look at the others: which ways of training make a network too sure, and which too modest?
# <!-- test: tests/widgets/test_generalization.py::test_the_challenge_wants_the_network_trained_long_at_about_the_fitted_temperature -->

# %% answers="12.smooth"
CalibrationExplorer(way="weight decay")

# %% [markdown] minutes=3
# In practice $T$ is found by a computation (Guo and others 2017): take the $T$ with the lowest cross-entropy, on images
# that the network was not trained on. (On its training images, which it knows by heart, nearly all guesses are right, so
# that there even a very high confidence agrees with them.) Below, $T$ is fitted on the first thousand of the validation
# images and judged on the second.

# %% answers="12.smooth"
temperatures = {}
for way in ("trained long", "a fifth wrong labels", "label smoothing", "weight decay"):
    errors = []
    for seed in range(3):
        z, t = validation_logits(way, seed)
        T = fit_temperature(z[:1000], t[:1000])
        errors.append([expected_calibration_error(softmax(z[1000:] / T), t[1000:]) for T in (1, T)])
        temperatures.setdefault(way, []).append(T)
    (before, after_), spread = np.mean(errors, axis=0), np.std(errors, axis=0, ddof=1)
    fitted = ", ".join(f"{T:.2f}" for T in temperatures[way])
    print(f"{way:21} T = {fitted}; ECE {before:.1%} ± {spread[0]:.1%}, then {after_:.1%} ± {spread[1]:.1%}")

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# One number, fitted in a moment, brings every network close to what chance allows. Long training and wrong labels make a
# network too sure ($T$ above 1): when all training images are right, larger logits still lower their loss, so the logits
# keep growing. With label smoothing the network was trained to stay below certainty, and with so much of it the network stays
# too far below ($T$ below 1). With a smaller amount, 0.05, Müller and others found in 2019 that a network becomes about as
# well calibrated as by a temperature. Weight decay is nearest to the truth from the start: small weights make small logits.
# <!-- source: Müller, Kornblith and Hinton 2019, section 3 -->
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
    # Why: forwards each number met one factor, 0 or 1 / (1 - p); backwards it meets the same.
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
    """New weights, new mean, new square after one step of Adam with decoupled weight decay."""
    beta1, beta2, eps = 0.9, 0.999, 1e-8
    ### BEGIN SOLUTION
    # Why: mean and square see the gradient alone, so that nothing divides the decay.
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
    """Mean distance between confidence and share of right guesses, over bins of confidence."""
    ### BEGIN SOLUTION
    # Why: each bin weighs as much as the share of images in it, and an empty one has no mean.
    sure = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    total = 0.0
    for b in range(bins):
        inside = (sure > b / bins) & (sure <= (b + 1) / bins)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - sure[inside].mean())
    return total
    ### END SOLUTION


# %%
check("12.expected_calibration_error", my_calibration_error)

# %% [markdown]
# **4.** *Core, 20 minutes.* Repeat the study of remedies with 50 images and with 1,000. From where on does augmentation no
# longer matter? (Hint: `Variant(..., images=50)`; all else can stay.)
#
# **5.** *Stretch, 20 minutes.* Combine. What do more than one remedy at once give, on the same five seeds? Choose on the
# validation images, and say how many combinations you have tried.
#
# **6.** *Stretch, 25 minutes.* Take the network that [the notebook before](11_train_a_cnn.ipynb) calls `reader`, a
# convolutional network for all of MNIST. Is it calibrated? (Hint: in that notebook `reader.infer(images.x_test)` gives its
# logits.)
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
