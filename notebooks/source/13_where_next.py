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
# Most people who train networks use a *framework* such as PyTorch. They write the forward pass and one line more,
# `loss.backward()`, and all gradients are there. In this course you wrote the backward of each layer. What do frameworks do
# that you do not?
#
# This notebook builds one small network three times: with the layers that you know; with functions that return their
# own backward; and with a *tape*, which records what was computed and finds the way back by itself.
# Then the same network stands beside its twin in PyTorch, line by line.
#
# **After this notebook you can**
#
# 1. say what a layer has to remember between its two passes, and three places where it can be kept;
# 2. write a chain of layers as one function that returns one function;
# 3. explain how a tape finds its way back through any program, and add an operation to it;
# 4. read a training loop in PyTorch, and say what each line does;
# 5. say what a framework adds, and what it does not.
#
# **You need** notebooks 01 to 04, momentum from 05, equal filters from 08, and the training loop from 11.
#
# **Time** 40 minutes. **Back** [12: Does it know, or has it memorised?](12_generalization.ipynb) **On** to projects of
# your own.

# %%
import inspect
from timeit import repeat

import numpy as np

from cnnlib import (
    CrossEntropyLoss,
    Linear,
    ReLU,
    Sequential,
    load_digits,
    nn,
    small_cnn,
)
from cnnlib.autodiff import closures, tape
from cnnlib.autodiff.tape import Tensor
from cnnlib.checks import check
from cnnlib.runtime import in_short
from cnnlib.widgets.cards import predict, quiz

digits = load_digits()
x, y = digits.x_train[:32], digits.y_train[:32]
# layer by layer, as the notebooks tell it
model = nn.Sequential(small_cnn(rng=1).layers)
weights = [parameter.value for parameter in model.parameters()]
print([w.shape for w in weights])

# %% [markdown] minutes=7
# Six arrays: kernels and biases of two convolutions, then matrix and biases of one linear layer. Everything that the
# network can learn is in them; here it is not trained. The three versions below share these arrays; only the code around them differs.
#
# ## First way: objects that remember
#
# This is the course's own way. Each layer is an object. In its forward pass it keeps, in the object, what its backward pass
# will need. A loop calls the layers forwards, a second loop calls them backwards, and each layer keeps the gradients of its
# own weights.

# %%
loss = CrossEntropyLoss()
value_1 = loss.forward(model.forward(x, training=True), y)
model.backward(loss.backward())
grads_1 = [parameter.grad for parameter in model.parameters()]
print(f"loss {value_1:.6f}")

# %% [markdown]
# An advantage: everything can be looked at. Any view of this course can open any layer and show what it keeps. A layer
# remembers *one* forward pass. What would go wrong if the same ReLU object stood in a network twice?

# %%
predict("13.gate")

# %% tags=["raises-exception"] answers="13.gate"
gate = ReLU()
with in_short():  # of an error only its last line
    Sequential([Linear(8, 8, rng=0), gate, Linear(8, 8, rng=1), gate])

# %% [markdown] minutes=7
# <details style="margin-bottom: 1em"><summary>What would go wrong</summary>
#
# The forward pass uses the object a second time, and what it remembered of the first time is overwritten. On the way back
# both ReLUs would use the gates of the second. The gradients would have the right shape and wrong numbers, and nobody would
# notice. So the library refuses such a network.
#
# </details>
#
# ## Second way: functions that return their backward
#
# Where else can a layer keep what it remembers? In a *closure*. That is a function made inside another one. It keeps the
# variables of the outer function, even after the outer one has returned. Let a layer be a function of x that returns two
# things: the output, and its backward, a function that turns dy into dx and the gradients of the weights. There is no
# object. Here is the convolution written this way. `conv2d(weight, bias)` makes the layer, the layer makes the backward, and
# the sums are those of `cnnlib.nn.functional`, which other notebooks call `F`:

# %%
print(inspect.getsource(closures.conv2d))

