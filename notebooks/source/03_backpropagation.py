# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] minutes=4
# # Whose fault is it?
#
# [Notebook 02](02_loss.ipynb) said how wrong a network is in one number, the *loss*. Nearly two thousand numbers had a hand
# in it, the weights and biases of the network. (Where nothing else is said, *weights* means both in this notebook.) For each
# of them we want to know: if this weight grew a little, how would the loss move? That number is the *derivative* of the
# loss by this weight. The derivatives by all weights together are the *gradient* of the loss.
#
# *Backpropagation* computes all of them in one pass through the network, from the loss back to the first layer. It is
# the chain rule from school, applied to one step of the computation after the other.
#
# **After this notebook you can**
#
# 1. carry gradients backwards, by hand, through any computation that is made of small steps;
# 2. write the backward pass of a linear layer, of ReLU and of max-pooling, and say where each formula comes from;
# 3. measure a gradient, and choose the step with which to measure;
# 4. write a whole small network forwards and backwards in NumPy, and train one with backward functions of your own.
#
# **You need** notebooks 01 and 02, the derivatives of sums, products and squares, and the chain rule from school. How two
# matrices are multiplied is said again where it is needed.
#
# **Time** 50 minutes, and as much again for the exercises.
# **Back** [02: How wrong is the guess, in one number?](02_loss.ipynb)
# **On** [04: How does blame go through a convolution?](04_convolution_backward.ipynb)

# %%
import numpy as np

from cnnlib import (
    Conv2d, CrossEntropyLoss, Linear, MaxPool2d, ReLU, load_digits,
    small_cnn,
)
from cnnlib.checks import check
from cnnlib.nn import functional as F
from cnnlib.nn import naive
from cnnlib.nn.gradcheck import check_gradients
from cnnlib.runtime import in_short
from cnnlib.viz.three_steps import draw_three_steps
from cnnlib.widgets import ChainRule, Challenge, GradientCheckExplorer
from cnnlib.widgets.cards import predict, quiz, worked

digits = load_digits()
# float64: numbers of 16 digits, to measure with (more of it below)
network = small_cnn(rng=0, dtype=np.float64)
x, y = digits.x_train[:4].astype(np.float64), digits.y_train[:4]
print(
    f"loss {CrossEntropyLoss().forward(network.forward(x), y):.4f}, "
    f"{network.num_parameters} weights and biases"
)

# %% [markdown] minutes=3
# ## A way that needs no theory: nudging
#
# The plainest way to find one weight's derivative is to try it out. Make the weight a little larger, run the network
# forwards, and note the loss. Make the weight smaller by the same amount, run the network again, and note the loss
# again. Divide the difference of the two losses by the difference of the two weights. We call this *nudging*.
#
# Here a *forward pass* is one run of the network from the images to the loss. How many of them does it take to nudge every
# weight of the network once? The cell nudges one weight of the first layer: `network[0]` is that layer, `params` holds its
# weights and biases by name, and `flat` numbers the weights 0, 1, 2, and so on.

# %%
predict("03.passes")

# %% answers="03.passes"
weights = network[0].params["weight"]


def loss_with(nudge):
    """The loss with one weight of the first layer moved, number 31."""
    weights.flat[31] += nudge
    loss = CrossEntropyLoss().forward(network.forward(x), y)
    weights.flat[31] -= nudge
    return loss


losses = [loss_with(nudge) for nudge in (0.0001, -0.0001)]
measured = (losses[0] - losses[1]) / 0.0002
print(f"derivative of the loss by this weight: {measured:.6f}")
print(
    f"forward passes for all weights: {len(losses) * network.num_parameters}"
)

# %% [markdown] minutes=2
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# Two passes for each weight. A network of a million weights would need two million passes for a *single* step of
# training. That is too slow.
#
# </details>
#
# Nudging has one advantage: it needs no formula. So we keep it, to judge the formulas that follow.
#
# ## One product
#
# Backpropagation finds derivatives without nudging. We begin with a single multiplication, $p = w \cdot x$, where
# $w = 1.5$ and $x = 2$. If $w$ grows by 0.01, $p$ grows by 0.02: twice as much, because $x$ is 2. So the derivative
# $dp/dw$ is 2, the value of $x$. In the same way $dp/dx$ is 1.5, the value of $w$. We call $dp/dw$ "the slope of $p$ by
# $w$": the word after *by* is the number that is moved. Both slopes are *local slopes*. They belong to this one product,
# and you know them without knowing what is done with $p$ afterwards.
#
# Afterwards, some more steps turn $p$ into the loss. From here on the loss is called $E$. Suppose that somebody has worked
# these steps out, and tells us that the slope of $E$ by $p$ is 1.5: if $p$ grows by a little, $E$ grows by 1.5 times as much. What is the slope of $E$
# by $w$? If $w$ grows by 0.01, $p$ grows by 0.02, and $E$ grows by $1.5 \cdot 0.02 = 0.03$. That is 3 times 0.01. So the
# slope is 3, and it is a product, $1.5 \cdot 2$: what we were told, times the local slope.
#
# From here on, the slope of $E$ by a number is called that number's *gradient*. (The gradient of the loss, of which we spoke
# at the beginning, is the gradients of all weights together.) The gradient of $p$ is what we were told. On the way back we
# come from the loss, so it is known before the gradients of $w$ and $x$. We say that it *arrives* at the product. The
# direction from which it comes, that of the loss, is called *upstream*. Then the rule is
#
# > **Gradient of an input = gradient that arrives from upstream × local slope.**
#
# This is the chain rule. Backpropagation applies it to every step of a computation, beginning at the loss.

