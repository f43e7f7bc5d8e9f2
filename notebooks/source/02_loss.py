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
# [Notebook 01](01_forward_pass.ipynb) ended with ten probabilities. To learn, a network needs to be told how wrong
# they are, and in a form from which it can tell in which direction "less wrong" lies. That form is one number, the
# *loss*. Which number one chooses decides whether the network can learn from its worst mistakes, or gets stuck in
# them. And its very first value, before any learning, already tells whether something is broken.
#
# **After this notebook you can**
#
# 1. say what a training set is, and why it decides what the network will do in the field;
# 2. compute half squared error and cross-entropy by hand, and their gradients;
# 3. explain why the squared error stalls at a confident wrong answer, and cross-entropy does not;
# 4. tell from the first loss whether weights, pixels or labels are out of order;
# 5. write a softmax and a cross-entropy that never overflow.
#
# **You need** notebook 01, logarithms and the exponential function, derivatives of both.
#
# **Time** 35 minutes. **Back** [01: How does an image become a guess?](01_forward_pass.ipynb)
# **On** [03: Whose fault is it?](03_backpropagation.ipynb)

# %%
import numpy as np

from cnnlib import SGD, CrossEntropyLoss, evaluate, fit, load_digits, small_cnn
from cnnlib.checks import check
from cnnlib.data import Distort
from cnnlib.experiments.first_losses import loss_and_gradient
from cnnlib.nn import functional as F
from cnnlib.nn.gradcheck import numerical_gradient, relative_error
from cnnlib.nn.losses import one_hot
from cnnlib.widgets import Challenge, FirstLoss, ImageGallery, LossExplorer
from cnnlib.widgets.cards import predict, quiz

digits = load_digits()
digits

# %% [markdown] minutes=4
# ## Images with known labels
#
# A training set is a pile of images, each with the right answer attached: its *label*. Somebody has looked at every
# one of them. The network sees the training part, again and again; the test part is kept from it.
#
# Are all ten digits equally frequent? Leaf through both parts, and look for labels that you would dispute.

# %%
predict("02.frequent")

# %%
ImageGallery(digits)

# %% [markdown]
# <details><summary>What came out</summary>
#
# (All ten are nearly equally frequent. Where nine of ten are ones, always saying "one" is right nine times in ten: that
# is what a network would learn first, and perhaps last.)
#
# </details>
#
# Images are fed in *batches* of a few dozen: large enough for a fair sample, small enough to be quick. A label such as 3 is a
# name, not a quantity: 3 is not "between" 2 and 4. So the wanted output is *one-hot*: ten numbers, a single 1 in the
# place of the label. That is what perfect probabilities would be.

# %%
print("training images of each digit:", np.bincount(digits.y_train))
print("first labels:", digits.y_train[:3])
one_hot(digits.y_train[:3], 10)

# %% [markdown] minutes=4
# ## Normalise, but do not peek
#
# Networks learn best from numbers near 0, of size about 1. So one subtracts the mean of all pixels and divides by their
# standard deviation. The catch: **both are taken from the training part alone**, and then used for both parts. Whoever
# includes the test images lets the network know something about images that it claims never to have seen.
#
# After this the training pixels have mean 0 and deviation 1 exactly.

# %%
predict("02.peek")

# %% answers="02.peek"
mean, deviation = digits.x_train.mean(), digits.x_train.std()
for name, part in (("training", digits.x_train), ("test", digits.x_test)):
    normalised = (part - mean) / deviation
    print(f"{name:8} mean {abs(normalised.mean()):.3f} from 0, deviation {normalised.std():.3f}")

# %% [markdown]
# <details><summary>What came out</summary>
#
# Nearly, not exactly; and that is how it should be.
#
# </details>
#
# What does it buy? Here the same fresh networks see the digits once, at the same learning rate, with the pixels from 0 to
# 255 as a camera gives them, from 0 to 1, and normalised. The numbers are means over five networks.
# <!-- source: a byte holds 0 to 255 -->

# %% tags=["nbval-ignore-output"]
ways = {"0 to 255": lambda x: 255 * x, "0 to 1": lambda x: x, "normalised": lambda x: (x - mean) / deviation}
reached = {}
for name, prepare in ways.items():
    shares = []
    for seed in range(5):
        network = small_cnn(rng=seed)
        x, how = prepare(digits.x_train), {"epochs": 1, "rng": seed, "progress": False}
        fit(network, CrossEntropyLoss(), SGD(lr=0.01, momentum=0.9), x, digits.y_train, **how)
        shares.append(np.mean(network.predict(prepare(digits.x_test)) == digits.y_test))
    reached[name] = np.mean(shares)
    print(f"{name:10} {reached[name]:.0%} right, from {min(shares):.0%} to {max(shares):.0%}")
