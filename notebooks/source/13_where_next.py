# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] minutes=3
# # What does a framework add?
#
# Most people who train networks use a *framework*: a large library made for this, such as PyTorch. They write the forward
# pass and one line more, `loss.backward()`, and all gradients are there. In this course you wrote the backward pass of each
# layer yourself. How can a framework do without it?
#
# This notebook builds one small network in three ways, and each way finds the gradients differently. The first is made of
# the layers that you know. The second is made of functions; each of them returns its own backward pass as a second function.
# The third is a *tape*: it records what is computed, and finds the way back by itself. PyTorch works in the third way, and at
# the end you read the same network in PyTorch.
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
    CrossEntropyLoss, Linear, ReLU, Sequential, load_digits, nn, small_cnn,
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
# These are the shapes of six arrays: kernels and biases of the first convolution, the same of the second, then the matrix and
# the biases of the linear layer. All that the network can learn is in them. (Here it is not trained.) The three versions
# below use these same arrays. Only the code around them differs.
#
# ## First way: objects that remember
#
# This is the course's own way. Each layer is an object. In its forward pass it stores in itself what its backward pass will
# need. A loop calls the layers forwards, a second loop calls them backwards, and each layer stores the gradients of its own
# weights.

# %%
loss = CrossEntropyLoss()
value_1 = loss.forward(model.forward(x, training=True), y)
model.backward(loss.backward())
grads_1 = [parameter.grad for parameter in model.parameters()]
print(f"loss {value_1:.6f}")

# %% [markdown]
# This way has an advantage: you can look at everything. The views of this course open a layer and show what it has stored.
# It also has a drawback: a layer remembers *one* forward pass, the last one. A ReLU, for instance, remembers where its input was
# above zero. Notebook 03 called it a *gate*: on the way back it is open in these places, and hands the gradient on; in all
# other places it is closed. What would go wrong if the same ReLU object stood in a network twice?

# %%
predict("13.gate")

# %% tags=["raises-exception"] answers="13.gate"
relu = ReLU()
with in_short():  # of an error only its last line
    Sequential([Linear(8, 8, rng=0), relu, Linear(8, 8, rng=1), relu])

# %% [markdown] minutes=7
# <details style="margin-bottom: 1em"><summary>What would go wrong</summary>
#
# The forward pass comes through the object twice, and the second time it overwrites what was stored the first time. On the
# way back both ReLUs would use the gates of the second. The gradients would have the right shape and wrong numbers, and
# nobody would notice. So the library refuses such a network.
#
# </details>
#
# ## Second way: functions that return their backward
#
# Where else can a layer keep what it has to remember? A function that is made inside another function can use the variables
# of the outer one, even after the outer one has returned. Such an inner function is called a *closure*. It is a place to keep
# things:


# %%
def multiplied_by(w):
    """A layer with one weight: a function of x."""

    def layer(x):
        def backward(dy):  # it still has x and w
            return dy * w, dy * x

        return x * w, backward

    return layer


y_1, backward_1 = multiplied_by(3.0)(2.0)
y_2, backward_2 = multiplied_by(3.0)(10.0)
print("y:", y_1, "  dx and dw for dy = 1:", backward_1(1.0))
print("y:", y_2, "  dx and dw for dy = 1:", backward_2(1.0))

# %% [markdown]
# Read it from the outside inwards. `multiplied_by(3.0)` makes the layer, with the weight 3. The layer is a function of x. It
# returns two things: its output, and a function `backward`, which makes the gradients out of dy. There is no object. The
# second call has not disturbed the first, since each `backward` has an x of its own: dw is 2 for the one and 10 for the other.
#
# Here is the convolution in the same form. The sums are those of `cnnlib.nn.functional`, called `F` as in notebook 03, and
# `cache` is what its forward pass has kept.

# %%
print(inspect.getsource(closures.conv2d))

# %% [markdown]
# `cache` is a variable of `layer`, and `backward` uses it. Every call of `layer` makes a *new* `backward`, with a cache of its
# own, so nothing can be overwritten.
#
# The function `chain` puts several layers one behind the other. What it makes is again a layer: a function of x that returns
# an output and a backward. Before you read its code: what must `chain` remember between the two passes?