# %% [markdown] minutes=9
# ## A graph of small steps
#
# A longer computation is cut into steps so small that each local slope can be read off. Draw a square for each number that is
# given, a circle for the result of each step, and arrows from the numbers that go into a step. Such a drawing is called a
# *graph*, and its squares and circles are the *nodes*. Our example is half the squared error of one weight $w$, one input
# $x$ and a bias $b$:
#
# $$E = \tfrac12 (w x + b - t)^2$$
#
# Here $t$ is the number that was wanted. Let $x = 2,\ w = 1.5,\ b = -1$ and $t = 0.5$. Each line of the table is one
# step, with its value and its local slopes:
#
# | step | value | local slopes |
# |---|---|---|
# | $p = w x$ | 3 | by $w$: $x = 2$; by $x$: $w = 1.5$ |
# | $z = p + b$ | 2 | by $p$: 1; by $b$: 1 |
# | $r = z - t$ | 1.5 | by $z$: 1; by $t$: −1 |
# | $E = \tfrac12 r^2$ | 1.125 | by $r$: $r = 1.5$ |
#
# <!-- computed: 0.5 * 1.5 * 1.5 = 1.125 -->
#
# Now go through the table from the last line to the first. We begin with the gradient of $E$ itself. It is 1, because
# the slope of a number by itself is 1. In each line, what arrives is multiplied by the local slope:
#
# $$\frac{dE}{dr} = 1 \cdot 1.5 = 1.5, \qquad \frac{dE}{dz} = 1.5 \cdot 1, \qquad \frac{dE}{dp} = 1.5 \cdot 1, \qquad
# \frac{dE}{dw} = 1.5 \cdot x = 3 .$$
#
# **Why this is cheap.** The gradient of $r$, 1.5, was worked out once, and $p$, $b$ and $t$ all used it; the gradient of
# $p$ was then used for both $w$ and $x$. If the derivative by each weight were written out by itself, the same factors
# would be computed again and again. This is why, in the network of the first cell, one way back gives what nudging would need
# 3,796 forward passes for.
#
# Two rules come out of the table.
#
# - **Sum.** Its local slopes are 1, so each number in it gets what arrives. (A number that is subtracted has the slope
#   −1, so it gets what arrives with the opposite sign.)
# - **Product.** Each factor gets what arrives times the *other* factor. We say that a product hands on *crosswise*.
#
# The view below shows the graph, with $w = 2.5$ in place of 1.5. It first computes the values forwards, and then the gradients
# backwards. The numbers on the arrows are the local slopes. First go through the four lines of the table on paper with this
# $w$, there and back, and say on the card what dE/dx is. In the view it appears at step 8. Then press Play, or drag the
# upright line.
#
# **Challenge.** At the last step, make dE/dw zero while the loss E stays above 0.5. There are two different ways.

# %%
predict("03.dx")

