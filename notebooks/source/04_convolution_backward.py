# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] minutes=2
# # How does blame go through a convolution?
#
# [Notebook 03](03_backpropagation.ipynb) took a gradient backwards through linear layers, ReLU and pooling. One layer
# is left: the convolution. Its gradient is a sum like those of the other layers. This sum can be written in four ways,
# which look different and give the same numbers. The notebook starts with five numbers in a row, goes on to images, and
# puts the four ways side by side.
#
# **After this notebook you can**
#
# 1. derive the gradient of a convolution by its input, its kernel and its bias, on paper;
# 2. explain why the kernel is turned by half a turn on the way back, and when it is not;
# 3. write this backward pass for any stride, padding and number of channels, and say where a dilation enters;
# 4. say what a transposed convolution is, and what it has to do with a gradient;
# 5. find a fault in such a pass from the picture of its gradient.
#
# **You need** notebook 03: the chain rule on a graph, and the measured gradient.
#
# **Time** 50 minutes, and as much again for the exercises.
# **Back** [03: Whose fault is it?](03_backpropagation.ipynb)
# **On** [05: Which way is down?](05_gradient_descent.ipynb)

# %%
import numpy as np

from cnnlib import load_digits, load_mnist_sample
from cnnlib.checks import check
from cnnlib.experiments.four_readings import (
    Geometry, by_matrix, gather, weight_by_weight,
)
from cnnlib.networks import load_digits_cnn, load_mnist_cnn
from cnnlib.nn import functional as F
from cnnlib.nn.gradcheck import numerical_gradient, relative_error
from cnnlib.runtime import in_short
from cnnlib.widgets import (
    BlameMicroscope, BrokenBackward, Challenge, ConvolutionBackward,
    PixelInWindows,
)
from cnnlib.widgets.cards import predict, quiz, worked

digits = load_digits()
x = np.array([1.0, 2, 0, 3, 1])  # a row of five pixels
w = np.array([2.0, 1, -1])  # a kernel of three weights
print("y =", np.array([x[i : i + 3] @ w for i in range(3)]))

# %% [markdown] minutes=3
# ## Five pixels in a row
#
# **What we want.** The kernel slides along the row and makes three outputs $y_0, y_1, y_2$. From the next layer a
# gradient arrives at each of them: $dy_0, dy_1, dy_2$. As in notebook 03, $dy_0$ is short for the derivative of the
# error by $y_0$. We want the derivative of the error by each pixel: $dx_0, \dots, dx_4$.
#
# **Written out.** The way forwards is these three lines. Pixels, weights and outputs are counted from 0.
#
# $$y_0 = w_0\,x_0 + w_1\,x_1 + w_2\,x_2$$
# $$y_1 = w_0\,x_1 + w_1\,x_2 + w_2\,x_3$$
# $$y_2 = w_0\,x_2 + w_1\,x_3 + w_2\,x_4$$
#
# Two rules of notebook 03 are enough for the way back. *A product hands on crosswise*: in $w_2\,x_2$, the pixel gets
# what arrives times the weight. *A number that is used several times gets a share from each use, and the shares are
# added up.* So look for a pixel in the three lines, and write down a share for each line in which it stands.
#
# $x_0$ stands in the first line only, multiplied by $w_0$. So $dx_0 = dy_0\,w_0$.
#
# $x_1$ stands in the first line beside $w_1$ and in the second beside $w_0$. So $dx_1 = dy_0\,w_1 + dy_1\,w_0$.
#
# Now do the same for $x_2$. Write down its shares, and compute its gradient for $w = (2, 1, -1)$ and $dy = (3, 1, -2)$.

# %%
predict("04.middle")

# %% answers="04.middle"
dy = np.array([3.0, 1, -2])
dx = np.zeros(5)
for i in range(3):  # each output ...
    # ... hands its gradient, times the kernel, to its window
    dx[i : i + 3] += dy[i] * w
print("dx =", dx)

# %% [markdown] minutes=2
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# $dx_2 = dy_0\,w_2 + dy_1\,w_1 + dy_2\,w_0 = 3\cdot(-1) + 1\cdot 1 + (-2)\cdot 2 = -6$.
#
# From term to term the index of $dy$ goes up, 0, 1, 2, and that of $w$ goes down, 2, 1, 0.
#
# </details>
#
# **A pixel, as one formula.** Let $u$ be the index of a pixel and $p$ that of a weight. The window of output $i$ begins at
# pixel $i$, so in this window the weight $w_p$ lies on pixel $i + p$. That is our pixel if $i = u - p$. So output $u - p$ hands
# pixel $u$ a share through $w_p$, and the shares of all weights are added up:
#
# $$dx_u = \sum_p dy_{u-p}\; w_p .$$
#
# Where there is no output $u - p$, its $dy$ counts as 0.
#
# **A weight.** $w_0$ stands in all three lines, beside $x_0$, $x_1$ and $x_2$. So $dw_0 = dy_0\,x_0 + dy_1\,x_1 +
# dy_2\,x_2 = 3\cdot 1 + 1\cdot 2 + (-2)\cdot 0 = 5$. In general, $w_p$ lies on the pixel $x_{i+p}$ in the window of
# output $i$, so
#
# $$dw_p = \sum_i dy_i\, x_{i+p} .$$
#
# **A bias** would be added in every line, so $db = dy_0 + dy_1 + dy_2$.

