"""The benchmark of the playground's engine: all its ways train alike, and its page says what was measured."""

import shutil

import pytest

from benchmarks import playground, playground_report
from benchmarks.playground_ways import JavaScript
from cnnlib.playground import Playground

node = pytest.mark.skipif(not shutil.which("node"), reason="needs node")

# A network of no hidden layer behind the names of the original's engine.
STAND_IN = """
const node = { id: '1', bias: 0, inputLinks: [{ weight: 9 }, { weight: 9 }], output: 0, dz: 0, seen: 0 };
let inputs, dw = [0, 0], db = 0;
exports.Activations = { TANH: 'tanh' };
exports.Errors = { SQUARE: { der: (output, target) => output - target } };
exports.buildNetwork = (shape, activation, last, regularization, ids) => {
  if (shape.join() !== '2,1' || last !== 'tanh' || ids.join() !== 'x,y') throw new Error('not asked so');
  return [[], [node]];
};
exports.forwardProp = (net, given) => {
  inputs = given;
  node.output = Math.tanh(given.reduce((z, x, i) => z + x * node.inputLinks[i].weight, node.bias));
  return node.output;
};
exports.backProp = (net, target, error) => {
  const dz = error.der(node.output, target) * (1 - node.output ** 2);
  db += dz; node.seen++;
  dw = dw.map((sum, i) => sum + dz * inputs[i]);
};
exports.updateWeights = (net, rate, penalty) => {
  node.bias -= rate * db / node.seen;
  node.inputLinks.forEach((link, i) => { link.weight -= rate * dw[i] / node.seen; });
  dw = [0, 0]; db = 0; node.seen = 0;
};
exports.forEachNode = (net, ignoreInputs, see) => see(node);
"""


@node
@pytest.mark.parametrize("case", playground.CASES)
def test_the_yardstick_of_objects_trains_as_the_engine_does(case):
    with JavaScript(Playground(playground.CASES[case]), "playground_objects.mjs") as objects:
        playground.check(case, {"objects": objects})


@node
def test_the_original_is_driven_by_the_names_of_its_engine(tmp_path):
    (tmp_path / "nn.js").write_text(STAND_IN)
    ours = Playground({"network_shape": ()})
    with JavaScript(ours, "playground_original.mjs", tmp_path / "nn.js") as engine:
        found = engine.losses(7)
        rates = [engine.rate(0.001, after) for after in playground.AFTER]
    ours.step(7)
    assert found == pytest.approx([ours.train_loss, ours.test_loss], abs=1e-12)
    assert min(rates) > 0


@pytest.mark.parametrize("after", playground.AFTER)
def test_each_way_to_step_is_one_epoch(after):
    ours = Playground()
    playground.stepper(ours, after)()
    assert ours.epoch == 1


def rounds(**rates):
    return [{name.replace("_", ", "): rate for name, rate in rates.items()}]


def test_the_page_says_where_the_engine_is_the_slower_and_leaves_out_what_was_not_measured():
    ours = {"loop": 1, "engine": 90, "engine_losses": 80, "engine_page": 60}
    seen = rounds(**ours, objects=100, objects_losses=40, objects_page=2)
    page = playground_report.pages({"a: 2-4-2-1": seen})
    assert "| engine / objects | 0.90 |" in page
    assert "| engine, losses / objects, losses | 2.00 |" in page
    assert "- training alone: 0.90 times on a. It is slower on a:" in page
    assert "- losses: 2.00 times on a.\n- page: 30.00 times on a.\n" in page
    assert "/ original" not in page and "*original*" not in page and "30 seeds" not in page
    alone = playground_report.pages({"a: 2-4-2-1": rounds(**ours)})
    assert "Beside" not in alone and "| engine / loop | 90.00 |" in alone


def test_the_committed_page_has_a_row_for_every_way():
    folder = playground.Path(playground.__file__).with_name("results")
    page = (folder / "playground.md").read_text("utf-8")
    for over, under in playground_report.RATIOS:
        assert f"| {over} / {under} |" in page