# %%
predict("13.chain")

# %% answers="13.chain"
print(inspect.getsource(closures.chain))

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What it remembers</summary>
#
# The list `steps`, with the backward of each layer. On the way forwards each layer's backward is put at its end. On the way
# back they are called in the reverse order, and each gets the dx of the one called before it as its dy. That is the whole of
# backpropagation. (`its_grads + grads` joins two lists; nothing is added up there.)
#
# </details>
#
# Now the network, on the same six arrays. ReLU and flatten have no weights, so they need not be made first: they are layers as
# they stand. Are the loss and the gradients *exactly* equal to those of the first way, in all their digits?


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

# %% [markdown] minutes=12
# ## Third way: a tape
#
# In the first two ways you have to say *beforehand* what the network is: a list of layers. But a program may contain an `if`
# or a loop, and may use a result twice. With the third way you simply compute. You put a number or an array whose gradient is
# wanted into a `Tensor`. Every operation with it makes a new `Tensor`, which notes two things: from which tensors it was
# computed (they are called its *parents*), and how to hand a gradient back to them.
#
# Notebook 03 drew a computation as a *graph*: a square for each number that is given, a circle for each result, and arrows to a
# result from what went into it. The tensors are the squares and circles of such a graph, and the parents of a tensor say from
# where its arrows come. So the program draws the graph while it computes. Here is the formula of the first graph of notebook 03
# again, $E = \tfrac12 (w x + b - t)^2$ with $x = 2$. (The difference is called d here, and its square is written d times d.)

# %%
w, b, t = Tensor(1.5), Tensor(-1.0), 0.5
p = w * 2.0
z = p + b
d = z - t
square = d * d
error = square * 0.5
error.backward()
print(
    "E", float(error.value), " dE/dw", float(w.grad), " dE/db", float(b.grad)
)

# %% [markdown]
# These are the numbers of notebook 03, and nobody wrote a backward for this formula. But d is used twice, in `d * d`, and a
# tensor has only one place for its gradient. What does the way back do there?

# %%
predict("13.shares")

# %% answers="13.shares"
print(inspect.getsource(Tensor.backward))

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>Answer, and how to read the code</summary>
#
# Begin with the second loop. `tensor.pull` is the function that hands a gradient back: it takes the gradient of the tensor, and
# returns a share for each parent. (A tensor that you made yourself has no parents and no `pull`; there the way back ends.) The
# last line stores the share. If the parent has none yet, the share becomes its gradient; otherwise the share is *added*. That
# is the third rule of notebook 03, "used several times".
#
# </details>
#
# The first line of this code calls a helper, `_parents_first`. It collects the result, its parents, their parents, and so on,
# and makes a list in which every tensor stands *after* all of its parents. Write such a list for the seven letters and words
# of the formula: w, b, p, z, d, square, error. (Several lists are right: w and b have no parents, so either may come first.)
# Then compare yours with the helper's. (Numbers such as 0.5 stand in it too; the cell leaves them out, because they have no
# name.)

# %% answers="13.shares"
named = {"w": w, "b": b, "p": p, "z": z, "d": d}
named |= {"square": square, "error": error}
print(
    *[
        name
        for tensor in tape._parents_first(error)
        for name, one in named.items()
        if one is tensor
    ]
)

# %% [markdown]
# `backward` walks through this list from the end: error, square, d, and so on. Why not in any other order? Take a formula in
# which d gets shares from two different tensors: `cube = square * d`, where `square = d * d` as before, `d = w * 2` and w is
# 1.5. So d gets a share from `cube` and two from `square`. The cell walks back twice. The second time d has its turn too
# early, before `square`. Which slope of `cube` by w comes out each time? Work out both on paper, there and back, before you
# run the cell.


