# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] minutes=2
# # How does an image become a guess?
#
# In [notebook 00](00_start_here.ipynb) you trained a network to read digits. For every guess, an image goes in at one end
# of the network, and ten numbers come out at the other. This computation is the *forward pass*. Here you take it apart,
# until you could compute every one of its numbers on paper.
#
# > **image** → convolution → ReLU → max-pooling → convolution → ReLU → max-pooling → flatten → linear → softmax →
# > **10 probabilities**
#
# You need not know these words yet: this notebook explains one after the other. The first eight of them are *layers*. A
# layer is a function that takes an array of numbers and gives another. (Softmax is a function too, but it is not counted
# as a layer of the network.) Some layers have numbers of their own, their *weights*. Nobody has chosen these: they were
# *learned*, in a *training* on images of which the right digit, the *label*, is known. The next notebooks tell how; here
# the weights are given.
#
# **After this notebook you can**
#
# 1. compute any number of a convolution by hand, and say what its kernel looks for;
# 2. predict how large the output of a layer is, how many numbers are learned in it, and which part of the image one of its
#    numbers depends on;
# 3. write the other layers (ReLU, max-pooling, flatten, linear and softmax), and say which shape each gives;
# 4. follow a real digit through a trained network, from the pixels to the guess;
# 5. say what must be kept during training that a guess alone does not need.
#
# **You need** Python, and sums of products. No calculus yet.
#
# **Time** 48 minutes, and as much again for the exercises. **Back** [00: What does training look like?](00_start_here.ipynb)
# **On** [02: How wrong is the guess, in one number?](02_loss.ipynb)

# %%
import matplotlib.pyplot as plt
import numpy as np

from cnnlib import (
    Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential, load_digits,
    load_mnist_sample, load_photo,
)
from cnnlib.checks import check
from cnnlib.nn import functional as F
from cnnlib.runtime import in_short
from cnnlib.viz.color_maps import color_map
from cnnlib.widgets import (
    Challenge, ConvolutionMicroscope, KernelSlices, NetworkXRay,
    SizeExplorer,
)
from cnnlib.widgets.cards import predict, quiz

digits = load_digits()
image = digits.x_test[0, 0]
print(
    "shape of the test images:",
    digits.x_test.shape,
    "\nthe first of them, its ink in sixteenths:",
)
print((16 * image).astype(int))

# %% [markdown] minutes=3
# ## An image is a table of numbers
#
# The output shows the first of the *test images*. These are images that were kept apart when the network was trained, so it
# has never seen them. Read the shape from left to right: 360 images, 1 *channel* (grey; a colour photograph has three),
# 8 rows, 8 columns. The whole course writes it as (N, C, H, W): number of images, channels, height, width. The table is a
# digit: 0 is paper, and the larger a number, the more ink there is in that place. (Can you read it?) Rows and columns are
# counted from 0, as in Python: row 0 is at the top, column 0 on the left.
#
# A colour photograph is three such tables of the same size: they say how much red, green and blue light comes from each
# place. The photograph that you are about to see shows an astronaut in an orange suit, beside a flag with red and white
# stripes. In which of the three tables is the suit brightest, in which is it darkest? And the white stripes?

# %%
predict("01.suit")

# %% answers="01.suit" alt="A colour photograph of an astronaut in an orange suit beside a flag, and its three channels in grey: the suit is bright in red, and dark in green and in blue."
photo = load_photo(color=True)
print("shape of the photograph:", photo.shape)
_, axes = plt.subplots(1, 4, figsize=(9, 2.6), layout="constrained")
# matplotlib wants the channels last
axes[0].imshow(photo[0].transpose(1, 2, 0))
for ax, title, picture in zip(
    axes,
    ("all three", "red", "green", "blue"),
    (photo[0], *photo[0]),
    strict=True,
):
    ax.set(title=title)
    ax.set_axis_off()
    if picture.ndim == 2:
        ax.imshow(picture, cmap="gray", vmin=0, vmax=1)

# %% [markdown] minutes=2
# <details style="margin-bottom: 1em"><summary>What the channels show</summary>
#
# Orange light is much red, some green and little blue. So the suit is bright in the first table and dark in the other two:
# its pixels have 0.84 of red on average, 0.40 of green and 0.25 of blue. White light has the same amount of all three, so
# the white stripes are bright in every table. The red stripes are bright in the first table and dark in the other two.
# <!-- test: tests/notebooks/test_claims.py::test_how_much_red_green_and_blue_is_in_the_suit -->
#
# </details>
#
# ## One window
#
# A stroke looks the same wherever it stands in the image. So whatever is good at finding a piece of a stroke in one place is
# good at it in every other place, and it need not be learned for each of them. This is the idea of a convolution: one
# small table of weights, which slides over the whole image.
#
# A convolution looks at the image through a small window, here of 3 rows and 3 columns. The nine pixels in the window are a
# *patch* of the image. The *kernel* is a table of nine numbers, its *weights*. Lay the kernel on the patch, multiply each
# pixel by the weight that lies on it, and add the nine products up. That sum is one number of the output. For the next
# number the window moves on by one pixel, and the same is done again.
#
# The card shows a patch and a kernel; this kernel is called *Sobel x*, after Irwin Sobel. Work out the sum on paper.

# %%
predict("01.window")

# %% answers="01.window"
patch = np.array([[0, 1, 5], [0, 2, 6], [0, 1, 5]])
kernel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
print((patch * kernel).sum())

