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
# In [notebook 00](00_start_here.ipynb) a network learned to read digits. Its training was half of what you saw.
# The other half runs thousands of times a second and never changes: an image goes in at one end, ten numbers
# come out at the other. This is the *forward pass*. Here you take it apart until every number is a sum that
# you could have written on paper.
#
# **After this notebook you can**
#
# 1. compute any number of a convolution by hand, and say what its kernel looks for;
# 2. predict the size of every map, the number of weights, and how many pixels a unit sees;
# 3. say what ReLU, max-pooling, flatten, linear and softmax do, each with its shape;
# 4. follow a real digit through a trained network, from the pixels to the guess;
# 5. say what a training pass keeps that a mere guess does not need.
#
# **You need** Python, and sums of products. No calculus yet.
#
# **Time** 45 minutes, and as much again for the exercises. **Back** [00: What does training look like?](00_start_here.ipynb)
# **On** [02: How wrong is the guess, in one number?](02_loss.ipynb)

# %%
import matplotlib.pyplot as plt
import numpy as np

from cnnlib import (
    Conv2d,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Sequential,
    load_digits,
    load_mnist_sample,
    load_photo,
)
from cnnlib.checks import check
from cnnlib.nn import functional as F
from cnnlib.widgets import Challenge, ConvolutionMicroscope, KernelSlices, NetworkXRay, SizeExplorer
from cnnlib.widgets.cards import predict, quiz

digits = load_digits()
image = digits.x_test[0, 0]
print("shape of the test images:", digits.x_test.shape, "\nthe first of them, its ink in sixteenths:")
print((16 * image).astype(int))

# %% [markdown] minutes=3
# ## An image is a table of numbers
#
# The shape is read from left to right: 360 images, 1 *channel* (grey; a colour photograph has three), 8 rows,
# 8 columns. The whole course writes it as (N, C, H, W): number of images, channels, height, width. Squint at the table:
# a digit. Rows and columns are counted from 0, as Python counts: row 0 is the top one, column 0 the left one.
#
# A colour photograph is three such tables of one size: how much red, green and blue light each place has. In which of the
# three is an orange suit brightest, in which darkest? And the white of a flag?

# %%
predict("01.suit")

# %% answers="01.suit" alt="A colour photograph of an astronaut in an orange suit beside a flag, and its three channels in grey: the suit is bright in red, dark in green, darker still in blue."
photo = load_photo(color=True)
print("shape of the photograph:", photo.shape)
_, axes = plt.subplots(1, 4, figsize=(9, 2.6), layout="constrained")
axes[0].imshow(photo[0].transpose(1, 2, 0))  # matplotlib wants the channels last
for ax, title, picture in zip(
    axes, ("all three", "red", "green", "blue"), (photo[0], *photo[0]), strict=True
):
    ax.set(title=title)
    ax.set_axis_off()
    if picture.ndim == 2:
        ax.imshow(picture, cmap="gray", vmin=0, vmax=1)

# %% [markdown] minutes=2
# <details><summary>What the channels show</summary>
#
# Orange is much red, some green and little blue: the suit is bright in the first table and darkest in the
# last. White has as much of all three, so the white stripes are bright in each; of the red ones only the first table
# knows that they are no shade of black.
#
# </details>
#
# ## One window
#
# A convolution looks at the image through a small window. Under the window lie nine pixels; the *kernel* is a
# table of nine weights. Multiply each pixel by the weight that lies on it, and add the nine products up. That
# sum is one number of the output. Nothing else happens in a convolution.
#
# Do this one on paper before you run it. And what would the sum be for a patch in which all three columns are
# equal?

# %%
predict("01.window")

# %% answers="01.window"
patch = np.array([[0, 1, 5], [0, 2, 6], [0, 1, 5]])
kernel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
print((patch * kernel).sum())

