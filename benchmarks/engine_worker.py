"""One contestant in a process of its own: told over standard input what to prepare and how long to run.

``python engine_worker.py NAME`` reads lines of JSON and answers each with one.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from engine_cases import CONV, FLATTEN, LINEAR, LR, POOL, RELU, make
from engine_torch import Torch


def batch_last(x):
    """The same images or features with the batch as the last axis in memory."""
    if x.ndim == 2:
        return np.asfortranarray(x)
    return np.ascontiguousarray(x.transpose(2, 3, 1, 0)).transpose(3, 2, 0, 1)


class Cnnlib:
    """cnnlib on the fast or the readable path."""

    def __init__(self, case, fast):
        from cnnlib import Sequential, nn
        from cnnlib.nn.losses import CrossEntropyLoss
        from cnnlib.nn.optim import SGD

        if "dy" in case:  # a layer inside a network: the batch lies last in memory
            case = case | {name: batch_last(case[name]) for name in ("x", "dy")}
        self.case, self.loss, self.optimizer = case, CrossEntropyLoss(), SGD(LR)
        self.model = (Sequential if fast else nn.Sequential)(self.layers(case))

    @staticmethod
    def layers(case, **functions):
        from cnnlib.nn.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU

        if "build" in case:
            return case["build"]()
        arrays, made = iter(case["weights"]), []
        for kind, *arguments in case["rows"]:
            if kind in (CONV, LINEAR):
                w, b = next(arrays).copy(), next(arrays)
                if kind == CONV:
                    layer = Conv2d(
                        w.shape[1],
                        w.shape[0],
                        w.shape[2],
                        padding=arguments[2],
                        init=lambda *_, w=w: w,
                        **functions.get(kind, {}),
                    )
                else:
                    layer = Linear(*w.shape, init=lambda *_, w=w: w, **functions.get(kind, {}))
                layer.params["bias"][:] = b
            elif kind == POOL:
                layer = MaxPool2d(2, **functions.get(kind, {}))
            else:
                layer = {RELU: ReLU, FLATTEN: Flatten}[kind](**functions.get(kind, {}))
            made.append(layer)
        return made

    def step(self):
        outputs = self.model.forward(self.case["x"], training=True)
        self.loss.forward(outputs, self.case["y"])
        self.model.backward(self.loss.backward(), input_gradient=False)
        self.optimizer.step(self.model.parameters())

    def layer(self):
        self.model.forward(self.case["x"], training=True)
        self.model.backward(self.case["dy"])

    def inference(self):
        return self.model._infer_in_batches(self.case["x"], 500)

    def epoch(self):
        from cnnlib.training import fit

        fit(
            self.model,
            self.loss,
            self.optimizer,
            self.case["x"],
            self.case["y"],
            batch_size=self.case["batch_size"],
            rng=0,
            progress=False,
        )

    def answers(self, name):
        """Outputs and gradients, to be compared before anything is timed."""
        if name.startswith("inference"):
            return [self.inference()]
        if name.startswith("layer"):
            y = self.model.forward(self.case["x"], training=True)
            return [y, self.model.backward(self.case["dy"]), *(p.grad for p in self.model.parameters())]
        y = self.model.forward(self.case["x"], training=True)
        value = self.loss.forward(y, self.case["y"])
        self.model.backward(self.loss.backward(), input_gradient=False)
        return [y, np.array(value), *(p.grad for p in self.model.parameters())]


class Loops(Cnnlib):
    """cnnlib with the plain loops of `cnnlib.nn.naive` in its layers."""

    def __init__(self, case):
        from cnnlib.nn import naive

        super().__init__(case, fast=False)
        pairs = {CONV: "conv2d", LINEAR: "linear", POOL: "maxpool2d", RELU: "relu", FLATTEN: "flatten"}
        functions = {
            kind: {way: getattr(naive, f"{name}_{way}") for way in ("forward", "backward")}
            for kind, name in pairs.items()
        }
        self.model.layers[:] = self.layers(case, **functions)


class Im2col:
    """The layers of `engine_im2col`, with the loss and the steps written out."""

    def __init__(self, case):
        import engine_im2col as im2col

        self.case, self.layers, arrays = case, [], iter(case["weights"])
        for kind, *arguments in case["rows"]:
            if kind == CONV:
                layer = im2col.Conv(next(arrays).copy(), next(arrays).copy(), arguments[2])
            elif kind == LINEAR:
                layer = im2col.Affine(next(arrays).copy(), next(arrays).copy())
            else:
                layer = {POOL: im2col.Pool, RELU: im2col.Relu, FLATTEN: im2col.Flatten}[kind]()
            self.layers.append(layer)

    def forward(self):
        y = self.case["x"]
        for layer in self.layers:
            y = layer.forward(y)
        return y

    inference = forward

    def back(self, dy, input_gradient):
        for i, layer in reversed(list(enumerate(self.layers))):
            dy = layer.backward(dy, input_gradient or i > 0)
        return dy

    def gradients(self):
        outputs, labels = self.forward(), self.case["y"]
        p = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        rows = np.arange(len(labels))
        self.value = -np.log(p[rows, labels]).mean()
        p[rows, labels] -= 1
        self.back(p / len(labels), False)
        return outputs

    def step(self):
        self.gradients()
        for layer in self.layers:
            if hasattr(layer, "grads"):
                layer.w -= LR * layer.grads[0]
                layer.b -= LR * layer.grads[1]

    def layer(self):
        self.forward()
        return self.back(self.case["dy"], True)

    def answers(self, name):
        if name.startswith("inference"):
            return [self.forward()]
        if name.startswith("layer"):
            y = self.forward()
            start = [y, self.back(self.case["dy"], True)]
        else:
            start = [self.gradients(), np.array(self.value)]
        return start + [g for layer in self.layers for g in getattr(layer, "grads", [])]


CONTESTANTS = {
    "cnnlib, fast": lambda case: Cnnlib(case, True),
    "cnnlib, readable": lambda case: Cnnlib(case, False),
    "PyTorch, 2 threads": lambda case: Torch(case, 2),
    "PyTorch, 1 thread": lambda case: Torch(case, 1),
    "im2col (CS231n manner)": Im2col,
    "loops": Loops,
}


def peak_memory():
    """Largest resident memory of this process so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux getrusage also counts the parent's peak
        return int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def sgemm_peak(threads):
    """The best GFLOP/s of products of square float32 matrices that NumPy's BLAS reaches."""
    from threadpoolctl import threadpool_limits

    best = 0.0
    with threadpool_limits(threads, user_api="blas"):
        for size in (512, 1024, 2048):
            a = np.random.default_rng(0).random((size, size), np.float32)
            out = a @ a
            for _ in range(8):
                start = time.perf_counter()
                np.matmul(a, a, out=out)
                best = max(best, 2 * size**3 / (time.perf_counter() - start) / 1e9)
    return best


