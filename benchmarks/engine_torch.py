"""The contestant PyTorch of `engine_worker`."""

from engine_cases import CONV, FLATTEN, LINEAR, LR, POOL, RELU


class Torch:
    """PyTorch on the CPU, eager, one or two threads."""

    def __init__(self, case, threads):
        import torch

        torch.set_num_threads(threads)
        self.torch, self.case = torch, case
        self.model = self._built() if "build" in case else self._described()
        self.loss = torch.nn.CrossEntropyLoss()
        if case.get("weights"):
            self.optimizer = torch.optim.SGD(self.model.parameters(), lr=LR)
        self.x = torch.from_numpy(case["x"])
        self.y, self.dy = (torch.from_numpy(case[k]) if k in case else None for k in ("y", "dy"))

    def _built(self):
        from cnnlib.nn import Sequential
        from cnnlib.saving import to_torch

        return to_torch(Sequential(self.case["build"]())).train()

    def _described(self):
        torch, case, made = self.torch, self.case, []
        arrays = iter(case["weights"])
        for kind, *arguments in case["rows"]:
            if kind in (CONV, LINEAR):
                w, b = (torch.from_numpy(next(arrays).copy()) for _ in range(2))
                if kind == CONV:
                    layer = torch.nn.Conv2d(w.shape[1], w.shape[0], w.shape[2], padding=arguments[2])
                else:
                    layer, w = torch.nn.Linear(*w.shape), w.T.contiguous()
                layer.weight.data, layer.bias.data = w, b
            else:
                layer = {POOL: lambda: torch.nn.MaxPool2d(2), RELU: torch.nn.ReLU, FLATTEN: torch.nn.Flatten}[
                    kind
                ]()
            made.append(layer)
        return torch.nn.Sequential(*made)

    def step(self, x=None, y=None):
        self.optimizer.zero_grad()
        outputs = self.model(self.x if x is None else x)
        value = self.loss(outputs, self.y if y is None else y)
        value.backward()
        self.optimizer.step()
        return outputs, value

    def layer(self):
        x = self.x.detach().requires_grad_()
        y = self.model(x)
        y.backward(self.dy)
        return y, x.grad

    def inference(self):
        with self.torch.no_grad():
            return self.model(self.x)

    def epoch(self):
        torch = self.torch
        loader = torch.utils.data.DataLoader(
            torch.utils.data.TensorDataset(self.x, self.y), self.case["batch_size"], shuffle=True
        )
        for x, y in loader:
            self.step(x, y)

    def answers(self, name):
        if name.startswith("inference"):
            found = [self.inference()]
        elif name.startswith("layer"):
            found = list(self.layer())
        else:
            outputs = self.model(self.x)
            value = self.loss(outputs, self.y)
            value.backward()
            found = [outputs, value]
        gradients = [
            p.grad.T if p.ndim == 2 else p.grad for p in self.model.parameters() if p.grad is not None
        ]
        return [t.detach().numpy() for t in [*found, *gradients]]