assert reached["0 to 255"] < 0.2 < reached["0 to 1"] < reached["normalised"] - 0.1

# %% [markdown] minutes=6 cut=2
# With pixels up to 255 every step is far too large and nothing is learned. From 0 to 1 it learns, and normalised it learns
# faster. With more passes or a larger rate the last two end level, so for digits the course leaves the pixels between 0
# and 1. For colour photographs, whose channels differ in mean and deviation, normalise.
#
# ## The training set decides
#
# Does the network depend on its training images as strictly as people say? Two experiments. First, a network that never
# sees a 7 in training. What will it say instead, and how sure will it be?

# %%
predict("02.sevens")


# %% tags=["nbval-ignore-output"] answers="02.sevens"
def trained_on(x, y, augment=None):
    """A fresh network after 20 epochs."""
    network, how = small_cnn(rng=0), {"epochs": 20, "augment": augment, "rng": 0, "progress": False}
    fit(network, CrossEntropyLoss(), SGD(lr=0.05, momentum=0.9), x, y, **how)
    return network


others, sevens = digits.y_train != 7, digits.x_test[digits.y_test == 7]
blind = trained_on(digits.x_train[others], digits.y_train[others])
p = blind.predict_proba(sevens)
said = p.argmax(axis=1)
print("said for the sevens, how often 0, 1, ... 9:", np.bincount(said, minlength=10))
print(f"right: {(said == 7).sum()} of {len(sevens)}; median confidence {np.median(p.max(axis=1)):.0%}")
assert not (said == 7).any()

# %% [markdown]
# <details><summary>What came out</summary>
#
# Not one, and it is sure of itself all the same. It cannot say "I have never seen anything like this".
#
# </details>
#
# Second: all training digits stand in the middle of their frame. What happens when the test digits are moved one pixel
# to the right? And if the training digits had been moved about at random?

# %%
predict("02.moved")

# %% tags=["nbval-ignore-output"] answers="02.moved"
moved, moved_shares = np.roll(digits.x_test, 1, axis=3), {}
for name, augment in (("centred", None), ("moved about", Distort(shift=1))):
    network = trained_on(digits.x_train, digits.y_train, augment)
    right = [(network.predict(x) == digits.y_test).mean() for x in (digits.x_test, moved)]
    print(f"trained on {name:11}  test images as they are {right[0]:.0%}, moved {right[1]:.0%}")
    moved_shares[name] = right[1]
    assert right[0] > 0.9 and (right[1] < 0.8) == (augment is None)

# %% [markdown] minutes=5
# <details><summary>What came out</summary>
#
# The same layers trained on two sets: one pixel costs a quarter of the answers, or nearly none. (The network of
# [notebook 01](01_forward_pass.ipynb) lost few when its digits were pushed: it had been trained on moved ones.)
#
# </details>
#
# What is not in the training set is not in the network.
#
# ## Two ways to count
#
# Three classes are enough. The network says $p = (0.7, 0.2, 0.1)$, the label is class 0, so wanted is $t = (1, 0, 0)$.
#
# **Half squared error**: half the squared distance from what was wanted, $E = \tfrac12 \sum_k (p_k - t_k)^2$.
# The half is there for convenience: it cancels the 2 of the derivative.
#
# **Cross-entropy**: minus the logarithm of the probability given to the truth, $E = -\ln p_{\text{label}}$. It only asks
# what the network thought of the right answer. Sure and right costs nothing; sure and wrong costs without bound.
#
# **Do both by hand** before you run the cell. Over a batch, one takes the mean.

# %%
p, t = np.array([0.7, 0.2, 0.1]), np.array([1, 0, 0])
print(f"half squared error {0.5 * ((p - t) ** 2).sum():.3f}, cross-entropy {-np.log(p[0]):.3f}")