# %% [markdown] minutes=4
# <details><summary>The sum, product by product</summary>
#
# Left column: nothing, since the pixels are zero. Middle column: nothing, since the weights are zero. Right
# column: 5·1 + 6·2 + 5·1 = 22. Equal columns give 0, because each row of weights adds up to zero: this kernel,
# named after Irwin Sobel, answers only where the right side of the window differs from the left one.
# <!-- computed: 5 * 1 + 6 * 2 + 5 * 1 = 22 -->
#
# </details>
#
# ## The convolution microscope
#
# Now slide the window: with the sliders, with the arrow keys after a click on the picture, or let *Play* walk it. You
# see the nine products and the number that they leave in the output, which fills in as you go. (*Whole output map*
# shows it at once; try the challenge without.)
#
# Ask yourself before each: what does *blur* do to the picture *one bright pixel*? Where does *Sobel x* give large
# positive numbers, where large negative ones?
#
# **Challenge.** The digit is the one of your table, its ink as a share of 1. With *Sobel x* and no padding, find the
# window that answers most strongly: it is the only one whose sum is above 3.8.

# %%
predict("01.dot")

# %%
steepest = Challenge("The window above 3.8", lambda f: f["sum"] > 3.8 and f["height"] == 6)
large = load_mnist_sample().x_test[0, 0]  # 28x28, from MNIST
dot = np.zeros((9, 9))
dot[4, 4] = 1
images = {"the digit": image, "one bright pixel": dot, "a digit of 28x28": large, "photograph": load_photo()[0, 0]}
channels = zip(("red", "green", "blue"), load_photo(color=True)[0], strict=True)
images |= {f"astronaut, {name}": channel for name, channel in channels}
ConvolutionMicroscope(images, challenge=steepest, kernel_name="Sobel x", whole=False, row=2, col=1)

# %% [markdown] minutes=2 cut=1
# <details><summary>What you should have seen</summary>
#
# Sobel x is positive where the image gets brighter from left to right, negative where it gets darker. Blur
# spreads one pixel over nine places, a ninth of it each. *Identity* has a single 1 in the middle and copies.
# A kernel is a little picture of what it looks for. To compare patches fairly, take those whose pixels have the same sum
# of squares: among them, the patch that has the kernel's own pattern gives the largest sum. (A patch that is simply
# brighter can beat it.) The strongest answer is in row 4, column 2: the ink begins there from one pixel to the next.
# <!-- test: tests/notebooks/test_claims.py::test_of_patches_with_one_sum_of_squares_the_kernel_s_own_pattern_wins -->
#
# </details>
#
# ## A word about the name
#
# Mathematicians turn the kernel by half a turn before they slide it, and call *that* a convolution. What
# networks do, without the turn, is a *cross-correlation*. Everyone says convolution all the same. Which
# kernels does half a turn leave as they are?

# %%
predict("01.turned")

# %% answers="01.turned"
turned = kernel[::-1, ::-1]
print(turned)
print("as it stands:", (patch * kernel).sum(), "   turned:", (patch * turned).sum())

# %% [markdown] minutes=3
# <details><summary>What came out</summary>
#
# Half a turn changes the sign of the two Sobel kernels; identity, blur, sharpen and Laplace stay as they are.
#
# </details>
#
# For
# learning it does not matter: a network that needs the turned kernel learns the turned kernel. Tick *Flip the kernel*
# in the microscope to see both. The half turn comes up again on the way *back*, in [notebook
# 03](03_backpropagation.ipynb).
#
# ## The whole map, slowly and fast
#
# All sums together form a *map*; each of its numbers is a *unit*. English first: for every place of the window, cut
# out the patch, multiply it by the kernel, add up.

# %%
predict("01.sides")


# %% answers="01.sides" slideshow={"slide_type": "subslide"}
def slide(image, kernel):
    """Slide a square kernel over one image."""
    size = len(kernel)
    rows, columns = image.shape[0] - size + 1, image.shape[1] - size + 1
    y = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            y[i, j] = (image[i : i + size, j : j + size] * kernel).sum()
    return y


slide(16 * image, kernel).astype(int)

# %% [markdown]
# <details><summary>What came out</summary>
#
# Positive where the ink begins, on the left; negative where it ends. And there is your window: 61 sixteenths.
#
# </details>
#
# Two Python loops over places are slow. NumPy can look at all windows at once. `sliding_window_view` gives an array with
# four axes, without copying a pixel: `windows[i, j]` is the window at row i and column j, and `windows[i, j, p, q]` is the
# pixel in its row p and column q. What we want for every i and j is the sum, over p and q, of `windows[i, j, p, q] *
# kernel[p, q]`. `einsum` takes exactly this as its recipe: `"ijpq,pq->ij"`. Before the arrow stand the axes of the two
# arrays, behind it those of the result; p and q are missing there, so it sums over them.
#
# The two must agree to the last digits; we ask before we measure.