# %%
stuck = Challenge(
    "dE/dw = 0 and E > 0.5",
    lambda f: f["step"] == f["steps"] and f["dw"] == 0 and f["E"] > 0.5,
)
ChainRule(challenge=stuck, w=2.5, step=6)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What you should have found</summary>
#
# Forwards $p$ is 5, $z$ is 4 and $r$ is 3.5. On the way back the gradient of $r$ is 3.5, those of $z$ and $p$ are 3.5 too,
# and dE/dx is 3.5 · w = 8.75.
# <!-- computed: 2.5 * 2 = 5 --> <!-- computed: 5 - 1 - 0.5 = 3.5 --> <!-- computed: 3.5 * 2.5 = 8.75 -->
#
# dE/dw is zero when x is zero: the weight is then multiplied by 0, so moving it changes nothing, however large the loss is.
# The second way: choose the graph *through a ReLU*, and a $w$ and $b$ for which the sum $z$ is negative. The ReLU makes 0 of
# it, and of every sum near it, so again moving w changes nothing.
#
# </details>
#
# **A number that is used twice.** Take two inputs, $x$ and $v$, and multiply both by the same weight:
#
# $$E = \tfrac12 (w x + w v - t)^2 .$$
#
# There is no bias in this computation. (In the view it is the graph *used twice*. The slider b, which has nothing else to do
# there, sets the second input, so in the view that input is called b and not v.) If $w$ grows, both products move, and both
# move $E$. So $w$ gets a share from each product, and the shares are *added up*. Let $r = w x + w v - t$. The gradient that
# arrives at each product is $r$, so one hands $r \cdot x$ to $w$, and the other $r \cdot v$. Together that is
# $r\,(x + v)$, as the chain rule from school has it. This is the third rule:
#
# - **Used several times.** The number gets a share from each use, and the shares are added up.
#
# Here it is in code. From here on `dw` is short for dE/dw, `dx` for dE/dx, and so on. Each step takes one line, and the last
# step comes first. A place such as $w$, from which two arrows lead on, is called a *fork*. The first share is set with `=`,
# the second is added with `+=`. With `=` twice, the second share would take the place of the first.

# %%
x1, v1, w1, t1 = 2.0, -1.0, 1.5, 0.5
r = w1 * x1 + w1 * v1 - t1
dr = 1 * r  # 1 arrives at E, and the local slope is r
dp = dq = dr  # a sum hands on what arrives, here to both products
dx, dv = dp * w1, dq * w1  # a product hands on crosswise
dw = dp * x1  # the share from the first use
dw += dq * v1  # and the share from the second
print(f"dx {dx}, dv {dv}, dw {dw}; by the formula {r * (x1 + v1)}")

# %% [markdown] minutes=5 cut=1
# ## A judge: the measured slope
#
# A formula may be wrong, so we compare it with a measurement, that is, with nudging. This comparison is called a *gradient
# check*. The slope of a function $f$ at $x$ is about
#
# $$\frac{f(x + ε) - f(x - ε)}{2ε}$$
#
# Here $ε$ is the step by which $x$ is nudged up and down. How small should it be? The measurement is off for two reasons.
#
# *Truncation.* The quotient is the slope of a straight line through two points of the curve. The curve bends between
# them, so its slope at $x$ is a little different. Take $f(x) = x^3$, whose true slope is $3x^2$:
#
# $$(x + ε)^3 = x^3 + 3x^2ε + 3xε^2 + ε^3$$
# $$(x - ε)^3 = x^3 - 3x^2ε + 3xε^2 - ε^3$$
#
# The difference is $6x^2ε + 2ε^3$. Divided by $2ε$, this is $3x^2 + ε^2$. So the quotient is $ε^2$ too large: the smaller ε,
# the better.
#
# *Rounding.* A computer keeps about 16 digits of a number; this format is called float64. If ε is tiny, $f(x + ε)$ and $f(x
# - ε)$ agree in nearly all of them. Each of the two values has a small rounding error, in its last digit, and so has their
# difference. Dividing by the tiny $2ε$ makes that error large: the smaller ε, the worse.
# <!-- source: IEEE 754: 53 binary digits are about 16 decimal ones -->
#
# The view shows the measured slope and its *relative error*: how far it is from the true slope, divided by the true slope.

# %%
predict("03.step")

# %% [markdown]
# **Challenge.** A relative error below 1e-10 in float64. Then set the function to *ReLU* and x to 0.1, and make ε larger
# and larger. From which ε on is the measured slope wrong, and why?

# %% answers="03.step"
exact = Challenge(
    "Relative error below 1e-10", lambda f: f["error64"] < 1e-10
)
GradientCheckExplorer(challenge=exact)