# %% answers="04.middle"
print("dw =", np.array([dy @ x[p : p + 3] for p in range(3)]))
print("db =", dy.sum())

# %% [markdown] minutes=3
# ## The same sum, in four orders
#
# The loop above goes from output to output. The same products can be added in four different orders. We call them four
# *readings* of the sum.
#
# **1. Scatter: output by output.** This is the loop above. Each output multiplies the kernel by its gradient, and adds
# the result to its window. The kernel lies on the window from left to right, as on the way forwards. (A reader
# of a NumPy library [asked](https://github.com/ddbourgin/numpy-ml/issues/27) whether its loop has a mistake, since it
# does not turn the kernel round. It has none: the kernel is turned in the next reading only.)
#
# **2. Gather: pixel by pixel.** Each pixel collects its shares from the outputs that used it. Look at $x_2$. In the first
# window it is the last of three pixels, and meets $w_2$. In the second window it is the middle one, and meets $w_1$. In
# the third it is the first, and meets $w_0$. So from output to output it meets the weights from the last to the first. To
# collect, we slide the kernel over dy, *turned round*. Pixels near the ends lie in fewer than three windows. A *frame* of
# zeros at both ends of dy stands for the windows that are missing there.

# %% answers="04.middle" slideshow={"slide_type": "subslide"}
framed = np.pad(dy, 2)  # one zero less than the kernel is long, at both ends
turned = w[::-1]
print("dy with its frame:", framed)
print("kernel, turned:   ", turned)
print(
    "gather: dx =", np.array([framed[r : r + 3] @ turned for r in range(5)])
)

# %% [markdown]
# **3. Matrix: all at once.** The three lines above are the product of a matrix and the row of pixels, $y = A\,x$. Line $i$
# of $A$ holds the weights, moved $i$ places to the right, and zeros everywhere else. So a convolution is a linear layer
# with a special matrix, and from notebook 03 you know the way back: multiply by the *transposed* matrix, in which rows and
# columns are exchanged. (Libraries often make a matrix of the pixels instead. Each window becomes one row of it, and the
# kernel a column. This is called *im2col*, image to columns.)

# %% answers="04.middle"
A = np.zeros((3, 5))
for i in range(3):
    A[i, i : i + 3] = w
print("A =", A, sep="\n")
print("A transposed =", A.T, sep="\n")
print("matrix: dx =", A.T @ dy)

# %% [markdown]
# Look at the row in the middle of the transposed matrix: $(-1, 1, 2)$. It is the turned kernel, so going row by row is
# *gather*. A column holds the kernel as it was, so going column by column is *scatter*.
#
# **4. Weight by weight.** The weight $w_0$ met the pixels $x_0, x_1, x_2$, one for each output. So multiply the three
# numbers of dy by $w_0$, and add the three products to these three pixels. Then do the same with $w_1$, one pixel further
# to the right, and with $w_2$, one more pixel further.

# %% answers="04.middle"
dx = np.zeros(5)
for p in range(3):
    dx[p : p + 3] += w[p] * dy
print("weight by weight: dx =", dx)

# %% [markdown] minutes=2
# All four give the same five numbers. Each reading is good for something. Scatter is the easiest to write. Gather shows the
# turned kernel. The matrix shows that a convolution is a linear layer whose weights repeat. And *weight by weight* has one
# step for each weight, however many pixels there are; a large image has far more pixels than a kernel has weights.
#
# **With a stride of 2** the window of output $i$ begins at pixel $2i$: there are two outputs, with windows at $x_0$ and $x_2$.
# In the formula for dw, $x_{i+p}$ becomes $x_{2i+p}$. For dx, *scatter* adds to the windows that begin at 0 and 2. *Gather*
# still slides the turned kernel in steps of one. For that it needs a number for every window that stride 1 would have, and
# the window at $x_1$ is missing. So a zero is put in its place. Let dy be (3, 1): with the zero it is 3, 0, 1, and with its
# frame 0, 0, 3, 0, 1, 0, 0.

# %% slideshow={"slide_type": "subslide"}
two = np.array([3.0, 1])
dx = np.zeros(5)
for i in range(2):
    # scatter: the windows begin at 0 and 2
    dx[2 * i : 2 * i + 3] += two[i] * w
spread = np.zeros(3)
spread[::2] = two  # every second place, from the first
framed = np.pad(spread, 2)
print("scatter: dx =", dx)
print(
    "gather: from",
    framed,
    "dx =",
    np.array([framed[r : r + 3] @ w[::-1] for r in range(5)]),
)