# %% [markdown] minutes=4
# <details style="margin-bottom: 1em"><summary>The sum, product by product</summary>
#
# The left column adds nothing, since its pixels are zero; the middle one neither, since its weights are zero. The right
# column adds 5·1 + 6·2 + 5·1 = 22.
# <!-- computed: 5 * 1 + 6 * 2 + 5 * 1 = 22 -->
#
# </details>
#
# ## The convolution microscope
#
# Now move the window over the digit of your table. Use the sliders, or click on the picture and press the arrow keys, or
# let *Play* move it. You see the nine products and their sum. Each sum is written into the output, in the place of its
# window. The output, the table of all sums, is called a *map*. (*Whole output map*, under *More*, shows all of it at once;
# try the challenge without it. Beside the word *Output* stands how many places the window has, rows × columns; further
# down you will see why.) The microscope draws large numbers bright, so the ink is white in it.
#
# These are its kernels:
#
# ```
# identity    blur            sharpen      Sobel x      Sobel y      Laplace
# 0  0  0     1/9 1/9 1/9      0 -1  0     -1  0  1     -1 -2 -1     0  1  0
# 0  1  0     1/9 1/9 1/9     -1  5 -1     -2  0  2      0  0  0     1 -4  1
# 0  0  0     1/9 1/9 1/9      0 -1  0     -1  0  1      1  2  1     0  1  0
# ```
#
# Try other kernels and pictures too, and guess before you look. What does *blur* do to the picture *one bright pixel*? And
# *Sobel x*: the heading of its map says where its numbers are positive and where they are negative. Which of its weights
# make it so?
#
# **Challenge.** Here the ink is given as a number between 0 and 1. With *Sobel x* on the digit, find the window with the
# largest sum: it is the only one above 3.8. (Leave *Stride* at 1 and *Padding* at 0; both are explained further down.)

# %%
predict("01.dot")

# %%
steepest = Challenge(
    "The window above 3.8", lambda f: f["sum"] > 3.8 and f["height"] == 6
)
large = load_mnist_sample().x_test[0, 0]  # 28x28, from MNIST
dot = np.zeros((9, 9))
dot[4, 4] = 1
images = {
    "the digit": image,
    "one bright pixel": dot,
    "a digit of 28x28": large,
}
images["photograph"] = load_photo()[0, 0]
channels = zip(
    ("red", "green", "blue"), load_photo(color=True)[0], strict=True
)
images |= {f"astronaut, {name}": channel for name, channel in channels}
ConvolutionMicroscope(
    images,
    challenge=steepest,
    kernel_name="Sobel x",
    whole=False,
    row=2,
    col=1,
)

# %% [markdown] minutes=2 cut=1
# <details style="margin-bottom: 1em"><summary>What you should have seen</summary>
#
# Sobel x adds the right column of the patch, with weights 1, 2 and 1, and subtracts the left one in the same way. So it
# gives positive numbers where the image gets brighter from left to right, and negative ones where it gets darker. Such a
# place, where dark and bright meet, is called an *edge*. Blur spreads one pixel over nine places, a ninth of it to each.
# *Identity* has a single 1 in its middle and copies the image.
#
# The largest sum is in row 4, column 2. In sixteenths, its window holds 3, 10, 16 in the first row, 0, 8, 16 in the second
# and 0, 6, 16 in the third. The right column is full of ink, and the left one is nearly empty, so the sum is
# 16 + 2·16 + 16 − 3 = 61. With an empty left column it would be 64, and no window can give more.
# <!-- computed: 16 + 2 * 16 + 16 - 3 = 61 --> <!-- computed: 16 + 2 * 16 + 16 = 64 -->
#
# A kernel looks for its own pattern: the sum is large if the patch is bright in the places with large weights and dark in
# the places with negative ones. Is a patch with a larger sum always more like the kernel? No: if all nine pixels of a patch
# are doubled, its sum doubles too, and the pattern is still the same. For a fair comparison, divide each patch by the
# square root of the sum of its nine squared pixels. Of all patches that were prepared like this, the one with the kernel's
# own pattern gives the largest sum.
# <!-- test: tests/notebooks/test_claims.py::test_of_patches_with_one_sum_of_squares_the_kernel_s_own_pattern_wins -->
#
# </details>
#
# ## A word about the name
#
# In mathematics the kernel is rotated by half a turn before the window moves, and *that* is called a convolution. Networks
# leave the rotation out. What they compute is properly called a *cross-correlation*, but everyone who works with networks
# says convolution. What does half a turn make of Sobel x?

# %%
predict("01.turned")

# %% answers="01.turned"
print(kernel[::-1, ::-1])

# %% [markdown] minutes=2
# For a network it makes no difference: its weights are learned, and if the rotated kernel is of more use, it learns the
# rotated one. Try it: tick *Flip the kernel* in the microscope, under *More*. With which kernels does the map stay the
# same, with which does every sign change? You will meet the half turn again in
# [notebook 04](04_convolution_backward.ipynb).
#
# <details style="margin-bottom: 1em"><summary>What the half turn does</summary>
#
# Half a turn changes all signs in the two Sobel kernels; identity, blur, sharpen and Laplace stay as they are.
#
# </details>
#
# ## The whole map
#
# Each number of a map is called a *unit*. In words, a map is computed like this: for every place of the window, cut out the
# patch, multiply it by the kernel, and add up. The function below does this for every row i and every column j of the map.
#
# The cell computes the Sobel x map of your digit twice: once from the digit as it is, and once after adding 5 to every pixel,
# as if a little ink were all over the paper. How do the two maps differ?

# %%
predict("01.brighter")


# %% answers="01.brighter" slideshow={"slide_type": "subslide"}
def slide(image, kernel):
    """Slide a square kernel over one image."""
    size = len(kernel)
    rows, columns = image.shape[0] - size + 1, image.shape[1] - size + 1
    y = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            y[i, j] = (image[i : i + size, j : j + size] * kernel).sum()
    return y


print(slide(16 * image, kernel).astype(int))
print("\n5 added to every pixel:")
print(slide(16 * image + 5, kernel).astype(int))

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# The maps are the same: the weights of Sobel x add up to zero, so what is added to all nine pixels cancels. Its sum is
# different from 0 only if the right column of the patch differs from the left one. The numbers are positive on the left of
# the stroke, where the ink begins, and negative on the right, where it ends. The window of the challenge has 61, in
# sixteenths.
#
# </details>

# %% [markdown] minutes=4
# ## Many channels, many kernels
#
# A colour photograph has three channels. And when a layer has made several maps, each of them is a channel of the input of
# the next layer. A kernel for such an input has one table of weights for each channel, called a *slice*. Each slice is
# multiplied with the window in its own channel, and the products of all slices are added up, to one number. Here is a window
# in two channels, of 2 rows and 2 columns, and a kernel with its two slices:

# %%
window = np.array([[[1, 2], [3, 4]], [[0, 1], [1, 0]]])  # two channels
kernel_0 = np.array([[[1, 0], [0, 1]], [[2, -1], [0, 3]]])  # two slices
kernel_1 = np.array([[[0, -2], [1, 0]], [[1, 1], [-1, 0]]])  # see below
print(
    "channel 0:",
    (window[0] * kernel_0[0]).sum(),
    "  channel 1:",
    (window[1] * kernel_0[1]).sum(),
)
print("one number of the map:", (window * kernel_0).sum())

# %% [markdown]
# In channel 0 the sum is 1·1 + 4·1 = 5, in channel 1 it is 1·(−1) = −1, together 4. <!-- computed: 1 * 1 + 4 * 1 = 5 -->
# <!-- computed: 5 - 1 = 4 -->
#
# The function `slide` from above is enough for a whole layer of this kind. The map of a kernel is the sum of what `slide`
# makes of each channel with the slice that belongs to it. As channels, for an example with a whole image, we take two maps
# of the digit, those of Sobel x and Sobel y. And a layer has several kernels, each with one constant, its *bias*, which is
# added to every unit of its map:

# %%
# the maps of Sobel x and Sobel y
channels = np.stack([slide(image, kernel), slide(image, kernel.T)])
w = np.stack([kernel_0, kernel_1]) * 1.0  # two kernels
b = np.array([1.0, -2.0])

map_0 = sum(slide(x, k) for x, k in zip(channels, w[0], strict=True)) + b[0]
map_1 = sum(slide(x, k) for x, k in zip(channels, w[1], strict=True)) + b[1]
y = np.stack([map_0, map_1])
print(
    "channels", channels.shape, " w", w.shape, " b", b.shape, " y", y.shape
)
# as the library has it
np.testing.assert_allclose(y, F.conv2d_forward(channels[None], w, b)[0][0])

# %% [markdown]
# The shape of w says: kernels, channels, rows, columns. Each kernel makes a map of its own, one *output channel*. (With `+ b[0]`
# NumPy adds the one number to every unit.)
#
# Below you see the same two kernels and biases on two small channels, number by number. At the start you see the window
# and the first kernel from above, with its bias of 1, so the unit is 4 + 1 = 5. Click the units of both maps, and check one
# of map 1 by hand. <!-- computed: 4 + 1 = 5 -->

# %%
KernelSlices()

# %% [markdown]
# Now all of this as one formula. Let $x$ be the input, $w$ the weights, $b$ the biases and $y$ the output. Let $n$ be the
# number of the image, $f$ that of the kernel and its map, $i$ and $j$ the row and column in the map, $c$ the input channel,
# and $p$ and $q$ the row and column inside the window. The sum runs over every channel and every pixel of the window:
#
# $$y_{n f i j} = b_f + \sum_{c,p,q} x_{n\,c\,(i + p)\,(j + q)}\; w_{f c p q} .$$
#
# It says no more than the code: `slide` for every channel c, added up, and the bias of the kernel.
#
# How many weights and biases does such a layer have, and does that number depend on the size of the image? The cell makes a
# layer that reads 8 channels and gives 16.

# %%
predict("01.weights")

# %% answers="01.weights"
x = np.ones((2, 8, 14, 14))
w, b = np.zeros((16, 8, 3, 3)), np.zeros(16)
# the second is what training will need, see below
y, _ = F.conv2d_forward(x, w, b)
print("y", y.shape, " weights", w.size, " biases", b.size)
pairs = x[0].size * y[0].size
print(
    f"{x[0].size} numbers in, {y[0].size} out; with a weight for each pair "
    f"of them: {pairs} weights"
)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# 16 kernels with 8 slices of 9 weights each, and 16 biases: 1,168, whatever the size of the image.
# <!-- computed: 16 * 8 * 9 + 16 = 1168 -->
#
# </details>
#
# Weights and biases together are called the *parameters* of a layer: all the numbers in it that are learned.
#
# Here 1,568 numbers go into the layer for an image, and 2,304 come out. If each output had a weight of its own for each input,
# these would be 3,612,672 weights. The convolution needs only those that the cell has counted, because all units of a map
# *share* the weights of their kernel: a pattern may stand anywhere in the image.
#
# The most frequent mistake with such a function is an input of the wrong shape. The function wants a *batch*, that is several
# images in one array of shape (N, C, H, W). Here it gets a single image, of shape (C, H, W). What does the library say?

# %% tags=["raises-exception"]
with in_short():  # of an error only its last line
    F.conv2d_forward(digits.x_test[0], w[:, :1], b)

# %% [markdown] minutes=1
# Read the last line of such a message first: it says what was wanted, what was given, and what to do about it.
#
# ## The same without loops
#
# The two loops of `slide` are slow in Python. NumPy can handle all windows at once. `sliding_window_view` gives an array with
# four axes, without copying a pixel: `windows[i, j]` is the window at row i and column j, and `windows[i, j, p, q]` is the
# pixel in row p and column q of that window. For every i and j we want the sum, over p and q, of `windows[i, j, p, q] *
# kernel[p, q]`. NumPy's function `einsum` does this if it is told `"ijpq,pq->ij"`. Before the arrow stands a letter for
# each axis of the first array, and after the comma one for each axis of the second. After the arrow stand the axes that the
# result is to have. Numbers with the same p and q are multiplied. Neither p nor q stands after the arrow, and this tells
# `einsum` to add the products up over all p and all q.
#
# Both functions give the same map. How many times faster is the second, on an image of 128×128? Guess, then run the cell.
# <!-- computed: 16 * 8 = 128 -->


# %% tags=["nbval-ignore-output"]
from timeit import timeit

from numpy.lib.stride_tricks import sliding_window_view


def slide_fast(image, kernel):
    """The same without a loop."""
    windows = sliding_window_view(image, kernel.shape)
    return np.einsum("ijpq,pq->ij", windows, kernel)