# %% [markdown] minutes=10
# <details style="margin-bottom: 1em"><summary>Where the error is least</summary>
#
# Set the function back to *cubic*, choose *every ε*, and follow the line of float64 from right to left. With each ε ten times
# smaller the error falls a hundred times, as ε² does, until rounding takes over. From there on it grows as 1/ε does, but with
# many ups and downs, because the last digits are rounded now up and now down. In between, near 1e-5 and 1e-6, the error is
# least. ReLU at x = 0.1 is measured right up to a step of 0.1, and wrong above it: one of the two points then lies on the
# other side of zero, where the slope is another one.
# <!-- test: tests/experiments/test_scalar_graph_and_difference_quotients.py::test_the_best_step_lies_in_the_valley_where_theory_puts_it -->
#
# Networks are mostly trained with about 7 digits (float32), because that is faster. With so few digits a slope cannot be
# measured well. So gradients are checked in float64. <!-- source: IEEE 754: 24 binary digits are about 7 decimal ones -->
#
# </details>
#
# ## A linear layer
#
# **Two inputs, two outputs.** Take a linear layer with inputs $x_0, x_1$, outputs $y_0, y_1$, four weights and two biases.
# For one image it computes
#
# $$y_0 = x_0\,w_{00} + x_1\,w_{10} + b_0$$
# $$y_1 = x_0\,w_{01} + x_1\,w_{11} + b_1$$
#
# The weight $w_{10}$ leads from input 1 to output 0: its first number names the input, the second the output, and both are
# counted from 0. Now the gradients $dy_0$ and $dy_1$ arrive at the outputs. The three rules are enough for the way back.
#
# *An input.* $x_0$ is used twice, beside $w_{00}$ in the first line and beside $w_{01}$ in the second. From each line it gets
# what arrives there times the weight beside it, and the two shares are added up. The same holds for $x_1$:
#
# $$dx_0 = dy_0\,w_{00} + dy_1\,w_{01}, \qquad dx_1 = dy_0\,w_{10} + dy_1\,w_{11} .$$
#
# *A weight.* $w_{10}$ is used once, in the first line, beside $x_1$. So $dw_{10} = x_1\,dy_0$. The other weights go the
# same way: the weight from input $i$ to output $j$ gets $x_i\,dy_j$.
#
# *A bias.* $b_0$ is added in the first line, so it gets what arrives there: $db_0 = dy_0$. And $db_1 = dy_1$.
#
# **As matrices.** Write the inputs as a row $X = (x_0, x_1)$. $Y$, $b$ and $dY$ are rows in the same way: the outputs, the
# biases and the gradients that arrive. The weights are a table, with a row for each input and a column for each output:
#
# $$W = \begin{pmatrix} w_{00} & w_{01} \\ w_{10} & w_{11} \end{pmatrix}$$
#
# In a product of two matrices, the number in row i and column j is made of row i of the first and *column* j of the second:
# they are multiplied number by number, and the products are added up. Forwards, $y_0$ is the row $X$ times column 0 of $W$,
# plus $b_0$. In short, $Y = X\,W + b$.
#
# Backwards, $dx_0 = dy_0\,w_{00} + dy_1\,w_{01}$ is the row $dY$ times *row* 0 of $W$. But a product of matrices takes the
# columns of its second matrix. So we write down a matrix whose columns are the rows of $W$. It is called the *transposed*
# matrix, $W^T$. Then
#
# $$W^T = \begin{pmatrix} w_{00} & w_{10} \\ w_{01} & w_{11} \end{pmatrix}$$
# $$dX = dY\; W^T, \qquad dW = X^T\, dY$$
#
# In the last formula $X^T$ is $X$ written as a column. A column times a row is a table, and in its row $i$ and column
# $j$ stands $x_i\,dy_j$, the gradient of a weight from above.
#
# **Several images.** Let there be $N$ images, $D$ inputs and $K$ outputs. $X$ has a row for each image, so its shape is (N, D).
# $Y$ has the shape (N, K), and $W$ the shape (D, K). The two formulas stay the same. A weight is now used several times, once
# for every image, so it gets a share from each image, and the shares are added up. With two images, A and B:
#
# $$dw_{10} = x_1^A\, dy_0^A + x_1^B\, dy_0^B .$$
#
# The product $X^T dY$ does this adding by itself, as you see if you multiply row 1 of the first matrix with column 0 of the
# second:
#
# $$X^T = \begin{pmatrix} x_0^A & x_0^B \\ x_1^A & x_1^B \end{pmatrix}, \qquad
# dY = \begin{pmatrix} dy_0^A & dy_1^A \\ dy_0^B & dy_1^B \end{pmatrix}$$
#
# The biases are used for every image too: $db$ is the sum of the rows of $dY$. If you forget which matrix to transpose, the
# shapes tell you: a gradient has the shape of what it belongs to.
#
# **By hand.** Compute dX and dW on paper for $X = (1, 2)$, $W = \begin{pmatrix} 3 & 0 \\ 1 & -1 \end{pmatrix}$ and
# $dY = (2, -1)$. The cell below computes them as products of matrices, and a second time with `naive`, which has the layers of
# the library as plain loops, one product after the other. `cache` is what the forward pass has kept for the way back: X and
# W, and b as well, although no gradient depends on the values of b.

# %%
predict("03.by-hand")

# %% answers="03.by-hand"
X, W, dY = (
    np.array([[1.0, 2]]),
    np.array([[3.0, 0], [1, -1]]),
    np.array([[2.0, -1]]),
)
dX, dW, db = dY @ W.T, X.T @ dY, dY.sum(axis=0)
print("dX", dX.tolist(), "dW", dW.tolist(), "db", db.tolist())