# %% [markdown] minutes=4
# **With padding**, zeros are added to the row at both ends before the windows are placed. *Scatter* computes gradients for
# these zeros too, and cuts them off in the end: an added zero is no pixel. *Gather* leaves them out from the start. With a
# padding of 1 its frame has one zero at each end in place of two, and with a padding of 2 it has none. (More padding
# than that is not used: there would be windows with nothing but added zeros.)
#
# ## One pixel under four windows
#
# Now images. The view shows the 3×3 pixels of an image and the four windows in which a kernel of 2×2 stands on them. In
# each window you see the weights. (The values of the pixels are not shown, because dx does not depend on them.) The pixel in
# the middle lies in all four windows; beneath each stands what arrives there, times the weight that the pixel meets. Compare
# the order of these weights with that of the kernel, read row by row. Then choose other pixels.

# %%
PixelInWindows()

# %% [markdown]
# The kernel, read row by row, is 1, 3, 2, −1. The pixel meets −1, 2, 3, 1, the same weights in reverse order. That is the
# order of a kernel that was turned by half a turn.
#
# As a formula: a pixel in row $u$ and column $v$ met the weight in row $p$ and column $q$ of the kernel when the window
# stood at row $u - p$ and column $v - q$. So each formula for a row of pixels gets a second letter:
#
# $$dx_{uv} = \sum_{p}\sum_{q} dy_{u-p,\;v-q}\; w_{pq}, \qquad dw_{pq} = \sum_i\sum_j dy_{ij}\; x_{i+p,\;j+q}, \qquad
# db = \sum_i\sum_j dy_{ij} .$$
#
# Here $i$ and $j$ are row and column of an output. *Scatter*, for the numbers of the view, is a sum of four tables. Each
# of the four numbers that arrive, 3, 1, 2 and 4, multiplies the kernel, and the product lies where the window lay:
#
# $$\begin{pmatrix} 3 & 9 & 0 \\ 6 & -3 & 0 \\ 0 & 0 & 0 \end{pmatrix} +
# \begin{pmatrix} 0 & 1 & 3 \\ 0 & 2 & -1 \\ 0 & 0 & 0 \end{pmatrix} +
# \begin{pmatrix} 0 & 0 & 0 \\ 2 & 6 & 0 \\ 4 & -2 & 0 \end{pmatrix} +
# \begin{pmatrix} 0 & 0 & 0 \\ 0 & 4 & 12 \\ 0 & 8 & -4 \end{pmatrix} =
# \begin{pmatrix} 3 & 10 & 3 \\ 8 & 9 & 11 \\ 4 & 6 & -4 \end{pmatrix}$$
#
# The last table is dx in the view. And the *matrix*? Write the nine pixels in one row, line by line. Then each window is a
# row of the matrix: its four weights, and five zeros.
# <!-- computed: 3 * 3 - 2 * 2 = 5 -->
# <!-- computed: 4 * 3 = 12 -->

# %%
predict("04.collects")

# %% answers="04.collects"
shares = np.zeros((5, 5), int)
for i, j in np.ndindex(3, 3):  # all places from (0, 0) to (2, 2)
    shares[i : i + 3, j : j + 3] += 1  # a window of 3x3
print(shares)

# %% [markdown] minutes=3 cut=3
# ## Any stride, any padding, any dilation
#
# *Stride* and *padding* are known from notebook 01. *Dilation* 2 means that the weights of a kernel lie on every second
# pixel: a kernel of 3 then spans five pixels. The view shows all of this on an image of 5×5. Choose a reading at the
# top, and press Play.
#
# - *scatter*: an output is outlined on the left, and the pixels that it adds to on the right.
# - *gather*: dy is drawn with its zeros, those between its numbers and those of the frame. A pixel of dx is outlined, and
#   the numbers that it collects.
# - *matrix*: the transposed matrix is drawn, with dy above it. The outlined row, times dy, gives the outlined pixel.
# - *weight by weight*: a weight is outlined, and the pixels to which it adds dy times itself.
#
# The small pictures show all four readings, each after the same part of its steps: at step 4 of 9, *gather* has made 11 of
# its 25 pixels. On the way they differ, since each goes in its own order; *Same in all four ways* counts the pixels at which
# they are equal already. In the end that is all of them. All numbers are whole, so nothing is rounded.
# <!-- computed: 4 * 25 // 9 = 11 -->
# <!-- computed: 5 * 5 = 25 -->
#
# How wide is the frame of *gather* now? With a dilation $d$, a kernel of $k$ rows spans $d\,(k - 1) + 1$ rows. Without padding
# the frame has one row less than that; every row of padding makes it one row narrower. (Sometimes the last rows of
# the padded x lie in no window. Then the frame has, for each of them, one more row at the bottom; columns likewise.)
#
# **Challenge.** Find a setting in which exactly 16 of the 25 pixels receive nothing.

# %%
predict("04.nothing")

# %%
near = lambda f: (
    f"now {f['unreached']} of 16",
    1 - abs(f["unreached"] - 16) / 16,
)
ConvolutionBackward(
    challenge=Challenge(
        "16 pixels receive nothing", lambda f: f["unreached"] == 16, near
    ),
    step=4,
)

