"""The notebook of `slider_response.py`: its cells, and the script that looks at its pictures."""

SETUP = """
import numpy as np, ipywidgets, os
from IPython.display import display
from ipympl.backend_nbagg import Canvas, FigureManager  # takes pyplot; cell c takes it back
w = np.linspace(-3, 3, 400)
t = np.arange(30)
gx, gy = np.meshgrid(np.linspace(-3, 3, 100), np.linspace(-3, 3, 100))
def data(k):
    a = 0.2 + k / 100
    return a / 2 * w**2, 2.5 * (1 - 0.1 * a) ** t, np.sin(a * gx) * np.cos(gy + a)
os.getpid()
"""
LABEL = """
slider_a = ipywidgets.IntSlider(50, 0, 200); label = ipywidgets.Label("50")
slider_a.observe(lambda change: setattr(label, "value", str(change["new"])), "value")
display(ipywidgets.VBox([slider_a, label]))
"""
OURS = """
from cnnlib.viz import Axis, Heatmap, Line, Panel, Points, Scene
from cnnlib.widgets import Slider, Widget
import time
class Sample(Widget):
    controls = (Slider("k", 0, 200, 50, integer=True),)
    def compute(self, state):
        curve, path, heat = data(state["k"])
        marks = [Line(w, curve), Line(path, path), Points(path, path)]
        left = Panel(marks, Axis(-3, 3, "w"), Axis(0, 9, "E"))
        x = Axis(-3, 3)
        right = Panel([Heatmap(heat, (-3, 3, -3, 3), vmin=-1, vmax=1)], x, x, at=(0, 1))
        return Scene([left, right], f"The number is {state['k']} now.", columns=(1, 1), height=400)
sample = Sample(); handle = sample.live.receive; spent = []
def timed(message):
    begin = time.perf_counter(); handle(message); spent.append(time.perf_counter() - begin)
sample.live.receive = timed
sample
"""
INTERACT = """
%matplotlib inline
import matplotlib.pyplot as plt
def show(k):
    curve, path, heat = data(k)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), dpi=100)
    left.plot(w, curve); left.plot(path, path, "o-"); left.set(ylim=(0, 9))
    right.imshow(heat, vmin=-1, vmax=1)
    plt.show()
ipywidgets.interact(show, k=ipywidgets.IntSlider(50, 0, 200));
"""
IPYMPL = """
from matplotlib.figure import Figure
figure = Figure(figsize=(9, 4), dpi=100); canvas = Canvas(figure); manager = FigureManager(canvas, 0)
left, right = figure.subplots(1, 2)
curve, path, heat = data(50)
lines = left.plot(w, curve) + left.plot(path, path, "o-"); left.set(ylim=(0, 9))
image = right.imshow(heat, vmin=-1, vmax=1)
def move(change):
    curve, path, heat = data(change["new"])
    lines[0].set_ydata(curve); lines[1].set_data(path, path); image.set_data(heat); canvas.draw_idle()
slider_d = ipywidgets.IntSlider(50, 0, 200); slider_d.observe(move, "value"); display(slider_d, canvas)
"""
TRAIN = """
from cnnlib.widgets import TrainingView
view = TrainingView(epochs=10**6)
view.live.speed = "as fast as possible"
view
"""
PLAYGROUND = """
from cnnlib.widgets import Playground
settings = dict(dataset="spiral", neurons=[[8, 8, 0, 0, 0, 0]], seed=0.50025)
spirals = Playground(**settings)
spirals.live.speed = "as fast as possible"
spirals
"""

# A fingerprint of what is seen, looked at before every frame the browser paints.
WATCH = """
(() => {
  const small = document.createElement("canvas"); small.width = 48; small.height = 24;
  const ctx = small.getContext("2d", {willReadFrequently: true});
  const look = (node) => {
    if (!node || !node.isConnected) return "blank";
    if (node.tagName === "IMG" && !(node.complete && node.naturalWidth)) return "blank";
    if (node.tagName === "IMG") return node.src.length + node.src.slice(-60);
    if (node.tagName !== "CANVAS") return node.textContent;
    ctx.clearRect(0, 0, 48, 24); ctx.drawImage(node, 0, 0, 48, 24);
    const bytes = ctx.getImageData(0, 0, 48, 24).data;
    let hash = 0, ink = 0;
    for (let i = 0; i < bytes.length; i++) { hash = (hash * 31 + bytes[i]) | 0; ink |= bytes[i]; }
    return ink ? String(hash) : "blank";
  };
  window.watch = (cell, selector) => {
    const area = document.querySelectorAll(".jp-CodeCell")[cell].querySelector(".jp-Cell-outputWrapper");
    const w = window.watched = {changes: [], blanks: 0, inputs: [], last: null, stop: false};
    const tick = () => {
      if (w.stop) return;
      const nodes = area.querySelectorAll(selector);
      const now = look(nodes[0]);
      if (now === "blank") w.blanks += 1;
      else if (now !== w.last) { w.changes.push(performance.now()); w.last = now; }
      requestAnimationFrame(tick);
    };
    const note = (event) => w.inputs.push(performance.now());
    for (const kind of ["keydown", "pointermove"]) area.addEventListener(kind, note, {capture: true});
    requestAnimationFrame(tick);
  };
})()
"""