def fit_overhead(turns=30, epochs=5):
    """Processor milliseconds of a step inside `fit` and of the bare step, W2: medians of the turns."""
    from cnnlib.training import fit

    one = Cnnlib(make("step/W2"), True)
    n, size = 640, len(one.case["x"])
    x, y = np.tile(one.case["x"], (n // size, 1, 1, 1)), np.tile(one.case["y"], n // size)
    steps, inside, bare = epochs * n // size, [], []
    for _ in range(turns):
        start = time.process_time()
        fit(one.model, one.loss, one.optimizer, x, y, batch_size=size, epochs=epochs, rng=0, progress=False)
        middle = time.process_time()
        for _ in range(steps):
            one.step()
        inside.append((middle - start) / steps * 1e3)
        bare.append((time.process_time() - middle) / steps * 1e3)
    overhead = 100 * (float(np.median(np.array(inside) / bare)) - 1)
    return {"fit": float(np.median(inside)), "bare": float(np.median(bare)), "overhead": overhead}


def second_thread(turns=15):
    """Milliseconds of a step of the fast path with one thread and with two, W2 and W3: {case: [one, two]}."""
    from cnnlib.runtime import threads

    found, cores = {}, threads.cores
    for case in ("step/W2", "step/W3"):
        contestants = []
        for number in (1, 2):
            threads.cores = lambda number=number: number
            contestants.append(Cnnlib(make(case), True))
            contestants[-1].step()  # lays the plan out
        threads.cores = cores
        times = [[np.median(timed(c.step, 0.1), axis=0)[0] for c in contestants] for _ in range(turns)]
        found[case] = (np.median(times, axis=0) * 1e3).tolist()
    return found


def timed(function, seconds):
    """Call a function over and over for some time, at least once; wall and processor seconds of each."""
    durations, end = [], time.perf_counter() + seconds
    while not durations or time.perf_counter() < end:
        start, cpu = time.perf_counter(), time.process_time()
        function()
        durations.append((time.perf_counter() - start, time.process_time() - cpu))
    return durations


def main(name):
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "prepare":
            contestant = CONTESTANTS[name](make(order["case"]))
            run = getattr(contestant, order["case"].partition("/")[0])
            np.savez(order["path"], *contestant.answers(order["case"]))
            answer = None
        elif order["do"] == "time":
            answer = timed(run, order["seconds"])
        elif order["do"] == "memory":
            contestant = CONTESTANTS[name](make(order["case"]))
            before = peak_memory()
            for _ in range(5):
                contestant.step()
            answer = peak_memory() - before
        elif order["do"] == "peak":
            answer = sgemm_peak(order["threads"])
        else:
            answer = {"overhead": fit_overhead, "threads": second_thread}[order["do"]]()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