# %% [markdown] minutes=6
# <details style="margin-bottom: 1em"><summary>How many pixels receive nothing?</summary>
#
# With kernel 2 and stride 3, row 2 and column 2 lie in no window, so 9 pixels receive nothing.
#
# </details>
#
# <details style="margin-bottom: 1em"><summary>The challenge</summary>
#
# Sixteen receive nothing with a kernel of 1 and a stride of 2. Then only 9 pixels lie under a window, and the layer never
# reads the others.
# <!-- computed: 5 * 5 - 3 * 3 = 16 -->
#
# </details>
#
# ## Several channels, several kernels
#
# A colour image has three numbers at every pixel, one for each *channel*, and inside a network there are more channels.
# Each kernel has a slice of weights for each channel, and adds up over all channels. In the view there are two channels
# and two kernels. Their slices are drawn as a table: a row for each kernel, a column for each channel of x.
#
# What a kernel makes is called a *map*. Forwards, kernel 0 makes map 0 of y from both channels, with its two slices. They
# stand side by side, in row 0 of the table. Backwards, channel 0 of dx collects from both maps of dy, because both kernels
# have read it: from map 0 through the slice in row 0, column 0, and from map 1 through the one in row 1, column 0. These
# two stand one below the other, in column 0, which is outlined.

# %%
ConvolutionBackward(reading="gather", channels=2, kernels=2, step=13)

# %% [markdown]
# Now the formula for the general case. It only has more letters. Let $n$ be the number of an image in the batch, $f$ that
# of a kernel, and $c$ that of a channel of x. Row and column of an output are $i$ and $j$, those of a weight in its slice
# $p$ and $q$. Let $s$ be the stride, $d$ the dilation and $a$ the padding. First, which pixel does a weight meet? Its row
# $u$ and its column $v$ are
#
# $$u = i\,s + p\,d - a, \qquad v = j\,s + q\,d - a .$$
#
# The window begins at row $i\,s$ of the padded image, and the weight lies $p\,d$ rows further on. The $a$ rows of padding
# are subtracted, because they are not counted among the pixels. In the output this pixel was multiplied by the weight. So
# each of the two gets a share, crosswise:
#
# $$dx_{ncuv} \;\text{ grows by }\; dy_{nfij}\; w_{fcpq}, \qquad
# dw_{fcpq} \;\text{ grows by }\; dy_{nfij}\; x_{ncuv} .$$
#
# All these shares, from every output and every weight of its kernel, add up to the two gradients. The function below adds
# them for one image, by *scatter*: one line of its loop takes an output with all weights of its kernel at once. It
# works on the padded image, and cuts the padding off at the end.
#
# Which rows does a window take? Let it begin at row 4, with a kernel of 3 and a dilation of 2. The weights lie on the rows
# 4, 6 and 8, and the window spans 5 rows. Python's slice `4 : 4 + 5 : 2` takes just these: from 4 on, before 9, in steps of
# 2. In the function the slices are `top : top + span : dilation` and the same for the columns. The dilation enters only here,
# as the step and in `span`, and dx and dw use the same slices.
# <!-- computed: 2 * (3 - 1) + 1 = 5 -->
# <!-- computed: 4 + 5 = 9 -->
# <!-- computed: 4 + 2 = 6 -->
# <!-- computed: 4 + 2 * 2 = 8 -->


# %% slideshow={"slide_type": "subslide"}
def scatter_by_hand(dy, x, w, stride, padding, dilation):
    """dx and dw of one image: dy is (F, Ho, Wo), x is (C, H, W), w is (F, C,
    k, k).
    """
    x = np.pad(x, [(0, 0), (padding, padding), (padding, padding)])
    dx, dw, span = (
        np.zeros(x.shape),
        np.zeros(w.shape),
        dilation * (w.shape[2] - 1) + 1,
    )
    for f, i, j in np.ndindex(dy.shape):
        top, left = i * stride, j * stride
        rows, columns = (
            slice(top, top + span, dilation),
            slice(left, left + span, dilation),
        )
        dx[:, rows, columns] += dy[f, i, j] * w[f]
        dw[f] += dy[f, i, j] * x[:, rows, columns]
    height, width = (length - padding for length in dx.shape[1:])
    return dx[:, padding:height, padding:width], dw


# %% [markdown]
# With several images each has a dx of its own, and their dw are added up.
#
# Now all four readings are compared with each other, and dx and dw with the measured gradients. The loss for the measurement
# is the sum of dy times y, and the error is relative, both as in notebook 03. `gather`, `by_matrix` and `weight_by_weight` are
# the other three readings, a few lines each in `cnnlib/experiments/four_readings.py`. `Geometry` holds the sizes, and
# computes for instance how many outputs there are; `g.cut` cuts off the padding that `weight_by_weight` leaves on.