# %% [markdown]
# The `cache` is a variable of `layer`, and `backward` uses it. Every call of `layer` makes a *new* `backward` with a cache
# of its own, so nothing can be overwritten.
#
# Layers are put together by `chain`, and a chain is such a layer too. Before you read its code: what must
# `chain` remember between the two passes?

# %%
predict("13.chain")

# %% answers="13.chain"
print(inspect.getsource(closures.chain))

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What it remembers</summary>
#
# The list of backwards. These few lines are the whole of backpropagation: forwards, keep the backward of each layer;
# backwards, call them in the reverse order. (`its_grads + grads` joins two lists; nothing is added up there.)
#
# </details>
#
# Now the network, on the same six arrays. ReLU and flatten have nothing to be made from, so they stand in the chain as they
# are, without brackets. Are its loss and its gradients *exactly* equal to those of the first way?


# %%
def closure_network(w):
    """The network of this course as one function."""
    return closures.chain(
        closures.conv2d(w[0], w[1], padding=1),
        closures.relu,
        closures.maxpool2d(2),
        closures.conv2d(w[2], w[3], padding=1),
        closures.relu,
        closures.maxpool2d(2),
        closures.flatten,
        closures.linear(w[4], w[5]),
    )


outputs, backward = closure_network(weights)(x)
value_2 = loss.forward(outputs, y)
dx, grads_2 = backward(loss.backward())
print(
    "equal to the bit:",
    value_1 == value_2,
    all(map(np.array_equal, grads_1, grads_2)),
)

# %% [markdown] minutes=13
# ## Third way: a tape
#
# In the first two ways you have to say *beforehand* what the network is: a list of layers, or a chain. But a program may
# have branches and loops, or use a result twice. With the third way you simply compute. A number or array whose
# gradient is wanted is wrapped into a `Tensor`; others, such as t below, may stay as they are. Every operation makes a new `Tensor`, and this one notes two things: from which tensors it was computed, and how
# to hand a gradient on to them. So while the program runs, it draws the graph of notebook 03. Here is the
# formula of its first graph again. (Its last two nodes are written in another way: $r$ is called d, and its square is d times
# d, so d is used twice.)

# %%
w, b, t = Tensor(1.5), Tensor(-1.0), 0.5
d = w * Tensor(2.0) + b - t
error = d * d * 0.5
error.backward()
print(
    "E", float(error.value), " dE/dw", float(w.grad), " dE/db", float(b.grad)
)

# %% [markdown]
# These are the numbers of notebook 03, and nobody wrote a backward for this formula. But d is used twice here, in `d * d`,
# and it has a single gradient. What does the walk back do?

# %%
predict("13.shares")

# %% answers="13.shares"
print(inspect.getsource(Tensor.backward))
print(inspect.getsource(tape._parents_first))

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>Answer</summary>
#
# The last line: if a parent has a gradient already, the new share is *added* to it. That is the third rule of notebook 03,
# "used several times".
#
# The order matters too. A tensor must not hand its gradient on before all of its shares have arrived. `_parents_first`
# makes a list in which each tensor comes later than all those from which it was computed. `backward` goes through this list
# from the end, so a tensor has its turn only after all tensors that were made from it.
#
# </details>
#
# Each operation on the tape returns `Tensor(value, parents, pull)`. `value` is the result. `parents` are the tensors from
# which it was computed. `pull` is a function that takes the gradient of the result and returns the gradients of the
# parents. A tensor that you make yourself has neither: there the way back ends.

# %%
print(inspect.getsource(tape.relu))
print(inspect.getsource(tape.linear))

# %% [markdown]
# Now the network a third time, written as plain computation, and the same comparison. This time the images are tensors too,
# so they get a gradient as well: it says how the loss would change with each pixel.


# %%
def tape_network(images, w):
    """Nothing but the forward pass."""
    h = tape.maxpool2d(
        tape.relu(tape.conv2d(images, w[0], w[1], padding=1)), 2
    )
    h = tape.maxpool2d(tape.relu(tape.conv2d(h, w[2], w[3], padding=1)), 2)
    return tape.linear(tape.flatten(h), w[4], w[5])