# the same in loops, one product after the other
_, cache = naive.linear_forward(X, W, np.zeros(2))
for loops, products in zip(
    naive.linear_backward(dY, cache), (dX, dW, db), strict=True
):
    np.testing.assert_allclose(loops, products)

# %% [markdown]
# **The comparison with a measurement.** A slope is the slope of *one number*, such as the loss. A layer alone has no loss, so we
# make a number up. With $dY = (2, -1)$ we take $2\,y_0 - y_1$. If $y_0$ grows by 0.01, this number grows by 0.02: its slope
# by $y_0$ is 2. By $y_1$ its slope is −1. So, if it is taken for the loss, the gradient that arrives at the layer is
# $(2, -1)$, just the dY that we want. The same works for a table of any size: multiply each number of Y by the number of dY
# in the same place, and add up the products.
#
# The measurement is a loop over an array. For every number in it: remember it, move it up, move it down, put it back, divide.


# %% answers="03.by-hand"
def measured_gradient(f, array, eps=1e-5):
    """The slope of f(), one number, by every number of an array."""
    slopes = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        before = array[place]
        array[place] = before + eps
        above = f()
        array[place] = before - eps
        below = f()
        array[place] = before
        slopes[place] = (above - below) / (2 * eps)
    return slopes


made_up = lambda: (X @ W * dY).sum()
print("dX", measured_gradient(made_up, X).round(6).tolist())
print("dW", measured_gradient(made_up, W).round(6).tolist())

# %% [markdown]
# `check_gradients` of the library does the same for any layer. It takes random numbers for dY, measures the slopes by the
# input, the weights and the biases, and compares them with what the layer's `backward` returns. For each of these three
# arrays it gives one relative error: the largest difference in the array, divided by the largest of its gradients.

# %% tags=["nbval-ignore-output"]
errors = check_gradients(
    Linear(5, 3, rng=0, dtype=np.float64),
    np.ones((4, 5)),
    np.random.default_rng(0),
)
print({name: f"{error:.0e}" for name, error in errors.items()})

# %% [markdown] minutes=5
# The errors are about 1e-11, and that is rounding. A wrong formula gives 0.1 or 1.
# <!-- test: tests/notebooks/test_claims.py::test_a_right_backward_errs_by_less_than_a_billionth -->
#
# ## ReLU and max-pooling
#
# Neither layer has weights, and their local slopes are only 0 and 1.
#
# **ReLU**, $y = \max(x, 0)$. Where x is above zero, y is x, so the slope is 1. Where x is below zero, y stays 0, so the
# slope is 0. At exactly 0 the curve has a corner, called a *kink*, and no slope; the layer uses 0 there. So ReLU works
# like a *gate*: it hands on all of what arrives, or nothing. The sign of x decides, on the way *forwards*. Therefore the
# library's ReLU keeps only this for the way back: where x was above zero.
#
# **Max-pooling** gives the largest number of a window. If the largest one grows a little, the output grows with it:
# slope 1. If another one grows a little, the output stays: slope 0. So pooling works like a *switch*: the largest number,
# the *winner* of the window, gets the whole gradient, and the others get nothing.
#
# So a sum, a product and a maximum hand back in three different ways. A sum gives a copy to each of its inputs, a product
# gives each input what arrives times the *other* input, a maximum gives all of it to the largest. In the picture the values
# stand above the lines, the gradients below. The inputs are 3 and −1, and a gradient of 4 arrives. Before you look at the
# numbers in red, work them out.

# %% alt="Three steps, each with the inputs 3 and -1, and a gradient of 4 that arrives. Plus gives 2 and hands 4 to both. Times gives -3 and hands -4 to the 3 and 12 to the -1. Max gives 3 and hands 4 to the 3 and 0 to the -1."
draw_three_steps(3, -1, arrives=4)

# %% [markdown]
# Now both layers with small inputs. On the left the input of a ReLU, and the gradients that arrive at its four outputs; on the
# right the input of a pooling, two windows of 2×2, and the gradients that arrive at its two outputs:
#
# ```
# ReLU   x         dy             pooling   x                  dy
#        -1   3    10  -20                  6   6 | 2   1      10  -20
#         0   2    30   40                  1   0 | 3   4
# ```
#
# Write down on paper what each number of both inputs gets. In the first window two numbers are equal; what happens there is the
# question on the card.

# %%
predict("03.tie")

# %% answers="03.tie"
x_relu = np.array([[-1.0, 3], [0, 2]])
dy_relu = np.array([[10.0, -20], [30, 40]])
_, gate = F.relu_forward(x_relu)
print("ReLU:", F.relu_backward(dy_relu, gate).tolist())

