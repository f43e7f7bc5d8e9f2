"""Trainings in which every step looks at a few images of its batch: as many steps and records, in less time.

For tests of what is around a training, whichever network comes of it.
"""

#: Also for Python in a page, which takes texts.
FEW_IMAGES = """
def _few_images(few=4):
    from cnnlib.experiments.ensemble.ensemble import NetworkEnsemble
    from cnnlib.nn import training

    def step(model, loss, optimizer, x, y, whole=training.train_step):
        return whole(model, loss, optimizer, x[:few], y[:few])

    def together(self, optimizers, lr, x, y, number, whole=NetworkEnsemble.step):
        return whole(self, optimizers, lr, x[:few], y[:few], number)

    return (training, "train_step", step), (NetworkEnsemble, "step", together)
"""
_names = {}
exec(FEW_IMAGES, _names)
#: Code that makes it so from here on.
FROM_HERE_ON = f"{FEW_IMAGES}\nfor change in _few_images():\n    setattr(*change)\n"


def few_images(patch):
    """Make it so for as long as a `pytest.MonkeyPatch` holds."""
    for change in _names["_few_images"]():
        patch.setattr(*change)