images, tensors = Tensor(x), [Tensor(value) for value in weights]
taped = tape.cross_entropy(tape_network(images, tensors), y)
taped.backward()
grads_3 = [tensor.grad for tensor in tensors]
print(
    "equal to the bit:",
    value_1 == float(taped.value),
    all(map(np.array_equal, grads_1, grads_3)),
)
print("and by the pixels:", np.array_equal(images.grad, dx))

# %% [markdown]
# The three ways compute the same numbers, because they call the same operations in the same order. Which of them is the fastest, and by how much?

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
    tape.cross_entropy(
        tape_network(Tensor(x), [Tensor(value) for value in weights]), y
    ).backward()


times = {}
for step in (layers_step, closures_step, tape_step):
    # the best of ten: what disturbs only adds time
    best = min(repeat(step, number=10, repeat=10)) / 10
    times[step.__name__] = best
    print(f"{step.__name__:14}{1000 * best:6.2f} ms")

# %% [markdown] minutes=7 cut=1
# <details style="margin-bottom: 1em"><summary>What decides</summary>
#
# Nearly all of the time goes into products of matrices, and these are the same in all three. The rest is bookkeeping: some
# microseconds for each operation. Even in this tiny network, with images of 64 pixels, it makes hardly a difference. So
# speed does not decide. This course took objects, because its views can open them. PyTorch took the tape, because with it
# any program can be a network. <!-- computed: 8 * 8 = 64 -->
#
# </details>
#
# ## The same in PyTorch
#
# Here are the operations of our tape beside those of PyTorch (there `F` is `torch.nn.functional`).
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
# | `taped.backward()` | `loss.backward()` |
#
# And this is a loop like that of notebook 11, as people write it in PyTorch. It is only to be read, and in it `nn` is
# `torch.nn`:
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
#         optimizer.zero_grad()                             # forget the old gradients
#         loss.backward()                                   # the tape is played backwards
#         optimizer.step()                                  # new weight = old weight - ...
# ```
#
# You can read every line of it. (`DataLoader` hands out the batches, in a new order in each epoch.) Two differences are worth knowing. PyTorch stores the matrix of a linear layer the other way
# round, as (out, in). And it *adds* new gradients to those that are there, until `zero_grad` clears them. If that line is
# forgotten, each step uses the sum of all gradients so far. (Our tape forgets by itself: `backward` begins by setting every
# `grad` to None.)
#
# If PyTorch is installed here, the next cell compares the two. They differ in the last digits only, because PyTorch adds
# the same float32 numbers in another order.

# %% tags=["nbval-ignore-output"]
try:
    import torch
except ImportError:
    print(
        "PyTorch is not installed here; the course does not need it (its "
        "tests make this comparison)."
    )
else:
    from cnnlib.saving import to_torch

    twin = to_torch(model)
    torch.nn.functional.cross_entropy(
        twin(torch.tensor(x)), torch.tensor(y)
    ).backward()
    theirs = twin[0].weight.grad.numpy()
    print(
        "largest difference in the first kernels' gradient:",
        np.abs(theirs - grads_1[0]).max(),
    )

# %% [markdown]
# The other direction is as short. A network that was made and trained with PyTorch becomes one of the course's, with the
# same weights, and can be opened in the view of notebook 01. (`saving.from_onnx` reads files that other programs wrote. If
# a network has a layer that the course does not know, an error names it.) The network in the next cell is not trained, so
# its guesses are worth nothing. Put one of your own in its place.

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
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 10),
    )
    display(NetworkXRay(from_torch(theirs), load_mnist_sample()))