x_pool = np.array([[[[6.0, 6, 2, 1], [1, 0, 3, 4]]]])
dy_pool = np.array([[[[10.0, -20]]]])
_, switches = F.maxpool2d_forward(x_pool, 2)
print("pool:", F.maxpool2d_backward(dy_pool, switches)[0, 0].tolist())

# %%
rng = np.random.default_rng(0)
for layer in (ReLU(), MaxPool2d(2)):
    assert (
        check_gradients(layer, rng.normal(size=(2, 3, 4, 4)), rng)["x"]
        < 1e-9
    )
print("on random numbers both agree with the measured gradient")

# %% [markdown] minutes=6
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# ReLU hands on the −20 and the 40, because there x is above zero. A negative gradient is as useful as a positive one: it
# says that the loss would fall if this number grew. ReLU asks for the sign of x, never for the sign of the gradient.
#
# In the pooling window, the first of two equal numbers in reading order gets the gradient. Another rule would do as
# well, as long as the gradient is handed on once and not twice.
#
# </details>
#
# ## A small network, there and back
#
# You have everything that a network needs. Here is a whole one: a linear layer, a ReLU, and a second linear layer. The loss is
# the half squared error of notebook 02, and its mean over the images. Five images of three numbers go in, and two numbers
# come out for each. All the numbers are random; only the way there and back matters.

# %%
rng = np.random.default_rng(0)
# the images, and the outputs that are wanted
X, t = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
W1, b1, W2, b2 = (rng.normal(size=shape) for shape in ((3, 4), 4, (4, 2), 2))


def there():
    """Forwards: all that is computed on the way, the loss last."""
    Z = X @ W1 + b1
    H = np.maximum(Z, 0)
    Y = H @ W2 + b2
    E = 0.5 * ((Y - t) ** 2).sum() / len(X)
    return Z, H, Y, E


print(f"loss {there()[-1]:.3f}")

# %% [markdown]
# And the way back. It starts at the loss and goes through the four lines from the last to the first.
#
# - **The loss.** Let r be one number of Y − t, and N the number of images. Its part of the loss is ½r²/N, and the slope of
#   that is r/N. So the first gradient is $dY = (Y - t) / N$.
# - **The second linear layer** has the input H. Its three gradients are those of the section above, with H in the place of
#   X. One of them, dH, is handed on.
# - **ReLU.** What arrives passes where Z was above zero.
# - **The first linear layer** is the same again, with X and dZ.

# %%
Z, H, Y, E = there()
dY = (Y - t) / len(X)
dW2, db2, dH = H.T @ dY, dY.sum(axis=0), dY @ W2.T
dZ = dH * (Z > 0)
dW1, db1, dX = X.T @ dZ, dZ.sum(axis=0), dZ @ W1.T

arrays, gradients = (W1, b1, W2, b2, X), (dW1, db1, dW2, db2, dX)
for name, array, gradient in zip(
    ("W1", "b1", "W2", "b2", "X"), arrays, gradients, strict=True
):
    np.testing.assert_allclose(
        measured_gradient(lambda: there()[-1], array),
        gradient,
        rtol=1e-6,
        atol=1e-8,
    )
    print(f"d{name}: {gradient.size} slopes, all as measured")

# %% [markdown] minutes=6
# Four lines forwards, four lines backwards: that is backpropagation.
#
# ## The whole network: the loop, reversed
#
# The network of the first cell works in the same way. Each of the lines above has moved into its layer: those of the way there
# into `forward`, those of the way back into `backward`. A layer keeps what it needs for the way back (H and Z above), and
# puts the gradients of its weights into `grads`. Two kinds of layers are new. *Flatten* has put all maps of an image into one
# row; on the way back it puts the row of gradients into maps again. And how a *convolution* computes its gradients is the
# subject of the next notebook; here we only call its `backward`.
#
# Forwards, the output of each layer is the input of the next. Backwards, the dx that a layer computes is the dy that
# arrives at the layer before it. So the way back is the same loop in reverse order.
#
# The first dy comes from the loss. For the half squared error it was (Y − t)/N. The loss here is the cross-entropy after
# softmax, and notebook 02 worked it out: the probabilities minus the wanted ones (1 for the label, 0 for the others), again
# divided by the number of images, because this loss is a *mean* over the images too.

# %% slideshow={"slide_type": "subslide"}
loss, outputs = CrossEntropyLoss(), x
for layer in network.layers:
    outputs = layer.forward(outputs)