np.testing.assert_allclose(slide(image, kernel), slide_fast(image, kernel))
larger = np.tile(image, (16, 16))
slow = timeit(lambda: slide(larger, kernel), number=3)  # in seconds
fast = timeit(lambda: slide_fast(larger, kernel), number=3)
print(f"{slow / fast:.0f} times faster without loops")
assert slow / fast > 5

# %% [markdown] minutes=5
# ## What comes out, and how big?
#
# A window of 3 pixels fits into a row of 8 at 6 places, so the map is smaller than the image. *Padding* adds a frame of zeros
# around the image: with a frame of 1 pixel, the pixels at the border can be in the middle of a window too. *Stride* is the
# step by which the window moves: with 2 it skips every other place.
#
# Take the first row of your digit, `0 0 0 2 16 16 2 0`, with a padding of 1 and a stride of 2. With its frame it is
# 10 pixels long:
#
# ```
# 0 | 0 0 0 2 16 16 2 0 | 0
# ```
#
# The left end of a window of 3 pixels can stand at 0, 2, 4 and 6. It cannot
# stand at 8, because the last place where the window fits is 10 − 3 = 7. Four places give four numbers. What are
# they, with the kernel (−1, 0, 1)? <!-- computed: 10 - 3 = 7 -->

# %%
framed = np.pad([0, 0, 0, 2, 16, 16, 2, 0], 1)
for i in range(4):
    window = framed[2 * i : 2 * i + 3]
    print(
        f"window at {2 * i}: {window}, times (-1, 0, 1): "
        f"{(window * [-1, 0, 1]).sum()}"
    )

# %% [markdown]
# In the formula from above little changes. The frame is added to the input first, and from then on $x$ is the input with
# its frame. The window of the unit in row $i$ and column $j$ begins in row $i$ times the stride and column $j$ times the
# stride. With $s$ for the stride, the pixel under the weight of row $p$ and column $q$ is in row $i s + p$ and column
# $j s + q$, where it was in row $i + p$ and column $j + q$ before:
#
# $$y_{n f i j} = b_f + \sum_{c,p,q} x_{n\,c\,(i s + p)\,(j s + q)}\; w_{f c p q} .$$
#
# How many places are there? The first window stands at 0, the last one can stand at size + 2 · padding − kernel, and from 0 on
# there is one more for each whole stride. Make a formula of this sentence, and test it on the example. It is exercise 1; if you
# like, write the function now.
#
# <details style="margin-bottom: 1em"><summary>The formula, to compare with yours</summary>
#
# $$\text{places} = \left\lfloor \frac{\text{size} + 2\,\text{padding} - \text{kernel}}{\text{stride}} \right\rfloor + 1$$
#
# The brackets $\lfloor\ \rfloor$ mean: rounded down. In the example 7 / 2 is rounded down to 3, and 3 + 1 = 4.
#
# </details>
#
# With stride 1 and a padding of (kernel − 1) / 2, that is 1 for a kernel of 3 and 2 for a kernel of 5, the map is as large as
# its input.
#
# When one layer follows another, each unit depends on a larger part of the image. A unit of the first layer is
# computed from one window of the image: we say that it *sees* the pixels in it. A unit of the second layer is computed from
# several units of the first, and each of these sees a window of its own. All the pixels that a unit sees are its *receptive
# field*; the picture frames it in the image, and shows one row of it.
#
# Answer the card first, then set the sliders to its numbers. How wide are the two maps, and how many pixels side by side does
# a unit of the last layer see? Then compare: does a unit behind three layers with kernels of 3 see more, or fewer?
#
# **Challenge.** Find layers whose last unit sees at least 15 pixels side by side, with fewer than 1,300 weights and biases in
# all. (Each of these layers makes 8 maps.)

# %%
predict("01.field")

# %%
wide = Challenge(
    "15 pixels, under 1,300 weights and biases",
    lambda f: f["pixels"] >= 15 and f["parameters"] < 1300,
    lambda f: (
        f"now {f['pixels']} of 15, {f['parameters']:,} weights and biases",
        f["pixels"] / 15,
    ),
)
SizeExplorer(
    challenge=wide,
    layers=1,
    show=["size", "kernel_size", "stride", "padding", "layers", "unit"],
)

# %% [markdown] minutes=4
# <details style="margin-bottom: 1em"><summary>Answers</summary>
#
# The row has 28 pixels, the first map 24, the second 20. A unit of the second layer sees 9 pixels: its window has 5 units,
# the first of them sees 5 pixels, and each of the 4 others sees one pixel more. Behind three layers with kernels of 3 a unit
# sees fewer: 3, then 5, then 7, because with stride 1 each layer adds 2.
#
# For the challenge, use a stride: three layers with kernels of 3 and stride 2.
#
# - *Layer 1.* A unit sees 3 pixels. The windows of two neighbouring units begin 2 pixels apart.
# - *Layer 2.* A unit is computed from three units of layer 1. The first of them sees 3 pixels, and each of the other two
#   sees 2 more: 3 + 2·2 = 7. Two neighbouring units of layer 2 see pixels that begin 4 apart.
# - *Layer 3.* A unit is computed from three units of layer 2. The first sees 7 pixels, each of the other two 4 more:
#   7 + 2·4 = 15.
# <!-- computed: 3 + 2 * 2 = 7 --> <!-- computed: 7 + 2 * 4 = 15 -->
#
# The first of these layers has 72 weights and 8 biases, and the other two have 576 weights (8·8·9) and 8 biases each, in all
# 1,248 numbers.
# <!-- computed: 28 - 5 + 1 = 24 --> <!-- computed: 24 - 5 + 1 = 20 --> <!-- computed: 8 * 9 = 72 -->
# <!-- computed: 8 * 8 * 9 = 576 --> <!-- computed: 72 + 8 + 576 + 8 + 576 + 8 = 1248 -->
#
# </details>
#
# The rule for any layers, one after the other: begin with 1 pixel, and with a distance of 1. Each layer adds (its kernel − 1)
# times the distance to the pixels that are seen; *then* its stride multiplies the distance, for the layers after it.
#
# ## ReLU, pooling, flatten, linear, softmax
#
# **ReLU** keeps positive numbers as they are and sets the others to zero. Why is it there? Take two layers without
# it, with one weight and one bias each: the first makes $y = 2x + 1$ from $x$, the second makes $3y - 4$ from $y$. Together
# they make $3\,(2x + 1) - 4 = 6x - 1$: one layer could have done that, with weight 6 and bias −1. In the same way any number of
# such layers can be replaced by a single one. With ReLU between the layers this is no longer possible: the graph of the output
# over $x$, a straight line before, can then have bends.
# <!-- computed: 3 * 2 = 6 --> <!-- computed: 3 * 1 - 4 = -1 -->
#
# **Max-pooling** divides the map into windows of 2×2 and keeps the largest number of each. So its window is 2 wide, and its
# stride is 2. The map then has half as many
# rows and half as many columns; if their number is odd, the last row or column is left out. The large number, where a
# kernel found its pattern, is kept; in which of the four places it stood is lost to the next layer. So pooling forgives
# small shifts: if the pattern moves by a pixel and stays within the window, the result is the same.