# %%
def compare(kernel, stride, padding, dilation):
    """An image of 5x5, two channels, two kernels: compare all readings, then
    measure both gradients.
    """
    g = Geometry(5, kernel, stride, padding, dilation)
    rng = np.random.default_rng(0)
    # whole numbers
    w = rng.integers(-3, 4, (2, 2, kernel, kernel)).astype(float)
    dy = rng.integers(-3, 4, (2, g.outputs, g.outputs)).astype(float)
    x = rng.normal(size=(2, 5, 5))
    dx, dw = scatter_by_hand(dy, x, w, stride, padding, dilation)
    # equal to the last digit
    np.testing.assert_array_equal(dx, gather(dy, w, g))
    np.testing.assert_array_equal(dx, by_matrix(dy, w, g))
    np.testing.assert_array_equal(dx, g.cut(weight_by_weight(dy, w, g)))

    def loss(image, kernels):
        how = stride, padding, dilation
        y = F.conv2d_forward(image[None], kernels, None, *how)[0]
        return (dy * y).sum()

    by_x, by_w = (
        numerical_gradient(lambda x: loss(x, w), x),
        numerical_gradient(lambda w: loss(x, w), w),
    )
    return max(relative_error(dx, by_x), relative_error(dw, by_w))


# %% tags=["nbval-ignore-output"]
for setting in [(3, 1, 0, 1), (2, 3, 0, 1), (3, 2, 2, 2)]:
    error = compare(*setting)
    print(
        "kernel {}, stride {}, padding {}, dilation {}:".format(*setting),
        f"all agree; measured, {error:.0e}",
    )

# %% [markdown] minutes=3 cut=2
# > **In a box: why whole numbers?** Computers round fractions after every addition. The readings add in different orders, so
# > with fractions their last digits may differ, and none of them is wrong. Sums of small whole numbers are not rounded, so
# > here any difference would show a mistake.
#
# ## Transposed convolution: the way back as a way forward
#
# Some networks draw a picture, or give a label to every pixel of a photograph. Convolutions with a stride, and poolings,
# have made the maps small, and now they must become *larger* again. So there is a layer for this, with a kernel that is
# learned: it multiplies each input number by the kernel, and adds the product to a window of the output. That is *scatter*,
# and we have it already. As a layer it is called **transposed convolution**, `ConvTranspose2d`, because its matrix is the
# transposed one. (It is also called "deconvolution", although it does not undo a convolution.) So:
#
# *The gradient of a convolution by its input is the transposed convolution of dy, with the same kernels, the same
# stride and the same padding.*
#
# How large is its output? Take a kernel of 3 and a stride of 2, draw the windows of two inputs, and count.

# %%
predict("04.transposed-size")

# %% answers="04.transposed-size"
rng = np.random.default_rng(0)
w4, image = rng.normal(size=(1, 1, 3, 3)), rng.normal(size=(1, 1, 6, 6))
y4, cache = F.conv2d_forward(image, w4, None, stride=2)
dy4 = rng.normal(size=y4.shape)
dx4 = F.conv2d_backward(dy4, cache)[0]
layer = F.conv_transpose2d_forward(dy4, w4, None, stride=2)[0]
print(
    "y",
    y4.shape[2:],
    "dx",
    dx4.shape[2:],
    "transposed convolution",
    layer.shape[2:],
)
rows = layer.shape[2]
np.testing.assert_allclose(layer, dx4[:, :, :rows, :rows])
print("last row of dx:", dx4[0, 0, -1])

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# Five rows, equal to the first five of dx. The sixth row of x was in no window, so its gradient is 0. The layer is given
# only dy, and cannot know whether there was a sixth row. (In PyTorch, a library that many people use, the argument
# `output_padding` tells it.)
#
# In general, let $H_o$ be the number of rows of dy, $k$ that of the kernel, $s$ the stride and $a$ the padding. The last
# window begins at $(H_o - 1)\,s$ and has $k$ rows, and $a$ rows are cut off at both ends. So the output has
# $(H_o - 1)\,s + k - 2a$ rows.
#
# </details>
#
# How many shares does a pixel collect when the stride is larger than 1? Count them for a kernel of 3 with stride 2 and padding
# 1: let every number of dy and every weight be 1.

# %% slideshow={"slide_type": "skip"}
print(
    scatter_by_hand(
        np.ones((1, 3, 3)),
        np.ones((1, 5, 5)),
        np.ones((1, 1, 3, 3)),
        2,
        1,
        1,
    )[0]
)

# %% [markdown] minutes=2 cut=1
# Pixels with many and with few shares alternate, in both directions. That happens if the kernel's size is not a multiple of
# the stride. Networks that draw pictures with such layers often leave this pattern in them, like a chessboard
# ([Odena and others](https://distill.pub/2016/deconv-checkerboard/), 2016).
#
# ## A window of one pixel
#
# The window of a **1×1 convolution** holds one pixel only. But this pixel has several channels, and the layer mixes them:
# at every pixel it is a linear layer, with the channels as inputs and the kernels as outputs. So its way back is
# that of a linear layer: at every pixel, the transposed matrix of weights times dy. There is nothing to turn.