# %% answers="13.shares"
def walk(order):
    """The way back in an order of your own, the result first."""
    for tensor in order:
        tensor.grad = None
    order[0].grad = 1.0
    for tensor in order:
        if tensor.pull is not None:
            shares = tensor.pull(tensor.grad)
            for parent, share in zip(tensor.parents, shares, strict=True):
                before = 0 if parent.grad is None else parent.grad
                parent.grad = before + share
    return float(w.grad)


w = Tensor(1.5)
d = w * 2.0
square = d * d
cube = square * d
print("square, then d:", walk([cube, square, d, w]))
print("d, then square:", walk([cube, d, square, w]))

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# Forwards d is 3, `square` is 9 and `cube` is 27. On the way back `cube` hands 3 to `square` and 9 to d. Then `square` hands
# 3 · 3 to d, twice, so d has 9 + 9 + 9 = 27, and w gets 27 · 2 = 54. That is right: $3 d^2 \cdot 2 = 54$. If d has its
# turn before `square`, it has only the first 9, so w gets 18, a third. The other two shares come too late: d has
# handed on already. So a tensor must wait until *all* of its shares have arrived, and the list sees to that.
# <!-- computed: 3 * 3 * 3 = 27 --> <!-- computed: 9 + 9 + 9 = 27 --> <!-- computed: 27 * 2 = 54 --> <!-- computed: 9 * 2 = 18 -->
#
# </details>
#
# An operation on the tape is a function that returns `Tensor(value, parents, pull)`: the result, the tensors from which it was
# computed, and the function that hands a gradient back. Here are two of the operations. (`lambda dy: …` is a function without a
# name, and `(x,)` is a list with one parent.) Which of the three arguments is the closure, and what does it keep?

# %%
print(inspect.getsource(tape.relu))
print(inspect.getsource(tape.linear))

# %% [markdown]
# The third, `pull`. It keeps the `cache`, as `backward` did in the second way. So each operation of the tape is a small layer of
# the second way, and the tape chains them by itself.
#
# Now the network a third time, written as a plain computation, and the same comparison. This time the images are tensors too,
# so they get a gradient as well. It says how the loss would change with each pixel.


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
# The three ways give the same numbers to the last digit, because they call the same operations in the same order. Which of
# them is the fastest, and by how much?

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
# Nearly all of the time goes into products of matrices, and these are the same in all three. What differs is the bookkeeping
# around them: calling functions, making objects, keeping lists. That takes some microseconds for each operation. Even in this tiny network, with
# images of 64 pixels, it makes hardly a difference. So speed does not decide. This course took objects, because its views can
# open them. PyTorch took the tape, because with it any program can be a network: one with an `if` or a loop, too.
# <!-- computed: 8 * 8 = 64 -->
#
# </details>
#
# ## The same in PyTorch
#
# Here is the forward pass once more, as people write it in PyTorch, where `F` is `torch.nn.functional`. The arrays of w are
# tensors of PyTorch now: each was made by `torch.tensor(value, requires_grad=True)`. Put it beside `tape_network`. In most places
# only a name is new. In one place something else is done. Find it.
#
# ```python
# def torch_network(images, w):
#     h = F.max_pool2d(F.relu(F.conv2d(images, w[0], w[1], padding=1)), 2)
#     h = F.max_pool2d(F.relu(F.conv2d(h, w[2], w[3], padding=1)), 2)
#     return F.linear(h.flatten(1), w[4].T, w[5])
#
# loss = F.cross_entropy(torch_network(images, w), labels)
# loss.backward()
# ```
#
# <details style="margin-bottom: 1em"><summary>Answer</summary>
#
# `w[4].T`: the matrix of the linear layer is transposed. PyTorch stores it the other way round, as (out, in), where this course
# has (in, out). (And `h.flatten(1)` is what we write as `tape.flatten(h)`: all axes from number 1 on become one.)
#
# </details>
#
# PyTorch has layers as well, made of these operations. With them the training loop of notebook 11 looks like this (`nn` is
# `torch.nn`, and `DataLoader` hands out the batches, in a new order in each epoch):
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
# One line has no counterpart in your loop: `optimizer.zero_grad()`. PyTorch *adds* new gradients to those that are there, until
# this line clears them. (Our tape forgets by itself: in the source above, `backward` begins by setting every `grad` to None.)
# What would each step use if somebody forgot the line? Say it, then run the cell. If PyTorch is installed here, it compares
# PyTorch's gradients with ours; then it calls `backward` once more, without clearing.

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

    twin, kernels = to_torch(model), grads_1[0]  # ours
    for turn in ("first", "second"):
        torch.nn.functional.cross_entropy(
            twin(torch.tensor(x)), torch.tensor(y)
        ).backward()
        theirs = twin[0].weight.grad.numpy()
        ratio = np.abs(theirs).sum() / np.abs(kernels).sum()
        print(
            f"{turn} backward: {ratio:.2f} times our gradient of the first "
            "kernels, largest difference "
            f"{np.abs(theirs - ratio * kernels).max():.0e}"
        )

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# After the first backward both gradients agree, but not in their last digits. Both programs compute in *float32*, the format
# that keeps about 7 digits of a number, and round after every addition. PyTorch adds the same numbers in another order, so it
# rounds differently. Neither is wrong. After the second backward PyTorch's gradient is twice as large. Without `zero_grad` each
# step would use the sum of all gradients so far, and nothing would be reported.
# <!-- source: IEEE 754: 24 binary digits are about 7 decimal ones -->
#
# </details>
#
# A network that was made and trained in PyTorch can also become one of the course's, with the same weights, and be opened in
# the view of notebook 01. In the network below the first linear layer reads 400 numbers. Why 400? Follow an image of 28x28
# through the layers on paper, then check in the view. (The network is not trained, so its guesses are worth nothing. If you
# have one of your own, put it in its place.)

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