# %% [markdown]
# Now move the scores. They go through a softmax. Below you see both losses while only the true class's score changes, and
# how strongly each loss *pulls* at each score: its slope there, that is, how fast the loss changes when this score alone
# changes a little. All slopes of a loss together are called its *gradient*.
#
# Give the true class, *cat*, a score of -6 and *dog* one of 6. Both losses see that this is as wrong as can be. Which of
# them pulls harder, and how much?
#
# **Challenge.** A state in which the squared error is above 0.99, nearly as large as it gets. How hard does it pull there?

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
# <details><summary>What happened</summary>
#
# Cross-entropy pulls with nearly 1, the squared error with about 0.00001. Look at the middle picture: at the left, where
# the guess is worst, the curve of the squared error is flat. Its value says how wrong the guess is, but its slope there is
# almost 0, and learning follows slopes.
# <!-- test: tests/widgets/test_network_widgets.py::test_the_squared_error_stalls_where_cross_entropy_pulls -->
#
# </details>
#
# ## Why: the gradients, in a few lines
#
# We want the slope of each loss by one score $z_k$, while the other scores stand still: $\partial E / \partial z_k$. Let $y$ be
# the label, $S = \sum_j e^{z_j}$ the sum of all powers, and $p_k = e^{z_k} / S$ the probability of class $k$. Only one term of
# $S$ contains $z_k$, so $\partial S / \partial z_k = e^{z_k}$.
#
# **Cross-entropy.** The logarithm of a quotient is a difference: $E = -\ln p_y = -z_y + \ln S$. The slope of the first part is
# −1 if $k$ is the label, and 0 if not: that is $-t_k$. The slope of $\ln S$ is the slope of $S$ divided by $S$, that is
# $e^{z_k} / S = p_k$. Together
#
# $$\frac{\partial E}{\partial z_k} = p_k - t_k .$$
#
# In words: *probability minus wanted*. For a confident mistake this is nearly 1, as large as it can be.
#
# **Half squared error.** Here we first need how each probability changes with $z_k$. By the rule for quotients
#
# $$\frac{\partial p_k}{\partial z_k} = \frac{e^{z_k} S - e^{z_k} e^{z_k}}{S^2} = p_k - p_k\, p_k , \qquad
# \frac{\partial p_j}{\partial z_k} = -\frac{e^{z_j} e^{z_k}}{S^2} = -p_j\, p_k \quad (j \ne k) .$$
#
# Each probability adds $(p_j - t_j)$ times its own change, and the common factor $p_k$ can be taken out:
#
# $$\frac{\partial E}{\partial z_k} = p_k \Bigl( (p_k - t_k) - \sum_j p_j (p_j - t_j) \Bigr) .$$
#
# With the numbers from above, $p - t$ is $(-0.3, 0.2, 0.1)$, and the sum is $0.7 \cdot (-0.3) + 0.2 \cdot 0.2 + 0.1 \cdot 0.1 =
# -0.16$. So the three slopes are $0.7\,(-0.3 + 0.16) = -0.098$, $0.2\,(0.2 + 0.16) = 0.072$ and $0.1\,(0.1 + 0.16) = 0.026$.
# <!-- computed: 0.7 * (-0.3) + 0.2 * 0.2 + 0.1 * 0.1 = -0.16 --> <!-- computed: 0.7 * (-0.3 + 0.16) = -0.098 -->
# <!-- computed: 0.2 * (0.2 + 0.16) = 0.072 --> <!-- computed: 0.1 * (0.1 + 0.16) = 0.026 --> <!-- computed: 0.7 - 1 = -0.3 -->
#
# Now it can be seen why it stalls. For the true class the factor $p_k$ in front is almost 0 just when help is needed. And the
# wrong class, the dog that has all the probability? Its $p_k$ is nearly 1, but its bracket vanishes: $p_k - t_k$ is nearly
# 1, and so is the sum that is subtracted. Where one class has everything, a small change of any score changes
# no probability, and a loss that looks at probabilities alone does not feel it.
#
# Are the formulae right? Compare them with slopes that are measured, by changing each score a little.

# %%
z = np.array([1.0, 3.0, -1.0])
for kind in ("cross-entropy", "half squared error"):
    _, gradient = loss_and_gradient(z, 0, kind)
    measured = numerical_gradient(lambda z, kind=kind: loss_and_gradient(z, 0, kind)[0], z.copy())
    print(f"{kind:18} {gradient.round(4)}  agrees: {relative_error(gradient, measured) < 1e-8}")
    assert relative_error(gradient, measured) < 1e-8