# %% tags=["nbval-ignore-output"]
from timeit import repeat

from numpy.lib.stride_tricks import sliding_window_view


def slide_fast(image, kernel):
    """The same without a loop."""
    windows = sliding_window_view(image, kernel.shape)
    return np.einsum("ijpq,pq->ij", windows, kernel)


np.testing.assert_allclose(slide(image, kernel), slide_fast(image, kernel))
photo = np.tile(image, (16, 16))
slow, fast = (min(repeat(lambda f=f: f(photo, kernel), number=1, repeat=3)) for f in (slide, slide_fast))
print(f"loops {1000 * slow:.1f} ms, no loops {1000 * fast:.2f} ms: {slow / fast:.0f} times faster")
assert slow / fast > 5

# %% [markdown] minutes=3
# ## Many channels, many kernels
#
# A colour photograph has three channels, and a map of one layer is a channel for the next. What does a kernel do then? It
# has a *slice* for each channel: a table of weights that lies on that channel. All products of all slices are added up,
# to one number. Here is a window of two channels, 2 rows by 2 columns, and a kernel with its two slices:

# %%
window = np.array([[[1, 2], [3, 4]], [[0, 1], [1, 0]]])  # two channels
kernel_0 = np.array([[[1, 0], [0, 1]], [[2, -1], [0, 3]]])  # two slices
print("channel 0:", (window[0] * kernel_0[0]).sum(), "  channel 1:", (window[1] * kernel_0[1]).sum())
print("one number of the map:", (window * kernel_0).sum())

# %% [markdown]
# In channel 0 the sum is 1·1 + 4·1 = 5, in channel 1 it is 1·(−1) = −1, together 4. <!-- computed: 1 * 1 + 4 * 1 = 5 -->
# <!-- computed: 5 - 1 = 4 -->
#
# A layer has many kernels, and each makes one map of its own, its *output channel*. Below are two kernels on two channels.
# The window starts where it lay above, with the same numbers. Click the units of both maps, and check one of map 1 by hand.

# %%
KernelSlices()

# %% [markdown]
# Each map gets one constant, its *bias* $b$, added to all its units. Now all of it in one line. Let $n$ be the number of
# the image, $f$ that of the kernel and its map, $i$ and $j$ the row and column in the map, $c$ the input channel, and $p$
# and $q$ the row and column inside the window. Then, summed over every channel and every pixel of the window,
#
# $$y_{n f i j} = b_f + \sum_{c,p,q} x_{n\,c\,(i + p)\,(j + q)}\; w_{f c p q} .$$
#
# How many weights does such a layer have? Does the number depend on the size of the image?

# %%
predict("01.weights")

# %% answers="01.weights"
x = np.ones((2, 8, 14, 14), np.float32)
w, b = np.zeros((16, 8, 3, 3), np.float32), np.zeros(16, np.float32)
y, _ = F.conv2d_forward(x, w, b)  # the second is what training will need, see below
print("y", y.shape, " weights", w.size + b.size)

# %% [markdown]
# <details><summary>What came out</summary>
#
# 16 kernels of 8 slices of 9 weights, and 16 biases: 1,168, whatever the size of the image.
#
# </details>
#
# A layer that
# joined every pixel of those two sets of maps to every other would need millions. The same few weights are used at
# every place, because an edge is an edge everywhere.
# <!-- computed: 16 * 8 * 9 + 16 = 1168 -->
#
# Shapes are also where most mistakes happen. One image is not a batch of one image. What does the library say?

# %% tags=["raises-exception"]
F.conv2d_forward(digits.x_test[0], w[:, :1], b)