loss.forward(outputs, y)
dy = loss.backward()
# the formula of notebook 02
np.testing.assert_allclose(dy, (F.softmax(outputs) - np.eye(10)[y]) / len(y))
for layer in reversed(network.layers):
    dy = layer.backward(dy)
    shapes = [f"d{name} {grad.shape}" for name, grad in layer.grads.items()]
    print(f"{type(layer).__name__:10} dx {dy.shape!s:15}", *shapes)
nudged = network[0].grads["weight"].flat[31]
print(f"the nudged weight: {nudged:.6f}, measured {measured:.6f}")

# %% [markdown]
# The last line compares the weight that we nudged at the beginning: both ways give the same derivative. But this one pass
# backwards has given the derivatives of all other weights, too.
#
# Each layer needs what its forward pass has kept. So the next call of `backward`, without a forward pass before it, must fail:

# %% tags=["raises-exception"]
with in_short():  # of an error only its last line
    Linear(3, 2, rng=0).backward(np.ones((1, 2)))

# %% [markdown]
# Now we compare all gradients of the network with measured ones: those of the image's pixels, and those of the weights and
# biases of each layer. We do it for two networks. In the first all biases are random numbers. The second is fresh, and
# all its biases are exactly zero. The cell prints a line for each.

# %%
predict("03.kink")

# %% tags=["nbval-ignore-output"] answers="03.kink"
tried, rng = small_cnn(rng=0, dtype=np.float64), np.random.default_rng(0)
for layer in (tried[0], tried[3], tried[7]):
    layer.params["bias"][:] = rng.normal(0, 0.1, layer.params["bias"].shape)
errors, at_the_kink = (
    check_gradients(net, x[:1], np.random.default_rng(0))
    for net in (tried, network)
)
# x is the image, 0.weight the weights of layer 0
for found in (errors, at_the_kink):
    print("   ".join(f"{name} {error:.0e}" for name, error in found.items()))
assert max(errors.values()) < 1e-6

image = x[:1]
for layer in network.layers:
    image = layer.forward(image)
    if isinstance(layer, Conv2d):
        print(
            f"fresh network, a convolution: {image.size} sums, "
            f"{(image == 0).sum()} of them exactly 0"
        )

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>Why two of them disagree</summary>
#
# Many pixels are paper, that is, exactly 0. Where a window of the first convolution holds only paper, and the bias is 0, the sum
# is exactly 0. There ReLU has its kink. So it matters whether a nudge moves such a sum.
#
# - **A pixel (`x`) or a bias of the first convolution (`0.bias`):** its nudge moves the sums that it is part of, up and down,
#   to both sides of the kink. On one side ReLU has the slope 1, on the other the slope 0, and the measurement finds the mean
#   of what both give. The formula takes the slope 0. The two differ, but neither is a mistake, because at a kink there is no
#   slope.
# - **A weight of the first convolution (`0.weight`):** in a window of paper it is multiplied by 0. Its nudge does not move the
#   sum, which stays on the kink, so the measurement finds 0 as the formula does.
# - **The second convolution (`3.weight`, `3.bias`):** its windows reach through eight maps, and in this image none of them
#   holds zeros only. The last line counts no sum of exactly 0, so nothing lies on the kink.
#
# If a gradient check fails, look first whether some number lies on a kink.
#
# </details>
#
# > **What the chapter says.** This course grew from a textbook chapter with [fourteen claims](../docs/claims.md). Claim 2,
# > that backpropagation gives the gradient by *every* weight, holds: you compared them all, and they agreed with the measured
# > ones wherever no number lay on a kink. Claim 1 says that training uses the same network, *run backwards*. That is right for the order of the layers, but each layer does another thing than
# > forwards: a linear layer multiplies by the transposed matrix, a ReLU is a gate, a pooling is a switch.
#
# ## Exercises
#
# Each function gets what arrives, `dy` or `dY`, and what the forward pass has kept, and returns the gradients of its inputs.
# (In exercise 3 nothing arrives: there the computation ends in E.)
#
# **1.** *Warm-up, 5 minutes.* ReLU. Here all of x was kept, and not only where it is above zero. Where may the gradient pass?
#
# **2.** *Warm-up, 8 minutes.* A linear layer for several images, $Y = X W + b$: from dY, X and W the three gradients dX, dW
# and db. Find them by the shapes alone: write down the shape of each gradient, and ask which product of dY with X or W, one
# of them transposed, has that shape.
#
# **3.** *Core, 15 minutes.* A computation that is in no library, in nine stages. The way there is given; you write the way
# back, a line or two for each stage, the last stage first. It returns the gradients of the two inputs, x and v. Beside the
# rules of this notebook you need the slope of $1/d$, which is $-1/d^2$. Where are the forks?
#
# **4.** *Core, 20 minutes.* Max-pooling. Loop over images, channels and windows. Find the winner of each window again, and
# hand the gradient to it. Mind that windows may overlap. Before the cell in which you write the function stands a card with
# the same task for a single map: put its lines in order first.