# %% [markdown]
# How long does it take to get out of such a mistake? Start from scores of -6, 6 and 0, and let each loss pull the scores
# themselves, a step of 1 at a time, until the true class has half of the probability. (One of the two you can estimate
# in your head.)

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
# <details><summary>What came out</summary>
#
# Between the two scores lies a gap of 12. Cross-entropy moves both by nearly 1 at each step, one up and one down. The
# squared error needs a thousand times as long, nearly all of it on the flat part.
#
# </details>
#
# That is why classifiers are trained with cross-entropy, and why the
# squared error stays where the answer is a quantity: a price, an angle.
#
# ## The first loss
#
# A fresh network knows nothing. If it gave each of ten classes the same probability, its loss would be
# $-\ln \tfrac{1}{10} = \ln 10 \approx 2.3026$. Here are 200 fresh networks, each with its own random weights, on the same
# 64 digits.
#
# Can a network without any knowledge be *worse* than one without any opinion? Then find out what the first loss tells:
#
# - all weights three times as large;
# - pixels from 0 to 255, because somebody forgot to divide; <!-- source: a byte holds 0 to 255 -->
# - all weights zero.
#
# **Challenge.** A mean first loss between 7.5 and 8.5. Which mistake could be behind it?

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
# - **About 2.4**: all is well. A random opinion loses more where it is wrong than it gains where it is right, so
#   the mean lies a little above ln 10.
# - **2.3026 exactly**, for every network: nothing depends on the image. Weights are zero, or a layer is dead.
# - **About 6, 8 or 20**: strong opinions from the first moment; weights two or three times too large.
# - **The challenge, about 8**: weights 2.2 times as large as they should be.
# <!-- test: tests/widgets/test_network_widgets.py::test_the_first_losses_that_the_text_names -->
# - **Hundreds**: the pixels were not divided by their largest value.
# - **nan**: something has overflowed, see below.
# <!-- test: tests/widgets/test_network_widgets.py::test_the_first_losses_that_the_text_names -->
#
# A look at the first loss costs one forward pass, and finds more faults than an hour of training.
#
# </details>
#
# Is the first loss large, then? Large compared with what?

# %% tags=["nbval-ignore-output"] answers="02.first"
for name, net in (("fresh", small_cnn(rng=0)), ("trained", network)):
    result = evaluate(net, CrossEntropyLoss(), digits.x_test, digits.y_test)
    print(f"{name:8} loss {result.loss:.2f}, right {result.accuracy:.0%}")
print(f"no opinion at all: loss {np.log(10):.2f}")

# %% [markdown] minutes=4 cut=1
# The first loss is many times what training leaves over. But a network that starts well begins near $\ln 10$, the loss of
# having no opinion; a truly large first loss means that something is wrong.
#
# > **What the chapter says** (claims 3 and 5 of its [fourteen](../docs/claims.md)). *A training set is images with known
# > labels, and it decides how the system behaves in the field*: holds, as the missing sevens and the moved digits showed.
# > *The first forward pass gives a large error into the loss function*: holds with a condition, as you have just seen.
# <!-- test: tests/course/test_docs.py::test_every_claim_has_a_verdict -->
#
# ## When numbers run over
#
# Softmax as it is written takes $e^{z}$. Double precision ends at about $10^{308}$, that is at a score of 709; single
# precision, in which networks compute, at $10^{38}$, a score of 88. A network that is learning too fast reaches such
# scores easily. Let it happen (we ask NumPy to raise an error and not to pass over it
# in silence):
# <!-- source: IEEE 754, largest double 1.8e308, logarithm 709.78; largest single 3.4e38, logarithm 88.72 -->

# %%
predict("02.quotient")


# %% tags=["raises-exception"] answers="02.quotient"
def naive_softmax(z):
    """As it is written, and not to be used."""
    return np.exp(z) / np.exp(z).sum()


print(naive_softmax(np.array([700.0, 699.0])))
with np.errstate(over="raise"):
    naive_softmax(np.array([1000.0, 999.0]))

# %% [markdown]
# <details><summary>What came out</summary>
#
# Without that request infinity by infinity would have given `nan`: not a number. One `nan` in a loss, and at the next step every weight
# is one.
#
# </details>
#
# The cure costs nothing: the softmax does not change when all scores are shifted, so shift them until the
# largest is 0. No power is then above 1. The same goes for the logarithm of the sum, *log-sum-exp*:
#
# $$-\ln p_y = \ln \sum_j e^{z_j - m} - (z_y - m), \qquad m = \max_j z_j .$$
#
# And never take the logarithm of a softmax: a probability that has been rounded to 0 has none.