# %% [markdown] minutes=4
# Read the last line first: it names what was wanted, what came, and the way out.
#
# ## What comes out, and how big?
#
# A window of 3 pixels finds 6 places in a row of 8, so the map shrinks. *Padding* adds a frame of zeros around x, so that
# the edges get their windows too. *Stride* is the step s of the window: 2 skips every other place, and in the
# formula above $i + p$ becomes $i s + p$.
#
# Take a row of 8 pixels, padding 1, a window of 3 pixels and stride 2. With its frame the row is 10 pixels long. The left
# end of the window can stand at 0, 2, 4 and 6; at 8 the window would stick out, because the last place where it fits is
# 10 − 3 = 7. Four places, four numbers in the map. In the first exercise you write this as a formula.
# <!-- computed: 8 + 2 * 1 = 10 --> <!-- computed: 10 - 3 = 7 -->
#
# A stack of layers also widens the view. A unit of the first map sees one window. A unit of the second map sees several
# units of the first, and each of these sees a window of the image; together they cover more. What a unit sees of the
# image is its *receptive field*; the picture draws it. Predict, then set the sliders: what sizes have the
# maps, and how many pixels along an axis does a last unit see? And with kernel 3, but three layers: more or fewer?
#
# **Challenge.** A unit that sees at least 15 pixels along an axis, from layers of 8 maps with fewer than 1,300 weights
# in all.

# %%
predict("01.field")

# %%
wide = Challenge(
    "15 pixels, under 1,300 weights",
    lambda f: f["pixels"] >= 15 and f["parameters"] < 1300,
    lambda f: (f"now {f['pixels']} pixels, {f['parameters']:,} weights", f["pixels"] / 15),
)
SizeExplorer(challenge=wide, layers=1, show=["size", "kernel_size", "stride", "padding", "layers", "unit"])

# %% [markdown] minutes=4
# <details><summary>Answers</summary>
#
# 28 → 24 → 20, and the last unit sees 9 pixels: 5, and 4 more for the second layer. Three layers of kernel 3 see fewer,
# 3 → 5 → 7: with stride 1 each adds 2. A stride multiplies: behind a stride of 2 each further step is two pixels of
# the image wide, so three layers of kernel 3 and stride 2 already see 15: 3, and 2·2, and 2·4 more. The first has 80
# weights, the others 584 each (8·8·9, and 8 biases): 1,248.
# <!-- computed: 28 - 5 + 1 = 24 --> <!-- computed: 24 - 5 + 1 = 20 --> <!-- computed: 3 + 2 * 2 + 2 * 4 = 15 -->
# <!-- computed: 8 * 9 + 8 = 80 --> <!-- computed: 8 * 8 * 9 + 8 = 584 --> <!-- computed: 80 + 584 + 584 = 1248 -->
#
# </details>
#
# ## The five small layers
#
# **ReLU** keeps what is positive and sets the rest to zero. Why is it there? Take two layers of one weight each without
# it: the first makes $2x + 1$ of $x$, the second makes $3y - 4$ of that. Together they make $3\,(2x + 1) - 4 = 6x - 1$: one
# layer could have done it, with weight 6 and bias −1. However many such layers are stacked, they stay as weak as one. With
# ReLU between them the line gets a bend, and each further layer can add more of them.
# <!-- computed: 3 * 2 = 6 --> <!-- computed: 3 * 1 - 4 = -1 -->
#
# **Max-pooling** keeps the largest number of each 2×2 window: the map halves in
# both directions, and what was found is kept, its exact place not.
#
# Work both out for the map on the card before you run the cell. Which four numbers are left in the end?
# (`[None, None]` adds the axes N and C.)

# %%
predict("01.pooled")

# %% answers="01.pooled"
small = np.array([[1.0, -2, 3, 0], [5, 4, -1, -6], [-3, -3, 2, 2], [-1, -4, 2, 7]])[None, None]
gated = np.maximum(small, 0)
pooled, _ = F.maxpool2d_forward(gated, 2)
print(gated[0, 0], pooled[0, 0], sep="\n\n")

# %% [markdown]
# <details><summary>What came out</summary>
#
# Four winners: 5, 3, 0 and 7. (In the third window ReLU has left four zeros; among equals the first wins.)
#
# </details>
#
# On the way back, in training, it will matter who won, so the layer remembers it.
#
# **Flatten** lays all maps of an image end to end into one long vector. **Linear** takes that vector and makes ten
# *scores*, each a sum of all numbers times weights of its own, plus a constant: `y = x @ W + b`. **Softmax** turns
# scores into probabilities: $p_k = e^{z_k} / \sum_j e^{z_j}$. All become positive and add up to 1, the
# order stays.

# %%
predict("01.shift")

# %% answers="01.shift"
scores = np.array([2.0, 1.0, -1.0])
print(F.softmax(scores).round(3), F.softmax(scores + 100).round(3))

