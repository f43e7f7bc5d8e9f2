# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] minutes=4
# # What does a framework add?
#
# You can now compute by hand what happens inside a convolutional network. Out there people write
# `loss.backward()` and never see a gradient. What do they have that you have not? Less than it looks. This
# notebook builds one small network three times: with the layers that you know, with functions that return
# their own backward, and with a *tape* that writes its own. All three give the same numbers, to the last
# bit. Then the same network stands beside its twin in PyTorch, line by line.
#
# **After this notebook you can**
#
# 1. tell what a layer has to remember between its two passes, and three places where it can be kept;
# 2. write a chain of layers as one function that returns one function;
# 3. explain how a tape finds its way back through any program, and add an operation to it;
# 4. read a training loop in PyTorch and say what each line does;
# 5. say what a framework adds, and what it does not.
#
# **You need** notebooks 01 to 03.
#
# **Time** 40 minutes. **Back** [12: Does it know, or has it memorised?](12_generalization.ipynb) **On** to projects of
# your own.

# %%
import inspect
from timeit import repeat

import numpy as np

from cnnlib import CrossEntropyLoss, Linear, ReLU, Sequential, load_digits, nn, small_cnn
from cnnlib.autodiff import closures, tape
from cnnlib.autodiff.tape import Tensor
from cnnlib.checks import check
from cnnlib.widgets.cards import predict, quiz

digits = load_digits()
x, y = digits.x_train[:32], digits.y_train[:32]
model = nn.Sequential(small_cnn(rng=1).layers)  # layer by layer, as the notebooks tell it
weights = [parameter.value for parameter in model.parameters()]
print([w.shape for w in weights])

# %% [markdown] minutes=7
# Six arrays: kernels and biases of two convolutions, then matrix and biases of one linear layer. They *are* the
# network. All three versions below share them; only the code around them differs.
#
# ## First way: objects that remember
#
# This is the course's own way. Each layer is an object. Its forward leaves in the object what its backward will
# need; the loop runs forwards, the same loop runs backwards, and each layer keeps its own gradients.

# %%
loss = CrossEntropyLoss()
value_1 = loss.forward(model.forward(x, training=True), y)
model.backward(loss.backward())
grads_1 = [parameter.grad for parameter in model.parameters()]
print(f"loss {value_1:.6f}")

# %% [markdown]
# It is easy to open: any widget of this course can look into any layer. It has a trap. A layer remembers *one*
# forward. What must go wrong if the same ReLU object stands in a network twice?

# %%
predict("13.gate")

# %% tags=["raises-exception"] answers="13.gate"
gate = ReLU()
Sequential([Linear(8, 8, rng=0), gate, Linear(8, 8, rng=1), gate])

# %% [markdown] minutes=7
# <details><summary>What would go wrong</summary>
#
# The second forward overwrites what the first one remembered. On the way back the gate of the second ReLU would be
# used for both: gradients of the right shape and the wrong numbers, the worst kind of fault. So it is refused.
#
# </details>
#
# ## Second way: functions that return their backward
#
# Where else can a layer keep its memory? In a *closure*: a function that carries along the variables among which it was
# born. A layer then is a function of x that returns two things, the output and a function that turns dy into dx. No
# object, no state. Here is the convolution, whole:

# %%
print(inspect.getsource(closures.conv2d))

# %% [markdown]
# Nothing here can be overwritten: every call of the layer makes a *new* backward with its own cache. And a network
# is made of layers by `chain`, which is a layer itself: it goes forwards, collects the backwards, and replays them in
# the reverse order. Before you read on: what must `chain` remember between the two passes?

# %%
predict("13.chain")

# %% answers="13.chain"
print(inspect.getsource(closures.chain))

# %% [markdown]
# That is the whole of backpropagation, once more: *remember on the way out, replay on the way home.* Now the
# network, on the same six arrays, and the trial: are loss and gradients equal? Not nearly: exactly?


# %%
def closure_network(w):
    """The network of this course as one function."""
    return closures.chain(
        closures.conv2d(w[0], w[1], padding=1), closures.relu, closures.maxpool2d(2),
        closures.conv2d(w[2], w[3], padding=1), closures.relu, closures.maxpool2d(2),
        closures.flatten, closures.linear(w[4], w[5]),
    )


outputs, backward = closure_network(weights)(x)
value_2 = loss.forward(outputs, y)
dx, grads_2 = backward(loss.backward())
print("equal to the bit:", value_1 == value_2, all(map(np.array_equal, grads_1, grads_2)))

# %% [markdown] minutes=13
# ## Third way: a tape
#
# Both ways ask you to say the network *before* it runs: a list, a chain. But a program may branch, loop, use a
# result twice. The third way lets you simply compute. Every `Tensor` notes which tensors it came from and how to
# hand a gradient on to them: the program writes its own graph. Remember the four nodes of notebook 03:

# %%
w, b, t = Tensor(1.5), Tensor(-1.0), 0.5
d = w * Tensor(2.0) + b - t
error = d * d * 0.5
error.backward()
print("E", float(error.value), " dE/dw", float(w.grad), " dE/db", float(b.grad))