# %%
def max_pool(image):
    """The largest number of each window of 2x2."""
    y = np.zeros((image.shape[0] // 2, image.shape[1] // 2))
    for i, j in np.ndindex(y.shape):
        y[i, j] = image[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max()
    return y


# %% [markdown]
# Work both out for the map on the card before you run the cell: first ReLU, then max-pooling. Which four numbers are left?
# %%
predict("01.pooled")

# %% answers="01.pooled"
small = np.array(
    [[1.0, -2, 3, 0], [5, 4, -1, -6], [-3, -3, 2, 2], [-1, -4, 2, 7]]
)
positive = np.maximum(small, 0)
print(positive, max_pool(positive), sep="\n\n")

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# What is left is 5, 3, 0 and 7. (After ReLU the third window holds four zeros, so its largest number is 0.)
#
# </details>
#
# A max-pooling layer also remembers in which place each of the largest numbers stood, because training will need it.
#
# **Flatten** writes the numbers of all maps of an image one after the other, as one long vector. **Linear** makes ten
# *scores* from that vector, one for each digit. For a score, every number of the vector is multiplied by a weight, the products
# are added up, and a bias is added; each score has weights of its own. The weights stand in a table $W$, with a column for
# each score. (This is another W than the width in (N, C, H, W).) In code the layer is `y = x @ W + b`: the sign `@`
# multiplies the vector with every column, number by number, and adds each column's products up.
#
# **Softmax** turns the scores $z_0, z_1, \dots$ into probabilities: $p_k = e^{z_k} / \sum_j e^{z_j}$. These are all
# positive and add up to 1, and the largest score gets the largest probability. Here is one with three scores:

# %%
scores = np.array([2.0, 1.0, -1.0])
powers = np.exp(scores)
print("powers of e:", powers.round(2), " their sum:", powers.sum().round(2))
print("probabilities:", (powers / powers.sum()).round(3))

# %% [markdown]
# Why powers of e? They make something positive of every score, of a negative one too, and they keep the order.
#
# What happens to the probabilities when the same number is added to all scores?

# %%
predict("01.shift")

# %% answers="01.shift"
print(F.softmax(scores).round(3), F.softmax(scores + 100).round(3))

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# They stay the same: the factor $e^{100}$ is in the numerator and in every term of the denominator, and cancels. Only the
# differences of scores count: a score that is higher by 1 gets 2.72 times the probability, wherever the two scores lie.
#
# </details>
#
# All layers in one table, for one image. C is the number of maps that a layer reads, F the number of maps that it makes, and
# k the number of rows and columns of a kernel; D numbers go into a linear layer and K scores come out.
#
# | layer | reads | gives | weights and biases |
# |---|---|---|---|
# | convolution, kernels k×k | C maps | F maps; size by the formula above | F·C·k·k, and F biases |
# | ReLU | numbers | as many numbers | none |
# | max-pooling 2×2 | C maps | C maps, half as high and half as wide | none |
# | flatten | C maps of H×W | C·H·W numbers | none |
# | linear | D numbers | K scores | D·K, and K biases |
# | softmax | 10 scores | 10 probabilities | none |
#
# With these layers you can read the plan of any small network. The one below is for colour images of 32×32 pixels.
# `Conv2d(3, 8, 5, padding=2)` reads 3 channels and makes 8 maps with kernels of 5×5; `Linear(…, 10)` makes 10 scores from all
# the numbers that flatten gives. How many are these? The cell prints a table of the layers. Work out each line of it before
# you run the cell: which shape the layer gives, and how many weights and biases it has. Which layer has the most?

# %%
predict("01.plan")

# %% answers="01.plan"
layers = [
    Conv2d(3, 8, 5, padding=2),
    ReLU(),
    MaxPool2d(2),
    Conv2d(8, 16, 3),
    ReLU(),
    Flatten(),
    Linear(3136, 10),
]
print(Sequential(layers).summary(input_shape=(3, 32, 32)))

# %% [markdown] minutes=7
# ## All together: a trained network
#
# The next network reads the digits of 8×8 pixels. It is built like that of notebook 00: convolution, ReLU and
# pooling, the same three once more, then flatten and one linear layer. It has been trained already, longer than yours, and on
# digits that were moved at random by up to one pixel; its weights come with the course.
#
# Both convolutions have kernels of 3×3 and a padding of 1; the first makes 8 maps, the second 16. Work out the shape after
# each layer. Then run the cell: in its loop each layer gets what the layer before it gave, and that is the whole
# forward pass.

# %%
predict("01.shapes")

# %% answers="01.shapes"
from cnnlib.networks import load_digits_cnn

model = load_digits_cnn()
x = digits.x_test[:1]
for layer in model:
    x = layer.forward(x)
    print(f"{type(layer).__name__:10}", x.shape)
p = F.softmax(x)[0]
print("guess", p.argmax(), f"with {p.max():.1%}, label", digits.y_test[0])
wrong = np.flatnonzero(model.predict(digits.x_test) != digits.y_test)
print(
    f"right on {1 - len(wrong) / len(digits.x_test):.1%} of the test images"
)

# %% [markdown]
# Now look inside. Every number of the network is a coloured square: blue if it is positive, orange if it is negative, and the
# stronger the colour, the further from 0. A convolution and the ReLU and pooling after it are drawn on the same scale; at its
# ends stand the numbers at which orange and blue are strongest, one for each sign. (Only the image is grey, and its ink is black here, as on paper. The ten scores are printed as numbers, each with its
# probability as a bar.) **Click any square, or a score.** Below it you see how its number was computed; the frame on the image
# shows all pixels that it depends on.
#
# At first a unit of convolution 1 is chosen, the sum of nine products and a bias. Check it with a calculator. Then answer
# these before you click. How many products are added up for a unit of convolution 2? Which line of the output above tells
# how many it is for a score? How many pixels side by side does a unit of convolution 2 see? (For convolution 2 the picture
# shows one input map at a time; *Input map to show*, under *More*, chooses it.)
#
# **Challenge:** find an image on which the network is wrong *and* gives its guess more than 70 %. (Is it too long to leaf
# through all images? The last cell has put the numbers of those on which the network is wrong into the variable `wrong`.)

# %%
predict("01.products")

# %%
sure = Challenge(
    "Wrong with more than 70 %",
    lambda f: f["confidence"] > 0.7 and not f["right"] and f["label"] >= 0,
)
NetworkXRay(
    model, digits, layer="convolution 1", row=3, column=3, challenge=sure
)

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What to look for</summary>
#
# Some maps of convolution 1 are large at left edges of a stroke, others at upper edges, others wherever there is ink: compare
# them with the Sobel kernels. After ReLU 1 only those places are left where a kernel found its pattern.
#
# <!-- computed: 8 * 9 = 72 -->
# A unit of convolution 2 is a sum of 72 products, nine for each of the eight maps. A score is a sum of 64, one for each number
# that flatten gives: the shape after flatten tells it. A unit of pooling 1 sees 4 pixels side by side: the window of
# convolution 1 has 3, and the neighbouring window adds one. The window of convolution 2 has three such units side by side.
# Each is two pixels further on than the one before, because pooling has a stride of 2, so a unit of convolution 2 sees
# 4 + 2·2 = 8 pixels. That is enough for strokes and corners.
#
# On images 143 and 184 the network is wrong and gives its guess more than 70 %. Could you read them?
# <!-- test: tests/notebooks/test_claims.py::test_the_two_confident_mistakes -->
#
# </details>
#
# Here are the eight kernels of convolution 1 as they were learned, beside the two Sobel kernels: blue weights are positive,
# orange ones negative. (The learned ones are drawn twice as strong.) Nobody has told the network what an edge is. Which of
# the learned kernels look for an edge, and at which side of a stroke?

# %% alt="Ten tables of 3x3, blue where a weight is positive and orange where it is negative. Sobel x is orange on the left and blue on the right, Sobel y orange above and blue below. Several of the eight learned kernels have a blue and an orange side too, above and below or aslant; none is as regular."
kernels = [kernel, kernel.T, *2 * model[0].params["weight"][:, 0]]
names = ["Sobel x", "Sobel y", *(f"kernel {f}" for f in range(8))]
_, axes = plt.subplots(2, 5, figsize=(6, 2.6), layout="constrained")
for ax, name, table in zip(axes.flat, names, kernels, strict=True):
    ax.imshow(table, cmap=color_map("diverging"), vmin=-3, vmax=3)
    ax.set_title(name, fontsize=9)
    ax.set_axis_off()

# %% [markdown] minutes=4 cut=2
# <details style="margin-bottom: 1em"><summary>Which of them look for an edge</summary>
#
# Kernels 3 and 4 are orange above and blue below, as Sobel y is: they look for upper edges, where the ink begins below.
# Kernel 6 is mostly orange on the left and blue on the right, as Sobel x is: left edges. Kernel 2 is blue on the left and
# orange at the lower right: right edges, where the ink ends. The strongest weights of kernels 5 and 7 are positive: they
# follow the ink itself. Those of kernel 1 are negative: its map is largest where there is paper.
# <!-- test: tests/notebooks/test_claims.py::test_which_learned_kernels_look_for_an_edge -->
#
# </details>
#
# ## The same at full size
#
# Networks for larger images work in the same way. The next one has been trained on digits of 28×28 pixels, those of MNIST
# that you saw in notebook 00. It has the same eight layers; its convolutions have kernels of 5×5 and a padding of 2, so that
# the maps keep the size of their input. Leaf through the images and watch maps 1, 3 and 6 of convolution 1: at which side of
# a stroke is each of them large? (On a narrow page *Map* chooses the maps that are not in the picture.)

# %%
predict("01.score")

# %% answers="01.score"
from cnnlib.networks import load_mnist_cnn

mnist = load_mnist_sample()
reader = load_mnist_cnn()
right = np.mean(reader.predict(mnist.x_test) == mnist.y_test)
print(f"right on {right:.1%} of {len(mnist.x_test):,} test images")
NetworkXRay(reader, mnist, layer="pooling 2", channel=7, row=4, column=3)

# %% [markdown] minutes=4 cut=3
# <details style="margin-bottom: 1em"><summary>The numbers</summary>
#
# For a unit of convolution 2 it is 25 products in each of the 8 maps, 200. The two poolings make 14 and then 7 out of 28 rows
# and columns, so flatten gives 16 maps of 7×7, 784 numbers, and a score has a product for each of them.
# <!-- computed: 8 * 25 = 200 --> <!-- computed: 16 * 49 = 784 -->
#
# Map 1 is large at left and upper edges, map 3 at right and lower ones, map 6 at upper ones alone. After pooling 2 the digit
# can hardly be recognised: the maps now say which kinds of strokes there are, and roughly where.
# <!-- test: tests/notebooks/test_claims.py::test_at_which_edges_three_maps_of_the_larger_network_are_large -->
#
# </details>
#
# ## Your own digit
#
# Draw on the large sheet with the mouse. (Without a mouse: choose the layer *input*, move with row and column,
# and press *Ink*.) For MNIST every digit was scaled to fit into a box of 20×20 pixels, and moved until the mean place of its
# ink was in the middle of the image. The same is done to your drawing: beside the sheet you see what the network gets. (The
# empty sheet gets a guess too. Its pixels are all 0, so that every sum is its bias alone; but softmax makes probabilities
# of any ten scores.)
#
# **Challenge:** draw a 4 that the network recognises with more than 90 %. Then clear the sheet and draw a small 4 in a corner. Say
# beforehand what the guess will be. And suppose that nobody had moved the digit to the middle: for which layer would
# it matter where the digit is?

# %%
four = Challenge(
    "A 4, more than 90 % sure",
    lambda f: f["label"] < 0 and f["guess"] == 4 and f["confidence"] > 0.9,
)
NetworkXRay(
    reader, mnist, source="your drawing", layer="input", challenge=four
)

# %% [markdown]
# (A photograph of a digit on paper does as well: `from cnnlib.data import read_digit`, then
# `NetworkXRay(reader, read_digit("four.jpg"))`.)
#
# <details style="margin-bottom: 1em"><summary>Why the place matters after all</summary>
#
# The small 4 is recognised too, because it is enlarged and moved to the middle. (The probability is lower, since the line
# of a small digit becomes thick when it is enlarged.) Left in its corner it would hardly be recognised. When the
# image moves by one pixel, a convolution gives the same numbers one pixel further on, and pooling often gives the same ones in
# the same place. But the linear layer has a weight for every place of the last maps: if a stroke is somewhere else, its
# numbers are multiplied by other weights. So it matters for the linear layer. The next cell tests this on the small
# network and its digits of 8×8: first the convolution, then the whole network.
#
# </details>


# %%
def push(images, down=0, right=0):
    """Move images; what leaves the frame is lost, zeros come in."""
    framed = np.pad(images, [(0, 0), (0, 0), (down, 0), (right, 0)])
    return framed[:, :, :8, :8]


pushed = push(digits.x_test, right=1)
before, after = (
    model[0].forward(images) for images in (digits.x_test, pushed)
)
# equal up to rounding
np.testing.assert_allclose(after[..., 1:7], before[..., 0:6], atol=1e-5)
print("convolution 1: the same numbers, one column further on")
for name, images in {
    "as they are": digits.x_test,
    "right": pushed,
    "down": push(digits.x_test, 1),
}.items():
    print(
        f"{name}: {(model.predict(images) == digits.y_test).mean():.1%} "
        "guessed right"
    )

# %% [markdown] minutes=4
# The cell compares six of the eight columns: columns 1 to 6 of the new map agree with columns 0 to 5 of the old one. The new
# column 0 has no old column to compare it with. The window of the new column 7 reaches the right border, where a column of
# pixels has left the image, so it does not hold the same pixels as before.
#
# The whole network gets fewer digits right. Moved downwards it gets the fewest, because these digits reach from the top to the
# bottom of their image and lose a row of ink. (This network was trained on moved digits. What becomes of one that was not,
# you will find out in [notebook 02](02_loss.ipynb).)
#
# ## Guessing and training: the same forward pass
#
# When a network only guesses, each map can be thrown away as soon as the next one is computed. Training needs more. After the
# guess it goes back through the layers, and finds out for each weight how the guess would change if the weight were changed.
# For that it must know which numbers the weight was multiplied by on the way forward.
# [Notebook 03](03_backpropagation.ipynb) shows what each layer needs. The simplest way is to keep every map. How much more
# memory does that take?

# %%
predict("01.memory")

# %% [markdown]
# Then run the cell. It also compares the scores of a forward pass for training with those of a forward pass for a guess.

# %% answers="01.memory"
from cnnlib.experiments.dissect import activations

batch = digits.x_test[:64]
# how many numbers the image has, and each layer's output for it
sizes = [output[0].size for output in activations(model, batch)]
print("numbers for one image:", sizes)
print(
    f"all kept: {sum(sizes)}, at most for two layers at a time: "
    f"{max(np.add(sizes[1:], sizes[:-1]))}"
)
np.testing.assert_array_equal(
    model.forward(batch), model.forward(batch, training=True)
)
print("the same scores, to the last bit")

# %% [markdown]
# <details style="margin-bottom: 1em"><summary>What came out</summary>
#
# Nearly twice as much here. A network with more layers keeps more maps, so its factor is larger.
#
# </details>
#
# > **What the chapter says.** The course grew from a textbook chapter that makes [fourteen claims](../docs/claims.md).
# > The first: *training uses the same network, pooling, activations and matrices, run backwards.* (Its *activations* are
# > functions such as ReLU, and its *matrices* are tables of weights.) That it is the same network is true here: the scores
# > agree to the last bit. (A few kinds of layers do behave differently in training; you
# > meet one in [Does it know, or has it memorised?](12_generalization.ipynb).) Whether it is *run backwards* is a question for
# > [notebook 03](03_backpropagation.ipynb).
# <!-- test: tests/course/test_docs.py::test_every_claim_has_a_verdict -->
#
# ## Exercises
#
# **1. Sizes.** *Warm-up, 5 minutes.* At how many places can a window stand along one axis? If you have not made a formula
# yet, draw a row of 7 pixels with a frame of 1 pixel, and count the places of a window of 3 at stride 2; then the same at
# stride 1. Then write a function that gives their number for any size, kernel, stride and padding. `check` tries your function
# on many cases, shows the smallest that fails, and gives a hint; `check("01.output_size", output_size, hint=2)` gives a second
# hint.


# %%
def output_size(size, kernel_size, stride, padding):
    """Number of places of a window along one axis."""
    ### BEGIN SOLUTION
    # Why: the first place costs kernel_size pixels, each further one a
    # stride; a rest that is too small is lost.
    return (size + 2 * padding - kernel_size) // stride + 1
    ### END SOLUTION


# %%
check("01.output_size", output_size)

# %% [markdown]
# **2. One map.** *Core, 8 minutes.* The function `slide` with stride and padding: one image (H, W), one kernel (kH, kW), neither
# need be square. `np.pad` makes the frame. For an image of 3×3 with the numbers 0 to 8 and the kernel (1, 2), (3, 4), these
# are right:

# %%
for stride, padding in ((1, 0), (1, 1), (2, 1)):
    example, table = (
        np.arange(9.0).reshape(1, 1, 3, 3),
        np.array([[[[1.0, 2], [3, 4]]]]),
    )
    y, _ = F.conv2d_forward(example, table, np.zeros(1), stride, padding)
    print(
        f"stride {stride}, padding {padding}: {y[0, 0].astype(int).tolist()}"
    )


# %%
def conv_map(image, kernel, stride, padding):
    """The map of one kernel on one image, with stride and padding."""
    ### BEGIN SOLUTION
    # Why: unit (i, j) belongs to the window that begins at i and j times the
    # stride, in the image with its frame.
    image, (kh, kw) = np.pad(image, padding), kernel.shape
    y = np.zeros(
        (
            (image.shape[0] - kh) // stride + 1,
            (image.shape[1] - kw) // stride + 1,
        )
    )
    for i, j in np.ndindex(y.shape):
        top, left = i * stride, j * stride
        window = image[top : top + kh, left : left + kw]
        y[i, j] = (window * kernel).sum()
    return y
    ### END SOLUTION


# %%
check("01.conv_map", conv_map)

# %% [markdown]
# **3. Convolution with loops.** *Core, 15 minutes.* Now the formula with all its indices: a batch of images, several channels and
# kernels, and biases. Two steps: first several channels, whose maps are added up; then a loop over images and kernels. Return
# only y.


# %%
def conv2d_loops(x, w, b, stride, padding):
    """Shapes: x (N, C, H, W), w (F, C, kH, kW), b (F,); returns y (N, F, Ho,
    Wo).
    """
    ### BEGIN SOLUTION
    # Why: each output is one patch times one kernel, summed over channels
    # and window, plus that kernel's bias.
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    (n_images, _, height, width), (n_kernels, _, kh, kw) = x.shape, w.shape
    y = np.zeros(
        (
            n_images,
            n_kernels,
            (height - kh) // stride + 1,
            (width - kw) // stride + 1,
        )
    )
    for n, f, i, j in np.ndindex(y.shape):
        top, left = i * stride, j * stride
        patch = x[n, :, top : top + kh, left : left + kw]
        y[n, f, i, j] = (patch * w[f]).sum() + b[f]
    return y
    ### END SOLUTION


# %%
check("01.conv2d_forward", conv2d_loops)

# %% [markdown]
# **4. Convolution without loops.** *Stretch, 15 minutes.* Do it as in `slide_fast`: take the windows along axes 2 and 3, of
# these only every stride-th, and use one `einsum`. Name the axes first: the windows have (n, c, i, j, p, q), the kernels
# (f, c, p, q), and the result has (n, f, i, j).


# %%
def conv2d_fast(x, w, b, stride, padding):
    """The same, without a Python loop."""
    ### BEGIN SOLUTION
    # Why: windows are (N, C, Ho, Wo, kH, kW); c, p and q meet the kernel's
    # axes and are summed, the others stay.
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = sliding_window_view(x, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    return np.einsum("ncijpq,fcpq->nfij", windows, w) + b[:, None, None]
    ### END SOLUTION


# %%
check("01.conv2d_vectorized", conv2d_fast)

# %% [markdown]
# **5. The whole pass.** *Core, 8 minutes.* From images to probabilities, with the weights of the trained network and no layer of the
# library. `convolve` is your convolution, with stride 1 and padding 1 (or the library's, as long as yours returns
# nothing), and `max_pool` is the function from above, for one map. The order of the layers is in the plan at the top of this
# notebook.


# %%
def convolve(x, w, b):
    """Your convolution; the library's while yours returns nothing."""
    y = conv2d_fast(x, w, b, 1, 1)
    return F.conv2d_forward(x, w, b, 1, 1)[0] if y is None else np.asarray(y)


w1, b1, w2, b2, W, b = (weights.value for weights in model.parameters())
print([array.shape for array in (w1, b1, w2, b2, W, b)])


# %%
def whole_pass(images):
    """From images (N, 1, 8, 8) to probabilities (N, 10)."""
    ### BEGIN SOLUTION
    # Why: each layer gets what the one before it gave; the largest score is
    # taken away so that no power is too large.
    x = images
    for w, bias in ((w1, b1), (w2, b2)):
        x = np.maximum(convolve(x, w, bias), 0)
        x = np.array([[max_pool(one_map) for one_map in maps] for maps in x])
    scores = x.reshape(len(x), -1) @ W + b
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %%
p = whole_pass(digits.x_test)
if p is None:
    print("not attempted yet")
else:
    print(
        f"right on {(p.argmax(axis=1) == digits.y_test).mean():.1%} of the "
        "test images"
    )
    print(
        "the network's probabilities:",
        np.allclose(p, model.predict_proba(digits.x_test), atol=1e-4),
    )

# %% [markdown]
# ## Summary
#
# A convolution moves a kernel over the image; each number of its output is a sum of products, large where the patch looks like
# the kernel. ReLU, pooling, flatten, linear and softmax turn maps into probabilities; units of later layers see more pixels.
# Guessing and training use the same forward pass; for training the maps are kept, because the way back needs them.

# %% [markdown]
# ## Questions
#
# The card asks five questions and explains each answer. You will see them again another day, in [review](review.ipynb).

# %%
quiz("01")

# %% [markdown]
# ## References
#
# - V. Dumoulin and F. Visin, [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285), 2016: sizes, strides and padding, drawn.
# - Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791), 1998: where this network's shape comes from.
# - E. Alpaydin and C. Kaynak, [Optical Recognition of Handwritten Digits](https://doi.org/10.24432/C50P49), 1998: the images.