# %% [markdown]
# <details><summary>What came out</summary>
#
# Nothing happens: the factor $e^{100}$ stands above and below the line. Only differences of scores count.
#
# </details>
#
# With these layers you can read the plan of any small network. This one is for colour images of 32x32 pixels. Before you
# run the cell, work out each line of its table: the shape after the layer, then its weights.

# %%
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

# %% [markdown] minutes=6
# ## All together: a trained network
#
# This network has the layers of notebook 00's. It was trained longer, on digits that were moved by up to one pixel at
# random so that it puts up with that, and its weights are stored with the course:
# two rounds of convolution, ReLU and pooling, then one linear layer. Work out the shape after each layer,
# knowing that both convolutions have kernels of 3×3 and a padding of 1. Then let the image through; a forward pass is a loop.

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
print(f"right on {1 - len(wrong) / len(digits.x_test):.1%} of the test images; wrong on numbers {wrong}")

# %% [markdown]
# Now look inside. Every number of the network is a coloured square: blue positive, orange negative, zero is the paper,
# and every convolution shares a scale with what follows it. (The image alone is grey: ink on paper.) **Click any square.** Below you see the sum
# that made it; the teal frame on the image shows all pixels that it depends on.
#
# Start with convolution 1: nine products. Check one sum with a calculator. Ask yourself before each click: how many
# products make a unit of convolution 2 (choose which of the maps before it is shown)? How many a score? How many pixels
# across does a unit of convolution 2 see?
#
# **Challenge:** find a picture on which the network is wrong *and* gives its guess more than 70 %. The cell above
# lists the candidates.

# %%
predict("01.products")

# %%
sure = Challenge(
    "Wrong with more than 70 %", lambda f: f["confidence"] > 0.7 and not f["right"] and f["label"] >= 0
)
NetworkXRay(challenge=sure)

# %% [markdown] minutes=4 cut=2
# <details><summary>What to look for</summary>
#
# Some maps of convolution 1 answer to edges on the left, others to edges above or to ink as such: compare them with
# your Sobel kernels. After ReLU 1 only the places where a kernel found its pattern are left. A unit of convolution 2 has
# eight times nine products, 72, a score 64, one for each number that is left. A unit of pooling 1 sees 4 pixels, a
# window and one more; three of them side by side, two pixels apart, see 4 + 2·2 = 8 across, and answer to strokes and
# corners. On images 143 and 184 it is wrong with more than
# 70 %; would you have read them?
# <!-- test: tests/notebooks/test_claims.py::test_the_two_confident_mistakes -->
#
# </details>
#
# ## The same at full size
#
# Eight by eight pixels are right for a calculator. Networks for real images look no different inside, only larger.
# This one has the same eight layers for MNIST's digits of 28x28, with windows of 5x5, and comes trained too. Of its
# maps the picture shows those that differ most from image to image; *Map* brings any other into view.
# How many products make a unit of convolution 2 here, and how many a score?

# %%
predict("01.full-size")

# %% answers="01.full-size"
from cnnlib.networks import load_mnist_cnn

mnist = load_mnist_sample()
reader = load_mnist_cnn()
print(
    f"right on {np.mean(reader.predict(mnist.x_test) == mnist.y_test):.1%} of {len(mnist.x_test):,} test images"
)
NetworkXRay(reader, mnist, layer="pooling 2", channel=7, row=4, column=3)

# %% [markdown] minutes=4 cut=3
# <details><summary>The numbers</summary>
#
# Eight maps times 25 pixels, 200, and for a score 16 maps of 7x7, 784. Look at the maps of convolution 1 for one digit
# after another: edges on one side of a stroke, horizontal bars, the ink itself. By pooling 2 most of the picture is gone.
# What is left says which kind of stroke there is, and roughly where.
# <!-- computed: 8 * 25 = 200 --> <!-- computed: 16 * 49 = 784 -->
#
# </details>
#
# ## Your own digit
#
# Draw on the large sheet with the mouse. (Without a mouse: choose the layer *input*, move with row and column,
# and press *Ink*.) MNIST's makers fitted every digit into a box of 20x20 pixels and put its centre of mass into the
# middle of the image. The same is done to yours: beside the sheet stands what the network gets. **Challenge:** a 4
# that it recognises with more than 90 %. Then clear it and draw a small 4 in a corner. Say beforehand what the guess will be, and
# which layer would care about the place if nobody centred the digit.