# %% [markdown]
# The numbers of notebook 03, and nobody wrote a backward for this formula. But d is used twice, in `d * d`.
# Which line of the walk back takes care of that?

# %%
predict("13.shares")

# %% answers="13.shares"
print(inspect.getsource(Tensor.backward))
print(inspect.getsource(tape._parents_first))

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>Answer</summary>
#
# The last one: a parent that has a gradient already gets the new share *added*. "A number used twice gets both
# shares", as one conditional. And the order matters: `_parents_first` puts a tensor into its list only after all
# those it came from, so that, walking from the end, none hands on its gradient before all its shares have arrived.
#
# </details>
#
# An operation on the tape returns `Tensor(value, parents, pull)`: its result, what it came from, and a function that
# turns the gradient by the result into the gradients by the parents.

# %%
print(inspect.getsource(tape.relu))
print(inspect.getsource(tape.linear))

# %% [markdown]
# Now the network a third time, as plain computation, and the same trial. This time the images are tensors too, so
# they get a gradient for nothing: which pixel would move the loss.


# %%
def tape_network(images, w):
    """Nothing but the forward pass."""
    h = tape.maxpool2d(tape.relu(tape.conv2d(images, w[0], w[1], padding=1)), 2)
    h = tape.maxpool2d(tape.relu(tape.conv2d(h, w[2], w[3], padding=1)), 2)
    return tape.linear(tape.flatten(h), w[4], w[5])


images, tensors = Tensor(x), [Tensor(value) for value in weights]
taped = tape.cross_entropy(tape_network(images, tensors), y)
taped.backward()
grads_3 = [tensor.grad for tensor in tensors]
print("equal to the bit:", value_1 == float(taped.value), all(map(np.array_equal, grads_1, grads_3)))
print("and by the pixels:", np.array_equal(images.grad, dx))

# %% [markdown]
# Three designs, one mathematics. Which of the three is the fastest, and by how much?

# %%
predict("13.fastest")


# %% tags=["nbval-ignore-output"] answers="13.fastest"
def layers_step():
    loss.forward(model.forward(x, training=True), y)
    model.backward(loss.backward())


def closures_step():
    out, back = closure_network(weights)(x)
    loss.forward(out, y)
    back(loss.backward())


def tape_step():
    tape.cross_entropy(tape_network(Tensor(x), [Tensor(value) for value in weights]), y).backward()


times = {}
for step in (layers_step, closures_step, tape_step):
    best = min(repeat(step, number=10, repeat=10)) / 10  # the best of ten: what disturbs only adds time
    times[step.__name__] = best
    print(f"{step.__name__:14}{1000 * best:6.2f} ms")

# %% [markdown] minutes=7 cut=1
# <details><summary>What decides</summary>
#
# The products of matrices, which are the same in all three. What differs is the bookkeeping: some microseconds an
# operation, visible here because the network is tiny and the images have 64 pixels. So the choice is one of taste and
# purpose. This course took objects, because a widget can open them. PyTorch took the tape, because researchers write
# programs, not lists. <!-- computed: 8 * 8 = 64 -->
#
# </details>
#
# ## The same in PyTorch
#
# Line beside line: the operations of our tape, and PyTorch's (there `F` is `torch.nn.functional`).
#
# | `cnnlib.autodiff.tape` | PyTorch |
# |---|---|
# | `Tensor(value)` | `torch.tensor(value, requires_grad=True)` |
# | `tape.conv2d(h, w[0], w[1], padding=1)` | `F.conv2d(h, w[0], w[1], padding=1)` |
# | `tape.relu(h)` | `F.relu(h)` |
# | `tape.maxpool2d(h, 2)` | `F.max_pool2d(h, 2)` |
# | `tape.flatten(h)` | `h.flatten(1)` |
# | `tape.linear(h, w[4], w[5])` | `F.linear(h, w[4].T, w[5])` |
# | `tape.cross_entropy(out, y)` | `F.cross_entropy(out, y)` |
# | `loss.backward()` | `loss.backward()` |
#
# And the loop of notebook 11, as people write it:
#
# ```python
# network = nn.Sequential(
#     nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
#     nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
#     nn.Flatten(), nn.Linear(64, 10),
# )
# optimizer = torch.optim.SGD(network.parameters(), lr=0.03, momentum=0.9)
# for epoch in range(20):
#     for images, labels in DataLoader(dataset, batch_size=32, shuffle=True):
#         loss = F.cross_entropy(network(images), labels)   # forward; the tape is written
#         optimizer.zero_grad()                             # forget the gradients of the last step
#         loss.backward()                                   # the tape is played backwards
#         optimizer.step()                                  # new weight = old weight - ...
# ```
#
# You can read every line of it. Two differences are worth knowing. PyTorch stores a linear layer's matrix the other way
# round, (out, in). And it *adds* gradients to those of the backward before, until `zero_grad` clears them: who forgets
# that line trains on the sum of all gradients so far. If PyTorch is installed here, the next cell holds the two side by
# side. They differ in the last digits: it adds the same float32 numbers in another order.

# %% tags=["nbval-ignore-output"]
try:
    import torch