# %% [markdown] minutes=4
# <details style="margin-bottom: 1em"><summary>Why 400</summary>
#
# With its padding the first convolution keeps the 28 rows, and the pooling halves them: 14. The second convolution has no
# padding, so 10 rows are left, and after the pooling 5. It makes 16 maps, and 16 · 5 · 5 = 400.
# <!-- computed: 14 - 5 + 1 = 10 --> <!-- computed: 16 * 5 * 5 = 400 -->
#
# </details>
#
# ## So what does a framework add?
#
# First of all *operations*. Our tape has nine: six that `tape_network` and its loss use, and plus, minus and times. A framework
# has hundreds, each with its backward. Then *speed*. The same program runs on a *graphics processor*, a chip built to make very
# many products at the same time, or on several of them. And *what others have made*: thousands of trained networks
# to download, and programs that read their files. (Ours is `saving.from_onnx`, in `cnnlib`.)
#
# And what does it not add? Our tape is a small framework. The cell below trains with it five times: once as it should be, and
# four times with a mistake. Each image is handed over as a row of 64 pixels; all weights start equal; each label is that of the
# next image; the rate is far too large. How many of the four will be reported?

# %%
predict("13.reports")


# %% tags=["nbval-ignore-output"] answers="13.reports"
def ten_steps(images, labels, arrays=weights, rate=0.1):
    """Train for ten steps by the tape; the loss of the last one."""
    tensors = [Tensor(array.copy()) for array in arrays]
    for _ in range(10):
        taped = tape.cross_entropy(tape_network(images, tensors), labels)
        taped.backward()
        for tensor in tensors:
            tensor.value -= rate * tensor.grad
    return float(taped.value)


equal, rows = [np.full_like(w, 0.02) for w in weights], x.reshape(32, 64)
attempts = {
    "no mistake": lambda: ten_steps(Tensor(x), y),
    "images as rows": lambda: ten_steps(Tensor(rows), y),
    "all weights equal": lambda: ten_steps(Tensor(x), y, equal),
    "labels of others": lambda: ten_steps(Tensor(x), np.roll(y, -1)),
    "a far too large rate": lambda: ten_steps(Tensor(x), y, rate=100),
}
complaints = []
for name, attempt in attempts.items():
    try:
        print(f"{name}: nothing reported, loss {attempt():.2f}")
    except ValueError as error:
        complaints.append(error)
        print(f"{name}: {error}")

