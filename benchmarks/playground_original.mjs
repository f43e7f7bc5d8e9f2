// The engine of the original page, driven for measuring. Its code is no part of this project: the argument is
// the path of an nn.js compiled from a copy of it (how to get one: the head of playground.py).
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { serve } from './playground_job.mjs';

const nn = createRequire(import.meta.url)(resolve(process.argv[2]));

function build({ weights, biases, activations, on }) {
  const inputs = weights[0][0].length;
  const shape = [inputs, ...biases.map((layer) => layer.length)];
  const named = activations.map((name) => nn.Activations[name.toUpperCase()]);
  const net = nn.buildNetwork(shape, named[0], named[named.length - 1], null, Object.keys(on), false);
  weights.forEach((rows, k) => rows.forEach((row, d) => {
    net[k + 1][d].bias = biases[k][d];
    row.forEach((weight, s) => { net[k + 1][d].inputLinks[s].weight = weight; });
  }));
  return net;
}

await serve({
  build,
  forward: nn.forwardProp,
  backward: (net, label) => nn.backProp(net, label, nn.Errors.SQUARE),
  update: (net, rate) => nn.updateWeights(net, rate, 0),
  eachOutput: (net, see) => nn.forEachNode(net, true, (node) => see(node.id, node.output)),
});