# %%
one = rng.normal(size=(3, 2, 1, 1))  # three kernels, two channels
y1, cache = F.conv2d_forward(rng.normal(size=(1, 2, 4, 4)), one, None)
dy1 = rng.normal(size=y1.shape)
matrix = one[:, :, 0, 0]  # (3, 2)
pixels = dy1[0].reshape(3, 16)  # a column for each pixel
np.testing.assert_allclose(
    F.conv2d_backward(dy1, cache)[0][0].reshape(2, 16), matrix.T @ pixels
)
print(
    "dx of a 1x1 convolution: the transposed matrix",
    matrix.T.shape,
    "times the gradients",
    pixels.shape,
)

# %% [markdown] minutes=9
# ## In a trained network: the blame microscope
#
# Now all layers together. So far we asked how the error moves. Now we choose one *unit*, that is, one number of one map, and
# ask how this number moves: which numbers before it would move it, and how much? Click any unit. Its own gradient is 1, and
# the maps show how this 1 goes back through the layers, along the line, to the pixels at the left. (*conv* and *pool* are
# convolution and pooling, *scores* the ten numbers at the end. All maps are drawn at the same size, so the numbers of a small
# map are large squares. With *Maps show: values* they show what the layers make of the image, on the way forwards.) In
# notebook 03 a ReLU was a *gate*: it is open where its input was above zero, and otherwise closed, and hands back
# nothing. A pooling handed everything to the largest number of its window, the *winner*, and nothing to the others; if
# several are equal, the first of them wins. Click *ReLU gate* or *pool winner* between two maps to see it large. Look for
# three things:
#
# - the *receptive field* of notebook 01: pixels outside of it receive nothing, that is, a gradient of 0;
# - inside the field, too, many pixels receive nothing. In the picture as it opens, 25 of the 49 receive a gradient; from
#   each of the others every way to the unit ends at a closed gate, or at a number that does not win;
# - from pooling 2 back to ReLU 2 the gradient stays one number, that of the winner; then convolution 2 spreads it over a
#   window.
# <!-- test: tests/widgets/test_backpropagation.py::test_how_many_pixels_of_a_field_receive_a_gradient -->
#
# **Challenge.** Find a unit that *no* pixel can move.

# %%
predict("04.corner")

# %%
closed = Challenge(
    "A unit that no pixel moves", lambda f: f.get("pixels") == 0
)
BlameMicroscope(load_digits_cnn(), digits, challenge=closed)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>How many pixels receive a gradient from the corner?</summary>
#
# Four: the other five of the nine places lie in the padding.
#
# </details>
#
# <details style="margin-bottom: 1em"><summary>The challenge</summary>
#
# Let the maps show *values*, and choose any white unit of a ReLU layer. Its gate is closed, so a small nudge of a pixel does
# not change it, and nothing goes back through it: from *this* image no weight before it learns anything through this unit.
# For another image the gate may be open. A unit whose gate is closed for all images is called dead;
# [notebook 08](08_initialization.ipynb) counts them.
#
# </details>
#
# Now the network for digits of 28x28. How many pixels can a unit of its second convolution see?

# %%
predict("04.field-28")

# %% answers="04.field-28"
BlameMicroscope(
    load_mnist_cnn(),
    load_mnist_sample(),
    layer="convolution 2",
    channel=7,
    row=7,
    column=7,
)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>Answer</summary>
#
# Five units of pooling 1 side by side see 2·5 = 10 columns of convolution 1, and these 10 + 4 = 14 of the image: 196
# pixels. But not each of them moves the unit. From a pixel many ways lead to the unit, and on the way there are gates
# and pooling windows. The pixel receives a gradient if on at least one way all gates are open and every pooling window is
# won. Here 174 of the 196 pixels have such a way.
# <!-- computed: 14 * 14 = 196 -->
# <!-- test: tests/widgets/test_backpropagation.py::test_how_many_pixels_of_a_field_receive_a_gradient -->
#
# </details>
#
# Now the gradient of a *weight*: how does the loss of one image move if this weight moves? The kernel slides, so each of its
# weights is used once for every output. For each output there is a share, a product: the number that the weight met there,
# times the gradient that arrived at this output. The sum of the shares is the gradient of the weight.
#
# The view shows them for a weight of convolution 2. In the code, `channel=3` chooses kernel 3 (it makes map 3), and `input_map=5`
# which of the maps before it this slice of the kernel reads. *Input map*, behind *More*, chooses another one. Look for a map
# that is zero everywhere.

# %%
predict("04.zeros")

# %% answers="04.zeros"
weight = {
    "what": "a weight",
    "layer": "convolution 2",
    "channel": 3,
    "input_map": 5,
}
BlameMicroscope(load_digits_cnn(), digits, image=143, **weight)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>Answer</summary>
#
# All nine are zero. Each share is the number that the weight met, times the gradient that arrived, and here every number
# that it met is 0. If the weight moved a little, no output would change. In the view as it opens, the map is not zero
# everywhere: four of the sixteen products are not zero, and the weight's gradient is their sum. Two of the four are so
# small that they are shown as 0.000.
# <!-- computed: 3 * 3 = 9 -->
# <!-- test: tests/widgets/test_backpropagation.py::test_how_many_products_of_the_weight_in_notebook_04_are_not_zero -->
#
# </details>