# %% [markdown]
# Only the wrong shape is reported. A framework does not notice that all filters started equal, that labels and images do not
# belong together, or that the rate is too large. Neither does it notice that a backward of yours is wrong, or that there are
# test images among the training images. You can find such mistakes, because you know which numbers to print, and how large they
# should be. What would you print to find each of the three?
#
# <details style="margin-bottom: 1em"><summary>What to print</summary>
#
# Equal filters: print by how much the gradients of the filters differ ([08](08_initialization.ipynb)). Labels that do not
# belong to their images: print the size of the gradients, and look at images and labels side by side
# ([11](11_train_a_cnn.ipynb)). A rate that is too large: print the loss of the first steps ([06](06_learning_rate.ipynb)).
#
# </details>

# %% [markdown]
# ## Exercises
#
# **1. The way back.** *Warm-up, 5 minutes.* `steps` is a list of functions, one for each layer, in the order of the forward
# pass. Each turns the dy of its layer into its dx. Given the dy of the last layer, return the dx of the first.


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
# **2. A new operation.** *Core, 10 minutes.* Softplus, $y = \ln(1 + e^x)$, looks like a ReLU whose corner at 0 has been made
# round. Write its backward. First find the slope by the chain rule from school. Then see to it that no power of e becomes too
# large for the computer, however far x lies to the right of zero or to the left.


# %%
def softplus_backward(dy, x):
    ### BEGIN SOLUTION
    # Why: the slope of ln(1 + e^x) is e^x / (1 + e^x), or 1 / (1 + e^-x); in
    # this form no power overflows.
    return dy * np.exp(-np.logaddexp(0.0, -x))
    ### END SOLUTION


# %%
check("13.softplus_backward", softplus_backward)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>The slope</summary>
#
# It is $e^x / (1 + e^x)$. Divide both by $e^x$, and it is $1 / (1 + e^{-x})$, a function called the *sigmoid*. Far to the
# left it is nearly 0, at 0 it is one half, far to the right nearly 1. ReLU's gate jumps from closed to open; this one opens
# gradually.
#
# </details>
#
# **3. Put it on the tape.** *Core, 10 minutes.* Write `softplus(tensor)` in the form of `tape.relu`, with your backward, and
# put it in the place of one ReLU of `tape_network`. Compare a gradient with the measured one: `numerical_gradient`, which you
# know from notebook 02, is in `cnnlib.nn.gradcheck`. It wants numbers of about 16 digits, *float64*. So give the network
# `x.astype(float)` and `[value.astype(float) for value in weights]`.
# <!-- source: IEEE 754: 53 binary digits are about 16 decimal ones -->
#
# **4. A branch.** *Stretch, 15 minutes.* Write a forward pass with an `if`: it uses the second convolution only if the mean of
# the first maps is above a number of your choice. (That convolution makes 16 maps out of 8. So if it is left out, the linear
# layer needs another matrix.) Does the tape still find its way back? What are the gradients of a convolution that was left out?
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
# 2. All three compute the same numbers to the last digit, in about the same time; with the tape any program can be a network.
# 3. A framework adds operations and speed. It does not find wrong rates, equal filters or misused images.

# %% [markdown]
# ## Questions
#
# In [review](review.ipynb) there is a test for those who have been through the course. It has two forms, A and B. If you took
# form A before the course, take form B now.

# %%
quiz("13")

# %% [markdown]
# ## References
#
# - A tape for single numbers, in a hundred lines: A. Karpathy, [micrograd](https://github.com/karpathy/micrograd).
#   <!-- source: its README -->
# - Closures as layers: the library [thinc](https://thinc.ai/docs/concept), with its chapter on the concept.
# - PyTorch's own tape, called *autograd*: [how it encodes the history](https://pytorch.org/docs/stable/notes/autograd.html).
# - Next courses: [CS231n](https://cs231n.github.io) (Stanford), [Dive into Deep Learning](https://d2l.ai), and
#   [Practical Deep Learning](https://course.fast.ai).