# %%
def relu_backward(dy, x):
    """Gradient by x of y = max(x, 0)."""
    ### BEGIN SOLUTION
    # Why: y moved with x exactly where x was above zero; the sign of dy has
    # no say.
    return dy * (x > 0)
    ### END SOLUTION


# %%
check("03.relu_backward", relu_backward)


# %%
def linear_backward(dY, X, W):
    """Gradients of Y = X W + b: dX, dW and db."""
    ### BEGIN SOLUTION
    # Why: an input collects along its row of W; a weight and a bias collect
    # over all images.
    return dY @ W.T, X.T @ dY, dY.sum(axis=0)
    ### END SOLUTION


# %%
check("03.linear_backward", linear_backward)


# %%
def stages_backward(x, v):
    """dx and dv of E = (max(x + v, 0) + (x v)²) / (1 + (x + v)²)."""
    s = x + v
    p = x * v
    g = max(s, 0)
    q = p**2
    n = g + q
    u = s**2
    d = 1 + u
    k = 1 / d  # and the last stage is E = n * k
    ### BEGIN SOLUTION
    # Why: each stage hands back what arrives times its slope; s, x and v are
    # used twice, so += for the second share.
    dn, dk = k, n
    dd = -dk / d**2
    du = dd
    ds = du * 2 * s
    dg = dq = dn
    dp = dq * 2 * p
    ds += dg * (s > 0)
    dx, dv = dp * v, dp * x
    dx += ds
    dv += ds
    return dx, dv
    ### END SOLUTION


# %%
check("03.stages_backward", stages_backward)

# %%
worked("03.worked-pool")


# %%
def maxpool2d_backward(dy, cache):
    """Gradient by x of max-pooling."""
    x, kernel_size, stride = cache
    ### BEGIN SOLUTION
    # Why: only the winner moved the output; += because a pixel can win in
    # several overlapping windows.
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        top, left = i * stride, j * stride
        window = x[n, c, top : top + kernel_size, left : left + kernel_size]
        p, q = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, top + p, left + q] += dy[n, c, i, j]
    return dx
    ### END SOLUTION


# %%
check("03.maxpool2d_backward", maxpool2d_backward)

# %% [markdown]
# **5. Train with your own functions.** *Warm-up, 3 minutes.* Each of your functions that passed takes the place of the
# library's in every layer of the network. If it is right, the loss falls exactly as before. (The cell trains twice:
# `own(…)` puts your functions into the layers, and `SOUND` stands for the functions of the library.)

# %% tags=["nbval-ignore-output"]
from cnnlib.experiments.planted_faults import SOUND, learning_curve, own

functions = relu_backward, linear_backward, maxpool2d_backward
answers = {f.__name__: f for f in functions}
mine = {
    name: f for name, f in answers.items() if check(f"03.{name}", f).passed
}
data = digits.x_train, digits.y_train
yours, library = (
    learning_curve(backward, *data, steps=30)[0]
    for backward in (own(**mine), SOUND)
)
print(
    f"with {len(mine)} functions of yours: loss {yours[0]:.3f} to "
    f"{yours[-1]:.3f}"
)
print(
    f"with the library's alone:    loss {library[0]:.3f} to "
    f"{library[-1]:.3f}"
)
np.testing.assert_allclose(yours, library, rtol=1e-3)

# %% [markdown]
# ## Summary
#
# Backwards, every step multiplies the gradient that arrives by its local slope; a number used several times adds up its
# shares. A linear layer hands on through the transposed matrix; ReLU hands on all or nothing, pooling to the winner alone.
# A backward pass is right when it agrees with measured gradients, in float64 and away from kinks.

# %% [markdown]
# ## Questions
#
# The card asks five questions and explains each answer. You will see them again another day, in [review](review.ipynb).

# %%
quiz("03")

# %% [markdown]
# ## References
#
# - D. E. Rumelhart, G. E. Hinton and R. J. Williams, [Learning representations by back-propagating errors](https://doi.org/10.1038/323533a0), 1986: the paper that made it widely known.
# - A. Karpathy, [Yes you should understand backprop](https://karpathy.medium.com/yes-you-should-understand-backprop-e2f06eab496b), 2016: what goes wrong if one does not.
# - Stanford CS231n, [Backpropagation, intuitions](https://cs231n.github.io/optimization-2/) and [gradient checks](https://cs231n.github.io/neural-networks-3/#gradcheck).
# - A. G. Baydin and others, [Automatic differentiation in machine learning: a survey](https://arxiv.org/abs/1502.05767), 2015: the same idea for any program.