# %% [markdown] minutes=6
# ## One update, step by step
#
# Now all gradients are known, and each weight takes a small step: new weight = old weight minus learning rate times
# derivative. The view goes through it with one training image. At the left stand four stages: forward, loss, backward and
# the step. The maps are the image and what each pooling made of it; the kernel is the one of the first layer with the
# largest gradient. The loss is minus the logarithm of the probability that the network gave to the right digit
# (notebook 02). The view opens at the step: all is known but the losses after it. Press Play for them, and once more to
# see the whole update from its beginning, layer by layer.
#
# By how much should the loss fall? Let $g$ be the derivative of one weight, and $\eta$ the learning rate. The weight moves
# by $-\eta\, g$. A small move changes the loss by $g$ times the move, that is, by $-\eta\, g^2$. Added up over all weights, the
# loss should fall by the learning rate times the sum of all squared derivatives. Does it, at a rate of 0.001? And at 0.1?
#
# **Challenge.** At the last step: a rate with which this image's loss falls, while the mean loss of a hundred other
# training images (at the right) *rises*.

# %%
predict("04.promise")

# %% answers="04.promise"
from cnnlib.widgets import OneUpdate

selfish = Challenge(
    "Better here, worse elsewhere",
    lambda f: (
        f["step"] == f["steps"]
        and f["fell"] > 0
        and f["others_after"] > f["others_before"]
    ),
)
OneUpdate(challenge=selfish, rate=0.001)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What the last step shows</summary>
#
# At 0.001 the loss should fall by 0.57, and it falls by 0.55. At 0.1 it should fall by 57, which is more than the whole
# loss of 2.4, and it falls by 2.4. On so long a way the slopes change. And the mean loss of the hundred others rises from
# 2.3 to 25: a long step for one image makes the others worse.
# <!-- test: tests/notebooks/test_claims.py::test_what_one_update_promises_and_what_it_keeps -->
#
# So training takes the mean gradient of a batch. In it, what the images want differently cancels in part, and the rest
# is shorter: for 32 images the sum of the squared derivatives is 23, for this one image 567. A step at the same rate
# is then shorter, too, and goes where many images want to go.
# <!-- test: tests/notebooks/test_claims.py::test_what_one_update_promises_and_what_it_keeps -->
#
# </details>
#
# > **In a box: what the chapter says.** This course grew from a textbook chapter with
# > [fourteen claims](../docs/claims.md). Claim 6 is the rule above: *New weight = old weight minus learning rate times
# > the partial derivative of the error by the weight.* It holds: gradient descent is defined so. Claim 1 says: *training
# > uses the same network, run backwards*. For a convolution this means that the way back uses the same kernels. Whether they
# > are turned depends on the reading: *gather* turns them, *scatter* does not.

# %% [markdown] minutes=5
# ## Five broken backward passes
#
# Here are five backward passes of a convolution, the suspects A to E, and each has one fault. *Correct* is the right backward
# pass. The view tells you the names of the faults, but not which suspect has which:
#
# - *half turn left out*: the gathering reading with the kernel as it stands;
# - *= in place of +=*: a window overwrites what is there;
# - *padding cut one pixel late*: at the top one row too many is cut off dx, and at the left one column;
# - *window read from its end*: the first weight gets what the last weight has met;
# - *divided by the batch twice*: the loss has taken the mean over the batch already.
#
# Look at the bars first. They show which of a suspect's gradients differ from the measured ones. Three suspects differ in
# the same gradient. To tell these apart, look at the maps. Is the wrong gradient the right one, moved? Is it a multiple of
# it? Is it right in some places? For each suspect choose the fault that you think it has. **Challenge:** name all five.
#
# A network is also trained with each of the five, on batches of 32 images. How many of the five learn to read digits?
# <!-- source: batch_size of learning_curve -->

# %%
predict("04.broken")

# %% tags=["nbval-ignore-output"] answers="04.broken"
BrokenBackward(
    challenge=Challenge("Name all five", lambda f: f["found"] == 5)
)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What the training curves show</summary>
#
# All five learn. After a hundred steps at a rate of 0.1 each ends far below 2.30, the loss of guessing. (With batches this
# rate is not too large, as it was for a single image in *One update*.) The right backward pass ends lowest, but three of the
# five come so close to it that nobody would suspect them. So a falling loss does not show that the gradients are right. A
# comparison with measured gradients does, and it takes a second.
# <!-- test: tests/experiments/test_planted_faults.py::test_all_faults_learn_and_three_of_them_nearly_as_well_as_the_sound_one -->
#
# </details>
#
# These faults leave the shapes as they are. A gradient of the wrong shape is noticed at once, because the library
# refuses it. Here x has two channels and there are three kernels. What does it say if dy has the shape of x, and not of y?