# %%
z = np.array([1000.0, 999.0, 0.0])
print("probabilities:   ", *F.softmax(z).round(4))
print("their logarithms:", *F.log_softmax(z).round(4))
with np.errstate(divide="ignore"):
    print("the careless way:", *np.log(F.softmax(z)).round(4))

# %% [markdown]
# ## Exercises
#
# **1.** *Warm-up, 5 minutes.* A softmax that never overflows, for a batch: one row an image, shape (N, K).


# %%
def softmax(logits):
    """Probabilities of each row."""
    ### BEGIN SOLUTION
    # Why: shifting a row changes nothing in the quotient; with its maximum at 0 no power exceeds 1.
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %%
check("02.softmax", softmax)

# %% [markdown]
# **2.** *Core, 10 minutes.* The mean cross-entropy of a batch, from its scores ("logits") and integer labels, by log-sum-exp.


# %%
def cross_entropy(logits, labels):
    """Mean of minus the log probability of the label."""
    ### BEGIN SOLUTION
    # Why: log p = shifted score - log of the sum of powers; rounding to p = 0 never happens on the way.
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(labels)), labels].mean()
    ### END SOLUTION


# %%
check("02.cross_entropy", cross_entropy)

# %% [markdown]
# **3.** *Core, 10 minutes.* Its gradient by the scores. Mind the mean: each image has only its share of it.


# %%
def cross_entropy_gradient(logits, labels):
    """Gradient of the mean, shape (N, K)."""
    ### BEGIN SOLUTION
    # Why: probability minus one-hot for each image; the mean divides every share by N.
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    gradient = powers / powers.sum(axis=1, keepdims=True)
    gradient[np.arange(len(labels)), labels] -= 1
    return gradient / len(labels)
    ### END SOLUTION


# %%
check("02.cross_entropy_gradient", cross_entropy_gradient)

# %% [markdown]
# **4. Learn with it.** *Warm-up, 3 minutes.* Ten weights for each of the 64 pixels and no hidden layer: already your gradient can teach them to
# read, from fifty images a step. (Why $X^T dY$ is the gradient of the weights is the business of
# [notebook 03](03_backpropagation.ipynb). Until yours is right, the library's is used.)


# %%
def library_gradient(logits, labels):
    """What CrossEntropyLoss computes."""
    loss = CrossEntropyLoss()
    loss.forward(logits, labels)
    return loss.backward()


passed = check("02.cross_entropy_gradient", cross_entropy_gradient).passed
gradient = cross_entropy_gradient if passed else library_gradient
x, x_test, weights = digits.x_train.reshape(-1, 64), digits.x_test.reshape(-1, 64), np.zeros((64, 10))
for step in range(300):
    batch = np.arange(50 * step, 50 * step + 50) % len(
        x
    )  # the next 50 images; after the last the first again
    dlogits = np.asarray(gradient(x[batch] @ weights, digits.y_train[batch]))
    weights -= 1.0 * x[batch].T @ dlogits  # learning rate 1
print(f"{((x_test @ weights).argmax(axis=1) == digits.y_test).mean():.0%} of the test images right")

# %% [markdown]
# ## Summary
#
# A loss is one number for how wrong the guesses are; what is not in the training set does not count in it.
# Cross-entropy pulls hardest where the network is surely wrong; the squared error stalls there.
# The first loss should be near ln 10 = 2.3026; anything else has a cause that can be named.

# %% [markdown]
# ## Questions
#
# Five of a pool, on a card that answers back; they come back another day, in [review](review.ipynb).

# %%
quiz("02")

# %% [markdown]
# ## References
#
# - M. Nielsen, [Neural Networks and Deep Learning, chapter 3](http://neuralnetworksanddeeplearning.com/chap3.html), 2015: the slow-down of the squared error.
# - A. Karpathy, [A recipe for training neural networks](https://karpathy.github.io/2019/04/25/recipe/), 2019: "verify loss at init".
# - P. Blanchard, D. J. Higham and N. J. Higham, [Accurately computing the log-sum-exp and softmax functions](https://doi.org/10.1093/imanum/draa038), 2021.
# - I. Goodfellow, Y. Bengio and A. Courville, [Deep Learning, section 6.2](https://www.deeplearningbook.org/contents/mlp.html), 2016: losses and output units.