# %% [markdown] minutes=2
# ## So what does a framework add?
#
# - **Operations.** Our tape has nine: the six of the table, plus, minus and times. A framework has thousands, each with its backward.
# - **Other machines.** The same line runs on a graphics processor, or on many of them. These were built for products of
#   matrices.
# - **Compilers.** A recorded computation can be looked at as a whole: operations are joined, memory is used again, and the
#   result runs faster the next time. (`cnnlib.fast` does that by hand for one kind of network.)
# - **Everything around it.** Loading of data, numbers with fewer digits, checkpoints, thousands of published networks.
#
# And what does it not add? A framework reports a wrong shape. It does not report that the learning rate is too high, that
# all filters started equal, that a backward of yours is wrong, or that there are test images among the training images.
# You can find these mistakes: you know which numbers to print, and how large they should be.

# %% [markdown]
# ## Exercises
#
# **1. The way back.** *Warm-up, 5 minutes.* `steps` is a list of functions, one for each layer, in the order of the forward
# pass. Each turns the dy of its layer into the dx. Given the dy of the last layer, return the dx of the first.


# %%
def replay(steps, dy):
    ### BEGIN SOLUTION
    # Why: the last layer was the last to act, so it is the first to hear of
    # the error.
    for step in reversed(steps):
        dy = step(dy)
    return dy
    ### END SOLUTION


# %%
check("13.replay", replay)

# %% [markdown]
# **2. A new operation.** *Core, 10 minutes.* Softplus, $y = \ln(1 + e^x)$, looks like ReLU without the kink. Write its
# backward. First find the slope by the chain rule from school. Then see to it that no power overflows, however far from
# zero x is, on both sides.


# %%
def softplus_backward(dy, x):
    ### BEGIN SOLUTION
    # Why: the slope of ln(1 + e^x) is e^x / (1 + e^x), the sigmoid; in this
    # form no power overflows.
    return dy * np.exp(-np.logaddexp(0.0, -x))
    ### END SOLUTION


# %%
check("13.softplus_backward", softplus_backward)

# %% [markdown]
# **3. Put it on the tape.** *Core, 10 minutes.* Write `softplus(tensor)` in the manner of `tape.relu`, with your backward,
# and put it in the place of one ReLU of `tape_network`. Compare a gradient with the measured one, as in notebook 03:
# `numerical_gradient` comes from `cnnlib.nn.gradcheck` and wants float64, so give the network `[value.astype(float) for
# value in weights]`.
#
# **4. A branch.** *Stretch, 15 minutes.* Write a forward pass that uses the second convolution only if the mean of the
# first maps is above a number. Does the tape still find its way back? What are the gradients of a convolution that was left
# out?
#
# <details style="margin-bottom: 1em"><summary>Answers to 3 and 4</summary>
#
# 3: `value = np.logaddexp(0, x.value)`, then `Tensor(value, (x,), lambda dy: (softplus_backward(dy, x.value),))`.
# 4: Yes, because it records only what was computed. The weights of a convolution that was left out are on no
# tape: their `grad` stays None.
#
# </details>

# %% [markdown]
# ## Summary
#
# 1. A backward pass needs numbers from its forward pass. An object, a closure or a tape can keep them.
# 2. All three compute the same numbers to the last bit, in about the same time; they differ in what they let you write.
# 3. A framework adds operations, machines and convenience; it does not find wrong rates, equal filters or misused images.

# %% [markdown]
# ## Questions
#
# In [review](review.ipynb) there is a test for those who have been through the course. The test has two forms, A and B. If
# you took form A before the course, take form B now.

# %%
quiz("13")

# %% [markdown]
# ## References
#
# - A tape for single numbers, in a hundred lines: A. Karpathy, [micrograd](https://github.com/karpathy/micrograd).
#   <!-- source: its README -->
# - Closures as layers: the library [thinc](https://thinc.ai/docs/concept), with its chapter on the concept.
# - The real thing: [how autograd encodes the history](https://pytorch.org/docs/stable/notes/autograd.html), in PyTorch's notes.
# - Next courses: [CS231n](https://cs231n.github.io) (Stanford), [Dive into Deep Learning](https://d2l.ai), and
#   [Practical Deep Learning](https://course.fast.ai).