# %%
four = Challenge(
    "A 4, more than 90 % sure", lambda f: f["label"] < 0 and f["guess"] == 4 and f["confidence"] > 0.9
)
NetworkXRay(reader, mnist, source="your drawing", layer="input", challenge=four)

# %% [markdown]
# (A photograph of a digit on paper does as well: `from cnnlib.data import read_digit`, then
# `NetworkXRay(reader, read_digit("four.jpg"))`.)
#
# <details><summary>Why the place matters after all</summary>
#
# The small 4 is read too, if less surely (the pen is as thick as for a large one), because it arrives large and in the
# middle. Left in its corner it would hardly be: a convolution gives the same answers one pixel further on when the image moves by one pixel, and pooling
# forgives a little. But the linear layer has a weight for every place of the last maps: at another place the same
# stroke meets other weights. So the linear layer is the one that cares. The next cell tests both halves, on the small
# network and its digits of 8x8.
#
# </details>


# %%
def push(images, down=0, right=0):
    """Move images by some pixels; what leaves the frame is lost, zeros come in."""
    return np.pad(images, [(0, 0), (0, 0), (down, 0), (right, 0)])[:, :, :8, :8]


pushed = push(digits.x_test, right=1)
before, after = (model[0].forward(images) for images in (digits.x_test, pushed))
np.testing.assert_allclose(after[..., 1:7], before[..., 0:6], atol=1e-5)
print("convolution 1: the same numbers, one column further on")
for name, images in {"as they are": digits.x_test, "right": pushed, "down": push(digits.x_test, 1)}.items():
    print(f"{name}: {(model.predict(images) == digits.y_test).mean():.1%} guessed right")

# %% [markdown] minutes=4
# The first half holds in all six columns where windows meet the same pixels as before. The second: one pixel costs
# guesses, and downwards more of them, because these digits fill their frame from top to bottom and lose a row of ink.
# It costs few, because this network has seen moved digits in training; [notebook 02](02_loss.ipynb) moves the digits
# under one that has not.
#
# ## Guessing and training: the same pass, kept or forgotten
#
# When a network only guesses, each map can be thrown away as soon as the next is there. Training comes back: to say
# how much a weight had to do with the error, it must know the very numbers that this weight met on the way forward.
# [Notebook 03](03_backpropagation.ipynb) shows what each layer needs; the simplest way is to keep every map.

# %%
predict("01.memory")

# %% [markdown]
# Run the cell after your guess. It also compares the two passes: what a network gives when it trains, and what it gives
# when it only guesses.

# %% answers="01.memory"
from cnnlib.experiments.dissect import activations

batch = digits.x_test[:64]
sizes = [a.nbytes for a in activations(model, batch)]
print(f"all kept: {sum(sizes) // 1000} kB, two at a time: {max(np.add(sizes[1:], sizes[:-1])) // 1000} kB")
np.testing.assert_array_equal(model.forward(batch), model.forward(batch, training=True))
print("the same scores, to the last bit")

# %% [markdown]
# <details><summary>What came out</summary>
#
# About twice as much here, and the factor grows with every layer.
#
# </details>
#
# > **What the chapter says.** The course grew from a textbook chapter that makes [fourteen claims](../docs/claims.md).
# > The first: *training uses the same network, pooling, activations and matrices, run backwards.* The forward half holds
# > here, to the last bit. A few kinds of layers do ask whether the network is being trained; you meet one in
# > [Does it know, or has it memorised?](12_generalization.ipynb). The second half, *run backwards*, is for
# > [notebook 03](03_backpropagation.ipynb).
# <!-- test: tests/course/test_docs.py::test_every_claim_has_a_verdict -->
#
# ## Exercises
#
# **1. Sizes.** *Warm-up, 5 minutes.* How many places does a window have along one axis? Write it as a function, for any
# size, kernel, stride and padding (the example above the sliders shows the way). `check` tries it on many cases, names the
# smallest that fails, and gives a hint. `check("…", f, hint=2)` gives a second one.


# %%
def output_size(size, kernel_size, stride, padding):
    """Number of places of a window along one axis."""
    ### BEGIN SOLUTION
    # Why: the first place costs kernel_size pixels, each further one a stride; a rest that is too small is lost.
    return (size + 2 * padding - kernel_size) // stride + 1
    ### END SOLUTION