except ImportError:
    print("PyTorch is not installed here; the course does not need it (its tests make this comparison).")
else:
    from cnnlib.saving import to_torch

    twin = to_torch(model)
    torch.nn.functional.cross_entropy(twin(torch.tensor(x)), torch.tensor(y)).backward()
    theirs = twin[0].weight.grad.numpy()
    print("largest difference in the first kernels' gradient:", np.abs(theirs - grads_1[0]).max())

# %% [markdown]
# The way back is as short. A network that was made and trained with PyTorch becomes one of the course's, with the same
# weights, and opens in the X-ray of notebook 01. (`saving.from_onnx` reads files that other programs wrote. What cannot
# be taken is named.) Here it is not trained, so the guesses are worth nothing; put your own in its place.

# %% tags=["nbval-ignore-output"]
from IPython.display import display

from cnnlib import load_mnist_sample
from cnnlib.saving import from_torch
from cnnlib.widgets import NetworkXRay

try:
    from torch import nn
except ImportError:
    print("PyTorch is not installed here.")
else:
    theirs = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 10),
    )
    display(NetworkXRay(from_torch(theirs), load_mnist_sample()))

# %% [markdown] minutes=2
# ## So what does a framework add?
#
# - **Operations.** Our tape knows nine; a framework knows thousands, each with a backward that somebody put on trial.
# - **Other machines.** The same line runs on a graphics processor, or on many, where products of matrices are what
#   the hardware was built for.
# - **Compilers.** What was recorded once can be looked at as a whole: operations are fused, memory is reused, and the
#   result is run again and again. (What `cnnlib.fast` does by hand for one kind of network.)
# - **Everything around.** Data loading, mixed precision, checkpoints, thousands of published networks.
#
# And what it does not add: understanding. A framework reports a wrong shape. It does not report a rate that is too high,
# filters that were all born the same, a gate on the wrong sign, or test images among the training images. Those you
# can now find, because you know which number to look at.

# %% [markdown]
# ## Exercises
#
# **1. The walk backwards.** *Warm-up, 5 minutes.* `steps` are functions that turn a dy into a dx, the first layer's first. Return what
# comes out at the front.


# %%
def replay(steps, dy):
    ### BEGIN SOLUTION
    # Why: the last layer was the last to act, so it is the first to hear of the error.
    for step in reversed(steps):
        dy = step(dy)
    return dy
    ### END SOLUTION


# %%
check("13.replay", replay)

# %% [markdown]
# **2. A new operation.** *Core, 10 minutes.* Softplus, $y = \ln(1 + e^x)$, is ReLU without the kink. Write its backward: the slope by
# the chain rule of school, and then mind x far from zero, on both sides, where powers overflow.


# %%
def softplus_backward(dy, x):
    ### BEGIN SOLUTION
    # Why: the slope of ln(1 + e^x) is e^x / (1 + e^x), the sigmoid; in this form no power overflows.
    return dy * np.exp(-np.logaddexp(0.0, -x))
    ### END SOLUTION


# %%
check("13.softplus_backward", softplus_backward)

# %% [markdown]
# **3. Put it on the tape.** *Core, 10 minutes.* Write `softplus(tensor)` in the manner of `tape.relu`, with your backward, and replace one
# ReLU of `tape_network` by it. Compare a gradient with the measured one, as in notebook 03: `numerical_gradient` comes
# from `cnnlib.nn.gradcheck` and wants float64, so give the network `[value.astype(float) for value in weights]`.
#
# **4. A branch.** *Stretch, 15 minutes.* Write a forward pass that uses the second convolution only if the mean of the first maps is above a
# number. Does the tape mind? What do the gradients of a convolution that was left out look like?
#
# <details><summary>Answers to 3 and 4</summary>
#
# 3: `value = np.logaddexp(0, x.value)`, then `Tensor(value, (x,), lambda dy: (softplus_backward(dy, x.value),))`.
# 4: It does not mind, for it records only what was computed. The weights of a convolution that was left out are on no
# tape: their `grad` stays None.
#
# </details>

# %% [markdown]
# ## Summary
#
# 1. A backward needs what its forward met; an object, a closure or a tape can keep it.
# 2. All three compute the same numbers to the bit, in about the same time; they differ in what they let you write.
# 3. A framework adds operations, machines and convenience; which number to look at remains your business.

# %% [markdown]
# ## Questions
#
# Five of a pool, on a card that answers back; they come back another day, in [review](review.ipynb). And now that you
# are through: the other form of the test is in there as well.

# %%
quiz("13")

# %% [markdown]
# ## References
#
# - A tape for single numbers, in a hundred lines: A. Karpathy, [micrograd](https://github.com/karpathy/micrograd). <!-- source: its README -->
# - Closures as layers: the library [thinc](https://thinc.ai/docs/concept), with its chapter on the concept.
# - The real thing: [how autograd encodes the history](https://pytorch.org/docs/stable/notes/autograd.html), in PyTorch's notes.
# - Next courses: [CS231n](https://cs231n.github.io) (Stanford), [Dive into Deep Learning](https://d2l.ai), and
#   [Practical Deep Learning](https://course.fast.ai).