# %% tags=["raises-exception"]
_, cache = F.conv2d_forward(
    np.ones((1, 2, 4, 4)), np.ones((3, 2, 1, 1)), None
)
with in_short():  # of an error only its last line
    F.conv2d_backward(np.ones((1, 2, 4, 4)), cache)

# %% [markdown]
# It says what it expected, three maps of dy, one for each kernel, and that two came.
#
# ## Exercises
#
# Each function gets `dy` and a `cache`, and begins by unpacking the cache, like the library's own. Stride and padding are
# whole numbers, and there is no dilation.
#
# **1.** *Core, 15 minutes.* A convolution over one row of numbers, with stride and padding. Return dx and dw. The card before
# it leads there in two steps.
#
# **2.** *Stretch, 35 minutes.* Images, with batches, channels, stride and padding. Return dx, dw and db. Pad x first. Loop
# over the *outputs*, or, faster, over the places p, q of the kernel. Cut the padding off dx at the end.

# %%
worked("04.worked-row", "04.gap-row")


# %%
def conv1d_backward(dy, cache):
    """Gradients by x and w of a convolution over one row."""
    x, w, stride, padding = cache
    ### BEGIN SOLUTION
    # Why: on the way back a window begins where it began on the way out; +=
    # because windows overlap.
    row = np.pad(x, padding)
    dx, dw = np.zeros(len(row)), np.zeros(len(w))
    for i in range(len(dy)):
        window = slice(i * stride, i * stride + len(w))
        dx[window] += dy[i] * w
        dw += dy[i] * row[window]
    return dx[padding : padding + len(x)], dw
    ### END SOLUTION


# %%
check("04.conv1d_backward", conv1d_backward)

# %%
worked("04.worked-stride", "04.gap")


# %%
def conv2d_backward(dy, cache):
    """Gradients by x, w and b of a convolution."""
    x, w, _, stride, padding = cache
    ### BEGIN SOLUTION
    # Why: weight (p, q) met one pixel for each output; those pixels are a
    # slice. Products hand back crosswise.
    height, width = x.shape[2:]
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for f, p, q in np.ndindex(dy.shape[1], *w.shape[2:]):
        rows = slice(p, p + stride * dy.shape[2], stride)
        columns = slice(q, q + stride * dy.shape[3], stride)
        # (N, 1, Ho, Wo): one map, beside all channels of x
        arrived = dy[:, f : f + 1]
        dw[f, :, p, q] = (arrived * x[:, :, rows, columns]).sum(
            axis=(0, 2, 3)
        )
        dx[:, :, rows, columns] += arrived * w[f, :, p, q, None, None]
    dx = dx[:, :, padding : padding + height, padding : padding + width]
    return dx, dw, dy.sum(axis=(0, 2, 3))
    ### END SOLUTION


# %%
check("04.conv2d_backward", conv2d_backward)

# %% [markdown]
# **3. Train with your own function.** *Warm-up, 3 minutes.* If your second function passed, it takes the place of the
# library's in every convolution of the network. If it is right, the loss falls exactly as before. If it did not pass, run
# the next cell anyway, and then look at your function as a suspect, in a cell of its own:
# `BrokenBackward(yours=own(conv2d_backward=conv2d_backward), suspect="yours")`.

# %% tags=["nbval-ignore-output"]
# SOUND has the library's backward passes, own(...) some of yours;
# learning_curve trains a new network with them
from cnnlib.experiments.planted_faults import SOUND, learning_curve, own

passed = check("04.conv2d_backward", conv2d_backward).passed
mine = own(conv2d_backward=conv2d_backward) if passed else SOUND
data = digits.x_train, digits.y_train
yours, library = (
    learning_curve(backward, *data, steps=30)[0]
    for backward in (mine, SOUND)
)
print(
    "with your function:" if passed else "not yet with your function:",
    f"{yours[0]:.3f} to {yours[-1]:.3f}",
)
print(f"with the library's:  {library[0]:.3f} to {library[-1]:.3f}")
np.testing.assert_allclose(yours, library, rtol=1e-3)

# %% [markdown]
# ## Summary
#
# Every product of a weight and a pixel hands back dy times the weight to the pixel, and dy times the pixel to the weight.
# Scatter, gather, matrix and weight by weight add the same shares in four orders; only gather slides the turned kernel.
# A stride spreads dy, padding is cut off at the end; forwards the sum goes over channels, backwards over kernels.

# %% [markdown]
# ## Questions
#
# The card asks five questions and explains each answer. You will see them again another day, in [review](review.ipynb).

# %%
quiz("04")

# %% [markdown]
# ## References
#
# - V. Dumoulin and F. Visin, [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285), 2016.
# - A. Odena, V. Dumoulin and C. Olah, [Deconvolution and checkerboard
#   artifacts](https://distill.pub/2016/deconv-checkerboard/), 2016.
# - D. Bourgin, [numpy-ml](https://github.com/ddbourgin/numpy-ml/issues/27), a library in NumPy; a reader asks why its loop
#   does not rotate the kernel.