# %%
check("01.output_size", output_size)

# %% [markdown]
# <details><summary>As a formula</summary>
#
# $$\text{out} = \left\lfloor \frac{\text{size} + 2\,\text{padding} - \text{kernel}}{\text{stride}} \right\rfloor + 1$$
#
# The brackets $\lfloor\ \rfloor$ mean: rounded down.
#
# </details>
#
# **2. Convolution with loops.** *Core, 20 minutes.* The formula with all its indices: batch, kernels, channels, stride and padding. Loop
# over the output; `np.pad` makes the frame. Return y alone.


# %%
def conv2d_loops(x, w, b, stride, padding):
    """Shapes: x (N, C, H, W), w (F, C, kH, kW), b (F,); returns y (N, F, Ho, Wo)."""
    ### BEGIN SOLUTION
    # Why: each output is one patch times one kernel, summed over channels and window, plus that kernel's bias.
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    (n_images, _, height, width), (n_kernels, _, kh, kw) = x.shape, w.shape
    y = np.zeros((n_images, n_kernels, (height - kh) // stride + 1, (width - kw) // stride + 1))
    for n, f, i, j in np.ndindex(y.shape):
        patch = x[n, :, i * stride : i * stride + kh, j * stride : j * stride + kw]
        y[n, f, i, j] = (patch * w[f]).sum() + b[f]
    return y
    ### END SOLUTION


# %%
check("01.conv2d_forward", conv2d_loops)

# %% [markdown]
# **3. Convolution without loops.** *Stretch, 20 minutes.* As in `slide_fast`: windows along axes 2 and 3, every stride-th of them, and
# one `einsum`. Name the axes first: windows are (n, c, i, j, p, q), kernels (f, c, p, q), and what stays is (n, f, i, j).


# %%
def conv2d_fast(x, w, b, stride, padding):
    """The same, without a Python loop."""
    ### BEGIN SOLUTION
    # Why: windows are (N, C, Ho, Wo, kH, kW); c, p and q meet the kernel's axes and are summed, the others stay.
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = sliding_window_view(x, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    return np.einsum("ncijpq,fcpq->nfij", windows, w) + b[:, None, None]
    ### END SOLUTION


# %%
check("01.conv2d_vectorized", conv2d_fast)

# %% [markdown]
# **4. Your function in the network.** *Warm-up, 3 minutes.* A layer accepts functions of your own. This network reads digits with your
# convolution (with the library's as long as yours returns nothing). It must be right on as many as before.


# %%
def mine(x, w, b, stride, padding):
    """What a layer asks for: y and whatever the way back will need (nothing here)."""
    y = conv2d_fast(x, w, b, stride[0], padding[0])
    return F.conv2d_forward(x, w, b, stride, padding) if y is None else (np.asarray(y, x.dtype), None)


convolutions = (
    Conv2d(1, 8, 3, padding=1, rng=0, forward=mine),
    Conv2d(8, 16, 3, padding=1, rng=0, forward=mine),
)
first, second = ([conv, ReLU(), MaxPool2d(2)] for conv in convolutions)
yours = Sequential([*first, *second, Flatten(), Linear(64, 10, rng=0)])
for here, there in zip(yours.parameters(), model.parameters(), strict=True):
    here.value[...] = there.value
print(f"{(yours.predict(digits.x_test) == digits.y_test).mean():.1%}")

# %% [markdown]
# ## Summary
#
# A convolution slides a few weights over the image; each output is a sum of products, large where the patch looks like the kernel.
# ReLU, pooling, flatten, linear and softmax turn maps into probabilities; deeper units see more pixels.
# Guessing and training run the same forward pass; training keeps what its layers met, because the way back needs it.

# %% [markdown]
# ## Questions
#
# Five of a pool, on a card that answers back; they come back another day, in [review](review.ipynb).

# %%
quiz("01")

# %% [markdown]
# ## References
#
# - V. Dumoulin and F. Visin, [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285), 2016: sizes, strides and padding, drawn.
# - Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791), 1998: where this network's shape comes from.
# - E. Alpaydin and C. Kaynak, [Optical Recognition of Handwritten Digits](https://doi.org/10.24432/C50P49), 1998: the images.
